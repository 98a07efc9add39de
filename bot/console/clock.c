#include <stdlib.h>
#include <string.h>

#include "console/state.h"
#include "store/outbox.h"
#include "store/room.h"
#include "store/timer.h"
#include "time/when.h"
#include "time/zone.h"

void clock_settle(struct console *console, int64_t was_down_ms)
{
    enum { ROUNDS_MAX = 1000, BATCH = 256 };
    struct outage outage = { 0 };
    if (was_down_ms)
        outage = (struct outage){ .from_ms = was_down_ms, .to_ms = console->now_ms };
    for (int round = 0; round < ROUNDS_MAX && !console->is_over; round++) {
        /* A console hears everything at once: even what is due at this very instant was listened for. */
        console_begin(console);
        size_t n = engine_timers(console->engine, console->now_ms, console->now_ms + 1, outage, BATCH);
        console_commit(console);
        if (n < BATCH)
            print_outbox(console);
        if (n == 0)
            return;
    }
    if (!console->is_over)
        console_fail(console, "timers fire without end");
}

static int64_t next_ms(struct console *console)
{
    int64_t timer_ms = timer_next_ms(console->store, console->now_ms);
    int64_t try_ms = outbox_next_try_ms(console->store, console->now_ms);
    return timer_ms < try_ms ? timer_ms : try_ms;
}

void clock_turn(struct console *console, int64_t to_ms)
{
    while (!console->is_down && !console->is_over && next_ms(console) <= to_ms) {
        console->now_ms = next_ms(console);
        clock_settle(console, 0);
    }
    console->now_ms = to_ms;
}

/* 2026-11-24T10:00:00+01:00 */
static const char *iso(struct console *console, int64_t at_ms)
{
    struct zone_local local = zone_local(world_zone(console, console->room), at_ms);
    int offset_min = abs(local.offset_s) / 60;
    return arena_printf(console->arena, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", local.civil.year,
                        local.civil.month, local.civil.day, local.civil.hour, local.civil.minute,
                        local.civil.second, local.offset_s < 0 ? '-' : '+', offset_min / 60, offset_min % 60);
}

/* A clock time that has passed today is tomorrow's: the reading asks, with that one as its only candidate. */
static bool read_phrase(struct console *console, const char *phrase, int64_t *at_ms_out)
{
    const char *lang = room_value(console->store, console->room, "lang", console->arena);
    struct when_context context = { .now_ms = console->now_ms,
                                    .zone = world_zone(console, console->room),
                                    .lang = lang ? lang : console->lang,
                                    .hours = CONSOLE_HOURS };
    struct when when = when_read(console->arena, &context, phrase);
    if (when.result == WHEN_AT) {
        *at_ms_out = when.at_ms;
        return true;
    }
    if (when.result == WHEN_ASK && when.n_candidates == 1) {
        *at_ms_out = when.candidates[0];
        return true;
    }
    if (when.result != WHEN_ASK || when.n_candidates == 0) {
        console_note(console, "that is no time to come; now is %s", iso(console, console->now_ms));
        return false;
    }
    const char *list = iso(console, when.candidates[0]);
    for (size_t i = 1; i < when.n_candidates; i++)
        list = arena_printf(console->arena, "%s or %s", list, iso(console, when.candidates[i]));
    console_note(console, "%s?", list);
    return false;
}

static void go_at(struct console *console, const char *phrase)
{
    int64_t at_ms;
    if (!read_phrase(console, phrase, &at_ms))
        return;
    if (at_ms < console->now_ms || at_ms - console->now_ms > LINE_WAIT_MAX_MS)
        console_note(console, "the clock goes forward, a year at most; now is %s",
                     iso(console, console->now_ms));
    else
        clock_turn(console, at_ms);
}

static void go_down(struct console *console)
{
    if (console->is_down) {
        console_note(console, "the bot is down already");
        return;
    }
    console->is_down = true;
    console->down_since_ms = console->now_ms;
}

static void come_up(struct console *console)
{
    if (!console->is_down) {
        console_note(console, "the bot is up");
        return;
    }
    console->is_down = false;
    world_catch_up(console);
    clock_settle(console, console->down_since_ms);
}

void clock_do(struct console *console, const struct line *line)
{
    bool was_down = console->is_down;
    switch (line->kind) {
    case LINE_AT:
        go_at(console, line->text);
        break;
    case LINE_WAIT:
        clock_turn(console, console->now_ms + line->wait_ms);
        break;
    case LINE_DOWN:
        go_down(console);
        if (line->wait_ms && !was_down) {
            clock_turn(console, console->now_ms + line->wait_ms);
            come_up(console);
        }
        break;
    case LINE_UP:
        come_up(console);
        break;
    default:
        console_note(console, "%s %s", iso(console, console->now_ms), world_zone(console, console->room));
        break;
    }
}

/* Digits only, exactly n of them; -1 if not. Moves on. */
static int take_digits(const char **text, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = 10 * value + (**text - '0');
    }
    return value;
}

static bool take(const char **text, char c)
{
    bool is_there = **text == c;
    *text += is_there;
    return is_there;
}

/* Z, +01:00, +0100 or nothing. */
static bool read_offset(const char *text, bool *has_offset_out, int *offset_min_out)
{
    *has_offset_out = *text != '\0';
    *offset_min_out = 0;
    if (*text == '\0' || strcmp(text, "Z") == 0)
        return true;
    int sign = *text == '-' ? -1 : 1;
    if (!take(&text, '+') && !take(&text, '-'))
        return false;
    int hours = take_digits(&text, 2);
    take(&text, ':');
    int minutes = hours < 0 ? -1 : take_digits(&text, 2);
    *offset_min_out = sign * (60 * hours + minutes);
    return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59 && *text == '\0';
}

bool clock_read_iso(const char *text, const char *zone, int64_t *at_ms_out)
{
    struct civil c = { 0 };
    bool has_offset;
    int offset_min;
    if ((c.year = take_digits(&text, 4)) < 1 || !take(&text, '-') || (c.month = take_digits(&text, 2)) < 1 ||
        !take(&text, '-') || (c.day = take_digits(&text, 2)) < 1 || !civil_is_date(c.year, c.month, c.day))
        return false;
    if (!take(&text, 'T') && !take(&text, ' '))
        return false;
    if ((c.hour = take_digits(&text, 2)) < 0 || !take(&text, ':') || (c.minute = take_digits(&text, 2)) < 0)
        return false;
    if (take(&text, ':') && (c.second = take_digits(&text, 2)) < 0)
        return false;
    if (c.hour > 23 || c.minute > 59 || c.second > 59 || !read_offset(text, &has_offset, &offset_min))
        return false;
    *at_ms_out = zone_instant(has_offset ? "UTC" : zone, c) - (int64_t)offset_min * 60000;
    return true;
}
