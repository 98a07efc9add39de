/* What must be so, all the year: nobody is called outside their hours or while away, whatever calls them, nobody who has
 * answered is reminded, and what is due is said once: at its instant, or once and late when it fell into an outage. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "year.h"

enum { SERIES_MAX = 4096, STEP_MS = 15 * MINUTE_MS, DAYS_AHEAD_MAX = 40 };

static struct series all[SERIES_MAX];
static size_t n_all;

void check_series(struct series series)
{
    /* What could not be set is asked about, or refused in words. */
    if (!series.item) {
        year_fail("%s made no reminder", series.event);
        return;
    }
    if (n_all < SERIES_MAX)
        all[n_all++] = series;
}

struct series *check_find_series(void)
{
    size_t first = n_all ? (size_t)chance_in(&year.chance, 0, (int64_t)n_all - 1) : 0;
    for (size_t i = 0; i < n_all; i++) {
        struct series *series = &all[(first + i) % n_all];
        if (!series->at_ms && series->until_ms == INT64_MAX)
            return series;
    }
    return NULL;
}

void check_forget(void)
{
    for (size_t i = 0; i < n_all; i++) {
        free(all[i].said_ms);
        free(all[i].said_late);
    }
    n_all = 0;
}

/* --- Who has answered --- */

/* The account of it is the world's own: a table beside the bot's. */
void check_position(int64_t item, const char *person, bool has_one)
{
    bool is_open =
        store_int(year.store, 0, "SELECT 1 FROM item WHERE id = ?1 AND closed_ms IS NULL", "i", item);
    if (is_open)
        store_run(year.store,
                  "INSERT INTO spoken(item, person, has) VALUES(?1, ?2, ?3)"
                  " ON CONFLICT(item, person) DO UPDATE SET has = excluded.has",
                  "isi", item, person, (int64_t)has_one);
}

static bool has_spoken(int64_t item, const char *person)
{
    return store_int(year.store, 0, "SELECT has FROM spoken WHERE item = ?1 AND person = ?2", "is", item,
                     person);
}

/* --- When they may be called --- */

const struct outage *check_outage_at(int64_t at_ms)
{
    for (int i = 0; i < OUTAGES; i++)
        if (at_ms >= year.outages[i].from_ms && at_ms < year.outages[i].to_ms)
            return &year.outages[i];
    return NULL;
}

int64_t check_first_moment(const struct person *person, int64_t from_ms)
{
    for (int64_t at_ms = from_ms; at_ms < from_ms + DAYS_AHEAD_MAX * DAY_MS;) {
        const struct outage *outage = check_outage_at(at_ms);
        if (outage)
            at_ms = outage->to_ms;
        else if (people_work(person, at_ms))
            return at_ms;
        else
            at_ms = (at_ms / STEP_MS + 1) * STEP_MS;
    }
    return INT64_MAX;
}

/* --- What is said --- */

static void note_due(const struct outbox_row *row)
{
    struct json_object *values = json_parse(row->values, strlen(row->values));
    for (size_t i = 0; i < n_all; i++) {
        struct series *series = &all[i];
        if (series->item != row->item)
            continue;
        if (series->n_said == series->said_cap) {
            series->said_cap = series->said_cap ? 2 * series->said_cap : 4;
            series->said_ms = xreallocarray(series->said_ms, series->said_cap, sizeof *series->said_ms);
            series->said_late = xreallocarray(series->said_late, series->said_cap, sizeof *series->said_late);
        }
        series->said_ms[series->n_said] = year.now_ms;
        series->said_late[series->n_said++] = json_object_get_boolean(json_find(values, "late"));
    }
    json_object_put(values);
}

static void check_call(const struct outbox_row *row, const char *id)
{
    const struct person *person = people_find(id);
    struct moment moment = moment_in(person->zone, year.now_ms);
    year.n_pings++;
    /* An answer to what they have just done has its own time. */
    if (year.speaker && strcmp(year.speaker, id) == 0)
        return;
    if (!people_work(person, year.now_ms))
        year_fail("%s calls %s at %s in %s%s", row->template_name, id, moment_text(moment), person->zone,
                  people_are_away(person, year.now_ms) ? ", who is away" : "");
    if (!people_are_there(person, year.now_ms))
        year_fail("%s calls %s, who has left", row->template_name, id);
    bool is_question = strcmp(row->template_name, "decision/asked") == 0 ||
                       strcmp(row->template_name, "decision/reminder") == 0;
    if (is_question && has_spoken(row->item, id))
        year_fail("%s calls %s, who has answered", row->template_name, id);
}

static int64_t midnight_of(const struct person *person)
{
    struct moment day = moment_in(person->zone, year.now_ms);
    day.hour = day.minute = 0;
    return moment_instant(person->zone, day);
}

int64_t check_monday(const struct person *person, int64_t at_ms)
{
    struct moment day = moment_in(person->zone, at_ms);
    day.hour = day.minute = 0;
    day.day -= day.weekday;
    return moment_instant(person->zone, day);
}

/* One a week has all that waits; the others are for who wishes them, and repeat nothing that is past its date. */
static void check_week(struct person *person, struct json_object *values)
{
    struct json_object *list = json_arr(values, "list");
    int64_t midnight_ms = midnight_of(person);
    bool is_weeks = json_flag(values, "week", false);
    if (is_weeks && person->week_ms >= check_monday(person, midnight_ms))
        year_fail("%s has two lists of one week", person->id);
    if (is_weeks)
        person->week_ms = midnight_ms;
    else if (!person->has_mornings)
        year_fail("%s has the list of a day, and wished those of weeks", person->id);
    for (size_t i = 0; !is_weeks && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *id = json_str(row, "id");
        int64_t deadline_ms =
            store_int(year.store, INT64_MAX,
                      "SELECT deadline_ms FROM item WHERE prefix || '-' || number = ?1", "s", id);
        if (json_flag(row, "do", false) && deadline_ms < midnight_ms)
            year_fail("%s has %s in the list of a day, and it was due before", person->id, id);
    }
}

/* Once a day, when it begins for them, and only if there is something in it. */
static void check_digest(const struct outbox_row *row, const char *id)
{
    struct person *person = people_find(id);
    struct json_object *values = json_parse(row->values, strlen(row->values)),
                       *list = json_arr(values, "list");
    int64_t midnight_ms = midnight_of(person);
    if (!list || json_object_array_length(list) == 0)
        year_fail("%s wakes to a list of nothing", id);
    if (person->digest_ms == midnight_ms)
        year_fail("%s has two lists on %s", id, moment_text(moment_in(person->zone, midnight_ms)));
    /* Who is back hears first what came meanwhile. */
    if (year.now_ms - check_first_moment(person, midnight_ms) > MINUTE_MS &&
        !people_were_away(person, midnight_ms, year.now_ms))
        year_fail("%s has the list of the day at %s in %s", id,
                  moment_text(moment_in(person->zone, year.now_ms)), person->zone);
    check_week(person, values);
    person->digest_ms = midnight_ms;
    json_object_put(values);
}

void check_work(const struct outbox_row *row, struct json_object *called)
{
    tasks_check(row);
    if (strcmp(row->template_name, "mine/list") == 0 && called)
        check_digest(row, json_str(json_object_array_get_idx(called, 0), ""));
    if (strcmp(row->template_name, "reminder/due") == 0)
        note_due(row);
}

static void check_row(const struct outbox_row *row)
{
    struct json_object *called = row->mentions ? json_parse(row->mentions, strlen(row->mentions)) : NULL;
    year_trace(row->template_name, row->mentions ? row->mentions : row->values);
    year.play->see(row, called);
    if (strcmp(row->template_name, "reminder/due") != 0) /* at the moment that they chose */
        for (size_t i = 0; called && i < json_object_array_length(called); i++)
            check_call(row, json_str(json_object_array_get_idx(called, i), ""));
    json_object_put(called);
}

void check_what_is_said(void)
{
    int64_t id;
    while ((id = store_int(year.store, 0, "SELECT min(id) FROM outbox WHERE state = 0 AND state < 4", "")) !=
           0) {
        struct outbox_row row;
        if (!outbox_get(year.store, id, year.arena, &row))
            abort();
        year.n_messages++;
        if (row.template_name)
            check_row(&row);
        outbox_seal(year.store, id, "{}", year.now_ms);
        outbox_done(year.store, id, arena_printf(year.arena, "$sent%lld", (long long)id));
    }
}

/* --- What was due --- */

/* The first occurrence after that instant. */
static int64_t next_occurrence(const struct series *series, int64_t after_ms)
{
    const char *zone = room_zones[series->room];
    struct moment moment = moment_in(zone, after_ms);
    moment.hour = series->minute / 60;
    moment.minute = series->minute % 60;
    for (;; moment.day++) {
        int64_t at_ms = moment_instant(zone, moment);
        if (at_ms > after_ms && (series->weekday < 0 || moment_in(zone, at_ms).weekday == series->weekday))
            return at_ms;
    }
}

static void expect(const struct series *series, size_t *i, int64_t at_ms, bool is_late)
{
    const char *zone = room_zones[series->room], *want = moment_text(moment_in(zone, at_ms));
    if (year.violation[0])
        return;
    if (*i >= series->n_said)
        year_fail("item %lld, due at %s in %s, was not said", (long long)series->item, want, zone);
    else if (series->said_ms[*i] != at_ms)
        year_fail("item %lld, due at %s in %s, was said at %s", (long long)series->item, want, zone,
                  moment_text(moment_in(zone, series->said_ms[*i])));
    else if (series->said_late[*i] != is_late)
        year_fail("item %lld, said at %s in %s, is %smarked late", (long long)series->item, want, zone,
                  is_late ? "not " : "");
    (*i)++;
}

static void check_said_once(const struct series *series)
{
    size_t i = 0;
    int64_t at_ms = series->at_ms ? series->at_ms : next_occurrence(series, series->from_ms);
    while (at_ms <= year.end_ms && at_ms < series->until_ms && !year.violation[0]) {
        const struct outage *outage = check_outage_at(at_ms);
        int64_t said_ms = outage ? outage->to_ms : at_ms;
        if (said_ms > year.end_ms || said_ms >= series->until_ms)
            break;
        expect(series, &i, said_ms, outage != NULL);
        if (series->at_ms)
            break;
        at_ms = next_occurrence(series, said_ms);
    }
    if (!year.violation[0] && i < series->n_said)
        year_fail("item %lld was said %zu times, not %zu: the last one at %s", (long long)series->item,
                  series->n_said, i,
                  moment_text(moment_in(room_zones[series->room], series->said_ms[series->n_said - 1])));
}

void check_end(void)
{
    for (size_t i = 0; i < n_all && !year.violation[0]; i++)
        check_said_once(&all[i]);
    int64_t left = store_int(
        year.store, 0, "SELECT count(*) FROM item WHERE prefix = 'DEC' AND state = 1 AND deadline_ms < ?1",
        "i", year.end_ms);
    if (left)
        year_fail("%lld decisions are open behind their date", (long long)left);
    tasks_check_end();
}
