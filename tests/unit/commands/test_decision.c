/* The decision where a console cannot go: what it does when its messages do not come through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "store/room.h"

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);
enum { HOUR_MS = 3600 * 1000 };

struct fixture {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t room;
    int n_events;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct err err;
    static const char *const people[] = { "@greffier:x", "@alice:x", "@bob:x", "@carol:x", "@dan:x" };
    f->arena = arena_create();
    assert_int_equal(store_open(NULL, &f->store, &err), STORE_OPENED);
    f->engine = engine_create(f->store,
                              &(struct engine_settings){ .me = "@greffier:x",
                                                         .lang = "en",
                                                         .zone = "Europe/Zurich",
                                                         .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                         .prefix = "!" },
                              command_table, habit_table);
    store_begin(f->store);
    f->room = room_ensure(f->store, "!ops:x");
    room_set(f->store, f->room, "membership", "join");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(f->store, f->room, people[i], "join", NULL);
    struct json_object *granted = json_parse("{\"DEC\":32}", 10);
    engine_reserve_numbers(f->engine, granted);
    json_object_put(granted);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_rollback(f->store);
    engine_destroy(f->engine);
    store_close(f->store);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *sender, const char *thread, const char *body)
{
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = arena_printf(f->arena, "$%d", ++f->n_events),
                           .room = f->room,
                           .sender = sender,
                           .at_ms = now_ms,
                           .thread = thread,
                           .body = body };
    assert_int_equal(engine_event(f->engine, &event, now_ms), TURN_DONE);
}

/* What waits in the outbox comes to the room; returns how many did. */
static int send_all(struct fixture *f)
{
    int n = 0;
    int64_t id;
    while ((id = store_int(f->store, 0, "SELECT min(id) FROM outbox WHERE state = 0", "")) != 0) {
        outbox_seal(f->store, id, "{}", now_ms);
        outbox_sent(f->store, id, arena_printf(f->arena, "$sent%lld", (long long)id), now_ms);
        n++;
    }
    return n;
}

static void let_time_pass(struct fixture *f, int64_t to_ms)
{
    engine_timers(f->engine, to_ms, to_ms, 0, 256);
}

static const char *record(struct fixture *f)
{
    return engine_show_text(f->engine, "DEC-1", "en", now_ms + 48 * HOUR_MS, f->arena);
}

/* The newest thing queued with this template, as people would read it. */
static const char *said(struct fixture *f, const char *template_name)
{
    struct outbox_row row;
    struct spoken spoken;
    struct err err;
    int64_t id = store_int(f->store, 0, "SELECT max(id) FROM outbox WHERE template = ?1", "s", template_name);
    assert_true(outbox_get(f->store, id, f->arena, &row));
    assert_true(engine_speak(f->engine, &row, f->arena, &spoken, &err));
    return spoken.body;
}

static void open_one(struct fixture *f)
{
    say(f, "@alice:x", NULL, "!decide Two-step review\nasked: bob, carol\ndeadline: tomorrow 12:00");
}

static void decision__is_not_adopted__when_its_card_never_came(void **state)
{
    struct fixture *f = *state;
    open_one(f);
    let_time_pass(f, now_ms + 30 * HOUR_MS);
    assert_non_null(strstr(record(f), "not adopted"));
    assert_non_null(strstr(said(f, "decision/yours"), "it never reached those asked"));
}

static void decision__is_adopted_by_the_others__when_one_was_not_reached(void **state)
{
    struct fixture *f = *state;
    open_one(f);
    assert_true(send_all(f) > 0);
    say(f, "@alice:x", engine_card_event(f->engine, "DEC-1", f->arena), "asked: dan");
    let_time_pass(f, now_ms + 30 * HOUR_MS);
    const char *card = said(f, "decision/card"), *page = record(f);
    assert_non_null(strstr(card, "Tacit, as announced: bob, carol."));
    /* One floor of working time after the close at 12:00: 4 h today, 4 h tomorrow. */
    assert_non_null(strstr(card, "Not reached: dan; ⛔ counts until Thu 26 Nov"));
    assert_non_null(strstr(page, "dan: not reached"));
    assert_non_null(strstr(page, "carol: tacit agreement"));
    /* It was still on its way, and comes too late to have asked. */
    send_all(f);
    assert_non_null(strstr(record(f), "dan: not reached"));
}

static void decision__tells_no_objection_twice__when_the_first_was_not_sent(void **state)
{
    struct fixture *f = *state;
    open_one(f);
    send_all(f);
    say(f, "@bob:x", engine_card_event(f->engine, "DEC-1", f->arena), "objection: too slow");
    let_time_pass(f, now_ms + 30 * HOUR_MS);
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'decision/objected'"
                               " AND state = 0",
                               ""),
                     0);
    assert_non_null(strstr(said(f, "decision/yours"), "bob objected"));
}

static void decision__withdraws_what_it_would_tell__when_the_objection_is_taken_back(void **state)
{
    struct fixture *f = *state;
    open_one(f);
    send_all(f);
    const char *card = engine_card_event(f->engine, "DEC-1", f->arena);
    say(f, "@bob:x", card, "objection: too slow");
    say(f, "@bob:x", card, "withdraw");
    assert_int_equal(store_int(f->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'decision/objected'"
                               " AND state = 0",
                               ""),
                     0);
}

static void decision__shows_who_spoke_without_being_asked(void **state)
{
    struct fixture *f = *state;
    open_one(f);
    send_all(f);
    say(f, "@dan:x", NULL, "!agree DEC-1");
    say(f, "@alice:x", NULL, "!show DEC-1");
    assert_non_null(strstr(said(f, "decision/record"), "dan: agreed"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decision__is_not_adopted__when_its_card_never_came),
        TEST(decision__is_adopted_by_the_others__when_one_was_not_reached),
        TEST(decision__tells_no_objection_twice__when_the_first_was_not_sent),
        TEST(decision__withdraws_what_it_would_tell__when_the_objection_is_taken_back),
        TEST(decision__shows_who_spoke_without_being_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
