/*
 * store_open - the file of the store: opened, locked, of this version, whole.
 *
 * Shape:   before there is a store: store.c alone calls this, and owns what it opens.
 * Errors:  one line that says what to do (store.h has the meaning of each result).
 * Source:  architecture.md "Store"; trust.md A.1.
 */
#ifndef STORE_STORE_OPEN_H
#define STORE_STORE_OPEN_H

#include <sqlite3.h>

#include "store/store.h"

/* path NULL: in memory. db_out is to be closed whatever comes of it. */
enum store_open_result store_open_file(const char *path, sqlite3 **db_out, struct err *err);

#endif
