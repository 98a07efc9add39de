/*
 * Command lines and everything else that people do: a script of records, each a person (0-9), what they do, and a text.
 *
 *     m message   t in the thread of the newest card   r reply to it   d in the direct room   c in the other room
 *     e edit of their last message   x redaction of it   + reaction on the newest card   n notice
 *     l that person leaves   j comes back   b the bot comes back   w the clock goes on by as many hours as the text says
 *
 * Whatever they do, the store stays whole, and all that the bot would say can be said: markup is only its own, and only
 * people who are there are called.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/room.h"
#include "world.h"

enum { RECORDS_MAX = 32, HOUR_MS = 3600 * 1000 };

static const char *const people[] = { "@alice:x", "@bob:x",  "@carol:x",   "@dan:x",  "@robot:x",
                                      "@eve:x",   "@ivan:x", "@mallory:x", "@root:x", WORLD_ME };
enum { N_PEOPLE = sizeof people / sizeof people[0] };

struct player {
    struct world *world;
    const char *last[N_PEOPLE]; /* message of each */
};

static const char *newest_card(struct world *world)
{
    return store_str(world->store, world->arena,
                     "SELECT event_id FROM outbox WHERE role = 'card' ORDER BY id DESC LIMIT 1", "");
}

static void change_membership(struct world *world, const char *person, const char *membership)
{
    room_set_member(world->store, world->ops, person, membership, NULL);
    world_event(
        world,
        (struct event){ .kind = EVENT_MEMBER, .sender = person, .person = person, .membership = membership });
}

static void let_pass(struct world *world, const char *text)
{
    world_send_all(world);
    world->now_ms += (int64_t)(strtol(text, NULL, 10) & 127) * HOUR_MS;
    engine_timers(world->engine, world->now_ms, world->now_ms, (struct outage){ 0 }, 256);
}

static void say(struct player *player, size_t who, char what, const char *body)
{
    struct world *world = player->world;
    const char *card = newest_card(world);
    struct event event = { .kind = what == 'n' ? EVENT_NOTICE : EVENT_MESSAGE,
                           .id = arena_printf(world->arena, "$%d", ++world->n_events),
                           .room = what == 'd'   ? world->direct
                                   : what == 'c' ? world->calm
                                                 : world->ops,
                           .sender = people[who],
                           .body = body,
                           .thread = what == 't' ? card : NULL,
                           .reply = what == 'r' ? card : NULL };
    player->last[who] = event.id;
    world_event(world, event);
}

static void play(struct player *player, const char *record)
{
    struct world *world = player->world;
    if (*record < '0' || *record > '9' || !record[1] || !fuzz_is_utf8(record))
        return;
    size_t who = (size_t)(*record - '0');
    const char *text = record + 2, *target = player->last[who] ? player->last[who] : "$1";
    const char *card = newest_card(world);
    switch (record[1]) {
    case 'e':
        world_event(world, (struct event){
                               .kind = EVENT_EDIT, .sender = people[who], .target = target, .body = text });
        break;
    case 'x':
        world_event(world,
                    (struct event){ .kind = EVENT_REDACTION, .sender = people[who], .target = target });
        break;
    case '+':
        if (card && *text)
            world_event(
                world,
                (struct event){ .kind = EVENT_REACTION, .sender = people[who], .target = card, .key = text });
        break;
    case 'l':
    case 'j':
        if (who != N_PEOPLE - 1)
            change_membership(world, people[who], record[1] == 'l' ? "leave" : "join");
        break;
    case 'b':
        world_event(world, (struct event){ .kind = EVENT_SELF_JOINED,
                                           .sender = WORLD_ME,
                                           .person = WORLD_ME,
                                           .membership = "join" });
        break;
    case 'w':
        let_pass(world, text);
        break;
    default:
        say(player, who, record[1], text);
    }
}

void target_command(const uint8_t *bytes, size_t len)
{
    static struct world *world;
    if (!world)
        world = world_create(NULL);
    struct player player = { .world = world };
    int64_t began_ms = world->now_ms, newest = outbox_newest(world->store);
    int n_events = world->n_events;
    char *record;
    store_begin(world->store);
    for (int i = 0; i < RECORDS_MAX && fuzz_take_record(world->arena, &bytes, &len, &record); i++)
        play(&player, record);
    world_check_store(world);
    world_check_outbox(world, newest);
    store_rollback(world->store);
    arena_reset(world->arena);
    world->now_ms = began_ms;
    world->n_events = n_events;
}
