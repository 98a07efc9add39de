#include "matrix/send.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "matrix/budget.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/judge.h"
#include "matrix/readback.h"
#include "store/inbox.h"

enum {
    N_FLIGHTS = SEND_FLIGHTS + SEND_URGENT_FLIGHTS,
    N_AWAITED = 64,
    N_CLEARED = 64,
    N_HEADS = 64,
    N_TOLD = 32
};

/* A row that made the program end three times is not tried a fourth. */
enum { TRIES_MAX = 3 };

struct flight {
    struct send *send; /* borrowed */
    int64_t row; /* 0: free */
    enum outbox_lane lane;
    uint64_t request;
    bool is_seen; /* its event came back before its answer */
    bool was_cleared; /* it had been looked for, and was not there */
};

/* A 200 that no commit has written yet. */
struct awaited {
    int64_t row;
    int64_t since_ms;
};

struct cause_look {
    send_found_fn *found; /* NULL: free */
    void *data;
    char *cause; /* owned */
};

struct send {
    struct client *client; /* borrowed */
    struct send_settings settings;
    struct readback *readback; /* owned */
    struct budget budget;
    bool is_open;
    bool is_restored;
    int64_t next_ms;
    struct flight flights[N_FLIGHTS];
    struct awaited awaited[N_AWAITED];
    size_t n_awaited;
    int64_t cleared[N_CLEARED]; /* rows that were looked for and are not there: they may go */
    size_t next_cleared;
    int64_t looks_after_ms; /* a look failed: the next not before */
    int n_failed_looks;
    int64_t told_rooms[N_TOLD]; /* that were said to be encrypted, the last few */
    size_t next_told;
    struct cause_look causes[READBACK_JOBS];
    int64_t marked_until; /* rows up to this id are marked before they are sealed: the last end was unclean */
    int64_t marked_row; /* the one that is marked now */
};

/* Numbers of readback jobs: a row's id for a look, CONFIRM + id for an event, CAUSE + slot for a cause. */
static const int64_t confirm_job = INT64_C(1) << 60;
static const int64_t cause_job = INT64_C(1) << 61;

static uint32_t random_number(void)
{
    uint32_t number;
    secret_random(&number, sizeof number);
    return number;
}

static void wake_at(struct send *send, int64_t at_ms)
{
    if (at_ms < send->next_ms)
        send->next_ms = at_ms;
}

static struct flight *flight_of(struct send *send, int64_t row)
{
    for (size_t i = 0; i < N_FLIGHTS; i++)
        if (send->flights[i].row == row)
            return &send->flights[i];
    return NULL;
}

size_t send_n_in_flight(const struct send *send)
{
    size_t n = 0;
    for (size_t i = 0; i < N_FLIGHTS; i++)
        n += send->flights[i].row != 0;
    return n;
}

/* What is not urgent leaves the last slots to what is. */
static bool has_slot(struct send *send, enum outbox_lane lane, size_t n_taken)
{
    size_t n = send_n_in_flight(send) + n_taken;
    return n < (lane == OUTBOX_URGENT ? N_FLIGHTS : SEND_FLIGHTS);
}

static bool is_cleared(const struct send *send, int64_t row)
{
    for (size_t i = 0; i < N_CLEARED; i++)
        if (send->cleared[i] == row)
            return true;
    return false;
}

static void clear_row(struct send *send, int64_t row)
{
    send->cleared[send->next_cleared] = row;
    send->next_cleared = (send->next_cleared + 1) % N_CLEARED;
}

static void unclear_row(struct send *send, int64_t row)
{
    for (size_t i = 0; i < N_CLEARED; i++)
        if (send->cleared[i] == row)
            send->cleared[i] = 0;
}

static bool commit(struct send *send)
{
    struct err err;
    if (store_commit(send->client->store, &err))
        return true;
    log_error("%s", err.text);
    return false;
}

/* --- answers --- */

static void forget_awaited(struct send *send, int64_t row)
{
    for (size_t i = 0; i < send->n_awaited; i++) {
        if (send->awaited[i].row == row) {
            memmove(&send->awaited[i], &send->awaited[i + 1],
                    (send->n_awaited - i - 1) * sizeof send->awaited[0]);
            send->n_awaited--;
            return;
        }
    }
}

/* From here on the store knows of them, and which were not seen. */
static void write_awaited(struct send *send)
{
    if (store_n_deferred(send->client->store)) {
        store_begin(send->client->store);
        if (!commit(send))
            return;
    }
    send->n_awaited = 0;
}

static void await_echo(struct send *send, int64_t row)
{
    if (send->n_awaited == N_AWAITED)
        write_awaited(send);
    if (send->n_awaited < N_AWAITED)
        send->awaited[send->n_awaited++] = (struct awaited){ .row = row, .since_ms = send->client->now_ms };
}

static void row_sent(struct send *send, const struct flight *flight, const char *event_id)
{
    if (flight->is_seen)
        return;
    outbox_sent(send->client->store, flight->row, event_id, send->client->now_ms);
    await_echo(send, flight->row);
}

static void row_again(struct send *send, int64_t row, const struct http_answer *answer)
{
    struct store *store = send->client->store;
    struct arena *arena = arena_create();
    struct outbox_row known;
    if (outbox_get(store, row, arena, &known) && known.state == OUTBOX_ATTEMPTED) {
        log_warn("row %lld goes again later: %s", (long long)row, http_describe(arena, answer));
        store_begin(store);
        outbox_retry(store, row, send->client->now_ms + backoff_ms(known.attempts + 1, random_number()));
        commit(send);
    }
    arena_destroy(arena);
}

static void row_refused(struct send *send, int64_t row, const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    const char *reason = http_describe(arena, answer);
    log_warn("row %lld is refused: %s", (long long)row, reason);
    store_begin(send->client->store);
    outbox_park(send->client->store, row, reason);
    commit(send);
    arena_destroy(arena);
}

static void row_is_there(struct send *send, int64_t row)
{
    store_begin(send->client->store);
    outbox_end(send->client->store, row, OUTBOX_DONE, "was there already");
    commit(send);
}

static void put_answered(void *data, const struct http_answer *answer)
{
    struct flight *slot = data;
    struct send *send = slot->send;
    struct flight flight = *slot;
    *slot = (struct flight){ .send = send };
    client_heard(send->client, CLIENT_SEND, answer);
    switch (judge_put(answer)) {
    case JUDGE_SENT:
        row_sent(send, &flight, judge_event_id(answer));
        break;
    case JUDGE_AGAIN:
        row_again(send, flight.row, answer);
        break;
    case JUDGE_WAIT:
        /* It did not arrive now, so what a look found out about earlier tries still holds. */
        if (flight.was_cleared)
            clear_row(send, flight.row);
        if (answer->status == 429)
            budget_correct(&send->budget, send->client->waits_until_ms[CLIENT_SEND] - send->client->now_ms,
                           send->client->now_ms);
        break;
    case JUDGE_THERE:
        row_is_there(send, flight.row);
        break;
    case JUDGE_REFUSED:
        row_refused(send, flight.row, answer);
        break;
    }
}

static void fly(struct send *send, const struct outbox_row *row, const char *room_id, struct arena *arena)
{
    struct flight *flight = flight_of(send, 0);
    assert(flight);
    flight->row = row->id;
    flight->lane = row->lane;
    flight->is_seen = false;
    flight->was_cleared = is_cleared(send, row->id);
    unclear_row(send, row->id);
    struct http_request request = { .method = "PUT",
                                    .path =
                                        seal_path(arena, room_id, seal_type(row->kind, row->bytes), row->txn),
                                    .body = row->bytes,
                                    .timeout_s = SEND_TIMEOUT_S,
                                    .done = put_answered,
                                    .data = flight };
    flight->request = http_send(send->client->http, &request);
}

/* --- looking --- */

/* Earlier than anything that this row can have sent, by a server's clock that may differ from ours. */
static int64_t oldest_of(const struct outbox_row *row)
{
    int64_t at_ms = row->cause_ms;
    if (row->sealed_ms && row->sealed_ms < at_ms)
        at_ms = row->sealed_ms;
    return at_ms - SEND_LATE_MS;
}

static void look_for(struct send *send, const struct outbox_row *row, const struct room *room)
{
    if (readback_is_busy(send->readback, row->id))
        return;
    if (send->client->now_ms < send->looks_after_ms) {
        wake_at(send, send->looks_after_ms);
        return;
    }
    readback_look(
        send->readback, row->id,
        &(struct readback_look){ .room_id = room->room_id, .txn = row->txn, .oldest_ms = oldest_of(row) });
}

static void look_failed(struct send *send)
{
    send->looks_after_ms = send->client->now_ms + backoff_ms(++send->n_failed_looks, random_number());
}

/* Nobody can say, or it is not there, and it may not be sent again. */
static void end_unknown(struct send *send, const struct outbox_row *row, const char *reason)
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
        end_unknown(send, row, "sent, and not to be seen");
    } else {
        /* Not there. Where it must not be sent again, the next poke ends it. */
        clear_row(send, row->id);
        if (row->state == OUTBOX_SENT)
            outbox_lost(store, row->id);
    }
}

/* In a transaction. The event of a 200 was asked for by its id. */
static void confirm_ended(struct send *send, const struct outbox_row *row, enum readback_end end,
                          struct json_object *event)
{
    struct arena *arena = arena_create();
    struct room room;
    if (row->state != OUTBOX_SENT || !room_get(send->client->store, row->room, arena, &room)) {
        arena_destroy(arena);
        return;
    }
    if (end == READBACK_ABSENT)
        look_for(send, row, &room);
    else
        look_ended(send, row, end, event);
    arena_destroy(arena);
}

static void cause_ended(struct send *send, size_t slot, enum readback_end end, struct json_object *event)
{
    struct cause_look look = send->causes[slot];
    send->causes[slot] = (struct cause_look){ 0 };
    look.found(look.data, look.cause, event, end == READBACK_FOUND || end == READBACK_ABSENT);
    free(look.cause);
}

static void read_back(void *data, int64_t number, enum readback_end end, struct json_object *event)
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
    bool is_confirm = number >= confirm_job;
    store_begin(send->client->store);
    if (outbox_get(send->client->store, is_confirm ? number - confirm_job : number, arena, &row))
        (is_confirm ? confirm_ended : look_ended)(send, &row, end, event);
    commit(send);
    arena_destroy(arena);
}

bool send_look_for_cause(struct send *send, const char *room_id, const char *cause, int64_t cause_ms,
                         send_found_fn *found, void *data)
{
    for (size_t i = 0; i < READBACK_JOBS; i++) {
        if (send->causes[i].found)
            continue;
        struct readback_look look = { .room_id = room_id,
                                      .cause = cause,
                                      .oldest_ms = cause_ms - SEND_LATE_MS };
        if (!readback_look(send->readback, cause_job + (int64_t)i, &look))
            return false;
        send->causes[i] = (struct cause_look){ .found = found, .data = data, .cause = xstrdup(cause) };
        return true;
    }
    return false;
}

/* Rows with a 200 and no echo. */
static void look_after_sent(struct send *send)
{
    struct store *store = send->client->store;
    int64_t now_ms = send->client->now_ms, ids[2];
    if (send->n_awaited && now_ms >= send->awaited[0].since_ms + SEND_ECHO_MS)
        write_awaited(send);
    if (send->n_awaited)
        wake_at(send, send->awaited[0].since_ms + SEND_ECHO_MS);
    int64_t oldest_ms = outbox_oldest_sent_ms(store);
    if (!oldest_ms)
        return;
    if (now_ms < oldest_ms + SEND_ECHO_MS || now_ms < send->looks_after_ms) {
        int64_t at_ms = oldest_ms + SEND_ECHO_MS;
        wake_at(send, at_ms > send->looks_after_ms ? at_ms : send->looks_after_ms);
        return;
    }
    size_t n = outbox_unconfirmed(store, now_ms - SEND_ECHO_MS, ids, 2);
    struct arena *arena = arena_create();
    for (size_t i = 0; i < n; i++) {
        struct outbox_row row;
        struct room room;
        if (readback_is_busy(send->readback, ids[i]) ||
            readback_is_busy(send->readback, confirm_job + ids[i]) ||
            !outbox_get(store, ids[i], arena, &row) || !room_get(store, row.room, arena, &room))
            continue;
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

/* --- sealing --- */

static void tell_encrypted(struct send *send, const struct room *room)
{
    for (size_t i = 0; i < N_TOLD; i++)
        if (send->told_rooms[i] == room->id)
            return;
    log_warn("%s is encrypted: nothing is written there in plain text", room->room_id);
    send->told_rooms[send->next_told] = room->id;
    send->next_told = (send->next_told + 1) % N_TOLD;
}

/* References to event ids. False: nothing is left to say, and the row was ended. */
static bool resolve(struct send *send, const struct outbox_row *row, struct arena *arena, struct seal *seal)
{
    bool is_gone = false, is_dropped;
    struct store *store = send->client->store;
    seal->thread = outbox_resolve(store, row->thread, arena, &is_dropped);
    seal->reply = outbox_resolve(store, row->reply, arena, &is_dropped);
    seal->target = outbox_resolve(store, row->target, arena, &is_gone);
    if (row->kind == OUTBOX_MESSAGE || seal->target)
        return true;
    outbox_end(store, row->id, OUTBOX_WITHDRAWN, "what it changes is gone");
    return false;
}

static bool speak(struct send *send, const struct outbox_row *row, struct arena *arena, struct spoken *spoken)
{
    struct err err;
    *spoken = (struct spoken){ 0 };
    if (!engine_speak(send->client->engine, row, arena, spoken, &err)) {
        log_error("row %lld cannot be put into words: %s", (long long)row->id, err.text);
        outbox_park(send->client->store, row->id, err.text);
        return false;
    }
    if (row->kind == OUTBOX_REACTION ? spoken->key != NULL : spoken->body != NULL)
        return true;
    outbox_end(send->client->store, row->id, OUTBOX_WITHDRAWN, "nothing is left to say");
    return false;
}

/* In a transaction. True: its bytes are frozen, in *row too. */
static bool seal_row(struct send *send, struct outbox_row *row, const struct room *room, struct arena *arena)
{
    struct spoken spoken;
    struct seal seal = { .row = row, .spoken = &spoken };
    const struct seal_cipher *cipher = send->settings.cipher ? send->settings.cipher : &seal_cipher_plain;
    struct err err;
    if (!resolve(send, row, arena, &seal) || !speak(send, row, arena, &spoken))
        return false;
    if (row->item)
        seal.item_name = engine_item_name(send->client->engine, row->item, arena);
    struct json_object *content = seal_content(&seal);
    row->bytes = cipher->encrypt(cipher->data, room, content, arena, &err);
    json_object_put(content);
    if (!row->bytes) {
        if (room->is_encrypted)
            tell_encrypted(send, room);
        outbox_park(send->client->store, row->id, err.text);
        return false;
    }
    outbox_seal(send->client->store, row->id, row->bytes, send->client->now_ms);
    row->state = OUTBOX_ATTEMPTED;
    row->sealed_ms = send->client->now_ms;
    return true;
}

/* Why a sealed row may not simply be sent again; NULL: it may. */
static const char *why_not_again(const struct outbox_row *row, const struct room *room, int64_t now_ms)
{
    if (row->is_moot)
        return "moot";
    if (row->valid_until_ms && row->valid_until_ms <= now_ms)
        return "expired";
    if (room->is_encrypted && strcmp(seal_type(row->kind, row->bytes), "m.room.message") == 0)
        return seal_encrypted_reason;
    return NULL;
}

struct poke {
    struct arena *arena;
    bool is_changed; /* something was written that a commit must keep */
    bool has_ended; /* a row ended unsent: what was behind it may go */
    int64_t to_mark; /* a row to be marked before it is sealed; 0: none */
    size_t n; /* to be PUT after the commit */
    struct outbox_row rows[N_FLIGHTS];
    const char *room_ids[N_FLIGHTS];
};

static void take(struct send *send, struct poke *poke, const struct outbox_row *row, const struct room *room)
{
    assert(poke->n < N_FLIGHTS);
    poke->rows[poke->n] = *row;
    poke->room_ids[poke->n++] = room->room_id;
    budget_draw(&send->budget, send->client->now_ms);
}

static void consider_sealed(struct send *send, struct poke *poke, struct outbox_row *row,
                            const struct room *room)
{
    int64_t now_ms = send->client->now_ms;
    const char *reason = why_not_again(row, room, now_ms);
    bool is_late = now_ms - row->sealed_ms >= SEND_LATE_MS;
    if ((reason || is_late) && !is_cleared(send, row->id)) {
        look_for(send, row, room);
    } else if (!reason) {
        int64_t at_ms = budget_again_ms(&send->budget, row->lane, now_ms);
        wake_at(send, at_ms > now_ms ? at_ms : INT64_MAX);
        if (at_ms <= now_ms && has_slot(send, row->lane, poke->n))
            take(send, poke, row, room);
    } else {
        poke->is_changed = poke->has_ended = true;
        if (reason == seal_encrypted_reason) {
            tell_encrypted(send, room);
            outbox_park(send->client->store, row->id, reason);
        } else {
            end_unknown(send, row, reason);
        }
    }
}

static void consider_queued(struct send *send, struct poke *poke, struct outbox_row *row,
                            const struct room *room)
{
    int64_t now_ms = send->client->now_ms;
    if (send->is_restored && now_ms - row->cause_ms >= SEND_LATE_MS && !is_cleared(send, row->id)) {
        look_for(send, row, room);
        return;
    }
    if (!has_slot(send, row->lane, poke->n))
        return;
    if (!budget_allows(&send->budget, row->lane, now_ms)) {
        wake_at(send, budget_allows_ms(&send->budget, row->lane, now_ms));
        return;
    }
    if (row->id <= send->marked_until && row->id != send->marked_row) {
        poke->to_mark = row->id;
        return;
    }
    poke->is_changed = true;
    if (row->id == send->marked_row)
        tries_clear(send->client->store, "outbox", row->txn);
    if (seal_row(send, row, room, poke->arena))
        take(send, poke, row, room);
    else
        poke->has_ended = true;
}

static void consider(struct send *send, struct poke *poke, int64_t id)
{
    struct outbox_row row;
    struct room room;
    if (flight_of(send, id) || readback_is_busy(send->readback, id) ||
        !outbox_get(send->client->store, id, poke->arena, &row) ||
        !room_get(send->client->store, row.room, poke->arena, &room))
        return;
    if (row.state == OUTBOX_ATTEMPTED)
        consider_sealed(send, poke, &row, &room);
    else
        consider_queued(send, poke, &row, &room);
}

static size_t heads_of(struct send *send, int64_t *ids)
{
    const struct clock *clock = send->client->clock;
    struct outbox_asked asked = { .now_ms = send->client->now_ms,
                                  .no_pings = clock && !clock_may_ping(clock) };
    return outbox_heads(send->client->store, &asked, ids, N_HEADS);
}

/* After an unclean end what waited then is marked before it is put into words: a row that makes the program
 * end is known by its marks, which are worth nothing unless they are on the disk first. */
static void mark_row(struct send *send, struct poke *poke)
{
    struct store *store = send->client->store;
    struct outbox_row row;
    store_begin(store);
    if (outbox_get(store, poke->to_mark, poke->arena, &row) &&
        tries_add(store, "outbox", row.txn) > TRIES_MAX) {
        log_error("row %lld ended the program %d times: it is parked", (long long)row.id, TRIES_MAX);
        outbox_park(store, row.id, "ended the program");
    }
    commit(send);
    send->marked_row = poke->to_mark;
    wake_at(send, send->client->now_ms);
}

static void seal_and_put(struct send *send, struct poke *poke)
{
    struct store *store = send->client->store;
    int64_t ids[N_HEADS];
    store_begin(store);
    poke->is_changed = outbox_expire(store, send->client->now_ms) > 0;
    size_t n = heads_of(send, ids);
    for (size_t i = 0; i < n; i++)
        consider(send, poke, ids[i]);
    wake_at(send, outbox_next_try_ms(store, send->client->now_ms));
    if (!poke->is_changed) {
        store_rollback(store);
    } else if (!commit(send)) {
        wake_at(send, send->client->now_ms + 5000);
        return;
    } else {
        /* The 200s that waited for a commit are in this one. */
        send->n_awaited = 0;
        wake_at(send, poke->has_ended ? send->client->now_ms : INT64_MAX);
    }
    for (size_t i = 0; i < poke->n; i++)
        fly(send, &poke->rows[i], poke->room_ids[i], poke->arena);
}

static bool may_go(struct send *send)
{
    const struct client *client = send->client;
    if (!send->is_open || !client->is_caught_up || !client->is_reachable)
        return false;
    if (client->now_ms < client->waits_until_ms[CLIENT_SEND])
        wake_at(send, client->waits_until_ms[CLIENT_SEND]);
    return client_may_send(client, CLIENT_SEND);
}

void send_poke(struct send *send)
{
    send->next_ms = INT64_MAX;
    if (!may_go(send))
        return;
    look_after_sent(send);
    if (outbox_n_live(send->client->store, 0) == 0)
        return;
    struct poke poke = { .arena = arena_create() };
    seal_and_put(send, &poke);
    if (poke.to_mark)
        mark_row(send, &poke);
    arena_destroy(poke.arena);
}

int64_t send_next_ms(const struct send *send)
{
    return send->next_ms;
}

/* --- what comes back --- */

void send_saw_own_event(struct send *send, int64_t room, const char *event_id, const char *txn,
                        const char *content_txn)
{
    struct store *store = send->client->store;
    int64_t row = content_txn ? outbox_by_txn(store, content_txn) : 0;
    if (!row && txn)
        row = outbox_by_txn(store, txn);
    if (row) {
        struct flight *flight = flight_of(send, row);
        if (flight)
            flight->is_seen = true;
        forget_awaited(send, row);
        outbox_done(store, row, event_id);
    } else if (content_txn && !send->is_restored) {
        log_error("%s in room %lld is ours, and this store does not know it: the store is an old copy",
                  event_id, (long long)room);
        send->is_restored = true;
        if (send->settings.on_restored)
            send->settings.on_restored(send->settings.data);
    }
}

void send_open(struct send *send, bool is_restored)
{
    send->is_open = true;
    send->is_restored = send->is_restored || is_restored;
}

void send_close(struct send *send)
{
    send->is_open = false;
}

void send_mark_tries(struct send *send)
{
    send->marked_until = outbox_newest(send->client->store);
}

struct send *send_create(struct client *client, const struct send_settings *settings)
{
    struct send *send = xcalloc(1, sizeof *send);
    send->client = client;
    send->settings = *settings;
    send->next_ms = INT64_MAX;
    send->readback = readback_create(client, read_back, send);
    for (size_t i = 0; i < N_FLIGHTS; i++)
        send->flights[i].send = send;
    int64_t fill_ms = budget_fill_ms(settings->burst, settings->refill_per_s);
    budget_init(&send->budget, settings->burst, settings->refill_per_s,
                outbox_n_sealed_since(client->store, client->now_ms - fill_ms), client->now_ms);
    return send;
}

void send_destroy(struct send *send)
{
    if (!send)
        return;
    for (size_t i = 0; i < N_FLIGHTS; i++)
        http_cancel(send->client->http, send->flights[i].request);
    for (size_t i = 0; i < READBACK_JOBS; i++)
        free(send->causes[i].cause);
    readback_destroy(send->readback);
    free(send);
}
