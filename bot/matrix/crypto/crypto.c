#include "matrix/crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/crypto_private.h"
#include "store/store.h"

/* The key of pickles is not the one of the store's other secrets. */
static void derive_key(unsigned char out[SECRET_KEY_BYTES], const unsigned char *key)
{
    static const char *const parts[] = { "pickles" };
    struct arena *arena = arena_create();
    char *hash = secret_hash(arena, key, parts, 1);
    memcpy(out, hash, SECRET_KEY_BYTES); /* 32 characters of base64url: 192 bits */
    secret_wipe(hash, strlen(hash));
    arena_destroy(arena);
}

struct crypto *crypto_create(struct client *client, const unsigned char *key)
{
    struct crypto *crypto = xcalloc(1, sizeof *crypto);
    crypto->client = client;
    derive_key(crypto->key, key);
    upload_init(crypto);
    return crypto;
}

void crypto_destroy(struct crypto *crypto)
{
    if (!crypto)
        return;
    http_cancel(crypto->client->http, crypto->upload.job.request);
    secret_wipe(crypto->key, sizeof crypto->key);
    free(crypto);
}

bool crypto_is_on(const struct crypto *crypto)
{
    return !crypto->is_off;
}

void crypto_turn_off(struct crypto *crypto, const char *why)
{
    crypto->is_off = true;
    log_error("encrypted rooms cannot be served: %s", why);
}

void crypto_begin(struct crypto *crypto)
{
    if (!store_in_transaction(crypto->client->store))
        store_begin(crypto->client->store);
}

bool crypto_commit(struct crypto *crypto)
{
    struct err err;
    if (store_commit(crypto->client->store, &err))
        return true;
    log_error("%s", err.text);
    return false;
}

/* Jobs */

bool crypto_job_may_start(const struct crypto *crypto, const struct crypto_job *job)
{
    const struct client *client = crypto->client;
    return job->is_wanted && !job->request && job->next_ms <= client->now_ms && client->is_caught_up &&
           client_may_send(client, CLIENT_OTHER);
}

int64_t crypto_job_next_ms(const struct crypto *crypto, const struct crypto_job *job)
{
    const struct client *client = crypto->client;
    if (!job->is_wanted || job->request || !client->is_caught_up || !client_is_well(client))
        return INT64_MAX; /* another answer will wake us */
    int64_t limit_ms = client->waits_until_ms[CLIENT_OTHER];
    return job->next_ms > limit_ms ? job->next_ms : limit_ms;
}

void crypto_job_failed(struct crypto *crypto, struct crypto_job *job, const char *what,
                       const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    uint32_t random;
    secret_random(&random, sizeof random);
    job->attempts++;
    job->next_ms = crypto->client->now_ms + backoff_ms(job->attempts, random);
    log_warn("%s: %s", what, http_describe(arena, answer));
    arena_destroy(arena);
}

/* The parts together */

void crypto_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms)
{
    if (!crypto->is_off)
        upload_take(crypto, answer, asked_ms);
}

void crypto_poke(struct crypto *crypto)
{
    if (!crypto->is_off)
        upload_poke(crypto);
}

int64_t crypto_next_ms(const struct crypto *crypto)
{
    return crypto->is_off ? INT64_MAX : upload_next_ms(crypto);
}

void crypto_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    upload_clock_moved(crypto, by_ms);
}
