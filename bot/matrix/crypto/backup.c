#include "matrix/crypto/backup.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/backup_private.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/identity.h"
#include "matrix/crypto/storage.h"
#include "store/store.h"

#define VERSION_PATH "/_matrix/client/v3/room_keys/version"

bool backup_load_key(struct crypto *crypto, struct arena *arena, struct backup_key *out)
{
    bool has = identity_load_secret(crypto->client->store, crypto->key, IDENTITY_BACKUP, out->secret);
    if (has)
        out->public_key = ratchet_box_public(arena, out->secret);
    return has;
}

/* Steps */

static void go_on(struct crypto *crypto, enum backup_step step)
{
    crypto->backup->step = step;
    crypto_job_begin(&crypto->backup->job, step != BACKUP_OVER);
}

static void give_up(struct crypto *crypto, const char *why)
{
    crypto_note_trouble(crypto, "trouble.backup", why);
    go_on(crypto, BACKUP_OVER);
}

static void ask(struct crypto *crypto, const char *method, const char *path, struct json_object *body,
                http_done_fn *done)
{
    crypto->backup->job.request =
        http_send(crypto->client->http, &(struct http_request){ .method = method,
                                                                .path = path,
                                                                .body = body ? json_text(body) : NULL,
                                                                .done = done,
                                                                .data = crypto });
}

static bool is_code(const struct http_answer *answer, int status, const char *code)
{
    return answer->status == status && answer->errcode && strcmp(answer->errcode, code) == 0;
}

static void hear(struct crypto *crypto, const struct http_answer *answer)
{
    crypto->backup->job.request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
}

/* Again later, or never. */
static void fail(struct crypto *crypto, const struct http_answer *answer)
{
    crypto_job_failed(crypto, &crypto->backup->job, "the keys of rooms cannot be kept at the homeserver",
                      answer);
    if (http_is_refusal(answer))
        go_on(crypto, BACKUP_OVER);
}

/* Which version is current */

/* Ours by its key, and somebody of ours has said so: our identity. */
static bool is_ours(struct crypto *crypto, struct json_object *version)
{
    struct arena *arena = arena_create();
    struct backup_key key;
    struct identity identity;
    const char *algorithm = json_str(version, "algorithm"),
               *public_key = json_str(version, "auth_data/public_key");
    bool is_good = algorithm && public_key && strcmp(algorithm, BACKUP_ALGORITHM) == 0 &&
                   backup_load_key(crypto, arena, &key) && strcmp(public_key, key.public_key) == 0 &&
                   identity_load(crypto->client->store, crypto->key, arena, &identity) &&
                   device_has_signature(json_obj(version, "auth_data"), crypto->client->me,
                                        identity.keys[IDENTITY_MASTER], identity.keys[IDENTITY_MASTER]);
    secret_wipe(&key, sizeof key);
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
    return is_good;
}

/* is_backed speaks of one version. */
static void turn_to_version(struct crypto *crypto, const char *version)
{
    struct store *store = crypto->client->store;
    struct backup *backup = crypto->backup;
    struct arena *arena = arena_create();
    char *known = store_get(store, arena, "crypto.backup");
    crypto_begin(crypto);
    if (!known || strcmp(known, version) != 0) {
        store_run(store, "UPDATE room_key SET is_backed = 0 WHERE is_backed = 1", "");
        store_set(store, "crypto.backup", version);
    }
    if (crypto_commit(crypto)) {
        free(backup->version);
        backup->version = xstrdup(version);
        backup->was_on = true;
        crypto_note_trouble(crypto, "trouble.backup", NULL);
        go_on(crypto, BACKUP_ON);
        backup_begin_fetching(crypto);
    } else {
        backup->job.next_ms = crypto->client->now_ms + store_retry_ms(store);
    }
    arena_destroy(arena);
}

/* Of one that this store has turned to it has been said; of a new one it may not have been, in a life that was cut short. */
static bool is_to_be_said(struct crypto *crypto, const char *version)
{
    struct arena *arena = arena_create();
    const char *known = store_get(crypto->client->store, arena, "crypto.backup");
    bool is_new = !known || strcmp(known, version) != 0;
    arena_destroy(arena);
    return is_new && !crypto->backup->was_said;
}

static void on_looked(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    hear(crypto, answer);
    const char *version = json_str(answer->json, "version");
    if (is_code(answer, 404, "M_NOT_FOUND") && crypto->backup->was_on)
        give_up(crypto,
                "somebody has deleted the backup of the bot's room keys: the next start makes another");
    else if (is_code(answer, 404, "M_NOT_FOUND"))
        go_on(crypto, BACKUP_MAKE);
    else if (answer->status != 200 || !version || strlen(version) > EVENT_ID_BYTES)
        fail(crypto, answer);
    else if (is_ours(crypto, answer->json) && is_to_be_said(crypto, version))
        go_on(crypto, BACKUP_SAY);
    else if (is_ours(crypto, answer->json))
        turn_to_version(crypto, version);
    else
        give_up(
            crypto,
            "the account has a key backup that is not the bot's, and the bot leaves it alone: new keys of rooms lie in the "
            "store alone. Delete that backup in a client of the account, and start the bot again");
}

/* Making one. An answer that was lost is found by the next look. */

static void on_made(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    hear(crypto, answer);
    if (answer->status != 200) {
        fail(crypto, answer);
        if (crypto->backup->step == BACKUP_MAKE)
            crypto->backup->step = BACKUP_LOOK;
        return;
    }
    log_info("made a backup of the keys of rooms at the homeserver");
    go_on(crypto, BACKUP_SAY);
}

static void make(struct crypto *crypto)
{
    const char *me = crypto->client->me;
    struct arena *arena = arena_create();
    struct backup_key key;
    struct identity identity;
    if (backup_load_key(crypto, arena, &key) &&
        identity_load(crypto->client->store, crypto->key, arena, &identity)) {
        struct json_object *body = json_object_new_object(), *auth = backup_auth(&key);
        identity_sign(&identity, IDENTITY_MASTER, auth, me);
        json_set_str(body, "algorithm", BACKUP_ALGORITHM);
        json_set(body, "auth_data", auth);
        ask(crypto, "POST", VERSION_PATH, body, on_made);
        json_object_put(body);
    } else {
        go_on(crypto, BACKUP_OVER); /* the key file is another one by now: that is said elsewhere */
    }
    secret_wipe(&key, sizeof key);
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

/* Other clients of the account read there whether it is wanted (MSC4287). Nothing depends on it; what somebody has set there
 * stays. */
static void on_said(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    hear(crypto, answer);
    crypto->backup->was_said = true;
    go_on(crypto, BACKUP_LOOK);
}

static void say(struct crypto *crypto)
{
    struct arena *arena = arena_create();
    struct json_object *body = json_object_new_object();
    json_set_bool(body, "enabled", true);
    ask(crypto, "PUT", storage_path(arena, crypto->client->me, "m.key_backup"), body, on_said);
    json_object_put(body);
    arena_destroy(arena);
}

static void on_said_before(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct json_object *enabled = NULL;
    bool is_known = answer->status == 200 || is_code(answer, 404, "M_NOT_FOUND");
    json_object_object_get_ex(answer->json, "enabled", &enabled);
    bool is_set = answer->status == 200 && json_object_is_type(enabled, json_type_boolean);
    if (is_known && !is_set) {
        hear(crypto, answer);
        say(crypto);
    } else if (is_known || http_is_refusal(answer)) {
        on_said(crypto, answer);
    } else {
        hear(crypto, answer);
        fail(crypto, answer);
    }
}

static void look_what_was_said(struct crypto *crypto)
{
    struct arena *arena = arena_create();
    ask(crypto, "GET", storage_path(arena, crypto->client->me, "m.key_backup"), NULL, on_said_before);
    arena_destroy(arena);
}

/* Putting keys there */

static void forget_sent(struct backup *backup)
{
    for (size_t i = 0; i < backup->n_sent; i++) {
        free(backup->sent[i].room_id);
        free(backup->sent[i].session_id);
        free(backup->sent[i].pickle);
    }
    backup->n_sent = 0;
}

static void choose_keys(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    struct rows rows = store_rows(
        crypto->client->store,
        "SELECT room_id, session, pickle FROM room_key WHERE is_backed = 0 ORDER BY room_id, session LIMIT ?1",
        "i", (int64_t)BACKUP_BATCH);
    forget_sent(backup);
    while (rows_next(&rows))
        backup->sent[backup->n_sent++] = (struct backup_sent){ .room_id = xstrdup(rows_text(&rows, 0)),
                                                               .session_id = xstrdup(rows_text(&rows, 1)),
                                                               .pickle = xstrdup(rows_text(&rows, 2)) };
}

/* A member of an object, made if it is not there. */
static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, name, &value)) {
        value = json_object_new_object();
        json_set(object, name, value);
    }
    return value;
}

static void add_sent(struct crypto *crypto, const struct backup_key *key, const struct backup_sent *sent,
                     struct json_object *rooms)
{
    struct arena *arena = arena_create();
    struct room_key room_key;
    if (room_key_find(crypto, sent->room_id, sent->session_id, arena, &room_key)) {
        struct json_object *sessions = member(member(rooms, sent->room_id), "sessions");
        json_set(sessions, sent->session_id, backup_seal(key, sent->room_id, sent->session_id, &room_key));
        ratchet_in_destroy(room_key.ratchet);
    }
    arena_destroy(arena);
}

/* Unless a better one has come meanwhile. */
static void mark_sent(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    crypto_begin(crypto);
    for (size_t i = 0; i < backup->n_sent; i++)
        store_run(crypto->client->store,
                  "UPDATE room_key SET is_backed = 1 WHERE room_id = ?1 AND session = ?2 AND pickle = ?3",
                  "sss", backup->sent[i].room_id, backup->sent[i].session_id, backup->sent[i].pickle);
    if (!crypto_commit(crypto)) /* they go there again, which changes nothing there */
        backup->job.next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

static void on_kept(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct backup *backup = crypto->backup;
    hear(crypto, answer);
    if (answer->status == 200) {
        backup->job.attempts = 0;
        backup->job.next_ms = 0; /* for what did not fit in */
        mark_sent(crypto);
    } else if (is_code(answer, 403, "M_WRONG_ROOM_KEYS_VERSION") || is_code(answer, 404, "M_NOT_FOUND")) {
        go_on(crypto, BACKUP_LOOK); /* another version is current */
    } else {
        fail(crypto, answer);
    }
    forget_sent(backup);
}

static void put_keys(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    struct arena *arena = arena_create();
    struct backup_key key;
    choose_keys(crypto);
    backup->job.is_wanted = backup->n_sent;
    if (!backup_load_key(crypto, arena, &key)) {
        go_on(crypto, BACKUP_OVER); /* the key file is another one by now: that is said elsewhere */
    } else if (backup->n_sent) {
        struct json_object *body = json_object_new_object(), *rooms = member(body, "rooms");
        for (size_t i = 0; i < backup->n_sent; i++)
            add_sent(crypto, &key, &backup->sent[i], rooms);
        ask(crypto, "PUT",
            arena_printf(arena, "/_matrix/client/v3/room_keys/keys?version=%s",
                         http_escape(arena, backup->version)),
            body, on_kept);
        json_object_put(body);
    }
    secret_wipe(&key, sizeof key);
    arena_destroy(arena);
}

/* What comes in a burst goes in one request. */
void backup_note(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    if (backup->step != BACKUP_ON || backup->job.is_wanted)
        return;
    backup->job.is_wanted = true;
    backup->job.next_ms = crypto->client->now_ms + BACKUP_DELAY_MS;
}

/* The whole of it */

void backup_want(struct crypto *crypto)
{
    go_on(crypto, BACKUP_LOOK);
}

static void poke_version(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    if (!crypto_job_may_start(crypto, &backup->job))
        return;
    switch (backup->step) {
    case BACKUP_LOOK:
        ask(crypto, "GET", VERSION_PATH, NULL, on_looked);
        break;
    case BACKUP_MAKE:
        make(crypto);
        break;
    case BACKUP_SAY:
        look_what_was_said(crypto);
        break;
    case BACKUP_ON:
        put_keys(crypto);
        break;
    case BACKUP_OVER:
        break;
    }
}

void backup_poke(struct crypto *crypto)
{
    poke_version(crypto);
    backup_fetch_poke(crypto);
}

int64_t backup_next_ms(const struct crypto *crypto)
{
    int64_t put_ms = crypto_job_next_ms(crypto, &crypto->backup->job);
    int64_t fetch_ms = crypto_job_next_ms(crypto, &crypto->backup->fetch);
    return put_ms < fetch_ms ? put_ms : fetch_ms;
}

void backup_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    struct backup *backup = crypto->backup;
    client_move(&backup->job.next_ms, by_ms);
    client_move(&backup->fetch.next_ms, by_ms);
    for (size_t i = 0; i < backup->n_wishes; i++)
        client_move(&backup->wishes[i].due_ms, by_ms);
}

struct backup *backup_create(void)
{
    return xcalloc(1, sizeof(struct backup)); /* not wanted yet */
}

void backup_destroy(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    http_cancel(crypto->client->http, backup->job.request);
    http_cancel(crypto->client->http, backup->fetch.request);
    forget_sent(backup);
    backup_fetch_drop(backup);
    free(backup->version);
    free(backup);
}
