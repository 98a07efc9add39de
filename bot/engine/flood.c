#include "engine/flood.h"

#include <string.h>

#include "engine/pin.h"
#include "store/message.h"

enum { WINDOW_MS = 60 * 1000 };

struct flood {
    int64_t n;
    int64_t oldest_ms;
};

static void add(struct flood *flood, int64_t at_ms)
{
    flood->n++;
    flood->oldest_ms = at_ms;
}

/* One more than the bound is looked at, and no further: it costs no more however long the history is. */
static void count(struct turn *turn, struct flood *person, struct flood *room)
{
    struct rows rows = store_rows(turn->store,
                                  "SELECT sender, at_ms FROM message WHERE room = ?1 AND row IS NULL"
                                  " AND role <> '" PIN_HEARD "'"
                                  " AND at_ms > ?2 ORDER BY at_ms DESC LIMIT ?3",
                                  "iii", turn->room.id, turn->at_ms - WINDOW_MS, (int64_t)FLOOD_ROOM + 1);
    while (rows_next(&rows)) {
        add(room, rows_int(&rows, 1));
        if (strcmp(rows_text(&rows, 0), turn->event->sender) == 0)
            add(person, rows_int(&rows, 1));
    }
}

static void answer(struct turn *turn, const struct flood *flood, const char *whose)
{
    struct json_object *values = values_new();
    json_set_bool(values, whose, true);
    json_set(values, "again", values_time(turn, flood->oldest_ms + WINDOW_MS, NULL));
    turn_answer(turn, "help/flood", values);
    message_add(turn->store, &(struct message_row){ .event_id = turn->event->id,
                                                    .room = turn->room.id,
                                                    .sender = turn->event->sender,
                                                    .role = "flood",
                                                    .at_ms = turn->at_ms,
                                                    .thread = turn->event->thread });
}

bool flood_refuses(struct turn *turn, enum turn_result *result_out)
{
    struct flood person = { 0 }, room = { 0 };
    count(turn, &person, &room);
    bool is_person = person.n >= FLOOD_PERSON;
    if (!is_person && room.n < FLOOD_ROOM)
        return false;
    *result_out = TURN_NOTHING;
    /* The one that reaches the bound is answered and counts; those after it are not even written down. */
    if (is_person ? person.n == FLOOD_PERSON : room.n == FLOOD_ROOM) {
        answer(turn, is_person ? &person : &room, is_person ? "person" : "room");
        *result_out = TURN_DONE;
    }
    return true;
}

bool flood_has_too_many_open(struct turn *turn, const char *prefix, const char *owner)
{
    int64_t n = store_int(turn->store, 0,
                          "SELECT count(*) FROM (SELECT 1 FROM item WHERE owner = ?1 AND prefix = ?2"
                          " AND closed_ms IS NULL LIMIT ?3)",
                          "ssi", owner, prefix, (int64_t)FLOOD_OPEN);
    if (n < FLOOD_OPEN)
        return false;
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_int(values, "n", FLOOD_OPEN);
    turn_answer(turn, "help/too-many", values);
    return true;
}
