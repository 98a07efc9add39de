/*
 * What a homeserver may say of the account's secrets, and what a person may type for the key to them. Five records: a recovery
 * key as it is typed; members that take the place of those of the description of our key; the same of the box of a secret; what
 * is inside of a key in the backup that the homeserver has put there; members that take the place of those of one of ours.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "matrix/crypto/backup_box.h"
#include "matrix/crypto/recovery_key.h"
#include "matrix/crypto/storage.h"
#include "matrix/crypto/vault.h"

#define ROOM   "!ops:x"
#define NAME   "m.cross_signing.master"
#define ID     "key"
#define SECRET "thirty-two bytes as they are kept"

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters";

static bool is_same(struct json_object *one, struct json_object *other, const char *path)
{
    return json_object_equal(json_find(one, path), json_find(other, path));
}

/* The object with these members; those that stand in both are of what came. */
static struct json_object *with(struct json_object *object, const char *text)
{
    struct json_object *came = json_parse(text, strlen(text)), *all = NULL;
    json_object_deep_copy(object, &all, NULL);
    if (json_object_is_type(came, json_type_object)) {
        json_object_object_foreach(came, name, value) json_set(all, name, json_object_get(value));
    }
    json_object_put(came);
    return all;
}

/* What is read is one key, which is written in one way. */
static void read_recovery_key(struct arena *arena, const char *text)
{
    unsigned char read[SECRET_KEY_BYTES], again[SECRET_KEY_BYTES];
    if (!recovery_key_read(text, read))
        return;
    char *written = recovery_key_write(arena, read);
    FUZZ_REQUIRE(recovery_key_read(written, again));
    FUZZ_REQUIRE(memcmp(read, again, sizeof read) == 0);
}

static void try_description(const char *text)
{
    struct json_object *ours = vault_describe(key), *theirs = with(ours, text);
    bool is_whole =
        is_same(ours, theirs, "algorithm") && is_same(ours, theirs, "iv") && is_same(ours, theirs, "mac");
    FUZZ_REQUIRE(!is_whole || vault_fits(theirs, key));
    json_object_put(ours);
    json_object_put(theirs);
}

/* In the place where it lies: by the id of the key. */
static char *open_in_place(struct arena *arena, struct json_object *box)
{
    struct json_object *value = json_object_new_object(), *by_key = json_object_new_object();
    json_set(by_key, ID, json_object_get(box));
    json_set(value, "encrypted", by_key);
    char *secret = storage_open(arena, key, ID, NAME, value);
    json_object_put(value);
    return secret;
}

/* It says what was put there, or nothing; and nothing under another name. */
static void open_box(struct arena *arena, const char *text)
{
    struct json_object *ours = vault_seal(key, NAME, SECRET), *theirs = with(ours, text);
    char *secret = open_in_place(arena, theirs);
    bool is_whole =
        is_same(ours, theirs, "iv") && is_same(ours, theirs, "ciphertext") && is_same(ours, theirs, "mac");
    FUZZ_REQUIRE(!is_whole || (secret && strcmp(secret, SECRET) == 0));
    FUZZ_REQUIRE(!vault_open(arena, key, "m.cross_signing.self_signing", theirs));
    json_object_put(ours);
    json_object_put(theirs);
}

/* Whoever knows the public key can fill a box with anything: it is not taken. */
static void open_theirs(struct arena *arena, const struct backup_key *backup, const char *session,
                        const char *text)
{
    struct ratchet_box box = ratchet_box_seal(arena, backup->public_key, text);
    struct json_object *object = json_object_new_object(), *data = json_object_new_object();
    struct room_key opened;
    json_set_str(data, "ephemeral", box.ephemeral);
    json_set_str(data, "ciphertext", box.ciphertext);
    json_set_str(data, "mac", box.mac);
    json_set(object, "session_data", data);
    FUZZ_REQUIRE(!backup_open(backup, ROOM, session, object, arena, &opened));
    json_object_put(object);
}

/* What opens is what was put there. */
static void open_ours(struct arena *arena, const struct backup_key *backup, const struct room_key *room_key,
                      const char *text)
{
    const char *session = ratchet_in_id(room_key->ratchet, arena);
    struct json_object *ours = backup_seal(backup, ROOM, session, room_key), *theirs = with(ours, text);
    struct room_key opened;
    bool is_open = backup_open(backup, ROOM, session, theirs, arena, &opened);
    FUZZ_REQUIRE(is_open || !is_same(ours, theirs, "session_data"));
    FUZZ_REQUIRE(!is_open || strcmp(opened.owner.person, room_key->owner.person) == 0);
    FUZZ_REQUIRE(!is_open || strcmp(ratchet_in_id(opened.ratchet, arena), session) == 0);
    ratchet_in_destroy(opened.ratchet);
    FUZZ_REQUIRE(!backup_open(backup, "!other:x", session, theirs, arena, &opened));
    json_object_put(ours);
    json_object_put(theirs);
}

void target_vault(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    char *records[5] = { "", "", "", "", "" };
    for (size_t i = 0; i < 5; i++)
        fuzz_take_record(arena, &bytes, &len, &records[i]);
    struct backup_key backup = { .public_key = ratchet_box_public(arena, key) };
    memcpy(backup.secret, key, sizeof key);
    struct ratchet_out *out = ratchet_out_create();
    const char *public_key = ratchet_box_public(arena, key);
    struct room_key room_key = { .ratchet = ratchet_in_create(ratchet_out_key(out, arena)),
                                 .owner = { "@alice:x", public_key, public_key } };
    read_recovery_key(arena, records[0]);
    try_description(records[1]);
    open_box(arena, records[2]);
    open_theirs(arena, &backup, ratchet_in_id(room_key.ratchet, arena), records[3]);
    open_ours(arena, &backup, &room_key, records[4]);
    ratchet_in_destroy(room_key.ratchet);
    ratchet_out_destroy(out);
    arena_destroy(arena);
}
