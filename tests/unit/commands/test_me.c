/* !me: what is kept of a setting, and its history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

static const char *setting(struct team *f, const char *person, const char *name)
{
    return store_str(f->store, f->arena, "SELECT value FROM personal WHERE person = ?1 AND name = ?2", "ss",
                     person, name);
}

static int64_t n_history(struct team *f)
{
    return store_int(f->store, 0, "SELECT count(*) FROM history WHERE what LIKE 'me %'", "");
}

static void me__keeps_and_notes_each_change_once(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me zone New York");
    assert_string_equal(setting(f, "@bob:x", "zone"), "America/New_York");
    assert_int_equal(n_history(f), 1);
    assert_string_equal(
        store_str(f->store, f->arena,
                  "SELECT person || ' ' || event || ' ' || what || ' ' || detail || ' ' || at_ms"
                  " FROM history WHERE what LIKE 'me %'",
                  ""),
        "@bob:x $1 me zone @bob:x America/New_York 1795510800000");
    team_say(f, "@bob:x", NULL, "!me zone america/new_york");
    assert_int_equal(n_history(f), 1);
    team_say(f, "@bob:x", NULL, "!me zone default");
    assert_null(setting(f, "@bob:x", "zone"));
    assert_int_equal(n_history(f), 2);
}

static void me__is_nobody_elses_to_change(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me @carol zone New York");
    team_say(f, "@bob:x", NULL, "!me @carol hours 9-12");
    team_say(f, "@bob:x", NULL, "!me @carol");
    assert_null(setting(f, "@carol:x", "zone"));
    assert_null(setting(f, "@carol:x", "hours"));
    assert_int_equal(n_history(f), 0);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'people/not-yours'", ""), 3);
}

/* Two people are nobody's name. */
static void me__of_two_people__is_refused(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me @bob,@carol zone New York");
    team_say(f, "@bob:x", NULL, "!remind @bob,@carol of it tomorrow 9:00");
    assert_null(setting(f, "@bob:x", "zone"));
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'people/which'", ""), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(me__keeps_and_notes_each_change_once, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(me__is_nobody_elses_to_change, team_setup, team_teardown),
        cmocka_unit_test_setup_teardown(me__of_two_people__is_refused, team_setup, team_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
