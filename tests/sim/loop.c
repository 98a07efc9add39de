/* bot/loop.h in virtual time: the bot sleeps, and the world goes on. */
#include "loop.h"

#include <stdlib.h>

#include "base/xmalloc.h"
#include "check.h"
#include "net.h"
#include "world.h"

/* A bot that wakes so often without any time passing would keep a processor busy for ever. */
enum { WAKES_AT_ONCE_MAX = 200 };

struct loop {
    int64_t last_ms;
    int n_wakes_at_once;
};

struct loop *loop_create(struct err *err)
{
    (void)err;
    return xcalloc(1, sizeof(struct loop));
}

void loop_destroy(struct loop *loop)
{
    free(loop);
}

struct loop_time loop_clock(void)
{
    world_call();
    return (struct loop_time){ .wall_ms = world.now_ms + world.wall_ahead_ms,
                               .boot_ms = world.now_ms - world.booted_ms,
                               .asleep_ms = world.asleep_ms,
                               .is_synced = world.is_kernel_synced };
}

static void count_wake(struct loop *loop, int64_t until_ms)
{
    world.n_wakes++;
    loop->n_wakes_at_once = loop->last_ms == world.now_ms ? loop->n_wakes_at_once + 1 : 0;
    loop->last_ms = world.now_ms;
    if (loop->n_wakes_at_once > WAKES_AT_ONCE_MAX)
        world_fail("the bot woke %d times without any time passing; it asked for %lld ms from now",
                   WAKES_AT_ONCE_MAX, (long long)(until_ms - world.wall_ahead_ms - world.now_ms));
}

static bool is_woken(void)
{
    return net_is_ready() || world.is_signalled || world.is_clock_set;
}

struct loop_woken loop_wait(struct loop *loop, struct http *http, const struct loop_guest *guest,
                            int64_t until_ms)
{
    (void)http;
    (void)guest;
    world.n_calls_awake = 0;
    count_wake(loop, until_ms);
    world.is_asking = true;
    check_turn_ended();
    world_call();
    while (!is_woken() || world.now_ms < world.awake_from_ms) {
        int64_t true_ms = until_ms == INT64_MAX ? INT64_MAX : until_ms - world.wall_ahead_ms;
        if (true_ms < world.awake_from_ms)
            true_ms = world.awake_from_ms;
        if (!world_step(true_ms))
            break;
    }
    if (until_ms == INT64_MAX && !is_woken())
        world_fail("the bot sleeps for ever");
    struct loop_woken woken = { .is_signalled = world.is_signalled, .is_clock_set = world.is_clock_set };
    world.is_signalled = world.is_clock_set = false;
    world_call();
    world.is_asking = false;
    return woken;
}
