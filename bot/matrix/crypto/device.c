#include "matrix/crypto/device.h"

#include <stdio.h>
#include <string.h>

#include "matrix/crypto/canon.h"

enum { KEY_ID_BYTES = sizeof "curve25519:" + DEVICE_ID_BYTES };

/* "ed25519:ID"; false: an id that is none. */
static bool key_name(char out[KEY_ID_BYTES], const char *algorithm, const char *id)
{
    int len = snprintf(out, KEY_ID_BYTES, "%s:%s", algorithm, id);
    return *id && len > 0 && len < KEY_ID_BYTES;
}

/* A member by its exact name: ids may have a '/' in them, which json_find would take for a step. */
static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

static bool is_text(struct json_object *object, const char *path, const char *text)
{
    const char *found = json_str(object, path);
    return found && strcmp(found, text) == 0;
}

static bool has_item(struct json_object *array, const char *text)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++)
        if (is_text(json_object_array_get_idx(array, i), "", text))
            return true;
    return false;
}

/* Signatures */

void device_add_signature(struct json_object *object, const char *person, const char *key_id,
                          const char *signature)
{
    struct json_object *all = json_obj(object, "signatures");
    if (!all) {
        all = json_object_new_object();
        json_set(object, "signatures", all);
    }
    struct json_object *own = member(all, person);
    if (!own) {
        own = json_object_new_object();
        json_set(all, person, own);
    }
    json_set_str(own, key_id, signature);
}

bool device_has_signature(struct json_object *object, const char *person, const char *key_id,
                          const char *ed25519)
{
    char name[KEY_ID_BYTES];
    if (!key_name(name, "ed25519", key_id))
        return false;
    const char *signature = json_str(member(member(json_obj(object, "signatures"), person), name), "");
    if (!signature)
        return false;
    struct arena *arena = arena_create();
    const char *text = canon_signed(object, arena);
    bool is_good = text && ratchet_verify(ed25519, text, signature);
    arena_destroy(arena);
    return is_good;
}

static void sign_by_account(struct ratchet_account *account, struct json_object *object, const char *me,
                            const char *key_id)
{
    struct arena *arena = arena_create();
    device_add_signature(object, me, key_id,
                         ratchet_account_sign(account, arena, canon_signed(object, arena)));
    arena_destroy(arena);
}

/* Our own */

struct json_object *device_make(struct ratchet_account *account, const char *me, const char *device_id)
{
    struct ratchet_identity identity = ratchet_account_identity(account);
    struct json_object *object = json_object_new_object(), *algorithms = json_object_new_array();
    struct json_object *keys = json_object_new_object();
    char curve[KEY_ID_BYTES] = "", ed[KEY_ID_BYTES] = "";
    key_name(curve, "curve25519", device_id);
    key_name(ed, "ed25519", device_id);
    json_add_str(algorithms, DEVICE_OLM);
    json_add_str(algorithms, DEVICE_MEGOLM);
    json_set_str(keys, curve, identity.curve25519);
    json_set_str(keys, ed, identity.ed25519);
    json_set_str(object, "user_id", me);
    json_set_str(object, "device_id", device_id);
    json_set(object, "algorithms", algorithms);
    json_set(object, "keys", keys);
    sign_by_account(account, object, me, ed);
    return object;
}

struct json_object *device_make_one_time(struct ratchet_account *account, const char *me,
                                         const char *device_id, const char *curve25519, bool is_fallback)
{
    struct json_object *object = json_object_new_object();
    char ed[KEY_ID_BYTES] = "";
    key_name(ed, "ed25519", device_id);
    json_set_str(object, "key", curve25519);
    if (is_fallback)
        json_set_bool(object, "fallback", true);
    sign_by_account(account, object, me, ed);
    return object;
}

/* Others' */

bool device_read(struct json_object *object, const char *person, const char *device_id,
                 struct device_keys *out)
{
    char curve[KEY_ID_BYTES], ed[KEY_ID_BYTES];
    if (!is_text(object, "user_id", person) || !is_text(object, "device_id", device_id) ||
        !has_item(json_arr(object, "algorithms"), DEVICE_OLM) ||
        !has_item(json_arr(object, "algorithms"), DEVICE_MEGOLM) ||
        !key_name(curve, "curve25519", device_id) || !key_name(ed, "ed25519", device_id))
        return false;
    struct json_object *keys = json_obj(object, "keys");
    *out = (struct device_keys){ .person = json_str(object, "user_id"),
                                 .device_id = json_str(object, "device_id"),
                                 .curve25519 = json_str(member(keys, curve), ""),
                                 .ed25519 = json_str(member(keys, ed), "") };
    return ratchet_is_curve(out->curve25519) && ratchet_is_key(out->ed25519) &&
           device_has_signature(object, person, device_id, out->ed25519);
}

const char *device_read_one_time(struct json_object *object, const struct device_keys *device)
{
    const char *key = json_str(object, "key");
    bool is_own = ratchet_is_curve(key) &&
                  device_has_signature(object, device->person, device->device_id, device->ed25519);
    return is_own ? key : NULL;
}

const char *device_read_cross(struct json_object *object, const char *person, const char *usage)
{
    struct json_object *keys = json_obj(object, "keys");
    if (!is_text(object, "user_id", person) || !has_item(json_arr(object, "usage"), usage) || !keys ||
        json_object_object_length(keys) != 1)
        return NULL;
    const char *key = NULL;
    json_object_object_foreach(keys, name, value)
    {
        char wanted[KEY_ID_BYTES];
        key = json_str(value, "");
        if (!ratchet_is_key(key) || !key_name(wanted, "ed25519", key) || strcmp(name, wanted) != 0)
            return NULL;
    }
    return key;
}

const char *device_read_self_signing(struct json_object *object, const char *person, const char *master)
{
    const char *key = device_read_cross(object, person, "self_signing");
    return key && device_has_signature(object, person, master, master) ? key : NULL;
}
