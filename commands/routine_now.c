/* "now": the round of today, at once. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "time/hours.h"

bool routine_is_now(struct turn *turn, const char *text)
{
    static const char *const words[] = { "now", "maintenant", "tout de suite", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

/* Somebody can be asked on that day, from now on. */
static bool has_somebody(struct turn *turn, const struct routine *kept, int64_t day)
{
    struct person_list people = routine_people(turn, kept);
    for (size_t i = 0; i < people.n; i++) {
        int64_t at_ms = personal_next_call_from_ms(turn, people.ids[i], turn->now_ms);
        if (at_ms != ABSENCE_FOR_GOOD &&
            hours_day_of(personal_zone(turn, people.ids[i]), at_ms) < day + kept->span_days)
            return true;
    }
    return false;
}

/* Those who are asked now, and those whose hours come later. */
static void add_people(struct turn *turn, const struct item *round, const struct routine *kept,
                       const struct person_list *were_asked, struct json_object *values)
{
    struct stand_list stands = round_standings(turn, round);
    const char **now = arena_alloc(turn->arena, (stands.n + 1) * sizeof *now);
    const char **later = arena_alloc(turn->arena, (stands.n + 1) * sizeof *later);
    size_t n_now = 0, n_later = 0;
    for (size_t i = 0; i < stands.n; i++) {
        const char *person = stands.rows[i].asked->person;
        enum standing standing = stands.rows[i].standing;
        if ((standing != STANDING_TO_COME && standing != STANDING_OPTIONAL) ||
            person_list_has(were_asked, person))
            continue;
        if (stands.rows[i].asked->asked_ms || round_ask_ms(turn, round, kept, person) <= turn->now_ms)
            now[n_now++] = person;
        else
            later[n_later++] = person;
    }
    json_set(values, "asked", n_now ? values_people(turn, now, n_now) : NULL);
    json_set(values, "later", n_later ? values_people(turn, later, n_later) : NULL);
}

static struct person_list asked_before(struct turn *turn, const struct item *round)
{
    struct asked_list asked = item_asked(turn, round);
    struct person_list people = { .ids = arena_alloc(turn->arena, (asked.n + 1) * sizeof *people.ids) };
    for (size_t i = 0; i < asked.n; i++)
        if (asked.people[i].asked_ms)
            people.ids[people.n++] = asked.people[i].person;
    return people;
}

static void answer(struct turn *turn, struct item *round, struct json_object *values)
{
    json_set_str(values, "id", round->name);
    json_set(values, "day", round_day_value(turn, round_day(turn, round)));
    turn->about = round->id;
    turn_answer(turn, "routine/now", values);
}

/* Nobody is asked twice: a round that is open goes on, and one that is closed stays so. */
static enum outcome go_on(struct turn *turn, struct item *round, const struct routine *kept)
{
    struct json_object *values = values_new();
    struct person_list before = asked_before(turn, round);
    bool is_open = round->state == ROUND_OPEN;
    json_set_bool(values, "closed", !is_open);
    if (is_open) {
        round_hurry(turn, round, kept);
        add_people(turn, round, kept, &before, values);
    }
    answer(turn, round, values);
    return OUTCOME_DONE;
}

enum outcome routine_begin_now(struct turn *turn, struct item *item)
{
    struct routine kept = routine_of(turn, item);
    struct item *newest = routine_newest_round(turn, item->id, 0);
    int64_t today = hours_day_of(turn->zone, turn->now_ms);
    if (!routine_may_change(turn, item))
        return OUTCOME_DONE;
    if (item->state != ROUTINE_ON || !has_somebody(turn, &kept, today)) {
        routine_answer_changed(turn, item, NULL);
        return OUTCOME_DONE;
    }
    bool is_of_today =
        newest && (round_day(turn, newest) >= today ||
                   (newest->state == ROUND_OPEN && round_day(turn, newest) + kept.span_days > today));
    if (is_of_today)
        return go_on(turn, newest, &kept);
    struct item *round = round_open_now(turn, item, &kept, today);
    if (!round)
        return OUTCOME_WAITS;
    routine_set_timer(turn, item, &kept);
    routine_show_card(turn, item);
    struct json_object *values = values_new();
    add_people(turn, round, &kept, &(struct person_list){ 0 }, values);
    answer(turn, round, values);
    return OUTCOME_DONE;
}
