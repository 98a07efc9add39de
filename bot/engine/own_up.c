#include "engine/own_up.h"

#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "engine/direct.h"
#include "engine/frame.h"
#include "engine/item.h"
#include "store/hold.h"
#include "store/inbox.h"

enum { REASON_MAX = 200 };

/* Whoever may have the bot in a room can make it say such things: not more often than an admin can read. */
static bool is_told_enough(struct turn *turn, int64_t room)
{
    enum { HOUR_MS = 3600000 };
    int64_t n = store_int(turn->store, 0,
                          "SELECT count(*) FROM outbox WHERE room = ?1 AND guard = ?2 AND created_ms > ?3",
                          "isi", room, OWN_UP_GUARD, turn->now_ms - HOUR_MS);
    return n >= OWN_UP_HOUR_MAX;
}

int64_t own_up_tell(struct turn *turn, const char *admin, struct say say)
{
    const char *const mentions[] = { admin, NULL };
    int64_t room = direct_room(turn, admin);
    turn_enter_room(turn, room);
    if (is_told_enough(turn, room)) {
        json_object_put(say.values);
        return 0;
    }
    say.step = arena_printf(turn->arena, "%s %s", say.template_name, admin);
    say.mentions = mentions;
    say.guard = OWN_UP_GUARD;
    return turn_say(turn, say);
}

static int64_t n_open_items(struct turn *turn)
{
    return store_int(turn->store, 0, "SELECT count(*) FROM item WHERE room = ?1 AND closed_ms IS NULL", "i",
                     turn->room.id);
}

bool own_up_removed(struct turn *turn)
{
    const struct event *event = turn->event;
    /* Between that person and the bot; and an admin who throws it out of there is not invited to be told so. */
    if (room_value(turn->store, turn->room.id, "dm_person", turn->arena))
        return false;
    struct json_object *values = values_new();
    values_add_room(turn, values, &turn->room);
    json_set(values, "by", values_person(turn, event->sender));
    json_set_bool(values, "banned", event->membership && strcmp(event->membership, "ban") == 0);
    json_set_int(values, "n_open", n_open_items(turn));
    if (event->reason && *event->reason)
        json_set(values, "reason", values_text(text_add(turn, event->sender, event->reason), REASON_MAX));
    size_t n_told = 0;
    for (const char *const *admin = turn_admins(turn); *admin; admin++)
        n_told += own_up_tell(turn, *admin,
                              (struct say){ .template_name = "room/removed",
                                            .values = json_object_get(values) }) != 0;
    json_object_put(values);
    turn_enter_room(turn, event->room);
    return n_told > 0;
}

/* Not in a direct room, where nothing is said while it is on hold, and what is over is not worth a word. */
static bool is_heard_in(struct turn *turn, int64_t room)
{
    struct room here;
    if (!room_get(turn->store, room, turn->arena, &here) || strcmp(here.membership, "join") != 0 ||
        room_is_direct(turn->store, room))
        return false;
    turn_enter_room(turn, room);
    return true;
}

static void say_hold(struct turn *turn, int64_t room)
{
    struct gap gap;
    if (!gap_get(turn->store, room, turn->arena, &gap) || !is_heard_in(turn, room))
        return;
    struct json_object *values = values_new();
    json_set(values, "since", values_time(turn, gap.since_ms, NULL));
    turn_say(turn, (struct say){ .step = "hold",
                                 .template_name = "room/on-hold",
                                 .values = values,
                                 .role = HOLD_ROLE,
                                 .is_of_hold = true });
}

static void say_lost(struct turn *turn, int64_t room, int64_t from_ms, int64_t to_ms)
{
    if (!is_heard_in(turn, room))
        return;
    struct json_object *values = values_new();
    json_set(values, "from", values_time(turn, from_ms, NULL));
    json_set(values, "to", values_time(turn, to_ms, NULL));
    turn_say(turn, (struct say){ .step = "lost", .template_name = "room/lost", .values = values });
}

/* Once a day for each person: who writes much that cannot be read is not answered as often. */
static bool was_said_today(struct turn *turn, int64_t room, const char *role)
{
    enum { DAY_MS = 86400000 };
    return store_int(turn->store, 0, "SELECT 1 FROM outbox WHERE room = ?1 AND role = ?2 AND created_ms > ?3",
                     "isi", room, role, turn->now_ms - DAY_MS);
}

/* Programs do not read what they are told. */
static void say_unread(struct turn *turn, int64_t room, const char *person, bool is_unsigned)
{
    const char *role = arena_printf(turn->arena, "unread %s", person);
    struct room here;
    if (!room_get(turn->store, room, turn->arena, &here) || strcmp(here.membership, "join") != 0 ||
        !room_has_joined(turn->store, room, person) || turn_is_bot(turn, person) ||
        (!is_unsigned && inbox_n_unread_of(turn->store, room, person) == 0) ||
        was_said_today(turn, room, role))
        return;
    turn_enter_room(turn, room);
    struct json_object *values = values_new();
    json_set(values, "by", values_person(turn, person));
    json_set_bool(values, "unsigned", is_unsigned);
    turn_say(turn, (struct say){
                       .step = "unread", .template_name = "room/unread", .values = values, .role = role });
}

/* Whoever has the password of an account can do so, or whoever runs its homeserver. */
static void say_anew(struct turn *turn, int64_t room, const char *person)
{
    if (!is_heard_in(turn, room) || !room_has_joined(turn->store, room, person) || turn_is_bot(turn, person))
        return;
    struct json_object *values = values_new();
    json_set(values, "by", values_person(turn, person));
    turn_say(turn, (struct say){ .step = "anew", .template_name = "room/anew", .values = values });
}

/* Nobody has chosen another gate meanwhile. */
static void say_powerless(struct turn *turn, int64_t room)
{
    if (!is_heard_in(turn, room) || !frame_gate_is_strict(&turn->room))
        return;
    frame_set(turn, "gate", FRAME_GATE_FIRM);
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_int(values, "level", frame_level_to_remove(turn));
    json_set_bool(values, "firm", true);
    turn_say(turn, (struct say){ .step = "powerless", .template_name = "room/powerless", .values = values });
}

bool own_up_timer(struct turn *turn, const struct timer *timer)
{
    char *end = NULL;
    int64_t room = strtoll(timer->data ? timer->data : "", &end, 10);
    if (strcmp(timer->what, HOLD_SAYS) == 0) {
        say_hold(turn, room);
    } else if (strcmp(timer->what, HOLD_LOST) == 0) {
        int64_t from_ms = strtoll(end, &end, 10);
        say_lost(turn, room, from_ms, strtoll(end, &end, 10));
    } else if (strcmp(timer->what, HOLD_POWERLESS) == 0) {
        say_powerless(turn, room);
    } else if (strcmp(timer->what, HOLD_UNREAD) == 0 && timer->person) {
        say_unread(turn, room, timer->person, strtoll(end, &end, 10));
    } else if (strcmp(timer->what, HOLD_ANEW) == 0 && timer->person) {
        say_anew(turn, room, timer->person);
    } else {
        return false;
    }
    return true;
}
