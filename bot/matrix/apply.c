#include "matrix/apply.h"

#include <string.h>

#include "base/bounds.h"
#include "base/log.h"
#include "matrix/crypto/crypto.h"
#include "matrix/parse.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/room.h"

enum {
    TRIES_MAX = 3,
    WAIT_AGAIN_MS = 60000, /* unless told before (apply_retry_waiting) */
    UNREAD_SAID_MS = 120000, /* most keys that come late have come by then */
};

/* Reading */

struct read {
    enum parse_result result;
    struct parsed parsed;
    const char *waits; /* it cannot be read before this has come; NULL: it can, or never */
};

static bool is_encrypted(struct json_object *json)
{
    const char *type = json_str(json, "type");
    return type && strcmp(type, "m.room.encrypted") == 0 && !json_find(json, "unsigned/redacted_because");
}

/* As it stands, or what was inside. */
static struct read read_event(struct place *place, struct json_object *json)
{
    struct intake *intake = place->intake;
    const char *me = intake->client->me;
    struct json_object *clear = NULL;
    struct read read = { .waits = NULL };
    read.result = parse_event(json, me, intake->arena, &read.parsed);
    if (intake->settings.crypto && read.result == PARSE_NOTHING)
        crypto_hear(intake->settings.crypto, place->row, json);
    /* Our own is known by the id that the homeserver keeps for us; only where it has none is it read. */
    bool is_one = read.result == PARSE_EVENT || (read.result == PARSE_OWN && !read.parsed.txn);
    if (!is_one || !intake->settings.crypto || !is_encrypted(json))
        return read;
    switch (crypto_read_event(intake->settings.crypto, place->room_id, json, intake->arena, &clear,
                              &read.waits)) {
    case CRYPTO_READ:
        read.result = parse_event(clear, me, intake->arena, &read.parsed);
        read.parsed.event.is_decrypted = true;
        if (read.result == PARSE_NOTHING)
            crypto_hear(intake->settings.crypto, place->row, clear);
        json_object_put(clear);
        break;
    case CRYPTO_REFUSED:
        /* Our own comes back by its id, whatever is inside. */
        read.result = read.result == PARSE_OWN ? PARSE_OWN : PARSE_NOTHING;
        break;
    case CRYPTO_UNSIGNED:
        intake_begin(intake);
        hold_say_unread(intake->client->store, place->row, read.parsed.event.sender, true,
                        intake->client->now_ms);
        read.result = PARSE_NOTHING;
        break;
    case CRYPTO_WAITS:
        break;
    }
    return read;
}

/* Turns */

static void put_in_inbox(struct place *place, struct json_object *json, const struct event *event,
                         enum inbox_state state, int64_t key, const char *reason)
{
    struct intake *intake = place->intake;
    json_set_int(json, "origin_server_ts", event->at_ms); /* already clamped: it stays so */
    inbox_add(intake->client->store,
              &(struct inbox_row){ .event_id = event->id,
                                   .room = place->row,
                                   .state = state,
                                   .json = json_text(json),
                                   .since_ms = intake->client->now_ms,
                                   .reason = reason },
              key ? key : apply_next_key(place));
    if (state == INBOX_HELD || state == INBOX_WAITS)
        place->is_queued = intake->is_busy = true;
    else if (state == INBOX_ASIDE)
        log_error("event %s was set aside: %s", event->id, reason);
}

/* In careful times the disk knows what is about to be tried, so that an event that ends the program is known
 * by the third time. A turn that a full disk undoes is tried again by the same program, which has not ended: that is
 * no new try. False: it has had its tries, or cannot be marked. */
static bool mark_try(struct intake *intake, const char *event_id)
{
    struct store *store = intake->client->store;
    if (!intake->is_careful && !intake->is_marking)
        return true;
    const char *line = arena_printf(intake->arena, "%s\n", event_id);
    if (strstr(intake->marked.text, line))
        return true;
    int64_t n = tries_add(store, "event", event_id);
    if (!intake_commit(intake))
        return false;
    buf_puts(&intake->marked, line);
    intake_begin(intake);
    return n <= TRIES_MAX;
}

static void unmark_try(struct intake *intake, const char *event_id)
{
    if (intake->is_careful || intake->is_marking)
        tries_clear(intake->client->store, "event", event_id);
}

/* The turn itself: up to three times, since an event is not set aside for one failure. */
static enum turn_result run_turn(struct intake *intake, const struct event *event)
{
    struct store *store = intake->client->store;
    enum turn_result result = TURN_FAILED;
    for (int i = 0; i < TRIES_MAX && result == TURN_FAILED && !store_failed(store); i++)
        result = intake->settings.apply(intake->client->engine, event, intake->client->now_ms);
    return result;
}

/* Who left may have ended a direct room, which the engine has then told to be left; an admin may have said that a room
 * is to be followed into. */
static void look_for_invites(struct intake *intake, const struct event *event)
{
    if (event->kind == EVENT_MEMBER || room_is_direct(intake->client->store, event->room))
        intake->has_new_invites = true;
}

static bool is_done_with(struct intake *intake, const char *event_id)
{
    return message_is_known(intake->client->store, event_id) || inbox_has(intake->client->store, event_id);
}

static void wait_for_number(struct place *place, const struct event *event)
{
    struct intake *intake = place->intake;
    place->waits_until_ms = intake->client->now_ms + WAIT_AGAIN_MS;
    if (intake->settings.on_waits)
        intake->settings.on_waits(intake->settings.data, place->room_id, event);
}

void apply_made(struct place *place, struct json_object *json, const struct event *event)
{
    struct intake *intake = place->intake;
    intake_begin(intake);
    if (is_done_with(intake, event->id))
        return;
    if (!mark_try(intake, event->id)) {
        if (!intake->has_failed)
            put_in_inbox(place, json, event, INBOX_ASIDE, 0, "it ended the program three times");
        return;
    }
    enum turn_result result = run_turn(intake, event);
    if (store_failed(intake->client->store))
        return;
    look_for_invites(intake, event);
    unmark_try(intake, event->id);
    if (result == TURN_FAILED) {
        put_in_inbox(place, json, event, INBOX_ASIDE, 0, "its turn failed three times");
    } else if (result == TURN_WAITS) {
        put_in_inbox(place, json, event, INBOX_WAITS, 0, NULL);
        wait_for_number(place, event);
    }
}

/* Holding */

bool apply_is_small_talk(struct intake *intake, const struct event *event)
{
    /* A reply, reaction or edit may be about what is not applied yet: only talk for itself can be judged now.
     */
    bool is_for_itself =
        (event->kind == EVENT_MESSAGE || event->kind == EVENT_NOTICE) && !event->thread && !event->reply;
    return is_for_itself && !intake->settings.wants(intake->client->engine, event);
}

int64_t apply_next_key(struct place *place)
{
    struct intake *intake = place->intake;
    struct gap gap;
    if (!place->last_key) {
        place->last_key = inbox_last_key(intake->client->store, place->row);
        if (gap_get(intake->client->store, place->row, intake->arena, &gap) && gap.key > place->last_key)
            place->last_key = gap.key;
    }
    return ++place->last_key;
}

void apply_hold(struct place *place, struct json_object *json, const struct event *event, int64_t key)
{
    put_in_inbox(place, json, event, INBOX_HELD, key, NULL);
}

static void take_behind(struct place *place, struct json_object *json, struct event *event)
{
    struct intake *intake = place->intake;
    if (apply_is_small_talk(intake, event))
        return;
    intake_begin(intake);
    if (is_done_with(intake, event->id))
        return;
    if (intake->settings.only_stops && intake->settings.only_stops(intake->client->engine, event)) {
        event->is_ahead = true;
        apply_made(place, json, event);
        if (intake->has_failed || is_done_with(intake, event->id))
            return;
        event->is_ahead = false; /* there was nothing to stop yet: in its turn, then */
    }
    apply_hold(place, json, event, 0);
}

/* Nothing waits for it: it stands aside until it can be read. */
static void hold_unread(struct place *place, struct json_object *json, const struct event *event,
                        const char *waits)
{
    struct intake *intake = place->intake;
    intake_begin(intake);
    if (is_done_with(intake, event->id))
        return;
    log_info("event %s of %s in room %s cannot be read yet", event->id, event->sender, place->room_id);
    put_in_inbox(place, json, event, INBOX_KEY, 0, waits);
    hold_say_unread(intake->client->store, place->row, event->sender, false,
                    intake->client->now_ms + UNREAD_SAID_MS);
    inbox_trim_keys(intake->client->store, place->row, intake->client->now_ms);
}

void apply_lose(struct place *place, int64_t from_ms)
{
    struct intake *intake = place->intake;
    int64_t now_ms = intake->client->now_ms;
    hold_say_lost(intake->client->store, place->row, from_ms, now_ms);
    inbox_add(intake->client->store,
              &(struct inbox_row){
                  .event_id = arena_printf(intake->arena, "$gap:%s:%lld", place->room_id, (long long)now_ms),
                  .room = place->row,
                  .state = INBOX_ASIDE,
                  .json = "{}",
                  .since_ms = now_ms,
                  .reason = "a gap that could not be filled" },
              apply_next_key(place));
}

void apply_start_hold(struct place *place)
{
    struct intake *intake = place->intake;
    struct room room;
    if (room_get(intake->client->store, place->row, intake->arena, &room) && !room.hold_since_ms)
        room_set_hold(intake->client->store, place->row, intake->client->now_ms);
    place->is_queued = intake->is_busy = true;
}

void apply_settle(struct place *place)
{
    if (place_is_on_hold(place))
        return;
    room_set_hold(place->intake->client->store, place->row, 0);
    place->is_queued = place->intake->is_busy = true; /* the next drain sees whether anything is left */
}

static int64_t clamp(int64_t at_ms, int64_t least_ms, int64_t most_ms)
{
    return at_ms > most_ms ? most_ms : at_ms < least_ms ? least_ms : at_ms;
}

/* Whoever speaks in a room is in it: a homeserver that is slow to say who is there takes nothing from others. */
static void note_sender(struct place *place, const char *sender)
{
    struct intake *intake = place->intake;
    if (!place->is_without_members ||
        room_membership(intake->client->store, place->row, sender, intake->arena))
        return;
    intake_begin(intake);
    room_set_member(intake->client->store, place->row, sender, "join", NULL);
}

void apply_take(struct place *place, struct json_object *json, int64_t before_ms)
{
    struct intake *intake = place->intake;
    const char *membership = json_str(json, "unsigned/membership");
    if (membership && strcmp(membership, "join") != 0)
        return; /* it was said while the bot was not there */
    struct read read = read_event(place, json);
    struct event *event = &read.parsed.event;
    if (read.result == PARSE_TOO_DEEP)
        log_warn("event %s is nested too deeply: left out", event->id);
    if (read.result == PARSE_OWN)
        intake->settings.on_own_event(intake->settings.data, place->row, event->id, read.parsed.txn,
                                      read.parsed.content_txn);
    if (read.result != PARSE_EVENT)
        return;
    event->room = place->row;
    event->at_ms = clamp(event->at_ms, before_ms, intake->client->now_ms);
    if (event->kind != EVENT_MEMBER)
        note_sender(place, event->sender);
    if (read.waits)
        hold_unread(place, json, event, read.waits);
    else if (place->is_queued)
        take_behind(place, json, event);
    else if (intake->settings.wants(intake->client->engine, event))
        apply_made(place, json, event);
}

/* Draining */

static struct read read_row(struct place *place, const struct inbox_row *row)
{
    struct json_object *json = json_parse(row->json, strlen(row->json));
    struct read read = read_event(place, json);
    json_object_put(json);
    read.parsed.event.room = row->room;
    return read;
}

/* False: the room goes on waiting, or the store failed. */
static bool drain_row(struct place *place, const struct inbox_row *row)
{
    struct intake *intake = place->intake;
    struct store *store = intake->client->store;
    struct read read = read_row(place, row);
    struct event *event = &read.parsed.event;
    bool is_one = read.result == PARSE_EVENT && !message_is_known(store, row->event_id);
    if (is_one && read.waits) {
        inbox_wait_key(store, row->id, read.waits);
        return true;
    }
    if (!is_one || !intake->settings.wants(intake->client->engine, event)) {
        inbox_remove(store, row->id);
        return true;
    }
    if (!mark_try(intake, row->event_id)) {
        if (intake->has_failed)
            return false;
        log_error("event %s was set aside: it ended the program three times", row->event_id);
        inbox_set_aside(store, row->id, "it ended the program three times");
        return true;
    }
    enum turn_result result = run_turn(intake, event);
    if (store_failed(store))
        return false;
    look_for_invites(intake, event);
    unmark_try(intake, row->event_id);
    if (result == TURN_WAITS) {
        wait_for_number(place, event);
        inbox_wait(store, row->id);
        return false;
    }
    if (result == TURN_FAILED) {
        log_error("event %s was set aside: its turn failed three times", row->event_id);
        inbox_set_aside(store, row->id, "its turn failed three times");
    } else {
        inbox_remove(store, row->id);
    }
    return true;
}

/* What waits for a number stands before all that is held. */
static bool next_row(struct place *place, struct inbox_row *row)
{
    struct intake *intake = place->intake;
    return inbox_next(intake->client->store, place->row, INBOX_WAITS, intake->arena, row) ||
           inbox_next(intake->client->store, place->row, INBOX_HELD, intake->arena, row);
}

struct drain {
    int n_rows, n_released;
};

static void release(struct place *place, struct drain *drain)
{
    place->is_queued = false;
    place->last_key = place->waits_until_ms = 0;
    room_set_hold(place->intake->client->store, place->row, 0);
    drain->n_released++;
}

static void drain_place(struct place *place, void *data)
{
    struct drain *drain = data;
    struct intake *intake = place->intake;
    if (!place->is_queued || place_is_on_hold(place) || place->waits_until_ms > intake->client->now_ms)
        return;
    while (drain->n_rows < DRAIN_IN_COMMIT && !intake->has_failed) {
        struct inbox_row row;
        intake_begin(intake);
        bool has_row = next_row(place, &row);
        if (store_failed(intake->client->store))
            return;
        if (!has_row) {
            release(place, drain);
            return;
        }
        drain->n_rows++;
        bool goes_on = drain_row(place, &row);
        arena_reset(intake->arena);
        if (!goes_on)
            return;
    }
}

bool apply_drain(struct intake *intake)
{
    if (!intake->is_busy || !intake_may_work(intake))
        return false;
    struct drain drain = { 0 };
    intake_each(intake, drain_place, &drain);
    if (!intake_commit(intake)) {
        intake_reload(intake);
        return false;
    }
    if (intake->is_marking && drain.n_rows == 0 && inbox_n(intake->client->store, 0, INBOX_HELD) == 0 &&
        inbox_n(intake->client->store, 0, INBOX_WAITS) == 0)
        intake->is_marking = false;
    return drain.n_rows + drain.n_released > 0;
}

static void retry_waiting(struct place *place, void *data)
{
    (void)data;
    place->waits_until_ms = 0;
}

void apply_retry_waiting(struct intake *intake)
{
    intake_each(intake, retry_waiting, NULL);
}
