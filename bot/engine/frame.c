#include "engine/frame.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/calls.h"
#include "engine/command.h"
#include "engine/people.h"

enum { NAMES = 4, AT_ONCE = 0 };

static const struct kind {
    const char *kind;
    const char *names[LANGS][NAMES]; /* the first is shown; read folded */
    int answer_h;
} kinds[FRAME_KINDS] = {
    { "task", { { "tasks", "task" }, { "tâches", "tâche" } }, 24 },
    { "deliverable", { { "deliverables", "deliverable", "review" }, { "livrables", "livrable" } }, 48 },
    { "chat", { { "chat", "coordination" }, { "échanges", "échange", "discussion" } }, 8 },
    { "external", { { "external", "email" }, { "externe", "e-mail", "courriel" } }, 48 },
    { "urgent", { { "urgent", "urgencies" }, { "urgences", "urgence" } }, AT_ONCE },
};

const char *const *frame_kinds(void)
{
    static const char *names[FRAME_KINDS + 1];
    for (size_t i = 0; i < FRAME_KINDS; i++)
        names[i] = kinds[i].kind;
    return names;
}

static bool has_name(struct arena *arena, const struct kind *kind, const char *folded)
{
    for (int lang = 0; lang < LANGS; lang++)
        for (int i = 0; i < NAMES && kind->names[lang][i]; i++)
            if (text_is_name(arena, kind->names[lang][i], folded))
                return true;
    return false;
}

const char *frame_kind_read(struct arena *arena, const char *typed)
{
    const char *folded = text_fold_name(arena, typed);
    for (size_t i = 0; i < FRAME_KINDS; i++)
        if (has_name(arena, &kinds[i], folded))
            return kinds[i].kind;
    return NULL;
}

static const struct kind *find(const char *name)
{
    for (size_t i = 0; name && i < FRAME_KINDS; i++)
        if (strcmp(kinds[i].kind, name) == 0)
            return &kinds[i];
    return NULL;
}

const char *frame_kind_name(const char *kind, const char *lang)
{
    const struct kind *found = find(kind);
    return found ? found->names[lang_index(lang)][0] : NULL;
}

int frame_answer_read(struct arena *arena, const char *typed)
{
    static const char *const units[] = { "", "h", "hour", "hours", "heure", "heures" };
    char *end;
    const char *folded = text_fold(arena, typed);
    if (!isdigit((unsigned char)*folded))
        return 0;
    long hours = strtol(folded, &end, 10);
    end = (char *)text_skip_space(end);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i]) == 0)
            return hours <= FRAME_ANSWER_MAX_H ? (int)hours : 0;
    return 0;
}

int frame_answer_h(const struct room *room)
{
    const struct kind *kind = find(room->kind);
    if (room->answer)
        return (int)strtol(room->answer, NULL, 10); /* written by frame_set */
    return kind ? kind->answer_h : -1;
}

int frame_progress_read(struct arena *arena, const char *typed)
{
    static const char *const minutes[] = { "", "m", "min", "minute", "minutes", NULL };
    static const char *const hours[] = { "h", "hour", "hours", "heure", "heures", NULL };
    char *end;
    const char *folded = text_fold(arena, typed);
    long n = isdigit((unsigned char)*folded) ? strtol(folded, &end, 10) : 0;
    if (n <= 0 || n > FRAME_PROGRESS_MAX)
        return 0;
    const char *unit = text_skip_space(end);
    if (text_is_one_of(unit, hours))
        n *= 60;
    else if (!text_is_one_of(unit, minutes))
        return 0;
    return n >= FRAME_PROGRESS_MIN && n <= FRAME_PROGRESS_MAX ? (int)n : 0;
}

int frame_progress_min(const struct room *room)
{
    return room->progress ? (int)strtol(room->progress, NULL, 10) : FRAME_PROGRESS; /* written by frame_set */
}

static const struct gate {
    const char *gate, *french;
    const char *names[4]; /* folded, ends with NULL */
} gates[] = {
    { FRAME_GATE_STRICT, "strict", { "strict", "stricte" } },
    { FRAME_GATE_FIRM, "ferme", { "firm", "ferme" } },
    { FRAME_GATE_GENTLE, "souple", { "gentle", "souple", "doux" } },
};
enum { GATES = sizeof gates / sizeof gates[0] };

const char *frame_gate_read(struct arena *arena, const char *typed)
{
    const char *folded = text_fold(arena, typed);
    for (size_t i = 0; i < GATES; i++)
        if (text_is_one_of(folded, gates[i].names))
            return gates[i].gate;
    return NULL;
}

const char *frame_gate_name(const char *gate, const char *lang)
{
    size_t i = 0;
    while (i + 1 < GATES && strcmp(gates[i].gate, gate) != 0)
        i++;
    return lang_index(lang) == LANG_FR ? gates[i].french : gates[i].gate;
}

bool frame_gate_is_strict(const struct room *room)
{
    return room->gate && strcmp(room->gate, FRAME_GATE_STRICT) == 0;
}

bool frame_gate_is_firm(const struct room *room)
{
    return frame_gate_is_strict(room) || (room->gate && strcmp(room->gate, FRAME_GATE_FIRM) == 0);
}

/* To redact, and to send what does (matrix.md 2.8). */
int64_t frame_level_to_remove(struct turn *turn)
{
    int64_t redact = room_level_for(turn->store, turn->room.id, "redact");
    int64_t send = room_level_to_send(turn->store, turn->room.id, "m.room.redaction", false);
    return redact > send ? redact : send;
}

bool frame_may_remove(struct turn *turn)
{
    return room_level(turn->store, turn->room.id, turn_me(turn)) >= frame_level_to_remove(turn);
}

bool frame_is_on(struct arena *arena, const char *typed)
{
    static const char *const words[] = { "on", "yes", "oui", NULL };
    return text_is_one_of(text_fold(arena, typed), words);
}

const char *frame_hint_read(struct arena *arena, const char *typed)
{
    return frame_is_on(arena, typed) ? FRAME_HINT_ON : NULL;
}

const char *frame_hint_name(const char *lang)
{
    return lang_index(lang) == LANG_FR ? "oui" : FRAME_HINT_ON;
}

bool frame_is_default(struct arena *arena, const char *typed)
{
    static const char *const words[] = { "default", "defaut", "par defaut", NULL };
    return text_is_one_of(text_fold(arena, typed), words);
}

bool frame_is_none(struct arena *arena, const char *typed)
{
    static const char *const words[] = { "none", "no", "off", "aucun", "aucune", "non", NULL };
    return text_is_one_of(text_fold(arena, typed), words);
}

/* --- Changes --- */

void frame_note(struct turn *turn, const char *what, const char *from, const char *to)
{
    struct json_object *detail = json_object_new_object();
    json_set_str(detail, "from", from);
    json_set_str(detail, "to", to);
    turn_note(turn, 0, turn->room.id, arena_printf(turn->arena, "room %s", what), json_text(detail), 0);
    json_object_put(detail);
}

void frame_set(struct turn *turn, const char *column, const char *value)
{
    const char *before = room_value(turn->store, turn->room.id, column, turn->arena);
    if (before == value || (before && value && strcmp(before, value) == 0))
        return;
    room_set(turn->store, turn->room.id, column, value);
    frame_note(turn, column, before, value);
    turn_enter_room(turn, turn->room.id);
    if (strcmp(column, "zone") != 0 && strcmp(column, "country") != 0)
        return;
    struct person_list people = people_of_room(turn, NULL);
    for (size_t i = 0; i < people.n; i++) {
        lifecycle_reschedule(turn, people.ids[i]);
        calls_reschedule(turn, people.ids[i]);
    }
}

/* --- The first day --- */

bool frame_is_new(struct turn *turn)
{
    return !turn->room.dm_person &&
           !store_int(turn->store, 0, "SELECT 1 FROM message WHERE room = ?1 AND row IS NULL LIMIT 1", "i",
                      turn->room.id);
}

void frame_welcome(struct turn *turn)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "zone", turn->zone);
    json_set_bool(values, lang_index(turn->lang) == LANG_FR ? "french" : "english", true);
    turn_say(turn, (struct say){ .step = "welcome", .template_name = "room/welcome", .values = values });
}
