#include "matrix/crypto/cross.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/canon.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/identity.h"
#include "matrix/crypto/storage.h"
#include "store/store.h"

enum cross_step { CROSS_LOOK, CROSS_PUT, CROSS_SIGN, CROSS_OVER };

struct cross {
    struct crypto_job job;
    enum cross_step step;
    bool has_signed; /* in this life: if the homeserver shows nothing of it, that is not tried for ever */
    char *session; /* owned: of an answer that wants the password; NULL: none */
};

static bool load_identity(struct crypto *crypto, struct arena *arena, struct identity *identity)
{
    return identity_load(crypto->client->store, crypto->key, arena, identity);
}

void cross_sign_device(struct crypto *crypto, struct json_object *device)
{
    struct arena *arena = arena_create();
    struct identity identity;
    if (store_get_int(crypto->client->store, "crypto.is_signed", 0) &&
        load_identity(crypto, arena, &identity))
        identity_sign(&identity, IDENTITY_SELF, device, crypto->client->me);
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

char *cross_master(struct crypto *crypto, struct arena *arena)
{
    struct store *store = crypto->client->store;
    struct identity identity;
    bool is_signed =
        store_get_int(store, "crypto.is_signed", 0) && identity_load(store, crypto->key, arena, &identity);
    char *master = is_signed ? arena_strdup(arena, identity.keys[IDENTITY_MASTER]) : NULL;
    secret_wipe(&identity, sizeof identity);
    return master;
}

/* Requests */

static void go_on(struct crypto *crypto, enum cross_step step)
{
    crypto->cross->step = step;
    crypto_job_begin(&crypto->cross->job, step != CROSS_OVER);
}

static void send_body(struct crypto *crypto, const char *path, struct json_object *body, http_done_fn *done)
{
    crypto->cross->job.request = http_send(
        crypto->client->http,
        &(struct http_request){
            .method = "POST", .path = path, .body = json_text(body), .done = done, .data = crypto });
    json_object_put(body);
}

/* False: it is tried again, or never. */
static bool is_good(struct crypto *crypto, const struct http_answer *answer, const char *what)
{
    crypto->cross->job.request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status == 200 && json_obj(answer->json, ""))
        return true;
    crypto_job_failed(crypto, &crypto->cross->job, what, answer);
    if (http_is_refusal(answer))
        go_on(crypto, CROSS_OVER);
    return false;
}

/* The identity is signed by its device, and the device by it. */
static void on_signed(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    if (is_good(crypto, answer, "this device cannot be signed"))
        go_on(crypto, CROSS_LOOK);
}

static void sign(struct crypto *crypto)
{
    struct client *client = crypto->client;
    struct arena *arena = arena_create();
    struct identity identity;
    crypto_begin(crypto);
    struct ratchet_account *account = crypto_open_account(crypto);
    if (account && load_identity(crypto, arena, &identity)) {
        struct json_object *body = json_object_new_object(), *ours = json_object_new_object();
        struct json_object *device = device_make(account, client->me, client->device_id);
        struct json_object *master = identity_object(&identity, IDENTITY_MASTER, client->me);
        identity_sign(&identity, IDENTITY_SELF, device, client->me);
        device_add_signature(master, client->me, arena_printf(arena, "ed25519:%s", client->device_id),
                             ratchet_account_sign(account, arena, canon_signed(master, arena)));
        json_set(ours, client->device_id, device);
        json_set(ours, identity.keys[IDENTITY_MASTER], master);
        json_set(body, client->me, ours);
        crypto->cross->has_signed = true;
        send_body(crypto, "/_matrix/client/v3/keys/signatures/upload", body, on_signed);
    }
    ratchet_account_destroy(account);
    crypto_commit(crypto);
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

/* A homeserver from before MSC3967 wants to know that it is us. */
static bool wants_password(struct crypto *crypto, const struct http_answer *answer)
{
    struct cross *cross = crypto->cross;
    const char *session = json_str(answer->json, "session");
    if (answer->status != 401 || !session || cross->session || !crypto->password)
        return false;
    cross->session = xstrdup(session);
    return true;
}

static void on_put(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    if (wants_password(crypto, answer)) {
        crypto->cross->job.request = 0;
        client_heard(crypto->client, CLIENT_OTHER, answer);
        return;
    }
    free(crypto->cross->session);
    crypto->cross->session = NULL;
    if (is_good(crypto, answer, "the identity of this account cannot be put to the homeserver"))
        go_on(crypto, CROSS_SIGN);
    else if (answer->status == 401)
        go_on(crypto, CROSS_OVER);
}

static struct json_object *password_of(const struct crypto *crypto)
{
    struct json_object *auth = json_object_new_object(), *identifier = json_object_new_object();
    json_set_str(identifier, "type", "m.id.user");
    json_set_str(identifier, "user", crypto->client->me);
    json_set_str(auth, "type", "m.login.password");
    json_set(auth, "identifier", identifier);
    json_set_str(auth, "password", crypto->password);
    json_set_str(auth, "session", crypto->cross->session);
    return auth;
}

static void put(struct crypto *crypto)
{
    const char *me = crypto->client->me;
    struct arena *arena = arena_create();
    struct identity identity;
    crypto_begin(crypto);
    if (!load_identity(crypto, arena, &identity))
        identity_make(crypto->client->store, crypto->key, arena, &identity);
    if (crypto_commit(crypto)) {
        struct json_object *body = json_object_new_object();
        json_set(body, "master_key", identity_object(&identity, IDENTITY_MASTER, me));
        json_set(body, "self_signing_key", identity_object(&identity, IDENTITY_SELF, me));
        json_set(body, "user_signing_key", identity_object(&identity, IDENTITY_USER, me));
        if (crypto->cross->session)
            json_set(body, "auth", password_of(crypto));
        send_body(crypto, "/_matrix/client/v3/keys/device_signing/upload", body, on_put);
    } else {
        crypto->cross->job.next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
    }
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

/* Looking */

static struct json_object *ours_in(struct crypto *crypto, struct json_object *answer, const char *member)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(json_obj(answer, member), crypto->client->me, &value);
    return value;
}

static bool is_device_signed(struct crypto *crypto, struct json_object *answer, const char *self_signing)
{
    struct json_object *device = NULL, *devices = ours_in(crypto, answer, "device_keys");
    if (json_object_is_type(devices, json_type_object))
        json_object_object_get_ex(devices, crypto->client->device_id, &device);
    return device_has_signature(device, crypto->client->me, self_signing, self_signing);
}

static void note_signed(struct crypto *crypto)
{
    crypto_begin(crypto);
    if (!store_get_int(crypto->client->store, "crypto.is_signed", 0)) {
        store_set_int(crypto->client->store, "crypto.is_signed", 1);
        log_info("device %s is signed by its owner", crypto->client->device_id);
    }
    crypto_commit(crypto);
    crypto_note_trouble(crypto, "trouble.identity", NULL);
    go_on(crypto, CROSS_OVER);
    storage_want(crypto);
}

static void judge(struct crypto *crypto, struct json_object *answer)
{
    struct arena *arena = arena_create();
    struct identity identity;
    bool has_one = load_identity(crypto, arena, &identity);
    struct json_object *master = ours_in(crypto, answer, "master_keys");
    const char *theirs = device_read_cross(master, crypto->client->me, identity_usages[IDENTITY_MASTER]);
    if (!master) {
        go_on(crypto, CROSS_PUT);
    } else if (!has_one || !theirs || strcmp(theirs, identity.keys[IDENTITY_MASTER]) != 0) {
        crypto_note_trouble(
            crypto, "trouble.identity",
            "this account has an identity that the store knows nothing of, and clients warn of "
            "what the bot says: give its recovery key to `greffier login --recovery-key-file "
            "FILE`, or take the identity away (\"reset identity\" in a client of the account) "
            "and start the bot again");
        go_on(crypto, CROSS_OVER);
    } else if (is_device_signed(crypto, answer, identity.keys[IDENTITY_SELF])) {
        note_signed(crypto);
    } else if (crypto->cross->has_signed) {
        log_error(
            "the homeserver does not show that this device is signed: clients warn of what the bot says");
        go_on(crypto, CROSS_OVER);
    } else {
        go_on(crypto, CROSS_SIGN);
    }
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

static void on_looked(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    if (is_good(crypto, answer, "the identity of this account cannot be learnt"))
        judge(crypto, answer->json);
}

static void look(struct crypto *crypto)
{
    struct json_object *body = json_object_new_object(), *people = json_object_new_object();
    json_set(people, crypto->client->me, json_object_new_array());
    json_set(body, "device_keys", people);
    send_body(crypto, "/_matrix/client/v3/keys/query", body, on_looked);
}

void cross_poke(struct crypto *crypto)
{
    struct cross *cross = crypto->cross;
    if (!crypto_job_may_start(crypto, &cross->job) || !crypto_know_itself(crypto))
        return;
    switch (cross->step) {
    case CROSS_LOOK:
        look(crypto);
        break;
    case CROSS_PUT:
        put(crypto);
        break;
    case CROSS_SIGN:
        sign(crypto);
        break;
    case CROSS_OVER:
        break;
    }
}

/* Before this device has its keys there, it is the answer to those that wakes us. */
int64_t cross_next_ms(const struct crypto *crypto)
{
    bool is_known = *crypto->identity.curve25519;
    return is_known ? crypto_job_next_ms(crypto, &crypto->cross->job) : INT64_MAX;
}

void cross_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->cross->job.next_ms, by_ms);
}

struct cross *cross_create(void)
{
    struct cross *cross = xcalloc(1, sizeof *cross);
    cross->job.is_wanted = true;
    return cross;
}

void cross_destroy(struct crypto *crypto)
{
    http_cancel(crypto->client->http, crypto->cross->job.request);
    free(crypto->cross->session);
    free(crypto->cross);
}
