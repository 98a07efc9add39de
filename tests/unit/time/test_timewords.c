/* time/timewords and words/words: dates, hours, zones, distances and numbers, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "time/timewords.h"
#include "words/templates.h"
#include "words/words.h"

/* By code point, since no eye tells them from a space. */
#define NBSP   "\xC2\xA0"
#define NARROW "\xE2\x80\xAF"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static const int64_t NOV_24_2026_0900Z = 1795510800; /* Tuesday */

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void timewords_text__reads_as_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *zone, *name, *want;
        int64_t at_s;
    } rows[] = {
        { "en", "Europe/Zurich", "card", "Fri 27 Nov 17:00 CET", 1795795200 },
        { "en", "Europe/Zurich", "short", "Fri 27 Nov 17:00", 1795795200 },
        { "en", "Europe/Zurich", "sentence", "Friday 27 November at 17:00 CET", 1795795200 },
        { "en", "Europe/Zurich", "long", "Friday 27 November at 17:00", 1795795200 },
        { "en", "Europe/Zurich", "hour", "17:00", 1795795200 },
        { "en", "Europe/Zurich", "day", "Fri 27 Nov", 1795795200 },
        { "en", "Europe/Zurich", "day_long", "Friday 27 November", 1795795200 },
        { "fr", "Europe/Paris", "card", "ven. 27 nov., 17" NBSP "h (heure de Paris)", 1795795200 },
        { "fr", "Europe/Paris", "short", "ven. 27 nov., 17" NBSP "h", 1795795200 },
        { "fr", "Europe/Paris", "sentence", "vendredi 27 novembre à 17" NBSP "h (heure de Paris)",
          1795795200 },
        { "fr", "Europe/Paris", "long", "vendredi 27 novembre à 17" NBSP "h", 1795795200 },
        { "fr", "Europe/Paris", "hour", "17" NBSP "h", 1795795200 },
        { "fr", "Europe/Paris", "hour", "17" NBSP "h" NBSP "05", 1795795200 + 5 * MINUTE_S },
        { "fr", "Europe/Paris", "day", "ven. 27 nov.", 1795795200 },
        { "fr", "Europe/Paris", "day_long", "vendredi 27 novembre", 1795795200 },
        /* no leading zero on a French hour; midnight is of the day that begins */
        { "fr", "Europe/Paris", "hour", "3" NBSP "h" NBSP "20", 1795795200 + 10 * HOUR_S + 20 * MINUTE_S },
        { "en", "Europe/Paris", "hour", "03:20", 1795795200 + 10 * HOUR_S + 20 * MINUTE_S },
        { "fr", "Europe/Paris", "short", "sam. 28 nov., 0" NBSP "h", 1795795200 + 7 * HOUR_S },
        { "en", "Europe/Paris", "short", "Sat 28 Nov 00:00", 1795795200 + 7 * HOUR_S },
        /* the first of a month */
        { "fr", "Europe/Paris", "day", "mar. 1er déc.", 1795795200 + 4 * DAY_S },
        { "fr", "Europe/Paris", "day_long", "mardi 1er décembre", 1795795200 + 4 * DAY_S },
        { "en", "Europe/Paris", "day", "Tue 1 Dec", 1795795200 + 4 * DAY_S },
        /* another year, by the zone's own calendar: 31 Dec 23:30Z is next year in Paris */
        { "en", "UTC", "card", "Thu 31 Dec 23:30 UTC", 1798759800 },
        { "fr", "Europe/Paris", "card", "ven. 1er janv. 2027, 0" NBSP "h" NBSP "30 (heure de Paris)",
          1798759800 },
        { "fr", "Europe/Paris", "sentence",
          "vendredi 1er janvier 2027 à 0" NBSP "h" NBSP "30 (heure de Paris)", 1798759800 },
        { "en", "Europe/Paris", "card", "Fri 1 Jan 2027 00:30 CET", 1798759800 },
        { "en", "America/New_York", "card", "Thu 31 Dec 18:30 EST", 1798759800 },
        /* summer has its own abbreviation, the city has not */
        { "en", "Europe/Zurich", "card", "Mon 6 Jul 17:00 CEST", 1783350000 },
        { "fr", "Europe/Zurich", "card", "lun. 6 juil., 17" NBSP "h (heure de Zurich)", 1783350000 },
        { "en", "America/Montreal", "zone", "EDT", 1783350000 },
        { "en", "America/Montreal", "zone", "EST", 1795795200 },
        /* either side of the change of 25 October 2026 at 01:00Z */
        { "en", "Europe/Paris", "card", "Sun 25 Oct 02:59 CEST", 1792889940 },
        { "en", "Europe/Paris", "card", "Sun 25 Oct 02:00 CET", 1792890000 },
        /* where no letters tell: a clock time that comes twice */
        { "fr", "Europe/Paris", "zone", "heure de Paris", 1792886399 },
        { "fr", "Europe/Paris", "zone", "heure de Paris, avant le changement d’heure", 1792886400 },
        { "fr", "Europe/Paris", "card",
          "dim. 25 oct., 2" NBSP "h" NBSP "59 (heure de Paris, avant le changement d’heure)", 1792889999 },
        { "fr", "Europe/Paris", "zone", "heure de Paris, après le changement d’heure", 1792890000 },
        { "fr", "Europe/Paris", "zone", "heure de Paris, après le changement d’heure", 1792893599 },
        { "fr", "Europe/Paris", "zone", "heure de Paris", 1792893600 },
        { "en", "Australia/Lord_Howe", "card", "Sun 5 Apr 01:15 Lord Howe time", 1775312100 },
        { "en", "Australia/Lord_Howe", "card", "Sun 5 Apr 01:45 Lord Howe time, before the clocks change",
          1775313900 },
        { "en", "Australia/Lord_Howe", "card", "Sun 5 Apr 01:45 Lord Howe time, after the clocks change",
          1775315700 },
        { "en", "Australia/Lord_Howe", "card", "Sun 5 Apr 02:00 Lord Howe time", 1775316600 },
        /* either side of the one that does not come: 28 March 2027 at 01:00Z */
        { "fr", "Europe/Paris", "card", "dim. 28 mars 2027, 1" NBSP "h" NBSP "59 (heure de Paris)",
          1806195599 },
        { "fr", "Europe/Paris", "card", "dim. 28 mars 2027, 3" NBSP "h (heure de Paris)", 1806195600 },
        /* overlays and unknown languages */
        { "fr-CA", "America/Montreal", "card", "ven. 27 nov., 11" NBSP "h (heure de Montréal)", 1795795200 },
        { "de", "Europe/Zurich", "card", "Fri 27 Nov 17:00 CET", 1795795200 },
        { "", "Europe/Zurich", "card", "Fri 27 Nov 17:00 CET", 1795795200 },
        /* not a zone */
        { "en", "Atlantis/Capital", "card", "Fri 27 Nov 16:00 UTC", 1795795200 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct timewords_instant instant = { rows[i].lang, rows[i].zone, rows[i].at_s * 1000,
                                             timewords_year(rows[i].zone, NOV_24_2026_0900Z * 1000) };
        assert_string_equal(timewords_text(*state, &instant, rows[i].name), rows[i].want);
    }
}

static void timewords_text__has_every_day_and_month(void **state)
{
    (void)state;
    static const char *const en_months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    static const char *const fr_months[] = { "janv.", "févr.", "mars",  "avr.", "mai",  "juin",
                                             "juil.", "août",  "sept.", "oct.", "nov.", "déc." };
    static const char *const en_days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const fr_days[] = { "lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim." };
    static const int n_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t day_s = 1767225600; /* Thursday 1 January 2026 */
    int weekday = 3;
    for (int month = 0; month < 12; month++) {
        for (int day = 1; day <= n_days[month]; day++) {
            struct timewords_instant en = { "en", "UTC", day_s * 1000, 2026 }, fr = en;
            fr.lang = "fr";
            char want[64];
            snprintf(want, sizeof want, "%s %d %s", en_days[weekday], day, en_months[month]);
            assert_string_equal(timewords_text(*state, &en, "day"), want);
            snprintf(want, sizeof want, "%s %d%s %s", fr_days[weekday], day, day == 1 ? "er" : "",
                     fr_months[month]);
            assert_string_equal(timewords_text(*state, &fr, "day"), want);
            day_s += DAY_S;
            weekday = (weekday + 1) % 7;
        }
    }
}

static void timewords_text__knows_its_forms_and_no_part_of_them(void **state)
{
    struct timewords_instant instant = { "en", "Europe/Zurich", (NOV_24_2026_0900Z + DAY_S) * 1000, 2026 };
    static const char *const none[] = { "weekday", "hh", "year", "in", "name", "" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_null(timewords_text(*state, &instant, none[i]));
    assert_string_equal(timewords_text(*state, &instant, "twice"), "");
    instant.at_ms = INT64_C(1792890000000); /* the second 2:00 of 25 October 2026 */
    assert_string_not_equal(timewords_text(*state, &instant, "twice"), "");
    instant.zone = NULL;
    assert_string_equal(timewords_text(*state, &instant, "short"), "Sun 25 Oct 01:00");
    assert_string_equal(timewords_text(*state, &instant, "twice"), "");
    instant.now_year = 2027;
    assert_string_equal(timewords_text(*state, &instant, "day"), "Sun 25 Oct 2026");
}

static void timewords_year__is_that_of_the_zone(void **state)
{
    (void)state;
    enum { NEW_YEAR_S = 1798761600 }; /* 2027-01-01T00:00Z */
    assert_int_equal(timewords_year("UTC", (NEW_YEAR_S - 1) * INT64_C(1000)), 2026);
    assert_int_equal(timewords_year("UTC", NEW_YEAR_S * INT64_C(1000)), 2027);
    assert_int_equal(timewords_year("Europe/Paris", (NEW_YEAR_S - 1) * INT64_C(1000)), 2027);
    assert_int_equal(timewords_year("America/New_York", NEW_YEAR_S * INT64_C(1000)), 2026);
    assert_int_equal(timewords_year("Atlantis/Capital", NEW_YEAR_S * INT64_C(1000)), 2027);
}

static void timewords_in__rounds_to_the_unit_that_fits(void **state)
{
    static const struct {
        int64_t off_s;
        const char *en, *fr;
    } rows[] = {
        { 0, "now", "maintenant" },
        { 29, "now", "maintenant" },
        { -29, "now", "maintenant" },
        { 30, "in 1 min", "dans 1" NBSP "min" },
        { 50 * MINUTE_S, "in 50 min", "dans 50" NBSP "min" },
        { 2 * HOUR_S - 31, "in 119 min", "dans 119" NBSP "min" },
        { 2 * HOUR_S - 30, "in 2 h", "dans 2" NBSP "h" },
        { 2 * HOUR_S, "in 2 h", "dans 2" NBSP "h" },
        { 2 * HOUR_S + 29 * MINUTE_S, "in 2 h", "dans 2" NBSP "h" },
        { 2 * HOUR_S + 30 * MINUTE_S, "in 3 h", "dans 3" NBSP "h" },
        { 26 * HOUR_S, "in 26 h", "dans 26" NBSP "h" },
        { 47 * HOUR_S + 29 * MINUTE_S, "in 47 h", "dans 47" NBSP "h" },
        { 48 * HOUR_S - 30 * MINUTE_S, "in 2 days", "dans 2" NBSP "jours" },
        { 48 * HOUR_S, "in 2 days", "dans 2" NBSP "jours" },
        { 60 * HOUR_S, "in 3 days", "dans 3" NBSP "jours" },
        { 1250 * DAY_S, "in 1,250 days", "dans 1" NARROW "250" NBSP "jours" },
        { -3 * HOUR_S, "3 h ago", "il y a 3" NBSP "h" },
        { -50 * MINUTE_S, "50 min ago", "il y a 50" NBSP "min" },
        { -72 * HOUR_S, "3 days ago", "il y a 3" NBSP "jours" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t now_ms = NOV_24_2026_0900Z * 1000;
        assert_string_equal(timewords_in(*state, "en", now_ms + rows[i].off_s * 1000, now_ms), rows[i].en);
        assert_string_equal(timewords_in(*state, "fr", now_ms + rows[i].off_s * 1000, now_ms), rows[i].fr);
    }
}

static void timewords_zone__names_what_was_typed(void **state)
{
    static const struct {
        const char *zone, *en, *fr;
    } rows[] = {
        { "Europe/Paris", "CET", "heure de Paris" },
        { "Europe/Zurich", "CET", "heure de Zurich" },
        { "Europe/London", "GMT", "heure de Londres" },
        { "Europe/Brussels", "CET", "heure de Bruxelles" },
        { "Europe/Lisbon", "WET", "heure de Lisbonne" },
        { "Europe/Athens", "EET", "heure d’Athènes" },
        { "Europe/Amsterdam", "CET", "heure d’Amsterdam" },
        { "Europe/Oslo", "CET", "heure d’Oslo" },
        { "Europe/Istanbul", "Istanbul time", "heure d’Istanbul" },
        { "Europe/Helsinki", "EET", "heure d’Helsinki" },
        { "America/New_York", "EST", "heure de New York" },
        { "America/Montreal", "EST", "heure de Montréal" },
        { "America/Toronto", "EST", "heure de Toronto" },
        { "America/Sao_Paulo", "São Paulo time", "heure de São Paulo" },
        { "America/Argentina/Buenos_Aires", "Buenos Aires time", "heure de Buenos Aires" },
        { "America/Bogota", "Bogotá time", "heure de Bogota" },
        { "Asia/Kolkata", "IST", "heure de Calcutta" },
        { "Asia/Dubai", "Dubai time", "heure de Dubaï" },
        { "Africa/Cairo", "EET", "heure du Caire" },
        { "UTC", "UTC", "UTC" },
        { "Etc/UTC", "UTC", "UTC" },
        { "Etc/GMT+5", "UTC-5", "UTC-5" },
        { "Etc/GMT-14", "UTC+14", "UTC+14" },
        { "EST5EDT", "EST", "EST" },
        { "nonsense", "UTC", "UTC" },
        { "../../etc/passwd", "UTC", "UTC" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(timewords_zone(*state, "en", NOV_24_2026_0900Z * 1000, rows[i].zone), rows[i].en);
        assert_string_equal(timewords_zone(*state, "fr", NOV_24_2026_0900Z * 1000, rows[i].zone), rows[i].fr);
    }
}

static void timewords_head__is_the_same_in_every_language(void **state)
{
    assert_string_equal(timewords_head(*state, NOV_24_2026_0900Z * 1000, "Europe/Zurich"), "10:00");
    assert_string_equal(timewords_head(*state, (NOV_24_2026_0900Z - 7 * HOUR_S) * 1000, "Europe/Zurich"),
                        "03:00");
    assert_string_equal(timewords_head(*state, NOV_24_2026_0900Z * 1000, "nonsense"), "09:00");
}

static void words_figures__groups_as_the_language_does(void **state)
{
    static const struct {
        const char *number, *en, *fr;
    } rows[] = {
        { "0", "0", "0" },
        { "999", "999", "999" },
        { "1250", "1,250", "1" NARROW "250" },
        { "-1250", "-1,250", "-1" NARROW "250" },
        { "1234567", "1,234,567", "1" NARROW "234" NARROW "567" },
        { "1.21", "1.21", "1,21" },
        { "1250.5", "1,250.5", "1" NARROW "250,5" },
        { "1e+20", "1e+20", "1e+20" },
        { "NaN", "NaN", "NaN" },
        { "-", "-", "-" },
        { "1.", "1.", "1." },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(words_decimal(*state, "en", rows[i].number), rows[i].en);
        assert_string_equal(words_decimal(*state, "fr", rows[i].number), rows[i].fr);
    }
    assert_string_equal(words_figures(*state, "en", INT64_MIN), "-9,223,372,036,854,775,808");
}

static void words_number__is_in_words_under_ten(void **state)
{
    assert_string_equal(words_number(*state, "en", 3), "three");
    assert_string_equal(words_number(*state, "en", 9), "nine");
    assert_string_equal(words_number(*state, "en", 10), "10");
    assert_string_equal(words_number(*state, "fr", 0), "zéro");
    assert_string_equal(words_number(*state, "fr", 7), "sept");
    assert_string_equal(words_number(*state, "fr", 1250), "1" NARROW "250");
    assert_string_equal(words_number(*state, "fr", -3), "-3");
}

static void words_count_is_one__follows_the_language(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        bool en, fr;
    } rows[] = { { 0, false, true }, { 1, true, true }, { 2, false, false }, { 11, false, false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(words_count_is_one("en", rows[i].n), rows[i].en);
        assert_int_equal(words_count_is_one("fr", rows[i].n), rows[i].fr);
        assert_int_equal(words_count_is_one("fr-CA", rows[i].n), rows[i].fr);
        assert_int_equal(words_count_is_one("xx", rows[i].n), rows[i].en);
    }
}

static void words_find__reads_english_only_for_languages_without_lists(void **state)
{
    assert_null(words_find(*state, (struct words_place){ "fr", "zones", "abbreviations" }));
    assert_null(words_find(*state, (struct words_place){ "en", "dates", "no such key" }));
    assert_null(words_find(*state, (struct words_place){ "en", "no such list", "day" }));
    assert_null(words_nth(*state, (struct words_place){ "en", "dates", "days_short" }, 7));
    assert_string_equal(words_find(*state, (struct words_place){ "xx", "dates", "now" }), "now");
    assert_string_equal(words_find(*state, (struct words_place){ "fr-CH", "dates", "now" }), "maintenant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timewords_text__reads_as_people_write, setup, teardown),
        cmocka_unit_test_setup_teardown(timewords_text__has_every_day_and_month, setup, teardown),
        cmocka_unit_test_setup_teardown(timewords_text__knows_its_forms_and_no_part_of_them, setup, teardown),
        cmocka_unit_test(timewords_year__is_that_of_the_zone),
        cmocka_unit_test_setup_teardown(timewords_in__rounds_to_the_unit_that_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(timewords_zone__names_what_was_typed, setup, teardown),
        cmocka_unit_test_setup_teardown(timewords_head__is_the_same_in_every_language, setup, teardown),
        cmocka_unit_test_setup_teardown(words_figures__groups_as_the_language_does, setup, teardown),
        cmocka_unit_test_setup_teardown(words_number__is_in_words_under_ten, setup, teardown),
        cmocka_unit_test_setup_teardown(words_count_is_one__follows_the_language, setup, teardown),
        cmocka_unit_test_setup_teardown(words_find__reads_english_only_for_languages_without_lists, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
