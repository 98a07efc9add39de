/* Calendars of days off: whatever the bytes, what comes out is in order, within the window, and can be shown and kept. */
#include <string.h>

#include "engine/ics_read.h"
#include "fuzz.h"

enum { WINDOW_DAYS = 5 * 366 };

static void check_days(struct arena *arena, const struct ics_days *days, struct hours_off window)
{
    struct hours_off spans[ICS_DAYS_MAX];
    struct hours hours;
    FUZZ_REQUIRE(days->n <= ICS_DAYS_MAX && days->n_left_out <= ICS_LEFT_OUT_MAX);
    for (size_t i = 0; i < days->n; i++) {
        spans[i] = days->days[i].span;
        FUZZ_REQUIRE(spans[i].from_day <= spans[i].to_day);
        FUZZ_REQUIRE(spans[i].to_day - spans[i].from_day < DAYS_OFF_LONGEST);
        FUZZ_REQUIRE(spans[i].to_day >= window.from_day && spans[i].from_day <= window.to_day);
        FUZZ_REQUIRE(!i || spans[i - 1].from_day <= spans[i].from_day);
        FUZZ_REQUIRE(!strchr(days->days[i].name, '\n'));
        fuzz_check_shown(days->days[i].name);
    }
    FUZZ_REQUIRE(hours_parse(hours_with_off(arena, "mon-fri 09:00-17:00", "FR", spans, days->n), &hours));
    for (size_t i = 0; i < days->n; i++)
        FUZZ_REQUIRE(hours_on(&hours, spans[i].from_day)->n == 0 &&
                     hours_on(&hours, spans[i].to_day)->n == 0);
    for (size_t i = 0; i < days->n_left_out; i++) {
        fuzz_check_shown(days->left_out[i].name);
        FUZZ_REQUIRE(*ics_why_text(days->left_out[i].why));
    }
}

void target_calendar(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    int64_t today = 20783 + fuzz_take_byte(&bytes, &len);
    struct hours_off window = { today, today + WINDOW_DAYS };
    struct ics_days days = ics_read(arena, (const char *)bytes, len, "Europe/Paris", window);
    check_days(arena, &days, window);
    arena_destroy(arena);
}
