#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "engine/command.h"
#include "fuzz.h"
#include "store/hold.h"
#include "store/room.h"

const struct engine_settings world_settings = { .me = WORLD_ME,
                                                .lang = "en",
                                                .zone = "Europe/Zurich",
                                                .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                .prefix = "!",
                                                .admins = (const char *const[]){ "@root:x", NULL },
                                                .bots = (const char *const[]){ "@robot:x", NULL } };

static void set_people(struct world *world)
{
    static const char *const joined[] = { WORLD_ME, "@alice:x", "@bob:x", "@carol:x", "@dan:x", "@robot:x" };
    static const char power[] = "{\"users\":{\"@alice:x\":50,\"@dan:x\":-1},\"events_default\":0}";
    for (size_t i = 0; i < sizeof joined / sizeof joined[0]; i++)
        room_set_member(world->store, world->ops, joined[i], "join", NULL);
    room_set_member(world->store, world->ops, "@eve:x", "leave", NULL);
    room_set_member(world->store, world->ops, "@mallory:x", "ban", NULL);
    room_set_member(world->store, world->ops, "@ivan:x", "invite", NULL);
    struct json_object *levels = json_parse(power, strlen(power));
    room_set_power(world->store, world->ops, levels);
    json_object_put(levels);
}

static int64_t make_room(struct world *world, const char *room_id, const char *const *people)
{
    int64_t room = room_ensure(world->store, room_id);
    room_set(world->store, room, "membership", "join");
    room_set_has_members(world->store, room, true);
    room_set_member(world->store, room, WORLD_ME, "join", NULL);
    for (; *people; people++)
        room_set_member(world->store, room, *people, "join", NULL);
    return room;
}

static void make_rooms(struct world *world)
{
    static const char numbers[] = "{\"DEC\":320,\"RMD\":320,\"TSK\":320,\"ESC\":320}";
    struct json_object *granted = json_parse(numbers, strlen(numbers));
    store_begin(world->store);
    world->ops = make_room(world, WORLD_OPS, (const char *const[]){ NULL });
    world->calm = make_room(world, WORLD_CALM, (const char *const[]){ "@carol:x", "@zoe:calm", NULL });
    world->direct = make_room(world, "!direct:x", (const char *const[]){ "@bob:x", NULL });
    room_set(world->store, world->direct, "dm_person", "@bob:x");
    set_people(world);
    engine_reserve_numbers(world->engine, granted);
    json_object_put(granted);
    world_say(world, "@alice:x", "!decide Two-step review\nasked: bob, carol\ndeadline: tomorrow 12:00");
    world_send_all(world);
    FUZZ_REQUIRE(store_commit(world->store, NULL));
}

struct world *world_create(const char *path)
{
    struct world *world = xcalloc(1, sizeof *world);
    world->now_ms = INT64_C(1795510800000);
    world->arena = arena_create();
    FUZZ_REQUIRE(store_open(path, &world->store, NULL) == STORE_OPENED);
    world->engine = engine_create(world->store, &world_settings, command_table, habit_table);
    make_rooms(world);
    return world;
}

void world_destroy(struct world *world)
{
    engine_destroy(world->engine);
    store_close(world->store);
    arena_destroy(world->arena);
    free(world);
}

enum turn_result world_event(struct world *world, struct event event)
{
    if (!event.id)
        event.id = arena_printf(world->arena, "$%d", ++world->n_events);
    if (!event.room)
        event.room = world->ops;
    if (!event.at_ms)
        event.at_ms = world->now_ms;
    return engine_event(world->engine, &event, world->now_ms);
}

enum turn_result world_say(struct world *world, const char *person, const char *body)
{
    return world_event(world, (struct event){ .kind = EVENT_MESSAGE, .sender = person, .body = body });
}

int world_send_all(struct world *world)
{
    int n = 0;
    int64_t id;
    while ((id = store_int(world->store, 0, "SELECT min(id) FROM outbox WHERE state = 0", "")) != 0) {
        outbox_seal(world->store, id, "{}", world->now_ms);
        outbox_sent(world->store, id, arena_printf(world->arena, "$sent%lld", (long long)id), world->now_ms);
        n++;
    }
    return n;
}

/* Checks */

/* What is open is in a state in which its habit has something left to do, and the other way round. */
static void check_states(struct world *world)
{
    for (size_t i = 0; habit_table[i]; i++) {
        struct rows rows =
            store_rows(world->store, "SELECT state, closed_ms IS NULL FROM item WHERE prefix = ?1", "s",
                       habit_table[i]->prefix);
        while (rows_next(&rows))
            FUZZ_REQUIRE(((habit_table[i]->open_states >> rows_int(&rows, 0)) & 1) ==
                         (unsigned)rows_int(&rows, 1));
    }
}

void world_check_store(struct world *world)
{
    FUZZ_REQUIRE(!store_failed(world->store));
    struct rows rows = store_rows(world->store, "PRAGMA foreign_key_check", "");
    FUZZ_REQUIRE(!rows_next(&rows));
    check_states(world);
    FUZZ_REQUIRE(store_int(world->store, 0, "SELECT count(*) FROM item WHERE owner = ?1 OR author = ?1", "s",
                           WORLD_ME) == 0);
    FUZZ_REQUIRE(store_int(world->store, 0, "SELECT count(*) FROM act WHERE person = ?1", "s", WORLD_ME) ==
                 0);
}

static bool is_person(void *data, const char *id)
{
    const struct world *world = data;
    return store_int(world->store, 0, "SELECT 1 FROM member WHERE person = ?1", "s", id);
}

static void check_row(struct world *world, int64_t id)
{
    struct arena *arena = arena_create();
    struct outbox_row row;
    struct spoken spoken;
    FUZZ_REQUIRE(outbox_get(world->store, id, arena, &row));
    struct err err;
    if (!engine_speak(world->engine, &row, arena, &spoken, &err))
        fuzz_fail(err.text, __FILE__, __LINE__);
    if (spoken.body) {
        fuzz_check_shown(spoken.body);
        fuzz_check_shown(spoken.html);
        fuzz_check_html(spoken.html, is_person, world);
    }
    for (const char **mention = spoken.mentions; *mention; mention++) {
        FUZZ_REQUIRE(room_has_joined(world->store, row.room, *mention));
        FUZZ_REQUIRE(strcmp(*mention, WORLD_ME) != 0 && strcmp(*mention, "@robot:x") != 0);
    }
    arena_destroy(arena);
}

void world_check_outbox(struct world *world, int64_t after)
{
    int64_t id = after;
    while ((id = store_int(world->store, 0,
                           "SELECT min(id) FROM outbox WHERE id > ?1 AND template IS NOT NULL", "i", id)) !=
           0)
        check_row(world, id);
}
