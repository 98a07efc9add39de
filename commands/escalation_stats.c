/* !urgent stats - what the escalations of a room were like, this month and the one before: to the room, and to nobody else. */
#include <stdlib.h>
#include <string.h>

#include "commands/escalation.h"
#include "engine/personal.h"
#include "time/zone.h"
#include "words/words.h"

enum { ITEMS_MAX = 500, NIGHTS_MAX = 512, NIGHT_FROM_H = 22, NIGHT_TO_H = 7, MINUTE_MS = 60 * 1000 };

struct month {
    int64_t from_ms, to_ms;
};

/* "person day": a night on which somebody was called. */
struct nights {
    const char *rows[NIGHTS_MAX];
    size_t n;
};

struct figures {
    int n, n_judged, n_false, n_calls;
    int64_t taken_ms[ITEMS_MAX], solved_ms[ITEMS_MAX]; /* from when they were reported */
    size_t n_taken, n_solved;
    struct nights nights;
};

static struct month month_of(const char *zone, int64_t at_ms)
{
    struct civil civil = zone_local(zone, at_ms).civil;
    struct civil first = { civil.year, civil.month, 1, 0, 0, 0 }, next = first;
    next.month++;
    if (next.month > 12) {
        next.month = 1;
        next.year++;
    }
    return (struct month){ zone_instant(zone, first), zone_instant(zone, next) };
}

/* The evening counts, whichever side of midnight it was. */
static void note_night(struct turn *turn, struct nights *nights, const char *person, int64_t at_ms)
{
    struct civil civil = zone_local(personal_zone(turn, person), at_ms).civil;
    if (civil.hour < NIGHT_FROM_H && civil.hour >= NIGHT_TO_H)
        return;
    int64_t day = civil_day_number(civil.year, civil.month, civil.day) - (civil.hour < NIGHT_TO_H);
    const char *row = arena_printf(turn->arena, "%s %lld", person, (long long)day);
    for (size_t i = 0; i < nights->n; i++)
        if (strcmp(nights->rows[i], row) == 0)
            return;
    if (nights->n < NIGHTS_MAX)
        nights->rows[nights->n++] = row;
}

static void add_item(struct turn *turn, const struct item *item, struct figures *figures)
{
    struct history_list history = item_history(turn, item);
    struct verdict verdict = escalation_verdict(turn, item);
    bool is_taken = false;
    int64_t solved_ms = 0;
    figures->n++;
    figures->n_judged += verdict.n_yes + verdict.n_no > 0;
    figures->n_false += verdict.n_no > verdict.n_yes;
    for (size_t i = 0; i < history.n; i++) {
        const struct history_row *row = &history.rows[i];
        struct called called = escalation_read_called(turn, row);
        bool is_solved = strcmp(row->what, "solved") == 0;
        solved_ms = is_solved ? row->at_ms : solved_ms;
        if (called.person) {
            figures->n_calls++;
            note_night(turn, &figures->nights, called.person, row->at_ms);
        }
        if (!is_taken && (is_solved || strcmp(row->what, "take") == 0)) {
            figures->taken_ms[figures->n_taken++] = row->at_ms - item->opened_ms;
            is_taken = true;
        }
    }
    if (item->state == ESCALATION_SOLVED || item->state == ESCALATION_CLOSED)
        figures->solved_ms[figures->n_solved++] = solved_ms - item->opened_ms;
}

static void add_items(struct turn *turn, const struct month *month, struct figures *figures)
{
    struct rows rows = store_rows(turn->store,
                                  "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 AND opened_ms >= ?3"
                                  " AND opened_ms < ?4 ORDER BY id LIMIT ?5",
                                  "isiii", turn->room.id, habit_escalation.prefix, month->from_ms,
                                  month->to_ms, (int64_t)ITEMS_MAX);
    while (rows_next(&rows)) {
        struct item *item = item_get(turn, rows_int(&rows, 0));
        if (item)
            add_item(turn, item, figures);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The median and the longest, in minutes. */
static void add_times(struct json_object *values, const char *name, int64_t *times_ms, size_t n)
{
    if (n == 0)
        return;
    struct json_object *times = values_new();
    qsort(times_ms, n, sizeof *times_ms, compare);
    json_set_int(times, "median", times_ms[(n - 1) / 2] / MINUTE_MS);
    json_set_int(times, "longest", times_ms[n - 1] / MINUTE_MS);
    json_set(values, name, times);
}

static struct json_object *month_row(struct turn *turn, const struct month *month)
{
    struct json_object *row = values_new();
    struct figures *figures = arena_alloc(turn->arena, sizeof *figures);
    memset(figures, 0, sizeof *figures);
    add_items(turn, month, figures);
    int64_t n_met = store_int(turn->store, 0,
                              "SELECT count(*) FROM history WHERE item IS NULL AND room = ?1 AND what = 'met'"
                              " AND at_ms >= ?2 AND at_ms < ?3",
                              "iii", turn->room.id, month->from_ms, month->to_ms);
    int number = zone_local(turn->zone, month->from_ms).civil.month;
    json_set_str(row, "month",
                 words_nth(turn->arena, (struct words_place){ turn->lang, "dates", "months_long" },
                           (size_t)number - 1));
    json_set_bool(row, "nothing", figures->n == 0 && n_met == 0);
    json_set_int(row, "n", figures->n);
    json_set_bool(row, "judged", figures->n_judged > 0);
    json_set_int(row, "n_judged", figures->n_judged);
    json_set_int(row, "n_false", figures->n_false);
    json_set_int(row, "percent", figures->n_judged ? figures->n_false * 100 / figures->n_judged : 0);
    json_set_int(row, "n_met", n_met);
    json_set_bool(row, "met", n_met > 0);
    json_set_int(row, "n_calls", figures->n_calls);
    json_set_int(row, "n_nights", (int64_t)figures->nights.n);
    add_times(row, "taken", figures->taken_ms, figures->n_taken);
    add_times(row, "solved", figures->solved_ms, figures->n_solved);
    return row;
}

void escalation_answer_stats(struct turn *turn)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct month this = month_of(turn->zone, turn->now_ms);
    struct month before = month_of(turn->zone, this.from_ms - 1);
    json_object_array_add(list, month_row(turn, &this));
    json_object_array_add(list, month_row(turn, &before));
    json_set(values, "list", list);
    turn_answer(turn, "escalation/stats", values);
}
