#include "time/zone_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xmalloc.h"
#include "time/zone.h"

/* Great cities by the names that French has for them, and those that the database calls by another's. */
static const struct {
    const char *city, *zone;
} french_cities[] = {
    { "addis abeba", "Africa/Addis_Ababa" },
    { "alger", "Africa/Algiers" },
    { "athenes", "Europe/Athens" },
    { "bagdad", "Asia/Baghdad" },
    { "bale", "Europe/Zurich" },
    { "berne", "Europe/Zurich" },
    { "beyrouth", "Asia/Beirut" },
    { "bombay", "Asia/Kolkata" },
    { "bruxelles", "Europe/Brussels" },
    { "bucarest", "Europe/Bucharest" },
    { "caire", "Africa/Cairo" },
    { "calcutta", "Asia/Kolkata" },
    { "copenhague", "Europe/Copenhagen" },
    { "damas", "Asia/Damascus" },
    { "djakarta", "Asia/Jakarta" },
    { "dubai", "Asia/Dubai" },
    { "edimbourg", "Europe/London" },
    { "geneve", "Europe/Zurich" },
    { "havane", "America/Havana" },
    { "katmandou", "Asia/Kathmandu" },
    { "koweit", "Asia/Kuwait" },
    { "lausanne", "Europe/Zurich" },
    { "le caire", "Africa/Cairo" },
    { "la havane", "America/Havana" },
    { "lisbonne", "Europe/Lisbon" },
    { "londres", "Europe/London" },
    { "lyon", "Europe/Paris" },
    { "malte", "Europe/Malta" },
    { "manille", "Asia/Manila" },
    { "marseille", "Europe/Paris" },
    { "mexico", "America/Mexico_City" },
    { "montreal", "America/Toronto" },
    { "moscou", "Europe/Moscow" },
    { "nicosie", "Asia/Nicosia" },
    { "oulan bator", "Asia/Ulaanbaatar" },
    { "pekin", "Asia/Shanghai" },
    { "quebec", "America/Toronto" },
    { "riyad", "Asia/Riyadh" },
    { "saigon", "Asia/Ho_Chi_Minh" },
    { "seoul", "Asia/Seoul" },
    { "singapour", "Asia/Singapore" },
    { "tachkent", "Asia/Tashkent" },
    { "teheran", "Asia/Tehran" },
    { "varsovie", "Europe/Warsaw" },
    { "vienne", "Europe/Vienna" },
};

struct entry {
    char *key; /* owned */
    const char *zone;
};

/* Sorted by key; a text of a thousand characters may ask a thousand times. */
struct index {
    struct entry *entries; /* owned */
    size_t n, cap;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void add(struct index *index, const char *zone, const char *text, bool is_spoken)
{
    if (index->n == index->cap) {
        index->cap = index->cap ? 2 * index->cap : 1024;
        index->entries = xreallocarray(index->entries, index->cap, sizeof *index->entries);
    }
    char *key = xstrdup(text);
    for (char *c = key; *c; c++)
        *c = (char)(is_spoken && (*c == '_' || *c == '-') ? ' ' : tolower((unsigned char)*c));
    index->entries[index->n++] = (struct entry){ .key = key, .zone = zone };
}

/* Those of US/, Etc/ and the like are named after no city. */
static const char *city_of(const char *zone)
{
    static const char *const regions[] = { "Africa/",   "America/",   "Antarctica/", "Arctic/", "Asia/",
                                           "Atlantic/", "Australia/", "Europe/",     "Indian/", "Pacific/" };
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (text_starts_with(zone, regions[i]))
            return strrchr(zone, '/') + 1;
    return NULL;
}

static void sort(struct index *index)
{
    if (index->n)
        qsort(index->entries, index->n, sizeof *index->entries, compare);
}

static const char *find(const struct index *index, const char *key)
{
    struct entry wanted = { .key = (char *)key };
    if (!index->n)
        return NULL;
    const struct entry *found = bsearch(&wanted, index->entries, index->n, sizeof *index->entries, compare);
    return found && zone_is_known(found->zone) ? found->zone : NULL;
}

const char *zone_names_find(const char *name)
{
    static struct index names;
    char key[80];
    size_t len = strlen(name);
    if (!names.n) {
        for (const char *zone = zone_next(NULL); zone; zone = zone_next(zone))
            add(&names, zone, zone, false);
        sort(&names);
    }
    if (len >= sizeof key)
        return NULL;
    for (size_t i = 0; i <= len; i++)
        key[i] = (char)tolower((unsigned char)name[i]);
    return find(&names, key);
}

const char *zone_names_of_city(const char *city)
{
    static struct index cities;
    if (!cities.n) {
        for (const char *zone = zone_next(NULL); zone; zone = zone_next(zone))
            if (city_of(zone))
                add(&cities, zone, city_of(zone), true);
        sort(&cities);
    }
    return find(&cities, city);
}

const char *zone_names_of_french_city(const char *city)
{
    for (size_t i = 0; i < sizeof french_cities / sizeof *french_cities; i++)
        if (strcmp(french_cities[i].city, city) == 0)
            return french_cities[i].zone;
    return NULL;
}

const char *zone_names_read(struct arena *arena, const char *typed)
{
    const char *zone = zone_names_find(typed);
    if (zone)
        return zone;
    char *city = text_fold(arena, typed);
    for (char *c = city; *c; c++)
        if (*c == '-' || *c == '_')
            *c = ' ';
    /* The city that was typed, if it has a zone of its own name: it is what is shown (words.md 3.14). */
    zone = zone_names_of_city(city);
    return zone ? zone : zone_names_of_french_city(city);
}
