/* matrix/numbers and what matrix/client hears, answer by answer: what the account data say, and what may not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "engine/engine.h"
#include "matrix/http.h"
#include "matrix/numbers.h"
#include "store/number.h"

enum { NOW = 1800000000 };

static struct bench {
    struct store *store;
    struct client client;
    struct numbers *numbers;
    struct http_request request; /* .done NULL: none is under way */
    char body[512];
    int n_requests, n_ready;
    bool needs_numbers;
    enum client_account told; /* by on_account */
    int n_told;
} bench;

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    bench.request = *asked;
    snprintf(bench.body, sizeof bench.body, "%s", asked->body ? asked->body : "");
    return (uint64_t)++bench.n_requests;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    if (id)
        bench.request.done = NULL;
}

static void answer(int status, const char *text)
{
    struct http_request request = bench.request;
    struct http_answer said = {
        .status = status, .text = text, .len = strlen(text), .retry_after_ms = -1, .date_ms = -1
    };
    said.json = json_parse(text, strlen(text));
    said.errcode = json_str(said.json, "errcode");
    assert_non_null(request.done);
    bench.request.done = NULL;
    request.done(request.data, &said);
    json_object_put(said.json);
}

bool engine_needs_numbers(struct engine *engine)
{
    (void)engine;
    return bench.needs_numbers;
}

struct json_object *engine_numbers(struct engine *engine)
{
    (void)engine;
    return json_parse("{\"DEC\":32}", 10);
}

void engine_reserve_numbers(struct engine *engine, struct json_object *granted)
{
    (void)engine;
    store_set_int(bench.store, "granted", json_int(granted, "DEC", 0));
}

static void note_ready(void *data, bool is_restored)
{
    (void)data;
    (void)is_restored;
    bench.n_ready++;
}

static void note_account(void *data, enum client_account account)
{
    (void)data;
    bench.told = account;
    bench.n_told++;
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .client = { .me = "@bot:x", .on_account = note_account } };
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.client.store = bench.store;
    client_init(&bench.client, NOW);
    bench.numbers = numbers_create(&bench.client, note_ready, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    numbers_destroy(bench.numbers);
    store_close(bench.store);
    return 0;
}

static void set_writable(bool is_writable)
{
    store_run(bench.store, is_writable ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1", "");
}

static void poke_when_due(void)
{
    int64_t next_ms = numbers_next_ms(bench.numbers);
    assert_true(next_ms < INT64_MAX);
    if (next_ms > bench.client.now_ms)
        bench.client.now_ms = next_ms;
    numbers_poke(bench.numbers);
    assert_non_null(bench.request.done);
}

/* Nothing there yet, or what stands there; anything else is asked for again, later. */
static void numbers__take_for_none_only_what_is_none(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
    } troubles[] = {
        { 404, "<html>" }, { 404, "{\"errcode\":\"M_UNRECOGNIZED\"}" },           { 200, "[]" },
        { 200, "7" },      { 403, "{\"errcode\":\"M_GUEST_ACCESS_FORBIDDEN\"}" }, { 500, "{}" },
        { 0, "" },
    };
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        poke_when_due();
        assert_string_equal(bench.request.method, "GET");
        answer(troubles[i].status, troubles[i].text);
        assert_null(bench.request.done);
        assert_false(numbers_is_ready(bench.numbers));
        assert_false(numbers_is_refused(bench.numbers));
        assert_true(numbers_next_ms(bench.numbers) > bench.client.now_ms);
        numbers_poke(bench.numbers); /* too early */
        assert_null(bench.request.done);
    }
    poke_when_due();
    answer(404, "{\"errcode\":\"M_NOT_FOUND\"}");
    assert_string_equal(bench.request.method, "PUT");
    assert_string_equal(bench.body, "{\"generation\":1,\"numbers\":{\"DEC\":32}}");
    numbers_poke(bench.numbers); /* one at a time */
    assert_int_equal(numbers_next_ms(bench.numbers), INT64_MAX);
    answer(200, "{}");
    assert_true(numbers_is_ready(bench.numbers));
    assert_int_equal(bench.n_ready, 1);
}

static void numbers__are_asked_for_again_when_they_were_not_kept(void **state)
{
    (void)state;
    poke_when_due();
    answer(200, "{}");
    answer(500, "{}");
    assert_false(numbers_is_ready(bench.numbers));
    poke_when_due();
    answer(200, "{}");
    answer(200, "{}");
    assert_true(numbers_is_ready(bench.numbers));
}

/* The store first: what it could not take is not put, and what was put and could not be taken is not used. */
static void numbers__are_on_the_disk_before_they_are_used(void **state)
{
    (void)state;
    poke_when_due();
    set_writable(false);
    answer(200, "{}");
    assert_null(bench.request.done);
    set_writable(true);
    poke_when_due();
    answer(200, "{}");
    set_writable(false);
    answer(200, "{}");
    assert_false(numbers_is_ready(bench.numbers));
    assert_int_equal(bench.n_ready, 0);
    set_writable(true);
    poke_when_due();
    answer(200, "{\"generation\":1,\"numbers\":{\"DEC\":32}}");
    answer(200, "{}");
    assert_true(numbers_is_ready(bench.numbers));
    assert_int_equal(store_get_int(bench.store, "granted", 0), 32);
}

static void numbers__are_fetched_when_they_run_low(void **state)
{
    (void)state;
    poke_when_due();
    answer(404, "{\"errcode\":\"M_NOT_FOUND\"}");
    answer(200, "{}");
    numbers_poke(bench.numbers);
    assert_null(bench.request.done);
    bench.needs_numbers = true;
    bench.client.waits_until_ms[CLIENT_OTHER] = NOW + 7000;
    numbers_poke(bench.numbers);
    assert_null(bench.request.done); /* the limit */
    bench.client.now_ms = NOW + 7000;
    bench.client.is_reachable = false;
    numbers_poke(bench.numbers);
    assert_null(bench.request.done); /* sync finds the homeserver */
    bench.client.is_reachable = true;
    numbers_poke(bench.numbers);
    answer(200, "{\"generation\":1,\"numbers\":{\"DEC\":32}}");
    assert_string_equal(bench.body, "{\"generation\":1,\"numbers\":{\"DEC\":64}}");
}

static void numbers__ask_nothing_for_an_account_that_may_not(void **state)
{
    (void)state;
    bench.client.account = CLIENT_SIGNED_OUT;
    numbers_poke(bench.numbers);
    assert_null(bench.request.done);
    assert_int_equal(numbers_next_ms(bench.numbers), INT64_MAX);
    bench.client.account = CLIENT_SUSPENDED;
    numbers_poke(bench.numbers);
    assert_non_null(bench.request.done);
    numbers_destroy(bench.numbers); /* cancels it */
    numbers_destroy(NULL);
    bench.numbers = NULL;
    assert_null(bench.request.done);
}

/* In a turn that is open, or in one of its own: from then on nobody draws from the block. */
static void numbers_restored__uses_up_the_block_in_whatever_transaction(void **state)
{
    (void)state;
    store_begin(bench.store);
    numbers_restored(bench.numbers);
    assert_true(store_in_transaction(bench.store));
    assert_true(store_commit(bench.store, NULL));
    numbers_restored(bench.numbers);
    assert_false(store_in_transaction(bench.store));
    numbers_clock_moved(bench.numbers, 3600000);
    assert_false(numbers_is_ready(bench.numbers));
}

static void numbers_merge__keeps_the_larger_and_nothing_odd(void **state)
{
    (void)state;
    static const struct {
        const char *ours, *servers;
        bool is_needed;
        const char *merged;
    } rows[] = {
        { "{\"DEC\":32}", "{\"DEC\":64}", false, "{\"DEC\":64}" },
        { "{\"DEC\":64}", "{\"DEC\":32}", false, "{\"DEC\":64}" },
        { "{\"DEC\":32}", "{\"DEC\":32}", true, "{\"DEC\":64}" },
        { "{\"DEC\":32}", "{\"dec\":64,\"\":1,\"TOOLONGPREFIX\":2,\"D1\":3}", false, "{\"DEC\":32}" },
        { "{\"DEC\":32}", "{\"DEC\":\"64\",\"RMD\":-5}", false, "{\"DEC\":32,\"RMD\":0}" },
        { "{\"DEC\":1073741824}", "{}", true, "{\"DEC\":1073741824}" }, /* no more are to be had */
        { "{\"DEC\":32}", "{\"DEC\":99999999999}", false, "{\"DEC\":32}" }, /* not believed */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *ours = json_parse(rows[i].ours, strlen(rows[i].ours)),
                           *servers = json_parse(rows[i].servers, strlen(rows[i].servers)),
                           *merged = numbers_merge(ours, servers, rows[i].is_needed);
        assert_string_equal(json_text(merged), rows[i].merged);
        json_object_put(ours);
        json_object_put(servers);
        json_object_put(merged);
    }
}

/* Of prefixes that nobody uses there may be so many, and no more. */
static void numbers_merge__is_bounded(void **state)
{
    (void)state;
    struct json_object *servers = json_object_new_object(), *ours = json_parse("{\"DEC\":32}", 10);
    for (int i = 0; i < 100; i++) {
        char prefix[4] = { 'X', (char)('A' + i / 26), (char)('A' + i % 26), '\0' };
        json_set_int(servers, prefix, 7);
    }
    json_set_int(servers, "DEC", 64);
    struct json_object *merged = numbers_merge(ours, servers, false);
    assert_int_equal(json_object_object_length(merged), NUMBER_PREFIXES_MAX);
    assert_int_equal(json_int(merged, "DEC", 0), 64);
    json_object_put(ours);
    json_object_put(servers);
    json_object_put(merged);
}

/* What is heard */

static void hear(enum client_kind kind, int status, const char *errcode)
{
    client_heard(
        &bench.client, kind,
        &(struct http_answer){
            .status = status, .errcode = errcode, .text = "", .retry_after_ms = -1, .date_ms = NOW });
}

static void client_heard__knows_who_answered(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool is_reachable;
    } rows[] = { { 200, true },  { 404, true },  { 500, true }, { 0, false },
                 { 502, false }, { 503, false }, { 504, false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hear(CLIENT_OTHER, rows[i].status, NULL);
        assert_int_equal(bench.client.is_reachable, rows[i].is_reachable);
        client_caught_up(&bench.client, NOW);
        assert_int_equal(bench.client.is_caught_up, rows[i].is_reachable);
    }
}

static void client_heard__waits_where_the_account_is_refused(void **state)
{
    (void)state;
    static const char *const codes[] = { "M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LIMIT_EXCEEDED",
                                         "M_CONSENT_NOT_GIVEN", "M_USER_DEACTIVATED" };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        bench.client.waits_until_ms[CLIENT_JOIN] = 0;
        hear(CLIENT_JOIN, 403, codes[i]);
        assert_int_equal(bench.client.waits_until_ms[CLIENT_JOIN], NOW + 600000);
        assert_true(client_may_send(&bench.client, CLIENT_SEND)); /* of its kind only */
    }
    assert_int_equal(bench.n_told, 0);
    hear(CLIENT_SEND, 403, "M_USER_SUSPENDED");
    assert_int_equal(bench.told, CLIENT_SUSPENDED);
    assert_false(client_may_send(&bench.client, CLIENT_SEND));
    bench.client.on_account = NULL; /* nobody wants to be told */
    hear(CLIENT_SEND, 200, NULL);
    assert_int_equal(bench.client.account, CLIENT_GOOD);
    assert_int_equal(bench.n_told, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers__take_for_none_only_what_is_none),
        TEST(numbers__are_asked_for_again_when_they_were_not_kept),
        TEST(numbers__are_on_the_disk_before_they_are_used),
        TEST(numbers__are_fetched_when_they_run_low),
        TEST(numbers__ask_nothing_for_an_account_that_may_not),
        TEST(numbers_restored__uses_up_the_block_in_whatever_transaction),
        cmocka_unit_test(numbers_merge__keeps_the_larger_and_nothing_odd),
        cmocka_unit_test(numbers_merge__is_bounded),
        TEST(client_heard__knows_who_answered),
        TEST(client_heard__waits_where_the_account_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
