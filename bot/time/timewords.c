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

#define TRUE_TEXT "1" /* is true in a section; "" is not */

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

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

char *timewords_weekday(struct arena *arena, const char *lang, int weekday)
{
    return words_nth(arena, in_dates(lang, "days_short"), (size_t)weekday);
}

/* --- Instants --- */

/* One of them, while its parts are asked for. */
struct writing {
    struct arena *arena;
    const struct timewords_instant *instant;
    const char *zone; /* a known one */
    struct zone_local local;
};

/* A name that stands for an entry of a list of words; NULL: it is none of these. */
static const char *listed_word(const struct writing *w, const char *name)
{
    const struct {
        const char *name, *list;
        int entry;
    } names[] = {
        { "weekday", "days_short", w->local.weekday },
        { "weekday_long", "days_long", w->local.weekday },
        { "month", "months_short", w->local.civil.month - 1 },
        { "month_long", "months_long", w->local.civil.month - 1 },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return words_nth(w->arena, in_dates(w->instant->lang, names[i].list), (size_t)names[i].entry);
    return NULL;
}

static const char *day_number(const struct writing *w)
{
    int day = w->local.civil.day;
    return day == 1 ? words_get(w->arena, in_dates(w->instant->lang, "first"))
                    : arena_printf(w->arena, "%d", day);
}

static const char *year(const struct writing *w)
{
    int its_own = w->local.civil.year;
    return its_own == w->instant->now_year ? "" : arena_printf(w->arena, "%d", its_own);
}

static bool is_pattern(const char *name)
{
    static const char *const patterns[] = { "card", "short", "sentence", "long", "day", "day_long", "hour" };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (strcmp(name, patterns[i]) == 0)
            return true;
    return false;
}

static const char *find_part(void *context, struct json_object *value, const char *name);

static char *fill_pattern(struct writing *w, const char *name)
{
    struct message_lookup lookup = { find_part, w };
    return message_fill_from(w->arena, w->instant->lang,
                             words_get(w->arena, in_dates(w->instant->lang, name)), &lookup);
}

/* What a pattern can name. */
static const char *find_part(void *context, struct json_object *value, const char *name)
{
    struct writing *w = context;
    const struct civil *civil = &w->local.civil;
    (void)value;
    if (is_pattern(name))
        return fill_pattern(w, name);
    if (strcmp(name, "number") == 0)
        return day_number(w);
    if (strcmp(name, "year") == 0)
        return year(w);
    if (strcmp(name, "h") == 0)
        return arena_printf(w->arena, "%d", civil->hour);
    if (strcmp(name, "hh") == 0)
        return arena_printf(w->arena, "%02d", civil->hour);
    if (strcmp(name, "mm") == 0)
        return arena_printf(w->arena, "%02d", civil->minute);
    if (strcmp(name, "is_full_hour") == 0)
        return civil->minute == 0 ? TRUE_TEXT : "";
    if (strcmp(name, "zone") == 0)
        return zone_words(w->arena, w->instant->lang, w->zone, w->instant->at_ms);
    return listed_word(w, name);
}

char *timewords_clock(struct arena *arena, const char *lang, int minute)
{
    struct timewords_instant instant = { .lang = lang };
    struct writing w = { .arena = arena, .instant = &instant };
    w.local.civil = (struct civil){ .hour = minute / 60, .minute = minute % 60 };
    return fill_pattern(&w, "hour");
}

int timewords_year(const char *zone, int64_t now_ms)
{
    return local_time(zone, now_ms).civil.year;
}

const char *timewords_text(struct arena *arena, const struct timewords_instant *instant, const char *form)
{
    const char *zone = zone_is_known(instant->zone) ? instant->zone : "UTC";
    struct writing w = { .arena = arena, .instant = instant, .zone = zone };
    if (strcmp(form, "twice") == 0)
        return which_of_two(zone, instant->at_ms) ? TRUE_TEXT : "";
    w.local = zone_local(zone, instant->at_ms);
    return is_pattern(form) || strcmp(form, "zone") == 0 ? find_part(&w, NULL, form) : NULL;
}
