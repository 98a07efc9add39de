/*
 * team - an engine with a store in memory and a room of four people, for tests of what is decided without a homeserver.
 *
 * Shape:   team_setup and team_teardown are of cmocka; the state is a struct team. One transaction stays open. What is
 *          said stays in the outbox until team_send_all lets it come to the room.
 */
#ifndef TESTS_TEAM_H
#define TESTS_TEAM_H

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "store/room.h"

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t team_now_ms = INT64_C(1795510800000);
enum { HOUR_MS = 3600 * 1000 };

struct team {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t room;
    int n_events;
};

/* All of them are in it. */
static inline int64_t team_make_room(struct team *f, const char *room_id)
{
    static const char *const people[] = { "@greffier:x", "@alice:x", "@bob:x", "@carol:x", "@dan:x" };
    int64_t room = room_ensure(f->store, room_id);
    room_set(f->store, room, "membership", "join");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(f->store, room, people[i], "join", NULL);
    return room;
}

static inline int team_setup(void **state)
{
    struct team *f = xcalloc(1, sizeof *f);
    struct err err;
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
    f->room = team_make_room(f, "!ops:x");
    static const char numbers[] = "{\"DEC\":256,\"ESC\":256,\"RMD\":256,\"TSK\":256,\"RTN\":256,\"RND\":256}";
    struct json_object *granted = json_parse(numbers, sizeof numbers - 1);
    engine_reserve_numbers(f->engine, granted);
    json_object_put(granted);
    *state = f;
    return 0;
}

static inline int team_teardown(void **state)
{
    struct team *f = *state;
    store_rollback(f->store);
    engine_destroy(f->engine);
    store_close(f->store);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

/* Its id and its time are filled in. */
static inline void team_event(struct team *f, struct event event)
{
    event.id = arena_printf(f->arena, "$%d", ++f->n_events);
    event.at_ms = team_now_ms;
    assert_int_equal(engine_event(f->engine, &event, team_now_ms), TURN_DONE);
}

static inline void team_say(struct team *f, const char *sender, const char *thread, const char *body)
{
    team_event(
        f, (struct event){
               .kind = EVENT_MESSAGE, .room = f->room, .sender = sender, .thread = thread, .body = body });
}

/* What waits in the outbox comes to the room; returns how many did. */
static inline int team_send_all(struct team *f)
{
    int n = 0;
    int64_t id;
    while ((id = store_int(f->store, 0, "SELECT min(id) FROM outbox WHERE state = 0", "")) != 0) {
        outbox_seal(f->store, id, "{}", team_now_ms);
        outbox_sent(f->store, id, arena_printf(f->arena, "$sent%lld", (long long)id), team_now_ms);
        n++;
    }
    return n;
}

/* The newest thing queued with this template, as people would read it. */
static inline const char *team_said(struct team *f, const char *template_name)
{
    struct outbox_row row;
    struct spoken spoken;
    struct err err;
    int64_t id = store_int(f->store, 0, "SELECT max(id) FROM outbox WHERE template = ?1", "s", template_name);
    assert_true(outbox_get(f->store, id, f->arena, &row));
    assert_true(engine_speak(f->engine, &row, f->arena, &spoken, &err));
    return spoken.body;
}

static inline void team_let_time_pass(struct team *f, int64_t to_ms)
{
    engine_timers(f->engine, to_ms, to_ms, (struct outage){ 0 }, 256);
}

#endif
