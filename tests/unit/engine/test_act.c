/* engine/act: a name, a word, a sign mean what words.md says, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "commands/table.h"
#include "engine/command.h"

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

static enum act act_of(const struct act_names *names)
{
    return names ? names->act : ACT_NONE;
}

static void act_find_word__takes_whole_messages_only(void **state)
{
    static const struct {
        const char *body;
        enum act act;
        const char *text;
    } rows[] = {
        { "agree", ACT_AGREE, "" },
        { "OK!", ACT_AGREE, "" },
        { "d’accord", ACT_AGREE, "" },
        { "+1", ACT_AGREE, "" },
        { "objection: no rollback", ACT_OBJECT, "no rollback" },
        { "Objection : pas de retour", ACT_OBJECT, "pas de retour" },
        { "sans avis", ACT_ABSTAIN, "" },
        { "nouvelle date : lundi 12h", ACT_EXTEND, "lundi 12h" },
        { "Je ne suis pas d’accord.", ACT_OBJECT, "" },
        { "I'm against", ACT_OBJECT, "" },
        { "Contre : trop lent", ACT_OBJECT, "trop lent" },
        { "I don't object", ACT_NONE, "" },
        { "no", ACT_NONE, "" },
        { "Ça me va !", ACT_AGREE, "" },
        { "Pas d’objection", ACT_AGREE, "" },
        { "LGTM", ACT_AGREE, "" },
        { "Terminé.", ACT_DONE, "" },
        { "looks good, but not on the 24th", ACT_NONE, "" },
        { "ok, I take it", ACT_TAKE, "" },
        { "Oui je prends", ACT_TAKE, "" },
        { "okay", ACT_NONE, "" },
        { "ok ", ACT_AGREE, "" },
        { "okra, I take it", ACT_NONE, "" },
        { "ok, I'll look", ACT_NONE, "" },
        { "no objection", ACT_AGREE, "" },
        { "the objection: is fine", ACT_NONE, "" },
        { "D'accord !", ACT_AGREE, "" },
        { "+1. ", ACT_AGREE, "" },
        { "!!!", ACT_NONE, "" },
        { "Je l’ai !", ACT_TAKE, "" },
        { "je m'en occupe", ACT_TAKE, "" },
        { "I'm on it.", ACT_TAKE, "" },
        { "mine", ACT_TAKE, "" },
        { "mine is broken", ACT_NONE, "" },
        { "je l'ai lu", ACT_NONE, "" },
        { "objection, as I said before the break: the price", ACT_NONE, "" }, /* too long for an opener */
        { "", ACT_NONE, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text;
        assert_int_equal(act_of(act_find_word(*state, rows[i].body, NULL, &text)), rows[i].act);
        assert_string_equal(text, rows[i].text);
    }
}

static void act_may_be_meant__hears_an_objection_in_a_sentence(void **state)
{
    static const struct {
        const char *body;
        bool of_the_silent, of_all;
    } rows[] = {
        { "No", true, false },
        { "No, far too expensive", true, false },
        { "Non ! On a déjà essayé", true, false },
        { "no – too slow", true, false },
        { "Pas d’accord du tout", true, false },
        { "Objection, your honour", true, false },
        { "Sorry but I disagree with that", true, true },
        { "Moi, je suis contre, et pour longtemps", true, true },
        { "Well, I’m against.", true, true },
        { "I disagree with it", true, true },
        { "No problem", false, false },
        { "Nobody is here, no", false, false },
        { "Non-sens", false, false },
        { "contre-exemple intéressant", false, false },
        { "against the wall", false, false },
        { "hi object", false, false },
        { "je suis contrebassiste", false, false },
        { "bob would disagree", false, false },
        { "", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(act_may_be_meant(*state, rows[i].body, ACT_OBJECT, true), rows[i].of_the_silent);
        assert_int_equal(act_may_be_meant(*state, rows[i].body, ACT_OBJECT, false), rows[i].of_all);
        assert_false(act_may_be_meant(*state, rows[i].body, ACT_AGREE, true));
    }
}

static void act_find_sign__sees_through_skin_tones_and_selectors(void **state)
{
    static const struct {
        const char *key;
        enum act act;
    } rows[] = {
        { "👍", ACT_AGREE },        { "👍🏽", ACT_AGREE },  { "✅", ACT_AGREE },
        { "⛔️", ACT_OBJECT },  { "👎🏼", ACT_OBJECT }, { "🤷🏽‍♀️", ACT_ABSTAIN },
        { "🗓️", ACT_EXTEND }, { "❤️", ACT_NONE },     { "🎉", ACT_NONE },
        { "agree", ACT_NONE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(act_of(act_find_sign(*state, rows[i].key, NULL)), rows[i].act);
}

/* One sign, or word, means what the item can be done now; else what it can at another time. */
static void act_find__goes_by_the_item_and_its_state(void **state)
{
    enum { CALLING = 1, TAKEN = 3, SOLVED = 4 };
    static const struct {
        const char *prefix;
        int state;
        const char *sign, *word;
        enum act act;
    } rows[] = {
        { "DEC", 1, "✅", "ok", ACT_AGREE },          { "DEC", 1, "👍", "d'accord", ACT_AGREE },
        { "DEC", 1, "🙋", "i have it", ACT_NONE },    { "ESC", CALLING, "👍", "ok", ACT_ACCEPT },
        { "ESC", CALLING, "👀", "oui", ACT_ACCEPT },  { "ESC", CALLING, "✋", "je prends", ACT_TAKE },
        { "ESC", CALLING, "✅", "resolu", ACT_DONE }, { "ESC", TAKEN, "👍", "ok", ACT_ACCEPT },
        { "ESC", SOLVED, "👍", "ok", ACT_AGREE },     { "ESC", SOLVED, "🙋", "i have it", ACT_TAKE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct item item = { .state = rows[i].state };
        const char *text;
        for (const struct habit *const *habit = habit_table; *habit; habit++)
            if (strcmp((*habit)->prefix, rows[i].prefix) == 0)
                item.habit = *habit;
        assert_int_equal(act_of(act_find_sign(*state, rows[i].sign, &item)), rows[i].act);
        assert_int_equal(act_of(act_find_word(*state, rows[i].word, &item, &text)), rows[i].act);
    }
}

static void act_choice__is_a_digit_or_a_keycap(void **state)
{
    assert_int_equal(act_choice(*state, "2"), 2);
    assert_int_equal(act_choice(*state, " 2️⃣ "), 2);
    assert_int_equal(act_choice(*state, "0"), 0);
    assert_int_equal(act_choice(*state, "12"), 0);
    assert_int_equal(act_choice(*state, "2 beers"), 0);
}

/* One name is of a command and of an act: `!skip today` is a person's, `!skip RMD-1` an item's (dispatch_line.c). */
static bool is_of_both(const char *folded)
{
    return strcmp(folded, "skip") == 0 || strcmp(folded, "sauter") == 0;
}

/* words.md 1: no name means two things, in either language, once folded. */
static void names__mean_one_thing_each(void **state)
{
    const char *seen[256];
    const void *owner[256];
    size_t n = 0;
    const char *const(*all[64])[NAMES_MAX];
    const void *of[64];
    size_t n_all = 0;
    for (const struct command *const *command = command_table; *command; command++) {
        all[n_all] = (*command)->names;
        of[n_all++] = *command;
    }
    for (const struct act_names *act = act_table; act->act != ACT_NONE; act++) {
        all[n_all] = act->names;
        of[n_all++] = act;
    }
    for (size_t i = 0; i < n_all; i++)
        for (int lang = 0; lang < LANGS; lang++)
            for (int j = 0; j < NAMES_MAX && all[i][lang][j]; j++) {
                char *folded = text_fold_name(*state, all[i][lang][j]);
                for (size_t k = 0; k < n; k++)
                    assert_true(owner[k] == of[i] || is_of_both(folded) || strcmp(seen[k], folded) != 0);
                seen[n] = folded;
                owner[n++] = of[i];
            }
    assert_true(n > 20);
}

/* The first is the one that help shows. */
static void names__are_there_in_both_languages(void **state)
{
    (void)state;
    for (const struct command *const *command = command_table; *command; command++)
        for (int lang = 0; lang < LANGS; lang++)
            assert_non_null((*command)->names[lang][0]);
    for (const struct act_names *act = act_table; act->act != ACT_NONE; act++) {
        if (!act->names[LANG_EN][0] && !act->names[LANG_FR][0])
            continue; /* a nod, which is a word or a sign */
        assert_string_equal(command_shown_name(act->names, "en"), act->names[LANG_EN][0]);
        assert_string_equal(command_shown_name(act->names, "fr-CH"), act->names[LANG_FR][0]);
    }
}

static void command_has_name__looks_at_all_of_them(void **state)
{
    static const char *const names[LANGS][NAMES_MAX] = { { "one" }, { "un", "deux", "trois" } };
    assert_true(command_has_name(*state, names, "one"));
    assert_true(command_has_name(*state, names, "trois"));
    assert_false(command_has_name(*state, names, "quatre"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(act_find_word__takes_whole_messages_only),
        cmocka_unit_test(act_may_be_meant__hears_an_objection_in_a_sentence),
        cmocka_unit_test(act_find_sign__sees_through_skin_tones_and_selectors),
        cmocka_unit_test(act_find__goes_by_the_item_and_its_state),
        cmocka_unit_test(act_choice__is_a_digit_or_a_keycap),
        cmocka_unit_test(names__mean_one_thing_each),
        cmocka_unit_test(names__are_there_in_both_languages),
        cmocka_unit_test(command_has_name__looks_at_all_of_them),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
