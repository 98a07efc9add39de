#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "habit.h"
#include "people.h"
#include "world.h"

/* Monday 23 November 2026, midnight UTC. */
static const int64_t monday_ms = INT64_C(1795392000000);
static const int64_t hour_ms = 3600 * 1000, day_ms = 24 * hour_ms;

struct step plan_steps[PLAN_STEPS_MAX];
size_t plan_n;

static struct step *add(int64_t at_ms, struct chance *chance)
{
    if (plan_n == PLAN_STEPS_MAX)
        abort();
    struct step *step = &plan_steps[plan_n++];
    *step = (struct step){ .at_ms = at_ms, .salt = chance_next(chance) };
    return step;
}

static const struct sim_deed *draw_deed(struct chance *chance)
{
    int64_t all = 0, drawn;
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        for (const struct sim_deed *deed = (*habit)->deeds; deed->name; deed++)
            all += deed->weight;
    drawn = chance_in(chance, 1, all);
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        for (const struct sim_deed *deed = (*habit)->deeds; deed->name; deed++)
            if ((drawn -= deed->weight) <= 0)
                return deed;
    abort();
}

static const struct sim_fault *draw_fault(struct chance *chance)
{
    int64_t all = 0, drawn;
    for (const struct sim_fault *fault = sim_faults; fault->name; fault++)
        all += fault->weight;
    drawn = chance_in(chance, 1, all);
    for (const struct sim_fault *fault = sim_faults; fault->name; fault++)
        if ((drawn -= fault->weight) <= 0)
            return fault;
    abort();
}

/* Dates are at whole hours: much happens around them. */
static int64_t near_the_hour(int64_t at_ms, struct chance *chance)
{
    int64_t hour = (at_ms + hour_ms / 2) / hour_ms * hour_ms;
    return hour + chance_in(chance, -90000, 45000);
}

static void plan_day(int person, int64_t midnight_ms, struct chance *chance)
{
    int64_t opens_ms = midnight_ms + 9 * hour_ms - people_zone_ms(person);
    int64_t n = chance_in(chance, 2, 12);
    for (int64_t i = 0; i < n; i++) {
        int64_t at_ms = opens_ms + chance_in(chance, 0, 8 * hour_ms);
        if (chance_percent(chance, 25))
            at_ms = near_the_hour(at_ms, chance);
        struct step *step = add(at_ms, chance);
        step->person = person;
        step->deed = draw_deed(chance);
    }
}

static const struct sim_fault *find_fault(const char *name)
{
    const struct sim_fault *fault = sim_faults;
    while (strcmp(fault->name, name) != 0)
        fault++;
    return fault;
}

static void plan_faults(struct chance *chance)
{
    /* A fifth of the worlds are calm: in those, nothing excuses anything. */
    int64_t n = chance_percent(chance, 20) ? 0 : chance_in(chance, 1, 30);
    int64_t first_ms = world.start_ms + hour_ms;
    for (int64_t i = 0; i < n; i++) {
        int64_t at_ms = chance_in(chance, first_ms, world.faults_end_ms - hour_ms);
        if (chance_percent(chance, 50))
            at_ms = near_the_hour(at_ms, chance);
        struct step *step = add(at_ms, chance);
        step->fault = draw_fault(chance);
    }
    /* In one world of eight an old copy of the store is put back: at least once, on a day on which people speak. */
    if (world.may_restore)
        add(chance_in(chance, first_ms, world.people_end_ms - 24 * hour_ms), chance)->fault =
            find_fault("restored store");
}

static int by_time(const void *a, const void *b)
{
    const struct step *one = a, *other = b;
    if (one->at_ms != other->at_ms)
        return one->at_ms < other->at_ms ? -1 : 1;
    return one->salt < other->salt ? -1 : one->salt > other->salt;
}

void plan_make(uint64_t seed, int days)
{
    struct chance chance = chance_of(seed, 0x706C616E);
    world.seed = seed;
    world.may_restore = seed % 8 == 0;
    world.start_ms = world.now_ms = monday_ms;
    /* Nothing comes due at such a moment. */
    world.end_ms = monday_ms + days * day_ms + 33333;
    world.faults_end_ms = world.end_ms - 36 * hour_ms;
    world.people_end_ms = world.end_ms - 48 * hour_ms;
    plan_n = 0;
    for (int person = 0; person < PEOPLE_N; person++)
        for (int day = 0; day < days - 2; day++)
            if (day % 7 < 5)
                plan_day(person, monday_ms + day * day_ms, &chance);
    plan_faults(&chance);
    qsort(plan_steps, plan_n, sizeof *plan_steps, by_time);
}

static void take_step(void *data, int64_t index)
{
    const struct step *step = &plan_steps[index];
    struct chance chance = { .state = step->salt };
    (void)data;
    if (step->fault) {
        world_trace("fault %zu: %s", (size_t)index, step->fault->name);
        step->fault->run(&chance);
    } else if (world.now_ms < world.people_end_ms) {
        step->deed->run(people_nth(step->person), &chance);
    }
}

void plan_begin(void)
{
    for (size_t i = 0; i < plan_n; i++)
        if (!plan_steps[i].is_left_out)
            world_at(plan_steps[i].at_ms, take_step, NULL, (int64_t)i);
}

void plan_print(const struct step *step)
{
    int64_t minute = (step->at_ms - monday_ms) / 60000;
    printf("  day %lld %02lld:%02lld %s %s\n", (long long)(minute / 1440), (long long)(minute / 60 % 24),
           (long long)(minute % 60), step->fault ? "fault" : people_nth(step->person),
           step->fault ? step->fault->name : step->deed->name);
}
