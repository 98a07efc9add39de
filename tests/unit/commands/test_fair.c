/* A date is fair if it leaves everybody asked eight working hours of their own, rounded to the half hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

static bool is_short(struct team *f, const char *person)
{
    char *values =
        store_str(f->store, f->arena,
                  "SELECT vals FROM outbox WHERE role IN ('card', 'edit') ORDER BY id DESC LIMIT 1", "");
    struct json_object *card = json_parse(values, strlen(values)), *list = json_arr(card, "short/list");
    bool found = false;
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        found = found || strcmp(json_str(json_object_array_get_idx(list, i), "id"), person) == 0;
    json_object_put(card);
    return found;
}

static int64_t deadline(struct team *f)
{
    return store_int(f->store, 0, "SELECT deadline_ms FROM item", "");
}

/* From 10:00: 2 + 4 hours today; to 11:00 tomorrow they are 8, to 10:45 they count as 8, to 10:44 as 7.5. */
static void fair__is_a_matter_of_half_hours(void **state)
{
    struct team *f = *state;
    static const struct {
        const char *clock;
        bool is_short;
    } rows[] = { { "11:00", false }, { "10:45", false }, { "10:44", true }, { "9:00", true } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        team_say(f, "@alice:x", NULL, arena_printf(f->arena, "!decide One by tomorrow %s", rows[i].clock));
        assert_int_equal(is_short(f, "@bob:x"), rows[i].is_short);
    }
}

static void tap(struct team *f, const char *person)
{
    team_send_all(f);
    team_event(f, (struct event){ .kind = EVENT_REACTION,
                                  .room = f->room,
                                  .sender = person,
                                  .target = engine_card_event(f->engine, "DEC-1", f->arena),
                                  .key = "📅" });
}

static void fair__is_a_tap_of_the_owner_away(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me hours 9-13");
    team_say(f, "@alice:x", NULL, "!decide One by tomorrow 12:00");
    int64_t announced_ms = deadline(f);
    assert_true(is_short(f, "@bob:x"));
    assert_false(is_short(f, "@carol:x"));
    tap(f, "@carol:x");
    assert_int_equal(deadline(f), announced_ms);
    tap(f, "@alice:x");
    /* Three hours today, four tomorrow, one on thursday: 10:00. */
    assert_int_equal(deadline(f), team_now_ms + 48 * (int64_t)HOUR_MS);
    assert_false(is_short(f, "@bob:x"));
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'when/ask'", ""),
                     0);
}

/* An absence is no working time; who is away for good is waited for by nobody's calendar. */
static void fair__counts_no_absence(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!away tomorrow");
    team_say(f, "@carol:x", NULL, "!away");
    team_say(f, "@alice:x", NULL, "!decide One by thursday 10:00");
    assert_true(is_short(f, "@bob:x"));
    assert_false(is_short(f, "@carol:x"));
    assert_false(is_short(f, "@dan:x"));
    tap(f, "@alice:x");
    assert_int_equal(deadline(f), team_now_ms + 49 * (int64_t)HOUR_MS);
}

/* Of the last row with it: "" where no working time is told. */
static const char *work_told(struct team *f)
{
    char *values =
        store_str(f->store, f->arena,
                  "SELECT vals FROM outbox WHERE role IN ('card', 'edit') ORDER BY id DESC LIMIT 1", "");
    struct json_object *card = json_parse(values, strlen(values));
    const char *hours = json_str(card, "work/hours");
    const char *told = arena_strdup(f->arena, json_flag(card, "work/none", false) ? "none"
                                              : hours                             ? hours
                                                                                  : "");
    json_object_put(card);
    return told;
}

/* It is 10:00. What the clock says already is not said again, nor what is plenty; nine tenths of it and less are. */
static void fair__tells_the_working_time_that_the_clock_does_not(void **state)
{
    struct team *f = *state;
    static const struct {
        const char *date, *work;
    } rows[] = { { "today 12:00", "" },        { "today 12:10", "" },     { "today 12:30", "2" },
                 { "today 20:00", "6" },       { "tomorrow 11:00", "8" }, { "tuesday 10:00", "35" },
                 { "1 december 16:00", "40" }, { "2 december 10:00", "" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        team_say(f, "@alice:x", NULL, arena_printf(f->arena, "!decide One by %s", rows[i].date));
        assert_string_equal(work_told(f), rows[i].work);
    }
}

/* Bob works round the clock; the card has the figure of the room, which is not his. */
static void fair__is_told_to_each_by_their_own_clock(void **state)
{
    struct team *f = *state;
    team_say(f, "@bob:x", NULL, "!me hours mon-sun 0-24");
    team_say(f, "@alice:x", NULL, "!decide One by tomorrow 12:00\nasked: bob");
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'decision/asked'", ""), 1);
    /* With plenty of time it has none. */
    team_say(f, "@alice:x", NULL, "!decide Two by 18 december 12:00\nasked: bob");
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = 'decision/asked'", ""), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fair__is_a_matter_of_half_hours),
        TEST(fair__is_a_tap_of_the_owner_away),
        TEST(fair__counts_no_absence),
        TEST(fair__tells_the_working_time_that_the_clock_does_not),
        TEST(fair__is_told_to_each_by_their_own_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
