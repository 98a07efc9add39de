/* One after the other, in order; what goes into a room that is encrypted is sealed as everything else there. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/vouch_private.h"
#include "matrix/seal.h"
#include "store/room.h"
#include "store/store.h"
#include "words/words.h"

enum { TXN_CHARS = 24 };

void vouch_say(struct crypto *crypto, const struct vouch_end *to, const char *type,
               struct json_object *content)
{
    struct vouch *vouch = crypto->vouch;
    if (vouch->n_unsaid == VOUCH_UNSAID_MAX) {
        json_object_put(content);
        return;
    }
    if (to->room) {
        struct json_object *relation = json_object_new_object();
        json_set_str(relation, "rel_type", "m.reference");
        json_set_str(relation, "event_id", to->txn);
        json_set(content, "m.relates_to", relation);
    } else {
        json_set_str(content, "transaction_id", to->txn);
    }
    vouch->unsaid[vouch->n_unsaid++] = (struct vouch_unsaid){ .type = type,
                                                              .person = xstrdup(to->person),
                                                              .device_id = xstrdup(to->device_id),
                                                              .txn = xstrdup(to->txn),
                                                              .room = to->room,
                                                              .since_ms = crypto->client->now_ms,
                                                              .content = content };
    vouch->job.is_wanted = true;
}

void vouch_say_cancel(struct crypto *crypto, const struct vouch_end *to, const char *code, const char *reason)
{
    struct arena *arena = arena_create();
    struct json_object *content = json_object_new_object();
    json_set_str(content, "code", code);
    json_set_str(content, "reason", words_get(arena, (struct words_place){ crypto->lang, "vouch", reason }));
    vouch_say(crypto, to, "m.key.verification.cancel", content);
    arena_destroy(arena);
}

static void drop(struct vouch_unsaid *unsaid)
{
    free(unsaid->person);
    free(unsaid->device_id);
    free(unsaid->txn);
    free(unsaid->bytes);
    free(unsaid->path);
    json_object_put(unsaid->content);
}

static void drop_first(struct vouch *vouch)
{
    drop(&vouch->unsaid[0]);
    vouch->n_unsaid--;
    memmove(&vouch->unsaid[0], &vouch->unsaid[1], vouch->n_unsaid * sizeof vouch->unsaid[0]);
    vouch->job = (struct crypto_job){ .is_wanted = vouch->n_unsaid };
}

void vouch_say_finish(struct crypto *crypto)
{
    http_cancel(crypto->client->http, crypto->vouch->job.request);
    while (crypto->vouch->n_unsaid)
        drop_first(crypto->vouch);
}

/* Freezing */

static void freeze_for_device(struct crypto *crypto, struct vouch_unsaid *unsaid, const char *txn)
{
    struct json_object *body = json_object_new_object(), *people = json_object_new_object();
    struct json_object *devices = json_object_new_object();
    (void)crypto;
    json_set(devices, unsaid->device_id, json_object_get(unsaid->content));
    json_set(people, unsaid->person, devices);
    json_set(body, "messages", people);
    unsaid->bytes = xstrdup(json_text(body));
    unsaid->path = xasprintf("/_matrix/client/v3/sendToDevice/%s/%s", unsaid->type, txn);
    json_object_put(body);
}

enum frozen { FROZEN, FROZEN_LATER, FROZEN_NEVER };

/* In a transaction: the ratchet moves. */
static enum frozen freeze_in(struct crypto *crypto, struct vouch_unsaid *unsaid, const struct room *room,
                             const char *txn, struct arena *arena)
{
    struct seal_cipher cipher = crypto_cipher(crypto);
    struct err err;
    if (!cipher.is_ready(cipher.data, room, unsaid->type, false))
        return FROZEN_LATER;
    const char *bytes = cipher.encrypt(cipher.data, room, unsaid->type, unsaid->content, arena, &err);
    if (!bytes)
        return FROZEN_NEVER;
    const char *type = room->is_encrypted ? "m.room.encrypted" : unsaid->type;
    unsaid->bytes = xstrdup(bytes);
    unsaid->path = xstrdup(seal_path(arena, room->room_id, type, txn));
    return FROZEN;
}

static void unfreeze(struct vouch_unsaid *unsaid)
{
    free(unsaid->bytes);
    free(unsaid->path);
    unsaid->bytes = unsaid->path = NULL;
}

static enum frozen freeze_for_room(struct crypto *crypto, struct vouch_unsaid *unsaid, const char *txn,
                                   struct arena *arena)
{
    struct room room;
    enum frozen result = FROZEN_NEVER;
    crypto_begin(crypto);
    if (room_get(crypto->client->store, unsaid->room, arena, &room) && strcmp(room.membership, "join") == 0)
        result = freeze_in(crypto, unsaid, &room, txn, arena);
    if (crypto_commit(crypto))
        return result;
    unfreeze(unsaid);
    crypto->vouch->job.next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
    return FROZEN_LATER;
}

static enum frozen freeze(struct crypto *crypto, struct vouch_unsaid *unsaid)
{
    enum frozen result = FROZEN;
    if (unsaid->bytes)
        return result;
    struct arena *arena = arena_create();
    const char *txn = secret_random_id(arena, TXN_CHARS);
    if (unsaid->room)
        result = freeze_for_room(crypto, unsaid, txn, arena);
    else
        freeze_for_device(crypto, unsaid, txn);
    arena_destroy(arena);
    return result;
}

/* Sending */

static enum client_kind kind_of(const struct vouch_unsaid *unsaid)
{
    return unsaid->room ? CLIENT_SEND : CLIENT_OTHER;
}

static void on_said(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct vouch *vouch = crypto->vouch;
    vouch->job.request = 0;
    client_heard(crypto->client, kind_of(&vouch->unsaid[0]), answer);
    if (answer->status == 200) {
        drop_first(vouch);
        return;
    }
    crypto_job_failed(crypto, &vouch->job, "a word of a verification cannot be said", answer);
    if (http_is_refusal(answer))
        drop_first(vouch);
}

void vouch_say_poke(struct crypto *crypto)
{
    struct vouch *vouch = crypto->vouch;
    while (vouch->n_unsaid && crypto_job_may_start(crypto, &vouch->job)) {
        struct vouch_unsaid *unsaid = &vouch->unsaid[0];
        bool is_late = crypto->client->now_ms - unsaid->since_ms >= VOUCH_MS;
        if (!is_late && !client_may_send(crypto->client, kind_of(unsaid)))
            return;
        enum frozen frozen = is_late ? FROZEN_NEVER : freeze(crypto, unsaid);
        if (frozen == FROZEN_LATER)
            return;
        if (frozen == FROZEN_NEVER)
            drop_first(vouch);
        else
            vouch->job.request =
                http_send(crypto->client->http, &(struct http_request){ .method = "PUT",
                                                                        .path = unsaid->path,
                                                                        .body = unsaid->bytes,
                                                                        .timeout_s = SEND_TIMEOUT_S,
                                                                        .done = on_said,
                                                                        .data = crypto });
    }
}

/* What waits for the keys of its room is woken with them. */
int64_t vouch_say_next_ms(const struct crypto *crypto)
{
    const struct vouch *vouch = crypto->vouch;
    if (!vouch->n_unsaid || vouch->job.request)
        return INT64_MAX;
    const struct vouch_unsaid *unsaid = &vouch->unsaid[0];
    int64_t late_ms = unsaid->since_ms + VOUCH_MS;
    int64_t next_ms = crypto_job_next_ms(crypto, &vouch->job);
    int64_t limit_ms = crypto->client->waits_until_ms[kind_of(unsaid)];
    bool waits_for_keys = unsaid->room && !unsaid->bytes;
    if (next_ms < limit_ms)
        next_ms = limit_ms;
    if (waits_for_keys && next_ms <= crypto->client->now_ms)
        next_ms = INT64_MAX;
    return next_ms < late_ms ? next_ms : late_ms;
}
