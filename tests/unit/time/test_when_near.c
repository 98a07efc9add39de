/* time/when_near: a misspelt day or repetition before a date, and words that are only like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "time/when_near.h"

static void words__are_met__where_a_date_would_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *subject, *mended; /* NULL: nothing is near */
    } rows[] = {
        { "stand-up every mondy 9:00", "stand-up every mondy", "stand-up every monday 9:00" },
        { "stand-up every mondy", "stand-up every mondy", "stand-up every monday" },
        { "point tous les lundy à 9h", "point tous les lundy", "point tous les lundi à 9h" },
        { "Chaque lundii 9h", "Chaque lundii", "Chaque lundi 9h" },
        { "review every other weak 9:00", "review every other weak", "review every other week 9:00" },
        { "water evry monday 9:00", "water evry", "water every monday 9:00" },
        { "water on Wendesday 10:00", "water on Wendesday", "water on wednesday 10:00" },
        { "mondy mondy 10:00", "mondy mondy", "mondy monday 10:00" },
        { "appeler demian 9h", "appeler demian", "appeler demain 9h" },
        { "check the domain 10:00", "check the domain", NULL },
        { "this is very monday 10:00", "this is very", NULL },
        { "call every customer tomorrow 9:00", "call every customer", NULL },
        { "water each week tomorrow 9:00", "water each week", NULL },
        { "water evry", "water evry", NULL }, /* nothing comes back without a date behind it */
        { "monday", "monday", NULL },
        { "tomorrow's tea 9:00", "tomorrow's tea", NULL },
        { "", "", NULL },
        { "   9:00", "  ", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_create();
        struct when_near near = { .mended = NULL };
        bool is_near = when_find_near(arena, rows[i].text, rows[i].subject, &near);
        if (is_near != (rows[i].mended != NULL) || (is_near && strcmp(near.mended, rows[i].mended) != 0))
            fail_msg("%s: %s", rows[i].text, is_near ? near.mended : "nothing");
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(words__are_met__where_a_date_would_stand) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
