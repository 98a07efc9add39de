/* What a person may do in a room, by its power levels: read at each question, from what the homeserver said. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "store/room.h"

/* What the levels of a room are computed from; finish with facts_finish. */
struct facts {
    struct json_object *power; /* owned; NULL: no such event */
    struct json_object *creators; /* owned */
    bool has_v12_rules;
};

static struct json_object *parse_column(struct store *store, int64_t room, const char *column,
                                        struct arena *arena)
{
    char *text = room_value(store, room, column, arena);
    return text ? json_parse(text, strlen(text)) : NULL;
}

static struct facts facts_read(struct store *store, int64_t room)
{
    struct arena *arena = arena_create();
    struct facts facts = { .power = parse_column(store, room, "power", arena),
                           .creators = parse_column(store, room, "creators", arena) };
    char *version = room_value(store, room, "version", arena);
    char *end = NULL;
    long number = version ? strtol(version, &end, 10) : 0;
    if (version && end != version && *end == '\0') {
        facts.has_v12_rules = number >= 12;
    } else {
        char *room_id = store_str(store, arena, "SELECT room_id FROM room WHERE id = ?1", "i", room);
        facts.has_v12_rules = room_id && !strchr(room_id, ':');
    }
    arena_destroy(arena);
    return facts;
}

static void facts_finish(struct facts *facts)
{
    json_object_put(facts->power);
    json_object_put(facts->creators);
}

/* Rooms before version 10 may hold a level as text. */
static int64_t level_value(struct json_object *value, int64_t fallback)
{
    if (json_object_is_type(value, json_type_int))
        return json_object_get_int64(value);
    if (json_object_is_type(value, json_type_string)) {
        char *end;
        const char *text = json_object_get_string(value);
        long long level = strtoll(text, &end, 10);
        if (end != text && *end == '\0')
            return level;
    }
    return fallback;
}

static int64_t member_level(struct json_object *power, const char *group, const char *name, int64_t fallback)
{
    struct json_object *value = NULL, *object = json_obj(power, group);
    if (object)
        json_object_object_get_ex(object, name, &value);
    return level_value(value, fallback);
}

static bool is_creator(const struct facts *facts, const char *person)
{
    struct json_object *creators = json_arr(facts->creators, "");
    for (size_t i = 0; creators && i < json_object_array_length(creators); i++) {
        const char *creator = json_str(json_object_array_get_idx(creators, i), "");
        if (creator && strcmp(creator, person) == 0)
            return true;
        if (!facts->has_v12_rules)
            break; /* before 12 only the sender of m.room.create, who stands first, counts */
    }
    return false;
}

static int64_t level_of(const struct facts *facts, const char *person)
{
    if (facts->has_v12_rules && is_creator(facts, person))
        return LEVEL_CREATOR;
    if (facts->power)
        return member_level(facts->power, "users", person,
                            level_value(json_find(facts->power, "users_default"), 0));
    return is_creator(facts, person) ? 100 : 0;
}

static int64_t level_to_send(const struct facts *facts, const char *type, bool is_state)
{
    int64_t otherwise = is_state ? level_value(json_find(facts->power, "state_default"), 50)
                                 : level_value(json_find(facts->power, "events_default"), 0);
    return member_level(facts->power, "events", type, otherwise);
}

int64_t room_level(struct store *store, int64_t room, const char *person)
{
    struct facts facts = facts_read(store, room);
    int64_t level = level_of(&facts, person);
    facts_finish(&facts);
    return level;
}

int64_t room_level_to_send(struct store *store, int64_t room, const char *type, bool is_state)
{
    struct facts facts = facts_read(store, room);
    int64_t level = level_to_send(&facts, type, is_state);
    facts_finish(&facts);
    return level;
}

bool room_may_send(struct store *store, int64_t room, const char *person, const char *type, bool is_state)
{
    struct facts facts = facts_read(store, room);
    bool may = level_of(&facts, person) >= level_to_send(&facts, type, is_state);
    facts_finish(&facts);
    return may;
}

int64_t room_level_for(struct store *store, int64_t room, const char *action)
{
    struct facts facts = facts_read(store, room);
    int64_t level = level_value(json_find(facts.power, action), strcmp(action, "invite") == 0 ? 0 : 50);
    facts_finish(&facts);
    return level;
}
