/* Dates and day numbers (R17, R20). */
#include <string.h>

#include "time/civil.h"
#include "time/when_reader.h"

static bool set_date(struct when_reader *r, int year, int month, int day)
{
    struct said *said = r->said;
    if ((said->day != DAY_UNSAID && said->day != DAY_RELATIVE) || said->elapsed_ms)
        return false;
    said->is_relative_too = said->day == DAY_RELATIVE;
    said->day = DAY_DATE;
    said->year = year;
    said->month = month;
    said->day_number = day;
    int days = month < 1 || month > 12 ? (month ? 0 : 31) : civil_days_in_month(year ? year : 2028, month);
    if (day < 1 || day > days)
        said->is_impossible = true;
    return true;
}

/* One that was written as a number: 2026-00-10 has no month that is left unsaid. */
static bool set_numeric_date(struct when_reader *r, int year, int month, int day)
{
    if (!month)
        r->said->is_impossible = true;
    return set_date(r, year, month, day);
}

/* 2026-11-27, 2026/11/27, 2026.11.27, and the T of a time that follows. */
static size_t read_year_first(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 4, 4) || reader_token(r, at + 1)->kind != TOKEN_MARK)
        return 0;
    char mark = reader_token(r, at + 1)->mark;
    if ((mark != '-' && mark != '/' && mark != '.') || !reader_is_glued_mark(r, at + 1, mark) ||
        !reader_is_glued_number(r, at + 2, 1, 2) || !reader_is_glued_mark(r, at + 3, mark) ||
        !reader_is_glued_number(r, at + 4, 1, 2))
        return 0;
    if (!set_numeric_date(r, reader_token(r, at)->value, reader_token(r, at + 2)->value,
                          reader_token(r, at + 4)->value))
        return 0;
    r->is_iso = mark == '-';
    if (!reader_token(r, at)->value)
        r->said->is_impossible = true;
    bool has_t = r->is_iso && reader_is_word(r, at + 5, "t") && reader_token(r, at + 5)->is_glued &&
                 reader_is_glued_number(r, at + 6, 2, 2);
    return has_t ? 6 : 5;
}

/* 20261127T170000Z */
static size_t read_basic_iso(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 8, 8) || !reader_is_word(r, at + 1, "t") ||
        !reader_token(r, at + 1)->is_glued ||
        !(reader_is_glued_number(r, at + 2, 4, 4) || reader_is_glued_number(r, at + 2, 6, 6)))
        return 0;
    int date = reader_token(r, at)->value, time = reader_token(r, at + 2)->value;
    struct when_clock *clock = &r->said->clock;
    if (clock->is_said || !set_numeric_date(r, date / 10000, date / 100 % 100, date % 100))
        return 0;
    if (reader_token(r, at + 2)->n_digits == 4)
        time *= 100;
    *clock = (struct when_clock){
        .is_said = true, .hour = time / 10000, .minute = time / 100 % 100, .second = time % 100
    };
    if (date < 10000 || clock->minute > 59 || clock->second > 59 || time > 240000)
        r->said->is_impossible = true;
    r->is_iso = r->after_clock = true;
    return 3;
}

/* The order of day and month is that of the language; in English 3/4 may be either. */
static bool set_ordered(struct when_reader *r, int first, int second, int year)
{
    bool is_french = r->tokens->is_french;
    if (!is_french && first <= 12 && second <= 12 && first != second) {
        if (!set_numeric_date(r, year, first, second))
            return false;
        r->said->is_swappable = true;
        return true;
    }
    bool is_day_first = is_french || first > 12 || first == second;
    return set_numeric_date(r, year, is_day_first ? second : first, is_day_first ? first : second);
}

/* 28/11, 28-11, 28/11/2026, 28.11.2026. */
static size_t read_numeric_date(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 1, 2) || reader_token(r, at + 1)->kind != TOKEN_MARK ||
        !reader_token(r, at + 1)->is_glued)
        return 0;
    char mark = reader_token(r, at + 1)->mark;
    if ((mark != '/' && mark != '-' && mark != '.') || !reader_is_glued_number(r, at + 2, 1, 2))
        return 0;
    int year = 0;
    size_t n = 3;
    bool is_stop = mark == '.' && reader_token(r, at + 4)->kind != TOKEN_NUMBER;
    if (reader_is_glued_mark(r, at + 3, mark) && reader_token(r, at + 4)->is_glued && !is_stop) {
        bool is_short = reader_is_number(r, at + 4, 2, 2);
        if (!is_short && !reader_is_number(r, at + 4, 4, 4))
            return 0;
        if (is_short && (!r->tokens->is_french || mark == '.') && r->loose != LOOSE_DATE)
            return 0;
        year = reader_token(r, at + 4)->value + (is_short ? 2000 : 0);
        if (!year)
            r->said->is_impossible = true;
        n = 5;
    } else if (mark == '.') {
        /* 1.12. and 1.12 are dates in Zurich, and other things elsewhere. */
        if (r->loose != LOOSE_DATE)
            return 0;
        n += reader_stop(r, at + n);
        bool is_cut = reader_token(r, at)->is_glued ||
                      (reader_token(r, at + n)->is_glued && !reader_is_mark(r, at + n, ','));
        int day = reader_token(r, at)->value, month = reader_token(r, at + 2)->value;
        return !is_cut && set_numeric_date(r, 0, month, day) ? n : 0;
    }
    /* 9-11h and 14-16:00 are spans, 1/2 h a part. */
    if (reader_token(r, at + n)->is_glued &&
        (reader_token(r, at + n)->kind == TOKEN_WORD || reader_is_mark(r, at + n, ':')))
        return 0;
    return set_ordered(r, reader_token(r, at)->value, reader_token(r, at + 2)->value, year) ? n : 0;
}

/* st, nd, rd, th, er right behind a number. */
size_t when_read_ordinal(const struct when_reader *r, size_t at)
{
    static const char *const ends[] = { "st", "nd", "rd", "th", "er" };
    if (!reader_token(r, at)->is_glued)
        return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (reader_is_word(r, at, ends[i]))
            return 1;
    return 0;
}

/* A year behind day and month, a comma before it or not; in French one of two digits, if nothing clings to
 * it. */
size_t when_read_year(const struct when_reader *r, size_t at, int *year_out)
{
    size_t n = reader_is_mark(r, at, ',') ? 1 : 0;
    bool is_long = reader_is_number(r, at + n, 4, 4);
    bool is_short = r->tokens->is_french && n == 0 && reader_is_number(r, at, 2, 2) && !when_is_clock(r, at);
    if (!is_long && !is_short)
        return 0;
    const struct when_token *next = reader_token(r, at + n + 1);
    if (next->is_glued && (next->kind == TOKEN_WORD || reader_is_mark(r, at + n + 1, '-') ||
                           reader_is_mark(r, at + n + 1, '/') || reader_is_mark(r, at + n + 1, ':')))
        return 0;
    *year_out = reader_token(r, at + n)->value + (is_long ? 0 : 2000);
    return *year_out ? n + 1 : 0;
}

/* premier janvier, trois décembre, first of may: the day in words, and its month. */
static size_t read_day_in_words(struct when_reader *r, size_t at)
{
    int day = 1, year = 0;
    bool is_first = reader_is_word(r, at, "premier") || reader_is_word(r, at, "first");
    size_t n = is_first ? 1 : when_read_number_words(r, at, &day);
    if (!n || (!is_first && day < 2))
        return 0;
    n += reader_is_word(r, at + n, "of") ? 1 : 0;
    struct when_word month = reader_word_of(r, at + n, WORD_MONTH);
    if (!month.n)
        return 0;
    n += month.n + reader_stop(r, at + n + month.n);
    if (reader_is_glued_mark(r, at + n, '-'))
        return 0;
    n += when_read_year(r, at + n, &year);
    return set_date(r, year, month.value, day) ? n : 0;
}

/* The year of 1-Dec-2026; one of two digits only where it is asked. */
static size_t read_hyphened_year(struct when_reader *r, size_t at, size_t n, int month)
{
    bool is_short = reader_is_glued_number(r, at + n + 1, 2, 2) && r->loose == LOOSE_DATE;
    int year = reader_token(r, at + n + 1)->value + (is_short ? 2000 : 0);
    if ((!is_short && !reader_is_glued_number(r, at + n + 1, 4, 4)) || reader_token(r, at + n + 2)->is_glued)
        return 0;
    return set_date(r, year, month, reader_token(r, at)->value) ? n + 2 : 0;
}

/* 28 november 2026, 28th of nov., 28-nov */
static size_t read_day_month(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 1, 2))
        return 0;
    size_t n = 1;
    n += when_read_ordinal(r, at + n);
    if (reader_is_word(r, at + n, "of") || reader_is_word(r, at + n, "de"))
        n++;
    bool is_hyphened =
        n == 1 && reader_is_glued_mark(r, at + n, '-') && reader_token(r, at + n + 1)->is_glued;
    n += is_hyphened ? 1 : 0;
    struct when_word month = reader_word_of(r, at + n, WORD_MONTH);
    if (!month.n)
        return 0;
    n += month.n;
    n += reader_stop(r, at + n);
    if (is_hyphened && reader_is_glued_mark(r, at + n, '-'))
        return read_hyphened_year(r, at, n, month.value);
    if (reader_is_glued_mark(r, at + n, '-'))
        return 0;
    int year = 0;
    n += when_read_year(r, at + n, &year);
    return set_date(r, year, month.value, reader_token(r, at)->value) ? n : 0;
}

/* november 28th, 2026. DEC-12 is no date. */
static size_t read_month_day(struct when_reader *r, size_t at)
{
    struct when_word month = reader_word_of(r, at, WORD_MONTH);
    if (!month.n)
        return 0;
    size_t n = month.n;
    n += reader_stop(r, at + n);
    if (reader_is_word(r, at + n, "the"))
        n++;
    size_t day_at = at + n;
    bool is_glued = reader_token(r, day_at)->is_glued && !reader_is_glued_mark(r, day_at - 1, '.');
    if (!reader_is_number(r, day_at, 1, 2) || is_glued || when_is_clock(r, day_at))
        return 0;
    n++;
    n += when_read_ordinal(r, at + n);
    if (reader_token(r, at + n)->is_glued && reader_token(r, at + n)->kind == TOKEN_WORD)
        return 0;
    int year = 0;
    n += when_read_year(r, at + n, &year);
    return set_date(r, year, month.value, reader_token(r, day_at)->value) ? n : 0;
}

size_t when_read_date(struct when_reader *r, size_t at)
{
    size_t n = read_basic_iso(r, at);
    if (!n)
        n = read_year_first(r, at);
    if (!n)
        n = read_numeric_date(r, at);
    if (!n)
        n = read_day_month(r, at);
    if (!n)
        n = read_month_day(r, at);
    if (!n)
        n = read_day_in_words(r, at);
    return n;
}

size_t when_read_day_number(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 1, 2) || reader_token(r, at)->is_glued || when_is_clock(r, at))
        return 0;
    size_t ordinal = when_read_ordinal(r, at + 1), n = 1 + ordinal;
    bool is_day = r->after_weekday || r->after_article || (r->after_the && ordinal);
    bool is_alone = ordinal || (!r->said->lead && !when_has_day(r->said) && at + 1 == r->end);
    if (!is_day && !(r->loose == LOOSE_DATE && is_alone))
        return 0;
    const struct when_token *next = reader_token(r, at + n);
    if (next->is_glued && !(next->kind == TOKEN_MARK && strchr(",.)]!;", next->mark)) &&
        next->kind != TOKEN_EMOJI)
        return 0;
    if (reader_word_of(r, at + n, WORD_UNIT).n || reader_word_of(r, at + n, WORD_UNIT_FRENCH).n ||
        reader_word_of(r, at + n, WORD_WORKING).n)
        return 0;
    return set_date(r, 0, 0, reader_token(r, at)->value) ? n : 0;
}
