/* The decision: whether its date leaves everybody asked the working time that is theirs (method.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "engine/words.h"

enum { HALF_HOUR_MS = 30 * 60 * 1000, QUARTER_MS = HALF_HOUR_MS / 2, NAMED_MAX = 5 };

/* From when on their time counts: since they were asked, or, where that is still to come, from now. */
static int64_t counts_from_ms(const struct turn *turn, const struct asked *asked)
{
    return asked->asked_ms ? asked->asked_ms : turn->now_ms;
}

/* Working time up to the date, in half hours: so it is compared and shown. */
static int64_t half_hours(struct turn *turn, const struct item *item, const struct asked *asked)
{
    int64_t work_ms =
        personal_work_between(turn, asked->person, counts_from_ms(turn, asked), item->deadline_ms);
    return (work_ms + HALF_HOUR_MS / 2) / HALF_HOUR_MS;
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
    int64_t halves = half_hours(turn, item, asked);
    const char *number = arena_printf(turn->arena, "%lld%s", (long long)halves / 2, halves % 2 ? ".5" : "");
    json_set_str(row, "hours", words_decimal(turn->arena, turn->lang, number));
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
