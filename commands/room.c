/* !room - the frame of this room: its kind, how soon one answers, its language, its time zone, whose holidays are kept. */
#include <string.h>

#include "base/text.h"
#include "commands/off.h"
#include "commands/room_private.h"
#include "engine/frame.h"
#include "engine/move.h"
#include "time/holidays.h"
#include "time/zone_names.h"

static const struct key {
    const char *column;
    const char *words[5]; /* folded */
} keys[] = {
    { "lang", { "lang", "language", "langue" } },
    { "zone", { "zone", "timezone", "tz", "fuseau" } },
    { "country", { "country", "holidays", "pays", "feries" } },
    { "kind", { "kind", "type", "genre", "nature" } },
    { "gate", { "gate", "porte", "accueil", "filtre" } },
    { "hint", { "hint", "hints", "indication", "indications" } },
    { "progress", { "progress", "followup", "avancement", "suivi" } },
    { "answer", { "answer", "answers", "response", "reponse", "reponses" } },
};

static const struct key *find_key(const char *folded)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        for (size_t j = 0; j < 5 && keys[i].words[j]; j++)
            if (strcmp(keys[i].words[j], folded) == 0)
                return &keys[i];
    return NULL;
}

static void refuse_value(struct turn *turn, const char *key, const char *value)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, key, true);
    json_set_str(values, "value", text_shorten(turn->arena, text_clean(turn->arena, value), 40));
    turn_answer(turn, "room/refused", values);
}

/* OLD NEW: what an admin answers where it is doubtful whether a room has moved (engine/move.h). */
static enum outcome decide_move(struct turn *turn, bool is_followed, const char *rooms)
{
    size_t len = strcspn(rooms, " ");
    const char *old = arena_strndup(turn->arena, rooms, len);
    return move_decide(turn, old, text_skip_space(rooms + len), is_followed) ? OUTCOME_DONE : OUTCOME_USAGE;
}

static const char *read_value(struct turn *turn, const char *column, const char *typed)
{
    if (strcmp(column, "lang") == 0)
        return lang_read(turn->arena, typed);
    if (strcmp(column, "zone") == 0)
        return zone_names_read(turn->arena, typed);
    if (strcmp(column, "kind") == 0)
        return frame_kind_read(turn->arena, typed);
    if (strcmp(column, "answer") == 0) {
        int hours = frame_answer_read(turn->arena, typed);
        return hours ? arena_printf(turn->arena, "%d", hours) : NULL;
    }
    if (strcmp(column, "gate") == 0)
        return frame_gate_read(turn->arena, typed);
    if (strcmp(column, "hint") == 0)
        return frame_hint_read(turn->arena, typed);
    if (strcmp(column, "progress") == 0) {
        int minutes = frame_progress_read(turn->arena, typed);
        return minutes ? arena_printf(turn->arena, "%d", minutes) : NULL;
    }
    /* Holidays may be kept by default, and by a room not. */
    return frame_is_none(turn->arena, typed) ? "" : holidays_read(turn->arena, typed);
}

/* False: it cannot be read, and that is said. */
static bool set(struct turn *turn, const char *column, const char *typed)
{
    bool is_none = strcmp(column, "country") != 0 && frame_is_none(turn->arena, typed);
    const char *value = NULL;
    if (!frame_is_default(turn->arena, typed) && !is_none) {
        value = read_value(turn, column, typed);
        if (!value) {
            refuse_value(turn, column, typed);
            return false;
        }
    }
    if (value && strcmp(value, FRAME_GATE_STRICT) == 0 && !frame_may_remove(turn)) {
        struct json_object *values = values_new();
        json_set_str(values, "prefix", turn_prefix(turn));
        json_set_int(values, "level", frame_level_to_remove(turn));
        turn_answer(turn, "room/powerless", values);
        return false;
    }
    frame_set(turn, column, value);
    return true;
}

/* --- The first time: what most rooms want to choose, one after the other --- */

static const char *const steps[] = { "zone", "country", "kind", NULL };

static void ask_step(struct turn *turn, const char *step)
{
    enum { CHOICES = FRAME_KINDS + 1 };
    const char *choices[CHOICES + 1] = { NULL };
    const char *command = arena_printf(turn->arena, "%sroom setup %s ", turn_prefix(turn), step);
    struct json_object *values = room_values(turn);
    json_set_bool(values, "ask_zone", strcmp(step, "zone") == 0);
    json_set_bool(values, "ask_country", strcmp(step, "country") == 0);
    json_set_bool(values, "ask_kind", strcmp(step, "kind") == 0);
    if (strcmp(step, "zone") == 0)
        choices[0] = arena_printf(turn->arena, "%s%s", command, turn->zone);
    const char *country = turn->room.country ? turn->room.country : turn_defaults(turn)->country;
    if (strcmp(step, "country") == 0) {
        choices[0] = arena_printf(turn->arena, "%s%s", command, country && *country ? country : "none");
        choices[1] = country && *country ? arena_printf(turn->arena, "%snone", command) : NULL;
    }
    for (size_t i = 0; strcmp(step, "kind") == 0 && i < FRAME_KINDS; i++)
        choices[i] = arena_printf(turn->arena, "%s%s", command, frame_kinds()[i]);
    turn_ask(turn, (struct question){ .template_name = "room/setup",
                                      .values = values,
                                      .choices = choices,
                                      .completes = arena_printf(turn->arena, "%s%s", command, TURN_SLOT) });
}

/* "", or "zone Paris": that is set, and the next is asked. */
static enum outcome setup(struct turn *turn, const char *rest)
{
    size_t len = strcspn(rest, " "), at = 0;
    const char *column = arena_strndup(turn->arena, rest, len);
    if (!*rest) {
        ask_step(turn, steps[0]);
        return OUTCOME_DONE;
    }
    while (steps[at] && strcmp(steps[at], column) != 0)
        at++;
    const char *typed = text_trim(turn->arena, rest + len);
    if (!steps[at] || !*typed)
        return OUTCOME_USAGE;
    if (!set(turn, column, typed))
        return OUTCOME_DONE;
    if (steps[at + 1])
        ask_step(turn, steps[at + 1]);
    else
        room_answer(turn, false);
    return OUTCOME_DONE;
}

static bool is_word(const char *folded, const char *english, const char *french)
{
    return strcmp(folded, english) == 0 || strcmp(folded, french) == 0;
}

static enum outcome room(struct turn *turn, const struct request *request)
{
    if (!*request->rest) {
        room_answer(turn, true);
        return OUTCOME_DONE;
    }
    size_t len = strcspn(request->rest, " =:");
    const char *word = text_fold_name(turn->arena, arena_strndup(turn->arena, request->rest, len));
    const char *typed = text_trim(turn->arena, request->rest + len + (request->rest[len] != '\0'));
    if (is_word(word, "follow", "suivre") || is_word(word, "stay", "rester"))
        return decide_move(turn, is_word(word, "follow", "suivre"), typed);
    if (is_word(word, "history", "historique")) {
        room_answer_history(turn);
        return OUTCOME_DONE;
    }
    bool is_setup = is_word(word, "setup", "installer"), is_off = off_is_word(word);
    const struct key *key = find_key(word);
    if (is_off && !*typed)
        return off_show(turn, turn->room.room_id);
    if (!is_setup && !is_off && (!key || !*typed))
        return OUTCOME_USAGE;
    /* Asked at each step, so that a dialogue gives nobody a right that they have lost meanwhile. */
    if (!lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR))
        return OUTCOME_DENIED;
    if (is_setup)
        return setup(turn, typed);
    if (is_off) {
        off_change(turn, turn->room.room_id, typed);
        return OUTCOME_DONE;
    }
    if (set(turn, key->column, typed))
        room_answer(turn, false);
    return OUTCOME_DONE;
}

const struct command command_room = {
    .topic = "room",
    .names = { { "room" }, { "salon", "cadre" } },
    .who = WHO_ANYBODY,
    .run = room,
};
