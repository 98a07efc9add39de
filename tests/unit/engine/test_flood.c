/* engine/flood: who asks too much is told once; nobody else waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "engine/flood.h"

static enum turn_result ask(struct team *f, const char *sender, int64_t at_ms)
{
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = arena_printf(f->arena, "$%d", ++f->n_events),
                           .room = f->room,
                           .sender = sender,
                           .at_ms = at_ms,
                           .body = "!help agree" };
    return engine_event(f->engine, &event, at_ms);
}

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = ?1", "s", template_name);
}

static void flood__tells_one_person_once__and_hears_the_others(void **state)
{
    struct team *f = *state;
    for (int i = 0; i < FLOOD_PERSON + 1; i++)
        assert_int_equal(ask(f, "@bob:x", team_now_ms), TURN_DONE);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(f, "@bob:x", team_now_ms), TURN_NOTHING);
    assert_int_equal(n_said(f, "help/flood"), 1);
    assert_int_equal(ask(f, "@carol:x", team_now_ms), TURN_DONE);
    assert_int_equal(ask(f, "@bob:x", team_now_ms + 61 * 1000), TURN_DONE);
    assert_int_equal(n_said(f, "help/flood"), 1);
}

static void flood__has_a_bound_for_a_room(void **state)
{
    struct team *f = *state;
    static const char *const people[] = { "@alice:x", "@bob:x", "@carol:x", "@dan:x" };
    room_set_member(f->store, f->room, "@erin:x", "join", NULL);
    for (int i = 0; i < FLOOD_ROOM; i++)
        assert_int_equal(ask(f, people[i % 4], team_now_ms), TURN_DONE);
    assert_int_equal(n_said(f, "help/flood"), 0);
    assert_int_equal(ask(f, "@erin:x", team_now_ms), TURN_DONE);
    assert_int_equal(ask(f, "@erin:x", team_now_ms), TURN_NOTHING);
    assert_int_equal(n_said(f, "help/flood"), 1);
}

static void flood__bounds_what_one_person_has_open(void **state)
{
    struct team *f = *state;
    int64_t at_ms = team_now_ms;
    for (int i = 0; i <= FLOOD_OPEN; i++, at_ms += 10 * 1000) {
        struct event event = { .kind = EVENT_MESSAGE,
                               .id = arena_printf(f->arena, "$%d", ++f->n_events),
                               .room = f->room,
                               .sender = "@bob:x",
                               .at_ms = at_ms,
                               .body = "!remind me water the plants in 3 days" };
        assert_int_equal(engine_event(f->engine, &event, at_ms), TURN_DONE);
    }
    assert_int_equal(n_said(f, "help/too-many"), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM item", ""), FLOOD_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(flood__tells_one_person_once__and_hears_the_others),
        TEST(flood__has_a_bound_for_a_room),
        TEST(flood__bounds_what_one_person_has_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
