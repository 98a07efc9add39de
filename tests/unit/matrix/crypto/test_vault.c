/* matrix/crypto: recovery keys as people keep them, and the boxes that they open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/crypto/base64.h"
#include "matrix/crypto/recovery_key.h"
#include "matrix/crypto/vault.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void base64__is_read_with_and_without_padding(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int len; /* -1: none */
    } cases[] = { { "", 0 },     { "AA", 1 },    { "AA==", 1 },  { "AAA", 2 },    { "AAA=", 2 },
                  { "AAAA", 3 }, { "A", -1 },    { "AA=", -1 },  { "AAA==", -1 }, { "AA===", -1 },
                  { "=", -1 },   { "A=A=", -1 }, { "AA\n", -1 }, { "AA A", -1 },  { "-_AA", -1 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = 99;
        unsigned char *bytes = base64_read(arena, cases[i].text, &len);
        assert_int_equal(bytes ? (int)len : -1, cases[i].len);
    }
    assert_string_equal(base64_write(arena, "abcd", 4), "YWJjZA");
}

/* The private key of RFC 7748, as other clients write it. */
static const unsigned char known[SECRET_KEY_BYTES] = { 0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
                                                       0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
                                                       0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
                                                       0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a };
#define KNOWN "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"

static void a_recovery_key__is_written_as_others_write_it(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    assert_string_equal(recovery_key_write(arena, known), KNOWN);
    assert_true(recovery_key_read(KNOWN, key));
    assert_memory_equal(key, known, sizeof key);
    assert_true(recovery_key_read("EsTcLW2KPGiFwKEA3As5g5c4BXwkqeeJZJV8Q9fugUMNUE4d\n", key));
}

static void a_recovery_key_with_a_mistake__is_none(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    char text[sizeof KNOWN];
    for (size_t i = 0; i < strlen(KNOWN); i++) {
        strcpy(text, KNOWN);
        if (text[i] == ' ')
            continue;
        text[i] = text[i] == '2' ? '3' : '2';
        assert_false(recovery_key_read(text, key));
        text[i] = 'O'; /* looks like a zero, so it is no digit */
        assert_false(recovery_key_read(text, key));
    }
    assert_false(recovery_key_read("", key));
    assert_false(recovery_key_read("EsTc LW2K", key));
    assert_false(recovery_key_read(KNOWN " 2222 2222 2222", key));
    for (int i = 0; i < 100; i++) {
        unsigned char random[SECRET_KEY_BYTES];
        secret_random(random, sizeof random);
        assert_true(recovery_key_read(recovery_key_write(arena, random), key));
        assert_memory_equal(key, random, sizeof key);
    }
}

/* Made by Python's cryptography from the key 0, 1, 2... and the IV 16, 17, 18... */
#define IV   "\"iv\":\"EBESExQVFhcYGRobHB0eHw==\""
#define NAME "m.cross_signing.master"
static const char box_text[] =
    "{" IV ",\"ciphertext\":\"P6Mve86YJ5ZLLai6O0hJbn4OtBBHlWeGPBIm8AxTiUKvawPQI75gvV23Wg==\","
    "\"mac\":\"Hyn9yOsv6Y9Bsr2zEQgJTMlAqsG9QNYuLgER/5kiUe4=\"}";
static const char description_text[] = "{\"algorithm\":\"m.secret_storage.v1.aes-hmac-sha2\"," IV
                                       ",\"mac\":\"nrMWSgMXBpO1lS9nLEL08Saa+XuAn1pdQ0B7gSgsrQQ=\"}";
static unsigned char counted[SECRET_KEY_BYTES] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                   11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                                   22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

static struct json_object *parsed(const char *text)
{
    return json_parse(text, strlen(text));
}

static void a_box_that_others_made__opens(void **state)
{
    (void)state;
    struct json_object *box = parsed(box_text), *description = parsed(description_text);
    assert_string_equal(vault_open(arena, counted, NAME, box), "c2VlZCBvZiB0aGUgbWFzdGVyIGtleSBvZiBhIGJvdCE");
    assert_null(vault_open(arena, counted, "m.cross_signing.self_signing", box));
    assert_null(vault_open(arena, known, NAME, box));
    assert_true(vault_fits(description, counted));
    assert_false(vault_fits(description, known));
    json_object_put(description);
    json_object_put(box);
}

static void what_is_sealed__opens_by_its_key_and_name_alone(void **state)
{
    (void)state;
    struct json_object *box = vault_seal(counted, NAME, "a secret"), *description = vault_describe(counted);
    size_t len;
    assert_string_equal(vault_open(arena, counted, NAME, box), "a secret");
    assert_null(vault_open(arena, counted, "other", box));
    assert_null(vault_open(arena, known, NAME, box));
    assert_true(vault_fits(description, counted));
    assert_false(vault_fits(description, known));
    for (int i = 0; i < 50; i++) {
        struct json_object *again = vault_seal(counted, NAME, "a secret");
        assert_string_not_equal(json_text(again), json_text(box));
        assert_int_equal(base64_read(arena, json_str(again, "iv"), &len)[8] & 0x80, 0);
        json_object_put(again);
    }
    json_object_put(description);
    json_object_put(box);
}

static void damaged_boxes__open_for_nobody(void **state)
{
    (void)state;
    static const char *const names[] = { "iv", "ciphertext", "mac" };
    static const char *const values[] = { NULL, "", "=", "AAAA", "not base64!", "EBESExQVFhcYGRobHB0eHg" };
    char *long_name = arena_alloc(arena, 300);
    memset(long_name, 'x', 299);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            struct json_object *box = parsed(box_text), *description = parsed(description_text);
            json_object_object_del(box, names[i]);
            json_set_str(box, names[i], values[k]);
            json_object_object_del(description, names[i]);
            json_set_str(description, names[i], values[k]);
            /* A counter that is another one opens to something else; nobody but the key's owner could have made it. */
            if (strcmp(names[i], "iv") != 0 || !values[k] || strlen(values[k]) < 20)
                assert_null(vault_open(arena, counted, NAME, box));
            assert_true(vault_fits(description, counted) == (strcmp(names[i], "ciphertext") == 0));
            assert_null(vault_open(arena, counted, long_name, box));
            json_object_put(description);
            json_object_put(box);
        }
    assert_null(vault_open(arena, counted, NAME, NULL));
    assert_false(vault_fits(NULL, counted));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(base64__is_read_with_and_without_padding),
        TEST(a_recovery_key__is_written_as_others_write_it),
        TEST(a_recovery_key_with_a_mistake__is_none),
        TEST(a_box_that_others_made__opens),
        TEST(what_is_sealed__opens_by_its_key_and_name_alone),
        TEST(damaged_boxes__open_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
