/* engine/moments: how long before a date, as the configuration says it; and what a task makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

#include "engine/moments.h"

static void moments__are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n, n_days, n_hours; /* of the last; n -1: it cannot be read */
    } rows[] = {
        { "1 day, 1 hour", 2, 0, 1 },
        { "2 days,1 day,4 hours, 1 hour", 4, 0, 1 },
        { "3days", 1, 3, 0 },
        { " 30 days ", 1, 30, 0 },
        { "99 hours", 1, 0, 99 },
        { "none", 0, 0, 0 },
        { "", -1, 0, 0 },
        { "1", -1, 0, 0 },
        { "0 days", -1, 0, 0 },
        { "31 days", -1, 0, 0 },
        { "100 hours", -1, 0, 0 },
        { "1 day,", -1, 0, 0 },
        { "1 day 1 hour", -1, 0, 0 },
        { "-1 day", -1, 0, 0 },
        { "1 week", -1, 0, 0 },
        { "1 day, 1 day, 1 day, 1 day, 1 day", -1, 0, 0 },
        { "none, 1 day", -1, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct moments moments;
        bool is_read = moments_parse(rows[i].text, &moments);
        assert_int_equal(is_read, rows[i].n >= 0);
        assert_int_equal(moments.n, rows[i].n < 0 ? 0 : rows[i].n);
        if (moments.n) {
            assert_int_equal(moments.moments[moments.n - 1].n_days, rows[i].n_days);
            assert_int_equal(moments.moments[moments.n - 1].n_hours, rows[i].n_hours);
        }
    }
}

/* A task due on Friday 17:00 that its owner made on Tuesday 10:00; how long before that the first timer is due, in hours. */
static int64_t first_reminder_h(struct team *f, const char *reminders)
{
    engine_destroy(f->engine);
    f->engine = engine_create(f->store,
                              &(struct engine_settings){ .me = "@greffier:x",
                                                         .lang = "en",
                                                         .zone = "Europe/Zurich",
                                                         .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                         .reminders = reminders,
                                                         .prefix = "!" },
                              command_table, habit_table);
    store_run(f->store, "INSERT OR IGNORE INTO number(prefix, next, reserved) VALUES('TSK', 1, 256)", "");
    store_run(f->store, "DELETE FROM timer", "");
    team_say(f, "@bob:x", NULL, "!task me Release notes by friday 17:00");
    int64_t due_ms = store_int(f->store, 0, "SELECT max(deadline_ms) FROM item", "");
    return (due_ms - store_int(f->store, 0, "SELECT min(due_ms) FROM timer WHERE item IS NOT NULL", "")) /
           HOUR_MS;
}

static void a_task__reminds_when_it_is_told_to(void **state)
{
    struct team *f = *state;
    int64_t by_default_h = first_reminder_h(f, NULL);
    assert_true(by_default_h > 3);
    assert_int_equal(first_reminder_h(f, "1 day, 1 hour"), by_default_h);
    assert_int_equal(first_reminder_h(f, "1 hour"), 1);
    assert_int_equal(first_reminder_h(f, "3 hours"), 3);
    assert_int_equal(first_reminder_h(f, "none"), -64); /* once it has passed, on Monday */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments__are_read),
        cmocka_unit_test_setup_teardown(a_task__reminds_when_it_is_told_to, team_setup, team_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
