/* matrix/numbers: no item number twice, and an old copy of the store knows that it is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "engine/engine.h"
#include "matrix/http.h"
#include "matrix/numbers.h"
#include "scripted.h"

enum { NOW = 1800000000 };

struct bench {
    struct store *store;
    struct http *http;
    struct client client;
    struct numbers *numbers;
    struct scripted *server;
    char kept[512]; /* the account data; "": none */
    char reply[512];
    int n_failing; /* the next so many requests are answered 500 */
    int n_put;
    bool is_locked;
    bool is_behind_a_wall; /* a proxy says 403 */
    bool is_others; /* the account data are somebody else's */
    int n_ready;
    bool is_restored;
};

/* The engine's part, with one habit: its words about the table number. */
bool engine_needs_numbers(struct engine *engine)
{
    struct store *store = (struct store *)(void *)engine;
    return store_int(store, 0, "SELECT reserved - next + 1 FROM number WHERE prefix = 'DEC'", "") <
           ENGINE_NUMBER_BLOCK / 2;
}

struct json_object *engine_numbers(struct engine *engine)
{
    struct store *store = (struct store *)(void *)engine;
    struct json_object *numbers = json_object_new_object();
    json_set_int(numbers, "DEC", store_int(store, 0, "SELECT reserved FROM number WHERE prefix = 'DEC'", ""));
    return numbers;
}

void engine_reserve_numbers(struct engine *engine, struct json_object *granted)
{
    store_run((struct store *)(void *)engine,
              "INSERT INTO number(prefix, next, reserved) VALUES('DEC', 1, ?1)"
              " ON CONFLICT(prefix) DO UPDATE SET reserved = max(reserved, excluded.reserved)",
              "i", json_int(granted, "DEC", 0));
}

static struct scripted_reply reply_to(void *data, const struct scripted_request *request)
{
    struct bench *bench = data;
    assert_string_equal(request->path,
                        "/_matrix/client/v3/user/%40bot%3Aexample.org/account_data/io.greffier.state");
    if (bench->n_failing > 0) {
        bench->n_failing--;
        return (struct scripted_reply){ 500, "{\"errcode\":\"M_UNKNOWN\"}", NULL };
    }
    if (bench->is_locked)
        return (struct scripted_reply){ 401, "{\"errcode\":\"M_USER_LOCKED\",\"soft_logout\":true}", NULL };
    if (bench->is_behind_a_wall)
        return (struct scripted_reply){ 403, "<html>go away</html>", NULL };
    if (bench->is_others)
        return (struct scripted_reply){ 403, "{\"errcode\":\"M_FORBIDDEN\"}", NULL };
    if (strcmp(request->method, "PUT") == 0) {
        bench->n_put++;
        snprintf(bench->kept, sizeof bench->kept, "%s", request->body);
        return (struct scripted_reply){ 200, "{}", NULL };
    }
    if (!bench->kept[0])
        return (struct scripted_reply){ 404, "{\"errcode\":\"M_NOT_FOUND\"}", NULL };
    snprintf(bench->reply, sizeof bench->reply, "%s", bench->kept);
    return (struct scripted_reply){ 200, bench->reply, NULL };
}

static void note_ready(void *data, bool is_restored)
{
    struct bench *bench = data;
    bench->n_ready++;
    bench->is_restored = is_restored;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct err err;
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(store_open(NULL, &bench->store, &err), STORE_OPENED);
    bench->server = scripted_create(reply_to, bench);
    bench->http = http_create(bench->server->url, &err);
    bench->client = (struct client){ .http = bench->http,
                                     .store = bench->store,
                                     .engine = (struct engine *)(void *)bench->store,
                                     .me = "@bot:example.org" };
    client_init(&bench->client, NOW);
    bench->numbers = numbers_create(&bench->client, note_ready, bench);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    numbers_destroy(bench->numbers);
    http_destroy(bench->http);
    store_close(bench->store);
    scripted_destroy(bench->server);
    free(bench);
    return 0;
}

static void poke(void *data)
{
    struct bench *bench = data;
    numbers_poke(bench->numbers);
}

/* All that happens at this one instant. */
static void work(struct bench *bench)
{
    scripted_settle(bench->server, bench->http, poke, bench);
}

static void restart(struct bench *bench)
{
    numbers_destroy(bench->numbers);
    bench->n_ready = 0;
    bench->numbers = numbers_create(&bench->client, note_ready, bench);
    work(bench);
}

static int64_t number(struct bench *bench, const char *column)
{
    return strcmp(column, "next") == 0 ? store_int(bench->store, 0, "SELECT next FROM number", "")
                                       : store_int(bench->store, 0, "SELECT reserved FROM number", "");
}

static void set_next(struct bench *bench, int64_t next)
{
    store_begin(bench->store);
    store_run(bench->store, "UPDATE number SET next = ?1", "i", next);
    assert_true(store_commit(bench->store, NULL));
}

static void numbers__raises_the_generation_and_reserves_a_block(void **state)
{
    struct bench *bench = *state;
    assert_false(numbers_is_ready(bench->numbers));
    work(bench);
    assert_true(numbers_is_ready(bench->numbers));
    assert_int_equal(bench->n_ready, 1);
    assert_false(bench->is_restored);
    assert_string_equal(bench->kept, "{\"generation\":1,\"numbers\":{\"DEC\":32}}");
    assert_int_equal(number(bench, "reserved"), 32);
    restart(bench);
    assert_false(bench->is_restored);
    assert_string_equal(bench->kept, "{\"generation\":2,\"numbers\":{\"DEC\":32}}");
    assert_int_equal(store_get_int(bench->store, "generation", 0), 2);
    set_next(bench, 18); /* fewer than half are left */
    work(bench);
    assert_string_equal(bench->kept, "{\"generation\":2,\"numbers\":{\"DEC\":64}}");
    assert_int_equal(number(bench, "reserved"), 64);
    assert_int_equal(number(bench, "next"), 18);
}

static void numbers__finds_out_an_old_copy_and_goes_on_behind_the_servers_block(void **state)
{
    struct bench *bench = *state;
    work(bench);
    set_next(bench, 5);
    snprintf(bench->kept, sizeof bench->kept, "{\"generation\":7,\"numbers\":{\"DEC\":64,\"OLD\":32}}");
    restart(bench);
    assert_true(bench->is_restored);
    assert_string_equal(bench->kept, "{\"generation\":8,\"numbers\":{\"DEC\":96,\"OLD\":32}}");
    assert_int_equal(store_int(bench->store, 0, "SELECT next FROM number WHERE prefix = 'DEC'", ""), 65);
    assert_int_equal(store_int(bench->store, 0, "SELECT next FROM number WHERE prefix = 'OLD'", ""), 33);
    assert_int_equal(store_get_int(bench->store, "generation", 0), 8);
    restart(bench);
    assert_true(bench->is_restored); /* for a week */
    assert_int_equal(store_int(bench->store, 0, "SELECT next FROM number WHERE prefix = 'DEC'", ""), 65);
    bench->client.now_ms += INT64_C(8) * 24 * 3600 * 1000;
    restart(bench);
    assert_false(bench->is_restored);
}

static void numbers_restored__is_not_ready_until_the_servers_block_is_behind(void **state)
{
    struct bench *bench = *state;
    work(bench);
    set_next(bench, 5);
    snprintf(bench->kept, sizeof bench->kept, "{\"generation\":1,\"numbers\":{\"DEC\":64}}");
    numbers_restored(bench->numbers);
    assert_false(numbers_is_ready(bench->numbers));
    assert_int_equal(number(bench, "next"), 33); /* nobody draws meanwhile */
    work(bench);
    assert_true(numbers_is_ready(bench->numbers));
    assert_true(bench->is_restored);
    assert_string_equal(bench->kept, "{\"generation\":2,\"numbers\":{\"DEC\":96}}");
    assert_int_equal(number(bench, "next"), 65);
}

static void numbers__uses_no_number_that_the_server_does_not_know(void **state)
{
    struct bench *bench = *state;
    bench->n_failing = 1000;
    work(bench);
    assert_false(numbers_is_ready(bench->numbers));
    assert_int_equal(number(bench, "reserved"), 0);
    assert_true(numbers_next_ms(bench->numbers) > NOW);
    for (int i = 0; i < 8; i++) {
        bench->n_failing = i % 2;
        bench->client.now_ms = numbers_next_ms(bench->numbers) == INT64_MAX ? bench->client.now_ms
                                                                            : numbers_next_ms(bench->numbers);
        work(bench);
    }
    assert_true(numbers_is_ready(bench->numbers));
    assert_int_equal(number(bench, "reserved"), 32);
}

static void numbers_bump__makes_a_copy_older_than_the_account(void **state)
{
    struct bench *bench = *state;
    work(bench);
    int64_t copied = store_get_int(bench->store, "generation", 0);
    numbers_bump(bench->numbers);
    work(bench);
    assert_int_equal(store_get_int(bench->store, "generation", 0), copied + 1);
    assert_string_equal(bench->kept, "{\"generation\":2,\"numbers\":{\"DEC\":32}}");
}

static void numbers__find_the_homeserver_by_themselves_at_the_start(void **state)
{
    struct bench *bench = *state;
    bench->client.is_reachable = false;
    assert_int_equal(numbers_next_ms(bench->numbers), 0);
    work(bench);
    assert_true(numbers_is_ready(bench->numbers));
    numbers_bump(bench->numbers);
    bench->client.is_reachable = false;
    assert_int_equal(numbers_next_ms(bench->numbers), INT64_MAX); /* sync finds out */
}

static void numbers_is_refused__by_an_account_that_is_not_ours(void **state)
{
    struct bench *bench = *state;
    bench->is_others = true;
    work(bench);
    assert_true(numbers_is_refused(bench->numbers));
    assert_false(numbers_is_ready(bench->numbers));
}

static void numbers__wait_for_an_account_that_was_locked_at_the_start(void **state)
{
    struct bench *bench = *state;
    bench->is_locked = true;
    work(bench);
    assert_int_equal(bench->client.account, CLIENT_LOCKED);
    assert_int_equal(numbers_next_ms(bench->numbers), NOW + CLIENT_LOCKED_MS);
    bench->is_locked = false;
    bench->client.now_ms = NOW + CLIENT_LOCKED_MS;
    work(bench);
    assert_true(numbers_is_ready(bench->numbers));
}

static void numbers_is_refused__not_by_a_proxy(void **state)
{
    struct bench *bench = *state;
    bench->is_behind_a_wall = true;
    work(bench);
    assert_false(numbers_is_refused(bench->numbers));
    bench->is_behind_a_wall = false;
    bench->client.now_ms = NOW + 60000;
    work(bench);
    assert_true(numbers_is_ready(bench->numbers));
}

static void numbers_merge__takes_nothing_odd_from_the_account(void **state)
{
    (void)state;
    static const struct {
        const char *ours, *servers;
        bool is_needed;
        const char *want;
    } rows[] = {
        { "{\"DEC\":32}", "{\"DEC\":64}", false, "{\"DEC\":64}" },
        { "{\"DEC\":64}", "{\"DEC\":32}", true, "{\"DEC\":96}" },
        { "{\"DEC\":0}", "{}", true, "{\"DEC\":32}" },
        { "{\"DEC\":0}", "{\"TSK\":32}", true, "{\"DEC\":32,\"TSK\":32}" },
        { "{\"DEC\":32}", "{\"DEC\":-5,\"dec\":9,\"X1\":9,\"TOOLONGNAME\":9,\"REQ\":\"9\",\"ESC\":1e3}",
          false, "{\"DEC\":32,\"REQ\":0,\"ESC\":0}" },
        { "{\"DEC\":32}", "{\"DEC\":99999999999}", true, "{\"DEC\":64}" },
        { "{\"DEC\":32}", "[]", false, "{\"DEC\":32}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *ours = json_tokener_parse(rows[i].ours);
        struct json_object *servers = json_tokener_parse(rows[i].servers);
        struct json_object *merged = numbers_merge(
            ours, json_object_is_type(servers, json_type_object) ? servers : NULL, rows[i].is_needed);
        assert_string_equal(json_text(merged), rows[i].want);
        json_object_put(merged);
        json_object_put(ours);
        json_object_put(servers);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(numbers__raises_the_generation_and_reserves_a_block),
        TEST(numbers__finds_out_an_old_copy_and_goes_on_behind_the_servers_block),
        TEST(numbers_restored__is_not_ready_until_the_servers_block_is_behind),
        TEST(numbers__uses_no_number_that_the_server_does_not_know),
        TEST(numbers_bump__makes_a_copy_older_than_the_account),
        TEST(numbers__find_the_homeserver_by_themselves_at_the_start),
        TEST(numbers_is_refused__by_an_account_that_is_not_ours),
        TEST(numbers_is_refused__not_by_a_proxy),
        TEST(numbers__wait_for_an_account_that_was_locked_at_the_start),
        cmocka_unit_test(numbers_merge__takes_nothing_odd_from_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
