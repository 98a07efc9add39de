/* matrix/crypto/ratchet between two of ours: what is refused changes nothing. What others make of it: tests/oracle/ratchets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "envelope.h"
#include "matrix/crypto/ratchet.h"

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters",
                           other_key[SECRET_KEY_BYTES];

static struct bench {
    struct arena *arena;
    struct ratchet_account *alice, *bob;
} bench;

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .arena = arena_create(),
                            .alice = ratchet_account_create(),
                            .bob = ratchet_account_create() };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ratchet_account_destroy(bench.alice);
    ratchet_account_destroy(bench.bob);
    arena_destroy(bench.arena);
    return 0;
}

struct seen {
    size_t n_one_time, n_fallback;
    char last[RATCHET_KEY_CHARS + 1];
};

static void see_key(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    struct seen *seen = data;
    assert_true(*key_id && ratchet_is_curve(curve25519));
    ++*(is_fallback ? &seen->n_fallback : &seen->n_one_time);
    snprintf(seen->last, sizeof seen->last, "%s", curve25519);
}

static struct seen unpublished(struct ratchet_account *account)
{
    struct seen seen = { 0 };
    ratchet_account_unpublished(account, see_key, &seen);
    return seen;
}

static void keys__are_none__if_spelt_otherwise_or_of_low_order(void **state)
{
    (void)state;
    static const char *const bad[] = {
        NULL,
        "",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* zero */
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "7f///////////////////////////////////////38", /* the prime */
        "7f/////////////////////////////////////////8=",
        "7v////////////////////////////////////////8", /* above it, with the bit that says nothing */
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* spare bits set */
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_A",
        "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA A ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (ratchet_is_curve(bad[i]))
            fail_msg("taken for a key: %s", bad[i]);
    assert_true(ratchet_is_curve("CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    assert_true(ratchet_is_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

static void accounts__publish_each_key_once__and_survive_their_pickle(void **state)
{
    (void)state;
    struct ratchet_identity before = ratchet_account_identity(bench.alice);
    ratchet_account_make_one_time(bench.alice, 50);
    ratchet_account_make_fallback(bench.alice);
    assert_int_equal(unpublished(bench.alice).n_one_time, 50);
    assert_int_equal(unpublished(bench.alice).n_fallback, 1);
    char *pickle = ratchet_account_pickle(bench.alice, bench.arena, key);
    assert_null(strstr(pickle, before.curve25519));
    assert_null(ratchet_account_load(pickle, other_key));
    assert_null(ratchet_account_load("", key));
    assert_null(ratchet_account_load(NULL, key));
    struct ratchet_account *again = ratchet_account_load(pickle, key);
    struct ratchet_identity after = ratchet_account_identity(again);
    assert_string_equal(after.curve25519, before.curve25519);
    assert_string_equal(after.ed25519, before.ed25519);
    ratchet_account_mark_published(again);
    assert_int_equal(unpublished(again).n_one_time + unpublished(again).n_fallback, 0);
    ratchet_account_destroy(again);
}

static struct ratchet_session *session_to_alice(void)
{
    ratchet_account_make_one_time(bench.alice, 1);
    struct seen seen = unpublished(bench.alice);
    ratchet_account_mark_published(bench.alice);
    struct ratchet_session *session =
        ratchet_session_to(bench.bob, ratchet_account_identity(bench.alice).curve25519, seen.last);
    assert_non_null(session);
    return session;
}

/* Of a ciphertext every character but the last, whose spare bits say nothing. */
static char *changed_at(const char *text, size_t at)
{
    char *copy = arena_strdup(bench.arena, text);
    copy[at] = copy[at] == 'A' ? 'B' : 'A';
    return copy;
}

static void sessions__refuse_what_was_changed__and_stay_as_they_were(void **state)
{
    (void)state;
    size_t len;
    enum ratchet_kind kind;
    struct ratchet_session *out = session_to_alice();
    const char *bobs = ratchet_account_identity(bench.bob).curve25519;
    char curve[RATCHET_KEY_CHARS + 1];
    snprintf(curve, sizeof curve, "%s", bobs);
    char *body = ratchet_session_encrypt(out, bench.arena, "first", &kind);
    assert_int_equal(kind, RATCHET_PREKEY);
    assert_null(ratchet_session_from(bench.alice, ratchet_account_identity(bench.alice).curve25519, body));
    assert_null(ratchet_session_from(bench.alice, curve, ""));
    assert_null(ratchet_session_from(bench.alice, curve, "no base64 at all"));
    struct ratchet_session *in = ratchet_session_from(bench.alice, curve, body);
    assert_non_null(in);
    assert_true(ratchet_session_matches(in, curve, body));
    assert_string_equal(ratchet_session_decrypt(in, bench.arena, kind, body, &len), "first");
    assert_int_equal(len, 5);
    ratchet_account_used(bench.alice, in);
    assert_null(ratchet_session_from(bench.alice, curve, body));

    char *answer = ratchet_session_encrypt(in, bench.arena, "second", &kind);
    assert_int_equal(kind, RATCHET_NORMAL);
    char *before = ratchet_session_pickle(out, bench.arena, key);
    for (size_t i = 0; i + 1 < strlen(answer); i++)
        assert_null(ratchet_session_decrypt(out, bench.arena, kind, changed_at(answer, i), &len));
    assert_null(ratchet_session_decrypt(out, bench.arena, RATCHET_PREKEY, answer, &len));
    assert_null(ratchet_session_decrypt(out, bench.arena, kind, "", &len));
    assert_string_equal(ratchet_session_pickle(out, bench.arena, key), before);
    assert_string_equal(ratchet_session_decrypt(out, bench.arena, kind, answer, &len), "second");
    assert_null(ratchet_session_decrypt(out, bench.arena, kind, answer, &len));
    assert_string_equal(ratchet_session_id(out, bench.arena), ratchet_session_id(in, bench.arena));
    assert_null(ratchet_session_load(before, other_key));
    ratchet_session_destroy(out);
    ratchet_session_destroy(in);
}

static void rooms__are_read_from_the_shared_index_on(void **state)
{
    (void)state;
    size_t len;
    uint32_t index;
    struct ratchet_out *out = ratchet_out_create(), *stranger = ratchet_out_create();
    char *first_key = ratchet_out_key(out, bench.arena);
    char *first = ratchet_out_encrypt(out, bench.arena, "first");
    char *second_key = ratchet_out_key(out, bench.arena);
    char *second = ratchet_out_encrypt(out, bench.arena, "second");
    assert_int_equal(ratchet_out_index(out), 2);
    struct ratchet_in *in = ratchet_in_create(first_key), *later = ratchet_in_create(second_key);
    struct ratchet_in *other = ratchet_in_create(ratchet_out_key(stranger, bench.arena));
    assert_string_equal(ratchet_in_id(in, bench.arena), ratchet_out_id(out, bench.arena));
    assert_int_equal(ratchet_in_first_index(later), 1);
    assert_true(ratchet_in_connects(in, later) && ratchet_in_connects(later, in));
    assert_false(ratchet_in_connects(in, other));
    assert_null(ratchet_in_decrypt(later, bench.arena, first, &len, &index));
    assert_string_equal(ratchet_in_decrypt(later, bench.arena, second, &len, &index), "second");
    assert_int_equal(index, 1);
    for (size_t i = 0; i + 1 < strlen(first); i++)
        assert_null(ratchet_in_decrypt(in, bench.arena, changed_at(first, i), &len, &index));
    assert_string_equal(ratchet_in_decrypt(in, bench.arena, first, &len, &index), "first");
    assert_null(ratchet_in_decrypt(other, bench.arena, first, &len, &index));
    assert_null(ratchet_in_create(changed_at(first_key, 20)));
    assert_null(ratchet_in_create(NULL));
    assert_null(ratchet_in_load(ratchet_in_pickle(in, bench.arena, key), other_key));
    assert_null(ratchet_out_load(ratchet_out_pickle(out, bench.arena, key), other_key));
    ratchet_out_destroy(out);
    ratchet_out_destroy(stranger);
    ratchet_in_destroy(in);
    ratchet_in_destroy(later);
    ratchet_in_destroy(other);
}

static void signatures__hold_for_their_text_alone(void **state)
{
    (void)state;
    const char *ed25519 = ratchet_seed_public(bench.arena, key);
    const char *signature = ratchet_seed_sign(bench.arena, key, "text");
    assert_true(ratchet_verify(ed25519, "text", signature));
    assert_true(ratchet_verify(ed25519, "text", signature)); /* it was not used up */
    assert_false(ratchet_verify(ed25519, "texts", signature));
    assert_false(ratchet_verify(ratchet_seed_public(bench.arena, other_key), "text", signature));
    assert_false(ratchet_verify(ed25519, "text", arena_printf(bench.arena, "%s==", signature)));
    assert_false(ratchet_verify(ed25519, "text", NULL));
    assert_false(ratchet_verify(NULL, "text", signature));
    for (size_t i = 0; i + 1 < RATCHET_SIGNATURE_CHARS; i++)
        assert_false(ratchet_verify(ed25519, "text", changed_at(signature, i)));
    assert_string_equal(ratchet_sha256(bench.arena, ""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
}

/* The same bytes spelt otherwise: libolm would not see it. */
static void texts__have_one_spelling(void **state)
{
    (void)state;
    size_t len;
    uint32_t index;
    struct ratchet_out *out = ratchet_out_create();
    char *session_key = ratchet_out_key(out, bench.arena);
    struct ratchet_in *in = ratchet_in_create(session_key);
    char *exported = ratchet_in_export(in, bench.arena);
    char *body = ratchet_out_encrypt(out, bench.arena, "text");
    char *const texts[] = { session_key, exported, body };
    assert_non_null(ratchet_in_decrypt(in, bench.arena, body, &len, &index));
    for (size_t i = 0; i < 3; i++) {
        char *high = arena_strdup(bench.arena, texts[i]), *spare = arena_strdup(bench.arena, texts[i]);
        high[7] = (char)(high[7] ^ 0x80);
        if (strlen(spare) % 4)
            spare[strlen(spare) - 1]++;
        else
            spare = high; /* all its bits say something, and no signature covers an exported key */
        char *const others[] = { high, spare, arena_printf(bench.arena, "%s==", texts[i]),
                                 arena_printf(bench.arena, "%s\n", texts[i]) };
        for (size_t j = 0; j < 4; j++) {
            assert_null(ratchet_in_create(others[j]));
            assert_null(ratchet_in_import(others[j]));
            assert_null(ratchet_in_decrypt(in, bench.arena, others[j], &len, &index));
        }
    }
    ratchet_in_destroy(in);
    ratchet_out_destroy(out);
}

static void leave(void *data, enum envelope_level level, struct envelope_bytes *bytes)
{
    if (level == ENVELOPE_CIPHER)
        bytes->len = *(size_t *)data;
}

/* Well sealed by who knows the keys. libolm writes the rest of a last block behind the plaintext and takes what it finds
 * there for its padding: one of these texts fits by chance. */
static void ciphers__are_whole_blocks(void **state)
{
    (void)state;
    size_t len, left[] = { 0, 1, 15, 17, 31, 32 };
    uint32_t index;
    struct ratchet_in *in = ratchet_in_create(envelope_megolm_key(bench.arena, 0, false, NULL));
    ratchet_account_make_one_time(bench.alice, 1);
    struct envelope_session session = envelope_begin(
        bench.arena, ratchet_account_identity(bench.alice).curve25519, unpublished(bench.alice).last);
    for (int i = 0; i < 240; i++) {
        char *text = arena_printf(bench.arena, "a text of two blocks, no. %03d", i), *got;
        struct envelope_edit edit = { leave, &left[i % 6] };
        char *body = envelope_megolm(bench.arena, 0, 0, text, &edit);
        got = ratchet_in_decrypt(in, bench.arena, body, &len, &index);
        assert_true(i % 6 == 5 ? got && strcmp(got, text) == 0 : !got);
        body = envelope_olm(bench.arena, &session, true, 0, text, &edit);
        struct ratchet_session *first =
            ratchet_session_from(bench.alice, envelope_identity(bench.arena), body);
        assert_non_null(first);
        got = ratchet_session_decrypt(first, bench.arena, RATCHET_PREKEY, body, &len);
        assert_true(i % 6 == 5 ? got && strcmp(got, text) == 0 : !got);
        ratchet_session_destroy(first);
    }
    ratchet_in_destroy(in);
}

/* The field at 1 + 34 * n, which no MAC covers, is left out; or is there twice in the place of the next. */
struct field {
    size_t at;
    bool is_twice;
};

static void leave_out(void *data, enum envelope_level level, struct envelope_bytes *bytes)
{
    enum { FIELD = 34 };
    const struct field *field = data;
    if (level != ENVELOPE_OUTER)
        return;
    unsigned char *from = bytes->at + 1 + FIELD * field->at;
    if (field->is_twice) {
        memcpy(from + FIELD, from, FIELD);
    } else {
        memmove(from, from + FIELD, bytes->len - 1 - FIELD * (field->at + 1));
        bytes->len -= FIELD;
    }
}

/* Anybody can send that: libolm would read a key of the sender that is not there. */
static void first_messages__have_all_their_keys(void **state)
{
    (void)state;
    size_t len;
    ratchet_account_make_one_time(bench.alice, 1);
    struct envelope_session with = envelope_begin(
        bench.arena, ratchet_account_identity(bench.alice).curve25519, unpublished(bench.alice).last);
    const char *sender = envelope_identity(bench.arena);
    struct ratchet_session *session =
        ratchet_session_from(bench.alice, sender, envelope_olm(bench.arena, &with, true, 0, "text", NULL));
    assert_non_null(session);
    for (size_t i = 0; i < 5; i++) {
        struct field field = { i % 3, i > 2 };
        struct envelope_edit edit = { leave_out, &field };
        char *body = envelope_olm(bench.arena, &with, true, 0, "text", &edit);
        assert_null(ratchet_session_from(bench.alice, sender, body));
        assert_false(ratchet_session_matches(session, sender, body));
        assert_null(ratchet_session_decrypt(session, bench.arena, RATCHET_PREKEY, body, &len));
    }
    char *body = envelope_olm(bench.arena, &with, true, 0, "text", NULL);
    assert_string_equal(ratchet_session_decrypt(session, bench.arena, RATCHET_PREKEY, body, &len), "text");
    ratchet_session_destroy(session);
}

static void swap_keys(void *data, enum envelope_level level, struct envelope_bytes *bytes)
{
    enum { FIELD = 34 };
    unsigned char field[FIELD], *second = bytes->at + 1 + FIELD, *third = second + FIELD;
    (void)data;
    if (level != ENVELOPE_OUTER)
        return;
    memcpy(field, second, FIELD);
    memcpy(second, third, FIELD);
    memcpy(third, field, FIELD);
}

/* Not all libraries write them in the same one. */
static void first_messages__have_their_keys_in_any_order(void **state)
{
    (void)state;
    size_t len;
    ratchet_account_make_one_time(bench.alice, 1);
    struct envelope_session with = envelope_begin(
        bench.arena, ratchet_account_identity(bench.alice).curve25519, unpublished(bench.alice).last);
    struct envelope_edit edit = { swap_keys, NULL };
    char *body = envelope_olm(bench.arena, &with, true, 0, "text", &edit);
    struct ratchet_session *session = ratchet_session_from(bench.alice, envelope_identity(bench.arena), body);
    assert_non_null(session);
    assert_true(ratchet_session_matches(session, envelope_identity(bench.arena), body));
    assert_string_equal(ratchet_session_decrypt(session, bench.arena, RATCHET_PREKEY, body, &len), "text");
    ratchet_session_destroy(session);
}

/* Nothing proves who filled one: whoever can write to the backup can try any length. */
static void boxes__are_of_whole_blocks(void **state)
{
    (void)state;
    size_t len;
    const char *public_key = ratchet_box_public(bench.arena, key);
    for (int i = 0; i < 100; i++) {
        struct ratchet_box box = ratchet_box_seal(bench.arena, public_key,
                                                  arena_printf(bench.arena, "a text of two blocks: %d", i));
        assert_non_null(ratchet_box_open(bench.arena, key, &box, &len));
        box.ciphertext = arena_strndup(bench.arena, box.ciphertext, 24); /* 18 bytes */
        assert_null(ratchet_box_open(bench.arena, key, &box, &len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__are_none__if_spelt_otherwise_or_of_low_order),
        cmocka_unit_test_setup_teardown(accounts__publish_each_key_once__and_survive_their_pickle, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sessions__refuse_what_was_changed__and_stay_as_they_were, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rooms__are_read_from_the_shared_index_on, setup, teardown),
        cmocka_unit_test_setup_teardown(signatures__hold_for_their_text_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(texts__have_one_spelling, setup, teardown),
        cmocka_unit_test_setup_teardown(ciphers__are_whole_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(first_messages__have_all_their_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(first_messages__have_their_keys_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(boxes__are_of_whole_blocks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
