#include "store/message.h"

#include "base/plant.h"

void message_add(struct store *store, const struct message_row *m)
{
    store_run(store,
              "INSERT OR IGNORE INTO message(event_id, room, sender, role, item, row, at_ms, thread)"
              " VALUES(?1, ?2, ?3, ?4, nullif(?5, 0), nullif(?6, 0), ?7, ?8)",
              "sissiiis", m->event_id, m->room, m->sender, m->role, m->item, m->row, m->at_ms, m->thread);
}

bool message_get(struct store *store, const char *event_id, struct arena *arena, struct message_row *out)
{
    struct rows rows = store_rows(store,
                                  "SELECT event_id, room, sender, role, item, row, at_ms, thread FROM message"
                                  " WHERE event_id = ?1",
                                  "s", event_id);
    if (!rows_next(&rows))
        return false;
    out->event_id = rows_dup(&rows, 0, arena);
    out->room = rows_int(&rows, 1);
    out->sender = rows_dup(&rows, 2, arena);
    out->role = rows_dup(&rows, 3, arena);
    out->item = rows_int(&rows, 4);
    out->row = rows_int(&rows, 5);
    out->at_ms = rows_int(&rows, 6);
    out->thread = rows_dup(&rows, 7, arena);
    rows_end(&rows);
    return true;
}

bool message_is_known(struct store *store, const char *event_id)
{
    /* A row of the outbox may have become this event a moment ago, and that be written with the next commit. */
    return !PLANTED(EVENT_TWICE) &&
           (store_has_deferred(store, event_id) ||
            store_int(store, 0, "SELECT 1 FROM message WHERE event_id = ?1", "s", event_id));
}
