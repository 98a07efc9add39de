/* "24 December", "24-31 dec", « du 24 au 31 décembre »: one day, or the first and the last. */
#include "engine/days_off.h"

#include <string.h>

#include "base/text.h"

enum { TYPED_MAX_BYTES = 100 };

static int64_t day_of(const struct when *when)
{
    return civil_day_number(when->civil.year, when->civil.month, when->civil.day);
}

/* A whole day: 14:00 on it is something else. */
static bool read_day(struct turn *turn, const char *typed, struct when *out)
{
    *out = turn_read_day(turn, typed);
    return out->result == WHEN_AT && !out->has_clock;
}

/* What may stand between the first day and the last; lengths in bytes. */
static size_t separator_at(const char *folded)
{
    static const char *const words[] = { "-", "/", " to ", " through ", " au ", " a ", " till ", " until " };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_starts_with(folded, words[i]))
            return strlen(words[i]);
    return 0;
}

/* « 24 » of « 24 - 31 décembre » has its month from the other end, and so has "31" of "December 24-31". */
static bool read_ends(struct turn *turn, const char *first, const char *last, struct hours_off *out)
{
    struct when from, to;
    bool has_last = read_day(turn, last, &to);
    if (!has_last) {
        size_t words = strcspn(first, "0123456789");
        has_last = words > 0 && strspn(last, "0123456789") == strlen(last) && *last &&
                   read_day(turn, arena_printf(turn->arena, "%.*s%s", (int)words, first, last), &to);
    }
    const char *month = strchr(last, ' ');
    bool has_first = (month && read_day(turn, arena_printf(turn->arena, "%s%s", first, month), &from)) ||
                     read_day(turn, first, &from);
    *out = has_first && has_last ? (struct hours_off){ day_of(&from), day_of(&to) } : (struct hours_off){ 0 };
    return has_first && has_last && out->from_day <= out->to_day;
}

static bool read_range(struct turn *turn, const char *folded, struct hours_off *out)
{
    static const char *const openers[] = { "from ", "du ", "de ", "between " };
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        if (text_starts_with(folded, openers[i])) {
            folded += strlen(openers[i]);
            break;
        }
    for (const char *at = folded; *at; at++) {
        size_t len = separator_at(at);
        const char *first = text_trim(turn->arena, arena_strndup(turn->arena, folded, (size_t)(at - folded)));
        if (len && *first && read_ends(turn, first, text_trim(turn->arena, at + len), out))
            return true;
    }
    return false;
}

enum days_off_reading days_off_read(struct turn *turn, const char *typed, struct hours_off *out,
                                    struct when *when_out)
{
    const char *folded = text_trim(turn->arena, text_fold(turn->arena, typed));
    if (strlen(folded) > TYPED_MAX_BYTES)
        return DAYS_OFF_UNREAD;
    if (days_off_read_text(folded, out))
        *when_out = (struct when){ .result = WHEN_AT };
    else if (read_day(turn, folded, when_out))
        *out = (struct hours_off){ day_of(when_out), day_of(when_out) };
    else if (when_out->result == WHEN_ASK && when_out->n_candidates && !when_out->has_clock)
        return DAYS_OFF_ASK;
    else if (!read_range(turn, folded, out))
        return when_out->fault == WHEN_PAST ? DAYS_OFF_PAST_ALREADY : DAYS_OFF_UNREAD;
    if (out->to_day < hours_day_of(turn->typed.zone, turn->now_ms))
        return DAYS_OFF_PAST_ALREADY;
    return out->to_day - out->from_day >= DAYS_OFF_LONGEST ? DAYS_OFF_TOO_LONG : DAYS_OFF_READ;
}
