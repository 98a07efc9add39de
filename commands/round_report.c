/* The round in another room than its own: its card, once it has closed, for those who follow from there. */
#include <string.h>

#include "commands/standup_private.h"
#include "engine/link.h"
#include "engine/place.h"
#include "store/outbox.h"

static int64_t row_of(struct turn *turn, const struct item *round)
{
    return store_int(turn->store, 0, "SELECT report FROM round WHERE item = ?1", "i", round->id);
}

/* What was said in an encrypted room is not said in clear: there stands the way to it alone. */
static struct json_object *values_for(struct turn *turn, struct item *round, const struct room *there)
{
    bool is_secret = turn->room.is_encrypted && !there->is_encrypted;
    struct json_object *from = values_new();
    struct json_object *values = is_secret ? values_new() : round_card_values(turn, round);
    values_add_room(turn, from, &turn->room);
    json_set(values, "room", from);
    json_set(values, "link", link_value(turn, round));
    json_set_bool(values, "secret", is_secret);
    return values;
}

void round_show_report(struct turn *turn, struct item *round)
{
    struct outbox_row said;
    struct room there;
    int64_t row = row_of(turn, round);
    if (!row || !outbox_get(turn->store, row, turn->arena, &said) ||
        !room_get(turn->store, said.room, turn->arena, &there) || strcmp(there.membership, "join") != 0)
        return;
    const char *lang = turn->lang;
    turn->lang = said.lang;
    item_edit(turn, round, row, "round/report", values_for(turn, round, &there));
    turn->lang = lang;
}

/* By somebody's right in both rooms, as it was chosen. */
static bool may_go(struct turn *turn, const struct routine *kept, const struct item *round, int64_t room)
{
    return kept->reporter && room_has_joined(turn->store, round->room, kept->reporter) &&
           place_is_open_to(turn, room, kept->reporter);
}

static void say_there(struct turn *turn, struct item *round, int64_t room)
{
    turn_enter_room(turn, room);
    const struct room there = turn->room;
    const char *lang = turn->lang;
    turn_enter_room(turn, round->room);
    turn->lang = lang;
    struct json_object *values = values_for(turn, round, &there);
    int64_t row = turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "report %s", round->uuid),
                                               .template_name = "round/report",
                                               .values = values,
                                               .room = room,
                                               .item = round->id });
    store_run(turn->store, "UPDATE round SET report = ?2 WHERE item = ?1", "ii", round->id, row);
    turn_enter_room(turn, round->room);
}

struct json_object *round_report(struct turn *turn, struct item *round)
{
    struct item *routine = round_routine(turn, round);
    struct routine kept = routine_of(turn, routine);
    struct link_place place;
    bool is_there = link_place_of(turn, routine, &place);
    if (!place.room || row_of(turn, round))
        return NULL;
    if (is_there && may_go(turn, &kept, round, place.room)) {
        say_there(turn, round, place.room);
        return NULL;
    }
    struct json_object *why = values_new();
    struct room room;
    if (room_get(turn->store, place.room, turn->arena, &room))
        values_add_room(turn, why, &room);
    json_set_bool(why, "gone", !is_there);
    json_set(why, "person", kept.reporter ? values_person(turn, kept.reporter) : NULL);
    return why;
}
