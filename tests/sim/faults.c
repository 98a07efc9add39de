#include "faults.h"

#include <stddef.h>
#include <string.h>

#include "disk.h"
#include "faults_private.h"
#include "homeserver.h"
#include "net.h"
#include "people.h"
#include "plan.h"
#include "world.h"

static const int64_t second_ms = 1000, minute_ms = 60 * 1000, hour_ms = 3600 * 1000;

static int n_lasting; /* faults that go on */
static int n_weather, n_cuts; /* of those, what is the matter with the net */
static int64_t well_since_ms;

static void note_end(void)
{
    if (n_lasting == 0)
        well_since_ms = world.now_ms;
}

static void begin_lasting(world_fn *ends, int64_t least_ms, int64_t most_ms, struct chance *chance)
{
    int64_t until_ms = world.now_ms + chance_in(chance, least_ms, most_ms);
    n_lasting++;
    world_at(until_ms < world.faults_end_ms ? until_ms : world.faults_end_ms, ends, NULL, 0);
}

static void end_lasting(const char *name)
{
    n_lasting--;
    note_end();
    world_trace("fault over: %s", name);
}

/* The bot */

static void die(enum death death, int64_t calls, int64_t away_ms)
{
    if (!world.is_alive || world.death != DEATH_NONE)
        return;
    world.death = death;
    world.dies_in = calls;
    world.away_ms = away_ms;
    note_end();
}

static void kill_it(struct chance *chance)
{
    die(DEATH_KILL, chance_in(chance, 1, 60), chance_in(chance, 1, 20) * second_ms);
}

/* In the midst of work, rather than of waiting: twice in a row, the second time while it is still getting up. */
static void kill_twice(struct chance *chance)
{
    die(DEATH_KILL, chance_in(chance, 1, 2000), 0);
    world.dies_again_in = chance_in(chance, 1, 300);
}

static void cut_power(struct chance *chance)
{
    die(DEATH_POWER_CUT, chance_in(chance, 1, 300), chance_in(chance, 20, 600) * second_ms);
}

static void stop_it(struct chance *chance)
{
    world.is_signalled = world.is_alive;
    world.away_ms = chance_in(chance, 1, 900) * second_ms;
    note_end();
}

static void keep_it_away(struct chance *chance)
{
    die(DEATH_KILL, 1, chance_in(chance, 1, 14) * hour_ms);
}

static void fail_allocation(struct chance *chance)
{
    world.allocation_fails_in = chance_in(chance, 1, 4000);
    note_end();
}

/* Its store */

static void put_back(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    if (world.now_ms >= world.faults_end_ms || !world.has_copy || world.death != DEATH_NONE)
        return;
    world.was_restored = true;
    die(DEATH_RESTORE, 1, 30 * second_ms);
}

/* Somebody stops the bot, copies its file, and starts it again; and puts the copy back when the disk has died. */
static void restore(struct chance *chance)
{
    if (!world.may_restore || !world.is_alive || world.wants_copy)
        return;
    world.wants_copy = world.is_signalled = true;
    world_at(world.now_ms + chance_in(chance, 5, 300) * minute_ms, put_back, NULL, 0);
    note_end();
}

static void have_room(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    disk_set_full(false);
    end_lasting("disk full");
}

static void fill_disk(struct chance *chance)
{
    disk_set_full(true);
    begin_lasting(have_room, minute_ms, 90 * minute_ms, chance);
}

static void fail_writes(struct chance *chance)
{
    disk_fail_next(chance_in(chance, 1, 6));
    note_end();
}

/* Its clock */

static void mend_clock(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    world.wall_ahead_ms = 0;
    world.is_kernel_synced = true;
    world.is_clock_set = true;
    end_lasting("clock");
}

static void step_clock(struct chance *chance)
{
    if (!world.is_kernel_synced)
        return;
    int64_t by_ms = chance_in(chance, 2, 360) * minute_ms;
    world.wall_ahead_ms = chance_percent(chance, 60) ? by_ms : -by_ms;
    world.is_kernel_synced = false;
    world.is_clock_set = true;
    world.had_wrong_clock = true;
    begin_lasting(mend_clock, 5 * minute_ms, 4 * hour_ms, chance);
}

static void wake_up(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    end_lasting("sleep");
}

static void sleep_machine(struct chance *chance)
{
    int64_t ms = chance_in(chance, 10, 480) * minute_ms;
    if (world.now_ms < world.awake_from_ms || world.now_ms + ms > world.faults_end_ms)
        return;
    world.awake_from_ms = world.now_ms + ms;
    world.asleep_ms += ms;
    n_lasting++;
    world_at(world.awake_from_ms, wake_up, NULL, 0);
}

/* The net */

static void calm_down(void *data, int64_t unused)
{
    bool is_down = net_weather.is_down;
    (void)data;
    (void)unused;
    if (--n_weather == 0)
        net_weather = (struct net_weather){ .is_down = is_down };
    end_lasting("weather");
}

void faults_weather(int64_t least_ms, int64_t most_ms, struct chance *chance)
{
    n_weather++;
    begin_lasting(calm_down, least_ms, most_ms, chance);
}

static void join_net(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    net_weather.is_down = --n_cuts > 0;
    end_lasting("net down");
}

void faults_cut(int64_t least_ms, int64_t most_ms, struct chance *chance)
{
    n_cuts++;
    net_weather.is_down = true;
    begin_lasting(join_net, least_ms, most_ms, chance);
}

static void cut_net(struct chance *chance)
{
    faults_cut(5 * second_ms, chance_percent(chance, 30) ? 10 * hour_ms : 10 * minute_ms, chance);
}

static void lose_some(struct chance *chance)
{
    net_weather.lost_percent = (int)chance_in(chance, 10, 70);
    net_weather.slow_sync_ms = chance_percent(chance, 50) ? chance_in(chance, 1, 50) * second_ms : 0;
    faults_weather(minute_ms, 60 * minute_ms, chance);
}

static void be_busy(struct chance *chance)
{
    net_weather.busy_percent = (int)chance_in(chance, 10, 60);
    net_weather.slow_sync_ms = chance_percent(chance, 50) ? chance_in(chance, 1, 50) * second_ms : 0;
    faults_weather(minute_ms, 60 * minute_ms, chance);
}

static void be_slow(struct chance *chance)
{
    net_weather.slow_ms = chance_in(chance, 1, 40) * second_ms;
    faults_weather(minute_ms, 30 * minute_ms, chance);
}

static void send_twice(struct chance *chance)
{
    net_weather.twice_percent = (int)chance_in(chance, 10, 60);
    faults_weather(minute_ms, 60 * minute_ms, chance);
}

/* The homeserver */

static void restart_server(struct chance *chance)
{
    homeserver_restart();
    faults_cut(10 * second_ms, 3 * minute_ms, chance);
}

static void loosen(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    homeserver_set_tight(0);
    end_lasting("tight timelines");
}

void faults_tighten(struct chance *chance)
{
    homeserver_set_tight((int)chance_in(chance, 1, 3));
    begin_lasting(loosen, 10 * minute_ms, 9 * hour_ms, chance);
}

void faults_end_session(struct chance *chance)
{
    (void)chance;
    homeserver_end_session();
    note_end();
}

/* An answer is lost, and what is known of it is forgotten: what only a look can find, where its echo lies in
 * a hole. */
static void restart_on_loss(struct chance *chance)
{
    net_weather.lost_percent = 100;
    homeserver_restart();
    faults_weather(20 * second_ms, 40 * minute_ms, chance);
    if (chance_percent(chance, 60))
        faults_tighten(chance);
}

static void roll_back(struct chance *chance)
{
    homeserver_roll_back(chance_in(chance, 1, 180) * minute_ms);
    faults_cut(10 * second_ms, 10 * minute_ms, chance);
}

static void limit_over(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    end_lasting("429");
}

static void limit_all(struct chance *chance)
{
    int64_t ms = chance_in(chance, 5, chance_percent(chance, 50) ? 300 : 3600) * second_ms;
    if (world.now_ms + ms > world.faults_end_ms)
        return;
    homeserver_refuse_all(world.now_ms + ms);
    n_lasting++;
    world_at(world.now_ms + ms, limit_over, NULL, 0);
}

static void ask_back(void *data, int64_t room)
{
    (void)data;
    homeserver_invite_bot((int)room);
    people_choose_zone((int)room);
    end_lasting("removed from a room");
}

static void remove_it(struct chance *chance)
{
    int room = (int)chance_in(chance, 0, PEOPLE_ROOMS - 1);
    int64_t back_ms = world.now_ms + chance_in(chance, 1, 200) * minute_ms;
    if (strcmp(homeserver_room(room)->bot_membership, "join") != 0 || back_ms > world.faults_end_ms)
        return;
    homeserver_remove_bot(room);
    n_lasting++;
    world_at(back_ms, ask_back, NULL, room);
}

static void lose_event(struct chance *chance)
{
    (void)chance;
    world.loses_next_event = true;
}

const struct sim_fault sim_faults[] = {
    { "kill", 10, kill_it },
    { "kill twice", 8, kill_twice },
    { "power cut", 8, cut_power },
    { "restart", 4, stop_it },
    { "away for hours", 2, keep_it_away },
    { "failed allocation", 4, fail_allocation },
    { "restored store", 2, restore },
    { "disk full", 3, fill_disk },
    { "failing writes", 3, fail_writes },
    { "clock step", 3, step_clock },
    { "sleep", 2, sleep_machine },
    { "net down", 6, cut_net },
    { "lossy net", 8, lose_some },
    { "busy server", 4, be_busy },
    { "slow net", 3, be_slow },
    { "doubled requests", 3, send_twice },
    { "server restart", 4, restart_server },
    { "server forgets", 4, restart_on_loss },
    { "server rolled back", 2, roll_back },
    { "session over", 4, faults_end_session },
    { "tight timelines", 6, faults_tighten },
    { "silence broken", 8, faults_break_silence },
    { "hidden event", 8, faults_hide_event },
    { "429", 8, limit_all },
    { "lost event", 4, lose_event },
    { "removed from a room", 2, remove_it },
    { NULL, 0, NULL },
};

static void all_over(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    net_weather = (struct net_weather){ 0 };
    homeserver_set_tight(0);
    homeserver_refuse_all(0);
    disk_set_full(false);
    disk_fail_next(0);
    world.allocation_fails_in = -1;
    world.loses_next_event = world.hides_next_event = false;
    world_trace("nothing goes wrong any more");
}

void faults_begin(void)
{
    well_since_ms = world.start_ms;
    world_at(world.faults_end_ms, all_over, NULL, 0);
}

bool faults_are_planned(void)
{
    for (size_t i = 0; i < plan_n; i++)
        if (plan_steps[i].fault && !plan_steps[i].is_left_out)
            return true;
    return false;
}

int64_t faults_well_since_ms(void)
{
    return n_lasting ? INT64_MAX : well_since_ms;
}
