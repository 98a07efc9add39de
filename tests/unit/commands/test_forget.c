/* !forget-me: after a yes to its question, what that person wrote is nowhere any more, and only that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

static int64_t n_kept(struct team *f, const char *author)
{
    return store_int(f->store, 0,
                     "SELECT count(*) FROM text WHERE author = ?1 AND (is_emptied = 0 OR content <> '')", "s",
                     author);
}

static void write_much(struct team *f)
{
    team_say(f, "@bob:x", NULL,
             "!decide Bobs plan by friday 12:00\nproposal: bobs proposal\ncontext: bobs context");
    team_say(f, "@alice:x", NULL, "!decide Alices plan by friday 12:00");
    team_say(f, "@bob:x", NULL, "!object DEC-2 bobs reason");
    team_say(f, "@carol:x", NULL, "!object DEC-1 carols reason");
    team_say(f, "@bob:x", NULL, "!away until thursday, bobs journey");
    team_say(f, "@bob:x", NULL, "!remind me bobs errand");
    team_send_all(f);
}

static void forget_me__empties_all_of_theirs__and_nothing_else(void **state)
{
    struct team *f = *state;
    write_much(f);
    assert_int_equal(n_kept(f, "@bob:x"), 5);
    team_say(f, "@bob:x", NULL, "!forget-me");
    assert_int_equal(n_kept(f, "@bob:x"), 5);
    team_say(f, "@bob:x", NULL, "1");
    assert_int_equal(n_kept(f, "@bob:x"), 0);
    assert_int_equal(n_kept(f, "@alice:x"), 1);
    assert_int_equal(n_kept(f, "@carol:x"), 1);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM text_index WHERE text_index MATCH 'bobs'", ""), 0);
    assert_int_equal(
        store_int(f->store, 0,
                  "SELECT count(*) FROM question WHERE choices || ifnull(completes, '') LIKE '%bobs%'", ""),
        0);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM act WHERE person = '@bob:x'", ""), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM history WHERE what = 'me forgotten'", ""),
                     1);
}

/* Typed, it is asked all the same; and somebody else's yes is none. */
static void forget_me__wants_a_yes_to_its_question(void **state)
{
    struct team *f = *state;
    write_much(f);
    team_say(f, "@bob:x", NULL, "!forget-me yes");
    team_send_all(f);
    int64_t row = store_int(f->store, 0, "SELECT id FROM outbox WHERE template = 'forget/sure'", "");
    struct event tap = { .kind = EVENT_REACTION,
                         .id = "$tap",
                         .room = f->room,
                         .sender = "@carol:x",
                         .at_ms = team_now_ms,
                         .target = arena_printf(f->arena, "$sent%lld", (long long)row),
                         .key = "👍" };
    assert_int_equal(engine_event(f->engine, &tap, team_now_ms), TURN_NOTHING);
    assert_int_equal(n_kept(f, "@bob:x"), 5);
    tap.id = "$own";
    tap.sender = "@bob:x";
    assert_int_equal(engine_event(f->engine, &tap, team_now_ms), TURN_DONE);
    assert_int_equal(n_kept(f, "@bob:x"), 0);
}

static int64_t n_days_off(struct team *f, const char *whose)
{
    return store_int(f->store, 0, "SELECT count(*) FROM day_off WHERE whose = ?1", "s", whose);
}

/* Without a word of theirs too, those that have passed too; the room's and the others' stay, and what they chose by !me. */
static void forget_me__takes_days_off_and_the_zone_of_the_profile(void **state)
{
    struct team *f = *state;
    engine_profile(f->engine, "@bob:x", "Asia/Tokyo", team_now_ms);
    engine_profile(f->engine, "@carol:x", "Asia/Tokyo", team_now_ms);
    team_say(f, "@bob:x", NULL, "!me off 24 December, 27-31 December");
    team_say(f, "@bob:x", NULL, "!me lang fr");
    team_say(f, "@carol:x", NULL, "!me off 24 December");
    store_run(f->store,
              "INSERT INTO day_off(whose, from_day, to_day, source) VALUES('@bob:x', 1, 1, 'typed'),"
              " ('', 1, 1, 'calendar')",
              "");
    assert_int_equal(n_days_off(f, "@bob:x"), 3);
    team_say(f, "@bob:x", NULL, "!forget-me");
    assert_int_equal(n_days_off(f, "@bob:x"), 3);
    team_say(f, "@bob:x", NULL, "1");
    assert_int_equal(n_days_off(f, "@bob:x"), 0);
    assert_int_equal(n_days_off(f, "@carol:x"), 1);
    assert_int_equal(n_days_off(f, ""), 1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM profile WHERE zone IS NOT NULL", ""), 1);
    assert_int_equal(
        store_int(f->store, 0, "SELECT count(*) FROM profile WHERE person = '@bob:x' AND zone IS NULL", ""),
        1);
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM personal WHERE person = '@bob:x'", ""), 1);
    /* Nothing is left to ask about. */
    team_say(f, "@bob:x", NULL, "!forget-me");
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM question WHERE person = '@bob:x'", ""), 1);
}

/* Each of them alone is enough to ask. */
static void forget_me__asks__for_a_profile_alone(void **state)
{
    struct team *f = *state;
    engine_profile(f->engine, "@bob:x", "Asia/Tokyo", team_now_ms);
    team_say(f, "@bob:x", NULL, "!forget-me");
    team_say(f, "@bob:x", NULL, "1");
    assert_int_equal(store_int(f->store, 0, "SELECT count(*) FROM question WHERE person = '@bob:x'", ""), 1);
    assert_int_equal(
        store_int(f->store, 0, "SELECT asked_ms = ?1 FROM profile WHERE zone IS NULL", "i", INT64_MAX), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forget_me__empties_all_of_theirs__and_nothing_else),
        TEST(forget_me__wants_a_yes_to_its_question),
        TEST(forget_me__takes_days_off_and_the_zone_of_the_profile),
        TEST(forget_me__asks__for_a_profile_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
