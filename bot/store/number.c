#include "store/number.h"

#include <stdlib.h>
#include <string.h>

/* A look that found nothing; no item is called so. */
static const char nothing[] = "-";

static char *looked_name(struct arena *arena, const char *cause)
{
    return arena_printf(arena, "looked.%s", cause);
}

/* The number in "DEC-5", if it is one of that prefix that no item of this store has. */
static int64_t found_number(struct store *store, const char *found, const char *prefix)
{
    size_t len = strlen(prefix);
    if (!found || strncmp(found, prefix, len) != 0 || found[len] != '-')
        return 0;
    char *end;
    long long number = strtoll(found + len + 1, &end, 10);
    if (number <= 0 || *end != '\0')
        return 0;
    bool is_taken = store_int(store, 0, "SELECT 1 FROM item WHERE prefix = ?1 AND number = ?2", "si", prefix,
                              (int64_t)number);
    return is_taken ? 0 : number;
}

static int64_t take_next(struct store *store, const char *prefix)
{
    int64_t next =
        store_int(store, 0, "SELECT next FROM number WHERE prefix = ?1 AND next <= reserved", "s", prefix);
    if (next)
        store_run(store, "UPDATE number SET next = next + 1 WHERE prefix = ?1", "s", prefix);
    return next;
}

int64_t number_draw(struct store *store, const char *prefix, const char *cause)
{
    struct arena *arena = arena_create();
    char *name = looked_name(arena, cause), *found = store_get(store, arena, name);
    int64_t number = found_number(store, found, prefix);
    if (number)
        number_skip(store, prefix, number);
    else
        number = take_next(store, prefix);
    if (found && number)
        store_set(store, name, NULL);
    arena_destroy(arena);
    return number;
}

bool number_must_look(struct store *store, const char *cause, int64_t at_ms, int64_t now_ms)
{
    bool is_of_lost_life = at_ms < store_get_int(store, "restored_ms", 0);
    if ((!is_of_lost_life && now_ms - at_ms < NUMBER_OLD_MS) || !number_is_restored(store, now_ms))
        return false;
    struct arena *arena = arena_create();
    bool was_looked_for = store_get(store, arena, looked_name(arena, cause));
    arena_destroy(arena);
    return !was_looked_for;
}

void number_looked(struct store *store, const char *cause, const char *name)
{
    struct arena *arena = arena_create();
    store_set(store, looked_name(arena, cause), name ? name : nothing);
    arena_destroy(arena);
}

void number_set_restored(struct store *store, int64_t now_ms)
{
    store_set_int(store, "restored_ms", now_ms);
}

bool number_is_restored(struct store *store, int64_t now_ms)
{
    int64_t restored_ms = store_get_int(store, "restored_ms", 0);
    return restored_ms && now_ms - restored_ms < NUMBER_RESTORED_MS;
}

bool number_may_be_lost(struct store *store, int64_t began_ms)
{
    return began_ms < store_get_int(store, "restored_ms", 0);
}

void number_skip(struct store *store, const char *prefix, int64_t used)
{
    store_run(store,
              "INSERT INTO number(prefix, next, reserved) VALUES(?1, ?2 + 1, ?2)"
              " ON CONFLICT(prefix) DO UPDATE SET next = max(next, excluded.next),"
              "  reserved = max(reserved, excluded.reserved)",
              "si", prefix, used);
}

void number_use_up(struct store *store)
{
    store_run(store, "UPDATE number SET next = max(next, reserved + 1)", "");
}
