/*
 * store/private - the inside of a store, for the files of the store alone.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdarg.h>

#include "base/bounds.h"
#include "store/store.h"

enum {
    KNOWN_OF_SET = 4,
    KNOWN_MAX = 256 * KNOWN_OF_SET,
    KNOWN_ARGS_BYTES = 64,
    KNOWN_TEXT_BYTES = 256,
    TABLES_MAX = 64
};

/* What a question for one value was answered last: true until a table that it reads is written, or something is taken back,
 * since the store has one connection and nobody else may open it. Most wake-ups ask the same as the one before, and most
 * turns the same of the same few people. */
struct known {
    int statement; /* its number; 0: nothing is known here */
    bool is_text; /* the same statement may be asked for either */
    int64_t version; /* see known_version */
    int64_t value; /* of a number */
    char *text; /* owned; of a text */
    bool is_null;
    size_t args_len;
    char args[KNOWN_ARGS_BYTES];
};

struct statement {
    const char *sql; /* a literal: its address is the key */
    sqlite3_stmt *prepared; /* owned */
    int number; /* from 1 on, in the order of their first use */
    uint64_t reads, writes; /* a bit for each table, see store.tables */
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
    struct statement *preparing; /* borrowed; NULL: none */
    struct known *known; /* owned; a question has the places of one set; NULL: none yet */
    char *tables[TABLES_MAX]; /* owned; the name that a bit stands for; NULL: none yet */
    int64_t n_written[TABLES_MAX]; /* for each bit: how often its table was written, or taken back */
    uint64_t written; /* the tables that were since store_begin */
    struct deferred deferred[DEFERRED_MAX];
    int n_deferred;
    bool is_in_transaction;
    bool has_failed;
    char *ballast; /* owned: a path; NULL: none is held */
    bool is_tight;
    bool has_told_full; /* that no more deferred writes are kept */
    int n_failed; /* commits that failed; each that did not takes one off */
    int64_t changes_at_begin;
    char failure[256];
};

/* store_known.c */
/* As SQLite calls it for each table of a statement that is prepared. data: the store. */
int known_note_table(void *data, int action, const char *name, const char *column, const char *database,
                     const char *trigger);
/* Prepared: what SQLite does not say of its tables. */
void known_note_statement(struct statement *statement);
/* It has written its tables: what was known of them is not any more. */
void known_note_written(struct store *store, const struct statement *statement);
/* What was written since the transaction began is not there any more, or not all of it. */
void known_take_back(struct store *store);
/* The question, for a text or a number: false if its arguments are too long to be kept, or NULL, which is no text. */
bool known_ask(const struct store *store, const struct statement *statement, bool is_text,
               struct known *asked, const char *types, va_list args);
/* NULL: it is not known. */
const struct known *known_find(const struct store *store, const struct known *asked);
/* Takes the text; keeps only what a SELECT answered, and no text that is too long. */
void known_keep(struct store *store, const struct statement *statement, const struct known *answered);
void known_finish(struct store *store);

/* Gives up what is deferred, unwritten. */
void store_forget_deferred(struct store *store);

#endif
