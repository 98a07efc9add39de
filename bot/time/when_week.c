/* Weeks, ends of days, weeks and months, and what is neither day nor date (R9, R16, R19). */
#include <string.h>

#include "time/when_reader.h"

static bool set_week(struct said *said, int year, int week, int weeks_ahead)
{
    if (said->day != DAY_UNSAID || said->elapsed_ms)
        return false;
    said->day = DAY_WEEK;
    said->week_year = year;
    said->week = week;
    said->weeks_ahead = weeks_ahead;
    return true;
}

/* 2026-W48, 2026-W48-5, and the T of a time that follows. */
static size_t read_iso_week(struct when_reader *r, size_t at)
{
    if (!reader_is_number(r, at, 4, 4) || !reader_is_glued_mark(r, at + 1, '-') ||
        !reader_is_word(r, at + 2, "w") || !reader_token(r, at + 2)->is_glued ||
        !reader_is_glued_number(r, at + 3, 2, 2))
        return 0;
    int year = reader_token(r, at)->value, week = reader_token(r, at + 3)->value;
    if (!set_week(r->said, year, week, 0))
        return 0;
    if (!year || !week)
        r->said->is_impossible = true;
    if (!reader_is_glued_mark(r, at + 4, '-') || !reader_is_glued_number(r, at + 5, 1, 1))
        return 4;
    int day = reader_token(r, at + 5)->value;
    if (day < 1 || day > 7 || !reader_set_weekday(r->said, day - 1))
        r->said->is_impossible = true;
    r->is_iso = true;
    bool has_t = reader_is_word(r, at + 6, "t") && reader_token(r, at + 6)->is_glued &&
                 reader_is_glued_number(r, at + 7, 2, 2);
    return has_t ? 7 : 6;
}

/* of, de la, in, en before a week's number. */
static size_t read_week_joint(const struct when_reader *r, size_t at)
{
    size_t n = 0;
    if (reader_is_word(r, at, "of") || reader_is_word(r, at, "de") || reader_is_word(r, at, "in") ||
        reader_is_word(r, at, "en"))
        n++;
    if (reader_is_word(r, at + n, "the") || reader_is_word(r, at + n, "la"))
        n++;
    return n;
}

/* week 48, semaine 48, KW 48, W48; S48 in French. The number is none if it begins a clock time. */
static size_t read_numbered_week(struct when_reader *r, size_t at)
{
    size_t n = read_week_joint(r, at);
    n += reader_is_word(r, at + n, "calendar") ? 1 : 0;
    static const char *const words[] = { "week", "semaine", "wk", "cw", "kw" };
    bool is_word = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        is_word |= reader_is_word(r, at + n, words[i]);
    bool is_letter =
        (reader_is_word(r, at + n, "w") || (r->tokens->is_french && reader_is_word(r, at + n, "s"))) &&
        reader_is_glued_number(r, at + n + 1, 1, 2);
    size_t number_at = at + n + 1;
    if ((!is_word && !is_letter) || !reader_is_number(r, number_at, 1, 2) || when_is_clock(r, number_at))
        return 0;
    const struct when_token *next = reader_token(r, number_at + 1);
    if (next->is_glued && (next->kind == TOKEN_WORD || strchr("/-:+'", next->mark)))
        return 0;
    int week = reader_token(r, number_at)->value;
    if (!set_week(r->said, 0, week, 0))
        return 0;
    if (!week)
        r->said->is_impossible = true;
    return n + 2;
}

size_t when_read_week(struct when_reader *r, size_t at)
{
    size_t n = read_iso_week(r, at);
    if (!n)
        n = read_numbered_week(r, at);
    if (n)
        return n;
    struct when_word word = reader_word_of(r, at, WORD_WEEK);
    return word.n && set_week(r->said, 0, 0, word.value) ? word.n : 0;
}

static bool set_period_end(struct said *said, const struct when_period *period)
{
    if (said->day != DAY_UNSAID || said->elapsed_ms)
        return false;
    said->day = DAY_PERIOD_END;
    said->period = *period;
    return true;
}

/* eom, end of month, end of the quarter, fin mars 2027, fin d'année */
static size_t read_end_of_period(struct when_reader *r, size_t at)
{
    struct when_word month = reader_word_of(r, at, WORD_END_OF_MONTH),
                     other = reader_word_of(r, at, WORD_END_OF_PERIOD), end = reader_word_of(r, at, WORD_END);
    struct when_period period = when_period_of(other.n > month.n ? other.value : PERIOD(1, month.value));
    size_t n = other.n > month.n ? other.n : month.n, named = 0;
    if (end.n)
        named = when_read_period(r, at + end.n, &period);
    if (named && end.n + named > n)
        n = end.n + named;
    return n && set_period_end(r->said, &period) ? n : 0;
}

/* Without the article it is the weekend in Canada. */
static bool is_fin_de_semaine(const struct when_reader *r, size_t at, size_t n)
{
    for (size_t i = at + 1; i < at + n; i++)
        if (reader_is_word(r, i, "semaine"))
            return reader_is_word(r, i - 1, "de") && !reader_is_number(r, i + 1, 1, 2);
    return false;
}

size_t when_read_end(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    struct when_word end = reader_word_of(r, at, WORD_END), day = reader_word_of(r, at, WORD_END_OF_DAY),
                     week = reader_word_of(r, at, WORD_END_OF_WEEK);
    if (said->end != END_UNSAID || said->day == DAY_PERIOD_END)
        return 0;
    if (day.n) {
        said->end = END_OF_DAY;
        return day.n;
    }
    size_t n = end.n ? when_read_week(r, at + end.n) : 0;
    if (n || week.n) {
        n = n ? end.n + n : week.n;
        said->end = END_OF_WEEK;
        said->is_weekend_too = is_fin_de_semaine(r, at, n);
        return n;
    }
    n = read_end_of_period(r, at);
    if (n)
        return n;
    struct when_word weekday = reader_word_of(r, at + end.n, WORD_WEEKDAY);
    if (!end.n || !weekday.n || !reader_set_weekday(said, weekday.value))
        return 0;
    said->end = END_OF_DAY;
    return end.n + weekday.n;
}

/* A month's name alone, a quarter or a year; or an early, mid- or late one, or the next one. */
static size_t read_period_alone(struct when_reader *r, size_t at, bool has_haze)
{
    struct when_period period;
    struct when_word next = reader_word_of(r, at, WORD_NEXT);
    if (r->said->is_month_alone)
        return 0;
    size_t n = when_read_period(r, at, &period);
    if (n)
        next.n = 0;
    else
        n = when_read_period(r, at + next.n, &period);
    bool is_year = n == 1 && period.months == 12, is_bare_word = n == 1 && !period.which;
    if (!n || (is_year && r->loose == LOOSE_NOTHING) || (is_bare_word && !has_haze))
        return 0;
    if (!next.n && period.which)
        n += reader_word_of(r, at + n, WORD_NEXT).n;
    r->said->is_month_alone = true;
    return next.n + n;
}

size_t when_read_vague(struct when_reader *r, size_t at)
{
    size_t n = 0;
    for (struct when_word haze; (haze = reader_word_of(r, at + n, WORD_HAZE)).n;)
        n += haze.n;
    struct when_word vague = reader_word_of(r, at + n, WORD_VAGUE);
    size_t more = n ? when_read_week(r, at + n) : 0;
    if (!more)
        more = read_period_alone(r, at + n, n > 0);
    /* début de semaine, mid week */
    if (!more && n && (reader_is_word(r, at + n, "semaine") || reader_is_word(r, at + n, "week")))
        more = 1;
    if (!more && vague.n) {
        more = vague.n;
        r->said->days = vague.value;
    }
    if (!more)
        return 0;
    r->said->is_vague = true;
    return n + more;
}
