/* base/text: what people type is compared, cleaned and counted as they mean it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void text_is_within__finds_its_words_in_their_order(void **state)
{
    (void)state;
    assert_true(text_is_within("take host A", "!decide take host A by friday"));
    assert_true(text_is_within("take host A", "!decide take by friday host A"));
    assert_true(text_is_within(" a \n b ", "a b"));
    assert_true(text_is_within("", "a"));
    assert_false(text_is_within("host take", "take host A"));
    assert_false(text_is_within("take host A", "take host"));
    assert_false(text_is_within("a", ""));
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

/* The wide grave accent is a plain one once it is mapped. */
static void text_fold__leaves_nothing_to_fold(void **state)
{
    static const char *const texts[] = { "l\xEF\xBD\x80"
                                         "eau",
                                         "l\xE1\xBF\xAF"
                                         "eau",
                                         "l’eau",
                                         "l\xC2\xB4"
                                         "eau" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *folded = text_fold(*state, texts[i]);
        assert_string_equal(folded, "l'eau");
        assert_string_equal(text_fold(*state, folded), folded);
    }
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

static void text_is_hidden__knows_what_shows_nothing(void **state)
{
    (void)state;
    static const int hidden[] = { 0x01,   0x1F,   0x7F,    0x9F,    0xAD,    0x34F,   0x61C,   0x115F, 0x1160,
                                  0x17B4, 0x17B5, 0x180B,  0x180F,  0x200B,  0x200C,  0x200E,  0x200F, 0x202A,
                                  0x202E, 0x2060, 0x2066,  0x2069,  0x206F,  0x3164,  0xFE00,  0xFEFF, 0xFFA0,
                                  0xFFF0, 0xFFF8, 0x1BCA0, 0x1BCA3, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF };
    static const int shown[] = { '\n',    ' ',     'a',     0xA0,    0xAC,    0xAE,   0x350,  0x115E, 0x1161,
                                 0x17B3,  0x17B6,  0x180A,  0x1810,  0x200A,  0x200D, 0x2010, 0x2029, 0x202F,
                                 0x205F,  0x2070,  0x3163,  0xFDFF,  0xFE0F,  0xFE10, 0xFF9F, 0xFFEF, 0xFFFD,
                                 0x1BC9F, 0x1BCA4, 0x1D172, 0x1D17B, 0xDFFFF, 0xE1000 };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (!text_is_hidden(hidden[i]))
            fail_msg("U+%04X is not hidden", (unsigned)hidden[i]);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (text_is_hidden(shown[i]))
            fail_msg("U+%04X is hidden", (unsigned)shown[i]);
}

static void text_is_blank__knows_spaces_of_every_kind(void **state)
{
    (void)state;
    static const int blank[] = { ' ',    '\t',   '\n',   '\r',   0x85,   0xA0,  0x1680,
                                 0x2003, 0x2028, 0x2029, 0x202F, 0x3000, 0x200B };
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
        assert_true(text_is_blank(blank[i]));
    assert_false(text_is_blank('a'));
    assert_false(text_is_blank(0x08));
    assert_false(text_is_blank(0x0E));
}

static void text_fold_name__takes_each_apostrophe_and_hyphen_for_one(void **state)
{
    static const char *const names[] = { "d'a-b",
                                         "d\u2018a\u2010b",
                                         "d\u2019a\u2015b",
                                         "d\u02BCa\u2212b",
                                         "d\uFF07a\uFE63b",
                                         "d\u00B4a\uFF0Db",
                                         "d`a-b" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(text_fold_name(*state, names[i]), "dab");
    assert_string_not_equal(text_fold_name(*state, "d\u2016ab"), "dab");
}

static void text_fold_reaction__leaves_other_joins_alone(void **state)
{
    assert_string_equal(text_fold_reaction(*state, "🤷🏽‍♂️"), "🤷");
    assert_string_equal(text_fold_reaction(*state, "👩‍🚒"), "👩‍🚒");
    assert_string_equal(text_fold_reaction(*state, "\u2714\uFE0E"), "\u2714");
}

static void text_shorten__keeps_a_word_that_is_too_long(void **state)
{
    assert_string_equal(text_shorten(*state, "abcdefghij", 5), "abcd…");
    assert_string_equal(text_shorten(*state, " bcdefghij", 5), " bcd…");
    assert_string_equal(text_shorten(*state, "ab cdefghijklmnopqrstuvwxyzabcdefghijk", 30),
                        "ab cdefghijklmnopqrstuvwxyzab…");
    assert_string_equal(text_shorten(*state, "e\u0301e\u0301e\u0301", 3), "e\u0301e\u0301e\u0301");
    assert_string_equal(text_shorten(*state, "a\u20DDbcdef", 3), "a\u20DDb…");
}

static void text_distance__gives_up_on_what_is_long_or_far(void **state)
{
    (void)state;
    char long_one[128];
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(text_distance(long_one, "a", 200), 201);
    assert_int_equal(text_distance("a", long_one, 200), 201);
    assert_int_equal(text_distance("a", "abcde", 2), 3);
}

static void text_is_name__is_the_comparison_of_folded_names(void **state)
{
    static const char *const names[] = { "décider",  "decider", "d'accord", "D’accord",
                                         "ma-liste", "à noter", "Éric",     "e\u0301ric",
                                         "",         "-x",      "_x",       "1er" };
    enum { N = sizeof names / sizeof names[0] };
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            const char *folded = text_fold_name(*state, names[k]);
            bool want = strcmp(text_fold_name(*state, names[i]), folded) == 0;
            assert_int_equal(text_is_name(*state, names[i], folded), want);
        }
    assert_true(text_is_name(*state, "décider", "decider"));
    assert_false(text_is_name(*state, "decide", "decider"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_within__finds_its_words_in_their_order),
        cmocka_unit_test(text_fold_name__ignores_case_accents_apostrophes_and_hyphens),
        cmocka_unit_test(text_is_name__is_the_comparison_of_folded_names),
        cmocka_unit_test(text_fold__takes_ascii_as_it_takes_the_rest),
        cmocka_unit_test(text_fold__leaves_nothing_to_fold),
        cmocka_unit_test(text_is_hidden__knows_what_shows_nothing),
        cmocka_unit_test(text_is_blank__knows_spaces_of_every_kind),
        cmocka_unit_test(text_fold_name__takes_each_apostrophe_and_hyphen_for_one),
        cmocka_unit_test(text_fold_reaction__leaves_other_joins_alone),
        cmocka_unit_test(text_shorten__keeps_a_word_that_is_too_long),
        cmocka_unit_test(text_distance__gives_up_on_what_is_long_or_far),
        cmocka_unit_test(text_clean__keeps_words_and_drops_what_deceives),
        cmocka_unit_test(text_fold_reaction__finds_the_plain_sign),
        cmocka_unit_test(text_shorten__cuts_by_characters_at_a_space),
        cmocka_unit_test(text_distance__counts_edits_and_swaps),
        cmocka_unit_test(text_trim__knows_unicode_spaces),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
