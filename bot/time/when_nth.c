/* The nth of a month, a quarter or a year, the next working day, and feasts by their names. */
#include <string.h>

#include "time/when_reader.h"

enum { YEAR_MIN = 2020, YEAR_MAX = 2099 };

struct when_period when_period_of(int value)
{
    return (struct when_period){ .months = value / 2, .ahead = value % 2, .is_said = true };
}

/* Q1, T1 2027, q4/2026 not */
static size_t read_quarter(const struct when_reader *r, size_t at, struct when_period *out)
{
    bool is_letter = reader_is_word(r, at, "q") || (r->tokens->is_french && reader_is_word(r, at, "t"));
    if (!is_letter || !reader_is_glued_number(r, at + 1, 1, 1))
        return 0;
    int which = reader_token(r, at + 1)->value, year = 0;
    if (which < 1 || which > 4 || reader_is_glued_mark(r, at + 2, '-') ||
        reader_is_glued_mark(r, at + 2, '/'))
        return 0;
    size_t n = 2 + when_read_year(r, at + 2, &year);
    *out = (struct when_period){ .months = 3, .which = which, .year = year, .is_said = true };
    return n;
}

/* december, mars 2027 */
static size_t read_named_month(const struct when_reader *r, size_t at, struct when_period *out)
{
    struct when_word month = reader_word_of(r, at, WORD_MONTH);
    if (!month.n)
        return 0;
    int year = 0;
    size_t n = month.n + reader_stop(r, at + month.n);
    if (reader_is_glued_mark(r, at + n, '-') || reader_is_glued_number(r, at + n, 1, 9))
        return 0;
    n += when_read_year(r, at + n, &year);
    *out = (struct when_period){ .months = 1, .which = month.value, .year = year, .is_said = true };
    return n;
}

static size_t read_year_alone(const struct when_reader *r, size_t at, struct when_period *out)
{
    int year = reader_token(r, at)->value;
    const struct when_token *next = reader_token(r, at + 1);
    if (!reader_is_number(r, at, 4, 4) || reader_token(r, at)->is_glued || year < YEAR_MIN ||
        year > YEAR_MAX || (next->is_glued && next->kind != TOKEN_EMOJI))
        return 0;
    *out = (struct when_period){ .months = 12, .which = 1, .year = year, .is_said = true };
    return 1;
}

size_t when_read_period(struct when_reader *r, size_t at, struct when_period *out)
{
    size_t n = read_named_month(r, at, out);
    if (!n)
        n = read_quarter(r, at, out);
    if (!n)
        n = read_year_alone(r, at, out);
    if (n)
        return n;
    struct when_word word = reader_word_of(r, at, WORD_PERIOD);
    if (word.n)
        *out = when_period_of(word.value);
    return word.n;
}

static bool is_free(const struct said *said)
{
    return said->day == DAY_UNSAID && !said->has_weekday && !said->elapsed_ms && !said->is_month_alone;
}

/* monday, working day, jour ouvré, day, week: what is counted */
static size_t read_counted(const struct when_reader *r, size_t at, enum when_nth_of *of_out, int *weekday_out)
{
    struct when_word full = reader_word_of(r, at, WORD_WEEKDAY),
                     brief = reader_word_of(r, at, WORD_WEEKDAY_SHORT),
                     of = reader_word_of(r, at, WORD_NTH_OF);
    *of_out = of.n ? (enum when_nth_of)of.value : NTH_WEEKDAY;
    *weekday_out = full.n ? full.value : brief.value;
    if (of.n || full.n)
        return of.n ? of.n : full.n;
    return brief.n ? brief.n + reader_stop(r, at + brief.n) : 0;
}

/* of december, du mois, in the first quarter not */
static size_t read_of_period(struct when_reader *r, size_t at, struct when_period *out)
{
    struct when_word of = reader_word_of(r, at, WORD_OF);
    size_t n = when_read_period(r, at + of.n, out);
    return n ? of.n + n : 0;
}

/* The next working day, le prochain jour ouvré: the first one after today. */
static size_t read_next_working_day(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    struct when_word next = reader_word_of(r, at, WORD_NEXT),
                     of = reader_word_of(r, at + next.n, WORD_NTH_OF);
    size_t n = next.n + of.n;
    if (!of.n || (of.value != NTH_WORKING_DAY && of.value != NTH_OPEN_DAY) || !is_free(said))
        return 0;
    struct when_word behind = reader_word_of(r, at + n, WORD_NEXT);
    if (!next.n && !behind.n)
        return 0;
    said->day = DAY_LENGTH;
    said->days = 1;
    said->is_whole_day = true;
    said->is_working = of.value == NTH_WORKING_DAY;
    said->is_open_days = of.value == NTH_OPEN_DAY;
    return n + (next.n ? 0 : behind.n);
}

/* the last week of december: which day of it is not said. */
static size_t take_week(struct said *said, size_t n)
{
    said->is_vague = said->is_month_alone = true;
    return n;
}

/* the 5th of next month, le 5 du mois prochain */
static size_t read_day_of_month(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    struct when_period period;
    if (!reader_is_number(r, at, 1, 2) || reader_token(r, at)->is_glued || !is_free(said))
        return 0;
    size_t n = 1 + when_read_ordinal(r, at + 1);
    struct when_word of = reader_word_of(r, at + n, WORD_OF),
                     month = reader_word_of(r, at + n + of.n, WORD_PERIOD);
    period = when_period_of(month.value);
    if (!of.n || !month.n || period.months != 1 || !reader_token(r, at)->value)
        return 0;
    said->day = DAY_NTH;
    said->nth = reader_token(r, at)->value;
    said->nth_of = NTH_ANY_DAY;
    said->period = period;
    return n + of.n + month.n;
}

size_t when_read_nth(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    struct when_word nth = reader_word_of(r, at, WORD_NTH);
    struct when_period period = { .months = 1 };
    size_t dated = read_day_of_month(r, at);
    if (dated)
        return dated;
    enum when_nth_of of = NTH_WEEKDAY;
    int weekday = 0;
    if (!nth.n)
        return read_next_working_day(r, at);
    size_t counted = is_free(said) ? read_counted(r, at + nth.n, &of, &weekday) : 0,
           behind = counted ? read_of_period(r, at + nth.n + counted, &period) : 0,
           n = nth.n + counted + behind;
    /* last friday is past; the third thursday may be of this month or the next one. */
    if (!counted || (!behind && (nth.value < 0 || of != NTH_WEEKDAY)))
        return 0;
    if (of == NTH_WEEK)
        return take_week(said, n);
    said->day = DAY_NTH;
    said->nth = nth.value;
    said->nth_of = of;
    said->nth_weekday = weekday;
    said->period = period;
    return n;
}

size_t when_read_feast(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    struct when_word feast = reader_word_of(r, at, WORD_FEAST);
    int year = 0;
    if (!feast.n || !is_free(said))
        return 0;
    size_t n = feast.n + when_read_year(r, at + feast.n, &year);
    said->day = DAY_FEAST;
    said->feast = feast.value;
    said->year = year;
    return n;
}
