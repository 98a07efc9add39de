/* engine/direct and matrix/direct_rooms: a room for one person is made once, holds nobody else up, and is private. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "engine/direct.h"
#include "engine/private.h"
#include "matrix/crypto/crypto.h"
#include "matrix/direct_rooms.h"
#include "matrix/http.h"
#include "scripted.h"
#include "store/invite.h"
#include "store/room.h"

#define ME  "@greffier:example.org"
#define BOB "@bob:example.org"

enum { NOW = 1800000000 };

struct bench {
    struct store *store;
    struct arena *arena;
    struct http *http;
    struct scripted *server;
    struct client client;
    struct direct_rooms *rooms;
    struct engine engine;
    struct turn turn;
    struct scripted_reply reply; /* to createRoom */
};

static struct scripted_reply reply_to(void *data, const struct scripted_request *request)
{
    struct bench *bench = data;
    assert_string_equal(request->path, "/_matrix/client/v3/createRoom");
    return bench->reply;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    log_set_level(LOG_LEVEL_ERROR);
    if (store_open(NULL, &bench->store, NULL) != STORE_OPENED)
        return -1;
    bench->arena = arena_create();
    bench->server = scripted_create(reply_to, bench);
    bench->http = http_create(bench->server->url, NULL);
    bench->client = (struct client){ .http = bench->http, .store = bench->store, .me = ME };
    client_init(&bench->client, NOW);
    client_caught_up(&bench->client, NOW);
    bench->rooms = direct_rooms_create(&bench->client, NULL);
    bench->engine = (struct engine){ .store = bench->store, .settings = { .me = ME } };
    bench->turn = (struct turn){
        .engine = &bench->engine, .store = bench->store, .arena = bench->arena, .now_ms = NOW
    };
    bench->reply = (struct scripted_reply){ 200, "{\"room_id\":\"!dm:example.org\"}", NULL };
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    direct_rooms_destroy(bench->rooms);
    http_destroy(bench->http);
    scripted_destroy(bench->server);
    store_close(bench->store);
    arena_destroy(bench->arena);
    free(bench);
    return 0;
}

static void poke(void *data)
{
    struct bench *bench = data;
    direct_rooms_poke(bench->rooms);
}

/* All that happens at this one instant. */
static void work(struct bench *bench)
{
    scripted_settle(bench->server, bench->http, poke, bench);
}

/* Something to say to that person alone; returns the row. */
static int64_t say_to(struct bench *bench, const char *person, const char *txn)
{
    struct outbox_row row = { .txn = txn,
                              .lane = OUTBOX_NORMAL,
                              .cause = "$c",
                              .step = txn,
                              .cause_ms = NOW,
                              .is_from_event = true,
                              .template_name = "x",
                              .lang = "en",
                              .thread = "$root",
                              .role = "say",
                              .created_ms = NOW };
    store_begin(bench->store);
    row.room = direct_room(&bench->turn, person);
    int64_t id = outbox_queue(bench->store, &row);
    assert_true(store_commit(bench->store, NULL));
    return id;
}

static struct outbox_row get(struct bench *bench, int64_t id)
{
    struct outbox_row row = { 0 };
    assert_true(outbox_get(bench->store, id, bench->arena, &row));
    return row;
}

static size_t n_heads(struct bench *bench)
{
    struct outbox_head found[8];
    return outbox_heads(bench->store, &(struct outbox_asked){ .now_ms = bench->client.now_ms }, found, 8);
}

/* As above, with keys; who is known to have devices is written into the store by hand. */
static struct crypto *start_with_keys(struct bench *bench)
{
    static const unsigned char key[SECRET_KEY_BYTES];
    bench->client.device_id = "BOT";
    struct crypto *crypto = crypto_create(&bench->client, &(struct crypto_settings){ .key = key });
    direct_rooms_destroy(bench->rooms);
    bench->rooms = direct_rooms_create(&bench->client, crypto);
    return crypto;
}

static void know_devices(struct bench *bench, const char *person, bool is_signed)
{
    store_begin(bench->store);
    store_run(bench->store,
              "INSERT INTO tracked(person, n_told, is_outdated) VALUES(?1, 1, 0)"
              " ON CONFLICT(person) DO UPDATE SET is_outdated = 0",
              "s", person);
    store_run(bench->store,
              "INSERT INTO device(person, device_id, curve, ed, is_signed) VALUES(?1, 'D', 'c', 'e', ?2)",
              "si", person, (int64_t)is_signed);
    assert_true(store_commit(bench->store, NULL));
}

static bool is_encrypted(struct bench *bench, int64_t row)
{
    struct room room;
    assert_true(room_get(bench->store, get(bench, row).room, bench->arena, &room));
    assert_string_equal(room.room_id, "!dm:example.org");
    return room.is_encrypted;
}

/* From its first moment: what waits to be said there may be faster than the sync that tells so. */
static void direct__is_encrypted__where_a_device_can_have_the_key(void **state)
{
    struct bench *bench = *state;
    struct crypto *crypto = start_with_keys(bench);
    know_devices(bench, BOB, true);
    int64_t row = say_to(bench, BOB, "t");
    work(bench);
    assert_non_null(strstr(bench->server->requests[0].body, "m.room.encryption"));
    assert_true(is_encrypted(bench, row));
    crypto_destroy(crypto);
}

static void direct__is_in_clear__where_none_can(void **state)
{
    struct bench *bench = *state;
    struct crypto *crypto = start_with_keys(bench);
    know_devices(bench, BOB, false);
    int64_t row = say_to(bench, BOB, "t");
    work(bench);
    assert_null(strstr(bench->server->requests[0].body, "m.room.encryption"));
    assert_false(is_encrypted(bench, row));
    crypto_destroy(crypto);
}

/* Whose homeserver does not say is waited for, but not for ever. */
static void direct__is_made_later__while_that_is_asked(void **state)
{
    struct bench *bench = *state;
    struct crypto *crypto = start_with_keys(bench);
    int64_t row = say_to(bench, BOB, "t");
    work(bench);
    assert_int_equal(bench->server->n_requests, 0);
    assert_int_equal(direct_rooms_next_ms(bench->rooms), NOW + DIRECT_ROOMS_REACH_MS);
    direct_rooms_clock_moved(bench->rooms, 1000);
    bench->client.now_ms = NOW + 1000 + DIRECT_ROOMS_REACH_MS;
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_false(is_encrypted(bench, row));
    crypto_destroy(crypto);
}

static void enters(struct bench *bench, const char *room_id, const char *person, const char *membership)
{
    room_set_member(bench->store, room_find(bench->store, room_id), person, membership, NULL);
}

static void direct__says_nothing__before_the_person_has_come(void **state)
{
    struct bench *bench = *state;
    say_to(bench, BOB, "t1");
    say_to(bench, BOB, "t2");
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_string_equal(bench->server->requests[0].body,
                        "{\"invite\":[\"" BOB "\"],\"is_direct\":true,\"preset\":\"trusted_private_chat\","
                        "\"creation_content\":{\"io.greffier.direct\":\"" BOB "\"}}");
    enters(bench, "!dm:example.org", ME, "join");
    enters(bench, "!dm:example.org", BOB, "invite");
    assert_int_equal(n_heads(bench), 0);
    say_to(bench, BOB, "t3");
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    enters(bench, "!dm:example.org", BOB, "join");
    assert_int_equal(n_heads(bench), 1);
}

/* The answer is lost on the way: no second room, if a sync brings the first. */
static void direct_rooms__makes_no_second_room(void **state)
{
    struct bench *bench = *state;
    bench->reply.status = 0;
    int64_t row = say_to(bench, BOB, "t1");
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_false(bench->client.is_caught_up);
    assert_int_equal(direct_rooms_next_ms(bench->rooms), INT64_MAX);
    bench->client.now_ms = NOW + 100000;
    bench->client.is_reachable = true;
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    int64_t seen = room_ensure(bench->store, "!first:example.org");
    room_set(bench->store, seen, "membership", "join");
    room_set(bench->store, seen, "dm_person", BOB);
    enters(bench, "!first:example.org", ME, "join");
    enters(bench, "!first:example.org", BOB, "invite");
    client_caught_up(&bench->client, bench->client.now_ms);
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_int_equal(get(bench, row).room, seen);
    assert_int_equal(store_int(bench->store, -1, "SELECT count(*) FROM room WHERE membership = 'wanted'", ""),
                     0);
}

/* It did not: then the room was not made. */
static void direct_rooms__asks_again_after_a_sync(void **state)
{
    struct bench *bench = *state;
    bench->reply.status = 0;
    int64_t row = say_to(bench, BOB, "t1");
    work(bench);
    bench->client.now_ms = NOW + 100000;
    bench->client.is_reachable = true;
    client_caught_up(&bench->client, bench->client.now_ms);
    bench->reply.status = 200;
    work(bench);
    assert_int_equal(bench->server->n_requests, 2);
    assert_int_equal(get(bench, row).room, room_find(bench->store, "!dm:example.org"));
}

static void direct_rooms__withdraws_what_was_for_one_who_refuses(void **state)
{
    struct bench *bench = *state;
    bench->reply = (struct scripted_reply){ 403, "{\"errcode\":\"M_FORBIDDEN\"}", NULL };
    int64_t row = say_to(bench, BOB, "t1");
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_int_equal(get(bench, row).state, OUTBOX_WITHDRAWN);
    assert_int_equal(direct_rooms_next_ms(bench->rooms), INT64_MAX);
}

/* A limit is waited for, in one sleep; a suspended account and a proxy's page are no refusal. */
static void direct_rooms__waits(void **state)
{
    struct bench *bench = *state;
    int64_t row = say_to(bench, BOB, "t1");
    bench->reply =
        (struct scripted_reply){ 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":300000}", NULL };
    work(bench);
    bench->client.now_ms = NOW + 100000;
    work(bench);
    assert_int_equal(bench->server->n_requests, 1);
    assert_int_equal(direct_rooms_next_ms(bench->rooms), NOW + 300000);
    bench->client.now_ms = NOW + 300000;
    bench->reply = (struct scripted_reply){ 404, "<html>", NULL };
    work(bench);
    client_caught_up(&bench->client, bench->client.now_ms);
    bench->client.now_ms = NOW + 400000;
    bench->reply = (struct scripted_reply){ 403, "{\"errcode\":\"M_USER_SUSPENDED\"}", NULL };
    work(bench);
    assert_int_equal(bench->server->n_requests, 3);
    assert_int_equal(get(bench, row).state, OUTBOX_QUEUED);
    assert_true(direct_rooms_next_ms(bench->rooms) > bench->client.now_ms);
}

static void direct_rooms__lets_the_next_person_go_first(void **state)
{
    struct bench *bench = *state;
    bench->reply = (struct scripted_reply){ 500, "{\"errcode\":\"M_UNKNOWN\"}", NULL };
    say_to(bench, BOB, "t1");
    say_to(bench, "@carol:example.org", "t2");
    work(bench);
    bench->client.now_ms = NOW + 2000;
    client_caught_up(&bench->client, bench->client.now_ms);
    work(bench);
    assert_int_equal(bench->server->n_requests, 2);
    assert_non_null(strstr(bench->server->requests[0].body, "@bob"));
    assert_non_null(strstr(bench->server->requests[1].body, "@carol"));
}

/* A direct room with bob in it, and a row that waits there. */
static int64_t meet_bob(struct bench *bench, const char *membership)
{
    int64_t row = say_to(bench, BOB, "t1");
    work(bench);
    enters(bench, "!dm:example.org", ME, "join");
    enters(bench, "!dm:example.org", BOB, membership);
    return row;
}

static bool heed_in(struct bench *bench, const char *room_id, const char *person, const char *membership)
{
    enters(bench, room_id, person, membership);
    turn_enter_room(&bench->turn, room_find(bench->store, room_id));
    return direct_heed(&bench->turn, person, membership);
}

static bool heed(struct bench *bench, const char *person, const char *membership)
{
    return heed_in(bench, "!dm:example.org", person, membership);
}

/* Declined, or left later: what waited ends, the bot leaves, and the next word is another room's. */
static void direct_heed__ends_with_the_person(void **state)
{
    struct bench *bench = *state;
    int64_t row = meet_bob(bench, "invite");
    int64_t room = get(bench, row).room;
    assert_true(heed(bench, BOB, "leave"));
    assert_int_equal(get(bench, row).state, OUTBOX_WITHDRAWN);
    struct invite_row leaving;
    assert_true(invite_next(bench->store, bench->arena, &leaving));
    assert_string_equal(leaving.room_id, "!dm:example.org");
    assert_int_equal(leaving.state, INVITE_LEAVE);
    int64_t next = say_to(bench, BOB, "t2");
    assert_int_not_equal(get(bench, next).room, room);
}

/* A third person is let in: nothing private is said there any more, and nothing is lost. */
static void direct_heed__moves_what_was_private(void **state)
{
    struct bench *bench = *state;
    int64_t row = meet_bob(bench, "join");
    int64_t room = get(bench, row).room;
    assert_false(heed(bench, BOB, "join"));
    assert_int_equal(n_heads(bench), 1);
    enters(bench, "!dm:example.org", "@mallory:example.org", "invite");
    assert_int_equal(n_heads(bench), 0);
    assert_false(room_is_direct(bench->store, room));
    assert_true(heed(bench, "@mallory:example.org", "invite"));
    assert_null(bench->turn.room.dm_person);
    struct outbox_row moved = get(bench, row);
    assert_int_equal(moved.state, OUTBOX_QUEUED);
    assert_int_not_equal(moved.room, room);
    assert_null(moved.thread);
    assert_int_equal(get(bench, say_to(bench, BOB, "t2")).room, moved.room);
}

/* The room of meet_bob, and one that a doubled request made: bob is asked to both. Returns what waits in the first. */
static int64_t meet_bob_twice(struct bench *bench)
{
    int64_t row = meet_bob(bench, "invite");
    int64_t other = room_ensure(bench->store, "!double:example.org");
    room_set(bench->store, other, "membership", "join");
    room_set(bench->store, other, "dm_person", BOB);
    room_set(bench->store, other, "creators", "[\"" ME "\"]");
    room_set(bench->store, get(bench, row).room, "creators", "[\"" ME "\"]");
    enters(bench, "!double:example.org", ME, "join");
    enters(bench, "!double:example.org", BOB, "invite");
    return row;
}

static const char *room_left(struct bench *bench)
{
    struct invite_row leaving;
    if (!invite_next(bench->store, bench->arena, &leaving))
        return "none";
    assert_int_equal(leaving.state, INVITE_LEAVE);
    return leaving.room_id;
}

static void direct_heed__leaves_a_room_made_twice__once_the_person_is_in_the_other(void **state)
{
    struct bench *bench = *state;
    int64_t row = meet_bob_twice(bench);
    assert_false(heed(bench, "@greffier:example.org", "join"));
    assert_true(heed(bench, BOB, "join"));
    assert_string_equal(room_left(bench), "!double:example.org");
    assert_int_equal(get(bench, row).room, room_find(bench->store, "!dm:example.org"));
    assert_int_equal(n_heads(bench), 1);
}

static void direct_heed__says_what_waits_where_the_person_came_first(void **state)
{
    struct bench *bench = *state;
    int64_t row = meet_bob_twice(bench);
    assert_true(heed_in(bench, "!double:example.org", BOB, "join"));
    assert_string_equal(room_left(bench), "!dm:example.org");
    assert_int_equal(get(bench, row).room, room_find(bench->store, "!double:example.org"));
    assert_int_equal(n_heads(bench), 1);
    /* The other was left, and is nobody's direct room any more. */
    assert_false(heed(bench, BOB, "join"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(direct__is_encrypted__where_a_device_can_have_the_key),
        TEST(direct__is_in_clear__where_none_can),
        TEST(direct__is_made_later__while_that_is_asked),
        TEST(direct__says_nothing__before_the_person_has_come),
        TEST(direct_rooms__makes_no_second_room),
        TEST(direct_rooms__asks_again_after_a_sync),
        TEST(direct_rooms__withdraws_what_was_for_one_who_refuses),
        TEST(direct_rooms__waits),
        TEST(direct_rooms__lets_the_next_person_go_first),
        TEST(direct_heed__ends_with_the_person),
        TEST(direct_heed__moves_what_was_private),
        TEST(direct_heed__leaves_a_room_made_twice__once_the_person_is_in_the_other),
        TEST(direct_heed__says_what_waits_where_the_person_came_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
