#include "matrix/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/log.h"
#include "matrix/parse.h"
#include "store/outbox.h"
#include "store/room.h"

static const char *short_text(struct json_object *content, const char *path, size_t max)
{
    const char *text = json_str(content, path);
    return text && *text && strlen(text) <= max ? text : NULL;
}

/* Only in version 12 and later are there more than one; before 11 the content named the first. */
static struct json_object *read_creators(struct json_object *event, struct json_object *content,
                                         const char *version)
{
    char *end;
    long number = strtol(version, &end, 10);
    bool is_numbered = end != version && *end == '\0';
    const char *named = json_str(content, "creator");
    bool is_named = is_numbered && number < 11 && parse_is_user_id(named);
    struct json_object *creators = json_object_new_array();
    json_add_str(creators, is_named ? named : parse_sender(event));
    struct json_object *more = json_arr(content, "additional_creators");
    for (size_t i = 0; more && i < json_object_array_length(more) && i < ROOM_CREATORS_MAX; i++) {
        const char *creator = json_str(json_object_array_get_idx(more, i), "");
        if (parse_is_user_id(creator))
            json_add_str(creators, creator);
    }
    return creators;
}

static void apply_create(struct store *store, int64_t room, struct json_object *event,
                         struct json_object *content)
{
    const char *version = short_text(content, "room_version", ROOM_VERSION_BYTES);
    version = version ? version : "1";
    struct json_object *creators = read_creators(event, content, version);
    const char *predecessor = json_str(content, "predecessor/room_id");
    room_set(store, room, "version", version);
    room_set(store, room, "predecessor", parse_is_room_id(predecessor) ? predecessor : NULL);
    room_set_creators(store, room, creators);
    json_object_put(creators);
}

/* What was refused for want of rights is tried again when they may have changed. */
static void apply_power(struct store *store, int64_t room, struct json_object *content)
{
    struct arena *arena = arena_create();
    char *before = room_value(store, room, "power", arena);
    if (!before || strcmp(before, json_text(content)) != 0) {
        room_set_power(store, room, content);
        outbox_unpark(store, room);
    }
    arena_destroy(arena);
}

static bool apply_member(struct store *store, int64_t room, const char *person, struct json_object *event)
{
    struct json_object *content = json_obj(event, "content");
    const char *membership = short_text(content, "membership", ROOM_VERSION_BYTES);
    if (!parse_is_user_id(person) || !membership)
        return false;
    struct arena *arena = arena_create();
    bool was_known = room_membership(store, room, person, arena);
    arena_destroy(arena);
    bool has_changed =
        room_set_member(store, room, person, membership, short_text(content, "displayname", ROOM_NAME_BYTES));
    /* Who had left before may have come back, spoken and left again while nobody listened. */
    if (strcmp(membership, "leave") == 0)
        room_note_left(store, room, person, json_int(event, "origin_server_ts", 0));
    return has_changed && was_known;
}

bool facts_is_read(struct json_object *event)
{
    static const char *const types[] = {
        "m.room.member", "m.room.power_levels", "m.room.create",
        "m.room.name",   "m.room.encryption",   "m.room.history_visibility"
    };
    const char *type = json_str(event, "type");
    if (!type || !parse_state_key(event))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Said once in the life of a room: from here on nothing in plain text is heard or said there. */
static void apply_encryption(struct store *store, int64_t row, struct json_object *content)
{
    struct arena *arena = arena_create();
    struct room room;
    if (room_get(store, row, arena, &room) && !room.is_encrypted)
        log_info("%s is encrypted: nothing is read or written there in plain text", room.room_id);
    arena_destroy(arena);
    room_set_encrypted(store, row);
    room_set_rotation(store, row, json_int(content, "rotation_period_ms", 0),
                      json_int(content, "rotation_period_msgs", 0));
}

/* What is none counts as "shared", as homeservers take it. */
static void apply_visibility(struct store *store, int64_t room, const char *visibility)
{
    static const char *const known[] = { "joined", "invited", "shared", "world_readable" };
    const char *found = NULL;
    for (size_t i = 0; visibility && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(visibility, known[i]) == 0)
            found = known[i];
    room_set(store, room, "visibility", found);
}

bool facts_apply(struct store *store, int64_t room, struct json_object *event)
{
    const char *type = json_str(event, "type"), *key = parse_state_key(event);
    struct json_object *content = json_obj(event, "content");
    if (!facts_is_read(event) || !content || !parse_sender(event) ||
        json_depth(content, EVENT_DEPTH) > EVENT_DEPTH)
        return false;
    if (strcmp(type, "m.room.member") == 0)
        return apply_member(store, room, key, event);
    if (*key)
        return false;
    if (strcmp(type, "m.room.create") == 0)
        apply_create(store, room, event, content);
    else if (strcmp(type, "m.room.power_levels") == 0)
        apply_power(store, room, content);
    else if (strcmp(type, "m.room.name") == 0)
        room_set(store, room, "name", short_text(content, "name", ROOM_NAME_BYTES));
    else if (strcmp(type, "m.room.encryption") == 0 && json_str(content, "algorithm"))
        apply_encryption(store, room, content);
    else if (strcmp(type, "m.room.history_visibility") == 0)
        apply_visibility(store, room, json_str(content, "history_visibility"));
    return false;
}
