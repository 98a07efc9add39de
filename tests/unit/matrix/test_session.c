/* matrix/session and store/keyfile: logged in once, and clear words when that cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server.h"

#include <sys/stat.h>

#include "base/xmalloc.h"
#include "matrix/session.h"
#include "store/keyfile.h"

#define ME "@greffier:example.org"

struct fixture {
    struct server *server;
    struct http *http;
    struct store *store;
    char url[64];
    struct session_settings settings;
    unsigned char key[SECRET_KEY_BYTES];
    struct err err;
    struct arena *arena;
    /* The server's script. */
    const char *versions, *flows, *login_errcode, *who;
    int login_status, who_status;
    bool is_soft_logout;
    /* What it saw. */
    int n_requests, n_logins, n_whos;
    char device[64], last_token[256];
    int n_findings;
    char findings[1024];
};

static struct server_answer serve_login(struct fixture *f, const struct server_request *request)
{
    struct json_object *body = json_parse(request->body, strlen(request->body));
    f->n_logins++;
    snprintf(f->device, sizeof f->device, "%s", json_str(body, "device_id"));
    bool is_right = strcmp(json_str(body, "password"), "right") == 0 &&
                    strcmp(json_str(body, "identifier/user"), ME) == 0;
    json_object_put(body);
    if (f->login_status)
        return (struct server_answer){ .status = f->login_status,
                                       .body = xasprintf("{\"errcode\":\"%s\",\"retry_after_ms\":4000}",
                                                         f->login_errcode) };
    if (!is_right)
        return (struct server_answer){ .status = 403, .body = xstrdup("{\"errcode\":\"M_FORBIDDEN\"}") };
    return (struct server_answer){ .status = 200,
                                   .body = xasprintf("{\"user_id\":\"%s\",\"access_token\":\"token%d\","
                                                     "\"device_id\":\"%s\"}",
                                                     f->who, f->n_logins, f->device) };
}

static struct server_answer serve(void *data, const struct server_request *request)
{
    struct fixture *f = data;
    f->n_requests++;
    if (*request->token)
        snprintf(f->last_token, sizeof f->last_token, "%s", request->token);
    if (strstr(request->path, "/versions"))
        return (struct server_answer){ .status = 200, .body = xstrdup(f->versions) };
    if (strcmp(request->path, "/_matrix/client/v3/login") == 0)
        return strcmp(request->method, "GET") == 0
                   ? (struct server_answer){ .status = 200, .body = xstrdup(f->flows) }
                   : serve_login(f, request);
    f->n_whos++;
    if (f->who_status)
        return (struct server_answer){ .status = f->who_status,
                                       .body =
                                           xasprintf("{\"errcode\":\"M_UNKNOWN_TOKEN\",\"soft_logout\":%s}",
                                                     f->is_soft_logout ? "true" : "false") };
    return (struct server_answer){ .status = 200,
                                   .body = xasprintf("{\"user_id\":\"%s\",\"device_id\":\"DEV\"}", f->who) };
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->server = server_start(serve, f);
    f->versions = "{\"versions\":[\"v1.11\"]}";
    f->flows = "{\"flows\":[7,{\"type\":\"m.login.sso\"},{\"type\":\"m.login.password\"}]}";
    f->login_errcode = "";
    f->who = ME;
    f->arena = arena_create();
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", f->server->port);
    f->http = http_create(f->url, NULL);
    secret_random(f->key, sizeof f->key);
    f->settings = (struct session_settings){ .url = f->url, .user = ME, .password = "right", .key = f->key };
    *state = f;
    return store_open(NULL, &f->store, NULL) == STORE_OPENED ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    http_destroy(f->http);
    server_stop(f->server);
    store_close(f->store);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static enum session_result open_it(struct fixture *f)
{
    f->err = (struct err){ "" };
    return session_open(f->store, f->http, &f->settings, &f->err);
}

static void assert_refused(struct fixture *f, const char *words)
{
    assert_int_equal(open_it(f), SESSION_REFUSED);
    if (!strstr(f->err.text, words))
        print_error("%s\n", f->err.text);
    assert_non_null(strstr(f->err.text, words));
}

static void session_open__logs_in_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_it(f), SESSION_READY);
    assert_int_equal(f->n_logins, 1);
    assert_string_equal(session_device_id(f->store, f->arena), f->device);
    assert_null(strstr(store_get(f->store, f->arena, "session.token"), "token1"));
    int n_requests = f->n_requests;
    assert_int_equal(open_it(f), SESSION_READY);
    assert_int_equal(f->n_requests, n_requests); /* not even a question: the server may be away */
    assert_int_equal(session_verify(f->http, &f->settings, &f->err), SESSION_READY);
    assert_string_equal(f->last_token, "token1");
}

static void session_open__keeps_its_device__when_a_login_was_lost(void **state)
{
    struct fixture *f = *state;
    f->login_status = 502;
    assert_int_equal(open_it(f), SESSION_AWAY);
    char first[64];
    snprintf(first, sizeof first, "%s", f->device);
    assert_string_equal(session_device_id(f->store, f->arena), first);
    f->login_status = 0;
    assert_int_equal(open_it(f), SESSION_READY);
    assert_string_equal(f->device, first);
}

static void session_open__says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    f->settings.password = "wrong";
    assert_refused(f, "refuses the password");
    f->settings.password = NULL;
    assert_refused(f, "greffier login");
    f->settings.password = "right";
    f->who = "@alice:example.org";
    assert_refused(f, "instead of " ME);
    f->flows = "{\"flows\":[{\"type\":\"m.login.sso\"}]}";
    assert_refused(f, "takes no passwords");
    f->versions = "<html>";
    assert_refused(f, "is no Matrix homeserver");
    assert_non_null(session_device_id(f->store, f->arena));
    assert_null(store_get(f->store, f->arena, "session.token"));
}

static void session_open__waits__when_logins_are_limited(void **state)
{
    struct fixture *f = *state;
    f->login_status = 429;
    f->login_errcode = "M_LIMIT_EXCEEDED";
    assert_int_equal(open_it(f), SESSION_AWAY);
    assert_non_null(strstr(f->err.text, "for 5 s"));
}

static void session_open__shows_no_token__to_another_address(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_it(f), SESSION_READY);
    f->settings.url = "http://127.0.0.1:1";
    http_set_token(f->http, NULL);
    assert_refused(f, "was made at");
    f->settings.url = f->url;
    f->settings.user = "@other:example.org";
    assert_refused(f, "belongs to");
}

static void session_open__refuses__the_wrong_key(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_it(f), SESSION_READY);
    f->key[0] ^= 1;
    assert_refused(f, "key file");
    assert_int_equal(f->n_logins, 1);
}

static void session_open__takes__a_pasted_token(void **state)
{
    struct fixture *f = *state;
    f->settings.password = NULL;
    f->settings.access_token = "pasted";
    assert_int_equal(open_it(f), SESSION_READY);
    assert_string_equal(f->last_token, "pasted");
    assert_string_equal(session_device_id(f->store, f->arena), "DEV");
    assert_int_equal(open_it(f), SESSION_READY);
    assert_int_equal(f->n_whos, 1);
    f->settings.access_token = "pasted2";
    f->who = "@alice:example.org";
    assert_refused(f, "belongs to @alice:example.org");
}

static void session_renew__takes_a_new_device__only_when_the_old_is_gone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_it(f), SESSION_READY);
    char first[64];
    snprintf(first, sizeof first, "%s", f->device);
    f->who_status = 401;
    f->is_soft_logout = true;
    assert_int_equal(session_renew(f->store, f->http, &f->settings, &f->err), SESSION_READY);
    assert_string_equal(f->device, first);
    f->is_soft_logout = false;
    assert_int_equal(session_renew(f->store, f->http, &f->settings, &f->err), SESSION_READY);
    assert_string_not_equal(f->device, first);
    assert_int_equal(f->n_logins, 3);
}

static void say(void *data, const char *finding)
{
    struct fixture *f = data;
    f->n_findings++;
    snprintf(f->findings, sizeof f->findings, "%s", finding);
}

static int check(struct fixture *f)
{
    f->n_findings = 0;
    int n = session_check(f->store, f->http, &f->settings, 0, say, f);
    assert_int_equal(n, f->n_findings);
    return n;
}

static void session_check__finds__without_logging_in(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(check(f), 0);
    assert_int_equal(f->n_logins, 0);
    assert_int_equal(open_it(f), SESSION_READY);
    assert_int_equal(check(f), 0);
    f->who_status = 401;
    assert_int_equal(check(f), 1);
    assert_non_null(strstr(f->findings, "greffier login"));
    f->versions = "{}";
    assert_int_equal(check(f), 1);
    assert_non_null(strstr(f->findings, "no Matrix homeserver"));
    assert_int_equal(f->n_logins, 1);
}

static void keyfile_load__makes_it_once(void **state)
{
    (void)state;
    char directory[] = "/tmp/keyfile.XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
    unsigned char first[SECRET_KEY_BYTES], second[SECRET_KEY_BYTES];
    struct stat info;
    assert_true(keyfile_load(path, first, NULL));
    assert_true(keyfile_load(path, second, NULL));
    assert_memory_equal(first, second, SECRET_KEY_BYTES);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct err err;
    chmod(path, 0640);
    assert_false(keyfile_load(path, second, &err));
    assert_non_null(strstr(err.text, "chmod 600"));
    chmod(path, 0600);
    assert_int_equal(truncate(path, 10), 0);
    assert_false(keyfile_load(path, second, &err));
    unlink(path);
    assert_int_equal(rmdir(directory), 0); /* and no draft is left */
    assert_false(keyfile_load("/nowhere/key", second, &err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(session_open__logs_in_once),
        TEST(session_open__keeps_its_device__when_a_login_was_lost),
        TEST(session_open__says_what_is_wrong),
        TEST(session_open__waits__when_logins_are_limited),
        TEST(session_open__shows_no_token__to_another_address),
        TEST(session_open__refuses__the_wrong_key),
        TEST(session_open__takes__a_pasted_token),
        TEST(session_renew__takes_a_new_device__only_when_the_old_is_gone),
        TEST(session_check__finds__without_logging_in),
        cmocka_unit_test(keyfile_load__makes_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
