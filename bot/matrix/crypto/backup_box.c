#include "matrix/crypto/backup_box.h"

#include <string.h>

#include "matrix/crypto/device.h"

#define PERSON "io.greffier.person"
#define MAC    "io.greffier.mac"

struct json_object *backup_auth(const struct backup_key *key)
{
    struct json_object *auth = json_object_new_object();
    json_set_str(auth, "public_key", key->public_key);
    return auth;
}

static char *hash_of(const struct backup_key *key, struct arena *arena, const char *room_id,
                     const char *session_id, const char *session_key, const struct room_key_owner *owner)
{
    const char *parts[] = { "room key",    room_id,           session_id,    session_key,
                            owner->person, owner->curve25519, owner->ed25519 };
    return secret_hash(arena, key->secret, parts, sizeof parts / sizeof parts[0]);
}

static struct json_object *session_data(const struct backup_key *key, const char *text)
{
    struct arena *arena = arena_create();
    struct json_object *data = json_object_new_object();
    struct ratchet_box box = ratchet_box_seal(arena, key->public_key, text);
    json_set_str(data, "ephemeral", box.ephemeral);
    json_set_str(data, "ciphertext", box.ciphertext);
    json_set_str(data, "mac", box.mac);
    arena_destroy(arena);
    return data;
}

struct json_object *backup_seal(const struct backup_key *key, const char *room_id, const char *session_id,
                                const struct room_key *room_key)
{
    struct arena *arena = arena_create();
    const struct room_key_owner *owner = &room_key->owner;
    struct json_object *object = json_object_new_object(), *inside = json_object_new_object();
    struct json_object *claimed = json_object_new_object();
    char *session_key = ratchet_in_export(room_key->ratchet, arena);
    json_set_str(claimed, "ed25519", owner->ed25519);
    json_set_str(inside, "algorithm", DEVICE_MEGOLM);
    json_set(inside, "forwarding_curve25519_key_chain", json_object_new_array());
    json_set_str(inside, "sender_key", owner->curve25519);
    json_set(inside, "sender_claimed_keys", claimed);
    json_set_str(inside, "session_key", session_key);
    json_set_str(inside, PERSON, owner->person);
    json_set_str(inside, MAC, hash_of(key, arena, room_id, session_id, session_key, owner));
    json_set_int(object, "first_message_index", ratchet_in_first_index(room_key->ratchet));
    json_set_int(object, "forwarded_count", 0);
    json_set_bool(object, "is_verified", true);
    json_set(object, "session_data", session_data(key, json_text(inside)));
    secret_wipe(session_key, strlen(session_key));
    json_object_put(inside);
    arena_destroy(arena);
    return object;
}

static struct json_object *open_data(const struct backup_key *key, struct json_object *object,
                                     struct arena *arena)
{
    struct ratchet_box box = { .ephemeral = json_str(object, "session_data/ephemeral"),
                               .ciphertext = json_str(object, "session_data/ciphertext"),
                               .mac = json_str(object, "session_data/mac") };
    size_t len;
    char *text = ratchet_box_open(arena, key->secret, &box, &len);
    struct json_object *inside = text ? json_parse(text, len) : NULL;
    if (text)
        secret_wipe(text, len);
    return inside;
}

static bool is_ours(const struct backup_key *key, const char *room_id, const char *session_id,
                    struct json_object *inside, struct arena *arena)
{
    const char *mac = json_str(inside, MAC), *session_key = json_str(inside, "session_key");
    struct room_key_owner owner = { .person = json_str(inside, PERSON),
                                    .curve25519 = json_str(inside, "sender_key"),
                                    .ed25519 = json_str(inside, "sender_claimed_keys/ed25519") };
    if (!mac || !session_key || !owner.person || !owner.curve25519 || !owner.ed25519)
        return false;
    return secret_is_same(mac, hash_of(key, arena, room_id, session_id, session_key, &owner));
}

bool backup_open(const struct backup_key *key, const char *room_id, const char *session_id,
                 struct json_object *object, struct arena *arena, struct room_key *out)
{
    struct json_object *inside = open_data(key, object, arena);
    *out = (struct room_key){ 0 };
    if (is_ours(key, room_id, session_id, inside, arena))
        out->ratchet = ratchet_in_import(json_str(inside, "session_key"));
    if (out->ratchet)
        out->owner = (struct room_key_owner){
            .person = arena_strdup(arena, json_str(inside, PERSON)),
            .curve25519 = arena_strdup(arena, json_str(inside, "sender_key")),
            .ed25519 = arena_strdup(arena, json_str(inside, "sender_claimed_keys/ed25519"))
        };
    json_object_put(inside);
    return out->ratchet;
}
