#include "matrix/crypto/identity.h"

#include <string.h>

#include "base/log.h"
#include "matrix/crypto/base64.h"
#include "matrix/crypto/canon.h"
#include "matrix/crypto/device.h"

const char *const identity_usages[IDENTITY_N_KEYS] = { "master", "self_signing", "user_signing" };

void identity_derive_key(unsigned char out[SECRET_KEY_BYTES], const unsigned char key[SECRET_KEY_BYTES])
{
    static const char *const parts[] = { "pickles" };
    struct arena *arena = arena_create();
    char *hash = secret_hash(arena, key, parts, 1);
    memcpy(out, hash, SECRET_KEY_BYTES); /* 32 characters of base64url: 192 bits */
    secret_wipe(hash, strlen(hash));
    arena_destroy(arena);
}

/* Sealed settings */

static bool load(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                 unsigned char *out, size_t len)
{
    struct arena *arena = arena_create();
    char *box = store_get(store, arena, name), *text = box ? secret_open(arena, key, box) : NULL;
    size_t got = 0;
    unsigned char *bytes = text ? base64_read(arena, text, &got) : NULL;
    bool is_good = bytes && got == len;
    if (is_good)
        memcpy(out, bytes, len);
    if (bytes)
        secret_wipe(bytes, got);
    if (text)
        secret_wipe(text, strlen(text));
    arena_destroy(arena);
    return is_good;
}

static void keep(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                 const unsigned char *bytes, size_t len)
{
    struct arena *arena = arena_create();
    char *text = base64_write(arena, bytes, len);
    store_set(store, name, secret_seal(arena, key, text));
    secret_wipe(text, strlen(text));
    arena_destroy(arena);
}

bool identity_load_secret(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                          unsigned char out[SECRET_KEY_BYTES])
{
    return load(store, key, name, out, SECRET_KEY_BYTES);
}

void identity_keep_secret(struct store *store, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                          const unsigned char secret[SECRET_KEY_BYTES])
{
    keep(store, key, name, secret, SECRET_KEY_BYTES);
}

void identity_need_secrets(struct store *store, const unsigned char key[SECRET_KEY_BYTES])
{
    static const char *const names[] = { IDENTITY_BACKUP, IDENTITY_RECOVERY };
    unsigned char secret[SECRET_KEY_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!identity_load_secret(store, key, names[i], secret)) {
            secret_random(secret, sizeof secret);
            identity_keep_secret(store, key, names[i], secret);
        }
    secret_wipe(secret, sizeof secret);
}

/* The three keys */

static void add_keys(struct identity *identity, struct arena *arena)
{
    for (int i = 0; i < IDENTITY_N_KEYS; i++)
        identity->keys[i] = ratchet_seed_public(arena, identity->seeds[i]);
}

bool identity_load(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *out)
{
    if (!load(store, key, "crypto.seeds", out->seeds[0], sizeof out->seeds))
        return false;
    add_keys(out, arena);
    return true;
}

void identity_keep(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *identity)
{
    keep(store, key, "crypto.seeds", identity->seeds[0], sizeof identity->seeds);
    add_keys(identity, arena);
}

void identity_make(struct store *store, const unsigned char key[SECRET_KEY_BYTES], struct arena *arena,
                   struct identity *out)
{
    secret_random(out->seeds, sizeof out->seeds);
    identity_keep(store, key, arena, out);
    log_info("made the identity, whose master key is %s", out->keys[IDENTITY_MASTER]);
}

void identity_sign(const struct identity *identity, enum identity_key key, struct json_object *object,
                   const char *me)
{
    struct arena *arena = arena_create();
    device_add_signature(object, me, arena_printf(arena, "ed25519:%s", identity->keys[key]),
                         ratchet_seed_sign(arena, identity->seeds[key], canon_signed(object, arena)));
    arena_destroy(arena);
}

struct json_object *identity_object(const struct identity *identity, enum identity_key key, const char *me)
{
    struct arena *arena = arena_create();
    struct json_object *object = json_object_new_object(), *usage = json_object_new_array();
    struct json_object *keys = json_object_new_object();
    json_add_str(usage, identity_usages[key]);
    json_set_str(keys, arena_printf(arena, "ed25519:%s", identity->keys[key]), identity->keys[key]);
    json_set_str(object, "user_id", me);
    json_set(object, "usage", usage);
    json_set(object, "keys", keys);
    if (key != IDENTITY_MASTER)
        identity_sign(identity, IDENTITY_MASTER, object, me);
    arena_destroy(arena);
    return object;
}
