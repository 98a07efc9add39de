/* time/when: what `greffier when` does not tell. Now is a Wednesday, 10:00 in Zurich. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "time/when.h"
#include "time/zone.h"

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

/* Why there is no instant: what a template says. Which phrases read, and how, is in tests/when. */
static void faults(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "en", NULL, "2026-11-24 17:00", "error past" },
        { "en", NULL, "today 09:00", "error past" },
        { "en", NULL, "yesterday 17:00", "error past" },
        { "fr", NULL, "hier", "error past" },
        { "en", NULL, "monday this week 17:00", "error past" },
        { "en", NULL, "2026-02-30 17:00", "error impossible" },
        { "en", NULL, "friday 13pm", "error impossible" },
        { "en", NULL, "friday 25:00", "error impossible" },
        { "en", NULL, "31 november 17:00", "error impossible" },
        { "en", NULL, "monday week 54", "error impossible" },
        { "en", NULL, "0 days", "error impossible" },
        { "en", NULL, "friday 17:00 UTC+15", "error impossible" },
        { "en", NULL, "by wensday 10:00", "error unread" },
        { "en", NULL, "every friday 17:00", "error unread" },
        { "en", NULL, "DEC-12", "error unread" },
        { "en", NULL, "99999999999999 days", "error unread" },
        { "en", NULL, "", "error unread" },
    };
    CHECK(rows);
}

/* A date that is no such weekday is asked, and said to be none; so is a slip that an answer with a number may be. */
static void misfits(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *phrase;
        enum when_fault fault;
    } rows[] = {
        { "en", "monday 1 december", WHEN_MISFIT },    { "fr", "lundi 1er décembre à 9h", WHEN_MISFIT },
        { "en", "tomorrow 27 november", WHEN_MISFIT }, { "fr", "lundi 8", WHEN_MISFIT },
        { "en", "next friday", WHEN_FAULTLESS },       { "en", "friday 17:00 please", WHEN_FAULTLESS },
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct when_context context = context_of(rows[i].lang, OFFICE);
        struct when when = when_read(arena, &context, rows[i].phrase);
        assert_int_equal(when.result, WHEN_ASK);
        assert_int_equal(when.fault, rows[i].fault);
        assert_true(when.n_candidates > 0);
    }
    struct when_context context = context_of("en", OFFICE);
    struct when when = when_read_sentence(arena, &context, "Swap it by monday 1 december 9:00 and rest");
    assert_int_equal(when.fault, WHEN_MISFIT);
    arena_destroy(arena);
}

/* As it was announced: in the zone of the phrase, or in the room's if that is but an offset. */
static void announced(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *zone;
        int hour;
        bool has_clock;
    } rows[] = {
        { "friday 17:00", ZURICH, 17, true },
        { "friday", ZURICH, 23, false },
        { "in 2 days", ZURICH, 10, true },
        { "next working day", ZURICH, 23, false },
        { "next working day 9:00", ZURICH, 9, true },
        { "first monday of december", ZURICH, 23, false },
        { "friday 17:00 New York time", "America/New_York", 17, true },
        { "friday 17:00 UTC+3", ZURICH, 15, true },
    };
    struct arena *arena = arena_create();
    struct when_context context = context_of("en", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct when when = when_read(arena, &context, rows[i].phrase);
        assert_int_equal(when.result, WHEN_AT);
        assert_string_equal(when.zone, rows[i].zone);
        assert_int_equal(when.civil.hour, rows[i].hour);
        assert_int_equal(when.has_clock, rows[i].has_clock);
        assert_int_equal(zone_instant(when.zone, when.civil), when.at_ms);
        assert_string_equal(when.phrase, rows[i].phrase);
    }
    arena_destroy(arena);
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
        { "en", "By friday 17:00 at the earliest", "ask 2026-11-27 17:00", "" },
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
        { "en", "Swap it by wensday 10:00", "ask", "Swap it" },
        { "en", "Swap it by wensday 10:00 then", "ask", "Swap it by wensday 10:00 then" },
        { "en", "Prepare monday for friday by 17:00", "ask 2026-11-27 17:00", "Prepare monday for" },
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
        { "fr", "appeler Bob pour vendredi à 9h.", "2026-11-27 09:00", "appeler Bob" },
        { "fr", "bob, vendredi", "2026-11-27 17:00", "bob" },
        { "fr", "claire, le 30 novembre à 17 h", "2026-11-30 17:00", "claire" },
        { "fr", "payer d'ici la fin du mois", "2026-11-30 17:00", "payer" },
        { "fr", "relire sous 3 jours ouvrés", "2026-11-30 10:00", "relire" },
        { "en", "friday 17:00", "2026-11-27 17:00", "" },
        { "en", "in 4 days at 10:30", "2026-11-29 10:30", "" },
        { "en", "call Bob (tomorrow 9:00)", "2026-11-26 09:00", "call Bob" },
        { "en", "call Bob tomorrow 9:00!", "2026-11-26 09:00", "call Bob" },
        { "en", "read chapter 5 by monday week 50 10:00", "2026-12-07 10:00", "read chapter 5" },
        { "en", "book 2 rooms in 3 days", "2026-11-28 10:00", "book 2 rooms" },
        { "en", "send the 17:00 report friday", "2026-11-27 17:00", "send the 17:00 report" },
        { "en", "call Bob next friday 17:00", "ask 2026-11-27 17:00, 2026-12-04 17:00", "call Bob" },
        { "en", "call Bob tomorrow evening", "ask", "call Bob" },
        { "en", "call Bob before friday", "ask 2026-11-26 17:00, 2026-11-27 17:00", "call Bob" },
        { "en", "meet monday or friday", "ask 2026-11-27 17:00", "meet monday or" },
        { "en", "call Bob friday 25:00", "error impossible", "call Bob" },
        { "en", "call Bob tuesday 28 november 17:00", "ask 2026-11-28 17:00, 2026-12-01 17:00", "call Bob" },
        { "en", "call Sam", "ask 2026-11-28 23:59", "call" },
        { "en", "friday call Bob", "none", "friday call Bob" },
        { "en", "close DEC-12", "none", "close DEC-12" },
        { "en", "tag v3.2", "none", "tag v3.2" },
        { "en", "", "none", "" },
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
        cmocka_unit_test(faults),    cmocka_unit_test(misfits), cmocka_unit_test(announced),
        cmocka_unit_test(sentences), cmocka_unit_test(tails),   cmocka_unit_test(anything_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
