/* matrix/profiles: the zone of a profile is asked once a day, only one of the list is taken, and what a person says counts more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "matrix/http.h"
#include "matrix/profiles.h"
#include "scripted.h"
#include "store/room.h"

#define ME "@greffier:x"

enum { NOW = 1800000000 };

struct bench {
    struct store *store;
    struct arena *arena;
    struct http *http;
    struct scripted *server;
    struct client client;
    struct profiles *profiles;
    struct scripted_reply reply;
    int n_asked;
};

static struct scripted_reply reply_to(void *data, const struct scripted_request *request)
{
    struct bench *bench = data;
    static const char path[] = "/_matrix/client/v3/profile/%40";
    assert_int_equal(strncmp(request->path, path, sizeof path - 1), 0);
    assert_null(strstr(request->path, "greffier"));
    assert_null(strstr(request->path, "ghost"));
    bench->n_asked++;
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
    struct engine *engine = engine_create(
        bench->store,
        &(struct engine_settings){
            .me = ME, .lang = "en", .zone = "UTC", .hours = "mon-fri 09:00-17:00", .prefix = "!" },
        command_table, habit_table);
    bench->client = (struct client){ .http = bench->http, .store = bench->store, .engine = engine, .me = ME };
    client_init(&bench->client, NOW);
    client_caught_up(&bench->client, NOW);
    bench->profiles = profiles_create(&bench->client);
    store_begin(bench->store);
    int64_t room = room_ensure(bench->store, "!ops:x");
    room_set(bench->store, room, "membership", "join");
    static const char *const people[] = { ME, "@_ghost:x", "@bob:x" };
    for (size_t i = 0; i < 3; i++)
        room_set_member(bench->store, room, people[i], "join", NULL);
    room_set_member(bench->store, room, "@gone:x", "leave", NULL);
    assert_true(store_commit(bench->store, NULL));
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    profiles_destroy(bench->profiles);
    engine_destroy(bench->client.engine);
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
    profiles_poke(bench->profiles);
}

static void work_at(struct bench *bench, int64_t now_ms)
{
    bench->client.now_ms = now_ms;
    scripted_settle(bench->server, bench->http, poke, bench);
}

static const char *zone(struct bench *bench)
{
    char *zone =
        store_str(bench->store, bench->arena, "SELECT zone FROM profile WHERE person = '@bob:x'", "");
    return zone ? zone : "none";
}

static void profile__is_taken__if_it_is_a_zone(void **state)
{
    static const struct {
        int status;
        const char *body, *zone;
    } rows[] = {
        { 200, "{\"m.tz\":\"Asia/Kolkata\"}", "Asia/Kolkata" },
        { 200, "{\"us.cloke.msc4175.tz\":\"Europe/Paris\",\"displayname\":\"Bob\"}", "Europe/Paris" },
        { 200, "{\"m.tz\":\"Nowhere\",\"us.cloke.msc4175.tz\":\"Europe/Paris\"}", "Europe/Paris" },
        { 200, "{\"m.tz\":\"../../etc/passwd\"}", "none" },
        { 200, "{\"m.tz\":\"/etc/localtime\"}", "none" },
        { 200, "{\"m.tz\":[\"Europe/Paris\"]}", "none" },
        { 200, "{\"m.tz\":\"Europe/Paris\\u0000\"}", "none" },
        { 200, "[]", "none" },
        { 200, "no json", "none" },
        { 404, "{\"errcode\":\"M_NOT_FOUND\"}", "none" },
        { 403, "{\"errcode\":\"M_FORBIDDEN\"}", "none" },
    };
    struct bench *bench = *state;
    int64_t now_ms = NOW;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench->reply = (struct scripted_reply){ rows[i].status, rows[i].body, NULL };
        work_at(bench, now_ms);
        assert_int_equal(bench->n_asked, i + 1);
        assert_string_equal(zone(bench), rows[i].zone);
        work_at(bench, now_ms + PROFILES_AGAIN_MS - 1); /* not again on that day */
        assert_int_equal(bench->n_asked, i + 1);
        now_ms += PROFILES_AGAIN_MS + 60001;
    }
}

/* A homeserver that is away holds up nobody for ever, and what was known stays. */
static void profile__stays__when_nobody_answers(void **state)
{
    struct bench *bench = *state;
    bench->reply = (struct scripted_reply){ 200, "{\"m.tz\":\"Asia/Kolkata\"}", NULL };
    work_at(bench, NOW);
    bench->reply = (struct scripted_reply){ 500, "{}", NULL };
    int64_t now_ms = NOW + PROFILES_AGAIN_MS + 60001;
    for (int i = 0; i < 20; i++)
        work_at(bench, now_ms += 61000);
    assert_int_equal(bench->n_asked, 1 + 6);
    assert_string_equal(zone(bench), "Asia/Kolkata");
    assert_true(profiles_next_ms(bench->profiles) == INT64_MAX);
}

static void profile__is_not_asked__before_the_sync_has_caught_up(void **state)
{
    struct bench *bench = *state;
    bench->client.is_caught_up = false;
    work_at(bench, NOW);
    assert_int_equal(bench->n_asked, 0);
    assert_true(profiles_next_ms(bench->profiles) == INT64_MAX);
}

static const char *said_zone(struct bench *bench, const char *body)
{
    static int n;
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = arena_printf(bench->arena, "$%d", ++n),
                           .room = room_find(bench->store, "!ops:x"),
                           .sender = "@bob:x",
                           .at_ms = NOW,
                           .body = body };
    struct outbox_row row;
    struct spoken spoken;
    store_begin(bench->store);
    assert_int_equal(engine_event(bench->client.engine, &event, NOW), TURN_DONE);
    assert_true(store_commit(bench->store, NULL));
    int64_t id = store_int(bench->store, 0, "SELECT max(id) FROM outbox WHERE template = 'me/settings'", "");
    assert_true(outbox_get(bench->store, id, bench->arena, &row));
    assert_true(engine_speak(bench->client.engine, &row, bench->arena, &spoken, NULL));
    return spoken.body;
}

static void what_a_person_says__counts_more(void **state)
{
    struct bench *bench = *state;
    bench->reply = (struct scripted_reply){ 200, "{\"m.tz\":\"Asia/Kolkata\"}", NULL };
    assert_non_null(strstr(said_zone(bench, "!me"), "UTC (not chosen)"));
    work_at(bench, NOW);
    assert_non_null(strstr(said_zone(bench, "!me"), "Asia/Kolkata (of the Matrix profile)"));
    assert_non_null(strstr(said_zone(bench, "!me zone Zurich"), "Europe/Zurich, now"));
    bench->reply = (struct scripted_reply){ 200, "{\"m.tz\":\"Asia/Tokyo\"}", NULL };
    work_at(bench, NOW + PROFILES_AGAIN_MS + 60001);
    assert_non_null(strstr(said_zone(bench, "!me"), "Europe/Zurich, now"));
    assert_non_null(strstr(said_zone(bench, "!me zone default"), "Asia/Tokyo (of the Matrix profile)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(profile__is_taken__if_it_is_a_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(profile__stays__when_nobody_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(profile__is_not_asked__before_the_sync_has_caught_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_a_person_says__counts_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
