/* matrix/budget: what the homeserver will take before it says 429. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/budget.h"

static void budget__keeps_what_a_lane_may_not_use(void **state)
{
    (void)state;
    static const struct {
        int64_t n_sent;
        bool urgent, normal, low;
    } rows[] = {
        { 0, true, true, true },   { 4, true, true, true },    { 5, true, true, false },
        { 6, true, false, false }, { 10, true, false, false }, { 300, true, false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct budget budget;
        budget_init(&budget, 10, 0.2, rows[i].n_sent, 0);
        assert_int_equal(budget_allows(&budget, OUTBOX_URGENT, 0), rows[i].urgent);
        assert_int_equal(budget_allows(&budget, OUTBOX_NORMAL, 0), rows[i].normal);
        assert_int_equal(budget_allows(&budget, OUTBOX_LOW, 0), rows[i].low);
    }
}

static void budget__refills_at_its_rate_and_says_when(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 10, 0.2, 0, 0);
    int n_sent = 0;
    int64_t now_ms = 0;
    while (now_ms < 100000) {
        now_ms = budget_allows_ms(&budget, OUTBOX_NORMAL, now_ms);
        if (now_ms >= 100000)
            break;
        budget_draw(&budget, now_ms);
        n_sent++;
    }
    /* Six at once, then one in five seconds. */
    assert_in_range(n_sent, 6 + 18, 6 + 20);
}

static void budget__lets_the_urgent_overdraw_and_the_others_pay(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 10, 0.2, 0, 0);
    for (int i = 0; i < 12; i++) {
        assert_true(budget_allows(&budget, OUTBOX_URGENT, 0));
        budget_draw(&budget, 0);
    }
    assert_in_range(budget_allows_ms(&budget, OUTBOX_NORMAL, 0), 35000, 35001);
    assert_in_range(budget_again_ms(&budget, OUTBOX_NORMAL, 0), 15000, 15001);
}

static void budget__is_corrected_by_a_429_downwards_only(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 10, 0.2, 0, 0);
    budget_correct(&budget, 3000, 0);
    assert_in_range(budget_again_ms(&budget, OUTBOX_NORMAL, 0), 3000, 3001);
    budget_correct(&budget, 0, 0);
    assert_in_range(budget_again_ms(&budget, OUTBOX_NORMAL, 0), 3000, 3001);
    budget_correct(&budget, INT64_MAX / 4, 0);
    assert_in_range(budget_again_ms(&budget, OUTBOX_NORMAL, 0), 55000, 55001);
}

static void budget__without_a_limit_allows_everything(void **state)
{
    (void)state;
    static const double limits[][2] = { { 0, 0.2 }, { 10, 0 }, { 0, 0 }, { -1, 5 } };
    for (size_t i = 0; i < 4; i++) {
        struct budget budget;
        budget_init(&budget, limits[i][0], limits[i][1], 1000, 0);
        for (int n = 0; n < 100; n++) {
            assert_true(budget_allows(&budget, OUTBOX_LOW, 0));
            budget_draw(&budget, 0);
        }
        assert_int_equal(budget_fill_ms(limits[i][0], limits[i][1]), 0);
    }
    assert_int_equal(budget_fill_ms(10, 0.2), 50000);
}

static void budget__with_a_burst_smaller_than_what_is_kept_goes_on(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 2, 1, 0, 0);
    assert_true(budget_allows(&budget, OUTBOX_NORMAL, 0));
    budget_draw(&budget, 0);
    assert_false(budget_allows(&budget, OUTBOX_NORMAL, 0));
    assert_true(budget_allows(&budget, OUTBOX_NORMAL, 1001));
}

static void budget__refills_nothing_when_the_clock_goes_back(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 10, 0.2, 10, 100000);
    assert_false(budget_allows(&budget, OUTBOX_NORMAL, 50000));
    assert_false(budget_allows(&budget, OUTBOX_NORMAL, 74000));
    assert_true(budget_allows(&budget, OUTBOX_NORMAL, 75001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget__keeps_what_a_lane_may_not_use),
        cmocka_unit_test(budget__refills_at_its_rate_and_says_when),
        cmocka_unit_test(budget__lets_the_urgent_overdraw_and_the_others_pay),
        cmocka_unit_test(budget__is_corrected_by_a_429_downwards_only),
        cmocka_unit_test(budget__without_a_limit_allows_everything),
        cmocka_unit_test(budget__with_a_burst_smaller_than_what_is_kept_goes_on),
        cmocka_unit_test(budget__refills_nothing_when_the_clock_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
