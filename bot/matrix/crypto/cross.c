#include "matrix/crypto/cross.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/canon.h"
#include "matrix/crypto/device.h"
#include "store/store.h"

/* MASTER signs the two others, SELF signs our devices; USER would sign other people's masters, and signs nobody's. */
enum { MASTER, SELF, USER, N_KEYS };
static const char *const usages[N_KEYS] = { "master", "self_signing", "user_signing" };

enum cross_step { CROSS_LOOK, CROSS_PUT, CROSS_SIGN, CROSS_OVER };

struct cross {
    struct crypto_job job;
    enum cross_step step;
    bool has_signed; /* in this life: if the homeserver shows nothing of it, that is not tried for ever */
    char *session; /* owned: of an answer that wants the password; NULL: none */
};

/* Seeds */

struct identity {
    unsigned char seeds[N_KEYS][SECRET_KEY_BYTES];
    const char *keys[N_KEYS]; /* in the arena */
};

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_seeds(const char *text, struct identity *identity)
{
    unsigned char *out = identity->seeds[0];
    if (!text || strlen(text) != 2 * sizeof identity->seeds)
        return false;
    for (size_t i = 0; i < sizeof identity->seeds; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static void add_keys(struct identity *identity, struct arena *arena)
{
    for (int i = 0; i < N_KEYS; i++)
        identity->keys[i] = ratchet_seed_public(arena, identity->seeds[i]);
}

/* To be wiped by the caller. False: there is none, or its key file is another one. */
static bool load_identity(struct crypto *crypto, struct arena *arena, struct identity *identity)
{
    char *box = store_get(crypto->client->store, arena, "crypto.seeds");
    char *text = box ? secret_open(arena, crypto->key, box) : NULL;
    bool ok = read_seeds(text, identity);
    if (text)
        secret_wipe(text, strlen(text));
    if (ok)
        add_keys(identity, arena);
    return ok;
}

/* In a transaction. */
static void make_identity(struct crypto *crypto, struct arena *arena, struct identity *identity)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * sizeof identity->seeds + 1] = "";
    const unsigned char *seed = identity->seeds[0];
    secret_random(identity->seeds, sizeof identity->seeds);
    for (size_t i = 0; i < sizeof identity->seeds; i++) {
        text[2 * i] = digits[seed[i] / 16];
        text[2 * i + 1] = digits[seed[i] % 16];
    }
    store_set(crypto->client->store, "crypto.seeds", secret_seal(arena, crypto->key, text));
    secret_wipe(text, sizeof text);
    add_keys(identity, arena);
}

/* Objects */

static void sign_by(const struct identity *identity, int key, struct json_object *object, const char *me,
                    struct arena *arena)
{
    device_add_signature(object, me, arena_printf(arena, "ed25519:%s", identity->keys[key]),
                         ratchet_seed_sign(arena, identity->seeds[key], canon_signed(object, arena)));
}

/* One of the three as it is published, for the caller to put. */
static struct json_object *key_object(const struct identity *identity, int key, const char *me,
                                      struct arena *arena)
{
    struct json_object *object = json_object_new_object(), *usage = json_object_new_array();
    struct json_object *keys = json_object_new_object();
    json_add_str(usage, usages[key]);
    json_set_str(keys, arena_printf(arena, "ed25519:%s", identity->keys[key]), identity->keys[key]);
    json_set_str(object, "user_id", me);
    json_set(object, "usage", usage);
    json_set(object, "keys", keys);
    if (key != MASTER)
        sign_by(identity, MASTER, object, me, arena);
    return object;
}

void cross_sign_device(struct crypto *crypto, struct json_object *device)
{
    struct arena *arena = arena_create();
    struct identity identity;
    if (store_get_int(crypto->client->store, "crypto.is_signed", 0) &&
        load_identity(crypto, arena, &identity))
        sign_by(&identity, SELF, device, crypto->client->me, arena);
    secret_wipe(&identity, sizeof identity);
    arena_destroy(arena);
}

/* Requests */

static void go_on(struct crypto *crypto, enum cross_step step)
{
    crypto->cross->step = step;
    crypto->cross->job.is_wanted = step != CROSS_OVER;
    crypto->cross->job.attempts = 0;
    crypto->cross->job.next_ms = 0;
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
        struct json_object *master = key_object(&identity, MASTER, client->me, arena);
        sign_by(&identity, SELF, device, client->me, arena);
        device_add_signature(master, client->me, arena_printf(arena, "ed25519:%s", client->device_id),
                             ratchet_account_sign(account, arena, canon_signed(master, arena)));
        json_set(ours, client->device_id, device);
        json_set(ours, identity.keys[MASTER], master);
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
    if (!load_identity(crypto, arena, &identity)) {
        make_identity(crypto, arena, &identity);
        log_info("made the identity of %s, whose master key is %s", me, identity.keys[MASTER]);
    }
    if (crypto_commit(crypto)) {
        struct json_object *body = json_object_new_object();
        json_set(body, "master_key", key_object(&identity, MASTER, me, arena));
        json_set(body, "self_signing_key", key_object(&identity, SELF, me, arena));
        json_set(body, "user_signing_key", key_object(&identity, USER, me, arena));
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
    go_on(crypto, CROSS_OVER);
}

static void judge(struct crypto *crypto, struct json_object *answer)
{
    struct arena *arena = arena_create();
    struct identity identity;
    bool has_one = load_identity(crypto, arena, &identity);
    struct json_object *master = ours_in(crypto, answer, "master_keys");
    const char *theirs = device_read_cross(master, crypto->client->me, usages[MASTER]);
    if (!master) {
        go_on(crypto, CROSS_PUT);
    } else if (!has_one || !theirs || strcmp(theirs, identity.keys[MASTER]) != 0) {
        log_error(
            "this account has an identity that the store knows nothing of: clients warn of what the bot says, "
            "until it is taken away there (\"reset identity\") and the bot started again");
        go_on(crypto, CROSS_OVER);
    } else if (is_device_signed(crypto, answer, identity.keys[SELF])) {
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
