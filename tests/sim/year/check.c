/* What must be so, all the year: nobody is called outside their hours or while away, nobody who has answered is reminded,
 * and what is due is said once: at its instant, or once and late when it fell into an outage. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "year.h"

enum { SERIES_MAX = 4096 };

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

/* These call people at a time of the bot's own choosing; what somebody asked for, or has just done, has its own. */
static bool is_call(const struct outbox_row *row)
{
    static const char *const calls[] = { "decision/asked", "decision/asked-again", "decision/reminder",
                                         "decision/talk",  "decision/talk-none",   "decision/talk-result",
                                         "away/returned" };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(row->template_name, calls[i]) == 0)
            return true;
    return strcmp(row->role, "card") == 0;
}

static void check_call(const struct outbox_row *row, const char *id)
{
    const struct person *person = people_find(id);
    struct moment moment = moment_in(person->zone, year.now_ms);
    year.n_pings++;
    if (!people_work(person, year.now_ms))
        year_fail("%s calls %s at %s in %s%s", row->template_name, id, moment_text(moment), person->zone,
                  person->away_from_ms && year.now_ms < person->away_until_ms ? ", who is away" : "");
    bool is_question = strcmp(row->template_name, "decision/asked") == 0 ||
                       strcmp(row->template_name, "decision/reminder") == 0;
    if (is_question && has_spoken(row->item, id))
        year_fail("%s calls %s, who has answered", row->template_name, id);
}

static void check_row(const struct outbox_row *row)
{
    struct json_object *called = row->mentions ? json_parse(row->mentions, strlen(row->mentions)) : NULL;
    if (strcmp(row->template_name, "reminder/due") == 0)
        note_due(row);
    else if (is_call(row))
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

static const struct outage *outage_at(int64_t at_ms)
{
    for (int i = 0; i < OUTAGES; i++)
        if (at_ms >= year.outages[i].from_ms && at_ms < year.outages[i].to_ms)
            return &year.outages[i];
    return NULL;
}

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
        const struct outage *outage = outage_at(at_ms);
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
}
