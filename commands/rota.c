/* !rota - who is on call in an urgent room: whose turn it is, who stands in, who swaps with whom. */
#include "commands/rota_private.h"

#include <string.h>

#include "base/text.h"
#include "engine/oncall.h"
#include "engine/people.h"

enum { SHOWN_MAX = 4, DAYS_SHOWN = 62 };

/* --- Saying --- */

static struct json_object *shift_row(struct turn *turn, const struct shift *shift)
{
    struct json_object *row = values_new();
    json_set_bool(row, "somebody", shift->person != NULL);
    if (shift->person)
        json_set(row, "person", values_person(turn, shift->person));
    json_set(row, "from", values_time(turn, shift->from_ms, NULL));
    json_set(row, "to", values_time(turn, shift->to_ms, NULL));
    return row;
}

void rota_answer(struct turn *turn)
{
    struct rota rota;
    struct json_object *values = values_new(), *next = json_object_new_array();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "none", !rota_get(turn, &rota));
    if (rota_get(turn, &rota)) {
        int64_t to_ms = turn->now_ms + DAYS_SHOWN * INT64_C(24) * 60 * 60 * 1000;
        struct shift_list shifts = rota_shifts(turn, &rota, turn->now_ms, to_ms);
        struct json_object *now = shift_row(turn, &shifts.rows[0]), *troubles = oncall_troubles(turn);
        json_set_bool(now, "changes", shifts.n > 1);
        json_set(values, "now", now);
        for (size_t i = 1; i < shifts.n && i <= SHOWN_MAX; i++)
            json_object_array_add(next, shift_row(turn, &shifts.rows[i]));
        json_set_bool(values, "sun", rota.is_sun);
        if (!rota.is_sun)
            json_set_str(values, "rule", recur_say(turn->arena, turn->lang, &rota.rule, turn->now_ms));
        if (troubles)
            json_set(values, "troubles", troubles);
    }
    json_set_bool(values, "has_next", json_object_array_length(next) > 0);
    json_set(values, "next", next);
    turn_answer(turn, "rota/show", values);
}

/* --- Setting it --- */

static bool ends_with_sun(struct turn *turn, const char *text, const char **people_out)
{
    static const char *const phrases[] = { "follow the sun",
                                           "follow-the-sun",
                                           "by working hours",
                                           "suivre le soleil",
                                           "selon les heures de travail",
                                           "par heures de travail" };
    for (const char *c = text; *c; c++) {
        const char *folded = (c == text || c[-1] == ' ') ? text_fold(turn->arena, c) : "";
        for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
            if (strcmp(folded, text_fold(turn->arena, phrases[i])) == 0) {
                *people_out = text_trim(turn->arena, arena_strndup(turn->arena, text, (size_t)(c - text)));
                return true;
            }
    }
    return false;
}

/* "weekly", "daily" alone: on monday, every day, at nine. */
static const char *with_rule(struct turn *turn, const char *text)
{
    static const struct {
        const char *word, *rule;
    } words[] = { { "weekly", "every monday 9:00" }, { "daily", "every day 9:00" },
                  { "hebdo", "chaque lundi 9h" },    { "hebdomadaire", "chaque lundi 9h" },
                  { "quotidien", "chaque jour 9h" }, { "quotidienne", "chaque jour 9h" } };
    const char *last = strrchr(text, ' ');
    for (size_t i = 0; last && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text_fold(turn->arena, last), words[i].word) == 0)
            return arena_printf(turn->arena, "%.*s %s", (int)(last - text), text, words[i].rule);
    return text;
}

/* False: it was asked, or refused in words. */
static bool read_people(struct turn *turn, const char *text, const char *rule, struct rota *rota)
{
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit) {
        people_ask(turn, &read, text,
                   arena_printf(turn->arena, "%s%s " TURN_SLOT " %s", turn_prefix(turn),
                                command_shown_name(command_rota.names, turn->lang), rule));
        return false;
    }
    for (size_t i = 0; i < read.people.n; i++)
        if (!turn_is_bot(turn, read.people.ids[i]))
            read.people.ids[rota->people.n++] = read.people.ids[i];
    rota->people.ids = read.people.ids;
    if (rota->people.n && rota->people.n <= ROTA_PEOPLE_MAX)
        return true;
    struct json_object *values = values_new();
    json_set_int(values, "max", ROTA_PEOPLE_MAX);
    json_set_bool(values, "too_many", rota->people.n > 0);
    turn_answer(turn, "rota/refused", values);
    return false;
}

static void keep(struct turn *turn, const struct rota *rota)
{
    const char *all = "";
    for (size_t i = 0; i < rota->people.n; i++)
        all = arena_printf(turn->arena, "%s%s%s", all, *all ? " " : "", rota->people.ids[i]);
    rota_set(turn, rota);
    oncall_note(turn, "rota", all);
    rota_answer(turn);
}

/* people NULL: by a rule, which the text ends with. */
static enum outcome set(struct turn *turn, const char *text, const char *people)
{
    struct rota rota = { .set_ms = turn->at_ms, .is_sun = people != NULL };
    const char *rule = "follow the sun";
    if (!rota.is_sun) {
        struct recur_reading reading = turn_read_rule(turn, with_rule(turn, text));
        if (reading.result != WHEN_AT || !reading.subject || !*reading.subject)
            return OUTCOME_USAGE;
        people = reading.subject;
        rota.rule = reading.rule;
        rule = recur_type(turn->arena, &rota.rule, turn->now_ms);
    }
    if (read_people(turn, people, rule, &rota))
        keep(turn, &rota);
    return OUTCOME_DONE;
}

/* --- */

static bool is_nobody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "none", "nobody", "off", "aucun", "aucune", "personne", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

static enum outcome rota(struct turn *turn, const struct request *request)
{
    static const char *const swap_words[] = { "swap", "echanger", "echange", "permuter", NULL };
    static const char *const answers[] = { "accept", "decline", "accepter", "refuser", NULL };
    size_t len = strcspn(request->rest, " \n");
    const char *word = text_fold(turn->arena, arena_strndup(turn->arena, request->rest, len));
    const char *rest = text_trim(turn->arena, request->rest + len);
    bool is_moderator = lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR);
    if (!turn->room.kind || strcmp(turn->room.kind, ESCALATION_ROOM) != 0) {
        escalation_refuse_here(turn);
        return OUTCOME_DONE;
    }
    if (!*word) {
        rota_answer(turn);
        return OUTCOME_DONE;
    }
    if (text_is_one_of(word, swap_words))
        return rota_ask_swap(turn, rest);
    if (text_is_one_of(word, answers))
        return rota_answer_swap(turn, rest, strncmp(word, "accept", 6) == 0);
    struct range_words words;
    range_split(turn, request->rest, &words);
    const char *people = NULL;
    size_t at = ends_with_sun(turn, request->rest, &people) ? 0 : rota_range_at(&words);
    if (at)
        return rota_stand_in(turn, &words, at, is_moderator);
    if (!is_moderator)
        return OUTCOME_DENIED;
    if (is_nobody(turn, request->rest)) {
        keep(turn, &(struct rota){ 0 });
        return OUTCOME_DONE;
    }
    return set(turn, request->rest, people);
}

const struct command command_rota = {
    .topic = "rota",
    .names = { { "rota", "oncall" }, { "astreinte", "garde", "piquet" } },
    .who = WHO_ANYBODY,
    .run = rota,
};
