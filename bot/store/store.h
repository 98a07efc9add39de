/*
 * store - the one SQLite file: open, lock, migrate, transactions, statements.
 *
 * Shape:   one connection, WAL, synchronous=FULL, foreign keys on, exclusive lock, PRAGMA user_version
 *          migrations. SQL stands beside its use in store/NAME.c; a statement is prepared once for each literal
 *          (by address).
 * Owns:    the connection and its statements. Text read from a row is borrowed until the next step of that row.
 * Errors:  a wrong statement is a bug (assert). A failing disk is sticky: once a statement failed, every later
 *          one of the transaction does nothing, and store_commit rolls back and says why. So callers check the
 *          commit.
 * Source:  architecture.md "Store"; trust.md A.1 (one connection: the WAL-reset bug needs two).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct store;
struct statement;

/* Why a store could not be opened: each has its own advice and exit status. */
enum store_open_result { STORE_OPENED, STORE_LOCKED, STORE_NEWER, STORE_UNREADABLE, STORE_FAILED };

/* path NULL: in memory. On success *store_out is the caller's to close; else err says what to do. */
enum store_open_result store_open(const char *path, struct store **store_out, struct err *err);
/* NULL does nothing. Rolls back what is open. */
void store_close(struct store *store);

/* For who runs for long: room on the disk is held from now on (ballast.h), beside the file; again after it was given up,
 * as soon as there is enough. In memory: nothing. */
void store_hold_ballast(struct store *store);
/* The disk was found full, and the ballast given up so that what is begun can be ended: nothing new may be begun. */
bool store_is_tight(const struct store *store);

/* The version of the schema that this binary writes, and a store's own before it was migrated. */
int store_schema_version(void);

/* Transactions. A begin within one is a bug. What was deferred (below) is written first. */
void store_begin(struct store *store);
bool store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);
/* After a commit that failed: how long to wait before the next try. Grows with each failure in a row. */
int64_t store_retry_ms(const struct store *store);
bool store_in_transaction(const struct store *store);
/* True once a statement of this transaction met a failing disk. */
bool store_failed(const struct store *store);
/* True if anything was written since store_begin (or since the savepoint's start, of the transaction). */
bool store_dirty(const struct store *store);

/* One level only: a turn. Rolling back leaves the transaction open. */
void store_savepoint(struct store *store);
void store_savepoint_release(struct store *store);
void store_savepoint_rollback(struct store *store);

/* Writes that may wait for the next transaction (an echo seen, a 200): called back at its begin, in order.
 * At most DEFERRED_MAX wait, then a transaction is made for them; what is there already is not kept twice, and what finds
 * no place, because the disk cannot be written, is dropped. A rollback keeps them for the next one. */
typedef void store_deferred_fn(struct store *store, int64_t number, const char *text);
void store_defer(struct store *store, store_deferred_fn *write, int64_t number, const char *text);
int store_n_deferred(const struct store *store);
/* Whether this one waits; text NULL: with any. */
bool store_defers(const struct store *store, store_deferred_fn *write, int64_t number, const char *text);
/* True if the text of a deferred write ends with this: what it will write cannot be found by a statement yet. */
bool store_has_deferred(const struct store *store, const char *text);

/* Statements. types has a letter for each parameter ?1, ?2...: i int64_t, s const char * (NULL is NULL). */
void store_run(struct store *store, const char *sql, const char *types, ...);
int64_t store_last_id(struct store *store);
int64_t store_changes(struct store *store);
/* First column of the first row; the fallback, or NULL, if there is none. */
int64_t store_int(struct store *store, int64_t fallback, const char *sql, const char *types, ...);
char *store_str(struct store *store, struct arena *arena, const char *sql, const char *types, ...);

/* for (struct rows rows = store_rows(...); rows_next(&rows);) ... ; ends by itself after the last row,
 * or by rows_end where the loop is left early. The same statement cannot run inside itself. */
struct rows {
    struct store *store; /* borrowed */
    struct statement *statement; /* borrowed from the store; NULL when ended */
};
struct rows store_rows(struct store *store, const char *sql, const char *types, ...);
bool rows_next(struct rows *rows);
void rows_end(struct rows *rows);
/* The first column of at most max of them, and ends them. Returns how many. */
size_t rows_take(struct rows *rows, int64_t *out, size_t max);
int64_t rows_int(const struct rows *rows, int column);
bool rows_is_null(const struct rows *rows, int column);
const char *rows_text(const struct rows *rows, int column); /* NULL for NULL */
char *rows_dup(const struct rows *rows, int column, struct arena *arena);

/* Single values that have no table of their own: the session, the sync position, counters. */
char *store_get(struct store *store, struct arena *arena, const char *name);
int64_t store_get_int(struct store *store, const char *name, int64_t fallback);
void store_set(struct store *store, const char *name, const char *value); /* NULL removes */
void store_set_int(struct store *store, const char *name, int64_t value);

#endif
