/* A line of a console: read, or refused with what to type. */
#include <string.h>

#include "console/line.h"
#include "fuzz.h"

void target_line(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    struct line line = line_read(arena, len ? (const char *)bytes : "", len);
    FUZZ_REQUIRE(line.kind <= LINE_WRONG && line.place <= PLACE_DM);
    FUZZ_REQUIRE(line.wait_ms >= 0 && line.wait_ms <= LINE_WAIT_MAX_MS);
    FUZZ_REQUIRE(line.room.n_people <= LINE_PEOPLE_MAX);
    FUZZ_REQUIRE(line.kind != LINE_WRONG || (line.text && *line.text && strlen(line.text) <= 400));
    if (line.who)
        FUZZ_REQUIRE(*line.who == '@' && strchr(line.who, ':') && strlen(line.who) <= LINE_ID_MAX_LEN);
    for (size_t i = 0; line.kind == LINE_ROOM && i < line.room.n_people; i++)
        FUZZ_REQUIRE(*line.room.people[i] == '@' && strlen(line.room.people[i]) <= LINE_ID_MAX_LEN);
    arena_destroy(arena);
}
