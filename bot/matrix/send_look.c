#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/plant.h"
#include "base/xmalloc.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/send_private.h"

/* Numbers of readback jobs: a row's id for a look, BESIDE + id for one in another room, CONFIRM + id for an event, CAUSE + slot
 * for a cause. */
static const int64_t beside_job = INT64_C(1) << 59;
static const int64_t confirm_job = INT64_C(1) << 60;
static const int64_t cause_job = INT64_C(1) << 61;

bool send_is_cleared(const struct send *send, int64_t row)
{
    for (size_t i = 0; i < SEND_CLEARED_MAX; i++)
        if (send->cleared[i] == row)
            return true;
    return false;
}

void send_clear_row(struct send *send, int64_t row)
{
    send->cleared[send->next_cleared] = row;
    send->next_cleared = (send->next_cleared + 1) % SEND_CLEARED_MAX;
}

void send_unclear_row(struct send *send, int64_t row)
{
    for (size_t i = 0; i < SEND_CLEARED_MAX; i++)
        if (send->cleared[i] == row)
            send->cleared[i] = 0;
}

bool send_is_looked_for(const struct send *send, int64_t row)
{
    return readback_is_busy(send->readback, row) || readback_is_busy(send->readback, beside_job + row);
}

/* Earlier than anything that this row can have sent, by the server's clock. */
static int64_t oldest_of(const struct send *send, const struct outbox_row *row)
{
    const struct clock *clock = send->client->clock;
    int64_t at_ms = row->cause_ms;
    if (row->sealed_ms && row->sealed_ms < at_ms)
        at_ms = row->sealed_ms;
    return at_ms + (clock ? clock_server_ahead_ms(clock) : 0) - SEND_LATE_MS;
}

static bool look_in(struct send *send, const struct outbox_row *row, const struct room *room, int64_t job)
{
    struct arena *arena = arena_create();
    bool is_begun = readback_look(send->readback, job,
                                  &(struct readback_look){ .room_id = room->room_id,
                                                           .txn = row->txn,
                                                           .ciphertext = seal_ciphertext(row->bytes, arena),
                                                           .oldest_ms = oldest_of(send, row) });
    arena_destroy(arena);
    return is_begun;
}

void send_look_for(struct send *send, const struct outbox_row *row, const struct room *room)
{
    assert(!send_is_looked_for(send, row->id));
    if (send->client->now_ms < send->looks_after_ms) {
        send_wake_at(send, send->looks_after_ms);
        return;
    }
    look_in(send, row, room, row->id);
}

/* The room of its item, or where it is said there the direct one of whom alone it calls; 0: there is none. */
static int64_t room_beside(struct store *store, const struct outbox_row *row)
{
    int64_t room = store_int(store, 0, "SELECT room FROM item WHERE id = ?1", "i", row->item);
    if (room != row->room)
        return room;
    return store_int(store, 0,
                     "SELECT max(id) FROM room WHERE json_array_length(?1) = 1 AND id <> ?2"
                     " AND dm_person = json_extract(?1, '$[0]') AND membership = 'join'",
                     "si", row->mentions, room);
}

/* A life that was lost may have said it elsewhere: the direct message was made since, or the store does not know it yet. False:
 * there is no such room. */
static bool look_beside(struct send *send, const struct outbox_row *row)
{
    struct store *store = send->client->store;
    struct arena *arena = arena_create();
    struct room room;
    bool is_there = send->is_restored && room_get(store, room_beside(store, row), arena, &room);
    if (is_there)
        look_in(send, row, &room, beside_job + row->id);
    arena_destroy(arena);
    return is_there;
}

static void look_failed(struct send *send)
{
    send->looks_after_ms = send->client->now_ms + backoff_ms(++send->n_failed_looks, send_random_number());
}

/* Nobody can say, or it is not there, and it may not be sent again. */
void send_end_unknown(struct send *send, const struct outbox_row *row, const char *reason)
{
    log_warn("row %lld ends unknown: %s", (long long)row->id, reason);
    outbox_end(send->client->store, row->id, OUTBOX_UNKNOWN, reason);
}

/* In a transaction. */
static void look_ended(struct send *send, const struct outbox_row *row, enum readback_end end,
                       struct json_object *event)
{
    struct store *store = send->client->store;
    if (end == READBACK_FOUND) {
        log_info("row %lld was found as %s", (long long)row->id, json_str(event, "event_id"));
        outbox_done(store, row->id, json_str(event, "event_id"));
    } else if (row->state == OUTBOX_SENT && end == READBACK_DENIED) {
        send_end_unknown(send, row, "sent, and not to be seen");
    } else {
        /* Not there. Where it must not be sent again, the next poke ends it. */
        send_clear_row(send, row->id);
        if (row->state == OUTBOX_SENT)
            outbox_lost(store, row->id);
    }
}

static void beside_ended(struct send *send, const struct outbox_row *row, enum readback_end end,
                         struct json_object *event)
{
    struct store *store = send->client->store;
    if (end == READBACK_FOUND)
        outbox_was_said_in(store, row->id, room_beside(store, row));
    look_ended(send, row, end, event);
}

/* In a transaction. The event of a 200 was asked for by its id. */
static void confirm_ended(struct send *send, const struct outbox_row *row, const struct room *room,
                          enum readback_end end, struct json_object *event)
{
    if (row->state != OUTBOX_SENT)
        return;
    if (end == READBACK_ABSENT)
        send_look_for(send, row, room);
    else
        look_ended(send, row, end, event);
}

static void cause_ended(struct send *send, size_t slot, enum readback_end end, struct json_object *event)
{
    struct cause_look look = send->causes[slot];
    send->causes[slot] = (struct cause_look){ 0 };
    look.found(look.data, look.cause, event, end != READBACK_FAILED);
    free(look.cause);
}

void send_read_back(void *data, int64_t number, enum readback_end end, struct json_object *event)
{
    struct send *send = data;
    if (number >= cause_job) {
        cause_ended(send, (size_t)(number - cause_job), end, event);
        return;
    }
    if (end == READBACK_FAILED) {
        look_failed(send);
        return;
    }
    send->n_failed_looks = 0;
    struct arena *arena = arena_create();
    struct outbox_row row;
    struct room room;
    bool is_confirm = number >= confirm_job, is_beside = !is_confirm && number >= beside_job;
    store_begin(send->client->store);
    if (send_get_row(send,
                     number - (is_confirm  ? confirm_job
                               : is_beside ? beside_job
                                           : 0),
                     arena, &row, &room)) {
        if (is_confirm)
            confirm_ended(send, &row, &room, end, event);
        else if (is_beside)
            beside_ended(send, &row, end, event);
        else if (end == READBACK_FOUND || !look_beside(send, &row))
            look_ended(send, &row, end, event);
    }
    /* What was found is asked for again, when there may be room for it. */
    if (!send_commit(send))
        send->looks_after_ms = send->client->now_ms + store_retry_ms(send->client->store);
    arena_destroy(arena);
}

static bool is_cause_looked_for(const struct send *send, const char *event_id)
{
    for (size_t i = 0; i < READBACK_JOBS; i++)
        if (send->causes[i].found && strcmp(send->causes[i].cause, event_id) == 0)
            return true;
    return false;
}

bool send_look_for_cause(struct send *send, const struct send_cause *cause, send_found_fn *found, void *data)
{
    struct readback_look look = { .room_id = cause->room_id,
                                  .item = cause->item,
                                  .cause = cause->event_id,
                                  .oldest_ms = cause->at_ms - SEND_LATE_MS };
    if (is_cause_looked_for(send, cause->event_id))
        return true;
    for (size_t i = 0; i < READBACK_JOBS; i++) {
        if (send->causes[i].found)
            continue;
        if (!readback_look(send->readback, cause_job + (int64_t)i, &look))
            return false;
        send->causes[i] =
            (struct cause_look){ .found = found, .data = data, .cause = xstrdup(cause->event_id) };
        return true;
    }
    return false;
}

/* Rows with a 200 and no echo. */
void send_look_after_sent(struct send *send)
{
    struct store *store = send->client->store;
    int64_t now_ms = send->client->now_ms, ids[2];
    if (send->n_awaited && now_ms >= send->awaited[0].since_ms + SEND_ECHO_MS)
        send_write_awaited(send);
    if (send->n_awaited)
        send_wake_at(send, send->awaited[0].since_ms + SEND_ECHO_MS);
    int64_t oldest_ms = outbox_oldest_sent_ms(store);
    if (!oldest_ms || PLANTED(ECHO_NOT_AWAITED))
        return;
    if (now_ms < oldest_ms + SEND_ECHO_MS || now_ms < send->looks_after_ms) {
        int64_t at_ms = oldest_ms + SEND_ECHO_MS;
        send_wake_at(send, at_ms > send->looks_after_ms ? at_ms : send->looks_after_ms);
        return;
    }
    size_t n = outbox_unconfirmed(store, now_ms - SEND_ECHO_MS, ids, 2);
    struct arena *arena = arena_create();
    for (size_t i = 0; i < n; i++) {
        struct outbox_row row;
        struct room room;
        if (send_is_looked_for(send, ids[i]) || readback_is_busy(send->readback, confirm_job + ids[i]))
            continue;
        bool is_there = send_get_row(send, ids[i], arena, &row, &room);
        assert(is_there); /* outside a transaction a store that cannot be read has ended the program */
        if (now_ms - row.sent_ms >= SEND_ALARM_MS)
            log_error("row %lld was accepted as %s and has not been seen for %lld s", (long long)row.id,
                      row.event_id, (long long)(now_ms - row.sent_ms) / 1000);
        readback_event(send->readback, confirm_job + row.id, room.room_id, row.event_id);
    }
    arena_destroy(arena);
}

int64_t send_n_unconfirmed(const struct send *send)
{
    return outbox_n_unconfirmed(send->client->store, send->client->now_ms - SEND_ALARM_MS);
}
