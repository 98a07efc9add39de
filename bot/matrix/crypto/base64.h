/*
 * base64 - the standard alphabet, as Matrix writes keys: without padding. Read with padding or without.
 *
 * Owns:    nothing; what is handed out lives in the caller's arena.
 */
#ifndef MATRIX_CRYPTO_BASE64_H
#define MATRIX_CRYPTO_BASE64_H

#include <stddef.h>

#include "base/arena.h"

char *base64_write(struct arena *arena, const void *bytes, size_t len);
/* NULL: it is none. */
unsigned char *base64_read(struct arena *arena, const char *text, size_t *len_out);

#endif
