/* What comes of an escalation goes where its work is kept: no word of an encrypted room in clear, and nothing that was removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"

static int setup(void **state)
{
    team_setup(state);
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "urgent");
    int64_t work = team_make_room(f, "!work:x");
    room_set(f->store, work, "name", "work");
    return 0;
}

/* Reported, taken, solved; then the three lines. */
static void play(struct team *f, const char *kept, const char *next)
{
    team_say(f, "@alice:x", NULL,
             arena_printf(f->arena, "!urgent Payments refused, go back, before 12:00\nowner: bob%s", kept));
    team_say(f, "@bob:x", NULL, "!take ESC-1");
    team_say(f, "@bob:x", NULL, "!solved ESC-1");
    team_say(f, "@bob:x", NULL, arena_printf(f->arena, "!recap ESC-1 it expired\nwent back\n%s", next));
}

static int64_t n_said(struct team *f, const char *template_name)
{
    return store_int(f->store, -1, "SELECT count(*) FROM outbox WHERE template = ?1", "s", template_name);
}

static void recap__of_an_encrypted_room_is_not_said_in_clear(void **state)
{
    struct team *f = *state;
    int64_t work = room_ensure(f->store, "!work:x");
    store_run(f->store, "UPDATE room SET is_encrypted = 1 WHERE id = ?1", "i", f->room);
    for (int is_encrypted = 0; is_encrypted < 2; is_encrypted++) {
        store_run(f->store, "UPDATE room SET is_encrypted = ?2 WHERE id = ?1", "ii", work,
                  (int64_t)is_encrypted);
        struct event event = { .kind = EVENT_MESSAGE, .room = f->room, .is_decrypted = true };
        static const char opening[] = "!urgent Payments refused, go back, before 12:00\nowner: bob\n"
                                      "tracked in: work\nother than: ESC-9";
        static const char *const bodies[] = { opening, "!take", "!solved", "!recap" };
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            event.sender = i ? "@bob:x" : "@alice:x";
            event.body = i ? arena_printf(f->arena, "%s ESC-%d %s", bodies[i], is_encrypted + 1,
                                          i == 3 ? "it expired\nwent back\nnothing" : "")
                           : bodies[0];
            team_event(f, event);
        }
        const char *said = team_said(f, "escalation/recap-there");
        assert_int_equal(strstr(said, "it expired") != NULL, is_encrypted);
        assert_int_equal(strstr(said, "Payments") != NULL, is_encrypted);
        assert_non_null(strstr(said, is_encrypted ? "ESC-2" : "ESC-1"));
    }
}

static void recap__removed_is_removed_where_it_was_brought(void **state)
{
    struct team *f = *state;
    play(f, "\ntracked in: work", "nothing");
    const char *told = arena_printf(f->arena, "$%d", f->n_events);
    assert_non_null(strstr(team_said(f, "escalation/recap-there"), "it expired"));
    team_send_all(f);
    team_event(
        f, (struct event){ .kind = EVENT_REDACTION, .room = f->room, .sender = "@bob:x", .target = told });
    assert_null(strstr(team_said(f, "escalation/recap-there"), "it expired"));
}

static void recap__goes_where_it_is_said_afterwards(void **state)
{
    struct team *f = *state;
    play(f, "", "nothing");
    assert_int_equal(n_said(f, "escalation/where"), 1);
    assert_int_equal(n_said(f, "escalation/recap-there"), 0);
    team_say(f, "@bob:x", NULL, "!recap ESC-1 tracked in: work");
    assert_int_equal(n_said(f, "escalation/recap-there"), 1);
}

/* The place is gone: it is asked for. */
static void place__that_the_bot_left_is_none(void **state)
{
    struct team *f = *state;
    room_set(f->store, room_ensure(f->store, "!work:x"), "membership", "leave");
    play(f, "\ntracked in: work", "nothing");
    assert_int_equal(n_said(f, "escalation/recap-there"), 0);
    team_say(f, "@bob:x", NULL, "!recap ESC-1 tracked in: work");
    assert_int_equal(n_said(f, "escalation/no-place"), 1);
}

/* Asked of bob; carol, who knows better, replies. */
static void recap__may_be_given_by_who_replies(void **state)
{
    struct team *f = *state;
    team_say(f, "@alice:x", NULL, "!urgent Payments refused, go back, before 12:00\nowner: bob");
    team_say(f, "@bob:x", NULL, "!take ESC-1");
    team_say(f, "@bob:x", NULL, "!solved ESC-1");
    team_let_time_pass(f, team_now_ms + 1000);
    team_send_all(f);
    const char *asked = store_str(f->store, f->arena,
                                  "SELECT event_id FROM outbox WHERE template = 'escalation/recap-ask'", "");
    team_event(f, (struct event){ .kind = EVENT_MESSAGE,
                                  .room = f->room,
                                  .sender = "@carol:x",
                                  .reply = asked,
                                  .body = "it expired\nwent back\nnothing" });
    assert_non_null(strstr(team_said(f, "escalation/recap"), "By carol"));
}

static const struct {
    const char *next, *offered;
} follow_ups[] = {
    { "watch it", "“watch it”: " },
    { "- watch it", "“watch it”: " },
    { "watch it by bob", "“watch it”, bob: " },
    { "watch it (bob).", "“watch it”, bob: " },
    { "watch it, @bob:x", "“watch it”, bob: " },
    { "me: watch it", "“watch it”, bob: " },
    { "bob watches it", "“watches it”, bob: " },
    { "watch the job of bob", "“watch the job of bob”: " },
    { "watch it, by somebody", "“watch it, by somebody”: " },
    { "bob", "“bob”: " },
    { "by bob", "“by bob”: " },
    { "watch it, par bob, before friday 12:00", "“watch it”, bob, by Fri 27 Nov 12:00 CET: " },
    { "watch it yesterday", "“watch it yesterday”: " },
};

static void follow_up__is_read_or_left_as_it_is(void **state)
{
    for (size_t i = 0; i < sizeof follow_ups / sizeof follow_ups[0]; i++) {
        struct team *f = *state;
        play(f, "\ntracked in: work", follow_ups[i].next);
        const char *said = team_said(f, "escalation/follow-up");
        if (strncmp(said, follow_ups[i].offered, strlen(follow_ups[i].offered)) != 0)
            fail_msg("%s: %s", follow_ups[i].next, said);
        team_teardown(state);
        setup(state);
    }
}

static void follow_ups__have_a_bound(void **state)
{
    struct team *f = *state;
    play(f, "\ntracked in: work", "a1; b2;c3\nd4; e5; rien.; f6; g7");
    assert_int_equal(n_said(f, "escalation/follow-up"), 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, team_teardown)
    const struct CMUnitTest tests[] = {
        TEST(recap__of_an_encrypted_room_is_not_said_in_clear),
        TEST(recap__removed_is_removed_where_it_was_brought),
        TEST(recap__goes_where_it_is_said_afterwards),
        TEST(recap__may_be_given_by_who_replies),
        TEST(place__that_the_bot_left_is_none),
        TEST(follow_up__is_read_or_left_as_it_is),
        TEST(follow_ups__have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
