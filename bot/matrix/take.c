#include "matrix/take.h"

#include <string.h>

#include "base/log.h"
#include "base/plant.h"
#include "matrix/apply.h"
#include "matrix/crypto/crypto.h"
#include "matrix/direct_rooms.h"
#include "matrix/facts.h"
#include "matrix/http.h"
#include "matrix/move.h"
#include "matrix/parse.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/invite.h"
#include "store/number.h"
#include "store/room.h"

/* Between two neighbours of the order, room for all events that a gap between them may hide. */
static const int64_t gap_space = (int64_t)1 << 32;

static void want_members(struct intake *intake, struct place *place)
{
    room_set_has_members(intake->client->store, place->row, false);
    http_cancel(intake->client->http, place->members.request);
    place->members = (struct job){ 0 };
    place->is_without_members = true;
    place->members_until_ms = intake->client->now_ms + MEMBERS_HOLD_MS;
    apply_start_hold(place);
}

/* A second gap before the first is filled makes one of both: the walk begins anew at the newer end and passes
 * the events between them, which then get their places in the order. */
static void open_gap(struct intake *intake, struct place *place, struct json_object *timeline,
                     const struct take_answer *answer)
{
    struct store *store = intake->client->store;
    const char *from = json_str(timeline, "prev_batch");
    if (!from || strlen(from) > SYNC_TOKEN_BYTES) {
        log_error("a gap in room %s cannot be filled: the homeserver named no beginning", place->room_id);
        apply_lose(place, answer->before_ms);
        return;
    }
    struct gap gap;
    if (!gap_get(store, place->row, intake->arena, &gap)) {
        gap = (struct gap){ .to = answer->since, .since_ms = answer->before_ms };
        hold_say_at(store, place->row, intake->client->now_ms + GAP_UNSAID_MS);
    }
    gap.from = from;
    gap.key = apply_next_key(place) + gap_space;
    place->last_key = gap.key;
    place_forget_walk(place);
    gap_set(store, place->row, &gap);
    http_cancel(intake->client->http, place->gap.request);
    place->gap = (struct job){ 0 };
    place->has_gap = true;
    log_info("room %s: a gap is being filled", place->room_id);
    apply_start_hold(place);
}

/* Rooms the bot is in */

static bool is_own_member_event(struct intake *intake, struct json_object *json)
{
    const char *key = parse_state_key(json), *type = json_str(json, "type");
    return key && type && strcmp(type, "m.room.member") == 0 && strcmp(key, intake->client->me) == 0;
}

static bool has_event(struct json_object *events, const char *id)
{
    for (size_t i = 0; events && i < json_object_array_length(events); i++) {
        const char *other = parse_event_id(json_object_array_get_idx(events, i));
        if (other && strcmp(other, id) == 0)
            return true;
    }
    return false;
}

/* Somebody's membership changed where the timeline does not show it: the engine is told all the same. */
static void take_silent_change(struct intake *intake, struct place *place, struct json_object *json,
                               struct json_object *timeline_events, int64_t before_ms)
{
    const char *id = parse_event_id(json);
    if (id && !is_own_member_event(intake, json) && !has_event(timeline_events, id))
        apply_take(place, json, before_ms);
}

/* The last event by which the bot came in; its index, or -1. */
static int find_own_join(struct intake *intake, struct json_object *events)
{
    for (int i = events ? (int)json_object_array_length(events) - 1 : -1; i >= 0; i--)
        if (parse_is_turning(json_object_array_get_idx(events, (size_t)i), intake->client->me, "join"))
            return i;
    return -1;
}

/* Also a change of name is a join event in the state block: there it says at least that we are in. */
static struct json_object *own_membership(struct intake *intake, struct json_object *events)
{
    for (size_t i = 0; events && i < json_object_array_length(events); i++) {
        struct json_object *event = json_object_array_get_idx(events, i);
        if (is_own_member_event(intake, event))
            return event;
    }
    return NULL;
}

struct room_update {
    struct json_object *state; /* of the state block, whichever it is */
    struct json_object *timeline, *events;
    bool is_state_after; /* the state block is of the timeline's end */
};

static struct room_update read_update(struct json_object *body)
{
    struct json_object *after = json_find(body, "state_after");
    if (!after)
        after = json_find(body, "org.matrix.msc4222.state_after");
    return (struct room_update){ .state = json_arr(after ? after : json_obj(body, "state"), "events"),
                                 .timeline = json_obj(body, "timeline"),
                                 .events = json_arr(body, "timeline/events"),
                                 .is_state_after = after };
}

/* A room that the bot made for a direct message says so itself, should the answer to its making have been lost. */
static void note_direct(struct place *place, struct json_object *event)
{
    struct client *client = place->intake->client;
    const char *type = json_str(event, "type"), *sender = parse_sender(event);
    const char *person = json_str(event, "content/" DIRECT_ROOMS_TAG);
    if (type && strcmp(type, "m.room.create") == 0 && sender && strcmp(sender, client->me) == 0 &&
        parse_is_user_id(person))
        room_set(client->store, place->row, "dm_person", person);
}

/* In front of a timeline without a hole nothing new can stand. What a homeserver puts there all the same is the state on
 * another branch of the room's history, where a right that was given since may be missing (MSC4222 is the cure). */
static bool is_of_another_branch(struct place *place, const struct room_update *update,
                                 struct json_object *event)
{
    const char *type = json_str(event, "type");
    struct intake *intake = place->intake;
    return !update->is_state_after && !json_flag(update->timeline, "limited", false) && type &&
           strcmp(type, "m.room.power_levels") == 0 &&
           room_value(intake->client->store, place->row, "power", intake->arena);
}

static void apply_state(struct intake *intake, struct place *place, const struct room_update *update,
                        bool is_known_room, int64_t before_ms)
{
    for (size_t i = 0; update->state && i < json_object_array_length(update->state); i++) {
        struct json_object *event = json_object_array_get_idx(update->state, i);
        if (!facts_is_read(event) || (is_known_room && is_of_another_branch(place, update, event)))
            continue;
        intake_begin(intake);
        note_direct(place, event);
        bool has_changed = intake_apply_fact(place, event);
        if (has_changed && is_known_room)
            take_silent_change(intake, place, event, update->events, before_ms);
        arena_reset(intake->arena);
    }
}

/* from: where the bot's time in the room begins. */
static void take_timeline(struct intake *intake, struct place *place, const struct room_update *update,
                          size_t from, const struct take_answer *answer)
{
    size_t n = update->events ? json_object_array_length(update->events) : 0;
    for (size_t i = 0; i < n && !store_failed(intake->client->store); i++) {
        struct json_object *event = json_object_array_get_idx(update->events, i);
        if (!update->is_state_after && facts_is_read(event)) {
            intake_begin(intake);
            note_direct(place, event);
            intake_apply_fact(place, event);
        }
        /* Its own comings and goings are known from the blocks the room stands in. */
        if (answer->since && i >= from && !is_own_member_event(intake, event))
            apply_take(place, event, answer->before_ms);
        arena_reset(intake->arena);
    }
}

/* The bot is in a room that the store did not know it to be in. Returns where its time there begins. */
static size_t enter_room(struct intake *intake, struct place *place, const struct room_update *update,
                         const struct take_answer *answer)
{
    struct store *store = intake->client->store;
    int index = find_own_join(intake, update->events);
    struct json_object *own = index >= 0 ? json_object_array_get_idx(update->events, (size_t)index)
                                         : own_membership(intake, update->state);
    room_set(store, place->row, "membership", "join");
    room_set_member(store, place->row, intake->client->me, "join", json_str(own, "content/displayname"));
    room_set(store, place->row, "joined_event", parse_event_id(own));
    invite_remove(store, place->room_id);
    outbox_unpark(store, place->row);
    place->is_joined = true;
    want_members(intake, place);
    struct parsed parsed;
    if (answer->since && own && parse_event(own, intake->client->me, intake->arena, &parsed) == PARSE_EVENT &&
        parsed.event.kind == EVENT_SELF_JOINED) {
        /* An old copy of the store finds by its time what was said to this joining in the life that was lost. */
        int64_t now_ms = intake->client->now_ms;
        if (!number_is_restored(store, now_ms) || parsed.event.at_ms > now_ms)
            parsed.event.at_ms = now_ms;
        apply_hold(place, own, &parsed.event, 0);
        log_info("joined room %s", place->room_id);
    }
    if (index >= 0)
        return (size_t)index + 1;
    /* Joined before the timeline begins, or not to be seen: then nothing of it may be taken. */
    return own ? 0 : SIZE_MAX;
}

static void take_leaving(struct intake *intake, struct place *place, struct json_object *own);

/* Left and back within one answer: it was away, even if the blocks do not say so. A change of name looks the same but for
 * what it was before. */
static bool has_come_back(struct place *place, const struct room_update *update)
{
    struct intake *intake = place->intake;
    int index = find_own_join(intake, update->events);
    if (index < 0)
        return false;
    struct json_object *join = json_object_array_get_idx(update->events, (size_t)index);
    char *known = room_value(intake->client->store, place->row, "joined_event", intake->arena);
    const char *id = parse_event_id(join);
    bool is_known = known && id && strcmp(known, id) == 0;
    return !is_known && json_str(join, "unsigned/prev_content/membership");
}

static bool has_open_items(struct store *store, int64_t room)
{
    return store_int(store, 0, "SELECT 1 FROM item WHERE room = ?1 AND closed_ms IS NULL LIMIT 1", "i", room);
}

static void take_joined(struct intake *intake, const char *room_id, struct json_object *body,
                        const struct take_answer *answer)
{
    struct place *place = intake_place(intake, room_id);
    struct room_update update = read_update(body);
    if (place->is_joined && answer->since && has_come_back(place, &update))
        take_leaving(intake, place, NULL);
    bool is_new = !place->is_joined, is_limited = json_flag(update.timeline, "limited", false);
    if (is_new) {
        intake_begin(intake);
        place->row = room_ensure(intake->client->store, room_id);
    }
    size_t from = 0;
    if (is_new) {
        from = enter_room(intake, place, &update, answer);
        /* What was said between the joining and what is shown is heard too. */
        bool is_before_shown = from == 0 && answer->since;
        if (is_before_shown && is_limited)
            open_gap(intake, place, update.timeline, answer);
    } else if (!answer->since) {
        intake_begin(intake);
        want_members(intake, place);
        /* The position is gone, and with it all that was said since the last one. */
        if (has_open_items(intake->client->store, place->row))
            apply_lose(place, answer->before_ms);
    } else if (is_limited && !PLANTED(GAP_LEFT)) {
        intake_begin(intake);
        open_gap(intake, place, update.timeline, answer);
        /* With lazily loaded members, who came or went in the gap is told by nobody else. */
        want_members(intake, place);
    }
    arena_reset(intake->arena);
    apply_state(intake, place, &update, !is_new && answer->since, answer->before_ms);
    move_heed(place, update.state);
    if (!update.is_state_after)
        move_heed(place, update.events);
    take_timeline(intake, place, &update, from, answer);
    if (is_new)
        move_arrives(place);
}

/* Leaving */

static void leave_place(struct intake *intake, struct place *place, const char *membership)
{
    struct store *store = intake->client->store;
    room_set(store, place->row, "membership", membership);
    room_set_member(store, place->row, intake->client->me, membership, NULL);
    outbox_leave_room(store, place->row);
    gap_set(store, place->row, NULL);
    hold_say_nothing(store, place->row);
    inbox_drop_room(store, place->row);
    room_set_hold(store, place->row, 0);
    room_set_has_members(store, place->row, false);
    place_cancel_jobs(place);
    place->is_joined = place->has_gap = place->is_without_members = place->is_queued = false;
    place->members_until_ms = place->waits_until_ms = place->last_key = 0;
}

static struct json_object *find_own_leave(struct intake *intake, struct json_object *body)
{
    static const char *const blocks[] = { "timeline/events", "state_after/events",
                                          "org.matrix.msc4222.state_after/events", "state/events" };
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
        struct json_object *events = json_arr(body, blocks[b]);
        for (size_t i = events ? json_object_array_length(events) : 0; i > 0; i--) {
            struct json_object *event = json_object_array_get_idx(events, i - 1);
            if (is_own_member_event(intake, event))
                return event;
        }
    }
    return NULL;
}

/* own NULL: the room is just not there any more. */
static void take_leaving(struct intake *intake, struct place *place, struct json_object *own)
{
    struct parsed parsed = { .event = { .kind = EVENT_SELF_LEFT } };
    bool is_told = own && parse_event(own, intake->client->me, intake->arena, &parsed) == PARSE_EVENT &&
                   parsed.event.kind == EVENT_SELF_LEFT;
    if (!is_told)
        parsed.event = (struct event){ .kind = EVENT_SELF_LEFT,
                                       .id = arena_printf(intake->arena, "$gone:%s:%lld", place->room_id,
                                                          (long long)intake->client->now_ms),
                                       .sender = intake->client->me,
                                       .person = intake->client->me,
                                       .membership = "leave" };
    parsed.event.room = place->row;
    parsed.event.at_ms = intake->client->now_ms;
    intake_begin(intake);
    leave_place(intake, place, strcmp(parsed.event.membership, "ban") == 0 ? "ban" : "leave");
    bool is_own_will = strcmp(parsed.event.sender, intake->client->me) == 0;
    log_info("room %s: %s", place->room_id, is_own_will ? "left" : "removed from it");
    if (intake->settings.wants(intake->client->engine, &parsed.event)) {
        struct json_object *nothing = json_object_new_object();
        apply_made(place, own ? own : nothing, &parsed.event);
        json_object_put(nothing);
    }
    arena_reset(intake->arena);
}

/* What was said before the bot had to go counts: an objection must not be lost by throwing out who hears it. */
static void take_last_words(struct intake *intake, struct place *place, const struct room_update *update,
                            const struct take_answer *answer)
{
    size_t n = update->events && answer->since ? json_object_array_length(update->events) : 0;
    for (size_t i = 0; i < n && !store_failed(intake->client->store); i++) {
        struct json_object *event = json_object_array_get_idx(update->events, i);
        if (is_own_member_event(intake, event))
            return;
        apply_take(place, event, answer->before_ms);
        arena_reset(intake->arena);
    }
}

static void take_left(struct intake *intake, const char *room_id, struct json_object *body,
                      const struct take_answer *answer)
{
    struct place *place = intake_place(intake, room_id);
    intake_begin(intake);
    invite_remove(intake->client->store, room_id);
    if (place->row && !place->is_joined)
        room_set(intake->client->store, place->row, "membership", "leave");
    if (place->is_joined) {
        struct room_update update = read_update(body);
        take_last_words(intake, place, &update, answer);
        take_leaving(intake, place, find_own_leave(intake, body));
    }
}

/* Invites */

static struct json_object *find_invite(struct intake *intake, struct json_object *events)
{
    struct json_object *found = NULL;
    for (size_t i = 0; events && i < json_object_array_length(events); i++) {
        struct json_object *event = json_object_array_get_idx(events, i);
        const char *type = json_str(event, "type"), *kind = json_str(event, "content/type");
        if (type && strcmp(type, "m.room.create") == 0 && kind && strcmp(kind, "m.space") == 0)
            return NULL; /* nothing is said in a space */
        const char *membership = json_str(event, "content/membership");
        if (is_own_member_event(intake, event) && membership && strcmp(membership, "invite") == 0)
            found = event;
    }
    return found;
}

static void take_invite(struct intake *intake, const char *room_id, struct json_object *body)
{
    struct store *store = intake->client->store;
    struct json_object *invite = find_invite(intake, json_arr(body, "invite_state/events"));
    const char *inviter = parse_sender(invite);
    /* Who is invited is out: the leaving itself was not to be seen. */
    int64_t known = room_find(store, room_id);
    struct place *place = known ? intake_place(intake, room_id) : NULL;
    if (place && place->is_joined)
        take_leaving(intake, place, NULL);
    if (!inviter || !intake->settings.may_invite(intake->settings.data, inviter)) {
        log_debug("an invite to %s is ignored", room_id);
        return;
    }
    intake_begin(intake);
    struct invite_row row = { .room_id = room_id,
                              .inviter = inviter,
                              .via = strchr(inviter, ':') + 1,
                              .next_try_ms = intake->client->now_ms,
                              .state = INVITE_JOIN };
    if (!invite_add(store, &row)) {
        log_warn("an invite to %s is ignored: %d wait already", room_id, INVITES_MAX);
        return;
    }
    log_info("invited to room %s by %s", room_id, inviter);
    intake->has_new_invites = true;
    place = intake_place(intake, room_id);
    place->row = room_ensure(store, room_id);
    room_set(store, place->row, "membership", "invite");
    if (json_flag(invite, "content/is_direct", false))
        room_set(store, place->row, "dm_person", inviter);
}

/* Answers */

static bool is_in(struct json_object *rooms, const char *room_id)
{
    return rooms && json_object_object_get_ex(rooms, room_id, NULL);
}

/* An answer without `since` names all rooms: what is not in it was left meanwhile. */
static void leave_missing(struct intake *intake, struct json_object *joined)
{
    struct arena *arena = arena_create();
    struct room_list list = hold_joined_rooms(intake->client->store, arena);
    for (size_t i = 0; i < list.n; i++)
        if (!is_in(joined, list.ids[i]))
            take_leaving(intake, intake_place(intake, list.ids[i]), NULL);
    arena_destroy(arena);
}

void take_answer(struct intake *intake, const struct take_answer *answer)
{
    struct json_object *joined = json_obj(answer->json, "rooms/join");
    struct json_object *invited = json_obj(answer->json, "rooms/invite");
    struct json_object *left = json_obj(answer->json, "rooms/leave");
    intake_trim(intake);
    if (intake->settings.crypto)
        crypto_take(intake->settings.crypto, answer->json, answer->asked_ms, !answer->since);
    if (joined) {
        json_object_object_foreach(joined, joined_id, joined_body)
        {
            if (parse_is_room_id(joined_id) && json_object_is_type(joined_body, json_type_object))
                take_joined(intake, joined_id, joined_body, answer);
        }
    }
    if (!answer->since)
        leave_missing(intake, joined);
    if (invited) {
        json_object_object_foreach(invited, invited_id, invited_body)
        {
            if (parse_is_room_id(invited_id) && !is_in(joined, invited_id))
                take_invite(intake, invited_id, invited_body);
        }
    }
    if (left) {
        json_object_object_foreach(left, left_id, left_body)
        {
            if (parse_is_room_id(left_id) && !is_in(joined, left_id))
                take_left(intake, left_id, left_body, answer);
        }
    }
    arena_reset(intake->arena);
}
