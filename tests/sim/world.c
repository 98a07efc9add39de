#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "disk.h"
#include "net.h"

/* Ten times what the busiest turns were seen to need. */
enum { RESTART_MS = 5000, CALLS_AWAKE_MAX = 2000 };

struct world world;

/* Things to come: a heap by time, and by the order of asking where that is the same. */

struct coming {
    int64_t at_ms;
    uint64_t order;
    world_fn *happens;
    void *data;
    int64_t number;
};

static struct coming *heap;
static size_t n_coming, coming_cap;
static uint64_t n_asked;

static bool is_before(const struct coming *a, const struct coming *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void world_at(int64_t at_ms, world_fn *happens, void *data, int64_t number)
{
    if (n_coming == coming_cap) {
        coming_cap = coming_cap ? 2 * coming_cap : 1024;
        heap = xreallocarray(heap, coming_cap, sizeof *heap);
    }
    struct coming coming = { .at_ms = at_ms < world.now_ms ? world.now_ms : at_ms,
                             .order = n_asked++,
                             .happens = happens,
                             .data = data,
                             .number = number };
    size_t i = n_coming++;
    for (; i && is_before(&coming, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = coming;
}

static struct coming take_first(void)
{
    struct coming first = heap[0], last = heap[--n_coming];
    size_t i = 0;
    for (size_t child = 1; child < n_coming; child = 2 * i + 1) {
        if (child + 1 < n_coming && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

bool world_step(int64_t until_ms)
{
    if (!n_coming || heap[0].at_ms > until_ms) {
        if (until_ms > world.now_ms && until_ms < INT64_MAX)
            world.now_ms = until_ms;
        return false;
    }
    struct coming next = take_first();
    world.now_ms = next.at_ms;
    next.happens(next.data, next.number);
    return true;
}

/* Lives */

static sigjmp_buf deathbed;

_Noreturn void world_die(void)
{
    world_trace("the bot dies%s", world.death == DEATH_POWER_CUT ? ", with its machine" : "");
    siglongjmp(deathbed, 1);
}

void world_call(void)
{
    world.n_calls++;
    if (++world.n_calls_awake > CALLS_AWAKE_MAX)
        world_fail("the bot does not come to rest");
    if (world.is_alive && world.death != DEATH_NONE && --world.dies_in <= 0)
        world_die();
}

/* What only the kernel knows, to the bot. */
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    unsigned char *bytes = out;
    (void)flags;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)chance_next(&world.chance);
    return (ssize_t)len;
}

time_t __wrap_time(time_t *out);
time_t __wrap_time(time_t *out)
{
    time_t now = (world.now_ms + world.wall_ahead_ms) / 1000;
    if (out)
        *out = now;
    return now;
}

/* The bot ends where there is no memory: that is a death as any other, if the world asked for it. */
_Noreturn void __wrap_abort(void);
_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void)
{
    if (world.is_alive && world.allocation_fails_in == 0)
        world_die();
    __real_abort();
}

/* What could not be read ends the program (bot/store/store.c). */
_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status)
{
    if (world.is_alive)
        world_die();
    __real_exit(status);
}

static void bury(void)
{
    net_forget_life();
    world.is_alive = false;
    world.store = NULL;
    world.engine = NULL;
    world.http = NULL;
    world.is_signalled = false;
    if (world.death == DEATH_POWER_CUT) {
        disk_cut_power();
        world.booted_ms = world.now_ms;
        world.asleep_ms = 0;
    }
    if (world.death == DEATH_RESTORE)
        disk_put_back();
    if (world.wants_copy) {
        disk_keep_copy();
        world.has_copy = true;
        world.wants_copy = false;
    }
    world.death = DEATH_NONE;
    world.allocation_fails_in = -1;
    world.is_asking = false;
    world.next_life_ms = world.now_ms + (world.away_ms ? world.away_ms : RESTART_MS);
    world.away_ms = 0;
}

static void live(void)
{
    world.n_lives++;
    world.is_alive = true;
    if (world.dies_again_in) {
        world.death = DEATH_KILL;
        world.dies_in = world.dies_again_in;
        world.dies_again_in = 0;
    }
    world.is_signalled = world.is_clock_set = false;
    world.born_ms = world.now_ms;
    world_trace("life %d begins", world.n_lives);
    if (sigsetjmp(deathbed, 0) == 0) {
        bot_live();
        world_trace("life %d ends in peace", world.n_lives);
    }
    bury();
}

void world_run(void)
{
    while (!world.is_ending || world.is_alive) {
        if (world.now_ms >= world.next_life_ms)
            live();
        else
            world_step(world.next_life_ms);
    }
}

/* Telling */

static void print_time(FILE *out)
{
    time_t now = world.now_ms / 1000;
    struct tm tm;
    char stamp[32] = "";
    if (gmtime_r(&now, &tm))
        strftime(stamp, sizeof stamp, "%a %d %H:%M:%S", &tm);
    fprintf(out, "%s.%03d ", stamp, (int)(world.now_ms % 1000));
}

void world_trace(const char *format, ...)
{
    if (!world.is_traced)
        return;
    va_list args;
    va_start(args, format);
    print_time(stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

_Noreturn void world_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("VIOLATION seed %llu ", (unsigned long long)world.seed);
    print_time(stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    if (world.export_path)
        disk_export(world.export_path);
    fflush(NULL);
    _exit(EXIT_VIOLATION);
}
