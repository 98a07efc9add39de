#include "matrix/send.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/plant.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/send_private.h"
#include "store/inbox.h"

/* A row that made the program end three times is not tried a fourth. */
enum { TRIES_MAX = 3 };

uint32_t send_random_number(void)
{
    uint32_t number;
    secret_random(&number, sizeof number);
    return number;
}

void send_wake_at(struct send *send, int64_t at_ms)
{
    if (at_ms < send->next_ms)
        send->next_ms = at_ms;
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
    return n < (lane == OUTBOX_URGENT ? N_FLIGHTS : send->window);
}

bool send_commit(struct send *send)
{
    struct err err;
    if (store_commit(send->client->store, &err))
        return true;
    log_error("%s", err.text);
    return false;
}

/* A row is always of a room: either is missing only where the store could not be read. */
bool send_get_row(const struct send *send, int64_t id, struct arena *arena, struct outbox_row *row,
                  struct room *room)
{
    *row = (struct outbox_row){ 0 };
    outbox_get(send->client->store, id, arena, row);
    return room_get(send->client->store, row->room, arena, room);
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
    int n_lanes_shut; /* the slowest lanes: nothing more is sealed in them */
    size_t n_normal; /* rows of the normal lane that were sealed */
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

/* The homeserver may have forgotten that it had it (trust.md A.3, rule 3). */
static bool is_late(const struct send *send, const struct outbox_row *row)
{
    int64_t now_ms = send->client->now_ms;
    return !PLANTED(RESENT_BLINDLY) &&
           (now_ms - row->sealed_ms >= SEND_LATE_MS || row->sealed_ms > now_ms ||
            row->sealed_ms <= send->token_ms || row->sealed_ms <= send->client->gone_ms);
}

static void consider_sealed(struct send *send, struct poke *poke, struct outbox_row *row,
                            const struct room *room)
{
    int64_t now_ms = send->client->now_ms;
    const char *reason = why_not_again(row, room, now_ms);
    if ((reason || is_late(send, row)) && !send_is_cleared(send, row->id)) {
        send_look_for(send, row, room);
    } else if (!reason) {
        int64_t at_ms = budget_again_ms(&send->budget, row->lane, now_ms);
        send_wake_at(send, at_ms > now_ms ? at_ms : INT64_MAX);
        if (at_ms <= now_ms && has_slot(send, row->lane, poke->n))
            take(send, poke, row, room);
    } else {
        poke->is_changed = poke->has_ended = true;
        if (reason == seal_encrypted_reason)
            outbox_park(send->client->store, row->id, reason);
        else
            send_end_unknown(send, row, reason);
    }
}

static bool is_marked(const struct send *send, int64_t row)
{
    for (size_t i = 0; i < SEND_MARKED_MAX; i++)
        if (send->marked[i] == row)
            return true;
    return false;
}

/* Where a lane may not, no slower one may. */
static bool may_seal(struct send *send, enum outbox_lane lane, size_t n_taken)
{
    if (!has_slot(send, lane, n_taken))
        return false;
    int64_t now_ms = send->client->now_ms;
    if (budget_allows(&send->budget, lane, now_ms))
        return true;
    send_wake_at(send, budget_allows_ms(&send->budget, lane, now_ms));
    return false;
}

/* What a lost life may have said is looked for while it waits: then all have to be looked at. */
static int n_lanes_shut(struct send *send)
{
    int n = 0;
    while (!send->is_restored && n < OUTBOX_LANES - 1 &&
           !may_seal(send, (enum outbox_lane)(OUTBOX_LOW - n), 0))
        n++;
    return n;
}

static bool is_shut(const struct send *send, const struct poke *poke, const struct outbox_head *head)
{
    return head->is_queued && !send->is_restored && (int)head->lane >= OUTBOX_LANES - poke->n_lanes_shut;
}

static void consider_queued(struct send *send, struct poke *poke, struct outbox_row *row,
                            const struct room *room)
{
    int64_t now_ms = send->client->now_ms;
    if (send->is_restored && now_ms - row->cause_ms >= SEND_LATE_MS && !send_is_cleared(send, row->id)) {
        send_look_for(send, row, room);
        return;
    }
    if (!may_seal(send, row->lane, poke->n)) {
        poke->n_lanes_shut = OUTBOX_LANES - (int)row->lane;
        return;
    }
    const struct seal_cipher *cipher = send->settings.cipher;
    if (cipher && cipher->is_ready &&
        !cipher->is_ready(cipher->data, room, seal_clear_type(row->kind), row->lane == OUTBOX_URGENT))
        return;
    bool is_to_mark = row->id <= send->marked_until;
    if (is_to_mark && !is_marked(send, row->id)) {
        poke->to_mark = row->id;
        return;
    }
    poke->is_changed = true;
    if (is_to_mark)
        tries_clear(send->client->store, "outbox", row->txn);
    if (!send_seal_row(send, row, room, poke->arena)) {
        poke->has_ended = true;
        return;
    }
    take(send, poke, row, room);
    poke->n_normal += row->lane == OUTBOX_NORMAL;
}

static void consider(struct send *send, struct poke *poke, int64_t id)
{
    struct outbox_row row;
    struct room room;
    if (send_flight_of(send, id) || send_is_looked_for(send, id) ||
        !send_get_row(send, id, poke->arena, &row, &room))
        return;
    if (row.state == OUTBOX_ATTEMPTED)
        consider_sealed(send, poke, &row, &room);
    else
        consider_queued(send, poke, &row, &room);
}

static void consider_heads(struct send *send, struct poke *poke)
{
    const struct clock *clock = send->client->clock;
    struct outbox_head heads[OUTBOX_HEADS_MAX];
    poke->n_lanes_shut = n_lanes_shut(send);
    struct outbox_asked asked = { .now_ms = send->client->now_ms,
                                  .no_pings = clock && !clock_may_ping(clock),
                                  .is_by_age = send->n_ahead >= SEND_AHEAD_MAX,
                                  .n_lanes_shut = poke->n_lanes_shut };
    size_t n = outbox_heads(send->client->store, &asked, heads, OUTBOX_HEADS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!is_shut(send, poke, &heads[i]))
            consider(send, poke, heads[i].id);
    send->n_ahead = asked.is_by_age && poke->n_normal ? 0 : send->n_ahead + poke->n_normal;
}

/* After an unclean end what waited then is marked before it is put into words: a row that makes the program
 * end is known by its marks, which are worth nothing unless they are on the disk first. */
static void mark_row(struct send *send, struct poke *poke)
{
    struct store *store = send->client->store;
    struct outbox_row row;
    struct room room;
    store_begin(store);
    if (send_get_row(send, poke->to_mark, poke->arena, &row, &room) &&
        tries_add(store, "outbox", row.txn) > TRIES_MAX) {
        log_error("row %lld ended the program %d times: it is parked", (long long)row.id, TRIES_MAX);
        outbox_park(store, row.id, "ended the program");
    }
    if (!send_commit(send)) {
        send_wake_at(send, send->client->now_ms + 5000);
        return;
    }
    send->marked[send->next_marked] = poke->to_mark;
    send->next_marked = (send->next_marked + 1) % SEND_MARKED_MAX;
    send_wake_at(send, send->client->now_ms);
}

/* In a transaction. */
static struct poke *seal_heads(struct send *send)
{
    struct store *store = send->client->store;
    struct poke *poke = xcalloc(1, sizeof *poke);
    poke->arena = arena_create();
    poke->is_changed = outbox_expire(store, send->client->now_ms) > 0;
    consider_heads(send, poke);
    send_wake_at(send, outbox_next_try_ms(store, send->client->now_ms));
    return poke;
}

static void poke_destroy(struct poke *poke)
{
    if (!poke)
        return;
    arena_destroy(poke->arena);
    free(poke);
}

static void put_all(struct send *send, const struct poke *poke)
{
    for (size_t i = 0; i < poke->n; i++)
        send_fly(send, &poke->rows[i], poke->room_ids[i], poke->arena);
}

static void after_commit(struct send *send, const struct poke *poke)
{
    /* The 200s that waited for a commit are in this one. */
    send->n_awaited = 0;
    send_wake_at(send, poke->has_ended ? send->client->now_ms : INT64_MAX);
    put_all(send, poke);
}

static void seal_and_put(struct send *send)
{
    struct store *store = send->client->store;
    store_begin(store);
    struct poke *poke = seal_heads(send);
    if (!poke->is_changed && !store_failed(store)) {
        store_rollback(store);
        put_all(send, poke);
    } else if (send_commit(send)) {
        after_commit(send, poke);
    } else {
        send_wake_at(send, send->client->now_ms + store_retry_ms(store));
    }
    if (poke->to_mark)
        mark_row(send, poke);
    poke_destroy(poke);
}

static bool may_go(struct send *send)
{
    const struct client *client = send->client;
    if (!send->is_open || !client->is_caught_up || !client->is_reachable)
        return false;
    if (client->now_ms < client->waits_until_ms[CLIENT_SEND])
        send_wake_at(send, client->waits_until_ms[CLIENT_SEND]);
    return client_may_send(client, CLIENT_SEND);
}

/* Whether a row may want anything: not what is on its way, nor what has arrived and waits for a commit to be written so.
 * That is mostly all there is, and reading the queues takes a transaction. */
static bool has_work(struct send *send)
{
    enum { LOOK = 2 * N_FLIGHTS };
    int64_t ids[LOOK];
    size_t n = outbox_n_live(send->client->store, 0) ? outbox_live(send->client->store, ids, LOOK) : 0;
    for (size_t i = 0; i < n; i++)
        if (!send_flight_of(send, ids[i]) && !outbox_is_answered(send->client->store, ids[i]))
            return true;
    return n == LOOK;
}

void send_poke(struct send *send)
{
    send->next_ms = INT64_MAX;
    if (!may_go(send))
        return;
    send_look_after_sent(send);
    if (!has_work(send))
        return;
    seal_and_put(send);
}

void send_seal(struct send *send)
{
    assert(!send->sealed);
    if (may_go(send) && has_work(send))
        send->sealed = seal_heads(send);
}

void send_sealed(struct send *send, bool is_committed)
{
    struct poke *poke = send->sealed;
    send->sealed = NULL;
    if (poke && is_committed)
        after_commit(send, poke);
    poke_destroy(poke);
}

int64_t send_next_ms(const struct send *send)
{
    return send->next_ms;
}

static void saw_row(struct send *send, int64_t row, int64_t room, const char *event_id)
{
    struct store *store = send->client->store;
    if (!store_int(store, 0, "SELECT 1 FROM outbox WHERE id = ?1 AND room = ?2", "ii", row, room)) {
        log_warn("%s in room %lld has the id of a message to another room: ignored", event_id,
                 (long long)room);
        return;
    }
    struct flight *flight = send_flight_of(send, row);
    if (flight)
        flight->is_seen = true;
    send_forget_awaited(send, row);
    outbox_done(store, row, event_id);
}

static void know_restored(struct send *send, int64_t room, const char *event_id)
{
    if (send->is_restored)
        return;
    log_error("%s in room %lld is ours, and this store does not know it: the store is an old copy", event_id,
              (long long)room);
    send->is_restored = true;
    if (send->settings.on_restored)
        send->settings.on_restored(send->settings.data);
}

void send_saw_own_event(struct send *send, int64_t room, const char *event_id, const char *txn,
                        const char *content_txn)
{
    struct store *store = send->client->store;
    int64_t row = content_txn ? outbox_by_txn(store, content_txn) : 0;
    if (!row && txn)
        row = outbox_by_txn(store, txn);
    if (row) {
        saw_row(send, row, room, event_id);
    } else if (content_txn) {
        outbox_note_seen(store, content_txn, room, event_id);
        know_restored(send, room, event_id);
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

bool send_token_ends(struct send *send)
{
    send->token_ms = send->client->now_ms;
    store_begin(send->client->store);
    store_set_int(send->client->store, "send.token_ms", send->token_ms);
    return send_commit(send);
}

void send_clock_moved(struct send *send, int64_t by_ms)
{
    client_move(&send->token_ms, by_ms);
    client_move(&send->looks_after_ms, by_ms);
    client_move(&send->budget.at_ms, by_ms);
    for (size_t i = 0; i < send->n_awaited; i++)
        client_move(&send->awaited[i].since_ms, by_ms);
    store_begin(send->client->store);
    outbox_clock_moved(send->client->store, by_ms);
    store_set_int(send->client->store, "send.token_ms", send->token_ms);
    send_commit(send);
}

/* The last life of this store may have had a clock that was ahead. */
static void mend_times(struct send *send)
{
    store_begin(send->client->store);
    outbox_mend_times(send->client->store, send->client->now_ms);
    if (store_dirty(send->client->store))
        send_commit(send);
    else
        store_rollback(send->client->store);
}

struct send *send_create(struct client *client, const struct send_settings *settings)
{
    struct send *send = xcalloc(1, sizeof *send);
    send->client = client;
    send->settings = *settings;
    send->next_ms = INT64_MAX;
    send->window = SEND_FLIGHTS;
    send->token_ms = store_get_int(client->store, "send.token_ms", 0);
    send->readback = readback_create(client, send_read_back, send);
    for (size_t i = 0; i < N_FLIGHTS; i++)
        send->flights[i].send = send;
    mend_times(send);
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
    poke_destroy(send->sealed);
    free(send);
}
