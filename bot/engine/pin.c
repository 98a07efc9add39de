#include "engine/pin.h"

#include "store/message.h"

void pin_hear(struct turn *turn, const struct item *item)
{
    const struct event *event = turn->event;
    store_run(turn->store, "INSERT INTO text(author, event, content) VALUES(?1, ?2, ?3)", "sss",
              event->sender, event->id, event->body);
    message_add(turn->store, &(struct message_row){ .event_id = event->id,
                                                    .room = event->room,
                                                    .sender = event->sender,
                                                    .role = PIN_HEARD,
                                                    .item = item->id,
                                                    .at_ms = turn->at_ms,
                                                    .thread = event->thread });
}

bool pin_keep_text(struct turn *turn, struct item *item, int64_t text)
{
    if (store_int(turn->store, 0, "SELECT count(*) FROM pin WHERE item = ?1", "i", item->id) >= PINS_MAX)
        return false;
    store_run(turn->store, "INSERT OR IGNORE INTO pin(item, text, person, event) VALUES(?1, ?2, ?3, ?4)",
              "iiss", item->id, text, turn->event->sender, turn->cause);
    return store_changes(turn->store) > 0;
}

bool pin_keep(struct turn *turn, struct item *item, const char *event)
{
    int64_t text = store_int(turn->store, 0,
                             "SELECT max(t.id) FROM text t JOIN message m ON m.event_id = t.event"
                             " WHERE t.event = ?1 AND t.is_emptied = 0 AND m.item = ?2",
                             "si", event, item->id);
    return text && pin_keep_text(turn, item, text);
}

void pin_take_back(struct turn *turn, const char *event)
{
    store_run(turn->store,
              "DELETE FROM pin WHERE event = ?1 OR text IN (SELECT id FROM text WHERE event = ?1)", "s",
              event);
}

void pin_forget_rest(struct turn *turn, const struct item *item)
{
    store_run(turn->store,
              "UPDATE text SET content = '', is_emptied = 1 WHERE is_emptied = 0 AND event IN"
              "  (SELECT event_id FROM message WHERE item = ?1 AND role = '" PIN_HEARD "')"
              " AND id NOT IN (SELECT text FROM pin WHERE item = ?1)",
              "i", item->id);
}

struct pin_list pin_list(struct turn *turn, const struct item *item)
{
    struct pin_list list = { .rows = arena_alloc(turn->arena, PINS_MAX * sizeof *list.rows) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT p.text, m.at_ms, t.author FROM pin p JOIN text t ON t.id = p.text"
                                  " JOIN message m ON m.event_id = t.event WHERE p.item = ?1"
                                  " ORDER BY m.at_ms, p.text LIMIT ?2",
                                  "ii", item->id, (int64_t)PINS_MAX);
    while (rows_next(&rows))
        list.rows[list.n++] = (struct pin){ .text = rows_int(&rows, 0),
                                            .said_ms = rows_int(&rows, 1),
                                            .author = rows_dup(&rows, 2, turn->arena) };
    return list;
}
