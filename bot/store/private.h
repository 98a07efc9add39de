/*
 * store/private - the inside of a store, for the files of the store alone.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <sqlite3.h>

#include "base/bounds.h"
#include "store/store.h"

enum { KNOWN_MAX = 4, KNOWN_ARGS_BYTES = 64 };

/* What a question for a number was answered last: true until something is written or taken back, since the store
 * has one connection and nobody else may open it. Most wake-ups ask the same as the one before. */
struct known {
    int64_t version; /* of the store, see version_of */
    int64_t value;
    bool is_null;
    size_t args_len;
    char args[KNOWN_ARGS_BYTES];
};

struct statement {
    const char *sql; /* a literal: its address is the key */
    sqlite3_stmt *prepared; /* owned */
    struct known *known; /* owned, KNOWN_MAX of them; NULL: none yet */
    size_t next_known; /* the one that is given up for the next */
};

struct deferred {
    store_deferred_fn *write;
    int64_t number;
    char *text; /* owned */
};

struct store {
    sqlite3 *db; /* owned */
    struct statement statements[STATEMENTS_MAX]; /* hashed by address, open addressing */
    int n_statements;
    struct deferred deferred[DEFERRED_MAX];
    int n_deferred;
    bool is_in_transaction;
    bool has_failed;
    char *ballast; /* owned: a path; NULL: none is held */
    bool is_tight;
    bool has_told_full; /* that no more deferred writes are kept */
    int n_failed; /* commits that failed; each that did not takes one off */
    int64_t changes_at_begin;
    int64_t n_taken_back; /* rollbacks */
    char failure[256];
};

/* Gives up what is deferred, unwritten. */
void store_forget_deferred(struct store *store);

#endif
