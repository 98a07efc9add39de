/* Statements, their answers, and a store from its opening to its end. */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "store/ballast.h"
#include "store/private.h"
#include "store/store_open.h"

static struct statement *prepare(struct store *store, const char *sql)
{
    size_t slot = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;
    while (store->statements[slot].sql && store->statements[slot].sql != sql)
        slot = (slot + 1) % STATEMENTS_MAX;
    struct statement *statement = &store->statements[slot];
    if (!statement->sql) {
        assert(store->n_statements < STATEMENTS_MAX - 1);
        store->preparing = statement;
        int result =
            sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->prepared, NULL);
        store->preparing = NULL;
        if (result != SQLITE_OK) {
            log_error("statement refused: %s: %s", sqlite3_errmsg(store->db), sql);
            assert(result == SQLITE_IOERR || result == SQLITE_FULL || result == SQLITE_CORRUPT ||
                   result == SQLITE_NOMEM);
            return NULL;
        }
        statement->sql = sql;
        statement->number = ++store->n_statements;
        known_note_statement(statement);
    }
    return statement;
}

/* Outside a transaction nobody looks back: what cannot be read would be taken for what is not there, and done anew. The
 * next start reads again. */
static void end_unread(const struct store *store)
{
    log_error("the store could not be read: %s", store->failure);
    exit(EXIT_FAILURE);
}

static void give_room(struct store *store)
{
    store->is_tight = true;
    if (ballast_drop(store->ballast))
        log_error("the disk is full: %s is given up so that what is begun can be ended; make room",
                  store->ballast);
}

static void fail(struct store *store)
{
    int code = sqlite3_errcode(store->db);
    /* These two say that the program is wrong, not the disk. */
    assert(code != SQLITE_ERROR && code != SQLITE_MISUSE);
    if (code == SQLITE_NOMEM)
        abort();
    if (!store->has_failed)
        snprintf(store->failure, sizeof store->failure, "%s", sqlite3_errmsg(store->db));
    store->has_failed = true;
    if (code == SQLITE_FULL && store->ballast)
        give_room(store);
    if (!store->is_in_transaction)
        end_unread(store);
}

/* False: a parameter could not be kept. It would be NULL, and be written so. life: SQLITE_STATIC where the texts outlive
 * the statement's run, else SQLITE_TRANSIENT. */
static bool bind_values(sqlite3_stmt *statement, const char *types, va_list args,
                        sqlite3_destructor_type life)
{
    int n = 0, result = SQLITE_OK;
    for (; types[n] && result == SQLITE_OK; n++) {
        if (types[n] == 'i') {
            result = sqlite3_bind_int64(statement, n + 1, va_arg(args, int64_t));
        } else {
            assert(types[n] == 's');
            result = sqlite3_bind_text(statement, n + 1, va_arg(args, const char *), -1, life);
        }
    }
    assert(result != SQLITE_OK || n == sqlite3_bind_parameter_count(statement));
    return result == SQLITE_OK;
}

/* The statement, or NULL of a store that has failed, or fails by this. */
static struct statement *find(struct store *store, const char *sql)
{
    if (store->has_failed)
        return NULL;
    struct statement *statement = prepare(store, sql);
    if (!statement)
        fail(store);
    return statement;
}

/* It, ready for its first step; NULL if it is NULL, or the store fails by this. */
static struct statement *start(struct store *store, struct statement *statement, const char *types,
                               va_list args, sqlite3_destructor_type life)
{
    if (!statement)
        return NULL;
    assert(!sqlite3_stmt_busy(statement->prepared));
    if (!bind_values(statement->prepared, types, args, life)) {
        fail(store);
        return NULL;
    }
    return statement;
}

static void end(struct statement *statement)
{
    sqlite3_reset(statement->prepared);
    sqlite3_clear_bindings(statement->prepared);
}

static bool step(struct store *store, struct statement *statement)
{
    int64_t n_changes = sqlite3_total_changes64(store->db);
    int result = sqlite3_step(statement->prepared);
    if (sqlite3_total_changes64(store->db) != n_changes)
        known_note_written(store, statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE) {
        /* A broken constraint is a bug: every statement that may meet one says OR IGNORE or ON CONFLICT. */
        if (result == SQLITE_CONSTRAINT)
            log_error("constraint: %s: %s", sqlite3_errmsg(store->db), statement->sql);
        assert(result != SQLITE_CONSTRAINT);
        fail(store);
    }
    end(statement);
    return false;
}

void store_run(struct store *store, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct statement *statement = start(store, find(store, sql), types, args, SQLITE_STATIC);
    va_end(args);
    if (statement && step(store, statement))
        end(statement);
}

int64_t store_last_id(struct store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

int64_t store_changes(struct store *store)
{
    return sqlite3_changes64(store->db);
}

struct rows store_rows(struct store *store, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct rows rows = { .store = store,
                         .statement = start(store, find(store, sql), types, args, SQLITE_TRANSIENT) };
    va_end(args);
    return rows;
}

bool rows_next(struct rows *rows)
{
    if (rows->statement && step(rows->store, rows->statement))
        return true;
    rows->statement = NULL;
    return false;
}

void rows_end(struct rows *rows)
{
    if (rows->statement)
        end(rows->statement);
    rows->statement = NULL;
}

size_t rows_take(struct rows *rows, int64_t *out, size_t max)
{
    size_t n = 0;
    while (n < max && rows_next(rows))
        out[n++] = rows_int(rows, 0);
    rows_end(rows);
    return n;
}

int64_t rows_int(const struct rows *rows, int column)
{
    return sqlite3_column_int64(rows->statement->prepared, column);
}

bool rows_is_null(const struct rows *rows, int column)
{
    return sqlite3_column_type(rows->statement->prepared, column) == SQLITE_NULL;
}

const char *rows_text(const struct rows *rows, int column)
{
    return (const char *)sqlite3_column_text(rows->statement->prepared, column);
}

char *rows_dup(const struct rows *rows, int column, struct arena *arena)
{
    return arena_strdup(arena, rows_text(rows, column));
}

int64_t store_int(struct store *store, int64_t fallback, const char *sql, const char *types, ...)
{
    struct statement *statement = find(store, sql);
    struct known asked;
    va_list args;
    va_start(args, types);
    bool may_keep = statement && known_ask(store, statement, false, &asked, types, args);
    va_end(args);
    const struct known *known = may_keep ? known_find(store, &asked) : NULL;
    if (known)
        return known->is_null ? fallback : known->value;
    va_start(args, types);
    struct rows rows = { .store = store, .statement = start(store, statement, types, args, SQLITE_STATIC) };
    va_end(args);
    bool has_value = rows_next(&rows) && !rows_is_null(&rows, 0);
    int64_t value = has_value ? rows_int(&rows, 0) : fallback;
    rows_end(&rows);
    if (may_keep) {
        asked.is_null = !has_value;
        asked.value = value;
        known_keep(store, statement, &asked);
    }
    return value;
}

char *store_str(struct store *store, struct arena *arena, const char *sql, const char *types, ...)
{
    struct statement *statement = find(store, sql);
    struct known asked;
    va_list args;
    va_start(args, types);
    bool may_keep = statement && known_ask(store, statement, true, &asked, types, args);
    va_end(args);
    const struct known *known = may_keep ? known_find(store, &asked) : NULL;
    if (known)
        return arena_strdup(arena, known->text);
    va_start(args, types);
    struct rows rows = { .store = store, .statement = start(store, statement, types, args, SQLITE_STATIC) };
    va_end(args);
    char *value = rows_next(&rows) ? rows_dup(&rows, 0, arena) : NULL;
    rows_end(&rows);
    if (may_keep) {
        asked.text = xstrdup(value);
        known_keep(store, statement, &asked);
    }
    return value;
}

char *store_get(struct store *store, struct arena *arena, const char *name)
{
    return store_str(store, arena, "SELECT value FROM setting WHERE name = ?1", "s", name);
}

int64_t store_get_int(struct store *store, const char *name, int64_t fallback)
{
    return store_int(store, fallback, "SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?1", "s",
                     name);
}

void store_set(struct store *store, const char *name, const char *value)
{
    if (value)
        store_run(store,
                  "INSERT INTO setting(name, value) VALUES(?1, ?2)"
                  " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                  "ss", name, value);
    else
        store_run(store, "DELETE FROM setting WHERE name = ?1", "s", name);
}

void store_set_int(struct store *store, const char *name, int64_t value)
{
    store_run(store,
              "INSERT INTO setting(name, value) VALUES(?1, ?2)"
              " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
              "si", name, value);
}

void store_hold_ballast(struct store *store)
{
    const char *path = sqlite3_db_filename(store->db, "main");
    if (!path || !*path)
        return;
    if (!store->ballast)
        store->ballast = xasprintf("%s.ballast", path);
    bool was_tight = store->is_tight;
    enum ballast_result result = ballast_hold(store->ballast);
    store->is_tight = result == BALLAST_NO_ROOM;
    if (result == BALLAST_FAILED)
        log_warn("%s cannot be made: %s", store->ballast, strerror(errno));
    else if (store->is_tight && !was_tight)
        log_error("the disk is nearly full: nothing new is taken on; make room");
    else if (was_tight && !store->is_tight)
        log_info("there is room on the disk again");
}

bool store_is_tight(const struct store *store)
{
    return store->is_tight;
}

enum store_open_result store_open(const char *path, struct store **store_out, struct err *err)
{
    struct store *store = xcalloc(1, sizeof *store);
    enum store_open_result outcome = store_open_file(path, &store->db, err);
    if (outcome != STORE_OPENED) {
        store_close(store);
        return outcome;
    }
    store->changes_at_begin = sqlite3_total_changes64(store->db);
    sqlite3_set_authorizer(store->db, known_note_table, store);
    *store_out = store;
    return STORE_OPENED;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->n_deferred && !store->is_in_transaction && !store->has_failed) {
        store_begin(store);
        store_commit(store, NULL);
    }
    if (store->is_in_transaction)
        store_rollback(store);
    store_forget_deferred(store);
    for (int i = 0; i < STATEMENTS_MAX; i++)
        sqlite3_finalize(store->statements[i].prepared);
    known_finish(store);
    for (int i = 0; i < TABLES_MAX; i++)
        free(store->tables[i]);
    sqlite3_close(store->db);
    free(store->ballast);
    free(store);
}
