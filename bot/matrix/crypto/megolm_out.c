/* What is said in encrypted rooms. The ratchet moves in the transaction that freezes the bytes: no index is ever used for
 * two messages. */
#include <string.h>

#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/share.h"
#include "store/store.h"

static struct json_object *payload_of(const struct room *room, const char *type, struct json_object *content)
{
    struct json_object *payload = json_object_new_object();
    json_set_str(payload, "type", type);
    json_set(payload, "content", json_object_get(content));
    json_set_str(payload, "room_id", room->room_id);
    return payload;
}

/* The relation stands outside too, where homeservers and clients look for it. The algorithm stands first: seal_type. */
static struct json_object *envelope_of(struct crypto *crypto, struct ratchet_out *out, const char *text,
                                       struct json_object *relation, struct arena *arena)
{
    struct json_object *envelope = json_object_new_object();
    json_set_str(envelope, "algorithm", DEVICE_MEGOLM);
    json_set_str(envelope, "session_id", ratchet_out_id(out, arena));
    json_set_str(envelope, "ciphertext", ratchet_out_encrypt(out, arena, text));
    json_set_str(envelope, "sender_key", crypto->identity.curve25519);
    json_set_str(envelope, "device_id", crypto->client->device_id);
    if (relation)
        json_set(envelope, "m.relates_to", json_object_get(relation));
    return envelope;
}

static const char *encrypt(struct crypto *crypto, const struct room *room, struct ratchet_out *out,
                           const char *type, struct json_object *content, struct arena *arena)
{
    struct json_object *payload = payload_of(room, type, content);
    struct json_object *envelope =
        envelope_of(crypto, out, json_text(payload), json_obj(content, "m.relates_to"), arena);
    const char *bytes = arena_strdup(arena, json_text(envelope));
    json_object_put(envelope);
    json_object_put(payload);
    store_run(crypto->client->store, "UPDATE room_out SET pickle = ?2, n_used = n_used + 1 WHERE room = ?1",
              "is", room->id, ratchet_out_pickle(out, arena, crypto->key));
    share_is_done(crypto, room->id);
    return bytes;
}

static const char *cipher_encrypt(void *data, const struct room *room, const char *type,
                                  struct json_object *content, struct arena *arena, struct err *err)
{
    struct crypto *crypto = data;
    if (!room->is_encrypted || seal_is_always_clear(type))
        return arena_strdup(arena, json_text(content));
    char *pickle =
        store_str(crypto->client->store, arena, "SELECT pickle FROM room_out WHERE room = ?1", "i", room->id);
    struct ratchet_out *out = pickle && !crypto->is_off ? ratchet_out_load(pickle, crypto->key) : NULL;
    if (!out) {
        err_set(err, "%s", seal_encrypted_reason);
        return NULL;
    }
    const char *bytes = encrypt(crypto, room, out, type, content, arena);
    ratchet_out_destroy(out);
    return bytes;
}

/* What can never be said is let through, for the seal to say why. */
static bool cipher_is_ready(void *data, const struct room *room, const char *type, bool is_urgent)
{
    struct crypto *crypto = data;
    return !room->is_encrypted || crypto->is_off || seal_is_always_clear(type) ||
           (crypto_know_itself(crypto) && share_is_ready(crypto, room->id, is_urgent));
}

struct seal_cipher crypto_cipher(struct crypto *crypto)
{
    return (struct seal_cipher){ .is_ready = cipher_is_ready, .encrypt = cipher_encrypt, .data = crypto };
}
