/* Clock times in words (R5): dix-sept heures, half past five, ten to six, half four. */
#include <string.h>

#include "time/when_reader.h"

/* dix-sept, vingt et une, trente. *value_out is left alone if it returns 0. */
size_t when_read_number_words(const struct when_reader *r, size_t at, int *value_out)
{
    struct when_word ten = reader_word_of(r, at, WORD_TENS), one = reader_word_of(r, at, WORD_NUMBER);
    int value = ten.n ? ten.value : one.value;
    size_t n = ten.n ? ten.n : one.n;
    if (!n || (one.n && reader_is_word(r, at, "a")))
        return 0;
    size_t joint = reader_is_mark(r, at + n, '-') ? 1 : 0;
    if (ten.n && reader_is_word(r, at + n + joint, "et"))
        joint += reader_is_mark(r, at + n + joint + 1, '-') ? 2 : 1;
    struct when_word more = reader_word_of(r, at + n + joint, WORD_NUMBER);
    if (reader_is_word(r, at + n + joint, "a"))
        more.n = 0;
    bool is_ten = !ten.n && value == 10 && reader_is_word(r, at, "dix");
    if (more.n &&
        ((ten.n && more.value >= 1 && more.value <= 9) || (is_ten && more.value >= 7 && more.value <= 9))) {
        value += more.value;
        n += joint + more.n;
    }
    *value_out = value;
    return n;
}

size_t when_read_oclock(const struct when_reader *r, size_t at)
{
    if (reader_is_word(r, at, "oclock"))
        return 1;
    return reader_is_word(r, at, "o") && reader_is_glued_mark(r, at + 1, '\'') &&
                   reader_is_word(r, at + 2, "clock")
               ? 3
               : 0;
}

/* am or pm behind an hour in words; false: 13 pm. */
static bool take_meridiem(const struct when_reader *r, size_t at, struct when_clock *clock, size_t *n_out)
{
    bool is_pm = false;
    size_t n = when_read_meridiem(r, at, &is_pm);
    *n_out = n;
    if (!n)
        return true;
    if (clock->hour > 12)
        return false;
    when_apply_meridiem(clock, is_pm, r->said);
    clock->is_half_open = false;
    return true;
}

/* five pm, nine thirty am; nine thirty and nine behind at, which are asked. */
static size_t read_bare_words(const struct when_reader *r, size_t at, size_t n, struct when_clock *clock)
{
    int minute = 0;
    size_t more = 0, meridiem = 0;
    bool has_tens =
        reader_word_of(r, at + n, WORD_TENS).n || reader_word_of(r, at + n, WORD_NUMBER).value > 9;
    if (has_tens)
        more = when_read_number_words(r, at + n, &minute);
    clock->minute = minute;
    if (clock->hour < 1 || clock->hour > 23 || !take_meridiem(r, at + n + more, clock, &meridiem))
        return 0;
    bool is_behind_at = r->is_at && !reader_is_word(r, at - 1, "a"); /* a is English, too */
    bool is_behind_day = r->after_day && reader_ends_text(r, at + n + more);
    bool is_open = is_behind_at || is_behind_day || r->loose == LOOSE_CLOCK;
    clock->is_bare_number = !meridiem && clock->hour <= 12;
    return meridiem || is_open ? n + more + meridiem : 0;
}

/* dix-sept heures, une heure et demie; five o'clock. */
static size_t read_words(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    size_t n = when_read_number_words(r, at, &clock->hour);
    if (!n)
        return 0;
    size_t oclock = when_read_oclock(r, at + n), unit = when_read_hour_unit(r, at + n), meridiem = 0;
    clock->is_half_open = clock->hour >= 1 && clock->hour <= (oclock ? 12 : 7);
    if (oclock)
        return clock->is_half_open && take_meridiem(r, at + n + oclock, clock, &meridiem)
                   ? n + oclock + meridiem
                   : 0;
    if (unit)
        return n + unit + when_read_minutes_behind(r, at + n + unit, true, clock);
    return read_bare_words(r, at, n, clock);
}

/* half past, a quarter to, ten past, 20 minutes to; the minutes to add. */
static size_t read_distance(const struct when_reader *r, size_t at, int *minutes_out)
{
    struct when_word quarter = reader_word_of(r, at, WORD_QUARTER);
    if (quarter.n) {
        *minutes_out = quarter.value;
        size_t last = at + quarter.n - 1;
        return reader_is_word(r, last, "past") || reader_is_word(r, last, "to") ? quarter.n : 0;
    }
    int minutes = 0;
    bool is_digits = reader_is_number(r, at, 1, 2) && !reader_token(r, at)->is_glued;
    size_t n = is_digits ? 1 : when_read_number_words(r, at, &minutes);
    if (is_digits)
        minutes = reader_token(r, at)->value;
    if (!n || minutes < 1 || minutes > 29)
        return 0;
    if (reader_is_unit(r, at + n, UNIT_MINUTE) && !reader_word_of(r, at + n, WORD_UNIT_FRENCH).n)
        n++;
    bool is_past = reader_is_word(r, at + n, "past"), is_to = reader_is_word(r, at + n, "to");
    *minutes_out = is_past ? minutes : -minutes;
    return is_past || is_to ? n + 1 : 0;
}

/* The hour behind it, in digits or in words. */
static size_t read_hour_behind(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    size_t n = 0;
    const struct when_token *next = reader_token(r, at + 1);
    struct when_word noon = reader_word_of(r, at, WORD_NOON);
    if (noon.n && !noon.value) {
        clock->hour = 12;
        clock->has_meridiem = true;
        return noon.n;
    }
    if (reader_is_number(r, at, 1, 2)) {
        bool is_more = next->is_glued && next->kind == TOKEN_MARK && strchr(":./-", next->mark);
        clock->hour = reader_token(r, at)->value;
        n = is_more ? 0 : 1;
    } else {
        n = when_read_number_words(r, at, &clock->hour);
    }
    return clock->hour >= 1 && clock->hour <= 12 ? n : 0;
}

/* half past five, quarter to 6, ten past nine pm */
static size_t read_past(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    int minutes = 0;
    size_t distance = read_distance(r, at, &minutes), meridiem = 0;
    size_t n = distance ? read_hour_behind(r, at + distance, clock) : 0;
    if (!n)
        return 0;
    n += distance;
    n += when_read_oclock(r, at + n);
    clock->is_half_open = !clock->has_meridiem;
    bool is_pm = false;
    meridiem = when_read_meridiem(r, at + n, &is_pm);
    if (meridiem) {
        /* a quarter to 12 pm: of which 12? */
        clock->is_half_open = clock->hour == 12 && minutes < 0;
        clock->has_meridiem = true;
        clock->hour = clock->hour % 12 + (is_pm ? 12 : 0);
    }
    if (minutes < 0)
        clock->hour = (clock->hour + 23) % 24;
    clock->minute = (minutes + 60) % 60;
    return n + meridiem;
}

/* half four is 4:30 in Britain, and 3:30 to who thinks of halb vier. */
static size_t read_half(const struct when_reader *r, size_t at, struct when_clock *clock)
{
    size_t n = reader_is_word(r, at, "half") ? read_hour_behind(r, at + 1, clock) : 0, meridiem = 0;
    if (!n || clock->has_meridiem || reader_is_unit(r, at + 1 + n, UNIT_HOUR) ||
        reader_is_unit(r, at + 1 + n, UNIT_DAY))
        return 0;
    clock->is_half_open = clock->is_half_before_too = true;
    clock->minute = 30;
    return take_meridiem(r, at + 1 + n, clock, &meridiem) ? 1 + n + meridiem : 0;
}

size_t when_read_spoken(struct when_reader *r, size_t at, struct when_clock *clock)
{
    struct when_clock bare = *clock;
    static size_t (*const readers[])(const struct when_reader *, size_t,
                                     struct when_clock *) = { read_past, read_half, read_words };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        *clock = bare;
        size_t n = readers[i](r, at, clock);
        if (n)
            return n;
    }
    return 0;
}
