/* engine/form: a filled form is read whatever its order and language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commands/decision.h"
#include "engine/form.h"

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

static void form_parse__reads_labels_of_both_languages_in_any_order(void **state)
{
    struct form_values values =
        form_parse(*state, &decision_form,
                   "Two-step review\nÉCHÉANCE : vendredi 17h\nproposal: two people read\n"
                   "and one of them signs\nAvis demandés: bob, carol\ncontext:\n  many bugs  ");
    assert_string_equal(values.head, "Two-step review");
    assert_string_equal(form_value(&values, "deadline"), "vendredi 17h");
    assert_string_equal(form_value(&values, "proposal"), "two people read\nand one of them signs");
    assert_string_equal(form_value(&values, "asked"), "bob, carol");
    assert_string_equal(form_value(&values, "context"), "many bugs");
    assert_null(form_value(&values, "owner"));
}

static void form_parse__takes_no_colon_for_a_label(void **state)
{
    static const char *const heads[] = {
        "see https://example.org/x", "the ratio 4:3 wins", "http://by:80", "note: x", ": nothing", ""
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct form_values values = form_parse(*state, &decision_form, heads[i]);
        assert_int_equal(values.n, 0);
        assert_string_equal(values.head, heads[i]);
    }
}

/* However far: a label is as long as it is written. */
static void form_parse__passes_over_what_indents_a_line(void **state)
{
    const char *text = arena_printf(*state, "%60sproposal: read it\n\n  \t owner: bob\n", "");
    struct form_values values = form_parse(*state, &decision_form, text);
    assert_true(form_begins(*state, &decision_form, text));
    assert_string_equal(values.head, "");
    assert_string_equal(form_value(&values, "proposal"), "read it");
    assert_string_equal(form_value(&values, "owner"), "bob");
}

static void form_parse__keeps_the_later_of_two_and_drops_empty_ones(void **state)
{
    struct form_values values =
        form_parse(*state, &decision_form, "owner: bob\nowner: carol\ncontext:   \nrule: x");
    assert_string_equal(form_value(&values, "owner"), "carol");
    assert_null(form_value(&values, "context"));
    assert_int_equal(values.n, 2);
}

static void form_parse__bounds_a_value(void **state)
{
    char text[3 * FORM_VALUE_MAX];
    memset(text, 'x', sizeof text);
    memcpy(text, "context: ", 9);
    text[sizeof text - 1] = '\0';
    struct form_values values = form_parse(*state, &decision_form, text);
    assert_true(strlen(form_value(&values, "context")) <= FORM_VALUE_MAX);
    for (size_t i = 10; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "é", 2);
    values = form_parse(*state, &decision_form, text);
    assert_int_equal(strlen(form_value(&values, "context")), FORM_VALUE_MAX - 1); /* no half of an é */
}

static void form_begins__only_with_a_label_first(void **state)
{
    assert_true(form_begins(*state, &decision_form, "  proposition : à deux"));
    assert_false(form_begins(*state, &decision_form, "well\nproposal: x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_parse__reads_labels_of_both_languages_in_any_order),
        cmocka_unit_test(form_parse__takes_no_colon_for_a_label),
        cmocka_unit_test(form_parse__passes_over_what_indents_a_line),
        cmocka_unit_test(form_parse__keeps_the_later_of_two_and_drops_empty_ones),
        cmocka_unit_test(form_parse__bounds_a_value),
        cmocka_unit_test(form_begins__only_with_a_label_first),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
