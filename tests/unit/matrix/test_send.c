/* matrix/send against a scripted homeserver on loopback: exactly once, the same bytes, one room never blocks
 * another. Time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "engine/engine.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/send.h"
#include "scripted.h"
#include "store/room.h"

enum { NOW = 1800000000, SENT_MAX = 64 };

/* The engine's part: words for a row, without templates. */
bool engine_speak(struct engine *engine, const struct outbox_row *row, struct arena *arena,
                  struct spoken *out, struct err *err)
{
    (void)engine;
    if (strcmp(row->template_name, "broken") == 0)
        return err_set(err, "template broken does not fit");
    if (strcmp(row->template_name, "gone") == 0)
        return true;
    out->body = arena_printf(arena, "say %s", row->values);
    out->html = arena_printf(arena, "<b>say %s</b>", row->values);
    out->key = row->kind == OUTBOX_REACTION ? arena_strdup(arena, "✅") : NULL;
    return true;
}

char *engine_item_name(struct engine *engine, int64_t item, struct arena *arena)
{
    (void)engine;
    return arena_printf(arena, "DEC-%lld", (long long)item);
}

/* What the scripted homeserver does to a PUT. */
enum trouble {
    NONE,
    REFUSE_429,
    SAY_502,
    SAY_500,
    SAY_403,
    SAY_401,
    ACCEPT_AND_DROP,
    HANG,
    SAY_DUPLICATE,
    SAY_HTML
};

struct seen {
    char path[1024];
    char *body;
};

struct bench {
    struct store *store;
    struct arena *arena;
    struct http *http;
    struct clock clock;
    struct client client;
    struct send *send;
    struct scripted *server;
    int64_t rooms[12];
    enum trouble trouble; /* of the next n_troubled PUTs to a path that contains troubled */
    int n_troubled;
    const char *troubled;
    struct seen events[SENT_MAX]; /* each accepted once, by its path: what a room sees */
    int n_events;
    int n_puts;
    bool hides_events; /* /event says 404 */
    char reply[4096];
    bool was_restored;
};

static void make_trouble(struct bench *bench, enum trouble trouble, int n)
{
    bench->trouble = trouble;
    bench->n_troubled = n;
}

static int find_event(struct bench *bench, const char *path)
{
    for (int i = 0; i < bench->n_events; i++)
        if (strcmp(bench->events[i].path, path) == 0)
            return i;
    return -1;
}

static const char *accept_event(struct bench *bench, const struct scripted_request *request)
{
    int i = find_event(bench, request->path);
    if (i < 0) {
        i = bench->n_events++;
        snprintf(bench->events[i].path, sizeof bench->events[i].path, "%s", request->path);
        bench->events[i].body = strdup(request->body);
    }
    snprintf(bench->reply, sizeof bench->reply, "{\"event_id\":\"$event%d\"}", i);
    return bench->reply;
}

/* Events as /messages gives them, newest first; content only, as after the server forgot the ids. */
static const char *list_events(struct bench *bench, const char *path)
{
    size_t n = (size_t)snprintf(bench->reply, sizeof bench->reply, "{\"chunk\":[");
    const char *comma = "";
    for (int i = bench->n_events - 1; i >= 0; i--) {
        const char *room = strstr(path, "/rooms/"), *end = strstr(room + 7, "/");
        if (strncmp(bench->events[i].path + strlen("/_matrix/client/v3"), room, (size_t)(end - room)))
            continue;
        n += (size_t)snprintf(bench->reply + n, sizeof bench->reply - n,
                              "%s{\"event_id\":\"$event%d\",\"sender\":\"@bot:example.org\","
                              "\"origin_server_ts\":%d,\"content\":%s}",
                              comma, i, NOW, bench->events[i].body);
        comma = ",";
    }
    snprintf(bench->reply + n, sizeof bench->reply - n, "]}");
    return bench->reply;
}

static struct scripted_reply answer_with_trouble(struct bench *bench, const struct scripted_request *request)
{
    bench->n_troubled--;
    switch (bench->trouble) {
    case REFUSE_429:
        return (struct scripted_reply){ 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":7000}",
                                        NULL };
    case SAY_502:
        return (struct scripted_reply){ 502, "<html>bad gateway</html>", NULL };
    case SAY_500:
        return (struct scripted_reply){ 500, "{\"errcode\":\"M_UNKNOWN\"}", NULL };
    case SAY_403:
        return (struct scripted_reply){ 403, "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"no power\"}", NULL };
    case SAY_HTML:
        return (struct scripted_reply){ 404, "<html>no such site</html>", NULL };
    case SAY_401:
        return (struct scripted_reply){ 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}", NULL };
    case SAY_DUPLICATE:
        return (struct scripted_reply){ 400, "{\"errcode\":\"M_DUPLICATE_ANNOTATION\"}", NULL };
    case ACCEPT_AND_DROP:
        accept_event(bench, request);
        return (struct scripted_reply){ 0 };
    case HANG:
        return (struct scripted_reply){ .status = -1 };
    case NONE:
        break;
    }
    return (struct scripted_reply){ 200, accept_event(bench, request), NULL };
}

static struct scripted_reply reply_to(void *data, const struct scripted_request *request)
{
    struct bench *bench = data;
    if (strcmp(request->method, "PUT") == 0) {
        bench->n_puts++;
        if (bench->n_troubled > 0 && (!bench->troubled || strstr(request->path, bench->troubled)))
            return answer_with_trouble(bench, request);
        return (struct scripted_reply){ 200, accept_event(bench, request), NULL };
    }
    if (strstr(request->path, "/messages?"))
        return (struct scripted_reply){ 200, list_events(bench, request->path), NULL };
    const char *event = strstr(request->path, "/event/%24event");
    if (event && !bench->hides_events) {
        snprintf(bench->reply, sizeof bench->reply,
                 "{\"event_id\":\"$%s\",\"sender\":\"@bot:example.org\",\"content\":{}}", event + 10);
        return (struct scripted_reply){ 200, bench->reply, NULL };
    }
    return (struct scripted_reply){ 404, "{\"errcode\":\"M_NOT_FOUND\"}", NULL };
}

static void note_restored(void *data)
{
    ((struct bench *)data)->was_restored = true;
}

static void start_sending(struct bench *bench, double burst)
{
    struct send_settings settings = {
        .burst = burst, .refill_per_s = 0.2, .on_restored = note_restored, .data = bench
    };
    bench->send = send_create(&bench->client, &settings);
    send_open(bench->send, false);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err;
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(store_open(NULL, &bench->store, &err), STORE_OPENED);
    bench->arena = arena_create();
    bench->server = scripted_create(reply_to, bench);
    bench->http = http_create(bench->server->url, &err);
    assert_non_null(bench->http);
    http_set_token(bench->http, "token");
    store_begin(bench->store);
    for (size_t i = 0; i < 12; i++) {
        char room_id[32];
        snprintf(room_id, sizeof room_id, "!r%zu:example.org", i);
        bench->rooms[i] = room_ensure(bench->store, room_id);
        room_set(bench->store, bench->rooms[i], "membership", "join");
    }
    assert_true(store_commit(bench->store, &err));
    bench->client = (struct client){
        .http = bench->http, .store = bench->store, .clock = &bench->clock, .me = "@bot:example.org"
    };
    clock_tick(&bench->clock, NOW, 1000, true);
    client_init(&bench->client, NOW);
    client_caught_up(&bench->client, NOW);
    start_sending(bench, 0);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    send_destroy(bench->send);
    http_destroy(bench->http);
    store_close(bench->store);
    scripted_destroy(bench->server);
    for (int i = 0; i < bench->n_events; i++)
        free(bench->events[i].body);
    arena_destroy(bench->arena);
    free(bench);
    return 0;
}

static struct outbox_row make_row(struct bench *bench, size_t room, const char *txn)
{
    return (struct outbox_row){ .txn = txn,
                                .room = bench->rooms[room],
                                .lane = OUTBOX_NORMAL,
                                .cause = "$cause",
                                .step = txn,
                                .cause_ms = bench->client.now_ms,
                                .is_from_event = true,
                                .template_name = "hello",
                                .lang = "en",
                                .values = "{}",
                                .role = "answer",
                                .created_ms = bench->client.now_ms };
}

static int64_t queue_row(struct bench *bench, const struct outbox_row *row)
{
    struct err err;
    store_begin(bench->store);
    int64_t id = outbox_queue(bench->store, row);
    assert_true(store_commit(bench->store, &err));
    return id;
}

static int64_t queue(struct bench *bench, size_t room, const char *txn)
{
    struct outbox_row row = make_row(bench, room, txn);
    return queue_row(bench, &row);
}

static struct outbox_row get(struct bench *bench, int64_t id)
{
    struct outbox_row row = { 0 };
    assert_true(outbox_get(bench->store, id, bench->arena, &row));
    return row;
}

/* Writes what waits for a commit, so that the store can be read. */
static void flush(struct bench *bench)
{
    struct err err;
    store_begin(bench->store);
    assert_true(store_commit(bench->store, &err));
}

static void poke(void *data)
{
    struct bench *bench = data;
    send_poke(bench->send);
}

/* All that happens at this one instant. */
static void work(struct bench *bench)
{
    scripted_settle(bench->server, bench->http, poke, bench);
}

static void at(struct bench *bench, int64_t now_ms)
{
    bench->client.now_ms = now_ms;
    clock_tick(&bench->clock, now_ms, 1000 + now_ms - NOW, true);
}

static void catch_up(struct bench *bench)
{
    bench->client.is_reachable = true;
    client_caught_up(&bench->client, bench->client.now_ms);
}

static void restart(struct bench *bench, double burst)
{
    send_destroy(bench->send);
    start_sending(bench, burst);
}

static void send__puts_a_row_once_and_is_done_when_its_event_comes_back(void **state)
{
    struct bench *bench = *state;
    int64_t row = queue(bench, 0, "txn/1");
    work(bench);
    assert_int_equal(bench->n_puts, 1);
    assert_string_equal(bench->events[0].path,
                        "/_matrix/client/v3/rooms/%21r0%3Aexample.org/send/m.room.message/txn%2F1");
    assert_int_equal(get(bench, row).state, OUTBOX_ATTEMPTED); /* the 200 waits for a commit */
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
    assert_string_equal(get(bench, row).event_id, "$event0");
    send_saw_own_event(bench->send, bench->rooms[0], "$event0", "txn/1", "txn/1");
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_DONE);
    send_poke(bench->send);
    assert_int_equal(send_next_ms(bench->send), INT64_MAX);
}

static void send_seal__seals_in_the_commit_of_the_turn(void **state)
{
    struct bench *bench = *state;
    struct outbox_row first = make_row(bench, 0, "t1"), second = make_row(bench, 0, "t2");
    struct err err;
    store_begin(bench->store);
    int64_t row = outbox_queue(bench->store, &first), other = outbox_queue(bench->store, &second);
    send_seal(bench->send);
    assert_int_equal(get(bench, row).state, OUTBOX_ATTEMPTED);
    assert_int_equal(get(bench, other).state, OUTBOX_QUEUED); /* one of a room and lane */
    assert_int_equal(send_n_in_flight(bench->send), 0);
    assert_true(store_commit(bench->store, &err));
    send_sealed(bench->send, true);
    assert_int_equal(send_n_in_flight(bench->send), 1);
    work(bench);
    assert_int_equal(bench->n_puts, 2);
}

static void send_seal__puts_nothing__that_was_rolled_back(void **state)
{
    struct bench *bench = *state;
    struct outbox_row lost = make_row(bench, 0, "t1");
    store_begin(bench->store);
    outbox_queue(bench->store, &lost);
    send_seal(bench->send);
    store_rollback(bench->store);
    send_sealed(bench->send, false);
    work(bench);
    assert_int_equal(bench->n_puts, 0);
    queue(bench, 0, "t1");
    work(bench);
    assert_int_equal(bench->n_puts, 1);
}

static void send_seal__seals_nothing__when_no_row_may_leave(void **state)
{
    struct bench *bench = *state;
    client_lost(&bench->client);
    struct outbox_row kept = make_row(bench, 0, "t1");
    struct err err;
    store_begin(bench->store);
    int64_t row = outbox_queue(bench->store, &kept);
    send_seal(bench->send);
    assert_true(store_commit(bench->store, &err));
    send_sealed(bench->send, true);
    assert_int_equal(get(bench, row).state, OUTBOX_QUEUED);
    assert_int_equal(send_n_in_flight(bench->send), 0);
}

static void send__waits_for_the_generation_a_sync_and_the_account(void **state)
{
    struct bench *bench = *state;
    int64_t row = queue(bench, 0, "t1");
    send_close(bench->send);
    work(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_QUEUED);
    send_open(bench->send, false);
    at(bench, NOW + 5);
    client_lost(&bench->client);
    work(bench);
    client_caught_up(&bench->client, NOW); /* a sync asked for before the loss does not count */
    work(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_QUEUED);
    client_caught_up(&bench->client, NOW + 5);
    bench->client.account = CLIENT_LOCKED;
    work(bench);
    assert_int_equal(bench->n_puts, 0);
    bench->client.account = CLIENT_GOOD;
    work(bench);
    assert_int_equal(bench->n_puts, 1);
}

static void send__holds_all_sends_for_a_429_then_sends_the_same_bytes(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, REFUSE_429, 1);
    int64_t row = queue(bench, 0, "t1");
    work(bench);
    queue(bench, 1, "t2");
    struct outbox_row urgent = make_row(bench, 2, "t3");
    urgent.lane = OUTBOX_URGENT;
    queue_row(bench, &urgent);
    const char *bytes = get(bench, row).bytes;
    work(bench);
    assert_int_equal(bench->n_puts, 1);
    assert_int_equal(send_next_ms(bench->send), NOW + 7000);
    at(bench, NOW + 6999);
    work(bench);
    assert_int_equal(bench->n_puts, 1);
    at(bench, NOW + 7000);
    work(bench);
    assert_int_equal(bench->n_events, 3);
    int i = find_event(bench, "/_matrix/client/v3/rooms/%21r0%3Aexample.org/send/m.room.message/t1");
    assert_string_equal(bench->events[i].body, bytes);
}

static void send__sends_the_same_bytes_after_trouble_and_exactly_once(void **state)
{
    static const enum trouble troubles[] = { SAY_502, SAY_500, ACCEPT_AND_DROP };
    struct bench *bench = *state;
    int64_t now_ms = NOW;
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        char txn[16];
        snprintf(txn, sizeof txn, "trouble%zu", i);
        bench->trouble = troubles[i];
        /* libcurl tries once more by itself where a kept connection was closed: it gets the same answer. */
        bench->n_troubled = 100;
        int64_t row = queue(bench, 0, txn);
        work(bench);
        bench->n_troubled = 0;
        int n_puts = bench->n_puts;
        char *bytes = arena_strdup(bench->arena, get(bench, row).bytes);
        assert_int_equal(get(bench, row).attempts, 1);
        if (troubles[i] != SAY_500) {
            /* Nothing leaves until a sync was applied; nothing new is sealed. */
            int64_t other = queue(bench, 1, "other");
            at(bench, now_ms += 2000);
            work(bench);
            assert_int_equal(bench->n_puts, n_puts);
            assert_int_equal(get(bench, other).state == OUTBOX_QUEUED, i == 0);
            catch_up(bench);
        }
        at(bench, now_ms += 2000);
        work(bench);
        flush(bench);
        /* A homeserver that could not be reached may have been started anew: it is asked whether it has it. */
        enum outbox_state end = get(bench, row).state;
        assert_true(end == OUTBOX_SENT || (end == OUTBOX_DONE && troubles[i] != SAY_500));
        char path[128];
        snprintf(path, sizeof path, "/_matrix/client/v3/rooms/%%21r0%%3Aexample.org/send/m.room.message/%s",
                 txn);
        assert_string_equal(bench->events[find_event(bench, path)].body, bytes);
    }
    assert_int_equal(bench->n_events, 4);
}

static void send__lets_no_room_block_another(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, HANG, 100);
    bench->troubled = "%21r0%3A";
    queue(bench, 0, "stuck1");
    queue(bench, 0, "stuck2");
    for (size_t i = 1; i < 8; i++) {
        char txn[16];
        snprintf(txn, sizeof txn, "free%zu", i);
        queue(bench, i, txn);
    }
    work(bench);
    assert_int_equal(bench->n_events, 7);
    assert_int_equal(send_n_in_flight(bench->send), 1);
}

static void send__keeps_urgent_slots_free_and_stays_within_eight(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, HANG, 100);
    for (size_t i = 0; i < 12; i++) {
        char txn[16];
        snprintf(txn, sizeof txn, "many%zu", i);
        queue(bench, i, txn);
    }
    work(bench);
    assert_int_equal(send_n_in_flight(bench->send), 8);
    struct outbox_row urgent = make_row(bench, 0, "urgent");
    urgent.lane = OUTBOX_URGENT;
    queue_row(bench, &urgent);
    work(bench);
    assert_int_equal(send_n_in_flight(bench->send), 9);
}

static void send__spreads_what_the_estimate_does_not_allow(void **state)
{
    struct bench *bench = *state;
    restart(bench, 10);
    for (size_t i = 0; i < 8; i++) {
        char txn[16];
        snprintf(txn, sizeof txn, "spread%zu", i);
        queue(bench, i, txn);
    }
    work(bench);
    assert_int_equal(bench->n_events, 6); /* four are kept */
    struct outbox_row urgent = make_row(bench, 9, "urgent");
    urgent.lane = OUTBOX_URGENT;
    queue_row(bench, &urgent);
    work(bench);
    assert_int_equal(bench->n_events, 7);
    int64_t next_ms = send_next_ms(bench->send);
    assert_in_range(next_ms, NOW + 10000, NOW + 10002);
    at(bench, next_ms);
    work(bench);
    assert_int_equal(bench->n_events, 8);
    restart(bench, 10); /* the store remembers */
    work(bench);
    assert_int_equal(bench->n_events, 8);
}

static void send__parks_what_is_refused_and_goes_on(void **state)
{
    struct bench *bench = *state;
    char reference[32];
    make_trouble(bench, SAY_403, 1);
    int64_t card = queue(bench, 0, "card");
    snprintf(reference, sizeof reference, "@row:%lld", (long long)card);
    struct outbox_row answer = make_row(bench, 0, "answer");
    answer.thread = reference;
    int64_t second = queue_row(bench, &answer);
    struct outbox_row reaction = make_row(bench, 0, "react");
    reaction.kind = OUTBOX_REACTION;
    reaction.target = reference;
    int64_t third = queue_row(bench, &reaction);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, card).state, OUTBOX_PARKED);
    assert_string_equal(get(bench, card).reason, "403 M_FORBIDDEN: no power");
    assert_int_equal(get(bench, second).state, OUTBOX_SENT);
    assert_null(strstr(bench->events[0].body, "m.relates_to"));
    assert_int_equal(get(bench, third).state, OUTBOX_WITHDRAWN);
}

static void send__ends_what_cannot_be_said_and_takes_a_duplicate_for_done(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, 0, "broken");
    row.template_name = "broken";
    int64_t broken = queue_row(bench, &row);
    row = make_row(bench, 1, "gone");
    row.template_name = "gone";
    int64_t gone = queue_row(bench, &row);
    row = make_row(bench, 2, "late");
    row.valid_until_ms = NOW - 1;
    int64_t late = queue_row(bench, &row);
    row = make_row(bench, 3, "react");
    row.kind = OUTBOX_REACTION;
    row.target = "$card";
    make_trouble(bench, SAY_DUPLICATE, 1);
    int64_t reaction = queue_row(bench, &row);
    work(bench);
    assert_int_equal(get(bench, broken).state, OUTBOX_PARKED);
    assert_int_equal(get(bench, gone).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, late).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, reaction).state, OUTBOX_DONE);
    assert_int_equal(bench->n_puts, 1);
}

static void send__writes_no_plain_text_to_an_encrypted_room(void **state)
{
    struct bench *bench = *state;
    struct err err;
    make_trouble(bench, SAY_500, 1);
    int64_t sealed = queue(bench, 0, "sealed");
    int64_t waiting = queue(bench, 0, "waiting");
    work(bench);
    store_begin(bench->store);
    room_set_encrypted(bench->store, bench->rooms[0]);
    assert_true(store_commit(bench->store, &err));
    at(bench, NOW + 5000);
    work(bench);
    assert_int_equal(bench->n_puts, 1);
    assert_string_equal(get(bench, sealed).reason, "encrypted");
    assert_string_equal(get(bench, waiting).reason, "encrypted");
    assert_int_equal(get(bench, waiting).state, OUTBOX_PARKED);
}

static void send__looks_before_a_late_resend(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, ACCEPT_AND_DROP, 1);
    int64_t arrived = queue(bench, 0, "arrived");
    work(bench);
    catch_up(bench);
    make_trouble(bench, SAY_500, 1);
    int64_t lost = queue(bench, 1, "lost");
    work(bench);
    int n_puts = bench->n_puts;
    at(bench, NOW + SEND_LATE_MS);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, arrived).state, OUTBOX_DONE); /* found: not sent again */
    assert_string_equal(get(bench, arrived).event_id, "$event0");
    assert_int_equal(get(bench, lost).state, OUTBOX_SENT);
    assert_int_equal(bench->n_puts, n_puts + 1);
}

/* Transaction ids may end with the token: then only a look can tell, in a later life too. */
static void send__looks_before_it_sends_again_with_another_token(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, ACCEPT_AND_DROP, 1);
    int64_t arrived = queue(bench, 0, "arrived");
    work(bench);
    assert_true(send_token_ends(bench->send));
    restart(bench, 0);
    int n_puts = bench->n_puts;
    at(bench, NOW + 5000);
    catch_up(bench);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, arrived).state, OUTBOX_DONE);
    assert_int_equal(bench->n_puts, n_puts);
    /* What is sealed after that goes again as ever. */
    make_trouble(bench, SAY_500, 1);
    int64_t again = queue(bench, 1, "again");
    work(bench);
    at(bench, NOW + 20000);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, again).state, OUTBOX_SENT);
    assert_int_equal(bench->n_puts, n_puts + 2);
}

/* So they may with a homeserver that is started anew, which looks like one that cannot be reached. */
static void send__looks_before_it_sends_again_to_a_homeserver_that_was_gone(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, ACCEPT_AND_DROP, 100); /* libcurl's own second try too */
    int64_t arrived = queue(bench, 0, "arrived");
    work(bench);
    bench->n_troubled = 0;
    int n_puts = bench->n_puts;
    at(bench, NOW + 5000);
    catch_up(bench);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, arrived).state, OUTBOX_DONE);
    assert_int_equal(bench->n_puts, n_puts);
}

static void send__ends_what_is_moot_or_expired_without_sending_it_again(void **state)
{
    struct bench *bench = *state;
    struct err err;
    make_trouble(bench, SAY_500, 2);
    struct outbox_row row = make_row(bench, 0, "moot");
    row.item = 7;
    row.guard = "remind";
    int64_t moot = queue_row(bench, &row);
    row = make_row(bench, 1, "expires");
    row.valid_until_ms = NOW + 3000;
    int64_t expired = queue_row(bench, &row);
    work(bench);
    store_begin(bench->store);
    outbox_withdraw(bench->store, 7, "remind");
    assert_true(store_commit(bench->store, &err));
    at(bench, NOW + 4000);
    work(bench);
    assert_int_equal(bench->n_puts, 2);
    assert_int_equal(get(bench, moot).state, OUTBOX_UNKNOWN);
    assert_string_equal(get(bench, moot).reason, "moot");
    assert_int_equal(get(bench, expired).state, OUTBOX_UNKNOWN);
    assert_string_equal(get(bench, expired).reason, "expired");
}

/* Two pings of one guard: the first meets trouble and is withdrawn, the second stands in for it. One of them is said. */
static void check_stand_in(struct bench *bench, enum trouble trouble, int first_state, int stand_in_state)
{
    struct err err;
    struct outbox_row row = make_row(bench, 0, "first");
    row.item = 7;
    row.guard = "remind";
    make_trouble(bench, trouble, 1);
    int64_t first = queue_row(bench, &row);
    work(bench);
    store_begin(bench->store);
    outbox_withdraw(bench->store, 7, "remind");
    row.txn = row.step = "second";
    int64_t stand_in = outbox_queue(bench->store, &row);
    outbox_stand_in(bench->store, stand_in, first);
    assert_true(store_commit(bench->store, &err));
    at(bench, NOW + 4000);
    catch_up(bench);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, first).state, first_state);
    assert_int_equal(get(bench, stand_in).state, stand_in_state);
    assert_int_equal(bench->n_events, 1);
}

static void send__says_what_stands_in_for_a_message__that_did_not_arrive(void **state)
{
    check_stand_in(*state, SAY_500, OUTBOX_UNKNOWN, OUTBOX_SENT);
}

static void send__withdraws_what_stands_in_for_a_message__that_arrived(void **state)
{
    check_stand_in(*state, ACCEPT_AND_DROP, OUTBOX_DONE, OUTBOX_WITHDRAWN);
}

static void send__goes_on_with_sealed_rows_after_a_restart(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, HANG, 1);
    int64_t row = queue(bench, 0, "t1");
    work(bench);
    char *bytes = arena_strdup(bench->arena, get(bench, row).bytes);
    restart(bench, 0);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
    assert_int_equal(bench->n_events, 1);
    assert_string_equal(bench->events[0].body, bytes);
}

static void send__looks_after_a_200_without_an_echo(void **state)
{
    struct bench *bench = *state;
    int64_t there = queue(bench, 0, "there");
    work(bench);
    assert_int_equal(send_next_ms(bench->send), NOW + SEND_ECHO_MS);
    at(bench, NOW + SEND_ECHO_MS);
    work(bench);
    assert_int_equal(get(bench, there).state, OUTBOX_DONE);

    /* The server said 200 and lost it: sent again, the same bytes. */
    int64_t vanished = queue(bench, 1, "vanished");
    work(bench);
    flush(bench);
    int i = find_event(bench, "/_matrix/client/v3/rooms/%21r1%3Aexample.org/send/m.room.message/vanished");
    free(bench->events[i].body);
    bench->n_events = i;
    bench->hides_events = true;
    at(bench, NOW + 2 * SEND_ECHO_MS);
    work(bench);
    flush(bench);
    assert_int_equal(bench->n_events, i + 1);
    assert_int_equal(bench->n_puts, 3);
    assert_int_equal(get(bench, vanished).state, OUTBOX_SENT);
    assert_int_equal(get(bench, vanished).sent_ms, NOW + 2 * SEND_ECHO_MS);
}

static void send__stops_when_the_token_is_no_longer_good(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, SAY_401, 1);
    int64_t row = queue(bench, 0, "t1");
    work(bench);
    assert_int_equal(bench->client.account, CLIENT_SIGNED_OUT);
    at(bench, NOW + 60000);
    work(bench);
    assert_int_equal(bench->n_puts, 1);
    bench->client.account = CLIENT_GOOD;
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
}

/* Its sends in flight come home with the old token's 401 when the session was renewed already. */
static void send__is_not_signed_out_by_what_the_last_token_hears(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, SAY_401, 1);
    int64_t row = queue(bench, 0, "t1");
    send_poke(bench->send);
    http_set_token(bench->http, "renewed");
    work(bench);
    assert_int_equal(bench->client.account, CLIENT_GOOD);
    assert_int_equal(bench->n_puts, 1);
    at(bench, NOW + 2000);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
    assert_int_equal(bench->n_puts, 2);
}

static void send__sends_again_what_only_a_proxy_refused(void **state)
{
    struct bench *bench = *state;
    make_trouble(bench, SAY_HTML, 1);
    int64_t row = queue(bench, 0, "t1");
    work(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_ATTEMPTED);
    at(bench, NOW + 2000);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
    assert_int_equal(bench->n_events, 1);
}

/* The clock is set back by an hour, in this life or between two: a row waits its second, not the hour. */
static void send__waits_no_longer_because_the_clock_was_set(void **state)
{
    enum { HOUR_MS = 3600000 };
    struct bench *bench = *state;
    make_trouble(bench, SAY_500, 2);
    int64_t row = queue(bench, 0, "t1");
    work(bench);
    bench->client.now_ms = NOW - HOUR_MS;
    client_clock_moved(&bench->client, -HOUR_MS);
    send_clock_moved(bench->send, -HOUR_MS);
    bench->client.now_ms += 2000;
    work(bench);
    assert_int_equal(bench->n_puts, 2);
    bench->client.now_ms -= HOUR_MS;
    restart(bench, 0);
    client_init(&bench->client, bench->client.now_ms);
    catch_up(bench);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
    assert_int_equal(bench->n_events, 1);
}

/* Told that there is no limit, and refused: what goes out at once next time is less, and grows with what is taken. */
static void send__asks_less_at_once_of_a_server_that_refuses(void **state)
{
    struct bench *bench = *state;
    char txn[8];
    for (size_t i = 0; i < 12; i++) {
        snprintf(txn, sizeof txn, "t%zu", i);
        queue(bench, i, txn);
    }
    make_trouble(bench, REFUSE_429, SEND_FLIGHTS);
    work(bench);
    assert_int_equal(bench->n_puts, SEND_FLIGHTS);
    make_trouble(bench, HANG, 12);
    at(bench, NOW + 7000);
    work(bench);
    assert_int_equal(bench->n_puts, SEND_FLIGHTS + 2);
    restart(bench, 0);
    bench->n_troubled = 0;
    work(bench);
    flush(bench);
    assert_int_equal(bench->n_events, 12);
}

static void send__takes_an_echo_that_comes_before_the_answer(void **state)
{
    struct bench *bench = *state;
    int64_t row = queue(bench, 0, "t1");
    send_poke(bench->send);
    send_saw_own_event(bench->send, bench->rooms[0], "$event0", NULL, "t1");
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_DONE);
    assert_int_equal(send_next_ms(bench->send), INT64_MAX);
}

/* An id that was seen in one room says nothing in another. */
static void send__takes_no_echo_from_another_room(void **state)
{
    struct bench *bench = *state;
    int64_t row = queue(bench, 0, "t1");
    send_saw_own_event(bench->send, bench->rooms[1], "$forged", "t1", "t1");
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_QUEUED);
    assert_false(bench->was_restored);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, row).state, OUTBOX_SENT);
}

static void send__knows_a_restored_store_and_looks_before_it_speaks(void **state)
{
    struct bench *bench = *state;
    int64_t said = queue(bench, 0, "said");
    work(bench);
    flush(bench);
    /* The store is an old copy, from before this row was sealed. */
    struct err err;
    store_begin(bench->store);
    store_run(bench->store, "UPDATE outbox SET state = 0, bytes = NULL, event_id = NULL, sealed_ms = NULL",
              "");
    assert_true(store_commit(bench->store, &err));
    send_saw_own_event(bench->send, bench->rooms[1], "$new", NULL, "unknown");
    assert_true(bench->was_restored);
    at(bench, NOW + SEND_LATE_MS);
    struct outbox_row old = make_row(bench, 1, "unsaid");
    old.cause_ms = NOW;
    int64_t unsaid = queue_row(bench, &old);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, said).state, OUTBOX_DONE);
    assert_int_equal(get(bench, unsaid).state, OUTBOX_SENT);
    assert_int_equal(bench->n_puts, 2);
}

struct found {
    int n;
    char event_id[64];
    bool is_sure;
};

static void note_found(void *data, const char *cause, struct json_object *event, bool is_sure)
{
    struct found *found = data;
    assert_string_equal(cause, "$command");
    found->n++;
    found->is_sure = is_sure;
    snprintf(found->event_id, sizeof found->event_id, "%s", event ? json_str(event, "event_id") : "");
}

static int64_t add_item(struct bench *bench, int64_t id, const char *uuid)
{
    store_begin(bench->store);
    store_run(bench->store,
              "INSERT INTO item(id, uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES(?1, ?2, 'DEC', ?1, ?3, 1, '@a:b', '@a:b', '$command', 1)",
              "isi", id, uuid, bench->rooms[0]);
    assert_true(store_commit(bench->store, NULL));
    return id;
}

static void send_look_for_cause__finds_the_answer_to_a_command(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, 0, "card");
    row.item = add_item(bench, 7, "uuid7");
    queue_row(bench, &row);
    work(bench);
    row = make_row(bench, 0, "answer"); /* newer, and says nothing of an item */
    row.reply = "$command";
    queue_row(bench, &row);
    work(bench);
    struct found found = { 0 };
    struct send_cause cause = { "!r0:example.org", "$command", "uuid7", NOW };
    assert_true(send_look_for_cause(bench->send, &cause, note_found, &found));
    assert_true(send_look_for_cause(bench->send, &cause, note_found, &found)); /* it is under way */
    work(bench);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.event_id, "$event0");
    cause.room_id = "!r1:example.org";
    assert_true(send_look_for_cause(bench->send, &cause, note_found, &found));
    work(bench);
    assert_int_equal(found.n, 2);
    assert_string_equal(found.event_id, "");
    assert_true(found.is_sure);
}

static void send__parks_a_row_that_ended_the_program_three_times(void **state)
{
    struct bench *bench = *state;
    struct err err;
    int64_t fatal = queue(bench, 0, "fatal");
    int64_t harmless = queue(bench, 1, "harmless");
    store_begin(bench->store);
    for (int i = 0; i < 3; i++)
        store_run(bench->store,
                  "INSERT INTO tries(kind, key, n) VALUES('outbox', 'fatal', 1)"
                  " ON CONFLICT(kind, key) DO UPDATE SET n = n + 1",
                  "");
    assert_true(store_commit(bench->store, &err));
    send_mark_tries(bench->send);
    work(bench);
    flush(bench);
    assert_int_equal(get(bench, fatal).state, OUTBOX_PARKED);
    assert_int_equal(get(bench, harmless).state, OUTBOX_SENT);
    assert_int_equal(store_int(bench->store, 0, "SELECT count(*) FROM tries WHERE key = 'harmless'", ""), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(send__puts_a_row_once_and_is_done_when_its_event_comes_back),
        TEST(send_seal__seals_in_the_commit_of_the_turn),
        TEST(send_seal__puts_nothing__that_was_rolled_back),
        TEST(send_seal__seals_nothing__when_no_row_may_leave),
        TEST(send__waits_for_the_generation_a_sync_and_the_account),
        TEST(send__holds_all_sends_for_a_429_then_sends_the_same_bytes),
        TEST(send__sends_the_same_bytes_after_trouble_and_exactly_once),
        TEST(send__lets_no_room_block_another),
        TEST(send__keeps_urgent_slots_free_and_stays_within_eight),
        TEST(send__spreads_what_the_estimate_does_not_allow),
        TEST(send__is_not_signed_out_by_what_the_last_token_hears),
        TEST(send__sends_again_what_only_a_proxy_refused),
        TEST(send__waits_no_longer_because_the_clock_was_set),
        TEST(send__asks_less_at_once_of_a_server_that_refuses),
        TEST(send__parks_what_is_refused_and_goes_on),
        TEST(send__ends_what_cannot_be_said_and_takes_a_duplicate_for_done),
        TEST(send__writes_no_plain_text_to_an_encrypted_room),
        TEST(send__looks_before_a_late_resend),
        TEST(send__looks_before_it_sends_again_with_another_token),
        TEST(send__looks_before_it_sends_again_to_a_homeserver_that_was_gone),
        TEST(send__ends_what_is_moot_or_expired_without_sending_it_again),
        TEST(send__says_what_stands_in_for_a_message__that_did_not_arrive),
        TEST(send__withdraws_what_stands_in_for_a_message__that_arrived),
        TEST(send__goes_on_with_sealed_rows_after_a_restart),
        TEST(send__looks_after_a_200_without_an_echo),
        TEST(send__stops_when_the_token_is_no_longer_good),
        TEST(send__takes_an_echo_that_comes_before_the_answer),
        TEST(send__takes_no_echo_from_another_room),
        TEST(send__knows_a_restored_store_and_looks_before_it_speaks),
        TEST(send_look_for_cause__finds_the_answer_to_a_command),
        TEST(send__parks_a_row_that_ended_the_program_three_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
