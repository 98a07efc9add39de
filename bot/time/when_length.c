/* Lengths of time (R13, R14, R15), and the weeks on a weekday (R9). */
#include <string.h>

#include "time/when_reader.h"

enum { AMOUNT_MAX = 100000, DAYS_MAX = 3660 };

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    (24 * HOUR_MS)

struct length {
    int64_t elapsed_ms, days, months;
    bool is_working, is_open_days, is_one_off, is_bad;
    bool is_bare_h; /* 17h, 1h30: may be a clock time */
    bool is_in_digits;
    bool is_doubtful, is_vague; /* a couple of days; a few */
    bool is_hour_word; /* quinze heures: rather a clock time */
};

/* A number in digits or in words, in thousandths. */
static size_t read_amount(const struct when_reader *r, size_t at, int64_t *thousandths_out,
                          bool *is_digits_out)
{
    const struct when_token *t = reader_token(r, at);
    *is_digits_out = t->kind == TOKEN_NUMBER;
    if (!*is_digits_out) {
        int value = 0;
        struct when_word number = reader_word_of(r, at, WORD_NUMBER), some = reader_word_of(r, at, WORD_SOME);
        size_t n = some.n > number.n ? some.n : number.n;
        value = some.n > number.n ? some.value : number.value;
        if (!some.n && !(number.n && (value <= 12 || reader_is_word(r, at, "quinze"))))
            n = when_read_number_words(r, at, &value);
        *thousandths_out = value * INT64_C(1000);
        return n;
    }
    bool is_behind_word = at > 0 && t->is_glued && reader_token(r, at - 1)->kind == TOKEN_WORD;
    if (t->value < 0 || t->value > AMOUNT_MAX || is_behind_word)
        return 0;
    *thousandths_out = t->value * INT64_C(1000);
    if (!(reader_is_glued_mark(r, at + 1, '.') || reader_is_glued_mark(r, at + 1, ',')) ||
        !reader_is_glued_number(r, at + 2, 1, 3))
        return 1;
    static const int scale[] = { 0, 100, 10, 1 };
    *thousandths_out +=
        INT64_C(1) * reader_token(r, at + 2)->value * scale[reader_token(r, at + 2)->n_digits];
    return 3;
}

static void add_whole(int64_t *sum, struct length *length, int64_t thousandths, int factor)
{
    if (thousandths % 1000)
        length->is_bad = true;
    *sum += thousandths / 1000 * factor;
}

/* "1.217 h" is 4,381.2 s: instants are whole seconds. */
static int64_t whole_seconds(int64_t ms)
{
    return (ms + 999) / 1000 * 1000;
}

static void add_length(struct length *length, int64_t thousandths, const struct when_word *unit)
{
    switch ((enum when_unit)unit->value) {
    case UNIT_MINUTE:
        length->elapsed_ms += whole_seconds(thousandths * 60);
        break;
    case UNIT_HOUR:
        length->elapsed_ms += whole_seconds(thousandths * 3600);
        break;
    case UNIT_DAY:
        add_whole(&length->days, length, thousandths, 1);
        length->is_one_off |= unit->kind == WORD_UNIT_FRENCH && (thousandths == 8000 || thousandths == 15000);
        break;
    case UNIT_WEEK:
        add_whole(&length->days, length, thousandths, 7);
        break;
    case UNIT_FORTNIGHT:
        add_whole(&length->days, length, thousandths, 14);
        break;
    case UNIT_MONTH:
        add_whole(&length->months, length, thousandths, 1);
        break;
    case UNIT_YEAR:
        add_whole(&length->months, length, thousandths, 12);
        break;
    }
}

/* The 30 of 1h30 and 1 hour 30. */
static size_t read_odd_minutes(const struct when_reader *r, size_t at, struct length *length)
{
    const struct when_token *t = reader_token(r, at);
    if (!reader_is_number(r, at, 2, 2) || t->value > 59 || when_is_clock(r, at) ||
        reader_word_of(r, at + 1, WORD_MONTH).n)
        return 0;
    length->elapsed_ms += t->value * MINUTE_MS;
    return 1 + (reader_is_unit(r, at + 1, UNIT_MINUTE) ? 1 : 0);
}

static struct when_word read_unit(const struct when_reader *r, size_t at)
{
    struct when_word plain = reader_word_of(r, at, WORD_UNIT),
                     french = reader_word_of(r, at, WORD_UNIT_FRENCH);
    if (!plain.n && !french.n)
        return reader_word_of(r, at, WORD_UNIT_BRIEF);
    return plain.n ? plain : french;
}

/* One number with its unit, working or not. */
static size_t read_measure(const struct when_reader *r, size_t at, struct length *length)
{
    int64_t thousandths = 0;
    size_t n = read_amount(r, at, &thousandths, &length->is_in_digits);
    /* two and a half hours */
    if (n && reader_is_word(r, at + n, "and") && reader_is_word(r, at + n + 1, "a") &&
        reader_is_word(r, at + n + 2, "half")) {
        thousandths += 500;
        n += 3;
    }
    if (!n)
        return 0;
    struct when_word working = reader_word_of(r, at + n, WORD_WORKING);
    n += working.n;
    struct when_word unit = read_unit(r, at + n);
    if (!unit.n)
        return 0;
    /* Numbers in words go to twelve, but for quinze jours. */
    bool is_long_word = !length->is_in_digits && thousandths > 12000 &&
                        !(unit.value == UNIT_DAY && reader_is_word(r, at, "quinze"));
    bool is_some = reader_word_of(r, at, WORD_SOME).n > 0;
    length->is_doubtful |= is_long_word || is_some || unit.kind == WORD_UNIT_BRIEF;
    length->is_vague |= is_some && !thousandths;
    length->is_hour_word |= is_long_word && unit.value == UNIT_HOUR;
    n += unit.n + (unit.kind == WORD_UNIT_BRIEF ? reader_stop(r, at + n + unit.n) : 0);
    if (!working.n) {
        working = reader_word_of(r, at + n, WORD_WORKING);
        n += working.n;
    }
    struct when_word open = reader_word_of(r, at + n, WORD_OPEN_DAYS);
    n += open.n;
    bool is_hour = unit.value == UNIT_HOUR, is_h = is_hour && unit.kind == WORD_UNIT_FRENCH;
    length->is_open_days |= open.n > 0;
    length->is_working |= working.n > 0;
    /* A day or an hour may be of work; a week or a month of it is another length to everybody. */
    length->is_bad |= (open.n && unit.value != UNIT_DAY) || (working.n && unit.value > UNIT_DAY);
    length->is_bare_h =
        is_h && !working.n && length->is_in_digits && thousandths % 1000 == 0 && thousandths < INT64_C(24000);
    add_length(length, thousandths, &unit);
    return n + (is_hour && !working.n ? read_odd_minutes(r, at + n, length) : 0);
}

/* une heure et demie, 2 heures et quart; one and a half hours is not among what is read. */
static size_t read_fraction(const struct when_reader *r, size_t at, struct length *length)
{
    struct when_word quarter = reader_word_of(r, at, WORD_QUARTER);
    if (!quarter.n || !reader_is_word(r, at, "et"))
        return 0;
    if (!length->elapsed_ms || length->elapsed_ms % HOUR_MS || length->is_working)
        length->is_bad = true;
    length->elapsed_ms += quarter.value * MINUTE_MS;
    return quarter.n;
}

/* 1 hour (and) 30 minutes, une heure et demie, half an hour. */
static size_t read_whole_length(const struct when_reader *r, size_t at, struct length *length)
{
    struct when_word pieces = reader_word_of(r, at, WORD_PIECES);
    if (pieces.n) {
        length->elapsed_ms = pieces.value * MINUTE_MS;
        return pieces.n;
    }
    size_t n = read_measure(r, at, length);
    if (!n)
        return 0;
    size_t fraction = read_fraction(r, at + n, length);
    if (fraction)
        return n + fraction;
    size_t joint =
        reader_is_word(r, at + n, "and") || reader_is_word(r, at + n, "et") || reader_is_mark(r, at + n, ',')
            ? 1
            : 0;
    struct length more = { 0 };
    size_t more_n = read_measure(r, at + n + joint, &more);
    if (!more_n)
        return n;
    bool fits = length->elapsed_ms && !length->is_working && more.elapsed_ms && !more.is_working &&
                more.elapsed_ms < length->elapsed_ms && more.elapsed_ms < HOUR_MS;
    if (!fits)
        return n;
    length->elapsed_ms += more.elapsed_ms;
    length->is_bare_h = false;
    return n + joint + more_n;
}

static bool take_length(struct said *said, const struct length *length)
{
    if (said->day != DAY_UNSAID || said->elapsed_ms || said->has_weekday)
        return false;
    int kinds = (length->elapsed_ms != 0) + (length->days != 0) + (length->months != 0);
    said->is_doubtful |= length->is_doubtful;
    if (length->is_vague) {
        said->is_vague = true;
        return kinds == 0 && !said->clock.is_said;
    }
    if (kinds > 1 || (said->clock.is_said && length->elapsed_ms))
        return false;
    if (kinds == 0 || length->is_bad || length->days > DAYS_MAX || length->months > DAYS_MAX / 31 ||
        length->elapsed_ms > DAYS_MAX * DAY_MS)
        said->is_impossible = true;
    if (length->elapsed_ms) {
        said->elapsed_ms = length->elapsed_ms;
    } else {
        said->day = DAY_LENGTH;
        said->days = length->days;
        said->months = length->months;
    }
    said->is_working = length->is_working;
    said->is_one_off = length->is_one_off;
    said->is_open_days = length->is_open_days;
    return true;
}

/* in two days' time, in a month's time */
static size_t read_time_behind(const struct when_reader *r, size_t at)
{
    size_t n = reader_is_mark(r, at, '\'') ? 1 : 0;
    n += n && reader_is_word(r, at + n, "s") ? 1 : 0;
    return reader_is_word(r, at + n, "time") ? n + 1 : 0;
}

size_t when_read_in(struct when_reader *r, size_t at)
{
    struct when_word lead = reader_word_of(r, at, WORD_IN),
                     hedge = reader_word_of(r, at + lead.n, WORD_HEDGE);
    struct length length = { 0 };
    if (hedge.value & ~HEDGE_EITHER)
        hedge.n = 0;
    size_t start = at + lead.n + hedge.n, n = lead.n ? read_whole_length(r, start, &length) : 0;
    if (!n || !take_length(r->said, &length))
        return 0;
    r->said->is_doubtful |= hedge.n > 0;
    r->said->lead = LEAD_NONE;
    return lead.n + hedge.n + n + read_time_behind(r, start + n);
}

/* 17h is left to the clock, and so is 1h30, which keeps both readings. */
static bool is_allowed(const struct when_reader *r, const struct length *length)
{
    static const int lengths = LEAD_LENGTH | LEAD_HOURS | LEAD_SPAN | LEAD_NONE;
    int lead = r->said->lead;
    if (r->said->clock.is_said && length->elapsed_ms)
        return false;
    if (length->is_bare_h || (lead && !(lead & lengths)))
        return false;
    if ((lead & LEAD_HOURS) && length->elapsed_ms && length->elapsed_ms < DAY_MS)
        return false;
    /* un jour is some day. */
    bool is_loose = r->loose != LOOSE_NOTHING && length->days != 1;
    return length->is_in_digits || (lead & LEAD_LENGTH) || is_loose;
}

/* until 48h may be a span, before 2 days a day that is out. */
static bool is_doubtful_behind(int lead, const struct length *length)
{
    return (lead & LEAD_SPAN) || ((lead & LEAD_HOURS) && !length->elapsed_ms);
}

/* 1730 hours is a clock time to those who write it so. */
static bool is_clock_of_four(const struct when_reader *r, size_t at)
{
    int value = reader_token(r, at)->value;
    return reader_is_number(r, at, 4, 4) && value % 100 < 60 && value <= 2400 &&
           read_unit(r, at + 1).value == UNIT_HOUR;
}

size_t when_read_length(struct when_reader *r, size_t at)
{
    struct length length = { 0 };
    size_t n = is_clock_of_four(r, at) ? 0 : read_whole_length(r, at, &length);
    /* 5 minutes to 6 is a clock time. */
    if (!n || reader_is_word(r, at + n, "to") || reader_is_word(r, at + n, "past"))
        return 0;
    struct when_word from_now = reader_word_of(r, at + n, WORD_FROM_NOW);
    if (!from_now.n && (length.is_hour_word || !is_allowed(r, &length)))
        return 0;
    if (!take_length(r->said, &length))
        return 0;
    r->said->is_doubtful |= is_doubtful_behind(r->said->lead, &length) || (from_now.n && from_now.value);
    return n + from_now.n;
}

size_t when_read_weeks_on(struct when_reader *r, size_t at)
{
    int64_t thousandths = 0;
    bool is_in_digits = false;
    size_t n = read_amount(r, at, &thousandths, &is_in_digits);
    struct when_word unit = read_unit(r, at + n);
    if (!n || !unit.n || (unit.value != UNIT_WEEK && unit.value != UNIT_FORTNIGHT) || thousandths % 1000 ||
        thousandths < 1000 || thousandths > 52000)
        return 0;
    n += unit.n;
    if (!reader_is_word(r, at + n, "on") && !reader_is_word(r, at + n, "from"))
        return 0;
    n++;
    struct when_word full = reader_word_of(r, at + n, WORD_WEEKDAY),
                     brief = reader_word_of(r, at + n, WORD_WEEKDAY_SHORT), day = full.n ? full : brief;
    if (!day.n || r->said->later_days || !reader_set_weekday(r->said, day.value))
        return 0;
    r->said->later_days = (int)(thousandths / 1000) * (unit.value == UNIT_WEEK ? 7 : 14);
    return n + day.n + (brief.n ? reader_stop(r, at + n + day.n) : 0);
}
