/* Clock times (R5, R6). */
#include <string.h>

#include "time/when_reader.h"

size_t when_read_meridiem(const struct when_reader *r, size_t at, bool *is_pm_out)
{
    struct when_word am = reader_word_of(r, at, WORD_AM), pm = reader_word_of(r, at, WORD_PM);
    size_t n = am.n ? am.n : pm.n;
    *is_pm_out = pm.n > 0;
    return n ? n + reader_stop(r, at + n) : 0;
}

/* h, heure, heures; but heure de Paris is a zone's. */
size_t when_read_hour_unit(const struct when_reader *r, size_t at)
{
    struct when_word unit = reader_word_of(r, at, WORD_UNIT_FRENCH);
    bool is_of =
        reader_is_word(r, at + 1, "de") || reader_is_word(r, at + 1, "du") || reader_is_word(r, at + 1, "d");
    bool is_of_zone = reader_is_word(r, at, "heure") && is_of && !reader_word_of(r, at + 1, WORD_PART).n;
    return unit.n && unit.value == UNIT_HOUR && !is_of_zone ? unit.n : 0;
}

bool when_is_clock(const struct when_reader *r, size_t at)
{
    bool is_pm = false;
    if (!reader_is_number(r, at, 1, 2))
        return false;
    if (reader_word_of(r, at, WORD_NOON).n > 1 || reader_word_of(r, at, WORD_MIDNIGHT).n > 1)
        return true;
    return (reader_is_glued_mark(r, at + 1, ':') && reader_is_glued_number(r, at + 2, 2, 2)) ||
           when_read_hour_unit(r, at + 1) || when_read_meridiem(r, at + 1, &is_pm) ||
           when_read_oclock(r, at + 1) ||
           (reader_is_glued_mark(r, at + 1, '.') && reader_is_glued_number(r, at + 2, 2, 2) &&
            when_read_meridiem(r, at + 3, &is_pm));
}

void when_apply_meridiem(struct when_clock *clock, bool is_pm, struct said *said)
{
    clock->has_meridiem = true;
    if (clock->hour < 1 || clock->hour > 12)
        said->is_impossible = true;
    /* 12am, 12pm and 12:00 pm have been used both ways; 12:30 has not. */
    clock->is_twelve_doubt = clock->hour == 12 && clock->minute == 0 && clock->second == 0;
    clock->hour = clock->hour % 12 + (is_pm ? 12 : 0);
}

/* :30, :30:15, :30:15.5, and the h of 17:30h. */
static size_t read_colon_minutes(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    if (!reader_is_glued_mark(r, at, ':') || !reader_is_glued_number(r, at + 1, 2, 2))
        return 0;
    clock->minute = reader_token(r, at + 1)->value;
    size_t n = 2;
    if (reader_is_glued_mark(r, at + n, ':') && reader_is_glued_number(r, at + n + 1, 2, 2)) {
        clock->second = reader_token(r, at + n + 1)->value;
        n += 2;
        if ((reader_is_glued_mark(r, at + n, '.') || reader_is_glued_mark(r, at + n, ',')) &&
            reader_is_glued_number(r, at + n + 1, 1, 9))
            n += 2;
    }
    bool has_unit = reader_is_word(r, at + n, "h") || reader_is_word(r, at + n, "hrs");
    return n + (has_unit ? 1 : 0);
}

/* 28 november, but in 17h 28 nov 27 the month has its day behind it. */
static bool is_day_of_month(const struct when_reader *r, size_t at)
{
    struct when_word month = reader_word_of(r, at + 1, WORD_MONTH);
    size_t behind = at + 1 + month.n + reader_stop(r, at + 1 + month.n);
    bool has_own_day = reader_is_number(r, behind, 1, 2) && !when_is_clock(r, behind);
    int day = reader_token(r, at)->value;
    bool is_free = r->said->day == DAY_UNSAID && !reader_token(r, at)->is_glued && day >= 1 && day <= 31;
    return month.n && !has_own_day && is_free;
}

/* Whether the two digits behind an hour are its minutes, not a day's: 17h 28 november, 17h 28/11. */
static bool is_minutes(const struct when_reader *r, size_t at)
{
    const struct when_token *next = reader_token(r, at + 1);
    if (!reader_is_number(r, at, 2, 2) || when_is_clock(r, at) || is_day_of_month(r, at))
        return false;
    if (next->is_glued && next->kind == TOKEN_MARK && strchr(":/-", next->mark))
        return false;
    if (reader_is_glued_mark(r, at + 1, '.') && reader_is_glued_number(r, at + 2, 1, 4))
        return false;
    if (next->is_glued && next->kind == TOKEN_WORD && !reader_is_unit(r, at + 1, UNIT_MINUTE))
        return false;
    return !reader_is_unit(r, at + 1, UNIT_DAY);
}

/* et demie, moins le quart: the hour may then be of either half. */
static size_t read_quarter_behind(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    struct when_word quarter = reader_word_of(r, at, WORD_QUARTER);
    if (!quarter.n || !(reader_is_word(r, at, "et") || reader_is_word(r, at, "moins")))
        return 0;
    clock->is_half_open = clock->hour >= 1 && clock->hour <= 12;
    if (quarter.value < 0)
        clock->hour = (clock->hour + 23) % 24;
    clock->minute = (quarter.value + 60) % 60;
    return quarter.n;
}

/* moins dix, moins 5: the hour may then be of either half, as with et demie. */
static size_t read_minus(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    int minutes = 0;
    if (!reader_is_word(r, at, "moins"))
        return 0;
    size_t n = 1;
    if (reader_is_number(r, at + 1, 1, 2)) {
        minutes = reader_token(r, at + 1)->value;
        n = 2;
    } else {
        n += when_read_number_words(r, at + 1, &minutes);
    }
    if (n == 1 || minutes < 1 || minutes > 29)
        return 0;
    clock->is_half_open = clock->hour >= 1 && clock->hour <= 12;
    clock->hour = (clock->hour + 23) % 24;
    clock->minute = 60 - minutes;
    return n + (reader_is_unit(r, at + n, UNIT_MINUTE) ? 1 : 0);
}

/* Behind h, heure or heures: 30, 30 min, trente, et demie. */
size_t when_read_minutes_behind(const struct when_reader *r, size_t at, bool is_in_words,
                                struct when_clock *clock)
{
    size_t n = read_quarter_behind(r, at, clock);
    if (!n)
        n = read_minus(r, at, clock);
    if (n)
        return n;
    if (is_minutes(r, at)) {
        clock->minute = reader_token(r, at)->value;
        n = 1;
    } else if (is_in_words || reader_is_word(r, at - 1, "heures")) {
        n = when_read_number_words(r, at, &clock->minute);
    }
    return n + (n && reader_is_unit(r, at + n, UNIT_MINUTE) ? 1 : 0);
}

/* 17h, 17 h 30, 17 heures 30. */
static size_t read_hours_minutes(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    size_t unit = when_read_hour_unit(r, at);
    if (!unit)
        return 0;
    size_t n = when_read_minutes_behind(r, at + unit, false, clock);
    bool is_short = !n || (clock->hour >= 1 && clock->hour <= 7 && !clock->has_zero);
    /* 1 heure et demie */
    bool has_more = reader_is_word(r, at + unit, "et") && n;
    if ((is_short || has_more) && !reader_is_word(r, at + unit, "moins"))
        clock->bare_minutes = clock->hour * 60 + clock->minute;
    return unit + n;
}

/* 5.30pm: the full stop only with am or pm, or where it is asked. */
static size_t read_dotted(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    bool is_pm = false;
    if (!reader_is_glued_mark(r, at, '.') || !reader_is_glued_number(r, at + 1, 2, 2))
        return 0;
    /* 1.12 is a date to whoever writes so, and no clock time that anybody names. */
    int minute = reader_token(r, at + 1)->value;
    bool is_loose = r->loose == LOOSE_CLOCK && (minute > 12 || minute % 5 == 0);
    if (!is_loose && !when_read_meridiem(r, at + 2, &is_pm))
        return 0;
    clock->minute = reader_token(r, at + 1)->value;
    return 2;
}

/* 5ish, 17 ish */
static size_t read_ish(const struct when_reader *r, size_t at)
{
    size_t joint = reader_is_mark(r, at, '-') ? 1 : 0;
    return reader_is_word(r, at + joint, "ish") ? joint + 1 : 0;
}

/* A bare number after at, à: «tuesday at 8»; or behind tomorrow, where it ends the text. */
static bool is_bare_hour(const struct when_reader *r, size_t at)
{
    const struct when_token *next = reader_token(r, at + 1);
    if (read_ish(r, at + 1))
        return true;
    bool is_hour = r->is_at || r->loose == LOOSE_CLOCK || (r->after_day && reader_ends_text(r, at + 1));
    if (!is_hour || (next->is_glued && next->kind != TOKEN_MARK && next->kind != TOKEN_EMOJI))
        return false;
    return !(next->is_glued && next->kind == TOKEN_MARK && strchr(":/-", next->mark));
}

static size_t read_digits(struct when_reader *r, size_t at, struct when_clock *clock)
{
    bool is_pm = false, is_behind_word = at > 0 && reader_token(r, at - 1)->kind == TOKEN_WORD;
    const struct when_token *hour = reader_token(r, at);
    if (!reader_is_number(r, at, 1, 2) || (hour->is_glued && is_behind_word && !r->is_iso))
        return 0;
    clock->hour = hour->value;
    clock->has_zero = hour->n_digits == 2 && hour->value < 10;
    clock->is_half_open = hour->n_digits == 1 && hour->value >= 1 && hour->value <= 7;
    size_t n = read_colon_minutes(r, at + 1, clock);
    if (!n)
        n = read_hours_minutes(r, at + 1, clock);
    if (!n) {
        n = when_read_oclock(r, at + 1);
        clock->is_half_open |= n > 0;
        if (n && (hour->value < 1 || hour->value > 12))
            r->said->is_impossible = true;
    }
    if (!n)
        n = read_dotted(r, at + 1, clock);
    size_t meridiem = clock->bare_minutes ? 0 : when_read_meridiem(r, at + 1 + n, &is_pm);
    if (meridiem) {
        when_apply_meridiem(clock, is_pm, r->said);
        clock->is_half_open = false;
    }
    if (!n && !meridiem) {
        if (!is_bare_hour(r, at))
            return 0;
        clock->is_bare_number = true;
    }
    return 1 + n + meridiem;
}

/* 1730, 0930 hrs: asked, for it may be a year or another number. */
static size_t read_four_digits(struct when_reader *r, size_t at, struct when_clock *clock)
{
    int value = reader_token(r, at)->value;
    bool has_unit =
        reader_is_unit(r, at + 1, UNIT_HOUR) || reader_word_of(r, at + 1, WORD_UNIT_BRIEF).value == UNIT_HOUR;
    bool is_year = value >= 2020 && value < 2100;
    bool is_pm = false;
    size_t meridiem = when_read_meridiem(r, at + 1, &is_pm);
    if (!reader_is_number(r, at, meridiem ? 3 : 4, 4) || reader_token(r, at)->is_glued || value % 100 > 59 ||
        value > 2400)
        return 0;
    if (!has_unit && !meridiem && (r->loose != LOOSE_CLOCK || is_year))
        return 0;
    clock->hour = value / 100;
    clock->minute = value % 100;
    clock->has_zero = true;
    r->said->is_doubtful = true;
    if (meridiem)
        when_apply_meridiem(clock, is_pm, r->said);
    return 1 + meridiem + (has_unit ? 1 : 0);
}

/* 24:00 ends a day; of what is beyond only a length in hours is left, 48h. */
static bool is_possible(const struct when_clock *clock)
{
    if (clock->minute > 59 || clock->second > 59)
        return false;
    return clock->hour < 24 || (clock->hour == 24 && !clock->minute && !clock->second);
}

size_t when_read_clock(struct when_reader *r, size_t at)
{
    if (r->said->clock.is_said || r->said->elapsed_ms)
        return 0;
    struct when_clock clock = { .is_said = true };
    size_t n = read_digits(r, at, &clock);
    if (!n)
        n = read_four_digits(r, at, &clock);
    if (!n)
        n = when_read_spoken(r, at, &clock);
    if (!n)
        return 0;
    size_t ish = read_ish(r, at + n);
    n += ish;
    r->said->is_doubtful |= ish > 0;
    if (!is_possible(&clock))
        r->said->is_impossible = true;
    r->said->clock = clock;
    r->after_clock = true;
    return n;
}
