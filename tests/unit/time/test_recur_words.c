/* What comes back, in words: read in both languages, said back, and typed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "time/recur_words.h"
#include "time/zone.h"

#define OFFICE "mon-fri 09:00-12:00,13:00-17:00"
#define FROM   " from=2026-11-24T10:00 zone=Europe/Zurich"

/* A Tuesday, ten o'clock. */
static struct when_context context_of(const char *lang)
{
    struct civil now = { .year = 2026, .month = 11, .day = 24, .hour = 10 };
    return (struct when_context){
        .now_ms = zone_instant("Europe/Zurich", now), .zone = "Europe/Zurich", .lang = lang, .hours = OFFICE
    };
}

/* No-break spaces as plain ones, to be seen here. */
static char *with_spaces(struct arena *arena, const char *text)
{
    char *plain = arena_strdup(arena, text), *to = plain;
    for (const char *from = text; *from; from++) {
        bool is_hard = from[0] == '\xc2' && from[1] == '\xa0';
        *to++ = is_hard ? ' ' : *from;
        from += is_hard;
    }
    *to = '\0';
    return plain;
}

/* "RULE", "ask: SAID | SAID", "error" or "none", and the subject behind a slash if there is one. */
static void describe(struct arena *arena, const char *lang, const char *text, char *out, size_t size)
{
    struct when_context context = context_of(lang);
    struct recur_reading reading = recur_read_tail(arena, &context, text);
    size_t len = 0;
    if (reading.result == WHEN_AT)
        len += (size_t)snprintf(out, size, "%s", recur_write(&reading.rule).text);
    else
        len += (size_t)snprintf(out, size, "%s",
                                reading.result == WHEN_ASK     ? "ask:"
                                : reading.result == WHEN_ERROR ? "error"
                                                               : "none");
    for (size_t i = 0; reading.result == WHEN_ASK && i < reading.n_candidates; i++)
        len += (size_t)snprintf(
            out + len, size - len, "%s %s", i ? " |" : "",
            with_spaces(arena, recur_say(arena, lang, &reading.candidates[i], context.now_ms)));
    if (reading.result != WHEN_NONE && *reading.subject)
        snprintf(out + len, size - len, " / %s", reading.subject);
}

static void check_rows(const char *lang, const char *const (*rows)[2], size_t n)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < n; i++) {
        char found[2048];
        describe(arena, lang, rows[i][0], found, sizeof found);
        if (strcmp(found, rows[i][1]) != 0)
            fail_msg("%s\n  %s\n  not %s", rows[i][0], found, rows[i][1]);
    }
    arena_destroy(arena);
}

static void recur_read__english(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "every monday 9:00", "every=1week on=mon at=09:00" FROM },
        { "call bob every monday 9:00.", "every=1week on=mon at=09:00" FROM " / call bob" },
        { "every working day at 9:00", "every=1workday on=mon,tue,wed,thu,fri at=09:00" FROM },
        { "weekdays 9:30", "every=1week on=mon,tue,wed,thu,fri at=09:30" FROM },
        { "every 2 weeks on tue and thu 14:00", "every=2week on=tue,thu at=14:00" FROM },
        { "every two weeks on Tue., Thu. at 2pm", "every=2week on=tue,thu at=14:00" FROM },
        { "every other monday at 14:00", "every=2week on=mon at=14:00" FROM },
        { "every monday to thursday 9:00", "every=1week on=mon,tue,wed,thu at=09:00" FROM },
        { "on fridays at 5pm", "every=1week on=fri at=17:00" FROM },
        { "first monday of the month 9:00", "every=1month on=mon nth=1 at=09:00" FROM },
        { "every last friday of the month 16:00", "every=1month on=fri nth=-1 at=16:00" FROM },
        { "every 3 months on the first monday 9:00", "every=3month on=mon nth=1 at=09:00" FROM },
        { "on the 31st of every month at noon", "every=1month day=31 at=12:00" FROM },
        { "last day of the month 16:00", "every=1month day=31 at=16:00" FROM },
        { "monthly on the 15th at 10:00", "every=1month day=15 at=10:00" FROM },
        { "every year on 14 july 9am", "every=1year day=14 month=7 at=09:00" FROM },
        { "every july 14th 9am", "every=1year day=14 month=7 at=09:00" FROM },
        { "every year on the first monday of september 10:00",
          "every=1year on=mon nth=1 month=9 at=10:00" FROM },
        { "every 4 hours", "every=4hour from=2026-11-24T13:00 zone=Europe/Zurich" },
        { "hourly until friday 17:00",
          "every=1hour from=2026-11-24T10:00 zone=Europe/Zurich until=2026-11-27T16:00" },
        { "every 4 hours from tomorrow 9:00", "every=4hour from=2026-11-25T08:00 zone=Europe/Zurich" },
        { "every day at 8:00 and 17:00", "every=1day at=08:00,17:00" FROM },
        { "every day at midnight", "every=1day at=00:00" FROM },
        { "every morning at 8:00", "every=1day at=08:00" FROM },
        { "every monday 9:00 until 31 december",
          "every=1week on=mon at=09:00" FROM " until=2026-12-31T23:59" },
        { "every monday 9:00 10 times", "every=1week on=mon at=09:00" FROM " times=10" },
        { "every monday 9:00 11 times until 31 december",
          "every=1week on=mon at=09:00" FROM " until=2026-12-31T23:59 times=11" },
        { "every monday 9:00 except 28 december and 4 january",
          "every=1week on=mon at=09:00" FROM " except=2026-12-28,2027-01-04" },
        { "every monday 9:00 starting 1 december",
          "every=1week on=mon at=09:00 from=2026-12-01T00:00 zone=Europe/Zurich" },
        { "every monday 9:00 UTC", "every=1week on=mon at=09:00 from=2026-11-24T09:00 zone=UTC" },
        { "every monday 9:00 New York time",
          "every=1week on=mon at=09:00 from=2026-11-24T04:00 zone=America/New_York" },
        /* The nth working day, and other ways to say it. */
        { "last working day of the month 9:00", "every=1month on=mon,tue,wed,thu,fri nth=-1 at=09:00" FROM },
        { "pay rent every first working day of the month at 9:00",
          "every=1month on=mon,tue,wed,thu,fri nth=1 at=09:00" FROM " / pay rent" },
        { "the first business day of each month 9am",
          "every=1month on=mon,tue,wed,thu,fri nth=1 at=09:00" FROM },
        { "every year on the last working day of december 9:00",
          "every=1year on=mon,tue,wed,thu,fri nth=-1 month=12 at=09:00" FROM },
        { "first day of every month 9:00", "every=1month day=1 at=09:00" FROM },
        { "pay rent at the end of every month 9:00", "every=1month day=31 at=09:00" FROM " / pay rent" },
        { "every month end 17:00", "every=1month day=31 at=17:00" FROM },
        { "fortnightly on friday 9:00", "every=2week on=fri at=09:00" FROM },
        { "every fortnight on friday 9:00", "every=2week on=fri at=09:00" FROM },
        { "once a week on friday 15:00", "every=1week on=fri at=15:00" FROM },
        { "pay rent once a month on the 1st 9:00", "every=1month day=1 at=09:00" FROM " / pay rent" },
        { "every christmas eve 9:00", "every=1year day=24 month=12 at=09:00" FROM },
        { "every monday 9:00 until christmas", "every=1week on=mon at=09:00" FROM " until=2026-12-25T23:59" },
        { "every second working day 9:00",
          "ask: every 2 working days at 09:00 | on the second working day of every month at 09:00" },
        { "monday to friday 9:00", "ask: Monday to Friday at 09:00" },
        { "every monday 9:00 please", "ask: every Monday at 09:00" },
        /* Two readings: asked. */
        { "every working day at 9", "ask: every working day at 09:00 | every working day at 21:00" },
        { "every monday 5:30", "ask: every Monday at 05:30 | every Monday at 17:30" },
        { "every day at 9 and 14", "ask: every day at 09:00 and 14:00 | every day at 14:00 and 21:00" },
        { "every second tuesday 10:00",
          "ask: every 2 weeks on Tuesday at 10:00 | on the second Tuesday of every month at 10:00" },
        { "every tuesday", "ask: every Tuesday at 09:00 | every Tuesday at 17:00" },
        { "every sunday", "ask:" },
        { "every week 9:00", "ask: every Tuesday at 09:00" },
        { "every month 9:00", "ask: on the 24th of every month at 09:00" },
        { "every year 9:00", "ask: every year on 24 November at 09:00" },
        { "every monday at midnight", "ask: every Monday at 00:00" },
        { "every monday 9:00 CET", "ask:" },
        { "every monday 9:00 until next friday", "ask:" },
        /* Not read, and said so. */
        { "every monday of the year 9:00", "error" },
        { "every 5 minutes", "error" },
        { "every fifth monday of the month 9:00", "error" },
        { "first and third monday of the month 9:00", "error / first and" },
        { "not every monday 9:00", "error / not" },
        { "every 30 february 12:00", "error" },
        { "every 0 days 9:00", "error" },
        { "every 1001 days 9:00", "error" },
        { "every 99999999999 days 9:00", "error" },
        { "every monday 25:00", "error" },
        { "every other fortnight on monday 9:00", "every=4week on=mon at=09:00" FROM },
        { "fortnightly on monday 9:00", "every=2week on=mon at=09:00" FROM },
        { "one monday in two 9:00", "every=2week on=mon at=09:00" FROM },
        { "one week in three on friday 9:00", "every=3week on=fri at=09:00" FROM },
        { "every first day of the month 9:00", "every=1month day=1 at=09:00" FROM },
        { "once a week on monday 9:00", "every=1week on=mon at=09:00" FROM },
        { "every day at 9:00 9:00 and 9:00", "every=1day at=09:00" FROM },
        { "every monday 9:00 zurich time", "every=1week on=mon at=09:00" FROM },
        { "every monday 9:00 except 4 january and 28 december",
          "every=1week on=mon at=09:00" FROM " except=2026-12-28,2027-01-04" },
        { "every monday 9:00 starting friday 14:00",
          "every=1week on=mon at=09:00 from=2026-11-27T14:00 zone=Europe/Zurich" },
        { "every christmas 9:00", "every=1year day=25 month=12 at=09:00" FROM },
        { "every second monday 9:00",
          "ask: every 2 weeks on Monday at 09:00 | on the second Monday of every month at 09:00" },
        { "every monday please", "ask: every Monday at 09:00 | every Monday at 17:00" },
        { "every monday at midnight", "ask: every Monday at 00:00" },
        { "every weekday", "ask: Monday to Friday at 09:00 | Monday to Friday at 17:00" },
        { "every month 9:00", "ask: on the 24th of every month at 09:00" },
        { "every day at 8:00 9:00 10:00 11:00 12:00 13:00 14:00 15:00 16:00", "error" },
        { "every monday 9:00 zurich time london time", "error" },
        { "every day at 9:00:30", "error" },
        { "every monday at 25:00", "error" },
        { "every first day 9:00", "error" },
        { "every month on the 1st day 9:00", "error" },
        { "every month on the 14th and first monday 9:00", "error" },
        { "every month on 14 july 9:00", "error" },
        { "every year on 31 february 9:00", "error" },
        { "every first monday of july and the 14th 9:00", "error" },
        { "on the 99th of every month 9:00", "error" },
        { "every month on the 0th 9:00", "error" },
        { "every two days on monday 9:00", "error" },
        { "every hour in the morning", "error" },
        { "every hour except friday", "error" },
        { "every monday 9:00 from nonsense", "error" },
        { "every monday and", "error" },
        { "twice a day", "error" },
        { "one monday in 1 9:00", "none" },
        { "one page in two tomorrow 9:00", "none" },
        { "every monday 9:00 until yesterday", "error" },
        { "every monday 9:00 0 times", "error" },
        { "every monday of the month 9:00", "error" },
        { "every 4 hours at 9:00", "error" },
        { "sport biweekly on friday 9:00", "error / sport" },
        { "sport twice a week", "error / sport" },
        { "sport 3 times a week friday 9:00", "error / sport" },
        { "one tuesday a month 9:00", "error" },
        { "every quarter 9:00", "error" },
        { "quarterly on the 1st at 9:00", "error" },
        { "every weekend 10:00", "error" },
        { "every half hour", "error" },
        { "every 1st and 15th at 9:00", "error" },
        { "every easter monday 9:00", "error" },
        { "every fifth working day of the month 9:00", "error" },
        /* Nothing comes back. */
        { "write the quarterly report friday 9:00", "none" },
        { "a biweekly meeting is enough tomorrow 9:00", "none" },
        { "read every page tomorrow 9:00", "none" },
        { "once in a blue moon", "none" },
        { "the first monday 9:00", "none" },
        { "", "none" },
    };
    check_rows("en", rows, sizeof rows / sizeof *rows);
}

static void recur_read__french(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "appeler claire chaque lundi à 9h", "every=1week on=mon at=09:00" FROM " / appeler claire" },
        { "tous les jours ouvrés à 9 h 30", "every=1workday on=mon,tue,wed,thu,fri at=09:30" FROM },
        { "un lundi sur deux 9h", "every=2week on=mon at=09:00" FROM },
        { "une semaine sur deux le mardi à 10h", "every=2week on=tue at=10:00" FROM },
        { "toutes les deux semaines le mardi et le jeudi à 14h", "every=2week on=tue,thu at=14:00" FROM },
        { "tous les mardis et jeudis à 14h30", "every=1week on=tue,thu at=14:30" FROM },
        { "un jour sur trois à 8h", "every=3day at=08:00" FROM },
        { "le premier lundi du mois à 9h", "every=1month on=mon nth=1 at=09:00" FROM },
        { "le dernier vendredi du mois à 16 h", "every=1month on=fri nth=-1 at=16:00" FROM },
        { "le dernier jour du mois à 16h", "every=1month day=31 at=16:00" FROM },
        { "tous les 31 à midi", "every=1month day=31 at=12:00" FROM },
        { "tous les 30 du mois à 18h", "every=1month day=30 at=18:00" FROM },
        { "le 31 de chaque mois à 12h", "every=1month day=31 at=12:00" FROM },
        { "tous les 2 mois le 15 à 9h", "every=2month day=15 at=09:00" FROM },
        { "chaque 14 juillet à 10h", "every=1year day=14 month=7 at=10:00" FROM },
        { "tous les ans le 1er mai à 10h", "every=1year day=1 month=5 at=10:00" FROM },
        { "chaque année le premier lundi de septembre à 9h",
          "every=1year on=mon nth=1 month=9 at=09:00" FROM },
        { "toutes les 4 heures", "every=4hour from=2026-11-24T13:00 zone=Europe/Zurich" },
        { "tous les matins à 8h", "every=1day at=08:00" FROM },
        { "chaque soir à 6h", "every=1day at=18:00" FROM },
        { "tous les jours à 12h et à 18h", "every=1day at=12:00,18:00" FROM },
        { "chaque lundi 9h jusqu’au 31 décembre",
          "every=1week on=mon at=09:00" FROM " until=2026-12-31T23:59" },
        { "chaque lundi 9h, 10 fois", "every=1week on=mon at=09:00" FROM " times=10" },
        { "chaque lundi à 9h sauf le 28 décembre", "every=1week on=mon at=09:00" FROM " except=2026-12-28" },
        { "chaque lundi à 9h à partir du 1er décembre",
          "every=1week on=mon at=09:00 from=2026-12-01T00:00 zone=Europe/Zurich" },
        { "chaque lundi à 9h heure de Montréal",
          "every=1week on=mon at=09:00 from=2026-11-24T04:00 zone=America/Toronto" },
        { "chaque mardi 5h", "ask: chaque mardi à 5 h | chaque mardi à 17 h" },
        { "tous les 15 jours à 9h", "ask: tous les 14 jours à 9 h | tous les 15 jours à 9 h" },
        { "tous les jours ouvrables à 9h",
          "ask: chaque jour ouvré à 9 h | chaque lundi, mardi, mercredi, jeudi, vendredi et samedi à 9 h" },
        { "chaque deuxième mardi à 10h",
          "ask: toutes les 2 semaines, le mardi à 10 h | le deuxième mardi de chaque "
          "mois à 10 h" },
        { "tous les lundis", "ask: chaque lundi à 9 h | chaque lundi à 17 h" },
        { "le dernier jour ouvré du mois à 9h", "every=1month on=mon,tue,wed,thu,fri nth=-1 at=09:00" FROM },
        { "chaque premier jour ouvré du mois à 9h",
          "every=1month on=mon,tue,wed,thu,fri nth=1 at=09:00" FROM },
        { "payer le loyer à la fin de chaque mois à 17h",
          "every=1month day=31 at=17:00" FROM " / payer le loyer" },
        { "chaque fin de mois à 17h", "every=1month day=31 at=17:00" FROM },
        { "tous les 15 jours le lundi à 9h", "every=2week on=mon at=09:00" FROM },
        { "tous les quinze jours le lundi à 9h", "every=2week on=mon at=09:00" FROM },
        { "une fois par mois le 15 à 9h", "every=1month day=15 at=09:00" FROM },
        { "chaque veille de Noël à 9h", "every=1year day=24 month=12 at=09:00" FROM },
        { "du lundi au vendredi à 9h", "ask: du lundi au vendredi à 9 h" },
        { "chaque lundi 17h svp", "ask: chaque lundi à 17 h" },
        { "chaque trimestre à 9h", "error" },
        { "un lundi sur deux à 9h", "every=2week on=mon at=09:00" FROM },
        { "une semaine sur deux le lundi à 9h", "every=2week on=mon at=09:00" FROM },
        { "un jour sur deux à 9h", "every=2day at=09:00" FROM },
        { "tous les 8 jours à 9h", "ask: tous les 7 jours à 9 h | tous les 8 jours à 9 h" },
        { "tous les quinze jours à 9h", "ask: tous les 14 jours à 9 h | tous les 15 jours à 9 h" },
        { "tous les 15 jours le lundi à 9h", "every=2week on=mon at=09:00" FROM },
        { "le premier jour de chaque mois à 9h", "every=1month day=1 at=09:00" FROM },
        { "chaque matin du lundi à 9h", "every=1week on=mon at=09:00" FROM },
        { "tous les soirs à 9h", "every=1day at=21:00" FROM },
        { "tous les lundis et mardis à 9h sauf demain",
          "every=1week on=mon,tue at=09:00" FROM " except=2026-11-25" },
        { "chaque 31 février à 9h", "error" },
        { "un lundi par semaine à 9h", "error" },
        { "un lundi sur 1 à 9h", "none" },
        { "tous les week-ends à 10h", "error" },
        { "toutes les demi-heures", "error" },
        { "tous les 1er et 15 du mois à 9h", "error" },
        { "aller au sport deux fois par semaine", "error / aller au sport" },
        { "un mardi par mois à 9h", "error" },
        { "le rapport mensuel vendredi à 9h", "none" },
        { "chaque lundi de l’année à 9h", "error" },
        { "tous les clients demain 9h", "none" },
        { "le premier lundi", "none" },
    };
    check_rows("fr", rows, sizeof rows / sizeof *rows);
}

static void recur_say__both_languages(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *en, *fr;
    } rows[] = {
        { "every=1hour" FROM, "every hour", "toutes les heures" },
        { "every=4hour" FROM, "every 4 hours", "toutes les 4 heures" },
        { "every=1day at=09:00,17:30" FROM, "every day at 09:00 and 17:30", "chaque jour à 9 h et 17 h 30" },
        { "every=2workday on=mon,tue at=09:00" FROM, "every 2 working days at 09:00",
          "tous les 2 jours ouvrés à 9 h" },
        { "every=1week on=mon,tue,wed,thu,fri at=09:00" FROM, "Monday to Friday at 09:00",
          "du lundi au vendredi à 9 h" },
        { "every=2week on=mon,tue,wed,thu,fri at=09:00" FROM, "every 2 weeks, Monday to Friday at 09:00",
          "toutes les 2 semaines, du lundi au vendredi à 9 h" },
        { "every=2week on=mon,tue,sun at=09:00" FROM, "every 2 weeks on Monday, Tuesday and Sunday at 09:00",
          "toutes les 2 semaines, le lundi, le mardi et le dimanche à 9 h" },
        { "every=1month on=fri nth=-1 at=16:00" FROM, "on the last Friday of every month at 16:00",
          "le dernier vendredi de chaque mois à 16 h" },
        { "every=2month day=1 at=16:00" FROM, "every 2 months on the 1st at 16:00",
          "tous les 2 mois, le 1er à 16 h" },
        { "every=1month day=30 at=16:00" FROM, "on the 30th of every month (or its last day) at 16:00",
          "le 30 de chaque mois (sinon le dernier jour) à 16 h" },
        { "every=1month on=mon,tue,wed,thu,fri nth=-1 at=16:00" FROM,
          "on the last working day of every month at 16:00", "le dernier jour ouvré de chaque mois à 16 h" },
        { "every=1year on=mon,tue,wed,thu,fri nth=1 month=9 at=16:00" FROM " off=FR",
          "every year on the first working day of September at 16:00",
          "chaque année, le premier jour ouvré de septembre à 16 h" },
        { "every=1month day=31 at=16:00" FROM, "on the last day of every month at 16:00",
          "le dernier jour de chaque mois à 16 h" },
        { "every=1year day=1 month=5 at=10:00" FROM, "every year on 1 May at 10:00",
          "chaque année, le 1er mai à 10 h" },
        { "every=2year on=mon nth=2 month=4 at=10:00" FROM,
          "every 2 years on the second Monday of April at 10:00",
          "tous les 2 ans, le deuxième lundi d’avril à 10 h" },
        { "every=1week on=mon at=09:00" FROM
          " until=2027-01-31T23:59 times=1 except=2026-12-28,2027-01-04T09:00",
          "every Monday at 09:00 until Sunday 31 January 2027 except Mon 28 Dec, 1 time",
          "chaque lundi à 9 h jusqu’au dimanche 31 janvier 2027, sauf lun. 28 déc., "
          "1 fois" },
    };
    struct arena *arena = arena_create();
    int64_t now_ms = context_of("en").now_ms;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recur rule;
        assert_true(recur_parse(rows[i].rule, &rule));
        assert_string_equal(recur_say(arena, "en", &rule, now_ms), rows[i].en);
        assert_string_equal(with_spaces(arena, recur_say(arena, "fr", &rule, now_ms)), rows[i].fr);
    }
    arena_destroy(arena);
}

/* --- What may be chosen means what was offered. --- */

static int pick(int from, int to)
{
    return from + rand() % (to - from + 1);
}

static struct recur random_rule(int64_t today)
{
    static const char *const zones[] = { "Europe/Zurich", "America/New_York", "UTC", "Asia/Kolkata",
                                         "America/Argentina/Buenos_Aires" };
    struct recur rule = { .unit = (enum recur_unit)pick(RECUR_HOUR, RECUR_YEAR), .every = pick(1, 40) };
    /* Of hours the zone is only how they are shown. */
    snprintf(rule.zone, sizeof rule.zone, "%s", zones[rule.unit == RECUR_HOUR ? 0 : pick(0, 4)]);
    rule.start = (struct recur_moment){ today + pick(2, 400), pick(0, 1439) };
    if (rule.unit == RECUR_WORKDAY)
        rule.weekdays = RECUR_MONDAY_TO_FRIDAY;
    if (rule.unit == RECUR_WEEK)
        rule.weekdays = (unsigned)pick(1, RECUR_EVERY_WEEKDAY);
    if (rule.unit >= RECUR_MONTH && rand() % 2) {
        rule.nth = pick(0, RECUR_NTH_MAX);
        rule.nth = rule.nth ? rule.nth : RECUR_LAST;
        rule.weekdays = rand() % 4 ? 1U << pick(0, 6) : RECUR_MONDAY_TO_FRIDAY;
    } else if (rule.unit >= RECUR_MONTH) {
        rule.day = pick(1, rule.unit == RECUR_MONTH ? 31 : 29);
    }
    if (rule.unit == RECUR_YEAR)
        rule.month = pick(1, 12);
    for (int minute = pick(0, 700); rule.unit != RECUR_HOUR && minute < 1440 && rule.n_minutes < 3;
         minute += pick(1, 700))
        rule.minutes[rule.n_minutes++] = minute;
    rule.has_end = rand() % 3 == 0;
    if (rule.has_end)
        rule.end = (struct recur_moment){ rule.start.day + pick(20000, 30000), pick(0, 1439) };
    rule.count = rand() % 3 ? 0 : pick(1, RECUR_COUNT_MAX);
    for (int i = 0; rule.unit != RECUR_HOUR && i < rand() % 3; i++)
        rule.exceptions[rule.n_exceptions++] =
            (struct recur_moment){ rule.start.day + 30 + INT64_C(50) * i, RECUR_WHOLE_DAY };
    return rule;
}

static void recur_type__is_read_as_the_same_rule(void **state)
{
    (void)state;
    enum { N_RULES = 2000 };
    struct arena *arena = arena_create();
    srand(1);
    for (int i = 0; i < N_RULES; i++) {
        struct when_context context = context_of(rand() % 2 ? "en" : "fr");
        struct recur rule = random_rule(civil_day_number(2026, 11, 24));
        if (!recur_is_valid(&rule))
            fail_msg("%s", recur_write(&rule).text);
        const char *typed = recur_type(arena, &rule, context.now_ms);
        struct recur_reading reading = recur_read_tail(arena, &context, typed);
        if (reading.result != WHEN_AT ||
            strcmp(recur_write(&reading.rule).text, recur_write(&rule).text) != 0)
            fail_msg("%s\n  %s\n  %d %s", recur_write(&rule).text, typed, reading.result,
                     reading.result == WHEN_AT ? recur_write(&reading.rule).text : "");
        arena_reset(arena);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recur_read__english),
        cmocka_unit_test(recur_read__french),
        cmocka_unit_test(recur_say__both_languages),
        cmocka_unit_test(recur_type__is_read_as_the_same_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
