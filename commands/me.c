/* !me - where and when a person works, and what language they are spoken to alone: one's own, or by an admin another's. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "engine/direct.h"
#include "engine/hours_words.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "engine/zone_names.h"

static const struct key {
    const char *name; /* as personal.h keeps it */
    const char *words[4]; /* folded */
} keys[] = {
    { "zone", { "zone", "timezone", "tz", "fuseau" } },
    { "hours", { "hours", "heures", "horaires", "horaire" } },
    { "lang", { "lang", "language", "langue" } },
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
    json_set_bool(values, "own_zone", personal_get(turn, person, "zone") != NULL);
    json_set(values, "now", values_time(turn, turn->now_ms, zone));
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

static enum outcome set(struct turn *turn, const char *person, const struct key *key, const char *typed)
{
    const char *folded = text_fold(turn->arena, typed), *value = NULL;
    bool is_default = strcmp(folded, "default") == 0 || strcmp(folded, "defaut") == 0;
    if (!is_default) {
        value = strcmp(key->name, "zone") == 0    ? zone_names_read(turn->arena, typed)
                : strcmp(key->name, "hours") == 0 ? hours_words_read(turn->arena, typed)
                                                  : lang_read(turn->arena, typed);
        if (!value) {
            refuse(turn, key->name, typed);
            return OUTCOME_DONE;
        }
    }
    personal_set(turn, person, key->name, value);
    lifecycle_reschedule(turn, person);
    if (strcmp(person, turn->event->sender) != 0)
        tell(turn, person);
    turn_enter_room(turn, turn->room.id);
    answer_settings(turn, person, false);
    return OUTCOME_DONE;
}

/* "@bob" in front: whose they are; NULL: answered that it is nobody here, or not for them to touch. */
static const char *take_person(struct turn *turn, const char **rest)
{
    const char *sender = turn->event->sender;
    if (**rest != '@')
        return sender;
    size_t len = strcspn(*rest, " ");
    struct people_read read = people_read(turn, arena_strndup(turn->arena, *rest, len), NULL);
    *rest = text_skip_space(*rest + len);
    if (read.culprit || read.people.n != 1) {
        people_answer_unread(turn, &read);
        return NULL;
    }
    const char *person = read.people.ids[0];
    if (strcmp(person, sender) == 0 || turn_is_admin(turn, sender))
        return person;
    struct json_object *values = values_new();
    json_set(values, "person", values_person(turn, person));
    turn_answer(turn, "me/denied", values);
    return NULL;
}

static enum outcome me(struct turn *turn, const struct request *request)
{
    const char *rest = request->rest;
    const char *person = take_person(turn, &rest);
    if (!person)
        return OUTCOME_DONE;
    if (!*rest) {
        answer_settings(turn, person, true);
        return OUTCOME_DONE;
    }
    size_t len = strcspn(rest, " =:");
    const struct key *key = find_key(text_fold_name(turn->arena, arena_strndup(turn->arena, rest, len)));
    const char *typed = text_trim(turn->arena, rest + len + (rest[len] != '\0'));
    return key && *typed ? set(turn, person, key, typed) : OUTCOME_USAGE;
}

const struct command command_me = {
    .topic = "me",
    .names = { { "me" }, { "moi" } },
    .who = WHO_ANYBODY,
    .run = me,
};
