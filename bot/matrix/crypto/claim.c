#include "matrix/crypto/claim.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/olm_sessions.h"
#include "matrix/crypto/share.h"
#include "matrix/crypto/to_device.h"
#include "store/store.h"

enum {
    DEVICES_MAX = 250, /* in one request */
    AGAIN_MS = 3600000,
    MENDED_MAX = 3, /* in an hour, with one device */
    ANSWER_BYTES = 16 << 20,
};

struct claim {
    struct crypto_job job;
    struct arena *arena; /* owned: of the request in flight */
    struct device_row asked[DEVICES_MAX];
    size_t n_asked;
};

struct claim *claim_create(void)
{
    struct claim *claim = xcalloc(1, sizeof *claim);
    claim->arena = arena_create();
    claim->job.is_wanted = true; /* what was left of the life before */
    return claim;
}

void claim_destroy(struct crypto *crypto)
{
    http_cancel(crypto->client->http, crypto->claim->job.request);
    arena_destroy(crypto->claim->arena);
    free(crypto->claim);
}

/* What waits for a device without keys does not hold up the others; what was refused does. */
void claim_want(struct crypto *crypto)
{
    struct claim *claim = crypto->claim;
    if (!claim->job.attempts)
        claim->job.next_ms = 0;
    claim->job.is_wanted = true;
}

void claim_mend(struct crypto *crypto, const char *person, const char *curve25519)
{
    if (olm_n_made_since(crypto, curve25519, crypto->client->now_ms - AGAIN_MS) >= MENDED_MAX)
        return;
    store_run(crypto->client->store, "INSERT OR IGNORE INTO wedged(person, curve) VALUES(?1, ?2)", "ss",
              person, curve25519);
    claim_want(crypto);
}

/* Asking */

static void choose_devices(struct crypto *crypto)
{
    struct claim *claim = crypto->claim;
    struct rows rows = store_rows(crypto->client->store,
                                  "SELECT person, device_id, curve, ed FROM device WHERE is_gone = 0 AND"
                                  " (claim_ms <= ?1 OR (person, curve) IN (SELECT person, curve FROM wedged))"
                                  " ORDER BY claim_ms, person, device_id LIMIT ?2",
                                  "ii", crypto->client->now_ms, (int64_t)DEVICES_MAX);
    arena_reset(claim->arena);
    for (claim->n_asked = 0; rows_next(&rows); claim->n_asked++)
        claim->asked[claim->n_asked] = (struct device_row){ .person = rows_dup(&rows, 0, claim->arena),
                                                            .device_id = rows_dup(&rows, 1, claim->arena),
                                                            .curve25519 = rows_dup(&rows, 2, claim->arena),
                                                            .ed25519 = rows_dup(&rows, 3, claim->arena) };
}

static struct json_object *of(struct json_object *parent, const char *name)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(parent, name, &value)) {
        value = json_object_new_object();
        json_set(parent, name, value);
    }
    return value;
}

static struct json_object *body_of(const struct claim *claim)
{
    struct json_object *body = json_object_new_object(), *keys = of(body, "one_time_keys");
    for (size_t i = 0; i < claim->n_asked; i++)
        json_set_str(of(keys, claim->asked[i].person), claim->asked[i].device_id, "signed_curve25519");
    json_set_int(body, "timeout", 10000);
    return body;
}

/* Answers */

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

/* The key that was given for this device, signed by it; NULL: none. */
static const char *key_of(struct json_object *answer, const struct device_row *device)
{
    struct device_keys keys = { device->person, device->device_id, device->curve25519, device->ed25519 };
    struct json_object *given =
        member(member(json_obj(answer, "one_time_keys"), device->person), device->device_id);
    if (!json_object_is_type(given, json_type_object))
        return NULL;
    json_object_object_foreach(given, name, object)
    {
        (void)name;
        const char *key = device_read_one_time(object, &keys);
        if (key)
            return key;
    }
    return NULL;
}

static bool begin_session(struct crypto *crypto, struct ratchet_account *account,
                          const struct device_row *device, const char *one_time)
{
    struct ratchet_session *session = ratchet_session_to(account, device->curve25519, one_time);
    if (session)
        olm_session_keep(crypto, session, device->curve25519, true);
    ratchet_session_destroy(session);
    return session;
}

/* Its new session is of use to a wedged device only if it hears of it. */
static void tell_wedged(struct to_device_batch *batch, const struct device_row *device)
{
    struct store *store = batch->crypto->client->store;
    if (!store_int(store, 0, "SELECT 1 FROM wedged WHERE person = ?1 AND curve = ?2", "ss", device->person,
                   device->curve25519))
        return;
    struct json_object *nothing = json_object_new_object();
    to_device_add(batch, device, "m.dummy", nothing);
    json_object_put(nothing);
    log_info("a new session with device %s of %s, since the last one did not fit any more", device->device_id,
             device->person);
}

static void take_keys(struct crypto *crypto, struct json_object *answer)
{
    struct store *store = crypto->client->store;
    struct to_device_batch batch;
    if (!to_device_begin(&batch, crypto))
        return;
    for (size_t i = 0; i < crypto->claim->n_asked; i++) {
        const struct device_row *device = &crypto->claim->asked[i];
        const char *one_time = key_of(answer, device);
        bool has_session = one_time && begin_session(crypto, batch.account, device, one_time);
        if (has_session) {
            tell_wedged(&batch, device);
            store_run(store, "UPDATE device SET claim_ms = NULL WHERE person = ?1 AND device_id = ?2", "ss",
                      device->person, device->device_id);
        } else {
            store_run(store, "UPDATE device SET claim_ms = ?3 WHERE person = ?1 AND device_id = ?2", "ssi",
                      device->person, device->device_id, crypto->client->now_ms + AGAIN_MS);
        }
        store_run(store, "DELETE FROM wedged WHERE person = ?1 AND curve = ?2", "ss", device->person,
                  device->curve25519);
        share_touch_person(crypto, device->person);
    }
    to_device_end(&batch, NULL, false);
}

static void on_claimed(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct crypto_job *job = &crypto->claim->job;
    job->request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status != 200) {
        crypto_job_failed(crypto, job, "no keys of devices can be had now", answer);
        return;
    }
    job->attempts = 0;
    crypto_begin(crypto);
    take_keys(crypto, answer->json);
    if (!crypto_commit(crypto))
        job->next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

static int64_t next_asked_ms(const struct crypto *crypto)
{
    return store_int(
        crypto->client->store, INT64_MAX,
        "SELECT claim_ms FROM device WHERE is_gone = 0 AND claim_ms IS NOT NULL ORDER BY claim_ms LIMIT 1",
        "");
}

void claim_poke(struct crypto *crypto)
{
    struct claim *claim = crypto->claim;
    if (!crypto_job_may_start(crypto, &claim->job))
        return;
    choose_devices(crypto);
    if (!claim->n_asked) {
        claim->job.next_ms = next_asked_ms(crypto);
        claim->job.is_wanted = claim->job.next_ms < INT64_MAX;
        return;
    }
    struct json_object *body = body_of(claim);
    claim->job.request =
        http_send(crypto->client->http, &(struct http_request){ .method = "POST",
                                                                .path = "/_matrix/client/v3/keys/claim",
                                                                .body = json_text(body),
                                                                .max_bytes = ANSWER_BYTES,
                                                                .done = on_claimed,
                                                                .data = crypto });
    json_object_put(body);
}

int64_t claim_next_ms(const struct crypto *crypto)
{
    return crypto_job_next_ms(crypto, &crypto->claim->job);
}

void claim_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->claim->job.next_ms, by_ms);
}
