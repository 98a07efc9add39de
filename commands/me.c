/* !me - where and when a person works, and what language they are spoken to alone: one's own, or by an admin another's. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/off.h"
#include "engine/absence.h"
#include "engine/calls.h"
#include "engine/direct.h"
#include "engine/frame.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "time/holidays.h"
#include "time/hours_words.h"
#include "time/zone_names.h"

static const struct key {
    const char *name; /* as personal.h keeps it */
    const char *words[4]; /* folded */
} keys[] = {
    { "zone", { "zone", "timezone", "tz", "fuseau" } },
    { "hours", { "hours", "heures", "horaires", "horaire" } },
    { "lang", { "lang", "language", "langue" } },
    { "quiet", { "quiet", "calme", "silence" } },
    { "country", { "country", "holidays", "pays", "feries" } },
    { "asking", { "standup", "routines", "point", "rituels" } },
};

static const struct key *find_key(const char *folded)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        for (size_t j = 0; j < 4 && keys[i].words[j]; j++)
            if (strcmp(keys[i].words[j], folded) == 0)
                return &keys[i];
    return NULL;
}

static struct json_object *settings_of(struct turn *turn, const char *person)
{
    struct json_object *values = values_new();
    const char *zone = personal_zone(turn, person), *lang = personal_lang(turn, person);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, lang_index(lang) == LANG_FR ? "french" : "english", true);
    json_set_str(values, "zone", zone);
    json_set_str(values, "country", personal_country(turn, person));
    bool is_own = personal_get(turn, person, "zone") != NULL;
    json_set_bool(values, "own_zone", is_own);
    json_set_bool(values, "profile_zone", !is_own && personal_profile_zone(turn, person));
    json_set(values, "now", values_time(turn, turn->now_ms, zone));
    if (absence_is_at(turn, person, turn->now_ms)) {
        int64_t back_ms = personal_next_work_ms(turn, person, turn->now_ms);
        json_set_bool(values, "away", true);
        if (back_ms != ABSENCE_FOR_GOOD)
            json_set(values, "back", values_time(turn, back_ms, zone));
    }
    const char *quiet = personal_get(turn, person, "quiet");
    if (quiet)
        json_set(values, "quiet", hours_words_quiet_value(turn->lang, quiet));
    const char *asking = personal_get(turn, person, "asking");
    bool is_direct = asking && strcmp(asking, "direct") == 0;
    json_set_bool(values, "in_thread", asking && !is_direct);
    json_set_bool(values, "in_direct", is_direct);
    json_set_bool(values, "no_direct", is_direct && !direct_open(turn, person));
    json_set(values, "off", off_value(turn, person, NULL));
    json_set(values, "hours", hours_words_value(turn->lang, personal_hours(turn, person)));
    return values;
}

static void answer_settings(struct turn *turn, const char *person, bool has_hint)
{
    struct json_object *values = settings_of(turn, person);
    json_set_bool(values, "hint", has_hint);
    if (strcmp(person, turn->event->sender) != 0)
        json_set(values, "other", values_person(turn, person));
    turn_answer(turn, "me/settings", values);
}

/* Somebody else changed them: said once, to the person alone. */
static void tell(struct turn *turn, const char *person)
{
    personal_address(turn, person);
    struct json_object *values = settings_of(turn, person);
    json_set(values, "by", values_person(turn, turn->event->sender));
    turn_say(turn, (struct say){ .step = "told",
                                 .template_name = "me/told",
                                 .values = values,
                                 .room = direct_room(turn, person) });
    turn_enter_room(turn, turn->room.id);
}

static void refuse(struct turn *turn, const char *key, const char *typed)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, key, true);
    json_set_str(values, "value", text_shorten(turn->arena, text_clean(turn->arena, typed), 40));
    turn_answer(turn, "me/refused", values);
}

static const char *read_value(struct turn *turn, const struct key *key, const char *typed)
{
    if (strcmp(key->name, "zone") == 0)
        return zone_names_read(turn->arena, typed);
    if (strcmp(key->name, "hours") == 0)
        return hours_words_read(turn->arena, typed);
    if (strcmp(key->name, "quiet") == 0)
        return hours_words_read_quiet(turn->arena, typed);
    if (strcmp(key->name, "asking") == 0)
        return personal_read_asking(turn->arena, typed);
    return strcmp(key->name, "country") == 0 ? holidays_read(turn->arena, typed)
                                             : lang_read(turn->arena, typed);
}

static enum outcome set(struct turn *turn, const char *person, const struct key *key, const char *typed)
{
    const char *value = NULL;
    if (!frame_is_default(turn->arena, typed) && !frame_is_none(turn->arena, typed)) {
        value = read_value(turn, key, typed);
        bool is_quiet = value && strcmp(key->name, "quiet") == 0;
        if (!value || (is_quiet && !personal_leaves_work(turn, person, value))) {
            refuse(turn, is_quiet ? "always" : key->name, typed);
            return OUTCOME_DONE;
        }
    }
    personal_set(turn, person, key->name, value);
    absence_reschedule(turn, person);
    lifecycle_reschedule(turn, person);
    calls_reschedule(turn, person);
    if (strcmp(person, turn->event->sender) != 0)
        tell(turn, person);
    turn_enter_room(turn, turn->room.id);
    answer_settings(turn, person, false);
    return OUTCOME_DONE;
}

static enum outcome set_off(struct turn *turn, const char *person, const char *typed)
{
    if (!*typed)
        return off_show(turn, person);
    if (off_change(turn, person, typed) && strcmp(person, turn->event->sender) != 0)
        tell(turn, person);
    return OUTCOME_DONE;
}

static enum outcome me(struct turn *turn, const struct request *request)
{
    const char *rest = request->rest;
    const char *person = people_take_whose(turn, &rest);
    if (!person)
        return OUTCOME_DONE;
    if (!*rest) {
        answer_settings(turn, person, true);
        return OUTCOME_DONE;
    }
    size_t len = strcspn(rest, " =:");
    const char *word = text_fold_name(turn->arena, arena_strndup(turn->arena, rest, len));
    const struct key *key = find_key(word);
    const char *typed = text_trim(turn->arena, rest + len + (rest[len] != '\0'));
    if (off_is_word(word))
        return set_off(turn, person, typed);
    return key && *typed ? set(turn, person, key, typed) : OUTCOME_USAGE;
}

const struct command command_me = {
    .topic = "me",
    .names = { { "me" }, { "moi" } },
    .who = WHO_ANYBODY,
    .run = me,
};
