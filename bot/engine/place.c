#include "engine/place.h"

#include <string.h>

#include "base/text.h"
#include "engine/command.h"

enum { ROOMS_LOOKED_AT = 200 };

bool place_is_open_to(struct turn *turn, int64_t room, const char *person)
{
    return room_has_joined(turn->store, room, person) &&
           room_may_send(turn->store, room, person, "m.room.message", false);
}

static bool is_called(struct turn *turn, const struct room *room, const char *folded)
{
    return room->name && strcmp(text_fold(turn->arena, room->name), folded) == 0;
}

/* 0: none of that name; *n_out: how many. */
static int64_t find_room(struct turn *turn, const char *typed, size_t *n_out)
{
    const char *person = turn->event->sender, *folded = text_fold(turn->arena, typed);
    int64_t found = 0;
    struct rows rows = store_rows(turn->store,
                                  "SELECT r.id FROM room r JOIN member m ON m.room = r.id AND m.person = ?1"
                                  " WHERE r.membership = 'join' AND m.membership = 'join'"
                                  " AND r.dm_person IS NULL ORDER BY r.id LIMIT ?2",
                                  "si", person, (int64_t)ROOMS_LOOKED_AT);
    *n_out = 0;
    while (rows_next(&rows)) {
        struct room room;
        int64_t id = rows_int(&rows, 0);
        if (!room_get(turn->store, id, turn->arena, &room) || !place_is_open_to(turn, id, person))
            continue;
        bool is_it = strcmp(room.room_id, typed) == 0;
        if (!is_it && !is_called(turn, &room, folded))
            continue;
        found = id;
        *n_out = is_it ? 1 : *n_out + 1;
        if (is_it)
            break;
    }
    rows_end(&rows);
    return *n_out == 1 ? found : 0;
}

int64_t place_find(struct turn *turn, const char *typed)
{
    size_t n;
    return find_room(turn, typed, &n);
}

bool place_enter(struct turn *turn, const char *typed)
{
    size_t n;
    int64_t room = find_room(turn, typed, &n);
    if (room) {
        turn_enter_room(turn, room);
        return true;
    }
    struct json_object *values = values_new();
    json_set_str(values, "name", text_shorten(turn->arena, text_clean(turn->arena, typed), 60));
    json_set_bool(values, "several", n > 1);
    turn_answer(turn, "room/which", values);
    return false;
}

size_t place_of_work(struct turn *turn, const char *person, const char *but_kind,
                     struct room out[PLACES_OFFERED])
{
    size_t n = 0;
    struct rows rows = store_rows(
        turn->store,
        "SELECT r.id FROM room r JOIN member m ON m.room = r.id AND m.person = ?1"
        " WHERE r.membership = 'join' AND m.membership = 'join' AND r.dm_person IS NULL AND r.id <> ?2"
        " AND r.kind IS NOT ?3 AND (SELECT count(*) FROM member o WHERE o.room = r.id"
        "  AND o.membership = 'join' AND o.person NOT IN (?1, ?5)) > 0 ORDER BY r.kind IS NOT 'task',"
        " (SELECT count(*) FROM item i WHERE i.room = r.id AND i.author = ?1) DESC, r.id LIMIT ?4",
        "sisis", person, turn->room.id, but_kind, (int64_t)ROOMS_LOOKED_AT, turn_me(turn));
    while (n < PLACES_OFFERED && rows_next(&rows))
        if (place_is_open_to(turn, rows_int(&rows, 0), person) &&
            room_get(turn->store, rows_int(&rows, 0), turn->arena, &out[n]))
            n++;
    rows_end(&rows);
    return n;
}
