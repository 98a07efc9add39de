/* time/recur: which rules are none. Each row spoils one thing of a rule that is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "time/recur.h"

static struct recur parse(const char *text)
{
    struct recur rule;
    if (!recur_parse(text, &rule))
        fail_msg("%s is no rule", text);
    return rule;
}

static struct recur weekly(void)
{
    return parse(
        "every=2week on=tue,thu at=09:00,14:00 from=2026-11-24T10:00 zone=Europe/Zurich until=2027-01-31T23:59"
        " times=10 except=2026-12-24,2026-12-29T14:00 pause=2026-12-01T00:00/2026-12-05T00:00");
}

#define SPOILT(...)                                                                                          \
    do {                                                                                                     \
        struct recur rule = weekly();                                                                        \
        assert_true(recur_is_valid(&rule));                                                                  \
        __VA_ARGS__;                                                                                         \
        if (recur_is_valid(&rule))                                                                           \
            fail_msg("%s", #__VA_ARGS__);                                                                    \
    } while (0)

static void recur_is_valid__refuses__each_thing_out_of_bounds(void **state)
{
    (void)state;
    SPOILT(rule.every = 0);
    SPOILT(rule.every = RECUR_EVERY_MAX + 1);
    SPOILT(rule.weekdays = 0);
    SPOILT(rule.weekdays = 1U << 7);
    SPOILT(rule.nth = 1);
    SPOILT(rule.day = 1);
    SPOILT(rule.month = 1);
    SPOILT(rule.n_minutes = 0);
    SPOILT(rule.n_minutes = RECUR_TIMES_MAX + 1);
    SPOILT(rule.minutes[0] = -1);
    SPOILT(rule.minutes[1] = rule.minutes[0]);
    SPOILT(rule.minutes[1] = 24 * 60);
    SPOILT(rule.start.day = -1000000);
    SPOILT(rule.start.day = 100000000);
    SPOILT(rule.start.minute = -1);
    SPOILT(rule.start.minute = 24 * 60);
    SPOILT(strcpy(rule.zone, "Mars/Olympus"));
    SPOILT(memset(rule.zone, 'a', sizeof rule.zone));
    SPOILT(rule.end.day = 100000000);
    SPOILT(rule.count = -1);
    SPOILT(rule.count = RECUR_COUNT_MAX + 1);
    SPOILT(rule.n_exceptions = -1);
    SPOILT(rule.n_exceptions = RECUR_EXCEPTIONS_MAX + 1);
    SPOILT(rule.exceptions[0].day = 100000000);
    SPOILT(rule.exceptions[0] = rule.exceptions[1]);
    SPOILT(rule.exceptions[1] =
               (struct recur_moment){ rule.exceptions[0].day, 60 }); /* of a day that is left out */
    SPOILT(rule.is_paused = false, rule.is_paused_for_good = true);
    SPOILT(rule.pause_from.minute = -1);
    SPOILT(rule.pause_until.day = 100000000);
}

/* What goes together, and what does not, by the unit. */
static void recur_parse__takes__what_goes_together(void **state)
{
    (void)state;
    static const struct {
        const char *parts;
        bool is_rule;
    } rows[] = {
        { "every=1hour", true },
        { "every=1hour at=09:00", false },
        { "every=1hour on=mon", false },
        { "every=1day at=09:00", true },
        { "every=1day", false },
        { "every=1day on=mon at=09:00", false },
        { "every=1day day=3 at=09:00", false },
        { "every=1day month=3 at=09:00", false },
        { "every=1day nth=2 at=09:00", false },
        { "every=1workday on=mon,tue at=09:00", true },
        { "every=1workday at=09:00", false },
        { "every=1week on=mon at=09:00", true },
        { "every=1week at=09:00", false },
        { "every=1month day=31 at=09:00", true },
        { "every=1month day=32 at=09:00", false },
        { "every=1month day=0 at=09:00", false },
        { "every=1month on=mon nth=2 at=09:00", true },
        { "every=1month on=mon nth=-1 at=09:00", true },
        { "every=1month on=mon nth=5 at=09:00", false },
        { "every=1month on=mon,tue nth=2 at=09:00", true },
        { "every=1month on=mon,tue nth=5 at=09:00", false },
        { "every=1month on=mon,tue nth=2 day=3 at=09:00", false },
        { "every=1month on=mon at=09:00", false },
        { "every=1month on=mon day=3 at=09:00", false },
        { "every=1month on=mon nth=2 day=3 at=09:00", false },
        { "every=1month day=3 month=3 at=09:00", false },
        { "every=1month at=09:00", false },
        { "every=1year day=29 month=2 at=09:00", true },
        { "every=1year day=30 month=2 at=09:00", false },
        { "every=1year on=mon nth=1 month=3 at=09:00", true },
        { "every=1year day=1 month=13 at=09:00", false },
        { "every=1year day=1 at=09:00", false },
        { "every=1year month=3 at=09:00", false },
        { "every=1day at=24:00", false },
        { "every=1day at=9", false },
        { "every=1day at=09:60", false },
        { "every=1day at=x", false },
        { "every=1day at=09:", false },
        { "every=1day at=09:00,09:00", false },
        { "every=1day at=00:01,00:02,00:03,00:04,00:05,00:06,00:07,00:08,00:09,00:10,00:11,00:12,00:13,00:14,00:15,00:16,"
          "00:17,00:18,00:19,00:20,00:21,00:22,00:23,00:24,00:25",
          false },
        { "every=xday at=09:00", false },
        { "every=1eon at=09:00", false },
        { "every=1week on=xyz at=09:00", false },
        { "every=1week on=mon,xyz at=09:00", false },
        { "every=1day at=09:00 except=2026-13-01", false },
        { "every=1day at=09:00 except=2026-12-01Tx", false },
        { "every=1day at=09:00 except=2026-12", false },
        { "every=1day at=09:00 except=x", false },
        { "every=1day at=09:00 except=2026-x", false },
        { "every=1day at=09:00 except=2026/12/01", false },
        { "every=1day at=09:00 pause=2026-12-01T00:00", false },
        { "every=1day at=09:00 pause=x/", false },
        { "every=1day at=09:00 pause=2026-12-01T00:00/", true },
        { "every=1day at=09:00 pause=2026-12-01T00:00/x", false },
        { "every=1day at=09:00 until=x", false },
        { "every=1day at=09:00 times=x", false },
        { "every=1day at=09:00 colour=red", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct recur rule;
        /* What may stand last comes behind the start and the zone, as recur_write has it. */
        static const char *const behind[] = { " except=", " pause=", " until=", " times=" };
        size_t len = strlen(rows[i].parts);
        for (size_t j = 0; j < sizeof behind / sizeof behind[0]; j++) {
            const char *found = strstr(rows[i].parts, behind[j]);
            if (found)
                len = (size_t)(found - rows[i].parts);
        }
        snprintf(text, sizeof text, "%.*s from=2026-11-24T10:00 zone=Europe/Zurich%s", (int)len,
                 rows[i].parts, rows[i].parts + len);
        if (recur_parse(text, &rule) != rows[i].is_rule)
            fail_msg("%s", text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recur_is_valid__refuses__each_thing_out_of_bounds),
        cmocka_unit_test(recur_parse__takes__what_goes_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
