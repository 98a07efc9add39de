#include "matrix/session.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"

enum { DEVICE_ID_CHARS = 10 };

/* What a blocking request gave, as far as it outlives its callback. */
struct reply {
    struct arena *arena;
    int status;
    const char *errcode;
    const char *words; /* for people: status and the server's words */
    struct json_object *json; /* owned */
    bool is_transient;
    bool is_soft_logout;
};

static void keep_reply(void *data, const struct http_answer *answer)
{
    struct reply *reply = data;
    reply->status = answer->status;
    reply->errcode = arena_strdup(reply->arena, answer->errcode ? answer->errcode : "");
    reply->words = http_describe(reply->arena, answer);
    reply->json = json_object_get(answer->json);
    reply->is_transient = http_is_transient(answer);
    reply->is_soft_logout = answer->is_soft_logout;
}

static struct reply call(struct http *http, struct arena *arena, const char *method, const char *path,
                         const char *body)
{
    struct reply reply = { .arena = arena };
    http_call(http, &(struct http_request){
                        .method = method, .path = path, .body = body, .done = keep_reply, .data = &reply });
    return reply;
}

enum session_result session_find_server(struct http *http, const char *url, struct err *err)
{
    struct arena *arena = arena_create();
    struct reply reply = call(http, arena, "GET", "/_matrix/client/versions", NULL);
    enum session_result result = SESSION_READY;
    if (reply.status == 0 || reply.is_transient) {
        err_set(err, "%s cannot be reached: %s. Check [homeserver] url, and that the server runs", url,
                reply.words);
        result = SESSION_AWAY;
    } else if (reply.status != 200 || !json_arr(reply.json, "versions")) {
        err_set(err,
                "%s is no Matrix homeserver (%s): [homeserver] url needs its base address, as in "
                "https://matrix.example.org",
                url, reply.words);
        result = SESSION_REFUSED;
    }
    json_object_put(reply.json);
    arena_destroy(arena);
    return result;
}

char *session_device_id(struct store *store, struct arena *arena)
{
    return store_get(store, arena, "session.device_id");
}

/* What is kept of a session; NULL removes. */
static enum session_result keep(struct store *store, const char *name, const char *value, struct err *err)
{
    store_begin(store);
    store_set(store, name, value);
    return store_commit(store, err) ? SESSION_READY : SESSION_STORE;
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
    enum session_result result = store_commit(store, err) ? SESSION_READY : SESSION_STORE;
    arena_destroy(arena);
    return result;
}

/* Whose token is it? device_out is in arena. */
static enum session_result who_am_i(struct http *http, const struct session_settings *settings,
                                    struct arena *arena, const char **device_out, struct reply *reply_out,
                                    struct err *err)
{
    struct reply reply = call(http, arena, "GET", "/_matrix/client/v3/account/whoami", NULL);
    const char *user = json_str(reply.json, "user_id");
    enum session_result result = SESSION_READY;
    if (reply.status != 200 && (reply.is_transient || reply.status == 0)) {
        err_set(err, "%s does not answer: %s", settings->url, reply.words);
        result = SESSION_AWAY;
    } else if (reply.status != 200) {
        err_set(err, "the homeserver does not know this session any more (%s)", reply.words);
        result = SESSION_REFUSED;
    } else if (!user || strcmp(user, settings->user) != 0) {
        err_set(
            err,
            "the access token belongs to %s, not to %s: put the right one there, or change [homeserver] user",
            user ? user : "nobody", settings->user);
        result = SESSION_REFUSED;
    }
    *device_out = arena_strdup(arena, json_str(reply.json, "device_id"));
    json_object_put(reply.json);
    reply.json = NULL;
    *reply_out = reply;
    return result;
}

static enum session_result log_in(struct store *store, struct http *http,
                                  const struct session_settings *settings, struct arena *arena,
                                  struct err *err)
{
    char *device_id = session_device_id(store, arena);
    if (!device_id) {
        device_id = secret_random_id(arena, DEVICE_ID_CHARS);
        if (keep(store, "session.device_id", device_id, err) != SESSION_READY)
            return SESSION_STORE;
    }
    struct json_object *body = json_object_new_object(), *who = json_object_new_object();
    json_set_str(who, "type", "m.id.user");
    json_set_str(who, "user", settings->user);
    json_set_str(body, "type", "m.login.password");
    json_set(body, "identifier", who);
    json_set_str(body, "password", settings->password);
    json_set_str(body, "device_id", device_id);
    json_set_str(body, "initial_device_display_name", "Greffier");
    http_set_token(http, NULL);
    struct reply reply = call(http, arena, "POST", "/_matrix/client/v3/login", json_text(body));
    json_object_put(body);
    const char *token = json_str(reply.json, "access_token"), *user = json_str(reply.json, "user_id");
    const char *device = json_str(reply.json, "device_id");
    enum session_result result = SESSION_REFUSED;
    if (reply.status == 200 && token && user && strcmp(user, settings->user) == 0) {
        http_set_token(http, token);
        result = keep_session(store, settings, token, device ? device : device_id, err);
    } else if (reply.status == 200) {
        err_set(err, "the homeserver logged in %s instead of %s", user ? user : "nobody", settings->user);
    } else if (reply.status == 0 || reply.is_transient) {
        err_set(err, "logging in failed: %s. Try again later", reply.words);
        result = SESSION_AWAY;
    } else if (strcmp(reply.errcode, "M_FORBIDDEN") == 0) {
        err_set(err, "the homeserver refuses the password of %s: put the right one into the password file",
                settings->user);
    } else {
        err_set(err, "the homeserver does not let %s log in: %s", settings->user, reply.words);
    }
    json_object_put(reply.json);
    return result;
}

/* A pasted token: its device is the one that it came with. */
static enum session_result adopt(struct store *store, struct http *http,
                                 const struct session_settings *settings, struct arena *arena,
                                 struct err *err)
{
    const char *device;
    struct reply reply;
    http_set_token(http, settings->access_token);
    enum session_result result = who_am_i(http, settings, arena, &device, &reply, err);
    return result == SESSION_READY ? keep_session(store, settings, settings->access_token, device, err)
                                   : result;
}

static enum session_result make(struct store *store, struct http *http,
                                const struct session_settings *settings, struct arena *arena, struct err *err)
{
    enum session_result result = session_find_server(http, settings->url, err);
    if (result != SESSION_READY)
        return result;
    if (settings->access_token)
        return adopt(store, http, settings, arena, err);
    if (settings->password)
        return log_in(store, http, settings, arena, err);
    err_set(err, "there is no session yet: run `greffier login`, or name a [homeserver] password_file");
    return SESSION_REFUSED;
}

/* The kept session is checked; one that ended softly is renewed with the same device. */
static enum session_result resume(struct store *store, struct http *http,
                                  const struct session_settings *settings, const char *token,
                                  struct arena *arena, struct err *err)
{
    const char *device;
    struct reply reply;
    http_set_token(http, token);
    enum session_result result = who_am_i(http, settings, arena, &device, &reply, err);
    if (result != SESSION_REFUSED || reply.status != 401)
        return result == SESSION_REFUSED && strcmp(reply.errcode, "M_USER_LOCKED") == 0 ? SESSION_AWAY
                                                                                        : result;
    if (reply.is_soft_logout && settings->password)
        return log_in(store, http, settings, arena, err);
    err_set(err, "the session of %s was ended at the homeserver: run `greffier login` to make a new one",
            settings->user);
    return SESSION_REFUSED;
}

enum session_result session_open(struct store *store, struct http *http,
                                 const struct session_settings *settings, struct err *err)
{
    struct arena *arena = arena_create();
    char *user = store_get(store, arena, "session.user_id"), *box = store_get(store, arena, "session.token");
    char *token = box ? secret_open(arena, settings->key, box) : NULL;
    enum session_result result;
    if (user && strcmp(user, settings->user) != 0) {
        err_set(err,
                "the store belongs to %s, not to %s: use another [store] path, or change [homeserver] user",
                user, settings->user);
        result = SESSION_REFUSED;
    } else if (box && !token) {
        err_set(
            err,
            "the key file does not open this store's session: put the right [store] key_file back, or run "
            "`greffier login`");
        result = SESSION_REFUSED;
    } else {
        result = token ? resume(store, http, settings, token, arena, err)
                       : make(store, http, settings, arena, err);
    }
    if (token)
        secret_wipe(token, strlen(token));
    arena_destroy(arena);
    return result;
}

enum session_result session_renew(struct store *store, struct http *http,
                                  const struct session_settings *settings, struct err *err)
{
    struct arena *arena = arena_create();
    enum session_result result = session_find_server(http, settings->url, err);
    if (result == SESSION_READY && settings->password)
        result = log_in(store, http, settings, arena, err);
    else if (result == SESSION_READY)
        result = make(store, http, settings, arena, err);
    arena_destroy(arena);
    return result;
}
