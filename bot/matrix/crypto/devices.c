#include "matrix/crypto/devices.h"

#include <string.h>

#include "base/log.h"
#include "matrix/crypto/device.h"
#include "store/hold.h"

/* Who is tracked */

void devices_track(struct store *store, const char *person)
{
    /* A number that an answer which is still on its way cannot have been asked with. */
    store_run(store,
              "INSERT OR IGNORE INTO tracked(person, n_told, is_outdated)"
              " VALUES(?1, (SELECT coalesce(max(n_told), 0) + 1 FROM tracked), 1)",
              "s", person);
}

void devices_untrack(struct store *store, const char *person)
{
    /* Their devices stay: none changes its keys because it was out of sight. */
    store_run(store, "DELETE FROM tracked WHERE person = ?1", "s", person);
}

void devices_changed(struct store *store, const char *person)
{
    store_run(store, "UPDATE tracked SET n_told = n_told + 1, is_outdated = 1, ask_ms = 0 WHERE person = ?1",
              "s", person);
}

bool devices_is_known(struct store *store, const char *person)
{
    return store_int(store, 0, "SELECT is_outdated = 0 FROM tracked WHERE person = ?1", "s", person);
}

/* What a homeserver says of them */

struct owner {
    const char *person;
    const char *master; /* NULL: none */
    const char *self_signing; /* NULL: none */
};

/* A member by its exact name: ids may have a '/' in them. */
static struct json_object *of_person(struct json_object *answer, const char *member, const char *person)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(json_obj(answer, member), person, &value);
    return value;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Said when it changes, not each time it is heard: a homeserver that takes an identity away and gives the same one back is
 * as before. */
static void note_identity(struct store *store, const struct owner *owner, const char *pinned,
                          const char *last, int64_t now_ms)
{
    if (is_same(owner->master, pinned) || is_same(owner->master, last))
        return;
    log_warn("%s is not signed for by the key that was first seen: their identity was %s", owner->person,
             owner->master ? "made anew" : "taken away");
    if (owner->master)
        hold_say_anew(store, owner->person, owner->master, now_ms + DEVICES_ANEW_MS);
}

static void learn_owner(struct store *store, const struct owner *owner, int64_t now_ms)
{
    struct arena *arena = arena_create();
    char *pinned = store_str(store, arena, "SELECT pinned FROM owner WHERE person = ?1", "s", owner->person);
    char *last = store_str(store, arena, "SELECT master FROM owner WHERE person = ?1", "s", owner->person);
    if (pinned)
        note_identity(store, owner, pinned, last, now_ms);
    else
        pinned = arena_strdup(arena, owner->master);
    if (pinned)
        store_run(
            store,
            "INSERT INTO owner(person, pinned, master, self_signing) VALUES(?1, ?2, ?3, ?4)"
            " ON CONFLICT(person) DO UPDATE SET master = excluded.master, self_signing = excluded.self_signing"
            " WHERE master IS NOT excluded.master OR self_signing IS NOT excluded.self_signing",
            "ssss", owner->person, pinned, owner->master, owner->self_signing);
    arena_destroy(arena);
}

static bool is_same_device(struct store *store, const struct device_keys *keys)
{
    return store_int(store, 1,
                     "SELECT curve = ?3 AND ed = ?4 FROM device WHERE person = ?1 AND device_id = ?2", "ssss",
                     keys->person, keys->device_id, keys->curve25519, keys->ed25519);
}

static void learn_device(struct store *store, const struct owner *owner, const char *device_id,
                         struct json_object *object)
{
    struct device_keys keys;
    if (!device_read(object, owner->person, device_id, &keys))
        return;
    if (!is_same_device(store, &keys)) {
        log_warn("device %s of %s has other keys than before: left out", device_id, owner->person);
        return;
    }
    bool is_signed = owner->self_signing &&
                     device_has_signature(object, owner->person, owner->self_signing, owner->self_signing);
    store_run(store,
              "INSERT INTO device(person, device_id, curve, ed, is_signed) VALUES(?1, ?2, ?3, ?4, ?5)"
              " ON CONFLICT(person, device_id) DO UPDATE SET is_signed = excluded.is_signed, is_gone = 0",
              "ssssi", keys.person, keys.device_id, keys.curve25519, keys.ed25519, (int64_t)is_signed);
}

/* Named like a device and no device: a key of its owner (an id that is one could be mistaken for the other). */
static bool is_owners_key(const struct owner *owner, const char *device_id)
{
    return (owner->master && strcmp(device_id, owner->master) == 0) ||
           (owner->self_signing && strcmp(device_id, owner->self_signing) == 0);
}

static void learn_devices(struct store *store, const struct owner *owner, struct json_object *objects)
{
    int n = 0;
    store_run(store, "UPDATE device SET is_gone = 1 WHERE person = ?1 AND is_gone = 0", "s", owner->person);
    if (!json_object_is_type(objects, json_type_object))
        return;
    json_object_object_foreach(objects, device_id, object)
    {
        if (n++ == DEVICES_PER_PERSON) {
            log_warn("%s has more than %d devices: the others are left out", owner->person,
                     DEVICES_PER_PERSON);
            return;
        }
        if (!is_owners_key(owner, device_id))
            learn_device(store, owner, device_id, object);
    }
}

void devices_learn(struct store *store, const char *person, int64_t n_told, int64_t now_ms,
                   struct json_object *answer)
{
    struct owner owner = { .person = person };
    struct json_object *self_signing = of_person(answer, "self_signing_keys", person);
    owner.master = device_read_cross(of_person(answer, "master_keys", person), person, "master");
    if (owner.master)
        owner.self_signing = device_read_self_signing(self_signing, person, owner.master);
    learn_owner(store, &owner, now_ms);
    learn_devices(store, &owner, of_person(answer, "device_keys", person));
    store_run(store, "UPDATE tracked SET is_outdated = 0 WHERE person = ?1 AND n_told = ?2", "si", person,
              n_told);
}

void devices_meet(struct store *store, const char *person, const char *device_id, struct json_object *object)
{
    struct device_keys keys;
    struct arena *arena = arena_create();
    char *signing = store_str(store, arena, "SELECT self_signing FROM owner WHERE person = ?1", "s", person);
    if (device_read(object, person, device_id, &keys))
        store_run(store,
                  "INSERT OR IGNORE INTO device(person, device_id, curve, ed, is_signed, is_gone)"
                  " VALUES(?1, ?2, ?3, ?4, ?5, 1)",
                  "ssssi", person, device_id, keys.curve25519, keys.ed25519,
                  (int64_t)(signing && device_has_signature(object, person, signing, signing)));
    arena_destroy(arena);
}

/* Looking them up */

bool devices_find(struct store *store, const char *person, const char *curve25519, struct arena *arena,
                  struct device_row *out)
{
    struct rows rows = store_rows(store,
                                  "SELECT person, device_id, curve, ed, is_signed, is_gone FROM device"
                                  " WHERE person = ?1 AND curve = ?2 ORDER BY is_gone, device_id",
                                  "ss", person, curve25519);
    bool is_found = rows_next(&rows);
    if (is_found)
        *out = (struct device_row){ .person = rows_dup(&rows, 0, arena),
                                    .device_id = rows_dup(&rows, 1, arena),
                                    .curve25519 = rows_dup(&rows, 2, arena),
                                    .ed25519 = rows_dup(&rows, 3, arena),
                                    .is_signed = rows_int(&rows, 4),
                                    .is_gone = rows_int(&rows, 5) };
    rows_end(&rows);
    return is_found;
}
