#include <string.h>

#include "base/log.h"
#include "matrix/crypto/olm_payload.h"
#include "matrix/crypto/olm_sessions.h"
#include "matrix/crypto/share.h"
#include "matrix/crypto/to_device.h"
#include "store/store.h"

enum { TXN_CHARS = 24 };

/* Making */

bool to_device_begin(struct to_device_batch *batch, struct crypto *crypto)
{
    *batch = (struct to_device_batch){ .crypto = crypto, .account = crypto_open_account(crypto) };
    if (!batch->account)
        return false;
    batch->messages = json_object_new_object();
    batch->own_device = crypto_own_device(crypto, batch->account);
    return true;
}

static struct json_object *envelope(struct crypto *crypto, const struct device_row *device,
                                    enum ratchet_kind kind, const char *body)
{
    struct json_object *content = json_object_new_object(), *ciphertext = json_object_new_object();
    struct json_object *theirs = json_object_new_object();
    json_set_int(theirs, "type", kind);
    json_set_str(theirs, "body", body);
    json_set(ciphertext, device->curve25519, theirs);
    json_set_str(content, "algorithm", DEVICE_OLM);
    json_set_str(content, "sender_key", crypto->identity.curve25519);
    json_set(content, "ciphertext", ciphertext);
    return content;
}

static struct json_object *of_person(struct to_device_batch *batch, const char *person)
{
    struct json_object *devices = NULL;
    if (!json_object_object_get_ex(batch->messages, person, &devices)) {
        devices = json_object_new_object();
        json_set(batch->messages, person, devices);
    }
    return devices;
}

bool to_device_add(struct to_device_batch *batch, const struct device_row *device, const char *type,
                   struct json_object *content)
{
    struct crypto *crypto = batch->crypto;
    struct ratchet_session *session = olm_session_for(crypto, device->curve25519);
    if (!session)
        return false;
    struct arena *arena = arena_create();
    struct olm_ends ends = { .sender = crypto->client->me,
                             .recipient = device->person,
                             .recipient_ed = device->ed25519 };
    struct json_object *payload =
        olm_payload_make(&ends, crypto->identity.ed25519, type, content, batch->own_device);
    enum ratchet_kind kind;
    char *body = ratchet_session_encrypt(session, arena, json_text(payload), &kind);
    olm_session_keep(crypto, session, device->curve25519, false);
    json_set(of_person(batch, device->person), device->device_id, envelope(crypto, device, kind, body));
    batch->n++;
    json_object_put(payload);
    ratchet_session_destroy(session);
    arena_destroy(arena);
    return true;
}

void to_device_end(struct to_device_batch *batch, const char *session, bool is_urgent)
{
    struct store *store = batch->crypto->client->store;
    struct arena *arena = arena_create();
    if (batch->n) {
        struct json_object *body = json_object_new_object();
        json_set(body, "messages", json_object_get(batch->messages));
        store_run(store, "INSERT INTO to_device(txn, body, session, is_urgent) VALUES(?1, ?2, ?3, ?4)",
                  "sssi", secret_random_id(arena, TXN_CHARS), json_text(body), session, (int64_t)is_urgent);
        json_object_put(body);
    }
    json_object_put(batch->messages);
    json_object_put(batch->own_device);
    ratchet_account_destroy(batch->account);
    arena_destroy(arena);
    batch->crypto->out.job.is_wanted = true;
}

/* Sending */

bool to_device_is_pending(struct store *store, const char *session)
{
    return store_int(store, 0, "SELECT 1 FROM to_device WHERE session = ?1", "s", session);
}

/* What waited for this message to leave. */
static void touch_room_of(struct crypto *crypto, int64_t row)
{
    int64_t room = store_int(
        crypto->client->store, 0,
        "SELECT o.room FROM to_device t JOIN room_out o ON o.session = t.session WHERE t.id = ?1", "i", row);
    if (room)
        share_touch_room(crypto, room);
}

static void on_sent(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct crypto_job *job = &crypto->out.job;
    job->request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status != 200 && !http_is_refusal(answer)) {
        crypto_job_failed(crypto, job, "keys cannot be sent to devices now", answer);
        return;
    }
    if (answer->status != 200)
        log_error("keys for devices were refused: they cannot read what is said with them");
    job->attempts = 0;
    touch_room_of(crypto, crypto->out.row);
    crypto_begin(crypto);
    store_run(crypto->client->store, "DELETE FROM to_device WHERE id = ?1", "i", crypto->out.row);
    if (!crypto_commit(crypto))
        job->next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

void to_device_poke(struct crypto *crypto)
{
    struct crypto_out *out = &crypto->out;
    if (!crypto_job_may_start(crypto, &out->job))
        return;
    struct arena *arena = arena_create();
    struct rows rows = store_rows(
        crypto->client->store, "SELECT id, txn, body FROM to_device ORDER BY is_urgent DESC, id LIMIT 1", "");
    out->job.is_wanted = rows_next(&rows);
    if (out->job.is_wanted) {
        out->row = rows_int(&rows, 0);
        char *path =
            arena_printf(arena, "/_matrix/client/v3/sendToDevice/m.room.encrypted/%s", rows_text(&rows, 1));
        out->job.request =
            http_send(crypto->client->http, &(struct http_request){ .method = "PUT",
                                                                    .path = path,
                                                                    .body = rows_text(&rows, 2),
                                                                    .timeout_s = SEND_TIMEOUT_S,
                                                                    .done = on_sent,
                                                                    .data = crypto });
    }
    rows_end(&rows);
    arena_destroy(arena);
}

int64_t to_device_next_ms(const struct crypto *crypto)
{
    return crypto_job_next_ms(crypto, &crypto->out.job);
}
