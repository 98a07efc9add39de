/* Who has the rota when: shifts without holes, whatever lies over them; and who could not be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../team.h"

#include "engine/oncall.h"
#include "engine/rota.h"
#include "time/zone.h"

static const int64_t day_ms = INT64_C(24) * HOUR_MS;

static int setup(void **state)
{
    team_setup(state);
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "urgent");
    static const char power[] = "{\"users\":{\"@alice:x\":100}}";
    struct json_object *levels = json_parse(power, sizeof power - 1);
    room_set_power(f->store, f->room, levels);
    json_object_put(levels);
    return 0;
}

/* As a turn in the room is, at that instant. */
static struct turn turn_at(struct team *f, int64_t now_ms)
{
    struct turn turn = { .engine = f->engine,
                         .store = f->store,
                         .arena = f->arena,
                         .now_ms = now_ms,
                         .at_ms = now_ms,
                         .cause_ms = now_ms };
    turn_enter_room(&turn, f->room);
    return turn;
}

static const char *holder(struct team *f, int64_t at_ms)
{
    struct turn turn = turn_at(f, at_ms);
    const char *person = rota_holder(&turn, at_ms);
    return person ? person : "nobody";
}

static struct shift_list shifts_of(struct team *f, int64_t from_ms, int64_t to_ms)
{
    struct turn turn = turn_at(f, from_ms);
    struct rota rota;
    assert_true(rota_get(&turn, &rota));
    struct shift_list shifts = rota_shifts(&turn, &rota, from_ms, to_ms);
    int64_t at_ms = from_ms;
    for (size_t i = 0; i < shifts.n; i++) {
        assert_int_equal(shifts.rows[i].from_ms, at_ms);
        assert_true(shifts.rows[i].to_ms > at_ms);
        at_ms = shifts.rows[i].to_ms;
    }
    if (shifts.n < ROTA_SHIFTS_MAX)
        assert_int_equal(at_ms, to_ms);
    return shifts;
}

static int64_t zurich(int month, int day, int hour)
{
    return zone_instant("Europe/Zurich", (struct civil){ 2026, month, day, hour, 0, 0 });
}

static void none__nobody_has_it(void **state)
{
    struct team *f = *state;
    struct turn turn = turn_at(f, team_now_ms);
    struct rota rota;
    assert_false(rota_get(&turn, &rota));
    assert_null(rota_holder(&turn, team_now_ms));
    assert_int_equal(oncall_now(&turn).n, 0);
    assert_null(oncall_troubles(&turn));
}

static void weekly__passes_on_at_its_hour(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!rota bob, carol, dan every monday 9:00");
    assert_string_equal(holder(f, team_now_ms), "@bob:x");
    assert_string_equal(holder(f, zurich(11, 30, 9) - 1), "@bob:x");
    assert_string_equal(holder(f, zurich(11, 30, 9)), "@carol:x");
    assert_string_equal(holder(f, zurich(12, 14, 9) - 1), "@dan:x");
    assert_string_equal(holder(f, zurich(12, 14, 9)), "@bob:x");
    assert_int_equal(shifts_of(f, team_now_ms, team_now_ms + 62 * day_ms).n, 10);
}

/* What the shifts say of an instant is what the holder is, also one by one, at every hour of a month. */
static void holder__agrees_with_the_shifts(void **state)
{
    static const char *const rotas[] = { "!rota bob, carol every working day 9:00",
                                         "!rota bob, carol, dan follow the sun", "!rota bob daily",
                                         "!rota dan, bob every 36 hours" };
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me zone Tokyo");
    team_say(f, "@carol:x", NULL, "!me zone New York");
    for (size_t i = 0; i < sizeof rotas / sizeof rotas[0]; i++) {
        team_say(f, "@alice:x", NULL, rotas[i]);
        team_say(f, "@dan:x", NULL, "!rota me from thursday 18:00 to saturday 07:00");
        team_say(f, "@carol:x", NULL, "!rota me from friday 01:00 to friday 02:00");
        struct shift_list shifts = shifts_of(f, team_now_ms, team_now_ms + 30 * day_ms);
        for (size_t j = 0; j < shifts.n; j++)
            for (int64_t at_ms = shifts.rows[j].from_ms; at_ms < shifts.rows[j].to_ms; at_ms += HOUR_MS)
                assert_string_equal(holder(f, at_ms),
                                    shifts.rows[j].person ? shifts.rows[j].person : "nobody");
        assert_string_equal(holder(f, zurich(11, 27, 1)), "@carol:x");
        assert_string_equal(holder(f, zurich(11, 27, 2)), "@dan:x");
    }
}

/* A break at noon ends no day; who begins while another works waits until that one goes. */
static void sun__whoever_works(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me zone London");
    team_say(f, "@alice:x", NULL, "!rota bob, carol follow the sun");
    assert_string_equal(holder(f, zurich(11, 24, 12)), "@carol:x");
    assert_string_equal(holder(f, zurich(11, 24, 16)), "@carol:x");
    assert_string_equal(holder(f, zurich(11, 24, 17)), "@bob:x");
    assert_string_equal(holder(f, zurich(11, 24, 18)), "nobody");
    team_say(f, "@carol:x", NULL, "!away wednesday");
    assert_string_equal(holder(f, zurich(11, 25, 9)), "nobody");
    assert_string_equal(holder(f, zurich(11, 25, 10)), "@bob:x");
    assert_string_equal(holder(f, zurich(11, 26, 9)), "@carol:x");
}

static void ladder__the_rota_has_one_place(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!rota bob, carol, dan every monday 9:00");
    struct turn turn = turn_at(f, zurich(11, 30, 10));
    struct person_list list = oncall_now(&turn);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.ids[0], "@carol:x");
    assert_string_equal(list.ids[2], "@bob:x");
    team_say(f, "@alice:x", NULL, "!chain alice, rota, carol");
    list = oncall_now(&turn);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.ids[0], "@alice:x");
    assert_string_equal(list.ids[1], "@carol:x");
}

static size_t n_troubles(struct team *f, const char *what)
{
    struct turn turn = turn_at(f, team_now_ms);
    struct json_object *troubles = oncall_troubles(&turn), *list = json_arr(troubles, "list");
    size_t n = 0;
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        n += json_find(json_object_array_get_idx(list, i), what) != NULL;
    json_object_put(troubles);
    return n;
}

static void troubles__are_named_each_once(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!chain bob, rota");
    assert_int_equal(n_troubles(f, "left"), 0);
    team_say(f, "@alice:x", NULL, "!rota carol, dan daily");
    room_set_member(f->store, f->room, "@dan:x", "leave", NULL);
    assert_int_equal(n_troubles(f, "left"), 1);
    /* Invited, and not come; then refused. */
    store_run(f->store, "INSERT INTO room(room_id, membership, dm_person) VALUES('!dm:x', 'join', '@bob:x')",
              "");
    int64_t direct = store_last_id(f->store);
    room_set_member(f->store, direct, "@bob:x", "invite", NULL);
    assert_int_equal(n_troubles(f, "unreached"), 1);
    room_set_member(f->store, direct, "@bob:x", "join", NULL);
    assert_int_equal(n_troubles(f, "unreached"), 0);
    room_set(f->store, direct, "membership", "refused");
    room_set_member(f->store, direct, "@bob:x", "leave", NULL);
    assert_int_equal(n_troubles(f, "unreached"), 1);
}

/* Each of the timers is there while there is something to look at, and no longer. */
static void timers__are_the_next_moment_only(void **state)
{
    struct team *f = *state;
    static const char count[] = "SELECT count(*) FROM timer WHERE what LIKE 'oncall%'";
    team_say(f, "@alice:x", NULL, "!chain bob");
    assert_int_equal(store_int(f->store, -1, count, ""), 1);
    team_say(f, "@alice:x", NULL, "!rota bob, carol every monday 9:00");
    assert_int_equal(store_int(f->store, -1, count, ""), 2);
    team_let_time_pass(f, zurich(11, 30, 9) + 1);
    assert_int_equal(store_int(f->store, -1, count, ""), 2);
    assert_int_equal(store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = 'oncall turn'", ""),
                     zurich(12, 7, 9));
    team_say(f, "@alice:x", NULL, "!rota none");
    team_say(f, "@alice:x", NULL, "!chain none");
    assert_int_equal(store_int(f->store, -1, count, ""), 0);
}

static void swap__holds_only_what_still_is(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!rota bob, carol, dan every monday 9:00");
    team_say(f, "@bob:x", NULL, "!rota swap carol");
    team_say(f, "@dan:x", NULL, "!rota me from friday 12:00 to monday 9:00");
    team_say(f, "@dan:x", NULL, "!rota accept 1");
    assert_string_equal(holder(f, team_now_ms), "@bob:x");
    team_say(f, "@carol:x", NULL, "!rota accept 1");
    assert_string_equal(holder(f, team_now_ms), "@bob:x");
    team_say(f, "@bob:x", NULL, "!rota swap carol");
    team_say(f, "@carol:x", NULL, "!rota accept 2");
    assert_string_equal(holder(f, team_now_ms), "@carol:x");
    assert_string_equal(holder(f, zurich(11, 27, 13)), "@dan:x");
    assert_string_equal(holder(f, zurich(11, 30, 10)), "@bob:x");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, team_teardown)
    const struct CMUnitTest tests[] = {
        TEST(none__nobody_has_it),
        TEST(weekly__passes_on_at_its_hour),
        TEST(holder__agrees_with_the_shifts),
        TEST(sun__whoever_works),
        TEST(ladder__the_rota_has_one_place),
        TEST(troubles__are_named_each_once),
        TEST(timers__are_the_next_moment_only),
        TEST(swap__holds_only_what_still_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
