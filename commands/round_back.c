/* !standup yesterday|monday|@bob - a round of the past, or what one person has answered in this room. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/people.h"
#include "time/hours.h"

enum { OWN_SHOWN = 5 };

/* "yesterday" is the day of the round before today's; a date is that day's. 0: it is no date. */
static int64_t read_day(struct turn *turn, const char *text)
{
    static const char *const before[] = { "yesterday", "hier", "last", "dernier", NULL };
    int64_t today = hours_day_of(turn->zone, turn->now_ms);
    if (text_is_one_of(text_fold(turn->arena, text), before))
        return today - 1;
    struct when when = turn_read_day(turn, text);
    if (when.result != WHEN_AT)
        return 0;
    int64_t day = civil_day_number(when.civil.year, when.civil.month, when.civil.day);
    /* "monday" is one that was. */
    while (day > today)
        day -= 7;
    return day;
}

/* The round of that day, or the last one before it; NULL: there is none. */
static struct item *find_round(struct turn *turn, const struct item *routine, int64_t day)
{
    return routine_newest_round(turn, routine->id, day + 1);
}

static void show_round(struct turn *turn, const struct item *routine, int64_t day)
{
    const char *template_name;
    struct item *round = find_round(turn, routine, day);
    if (!round) {
        turn_answer(turn, "routine/no-round", values_new());
        return;
    }
    turn->about = round->id;
    struct json_object *values = round_card(turn, round, &template_name);
    turn_answer(turn, template_name, values);
}

/* --- One person --- */

static struct json_object *own_rows(struct turn *turn, const struct item *routine, const char *person)
{
    int64_t ids[OWN_SHOWN];
    struct routine kept = routine_of(turn, routine);
    struct json_object *list = json_object_new_array();
    struct rows rows = store_rows(turn->store,
                                  "SELECT r.item FROM round r WHERE r.routine = ?1 AND EXISTS"
                                  " (SELECT 1 FROM answer a WHERE a.item = r.item AND a.person = ?2)"
                                  " ORDER BY r.day DESC LIMIT ?3",
                                  "isi", routine->id, person, (int64_t)OWN_SHOWN);
    size_t n = rows_take(&rows, ids, OWN_SHOWN);
    for (size_t i = 0; i < n; i++) {
        struct item *round = item_get(turn, ids[i]);
        if (!round)
            continue;
        struct json_object *row = round_basics(turn, round);
        json_set(row, "rows", round_answer_rows(turn, round, routine_form(&kept), person, ROUND_VALUE_MAX));
        json_object_array_add(list, row);
    }
    return list;
}

static void show_person(struct turn *turn, const struct item *routine, const char *person)
{
    struct json_object *values = values_new(), *list = own_rows(turn, routine, person);
    json_set_bool(values, "empty", json_object_array_length(list) == 0);
    json_set(values, "person", values_person(turn, person));
    json_set(values, "answers", list);
    turn_answer(turn, "routine/person", values);
}

bool routine_look_back(struct turn *turn, const struct item *routine, const char *text)
{
    if (*text == '@') {
        struct people_read read = people_read(turn, text, NULL);
        if (read.culprit)
            people_answer_unread(turn, &read);
        else if (read.people.n == 1)
            show_person(turn, routine, read.people.ids[0]);
        return read.culprit || read.people.n == 1;
    }
    int64_t day = read_day(turn, text);
    if (day)
        show_round(turn, routine, day);
    return day != 0;
}
