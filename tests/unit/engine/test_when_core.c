/* engine/when: the everyday phrases, each with the rule it stands for. Now is a Wednesday, 10:00 in Zurich. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "engine/when.h"
#include "engine/zone.h"

#define ZURICH "Europe/Zurich"
#define OFFICE "mon-fri 09:00-12:00,13:00-17:00"
#define NOW    "2026-11-25 10:00"

struct row {
    const char *lang, *hours, *phrase, *expected; /* local times; ask with candidates behind it */
};

static int64_t at(const char *text)
{
    struct civil c = { 0 };
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &c.year, &c.month, &c.day, &c.hour, &c.minute), 5);
    return zone_instant(ZURICH, c);
}

static size_t show_instant(char *out, size_t size, const char *before, int64_t at_ms)
{
    struct civil c = zone_local(ZURICH, at_ms).civil;
    return (size_t)snprintf(out, size, "%s%04d-%02d-%02d %02d:%02d", before, c.year, c.month, c.day, c.hour,
                            c.minute);
}

static void show(const struct when *when, char *out, size_t size)
{
    static const char *const faults[] = { "", "past", "impossible", "unread", "long" };
    size_t len = 0;
    switch (when->result) {
    case WHEN_AT:
        show_instant(out, size, "", when->at_ms);
        break;
    case WHEN_ASK:
        len = (size_t)snprintf(out, size, "ask");
        for (size_t i = 0; i < when->n_candidates; i++)
            len += show_instant(out + len, size - len, i ? ", " : " ", when->candidates[i]);
        break;
    case WHEN_ERROR:
        snprintf(out, size, "error %s", faults[when->fault]);
        break;
    case WHEN_NONE:
        snprintf(out, size, "none");
        break;
    }
}

static struct when_context context_of(const char *lang, const char *hours)
{
    return (struct when_context){ .now_ms = at(NOW), .zone = ZURICH, .lang = lang, .hours = hours };
}

static void check(const struct row *rows, size_t n)
{
    struct arena *arena = arena_create();
    size_t n_bad = 0;
    for (size_t i = 0; i < n; i++) {
        char shown[512];
        struct when_context context = context_of(rows[i].lang, rows[i].hours);
        struct when when = when_read(arena, &context, rows[i].phrase);
        show(&when, shown, sizeof shown);
        if (strcmp(shown, rows[i].expected)) {
            n_bad++;
            print_error("%s «%s»: %s, not %s\n", rows[i].lang, rows[i].phrase, shown, rows[i].expected);
        }
    }
    arena_destroy(arena);
    assert_int_equal(n_bad, 0);
}

#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)

static void clocks_and_days(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* R20 */
        { "en", NULL, "2026-11-27 17:00", "2026-11-27 17:00" },
        { "en", NULL, "2026-11-27T17:00", "2026-11-27 17:00" },
        { "en", NULL, "2026-11-27T17:00Z", "2026-11-27 18:00" },
        { "en", NULL, "2026-11-27T17:00:00-05:00", "2026-11-27 23:00" },
        { "en", NULL, "20261127T170000Z", "2026-11-27 18:00" },
        { "fr", NULL, "le 2026-11-27 à 17h", "2026-11-27 17:00" },
        { "en", NULL, "2026-02-30 17:00", "error impossible" },
        { "en", NULL, "2026-11-24 17:00", "error past" },
        /* R5, R8 */
        { "en", NULL, "friday 17:00", "2026-11-27 17:00" },
        { "en", NULL, "Friday at 5pm.", "2026-11-27 17:00" },
        { "en", NULL, "17:00 on friday", "2026-11-27 17:00" },
        { "en", NULL, "friday 5.30 p.m.", "2026-11-27 17:30" },
        { "fr", NULL, "vendredi 17h", "2026-11-27 17:00" },
        { "fr", NULL, "ven. 17\u00a0h\u202f30", "2026-11-27 17:30" },
        { "fr", NULL, "lundi à 12h", "2026-11-30 12:00" },
        { "fr", NULL, "VENDREDI 17 H 30", "2026-11-27 17:30" },
        { "fr", NULL, "vendredi midi", "2026-11-27 12:00" },
        { "fr", NULL, "vendredi midi et demi", "2026-11-27 12:30" },
        { "en", NULL, "friday noon", "2026-11-27 12:00" },
        { "en", NULL, "friday 5:30", "ask 2026-11-27 05:30, 2026-11-27 17:30" },
        { "en", NULL, "friday 05:30", "2026-11-27 05:30" },
        { "fr", NULL, "vendredi à 4h", "ask 2026-11-27 04:00, 2026-11-27 16:00" },
        { "en", NULL, "tuesday at 8", "ask 2026-12-01 08:00, 2026-12-01 20:00" },
        { "en", NULL, "friday 12pm", "ask 2026-11-27 00:00, 2026-11-27 12:00" },
        { "en", NULL, "friday 12:30pm", "2026-11-27 12:30" },
        { "en", NULL, "friday 13pm", "error impossible" },
        { "en", NULL, "friday 25:00", "error impossible" },
        { "en", NULL, "friday 24:00", "2026-11-28 00:00" },
        { "en", NULL, "midnight", "2026-11-26 00:00" },
        { "en", NULL, "friday midnight", "ask 2026-11-27 00:00, 2026-11-28 00:00" },
        { "en", NULL, "wednesday 17:00", "ask 2026-11-25 17:00, 2026-12-02 17:00" },
        { "en", NULL, "wednesday 09:00", "2026-12-02 09:00" },
        { "en", NULL, "today, wednesday, 17:00", "2026-11-25 17:00" },
        { "en", NULL, "next friday 17:00", "ask 2026-11-27 17:00, 2026-12-04 17:00" },
        { "fr", NULL, "vendredi prochain 17h", "ask 2026-11-27 17:00, 2026-12-04 17:00" },
        { "en", NULL, "next wednesday 17:00", "2026-12-02 17:00" },
        { "en", NULL, "this friday 17:00", "2026-11-27 17:00" },
        { "fr", NULL, "lundi de la semaine prochaine 10h", "2026-11-30 10:00" },
        { "fr", NULL, "vendredi en huit à 10h", "2026-12-04 10:00" },
        { "en", NULL, "monday this week 17:00", "error past" },
        { "en", NULL, "monday week 10:00", "2026-12-07 10:00" },
        { "en", NULL, "friday 09:00-12:00", "error unread" },
        { "fr", NULL, "mar 17h", "2026-12-01 17:00" },
        /* R7, R10 */
        { "en", NULL, "17:00", "2026-11-25 17:00" },
        { "en", NULL, "09:00", "ask 2026-11-26 09:00" },
        { "en", NULL, "tomorrow 17:00", "2026-11-26 17:00" },
        { "en", NULL, "the day after tomorrow at 5pm", "2026-11-27 17:00" },
        { "fr", NULL, "après-demain 17h", "2026-11-27 17:00" },
        { "fr", NULL, "aujourd’hui 17h", "2026-11-25 17:00" },
        { "en", NULL, "today 09:00", "error past" },
        { "en", NULL, "yesterday", "error past" },
        { "en", NULL, "yesterday 17:00", "error past" },
        /* R12 */
        { "en", NULL, "friday morning", "ask" },
        { "fr", NULL, "demain à 6h du soir", "2026-11-26 18:00" },
        { "en", NULL, "tonight 8pm", "2026-11-25 20:00" },
        /* R17, R18 */
        { "fr", NULL, "28/11 17:00", "2026-11-28 17:00" },
        { "en", NULL, "28/11 17:00", "2026-11-28 17:00" },
        { "en", NULL, "3/4/2027 17:00", "ask 2027-03-04 17:00, 2027-04-03 17:00" },
        { "fr", NULL, "3/4/2027 17:00", "2027-04-03 17:00" },
        { "en", NULL, "27 november 17:00", "2026-11-27 17:00" },
        { "en", NULL, "nov 27th, 2026 at 17:00", "2026-11-27 17:00" },
        { "fr", NULL, "le 28 novembre à 9h", "2026-11-28 09:00" },
        { "fr", NULL, "le 1er décembre 9h", "2026-12-01 09:00" },
        { "fr", NULL, "le 28 à 9h", "2026-11-28 09:00" },
        { "en", NULL, "friday 27 november 17:00", "2026-11-27 17:00" },
        { "en", NULL, "monday 27 november 17:00", "error impossible" },
        { "en", NULL, "20 november 17:00", "ask 2027-11-20 17:00" },
        { "en", NULL, "DEC-12", "error unread" },
        /* R21 */
        { "en", NULL, "friday 17:00 UTC", "2026-11-27 18:00" },
        { "en", NULL, "friday 17:00 (Europe/London)", "2026-11-27 18:00" },
        { "en", NULL, "friday 5pm ET", "2026-11-27 23:00" },
        { "en", NULL, "friday 17:00 CEST", "ask 2026-11-27 16:00, 2026-11-27 17:00" },
        /* R1, R24, R27 */
        { "en", NULL, "by wensday 10:00", "error unread" },
        { "en", NULL, "every friday 17:00", "error unread" },
        { "en", NULL, "friday 14:00-16:00", "error unread" },
        { "en", NULL, "", "error unread" },
        { "en", NULL, "99999999999999 days", "error unread" },
        { "en", NULL, "0 days", "error impossible" },
        { "en", NULL, "in -2 days", "error unread" },
    };
    CHECK(rows);
}

static void lengths(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "en", NULL, "in 2 hours", "2026-11-25 12:00" },
        { "en", NULL, "within two hours", "2026-11-25 12:00" },
        { "en", NULL, "in half an hour", "2026-11-25 10:30" },
        { "en", NULL, "in 1 hour and 30 minutes", "2026-11-25 11:30" },
        { "fr", NULL, "dans 1h30", "2026-11-25 11:30" },
        { "fr", NULL, "dans 1\u00a0h 30", "2026-11-25 11:30" },
        { "fr", NULL, "dans 20 min", "2026-11-25 10:20" },
        { "fr", NULL, "dans une heure et demie", "2026-11-25 11:30" },
        { "fr", NULL, "sous 48h", "2026-11-27 10:00" },
        { "fr", NULL, "d'ici deux heures", "2026-11-25 12:00" },
        { "fr", NULL, "d'ici 17h", "2026-11-25 17:00" },
        { "en", NULL, "by 48h", "2026-11-27 10:00" },
        { "en", NULL, "48h", "2026-11-27 10:00" },
        { "en", NULL, "17h", "ask 2026-11-25 17:00, 2026-11-26 03:00" },
        { "fr", NULL, "17h", "2026-11-25 17:00" },
        { "en", NULL, "2 days", "2026-11-27 10:00" },
        { "en", NULL, "two days", "error unread" },
        { "en", NULL, "in 4 days at 10:30", "2026-11-29 10:30" },
        { "en", NULL, "in a week", "2026-12-02 10:00" },
        { "fr", NULL, "dans trois semaines", "2026-12-16 10:00" },
        { "en", NULL, "in 8 days", "2026-12-03 10:00" },
        { "fr", NULL, "dans huit jours", "ask 2026-12-02 10:00, 2026-12-03 10:00" },
        { "fr", NULL, "dans 15 jours", "ask 2026-12-09 10:00, 2026-12-10 10:00" },
        { "en", NULL, "in a month", "2026-12-25 10:00" },
        { "en", OFFICE, "1 working day", "2026-11-26 10:00" },
        { "fr", OFFICE, "2 jours ouvrés", "2026-11-27 10:00" },
        { "fr", OFFICE, "sous 3 jours ouvrés", "2026-11-30 10:00" },
        { "en", NULL, "in 3 business days", "2026-11-30 10:00" },
        { "en", OFFICE, "in 4 working hours", "2026-11-25 15:00" },
        { "en", NULL, "in 4 working hours", "ask" },
        { "fr", OFFICE, "2 jours ouvrables", "ask 2026-11-27 10:00" },
        { "en", NULL, "in a few days", "error unread" },
    };
    CHECK(rows);
}

static void days_without_clock(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "en", NULL, "friday", "2026-11-27 23:59" },
        { "en", OFFICE, "friday", "2026-11-27 17:00" },
        { "en", OFFICE, "saturday", "ask 2026-11-28 23:59" },
        { "en", OFFICE, "by tomorrow", "2026-11-26 17:00" },
        { "fr", OFFICE, "d'ici demain", "2026-11-26 17:00" },
        { "fr", OFFICE, "avant vendredi", "ask 2026-11-26 17:00, 2026-11-27 17:00" },
        { "fr", OFFICE, "avant vendredi 12h", "2026-11-27 12:00" },
        { "en", OFFICE, "no later than 27 nov", "2026-11-27 17:00" },
        { "en", OFFICE, "wednesday", "ask 2026-11-25 17:00, 2026-12-02 17:00" },
        { "en", OFFICE, "next friday", "ask 2026-11-27 17:00, 2026-12-04 17:00" },
        { "en", OFFICE, "today", "2026-11-25 17:00" },
        { "en", OFFICE, "EOD friday", "2026-11-27 17:00" },
        { "en", NULL, "end of day", "ask 2026-11-25 23:59" },
        { "en", OFFICE, "next week", "ask" },
        { "fr", OFFICE, "28/11", "ask 2026-11-28 23:59" },
        { "fr", OFFICE, "27/11", "2026-11-27 17:00" },
    };
    CHECK(rows);
}

struct piece {
    const char *lang, *text, *expected, *subject;
};

typedef struct when reading(struct arena *arena, const struct when_context *context, const char *text);

static void check_pieces(reading *read, const struct piece *rows, size_t n)
{
    struct arena *arena = arena_create();
    size_t n_bad = 0;
    for (size_t i = 0; i < n; i++) {
        char shown[512];
        struct when_context context = context_of(rows[i].lang, OFFICE);
        struct when when = read(arena, &context, rows[i].text);
        show(&when, shown, sizeof shown);
        if (strcmp(shown, rows[i].expected) || strcmp(when.subject, rows[i].subject)) {
            n_bad++;
            print_error("«%s»: %s «%s»\n", rows[i].text, shown, when.subject);
        }
    }
    arena_destroy(arena);
    assert_int_equal(n_bad, 0);
}

static void sentences(void **state)
{
    (void)state;
    static const struct piece rows[] = {
        { "en", "Swap the router by friday 17:00.", "2026-11-27 17:00", "Swap the router" },
        { "en", "By friday 17:00: swap the router", "2026-11-27 17:00", "swap the router" },
        { "en", "Swap the router (deadline: friday 17:00) in room 4", "2026-11-27 17:00",
          "Swap the router in room 4" },
        { "en", "Answer due: friday", "2026-11-27 17:00", "Answer" },
        { "en", "By friday 17:00 without fail", "2026-11-27 17:00", "without fail" },
        { "en", "By friday 17:00 at the earliest", "ask 2026-11-27 17:00", "at the earliest" },
        { "en", "Swap red by blue", "none", "Swap red by blue" },
        { "en", "Swap red by blue by friday 17:00", "2026-11-27 17:00", "Swap red by blue" },
        { "en", "Merge v3.2 in 2 days", "2026-11-27 10:00", "Merge v3.2" },
        { "en", "Meet in room 16h", "none", "Meet in room 16h" },
        { "fr", "Rendre le rapport d'ici vendredi 17h", "2026-11-27 17:00", "Rendre le rapport" },
        { "fr", "Rendre le rapport avant vendredi 17h et prévenir Bob", "2026-11-27 17:00",
          "Rendre le rapport et prévenir Bob" },
        { "fr", "Choisir un logo sous 48h", "2026-11-27 10:00", "Choisir un logo" },
        { "fr", "Ranger la salle avant vendredi", "ask 2026-11-26 17:00, 2026-11-27 17:00",
          "Ranger la salle" },
        { "fr", "Tout finir d'ici mon départ", "none", "Tout finir d'ici mon départ" },
        { "en", "Swap it by friday 17:00 7", "ask 2026-11-27 17:00", "Swap it 7" },
        { "en", "Swap it by wensday 10:00", "ask", "Swap it by wensday 10:00" },
        { "en", "Prepare monday for friday by 17:00", "ask 2026-11-25 17:00", "Prepare monday for friday" },
        { "en", "Not before friday 17:00", "ask 2026-11-27 17:00", "Not" },
        { "en", "Meeting on friday 17:00", "ask 2026-11-27 17:00", "Meeting" },
        { "en", "The friday meeting moves", "none", "The friday meeting moves" },
        { "en", "Ship by 2026-11-20 17:00", "error past", "Ship" },
        { "en", "Photos by Sam", "ask 2026-11-28 23:59", "Photos" },
        { "en", "", "none", "" },
    };
    check_pieces(when_read_sentence, rows, sizeof rows / sizeof *rows);
}

static void tails(void **state)
{
    (void)state;
    static const struct piece rows[] = {
        { "en", "call Bob friday 17:00", "2026-11-27 17:00", "call Bob" },
        { "en", "call Bob - by friday 17:00", "2026-11-27 17:00", "call Bob" },
        { "en", "call Bob in 20 min", "2026-11-25 10:20", "call Bob" },
        { "en", "48h", "2026-11-27 10:00", "" },
        { "en", "call Bob yesterday 17:00", "error past", "call Bob" },
        { "en", "leave it for last", "none", "leave it for last" },
        { "en", "book from 9:00 until 17:00", "ask 2026-11-25 17:00", "book from 9:00" },
        { "fr", "salle de 14h à 16h", "ask 2026-11-25 16:00", "salle de 14h" },
        { "en", "call Bob every friday 17:00", "ask 2026-11-27 17:00", "call Bob every" },
        { "en", "call Bob friday 5:30", "ask 2026-11-27 05:30, 2026-11-27 17:30", "call Bob" },
        { "fr", "appeler Bob demain à 17h", "2026-11-26 17:00", "appeler Bob" },
        { "fr", "appeler Bob", "none", "appeler Bob" },
    };
    check_pieces(when_read_tail, rows, sizeof rows / sizeof *rows);
}

/* R27: whatever comes, an answer at once, and never an instant that is past. */
static void anything_is_answered(void **state)
{
    (void)state;
    static const char *const pieces[] = { "by ",   "friday ",    "17:00 ", "in ",  "2 ",    "5 ", "h",
                                          "/",     "-",          "11 ",    "nov ", "le ",   "(",  ") ",
                                          ". ",    "avant ",     "\xff",   "💥",    "days ", "à ", "demain ",
                                          "next ", "999999999 ", "UTC ",   "+",    ":",     "0" };
    struct arena *arena = arena_create();
    srand(7);
    for (int i = 0; i < 4000; i++) {
        char text[400] = "";
        for (int n = rand() % 20; n >= 0; n--)
            strcat(text, pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
        struct when_context context = context_of(i % 2 ? "en" : "fr", i % 3 ? OFFICE : NULL);
        reading *readings[] = { when_read, when_read_sentence, when_read_tail };
        for (size_t k = 0; k < 3; k++) {
            struct when when = readings[k](arena, &context, text);
            if (when.result == WHEN_AT)
                assert_true(when.at_ms > context.now_ms);
            for (size_t c = 0; c < when.n_candidates; c++)
                assert_true(when.candidates[c] > context.now_ms);
        }
        arena_reset(arena);
    }
    char *big = malloc(65537);
    assert_non_null(big);
    for (size_t i = 0; i < 65536; i++)
        big[i] = "by "[i % 3];
    big[65536] = '\0';
    struct when_context context = context_of("en", NULL);
    assert_int_equal(when_read(arena, &context, big).fault, WHEN_TOO_LONG);
    big[999] = '\0';
    assert_int_equal(when_read_sentence(arena, &context, big).result, WHEN_NONE);
    free(big);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_and_days), cmocka_unit_test(lengths), cmocka_unit_test(days_without_clock),
        cmocka_unit_test(sentences),       cmocka_unit_test(tails),   cmocka_unit_test(anything_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
