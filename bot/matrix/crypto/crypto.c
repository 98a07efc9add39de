#include "matrix/crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/backup.h"
#include "matrix/crypto/claim.h"
#include "matrix/crypto/cross.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/identity.h"
#include "matrix/crypto/share.h"
#include "matrix/crypto/storage.h"
#include "matrix/crypto/to_device.h"
#include "matrix/crypto/vouch.h"
#include "store/store.h"

struct crypto *crypto_create(struct client *client, const struct crypto_settings *settings)
{
    struct crypto *crypto = xcalloc(1, sizeof *crypto);
    crypto->client = client;
    crypto->is_lax = settings->is_lax;
    crypto->query = query_create();
    crypto->claim = claim_create();
    crypto->cross = cross_create();
    crypto->storage = storage_create();
    crypto->backup = backup_create();
    crypto->vouch = vouch_create();
    crypto->admins = settings->admins;
    crypto->lang = settings->lang ? settings->lang : "en";
    crypto->password = settings->password;
    crypto->out.job.is_wanted = crypto->is_again = true; /* what was left of the life before */
    identity_derive_key(crypto->key, settings->key);
    upload_init(crypto);
    return crypto;
}

void crypto_destroy(struct crypto *crypto)
{
    if (!crypto)
        return;
    http_cancel(crypto->client->http, crypto->upload.job.request);
    http_cancel(crypto->client->http, crypto->out.job.request);
    query_destroy(crypto);
    claim_destroy(crypto);
    cross_destroy(crypto);
    storage_destroy(crypto);
    backup_destroy(crypto);
    vouch_destroy(crypto);
    secret_wipe(crypto->key, sizeof crypto->key);
    free(crypto->trouble);
    free(crypto);
}

bool crypto_is_on(const struct crypto *crypto)
{
    return !crypto->is_off;
}

const char *crypto_trouble(const struct crypto *crypto)
{
    return crypto->trouble;
}

void crypto_turn_off(struct crypto *crypto, const char *why)
{
    crypto->is_off = true;
    free(crypto->trouble);
    crypto->trouble = xstrdup(why);
    if (why)
        log_error("encrypted rooms cannot be served: %s", why);
    else
        log_info("the homeserver knows no encryption");
}

bool crypto_forget_sessions(struct crypto *crypto)
{
    crypto_begin(crypto);
    account_forget_sessions(crypto);
    return crypto_commit(crypto);
}

void crypto_listen(struct crypto *crypto, crypto_known_fn *known, void *data)
{
    crypto->known = known;
    crypto->known_data = data;
}

void crypto_tell(struct crypto *crypto, const char *what)
{
    if (crypto->known)
        crypto->known(crypto->known_data, what);
}

/* Transactions and jobs */

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

void crypto_job_begin(struct crypto_job *job, bool is_wanted)
{
    job->is_wanted = is_wanted;
    job->attempts = 0;
    job->next_ms = 0;
}

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

void crypto_note_trouble(struct crypto *crypto, const char *name, const char *words)
{
    struct arena *arena = arena_create();
    const char *known = store_get(crypto->client->store, arena, name);
    if (words)
        log_error("%s", words);
    if (words ? !known || strcmp(known, words) != 0 : known != NULL) {
        crypto_begin(crypto);
        store_set(crypto->client->store, name, words);
        crypto_commit(crypto);
    }
    arena_destroy(arena);
}

/* The parts together */

void crypto_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms, bool is_first)
{
    if (crypto->is_off)
        return;
    upload_take(crypto, answer, asked_ms);
    query_take(crypto, answer, is_first);
    to_device_take(crypto, json_arr(answer, "to_device/events"));
}

void crypto_room_changed(struct crypto *crypto, int64_t room)
{
    share_touch_room(crypto, room);
}

void crypto_hear(struct crypto *crypto, int64_t room, struct json_object *event)
{
    if (!crypto->is_off)
        vouch_hear(crypto, room, event);
}

char *crypto_verify(struct crypto *crypto, const char *words, struct arena *arena)
{
    return crypto->is_off ? arena_strdup(arena, "this bot has no keys: see `greffier check`")
                          : vouch_answer(crypto, words, arena);
}

static void out_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->out.job.next_ms, by_ms);
}

/* In the order in which they have their turn: what another needs comes first. */
static const struct part {
    void (*poke)(struct crypto *crypto);
    int64_t (*next_ms)(const struct crypto *crypto);
    void (*clock_moved)(struct crypto *crypto, int64_t by_ms);
} parts[] = {
    { upload_poke, upload_next_ms, upload_clock_moved },
    { cross_poke, cross_next_ms, cross_clock_moved },
    { storage_poke, storage_next_ms, storage_clock_moved },
    { backup_poke, backup_next_ms, backup_clock_moved },
    { share_poke, share_next_ms, share_clock_moved },
    { query_poke, query_next_ms, query_clock_moved },
    { claim_poke, claim_next_ms, claim_clock_moved },
    { vouch_poke, vouch_next_ms, vouch_clock_moved },
    { to_device_poke, to_device_next_ms, out_clock_moved },
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

void crypto_poke(struct crypto *crypto)
{
    if (crypto->is_off)
        return;
    for (int i = 0; i < N_PARTS; i++)
        parts[i].poke(crypto);
}

int64_t crypto_next_ms(const struct crypto *crypto)
{
    int64_t next_ms = INT64_MAX;
    for (int i = 0; i < N_PARTS && !crypto->is_off; i++) {
        int64_t its_ms = parts[i].next_ms(crypto);
        next_ms = its_ms < next_ms ? its_ms : next_ms;
    }
    return next_ms;
}

void crypto_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    for (int i = 0; i < N_PARTS; i++)
        parts[i].clock_moved(crypto, by_ms);
}
