/* !standup week, stats, mine, search - several rounds at once: a week, what was open at its end, how it has gone, one's own. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/direct.h"
#include "engine/personal.h"
#include "time/hours.h"
#include "time/zone.h"

enum { WEEK_DAYS = 7, OPEN_SHOWN = 8, WEEKS_SHOWN = 8, FOUND_MAX = 10, TIMES_MAX = 4096, TEXT_SHOWN = 80 };

static int64_t monday_of(int64_t day)
{
    return day - civil_weekday(day);
}

static int64_t today(struct turn *turn)
{
    return hours_day_of(turn->zone, turn->now_ms);
}

/* --- Sums: of all, or of one person --- */

struct sums {
    int64_t n_asked, n_answered;
    size_t n_times;
    int64_t times_ms[TIMES_MAX]; /* from being asked to the first answer */
};

/* Of the rounds from that day on, before the other; who was away, or had left, was not asked. */
static void add_up(struct turn *turn, const struct item *routine, const char *person, int64_t from_day,
                   int64_t to_day, struct sums *sums)
{
    sums->n_asked = sums->n_answered = 0;
    sums->n_times = 0;
    struct rows rows = store_rows(
        turn->store,
        "SELECT a.asked_ms, (SELECT min(c.at_ms) FROM act c WHERE c.item = r.item AND c.person = a.person"
        "  AND c.what = 'answer' AND c.is_taken_back = 0)"
        " FROM round r JOIN asked a ON a.item = r.item WHERE r.routine = ?1 AND r.day >= ?2 AND r.day < ?3"
        " AND (?4 IS NULL OR a.person = ?4) AND a.was_away = 0 AND a.has_left = 0 AND NOT EXISTS"
        "  (SELECT 1 FROM act c WHERE c.item = r.item AND c.person = a.person AND c.what = 'skip'"
        "   AND c.is_taken_back = 0)",
        "iiis", routine->id, from_day, to_day, person);
    while (rows_next(&rows)) {
        int64_t asked_ms = rows_int(&rows, 0), answered_ms = rows_int(&rows, 1);
        if (!asked_ms && !answered_ms)
            continue;
        sums->n_asked++;
        sums->n_answered += answered_ms > 0;
        if (asked_ms && answered_ms >= asked_ms && sums->n_times < TIMES_MAX)
            sums->times_ms[sums->n_times++] = answered_ms - asked_ms;
    }
    rows_end(&rows);
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* {"answered", "all", "within": half of the answers came within that}; few say something of somebody. */
static struct json_object *sums_value(struct sums *sums, bool is_of_one)
{
    enum { FEW = 3 };
    struct json_object *value = values_new();
    json_set_int(value, "answered", sums->n_answered);
    json_set_int(value, "all", sums->n_asked);
    if (sums->n_times < (is_of_one ? 1U : FEW))
        return value;
    qsort(sums->times_ms, sums->n_times, sizeof sums->times_ms[0], by_size);
    int64_t minutes = sums->times_ms[(sums->n_times - 1) / 2] / MINUTE_MS;
    struct json_object *within = values_new();
    bool is_hours = minutes >= 120;
    json_set_int(within, "hours", is_hours ? (minutes + 30) / 60 : 0);
    json_set_int(within, "minutes", is_hours ? 0 : minutes + (minutes == 0));
    json_set(value, "within", within);
    return value;
}

/* --- A week --- */

static struct json_object *days_of_week(struct turn *turn, const struct item *routine, int64_t monday)
{
    int64_t ids[WEEK_DAYS];
    struct json_object *list = json_object_new_array();
    struct rows rows = store_rows(turn->store,
                                  "SELECT item FROM round WHERE routine = ?1 AND day >= ?2 AND day < ?3"
                                  " ORDER BY day LIMIT 7",
                                  "iii", routine->id, monday, monday + WEEK_DAYS);
    size_t n = rows_take(&rows, ids, WEEK_DAYS);
    for (size_t i = 0; i < n; i++) {
        struct item *round = item_get(turn, ids[i]);
        if (!round)
            continue;
        struct stand_list stands = round_standings(turn, round);
        struct json_object *row = values_new();
        json_set_str(row, "id", round->name);
        json_set(row, "day", round_day_value(turn, round_day(turn, round)));
        json_set_int(row, "answered", (int64_t)stands.n_answered);
        json_set_int(row, "all", (int64_t)(stands.n_answered + stands.n_to_come));
        json_object_array_add(list, row);
    }
    return list;
}

/* What this room had open when the week was over, or has now; of whoever may see it: all who are in the room. */
static struct json_object *open_at(struct turn *turn, int64_t at_ms, int64_t *more_out)
{
    int64_t ids[OPEN_SHOWN];
    struct json_object *list = json_object_new_array();
    int64_t all = store_int(
        turn->store, 0,
        "SELECT count(*) FROM item WHERE room = ?1 AND prefix NOT IN ('RTN', 'RND', 'RMD') AND opened_ms <= ?2"
        " AND (closed_ms IS NULL OR closed_ms > ?2)",
        "ii", turn->room.id, at_ms);
    struct rows rows = store_rows(
        turn->store,
        "SELECT id FROM item WHERE room = ?1 AND prefix NOT IN ('RTN', 'RND', 'RMD') AND opened_ms <= ?2"
        " AND (closed_ms IS NULL OR closed_ms > ?2) ORDER BY deadline_ms, id LIMIT ?3",
        "iii", turn->room.id, at_ms, (int64_t)OPEN_SHOWN);
    size_t n = rows_take(&rows, ids, OPEN_SHOWN);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (!item)
            continue;
        struct json_object *row = values_new();
        json_set_str(row, "id", item->name);
        json_set(row, "subject", values_text(item_field(turn, item, "subject"), TEXT_SHOWN));
        json_set(row, "owner", values_person(turn, item->owner));
        json_set(row, "deadline", item->deadline_ms ? round_time_value(turn, item->deadline_ms) : NULL);
        json_object_array_add(list, row);
    }
    *more_out = all - (int64_t)n;
    return list;
}

static void show_week(struct turn *turn, const struct item *routine, int64_t monday)
{
    struct routine kept = routine_of(turn, routine);
    struct sums *sums = arena_alloc(turn->arena, sizeof *sums);
    struct json_object *values = values_new(), *days = days_of_week(turn, routine, monday);
    int64_t end_ms = zone_instant(turn->zone, civil_from_day(monday + WEEK_DAYS)) - 1, more;
    add_up(turn, routine, NULL, monday, monday + WEEK_DAYS, sums);
    json_set_bool(values, kept.kind, true);
    json_set_bool(values, "named", kept.title != 0);
    json_set(values, "title", values_text(kept.title, 0));
    json_set(values, "monday", round_day_value(turn, monday));
    json_set(values, "sums", sums_value(sums, false));
    json_set_bool(values, "empty", json_object_array_length(days) == 0);
    json_set(values, "days", days);
    json_set_bool(values, "past", end_ms < turn->now_ms);
    json_set(values, "open", open_at(turn, end_ms < turn->now_ms ? end_ms : turn->now_ms, &more));
    json_set_int(values, "more", more);
    turn_answer(turn, "routine/week", values);
}

/* --- How it has gone --- */

/* The newest week first; a week without a round is left out. */
static struct json_object *weeks_value(struct turn *turn, const struct item *routine, const char *person)
{
    struct sums *sums = arena_alloc(turn->arena, sizeof *sums);
    struct json_object *list = json_object_new_array();
    int64_t monday = monday_of(today(turn));
    for (int i = 0; i < WEEKS_SHOWN; i++, monday -= WEEK_DAYS) {
        add_up(turn, routine, person, monday, monday + WEEK_DAYS, sums);
        if (!sums->n_asked)
            continue;
        struct json_object *row = sums_value(sums, person != NULL);
        json_set(row, "monday", round_day_value(turn, monday));
        json_object_array_add(list, row);
    }
    return list;
}

static struct json_object *stats_value(struct turn *turn, const struct item *routine, const char *person)
{
    struct routine kept = routine_of(turn, routine);
    struct json_object *values = values_new(), *weeks = weeks_value(turn, routine, person);
    json_set_bool(values, kept.kind, true);
    json_set_bool(values, "named", kept.title != 0);
    json_set(values, "title", values_text(kept.title, 0));
    json_set_bool(values, "empty", json_object_array_length(weeks) == 0);
    json_set(values, "weeks", weeks);
    json_set_bool(values, "own", person != NULL);
    return values;
}

/* Figures about a person go to that person alone. */
static void send_own(struct turn *turn, const struct item *routine)
{
    const char *person = turn->event->sender;
    int64_t here = turn->room.id;
    turn_answer(turn, "routine/told", values_new());
    personal_address(turn, person);
    struct json_object *values = stats_value(turn, routine, person), *room = values_new();
    values_add_room(turn, room, &turn->room);
    json_set(values, "room", room);
    turn_say(turn, (struct say){ .step = "own",
                                 .template_name = "routine/stats",
                                 .values = values,
                                 .room = direct_room(turn, person) });
    turn_enter_room(turn, here);
}

/* --- Search --- */

static void search(struct turn *turn, const struct item *routine, const char *words)
{
    int64_t rounds[FOUND_MAX], texts[FOUND_MAX];
    const char *people[FOUND_MAX], *expression = item_match_expression(turn, words);
    size_t n = 0;
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct rows rows =
        store_rows(turn->store,
                   "SELECT a.item, a.person, a.text FROM text_index x JOIN answer a ON a.text = x.rowid"
                   " JOIN round r ON r.item = a.item WHERE text_index MATCH ?1 AND r.routine = ?2"
                   " ORDER BY r.day DESC, a.person, a.place LIMIT ?3",
                   "sii", *expression ? expression : "\"\"", routine->id, (int64_t)FOUND_MAX);
    while (n < FOUND_MAX && rows_next(&rows)) {
        rounds[n] = rows_int(&rows, 0);
        people[n] = rows_dup(&rows, 1, turn->arena);
        texts[n++] = rows_int(&rows, 2);
    }
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        struct item *round = item_get(turn, rounds[i]);
        struct json_object *row = values_new();
        json_set_str(row, "id", round ? round->name : "");
        json_set(row, "day", round ? round_day_value(turn, round_day(turn, round)) : NULL);
        json_set(row, "person", values_person(turn, people[i]));
        json_set(row, "text", values_text(texts[i], TEXT_SHOWN));
        json_object_array_add(list, row);
    }
    json_set(values, "words", values_text(text_add(turn, turn->event->sender, words), TEXT_SHOWN));
    json_set_bool(values, "empty", n == 0);
    json_set(values, "list", list);
    turn_answer(turn, "routine/found", values);
}

/* --- What is typed --- */

bool routine_look_over(struct turn *turn, const struct item *routine, const char *text)
{
    static const char *const this_week[] = { "week", "this week", "semaine", "cette semaine", NULL };
    static const char *const last_week[] = { "last week", "semaine derniere", "la semaine derniere",
                                             "semaine passee", NULL };
    static const char *const stats[] = { "stats", "trend", "figures", "chiffres", "tendance", NULL };
    static const char *const own[] = { "mine", "my stats", "moi", "mes chiffres", NULL };
    static const char *const openers[] = { "search ", "find ", "chercher ", "recherche ", NULL };
    const char *folded = text_fold(turn->arena, text);
    int64_t monday = monday_of(today(turn));
    if (text_is_one_of(folded, this_week))
        show_week(turn, routine, monday);
    else if (text_is_one_of(folded, last_week))
        show_week(turn, routine, monday - WEEK_DAYS);
    else if (text_is_one_of(folded, stats))
        turn_answer(turn, "routine/stats", stats_value(turn, routine, NULL));
    else if (text_is_one_of(folded, own))
        send_own(turn, routine);
    else {
        for (int i = 0; openers[i]; i++)
            if (text_starts_with(folded, openers[i])) {
                search(turn, routine, text_skip_space(text + strcspn(text, " ")));
                return true;
            }
        return false;
    }
    return true;
}
