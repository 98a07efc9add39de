/* matrix/http: what stands in the header of an answer, and how much of it is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server.h"

#include "base/xmalloc.h"
#include "matrix/http.h"

/* Sunday 22 November 2026, 10:00:00 GMT */
#define DATE "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
static const int64_t date_ms = INT64_C(1795341600000);

static struct fixture {
    struct server *server;
    struct http *http;
    const char *headers, *body;
    int64_t retry_after_ms, date_ms;
    int status;
    char errcode[128], error[256], failure[128];
} fixture;

static struct server_answer serve(void *data, const struct server_request *request)
{
    (void)data;
    (void)request;
    return (struct server_answer){ .status = 429, .headers = fixture.headers, .body = xstrdup(fixture.body) };
}

static void on_done(void *data, const struct http_answer *answer)
{
    (void)data;
    fixture.status = answer->status;
    fixture.retry_after_ms = answer->retry_after_ms;
    fixture.date_ms = answer->date_ms;
    snprintf(fixture.errcode, sizeof fixture.errcode, "%s", answer->errcode ? answer->errcode : "");
    snprintf(fixture.error, sizeof fixture.error, "%s", answer->error ? answer->error : "");
    snprintf(fixture.failure, sizeof fixture.failure, "%s", answer->failure ? answer->failure : "");
}

static int setup(void **state)
{
    (void)state;
    char url[64];
    fixture = (struct fixture){ .server = server_start(serve, NULL) };
    snprintf(url, sizeof url, "http://127.0.0.1:%d//", fixture.server->port);
    fixture.http = http_create(url, NULL);
    assert_int_equal(http_port(fixture.http), fixture.server->port);
    return fixture.http ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    http_destroy(fixture.http);
    server_stop(fixture.server);
    return 0;
}

static void get(const char *headers, const char *body)
{
    server_lock(fixture.server);
    fixture.headers = headers;
    fixture.body = body;
    server_unlock(fixture.server);
    http_call(fixture.http, &(struct http_request){ .method = "GET", .path = "/", .done = on_done });
}

static void http__reads_when_to_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int64_t retry_after_ms, date_ms;
    } rows[] = {
        { "", -1, -1 },
        { "Retry-After: 7\r\n", 7000, -1 },
        { "retry-after:7\r\n", 7000, -1 },
        { "RETRY-AFTER: \t 7  \r\n", 7000, -1 },
        { "Retry-After: 0\r\n", 0, -1 },
        { "Retry-After: -7\r\n", -1, -1 },
        { "Retry-After:\r\n", -1, -1 },
        { "Retry-After: soon\r\n", -1, -1 },
        { "Retry-After: 7 s\r\n", -1, -1 },
        { "Retry-Afterwards: 7\r\n", -1, -1 },
        { "Retry-After-All: 7\r\n", -1, -1 },
        { "X-Retry-After: 7\r\n", -1, -1 },
        { DATE, -1, INT64_C(1795341600000) },
        { DATE "Retry-After: Sun, 22 Nov 2026 10:00:30 GMT\r\n", 30000, INT64_C(1795341600000) },
        { DATE "Retry-After: Sun, 22 Nov 2026 09:59:30 GMT\r\n", -1, INT64_C(1795341600000) },
        { "Retry-After: Sun, 22 Nov 2026 10:00:30 GMT\r\n", -1, -1 }, /* after what? */
        { "Date: yesterday\r\n", -1, -1 },
        { "Date: Sun, 22 Nov 2026 10:00:00 GMT and a great deal more than a date can be, for whatever reason\r\n",
          -1, -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        get(rows[i].headers, "{}");
        assert_int_equal(fixture.status, 429);
        if (fixture.retry_after_ms != rows[i].retry_after_ms || fixture.date_ms != rows[i].date_ms)
            fail_msg("%s: %lld, %lld", rows[i].headers, (long long)fixture.retry_after_ms,
                     (long long)fixture.date_ms);
    }
    get(DATE, "{}"); /* again, and another second */
    assert_int_equal(fixture.date_ms, date_ms);
    get("Date: Sun, 22 Nov 2026 10:00:01 GMT\r\n", "{}");
    assert_int_equal(fixture.date_ms, date_ms + 1000);
}

/* Years are not waited for, whoever says so. */
static void http__waits_no_longer_than_it_should(void **state)
{
    (void)state;
    get("Retry-After: 999999999\r\n", "{}");
    int64_t most_ms = fixture.retry_after_ms;
    assert_in_range(most_ms, 60000, INT64_C(7) * 24 * 3600 * 1000);
    get(DATE "Retry-After: Sun, 22 Nov 2037 10:00:00 GMT\r\n", "{}");
    assert_int_equal(fixture.retry_after_ms, most_ms);
}

static void http__believes_no_code_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *body, *errcode;
    } rows[] = {
        { "{\"errcode\":\"M_FORBIDDEN\"}", "M_FORBIDDEN" },
        { "{\"errcode\":\"M_FORBIDDEN\\n\"}", "" },
        { "{\"errcode\":\"M_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
          "" },
        { "{\"errcode\":7}", "" },
        { "[]", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        get("", rows[i].body);
        assert_string_equal(fixture.errcode, rows[i].errcode);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http__reads_when_to_come_back),
        cmocka_unit_test(http__waits_no_longer_than_it_should),
        cmocka_unit_test(http__believes_no_code_that_is_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
