#include "store/timer.h"

void timer_set(struct store *store, const struct timer *timer)
{
    store_run(
        store,
        "INSERT INTO timer(key, due_ms, what, item, person, data, needs_barrier, is_urgent, held_until_ms)"
        " VALUES(?1, ?2, ?3, nullif(?4, 0), ?5, ?6, ?7, ?8, NULL)"
        " ON CONFLICT(key) DO UPDATE SET due_ms = excluded.due_ms, data = excluded.data, held_until_ms = NULL",
        "sisissii", timer->key, timer->due_ms, timer->what, timer->item, timer->person, timer->data,
        (int64_t)timer->needs_barrier, (int64_t)timer->is_urgent);
}

void timer_remove(struct store *store, const char *key)
{
    store_run(store, "DELETE FROM timer WHERE key = ?1", "s", key);
}

void timer_remove_of(struct store *store, int64_t item, const char *what)
{
    store_run(store, "DELETE FROM timer WHERE item = ?1 AND (?2 IS NULL OR what = ?2)", "is", item, what);
}

void timer_hold(struct store *store, const char *key, int64_t until_ms)
{
    store_run(store, "UPDATE timer SET held_until_ms = ?2 WHERE key = ?1", "si", key, until_ms);
}

bool timer_next_due(struct store *store, int64_t now_ms, int64_t barrier_ms, struct arena *arena,
                    struct timer *out)
{
    struct rows rows = store_rows(
        store,
        "SELECT t.key, t.due_ms, t.what, t.item, t.person, t.data, t.needs_barrier, t.held_until_ms, t.is_urgent"
        " FROM timer t LEFT JOIN item i ON i.id = t.item LEFT JOIN room r ON r.id = i.room"
        " WHERE t.due_ms <= ?1 AND (r.id IS NULL OR r.membership = 'join') AND (t.held_until_ms IS NULL OR t.held_until_ms <= ?1)"
        "  AND (t.needs_barrier = 0 OR t.due_ms < ?2 OR (t.is_urgent = 1 AND t.due_ms <= ?1 - ?3))"
        "  AND (r.hold_since_ms IS NULL OR (t.is_urgent = 1 AND r.hold_since_ms <= ?1 - ?4))"
        " ORDER BY t.due_ms, t.item, t.what, t.key LIMIT 1",
        "iiii", now_ms, barrier_ms, (int64_t)TIMER_URGENT_BARRIER_MS, (int64_t)TIMER_URGENT_HOLD_MS);
    if (!rows_next(&rows))
        return false;
    *out = (struct timer){
        .key = rows_dup(&rows, 0, arena),
        .due_ms = rows_int(&rows, 1),
        .what = rows_dup(&rows, 2, arena),
        .item = rows_int(&rows, 3),
        .person = rows_dup(&rows, 4, arena),
        .data = rows_dup(&rows, 5, arena),
        .needs_barrier = rows_int(&rows, 6),
        .held_until_ms = rows_int(&rows, 7),
        .is_urgent = rows_int(&rows, 8),
    };
    rows_end(&rows);
    return true;
}

/* When an urgent timer that is due has waited long enough for its barrier, or for its room. */
static int64_t urgent_next_ms(struct store *store, int64_t after_ms)
{
    if (!store_int(store, 0, "SELECT 1 FROM timer WHERE is_urgent = 1 LIMIT 1", ""))
        return INT64_MAX;
    return store_int(
        store, INT64_MAX,
        "SELECT min(at_ms) FROM (SELECT due_ms + ?2 AS at_ms FROM timer WHERE is_urgent = 1 UNION ALL"
        "  SELECT r.hold_since_ms + ?3 FROM timer t JOIN item i ON i.id = t.item"
        "  JOIN room r ON r.id = i.room WHERE t.is_urgent = 1 AND t.due_ms <= ?1)"
        " WHERE at_ms > ?1",
        "iii", after_ms, (int64_t)TIMER_URGENT_BARRIER_MS, (int64_t)TIMER_URGENT_HOLD_MS);
}

/* Found by the index timer_by_wake: min() of it would look at every row. */
#define WAKES "max(due_ms, coalesce(held_until_ms, 0))"

int64_t timer_next_ms(struct store *store, int64_t after_ms)
{
    /* Mostly none is due: that is known without asking again for every instant (store.c). */
    int64_t first_ms =
        store_int(store, INT64_MAX, "SELECT " WAKES " FROM timer ORDER BY " WAKES " LIMIT 1", "");
    if (first_ms > after_ms)
        return first_ms;
    int64_t next_ms = store_int(store, INT64_MAX,
                                "SELECT " WAKES " FROM timer WHERE " WAKES " > ?1 ORDER BY " WAKES " LIMIT 1",
                                "i", after_ms);
    int64_t urgent_ms = urgent_next_ms(store, after_ms);
    return next_ms < urgent_ms ? next_ms : urgent_ms;
}

bool timer_is_left_before(struct store *store, int64_t before_ms)
{
    return store_int(
        store, 0,
        "SELECT 1 FROM timer WHERE due_ms < ?1 AND (held_until_ms IS NULL OR held_until_ms < ?2) LIMIT 1",
        "ii", before_ms, INT64_MAX);
}

#define WAITING_FOR_BARRIER                                                                                  \
    "SELECT t.due_ms FROM timer t LEFT JOIN item i ON i.id = t.item LEFT JOIN room r ON r.id = i.room"       \
    " WHERE t.needs_barrier = 1 AND (r.id IS NULL OR r.membership = 'join') AND r.hold_since_ms IS NULL"

int64_t timer_next_barrier_ms(struct store *store, int64_t now_ms, int64_t barrier_ms)
{
    /* As above: mostly none is due, and none held. */
    int64_t first_ms = store_int(store, INT64_MAX, WAITING_FOR_BARRIER " ORDER BY t.due_ms LIMIT 1", "");
    if (first_ms >= barrier_ms &&
        !store_int(store, 0,
                   "SELECT 1 FROM timer WHERE held_until_ms IS NOT NULL AND needs_barrier = 1 LIMIT 1", ""))
        return first_ms;
    return store_int(store, INT64_MAX,
                     WAITING_FOR_BARRIER
                     " AND t.due_ms >= ?2 AND (t.held_until_ms IS NULL OR t.held_until_ms <= ?1)"
                     " ORDER BY t.due_ms LIMIT 1",
                     "ii", now_ms, barrier_ms);
}
