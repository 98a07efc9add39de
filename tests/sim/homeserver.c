#include "homeserver.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "homeserver_private.h"
#include "net.h"
#include "world.h"

struct homeserver server;

void homeserver_begin(void)
{
    static const struct {
        double burst, refill_per_s;
    } limits[] = { { 10, 0.2 }, { 10, 0.2 }, { 0, 0 }, { 30, 1 } };
    struct chance chance = chance_of(world.seed, 0x736572766572);
    size_t which = (size_t)chance_in(&chance, 0, 3);
    server.burst = limits[which].burst;
    server.refill_per_s = limits[which].refill_per_s;
    server.tokens = server.burst;
    server.remembers_ms = chance_percent(&chance, 50) ? 24 * 3600 * 1000 : 45 * 60 * 1000;
    server.forgets_at_restart = chance_percent(&chance, 50);
    server.gives_state_after = chance_percent(&chance, 50);
    server.forgets_at_login = chance_percent(&chance, 50);
    server.refuses_lost_positions = chance_percent(&chance, 50);
}

void homeserver_limits(double *burst, double *refill_per_s)
{
    *burst = server.burst;
    *refill_per_s = server.refill_per_s;
}

/* Events */

const struct said *homeserver_said(int64_t position)
{
    return &server.events[position - 1];
}

int64_t homeserver_newest(void)
{
    return server.n_events;
}

int64_t homeserver_position(const char *event_id)
{
    if (!event_id || *event_id != '$')
        return 0;
    int64_t position = strtoll(event_id + 1, NULL, 10);
    return position >= 1 && position <= server.n_events ? position : 0;
}

bool homeserver_is_there(const struct said *said)
{
    return !said->is_lost && !said->is_undone;
}

int homeserver_n_rooms(void)
{
    return server.n_rooms;
}

const struct sim_room *homeserver_room(int room)
{
    return &server.rooms[room];
}

struct said *homeserver_add(int room, const char *sender, const char *type, const char *state_key,
                            char *content)
{
    if (server.n_events == server.events_cap) {
        server.events_cap = server.events_cap ? 2 * server.events_cap : 1024;
        server.events = xreallocarray(server.events, (size_t)server.events_cap, sizeof *server.events);
    }
    struct said *said = &server.events[server.n_events++];
    *said = (struct said){ .position = server.n_events,
                           .room = room,
                           .type = type,
                           .sender = sender,
                           .state_key = state_key,
                           .content = content,
                           .at_ms = world.now_ms };
    sim_print(said->id, sizeof said->id, "$%lld:example.org", (long long)said->position);
    struct sim_room *place = &server.rooms[room];
    if (place->n == place->cap) {
        place->cap = place->cap ? 2 * place->cap : 64;
        place->positions = xreallocarray(place->positions, place->cap, sizeof *place->positions);
    }
    place->positions[place->n++] = said->position;
    return said;
}

int64_t homeserver_say(int room, const char *sender, const char *type, const char *state_key, char *content)
{
    struct said *said = homeserver_add(room, sender, type, state_key, content);
    int64_t position = said->position;
    world_trace("%s %s in %s: %s %s", said->id, sender, server.rooms[room].alias, type, content);
    check_said(said);
    homeserver_wake();
    return position;
}

int64_t homeserver_redact(const char *sender, int64_t target)
{
    struct said *gone = &server.events[target - 1];
    char *content = xasprintf("{\"redacts\":\"%s\"}", gone->id);
    gone->redacted_by = server.n_events + 1;
    return homeserver_say(gone->room, sender, "m.room.redaction", NULL, content);
}

/* Rooms */

void homeserver_set_bot(int room, const char *membership, const char *sender)
{
    struct sim_room *place = &server.rooms[room];
    char *content =
        xasprintf("{\"membership\":\"%s\"%s}", membership, place->is_direct ? ",\"is_direct\":true" : "");
    place->bot_membership = membership;
    place->bot_since = server.n_events + 1;
    homeserver_say(room, sender, "m.room.member", BOT_ME, content);
}

int homeserver_open_room(const char *alias, const char *creator, const char *direct_to)
{
    if (server.n_rooms == HOMESERVER_ROOMS_MAX)
        world_fail("too many rooms");
    int room = server.n_rooms++;
    struct sim_room *place = &server.rooms[room];
    *place = (struct sim_room){ .is_direct = direct_to, .bot_membership = "leave" };
    sim_print(place->id, sizeof place->id, "!%d:example.org", room + 1);
    sim_print(place->alias, sizeof place->alias, "%s", alias);
    homeserver_say(room, creator, "m.room.create", "",
                   direct_to ? xasprintf("{\"room_version\":\"11\",\"io.greffier.direct\":\"%s\"}", direct_to)
                             : xstrdup("{\"room_version\":\"11\"}"));
    homeserver_say(room, creator, "m.room.power_levels", "",
                   xasprintf("{\"users\":{\"%s\":100},\"users_default\":0}", creator));
    return room;
}

bool homeserver_was_out(int room, int64_t from_ms, int64_t to_ms)
{
    bool is_out = true;
    const struct sim_room *place = &server.rooms[room];
    for (size_t i = 0; i < place->n; i++) {
        const struct said *said = homeserver_said(place->positions[i]);
        if (said->at_ms > to_ms)
            break;
        if (said->at_ms >= from_ms && is_out)
            return true;
        if (said->state_key && strcmp(said->state_key, BOT_ME) == 0)
            is_out = strstr(said->content, "\"join\"") == NULL;
    }
    return is_out;
}

void homeserver_join(int room, const char *person)
{
    homeserver_say(room, person, "m.room.member", person, xstrdup("{\"membership\":\"join\"}"));
}

int homeserver_make_room(const char *alias, const char *const *people)
{
    int room = homeserver_open_room(alias, people[0], NULL);
    for (; *people; people++)
        homeserver_join(room, *people);
    homeserver_set_bot(room, "invite", homeserver_said(server.rooms[room].positions[0])->sender);
    return room;
}

/* Faults */

static const char *maker(int room)
{
    return homeserver_said(server.rooms[room].positions[0])->sender;
}

void homeserver_remove_bot(int room)
{
    homeserver_set_bot(room, "leave", maker(room));
}

void homeserver_invite_bot(int room)
{
    homeserver_set_bot(room, "invite", maker(room));
}

void homeserver_restart(void)
{
    for (; server.n_cached; server.n_cached--) {
        free(server.cached[server.n_cached - 1].path);
        free(server.cached[server.n_cached - 1].text);
    }
    if (server.forgets_at_restart)
        server.forgotten_up_to = server.n_events;
    for (size_t i = 0; i < server.n_parked; i++)
        net_release(server.parked[i].exchange); /* no answer: its timeout says so to the client */
    server.n_parked = 0;
}

static void undo(struct said *said)
{
    said->is_undone = true;
    for (int64_t i = 0; strcmp(said->type, "m.room.redaction") == 0 && i < server.n_events; i++)
        if (server.events[i].redacted_by == said->position)
            server.events[i].redacted_by = 0;
}

static void put_account_data_back(int64_t at_ms)
{
    while (server.n_account_data > 1 && server.account_data[server.n_account_data - 1].at_ms > at_ms)
        free(server.account_data[--server.n_account_data].text);
}

void homeserver_roll_back(int64_t ms)
{
    int64_t to = server.n_events, from = to, at_ms = world.now_ms;
    while (from > 0 && server.events[from - 1].at_ms > world.now_ms - ms &&
           !server.events[from - 1].state_key)
        at_ms = server.events[--from].at_ms;
    for (int64_t i = from; i < to; i++)
        undo(&server.events[i]);
    put_account_data_back(at_ms);
    homeserver_restart();
    server.undone_from = from;
    server.undone_to = to;
    world_trace("the homeserver is as it was before $%lld", (long long)from + 1);
}

void homeserver_set_tight(int limit)
{
    server.tight = limit;
}

void homeserver_refuse_all(int64_t until_ms)
{
    server.refuses_until_ms = until_ms;
}

void homeserver_end_session(void)
{
    server.is_session_over = true;
}

void homeserver_log_in(void)
{
    if (server.is_session_over && server.forgets_at_login)
        server.forgotten_up_to = server.n_events;
    server.is_session_over = false;
}
