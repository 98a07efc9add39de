#include "matrix/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/log.h"
#include "matrix/reply.h"
#include "matrix/spent.h"

enum { DEVICE_ID_CHARS = 10, CLOCK_MS = 60000 };

/* The server */

static enum session_result judge_server(const struct reply *reply, const char *url, struct err *err)
{
    if (reply->status == 200 && json_arr(reply->json, "versions"))
        return SESSION_READY;
    if (reply->is_transient) {
        err_set(err, "%s cannot be reached: %s. Check [homeserver] url, and that the server runs", url,
                reply->words);
        return SESSION_AWAY;
    }
    if (reply->status >= 300 && reply->status < 400)
        err_set(err, "%s sends us on to another address: put that one into [homeserver] url", url);
    else
        err_set(
            err,
            "%s is no Matrix homeserver (%s): [homeserver] url needs its base address, as in "
            "https://matrix.example.org; it stands as base_url in the server name's /.well-known/matrix/client",
            url, reply->words);
    return SESSION_REFUSED;
}

static enum session_result find_server(struct http *http, const char *url, int64_t *date_ms_out,
                                       struct err *err)
{
    struct arena *arena = arena_create();
    struct reply reply = reply_get(http, arena, "/_matrix/client/versions", true);
    enum session_result result = judge_server(&reply, url, err);
    *date_ms_out = reply.date_ms;
    json_object_put(reply.json);
    arena_destroy(arena);
    return result;
}

enum session_result session_find_server(struct http *http, const char *url, struct err *err)
{
    int64_t unused_ms;
    return find_server(http, url, &unused_ms, err);
}

/* Without this, a server that has only single sign-on answers a login with riddles. */
static enum session_result find_password_login(struct http *http, struct arena *arena, struct err *err)
{
    struct reply reply = reply_get(http, arena, "/_matrix/client/v3/login", true);
    struct json_object *flows = json_arr(reply.json, "flows");
    bool has_it = false;
    for (size_t i = 0; flows && i < json_object_array_length(flows); i++) {
        const char *type = json_str(json_object_array_get_idx(flows, i), "type");
        has_it = has_it || (type && strcmp(type, "m.login.password") == 0);
    }
    json_object_put(reply.json);
    if (has_it)
        return SESSION_READY;
    if (reply.is_transient) {
        err_set(err, "logging in failed: %s. Try again later", reply.words);
        return SESSION_AWAY;
    }
    err_set(err,
            "this homeserver takes no passwords: have a token made for the bot there (for example by mas-cli "
            "manage issue-compatibility-token), put it into a file and name that as access_token_file");
    return SESSION_REFUSED;
}

/* The store's part */

char *session_device_id(struct store *store, struct arena *arena)
{
    return store_get(store, arena, "session.device_id");
}

/* To the homeserver another token may be another device, with transaction ids of its own: what was sealed for the one before
 * is looked for before it is sent again (send.c). */
static void end_token(struct store *store)
{
    int64_t sealed_ms = store_int(store, 0, "SELECT max(sealed_ms) FROM outbox WHERE state < 4", "");
    if (sealed_ms > store_get_int(store, "send.token_ms", 0))
        store_set_int(store, "send.token_ms", sealed_ms);
}

static enum session_result keep_session(struct store *store, const struct session_settings *settings,
                                        const char *token, const char *device_id, struct err *err)
{
    struct arena *arena = arena_create();
    store_begin(store);
    store_set(store, "session.user_id", settings->user);
    store_set(store, "session.homeserver", settings->url);
    store_set(store, "session.device_id", device_id);
    store_set(store, "session.token", secret_seal(arena, settings->key, token));
    end_token(store);
    enum session_result result = store_commit(store, err) ? SESSION_READY : SESSION_STORE;
    arena_destroy(arena);
    return result;
}

/* Chosen and committed before it is first used: a login whose end nobody saw is the same device again. */
static char *choose_device(struct store *store, struct arena *arena, bool is_new, struct err *err)
{
    char *device_id = is_new ? NULL : session_device_id(store, arena);
    if (device_id)
        return device_id;
    device_id = secret_random_id(arena, DEVICE_ID_CHARS);
    store_begin(store);
    store_set(store, "session.device_id", device_id);
    store_set(store, "session.token", NULL);
    return store_commit(store, err) ? device_id : NULL;
}

static bool is_elsewhere(struct store *store, struct arena *arena, const char *url)
{
    char *kept = store_get(store, arena, "session.homeserver");
    return kept && strcmp(kept, url) != 0;
}

/* NULL without an error: none is kept. */
static char *open_token(struct store *store, struct arena *arena, const struct session_settings *settings,
                        struct err *err)
{
    char *box = store_get(store, arena, "session.token");
    char *token = box ? secret_open(arena, settings->key, box) : NULL;
    if (box && !token)
        err_set(
            err,
            "the key file does not open this store's session: put the right [store] key_file back, or run "
            "`greffier login`");
    return token;
}

static bool is_of_user(struct store *store, struct arena *arena, const struct session_settings *settings,
                       struct err *err)
{
    char *user = store_get(store, arena, "session.user_id");
    return !user || strcmp(user, settings->user) == 0 ||
           err_set(
               err,
               "the store belongs to %s, not to %s: use another [store] path, or change [homeserver] user",
               user, settings->user);
}

/* Whose token is it? */

static enum session_result judge_owner(const struct reply *reply, const struct session_settings *settings,
                                       struct err *err)
{
    const char *user = json_str(reply->json, "user_id");
    if (reply->status == 200 && user && strcmp(user, settings->user) == 0)
        return SESSION_READY;
    if (reply->is_transient) {
        err_set(err, "%s does not answer: %s", settings->url, reply->words);
        return SESSION_AWAY;
    }
    if (reply_is_code(reply, "M_USER_LOCKED")) {
        err_set(err, "the account %s is locked: ask the homeserver's administrator", settings->user);
        return SESSION_AWAY;
    }
    if (reply->status == 200)
        err_set(
            err,
            "the access token belongs to %s, not to %s: put the right one there, or change [homeserver] user",
            user ? user : "nobody", settings->user);
    else
        err_set(err, "the homeserver does not know the session of %s (any more): run `greffier login` (%s)",
                settings->user, reply->words);
    return SESSION_REFUSED;
}

static enum session_result who_am_i(struct http *http, const struct session_settings *settings,
                                    struct reply *reply, struct err *err)
{
    *reply = reply_get(http, reply->arena, "/_matrix/client/v3/account/whoami", false);
    return judge_owner(reply, settings, err);
}

enum session_result session_verify(struct http *http, const struct session_settings *settings,
                                   struct err *err)
{
    struct reply reply = { .arena = arena_create() };
    struct arena *arena = reply.arena;
    enum session_result result = who_am_i(http, settings, &reply, err);
    json_object_put(reply.json);
    arena_destroy(arena);
    return result;
}

/* Logging in */

static struct reply post_login(struct http *http, const struct session_settings *settings,
                               struct arena *arena, const char *device_id)
{
    struct json_object *body = json_object_new_object(), *who = json_object_new_object();
    json_set_str(who, "type", "m.id.user");
    json_set_str(who, "user", settings->user);
    json_set_str(body, "type", "m.login.password");
    json_set(body, "identifier", who);
    json_set_str(body, "password", settings->password);
    json_set_str(body, "device_id", device_id);
    json_set_str(body, "initial_device_display_name", "Greffier");
    struct reply reply = reply_call(http, arena,
                                    (struct http_request){ .method = "POST",
                                                           .path = "/_matrix/client/v3/login",
                                                           .body = json_text(body),
                                                           .timeout_s = LOGIN_TIMEOUT_S,
                                                           .without_token = true });
    json_object_put(body);
    return reply;
}

static enum session_result judge_refusal(const struct reply *reply, const struct session_settings *settings,
                                         struct err *err)
{
    if (reply->status == 429 && reply->retry_after_ms >= 0) {
        err_set(err, "the homeserver allows no more logins for %lld s",
                (long long)reply->retry_after_ms / 1000 + 1);
        return SESSION_AWAY;
    }
    if (reply->is_transient) {
        err_set(err, "logging in failed: %s. Try again later", reply->words);
        return SESSION_AWAY;
    }
    if (reply_is_code(reply, "M_FORBIDDEN"))
        err_set(err, "the homeserver refuses the password of %s: put the right one into the password file",
                settings->user);
    else
        err_set(err, "the homeserver does not let %s log in: %s", settings->user, reply->words);
    return SESSION_REFUSED;
}

static enum session_result take_login(struct store *store, struct http *http,
                                      const struct session_settings *settings, const struct reply *reply,
                                      struct err *err)
{
    const char *token = json_str(reply->json, "access_token"), *user = json_str(reply->json, "user_id");
    const char *device_id = json_str(reply->json, "device_id");
    if (reply->status != 200)
        return judge_refusal(reply, settings, err);
    if (!token || !device_id || !user || strcmp(user, settings->user) != 0) {
        err_set(err, "the homeserver logged in %s instead of %s", user ? user : "nobody", settings->user);
        return SESSION_REFUSED;
    }
    http_set_token(http, token);
    return keep_session(store, settings, token, device_id, err);
}

static enum session_result log_in(struct store *store, struct http *http,
                                  const struct session_settings *settings, struct arena *arena,
                                  bool is_new_device, struct err *err)
{
    enum session_result result = find_password_login(http, arena, err);
    if (result != SESSION_READY)
        return result;
    char *device_id = choose_device(store, arena, is_new_device, err);
    if (!device_id)
        return SESSION_STORE;
    struct reply reply = post_login(http, settings, arena, device_id);
    result = take_login(store, http, settings, &reply, err);
    json_object_put(reply.json);
    return result;
}

/* A pasted token: its device is the one that it came with. */
static enum session_result adopt(struct store *store, struct http *http,
                                 const struct session_settings *settings, struct arena *arena,
                                 struct err *err)
{
    struct reply reply = { .arena = arena };
    http_set_token(http, settings->access_token);
    enum session_result result = who_am_i(http, settings, &reply, err);
    if (result == SESSION_READY)
        result =
            keep_session(store, settings, settings->access_token, json_str(reply.json, "device_id"), err);
    else
        http_set_token(http, NULL);
    json_object_put(reply.json);
    return result;
}

static enum session_result make(struct store *store, struct http *http,
                                const struct session_settings *settings, struct arena *arena,
                                bool is_new_device, struct err *err)
{
    enum session_result result = session_find_server(http, settings->url, err);
    if (result != SESSION_READY)
        return result;
    if (settings->access_token)
        return adopt(store, http, settings, arena, err);
    if (settings->password)
        return log_in(store, http, settings, arena, is_new_device, err);
    err_set(err, "there is no session yet: run `greffier login`, or name a [homeserver] password_file");
    return SESSION_REFUSED;
}

static enum session_result open_kept(struct store *store, struct http *http,
                                     const struct session_settings *settings, const char *token,
                                     struct arena *arena, struct err *err)
{
    if (is_elsewhere(store, arena, settings->url)) {
        err_set(err,
                "the session was made at %s, not at %s: if the homeserver has moved, run `greffier login`",
                store_get(store, arena, "session.homeserver"), settings->url);
        return SESSION_REFUSED;
    }
    http_set_token(http, token);
    return SESSION_READY;
}

/* Old copies */

/* Signed out by its own token, so that nobody waits for it or gives it keys. */
static enum session_result sign_out(struct http *http, const char *token, struct arena *arena,
                                    struct err *err)
{
    http_set_token(http, token);
    struct reply reply = reply_call(
        http, arena,
        (struct http_request){ .method = "POST", .path = "/_matrix/client/v3/logout", .body = "{}" });
    http_set_token(http, NULL);
    json_object_put(reply.json);
    if (reply.status == 200 || reply.status == 401)
        return SESSION_READY;
    err_set(err, "the device of an old copy of the store cannot be signed out: %s", reply.words);
    return reply.is_transient ? SESSION_AWAY : SESSION_REFUSED;
}

/* token: of the device that is spent; NULL: it is signed out already, or cannot be. */
static enum session_result replace(struct store *store, struct http *http,
                                   const struct session_settings *settings, const char *token,
                                   struct arena *arena, struct err *err)
{
    bool is_pasted_anew = settings->access_token && (!token || strcmp(token, settings->access_token) != 0);
    if (!settings->password && !is_pasted_anew) {
        err_set(
            err,
            "this store is an old copy, and what its device agreed on with others since is lost: run `greffier "
            "login`, so that the bot is a new device");
        return SESSION_REFUSED;
    }
    enum session_result result = token ? sign_out(http, token, arena, err) : SESSION_READY;
    return result == SESSION_READY ? make(store, http, settings, arena, true, err) : result;
}

enum session_result session_open(struct store *store, struct http *http,
                                 const struct session_settings *settings, struct err *err)
{
    struct arena *arena = arena_create();
    struct err why = { "" };
    enum session_result result = SESSION_REFUSED;
    char *token = open_token(store, arena, settings, &why);
    bool is_pasted_anew = settings->access_token && (!token || strcmp(token, settings->access_token) != 0);
    if (is_of_user(store, arena, settings, err)) {
        if (spent_is_device(store))
            result = replace(store, http, settings, token, arena, err);
        else if (is_pasted_anew || (!token && !*why.text))
            result = make(store, http, settings, arena, false, err);
        else if (token)
            result = open_kept(store, http, settings, token, arena, err);
        else
            err_set(err, "%s", why.text);
    }
    if (token)
        secret_wipe(token, strlen(token));
    arena_destroy(arena);
    return result;
}

/* Whether the device of the kept token is still there: its token is asked, unless it would be shown to somebody else.
 */
static bool has_device(struct store *store, struct http *http, const struct session_settings *settings,
                       struct arena *arena)
{
    struct reply reply = { .arena = arena };
    char *token = open_token(store, arena, settings, NULL);
    if (!session_device_id(store, arena) || is_elsewhere(store, arena, settings->url))
        return false;
    if (!token)
        return true; /* chosen, and never logged in with as far as we know */
    http_set_token(http, token);
    secret_wipe(token, strlen(token));
    who_am_i(http, settings, &reply, NULL);
    bool is_gone = reply.status == 401 && !reply.is_soft_logout && reply_is_code(&reply, "M_UNKNOWN_TOKEN");
    json_object_put(reply.json);
    http_set_token(http, NULL);
    return !is_gone;
}

enum session_result session_renew(struct store *store, struct http *http,
                                  const struct session_settings *settings, struct err *err)
{
    struct arena *arena = arena_create();
    enum session_result result = SESSION_REFUSED;
    if (is_of_user(store, arena, settings, err))
        result = make(store, http, settings, arena, !has_device(store, http, settings, arena), err);
    arena_destroy(arena);
    return result;
}

/* Checking */

static void check_clock(struct arena *arena, int64_t date_ms, int64_t now_ms, session_say_fn *say, void *data,
                        int *n)
{
    int64_t ahead_ms = date_ms < 0 ? 0 : now_ms - date_ms;
    if (llabs(ahead_ms) < CLOCK_MS)
        return;
    ++*n;
    say(data,
        arena_printf(arena,
                     "this machine's clock is %lld s %s the homeserver's: have it set by the network, for "
                     "example by systemd-timesyncd",
                     (long long)(llabs(ahead_ms) / 1000), ahead_ms > 0 ? "ahead of" : "behind"));
}

/* The kept session, or what stands ready to make one. */
static enum session_result check_session(struct store *store, struct http *http,
                                         const struct session_settings *settings, struct arena *arena,
                                         struct err *err)
{
    struct err why = { "" };
    char *token = open_token(store, arena, settings, &why);
    if (!is_of_user(store, arena, settings, err))
        return SESSION_REFUSED;
    if (*why.text) {
        *err = why;
        return SESSION_REFUSED;
    }
    if (token && is_elsewhere(store, arena, settings->url))
        return open_kept(store, http, settings, token, arena, err);
    if (!token && !settings->access_token)
        return settings->password ? find_password_login(http, arena, err) : SESSION_READY;
    http_set_token(http, settings->access_token ? settings->access_token : token);
    return session_verify(http, settings, err);
}

int session_check(struct store *store, struct http *http, const struct session_settings *settings,
                  int64_t now_ms, session_say_fn *say, void *data)
{
    struct arena *arena = arena_create();
    struct err err;
    int64_t date_ms;
    int n = 0;
    if (find_server(http, settings->url, &date_ms, &err) != SESSION_READY) {
        n++;
        say(data, err.text);
    } else {
        check_clock(arena, date_ms, now_ms, say, data, &n);
        if (check_session(store, http, settings, arena, &err) != SESSION_READY) {
            n++;
            say(data, err.text);
        }
    }
    arena_destroy(arena);
    return n;
}
