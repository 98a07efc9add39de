/* Half of the one-time keys that an account can hold lie at the homeserver, so that those on their way to us in first
 * messages are not dropped by new ones; and one fallback key always, for when they are used up. */
#include <string.h>

#include "base/log.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "store/store.h"

enum {
    KEPT = RATCHET_ONE_TIME_MAX / 2,
    FALLBACK_AGE_MS = 7 * 86400000,
    OLD_FALLBACK_MS = 3600000, /* for which the one before still opens what is on its way */
    LOOK_MS = 3600000,
    /* Between two uploads: one that is told at each answer that there are none, after it took fifty, is no reason to make
     * fifty more each time. Until then the fallback key serves. */
    AGAIN_MS = 10000,
};

void upload_init(struct crypto *crypto)
{
    crypto->upload = (struct upload){ .job = { .is_wanted = true }, .n_there = -1 };
}

/* What sync says */

static bool is_listed(struct json_object *types)
{
    for (size_t i = 0; i < json_object_array_length(types); i++) {
        const char *type = json_str(json_object_array_get_idx(types, i), "");
        if (type && strcmp(type, "signed_curve25519") == 0)
            return true;
    }
    return false;
}

void upload_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms)
{
    struct upload *upload = &crypto->upload;
    if (asked_ms <= upload->answered_ms || upload->job.request)
        return; /* said before the homeserver had what it has now */
    struct json_object *types = json_arr(answer, "device_unused_fallback_key_types");
    upload->n_there = json_int(answer, "device_one_time_keys_count/signed_curve25519", 0);
    upload->wants_fallback = types && !is_listed(types);
    if (upload->n_there < KEPT || upload->wants_fallback)
        upload->job.is_wanted = true;
}

/* What is put there */

struct unpublished {
    struct crypto *crypto;
    struct ratchet_account *account;
    struct json_object *one_time, *fallback;
};

static void add_key(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    struct unpublished *keys = data;
    struct client *client = keys->crypto->client;
    struct arena *arena = arena_create();
    json_set(is_fallback ? keys->fallback : keys->one_time,
             arena_printf(arena, "signed_curve25519:%s", key_id),
             device_make_one_time(keys->account, client->me, client->device_id, curve25519, is_fallback));
    arena_destroy(arena);
}

struct count {
    size_t n_one_time, n_fallback;
};

static void count_key(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    struct count *count = data;
    (void)key_id;
    (void)curve25519;
    ++*(is_fallback ? &count->n_fallback : &count->n_one_time);
}

static bool is_fallback_due(const struct crypto *crypto)
{
    int64_t made_ms = store_get_int(crypto->client->store, "crypto.fallback_ms", 0);
    return crypto->upload.wants_fallback || !made_ms || crypto->client->now_ms - made_ms >= FALLBACK_AGE_MS;
}

static void make_fallback(struct crypto *crypto, struct ratchet_account *account)
{
    struct store *store = crypto->client->store;
    if (store_get_int(store, "crypto.fallback_ms", 0))
        store_set_int(store, "crypto.has_old_fallback", 1);
    store_set_int(store, "crypto.fallback_ms", crypto->client->now_ms);
    ratchet_account_make_fallback(account);
}

/* Makes what is missing. True: something was made. What was made and not yet put there, because the answer was lost, goes
 * again first: more would push it out of the account. */
static bool make_missing(struct crypto *crypto, struct ratchet_account *account)
{
    struct upload *upload = &crypto->upload;
    struct count count = { 0 };
    bool is_changed = false;
    ratchet_account_unpublished(account, count_key, &count);
    if (!count.n_one_time && upload->n_there >= 0 && upload->n_there < KEPT) {
        ratchet_account_make_one_time(account, (size_t)(KEPT - upload->n_there));
        is_changed = true;
    }
    if (!count.n_fallback && is_fallback_due(crypto)) {
        make_fallback(crypto, account);
        is_changed = true;
    }
    return is_changed;
}

static bool forget_old_fallback(struct crypto *crypto, struct ratchet_account *account)
{
    struct store *store = crypto->client->store;
    if (!store_get_int(store, "crypto.has_old_fallback", 0) ||
        crypto->client->now_ms - store_get_int(store, "crypto.fallback_ms", 0) < OLD_FALLBACK_MS)
        return false;
    ratchet_account_forget_fallback(account);
    store_set(store, "crypto.has_old_fallback", NULL);
    return true;
}

/* The body of the request, for the caller to put; NULL: all is there that should be. */
static struct json_object *body_of(struct crypto *crypto, struct ratchet_account *account)
{
    struct client *client = crypto->client;
    struct json_object *body = json_object_new_object();
    struct unpublished keys = { crypto, account, json_object_new_object(), json_object_new_object() };
    ratchet_account_unpublished(account, add_key, &keys);
    bool is_new = !store_get_int(client->store, "crypto.is_published", 0);
    bool is_needed =
        is_new || json_object_object_length(keys.one_time) || json_object_object_length(keys.fallback);
    if (is_new)
        json_set(body, "device_keys", crypto_own_device(crypto, account));
    json_set(body, "one_time_keys", keys.one_time);
    json_set(body, "fallback_keys", keys.fallback);
    if (is_needed)
        return body;
    json_object_put(body);
    return NULL;
}

/* Commits what it made before anybody sees it. */
static struct json_object *prepare(struct crypto *crypto)
{
    crypto_begin(crypto);
    struct ratchet_account *account = crypto_open_account(crypto);
    struct json_object *body = NULL;
    if (account) {
        bool is_changed = make_missing(crypto, account);
        is_changed = forget_old_fallback(crypto, account) || is_changed;
        if (is_changed)
            crypto_keep_account(crypto, account);
        body = body_of(crypto, account);
    }
    ratchet_account_destroy(account);
    if (crypto_commit(crypto)) {
        crypto->upload.job.is_wanted = body;
        return body;
    }
    crypto->upload.job.next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
    json_object_put(body);
    return NULL;
}

/* Answers */

static void mark_published(struct crypto *crypto)
{
    crypto_begin(crypto);
    struct ratchet_account *account = crypto_open_account(crypto);
    if (account) {
        ratchet_account_mark_published(account);
        crypto_keep_account(crypto, account);
        store_set_int(crypto->client->store, "crypto.is_published", 1);
    }
    ratchet_account_destroy(account);
    struct crypto_job *job = &crypto->upload.job;
    job->is_wanted = !crypto_commit(crypto);
    /* If that cannot be written, they are put there again, which changes nothing there; a device without keys is not waited
     * for. */
    if (job->is_wanted)
        job->next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

static void hear_refusal(struct crypto *crypto, const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    const char *words = http_describe(arena, answer);
    if (answer->status == 404 || answer->status == 405)
        crypto_turn_off(crypto, NULL);
    else
        crypto_turn_off(
            crypto,
            arena_printf(arena,
                         "the homeserver refuses the keys of this device (%s): the store is an old "
                         "copy, or two run on one. Sign this device out there, then run `greffier login`",
                         words));
    arena_destroy(arena);
}

static void on_uploaded(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct upload *upload = &crypto->upload;
    upload->job.request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status == 200) {
        upload->job.attempts = 0;
        upload->n_there = json_int(answer->json, "one_time_key_counts/signed_curve25519", KEPT);
        upload->wants_fallback = false;
        upload->answered_ms = crypto->client->now_ms;
        upload->job.next_ms = crypto->client->now_ms + AGAIN_MS;
        mark_published(crypto);
        log_info("%lld one-time keys of this device are at the homeserver", (long long)upload->n_there);
    } else if (http_is_refusal(answer) && answer->status != 403) {
        hear_refusal(crypto, answer);
    } else {
        crypto_job_failed(crypto, &upload->job, "the keys of this device cannot be put to the homeserver",
                          answer);
    }
}

void upload_poke(struct crypto *crypto)
{
    struct upload *upload = &crypto->upload;
    if (crypto->client->now_ms >= upload->look_ms) {
        upload->look_ms = crypto->client->now_ms + LOOK_MS;
        upload->job.is_wanted = true;
    }
    if (!crypto_job_may_start(crypto, &upload->job))
        return;
    struct json_object *body = prepare(crypto);
    if (!body)
        return;
    upload->job.request =
        http_send(crypto->client->http, &(struct http_request){ .method = "POST",
                                                                .path = "/_matrix/client/v3/keys/upload",
                                                                .body = json_text(body),
                                                                .done = on_uploaded,
                                                                .data = crypto });
    json_object_put(body);
}

int64_t upload_next_ms(const struct crypto *crypto)
{
    int64_t next_ms = crypto_job_next_ms(crypto, &crypto->upload.job);
    return next_ms < crypto->upload.look_ms ? next_ms : crypto->upload.look_ms;
}

void upload_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->upload.job.next_ms, by_ms);
    client_move(&crypto->upload.answered_ms, by_ms);
    client_move(&crypto->upload.look_ms, by_ms);
}
