/* Keys of devices and of their owners, and the one spelling of what is signed: nothing is taken that is not whole. */
#include <string.h>

#include "fuzz.h"
#include "matrix/crypto/canon.h"
#include "matrix/crypto/device.h"

#define PERSON "@alice:x"

/* Spelt again from its own spelling it is the same. */
static void check_spelling(struct json_object *json, struct arena *arena)
{
    char *text = canon_text(json, arena);
    if (!text)
        return;
    struct json_object *again = json_parse(text, strlen(text));
    char *same = canon_text(again, arena);
    FUZZ_REQUIRE(same && strcmp(same, text) == 0);
    json_object_put(again);
}

static void check_device(struct json_object *json)
{
    struct device_keys keys;
    if (!device_read(json, PERSON, "PHONE", &keys))
        return;
    FUZZ_REQUIRE(strcmp(keys.person, PERSON) == 0 && strcmp(keys.device_id, "PHONE") == 0);
    FUZZ_REQUIRE(ratchet_is_curve(keys.curve25519) && ratchet_is_key(keys.ed25519));
    FUZZ_REQUIRE(device_has_signature(json, PERSON, "PHONE", keys.ed25519));
    device_read_one_time(json, &keys);
}

void target_device(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    struct json_object *json = json_parse(len ? (const char *)bytes : "", len);
    check_spelling(json, arena);
    check_device(json);
    const char *master = device_read_cross(json, PERSON, "master");
    FUZZ_REQUIRE(!master || ratchet_is_key(master));
    if (master)
        FUZZ_REQUIRE(!device_read_self_signing(json, PERSON, master) ||
                     device_read_cross(json, PERSON, "self_signing"));
    json_object_put(json);
    arena_destroy(arena);
}
