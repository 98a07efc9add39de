#include "people.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "homeserver.h"
#include "store/store.h"
#include "world.h"

enum { HOUR_MS = 3600 * 1000 };

static const struct person {
    const char *id;
    int zone_hours;
} people[PEOPLE_N] = {
    { "@alice:example.org", 1 },  { "@bob:example.org", 1 },   { "@carol:example.org", -5 },
    { "@dan:example.org", 1 },    { "@erin:example.org", 0 },  { "@frank:example.org", 5 },
    { "@grace:example.org", -5 }, { "@heidi:example.org", 1 }, { "@ivan:example.org", 0 },
    { "@judy:example.org", 5 },
};

static const struct place {
    const char *alias;
    int people[PEOPLE_N + 1]; /* ends with -1; the first made the room */
    const char *zone; /* that its maker chooses; NULL: the bot's own, an hour ahead of UTC */
    int zone_minutes;
} places[PEOPLE_ROOMS] = {
    { "checkout", { 0, 1, 2, 3, -1 }, NULL, 60 },
    { "platform", { 4, 5, 6, 7, 1, -1 }, "America/Montreal", -300 },
    { "offices", { 0, 2, 4, 6, 7, 8, 9, -1 }, "Asia/Kolkata", 330 },
};

static bool is_away[PEOPLE_ROOMS][PEOPLE_N];
static int last_word;

const char *people_nth(int index)
{
    return people[index].id;
}

int64_t people_zone_ms(int person)
{
    return (int64_t)people[person].zone_hours * HOUR_MS;
}

const char *people_id(const char *id)
{
    return people[people_index(id)].id;
}

int people_index(const char *id)
{
    for (int i = 0; id && i < PEOPLE_N; i++)
        if (strcmp(people[i].id, id) == 0)
            return i;
    world_fail("there is no %s here", id ? id : "nobody");
}

bool people_is_in(int room, const char *person)
{
    if (room >= PEOPLE_ROOMS)
        return false;
    for (const int *index = places[room].people; *index >= 0; index++)
        if (strcmp(people[*index].id, person) == 0)
            return !is_away[room][*index];
    return false;
}

const char *people_maker(int room)
{
    return people[places[room].people[0]].id;
}

void people_leave(int room, const char *person, const char *by)
{
    is_away[room][people_index(person)] = true;
    homeserver_say(room, by, "m.room.member", person, xstrdup("{\"membership\":\"leave\"}"));
}

bool people_have_left(int room, const char *person)
{
    const struct sim_room *place = homeserver_room(room);
    for (size_t i = 0; i < place->n; i++) {
        const struct said *said = homeserver_said(place->positions[i]);
        if (said->state_key && strcmp(said->state_key, person) == 0 && strstr(said->content, "\"leave\""))
            return true;
    }
    return false;
}

void people_come_back(int room, const char *person)
{
    is_away[room][people_index(person)] = false;
    homeserver_say(room, person, "m.room.member", person, xstrdup("{\"membership\":\"join\"}"));
}

static bool knows_zone(int64_t room)
{
    return store_int(world.store, 0, "SELECT 1 FROM room WHERE room_id = ?1 AND zone = ?2", "ss",
                     homeserver_room((int)room)->id, places[room].zone);
}

static void choose_zone(void *data, int64_t room);

/* Whoever gets no answer says it again: a homeserver that was put back has lost what was said. */
static void look_at_zone(void *data, int64_t room)
{
    if (world.now_ms > world.people_end_ms)
        return;
    if (world.store && !knows_zone(room))
        choose_zone(data, room);
    else
        world_at(world.now_ms + HOUR_MS, look_at_zone, data, room);
}

static void choose_zone(void *data, int64_t room)
{
    char body[64];
    world_at(world.now_ms + 10 * 60 * 1000, look_at_zone, data, room);
    if (!people_is_in((int)room, people[places[room].people[0]].id))
        return;
    snprintf(body, sizeof body, "!room zone %s", places[room].zone);
    people_say((int)room, people[places[room].people[0]].id, body);
}

void people_choose_zone(int room)
{
    if (places[room].zone)
        world_at(world.now_ms + 60 * 1000, choose_zone, NULL, room);
}

void people_begin(void)
{
    for (int i = 0; i < PEOPLE_ROOMS; i++) {
        const char *ids[PEOPLE_N + 1] = { NULL };
        for (int n = 0; places[i].people[n] >= 0; n++)
            ids[n] = people[places[i].people[n]].id;
        homeserver_make_room(places[i].alias, ids);
        if (places[i].zone)
            world_at(world.start_ms + HOUR_MS, choose_zone, NULL, i);
    }
}

int people_room(const char *person, struct chance *chance)
{
    int first = (int)chance_in(chance, 0, PEOPLE_ROOMS - 1);
    for (int i = 0; i < PEOPLE_ROOMS; i++) {
        int room = (first + i) % PEOPLE_ROOMS;
        if (people_is_in(room, person) && strcmp(homeserver_room(room)->bot_membership, "join") == 0)
            return room;
    }
    return -1;
}

int64_t people_room_zone_ms(int room)
{
    return (int64_t)places[room].zone_minutes * 60 * 1000;
}

void people_print_time(int room, int64_t at_ms, char out[32])
{
    time_t local = at_ms / 1000 + places[room].zone_minutes * 60;
    struct tm tm;
    gmtime_r(&local, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M", &tm);
}

int people_new_word(void)
{
    return ++last_word;
}

/* Saying */

static struct json_object *message(const char *body)
{
    struct json_object *content = json_object_new_object();
    json_set_str(content, "msgtype", "m.text");
    json_set_str(content, "body", body);
    return content;
}

static struct json_object *relation(const char *kind, int64_t target)
{
    struct json_object *relation = json_object_new_object();
    json_set_str(relation, "rel_type", kind);
    json_set_str(relation, "event_id", homeserver_said(target)->id);
    return relation;
}

static int64_t say(int room, const char *person, const char *type, struct json_object *content)
{
    char *text = xstrdup(json_text(content));
    json_object_put(content);
    return homeserver_say(room, person, type, NULL, text);
}

int64_t people_say(int room, const char *person, const char *body)
{
    return say(room, person, "m.room.message", message(body));
}

int64_t people_say_in_thread(int room, const char *person, int64_t root, const char *body)
{
    struct json_object *content = message(body), *thread = relation("m.thread", root);
    json_set_bool(thread, "is_falling_back", true);
    json_set(content, "m.relates_to", thread);
    return say(room, person, "m.room.message", content);
}

int64_t people_reply(int room, const char *person, int64_t to, const char *body)
{
    struct json_object *content = message(body), *outer = json_object_new_object(),
                       *inner = json_object_new_object();
    json_set_str(inner, "event_id", homeserver_said(to)->id);
    json_set(outer, "m.in_reply_to", inner);
    json_set(content, "m.relates_to", outer);
    return say(room, person, "m.room.message", content);
}

int64_t people_react(int room, const char *person, int64_t to, const char *key)
{
    struct json_object *content = json_object_new_object(), *annotation = relation("m.annotation", to);
    json_set_str(annotation, "key", key);
    json_set(content, "m.relates_to", annotation);
    return say(room, person, "m.reaction", content);
}

int64_t people_edit(int room, const char *person, int64_t target, const char *body)
{
    struct json_object *content = message(body);
    json_set(content, "m.new_content", message(body));
    json_set(content, "m.relates_to", relation("m.replace", target));
    return say(room, person, "m.room.message", content);
}

static void come_in(void *data, int64_t room)
{
    homeserver_say((int)room, data, "m.room.member", data, xstrdup("{\"membership\":\"join\"}"));
}

void people_are_invited(int room, const char *person)
{
    world_at(world.now_ms + 5 * 60 * 1000, come_in, (void *)person, room);
}
