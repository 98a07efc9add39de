/*
 * What a homeserver and the devices of others may say in encrypted rooms. Four records: an answer of sync, an event, what
 * is inside of an event of the room whose key is known, what is inside of a message to this device. OURKEY, in any, is this
 * device's key, OURED its other one, THEIRKEY and THEIRED those of the device that writes: they differ from run to run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/http.h"
#include "matrix/parse.h"
#include "store/store.h"

#define ME    "@bot:x"
#define ALICE "@alice:x"
#define ROOM  "!ops:x"
enum { TEXT_BYTES = 1 << 16, NOW = 1800000000 };

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters";

/* Made once: each input has a transaction of its own, which is rolled back behind it. */
static struct {
    struct store *store;
    struct client client;
    struct crypto *crypto;
    struct ratchet_account *alice;
    struct ratchet_identity theirs;
    struct arena *arena;
    const char *session; /* of the room; this and the pickles are in the arena */
    const char *to_us, *room; /* her sessions: each input begins with them as they were */
} world;

static void take_one_time(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    (void)key_id;
    (void)is_fallback;
    struct ratchet_identity *ours = data;
    struct ratchet_session *session = ratchet_session_to(world.alice, ours->curve25519, curve25519);
    world.to_us = ratchet_session_pickle(session, world.arena, key);
    ratchet_session_destroy(session);
}

static void make_us(void)
{
    store_begin(world.store);
    struct ratchet_account *account = crypto_open_account(world.crypto);
    struct ratchet_identity ours = ratchet_account_identity(account);
    ratchet_account_make_one_time(account, 1);
    ratchet_account_unpublished(account, take_one_time, &ours);
    ratchet_account_mark_published(account);
    crypto_keep_account(world.crypto, account);
    store_set_int(world.store, "crypto.is_published", 1);
    ratchet_account_destroy(account);
    FUZZ_REQUIRE(crypto_know_itself(world.crypto));
}

/* Alice's device is known, and its key of the room. */
static void make_her(void)
{
    struct json_object *device = device_make(world.alice, ALICE, "PHONE"),
                       *content = json_object_new_object();
    struct room_key_owner owner = { ALICE, world.theirs.curve25519, world.theirs.ed25519 };
    struct ratchet_out *out = ratchet_out_create();
    devices_meet(world.store, ALICE, "PHONE", device);
    world.session = ratchet_out_id(out, world.arena);
    world.room = ratchet_out_pickle(out, world.arena, key);
    json_set_str(content, "algorithm", DEVICE_MEGOLM);
    json_set_str(content, "room_id", ROOM);
    json_set_str(content, "session_id", world.session);
    json_set_str(content, "session_key", ratchet_out_key(out, world.arena));
    FUZZ_REQUIRE(room_key_take(world.crypto, content, &owner));
    ratchet_out_destroy(out);
    json_object_put(content);
    json_object_put(device);
}

static void end_world(void)
{
    crypto_destroy(world.crypto);
    http_destroy(world.client.http);
    ratchet_account_destroy(world.alice);
    store_close(world.store);
    arena_destroy(world.arena);
}

static void make_world(void)
{
    struct err err;
    atexit(end_world);
    world.arena = arena_create();
    FUZZ_REQUIRE(store_open(NULL, &world.store, NULL) == STORE_OPENED);
    world.client = (struct client){ .store = world.store, .me = ME, .device_id = "BOT" };
    client_init(&world.client, NOW);
    world.client.http = http_create("http://127.0.0.1:1", NULL); /* nothing is asked: nobody pokes it */
    world.crypto = crypto_create(&world.client, &(struct crypto_settings){ .key = key, .is_lax = true });
    world.alice = ratchet_account_create();
    world.theirs = ratchet_account_identity(world.alice);
    make_us();
    make_her();
    FUZZ_REQUIRE(store_commit(world.store, &err));
}

/* With the names of keys replaced by the keys. */
static char *with_keys(struct arena *arena, const char *text)
{
    const struct {
        const char *name, *value;
    } names[] = {
        { "OURKEY", world.crypto->identity.curve25519 },
        { "OURED", world.crypto->identity.ed25519 },
        { "THEIRKEY", world.theirs.curve25519 },
        { "THEIRED", world.theirs.ed25519 },
    };
    struct buf out;
    buf_init(&out, TEXT_BYTES);
    while (*text) {
        size_t i = 0;
        while (i < 4 && strncmp(text, names[i].name, strlen(names[i].name)) != 0)
            i++;
        if (i < 4)
            buf_puts(&out, names[i].value);
        else
            buf_putc(&out, *text);
        text += i < 4 ? strlen(names[i].name) : 1;
    }
    char *result = arena_strdup(arena, out.text);
    buf_finish(&out);
    return result;
}

static void sync_says(const char *text)
{
    struct json_object *json = json_parse(text, strlen(text));
    crypto_take(world.crypto, json, NOW, false);
    json_object_put(json);
}

/* What is read is an event of the one who sent it. */
static void read_event(struct json_object *json, struct arena *arena)
{
    struct json_object *clear = NULL;
    const char *waits = NULL;
    switch (crypto_read_event(world.crypto, ROOM, json, arena, &clear, &waits)) {
    case CRYPTO_READ:
        FUZZ_REQUIRE(clear && json_str(clear, "type") && json_obj(clear, "content"));
        FUZZ_REQUIRE(strcmp(parse_sender(clear), parse_sender(json)) == 0);
        FUZZ_REQUIRE(strcmp(parse_event_id(clear), parse_event_id(json)) == 0);
        FUZZ_REQUIRE(strcmp(json_str(clear, "type"), "m.room.encrypted") != 0);
        json_object_put(clear);
        break;
    case CRYPTO_WAITS:
        FUZZ_REQUIRE(waits && !clear);
        break;
    case CRYPTO_UNSIGNED:
    case CRYPTO_REFUSED:
        FUZZ_REQUIRE(!clear);
        break;
    }
}

static void her_event_has(const char *payload, struct arena *arena)
{
    struct json_object *event = json_object_new_object(), *content = json_object_new_object();
    json_set_str(content, "algorithm", DEVICE_MEGOLM);
    json_set_str(content, "session_id", world.session);
    struct ratchet_out *out = ratchet_out_load(world.room, key);
    json_set_str(content, "ciphertext", ratchet_out_encrypt(out, arena, payload));
    ratchet_out_destroy(out);
    json_set_str(event, "event_id", "$e");
    json_set_str(event, "sender", ALICE);
    json_set_str(event, "type", "m.room.encrypted");
    json_set(event, "content", content);
    read_event(event, arena);
    json_object_put(event);
}

static void her_message_has(const char *payload, struct arena *arena)
{
    enum ratchet_kind kind;
    struct ratchet_session *session = ratchet_session_load(world.to_us, key);
    char *body = ratchet_session_encrypt(session, arena, payload, &kind);
    ratchet_session_destroy(session);
    sync_says(arena_printf(arena,
                           "{\"to_device\":{\"events\":[{\"type\":\"m.room.encrypted\",\"sender\":\"" ALICE
                           "\",\"content\":{\"algorithm\":\"" DEVICE_OLM
                           "\",\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
                           "{\"type\":%d,\"body\":\"%s\"}}}}]}}",
                           world.theirs.curve25519, world.crypto->identity.curve25519, kind, body));
    FUZZ_REQUIRE(store_int(world.store, 0, "SELECT count(*) FROM olm_session", "") == 1);
}

void target_secret(const uint8_t *bytes, size_t len)
{
    if (!world.store)
        make_world();
    struct arena *arena = arena_create();
    char *records[4] = { "", "", "", "" };
    for (size_t i = 0; i < 4; i++)
        if (fuzz_take_record(arena, &bytes, &len, &records[i]))
            records[i] = with_keys(arena, records[i]);
    struct json_object *event = json_parse(records[1], strlen(records[1]));
    store_begin(world.store);
    sync_says(records[0]);
    read_event(event, arena);
    her_event_has(records[2], arena);
    her_message_has(records[3], arena);
    FUZZ_REQUIRE(!store_failed(world.store));
    /* Only her device, and who delivers keys as their own, has any. */
    FUZZ_REQUIRE(
        !store_int(world.store, 0, "SELECT 1 FROM room_key WHERE curve <> ?1", "s", world.theirs.curve25519));
    store_rollback(world.store);
    json_object_put(event);
    arena_destroy(arena);
}
