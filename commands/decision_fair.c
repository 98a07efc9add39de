/* The decision: whether its date leaves everybody asked the working time that is theirs (method.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "time/hours.h"
#include "words/words.h"

enum {
    HALF_HOUR_MS = 30 * 60 * 1000,
    QUARTER_MS = HALF_HOUR_MS / 2,
    NAMED_MAX = 5,
    SHOWN_HALF_HOURS_MAX = 80, /* with more than that nobody is in a hurry */
};

/* From when on their time counts: since they were asked, or, where that is still to come, from now. */
static int64_t counts_from_ms(const struct turn *turn, const struct asked *asked)
{
    return asked->asked_ms ? asked->asked_ms : turn->now_ms;
}

/* Working time is compared and shown in half hours. */
static int64_t to_half_hours(int64_t work_ms)
{
    return (work_ms + HALF_HOUR_MS / 2) / HALF_HOUR_MS;
}

static int64_t half_hours(struct turn *turn, const struct item *item, const struct asked *asked)
{
    return to_half_hours(
        personal_work_between(turn, asked->person, counts_from_ms(turn, asked), item->deadline_ms));
}

static const char *hours_of(struct turn *turn, int64_t halves)
{
    const char *number = arena_printf(turn->arena, "%lld%s", (long long)halves / 2, halves % 2 ? ".5" : "");
    return words_decimal(turn->arena, turn->lang, number);
}

/* Who has spoken has had time enough, and the card says who is away. */
static bool is_short(struct turn *turn, const struct item *item, const struct asked *asked)
{
    return !asked->has_left && strcmp(asked->person, item->owner) != 0 &&
           !item_position_of(turn, item, asked->person) &&
           !absence_is_at(turn, asked->person, item->deadline_ms) &&
           half_hours(turn, item, asked) * HALF_HOUR_MS < DECISION_FLOOR_MS;
}

/* At a quarter of an hour, as people would say it: the offsets of all zones are whole quarters too. */
static int64_t fair_ms(struct turn *turn, const struct asked *asked)
{
    int64_t at_ms = personal_add_work(turn, asked->person, counts_from_ms(turn, asked), DECISION_FLOOR_MS);
    return (at_ms + QUARTER_MS - 1) / QUARTER_MS * QUARTER_MS;
}

int64_t decision_fair_ms(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    int64_t latest_ms = 0;
    for (size_t i = 0; i < asked.n; i++)
        if (is_short(turn, item, &asked.people[i])) {
            int64_t at_ms = fair_ms(turn, &asked.people[i]);
            latest_ms = at_ms > latest_ms ? at_ms : latest_ms;
        }
    return latest_ms > item->deadline_ms ? latest_ms : 0;
}

static struct json_object *short_row(struct turn *turn, const struct item *item, const struct asked *asked)
{
    struct json_object *row = values_person(turn, asked->person);
    json_set_str(row, "hours", hours_of(turn, half_hours(turn, item, asked)));
    return row;
}

struct json_object *decision_short_notice(struct turn *turn, const struct item *item)
{
    int64_t at_ms = decision_fair_ms(turn, item), n = 0;
    if (!at_ms)
        return NULL;
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < asked.n; i++) {
        if (!is_short(turn, item, &asked.people[i]) || n++ >= NAMED_MAX)
            continue;
        json_object_array_add(list, short_row(turn, item, &asked.people[i]));
    }
    json_set(values, "list", list);
    json_set_int(values, "more", n > NAMED_MAX ? n - NAMED_MAX : 0);
    json_set(values, "fair", values_time(turn, at_ms, item->deadline_zone));
    return values;
}

/* --- What everybody is told --- */

static int64_t half_hours_from_now(struct turn *turn, const struct item *item, const char *person)
{
    return to_half_hours(personal_work_between(turn, person, turn->now_ms, item->deadline_ms));
}

static int64_t half_hours_of_room(struct turn *turn, const struct item *item)
{
    return to_half_hours(hours_between(turn->hours, turn->zone, turn->now_ms, item->deadline_ms));
}

/* A figure that says something: not with plenty of time, nor where all of the time up to the date, or nearly, is working
 * time, which the clock says already. */
static bool is_shown(const struct turn *turn, const struct item *item, int64_t halves)
{
    int64_t clock_halves = to_half_hours(item->deadline_ms - turn->now_ms);
    return halves <= SHOWN_HALF_HOURS_MAX && 10 * halves <= 9 * clock_halves;
}

static struct json_object *one_figure(struct turn *turn, const struct item *item, int64_t halves)
{
    struct json_object *values = values_new();
    if (!is_shown(turn, item, halves))
        return values;
    json_set_str(values, "hours", halves ? hours_of(turn, halves) : NULL);
    json_set_bool(values, "none", halves == 0);
    json_set_bool(values, "one", halves == 2);
    return values;
}

struct json_object *decision_room_work(struct turn *turn, const struct item *item)
{
    return one_figure(turn, item, half_hours_of_room(turn, item));
}

struct json_object *decision_work_of(struct turn *turn, const struct item *item, struct person_list people)
{
    int64_t first = half_hours_from_now(turn, item, people.ids[0]);
    bool is_same = true, says_something = false;
    for (size_t i = 0; i < people.n; i++) {
        int64_t halves = half_hours_from_now(turn, item, people.ids[i]);
        is_same = is_same && halves == first;
        says_something = says_something || is_shown(turn, item, halves);
    }
    if (is_same || !says_something)
        return one_figure(turn, item, first);
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < people.n; i++) {
        struct json_object *row = values_person(turn, people.ids[i]);
        json_set_str(row, "time", hours_of(turn, half_hours_from_now(turn, item, people.ids[i])));
        json_object_array_add(list, row);
    }
    json_set_bool(values, "some", true);
    json_set(values, "each", list);
    return values;
}

bool decision_card_tells(struct turn *turn, const struct item *item, const char *person)
{
    int64_t theirs = half_hours_from_now(turn, item, person), of_room = half_hours_of_room(turn, item);
    bool is_alike = theirs == of_room || (!is_shown(turn, item, theirs) && !is_shown(turn, item, of_room));
    return is_alike && strcmp(item_date_zone(turn, item, person), item->deadline_zone) == 0;
}
