/* matrix/crypto/olm_payload: what stands inside a message to a device is its sender's, in every part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/crypto/olm_payload.h"

#define ALICE "@alice:x"
#define BOT   "@bot:x"

static struct bench {
    struct ratchet_account *alice, *mallory;
    struct ratchet_identity alices, mallorys;
    struct olm_ends ends; /* as the one who receives knows them */
    struct json_object *device, *payload;
} bench;

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .alice = ratchet_account_create(), .mallory = ratchet_account_create() };
    bench.alices = ratchet_account_identity(bench.alice);
    bench.mallorys = ratchet_account_identity(bench.mallory);
    bench.ends = (struct olm_ends){ .sender = ALICE,
                                    .sender_curve = bench.alices.curve25519,
                                    .recipient = BOT,
                                    .recipient_ed = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
    bench.device = device_make(bench.alice, ALICE, "PHONE");
    struct json_object *content = json_object_new_object();
    json_set_str(content, "word", "hello");
    bench.payload = olm_payload_make(&bench.ends, bench.alices.ed25519, "m.room_key", content, bench.device);
    json_object_put(content);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_object_put(bench.payload);
    json_object_put(bench.device);
    ratchet_account_destroy(bench.alice);
    ratchet_account_destroy(bench.mallory);
    return 0;
}

static bool is_read(struct json_object *payload)
{
    struct olm_payload out;
    return olm_payload_read(payload, &bench.ends, &out);
}

static struct json_object *copy(void)
{
    const char *text = json_text(bench.payload);
    return json_parse(text, strlen(text));
}

static void olm_payload_read__gives_back_what_was_made(void **state)
{
    (void)state;
    struct olm_payload out;
    assert_true(olm_payload_read(bench.payload, &bench.ends, &out));
    assert_string_equal(out.type, "m.room_key");
    assert_string_equal(json_str(out.content, "word"), "hello");
    assert_string_equal(out.sender_ed, bench.alices.ed25519);
    assert_string_equal(out.sender_device_id, "PHONE");
    json_object_object_del(bench.payload, "sender_device_keys");
    assert_true(olm_payload_read(bench.payload, &bench.ends, &out));
    assert_null(out.sender_device_id);
}

static void olm_payload_read__refuses_each_swapped_part(void **state)
{
    (void)state;
    static const struct {
        const char *parent, *name, *value;
    } swaps[] = {
        { "", "sender", "@mallory:x" },
        { "", "recipient", "@mallory:x" },
        { "recipient_keys", "ed25519", "DQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
        { "keys", "ed25519", "DQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
        { "keys", "ed25519", "no key" },
        { "sender_device_keys", "user_id", "@mallory:x" },
        { "sender_device_keys", "device_id", "TABLET" },
    };
    for (size_t i = 0; i < sizeof swaps / sizeof swaps[0]; i++) {
        struct json_object *changed = copy();
        json_set_str(json_obj(changed, swaps[i].parent), swaps[i].name, swaps[i].value);
        if (is_read(changed))
            fail_msg("%s/%s may be anything", swaps[i].parent, swaps[i].name);
        json_object_object_del(json_obj(changed, swaps[i].parent), swaps[i].name);
        assert_false(is_read(changed));
        json_object_put(changed);
    }
    static const char *const parts[] = { "type", "content", "sender", "recipient", "keys", "recipient_keys" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct json_object *changed = copy();
        json_set_int(changed, parts[i], 7);
        assert_false(is_read(changed));
        json_object_put(changed);
    }
    assert_false(is_read(NULL));
}

/* A device of Alice, whole and signed, and not the one that wrote; one of Mallory in her name (CVE-2026-45056). */
static void olm_payload_read__refuses_a_device_that_did_not_write_it(void **state)
{
    (void)state;
    struct json_object *others[] = { device_make(bench.mallory, ALICE, "PHONE"),
                                     device_make(bench.alice, "@mallory:x", "PHONE"),
                                     json_object_new_array() };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct json_object *changed = copy();
        json_set(changed, "sender_device_keys", others[i]);
        assert_false(is_read(changed));
        json_object_put(changed);
    }
    bench.ends.sender_curve = bench.mallorys.curve25519; /* passed on by another */
    assert_false(is_read(bench.payload));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(olm_payload_read__gives_back_what_was_made, setup, teardown),
        cmocka_unit_test_setup_teardown(olm_payload_read__refuses_each_swapped_part, setup, teardown),
        cmocka_unit_test_setup_teardown(olm_payload_read__refuses_a_device_that_did_not_write_it, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
