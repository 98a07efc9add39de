/*
 * keyfile - the key that encrypts the secrets inside the store, in a file of its own.
 *
 * Shape:   32 random bytes, mode 0600, made when it is not there; synced before it is used.
 * Errors:  a file that others may read, or of another size, is refused in words.
 * Source:  architecture.md "Store".
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

bool keyfile_load(const char *path, unsigned char key[SECRET_KEY_BYTES], struct err *err);

#endif
