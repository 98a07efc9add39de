/*
 * Whom the bot calls never comes from what people write (trust.md B.2 row 9): a whole life of items is played with a harmless
 * text and with hostile ones in every free place; each message must be the same kind, for the same people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../sample.h"
#include "base/buf.h"
#include "matrix/seal.h"
#include "store/room.h"
#include "world.h"

enum { N_TEXTS = 90, TRACE_MAX = 256 * 1024, CALLS = 30, CALL_MS = 5 * 60 * 1000 };

/* No date, no label and no command among them: those are not free text. */
static const char *const parts[] = {
    "@room",
    "@bob:x",
    "@carol:x",
    "@dan:x",
    "@greffier:x",
    "@everyone",
    "https://matrix.to/#/@bob:x",
    "matrix:u/bob:x",
    "[bob](https://matrix.to/#/@bob:x)",
    "<a href=\"https://matrix.to/#/@bob:x\">bob</a>",
    "<font color=red>",
    "</p><p>",
    "{{>pill}}",
    "{\"$text\":1}",
    "{\"m.mentions\":{\"room\":true}}",
    "\u202e",
    "\u200b",
    "@\u200broom",
    "\uff20room",
    "bob",
    "alice",
    "everyone",
    "tous",
    "&#64;room",
    "*@room*",
    "`@bob:x`",
    "<!--",
    "\xf0\x9f\x91\x8d",
    "%s",
    "\\u0040room",
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static uint64_t seed = 0x9E3779B97F4A7C15u;

static const char *random_part(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return parts[(seed >> 33) % N_PARTS];
}

/* Each %s is that text. */
static void say(struct world *world, const char *person, const char *line, const char *text)
{
    struct buf body;
    buf_init(&body, 4096);
    for (const char *c = line; *c; c++)
        if (c[0] == '%' && c[1] == 's' && *++c)
            buf_puts(&body, text);
        else
            buf_putc(&body, *c);
    world_say(world, person, body.text);
    buf_finish(&body);
}

/* An escalation calls more people than anything else: one by one, all of the order, all of the room; until nobody is left. */
static void play_urgent(struct world *world, const char *text)
{
    static const char *const lines[][2] = {
        { "@alice:x", "!chain @bob:x" },
        { "@carol:x",
          "!urgent Refused so %s so\naction: so %s so\ncontext: so %s so\nreason: 1\ndeadline: 12:00" },
        { "@bob:x", "!progress ESC-1 so %s so" },
    };
    room_set(world->store, world->ops, "kind", "urgent");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        say(world, lines[i][0], lines[i][1], text);
    for (int i = 0; i < CALLS; i++) {
        world_send_all(world);
        world->now_ms += CALL_MS;
        engine_timers(world->engine, world->now_ms, world->now_ms, (struct outage){ 0 }, 256);
    }
    say(world, "@bob:x", "!done ESC-1 so %s so", text);
    say(world, "@bob:x", "!recap ESC-1 so %s so\nso %s so\nso %s so", text);
    room_set(world->store, world->ops, "kind", "decisions");
}

/* Everywhere that a person's own words go, and a name that they may choose. */
static void play(struct world *world, const char *text)
{
    static const char *const lines[][2] = {
        { "@alice:x", "!decide About %s\ndeadline: tomorrow 16:00" },
        { "@alice:x",
          "!decide Form\nproposal: so %s so\ncontext: so %s so\nasked: @bob:x\ndeadline: tomorrow 16:00" },
        { "@bob:x", "!object DEC-1 so %s so" },
        { "@carol:x", "!agree DEC-1" },
        { "@alice:x", "!settle DEC-1 so %s so" },
        { "@bob:x", "!object DEC-1 so %s so" },
        { "@alice:x", "!cancel DEC-2 so %s so" },
        { "@bob:x", "!remind me so %s so tomorrow 12:00" },
        { "@bob:x", "!search so %s so" },
        { "@bob:x", "!show DEC-3" },
        { "@bob:x", "!agree so %s so" },
        { "@bob:x", "!help so %s so" },
        { "@bob:x", "!agrea so %s so" },
        { "@bob:x", "!decide Form\nasked: so %s so" },
        { "@bob:x", "!extend DEC-1 so %s so" },
        { "@alice:x", "!task @bob:x so %s so\ndeadline: tomorrow 16:00" },
        { "@bob:x", "!done TSK-1 so %s so" },
    };
    room_set_member(world->store, world->ops, "@carol:x", "join", text);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        say(world, lines[i][0], lines[i][1], text);
    play_urgent(world, text);
    world_send_all(world);
    world->now_ms += INT64_C(36) * 3600 * 1000;
    engine_timers(world->engine, world->now_ms, world->now_ms, (struct outage){ 0 }, 256);
}

/* What was said: the template, what kind of message it is, whom it calls. */
static void trace_row(struct world *world, int64_t id, struct buf *trace)
{
    struct arena *arena = arena_create();
    struct outbox_row row;
    struct spoken spoken;
    assert_true(outbox_get(world->store, id, arena, &row));
    assert_true(engine_speak(world->engine, &row, arena, &spoken, NULL));
    struct json_object *content =
        seal_content(&(struct seal){ .row = &row, .spoken = &spoken, .target = "$t" });
    struct json_object *mentions = json_obj(content, "m.mentions");
    if (row.kind != OUTBOX_REACTION) {
        assert_non_null(mentions); /* always there: else clients look for names in the body */
        assert_null(json_find(mentions, "room"));
    }
    struct json_object *fresh = json_obj(content, "m.new_content/m.mentions");
    buf_printf(trace, "%s %s %s %s\n", row.template_name ? row.template_name : "-",
               json_str(content, "msgtype") ? json_str(content, "msgtype") : "-",
               mentions ? json_text(mentions) : "-", fresh ? json_text(fresh) : "-");
    json_object_put(content);
    arena_destroy(arena);
}

static char *trace_of(struct world *world, const char *text)
{
    struct buf trace;
    int64_t began_ms = world->now_ms, id = outbox_newest(world->store);
    int n_events = world->n_events;
    buf_init(&trace, TRACE_MAX);
    store_begin(world->store);
    play(world, text);
    while ((id = store_int(world->store, 0, "SELECT min(id) FROM outbox WHERE id > ?1", "i", id)) != 0)
        trace_row(world, id, &trace);
    store_rollback(world->store);
    world->now_ms = began_ms;
    world->n_events = n_events;
    assert_false(trace.is_full);
    char *text_of_it = buf_take(&trace);
    buf_finish(&trace);
    return text_of_it;
}

static void mentions__are_the_same__whatever_people_write(void **state)
{
    (void)state;
    struct world *world = world_create(NULL);
    char *want = trace_of(world, "harmless");
    assert_non_null(strstr(want, "\"@bob:x\""));
    assert_non_null(strstr(want, "escalation/unreached"));
    assert_non_null(strstr(want, "task/"));
    for (int i = 0; i < sample_of(N_TEXTS, N_PARTS + 4); i++) {
        const char *text =
            i < N_PARTS ? parts[i]
                        : arena_printf(world->arena, "%s %s%s", random_part(), random_part(), random_part());
        char *trace = trace_of(world, text);
        if (strcmp(trace, want) != 0)
            print_error("with: %s\n", text);
        assert_string_equal(trace, want);
        free(trace);
    }
    free(want);
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mentions__are_the_same__whatever_people_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
