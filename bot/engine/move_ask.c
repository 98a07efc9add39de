/* Where two rooms do not agree that one replaces the other, an admin says which of them is right. */
#include <string.h>

#include "engine/direct.h"
#include "engine/move.h"
#include "engine/own_up.h"
#include "store/invite.h"
#include "store/message.h"

const char *move_doubt_id(struct arena *arena, const char *old_room_id, const char *new_room_id)
{
    return arena_printf(arena, "$doubt:%s:%s", old_room_id, new_room_id);
}

void move_note_sender(struct store *store, const char *old_room_id, const char *sender)
{
    struct arena *arena = arena_create();
    store_set(store, arena_printf(arena, "move/sender %s", old_room_id), sender);
    arena_destroy(arena);
}

char *move_sender(struct store *store, const char *old_room_id, struct arena *arena)
{
    return store_get(store, arena, arena_printf(arena, "move/sender %s", old_room_id));
}

static struct json_object *doubt_values(struct turn *turn)
{
    const struct event *event = turn->event;
    struct json_object *values = values_new();
    values_add_room(turn, values, &turn->room);
    json_set_str(values, "successor", event->target);
    json_set(values, "by", values_person(turn, event->sender));
    json_set_bool(values, event->key, true);
    json_set_bool(values, "is_left", event->membership && strcmp(event->membership, "leave") == 0);
    json_set_int(values, "n_open",
                 store_int(turn->store, 0, "SELECT count(*) FROM item WHERE room = ?1 AND closed_ms IS NULL",
                           "i", turn->room.id));
    return values;
}

bool move_ask(struct turn *turn)
{
    const char *old = turn->room.room_id, *new = turn->event->target, *prefix = turn_prefix(turn);
    const char *choices[] = { arena_printf(turn->arena, "%sroom follow %s %s", prefix, old, new),
                              arena_printf(turn->arena, "%sroom stay %s %s", prefix, old, new), NULL };
    int64_t n_asked = store_int(turn->store, 0,
                                "SELECT count(*) FROM message WHERE room = ?1 AND role = ?2 AND row IS NULL",
                                "is", turn->room.id, MOVE_DOUBT_ROLE);
    if (n_asked >= MOVE_DOUBTS_MAX)
        return false;
    struct json_object *values = doubt_values(turn);
    size_t n_told = 0;
    for (const char *const *admin = turn_admins(turn); *admin; admin++) {
        int64_t row = own_up_tell(turn, *admin,
                                  (struct say){ .template_name = "room/doubt",
                                                .values = json_object_get(values),
                                                .role = "answer" });
        if (!row)
            continue;
        turn_ask(turn, (struct question){ .row = row, .person = *admin, .choices = choices });
        n_told++;
    }
    json_object_put(values);
    turn_enter_room(turn, turn->event->room);
    return n_told > 0;
}

/* The bot is in both, and everything goes over; or it joins, and that happens when it is in. */
static bool follow(struct turn *turn, const struct room *old, const char *new_room_id)
{
    int64_t new = room_find(turn->store, new_room_id), here = turn->room.id;
    room_set(turn->store, old->id, "successor", new_room_id);
    store_set(turn->store, arena_printf(turn->arena, "move/follow %s", old->room_id), new_room_id);
    char *membership = new ? room_value(turn->store, new, "membership", turn->arena) : NULL;
    if (membership && strcmp(membership, "join") == 0) {
        turn_enter_room(turn, new);
        if (move_from(turn->store, new) == old->id)
            move_items(turn, old->id);
        turn_enter_room(turn, here);
        return true;
    }
    const char *sender = move_sender(turn->store, old->room_id, turn->arena);
    invite_add(turn->store, &(struct invite_row){ .room_id = new_room_id,
                                                  .inviter = sender,
                                                  .via = sender ? strchr(sender, ':') + 1 : NULL,
                                                  .next_try_ms = turn->now_ms,
                                                  .state = INVITE_JOIN });
    return false;
}

/* What the other admins were asked says what was answered. */
static void tell_others(struct turn *turn, const char *cause, struct json_object *values)
{
    enum { OTHERS_MAX = 32 };
    int64_t rows_asked[OTHERS_MAX];
    struct rows rows = store_rows(
        turn->store, "SELECT row FROM question WHERE cause = ?1 AND is_open = 1 LIMIT 32", "s", cause);
    size_t n = rows_take(&rows, rows_asked, OTHERS_MAX);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE cause = ?1", "s", cause);
    for (size_t i = 0; i < n; i++)
        if (rows_asked[i] != turn->answer_row)
            turn_edit(turn, rows_asked[i], "room/doubt-decided", json_object_get(values), 0);
}

bool move_decide(struct turn *turn, const char *old_room_id, const char *new_room_id, bool is_followed)
{
    const char *cause = move_doubt_id(turn->arena, old_room_id, new_room_id);
    struct message_row doubt;
    struct room old;
    if (!turn_is_admin(turn, turn->event->sender) || !message_get(turn->store, cause, turn->arena, &doubt) ||
        strcmp(doubt.role, MOVE_DOUBT_ROLE) != 0 || !room_get(turn->store, doubt.room, turn->arena, &old))
        return false;
    struct json_object *values = values_new();
    values_add_room(turn, values, &old);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "successor", new_room_id);
    json_set(values, "person", values_person(turn, turn->event->sender));
    json_set_bool(values, "follow", is_followed);
    json_set_bool(values, "is_in", is_followed && follow(turn, &old, new_room_id));
    tell_others(turn, cause, values);
    turn_answer(turn, "room/doubt-decided", values);
    return true;
}
