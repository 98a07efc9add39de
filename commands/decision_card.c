/* The decision as it is seen: its card, and its page in the register. */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/link.h"
#include "time/hours.h"

static struct json_object *positions_of(struct turn *turn, const struct act_list *positions, const char *what)
{
    const char **people = arena_alloc(turn->arena, (positions->n + 1) * sizeof *people);
    size_t n = 0;
    for (size_t i = 0; i < positions->n; i++)
        if (strcmp(positions->rows[i].what, what) == 0)
            people[n++] = positions->rows[i].person;
    return n ? values_people(turn, people, n) : NULL;
}

/* The card stays within seven lines: those after the third are named without their reasons, which the record has. */
static struct json_object *objections(struct turn *turn, const struct act_list *positions,
                                      struct json_object **others_out)
{
    enum { SHOWN_MAX = 3 };
    struct json_object *list = json_object_new_array();
    const char **others = arena_alloc(turn->arena, (positions->n + 1) * sizeof *others);
    size_t n_others = 0;
    for (size_t i = 0; i < positions->n; i++) {
        const struct act_row *act = &positions->rows[i];
        if (strcmp(act->what, "object") != 0)
            continue;
        if (json_object_array_length(list) == SHOWN_MAX) {
            others[n_others++] = act->person;
            continue;
        }
        struct json_object *row = values_new();
        json_set(row, "person", values_person(turn, act->person));
        json_set(row, "since", values_time(turn, act->at_ms, NULL));
        if (act->text)
            json_set(row, "reason", values_text(act->text, DECISION_VALUE_MAX));
        json_object_array_add(list, row);
    }
    *others_out = n_others ? values_people(turn, others, n_others) : NULL;
    return list;
}

static bool was_reached(const struct asked_list *asked, const char *person)
{
    const struct asked *row = asked_find(asked, person);
    return row && row->is_reached;
}

/* Who has not spoken, of those asked who are still here: whom the question reached, or those whom it never did. */
static struct json_object *silent(struct turn *turn, struct item *item, const struct asked_list *asked,
                                  bool is_reached)
{
    struct person_list waiting = decision_waiting(turn, item);
    size_t n = 0;
    for (size_t i = 0; i < waiting.n; i++)
        if (was_reached(asked, waiting.ids[i]) == is_reached)
            waiting.ids[n++] = waiting.ids[i];
    return n ? values_people(turn, waiting.ids, n) : NULL;
}

static struct json_object *still_waited_for(struct turn *turn, struct item *item)
{
    struct person_list waiting = decision_waiting(turn, item);
    return waiting.n ? values_people(turn, waiting.ids, waiting.n) : NULL;
}

static struct json_object *people_left(struct turn *turn, const struct asked_list *asked)
{
    const char **left = arena_alloc(turn->arena, (asked->n + 1) * sizeof *left);
    size_t n = 0;
    for (size_t i = 0; i < asked->n; i++)
        if (asked->people[i].has_left)
            left[n++] = asked->people[i].person;
    return n ? values_people(turn, left, n) : NULL;
}

/* Who is waited for and away: now, or, once it is over, at the close. */
static struct json_object *people_away(struct turn *turn, const struct item *item,
                                       const struct asked_list *asked)
{
    const char **away = arena_alloc(turn->arena, (asked->n + 1) * sizeof *away);
    size_t n = 0;
    for (size_t i = 0; i < asked->n; i++) {
        const struct asked *person = &asked->people[i];
        bool is_away = lifecycle_is_open(item) ? absence_is_at(turn, person->person, turn->now_ms) &&
                                                     !item_position_of(turn, item, person->person)
                                               : person->was_away;
        if (is_away && !person->has_left)
            away[n++] = person->person;
    }
    return n ? values_people(turn, away, n) : NULL;
}

static void add_optional(struct json_object *values, const char *name, struct json_object *value)
{
    if (value)
        json_set(values, name, value);
}

static void add_people(struct turn *turn, struct item *item, struct json_object *values)
{
    struct asked_list asked = item_asked(turn, item);
    struct act_list positions = item_positions(turn, item);
    const char **ids = arena_alloc(turn->arena, (asked.n + 1) * sizeof *ids);
    for (size_t i = 0; i < asked.n; i++)
        ids[i] = asked.people[i].person;
    json_set(values, "asked", values_people(turn, ids, asked.n));
    add_optional(values, "agreed", positions_of(turn, &positions, "agree"));
    add_optional(values, "abstained", positions_of(turn, &positions, "abstain"));
    if (item->state == DECISION_ADOPTED) {
        add_optional(values, "tacit", silent(turn, item, &asked, true));
        add_optional(values, "unreached", silent(turn, item, &asked, false));
    } else {
        add_optional(values, "waiting", still_waited_for(turn, item));
    }
    add_optional(values, "left", people_left(turn, &asked));
    add_optional(values, "away", people_away(turn, item, &asked));
    struct json_object *others;
    json_set(values, "objections", objections(turn, &positions, &others));
    add_optional(values, "others", others);
    json_set_bool(values, "no_answers", positions.n == 0);
}

static struct json_object *common_values(struct turn *turn, struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, "live", lifecycle_is_open(item));
    json_set_bool(values, "contested", item->extra && strcmp(item->extra, "contested") == 0);
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), DECISION_SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    json_set_bool(values, "past", item->deadline_ms <= turn->now_ms);
    struct item *source = link_source_of(turn, item);
    json_set(values, "source", source ? link_value(turn, source) : NULL);
    if (item->closed_ms) {
        json_set(values, "closed", values_time(turn, item->closed_ms, NULL));
        /* method.md 2: whom the question never reached may object for one floor. */
        int64_t floor_ms = hours_add(turn->hours, turn->zone, item->closed_ms, DECISION_FLOOR_MS);
        json_set(values, "objects_until", values_time(turn, floor_ms, NULL));
    }
    add_people(turn, item, values);
    return values;
}

static void add_field(struct turn *turn, struct item *item, struct json_object *values, const char *name,
                      int max)
{
    add_optional(values, name, values_text(item_field(turn, item, name), max));
}

struct json_object *decision_card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "decision/card";
    struct json_object *values = common_values(turn, item);
    add_field(turn, item, values, "proposal", DECISION_VALUE_MAX);
    add_field(turn, item, values, "decision", DECISION_VALUE_MAX);
    if (item->state == DECISION_OPEN) {
        json_set(values, "work", decision_room_work(turn, item));
        add_optional(values, "short", decision_short_notice(turn, item));
    }
    if (item->state == DECISION_BLOCKED)
        add_optional(values, "talk", decision_talk_shown(turn, item));
    return values;
}

/* The times of the record are shown in the zone of its date, which alone names it. */
static struct json_object *person_row(struct turn *turn, const struct item *item, const char *person,
                                      const struct act_row *position)
{
    struct json_object *row = values_new();
    json_set(row, "person", values_person(turn, person));
    json_set_bool(row, position ? position->what : "silent", true);
    if (position)
        json_set(row, "at", values_time(turn, position->at_ms, item->deadline_zone));
    if (position && position->text)
        json_set(row, "reason", values_text(position->text, 0));
    return row;
}

/* When each person asked was told, and what they said: what shows that silence was announced to them. Then those who
 * spoke without being asked. */
static struct json_object *people_rows(struct turn *turn, struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    struct act_list positions = item_positions(turn, item);
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < asked.n; i++) {
        const struct asked *person = &asked.people[i];
        struct json_object *row =
            person_row(turn, item, person->person, item_position_of(turn, item, person->person));
        /* false: else the template finds the decision's own "asked" */
        json_set(row, "asked",
                 person->asked_ms ? values_time(turn, person->asked_ms, item->deadline_zone)
                                  : json_object_new_boolean(false));
        if (person->reminded_ms)
            json_set(row, "reminded", values_time(turn, person->reminded_ms, item->deadline_zone));
        json_set_bool(row, "left", person->has_left);
        json_set_bool(row, "away", person->was_away);
        json_set_bool(row, "unreached", item->state == DECISION_ADOPTED && !person->is_reached);
        json_object_array_add(list, row);
    }
    for (size_t i = 0; i < positions.n; i++) {
        if (asked_find(&asked, positions.rows[i].person))
            continue;
        struct json_object *row = person_row(turn, item, positions.rows[i].person, &positions.rows[i]);
        json_set_bool(row, "asked", false); /* else the template finds the decision's own "asked" */
        json_object_array_add(list, row);
    }
    return list;
}

struct json_object *decision_record(struct turn *turn, struct item *item)
{
    static const char *const fields[] = { "context", "proposal", "alternatives", "criteria", "expected",
                                          "rule",    "impact",   "why",          "links",    "decision" };
    struct json_object *values = common_values(turn, item);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        add_field(turn, item, values, fields[i], 0);
    if (item->state == DECISION_CANCELLED)
        add_field(turn, item, values, "cancel_reason", 0);
    json_set(values, "opened", values_time(turn, item->opened_ms, item->deadline_zone));
    json_set(values, "author", values_person(turn, item->author));
    json_set(values, "rows", people_rows(turn, item));
    json_set_bool(values, "sentence", item->state == DECISION_ADOPTED);
    return values;
}
