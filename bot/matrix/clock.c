#include "matrix/clock.h"

#include "base/log.h"
#include "base/plant.h"

static bool is_near(int64_t a_ms, int64_t b_ms)
{
    return a_ms - b_ms <= CLOCK_STEP_MS && b_ms - a_ms <= CLOCK_STEP_MS;
}

static void take_baseline(struct clock *clock)
{
    clock->baseline_ms = clock->wall_ms - clock->boot_ms;
    clock->has_baseline = true;
    clock->has_stepped = false;
}

/* One line when it begins and one when it ends. */
static bool report(const struct clock *clock, bool was_good)
{
    bool is_good = clock_may_close(clock);
    if (was_good == is_good)
        return false;
    if (is_good)
        log_warn("the clock agrees again: what waited goes on");
    else if (clock->has_stepped)
        log_error("the clock stepped by %lld s: nothing closes and nobody is pinged until it agrees again",
                  (long long)((clock->wall_ms - clock->boot_ms - clock->baseline_ms) / 1000));
    else
        log_error(
            "the clock is not synchronised and differs from the homeserver's: nothing closes and nobody "
            "is pinged until they agree");
    return true;
}

bool clock_tick(struct clock *clock, int64_t wall_ms, int64_t boot_ms, bool is_kernel_synced)
{
    bool was_good = clock_may_close(clock);
    clock->wall_ms = wall_ms;
    clock->boot_ms = boot_ms;
    clock->is_kernel_synced = is_kernel_synced;
    if (!clock->has_baseline || (!clock->has_date && is_kernel_synced))
        take_baseline(clock);
    clock->has_stepped = !is_near(wall_ms - boot_ms, clock->baseline_ms);
    if (is_kernel_synced && !clock->has_stepped)
        clock->is_wrong = false;
    return report(clock, was_good);
}

/* Our clock did not move, and the server's Date is elsewhere: one of the two is wrong. */
static void blame(struct clock *clock, int64_t ahead_ms)
{
    if (!clock->is_kernel_synced) {
        int64_t baseline_ms = clock->wall_ms + ahead_ms - clock->boot_ms;
        /* An answer that was long on its way, as a poll's is, names an older date: the time does not go back for that. */
        if (!clock->is_wrong || baseline_ms > clock->date_baseline_ms ||
            !is_near(baseline_ms, clock->date_baseline_ms))
            clock->date_baseline_ms = baseline_ms;
        clock->is_wrong = true;
        return;
    }
    if (!is_near(ahead_ms, clock->server_ms))
        log_warn("the homeserver's clock differs from ours by %lld s; ours is synchronised and holds",
                 (long long)(ahead_ms / 1000));
    clock->server_ms = ahead_ms;
}

bool clock_hear(struct clock *clock, int64_t date_ms)
{
    bool was_good = clock_may_close(clock);
    int64_t ahead_ms = date_ms - clock->wall_ms;
    clock->has_date = true;
    if (is_near(ahead_ms, 0)) {
        clock->server_ms = 0;
        clock->is_wrong = false;
        take_baseline(clock);
    } else if (clock->server_ms && is_near(ahead_ms, clock->server_ms)) {
        take_baseline(clock);
    } else if (!clock->has_stepped) {
        blame(clock, ahead_ms);
    }
    return report(clock, was_good);
}

int64_t clock_now_ms(const struct clock *clock)
{
    if (clock_may_close(clock))
        return clock->wall_ms;
    return clock->boot_ms + (clock->is_wrong ? clock->date_baseline_ms : clock->baseline_ms);
}

bool clock_may_close(const struct clock *clock)
{
    return PLANTED(CLOCK_BELIEVED) || (!clock->has_stepped && !clock->is_wrong);
}

bool clock_may_ping(const struct clock *clock)
{
    return clock_may_close(clock);
}

int64_t clock_server_ahead_ms(const struct clock *clock)
{
    return clock->server_ms;
}
