/* Who they are, what their clocks show, and when they work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "time/civil.h"
#include "time/holidays.h"
#include "year.h"

static const char *const names[PEOPLE_MAX] = { "alice", "bob",  "carol", "dev",   "erin", "farid",
                                               "gina",  "hugo", "ines",  "jonas", "kim",  "lena" };
static const char *const zones[] = { "Europe/Zurich", "America/Montreal", "Asia/Kolkata", "Pacific/Auckland",
                                     "America/Sao_Paulo" };
static const char *const countries[] = { NULL, "CH-ZH", "CA-QC", "FR", "DE-BY", "GB" };

/* As they are typed, and by weekday in minutes of the day. */
static const struct hours_typed {
    const char *typed; /* NULL: the bot's own */
    bool days[7];
    int from[2], to[2]; /* the second may be 0 to 0 */
} hours[] = {
    { NULL, { 1, 1, 1, 1, 1, 0, 0 }, { 540, 780 }, { 720, 1020 } },
    { "mon-thu 8:00-16:00", { 1, 1, 1, 1, 0, 0, 0 }, { 480, 0 }, { 960, 0 } },
    { "tue-sat 6:30-12:30", { 0, 1, 1, 1, 1, 1, 0 }, { 390, 0 }, { 750, 0 } },
    { "sun-thu 10:00-14:00, 15:00-18:00", { 1, 1, 1, 1, 0, 0, 1 }, { 600, 900 }, { 840, 1080 } },
};
enum {
    N_ZONES = sizeof zones / sizeof zones[0],
    N_COUNTRIES = sizeof countries / sizeof countries[0],
    N_HOURS = sizeof hours / sizeof hours[0]
};

/* --- Clocks --- */

static void set_clock(const char *zone)
{
    static const char *now;
    if (now && strcmp(now, zone) == 0)
        return;
    setenv("TZ", zone, 1);
    tzset();
    now = zone;
}

struct moment moment_in(const char *zone, int64_t at_ms)
{
    struct tm tm;
    time_t at = at_ms / 1000;
    set_clock(zone);
    localtime_r(&at, &tm);
    return (struct moment){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                            tm.tm_hour,        tm.tm_min,     (tm.tm_wday + 6) % 7 };
}

int64_t moment_instant(const char *zone, struct moment moment)
{
    struct tm tm = { .tm_year = moment.year - 1900,
                     .tm_mon = moment.month - 1,
                     .tm_mday = moment.day,
                     .tm_hour = moment.hour,
                     .tm_min = moment.minute,
                     .tm_isdst = -1 };
    set_clock(zone);
    return (int64_t)mktime(&tm) * 1000;
}

int64_t moment_day(struct moment moment)
{
    moment.hour = moment.minute = 0;
    return moment_instant("UTC", moment) / DAY_MS;
}

int64_t moment_midnight(const char *zone, int64_t day)
{
    return moment_instant(zone, moment_in("UTC", day * DAY_MS));
}

const char *moment_text(struct moment moment)
{
    return arena_printf(year.arena, "%04d-%02d-%02d %02d:%02d", moment.year, moment.month, moment.day,
                        moment.hour, moment.minute);
}

/* --- People --- */

void people_choose(void)
{
    for (int i = 0; i < year.n_people; i++)
        year.people[i] = (struct person){ .id = arena_printf(year.arena, "@%s:x", names[i]),
                                          .name = names[i],
                                          .joined_ms = year.start_ms,
                                          .left_ms = INT64_MAX,
                                          .zone = zones[chance_in(&year.chance, 0, N_ZONES - 1)],
                                          .hours = (int)chance_in(&year.chance, 0, N_HOURS - 1),
                                          .country = countries[chance_in(&year.chance, 0, N_COUNTRIES - 1)] };
}

/* Half of them: what waits for them comes there in one message, and what they are asked alone. */
static void open_direct_room(struct person *person)
{
    int64_t room = room_ensure(year.store, arena_printf(year.arena, "!%s:x", person->name));
    room_set(year.store, room, "membership", "join");
    room_set(year.store, room, "dm_person", person->id);
    room_set_member(year.store, room, "@greffier:x", "join", NULL);
    room_set_member(year.store, room, person->id, "join", NULL);
    person->direct = room;
}

bool people_are_there(const struct person *person, int64_t at_ms)
{
    return at_ms >= person->joined_ms && at_ms < person->left_ms;
}

void people_settle_in(void)
{
    for (int i = 0; i < year.n_people; i++) {
        struct person *person = &year.people[i];
        acts_say(0, person->id, NULL, arena_printf(year.arena, "!me zone %s", person->zone));
        if (hours[person->hours].typed)
            acts_say(0, person->id, NULL,
                     arena_printf(year.arena, "!me hours %s", hours[person->hours].typed));
        if (person->country)
            acts_say(0, person->id, NULL, arena_printf(year.arena, "!me country %s", person->country));
        int64_t n =
            store_int(year.store, 0, "SELECT count(*) FROM personal WHERE person = ?1", "s", person->id);
        if (n != 1 + (hours[person->hours].typed != NULL) + (person->country != NULL))
            year_fail("%s could not settle in", person->id);
        if (i % 2 == 0)
            open_direct_room(person);
    }
}

struct person *people_find(const char *id)
{
    for (int i = 0; i < year.n_people; i++)
        if (strcmp(year.people[i].id, id) == 0)
            return &year.people[i];
    return NULL;
}

bool people_are_away(const struct person *person, int64_t at_ms)
{
    for (int i = 0; i < person->n_absences; i++)
        if (at_ms >= person->absences[i].from_ms && at_ms < person->absences[i].until_ms)
            return true;
    return false;
}

bool people_were_away(const struct person *person, int64_t from_ms, int64_t until_ms)
{
    for (int i = 0; i < person->n_absences; i++)
        if (person->absences[i].from_ms < until_ms + DAY_MS &&
            from_ms - DAY_MS < person->absences[i].until_ms)
            return true;
    return false;
}

static bool is_off(const struct person *person, struct moment moment)
{
    int64_t day = moment_day(moment);
    for (int i = 0; i < person->n_off; i++)
        if (day >= person->off[i].from_day && day <= person->off[i].to_day)
            return true;
    return false;
}

bool people_work(const struct person *person, int64_t at_ms)
{
    const struct hours_typed *theirs = &hours[person->hours];
    struct moment moment = moment_in(person->zone, at_ms);
    int minute = moment.hour * 60 + moment.minute;
    bool is_in = (minute >= theirs->from[0] && minute < theirs->to[0]) ||
                 (minute >= theirs->from[1] && minute < theirs->to[1]);
    return !people_are_away(person, at_ms) && theirs->days[moment.weekday] && is_in &&
           !is_off(person, moment) &&
           !(person->country &&
             holidays_is_off(person->country, civil_day_number(moment.year, moment.month, moment.day)));
}
