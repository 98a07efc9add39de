/* What stands in an answer, in any shape; and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "commands/standup_private.h"

enum { DONE, TODAY, BLOCKER, HELP, FIELDS };

static const struct row {
    const char *body;
    const char *values[FIELDS]; /* NULL: not said */
} given[] = {
    { "rollback script\nrelease notes\nno", { "rollback script", "release notes", "no" } },
    { "rollback script\nrelease notes\nvault access\nalice, access, today",
      { "rollback script", "release notes", "vault access", "alice, access, today" } },
    { "Today: release notes\nDone: rollback script", { "rollback script", "release notes" } },
    { "Fait hier : retour arrière\nPriorité aujourd'hui : TSK-1\nBlocage : oui, le coffre\nBesoin d’aide : claire",
      { "retour arrière", "TSK-1", "le coffre", "claire" } },
    { "  • Fait hier : la page\n  • Priorité aujourd’hui : la suite\n  • Blocage : non",
      { "la page", "la suite", "non" } },
    { "1. rollback\n2) notes\n3: no\n4. nobody", { "rollback", "notes", "no", "nobody" } },
    { "2. notes", { NULL, "notes" } },
    { "rollback script done. today TSK-1. blocked yes, vault access",
      { "rollback script", "TSK-1", "vault access" } },
    { "yesterday the forms, today the badge, blocked no", { "the forms", "the badge", "no" } },
    { "La maquette est faite. aujourd'hui le rendu", { "La maquette", "le rendu" } },
    { "the forms are done. today: the badge", { "the forms", "the badge" } },
    { "done: mails. today: more mails. no blockers", { "mails", "more mails", "no blockers" } },
    { "Fixed the bug. It was in the parser", { "Fixed the bug. It was in the parser" } },
    { "Relu le contrat. Revue en deux temps. Rien.", { "Relu le contrat", "Revue en deux temps", "Rien" } },
    { "Contract read. Two-step review. None; nobody; no",
      { "Contract read. Two-step review. None; nobody; no" } },
    { "Fixed it. It was the parser. No.", { "Fixed it", "It was the parser", "No" } },
    { "Today: write the docs. Then rest", { NULL, "write the docs. Then rest" } },
    { "hier la paie ; aujourd'hui le budget ; pas de blocage", { "la paie", "le budget", "pas de blocage" } },
    { "done: one\ntwo\ntoday: three", { "one\ntwo", "three" } },
    { "one\ntwo\nno\nfour\nfive", { "one", "two", "no", "four\nfive" } },
    { "blocked: yes", { NULL, NULL, "yes" } },
    { "- one\n- two\n- none", { "one", "two", "none" } },
    { "**nothing** new here", { "**nothing** new here" } },
    { "no", { "no" } },
    { "done https://x.example/a: b", { "https://x.example/a: b" } },
};

/* The weekly: progress, goals, risks, decisions, help, what became of the last goals. */
enum { PROGRESS, GOALS, RISKS, DECISIONS, WEEKLY_HELP, LAST };

static const struct {
    const char *body;
    enum answer_kind kind;
} kinds[] = {
    { "same", ANSWER_SAME },       { "Pareil.", ANSWER_SAME }, { "La même chose", ANSWER_SAME },
    { "skip", ANSWER_SKIP },       { "Passe", ANSWER_SKIP },   { "pas aujourd’hui", ANSWER_SKIP },
    { "?", ANSWER_NONE },          { "hello", ANSWER_NONE },   { "what is this for?", ANSWER_NONE },
    { "", ANSWER_NONE },           { "...", ANSWER_NONE },     { "today:", ANSWER_NONE },
    { "two words", ANSWER_GIVEN },
};

static const struct form *daily(void)
{
    return routine_form(&(struct routine){ .kind = "daily" });
}

static void answer_read__finds_what_answers_which_question(void **state)
{
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        struct answer answer = answer_read(*state, daily(), given[i].body);
        assert_int_equal(answer.kind, ANSWER_GIVEN);
        for (int place = 0; place < FIELDS; place++) {
            const char *want = given[i].values[place], *got = answer.values[place];
            if ((want == NULL) != (got == NULL) || (want && strcmp(want, got) != 0))
                fail_msg("%s: %d is %s, not %s", given[i].body, place, got ? got : "-", want ? want : "-");
        }
    }
}

static void answer_read__knows_what_is_none(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (answer_read(*state, daily(), kinds[i].body).kind != kinds[i].kind)
            fail_msg("%s", kinds[i].body);
}

/* In the thread people talk: only what can be nothing else is an answer there. */
static void answer_read__tells_what_is_marked(void **state)
{
    assert_false(answer_read(*state, daily(), "well done with that").is_marked);
    assert_false(answer_read(*state, daily(), "nice, bob").is_marked);
    assert_true(answer_read(*state, daily(), "done: it").is_marked);
    assert_true(answer_read(*state, daily(), "done: it").is_labelled);
    assert_true(answer_read(*state, daily(), "2. notes").is_marked);
    assert_true(answer_read(*state, daily(), "a\nb").is_marked);
    assert_false(answer_read(*state, daily(), "a\nb").is_labelled);
    assert_true(answer_read(*state, daily(), "today: same").is_same[TODAY]);
}

static void answer_read__reads_a_weekly(void **state)
{
    const struct form *form = routine_form(&(struct routine){ .kind = "weekly" });
    struct answer answer = answer_read(
        *state, form, "1 done, 2 moved\nAvancement : page livrée\nObjectifs semaine : a\nb\nRisques : dev");
    assert_string_equal(answer.values[LAST], "1 done, 2 moved");
    assert_string_equal(answer.values[PROGRESS], "page livrée");
    assert_string_equal(answer.values[GOALS], "a\nb");
    assert_string_equal(answer.values[RISKS], "dev");
    assert_null(answer.values[DECISIONS]);
    assert_null(answer.values[WEEKLY_HELP]);
    answer = answer_read(*state, form, "progress: x. goals: a; b; c; d");
    assert_string_equal(answer.values[GOALS], "a; b; c; d");
    assert_int_equal(goals_refuse(*state, form, &answer), 4);
    assert_null(answer.values[GOALS]);
    answer = answer_read(*state, form, "goals: a + b");
    assert_int_equal(goals_refuse(*state, form, &answer), 0);
    assert_string_equal(answer.values[GOALS], "a + b");
}

/* The forms and the examples of the article on asynchronous work (method.md 1), as they stand there. */
static void answer_read__understands_what_the_article_has(void **state)
{
    const struct form *form = routine_form(&(struct routine){ .kind = "weekly" });
    static const char *const typed[] = {
        "Avancement : Landing page livrée\nObjectifs semaine : SEO brief + design\nRisques : dépendance dev\n"
        "Décisions : choix tool A/B\nAide : validation avant jeudi",
        "Avancement\n\nlivrables terminés\n\nLanding page livrée\n\nObjectifs semaine\n\n1 à 3 priorités\n\n"
        "SEO brief + design\n\nRisques\n\nce qui peut déraper\n\ndépendance dev\n\nDécisions\n\n"
        "arbitrages à trancher\n\nchoix tool A/B\n\nAide\n\ndemande claire\n\nvalidation avant jeudi",
    };
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        struct answer answer = answer_read(*state, form, typed[i]);
        assert_string_equal(answer.values[PROGRESS], "Landing page livrée");
        assert_string_equal(answer.values[GOALS], "SEO brief + design");
        assert_int_equal(goals_refuse(*state, form, &answer), 0);
        assert_string_equal(answer.values[RISKS], "dépendance dev");
        assert_string_equal(answer.values[DECISIONS], "choix tool A/B");
        assert_string_equal(answer.values[WEEKLY_HELP], "validation avant jeudi");
    }
    struct answer blank = answer_read(*state, daily(),
                                      "• Fait hier :\n• Priorité aujourd'hui :\n• Blocage : oui/non, si oui "
                                      "lequel\n• Besoin d’aide : qui, pour quoi, échéance");
    assert_int_equal(blank.kind, ANSWER_NONE);
    struct answer filled =
        answer_read(*state, daily(),
                    "  • Fait hier : la page\n  • Priorité aujourd'hui : le brief\n"
                    "  • Blocage : oui, le serveur\n  • Besoin d’aide : bruno, un accès, jeudi");
    assert_string_equal(filled.values[DONE], "la page");
    assert_string_equal(filled.values[TODAY], "le brief");
    assert_string_equal(filled.values[BLOCKER], "le serveur");
    assert_string_equal(filled.values[HELP], "bruno, un accès, jeudi");
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answer_read__finds_what_answers_which_question),
        TEST(answer_read__knows_what_is_none),
        TEST(answer_read__tells_what_is_marked),
        TEST(answer_read__reads_a_weekly),
        TEST(answer_read__understands_what_the_article_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
