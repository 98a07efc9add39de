#include "matrix/move.h"

#include <string.h>

#include "base/log.h"
#include "engine/move.h"
#include "matrix/apply.h"
#include "matrix/parse.h"
#include "store/invite.h"
#include "store/room.h"

static void tell_engine(struct place *place, const struct event *event)
{
    struct json_object *nothing = json_object_new_object();
    apply_made(place, nothing, event);
    json_object_put(nothing);
}

/* The bot is in both rooms by now; that it is there is told to the engine as if it came in. */
static void tell(struct place *place, const char *old_room_id)
{
    struct intake *intake = place->intake;
    tell_engine(place, &(struct event){
                           .kind = EVENT_SELF_JOINED,
                           .id = arena_printf(intake->arena, "$moved:%s:%s", old_room_id, place->room_id),
                           .sender = intake->client->me,
                           .room = place->row,
                           .at_ms = intake->client->now_ms,
                           .person = intake->client->me,
                           .membership = "join" });
}

/* key: what is wrong with it (event.h). */
static void doubt(struct place *old, const char *successor, const char *sender, const char *key, bool is_left)
{
    struct intake *intake = old->intake;
    tell_engine(old, &(struct event){ .kind = EVENT_MOVE_DOUBTED,
                                      .id = move_doubt_id(intake->arena, old->room_id, successor),
                                      .sender = sender,
                                      .room = old->row,
                                      .at_ms = intake->client->now_ms,
                                      .target = successor,
                                      .key = key,
                                      .membership = is_left ? "leave" : "join" });
}

static void join(struct intake *intake, const char *room_id, const char *sender)
{
    struct invite_row row = { .room_id = room_id,
                              .inviter = sender,
                              .via = strchr(sender, ':') + 1,
                              .next_try_ms = intake->client->now_ms,
                              .state = INVITE_JOIN };
    if (invite_add(intake->client->store, &row))
        intake->has_new_invites = true;
    else
        log_warn("room %s is not followed into: %d invites wait already", room_id, INVITES_MAX);
}

static void follow(struct place *place, const char *successor, const char *sender)
{
    struct intake *intake = place->intake;
    struct store *store = intake->client->store;
    char *known = room_value(store, place->row, "successor", intake->arena);
    if (strcmp(successor, place->room_id) == 0 || (known && strcmp(known, successor) == 0))
        return; /* nowhere, or there already */
    if (!room_may_send(store, place->row, sender, "m.room.tombstone", true)) {
        log_warn("room %s: %s may not say that it has moved", place->room_id, sender);
        move_note_sender(store, place->room_id, sender);
        doubt(place, successor, sender, "sender", false);
        return;
    }
    log_info("room %s has moved to %s", place->room_id, successor);
    room_set(store, place->row, "successor", successor);
    move_note_sender(store, place->room_id, sender);
    struct place *next = intake_place(intake, successor);
    if (next->is_joined && move_is_agreed(store, place->room_id, successor))
        tell(next, place->room_id);
    else if (next->is_joined)
        doubt(place, successor, sender, "predecessor", false);
    else
        join(intake, successor, sender);
}

void move_heed(struct place *place, struct json_object *events)
{
    for (size_t i = 0; events && i < json_object_array_length(events); i++) {
        struct json_object *event = json_object_array_get_idx(events, i);
        const char *type = json_str(event, "type");
        if (!type || strcmp(type, "m.room.tombstone") != 0)
            continue;
        const char *key = parse_state_key(event), *sender = parse_sender(event);
        const char *successor = json_str(event, "content/replacement_room");
        if (!key || *key || !sender || !parse_is_room_id(successor))
            continue;
        intake_begin(place->intake);
        follow(place, successor, sender);
        arena_reset(place->intake->arena);
    }
}

void move_arrives(struct place *place)
{
    struct intake *intake = place->intake;
    struct store *store = intake->client->store;
    bool is_agreed = false;
    char *doubtful = NULL;
    struct rows rows = store_rows(store, "SELECT room_id FROM room WHERE successor = ?1 ORDER BY id LIMIT 8",
                                  "s", place->room_id);
    while (rows_next(&rows)) {
        char *old = rows_dup(&rows, 0, intake->arena);
        if (move_is_agreed(store, old, place->room_id))
            is_agreed = true;
        else if (!doubtful)
            doubtful = old;
    }
    rows_end(&rows);
    if (!doubtful || is_agreed)
        return;
    log_warn("room %s is not the successor of %s: it is left", place->room_id, doubtful);
    invite_add(store, &(struct invite_row){ .room_id = place->room_id,
                                            .next_try_ms = intake->client->now_ms,
                                            .state = INVITE_LEAVE });
    intake->has_new_invites = true;
    char *sender = move_sender(store, doubtful, intake->arena);
    doubt(intake_place(intake, doubtful), place->room_id, sender ? sender : intake->client->me, "predecessor",
          true);
}
