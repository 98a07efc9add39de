#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/plant.h"
#include "base/secret.h"
#include "matrix/http.h"
#include "matrix/judge.h"
#include "matrix/send_private.h"
#include "store/hold.h"

struct flight *send_flight_of(struct send *send, int64_t row)
{
    for (size_t i = 0; i < N_FLIGHTS; i++)
        if (send->flights[i].row == row)
            return &send->flights[i];
    return NULL;
}

void send_forget_awaited(struct send *send, int64_t row)
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

/* From here on the store knows of them, and which were not seen. A disk that cannot be written is tried again later. */
void send_write_awaited(struct send *send)
{
    enum { AGAIN_MS = 5000 };
    if (store_n_deferred(send->client->store)) {
        store_begin(send->client->store);
        if (!send_commit(send)) {
            send->awaited[0].since_ms = send->client->now_ms - SEND_ECHO_MS + AGAIN_MS;
            return;
        }
    }
    send->n_awaited = 0;
}

static void await_echo(struct send *send, int64_t row)
{
    if (send->n_awaited == SEND_AWAITED_MAX)
        send_write_awaited(send);
    if (send->n_awaited < SEND_AWAITED_MAX)
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
    struct outbox_row known = { 0 };
    outbox_get(store, row, arena, &known);
    if (known.state == OUTBOX_ATTEMPTED) {
        log_warn("row %lld goes again later: %s", (long long)row, http_describe(arena, answer));
        store_begin(store);
        outbox_retry(store, row, send->client->now_ms + backoff_ms(known.attempts + 1, send_random_number()));
        send_commit(send);
    }
    arena_destroy(arena);
}

/* What was not removed in its time stays; who has asked for it hears that it cannot be. */
static void redaction_refused(struct send *send, const struct outbox_row *row, const char *reason, int status)
{
    outbox_end(send->client->store, row->id, OUTBOX_WITHDRAWN, reason);
    if (status == 403)
        hold_say_powerless(send->client->store, row->room, send->client->now_ms);
}

static void row_refused(struct send *send, int64_t id, const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    const char *reason = http_describe(arena, answer);
    struct outbox_row row = { 0 };
    log_warn("row %lld is refused: %s", (long long)id, reason);
    outbox_get(send->client->store, id, arena, &row);
    store_begin(send->client->store);
    if (row.kind == OUTBOX_REDACTION)
        redaction_refused(send, &row, reason, answer->status);
    else
        outbox_park(send->client->store, id, reason);
    send_commit(send);
    arena_destroy(arena);
}

static void row_is_there(struct send *send, int64_t row)
{
    store_begin(send->client->store);
    outbox_end(send->client->store, row, OUTBOX_DONE, "was there already");
    send_commit(send);
}

/* Half as many at once after each 429, one more after each 200: where the limit is not the one that we were told, most of
 * what is sent is not refused. Never less than two, so that one that hangs does not hold up all. */
static void narrow_window(struct send *send)
{
    enum { LEAST = 2 };
    send->window = send->window / 2 > LEAST ? send->window / 2 : LEAST;
}

static void widen_window(struct send *send)
{
    if (send->window < SEND_FLIGHTS)
        send->window++;
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
        widen_window(send);
        break;
    case JUDGE_AGAIN:
        row_again(send, flight.row, answer);
        break;
    case JUDGE_WAIT:
        /* It did not arrive now, so what a look found out about earlier tries still holds. */
        if (flight.was_cleared)
            send_clear_row(send, flight.row);
        if (answer->status == 429 || (answer->errcode && strcmp(answer->errcode, "M_LIMIT_EXCEEDED") == 0)) {
            narrow_window(send);
            budget_correct(&send->budget, send->client->waits_until_ms[CLIENT_SEND] - send->client->now_ms,
                           send->client->now_ms);
        }
        /* Nothing waits because of it (the token is another by now): then the row does. */
        if (client_may_send(send->client, CLIENT_SEND))
            row_again(send, flight.row, answer);
        break;
    case JUDGE_THERE:
        row_is_there(send, flight.row);
        break;
    case JUDGE_REFUSED:
        row_refused(send, flight.row, answer);
        break;
    }
}

void send_fly(struct send *send, const struct outbox_row *row, const char *room_id, struct arena *arena)
{
    struct flight *flight = send_flight_of(send, 0);
    assert(flight);
    flight->row = row->id;
    flight->lane = row->lane;
    flight->is_seen = false;
    flight->was_cleared = send_is_cleared(send, row->id);
    send_unclear_row(send, row->id);
    struct outbox_row put = *row;
    if (PLANTED(TXN_ANEW))
        put.txn = secret_random_id(arena, 20);
    struct http_request request = { .method = "PUT",
                                    .path = seal_row_path(arena, room_id, &put),
                                    .body = row->bytes,
                                    .timeout_s = SEND_TIMEOUT_S,
                                    .done = put_answered,
                                    .data = flight };
    flight->request = http_send(send->client->http, &request);
}
