#include "engine/flood.h"

#include <string.h>

#include "store/message.h"

enum { WINDOW_MS = 60 * 1000 };

struct flood {
    int64_t n;
    int64_t oldest_ms;
};

/* Counts up to one over the bound: a look costs no more however long the history is. */
static struct flood count(struct turn *turn, const char *sql, const char *person, int64_t most)
{
    struct flood flood = { 0 };
    struct rows rows =
        store_rows(turn->store, sql, "siii", person, turn->room.id, turn->at_ms - WINDOW_MS, most + 1);
    while (rows_next(&rows)) {
        flood.n++;
        flood.oldest_ms = rows_int(&rows, 0);
    }
    return flood;
}

static struct flood of_person(struct turn *turn)
{
    return count(turn,
                 "SELECT at_ms FROM message WHERE sender = ?1 AND ?2 AND at_ms > ?3"
                 " ORDER BY at_ms DESC LIMIT ?4",
                 turn->event->sender, FLOOD_PERSON);
}

static struct flood of_room(struct turn *turn)
{
    return count(turn,
                 "SELECT at_ms FROM message WHERE room = ?2 AND row IS NULL AND ?1 IS NOT NULL"
                 " AND at_ms > ?3 ORDER BY at_ms DESC LIMIT ?4",
                 turn->event->sender, FLOOD_ROOM);
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
    struct flood person = of_person(turn), room = of_room(turn);
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
