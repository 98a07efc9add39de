/* What others say in encrypted rooms. That a ciphertext opens proves who made its key, and nothing of the event around it:
 * room, sender and event id are held against what the key says of itself. */
#include <string.h>

#include "base/log.h"
#include "matrix/crypto/backup.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/parse.h"
#include "store/store.h"

struct reading {
    struct crypto *crypto;
    const char *room_id;
    const char *event_id, *sender;
    const char *session_id, *ciphertext;
    struct arena *arena;
    struct room_key key;
};

static enum crypto_read refuse(const struct reading *reading, const char *why)
{
    log_warn("event %s in room %s does not count: %s", reading->event_id, reading->room_id, why);
    return CRYPTO_REFUSED;
}

static bool is_megolm(struct json_object *event)
{
    const char *algorithm = json_str(event, "content/algorithm");
    return algorithm && strcmp(algorithm, DEVICE_MEGOLM) == 0;
}

/* Whose device delivered the key, as far as it matters: may it be heard? */
static enum crypto_read judge_device(const struct reading *reading, const char **waits_out)
{
    struct crypto *crypto = reading->crypto;
    struct store *store = crypto->client->store;
    const struct room_key_owner *owner = &reading->key.owner;
    struct device_row device;
    if (strcmp(owner->person, reading->sender) != 0)
        return refuse(reading, "its key is somebody else's");
    if (strcmp(reading->sender, crypto->client->me) == 0)
        return CRYPTO_READ;
    bool is_known = devices_find(store, owner->person, owner->curve25519, reading->arena, &device);
    if (is_known && strcmp(device.ed25519, owner->ed25519) != 0)
        return refuse(reading, "its device has other keys");
    if (is_known && (device.is_signed || crypto->is_lax))
        return CRYPTO_READ;
    /* Its owner may have signed it since, or just now. */
    if (!devices_is_known(store, reading->sender)) {
        crypto_begin(crypto);
        devices_track(store, reading->sender);
        query_want(crypto);
        *waits_out = reading->sender;
        return CRYPTO_WAITS;
    }
    refuse(reading, is_known ? "its device was not signed by its owner" : "its device is unknown");
    return CRYPTO_UNSIGNED;
}

/* The event as if it had come in clear, for the caller to put; NULL: what is inside is none. The relation stands outside,
 * as clients write it; one that stands inside counts before it, since no homeserver can have changed that. */
static struct json_object *clear_event(const struct reading *reading, struct json_object *event,
                                       struct json_object *payload)
{
    const char *type = json_str(payload, "type"), *room_id = json_str(payload, "room_id");
    struct json_object *content = json_obj(payload, "content"),
                       *relation = json_obj(event, "content/m.relates_to");
    if (!type || !content || !room_id || strcmp(room_id, reading->room_id) != 0 ||
        strcmp(type, "m.room.encrypted") == 0 || strcmp(type, "m.room.redaction") == 0)
        return NULL;
    if (relation && !json_find(content, "m.relates_to"))
        json_set(content, "m.relates_to", json_object_get(relation));
    struct json_object *clear = json_object_new_object();
    json_object_object_foreach(event, name, value)
    {
        json_set(clear, name, json_object_get(value));
    }
    json_set_str(clear, "type", type);
    json_set(clear, "content", json_object_get(content));
    return clear;
}

static enum crypto_read open_event(struct reading *reading, struct json_object *event,
                                   struct json_object **clear_out)
{
    size_t len;
    uint32_t index;
    char *text = ratchet_in_decrypt(reading->key.ratchet, reading->arena, reading->ciphertext, &len, &index);
    if (!text)
        return refuse(reading, "it cannot be opened");
    if (!room_index_note(reading->crypto, reading->session_id, index, reading->event_id))
        return refuse(reading, "it was said before, in another event");
    struct json_object *payload = json_parse(text, len);
    *clear_out =
        json_depth(payload, EVENT_DEPTH) <= EVENT_DEPTH ? clear_event(reading, event, payload) : NULL;
    json_object_put(payload);
    return *clear_out ? CRYPTO_READ : refuse(reading, "what is in it is no event of this room");
}

enum crypto_read crypto_read_event(struct crypto *crypto, const char *room_id, struct json_object *event,
                                   struct arena *arena, struct json_object **clear_out,
                                   const char **waits_out)
{
    struct reading reading = { .crypto = crypto,
                               .room_id = room_id,
                               .event_id = parse_event_id(event),
                               .sender = parse_sender(event),
                               .session_id = json_str(event, "content/session_id"),
                               .ciphertext = json_str(event, "content/ciphertext"),
                               .arena = arena };
    if (!reading.event_id || !reading.sender || !is_megolm(event) || !reading.session_id ||
        !reading.ciphertext || strlen(reading.session_id) > EVENT_ID_BYTES || json_find(event, "state_key"))
        return CRYPTO_REFUSED;
    if (!room_key_find(crypto, room_id, reading.session_id, arena, &reading.key)) {
        backup_fetch(crypto, room_id, reading.session_id);
        *waits_out = arena_strdup(arena, reading.session_id);
        return CRYPTO_WAITS;
    }
    enum crypto_read result = judge_device(&reading, waits_out);
    if (result == CRYPTO_READ)
        result = open_event(&reading, event, clear_out);
    ratchet_in_destroy(reading.key.ratchet);
    return result;
}
