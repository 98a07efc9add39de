#include <string.h>

#include "base/bounds.h"
#include "base/log.h"
#include "matrix/crypto/claim.h"
#include "matrix/crypto/olm_payload.h"
#include "matrix/crypto/olm_sessions.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/crypto/share.h"
#include "matrix/crypto/to_device.h"
#include "matrix/crypto/vouch.h"
#include "matrix/parse.h"
#include "store/store.h"

/* Of its content the part that is for this device; false: there is none. */
static bool find_message(struct crypto *crypto, struct json_object *content, struct olm_message *out)
{
    const char *algorithm = json_str(content, "algorithm");
    struct json_object *ours = NULL;
    json_object_object_get_ex(json_obj(content, "ciphertext"), crypto->identity.curve25519, &ours);
    int64_t kind = json_int(ours, "type", -1);
    *out = (struct olm_message){ .sender_curve = json_str(content, "sender_key"),
                                 .kind = kind == RATCHET_PREKEY ? RATCHET_PREKEY : RATCHET_NORMAL,
                                 .body = json_str(ours, "body") };
    return algorithm && strcmp(algorithm, DEVICE_OLM) == 0 && ratchet_is_curve(out->sender_curve) &&
           out->body && (kind == RATCHET_PREKEY || kind == RATCHET_NORMAL);
}

/* Whose device it is: the one that its homeserver names, or, for as long as that was not asked, the one that the message
 * carries. False: somebody else's key. */
static bool is_their_device(struct crypto *crypto, const char *person, const struct olm_message *message,
                            const struct olm_payload *payload)
{
    struct store *store = crypto->client->store;
    struct arena *arena = arena_create();
    struct device_row device;
    bool is_theirs = true;
    if (devices_find(store, person, message->sender_curve, arena, &device))
        is_theirs = strcmp(device.ed25519, payload->sender_ed) == 0;
    else if (payload->sender_device)
        devices_meet(store, person, payload->sender_device_id, payload->sender_device);
    arena_destroy(arena);
    return is_theirs;
}

static void take_payload(struct crypto *crypto, const char *person, const struct olm_message *message,
                         const struct olm_payload *payload)
{
    struct room_key_owner owner = { .person = person,
                                    .curve25519 = message->sender_curve,
                                    .ed25519 = payload->sender_ed };
    if (strcmp(payload->type, "m.room_key") == 0 && room_key_take(crypto, payload->content, &owner))
        crypto_tell(crypto, json_str(payload->content, "session_id"));
    else if (strcmp(payload->type, "m.dummy") == 0)
        share_again(crypto, person, message->sender_curve);
}

static void take_opened(struct crypto *crypto, const char *person, const struct olm_message *message,
                        const char *text, size_t len)
{
    struct olm_ends ends = { .sender = person,
                             .sender_curve = message->sender_curve,
                             .recipient = crypto->client->me,
                             .recipient_ed = crypto->identity.ed25519 };
    struct olm_payload payload;
    struct json_object *json = json_parse(text, len);
    bool is_sound = json_depth(json, EVENT_DEPTH) <= EVENT_DEPTH && olm_payload_read(json, &ends, &payload);
    if (is_sound && is_their_device(crypto, person, message, &payload))
        take_payload(crypto, person, message, &payload);
    else
        log_warn("a message to this device in the name of %s is not theirs: left out", person);
    json_object_put(json);
}

static void take_encrypted(struct crypto *crypto, const char *person, struct json_object *content)
{
    struct olm_message message;
    struct arena *arena = arena_create();
    const char *text;
    size_t len;
    if (!find_message(crypto, content, &message)) {
        arena_destroy(arena);
        return;
    }
    crypto_begin(crypto);
    devices_track(crypto->client->store, person);
    query_want(crypto);
    switch (olm_open(crypto, &message, arena, &text, &len)) {
    case OLM_OPENED:
        take_opened(crypto, person, &message, text, len);
        break;
    case OLM_WEDGED:
        log_warn("a message to this device from %s cannot be opened", person);
        claim_mend(crypto, person, message.sender_curve);
        break;
    case OLM_SEEN:
        break;
    }
    arena_destroy(arena);
}

/* Said in clear, so it may be anybody's invention: the log alone has it. */
static void note_withheld(const char *person, struct json_object *content)
{
    const char *code = json_str(content, "code"), *room_id = json_str(content, "room_id");
    bool is_unverified = code && strcmp(code, "m.unverified") == 0;
    log_warn("a device of %s keeps the key of room %s from this one: %s", person,
             parse_is_room_id(room_id) ? room_id : "no room",
             is_unverified ? "to it this device is not signed by its owner" : "it says no more");
}

void to_device_take(struct crypto *crypto, struct json_object *events)
{
    for (size_t i = 0; events && i < json_object_array_length(events) && !store_failed(crypto->client->store);
         i++) {
        struct json_object *event = json_object_array_get_idx(events, i),
                           *content = json_obj(event, "content");
        const char *type = json_str(event, "type"), *person = parse_sender(event);
        bool is_for_us = type && person && strcmp(type, "m.room.encrypted") == 0 &&
                         strcmp(person, crypto->client->me) != 0 &&
                         json_depth(content, EVENT_DEPTH) <= EVENT_DEPTH;
        if (is_for_us && crypto_know_itself(crypto))
            take_encrypted(crypto, person, content);
        else if (type && person && strcmp(type, "m.room_key.withheld") == 0)
            note_withheld(person, content);
        else
            vouch_hear(crypto, 0, event);
    }
}
