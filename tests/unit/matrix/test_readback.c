/* matrix/readback: what a page of our own events says, and how a look comes to its end; answers are given by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/http.h"
#include "matrix/readback.h"

#define ME   "@bot:example.org"
#define OURS "\"sender\":\"" ME "\",\"event_id\":\"$e\",\"origin_server_ts\":50"

static struct bench {
    struct client client;
    struct readback *readback;
    char path[1024]; /* of the last request */
    int n_requests;
    struct http_request request;
    int n_ends;
    int64_t number;
    enum readback_end end;
    char event_id[32];
} bench;

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    bench.request = *asked;
    snprintf(bench.path, sizeof bench.path, "%s", asked->path);
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
    struct http_answer said = {
        .status = status, .text = text, .len = strlen(text), .retry_after_ms = -1, .date_ms = -1
    };
    said.json = json_parse(text, strlen(text));
    said.errcode = json_str(said.json, "errcode");
    bench.request.done(bench.request.data, &said);
    json_object_put(said.json);
}

static void note_end(void *data, int64_t number, enum readback_end end, struct json_object *event)
{
    (void)data;
    bench.n_ends++;
    bench.number = number;
    bench.end = end;
    snprintf(bench.event_id, sizeof bench.event_id, "%s", event ? json_str(event, "event_id") : "");
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .client = { .me = ME } };
    client_init(&bench.client, 1000);
    log_set_level(LOG_LEVEL_ERROR);
    bench.readback = readback_create(&bench.client, note_end, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    readback_destroy(bench.readback);
    return 0;
}

/* Pages */

static void readback_scan__finds_what_is_ours_and_sought(void **state)
{
    (void)state;
    static const struct readback_look by_txn = { .txn = "t", .oldest_ms = 40 },
                                      secret = { .txn = "t", .ciphertext = "Aw", .oldest_ms = 40 },
                                      by_item = { .item = "u", .cause = "$c", .oldest_ms = 40 },
                                      by_cause = { .cause = "$c", .oldest_ms = 40 };
    static const struct {
        const struct readback_look *look;
        const char *event;
        bool is_found;
    } rows[] = {
        { &by_txn, OURS ",\"unsigned\":{\"transaction_id\":\"t\"}", true },
        { &by_txn, OURS ",\"content\":{\"io.greffier.txn\":\"t\"}", true },
        { &by_txn, OURS ",\"content\":{\"io.greffier.txn\":\"other\"}", false },
        { &by_txn, OURS ",\"content\":{\"io.greffier.txn\":7}", false },
        { &by_txn, "\"sender\":\"@eve:x\",\"event_id\":\"$e\",\"content\":{\"io.greffier.txn\":\"t\"}",
          false },
        { &by_txn, "\"sender\":\"" ME "\",\"content\":{\"io.greffier.txn\":\"t\"}",
          false }, /* without an id */
        /* In an encrypted room the id is inside; after a new token the homeserver keeps it for us no more. */
        { &secret, OURS ",\"content\":{\"ciphertext\":\"Aw\"}", true },
        { &secret, OURS ",\"content\":{\"ciphertext\":\"Ax\"}", false },
        { &by_txn, OURS ",\"content\":{\"ciphertext\":\"Aw\"}", false },
        { &by_item, OURS ",\"content\":{\"io.greffier.item\":\"u\"}", true },
        { &by_item, OURS ",\"type\":\"m.room.message\",\"content\":{\"io.greffier.item\":\"v\"}", false },
        /* A relation says whose it is only where nothing else can be read. */
        { &by_item,
          OURS ",\"type\":\"m.room.message\","
               "\"content\":{\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$c\"}}}",
          false },
        { &by_item,
          OURS ",\"type\":\"m.room.encrypted\","
               "\"content\":{\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$c\"}}}",
          true },
        { &by_cause, OURS ",\"content\":{\"m.relates_to\":{\"event_id\":\"$c\"}}", true },
        { &by_cause, OURS ",\"content\":{\"m.relates_to\":{\"event_id\":\"$d\"}}", false },
        { &by_cause, OURS, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct json_object *event;
        int len = snprintf(text, sizeof text, "{\"chunk\":[7,{},{%s}],\"end\":\"next\"}", rows[i].event);
        struct json_object *page = json_parse(text, (size_t)len);
        assert_non_null(page);
        enum readback_page result = readback_scan(page, rows[i].look, ME, "from", &event);
        assert_int_equal(result, rows[i].is_found ? READBACK_PAGE_FOUND : READBACK_PAGE_MORE);
        assert_int_equal(event != NULL, rows[i].is_found);
        json_object_put(page);
    }
}

static void readback_scan__knows_where_the_look_ends(void **state)
{
    (void)state;
    static const struct {
        const char *page;
        enum readback_page result;
    } rows[] = {
        { "{\"chunk\":[]}", READBACK_PAGE_END },
        { "{\"chunk\":[],\"end\":\"next\"}", READBACK_PAGE_MORE }, /* filtered away, and more behind it */
        { "{\"chunk\":[],\"end\":\"from\"}", READBACK_PAGE_END }, /* leads nowhere */
        { "{\"chunk\":[{" OURS "}],\"end\":\"next\"}", READBACK_PAGE_END }, /* older than what is sought */
        { "{\"chunk\":[{\"sender\":\"" ME "\"}],\"end\":\"next\"}", READBACK_PAGE_MORE }, /* of no time */
        { "{\"chunk\":{},\"end\":\"next\"}", READBACK_PAGE_BAD },
        { "{}", READBACK_PAGE_BAD },
        { "[]", READBACK_PAGE_BAD },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *event, *page = json_parse(rows[i].page, strlen(rows[i].page));
        assert_int_equal(
            readback_scan(page, &(struct readback_look){ .txn = "t", .oldest_ms = 51 }, ME, "from", &event),
            rows[i].result);
        json_object_put(page);
    }
}

/* Looks */

static void look(int64_t number)
{
    assert_true(readback_look(bench.readback, number,
                              &(struct readback_look){ .room_id = "!r:x", .txn = "t", .oldest_ms = 40 }));
}

static void readback_look__goes_from_page_to_page(void **state)
{
    (void)state;
    look(7);
    assert_true(readback_is_busy(bench.readback, 7));
    assert_null(strstr(bench.path, "&from="));
    answer(200, "{\"chunk\":[],\"end\":\"p1\"}");
    assert_non_null(strstr(bench.path, "&from=p1"));
    answer(200, "{\"chunk\":[{" OURS ",\"content\":{\"io.greffier.txn\":\"t\"}}]}");
    assert_int_equal(bench.n_requests, 2);
    assert_int_equal(bench.end, READBACK_FOUND);
    assert_int_equal(bench.number, 7);
    assert_string_equal(bench.event_id, "$e");
    assert_false(readback_is_busy(bench.readback, 7));
}

static void readback_look__ends_as_the_answer_says(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
        enum readback_end of_look, of_event;
    } rows[] = {
        { 200, "{\"chunk\":[]}", READBACK_ABSENT, READBACK_FAILED },
        { 200, "{}", READBACK_FAILED, READBACK_FAILED },
        { 200, "{\"event_id\":\"$other\"}", READBACK_FAILED, READBACK_FAILED },
        { 200, "{\"event_id\":\"$sought\"}", READBACK_FAILED, READBACK_FOUND },
        { 403, "{\"errcode\":\"M_FORBIDDEN\"}", READBACK_DENIED, READBACK_DENIED },
        { 404, "{\"errcode\":\"M_NOT_FOUND\"}", READBACK_DENIED, READBACK_ABSENT },
        { 404, "<html>", READBACK_FAILED, READBACK_FAILED }, /* some proxy's */
        { 400, "{\"errcode\":\"M_UNKNOWN\"}", READBACK_FAILED, READBACK_FAILED },
        { 502, "", READBACK_FAILED, READBACK_FAILED },
        { 0, "", READBACK_FAILED, READBACK_FAILED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        look(1);
        answer(rows[i].status, rows[i].text);
        assert_int_equal(bench.end, rows[i].of_look);
        assert_true(readback_event(bench.readback, 2, "!r:x", "$sought"));
        assert_non_null(strstr(bench.path, "/rooms/%21r%3Ax/event/%24sought"));
        answer(rows[i].status, rows[i].text);
        assert_int_equal(bench.end, rows[i].of_event);
        assert_int_equal(bench.n_ends, 2 * (int)i + 2);
    }
}

/* A homeserver that has always one page more is not followed for ever. */
static void readback_look__gives_up_after_many_pages(void **state)
{
    (void)state;
    look(1);
    for (int i = 0; i < READBACK_PAGES; i++) {
        char text[64];
        assert_int_equal(bench.n_ends, 0);
        snprintf(text, sizeof text, "{\"chunk\":[],\"end\":\"p%d\"}", i);
        answer(200, text);
    }
    assert_int_equal(bench.end, READBACK_DENIED);
    assert_int_equal(bench.n_requests, READBACK_PAGES);
}

static void readback_look__has_so_many_jobs(void **state)
{
    (void)state;
    for (int i = 1; i <= READBACK_JOBS; i++) {
        assert_int_equal(readback_n_free(bench.readback), READBACK_JOBS - i + 1);
        look(i);
    }
    assert_int_equal(readback_n_free(bench.readback), 0);
    assert_false(readback_look(bench.readback, 99, &(struct readback_look){ .room_id = "!r:x", .txn = "t" }));
    assert_false(readback_event(bench.readback, 99, "!r:x", "$e"));
    assert_int_equal(bench.n_requests, READBACK_JOBS);
    readback_destroy(bench.readback); /* what is under way is cancelled */
    readback_destroy(NULL);
    bench.readback = NULL;
    assert_null(bench.request.done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readback_scan__finds_what_is_ours_and_sought),
        cmocka_unit_test(readback_scan__knows_where_the_look_ends),
        TEST(readback_look__goes_from_page_to_page),
        TEST(readback_look__ends_as_the_answer_says),
        TEST(readback_look__gives_up_after_many_pages),
        TEST(readback_look__has_so_many_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
