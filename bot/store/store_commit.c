/* Transactions, and what is written with the next of them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "store/private.h"

bool store_in_transaction(const struct store *store)
{
    return store->is_in_transaction;
}

bool store_failed(const struct store *store)
{
    return store->has_failed;
}

/* Where the disk is full a small write may still find room between two that do not: it does not make a disk well, and is
 * no reason to try the others again at once. */
enum { FAILED_MAX = 12 };

bool store_dirty(const struct store *store)
{
    return sqlite3_total_changes64(store->db) != store->changes_at_begin;
}

void store_begin(struct store *store)
{
    assert(!store->is_in_transaction);
    store->has_failed = false;
    store->changes_at_begin = sqlite3_total_changes64(store->db);
    store->written = 0;
    store->is_in_transaction = true;
    store_run(store, "BEGIN IMMEDIATE", "");
    for (int i = 0; i < store->n_deferred; i++)
        store->deferred[i].write(store, store->deferred[i].number, store->deferred[i].text);
}

void store_forget_deferred(struct store *store)
{
    for (int i = 0; i < store->n_deferred; i++)
        free(store->deferred[i].text);
    store->n_deferred = 0;
    store->has_told_full = false;
}

bool store_commit(struct store *store, struct err *err)
{
    assert(store->is_in_transaction);
    if (!store->has_failed)
        store_run(store, "COMMIT", "");
    if (store->has_failed) {
        err_set(err, "the store could not be written: %s", store->failure);
        store_rollback(store);
        store->n_failed += store->n_failed < FAILED_MAX ? 2 : 0;
        return false;
    }
    store->is_in_transaction = false;
    store->n_failed -= store->n_failed > 0;
    store_forget_deferred(store);
    return true;
}

int64_t store_retry_ms(const struct store *store)
{
    enum { FIRST_MS = 100, MOST_MS = 5000 };
    int64_t wait_ms = FIRST_MS;
    for (int i = 1; i < store->n_failed && wait_ms < MOST_MS; i++)
        wait_ms *= 2;
    return wait_ms < MOST_MS ? wait_ms : MOST_MS;
}

void store_rollback(struct store *store)
{
    known_take_back(store);
    store->has_failed = false;
    if (store->is_in_transaction && !sqlite3_get_autocommit(store->db))
        store_run(store, "ROLLBACK", "");
    store->is_in_transaction = false;
    store->has_failed = false;
}

void store_savepoint(struct store *store)
{
    store_run(store, "SAVEPOINT turn", "");
}

void store_savepoint_release(struct store *store)
{
    store_run(store, "RELEASE turn", "");
}

void store_savepoint_rollback(struct store *store)
{
    known_take_back(store);
    store_run(store, "ROLLBACK TO turn", "");
    store_run(store, "RELEASE turn", "");
}

bool store_defers(const struct store *store, store_deferred_fn *write, int64_t number, const char *text)
{
    for (int i = 0; i < store->n_deferred; i++) {
        const struct deferred *deferred = &store->deferred[i];
        if (deferred->write == write && deferred->number == number &&
            (!text || strcmp(deferred->text, text) == 0))
            return true;
    }
    return false;
}

/* A disk that cannot be written brings the same answers again and again. What finds no place any more is found out
 * anew: a 200 by the same request again, an echo by a look. */
void store_defer(struct store *store, store_deferred_fn *write, int64_t number, const char *text)
{
    struct err err;
    if (store->is_in_transaction) {
        write(store, number, text);
        return;
    }
    if (store_defers(store, write, number, text))
        return;
    if (store->n_deferred == DEFERRED_MAX) {
        if (!store->has_told_full)
            log_error("%d writes wait for the disk: no more are kept", DEFERRED_MAX);
        store->has_told_full = true;
        return;
    }
    store->deferred[store->n_deferred++] =
        (struct deferred){ .write = write, .number = number, .text = xstrdup(text) };
    if (store->n_deferred == DEFERRED_MAX) {
        store_begin(store);
        if (!store_commit(store, &err))
            log_error("%s", err.text);
    }
}

int store_n_deferred(const struct store *store)
{
    return store->n_deferred;
}

bool store_has_deferred(const struct store *store, const char *text)
{
    size_t len = strlen(text);
    for (int i = 0; i < store->n_deferred; i++) {
        size_t have = strlen(store->deferred[i].text);
        if (have >= len && strcmp(store->deferred[i].text + have - len, text) == 0)
            return true;
    }
    return false;
}
