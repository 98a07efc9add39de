/* How an escalation looks: three lines and who has it; and its page, with all that was done about it. */
#include <string.h>

#include "commands/escalation.h"
#include "engine/frame.h"
#include "engine/link.h"

/* Of each text on its page: a message has a bound, and a page that is too large is none. */
enum { TEXT_MAX = 300 };

static void add_optional(struct json_object *values, const char *name, struct json_object *value)
{
    if (value)
        json_set(values, name, value);
}

void escalation_add_criterion(struct json_object *values, int criterion)
{
    static const char *const names[] = { NULL, "is_impact", "is_window", "is_risk" };
    if (criterion >= 1 && criterion <= 3)
        json_set_bool(values, names[criterion], true);
}

struct json_object *escalation_basics(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "impact", values_text(item_field(turn, item, "subject"), ESCALATION_IMPACT_MAX));
    json_set(values, "action", values_text(item_field(turn, item, "action"), ESCALATION_ACTION_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "author", values_person(turn, item->author));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    json_set_bool(values, "past", item->deadline_ms <= turn->now_ms);
    json_set_bool(values, "on_call", escalation_of(item).is_on_call);
    int interval_min = frame_progress_min(&turn->room);
    json_set_bool(values, "usual", interval_min == FRAME_PROGRESS);
    json_set_int(values, "unheard_min", 2 * (int64_t)interval_min);
    json_set_int(values, "silent_min", 4 * (int64_t)interval_min);
    escalation_add_criterion(values, escalation_of(item).criterion);
    return values;
}

/* The last time that somebody took it, or solved it. */
static int64_t last_ms(struct turn *turn, const struct item *item, const char *what)
{
    struct history_list history = item_history(turn, item);
    for (size_t i = history.n; i-- > 0;)
        if (strcmp(history.rows[i].what, what) == 0)
            return history.rows[i].at_ms;
    return item->opened_ms;
}

struct verdict escalation_verdict(struct turn *turn, const struct item *item)
{
    struct act_list positions = item_positions(turn, item);
    struct verdict verdict = { 0 };
    for (size_t i = 0; i < positions.n; i++) {
        verdict.n_yes += strcmp(positions.rows[i].what, "agree") == 0;
        verdict.n_no += strcmp(positions.rows[i].what, "object") == 0;
    }
    return verdict;
}

static void add_verdict(struct turn *turn, const struct item *item, struct json_object *values)
{
    struct verdict verdict = escalation_verdict(turn, item);
    json_set_int(values, "n_yes", verdict.n_yes);
    json_set_int(values, "n_no", verdict.n_no);
    json_set_bool(values, "judged", verdict.n_yes + verdict.n_no > 0);
}

/* Whose turn it would have been, and who is passed over. */
static struct json_object *passed_over(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    const char **away = arena_alloc(turn->arena, (asked.n + 1) * sizeof *away);
    size_t n = 0;
    for (size_t i = 0; i < asked.n; i++)
        if (asked.people[i].was_away && !asked.people[i].asked_ms)
            away[n++] = asked.people[i].person;
    return n ? values_people(turn, away, n) : NULL;
}

static struct json_object *common_values(struct turn *turn, struct item *item)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, "waits", item->state == ESCALATION_CALLING || item->state == ESCALATION_UNREACHED);
    json_set_bool(values, "live", lifecycle_is_open(item));
    if (item->state == ESCALATION_CALLING)
        add_optional(values, "away", passed_over(turn, item));
    if (item->state == ESCALATION_TAKEN)
        json_set(values, "since", values_time(turn, last_ms(turn, item, "take"), NULL));
    if (item->successor)
        json_set(values, "successor", values_person(turn, item->successor));
    bool is_ended = item->state == ESCALATION_SOLVED || item->state == ESCALATION_CLOSED;
    json_set_bool(values, "ended", is_ended);
    if (!lifecycle_is_open(item))
        json_set(values, "over",
                 values_time(turn, is_ended ? last_ms(turn, item, "solved") : item->closed_ms, NULL));
    add_optional(values, "progress", values_text(item_field(turn, item, "progress"), ESCALATION_ACTION_MAX));
    add_verdict(turn, item, values);
    add_optional(values, "kept", link_place_value(turn, item));
    return values;
}

struct json_object *escalation_card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "escalation/card";
    return common_values(turn, item);
}

/* --- Its page --- */

struct json_object *escalation_record(struct turn *turn, struct item *item)
{
    static const char *const texts[] = { "context", "links", "happened", "done", "next" };
    struct json_object *values = common_values(turn, item);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        add_optional(values, texts[i], values_text(item_field(turn, item, texts[i]), TEXT_MAX));
    json_set(values, "timeline", escalation_timeline(turn, item));
    add_optional(values, "came", link_list(turn, item));
    return values;
}
