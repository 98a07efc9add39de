#include "console/state.h"

#include <string.h>

#include "base/bounds.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "engine/direct.h"
#include "store/inbox.h"
#include "store/room.h"

/*
 * What the console remembers stands in the store's settings, one each:
 *   console/room, speaker, next       where it is, who spoke last, the next event's number
 *   console/open/ROOM                 made without people=: who speaks in it comes in
 *   console/event/EVENT               struct remembered, as JSON
 *   console/last/PERSON               the last message of that person
 *   console/to/ROOM/PERSON            the bot's last message to that person there
 *   console/thread/ROOM               the thread that the bot opened last there
 *   console/reaction/PERSON/EVENT/KEY the reaction's own event
 */

static const char *name_of(struct console *console, const char *kind, const char *what)
{
    return arena_printf(console->arena, "console/%s/%s", kind, what);
}

const char *world_get(struct console *console, const char *kind, const char *what)
{
    return store_get(console->store, console->arena, name_of(console, kind, what));
}

void world_set(struct console *console, const char *kind, const char *what, const char *value)
{
    store_set(console->store, name_of(console, kind, what), value);
}

const char *world_in_room(struct console *console, int64_t room, const char *person)
{
    return arena_printf(console->arena, "%lld/%s", (long long)room, person);
}

const char *world_event_id(struct console *console)
{
    const char *id = arena_printf(console->arena, "$%lld", (long long)console->next_event++);
    store_set_int(console->store, "console/next", console->next_event);
    return id;
}

void world_remember(struct console *console, const char *event_id, const struct remembered *event)
{
    struct json_object *object = json_object_new_object();
    json_set_str(object, "sender", event->sender);
    json_set_int(object, "room", event->room);
    json_set_str(object, "thread", event->thread);
    json_set_str(object, "where", event->where);
    world_set(console, "event", event_id, json_text(object));
    json_object_put(object);
}

bool world_recall(struct console *console, const char *event_id, struct remembered *out)
{
    const char *text = event_id ? world_get(console, "event", event_id) : NULL;
    struct json_object *object = text ? json_parse(text, strlen(text)) : NULL;
    if (!object)
        return false;
    *out = (struct remembered){
        .sender = arena_strdup(console->arena, json_str(object, "sender")),
        .room = json_int(object, "room", 0),
        .thread = arena_strdup(console->arena, json_str(object, "thread")),
        .where = arena_strdup(console->arena, json_str(object, "where")),
    };
    json_object_put(object);
    return true;
}

/* ---- facts ---- */

const char *world_shown(struct console *console, const char *person)
{
    return line_person_shown(console->arena, person);
}

const char *world_label(struct console *console, int64_t room)
{
    struct room facts;
    if (!room_get(console->store, room, console->arena, &facts))
        return "?";
    return facts.dm_person ? arena_printf(console->arena, "dm %s", world_shown(console, facts.dm_person))
                           : facts.name;
}

const char *world_zone(struct console *console, int64_t room)
{
    const char *zone = room_value(console->store, room, "zone", console->arena);
    return zone ? zone : console->zone;
}

const char *world_prompt(struct console *console)
{
    return arena_printf(console->arena, "%s %s%s> ", world_shown(console, console->speaker),
                        world_label(console, console->room), console->is_down ? " (down)" : "");
}

/* The bot comes in, for facts alone: nobody's level is set. */
static int64_t make_room(struct console *console, const char *room_id, const char *name)
{
    int64_t room = room_ensure(console->store, room_id);
    room_set(console->store, room, "version", "11");
    room_set(console->store, room, "name", name);
    room_set(console->store, room, "membership", "join");
    room_set_member(console->store, room, CONSOLE_ME, "join", NULL);
    return room;
}

static const char *dm_room_id(struct console *console, const char *person)
{
    return arena_printf(console->arena, "!%s", person);
}

int64_t world_dm(struct console *console, const char *person)
{
    int64_t room = room_find(console->store, dm_room_id(console, person));
    if (!room) {
        room = make_room(console, dm_room_id(console, person), NULL);
        room_set(console->store, room, "dm_person", person);
        room_set_member(console->store, room, person, "join", NULL);
    }
    return room;
}

void world_open_wanted(struct console *console)
{
    const char *person;
    int64_t wanted;
    while (!console->is_over &&
           (wanted = direct_next_wanted(console->store, 0, console->arena, &person)) != 0) {
        console_begin(console);
        direct_made(console->store, wanted, dm_room_id(console, person));
        int64_t room = make_room(console, dm_room_id(console, person), NULL);
        room_set_member(console->store, room, person, "join", NULL);
        console_commit(console);
    }
}

static void set_level(struct console *console, int64_t room, const char *person, int64_t level)
{
    const char *text = room_value(console->store, room, "power", console->arena);
    struct json_object *power = text ? json_parse(text, strlen(text)) : json_object_new_object();
    struct json_object *users = json_obj(power, "users");
    if (!users) {
        users = json_object_new_object();
        json_set(power, "users", users);
    }
    json_object_object_del(users, person);
    json_set_int(users, person, level);
    room_set_power(console->store, room, power);
    json_object_put(power);
}

/* As everybody sees it, the bot's absence or not: what happened last stands in the list of what waits. */
const char *world_membership(struct console *console, int64_t room, const char *person)
{
    const char *membership = room_membership(console->store, room, person, console->arena);
    for (struct happening *h = console->first; h; h = h->next)
        if (h->event.kind == EVENT_MEMBER && !h->is_level && h->event.room == room &&
            strcmp(h->event.person, person) == 0)
            membership = h->event.membership;
    return membership;
}

bool world_has_joined(struct console *console, int64_t room, const char *person)
{
    const char *membership = world_membership(console, room, person);
    return membership && strcmp(membership, "join") == 0;
}

/* ---- what happens ---- */

static bool set_facts(struct console *console, const struct happening *h)
{
    const struct event *event = &h->event;
    if (h->is_level) {
        set_level(console, event->room, event->person, h->level);
        return false;
    }
    if (event->kind == EVENT_MEMBER) {
        room_set_member(console->store, event->room, event->person, event->membership, NULL);
        bool has_levels = room_value(console->store, event->room, "power", console->arena);
        if (strcmp(event->membership, "join") == 0 && !has_levels)
            set_level(console, event->room, event->person, 100); /* the first one made it */
    } else if (event->kind == EVENT_SELF_JOINED || event->kind == EVENT_SELF_LEFT) {
        const char *membership = event->kind == EVENT_SELF_JOINED ? "join" : "leave";
        room_set(console->store, event->room, "membership", membership);
        room_set_member(console->store, event->room, CONSOLE_ME, membership, NULL);
        if (event->kind == EVENT_SELF_LEFT)
            outbox_leave_room(console->store, event->room);
        return true;
    }
    const char *mine = room_value(console->store, event->room, "membership", console->arena);
    return mine && strcmp(mine, "join") == 0;
}

/* No homeserver to ask: as many as anybody can use. */
static void reserve_numbers(struct console *console)
{
    enum { GRANT = 1000000 };
    struct json_object *numbers = engine_numbers(console->engine);
    json_object_object_foreach(numbers, prefix, reserved)
        json_set_int(numbers, prefix, json_object_get_int64(reserved) + GRANT);
    engine_reserve_numbers(console->engine, numbers);
    json_object_put(numbers);
}

static void apply(struct console *console, const struct happening *h)
{
    console_begin(console);
    if (set_facts(console, h) && engine_wants(console->engine, &h->event)) {
        enum turn_result result = engine_event(console->engine, &h->event, console->now_ms);
        if (result == TURN_WAITS) {
            reserve_numbers(console);
            result = engine_event(console->engine, &h->event, console->now_ms);
        }
        if (result == TURN_FAILED || result == TURN_WAITS) {
            log_error("event %s could not be handled", h->event.id);
            console->status = 1;
        }
    }
    console_commit(console);
}

/* What the bot does not hear yet, in memory of its own. */
static void put_off(struct console *console, const struct happening *h)
{
    struct arena *arena = console->down;
    struct happening *copy = arena_alloc(arena, sizeof *copy);
    *copy = *h;
    const char **texts[] = { &copy->event.id,     &copy->event.sender, &copy->event.body,
                             &copy->event.thread, &copy->event.reply,  &copy->event.target,
                             &copy->event.key,    &copy->event.person, &copy->event.membership,
                             &copy->event.reason };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    if (console->last)
        console->last->next = copy;
    else
        console->first = copy;
    console->last = copy;
    console->n_waiting++;
}

void world_happen(struct console *console, const struct happening *h)
{
    if (!console->is_down)
        apply(console, h);
    else if (console->n_waiting < INBOX_HELD_MAX)
        put_off(console, h);
    else
        console_note(console, "not kept: %d things wait for /up already", INBOX_HELD_MAX);
}

void world_catch_up(struct console *console)
{
    struct happening *first = console->first;
    console->first = console->last = NULL;
    console->n_waiting = 0;
    for (struct happening *h = first; h && !console->is_over; h = h->next)
        apply(console, h);
    arena_reset(console->down);
}

/* The event's id is drawn, and what later lines refer to is kept. */
const char *world_begin_event(struct console *console, const struct remembered *event)
{
    console_begin(console);
    const char *id = world_event_id(console);
    world_remember(console, id, event);
    console_commit(console);
    return id;
}

void world_change_membership(struct console *console, int64_t room, const char *person,
                             const char *membership)
{
    const char *id = world_begin_event(console, &(struct remembered){ .sender = person, .room = room });
    world_happen(console, &(struct happening){ .event = { .kind = EVENT_MEMBER,
                                                          .id = id,
                                                          .room = room,
                                                          .sender = person,
                                                          .at_ms = console->now_ms,
                                                          .person = person,
                                                          .membership = membership } });
}

void world_go(struct console *console, int64_t room)
{
    console->room = room;
    console_begin(console);
    store_set_int(console->store, "console/room", room);
    console_commit(console);
}

int64_t world_add_room(struct console *console, const char *name, bool is_open)
{
    const char *room_id = arena_printf(console->arena, "!%s:%s", name, LINE_SERVER);
    console_begin(console);
    int64_t room = make_room(console, room_id, name);
    if (is_open)
        world_set(console, "open", arena_printf(console->arena, "%lld", (long long)room), "1");
    console_commit(console);
    return room;
}

bool world_is_language(const char *lang)
{
    static const char *const langs[] = { "en", "fr", "fr-CA", "fr-CH" };
    for (size_t i = 0; i < sizeof langs / sizeof langs[0]; i++)
        if (strcmp(lang, langs[i]) == 0)
            return true;
    return false;
}

void world_start(struct console *console)
{
    console_begin(console);
    reserve_numbers(console);
    const char *speaker = store_get(console->store, console->arena, "console/speaker");
    console->next_event = store_get_int(console->store, "console/next", 1);
    console->room = store_get_int(console->store, "console/room", 0);
    snprintf(console->speaker, sizeof console->speaker, "%s", speaker ? speaker : "@alice:" LINE_SERVER);
    console_commit(console);
    if (console->room)
        return;
    world_go(console, world_add_room(console, "room", true));
    world_change_membership(console, console->room, console->speaker, "join");
}
