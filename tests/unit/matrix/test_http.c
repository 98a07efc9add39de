/* matrix/http: one homeserver, hostile or slow, never more than was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server.h"

#include "base/xmalloc.h"
#include "matrix/http.h"

struct fixture {
    struct server *server;
    struct http *http;
    struct arena *arena;
    int n_requests;
    char last_method[8], last_token[256], last_body[256], last_path[4096];
    /* What the last answer said. */
    int n_answers, status;
    char text[256], failure[256], errcode[64], error[256];
    int64_t retry_after_ms, date_ms;
    bool is_soft_logout, has_json, has_old_token, is_too_large;
};

static struct server_answer serve(void *data, const struct server_request *request)
{
    struct fixture *f = data;
    f->n_requests++;
    snprintf(f->last_method, sizeof f->last_method, "%s", request->method);
    snprintf(f->last_token, sizeof f->last_token, "%s", request->token);
    snprintf(f->last_body, sizeof f->last_body, "%s", request->body);
    snprintf(f->last_path, sizeof f->last_path, "%s", request->path);
    struct server_answer answer = { .status = 200 };
    if (strcmp(request->path, "/redirect") == 0) {
        answer.status = 302;
        answer.headers = "Location: /elsewhere\r\n";
    } else if (strcmp(request->path, "/cut") == 0) {
        answer.status = 0;
    } else if (strcmp(request->path, "/slow") == 0) {
        answer.delay_ms = PATIENCE_MS; /* nobody waits for it */
    } else if (strcmp(request->path, "/large") == 0) {
        answer.body = xmalloc(100001);
        memset(answer.body, 'x', 100000);
        answer.body[100000] = '\0';
    } else if (strcmp(request->path, "/limited") == 0) {
        answer.status = 429;
        answer.headers = "Retry-After: 7\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n";
        answer.body = xstrdup("{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"Too\\u202e many\\u0007\"}");
    } else if (strcmp(request->path, "/limited-body") == 0) {
        answer.status = 429;
        answer.headers = "Retry-After: 7\r\n";
        answer.body =
            xstrdup("{\"errcode\":\"M_LIMIT EXCEEDED\",\"retry_after_ms\":1234,\"soft_logout\":true}");
    } else if (strcmp(request->path, "/limited-date") == 0) {
        answer.status = 503;
        answer.headers =
            "Retry-After: Sun, 22 Nov 2026 10:00:30 GMT\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n";
    } else if (strcmp(request->path, "/deep") == 0) {
        answer.body = xmalloc(2000);
        memset(answer.body, '[', 900);
        memset(answer.body + 900, ']', 900);
        answer.body[1800] = '\0';
    }
    return answer;
}

static void on_done(void *data, const struct http_answer *answer)
{
    struct fixture *f = data;
    f->n_answers++;
    f->status = answer->status;
    snprintf(f->text, sizeof f->text, "%s", answer->text);
    snprintf(f->failure, sizeof f->failure, "%s", answer->failure ? answer->failure : "");
    snprintf(f->errcode, sizeof f->errcode, "%s", answer->errcode ? answer->errcode : "");
    snprintf(f->error, sizeof f->error, "%s", answer->error ? answer->error : "");
    f->retry_after_ms = answer->retry_after_ms;
    f->date_ms = answer->date_ms;
    f->is_soft_logout = answer->is_soft_logout;
    f->has_json = answer->json != NULL;
    f->has_old_token = answer->has_old_token;
    f->is_too_large = answer->is_too_large;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->server = server_start(serve, f);
    f->arena = arena_create();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", f->server->port);
    f->http = http_create(url, NULL);
    *state = f;
    return f->http ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_destroy(f->http);
    server_stop(f->server);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static void get(struct fixture *f, const char *path)
{
    http_call(f->http, &(struct http_request){ .method = "GET", .path = path, .done = on_done, .data = f });
}

static void http_create__refuses__what_is_no_homeserver(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "matrix.example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "http://example.org",
        "https://bot:pw@example.org",
        "https://example.org/?a=b",
        "https://",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1.example.org@evil.example/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = { "" };
        assert_null(http_create(bad[i], &err));
        assert_true(strlen(err.text) > 0);
    }
    static const char *const good[] = { "https://matrix.example.org", "https://example.org/matrix/",
                                        "http://localhost:8008", "http://[::1]:8008", "http://127.0.0.1" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct http *http = http_create(good[i], NULL);
        assert_non_null(http);
        http_destroy(http);
    }
}

static void http_send__sends_the_token_and_the_body(void **state)
{
    struct fixture *f = *state;
    http_set_token(f->http, "secret");
    struct http_request request = {
        .method = "PUT", .path = "/a/b?c=d", .body = "{\"e\":1}", .done = on_done, .data = f
    };
    http_call(f->http, &request);
    assert_int_equal(f->status, 200);
    assert_string_equal(f->last_token, "secret");
    assert_string_equal(f->last_body, "{\"e\":1}");
    assert_string_equal(f->last_path, "/a/b?c=d");
    request.without_token = true;
    http_call(f->http, &request);
    assert_string_equal(f->last_token, "");
}

/* Handles are used again: nothing of the one before may go along. */
static void http_send__begins_anew_each_time(void **state)
{
    struct fixture *f = *state;
    http_set_token(f->http, "secret");
    struct http_request put = {
        .method = "PUT", .path = "/put", .body = "{\"e\":1}", .done = on_done, .data = f
    };
    for (int i = 0; i < 3; i++) {
        http_call(f->http, &put);
        assert_string_equal(f->last_method, "PUT");
        assert_string_equal(f->last_body, "{\"e\":1}");
        get(f, "/get");
        assert_string_equal(f->last_method, "GET");
        assert_string_equal(f->last_path, "/get");
        assert_string_equal(f->last_body, "");
        get(f, "/cut");
        assert_int_equal(f->status, 0);
        http_cancel(f->http, http_send(f->http, &put));
        http_call(f->http,
                  &(struct http_request){
                      .method = "POST", .path = "/post", .without_token = true, .done = on_done, .data = f });
        assert_string_equal(f->last_method, "POST");
        assert_string_equal(f->last_body, "{}");
        assert_string_equal(f->last_token, "");
        assert_string_equal(f->failure, "");
    }
}

static void http_send__keeps_the_path__of_the_homeserver(void **state)
{
    struct fixture *f = *state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/at/home/", f->server->port);
    http_destroy(f->http);
    f->http = http_create(url, NULL);
    assert_non_null(f->http);
    get(f, "/sync?since=a%2Fb");
    assert_string_equal(f->last_path, "/at/home/sync?since=a%2Fb");
}

static void http_work__follows_no_redirect(void **state)
{
    struct fixture *f = *state;
    get(f, "/redirect");
    assert_int_equal(f->status, 302);
    assert_int_equal(f->n_requests, 1);
}

static void http_work__stops__at_the_cap(void **state)
{
    struct fixture *f = *state;
    struct http_request request = {
        .method = "GET", .path = "/large", .max_bytes = 99999, .done = on_done, .data = f
    };
    http_call(f->http, &request);
    assert_int_equal(f->status, 0);
    assert_non_null(strstr(f->failure, "larger"));
    assert_true(f->is_too_large);
    request.max_bytes = 100000;
    http_call(f->http, &request);
    assert_int_equal(f->status, 200);
}

static void http_work__says_so__when_nothing_answers(void **state)
{
    struct fixture *f = *state;
    get(f, "/cut");
    assert_int_equal(f->status, 0);
    assert_true(strlen(f->failure) > 0);
    http_call(f->http, &(struct http_request){
                           .method = "GET", .path = "/slow", .timeout_s = 1, .done = on_done, .data = f });
    assert_int_equal(f->status, 0);
}

static void http_work__reads_what_an_error_says(void **state)
{
    struct fixture *f = *state;
    get(f, "/limited");
    assert_int_equal(f->status, 429);
    assert_string_equal(f->errcode, "M_LIMIT_EXCEEDED");
    assert_string_equal(f->error, "Too many");
    assert_int_equal(f->retry_after_ms, 7000);
    assert_int_equal(f->date_ms, 1795341600000);
    assert_false(f->is_soft_logout);
    get(f, "/limited-body");
    assert_string_equal(f->errcode, "");
    assert_int_equal(f->retry_after_ms, 1234);
    assert_true(f->is_soft_logout);
    get(f, "/limited-date");
    assert_int_equal(f->retry_after_ms, 30000);
}

/* What was asked with the last token says nothing about this one. */
static void http_work__tells__whose_token_an_answer_is_about(void **state)
{
    struct fixture *f = *state;
    http_set_token(f->http, "one");
    get(f, "/");
    assert_false(f->has_old_token);
    http_send(f->http, &(struct http_request){ .method = "GET", .path = "/", .done = on_done, .data = f });
    http_set_token(f->http, "two");
    for (int n = f->n_answers; f->n_answers == n;) {
        http_wait(f->http, NULL, 0, 100);
        http_work(f->http);
    }
    assert_true(f->has_old_token);
    assert_string_equal(f->last_token, "one");
}

static void http_is_refusal__only_where_a_homeserver_speaks(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *errcode;
        bool want;
    } rows[] = {
        { 403, "M_FORBIDDEN", true },
        { 404, "M_NOT_FOUND", true },
        { 400, "M_UNKNOWN", true },
        { 413, NULL, true },
        { 413, "M_TOO_LARGE", true },
        { 404, NULL, false },
        { 403, NULL, false },
        { 400, NULL, false },
        { 401, "M_UNKNOWN_TOKEN", false },
        { 408, "M_X", false },
        { 429, "M_LIMIT_EXCEEDED", false },
        { 500, "M_UNKNOWN", false },
        { 502, NULL, false },
        { 302, NULL, false },
        { 200, NULL, false },
        { 0, NULL, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_answer answer = { .status = rows[i].status, .errcode = rows[i].errcode };
        if (http_is_refusal(&answer) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

static void http_work__parses__900_levels(void **state)
{
    struct fixture *f = *state;
    get(f, "/deep");
    assert_true(f->has_json);
}

static void http_cancel__calls_nobody(void **state)
{
    struct fixture *f = *state;
    struct http_request request = { .method = "GET", .path = "/slow", .done = on_done, .data = f };
    uint64_t id = http_send(f->http, &request);
    http_work(f->http);
    http_cancel(f->http, id);
    http_cancel(f->http, id);
    get(f, "/");
    assert_int_equal(f->n_answers, 1);
}

static void http_send__runs_many_at_once(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++)
        http_send(f->http,
                  &(struct http_request){ .method = "GET", .path = "/", .done = on_done, .data = f });
    while (f->n_answers < 20) {
        http_work(f->http);
        http_wait(f->http, NULL, 0, 100);
    }
    assert_int_equal(f->n_requests, 20);
}

/* curl sends again by itself what a connection that it had kept has lost: not where that makes two of it. */
static void http_send__asks_once__what_must_not_be_done_twice(void **state)
{
    struct fixture *f = *state;
    struct http_request request = { .method = "POST", .path = "/cut", .done = on_done, .data = f };
    get(f, "/");
    http_call(f->http, &request);
    assert_int_equal(f->n_requests, 3); /* the server saw it twice */
    get(f, "/");
    request.is_once = true;
    http_call(f->http, &request);
    assert_int_equal(f->status, 0);
    assert_int_equal(f->n_requests, 5);
}

static void http_escape__leaves_only_what_a_component_may_hold(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(http_escape(f->arena, "!a-_.~:b/$?é"), "%21a-_.~%3Ab%2F%24%3F%C3%A9");
}

static void backoff_ms__grows_to_a_minute(void **state)
{
    (void)state;
    static const struct {
        int attempt;
        int64_t most_ms;
    } rows[] = { { 0, 1000 },  { 1, 1000 },  { 2, 2000 },       { 5, 16000 },
                 { 6, 32000 }, { 7, 60000 }, { 1000000, 60000 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(backoff_ms(rows[i].attempt, UINT32_MAX), rows[i].most_ms);
        assert_int_equal(backoff_ms(rows[i].attempt, 0), 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_create__refuses__what_is_no_homeserver),
        cmocka_unit_test_setup_teardown(http_send__sends_the_token_and_the_body, setup, teardown),
        cmocka_unit_test_setup_teardown(http_send__begins_anew_each_time, setup, teardown),
        cmocka_unit_test_setup_teardown(http_send__keeps_the_path__of_the_homeserver, setup, teardown),
        cmocka_unit_test_setup_teardown(http_work__follows_no_redirect, setup, teardown),
        cmocka_unit_test_setup_teardown(http_work__stops__at_the_cap, setup, teardown),
        cmocka_unit_test_setup_teardown(http_work__says_so__when_nothing_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(http_work__reads_what_an_error_says, setup, teardown),
        cmocka_unit_test_setup_teardown(http_work__tells__whose_token_an_answer_is_about, setup, teardown),
        cmocka_unit_test(http_is_refusal__only_where_a_homeserver_speaks),
        cmocka_unit_test_setup_teardown(http_work__parses__900_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(http_cancel__calls_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(http_send__runs_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(http_send__asks_once__what_must_not_be_done_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(http_escape__leaves_only_what_a_component_may_hold, setup, teardown),
        cmocka_unit_test(backoff_ms__grows_to_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
