/* base/text: what people type is compared, cleaned and counted as they mean it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void text_fold_name__ignores_case_accents_apostrophes_and_hyphens(void **state)
{
    static const struct {
        const char *input, *want;
    } rows[] = {
        { "Décider", "decider" },
        { "D’ACCORD", "daccord" },
        { "d'accord", "daccord" },
        { "ma-liste", "maliste" },
        { "mes‑tâches", "mestaches" },
        { "  compte\u00a0rendu ", "compte rendu" },
        { "de\u0301cider", "decider" },
        { "ﬁn", "fin" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(text_fold_name(*state, rows[i].input), rows[i].want);
}

static void text_clean__keeps_words_and_drops_what_deceives(void **state)
{
    assert_string_equal(text_clean(*state, "a\u202eb\u200bc\x01"
                                           "d\ne\tf"),
                        "abcd\ne f");
    assert_string_equal(text_clean(*state, "e\u0301"), "é");
    assert_string_equal(text_clean(*state, "🤷🏽‍♀️"), "🤷🏽‍♀️");
    assert_string_equal(text_clean(*state, "bad\xff"
                                           "end"),
                        "bad\uFFFDend");
}

static void text_fold_reaction__finds_the_plain_sign(void **state)
{
    assert_string_equal(text_fold_reaction(*state, "🤷🏽‍♀️"), "🤷");
    assert_string_equal(text_fold_reaction(*state, "👍🏼"), "👍");
    assert_string_equal(text_fold_reaction(*state, "1️⃣"), "1⃣");
    assert_string_equal(text_fold_reaction(*state, "⛔️"), "⛔");
}

static void text_shorten__cuts_by_characters_at_a_space(void **state)
{
    assert_string_equal(text_shorten(*state, "short", 10), "short");
    assert_string_equal(text_shorten(*state, "one two three", 9), "one two…");
    assert_int_equal(text_chars(text_shorten(*state, "ééééééééééééé", 5)), 5);
}

static void text_distance__counts_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(text_distance("decid", "decide", 2), 1);
    assert_int_equal(text_distance("dceide", "decide", 2), 1);
    assert_int_equal(text_distance("decide", "decide", 2), 0);
    assert_int_equal(text_distance("weather", "decide", 2), 3);
    assert_int_equal(text_distance("", "abc", 2), 3);
}

static void text_trim__knows_unicode_spaces(void **state)
{
    assert_string_equal(text_trim(*state, "\u00a0\u202f a b \u3000\n"), "a b");
    assert_string_equal(text_trim(*state, " \t "), "");
}

/* Plain ASCII goes a way of its own; an accent at the end sends the same text the other way. */
static void text_fold__takes_ascii_as_it_takes_the_rest(void **state)
{
    struct arena *arena = *state;
    for (char c = ' '; c <= '~'; c++) {
        const char *plain = text_fold(arena, arena_printf(arena, " A%c %cZ", c, c));
        const char *other = text_fold(arena, arena_printf(arena, " A%c %cZ\u00e9", c, c));
        assert_string_equal(arena_printf(arena, "%se", plain), other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_fold_name__ignores_case_accents_apostrophes_and_hyphens),
        cmocka_unit_test(text_fold__takes_ascii_as_it_takes_the_rest),
        cmocka_unit_test(text_clean__keeps_words_and_drops_what_deceives),
        cmocka_unit_test(text_fold_reaction__finds_the_plain_sign),
        cmocka_unit_test(text_shorten__cuts_by_characters_at_a_space),
        cmocka_unit_test(text_distance__counts_edits_and_swaps),
        cmocka_unit_test(text_trim__knows_unicode_spaces),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
