/* matrix/clock: a wrong clock does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/clock.h"

enum { SYNCED = 1, UNSYNCED = 0, NO_DATE = -1 };
static const int64_t start_ms = INT64_C(1764000000000);

/* Seconds after the start, by each clock; what may be done then. */
struct moment {
    int64_t boot_s, wall_s;
    int kernel;
    int64_t date_s; /* NO_DATE: no answer at this moment */
    bool is_good;
    int64_t server_ahead_s;
};

static void play(const struct moment *moments, size_t n)
{
    struct clock clock = { 0 };
    for (size_t i = 0; i < n; i++) {
        const struct moment *m = &moments[i];
        clock_tick(&clock, start_ms + m->wall_s * 1000, 5000 + m->boot_s * 1000, m->kernel);
        if (m->date_s != NO_DATE)
            clock_hear(&clock, start_ms + m->date_s * 1000);
        if (clock_may_close(&clock) != m->is_good || clock_may_ping(&clock) != m->is_good)
            fail_msg("moment %zu: good is not %d", i, m->is_good);
        assert_int_equal(clock_server_ahead_ms(&clock), m->server_ahead_s * 1000);
    }
}

#define PLAY(...)                                                                                            \
    do {                                                                                                     \
        (void)state;                                                                                         \
        static const struct moment moments[] = { __VA_ARGS__ };                                              \
        play(moments, sizeof moments / sizeof moments[0]);                                                   \
    } while (0)

static void clock__believes_a_clock_that_runs(void **state)
{
    PLAY({ 0, 0, UNSYNCED, NO_DATE, true, 0 }, { 100, 100, SYNCED, 101, true, 0 },
         { 86400, 86430, SYNCED, NO_DATE, true, 0 }, { 90000, 90030, SYNCED, 90000, true, 0 });
}

static void clock__does_nothing_after_a_step_until_date_agrees(void **state)
{
    PLAY({ 0, 0, SYNCED, 0, true, 0 }, { 10, 86410, SYNCED, NO_DATE, false, 0 },
         { 20, 86420, SYNCED, 20, false, 0 }, /* Date says that the step is wrong */
         { 30, 30, SYNCED, NO_DATE, true, 0 }, /* stepped back: with the baseline again */
         { 40, -3600, SYNCED, 40, false, 0 }, { 50, 45, SYNCED, 50, true, 0 });
}

static void clock__takes_a_step_that_date_confirms(void **state)
{
    /* Started with a clock an hour late; the time service sets it. */
    PLAY({ 0, -3600, UNSYNCED, 0, false, 0 }, { 60, -3540, UNSYNCED, 60, false, 0 },
         { 70, 70, SYNCED, NO_DATE, false, 0 }, { 80, 80, SYNCED, 80, true, 0 },
         { 90, 90, SYNCED, 91, true, 0 });
}

static void clock__ignores_steps_of_a_minute(void **state)
{
    PLAY({ 0, 0, SYNCED, 0, true, 0 }, { 10, 70, SYNCED, NO_DATE, true, 0 },
         { 20, 81, SYNCED, NO_DATE, false, 0 });
}

static void clock__holds_to_its_own_where_the_server_is_the_odd_one(void **state)
{
    PLAY({ 0, 0, SYNCED, 600, true, 600 }, { 10, 10, SYNCED, 611, true, 600 },
         { 20, 320, SYNCED, 620, false, 600 }, /* ours steps, the server's does not */
         { 30, 30, SYNCED, 630, true, 600 }, { 40, 40, SYNCED, 41, true, 0 });
}

static void clock__does_nothing_where_nobody_vouches_for_it(void **state)
{
    PLAY({ 0, 0, UNSYNCED, 600, false, 0 }, { 10, 10, UNSYNCED, NO_DATE, false, 0 },
         { 20, 20, SYNCED, NO_DATE, true, 0 }, { 30, 30, SYNCED, 630, true, 600 });
}

static void clock__believes_the_kernel_where_no_server_names_a_date(void **state)
{
    PLAY({ 0, 0, UNSYNCED, NO_DATE, true, 0 }, { 10, 5000, UNSYNCED, NO_DATE, false, 0 },
         { 20, 5010, SYNCED, NO_DATE, true, 0 });
}

/* What is noted for later is noted by a time that goes on evenly, and is not far away once the clock is mended. */
static void clock_now__goes_on_as_if_the_clock_had_not_stepped(void **state)
{
    (void)state;
    struct clock clock = { 0 };
    clock_tick(&clock, start_ms, 5000, SYNCED);
    clock_hear(&clock, start_ms);
    assert_int_equal(clock_now_ms(&clock), start_ms);
    clock_tick(&clock, start_ms + 7210000, 15000, UNSYNCED);
    assert_int_equal(clock_now_ms(&clock), start_ms + 10000);
    clock_tick(&clock, start_ms + 20000, 25000, UNSYNCED);
    assert_int_equal(clock_now_ms(&clock), start_ms + 20000);
    /* The step was right: the server's date agrees with it. */
    clock_tick(&clock, start_ms + 7230000, 35000, UNSYNCED);
    clock_hear(&clock, start_ms + 7230000);
    assert_int_equal(clock_now_ms(&clock), start_ms + 7230000);
}

/* Started hours ahead, or behind, and nobody vouches for it: what is urgent goes by the server's time, through the moment at which
 * the clock is set, and until Date agrees. */
static void clock_now__is_the_server_s_where_nobody_vouches_for_ours(void **state)
{
    (void)state;
    static const int64_t ahead_ms[] = { 12180000, -12180000 };
    for (size_t i = 0; i < sizeof ahead_ms / sizeof ahead_ms[0]; i++) {
        struct clock clock = { 0 };
        clock_tick(&clock, start_ms + ahead_ms[i], 5000, UNSYNCED);
        assert_int_equal(clock_now_ms(&clock), start_ms + ahead_ms[i]);
        clock_hear(&clock, start_ms);
        assert_false(clock_may_close(&clock));
        assert_int_equal(clock_now_ms(&clock), start_ms);
        clock_tick(&clock, start_ms + ahead_ms[i] + 10000, 15000, UNSYNCED);
        assert_int_equal(clock_now_ms(&clock), start_ms + 10000);
        clock_tick(&clock, start_ms + 20000, 25000, SYNCED);
        assert_int_equal(clock_now_ms(&clock), start_ms + 20000);
        clock_hear(&clock, start_ms + 20000);
        assert_true(clock_may_close(&clock));
        assert_int_equal(clock_now_ms(&clock), start_ms + 20000);
    }
}

/* A poll is answered with the date at which it was asked. */
static void clock_now__goes_on_evenly_by_answers_that_were_long_on_their_way(void **state)
{
    (void)state;
    struct clock clock = { 0 };
    clock_tick(&clock, start_ms + 86400000, 5000, UNSYNCED);
    clock_hear(&clock, start_ms - 30000);
    assert_int_equal(clock_now_ms(&clock), start_ms - 30000);
    clock_hear(&clock, start_ms);
    assert_int_equal(clock_now_ms(&clock), start_ms);
    clock_hear(&clock, start_ms - 30000);
    assert_int_equal(clock_now_ms(&clock), start_ms);
    /* The homeserver's was set. */
    clock_hear(&clock, start_ms - 90000);
    assert_int_equal(clock_now_ms(&clock), start_ms - 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock__believes_a_clock_that_runs),
        cmocka_unit_test(clock__does_nothing_after_a_step_until_date_agrees),
        cmocka_unit_test(clock__takes_a_step_that_date_confirms),
        cmocka_unit_test(clock__ignores_steps_of_a_minute),
        cmocka_unit_test(clock__holds_to_its_own_where_the_server_is_the_odd_one),
        cmocka_unit_test(clock__does_nothing_where_nobody_vouches_for_it),
        cmocka_unit_test(clock__believes_the_kernel_where_no_server_names_a_date),
        cmocka_unit_test(clock_now__goes_on_as_if_the_clock_had_not_stepped),
        cmocka_unit_test(clock_now__is_the_server_s_where_nobody_vouches_for_ours),
        cmocka_unit_test(clock_now__goes_on_evenly_by_answers_that_were_long_on_their_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
