/* Working hours: a text that reads has intervals in order, and working time adds up. */
#include <string.h>

#include "fuzz.h"
#include "time/hours.h"

enum { HOUR_MS = 3600 * 1000 };

static void check_days(const struct hours *hours)
{
    for (int day = 0; day < 7; day++) {
        FUZZ_REQUIRE(hours->days[day].n >= 0 && hours->days[day].n <= HOURS_INTERVALS_MAX);
        for (int i = 0, last = 0; i < hours->days[day].n; i++) {
            int from = hours->days[day].from_minute[i], to = hours->days[day].to_minute[i];
            FUZZ_REQUIRE(from >= last && to > from && to <= 24 * 60);
            last = to;
        }
    }
}

void target_hours(const uint8_t *bytes, size_t len)
{
    static const char *const zones[] = { "UTC", "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe" };
    struct arena *arena = arena_create();
    const char *zone = zones[fuzz_take_byte(&bytes, &len) % 4];
    int64_t from_ms = INT64_C(1795510800000) + fuzz_take_byte(&bytes, &len) * (int64_t)(37 * HOUR_MS);
    int64_t work_ms = fuzz_take_byte(&bytes, &len) * (int64_t)(HOUR_MS / 4);
    const char *text = fuzz_text(arena, bytes, len);
    struct hours hours;
    bool is_read = hours_parse(text, &hours);
    check_days(&hours);
    int64_t end_ms = hours_add(text, zone, from_ms, work_ms);
    FUZZ_REQUIRE(end_ms >= from_ms);
    int64_t between_ms = hours_between(text, zone, from_ms, end_ms);
    FUZZ_REQUIRE(between_ms == work_ms || end_ms == from_ms || !is_read);
    FUZZ_REQUIRE(hours_last_day_start(text, zone, end_ms) <= end_ms);
    FUZZ_REQUIRE(hours_day_of(zone, hours_close_of_day(text, zone, from_ms)) >= hours_day_of(zone, from_ms));
    arena_destroy(arena);
}
