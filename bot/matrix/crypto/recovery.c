#include "matrix/crypto/recovery.h"

#include <string.h>

#include "matrix/crypto/base64.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/recovery_key.h"
#include "matrix/crypto/storage.h"
#include "matrix/crypto/vault.h"
#include "matrix/reply.h"

/* What the account has. */
struct account {
    struct store *store;
    struct http *http;
    const struct recovery_settings *settings;
    unsigned char key[SECRET_KEY_BYTES]; /* of crypto's secrets */
    struct arena *arena;
    struct err *err;
    bool has_keys; /* the homeserver knows encryption */
    const char *published[IDENTITY_N_KEYS]; /* NULL: none */
    const char *storage_id; /* NULL: no secret storage */
    bool is_ours; /* the master key there is the store's */
    bool is_open; /* the store's recovery key opens that storage */
};

static enum recovery_result fail(struct account *account, enum recovery_result result, const char *words)
{
    err_set(account->err, "%s", words);
    return result;
}

/* READY: *json_out is there, for the caller to put, or NULL. */
static enum recovery_result judge(struct account *account, struct reply *reply, struct json_object **json_out)
{
    *json_out = reply->status == 200 ? reply->json : NULL;
    if (*json_out)
        return RECOVERY_READY;
    json_object_put(reply->json);
    if (reply->status == 404 || reply->status == 405)
        return RECOVERY_READY;
    err_set(account->err, "what the account keeps there cannot be learnt: %s", reply->words);
    return reply->is_transient ? RECOVERY_AWAY : RECOVERY_REFUSED;
}

static enum recovery_result get_data(struct account *account, const char *type, struct json_object **json_out)
{
    struct reply reply = reply_get(account->http, account->arena,
                                   storage_path(account->arena, account->settings->user, type), false);
    return judge(account, &reply, json_out);
}

/* Learning */

static void read_published(struct account *account, struct json_object *answer)
{
    static const char *const members[] = { "master_keys", "self_signing_keys", "user_signing_keys" };
    for (int i = 0; i < IDENTITY_N_KEYS; i++) {
        struct json_object *object = NULL;
        json_object_object_get_ex(json_obj(answer, members[i]), account->settings->user, &object);
        const char *key = device_read_cross(object, account->settings->user, identity_usages[i]);
        account->published[i] = arena_strdup(account->arena, key);
    }
}

static enum recovery_result learn_identity(struct account *account)
{
    struct json_object *body = json_object_new_object(), *people = json_object_new_object(), *answer = NULL;
    struct identity identity = { 0 };
    json_set(people, account->settings->user, json_object_new_array());
    json_set(body, "device_keys", people);
    struct reply reply =
        reply_call(account->http, account->arena,
                   (struct http_request){
                       .method = "POST", .path = "/_matrix/client/v3/keys/query", .body = json_text(body) });
    json_object_put(body);
    enum recovery_result result = judge(account, &reply, &answer);
    account->has_keys = answer;
    read_published(account, answer);
    json_object_put(answer);
    const char *master = account->published[IDENTITY_MASTER];
    if (identity_load(account->store, account->key, account->arena, &identity))
        account->is_ours = master && strcmp(master, identity.keys[IDENTITY_MASTER]) == 0;
    secret_wipe(&identity, sizeof identity);
    return result;
}

static enum recovery_result try_key(struct account *account, const unsigned char recovery[SECRET_KEY_BYTES],
                                    bool *fits_out)
{
    struct json_object *description = NULL;
    enum recovery_result result =
        get_data(account, storage_key_type(account->arena, account->storage_id), &description);
    *fits_out = vault_fits(description, recovery);
    json_object_put(description);
    return result;
}

static enum recovery_result learn_storage(struct account *account)
{
    struct json_object *value = NULL;
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    enum recovery_result result = get_data(account, STORAGE_DEFAULT, &value);
    const char *id = json_str(value, "key");
    account->storage_id = id && strlen(id) <= EVENT_ID_BYTES ? arena_strdup(account->arena, id) : NULL;
    json_object_put(value);
    if (result == RECOVERY_READY && account->storage_id &&
        identity_load_secret(account->store, account->key, IDENTITY_RECOVERY, recovery))
        result = try_key(account, recovery, &account->is_open);
    secret_wipe(recovery, sizeof recovery);
    return result;
}

/* By the recovery key */

/* READY: out has it if it is there and 32 bytes; *is_there says so. */
static enum recovery_result fetch_secret(struct account *account,
                                         const unsigned char recovery[SECRET_KEY_BYTES], int secret,
                                         unsigned char out[SECRET_KEY_BYTES], bool *is_there)
{
    struct json_object *value = NULL;
    size_t len = 0;
    enum recovery_result result = get_data(account, storage_secrets[secret], &value);
    char *text = storage_open(account->arena, recovery, account->storage_id, storage_secrets[secret], value);
    unsigned char *bytes = text ? base64_read(account->arena, text, &len) : NULL;
    *is_there = bytes && len == SECRET_KEY_BYTES;
    if (*is_there)
        memcpy(out, bytes, len);
    if (bytes)
        secret_wipe(bytes, len);
    if (text)
        secret_wipe(text, strlen(text));
    json_object_put(value);
    return result;
}

/* Whoever keeps the boxes could put others there: each must be the half of the key that is published. */
static enum recovery_result fetch_identity(struct account *account,
                                           const unsigned char recovery[SECRET_KEY_BYTES],
                                           struct identity *identity)
{
    for (int i = 0; i < IDENTITY_N_KEYS; i++) {
        bool is_there;
        enum recovery_result result = fetch_secret(account, recovery, i, identity->seeds[i], &is_there);
        if (result != RECOVERY_READY)
            return result;
        const char *theirs = account->published[i];
        const char *ours = is_there ? ratchet_seed_public(account->arena, identity->seeds[i]) : NULL;
        if (!ours || !theirs || strcmp(ours, theirs) != 0) {
            err_set(account->err,
                    "the secret storage of this account has %s %s key, so that its identity cannot be had "
                    "back: reset it in a client of the account",
                    is_there ? "another" : "no", identity_usages[i]);
            return RECOVERY_REFUSED;
        }
    }
    return RECOVERY_READY;
}

static enum recovery_result commit(struct account *account)
{
    return store_commit(account->store, account->err) ? RECOVERY_READY : RECOVERY_STORE;
}

/* The key of the backup is taken from there in any case: who gives the recovery key says that this storage counts. */
static enum recovery_result take_over(struct account *account, const unsigned char recovery[SECRET_KEY_BYTES])
{
    struct identity identity = { 0 };
    unsigned char backup[SECRET_KEY_BYTES] = { 0 };
    bool has_backup = false, is_lost = account->published[IDENTITY_MASTER] && !account->is_ours;
    enum recovery_result result = is_lost ? fetch_identity(account, recovery, &identity) : RECOVERY_READY;
    if (result == RECOVERY_READY)
        result = fetch_secret(account, recovery, STORAGE_BACKUP, backup, &has_backup);
    if (result == RECOVERY_READY) {
        store_begin(account->store);
        if (is_lost) {
            identity_keep(account->store, account->key, account->arena, &identity);
            store_set(account->store, "crypto.is_signed", NULL); /* by this one it is not yet */
        }
        if (has_backup)
            identity_keep_secret(account->store, account->key, IDENTITY_BACKUP, backup);
        identity_keep_secret(account->store, account->key, IDENTITY_RECOVERY, recovery);
        store_set_int(account->store, "crypto.recovery_shown", 1); /* whoever gave it has it */
        store_set(account->store, "crypto.storage", NULL);
        result = commit(account);
    }
    secret_wipe(&identity, sizeof identity);
    secret_wipe(backup, sizeof backup);
    return result;
}

static enum recovery_result use_key(struct account *account)
{
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    bool fits = false;
    if (!recovery_key_read(account->settings->recovery_key, recovery))
        return fail(
            account, RECOVERY_REFUSED,
            "this is no recovery key, or a character of it is wrong: it is some 48 letters and digits that "
            "begin with E");
    if (!account->storage_id)
        return fail(account, RECOVERY_REFUSED,
                    "this account keeps no secrets at its homeserver: log in without a recovery key");
    enum recovery_result result = try_key(account, recovery, &fits);
    if (result == RECOVERY_READY && !fits)
        result = fail(account, RECOVERY_REFUSED,
                      "this recovery key does not open the secret storage of this account");
    if (result == RECOVERY_READY)
        result = take_over(account, recovery);
    secret_wipe(recovery, sizeof recovery);
    return result;
}

/* Without one */

static enum recovery_result make_secrets(struct account *account)
{
    struct identity identity = { 0 };
    store_begin(account->store);
    if (!identity_load(account->store, account->key, account->arena, &identity))
        identity_make(account->store, account->key, account->arena, &identity);
    identity_need_secrets(account->store, account->key);
    secret_wipe(&identity, sizeof identity);
    return commit(account);
}

static enum recovery_result go_without(struct account *account)
{
    bool is_strange = account->published[IDENTITY_MASTER] && !account->is_ours;
    if (account->storage_id && !account->is_open)
        return fail(
            account, RECOVERY_WANTS_KEY,
            "this account has secrets that its recovery key opens: `greffier login --recovery-key-file FILE` "
            "has them back, and the bot is the one that its people know");
    if (is_strange && account->storage_id)
        return fail(
            account, RECOVERY_WANTS_KEY,
            "the identity of this account was made anew: `greffier login --recovery-key-file FILE` takes it "
            "over");
    if (is_strange)
        return fail(
            account, RECOVERY_REFUSED,
            "this account has an identity whose secrets lie nowhere: reset it in a client of the account, then "
            "run `greffier login` again");
    return make_secrets(account);
}

enum recovery_result recovery_open(struct store *store, struct http *http,
                                   const struct recovery_settings *settings, struct err *err)
{
    struct account account = {
        .store = store, .http = http, .settings = settings, .arena = arena_create(), .err = err
    };
    identity_derive_key(account.key, settings->key);
    enum recovery_result result = learn_identity(&account);
    if (result == RECOVERY_READY && account.has_keys)
        result = learn_storage(&account);
    if (result == RECOVERY_READY && account.has_keys)
        result = settings->recovery_key ? use_key(&account) : go_without(&account);
    secret_wipe(account.key, sizeof account.key);
    arena_destroy(account.arena);
    return result;
}

char *recovery_unshown(struct store *store, const unsigned char *key, struct arena *arena)
{
    unsigned char ours[SECRET_KEY_BYTES], recovery[SECRET_KEY_BYTES];
    char *text = NULL;
    identity_derive_key(ours, key);
    if (!store_get_int(store, "crypto.recovery_shown", 0) &&
        identity_load_secret(store, ours, IDENTITY_RECOVERY, recovery))
        text = recovery_key_write(arena, recovery);
    secret_wipe(ours, sizeof ours);
    secret_wipe(recovery, sizeof recovery);
    return text;
}

bool recovery_note_shown(struct store *store, struct err *err)
{
    store_begin(store);
    store_set_int(store, "crypto.recovery_shown", 1);
    return store_commit(store, err);
}
