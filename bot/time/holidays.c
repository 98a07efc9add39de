#include "time/holidays.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "time/civil.h"

#define NO_DAY INT64_MIN

enum kind {
    FIXED, /* month, day */
    EASTER, /* day: days after Easter Sunday */
    WEEKDAY, /* the first such weekday from month, day on: the 22nd for a fourth, the 25th of August for the last */
    BRIGID, /* Ireland: the first Monday of February, or the 1st if that is a Friday */
    NAEFELS, /* Glarus: the first Thursday of April, a week later in Holy Week */
};

/* What stands in for a day, and when the day is one at all. */
enum moved {
    STAYS,
    TO_MONDAY, /* Saturday and Sunday: the Monday after, too */
    SUNDAY_TO_MONDAY,
    TO_NEAREST, /* Saturday: the Friday before, Sunday: the Monday after, too */
    TWO_LATER, /* Saturday and Sunday: two days later, too, for the second of two days in a row */
    AFTER_NEW_YEAR, /* the same, and Monday: the day after, too, for the first day stands in on it */
    SUNDAY_TO_SATURDAY, /* instead of the Sunday */
    NOT_SUNDAY, /* on a Sunday it is none */
    ONLY_MONDAY,
    NOT_BRIDGING, /* none on a Tuesday or Saturday: there would be three or four days in a row */
    EVERY_FIVE, /* only in years that five divides */
};

enum { MON, TUE, WED, THU, FRI, SAT, SUN };

struct rule {
    const char *country;
    const char *parts; /* those that have it, each with a space behind; NULL: all */
    enum kind kind;
    int month, day, weekday;
    enum moved moved;
    int from, to; /* years; 0: no bound */
};

/* Cantons and Länder that go together often. */
#define CH_CATHOLIC    "AI LU NW OW SZ TI UR VS ZG "
#define CH_EASTER      "AG AI AR BE BL BS GE GL GR JU LU SG SH SZ TG TI UR VD ZH "
#define CH_GOOD_FRIDAY "AG AI AR BE BL BS FR GE GL JU LU NE NW OW SG SH SO SZ TG UR VD ZG ZH "
#define DE_REFORMED    "BB HB HH MV NI SH SN ST TH "
#define GB_NOT_SCOT    "ENG NIR WLS "
#define ONCE(year)     .from = (year), .to = (year)

static const struct rule rules[] = {
    { "FR", NULL, FIXED, .month = 1, .day = 1 },
    { "FR", NULL, EASTER, .day = 1 },
    { "FR", NULL, FIXED, .month = 5, .day = 1 },
    { "FR", NULL, FIXED, .month = 5, .day = 8 },
    { "FR", NULL, EASTER, .day = 39 },
    { "FR", NULL, EASTER, .day = 50 },
    { "FR", NULL, FIXED, .month = 7, .day = 14 },
    { "FR", NULL, FIXED, .month = 8, .day = 15 },
    { "FR", NULL, FIXED, .month = 11, .day = 1 },
    { "FR", NULL, FIXED, .month = 11, .day = 11 },
    { "FR", NULL, FIXED, .month = 12, .day = 25 },

    { "BE", NULL, FIXED, .month = 1, .day = 1 },
    { "BE", NULL, EASTER, .day = 0 },
    { "BE", NULL, EASTER, .day = 1 },
    { "BE", NULL, FIXED, .month = 5, .day = 1 },
    { "BE", NULL, EASTER, .day = 39 },
    { "BE", NULL, EASTER, .day = 49 },
    { "BE", NULL, EASTER, .day = 50 },
    { "BE", NULL, FIXED, .month = 7, .day = 21 },
    { "BE", NULL, FIXED, .month = 8, .day = 15 },
    { "BE", NULL, FIXED, .month = 11, .day = 1 },
    { "BE", NULL, FIXED, .month = 11, .day = 11 },
    { "BE", NULL, FIXED, .month = 12, .day = 25 },

    { "LU", NULL, FIXED, .month = 1, .day = 1 },
    { "LU", NULL, EASTER, .day = 1 },
    { "LU", NULL, FIXED, .month = 5, .day = 1 },
    { "LU", NULL, FIXED, .month = 5, .day = 9, .from = 2019 },
    { "LU", NULL, EASTER, .day = 39 },
    { "LU", NULL, EASTER, .day = 50 },
    { "LU", NULL, FIXED, .month = 6, .day = 23 },
    { "LU", NULL, FIXED, .month = 8, .day = 15 },
    { "LU", NULL, FIXED, .month = 11, .day = 1 },
    { "LU", NULL, FIXED, .month = 12, .day = 25 },
    { "LU", NULL, FIXED, .month = 12, .day = 26 },

    { "DE", NULL, FIXED, .month = 1, .day = 1 },
    { "DE", NULL, EASTER, .day = -2 },
    { "DE", NULL, EASTER, .day = 1 },
    { "DE", NULL, FIXED, .month = 5, .day = 1 },
    { "DE", NULL, EASTER, .day = 39 },
    { "DE", NULL, EASTER, .day = 50 },
    { "DE", NULL, FIXED, .month = 10, .day = 3 },
    { "DE", NULL, FIXED, .month = 12, .day = 25 },
    { "DE", NULL, FIXED, .month = 12, .day = 26 },
    { "DE", "BW BY ST ", FIXED, .month = 1, .day = 6 },
    { "DE", "BE ", FIXED, .month = 3, .day = 8, .from = 2019 },
    { "DE", "MV ", FIXED, .month = 3, .day = 8, .from = 2023 },
    { "DE", "BB ", EASTER, .day = 0 },
    { "DE", "BB ", EASTER, .day = 49 },
    { "DE", "BW BY HE NW RP SL ", EASTER, .day = 60 },
    { "DE", "SL ", FIXED, .month = 8, .day = 15 },
    { "DE", "TH ", FIXED, .month = 9, .day = 20, .from = 2019 },
    { "DE", DE_REFORMED, FIXED, .month = 10, .day = 31 },
    { "DE", "BW BY NW RP SL ", FIXED, .month = 11, .day = 1 },
    { "DE", "SN ", WEEKDAY, .month = 11, .day = 16, .weekday = WED },
    { "DE", "BE ", FIXED, .month = 5, .day = 8, ONCE(2020) },
    { "DE", "BE ", FIXED, .month = 5, .day = 8, ONCE(2025) },
    { "DE", "BE ", FIXED, .month = 6, .day = 17, ONCE(2028) },

    { "CH", NULL, FIXED, .month = 1, .day = 1 },
    { "CH", NULL, EASTER, .day = 39 },
    { "CH", NULL, FIXED, .month = 8, .day = 1 },
    { "CH", NULL, FIXED, .month = 12, .day = 25 },
    { "CH", "AG BE JU LU TG VD ", FIXED, .month = 1, .day = 2 },
    { "CH", "NE ", FIXED, .month = 1, .day = 2, .moved = ONLY_MONDAY },
    { "CH", "SZ TI UR ", FIXED, .month = 1, .day = 6 },
    { "CH", "NE ", FIXED, .month = 3, .day = 1 },
    { "CH", "NW SZ TI UR VS ", FIXED, .month = 3, .day = 19 },
    { "CH", "GL ", NAEFELS, .month = 4 },
    { "CH", CH_GOOD_FRIDAY, EASTER, .day = -2 },
    { "CH", CH_EASTER, EASTER, .day = 1 },
    { "CH", "AG BL BS JU NE SH TG TI ZH ", FIXED, .month = 5, .day = 1 },
    { "CH", CH_EASTER, EASTER, .day = 50 },
    { "CH", CH_CATHOLIC "AG JU NE ", EASTER, .day = 60 },
    { "CH", "JU ", FIXED, .month = 6, .day = 23 },
    { "CH", "TI ", FIXED, .month = 6, .day = 29 },
    { "CH", CH_CATHOLIC "AG JU ", FIXED, .month = 8, .day = 15 },
    { "CH", "GE ", WEEKDAY, .month = 9, .day = 5, .weekday = THU },
    { "CH", "VD ", WEEKDAY, .month = 9, .day = 16, .weekday = MON },
    { "CH", "OW ", FIXED, .month = 9, .day = 25 },
    { "CH", CH_CATHOLIC "AG GL JU SG ", FIXED, .month = 11, .day = 1 },
    { "CH", CH_CATHOLIC "AG ", FIXED, .month = 12, .day = 8 },
    { "CH", "AG BE BL BS GL GR LU SG SH SZ TG TI ZH ", FIXED, .month = 12, .day = 26 },
    { "CH", "AI AR UR ", FIXED, .month = 12, .day = 26, .moved = NOT_BRIDGING },
    { "CH", "NE ", FIXED, .month = 12, .day = 26, .moved = ONLY_MONDAY },
    { "CH", "GE ", FIXED, .month = 12, .day = 31 },

    { "GB", NULL, FIXED, .month = 1, .day = 1, .moved = TO_MONDAY },
    { "GB", "SCT ", FIXED, .month = 1, .day = 2, .moved = AFTER_NEW_YEAR },
    { "GB", "NIR ", FIXED, .month = 3, .day = 17, .moved = TO_MONDAY },
    { "GB", NULL, EASTER, .day = -2 },
    { "GB", GB_NOT_SCOT, EASTER, .day = 1 },
    { "GB", NULL, WEEKDAY, .month = 5, .day = 1, .weekday = MON, .to = 2019 },
    { "GB", NULL, FIXED, .month = 5, .day = 8, ONCE(2020) },
    { "GB", NULL, WEEKDAY, .month = 5, .day = 1, .weekday = MON, .from = 2021 },
    { "GB", NULL, WEEKDAY, .month = 5, .day = 25, .weekday = MON, .to = 2021 },
    { "GB", NULL, FIXED, .month = 6, .day = 2, ONCE(2022) },
    { "GB", NULL, WEEKDAY, .month = 5, .day = 25, .weekday = MON, .from = 2023 },
    { "GB", NULL, FIXED, .month = 6, .day = 3, ONCE(2022) },
    { "GB", NULL, FIXED, .month = 9, .day = 19, ONCE(2022) },
    { "GB", NULL, FIXED, .month = 5, .day = 8, ONCE(2023) },
    { "GB", "SCT ", FIXED, .month = 6, .day = 15, ONCE(2026) },
    { "GB", "NIR ", FIXED, .month = 7, .day = 12, .moved = TO_MONDAY },
    { "GB", "SCT ", WEEKDAY, .month = 8, .day = 1, .weekday = MON },
    { "GB", GB_NOT_SCOT, WEEKDAY, .month = 8, .day = 25, .weekday = MON },
    { "GB", "SCT ", FIXED, .month = 11, .day = 30, .moved = TO_MONDAY },
    { "GB", NULL, FIXED, .month = 12, .day = 25, .moved = TWO_LATER },
    { "GB", NULL, FIXED, .month = 12, .day = 26, .moved = TWO_LATER },

    { "IE", NULL, FIXED, .month = 1, .day = 1 },
    { "IE", NULL, BRIGID, .from = 2023 },
    { "IE", NULL, FIXED, .month = 3, .day = 17 },
    { "IE", NULL, FIXED, .month = 3, .day = 18, ONCE(2022) },
    { "IE", NULL, EASTER, .day = 1 },
    { "IE", NULL, WEEKDAY, .month = 5, .day = 1, .weekday = MON },
    { "IE", NULL, WEEKDAY, .month = 6, .day = 1, .weekday = MON },
    { "IE", NULL, WEEKDAY, .month = 8, .day = 1, .weekday = MON },
    { "IE", NULL, WEEKDAY, .month = 10, .day = 25, .weekday = MON },
    { "IE", NULL, FIXED, .month = 12, .day = 25 },
    { "IE", NULL, FIXED, .month = 12, .day = 26 },

    { "ES", NULL, FIXED, .month = 1, .day = 1, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 1, .day = 6, .moved = NOT_SUNDAY },
    { "ES", NULL, EASTER, .day = -2 },
    { "ES", NULL, FIXED, .month = 5, .day = 1, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 8, .day = 15, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 10, .day = 12, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 11, .day = 1, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 12, .day = 6, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 12, .day = 8, .moved = NOT_SUNDAY },
    { "ES", NULL, FIXED, .month = 12, .day = 25, .moved = NOT_SUNDAY },

    { "IT", NULL, FIXED, .month = 1, .day = 1 },
    { "IT", NULL, FIXED, .month = 1, .day = 6 },
    { "IT", NULL, EASTER, .day = 0 },
    { "IT", NULL, EASTER, .day = 1 },
    { "IT", NULL, FIXED, .month = 4, .day = 25 },
    { "IT", NULL, FIXED, .month = 5, .day = 1 },
    { "IT", NULL, FIXED, .month = 6, .day = 2 },
    { "IT", NULL, FIXED, .month = 8, .day = 15 },
    { "IT", NULL, FIXED, .month = 10, .day = 4, .from = 2026 },
    { "IT", NULL, FIXED, .month = 11, .day = 1 },
    { "IT", NULL, WEEKDAY, .month = 11, .day = 1, .weekday = SUN },
    { "IT", NULL, FIXED, .month = 12, .day = 8 },
    { "IT", NULL, FIXED, .month = 12, .day = 25 },
    { "IT", NULL, FIXED, .month = 12, .day = 26 },

    { "NL", NULL, FIXED, .month = 1, .day = 1 },
    { "NL", NULL, EASTER, .day = -2 },
    { "NL", NULL, EASTER, .day = 0 },
    { "NL", NULL, EASTER, .day = 1 },
    { "NL", NULL, FIXED, .month = 4, .day = 27, .moved = SUNDAY_TO_SATURDAY },
    { "NL", NULL, FIXED, .month = 5, .day = 5, .moved = EVERY_FIVE },
    { "NL", NULL, EASTER, .day = 39 },
    { "NL", NULL, EASTER, .day = 49 },
    { "NL", NULL, EASTER, .day = 50 },
    { "NL", NULL, FIXED, .month = 12, .day = 25 },
    { "NL", NULL, FIXED, .month = 12, .day = 26 },

    { "PT", NULL, FIXED, .month = 1, .day = 1 },
    { "PT", NULL, EASTER, .day = -2 },
    { "PT", NULL, EASTER, .day = 0 },
    { "PT", NULL, FIXED, .month = 4, .day = 25 },
    { "PT", NULL, FIXED, .month = 5, .day = 1 },
    { "PT", NULL, EASTER, .day = 60 },
    { "PT", NULL, FIXED, .month = 6, .day = 10 },
    { "PT", NULL, FIXED, .month = 8, .day = 15 },
    { "PT", NULL, FIXED, .month = 10, .day = 5 },
    { "PT", NULL, FIXED, .month = 11, .day = 1 },
    { "PT", NULL, FIXED, .month = 12, .day = 1 },
    { "PT", NULL, FIXED, .month = 12, .day = 8 },
    { "PT", NULL, FIXED, .month = 12, .day = 25 },

    { "US", NULL, FIXED, .month = 1, .day = 1, .moved = TO_NEAREST },
    { "US", NULL, WEEKDAY, .month = 1, .day = 15, .weekday = MON },
    { "US", NULL, WEEKDAY, .month = 2, .day = 15, .weekday = MON },
    { "US", NULL, WEEKDAY, .month = 5, .day = 25, .weekday = MON },
    { "US", NULL, FIXED, .month = 6, .day = 19, .moved = TO_NEAREST, .from = 2021 },
    { "US", NULL, FIXED, .month = 7, .day = 4, .moved = TO_NEAREST },
    { "US", NULL, WEEKDAY, .month = 9, .day = 1, .weekday = MON },
    { "US", NULL, WEEKDAY, .month = 10, .day = 8, .weekday = MON },
    { "US", NULL, FIXED, .month = 11, .day = 11, .moved = TO_NEAREST },
    { "US", NULL, WEEKDAY, .month = 11, .day = 22, .weekday = THU },
    { "US", NULL, FIXED, .month = 12, .day = 25, .moved = TO_NEAREST },

    { "CA", NULL, FIXED, .month = 1, .day = 1, .moved = TO_MONDAY },
    { "CA", NULL, EASTER, .day = -2 },
    { "CA", "QC ", WEEKDAY, .month = 5, .day = 18, .weekday = MON },
    { "CA", "QC ", FIXED, .month = 6, .day = 24, .moved = SUNDAY_TO_MONDAY },
    { "CA", "QC ", FIXED, .month = 7, .day = 1, .moved = SUNDAY_TO_MONDAY },
    { "CA", NULL, FIXED, .month = 7, .day = 1 },
    { "CA", NULL, WEEKDAY, .month = 9, .day = 1, .weekday = MON },
    { "CA", "QC ", WEEKDAY, .month = 10, .day = 8, .weekday = MON },
    { "CA", NULL, FIXED, .month = 12, .day = 25, .moved = TO_MONDAY },
};

static const char *const codes[] = {
    "FR",    "BE",    "LU",     "IE",     "ES",     "IT",     "NL",    "PT",    "US",    "CA",
    "CA-QC", "GB",    "GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS", "DE",    "DE-BB", "DE-BE", "DE-BW",
    "DE-BY", "DE-HB", "DE-HE",  "DE-HH",  "DE-MV",  "DE-NI",  "DE-NW", "DE-RP", "DE-SH", "DE-SL",
    "DE-SN", "DE-ST", "DE-TH",  "CH",     "CH-AG",  "CH-AI",  "CH-AR", "CH-BE", "CH-BL", "CH-BS",
    "CH-FR", "CH-GE", "CH-GL",  "CH-GR",  "CH-JU",  "CH-LU",  "CH-NE", "CH-NW", "CH-OW", "CH-SG",
    "CH-SH", "CH-SO", "CH-SZ",  "CH-TG",  "CH-TI",  "CH-UR",  "CH-VD", "CH-VS", "CH-ZG", "CH-ZH",
};
enum { CODES = sizeof codes / sizeof *codes };

const char *holidays_code(int index)
{
    return index >= 0 && index < CODES ? codes[index] : NULL;
}

bool holidays_is_known(const char *code)
{
    for (int i = 0; i < CODES; i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

const char *holidays_read(struct arena *arena, const char *typed)
{
    char *code = arena_strdup(arena, typed);
    for (char *c = code; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return holidays_is_known(code) ? code : NULL;
}

/* The paschal full moon by the golden number and the two corrections of the Gregorian reform, then the Sunday after. */
int64_t holidays_easter(int year)
{
    int century = year / 100, golden = year % 19;
    int solar = century - century / 4, lunar = (8 * century + 13) / 25;
    int epact = (solar - lunar + 19 * golden + 15) % 30;
    /* The moon is never 29 days old at the equinox, nor 28 in the later years of the cycle. */
    epact -= epact == 29 || (epact == 28 && golden > 10);
    int64_t moon = civil_day_number(year, 3, 21) + epact;
    return moon + 7 - (civil_weekday(moon) + 1) % 7;
}

static int64_t weekday_from(int64_t day, int weekday)
{
    return day + (weekday - civil_weekday(day) + 7) % 7;
}

static int64_t naefels(int year)
{
    int64_t thursday = weekday_from(civil_day_number(year, 4, 1), THU);
    return thursday == holidays_easter(year) - 3 ? thursday + 7 : thursday;
}

static int64_t brigid(int year)
{
    int64_t first = civil_day_number(year, 2, 1);
    return civil_weekday(first) == FRI ? first : weekday_from(first, MON);
}

static int64_t day_of(const struct rule *rule, int year)
{
    if (year < rule->from || (rule->to && year > rule->to))
        return NO_DAY;
    switch (rule->kind) {
    case EASTER:
        return holidays_easter(year) + rule->day;
    case WEEKDAY:
        return weekday_from(civil_day_number(year, rule->month, rule->day), rule->weekday);
    case BRIGID:
        return brigid(year);
    case NAEFELS:
        return naefels(year);
    default:
        return civil_day_number(year, rule->month, rule->day);
    }
}

/* How many days from the holiday the one lies that stands in for it; 0: none does. */
static int stands_in_after(enum moved moved, int weekday)
{
    switch (moved) {
    case TO_MONDAY:
        return weekday == SAT ? 2 : weekday == SUN ? 1 : 0;
    case SUNDAY_TO_MONDAY:
        return weekday == SUN ? 1 : 0;
    case TO_NEAREST:
        return weekday == SAT ? -1 : weekday == SUN ? 1 : 0;
    case TWO_LATER:
        return weekday >= SAT ? 2 : 0;
    case AFTER_NEW_YEAR:
        return weekday >= SAT ? 2 : weekday == MON ? 1 : 0;
    case SUNDAY_TO_SATURDAY:
        return weekday == SUN ? -1 : 0;
    default:
        return 0;
    }
}

static bool is_held(enum moved moved, int weekday, int year)
{
    switch (moved) {
    case SUNDAY_TO_SATURDAY:
    case NOT_SUNDAY:
        return weekday != SUN;
    case ONLY_MONDAY:
        return weekday == MON;
    case NOT_BRIDGING:
        return weekday != TUE && weekday != SAT;
    case EVERY_FIVE:
        return year % 5 == 0;
    default:
        return true;
    }
}

/* A day of the next year may be held in this one: 31 December. */
static bool falls_on(const struct rule *rule, int64_t day, int year)
{
    for (int of = year; of <= year + 1; of++) {
        int64_t holiday = day_of(rule, of);
        if (holiday == NO_DAY)
            continue;
        int weekday = civil_weekday(holiday), after = stands_in_after(rule->moved, weekday);
        if ((holiday == day && is_held(rule->moved, weekday, of)) || (after && holiday + after == day))
            return true;
    }
    return false;
}

static bool has_part(const struct rule *rule, const char *part)
{
    size_t len = strlen(part);
    for (const char *at = rule->parts; at && *at; at += strcspn(at, " ") + 1)
        if (strncmp(at, part, len) == 0 && at[len] == ' ')
            return true;
    return !rule->parts;
}

bool holidays_is_off(const char *code, int64_t day)
{
    if (!holidays_is_known(code))
        return false;
    int year = civil_from_day(day).year;
    const char *part = code[2] ? code + 3 : "";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strncmp(rules[i].country, code, 2) == 0 && has_part(&rules[i], part) &&
            falls_on(&rules[i], day, year))
            return true;
    return false;
}
