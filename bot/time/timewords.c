#include "time/timewords.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "time/zone.h"
#include "words/message.h"
#include "words/words.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

/* In this order: each may use those before it. */
static const char *const patterns[] = { "day", "day_long", "hour", "short", "long", "card", "sentence" };

static struct words_place in_dates(const char *lang, const char *key)
{
    return (struct words_place){ lang, "dates", key };
}

static struct words_place in_zones(const char *lang, const char *key)
{
    return (struct words_place){ lang, "zones", key };
}

static struct zone_local local_time(const char *zone, int64_t at_ms)
{
    return zone_local(zone_is_known(zone) ? zone : "UTC", at_ms);
}

/* A pattern with one value. */
static char *fill_one(struct arena *arena, const char *lang, const char *pattern, const char *name,
                      struct json_object *value)
{
    struct json_object *values = json_object_new_object();
    json_set(values, name, value);
    char *text = message_fill(arena, lang, pattern, values);
    json_object_put(values);
    return text;
}

/* ---- How far off ---- */

static int64_t nearest(int64_t ms, int64_t unit_ms)
{
    return (ms + unit_ms / 2) / unit_ms;
}

char *timewords_in(struct arena *arena, const char *lang, int64_t at_ms, int64_t now_ms)
{
    bool is_past = at_ms < now_ms;
    int64_t off_ms = is_past ? now_ms - at_ms : at_ms - now_ms;
    int64_t minutes = nearest(off_ms, MINUTE_MS), hours = nearest(off_ms, HOUR_MS);
    const char *unit = minutes < 120 ? "minutes" : hours < 48 ? "hours" : "days";
    int64_t n = minutes < 120 ? minutes : hours < 48 ? hours : nearest(off_ms, DAY_MS);
    if (n == 0)
        return words_get(arena, in_dates(lang, "now"));
    const char *key = arena_printf(arena, "%s_%s", is_past ? "ago" : "in", unit);
    return fill_one(arena, lang, words_get(arena, in_dates(lang, key)), "n", json_object_new_int64(n));
}

/* ---- Zones ---- */

static bool is_letters(const char *abbreviation)
{
    size_t n = strspn(abbreviation, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n >= 2 && !abbreviation[n];
}

/* The last part of a zone's name, or NULL for those named after no city (UTC, Etc/GMT+5, EST5EDT). */
static char *city_of(struct arena *arena, const char *zone)
{
    const char *slash = strrchr(zone, '/');
    if (!slash || text_starts_with(zone, "Etc/"))
        return NULL;
    char *city = arena_strdup(arena, slash + 1);
    for (char *c = city; *c; c++)
        if (*c == '_')
            *c = ' ';
    return city;
}

/* Whether the city's first letter is among those before which the language elides. */
static bool is_elided(struct arena *arena, const char *lang, const char *city)
{
    const char *letters = words_find(arena, in_zones(lang, "elided"));
    const char *folded = text_fold(arena, city);
    return letters && folded[0] && folded[0] != ' ' && strchr(letters, folded[0]);
}

static char *zone_of_city(struct arena *arena, const char *lang, const char *city)
{
    const char *key = is_elided(arena, lang, city) ? "city_elided" : "city";
    return fill_one(arena, lang, words_get(arena, in_zones(lang, key)), "city", json_object_new_string(city));
}

static char *zone_of_offset(struct arena *arena, const char *lang, int offset_s)
{
    int minutes = abs(offset_s) / 60;
    const char *offset = arena_printf(arena, "%c%d", offset_s < 0 ? '-' : '+', minutes / 60);
    if (minutes % 60)
        offset = arena_printf(arena, "%s:%02d", offset, minutes % 60);
    return fill_one(arena, lang, words_get(arena, in_zones(lang, "offset")), "offset",
                    json_object_new_string(minutes ? offset : ""));
}

enum { CLOCK_CHANGE_MS_MAX = 3 * HOUR_MS };

/* A clock time that comes twice, when the clocks go back: which of the two this is; NULL: it comes once. */
static const char *which_of_two(const char *zone, int64_t at_ms)
{
    struct zone_local local = zone_local(zone, at_ms), after = zone_local(zone, at_ms + CLOCK_CHANGE_MS_MAX);
    int64_t change_ms = (local.offset_s - after.offset_s) * INT64_C(1000);
    if (zone_instant(zone, local.civil) / MINUTE_MS < at_ms / MINUTE_MS)
        return "second";
    bool comes_again = change_ms > 0 && zone_local(zone, at_ms + change_ms).offset_s == after.offset_s;
    return comes_again ? "first" : NULL;
}

static char *zone_name_words(struct arena *arena, const char *lang, const char *zone,
                             const struct zone_local *local)
{
    bool has_letters = is_letters(local->abbreviation);
    char *own_words = words_find(arena, in_zones(lang, zone));
    if (own_words)
        return own_words;
    const char *city = city_of(arena, zone);
    if (city)
        return zone_of_city(arena, lang, city);
    return has_letters ? arena_strdup(arena, local->abbreviation)
                       : zone_of_offset(arena, lang, local->offset_s);
}

/* Letters say by themselves which of two it is: CEST, then CET. */
static char *zone_words(struct arena *arena, const char *lang, const char *zone, int64_t at_ms)
{
    struct zone_local local = zone_local(zone, at_ms);
    const char *which = which_of_two(zone, at_ms);
    if (is_letters(local.abbreviation) && words_find(arena, in_zones(lang, "abbreviations")))
        return arena_strdup(arena, local.abbreviation);
    char *words = zone_name_words(arena, lang, zone, &local);
    return which ? fill_one(arena, lang, words_get(arena, in_zones(lang, which)), "zone",
                            json_object_new_string(words))
                 : words;
}

char *timewords_zone(struct arena *arena, const char *lang, int64_t at_ms, const char *zone)
{
    return zone_words(arena, lang, zone_is_known(zone) ? zone : "UTC", at_ms);
}

/* ---- Days and hours ---- */

char *timewords_head(struct arena *arena, int64_t at_ms, const char *zone)
{
    struct zone_local local = local_time(zone, at_ms);
    return arena_printf(arena, "%02d:%02d", local.civil.hour, local.civil.minute);
}

static void set_text(struct json_object *values, const char *name, char *text)
{
    assert(text);
    json_set_str(values, name, text);
}

static void set_day(struct arena *arena, const char *lang, struct json_object *values,
                    const struct zone_local *local)
{
    size_t weekday = (size_t)local->weekday, month = (size_t)local->civil.month - 1;
    set_text(values, "weekday", words_nth(arena, in_dates(lang, "days_short"), weekday));
    set_text(values, "weekday_long", words_nth(arena, in_dates(lang, "days_long"), weekday));
    set_text(values, "month", words_nth(arena, in_dates(lang, "months_short"), month));
    set_text(values, "month_long", words_nth(arena, in_dates(lang, "months_long"), month));
    set_text(values, "number",
             local->civil.day == 1 ? words_get(arena, in_dates(lang, "first"))
                                   : arena_printf(arena, "%d", local->civil.day));
}

static void set_hour(struct arena *arena, struct json_object *values, const struct zone_local *local)
{
    set_text(values, "h", arena_printf(arena, "%d", local->civil.hour));
    set_text(values, "hh", arena_printf(arena, "%02d", local->civil.hour));
    set_text(values, "mm", arena_printf(arena, "%02d", local->civil.minute));
    json_set_bool(values, "is_full_hour", local->civil.minute == 0);
}

char *timewords_weekday(struct arena *arena, const char *lang, int weekday)
{
    return words_nth(arena, in_dates(lang, "days_short"), (size_t)weekday);
}

char *timewords_clock(struct arena *arena, const char *lang, int minute)
{
    struct json_object *parts = json_object_new_object();
    struct zone_local local = { .civil = { .hour = minute / 60, .minute = minute % 60 } };
    set_hour(arena, parts, &local);
    char *text = message_fill(arena, lang, words_get(arena, in_dates(lang, "hour")), parts);
    json_object_put(parts);
    return text;
}

/* ---- All of it ---- */

enum { ZONE_NAME_MAX = 48, WRITTEN_MAX = 64 };

/* A card names the same moments each time it is written. How they are written depends on this alone: the words and the
 * zones are read once. */
struct written {
    char lang[LANGUAGE_MAX], zone[ZONE_NAME_MAX];
    int64_t at_ms;
    int now_year;
    struct json_object *value; /* owned; shared by all who have its texts; NULL: none yet */
};
static struct written written[WRITTEN_MAX];

/* But for how far off it is; the zone is known. */
static struct json_object *write_value(const char *lang, int64_t at_ms, const char *zone, int now_year)
{
    struct arena *arena = arena_create();
    struct json_object *parts = json_object_new_object(), *value = json_object_new_object();
    struct zone_local local = zone_local(zone, at_ms);
    set_day(arena, lang, parts, &local);
    set_hour(arena, parts, &local);
    if (local.civil.year != now_year)
        set_text(parts, "year", arena_printf(arena, "%d", local.civil.year));
    set_text(parts, "zone", zone_words(arena, lang, zone, at_ms));
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char *text = message_fill(arena, lang, words_get(arena, in_dates(lang, patterns[i])), parts);
        json_set_str(parts, patterns[i], text);
        json_set_str(value, patterns[i], text);
    }
    json_set_str(value, "zone", json_str(parts, "zone"));
    json_set_bool(value, "twice", which_of_two(zone, at_ms) != NULL);
    json_object_put(parts);
    arena_destroy(arena);
    return value;
}

static bool is_written(const struct written *one, const struct written *wanted)
{
    return one->value && one->at_ms == wanted->at_ms && one->now_year == wanted->now_year &&
           strcmp(one->zone, wanted->zone) == 0 && strcmp(one->lang, wanted->lang) == 0;
}

/* The caller's. */
static struct json_object *find_written(const char *lang, int64_t at_ms, const char *zone, int now_year)
{
    static size_t next;
    struct written wanted = { .at_ms = at_ms, .now_year = now_year };
    if (strlen(lang) >= sizeof wanted.lang || strlen(zone) >= sizeof wanted.zone)
        return write_value(lang, at_ms, zone, now_year);
    snprintf(wanted.lang, sizeof wanted.lang, "%s", lang);
    snprintf(wanted.zone, sizeof wanted.zone, "%s", zone);
    for (size_t i = 0; i < WRITTEN_MAX; i++)
        if (is_written(&written[i], &wanted))
            return json_object_get(written[i].value);
    wanted.value = write_value(lang, at_ms, zone, now_year);
    json_object_put(written[next].value);
    written[next] = wanted;
    next = (next + 1) % WRITTEN_MAX;
    return json_object_get(wanted.value);
}

struct json_object *timewords_value(const char *lang, int64_t at_ms, const char *zone, int64_t now_ms)
{
    struct arena *arena = arena_create();
    struct json_object *value = json_object_new_object();
    const char *known = zone_is_known(zone) ? zone : "UTC";
    struct json_object *kept = find_written(lang, at_ms, known, zone_local(known, now_ms).civil.year);
    json_object_object_foreach(kept, name, text) json_set(value, name, json_object_get(text));
    json_set_str(value, "in", timewords_in(arena, lang, at_ms, now_ms));
    json_object_put(kept);
    arena_destroy(arena);
    return value;
}
