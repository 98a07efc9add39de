/* engine/pin: what is said in an escalation's thread is kept in its timeline by a tap, and no longer than that stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../team.h"
#include "base/buf.h"
#include "engine/flood.h"
#include "engine/pin.h"

static const char *card;

static int setup(void **state)
{
    team_setup(state);
    struct team *f = *state;
    room_set(f->store, f->room, "kind", "urgent");
    team_say(f, "@dan:x", NULL, "!urgent Payments refused, go back, before 12:00\nowner: bob");
    team_send_all(f);
    card =
        store_str(f->store, f->arena,
                  "SELECT o.event_id FROM item i JOIN outbox o ON o.id = i.card WHERE i.prefix = 'ESC'", "");
    return 0;
}

/* Said in the thread; the event's id. */
static const char *say(struct team *f, const char *person, const char *body)
{
    team_say(f, person, card, body);
    return arena_printf(f->arena, "$%d", f->n_events);
}

static const char *tap(struct team *f, const char *target)
{
    team_event(
        f, (struct event){
               .kind = EVENT_REACTION, .room = f->room, .sender = "@alice:x", .target = target, .key = "📌" });
    return arena_printf(f->arena, "$%d", f->n_events);
}

static void redact(struct team *f, const char *person, const char *target)
{
    team_event(
        f, (struct event){ .kind = EVENT_REDACTION, .room = f->room, .sender = person, .target = target });
}

static const char *shown(struct team *f)
{
    team_say(f, "@bob:x", NULL, "!show ESC-1");
    return team_said(f, "escalation/record");
}

static int64_t n_pins(struct team *f)
{
    return store_int(f->store, -1, "SELECT count(*) FROM pin", "");
}

static void tapped__stands_in_the_timeline_once(void **state)
{
    struct team *f = *state;
    const char *said = say(f, "@carol:x", "the certificate expired");
    say(f, "@carol:x", "coffee, anybody?");
    tap(f, said);
    tap(f, said);
    assert_int_equal(n_pins(f), 1);
    assert_non_null(strstr(shown(f), "carol: “the certificate expired”"));
    assert_null(strstr(shown(f), "coffee"));
}

static void taken_back__is_out_of_it(void **state)
{
    struct team *f = *state;
    const char *first = say(f, "@carol:x", "the certificate expired"),
               *second = say(f, "@carol:x", "a bank called");
    const char *tapped = tap(f, first);
    tap(f, second);
    redact(f, "@alice:x", tapped);
    assert_int_equal(n_pins(f), 1);
    redact(f, "@carol:x", second);
    assert_int_equal(n_pins(f), 0);
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM text WHERE content = 'a bank called'", ""),
                     0);
}

static void reply__keeps_what_it_answers(void **state)
{
    struct team *f = *state;
    const char *said = say(f, "@carol:x", "the certificate expired");
    team_event(f, (struct event){ .kind = EVENT_MESSAGE,
                                  .room = f->room,
                                  .sender = "@alice:x",
                                  .thread = card,
                                  .reply = said,
                                  .body = "note" });
    assert_int_equal(n_pins(f), 1);
}

/* On another sign, on what the bot said, on words of another item's thread. */
static void other_taps__keep_nothing(void **state)
{
    struct team *f = *state;
    const char *said = say(f, "@carol:x", "the certificate expired");
    struct event event = { .id = "$thumb", .kind = EVENT_REACTION, .room = f->room, .sender = "@alice:x" };
    event.target = said;
    event.key = "👍";
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_NOTHING);
    tap(f, card);
    assert_int_equal(n_pins(f), 0);
}

/* What nobody kept is forgotten when the recap is there, and a tap finds nothing any more. */
static void over__the_rest_is_forgotten(void **state)
{
    struct team *f = *state;
    const char *kept = say(f, "@carol:x", "the certificate expired"), *other = say(f, "@carol:x", "coffee?");
    tap(f, kept);
    team_say(f, "@bob:x", NULL, "!take ESC-1");
    team_say(f, "@bob:x", NULL, "!solved ESC-1");
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM text WHERE content = 'coffee?'", ""), 1);
    team_say(f, "@bob:x", NULL, "!recap ESC-1 it expired\nwent back\nnothing");
    assert_int_equal(store_int(f->store, -1, "SELECT count(*) FROM text WHERE content = 'coffee?'", ""), 0);
    tap(f, other);
    assert_int_equal(n_pins(f), 1);
    assert_non_null(strstr(shown(f), "the certificate expired"));
}

/* People who talk about it in its thread may still act. */
static void talk__is_no_flood(void **state)
{
    struct team *f = *state;
    for (int i = 0; i < 2 * FLOOD_PERSON; i++)
        say(f, "@bob:x", "looking");
    team_say(f, "@bob:x", NULL, "!take ESC-1");
    assert_int_equal(store_int(f->store, 0, "SELECT state FROM item", ""), 3);
}

static void pins__have_a_bound(void **state)
{
    struct team *f = *state;
    for (int i = 0; i < PINS_MAX; i++)
        store_run(f->store, "INSERT INTO text(author, event, content) VALUES('@bob:x', '$x', 'x');", "");
    store_run(
        f->store,
        "INSERT INTO pin(item, text, person, event) SELECT 1, id, '@bob:x', '$x' FROM text WHERE event = '$x'",
        "");
    tap(f, say(f, "@carol:x", "the certificate expired"));
    assert_int_equal(n_pins(f), PINS_MAX);
}

/* However much was said, and of whatever signs, there is a page of it, and a recap. */
static void page__is_said_whatever_is_on_it(void **state)
{
    static const char *const signs[] = { "&", "\xf0\x9f\x91\x8d", "\xc3\xa9" };
    enum { LONG = 5000, NOTES = 60 };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct team *f = *state;
        struct buf text;
        buf_init(&text, 8 * LONG);
        buf_puts(&text, "so ");
        for (int n = 0; n < LONG; n++)
            buf_puts(&text, signs[i]);
        for (int n = 0; n < NOTES; n++)
            store_run(f->store, "INSERT INTO text(author, event, content) VALUES('@bob:x', ?1, ?2)", "ss",
                      card, text.text);
        store_run(f->store,
                  "INSERT INTO pin(item, text, person, event) SELECT 1, id, '@bob:x', '$x' FROM text"
                  " WHERE event = ?1",
                  "s", card);
        const char *form = arena_printf(f->arena, "context: %s", text.text);
        team_say(f, "@bob:x", card, form);
        team_say(f, "@bob:x", NULL, "!take ESC-1");
        team_say(f, "@bob:x", NULL, "!solved ESC-1");
        team_say(f, "@bob:x", NULL,
                 arena_printf(f->arena, "!recap ESC-1 %s\n%s\n%s", text.text, text.text, text.text));
        buf_finish(&text);
        assert_non_null(strstr(shown(f), " lines before these"));
        assert_non_null(strstr(team_said(f, "escalation/recap"), "What follows: "));
        team_teardown(state);
        setup(state);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, team_teardown)
    const struct CMUnitTest tests[] = {
        TEST(tapped__stands_in_the_timeline_once),
        TEST(taken_back__is_out_of_it),
        TEST(reply__keeps_what_it_answers),
        TEST(other_taps__keep_nothing),
        TEST(over__the_rest_is_forgotten),
        TEST(talk__is_no_flood),
        TEST(pins__have_a_bound),
        TEST(page__is_said_whatever_is_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
