#include "store/inbox.h"

#include "base/bounds.h"

void inbox_add(struct store *store, const struct inbox_row *row, int64_t order_key)
{
    bool is_too_many = row->state == INBOX_HELD && inbox_n(store, row->room, INBOX_HELD) >= INBOX_HELD_MAX;
    store_run(store,
              "INSERT OR IGNORE INTO inbox(event_id, room, state, json, since_ms, order_key, reason)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
              "siisiis", row->event_id, row->room, (int64_t)(is_too_many ? INBOX_ASIDE : row->state),
              row->json, row->since_ms, order_key, is_too_many ? "too many" : row->reason);
}

bool inbox_next(struct store *store, int64_t room, enum inbox_state state, struct arena *arena,
                struct inbox_row *out)
{
    struct rows rows =
        store_rows(store,
                   "SELECT id, event_id, room, state, json, since_ms, reason FROM inbox"
                   " WHERE (?1 = 0 OR room = ?1) AND state = ?2 ORDER BY order_key, id LIMIT 1",
                   "ii", room, (int64_t)state);
    if (!rows_next(&rows))
        return false;
    *out = (struct inbox_row){
        .id = rows_int(&rows, 0),
        .event_id = rows_dup(&rows, 1, arena),
        .room = rows_int(&rows, 2),
        .state = (enum inbox_state)rows_int(&rows, 3),
        .json = rows_dup(&rows, 4, arena),
        .since_ms = rows_int(&rows, 5),
        .reason = rows_dup(&rows, 6, arena),
    };
    rows_end(&rows);
    return true;
}

int64_t inbox_last_key(struct store *store, int64_t room)
{
    return store_int(store, 0, "SELECT max(order_key) FROM inbox WHERE room = ?1 AND state < 2", "i", room);
}

bool inbox_place(struct store *store, const char *event_id, int64_t order_key)
{
    store_run(store, "UPDATE inbox SET order_key = max(order_key, ?2) WHERE event_id = ?1", "si", event_id,
              order_key);
    return store_changes(store) > 0;
}

void inbox_wait(struct store *store, int64_t id)
{
    store_run(store, "UPDATE inbox SET state = 1 WHERE id = ?1", "i", id);
}

void inbox_wait_key(struct store *store, int64_t id, const char *what)
{
    store_run(store, "UPDATE inbox SET state = 3, reason = ?2 WHERE id = ?1", "is", id, what);
}

int64_t inbox_key_came(struct store *store, const char *what)
{
    store_run(store, "UPDATE inbox SET state = 0, reason = NULL WHERE state = 3 AND reason = ?1", "s", what);
    return store_changes(store);
}

void inbox_trim_keys(struct store *store, int64_t room, int64_t now_ms)
{
    static const int64_t age_ms = INT64_C(86400000) * INBOX_KEY_DAYS;
    store_run(
        store,
        "DELETE FROM inbox WHERE state = 3 AND room = ?1 AND (since_ms < ?2 OR id IN"
        " (SELECT id FROM inbox WHERE state = 3 AND room = ?1 ORDER BY order_key DESC LIMIT -1 OFFSET ?3))",
        "iii", room, now_ms - age_ms, (int64_t)INBOX_KEYS_MAX);
}

int64_t inbox_n_unread_of(struct store *store, int64_t room, const char *person)
{
    return store_int(
        store, 0,
        "SELECT count(*) FROM inbox WHERE room = ?1 AND state = 3 AND json_extract(json, '$.sender') = ?2",
        "is", room, person);
}

int64_t inbox_n_unread_of_asked(struct store *store, int64_t item, int64_t since_ms)
{
    return store_int(
        store, 0,
        "SELECT count(*) FROM item i JOIN inbox b ON b.room = i.room JOIN asked a ON a.item = i.id"
        " WHERE i.id = ?1 AND b.state = 3 AND b.since_ms >= ?2"
        " AND a.person = json_extract(b.json, '$.sender')",
        "ii", item, since_ms);
}

void inbox_drop_room(struct store *store, int64_t room)
{
    store_run(store, "DELETE FROM inbox WHERE room = ?1 AND state <> 2", "i", room);
}

void inbox_remove(struct store *store, int64_t id)
{
    store_run(store, "DELETE FROM inbox WHERE id = ?1", "i", id);
}

void inbox_set_aside(struct store *store, int64_t id, const char *reason)
{
    store_run(store, "UPDATE inbox SET state = 2, reason = ?2 WHERE id = ?1", "is", id, reason);
}

int64_t inbox_n(struct store *store, int64_t room, enum inbox_state state)
{
    return store_int(store, 0, "SELECT count(*) FROM inbox WHERE (?1 = 0 OR room = ?1) AND state = ?2", "ii",
                     room, (int64_t)state);
}

int64_t inbox_n_aside_since(struct store *store, int64_t room, int64_t since_ms)
{
    return store_int(store, 0, "SELECT count(*) FROM inbox WHERE room = ?1 AND state = 2 AND since_ms >= ?2",
                     "ii", room, since_ms);
}

bool inbox_has(struct store *store, const char *event_id)
{
    return store_int(store, 0, "SELECT 1 FROM inbox WHERE event_id = ?1", "s", event_id);
}

int64_t tries_count(struct store *store, const char *kind, const char *key)
{
    return store_int(store, 0, "SELECT n FROM tries WHERE kind = ?1 AND key = ?2", "ss", kind, key);
}

int64_t tries_add(struct store *store, const char *kind, const char *key)
{
    store_run(
        store,
        "INSERT INTO tries(kind, key, n) VALUES(?1, ?2, 1) ON CONFLICT(kind, key) DO UPDATE SET n = n + 1",
        "ss", kind, key);
    return tries_count(store, kind, key);
}

void tries_clear(struct store *store, const char *kind, const char *key)
{
    store_run(store, "DELETE FROM tries WHERE kind = ?1 AND key = ?2", "ss", kind, key);
}
