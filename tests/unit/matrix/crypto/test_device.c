/* matrix/crypto/device and canon: whose keys they are is believed only where it is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/crypto/canon.h"
#include "matrix/crypto/device.h"

#define ALICE "@alice:x"

static struct bench {
    struct arena *arena;
    struct ratchet_account *account;
    struct json_object *device; /* Alice's PHONE */
    unsigned char master[SECRET_KEY_BYTES], self_signing[SECRET_KEY_BYTES];
} bench;

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .arena = arena_create(), .account = ratchet_account_create() };
    bench.device = device_make(bench.account, ALICE, "PHONE");
    secret_random(bench.master, sizeof bench.master);
    secret_random(bench.self_signing, sizeof bench.self_signing);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_object_put(bench.device);
    ratchet_account_destroy(bench.account);
    arena_destroy(bench.arena);
    return 0;
}

static struct json_object *copy_of(struct json_object *object)
{
    return json_parse(json_text(object), strlen(json_text(object)));
}

static bool is_read(struct json_object *object, const char *person, const char *device_id)
{
    struct device_keys keys;
    return device_read(object, person, device_id, &keys);
}

static void canon__has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *given, *wanted; /* NULL: none */
    } cases[] = {
        { "{}", "{}" },
        { "{ \"b\":\"2\", \"a\":1 }", "{\"a\":1,\"b\":\"2\"}" },
        { "{\"本\":2,\"日\":1}", "{\"日\":1,\"本\":2}" },
        { "{\"a\":\"\\u65E5\\/\\\"\\\\\\u0007\\u001f\\n\"}", "{\"a\":\"日/\\\"\\\\\\u0007\\u001f\\n\"}" },
        { "{\"a\":null,\"b\":[true,false,-0]}", "{\"a\":null,\"b\":[true,false,0]}" },
        { "{\"a\":null,\"b\":[true,false,0,-1]}", "{\"a\":null,\"b\":[true,false,0,-1]}" },
        { "{\"a\":1,\"a\":2}", "{\"a\":2}" },
        { "[9007199254740991,-9007199254740991]", "[9007199254740991,-9007199254740991]" },
        { "[9007199254740992]", NULL },
        { "[-9007199254740992]", NULL },
        { "[99999999999999999999]", NULL },
        { "[1.0]", NULL },
        { "[1e2]", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *json = json_parse(cases[i].given, strlen(cases[i].given));
        const char *text = canon_text(json, bench.arena);
        if ((text != NULL) != (cases[i].wanted != NULL) || (text && strcmp(text, cases[i].wanted) != 0))
            fail_msg("%s became %s", cases[i].given, text ? text : "nothing");
        json_object_put(json);
    }
}

static void canon__leaves_out_what_no_signature_covers__only_at_the_top(void **state)
{
    (void)state;
    static const char text[] =
        "{\"z\":{\"signatures\":1,\"unsigned\":2},\"unsigned\":{\"age\":1.5},\"signatures\":{}}";
    struct json_object *json = json_parse(text, strlen(text));
    assert_string_equal(canon_signed(json, bench.arena), "{\"z\":{\"signatures\":1,\"unsigned\":2}}");
    json_object_put(json);
    assert_null(canon_signed(NULL, bench.arena));
}

static void device_read__takes_its_own_signature__whatever_is_unsigned(void **state)
{
    (void)state;
    struct device_keys keys;
    struct ratchet_identity identity = ratchet_account_identity(bench.account);
    struct json_object *more = json_object_new_object();
    json_set_str(more, "device_display_name", "a phone");
    json_set(bench.device, "unsigned", more);
    assert_true(device_read(bench.device, ALICE, "PHONE", &keys));
    assert_string_equal(keys.curve25519, identity.curve25519);
    assert_string_equal(keys.ed25519, identity.ed25519);
    assert_string_equal(keys.person, ALICE);
    assert_string_equal(keys.device_id, "PHONE");
}

static void device_read__refuses_each_swapped_part(void **state)
{
    (void)state;
    struct ratchet_account *mallory = ratchet_account_create();
    struct json_object *other = device_make(mallory, ALICE, "PHONE");
    assert_false(is_read(bench.device, "@mallory:x", "PHONE"));
    assert_false(is_read(bench.device, ALICE, "LAPTOP"));
    assert_false(is_read(NULL, ALICE, "PHONE"));
    static const char *const parts[] = { "user_id", "device_id", "algorithms", "keys", "signatures" };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct json_object *changed = copy_of(bench.device);
        json_object_object_del(changed, parts[i]);
        assert_false(is_read(changed, ALICE, "PHONE"));
        json_set_int(changed, parts[i], 1);
        assert_false(is_read(changed, ALICE, "PHONE"));
        json_object_put(changed);
    }
    for (size_t i = 3; i < 5; i++) {
        struct json_object *changed = copy_of(bench.device);
        json_set(changed, parts[i], json_object_get(json_find(other, parts[i])));
        assert_false(is_read(changed, ALICE, "PHONE"));
        json_object_put(changed);
    }
    struct json_object *changed = copy_of(bench.device);
    json_set_str(json_obj(changed, "keys"), "curve25519:PHONE", ratchet_account_identity(mallory).curve25519);
    assert_false(is_read(changed, ALICE, "PHONE"));
    json_object_put(changed);
    assert_true(is_read(other, ALICE, "PHONE")); /* that it is another one than before is for who remembers */
    json_object_put(other);
    ratchet_account_destroy(mallory);
}

/* Signed by itself like any other, and yet no key that anything could be agreed on with. */
static void device_read__refuses_a_key_of_low_order(void **state)
{
    (void)state;
    json_set_str(json_obj(bench.device, "keys"), "curve25519:PHONE",
                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    device_add_signature(
        bench.device, ALICE, "ed25519:PHONE",
        ratchet_account_sign(bench.account, bench.arena, canon_signed(bench.device, bench.arena)));
    assert_true(
        device_has_signature(bench.device, ALICE, "PHONE", ratchet_account_identity(bench.account).ed25519));
    assert_false(is_read(bench.device, ALICE, "PHONE"));
}

static void ids__may_have_any_sign_in_them(void **state)
{
    (void)state;
    struct json_object *odd = device_make(bench.account, "@a/b:x", "DE/VI:CE");
    assert_true(is_read(odd, "@a/b:x", "DE/VI:CE"));
    json_object_put(odd);
}

static void one_time_keys__are_their_devices_own(void **state)
{
    (void)state;
    struct device_keys keys;
    struct ratchet_account *mallory = ratchet_account_create();
    static const char curve[] = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    struct json_object *good = device_make_one_time(bench.account, ALICE, "PHONE", curve, true);
    struct json_object *bad = device_make_one_time(mallory, ALICE, "PHONE", curve, true);
    assert_true(device_read(bench.device, ALICE, "PHONE", &keys));
    assert_string_equal(device_read_one_time(good, &keys), curve);
    assert_null(device_read_one_time(bad, &keys));
    json_set_bool(good, "fallback", false);
    assert_null(device_read_one_time(good, &keys));
    assert_null(device_read_one_time(NULL, &keys));
    json_object_put(good);
    json_object_put(bad);
    ratchet_account_destroy(mallory);
}

/* A cross-signing key as its owner publishes it, signed by `signer` (NULL: by nobody). */
static struct json_object *cross(const unsigned char *seed, const char *usage, const unsigned char *signer)
{
    const char *key = ratchet_seed_public(bench.arena, seed);
    char *text = arena_printf(
        bench.arena, "{\"user_id\":\"" ALICE "\",\"usage\":[\"%s\"],\"keys\":{\"ed25519:%s\":\"%s\"}}", usage,
        key, key);
    struct json_object *json = json_parse(text, strlen(text));
    if (signer)
        device_add_signature(
            json, ALICE, arena_printf(bench.arena, "ed25519:%s", ratchet_seed_public(bench.arena, signer)),
            ratchet_seed_sign(bench.arena, signer, canon_signed(json, bench.arena)));
    return json;
}

static void owners__sign_their_devices(void **state)
{
    (void)state;
    struct json_object *master = cross(bench.master, "master", NULL);
    struct json_object *self_signing = cross(bench.self_signing, "self_signing", bench.master);
    struct json_object *stray = cross(bench.self_signing, "self_signing", bench.self_signing);
    const char *key = device_read_cross(master, ALICE, "master");
    assert_string_equal(key, ratchet_seed_public(bench.arena, bench.master));
    assert_null(device_read_cross(master, "@mallory:x", "master"));
    assert_null(device_read_cross(master, ALICE, "self_signing"));
    const char *signing = device_read_self_signing(self_signing, ALICE, key);
    assert_string_equal(signing, ratchet_seed_public(bench.arena, bench.self_signing));
    assert_null(device_read_self_signing(stray, ALICE, key));
    assert_null(device_read_self_signing(self_signing, ALICE, signing));
    assert_false(device_has_signature(bench.device, ALICE, signing, signing));
    device_add_signature(
        bench.device, ALICE, arena_printf(bench.arena, "ed25519:%s", signing),
        ratchet_seed_sign(bench.arena, bench.self_signing, canon_signed(bench.device, bench.arena)));
    assert_true(device_has_signature(bench.device, ALICE, signing, signing));
    json_set_str(json_obj(master, "keys"), "ed25519:another", key);
    assert_null(device_read_cross(master, ALICE, "master"));
    json_object_put(master);
    json_object_put(self_signing);
    json_object_put(stray);
}

/* Padded, its name and value agree, and clients take it for no key. */
static void owners_keys__are_spelt_without_padding(void **state)
{
    (void)state;
    const char *key = ratchet_seed_public(bench.arena, bench.master);
    const char *forms[] = {
        arena_printf(bench.arena, "{\"ed25519:%s=\":\"%s=\"}", key, key),
        arena_printf(bench.arena, "{\"ed25519:%s\":\"%s=\"}", key, key),
        arena_printf(bench.arena, "{\"ed25519:A%s\":\"%s\"}", key, key),
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *text = arena_printf(bench.arena,
                                  "{\"user_id\":\"" ALICE "\",\"usage\":[\"master\"],\"keys\":%s}", forms[i]);
        struct json_object *json = json_parse(text, strlen(text));
        assert_null(device_read_cross(json, ALICE, "master"));
        json_object_put(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(canon__has_one_spelling, setup, teardown),
        cmocka_unit_test_setup_teardown(canon__leaves_out_what_no_signature_covers__only_at_the_top, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(device_read__takes_its_own_signature__whatever_is_unsigned, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(device_read__refuses_each_swapped_part, setup, teardown),
        cmocka_unit_test_setup_teardown(device_read__refuses_a_key_of_low_order, setup, teardown),
        cmocka_unit_test_setup_teardown(ids__may_have_any_sign_in_them, setup, teardown),
        cmocka_unit_test_setup_teardown(one_time_keys__are_their_devices_own, setup, teardown),
        cmocka_unit_test_setup_teardown(owners__sign_their_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(owners_keys__are_spelt_without_padding, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
