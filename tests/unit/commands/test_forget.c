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

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forget_me__empties_all_of_theirs__and_nothing_else),
        TEST(forget_me__wants_a_yes_to_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
