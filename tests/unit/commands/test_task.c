/* A task calls its owner once for each of its reasons, in whatever store the bot lives on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

static int64_t reminder_ms(struct team *f)
{
    return store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = 'remind'", "");
}

/* Who follows it at two o'clock moves the reminder of one o'clock, if nobody was there to say it; but not in a store that was put
 * back: what a lost life of it has said at one is found by its cause alone. */
static void reminder__keeps_its_cause__in_a_store_that_was_put_back(void **state)
{
    for (int is_restored = 0; is_restored < 2; is_restored++) {
        struct team *f = *state;
        team_say(f, "@alice:x", NULL, "!task @alice:x Release notes by 12:30");
        team_let_time_pass(f, team_now_ms + HOUR_MS + HOUR_MS / 2 + 5);
        int64_t due_ms = reminder_ms(f);
        assert_int_equal(due_ms, team_now_ms + 3 * HOUR_MS);
        if (is_restored)
            store_set_int(f->store, "restored_ms", team_now_ms + 5 * HOUR_MS);
        struct event event = { .kind = EVENT_MESSAGE,
                               .id = "$since",
                               .room = f->room,
                               .sender = "@bob:x",
                               .body = "!follow TSK-1",
                               .at_ms = team_now_ms + 4 * HOUR_MS };
        assert_int_equal(engine_event(f->engine, &event, team_now_ms + 5 * HOUR_MS), TURN_DONE);
        assert_int_equal(reminder_ms(f), is_restored ? due_ms : event.at_ms);
        team_teardown(state);
        team_setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reminder__keeps_its_cause__in_a_store_that_was_put_back, team_setup,
                                        team_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
