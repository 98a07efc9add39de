#include "rest.h"

#include <malloc.h>

#include "disk.h"
#include "world.h"

/* What is written once a day (whose profile says what) fills the log's pages before it begins anew. */
enum { MEMORY_SLACK_BYTES = 16384, FILE_SLACK_BYTES = 65536, WAKES_SLACK = 20 };

static const int64_t day_ms = 24 * 3600 * 1000;

struct look {
    int64_t memory, file, wakes;
};

static struct look first;

static void look(void *data, int64_t day)
{
    static uint64_t n_wakes_before;
    struct look now = { .memory = (int64_t)mallinfo2().uordblks,
                        .file = disk_bytes(),
                        .wakes = (int64_t)(world.n_wakes - n_wakes_before) };
    (void)data;
    n_wakes_before = world.n_wakes;
    world_trace("rest, day %lld: %lld bytes of memory, %lld of disk, %lld wake-ups", (long long)day,
                (long long)now.memory, (long long)now.file, (long long)now.wakes);
    if (day == 1)
        first = now;
    if (day > 1 && now.memory > first.memory + MEMORY_SLACK_BYTES)
        world_fail("at rest the memory grew from %lld to %lld bytes", (long long)first.memory,
                   (long long)now.memory);
    if (day > 1 && now.file > first.file + FILE_SLACK_BYTES)
        world_fail("at rest the file grew from %lld to %lld bytes", (long long)first.file,
                   (long long)now.file);
    if (day > 1 && now.wakes > first.wakes + WAKES_SLACK)
        world_fail("at rest the bot woke %lld times a day, and then %lld times", (long long)first.wakes,
                   (long long)now.wakes);
    if (world.now_ms + day_ms < world.end_ms)
        world_at(world.now_ms + day_ms, look, NULL, day + 1);
}

static void set_clock(void *data, int64_t ahead_ms)
{
    (void)data;
    world_trace("rest: the clock is %lld ms ahead", (long long)ahead_ms);
    world.wall_ahead_ms = ahead_ms;
    world.is_kernel_synced = ahead_ms == 0;
    world.is_clock_set = true;
}

void rest_begin(void)
{
    /* By then the last date has come, and the log of the store has been put in order. */
    int64_t from_ms = world.people_end_ms + 4 * day_ms;
    if (from_ms + day_ms < world.end_ms)
        world_at(from_ms, look, NULL, 0);
    /* A day ahead for a day, and back; later a day behind. */
    for (int i = 0; i < 2 && from_ms + (5 + 4 * i) * day_ms < world.end_ms; i++) {
        world_at(from_ms + (2 + 4 * i) * day_ms + day_ms / 2, set_clock, NULL, i ? -day_ms : day_ms);
        world_at(from_ms + (3 + 4 * i) * day_ms + day_ms / 2, set_clock, NULL, 0);
    }
}
