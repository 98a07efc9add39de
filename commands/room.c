/* !room - what this room has chosen: its language, its time zone, and whose holidays are kept here. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "engine/holidays.h"
#include "engine/move.h"
#include "engine/personal.h"
#include "engine/zone_names.h"

static void answer_settings(struct turn *turn)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "zone", turn->zone);
    json_set_str(values, "country", turn->room.country ? turn->room.country : turn_defaults(turn)->country);
    json_set_bool(values, lang_index(turn->lang) == LANG_FR ? "french" : "english", true);
    json_set(values, "now", values_time(turn, turn->now_ms, NULL));
    turn_answer(turn, "room/settings", values);
}

static void refuse_value(struct turn *turn, const char *key, const char *value)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, key, true);
    json_set_str(values, "value", text_shorten(turn->arena, text_clean(turn->arena, value), 40));
    turn_answer(turn, "room/refused", values);
}

static bool set_lang(struct turn *turn, const char *value)
{
    const char *lang = lang_read(turn->arena, value);
    if (!lang) {
        refuse_value(turn, "lang", value);
        return false;
    }
    room_set(turn->store, turn->room.id, "lang", lang);
    return true;
}

static bool set_zone(struct turn *turn, const char *value)
{
    const char *zone = zone_names_read(turn->arena, value);
    if (!zone) {
        refuse_value(turn, "zone", value);
        return false;
    }
    room_set(turn->store, turn->room.id, "zone", zone);
    return true;
}

/* OLD NEW: what an admin answers where it is doubtful whether a room has moved (engine/move.h). */
static enum outcome decide_move(struct turn *turn, bool is_followed, const char *rooms)
{
    size_t len = strcspn(rooms, " ");
    const char *old = arena_strndup(turn->arena, rooms, len);
    return move_decide(turn, old, text_skip_space(rooms + len), is_followed) ? OUTCOME_DONE : OUTCOME_USAGE;
}

static bool set_country(struct turn *turn, const char *value)
{
    const char *country = holidays_read(turn->arena, value);
    if (!country) {
        refuse_value(turn, "country", value);
        return false;
    }
    room_set(turn->store, turn->room.id, "country", country);
    return true;
}

static enum outcome room(struct turn *turn, const struct request *request)
{
    if (!*request->rest) {
        answer_settings(turn);
        return OUTCOME_DONE;
    }
    size_t len = strcspn(request->rest, " =:");
    const char *key = text_fold_name(turn->arena, arena_strndup(turn->arena, request->rest, len));
    const char *value = text_trim(turn->arena, request->rest + len + (request->rest[len] != '\0'));
    bool is_follow = strcmp(key, "follow") == 0 || strcmp(key, "suivre") == 0;
    if (is_follow || strcmp(key, "stay") == 0 || strcmp(key, "rester") == 0)
        return decide_move(turn, is_follow, value);
    bool is_lang = strcmp(key, "lang") == 0 || strcmp(key, "language") == 0 || strcmp(key, "langue") == 0;
    bool is_zone = strcmp(key, "zone") == 0 || strcmp(key, "timezone") == 0 || strcmp(key, "fuseau") == 0;
    bool is_country = strcmp(key, "country") == 0 || strcmp(key, "holidays") == 0 ||
                      strcmp(key, "pays") == 0 || strcmp(key, "feries") == 0;
    if ((!is_lang && !is_zone && !is_country) || !*value)
        return OUTCOME_USAGE;
    if (!lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR))
        return OUTCOME_DENIED;
    bool (*set)(struct turn *, const char *) = is_lang ? set_lang : is_zone ? set_zone : set_country;
    if (set(turn, value)) {
        turn_enter_room(turn, turn->room.id);
        answer_settings(turn);
    }
    return OUTCOME_DONE;
}

const struct command command_room = {
    .topic = "room",
    .names = { { "room" }, { "salon", "cadre" } },
    .who = WHO_ANYBODY,
    .run = room,
};
