/* matrix/session against answers that are given by hand: what each of them means for who starts the bot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/session.h"
#include "matrix/spent.h"
#include "store/outbox.h"
#include "store/room.h"

#define ME  "@bot:x"
#define URL "https://matrix.example.org"
enum { ANSWERS_MAX = 4 };

struct script {
    const char *path; /* of the request that gets it */
    int status;
    const char *text;
};

/* What a homeserver says, what comes of it, and what is said of that. */
struct trial {
    struct script answer;
    enum session_result result;
    const char *words;
};

static const struct script versions = { "/versions", 200, "{\"versions\":[\"v1.11\"]}" },
                           passwords = { "/login", 200, "{\"flows\":[{\"type\":\"m.login.password\"}]}" };

static struct bench {
    struct store *store;
    struct arena *arena;
    unsigned char key[SECRET_KEY_BYTES];
    struct script answers[ANSWERS_MAX];
    int64_t date_ms;
    int n_calls;
    char token[64]; /* that is set */
    struct err err;
    char findings[2048];
} bench;

void http_set_token(struct http *http, const char *token)
{
    (void)http;
    snprintf(bench.token, sizeof bench.token, "%s", token ? token : "");
}

void http_call(struct http *http, const struct http_request *request)
{
    (void)http;
    assert_true(bench.n_calls < ANSWERS_MAX);
    const struct script *script = &bench.answers[bench.n_calls++];
    if (!script->path || !strstr(request->path, script->path))
        fail_msg("%s was asked, and %s is what was to come", request->path,
                 script->path ? script->path : "nothing");
    struct http_answer said = { .status = script->status,
                                .text = script->text,
                                .len = strlen(script->text),
                                .retry_after_ms = -1,
                                .date_ms = bench.date_ms };
    said.json = json_parse(said.text, said.len);
    said.errcode = json_str(said.json, "errcode");
    said.retry_after_ms = json_int(said.json, "retry_after_ms", -1);
    said.is_soft_logout = json_flag(said.json, "soft_logout", false);
    request->done(request->data, &said);
    json_object_put(said.json);
}

static void script(const struct script *one, const struct script *two, const struct script *three,
                   const struct script *four)
{
    const struct script *const all[ANSWERS_MAX] = { one, two, three, four };
    for (int i = 0; i < ANSWERS_MAX; i++)
        bench.answers[i] = all[i] ? *all[i] : (struct script){ 0 };
    bench.n_calls = 0;
    bench.err.text[0] = '\0';
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .date_ms = -1 };
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.arena = arena_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(bench.store);
    arena_destroy(bench.arena);
    return 0;
}

static struct session_settings with_password(void)
{
    return (struct session_settings){ .url = URL, .user = ME, .password = "right", .key = bench.key };
}

static struct session_settings with_token(const char *token)
{
    return (struct session_settings){ .url = URL, .user = ME, .access_token = token, .key = bench.key };
}

static void log_in(void)
{
    static const struct script logged_in = { "/login", 200,
                                             "{\"user_id\":\"" ME
                                             "\",\"access_token\":\"kept\",\"device_id\":\"DEV\"}" };
    struct session_settings settings = with_password();
    script(&versions, &passwords, &logged_in, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_string_equal(bench.token, "kept");
}

static void expect_words(const char *words)
{
    if (!strstr(bench.err.text, words))
        fail_msg("“%s” is not in “%s”", words, bench.err.text);
}

static void session_find_server__tells_a_homeserver_from_the_rest(void **state)
{
    (void)state;
    static const struct trial rows[] = {
        { { "/versions", 200, "{\"versions\":[]}" }, SESSION_READY, "" },
        { { "/versions", 200, "{\"versions\":{}}" }, SESSION_REFUSED, "no Matrix homeserver" },
        { { "/versions", 200, "<html>" }, SESSION_REFUSED, "no Matrix homeserver" },
        { { "/versions", 404, "" }, SESSION_REFUSED, "no Matrix homeserver" },
        { { "/versions", 301, "" }, SESSION_REFUSED, "another address" },
        { { "/versions", 399, "" }, SESSION_REFUSED, "another address" },
        { { "/versions", 0, "" }, SESSION_AWAY, "cannot be reached" },
        { { "/versions", 502, "" }, SESSION_AWAY, "cannot be reached" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script(&rows[i].answer, NULL, NULL, NULL);
        assert_int_equal(session_find_server(NULL, URL, &bench.err), rows[i].result);
        expect_words(rows[i].words);
    }
}

static void session_open__asks_what_logins_there_are(void **state)
{
    (void)state;
    static const struct trial rows[] = {
        { { "/login", 200, "{\"flows\":[7,{\"type\":\"m.login.sso\"}]}" },
          SESSION_REFUSED,
          "takes no passwords" },
        { { "/login", 200, "{\"flows\":7}" }, SESSION_REFUSED, "takes no passwords" },
        { { "/login", 404, "{\"errcode\":\"M_UNRECOGNIZED\"}" }, SESSION_REFUSED, "takes no passwords" },
        { { "/login", 503, "" }, SESSION_AWAY, "Try again later" },
    };
    struct session_settings settings = with_password();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script(&versions, &rows[i].answer, NULL, NULL);
        assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), rows[i].result);
        expect_words(rows[i].words);
    }
    assert_null(store_get(bench.store, bench.arena, "session.token"));
}

static void session_open__says_why_it_may_not_log_in(void **state)
{
    (void)state;
    static const struct trial rows[] = {
        { { "/login", 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":4000}" },
          SESSION_AWAY,
          "for 5 s" },
        { { "/login", 429, "{}" }, SESSION_AWAY, "Try again later" },
        { { "/login", 500, "" }, SESSION_AWAY, "Try again later" },
        { { "/login", 403, "{\"errcode\":\"M_FORBIDDEN\"}" }, SESSION_REFUSED, "password" },
        { { "/login", 403, "{\"errcode\":\"M_USER_DEACTIVATED\"}" }, SESSION_REFUSED, "does not let" },
        { { "/login", 200, "{\"user_id\":\"@eve:x\",\"access_token\":\"t\",\"device_id\":\"D\"}" },
          SESSION_REFUSED,
          "@eve:x" },
        { { "/login", 200, "{\"access_token\":\"t\",\"device_id\":\"D\"}" }, SESSION_REFUSED, "nobody" },
        { { "/login", 200, "{\"user_id\":\"" ME "\",\"device_id\":\"D\"}" }, SESSION_REFUSED, "instead of" },
        { { "/login", 200, "{\"user_id\":\"" ME "\",\"access_token\":\"t\"}" },
          SESSION_REFUSED,
          "instead of" },
    };
    struct session_settings settings = with_password();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script(&versions, &passwords, &rows[i].answer, NULL);
        assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), rows[i].result);
        expect_words(rows[i].words);
        assert_string_equal(bench.token, "");
        assert_null(store_get(bench.store, bench.arena, "session.token"));
    }
}

static void session_verify__says_whose_the_token_is(void **state)
{
    (void)state;
    static const struct trial rows[] = {
        { { "/whoami", 200, "{\"user_id\":\"" ME "\"}" }, SESSION_READY, "" },
        { { "/whoami", 200, "{\"user_id\":\"@eve:x\"}" }, SESSION_REFUSED, "belongs to @eve:x" },
        { { "/whoami", 200, "{}" }, SESSION_REFUSED, "belongs to nobody" },
        { { "/whoami", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}" },
          SESSION_REFUSED,
          "does not know the session" },
        { { "/whoami", 403, "{\"errcode\":\"M_USER_LOCKED\"}" }, SESSION_AWAY, "is locked" },
        { { "/whoami", 0, "" }, SESSION_AWAY, "does not answer" },
    };
    struct session_settings settings = with_token("t");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script(&rows[i].answer, NULL, NULL, NULL);
        assert_int_equal(session_verify(NULL, &settings, &bench.err), rows[i].result);
        expect_words(rows[i].words);
    }
}

/* A token that is not ours is not kept, and not left set. */
static void session_open__adopts_a_token_that_is_its_own(void **state)
{
    (void)state;
    static const struct script ours = { "/whoami", 200, "{\"user_id\":\"" ME "\",\"device_id\":\"PASTED\"}" },
                               theirs = { "/whoami", 200, "{\"user_id\":\"@eve:x\",\"device_id\":\"D\"}" };
    struct session_settings settings = with_token("pasted");
    script(&versions, &theirs, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    assert_string_equal(bench.token, "");
    script(&versions, &ours, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_string_equal(session_device_id(bench.store, bench.arena), "PASTED");
    script(NULL, NULL, NULL, NULL); /* the same again asks nobody */
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    settings = with_token("pasted anew");
    script(&versions, &ours, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_string_equal(bench.token, "pasted anew");
}

static void session_open__is_of_one_account_at_one_homeserver(void **state)
{
    (void)state;
    log_in();
    struct session_settings settings = with_password();
    script(NULL, NULL, NULL, NULL);
    settings.user = "@other:x";
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    expect_words("belongs to " ME);
    settings = with_password();
    settings.url = "https://elsewhere.example.org";
    bench.token[0] = '\0';
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    expect_words("was made at " URL);
    assert_string_equal(bench.token, ""); /* the token was not shown to another server */
    settings = with_password();
    bench.key[0] ^= 1;
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    expect_words("key file does not open");
    bench.key[0] ^= 1;
}

static void session_open__needs_something_to_log_in_with(void **state)
{
    (void)state;
    struct session_settings settings = with_token(NULL);
    script(&versions, NULL, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    expect_words("no session yet");
}

/* The device is chosen on the disk before it is first used; a token that could not be kept is not used. */
static void session_open__logs_in_with_what_the_disk_knows(void **state)
{
    (void)state;
    struct session_settings settings = with_password();
    store_run(bench.store, "PRAGMA query_only = 1", "");
    script(&versions, &passwords, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_STORE);
    store_run(bench.store, "PRAGMA query_only = 0", "");
    static const struct script lost = { "/login", 0, "" };
    script(&versions, &passwords, &lost, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_AWAY);
    char *device = session_device_id(bench.store, bench.arena);
    assert_non_null(device);
    script(&versions, &passwords, &lost, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_AWAY);
    assert_string_equal(session_device_id(bench.store, bench.arena), device);
}

static void session_renew__keeps_the_device_as_long_as_it_is_there(void **state)
{
    static const struct {
        struct script who;
        bool is_same;
    } rows[] = {
        { { "/whoami", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\",\"soft_logout\":true}" }, true },
        { { "/whoami", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}" }, false },
        { { "/whoami", 401, "<html>" }, true }, /* a proxy knows nothing of it */
        { { "/whoami", 502, "" }, true },
        { { "/whoami", 200, "{\"user_id\":\"" ME "\"}" }, true },
    };
    static const struct script failed = { "/login", 500, "" };
    struct session_settings settings = with_password();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup(state);
        log_in();
        script(&rows[i].who, &versions, &passwords, &failed);
        assert_int_equal(session_renew(bench.store, NULL, &settings, &bench.err), SESSION_AWAY);
        bool is_same = strcmp(session_device_id(bench.store, bench.arena), "DEV") == 0;
        assert_int_equal(is_same, rows[i].is_same);
        teardown(state);
    }
    setup(state);
    log_in();
    settings.url = "https://elsewhere.example.org"; /* its token is not shown there: another device */
    script(&versions, &passwords, &failed, NULL);
    assert_int_equal(session_renew(bench.store, NULL, &settings, &bench.err), SESSION_AWAY);
    assert_string_not_equal(session_device_id(bench.store, bench.arena), "DEV");
    settings = with_password();
    settings.user = "@other:x"; /* the store is not theirs: nobody is asked */
    log_in();
    script(NULL, NULL, NULL, NULL);
    assert_int_equal(session_renew(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    teardown(state);
}

static void another_token__ends_what_was_sealed_for_the_one_before(void **state)
{
    (void)state;
    static const struct script in = { "/login", 200,
                                      "{\"user_id\":\"" ME
                                      "\",\"access_token\":\"new\",\"device_id\":\"NEW\"}" },
                               gone = { "/whoami", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}" };
    struct session_settings settings = with_password();
    log_in();
    assert_int_equal(store_get_int(bench.store, "send.token_ms", 0), 0);
    store_begin(bench.store);
    struct outbox_row row = {
        .txn = "t", .room = room_ensure(bench.store, "!r:x"), .role = "say", .cause = "$c", .step = "s"
    };
    store_run(bench.store, "UPDATE outbox SET sealed_ms = 900 WHERE id = ?1", "i",
              outbox_queue(bench.store, &row));
    assert_true(store_commit(bench.store, &bench.err));
    script(&gone, &versions, &passwords, &in);
    assert_int_equal(session_renew(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_int_equal(store_get_int(bench.store, "send.token_ms", 0), 900);
    store_begin(bench.store);
    store_set_int(bench.store, "send.token_ms", 1000); /* a later end stays */
    assert_true(store_commit(bench.store, &bench.err));
    script(&gone, &versions, &passwords, &in);
    assert_int_equal(session_renew(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_int_equal(store_get_int(bench.store, "send.token_ms", 0), 1000);
}

static void note_finding(void *data, const char *finding)
{
    (void)data;
    strncat(bench.findings, finding, sizeof bench.findings - strlen(bench.findings) - 1);
}

static int check(const struct session_settings *settings)
{
    bench.findings[0] = '\0';
    return session_check(bench.store, NULL, settings, 1000000, note_finding, NULL);
}

static void session_check__says_what_is_wrong_and_logs_nobody_in(void **state)
{
    (void)state;
    static const struct script away = { "/versions", 0, "" },
                               ours = { "/whoami", 200, "{\"user_id\":\"" ME "\"}" },
                               gone = { "/whoami", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}" };
    struct session_settings settings = with_password(), nothing = with_token(NULL), token = with_token("t");
    script(&away, NULL, NULL, NULL);
    assert_int_equal(check(&settings), 1);
    assert_non_null(strstr(bench.findings, "cannot be reached"));
    script(&versions, &passwords, NULL, NULL);
    assert_int_equal(check(&settings), 0);
    script(&versions, NULL, NULL, NULL);
    assert_int_equal(check(&nothing), 0);
    script(&versions, &gone, NULL, NULL);
    assert_int_equal(check(&token), 1);
    bench.date_ms = 1000000 - 61000;
    script(&versions, &ours, NULL, NULL);
    assert_int_equal(check(&token), 1);
    assert_non_null(strstr(bench.findings, "61 s ahead of"));
    bench.date_ms = 1000000 + 3600000;
    script(&versions, &ours, NULL, NULL);
    assert_int_equal(check(&token), 1);
    assert_non_null(strstr(bench.findings, "3600 s behind"));
    bench.date_ms = 1000000 - 59000;
    script(&versions, &ours, NULL, NULL);
    assert_int_equal(check(&token), 0);
    log_in();
    settings.url = "https://elsewhere.example.org";
    script(&versions, NULL, NULL, NULL);
    assert_int_equal(check(&settings), 1);
    settings = with_password();
    settings.user = "@other:x";
    script(&versions, NULL, NULL, NULL);
    assert_int_equal(check(&settings), 1);
    settings = with_password();
    bench.key[3] ^= 1;
    script(&versions, NULL, NULL, NULL);
    assert_int_equal(check(&settings), 1);
    assert_non_null(strstr(bench.findings, "key file"));
}

/* An old copy of the store, whose device has keys at the homeserver. */
static void spend_device(void)
{
    store_begin(bench.store);
    store_set(bench.store, "session.user_id", ME);
    store_set(bench.store, "session.homeserver", URL);
    store_set(bench.store, "session.device_id", "OLD");
    store_set(bench.store, "session.token", secret_seal(bench.arena, bench.key, "old token"));
    store_set(bench.store, "session.spent", NULL);
    store_set(bench.store, "crypto.is_published", NULL);
    spent_note(bench.store, 7);
    assert_false(spent_is_device(bench.store));
    store_set_int(bench.store, "crypto.is_published", 1);
    spent_note(bench.store, 7);
    assert_true(store_commit(bench.store, &bench.err));
    assert_true(spent_is_device(bench.store));
    assert_int_equal(store_get_int(bench.store, "send.token_ms", 0), 7);
}

static void a_spent_device__is_signed_out__and_another_logs_in(void **state)
{
    (void)state;
    static const struct script out = { "/logout", 200, "{}" },
                               gone = { "/logout", 401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}" },
                               away = { "/logout", 503, "" },
                               no = { "/logout", 403, "{\"errcode\":\"M_FORBIDDEN\"}" },
                               in = { "/login", 200,
                                      "{\"user_id\":\"" ME
                                      "\",\"device_id\":\"NEW\",\"access_token\":\"new token\"}" };
    struct session_settings settings = with_password(), none = { .url = URL, .user = ME, .key = bench.key };
    spend_device();
    script(NULL, NULL, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &none, &bench.err), SESSION_REFUSED);
    assert_non_null(strstr(bench.err.text, "greffier login"));
    script(&away, NULL, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_AWAY);
    script(&no, NULL, NULL, NULL);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_REFUSED);
    assert_true(spent_is_device(bench.store));
    script(&out, &versions, &passwords, &in);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_string_equal(bench.token, "new token");
    assert_string_equal(session_device_id(bench.store, bench.arena), "NEW");
    assert_false(spent_is_device(bench.store));
    /* Killed in between. */
    spend_device();
    script(&gone, &versions, &passwords, &in);
    assert_int_equal(session_open(bench.store, NULL, &settings, &bench.err), SESSION_READY);
    assert_string_equal(session_device_id(bench.store, bench.arena), "NEW");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(session_find_server__tells_a_homeserver_from_the_rest),
        TEST(session_open__asks_what_logins_there_are),
        TEST(session_open__says_why_it_may_not_log_in),
        TEST(session_verify__says_whose_the_token_is),
        TEST(session_open__adopts_a_token_that_is_its_own),
        TEST(session_open__is_of_one_account_at_one_homeserver),
        TEST(session_open__needs_something_to_log_in_with),
        TEST(session_open__logs_in_with_what_the_disk_knows),
        cmocka_unit_test(session_renew__keeps_the_device_as_long_as_it_is_there),
        TEST(another_token__ends_what_was_sealed_for_the_one_before),
        TEST(session_check__says_what_is_wrong_and_logs_nobody_in),
        TEST(a_spent_device__is_signed_out__and_another_logs_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
