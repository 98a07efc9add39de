/* matrix/crypto: this device's keys at the homeserver, answer by answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/crypto/crypto.h"
#include "matrix/crypto/device.h"
#include "matrix/http.h"
#include "store/store.h"

#define ME "@bot:x"
enum { NOW = 1800000000, REQUESTS_MAX = 1000, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters",
                           other_key[SECRET_KEY_BYTES];

static struct bench {
    struct store *store;
    struct arena *arena;
    struct client client;
    struct crypto *crypto;
    struct http_request request; /* .done NULL: none is under way */
    struct json_object *body; /* owned */
    int n_requests;
} bench;

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    if (strcmp(asked->path, "/_matrix/client/v3/keys/upload") != 0)
        return REQUESTS_MAX; /* what else it asks is never answered here */
    assert_null(bench.request.done);
    bench.request = *asked;
    json_object_put(bench.body);
    bench.body = json_parse(asked->body, strlen(asked->body));
    return (uint64_t)++bench.n_requests;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    if (id && id < REQUESTS_MAX)
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

static void begin_life(const unsigned char *store_key)
{
    client_init(&bench.client, bench.client.now_ms);
    memset(bench.client.waits_until_ms, 0, sizeof bench.client.waits_until_ms);
    bench.client.is_caught_up = true;
    bench.crypto = crypto_create(&bench.client, &(struct crypto_settings){ .key = store_key });
}

static void begin_again(void)
{
    crypto_destroy(bench.crypto);
    begin_life(key);
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .arena = arena_create(), .client = { .me = ME, .device_id = "BOT" } };
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.client.store = bench.store;
    bench.client.now_ms = NOW;
    begin_life(key);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    crypto_destroy(bench.crypto);
    store_close(bench.store);
    json_object_put(bench.body);
    arena_destroy(bench.arena);
    return 0;
}

/* An answer of sync, asked for now and here a second later. */
static void sync_says(const char *text)
{
    struct json_object *json = json_parse(text, strlen(text));
    int64_t asked_ms = ++bench.client.now_ms;
    bench.client.now_ms += 1000;
    crypto_take(bench.crypto, json, asked_ms, false);
    crypto_poke(bench.crypto);
    json_object_put(json);
}

static void set_writable(bool is_writable)
{
    store_run(bench.store, is_writable ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1", "");
}

static size_t n_of(const char *member)
{
    struct json_object *keys = json_obj(bench.body, member);
    return keys ? (size_t)json_object_object_length(keys) : 0;
}

static const char *body_text(void)
{
    return arena_strdup(bench.arena, json_text(bench.body));
}

#define COUNT(n)                                                                                             \
    "{\"device_one_time_keys_count\":{\"signed_curve25519\":" n                                              \
    "},\"device_unused_fallback_key_types\":[\"signed_curve25519\"]}"
#define NO_FALLBACK                                                                                          \
    "{\"device_one_time_keys_count\":{\"signed_curve25519\":50},\"device_unused_fallback_key_types\":[]}"
#define UPLOADED "{\"one_time_key_counts\":{\"signed_curve25519\":50}}"

static void publish(void)
{
    sync_says(COUNT("0"));
    answer(200, UPLOADED);
    bench.client.now_ms += 10000; /* what it is told sooner waits */
}

static void first_start__puts_all_keys_there__signed(void **state)
{
    (void)state;
    struct device_keys keys;
    sync_says("{}");
    assert_true(device_read(json_obj(bench.body, "device_keys"), ME, "BOT", &keys));
    assert_int_equal(n_of("one_time_keys"), 50);
    assert_int_equal(n_of("fallback_keys"), 1);
    json_object_object_foreach(json_obj(bench.body, "one_time_keys"), name, value)
    {
        assert_int_equal(strncmp(name, "signed_curve25519:", 18), 0);
        assert_non_null(device_read_one_time(value, &keys));
    }
    json_object_object_foreach(json_obj(bench.body, "fallback_keys"), other_name, fallback)
    {
        (void)other_name;
        assert_true(json_flag(fallback, "fallback", false));
        assert_non_null(device_read_one_time(fallback, &keys));
    }
    answer(200, UPLOADED);
    assert_true(crypto_is_on(bench.crypto));
}

static void nothing__is_asked_before_the_homeserver_is_known(void **state)
{
    (void)state;
    bench.client.is_caught_up = false;
    crypto_poke(bench.crypto);
    assert_int_equal(bench.n_requests, 0);
}

static void another_start__puts_nothing_there(void **state)
{
    (void)state;
    publish();
    for (int i = 0; i < 2; i++) {
        begin_again();
        sync_says(COUNT("50"));
    }
    assert_int_equal(bench.n_requests, 1);
}

/* Counts that were asked for before the homeserver had them are old: more would push keys out of the account. */
static void old_counts__make_no_keys(void **state)
{
    (void)state;
    sync_says(COUNT("0"));
    int64_t asked_ms = bench.client.now_ms;
    struct json_object *old = json_parse("{}", 2);
    crypto_take(bench.crypto, old, asked_ms, false); /* while they are on their way */
    answer(200, UPLOADED);
    crypto_take(bench.crypto, old, asked_ms, false);
    crypto_poke(bench.crypto);
    json_object_put(old);
    assert_int_equal(bench.n_requests, 1);
}

/* It takes them, and says at each answer that it has none. */
static void a_homeserver_that_does_not_count__is_given_few(void **state)
{
    (void)state;
    sync_says("{}");
    answer(200, "{\"one_time_key_counts\":{}}");
    for (int i = 0; i < 8; i++)
        sync_says("{}");
    assert_int_equal(bench.n_requests, 1);
    bench.client.now_ms = crypto_next_ms(bench.crypto);
    crypto_poke(bench.crypto);
    assert_int_equal(bench.n_requests, 2);
    assert_int_equal(n_of("one_time_keys"), 50);
}

static void used_keys__are_made_up_for(void **state)
{
    (void)state;
    publish();
    sync_says(COUNT("43"));
    assert_int_equal(n_of("one_time_keys"), 7);
    assert_int_equal(n_of("fallback_keys"), 0);
    assert_null(json_obj(bench.body, "device_keys"));
}

/* An answer that was lost: the same keys again, byte for byte, though all are said to be missing. */
static void a_lost_answer__puts_the_same_keys_there(void **state)
{
    (void)state;
    sync_says(COUNT("0"));
    const char *first = body_text();
    answer(0, "");
    bench.client.is_reachable = bench.client.is_caught_up = true;
    bench.client.now_ms = crypto_next_ms(bench.crypto);
    crypto_poke(bench.crypto);
    assert_string_equal(body_text(), first);
    http_cancel(NULL, 1);
    begin_again();
    sync_says(COUNT("0"));
    assert_string_equal(body_text(), first);
    answer(200, UPLOADED);
}

static void a_disk_that_takes_no_writes__shows_no_keys_to_anybody(void **state)
{
    (void)state;
    set_writable(false);
    sync_says(COUNT("0"));
    assert_int_equal(bench.n_requests, 0);
    set_writable(true);
    bench.client.now_ms = crypto_next_ms(bench.crypto);
    crypto_poke(bench.crypto);
    const char *first = body_text();
    set_writable(false);
    answer(200, UPLOADED);
    set_writable(true);
    bench.client.now_ms += HOUR_MS;
    crypto_poke(bench.crypto);
    assert_string_equal(body_text(), first);
}

static void the_fallback_key__is_replaced_once_used_and_once_a_week(void **state)
{
    (void)state;
    publish();
    sync_says(NO_FALLBACK);
    assert_int_equal(n_of("fallback_keys"), 1);
    assert_int_equal(n_of("one_time_keys"), 0);
    answer(200, UPLOADED);
    sync_says(COUNT("50"));
    assert_int_equal(bench.n_requests, 2);
    assert_int_equal(store_get_int(bench.store, "crypto.has_old_fallback", 0), 1);
    bench.client.now_ms += 2 * HOUR_MS; /* what was made with the one before has arrived by now */
    crypto_poke(bench.crypto);
    assert_int_equal(store_get_int(bench.store, "crypto.has_old_fallback", 0), 0);
    assert_int_equal(bench.n_requests, 2);
    bench.client.now_ms += INT64_C(7) * DAY_MS;
    assert_true(crypto_next_ms(bench.crypto) <= bench.client.now_ms);
    crypto_poke(bench.crypto);
    assert_int_equal(n_of("fallback_keys"), 1);
    assert_int_equal(bench.n_requests, 3);
}

/* A homeserver that does not know such keys says so, and is not asked for ever. */
static void refusals__turn_it_off(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
        bool is_off;
    } cases[] = {
        { 400,
          "{\"errcode\":\"M_UNKNOWN\",\"error\":\"One time key signed_curve25519:AAAAAQ already exists\"}",
          true },
        { 404, "{\"errcode\":\"M_UNRECOGNIZED\"}", true },
        { 404, "<html>", false },
        { 403, "{\"errcode\":\"M_FORBIDDEN\"}", false },
        { 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\"}", false },
        { 502, "", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_again();
        sync_says(COUNT("0"));
        answer(cases[i].status, cases[i].text);
        assert_int_equal(crypto_is_on(bench.crypto), !cases[i].is_off);
        /* That a homeserver has no encryption is nothing that anybody could mend. */
        assert_int_equal(crypto_trouble(bench.crypto) != NULL, cases[i].is_off && cases[i].status == 400);
        assert_int_equal(crypto_next_ms(bench.crypto) == INT64_MAX, cases[i].is_off);
        sync_says(COUNT("0"));
        if (cases[i].is_off)
            assert_null(bench.request.done);
        http_cancel(NULL, 1);
    }
}

static void another_device__begins_anew(void **state)
{
    (void)state;
    publish();
    bench.client.device_id = "NEW";
    begin_again();
    sync_says(COUNT("0"));
    assert_int_equal(n_of("one_time_keys"), 50);
    struct device_keys keys;
    assert_true(device_read(json_obj(bench.body, "device_keys"), ME, "NEW", &keys));
}

static void another_key_file__makes_no_new_keys_under_the_old_name(void **state)
{
    (void)state;
    publish();
    char *before = store_get(bench.store, bench.arena, "crypto.account");
    crypto_destroy(bench.crypto);
    begin_life(other_key);
    sync_says(COUNT("0"));
    assert_false(crypto_is_on(bench.crypto));
    assert_int_equal(bench.n_requests, 1);
    assert_string_equal(store_get(bench.store, bench.arena, "crypto.account"), before);
}

static void a_clock_that_is_set__moves_what_waits(void **state)
{
    (void)state;
    sync_says(COUNT("0"));
    answer(502, "");
    bench.client.is_reachable = bench.client.is_caught_up = true;
    int64_t next_ms = crypto_next_ms(bench.crypto);
    crypto_clock_moved(bench.crypto, DAY_MS);
    assert_int_equal(crypto_next_ms(bench.crypto), next_ms + DAY_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_start__puts_all_keys_there__signed),
        TEST(nothing__is_asked_before_the_homeserver_is_known),
        TEST(another_start__puts_nothing_there),
        TEST(old_counts__make_no_keys),
        TEST(a_homeserver_that_does_not_count__is_given_few),
        TEST(used_keys__are_made_up_for),
        TEST(a_lost_answer__puts_the_same_keys_there),
        TEST(a_disk_that_takes_no_writes__shows_no_keys_to_anybody),
        TEST(the_fallback_key__is_replaced_once_used_and_once_a_week),
        TEST(refusals__turn_it_off),
        TEST(another_device__begins_anew),
        TEST(another_key_file__makes_no_new_keys_under_the_old_name),
        TEST(a_clock_that_is_set__moves_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
