/* audit: what should happen and is not going to, each made so in a store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "team.h"

#include "audit.h"
#include "base/log.h"
#include "store/timer.h"

enum { MINUTE_MS = 60 * 1000 };

static struct audit look(struct team *f, int64_t now_ms, bool is_well)
{
    struct audit audit = { 0 };
    audit_run(&audit, f->store,
              &(struct audit_world){
                  .now_ms = now_ms, .barrier_ms = now_ms, .refill_per_s = 0.2, .is_well = is_well });
    return audit;
}

static void open_one(struct team *f)
{
    team_say(f, "@alice:x", NULL, "!decide Two-step review by friday 17:00");
}

static void confirm_all(struct team *f)
{
    store_run(f->store, "UPDATE outbox SET state = 4", "");
}

static void audit__finds_nothing__where_all_is_well(void **state)
{
    struct team *f = *state;
    open_one(f);
    team_send_all(f);
    confirm_all(f);
    struct audit audit = look(f, team_now_ms + HOUR_MS, true);
    assert_int_equal(audit.n_stepless + audit.n_overdue + audit.n_late + audit.n_unseen, 0);
    assert_false(audit_is_stuck(&audit));
}

static void audit__finds_an_item_without_a_next_step(void **state)
{
    struct team *f = *state;
    open_one(f);
    store_run(f->store, "DELETE FROM timer", "");
    struct audit audit = look(f, team_now_ms, false);
    assert_int_equal(audit.n_stepless, 1);
    assert_false(audit_is_stuck(&audit));
}

static void audit__finds_a_timer_that_is_overdue(void **state)
{
    struct team *f = *state;
    int64_t due_ms = team_now_ms + 3 * 24 * (int64_t)HOUR_MS + 7 * HOUR_MS;
    open_one(f);
    confirm_all(f);
    assert_int_equal(look(f, due_ms + 4 * MINUTE_MS, true).n_overdue, 1); /* the reminder's */
    struct audit audit = look(f, due_ms + 6 * MINUTE_MS, true);
    assert_int_equal(audit.n_overdue, 2);
    assert_true(audit_is_stuck(&audit));
    /* Not while the homeserver is away, nor while the room waits for a gap. */
    assert_int_equal(look(f, due_ms + 6 * MINUTE_MS, false).n_overdue, 0);
    room_set_hold(f->store, f->room, due_ms);
    assert_int_equal(look(f, due_ms + 6 * MINUTE_MS, true).n_overdue, 0);
}

static void audit__allows_for_the_limit__in_what_waits(void **state)
{
    struct team *f = *state;
    open_one(f);
    int64_t n = outbox_n_live(f->store, 0);
    assert_int_equal(look(f, team_now_ms + AUDIT_ROW_MS + n * 5000 - 1000, true).n_late, 0);
    struct audit audit = look(f, team_now_ms + AUDIT_ROW_MS + n * 5000 + 1000, true);
    assert_int_equal(audit.n_late, n);
    assert_true(audit_is_stuck(&audit));
}

static void audit__finds_what_was_accepted_and_never_seen(void **state)
{
    struct team *f = *state;
    open_one(f);
    int64_t n = team_send_all(f);
    assert_int_equal(look(f, team_now_ms + 4 * MINUTE_MS, true).n_unseen, 0);
    struct audit audit = look(f, team_now_ms + 6 * MINUTE_MS, true);
    assert_int_equal(audit.n_unseen, n);
    assert_false(audit_is_stuck(&audit));
    struct buf lines;
    buf_init(&lines, 1024);
    audit_add_findings(&audit, &lines);
    assert_non_null(strstr(lines.text, "not seen in their rooms"));
    buf_finish(&lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR + 1);
    const struct CMUnitTest tests[] = {
        TEST(audit__finds_nothing__where_all_is_well),       TEST(audit__finds_an_item_without_a_next_step),
        TEST(audit__finds_a_timer_that_is_overdue),          TEST(audit__allows_for_the_limit__in_what_waits),
        TEST(audit__finds_what_was_accepted_and_never_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
