/* year - years of a team, each with a seed: year [--play work|rounds] [--seeds FROM-TO] [--plant NAME] [--trace].
 * See year.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/plant.h"
#include "commands/table.h"
#include "year.h"

enum plant planted;
struct year year;
const char *const room_zones[ROOMS] = { "Europe/Zurich", "America/Montreal" };

void year_fail(const char *format, ...)
{
    va_list args;
    if (year.violation[0])
        return;
    va_start(args, format);
    vsnprintf(year.violation, sizeof year.violation, format, args);
    va_end(args);
}

static bool is_traced;

void year_trace(const char *who, const char *what)
{
    if (is_traced)
        printf("%s UTC %s: %s\n", moment_text(moment_in("UTC", year.now_ms)), who, what);
}

/* --- A seed's world --- */

static void make_rooms(void)
{
    static const char *const ids[ROOMS] = { "!zurich:x", "!montreal:x" };
    for (int i = 0; i < ROOMS; i++) {
        year.rooms[i] = room_ensure(year.store, ids[i]);
        room_set(year.store, year.rooms[i], "membership", "join");
        room_set(year.store, year.rooms[i], "zone", room_zones[i]);
        room_set(year.store, year.rooms[i], "lang", i ? "fr" : "en");
        room_set_member(year.store, year.rooms[i], "@greffier:x", "join", NULL);
        for (int j = 0; j < year.n_people; j++)
            room_set_member(year.store, year.rooms[i], year.people[j].id, "join", NULL);
    }
}

/* Of hours, and of days; one in each part of the year. */
static void choose_outages(void)
{
    int64_t part_ms = (year.end_ms - year.start_ms) / OUTAGES;
    for (int i = 0; i < OUTAGES; i++) {
        int64_t from_ms = year.start_ms + i * part_ms + chance_in(&year.chance, DAY_MS, part_ms - 6 * DAY_MS);
        int64_t long_ms = chance_percent(&year.chance, 50) ? chance_in(&year.chance, DAY_MS, 5 * DAY_MS)
                                                           : chance_in(&year.chance, HOUR_MS, 10 * HOUR_MS);
        /* Never at the second at which something is due. */
        from_ms = from_ms / MINUTE_MS * MINUTE_MS + 21000;
        year.outages[i] =
            (struct outage){ .from_ms = from_ms, .to_ms = from_ms + long_ms / MINUTE_MS * MINUTE_MS };
    }
}

static void begin(const struct play *play, uint64_t seed)
{
    static const char numbers[] = "{\"DEC\":100000,\"RMD\":100000,\"TSK\":100000,\"ESC\":100000,"
                                  "\"RTN\":100000,\"RND\":100000}";
    static const struct engine_settings settings = { .me = "@greffier:x",
                                                     .lang = "en",
                                                     .zone = "Europe/Zurich",
                                                     .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                     .prefix = "!" };
    struct err err;
    year = (struct year){
        .play = play, .n_people = play->n_people, .seed = seed, .chance = chance_of(seed, 0x79656172)
    };
    year.arena = arena_create();
    if (store_open(NULL, &year.store, &err) != STORE_OPENED)
        abort();
    year.engine = engine_create(year.store, &settings, command_table, habit_table);
    year.timers = (struct timers){ .store = year.store, .engine = year.engine };
    /* From any day of 2025 to 2029 on. */
    year.start_ms = INT64_C(1735689600000) + chance_in(&year.chance, 0, 5 * 365 - 1) * DAY_MS + 33000;
    year.end_ms = year.start_ms + 365 * DAY_MS;
    year.now_ms = year.start_ms;
    store_begin(year.store);
    struct json_object *granted = json_parse(numbers, strlen(numbers));
    engine_reserve_numbers(year.engine, granted);
    json_object_put(granted);
    people_choose();
    make_rooms();
    choose_outages();
    people_settle_in();
    play->begin();
}

static void finish(void)
{
    year.play->forget();
    store_rollback(year.store);
    engine_destroy(year.engine);
    store_close(year.store);
    arena_destroy(year.arena);
}

/* --- Time --- */

static void commit(void)
{
    struct err err;
    if (!store_commit(year.store, &err))
        abort();
}

static void fire(void)
{
    commit();
    timers_fire(&year.timers, year.now_ms, year.now_ms + 1);
    store_begin(year.store);
    check_what_is_said();
}

static void come_up(const struct outage *outage)
{
    year.is_down = false;
    year.timers.outage = *outage;
    acts_hear_late(); /* before anything that is due (architecture.md "nothing moot goes out") */
    fire();
    year.timers.outage = (struct outage){ 0 };
    year.outage++;
}

static int64_t least(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static void live_through(void)
{
    while (!year.violation[0]) {
        const struct outage *outage = year.outage < OUTAGES ? &year.outages[year.outage] : NULL;
        int64_t change_ms = !outage ? INT64_MAX : year.is_down ? outage->to_ms : outage->from_ms;
        int64_t timer_ms = year.is_down ? INT64_MAX : timer_next_ms(year.store, 0);
        int64_t act_ms = year.play->next_ms();
        int64_t next_ms = least(least(act_ms, change_ms), timer_ms);
        if (next_ms > year.end_ms)
            break;
        year.now_ms = next_ms > year.now_ms ? next_ms : year.now_ms;
        if (timer_ms == next_ms) {
            fire();
        } else if (change_ms == next_ms && year.is_down) {
            come_up(outage);
        } else if (change_ms == next_ms) {
            year.is_down = true;
        } else {
            year.play->act();
        }
    }
    year.play->end();
}

/* --- Seeds --- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run_all(const struct play *play, uint64_t first, uint64_t last)
{
    int64_t n_acts = 0, n_messages = 0, n_pings = 0, n_bad = 0;
    double began_s = seconds();
    for (uint64_t seed = first; seed <= last; seed++) {
        begin(play, seed);
        live_through();
        n_acts += year.n_acts;
        n_messages += year.n_messages;
        n_pings += year.n_pings;
        if (year.violation[0]) {
            n_bad++;
            printf("VIOLATION seed %llu %s UTC: %s\n", (unsigned long long)seed,
                   moment_text(moment_in("UTC", year.now_ms)), year.violation);
        }
        fflush(stdout);
        finish();
    }
    double took_s = seconds() - began_s, n = (double)(last - first + 1);
    printf(
        "%.0f seeds of a year, %lld with a violation; %lld acts, %lld messages, %lld calls; %.1f s, %.2f s a"
        " seed\n",
        n, (long long)n_bad, (long long)n_acts, (long long)n_messages, (long long)n_pings, took_s,
        took_s / n);
    return n_bad ? 1 : 0;
}

static enum plant plant_find(const char *name)
{
#define PLANT_ROW(plant, what) { #plant, PLANT_##plant },
    static const struct {
        const char *name;
        enum plant plant;
    } rows[] = { YEAR_PLANTS(PLANT_ROW) };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].plant;
    return PLANT_NONE;
}

static const struct play *play_find(const char *name)
{
    static const struct play *const plays[] = { &play_work, &play_rounds };
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++)
        if (strcmp(plays[i]->name, name) == 0)
            return plays[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct play *play = &play_work;
    uint64_t first = 1, last = 1;
    log_set_level(LOG_LEVEL_ERROR + 1);
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        char *end;
        if (strcmp(argv[i], "--seeds") == 0) {
            first = strtoull(value, &end, 10);
            last = *end == '-' ? strtoull(end + 1, NULL, 10) : first;
        } else if (strcmp(argv[i], "--trace") == 0) {
            is_traced = true;
            i--;
        } else if (!(strcmp(argv[i], "--play") == 0 && (play = play_find(value))) &&
                   !(strcmp(argv[i], "--plant") == 0 && (planted = plant_find(value)) != PLANT_NONE)) {
            fputs("usage: year [--play work|rounds] [--seeds FROM-TO] [--plant NAME] [--trace]\n", stderr);
            return 2;
        }
    }
    return run_all(play, first, last);
}
