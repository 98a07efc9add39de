/* engine_only_stops: what may be applied ahead of what is still missing in its room, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "commands/table.h"
#include "engine/engine.h"
#include "store/room.h"

static void engine_only_stops__is_an_objection_or_a_cancel(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        const char *text; /* the body, or the key of a reaction */
        bool want;
    } rows[] = {
        { EVENT_MESSAGE, "!objection DEC-1 too early", true },
        { EVENT_MESSAGE, "  !OBJECT", true },
        { EVENT_MESSAGE, "!objecter\nparce que", true },
        { EVENT_MESSAGE, "!annuler DEC-1", true },
        { EVENT_MESSAGE, "!cancel", true },
        { EVENT_MESSAGE, "Objection: not before the audit", true },
        { EVENT_MESSAGE, "I object.", true },
        { EVENT_MESSAGE, "je fais objection", true },
        { EVENT_REACTION, "⛔", true },
        { EVENT_REACTION, "👎🏽", true },
        { EVENT_REACTION, "🚫", true },
        { EVENT_MESSAGE, "!withdraw", false },
        { EVENT_MESSAGE, "!agree DEC-1", false },
        { EVENT_MESSAGE, "!decide To object or not", false },
        { EVENT_MESSAGE, "!", false },
        { EVENT_MESSAGE, "", false },
        { EVENT_MESSAGE, "no objection", false },
        { EVENT_MESSAGE, "ok", false },
        { EVENT_REACTION, "👍", false },
        { EVENT_REACTION, "", false },
        { EVENT_EDIT, "!object", false },
        { EVENT_REDACTION, NULL, false },
        { EVENT_MEMBER, NULL, false },
    };
    struct store *store;
    assert_int_equal(store_open(NULL, &store, NULL), STORE_OPENED);
    struct engine *engine =
        engine_create(store, &(struct engine_settings){ .me = "@greffier:x", .lang = "en", .prefix = "!" },
                      command_table, habit_table);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct event event = { .kind = rows[i].kind, .body = rows[i].text, .key = rows[i].text };
        if (engine_only_stops(engine, &event) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
    engine_destroy(engine);
    store_close(store);
}

struct stage {
    struct store *store;
    struct engine *engine;
    int64_t room;
};

static const int64_t now_ms = INT64_C(1795510800000); /* Tuesday 24 November 2026, 10:00 in Zurich */

static struct stage open_stage(void)
{
    static const char *const people[] = { "@greffier:x", "@alice:x", "@bob:x" };
    struct stage stage = { 0 };
    assert_int_equal(store_open(NULL, &stage.store, NULL), STORE_OPENED);
    stage.engine = engine_create(stage.store,
                                 &(struct engine_settings){ .me = "@greffier:x",
                                                            .lang = "en",
                                                            .zone = "Europe/Zurich",
                                                            .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                            .prefix = "!" },
                                 command_table, habit_table);
    store_begin(stage.store);
    stage.room = room_ensure(stage.store, "!r:x");
    room_set(stage.store, stage.room, "membership", "join");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(stage.store, stage.room, people[i], "join", NULL);
    struct json_object *granted = json_parse("{\"DEC\":32}", 10);
    engine_reserve_numbers(stage.engine, granted);
    json_object_put(granted);
    return stage;
}

static void close_stage(struct stage *stage)
{
    store_rollback(stage->store);
    engine_destroy(stage->engine);
    store_close(stage->store);
}

/* That somebody has an escalation, or that it is over, silences it: by whichever door, and of no other item. */
static void engine_only_stops__is_taking_what_is_urgent(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        const char *target, *text;
        bool want;
    } rows[] = {
        { EVENT_REACTION, "$esc", "🙋", true },
        { EVENT_REACTION, "$esc", "👍", true },
        { EVENT_REACTION, "$esc", "👀", true },
        { EVENT_REACTION, "$esc", "✅", true },
        { EVENT_REACTION, "$esc", "🔥", false },
        { EVENT_MESSAGE, "$esc", "I have it", true },
        { EVENT_MESSAGE, "$esc", "solved", true },
        { EVENT_MESSAGE, "$esc", "progress: half of it", false },
        { EVENT_MESSAGE, NULL, "!take ESC-1", true },
        { EVENT_MESSAGE, NULL, "!ack esc-1", true },
        { EVENT_MESSAGE, NULL, "!take ESC-2", false },
        { EVENT_MESSAGE, NULL, "I have it", false },
        { EVENT_REACTION, "$dec", "🙋", false },
        { EVENT_REACTION, "$dec", "👍", false },
        { EVENT_REACTION, "$else", "🙋", false },
    };
    struct stage stage = open_stage();
    store_run(stage.store,
              "INSERT INTO item(id, uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES(1, 'a', 'ESC', 1, ?1, 1, '@bob:x', '@alice:x', '$c', 1),"
              "  (2, 'b', 'DEC', 1, ?1, 1, '@bob:x', '@alice:x', '$d', 1)",
              "i", stage.room);
    store_run(stage.store,
              "INSERT INTO message(event_id, room, sender, role, item, row, at_ms)"
              " VALUES('$esc', ?1, '', 'card', 1, 1, 1), ('$dec', ?1, '', 'card', 2, 2, 1)",
              "i", stage.room);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_reaction = rows[i].kind == EVENT_REACTION;
        struct event event = { .kind = rows[i].kind,
                               .room = stage.room,
                               .sender = "@alice:x",
                               .body = is_reaction ? NULL : rows[i].text,
                               .key = is_reaction ? rows[i].text : NULL,
                               .target = is_reaction ? rows[i].target : NULL,
                               .thread = is_reaction ? NULL : rows[i].target };
        if (engine_only_stops(stage.engine, &event) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
    close_stage(&stage);
}

/* alice objects, takes it back, objects again. A gap hides the middle, or the beginning too, so that the last comes first:
 * it stands all the same. */
static void engine_event__keeps_an_objection_that_was_applied_ahead(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t after_ms;
    } says[] = { { "!object DEC-1 once", 1000 },
                 { "!withdraw DEC-1", 2000 },
                 { "!object DEC-1 twice", 3000 } };
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 2, 0, 1 }, { 2, 1, -1 } };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct stage stage = open_stage();
        struct event event = { .id = "$open",
                               .room = stage.room,
                               .sender = "@bob:x",
                               .at_ms = now_ms,
                               .body = "!decide Review\nasked: alice\ndeadline: tomorrow 12:00" };
        assert_int_equal(engine_event(stage.engine, &event, now_ms + 4000), TURN_DONE);
        for (int k = 0; k < 3 && orders[i][k] >= 0; k++) {
            char id[8];
            snprintf(id, sizeof id, "$%d", orders[i][k]);
            event = (struct event){ .id = id,
                                    .room = stage.room,
                                    .sender = "@alice:x",
                                    .at_ms = now_ms + says[orders[i][k]].after_ms,
                                    .body = says[orders[i][k]].body };
            assert_int_equal(engine_event(stage.engine, &event, now_ms + 4000), TURN_DONE);
        }
        int64_t n = store_int(stage.store, -1,
                              "SELECT count(*) FROM act WHERE what = 'object' AND is_taken_back = 0", "");
        if (n != 1)
            fail_msg("order %zu: %lld stand", i, (long long)n);
        close_stage(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_event__keeps_an_objection_that_was_applied_ahead),
        cmocka_unit_test(engine_only_stops__is_an_objection_or_a_cancel),
        cmocka_unit_test(engine_only_stops__is_taking_what_is_urgent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
