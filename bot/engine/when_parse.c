#include <string.h>

#include "engine/civil.h"
#include "engine/when_parts.h"
#include "engine/zone.h"

enum { AMOUNT_MAX = 100000, DAYS_MAX = 3660 };

/* Where the reading stands. Every step returns how many tokens it took, 0 if it is not its turn. */
struct reader {
    const struct when_tokens *tokens;
    size_t end;
    struct said *said;
    bool is_at; /* the word before was at, à */
    bool after_clock, after_weekday, after_lead;
    bool is_open; /* the last word wants another: on, at, by */
    bool after_label;
    bool is_iso; /* the date is 2026-11-27: a hyphen behind its time is an offset's, not a span's */
};

static const struct when_token *token(const struct reader *r, size_t at)
{
    static const struct when_token none = { .kind = TOKEN_EMOJI, .word = "" };
    return at < r->end ? &r->tokens->all[at] : &none;
}

static bool is_mark(const struct reader *r, size_t at, char mark)
{
    return token(r, at)->kind == TOKEN_MARK && token(r, at)->mark == mark;
}

static bool is_glued_mark(const struct reader *r, size_t at, char mark)
{
    return is_mark(r, at, mark) && token(r, at)->is_glued;
}

static bool is_number(const struct reader *r, size_t at, int digits_min, int digits_max)
{
    const struct when_token *t = token(r, at);
    return t->kind == TOKEN_NUMBER && t->n_digits >= digits_min && t->n_digits <= digits_max;
}

static bool is_glued_number(const struct reader *r, size_t at, int digits_min, int digits_max)
{
    return is_number(r, at, digits_min, digits_max) && token(r, at)->is_glued;
}

static bool is_word(const struct reader *r, size_t at, const char *word)
{
    return token(r, at)->kind == TOKEN_WORD && !strcmp(token(r, at)->word, word);
}

static struct when_word word_of(const struct reader *r, size_t at, enum when_word_kind kind)
{
    return when_word_of(r->tokens, at, r->end, kind);
}

static bool set_date(struct reader *r, int year, int month, int day)
{
    struct said *said = r->said;
    if (said->has_date || said->has_relative || said->has_duration)
        return false;
    said->has_date = true;
    said->year = year;
    said->month = month;
    said->day = day;
    int days = month < 1 || month > 12 ? (month ? 0 : 31) : civil_days_in_month(year ? year : 2028, month);
    if (day < 1 || day > days || year < 0)
        said->is_impossible = true;
    return true;
}

/* 2026-11-27, 2026/11/27, and the T of a time that follows. */
static size_t read_year_first(struct reader *r, size_t at)
{
    if (!is_number(r, at, 4, 4) || !(is_glued_mark(r, at + 1, '-') || is_glued_mark(r, at + 1, '/')))
        return 0;
    char mark = token(r, at + 1)->mark;
    if (!is_glued_number(r, at + 2, 1, 2) || !is_glued_mark(r, at + 3, mark) ||
        !is_glued_number(r, at + 4, 1, 2))
        return 0;
    if (!set_date(r, token(r, at)->value, token(r, at + 2)->value, token(r, at + 4)->value))
        return 0;
    r->is_iso = mark == '-';
    bool has_t = r->is_iso && is_word(r, at + 5, "t") && token(r, at + 5)->is_glued &&
                 is_glued_number(r, at + 6, 2, 2);
    return has_t ? 6 : 5;
}

/* 20261127T170000Z */
static size_t read_basic_iso(struct reader *r, size_t at)
{
    if (!is_number(r, at, 8, 8) || !is_word(r, at + 1, "t") || !token(r, at + 1)->is_glued ||
        !(is_glued_number(r, at + 2, 4, 4) || is_glued_number(r, at + 2, 6, 6)))
        return 0;
    int date = token(r, at)->value, time = token(r, at + 2)->value;
    if (r->said->has_clock || !set_date(r, date / 10000, date / 100 % 100, date % 100))
        return 0;
    if (token(r, at + 2)->n_digits == 4)
        time *= 100;
    struct said *said = r->said;
    said->has_clock = true;
    said->hour = time / 10000;
    said->minute = time / 100 % 100;
    said->second = time % 100;
    if (said->hour > 23 || said->minute > 59 || said->second > 59)
        said->is_impossible = true;
    r->after_clock = true;
    return 3;
}

/* 28/11, 28-11, 28/11/2026, 28.11.2026: the order of day and month by language. */
static size_t read_numeric_date(struct reader *r, size_t at)
{
    if (!is_number(r, at, 1, 2) || token(r, at + 1)->kind != TOKEN_MARK || !token(r, at + 1)->is_glued)
        return 0;
    char mark = token(r, at + 1)->mark;
    if ((mark != '/' && mark != '-' && mark != '.') || !is_glued_number(r, at + 2, 1, 2))
        return 0;
    int first = token(r, at)->value, second = token(r, at + 2)->value, year = 0;
    size_t n = 3;
    if (is_glued_mark(r, at + 3, mark)) {
        bool is_short = is_glued_number(r, at + 4, 2, 2);
        if (!is_short && !is_glued_number(r, at + 4, 4, 4))
            return 0;
        if (is_short && (!r->tokens->is_french || mark == '.'))
            return 0;
        year = token(r, at + 4)->value + (is_short ? 2000 : 0);
        n = 5;
    } else if (mark == '.') {
        return 0;
    }
    /* 9-11h and 14-16:00 are spans, 1/2 h a part. */
    if (token(r, at + n)->is_glued && (token(r, at + n)->kind == TOKEN_WORD || is_mark(r, at + n, ':')))
        return 0;
    bool is_french = r->tokens->is_french;
    if (!is_french && first <= 12 && second <= 12 && first != second) {
        if (!set_date(r, year, first, second))
            return 0;
        r->said->is_swappable = true;
        return n;
    }
    bool day_first = is_french || first > 12 || first == second;
    return set_date(r, year, day_first ? second : first, day_first ? first : second) ? n : 0;
}

/* st, nd, rd, th, er, e right behind a number. */
static size_t read_ordinal(const struct reader *r, size_t at)
{
    static const char *const ends[] = { "st", "nd", "rd", "th", "er" };
    if (!token(r, at)->is_glued)
        return 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (is_word(r, at, ends[i]))
            return 1;
    return 0;
}

static size_t read_abbreviation_stop(const struct reader *r, size_t at)
{
    return is_glued_mark(r, at, '.') ? 1 : 0;
}

/* A year behind day and month, a comma before it or not. It is one only if no clock time begins with it. */
static size_t read_year(const struct reader *r, size_t at, int *year_out)
{
    size_t n = is_mark(r, at, ',') ? 1 : 0;
    if (!is_number(r, at + n, 4, 4))
        return 0;
    if (is_glued_mark(r, at + n + 1, '-') || is_glued_mark(r, at + n + 1, '/'))
        return 0;
    *year_out = token(r, at + n)->value;
    return n + 1;
}

/* 28 november 2026, 28th of nov. */
static size_t read_day_month(struct reader *r, size_t at)
{
    if (!is_number(r, at, 1, 2))
        return 0;
    size_t n = 1;
    n += read_ordinal(r, at + n);
    if (is_word(r, at + n, "of") || is_word(r, at + n, "de"))
        n++;
    struct when_word month = word_of(r, at + n, WORD_MONTH);
    if (!month.n)
        return 0;
    n += month.n;
    n += read_abbreviation_stop(r, at + n);
    if (is_glued_mark(r, at + n, '-'))
        return 0;
    int year = 0;
    n += read_year(r, at + n, &year);
    return set_date(r, year, month.value, token(r, at)->value) ? n : 0;
}

/* november 28th, 2026. DEC-12 is no date. */
static size_t read_month_day(struct reader *r, size_t at)
{
    struct when_word month = word_of(r, at, WORD_MONTH);
    if (!month.n)
        return 0;
    size_t n = month.n;
    n += read_abbreviation_stop(r, at + n);
    if (is_word(r, at + n, "the"))
        n++;
    size_t day_at = at + n;
    if (!is_number(r, day_at, 1, 2) || token(r, day_at)->is_glued)
        return 0;
    n++;
    n += read_ordinal(r, at + n);
    /* november 8:30 and nov 8h have no day. */
    if (token(r, at + n)->is_glued && (is_mark(r, at + n, ':') || token(r, at + n)->kind == TOKEN_WORD))
        return 0;
    int year = 0;
    n += read_year(r, at + n, &year);
    return set_date(r, year, month.value, token(r, day_at)->value) ? n : 0;
}

/* The number of a day alone: the 28th, le 28, friday 28. */
static size_t read_day_number(struct reader *r, size_t at)
{
    if (!is_number(r, at, 1, 2) || (!r->after_weekday && !r->after_lead))
        return 0;
    size_t n = 1 + read_ordinal(r, at + 1);
    if (n == 1 && !r->after_weekday && at > 0 && !strcmp(r->tokens->all[at - 1].word, "the"))
        return 0;
    if (token(r, at + n)->is_glued && !is_mark(r, at + n, ',') && !is_mark(r, at + n, '.') &&
        !is_mark(r, at + n, ')') && !is_mark(r, at + n, '!'))
        return 0;
    if (word_of(r, at + n, WORD_UNIT).n || word_of(r, at + n, WORD_UNIT_FRENCH).n)
        return 0;
    return set_date(r, 0, 0, token(r, at)->value) ? n : 0;
}

static size_t read_date(struct reader *r, size_t at)
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
    return n;
}

/* am, pm, p.m., with the full stop that belongs to it. */
static size_t read_meridiem(const struct reader *r, size_t at, bool *is_pm_out)
{
    struct when_word am = word_of(r, at, WORD_AM), pm = word_of(r, at, WORD_PM);
    size_t n = am.n ? am.n : pm.n;
    *is_pm_out = pm.n > 0;
    if (n > 1)
        n += read_abbreviation_stop(r, at + n);
    return n;
}

static void apply_meridiem(struct said *said, bool is_pm, bool has_minutes)
{
    said->has_meridiem = true;
    if (said->hour < 1 || said->hour > 12)
        said->is_impossible = true;
    /* 12am, 12pm and 12:00 pm have been used both ways; 12:30 has not. */
    if (said->hour == 12 && (!has_minutes || said->minute == 0))
        said->is_twelve_doubt = true;
    said->hour = said->hour % 12 + (is_pm ? 12 : 0);
}

/* What stands behind the hour: minutes and seconds. Returns the tokens, 0 if this is no clock time. */
static size_t read_minutes(struct reader *r, size_t at, struct said *clock, bool *has_minutes_out)
{
    *has_minutes_out = false;
    if (is_glued_mark(r, at, ':') && is_glued_number(r, at + 1, 2, 2)) {
        *has_minutes_out = true;
        clock->minute = token(r, at + 1)->value;
        size_t n = 2;
        if (is_glued_mark(r, at + n, ':') && is_glued_number(r, at + n + 1, 2, 2)) {
            clock->second = token(r, at + n + 1)->value;
            n += 2;
            if (is_glued_mark(r, at + n, '.') && is_glued_number(r, at + n + 1, 1, 9))
                n += 2;
        }
        if (is_word(r, at + n, "h"))
            n++;
        return n;
    }
    struct when_word unit = word_of(r, at, WORD_UNIT_FRENCH);
    if (!unit.n || unit.value != UNIT_HOUR)
        return 0;
    if (!is_number(r, at + 1, 2, 2) || is_glued_mark(r, at + 2, ':') || is_glued_mark(r, at + 2, '/') ||
        is_glued_mark(r, at + 2, '-') || word_of(r, at + 2, WORD_MONTH).n)
        return 1;
    *has_minutes_out = true;
    clock->minute = token(r, at + 1)->value;
    return word_of(r, at + 2, WORD_UNIT).n && word_of(r, at + 2, WORD_UNIT).value == UNIT_MINUTE ? 3 : 2;
}

/* 5.30pm: the full stop only with am or pm. */
static size_t read_dotted(struct reader *r, size_t at, struct said *clock)
{
    bool is_pm = false;
    if (!is_glued_mark(r, at, '.') || !is_glued_number(r, at + 1, 2, 2) || !read_meridiem(r, at + 2, &is_pm))
        return 0;
    clock->minute = token(r, at + 1)->value;
    return 2;
}

static void take_clock(struct said *said, const struct said *clock)
{
    said->has_clock = true;
    said->hour = clock->hour;
    said->minute = clock->minute;
    said->second = clock->second;
    said->has_meridiem = clock->has_meridiem;
    said->is_twelve_doubt = clock->is_twelve_doubt;
    said->is_half_open = clock->is_half_open;
    said->is_bare_number = clock->is_bare_number;
    said->bare_hours = clock->bare_hours;
    said->is_impossible |= clock->is_impossible;
}

/* A bare number after at, à: «tuesday at 8». */
static size_t read_bare_hour(struct reader *r, size_t at, struct said *clock)
{
    if (!r->is_at || (token(r, at + 1)->is_glued && token(r, at + 1)->kind != TOKEN_MARK))
        return 0;
    if (is_glued_mark(r, at + 1, ':') || is_glued_mark(r, at + 1, '/') || is_glued_mark(r, at + 1, '-'))
        return 0;
    clock->is_bare_number = true;
    return 1;
}

static size_t read_clock(struct reader *r, size_t at)
{
    if (!is_number(r, at, 1, 2) || r->said->has_clock || r->said->elapsed_ms)
        return 0;
    struct said clock = { .hour = token(r, at)->value };
    bool has_minutes = false, is_pm = false;
    size_t n = read_minutes(r, at + 1, &clock, &has_minutes);
    bool has_unit = n > 0 && !has_minutes;
    if (!n) {
        n = read_dotted(r, at + 1, &clock);
        has_minutes = n > 0;
    }
    size_t meridiem = read_meridiem(r, at + 1 + n, &is_pm);
    if (has_unit && meridiem)
        return 0;
    if (!n && !meridiem) {
        if (!read_bare_hour(r, at, &clock))
            return 0;
    }
    if (meridiem)
        apply_meridiem(&clock, is_pm, has_minutes);
    clock.is_half_open = !meridiem && token(r, at)->n_digits == 1 && clock.hour >= 1 && clock.hour <= 7;
    if (has_unit || (has_minutes && clock.is_half_open && is_word(r, at + 1, "h")))
        clock.bare_hours = clock.hour * 60 + clock.minute;
    if (clock.hour > 24 || clock.minute > 59 || clock.second > 59 ||
        (clock.hour == 24 && (clock.minute || clock.second)))
        clock.is_impossible = !(has_unit && clock.hour >= 24);
    take_clock(r->said, &clock);
    r->after_clock = true;
    return 1 + n + meridiem;
}

/* A number in digits or words, in thousandths; *is_digits_out tells which. */
static size_t read_amount(const struct reader *r, size_t at, int64_t *thousandths_out, bool *is_digits_out)
{
    *is_digits_out = token(r, at)->kind == TOKEN_NUMBER;
    if (!*is_digits_out) {
        struct when_word number = word_of(r, at, WORD_NUMBER);
        *thousandths_out = number.value * INT64_C(1000);
        return number.n;
    }
    int value = token(r, at)->value;
    if (value < 0 || value > AMOUNT_MAX ||
        (at > 0 && token(r, at)->is_glued && token(r, at - 1)->kind == TOKEN_WORD))
        return 0;
    *thousandths_out = value * INT64_C(1000);
    if (!(is_glued_mark(r, at + 1, '.') || is_glued_mark(r, at + 1, ',')) ||
        !is_glued_number(r, at + 2, 1, 3))
        return 1;
    static const int scale[] = { 0, 100, 10, 1 };
    *thousandths_out += token(r, at + 2)->value * scale[token(r, at + 2)->n_digits];
    return 3;
}

struct length {
    int64_t elapsed_ms, days, months;
    bool is_working, is_open_days, is_one_off, is_hours_word, is_bad;
    bool is_bare_h; /* 17h, which may be a clock time */
};

static size_t read_unit(const struct reader *r, size_t at, struct when_word *unit_out)
{
    struct when_word plain = word_of(r, at, WORD_UNIT), french = word_of(r, at, WORD_UNIT_FRENCH);
    *unit_out = plain.n ? plain : french;
    return unit_out->n;
}

static void add_whole_days(struct length *length, int64_t thousandths, int days)
{
    if (thousandths % 1000)
        length->is_bad = true;
    length->days += thousandths / 1000 * days;
}

static void add_length(struct length *length, int64_t thousandths, const struct when_word *unit)
{
    switch ((enum when_unit)unit->value) {
    case UNIT_MINUTE:
        length->elapsed_ms += thousandths * 60;
        break;
    case UNIT_HOUR:
        length->elapsed_ms += thousandths * 3600;
        break;
    case UNIT_DAY:
        add_whole_days(length, thousandths, 1);
        length->is_one_off |= unit->kind == WORD_UNIT_FRENCH && (thousandths == 8000 || thousandths == 15000);
        break;
    case UNIT_WEEK:
        add_whole_days(length, thousandths, 7);
        break;
    case UNIT_FORTNIGHT:
        add_whole_days(length, thousandths, 14);
        break;
    case UNIT_MONTH:
        if (thousandths % 1000)
            length->is_bad = true;
        length->months += thousandths / 1000;
        break;
    }
}

/* One number with its unit, working or not. */
static size_t read_measure(const struct reader *r, size_t at, struct length *length, bool *is_digits_out)
{
    int64_t thousandths = 0;
    struct when_word unit;
    size_t n = read_amount(r, at, &thousandths, is_digits_out);
    if (!n)
        return 0;
    struct when_word working = word_of(r, at + n, WORD_WORKING);
    n += working.n;
    size_t unit_n = read_unit(r, at + n, &unit);
    if (!unit_n)
        return 0;
    bool is_h = unit.value == UNIT_HOUR && unit.kind == WORD_UNIT_FRENCH;
    n += unit_n;
    if (!working.n) {
        working = word_of(r, at + n, WORD_WORKING);
        n += working.n;
    }
    struct when_word open = word_of(r, at + n, WORD_OPEN_DAYS);
    n += open.n;
    length->is_open_days |= open.n > 0;
    length->is_working |= working.n > 0;
    length->is_bare_h =
        is_h && !working.n && thousandths < 24000 && *is_digits_out && thousandths % 1000 == 0;
    add_length(length, thousandths, &unit);
    /* 1h30 */
    if (is_h && !working.n && is_number(r, at + n, 2, 2) && token(r, at + n)->value < 60) {
        length->elapsed_ms += token(r, at + n)->value * INT64_C(60000);
        n++;
        struct when_word minutes = word_of(r, at + n, WORD_UNIT);
        n += minutes.n && minutes.value == UNIT_MINUTE ? minutes.n : 0;
    }
    return n;
}

static bool is_half(const struct reader *r, size_t at)
{
    return is_word(r, at, "et") && (is_word(r, at + 1, "demie") || is_word(r, at + 1, "demi"));
}

/* 1 hour (and) 30 minutes, une heure et demie, half an hour. */
static size_t read_length(const struct reader *r, size_t at, struct length *length, bool *is_digits_out)
{
    struct when_word pieces = word_of(r, at, WORD_PIECES);
    if (pieces.n) {
        *is_digits_out = false;
        length->elapsed_ms = pieces.value * INT64_C(60000);
        return pieces.n;
    }
    size_t n = read_measure(r, at, length, is_digits_out);
    if (!n)
        return 0;
    if (is_half(r, at + n)) {
        if (!length->elapsed_ms || length->days || length->months || length->is_working)
            length->is_bad = true;
        length->elapsed_ms += 1800000;
        length->is_bare_h = false;
        return n + 2;
    }
    size_t joint = is_word(r, at + n, "and") || is_word(r, at + n, "et") ? 1 : 0;
    bool is_more_digits = false;
    struct length more = { 0 };
    size_t more_n = read_measure(r, at + n + joint, &more, &is_more_digits);
    if (!more_n)
        return n;
    bool fits = length->elapsed_ms && !length->is_working && more.elapsed_ms && !more.is_working &&
                more.elapsed_ms < length->elapsed_ms && more.elapsed_ms < 3600000;
    if (!fits)
        return joint ? n : 0;
    length->elapsed_ms += more.elapsed_ms;
    length->is_bare_h = false;
    return n + joint + more_n;
}

static bool take_length(struct said *said, const struct length *length)
{
    if (said->has_duration || said->has_date || said->has_relative || said->has_weekday)
        return false;
    int kinds = (length->elapsed_ms != 0) + (length->days != 0) + (length->months != 0);
    if (kinds > 1 || (said->has_clock && length->elapsed_ms))
        return false;
    said->has_duration = true;
    said->elapsed_ms = length->elapsed_ms;
    said->days = length->days;
    said->months = length->months;
    said->is_working = length->is_working;
    said->is_one_off = length->is_one_off;
    said->is_vague |= length->is_open_days;
    if (kinds == 0 || length->is_bad || length->days > DAYS_MAX || length->months > DAYS_MAX / 31 ||
        length->elapsed_ms > DAYS_MAX * INT64_C(86400000))
        said->is_impossible = true;
    return true;
}

/* in, within, dans, sous + length. */
static size_t read_in(struct reader *r, size_t at)
{
    struct when_word lead = word_of(r, at, WORD_IN);
    struct length length = { 0 };
    bool is_digits = false;
    if (!lead.n)
        return 0;
    size_t n = read_length(r, at + lead.n, &length, &is_digits);
    if (!n || !take_length(r->said, &length))
        return 0;
    r->said->lead = LEAD_IN;
    return lead.n + n;
}

/* A length alone, in digits; behind by and d'ici also one in words. 17h is left to the clock. */
static size_t read_bare_length(struct reader *r, size_t at)
{
    struct length length = { 0 };
    bool is_digits = false, is_by = r->said->lead == LEAD_BY && !r->after_lead;
    if (r->said->has_clock || r->said->lead == LEAD_OTHER || r->is_at)
        return 0;
    size_t n = read_length(r, at, &length, &is_digits);
    if (!n || length.is_bare_h || (!is_digits && !is_by))
        return 0;
    /* 1h30 is a clock time as much as a length: read_clock keeps both. */
    if (n <= 3 && is_word(r, at + 1, "h") && is_number(r, at + 2, 2, 2) && length.elapsed_ms < 86400000)
        return 0;
    return take_length(r->said, &length) ? n : 0;
}

static bool set_offset(struct said *said, int sign, int hours, int minutes)
{
    if (said->has_zone)
        return false;
    said->has_zone = said->is_offset = true;
    said->offset_s = sign * (hours * 3600 + minutes * 60);
    if (minutes > 59 || hours * 60 + minutes > 14 * 60)
        said->is_impossible = true;
    return true;
}

/* +01:00, -5, behind a time or behind UTC. */
static size_t read_offset(struct reader *r, size_t at, bool is_short_allowed)
{
    bool is_minus = is_mark(r, at, '-');
    if (!is_minus && !is_mark(r, at, '+'))
        return 0;
    if (is_minus && !is_short_allowed && !r->is_iso)
        return 0;
    if (!is_glued_number(r, at + 1, is_short_allowed ? 1 : 2, 2))
        return 0;
    int sign = is_minus ? -1 : 1, hours = token(r, at + 1)->value;
    if (is_glued_mark(r, at + 2, ':') && is_glued_number(r, at + 3, 2, 2))
        return set_offset(r->said, sign, hours, token(r, at + 3)->value) ? 4 : 0;
    return is_short_allowed && set_offset(r->said, sign, hours, 0) ? 2 : 0;
}

/* Europe/Paris: a name of the tz database, as it is written there. */
static size_t read_zone_name(struct reader *r, size_t at)
{
    if (token(r, at)->kind != TOKEN_WORD || !is_glued_mark(r, at + 1, '/'))
        return 0;
    size_t n = 1;
    while (at + n < r->end && token(r, at + n)->is_glued &&
           (token(r, at + n)->kind == TOKEN_WORD || is_mark(r, at + n, '/') || is_mark(r, at + n, '_') ||
            is_mark(r, at + n, '-')))
        n++;
    size_t from = token(r, at)->from, len = token(r, at + n - 1)->to - from;
    struct said *said = r->said;
    if (len >= sizeof said->zone || said->has_zone)
        return 0;
    memcpy(said->zone, r->tokens->text + from, len);
    said->zone[len] = '\0';
    if (!zone_is_known(said->zone))
        return 0;
    said->has_zone = true;
    return n;
}

/* et, est, west are words too: within a sentence only their capitals are zones, and ET in French only at its
 * end. */
static bool is_zone_typed(const struct reader *r, size_t at)
{
    const struct when_token *t = token(r, at);
    char first = r->tokens->text[t->from];
    bool is_last = true;
    for (size_t i = at + 1; i < r->tokens->n; i++)
        is_last &= r->tokens->all[i].kind == TOKEN_MARK || r->tokens->all[i].kind == TOKEN_EMOJI;
    if (is_last || t->is_glued)
        return true;
    return first >= 'A' && first <= 'Z' && !(r->tokens->is_french && !strcmp(t->word, "et"));
}

static size_t read_zone(struct reader *r, size_t at)
{
    if (!r->after_clock || r->said->has_zone)
        return 0;
    size_t n = token(r, at)->is_glued || is_mark(r, at, '+') ? read_offset(r, at, false) : 0;
    if (!n)
        n = read_zone_name(r, at);
    if (n || token(r, at)->kind != TOKEN_WORD)
        return n;
    const struct when_zone_word *zone = when_zone_word(token(r, at)->word);
    if (!zone || !is_zone_typed(r, at))
        return 0;
    if (!strcmp(zone->zone, "UTC")) {
        n = strcmp(zone->name, "z") ? read_offset(r, at + 1, true) : 0;
        if (n)
            return 1 + n;
    }
    r->said->has_zone = true;
    r->said->zone_word = zone;
    strcpy(r->said->zone, zone->zone);
    return 1;
}

static bool take_weekday(struct said *said, int weekday)
{
    if (said->has_weekday || said->has_duration)
        return false;
    said->has_weekday = true;
    said->weekday = weekday;
    return true;
}

static bool take_relative(struct said *said, int days)
{
    if (said->has_relative || said->has_date || said->has_duration)
        return false;
    said->has_relative = true;
    said->relative_days = days;
    return true;
}

static bool take_part(struct said *said, int part)
{
    if (said->part != PART_NONE)
        return false;
    said->part = (enum when_part)part;
    return true;
}

static bool take_noon(struct said *said, int minute, bool is_midnight)
{
    if (said->has_clock || said->has_duration)
        return false;
    said->has_clock = true;
    said->hour = is_midnight ? 0 : 12;
    said->minute = minute;
    said->is_midnight = is_midnight;
    return true;
}

static bool take_flag(bool *flag)
{
    bool was = *flag;
    *flag = true;
    return !was;
}

static void take_lead(struct said *said, const struct when_word *word)
{
    if (word->kind == WORD_BEFORE)
        said->is_before = true;
    if (said->lead == LEAD_NONE || said->lead == LEAD_BY)
        said->lead = word->kind == WORD_BY && !word->value && said->lead == LEAD_NONE ? LEAD_BY : LEAD_OTHER;
}

static bool take_word(struct reader *r, const struct when_word *word)
{
    struct said *said = r->said;
    switch (word->kind) {
    case WORD_WEEKDAY:
    case WORD_WEEKDAY_SHORT:
        return take_weekday(said, word->value);
    case WORD_DAY:
        return take_relative(said, word->value);
    case WORD_TONIGHT:
        return take_relative(said, 0) && take_part(said, word->value);
    case WORD_PART:
        return take_part(said, word->value);
    case WORD_NEXT:
        return (strcmp(word->text, "next") ? r->after_weekday : !said->has_weekday) &&
               take_flag(&said->is_next);
    case WORD_THIS:
        return (strcmp(word->text, "qui vient") ? !said->has_weekday : r->after_weekday) &&
               take_flag(&said->is_this);
    case WORD_NEXT_WEEK:
        return take_flag(&said->is_next_week);
    case WORD_THIS_WEEK:
        return take_flag(&said->is_this_week);
    case WORD_NOON:
        return take_noon(said, word->value, false);
    case WORD_MIDNIGHT:
        return take_noon(said, 0, true);
    case WORD_EXACT:
        return r->after_clock;
    case WORD_VAGUE:
        return take_flag(&said->is_vague);
    case WORD_END_OF_DAY:
        return take_flag(&said->is_end_of_day);
    case WORD_PAST:
        return take_flag(&said->is_past) && (!word->value || take_relative(said, -1));
    case WORD_LATER:
        said->later_days = word->value;
        return r->after_weekday;
    case WORD_LEAD:
    case WORD_LABEL:
    case WORD_AT:
    case WORD_BY:
    case WORD_BEFORE:
        take_lead(said, word);
        return true;
    default:
        return false;
    }
}

/* friday week, friday week 10:00; but not friday week 48. */
static size_t read_week_behind(struct reader *r, size_t at)
{
    if (!r->after_weekday || !is_word(r, at, "week"))
        return 0;
    bool is_pm = false, is_clock = is_glued_mark(r, at + 2, ':') || read_meridiem(r, at + 2, &is_pm) ||
                                   word_of(r, at + 2, WORD_UNIT_FRENCH).value == UNIT_HOUR;
    if (is_number(r, at + 1, 1, 9) && !is_clock)
        return 0;
    r->said->later_days = 7;
    return 1;
}

/* Short weekdays that are more often names or other words. */
static bool is_lookalike(const char *word)
{
    static const char *const all[] = { "sam", "sat", "sun", "mar", "mer", "jeu", "mon", "dim" };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i], word))
            return true;
    return false;
}

static size_t read_word(struct reader *r, size_t at)
{
    size_t week = read_week_behind(r, at);
    if (week)
        return week;
    struct when_word word = when_word_at(r->tokens, at, r->end);
    if (!word.n || !take_word(r, &word))
        return 0;
    bool is_weekday = word.kind == WORD_WEEKDAY || word.kind == WORD_WEEKDAY_SHORT;
    bool is_clock = word.kind == WORD_NOON || word.kind == WORD_MIDNIGHT || word.kind == WORD_EXACT;
    r->after_clock = is_clock;
    r->after_weekday = is_weekday || (r->after_weekday && word.kind == WORD_LEAD);
    r->is_at = word.kind == WORD_AT;
    r->after_label = word.kind == WORD_LABEL || !strcmp(word.text, "due");
    bool is_closing = !strcmp(word.text, "at the latest") || !strcmp(word.text, "au plus tard");
    r->is_open = !is_closing && (word.kind == WORD_LEAD || word.kind == WORD_LABEL || word.kind == WORD_AT ||
                                 word.kind == WORD_BY || word.kind == WORD_BEFORE || word.kind == WORD_THIS);
    if (is_weekday)
        r->said->is_lookalike = is_lookalike(word.text);
    r->after_lead = !strcmp(word.text, "the") || !strcmp(word.text, "le") || !strcmp(word.text, "avant le") ||
                    !strcmp(word.text, "pour le") || !strcmp(word.text, "d ' ici le") ||
                    !strcmp(word.text, "au plus tard le") || !strcmp(word.text, "d ' ici au") ||
                    !strcmp(word.text, "jusqu ' au");
    return word.n + (is_weekday ? read_abbreviation_stop(r, at + word.n) : 0);
}

/* Commas and brackets between and around the parts say nothing. */
static size_t read_nothing(const struct reader *r, size_t at)
{
    if (token(r, at)->kind != TOKEN_MARK)
        return 0;
    return strchr(",()[]", token(r, at)->mark) || (r->after_label && is_mark(r, at, ':')) ? 1 : 0;
}

static size_t read_part(struct reader *r, size_t at)
{
    size_t n = read_nothing(r, at);
    if (n)
        return n;
    r->is_open = false;
    n = read_in(r, at);
    if (!n)
        n = read_date(r, at);
    if (!n && word_of(r, at, WORD_NOON).n)
        return read_word(r, at);
    if (!n)
        n = read_bare_length(r, at);
    if (n) {
        bool is_basic = r->after_clock && is_number(r, at, 8, 8);
        r->after_weekday = r->after_lead = r->is_at = false;
        r->after_clock = is_basic;
        return n;
    }
    n = read_clock(r, at);
    if (!n)
        n = read_zone(r, at);
    if (n) {
        r->after_weekday = r->after_lead = r->is_at = false;
        return n;
    }
    n = read_day_number(r, at);
    if (n) {
        r->after_weekday = r->after_lead = r->is_at = r->after_clock = false;
        return n;
    }
    return read_word(r, at);
}

static bool is_something(const struct said *said)
{
    return said->has_weekday || said->has_date || said->has_relative || said->has_clock ||
           said->has_duration || said->part != PART_NONE || said->is_next_week || said->is_this_week ||
           said->is_vague || said->is_end_of_day;
}

/* Parts that cannot stand beside each other. */
static bool is_coherent(const struct said *said)
{
    bool has_week_word = said->is_next_week || said->is_this_week;
    if ((said->is_next || said->is_this || said->later_days) && !said->has_weekday)
        return false;
    if ((said->is_next + said->is_this + said->is_next_week + said->is_this_week + (said->later_days != 0)) >
        1)
        return false;
    if (has_week_word && (said->has_date || said->has_relative || said->has_duration))
        return false;
    if (said->has_duration && (said->part != PART_NONE || said->is_end_of_day || said->is_vague ||
                               said->has_weekday || (said->has_clock && said->elapsed_ms)))
        return said->has_duration && said->is_vague;
    if (said->is_end_of_day && (said->has_clock || said->part != PART_NONE))
        return false;
    return !(said->has_zone && !said->has_clock);
}

bool when_parse(const struct when_tokens *tokens, size_t from, size_t to, struct said *said)
{
    *said = (struct said){ .lead = LEAD_NONE };
    while (to > from && (tokens->all[to - 1].kind == TOKEN_EMOJI ||
                         (tokens->all[to - 1].kind == TOKEN_MARK && strchr(".!,", tokens->all[to - 1].mark))))
        to--;
    if (to == from || to - from > WHEN_PHRASE_TOKENS_MAX)
        return false;
    struct reader reader = { .tokens = tokens, .end = to, .said = said };
    for (size_t at = from; at < to;) {
        size_t n = read_part(&reader, at);
        if (!n)
            return false;
        at += n;
    }
    if (reader.is_open && !(said->is_this && said->has_weekday))
        return false;
    return is_something(said) && is_coherent(said);
}
