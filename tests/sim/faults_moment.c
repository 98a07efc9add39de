/* Moments that chance alone seldom brings about: an answer is lost just when much hangs on it. */
#include "faults.h"

#include "faults_private.h"
#include "habit.h"
#include "homeserver.h"
#include "net.h"
#include "people.h"
#include "world.h"

static const int64_t second_ms = 1000, minute_ms = 60 * 1000, hour_ms = 3600 * 1000;

/* Silence is broken just before it would count, where the bot hears badly: it must ask anew, and get a new answer. */

static void listen(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    net_weather.is_mute = false;
}

static void mute(void *data, int64_t date_ms)
{
    struct chance chance = chance_of(world.seed, (uint64_t)date_ms);
    (void)data;
    if (chance_percent(&chance, 50)) {
        net_weather.slow_sync_ms = 50 * second_ms;
    } else {
        net_break();
        faults_cut(2 * second_ms, 5 * second_ms, &chance);
        net_weather.is_mute = true;
        world_at(date_ms + chance_in(&chance, -2, 20) * second_ms, listen, NULL, 0);
    }
    faults_weather(date_ms + 40 * second_ms - world.now_ms, date_ms + 60 * second_ms - world.now_ms, &chance);
}

void faults_break_silence(struct chance *chance)
{
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++) {
        int64_t date_ms = (*habit)->break_silence ? (*habit)->break_silence(chance) : 0;
        if (date_ms && date_ms + 2 * minute_ms < world.faults_end_ms)
            world_at(date_ms - 35 * second_ms, mute, NULL, date_ms);
    }
}

static void chat(void *data, int64_t room)
{
    (void)data;
    people_say((int)room, homeserver_said(homeserver_room((int)room)->positions[0])->sender, "and so on");
}

void faults_hide(int room)
{
    struct chance chance = chance_of(world.seed, (uint64_t)homeserver_newest());
    world.hides_next_event = false;
    if (world.now_ms + hour_ms > world.faults_end_ms)
        return;
    world_trace("fault: an event is hidden");
    net_break();
    for (int i = 1; i <= 3; i++)
        world_at(world.now_ms + i * second_ms, chat, NULL, room);
    if (chance_percent(&chance, 50)) {
        faults_cut(10 * second_ms, 60 * second_ms, &chance);
        if (chance_percent(&chance, 30))
            faults_end_session(&chance);
    } else {
        homeserver_restart();
        faults_cut(11 * minute_ms, 30 * minute_ms, &chance);
    }
    faults_tighten(&chance);
}

void faults_hide_event(struct chance *chance)
{
    (void)chance;
    world.hides_next_event = true;
}
