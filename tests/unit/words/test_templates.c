/* templates/: every file reads, both languages say the same things, and each is typeset as its language is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "words/message.h"
#include "words/template.h"
#include "words/templates.h"

enum { NAMES_MAX = 128, NO_BREAK_SPACE = 0xA0, NARROW_SPACE = 0x202F, OPENING = 0xAB, CLOSING = 0xBB };

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

static bool is_in(const struct template_source *row, const char *lang)
{
    size_t len = strlen(lang);
    return strncmp(row->name, lang, len) == 0 && (row->name[len] == '/' || row->name[len] == '-');
}

/* ---- Typography ---- */

/* What a lint knows of the text that it reads. */
struct lint {
    const char *lang; /* "en", "fr" */
    bool is_code;
    int before; /* the code point before; 0 at the start of a text */
    const char *complaint; /* the first one */
};

static void complain(struct lint *lint, const char *complaint)
{
    if (!lint->complaint)
        lint->complaint = complaint;
}

static void lint_code(struct lint *lint, int code)
{
    if (code == NO_BREAK_SPACE || code == NARROW_SPACE)
        complain(lint, "a no-break space in code: it will be copied and typed");
    if (code == 0x2018 || code == 0x2019 || code == 0x201C || code == 0x201D || code == OPENING ||
        code == CLOSING)
        complain(lint, "a typographic quote in code: it will be copied and typed");
    if (code == 0x2026)
        complain(lint, "an ellipsis in code: three dots");
}

static void lint_french(struct lint *lint, int code, int after)
{
    bool is_digit_before = lint->before >= '0' && lint->before <= '9';
    if ((code == ';' || code == '?') && lint->before != NARROW_SPACE)
        complain(lint, "; and ? stand behind U+202F");
    if (code == ':' && lint->before != NO_BREAK_SPACE && !(is_digit_before && after >= '0' && after <= '9'))
        complain(lint, ": stands behind U+00A0");
    if (lint->before == OPENING && code != NO_BREAK_SPACE)
        complain(lint, "U+00A0 stands behind «");
    if (code == CLOSING && lint->before != NO_BREAK_SPACE)
        complain(lint, "U+00A0 stands before »");
    if (code == '\'' || code == 0x2018)
        complain(lint, "the apostrophe is U+2019");
    if (code == '"' || code == 0x201C || code == 0x201D)
        complain(lint, "quotes are « »");
    if (code == ' ' && is_digit_before && (after == 'h' || (after >= '0' && after <= '9')))
        complain(lint, "a number breaks from what belongs to it");
}

static void lint_english(struct lint *lint, int code)
{
    if (code == '"' || code == OPENING || code == CLOSING)
        complain(lint, "quotes are U+201C and U+201D");
    if ((code == NO_BREAK_SPACE || code == NARROW_SPACE))
        complain(lint, "a French space");
}

static void lint_text(struct lint *lint, const char *text)
{
    size_t len, after_len;
    for (; *text; text += len) {
        int code = text_codepoint(text, &len), after = text_codepoint(text + len, &after_len);
        if (lint->is_code)
            lint_code(lint, code);
        else if (code == '!')
            complain(lint, "no exclamation mark");
        else if (strcmp(lint->lang, "fr") == 0)
            lint_french(lint, code, after);
        else
            lint_english(lint, code);
        /* White space of the template is a space, or nothing. */
        lint->before = code == '\n' || code == '\t' ? ' ' : code;
    }
}

static void lint_nodes(struct lint *lint, const struct template_node *node)
{
    for (; node; node = node->next) {
        struct lint inside = *lint;
        if (node->kind == TEMPLATE_TEXT) {
            lint_text(lint, node->text);
            continue;
        }
        if (node->kind == TEMPLATE_ELEMENT)
            inside.is_code = lint->is_code || node->element == ELEMENT_CODE || node->element == ELEMENT_PRE;
        lint_nodes(&inside, node->first);
        lint->complaint = inside.complaint;
        lint->before = inside.is_code ? '`' : inside.before;
        if (node->kind == TEMPLATE_VALUE || node->kind == TEMPLATE_PARTIAL)
            lint->before = 'x'; /* something stands there */
    }
}

static const char *lint_template(struct arena *arena, const char *lang, const char *text)
{
    struct err err;
    const struct template_node *root = template_parse(arena, "t", text, &err);
    if (!root)
        fail_msg("%s", err.text);
    struct lint lint = { .lang = lang };
    lint_nodes(&lint, root->first);
    return lint.complaint;
}

static void lint__finds_what_is_wrong(void **state)
{
    static const struct {
        const char *lang, *text;
        bool is_fine;
    } rows[] = {
        { "fr", "Qu’est-ce qui bloque\u202f? Une phrase\u202f; deux.", true },
        { "fr", "Qu’est-ce qui bloque ?", false },
        { "fr", "Qu’est-ce qui bloque\u00a0?", false },
        { "fr", "bloque?", false },
        { "fr", "{{x}}?", false },
        { "fr", "<b>{{x}}</b>\u202f?", true },
        { "fr", "a ; b", false },
        { "fr", "Responsable\u00a0: {{x}}", true },
        { "fr", "Responsable\u202f: {{x}}", false },
        { "fr", "Responsable : {{x}}", false },
        { "fr", "Responsable: {{x}}", false },
        { "fr", "<b>Responsable</b>\u00a0: {{x}}", true },
        { "fr", "<b>Responsable</b>: {{x}}", false },
        { "fr", "à 17:00", true },
        { "fr", "«\u00a0{{x}}\u00a0»", true },
        { "fr", "« {{x}}\u00a0»", false },
        { "fr", "«\u00a0{{x}} »", false },
        { "fr", "«{{x}}»", false },
        { "fr", "l'objection", false },
        { "fr", "l’objection", true },
        { "fr", "“mot”", false },
        { "fr", "\"mot\"", false },
        { "fr", "Merci\u202f!", false },
        { "fr", "17 h", false },
        { "fr", "17\u00a0h, 1\u202f250", true },
        { "fr", "1 250", false },
        { "fr", "<code>!d'accord : a ; b ? 17 h</code>", true },
        { "fr", "<code>d’accord</code>", false },
        { "fr", "<pre>17\u00a0h</pre>", false },
        { "fr", "<code>!trancher …</code>", false },
        { "en", "“{{x}}”: don't; why?", true },
        { "en", "\"{{x}}\"", false },
        { "en", "«\u00a0{{x}}\u00a0»", false },
        { "en", "17\u00a0h", false },
        { "en", "Done!", false },
        { "en", "<code>!done \"x\"</code>", true },
        { "en", "<code>“x”</code>", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((lint_template(*state, rows[i].lang, rows[i].text) == NULL) != rows[i].is_fine)
            fail_msg("%s: %s", rows[i].lang, rows[i].text);
}

/* The pattern behind "key: ", line by line; remarks are French or English too, but nobody reads them in a
 * room. */
static int lint_words(struct arena *arena, const struct template_source *row, const char *lang)
{
    int n_complaints = 0;
    for (const char *line = row->text; *line;) {
        size_t len = strcspn(line, "\n");
        const char *text = arena_strndup(arena, line, len);
        const char *value = strstr(text, ": ");
        /* How numbers and words are separated is data, and so is a list of numbers. */
        bool is_prose = *text != '#' && value && !text_starts_with(text, "group:") &&
                        !text_starts_with(text, "one:") && !text_starts_with(text, "days_of_month:");
        const char *complaint = is_prose ? lint_template(arena, lang, value + 2) : NULL;
        if (complaint)
            print_message("%s: %s: %s\n", row->name, text, complaint);
        n_complaints += complaint != NULL;
        line += len + (line[len] == '\n');
    }
    return n_complaints;
}

static void templates__are_typeset_as_their_language_is(void **state)
{
    int n_complaints = 0;
    for (const struct template_source *row = template_sources; row->name; row++) {
        const char *lang = is_in(row, "fr") ? "fr" : "en";
        if (templates_is_words(row)) {
            n_complaints += lint_words(*state, row, lang);
            continue;
        }
        const char *complaint = lint_template(*state, lang, row->text);
        if (complaint)
            print_message("%s: %s\n", row->name, complaint);
        n_complaints += complaint != NULL;
    }
    assert_int_equal(n_complaints, 0);
}

/* ---- Both languages say the same ---- */

struct names {
    const char *rows[NAMES_MAX];
    int n_rows;
};

static bool has_name(const struct names *names, const char *name)
{
    for (int i = 0; i < names->n_rows; i++)
        if (strcmp(names->rows[i], name) == 0)
            return true;
    return false;
}

static void add_name(struct names *names, const char *name)
{
    if (has_name(names, name))
        return;
    assert_true(names->n_rows < NAMES_MAX);
    names->rows[names->n_rows++] = name;
}

/* What a template shows and what it asks: the first part of each name, since the languages may take other
 * forms of one value (deadline.card, deadline.sentence); "." and the position in a list are no values of
 * their own. */
struct vocabulary {
    struct arena *arena;
    const struct template_source *rows;
    const char *lang;
    struct names shown, asked;
    int depth;
};

static void collect(struct vocabulary *v, const struct template_node *node);

static void collect_partial(struct vocabulary *v, const char *name)
{
    const char *path = strchr(name, '/') ? name : arena_printf(v->arena, "partials/%s", name);
    const struct template_source *row = templates_find(v->rows, v->lang, path);
    assert_non_null(row);
    struct err err;
    const struct template_node *root = template_parse(v->arena, row->name, row->text, &err);
    assert_non_null(root);
    if (v->depth++ < 8)
        collect(v, root->first);
    v->depth--;
}

static void collect(struct vocabulary *v, const struct template_node *node)
{
    for (; node; node = node->next) {
        const char *first_part =
            node->text ? arena_strndup(v->arena, node->text, strcspn(node->text, ".")) : "";
        bool is_name = *first_part && *first_part != '-';
        if (node->kind == TEMPLATE_VALUE && is_name)
            add_name(&v->shown, first_part);
        if ((node->kind == TEMPLATE_SECTION || node->kind == TEMPLATE_INVERTED) && is_name)
            add_name(&v->asked, first_part);
        if (node->kind == TEMPLATE_PARTIAL && !node->is_dynamic)
            collect_partial(v, node->text);
        collect(v, node->href);
        collect(v, node->first);
    }
}

static struct vocabulary vocabulary_of(struct arena *arena, const struct template_source *rows,
                                       const char *lang, const char *name)
{
    struct vocabulary v = { .arena = arena, .rows = rows, .lang = lang };
    collect_partial(&v, name);
    return v;
}

static int report(const struct names *all, const struct vocabulary *other, const char *name, const char *lang)
{
    int n_missing = 0;
    for (int i = 0; i < all->n_rows; i++)
        if (!has_name(&other->shown, all->rows[i]) && !has_name(&other->asked, all->rows[i])) {
            print_message("%s: {{%s}} in %s only\n", name, all->rows[i], lang);
            n_missing++;
        }
    return n_missing;
}

/* What one language shows the other has to know; conditions may differ, as gender and number do, and are
 * reported. */
static int compare(struct arena *arena, const struct template_source *rows, const char *name)
{
    struct vocabulary en = vocabulary_of(arena, rows, "en", name),
                      fr = vocabulary_of(arena, rows, "fr", name);
    report(&en.asked, &fr, name, "English");
    report(&fr.asked, &en, name, "French");
    return report(&en.shown, &fr, name, "English") + report(&fr.shown, &en, name, "French");
}

static void compare__finds_what_one_language_leaves_out(void **state)
{
    static const struct template_source rows[] = {
        { "en/a/same", "{{deadline.card}} {{>p}}" },
        { "en/a/one-more", "{{x}} {{y}}" },
        { "en/a/gender", "{{x}}" },
        { "en/partials/p", "{{#l}}{{.}}{{^-last}}, {{/-last}}{{/l}}" },
        { "fr/a/same", "{{deadline.sentence}} {{#l}}{{.}}{{/l}}" },
        { "fr/a/one-more", "{{x}}" },
        { "fr/a/gender", "{{x}}{{#is_feminine}}e{{/is_feminine}}" },
        { NULL, NULL },
    };
    assert_int_equal(compare(*state, rows, "a/same"), 0);
    assert_int_equal(compare(*state, rows, "a/one-more"), 1);
    assert_int_equal(compare(*state, rows, "a/gender"), 0);
}

static void templates__show_the_same__in_both_languages(void **state)
{
    int n_differences = 0;
    for (const struct template_source *row = template_sources; row->name; row++)
        if (text_starts_with(row->name, "en/") && !templates_is_words(row))
            n_differences += compare(*state, template_sources, templates_own_name(row));
    assert_int_equal(n_differences, 0);
}

/* ---- All of them ---- */

static void templates__all_parse_and_have_their_twin(void **state)
{
    (void)state;
    struct err err;
    if (!templates_check(&err))
        fail_msg("%s", err.text);
    assert_non_null(template_sources[0].name);
    for (size_t i = 1; template_sources[i].name; i++)
        if (strcmp(template_sources[i - 1].name, template_sources[i].name) >= 0)
            fail_msg("%s comes before %s", template_sources[i - 1].name, template_sources[i].name);
}

/* Keys that follow a rule of one language, or name a zone, are its own. */
static bool is_own_key(const char *key)
{
    return strchr(key, '/') || strcmp(key, "abbreviations") == 0 || strcmp(key, "elided") == 0 ||
           strcmp(key, "city_elided") == 0 || strcmp(key, "days_of_month") == 0;
}

static bool has_key(const char *text, const char *key)
{
    size_t len = strlen(key);
    for (; text && *text; text = strchr(text, '\n'), text += text != NULL)
        if (strncmp(text, key, len) == 0 && text[len] == ':')
            return true;
    return false;
}

static void words__have_the_same_keys__in_both_languages(void **state)
{
    struct arena *arena = *state;
    int n_keys = 0;
    for (const struct template_source *row = template_sources; row->name; row++) {
        bool is_english = text_starts_with(row->name, "en/"), is_french = text_starts_with(row->name, "fr/");
        if (!templates_is_words(row) || (!is_english && !is_french))
            continue;
        const struct template_source *twin =
            templates_find(template_sources, is_english ? "fr" : "en", templates_own_name(row));
        for (const char *line = row->text; *line;) {
            size_t len = strcspn(line, "\n");
            const char *key = arena_strndup(arena, line, strcspn(line, ":\n"));
            if (*line != '#' && len > 0 && !is_own_key(key) && !has_key(twin->text, key))
                fail_msg("%s: \"%s\" is in one language only", row->name, key);
            n_keys++;
            line += len + (line[len] == '\n');
        }
    }
    assert_true(n_keys > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates__all_parse_and_have_their_twin),
        cmocka_unit_test_setup_teardown(words__have_the_same_keys__in_both_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(lint__finds_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(templates__are_typeset_as_their_language_is, setup, teardown),
        cmocka_unit_test_setup_teardown(compare__finds_what_one_language_leaves_out, setup, teardown),
        cmocka_unit_test_setup_teardown(templates__show_the_same__in_both_languages, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
