/* Reminders that come back: each occurrence is said once, or it is known why not; none after the end, in a pause, or left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "faults.h"
#include "habit.h"
#include "people.h"
#include "store/outbox.h"
#include "store/store.h"
#include "world.h"

enum {
    SERIES_MAX = 256,
    ACTS_MAX = 12,
    SAID_MAX = 256,
    MINUTE_MS = 60000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    /* What passes between an instant and the bot's knowing of it: in a world where nothing goes wrong; and where it does, the
     * longest that the bot is away, asleep, or cut off. */
    CALM_MS = 5 * MINUTE_MS,
    /* The homeserver answers a repeated request from a cache of so long: what was said meanwhile may count as said later. */
    CACHE_MS = 2 * MINUTE_MS,
    TROUBLED_MS = 16 * HOUR_MS,
};

/* In the bot's store. */
enum { STATE_CANCELLED = 3, STATE_PAUSED = 4 };

enum every { EVERY_FEW_HOURS, EVERY_DAY, EVERY_WORKING_DAY, EVERY_TUESDAY };

struct change {
    enum { SKIP, PAUSE, RESUME, CANCEL } what;
    int64_t position;
    int64_t at_ms;
    int64_t until_ms; /* of PAUSE; 0: for good */
};

struct series {
    int64_t command, card; /* positions; 0: not yet */
    int room;
    const char *person;
    int word;
    char name[16]; /* "RMD-1" */
    int64_t at_ms; /* when it was asked for */
    enum every every;
    int hours; /* of EVERY_FEW_HOURS */
    int minute; /* of the room's day; of the others */
    int count; /* 0: without end */
    struct change changes[ACTS_MAX];
    size_t n_changes;
    int64_t said_ms[SAID_MAX]; /* the instants at which what was said had been due */
    int64_t said[SAID_MAX]; /* and its positions */
    size_t n_said;
};

static struct series all[SERIES_MAX];
static size_t n_all;

/* Occurrences, by counting days: the rooms' clocks do not change in these weeks. */

static bool is_day(const struct series *series, int64_t day)
{
    int weekday = (int)((day + 3) % 7); /* 1970-01-01 was a Thursday; 0 is Monday */
    return series->every == EVERY_DAY || (series->every == EVERY_WORKING_DAY && weekday < 5) ||
           (series->every == EVERY_TUESDAY && weekday == 1);
}

/* The first after that instant; INT64_MAX: there is none. */
static int64_t next_ms(const struct series *series, int64_t after_ms)
{
    int64_t start_ms = series->at_ms / MINUTE_MS * MINUTE_MS, zone_ms = people_room_zone_ms(series->room);
    int64_t n = 0, at_ms = start_ms;
    for (int64_t day = (start_ms + zone_ms) / DAY_MS; !series->count || n < series->count;) {
        if (series->every == EVERY_FEW_HOURS) {
            at_ms += (int64_t)series->hours * HOUR_MS;
        } else {
            at_ms = day * DAY_MS + (int64_t)series->minute * MINUTE_MS - zone_ms;
            if (!is_day(series, day++) || at_ms < start_ms)
                continue;
        }
        n++;
        if (at_ms > after_ms)
            return at_ms;
    }
    return INT64_MAX;
}

static int64_t slack_ms(void)
{
    return faults_are_planned() ? TROUBLED_MS : CALM_MS;
}

/* Deeds */

static void say_rule(const struct series *series, char out[64])
{
    int n = series->every == EVERY_FEW_HOURS
                ? snprintf(out, 64, "every %d hours", series->hours)
                : snprintf(out, 64, "every %s %02d:%02d",
                           (const char *[]){ "", "day", "working day", "tuesday" }[series->every],
                           series->minute / 60, series->minute % 60);
    if (series->count)
        snprintf(out + n, 64 - (size_t)n, " %d times", series->count);
}

static void say_change(const struct series *series, const char *command, const char *rest)
{
    char body[96];
    snprintf(body, sizeof body, "!%s %s%s", command, series->name, rest);
    people_say(series->room, series->person, body);
}

/* Where the world goes on resting nothing may come back any more. */
static void end_all(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    for (size_t i = 0; i < n_all; i++)
        if (all[i].card && all[i].n_changes < ACTS_MAX && people_is_in(all[i].room, all[i].person)) {
            all[i].changes[all[i].n_changes++] =
                (struct change){ .what = CANCEL, .position = homeserver_newest() + 1, .at_ms = world.now_ms };
            say_change(&all[i], "cancel", "");
        }
}

static void ask_for(const char *person, struct chance *chance)
{
    char rule[64], body[128];
    int room = people_room(person, chance);
    if (room < 0 || n_all == SERIES_MAX)
        return;
    if (n_all == 0 && world.end_ms - world.people_end_ms > 4 * (int64_t)DAY_MS)
        world_at(world.people_end_ms + HOUR_MS, end_all, NULL, 0);
    struct series *series = &all[n_all++];
    *series = (struct series){ .room = room,
                               .person = person,
                               .at_ms = world.now_ms,
                               .word = people_new_word(),
                               .every = (enum every)chance_in(chance, EVERY_FEW_HOURS, EVERY_TUESDAY),
                               .hours = (int)chance_in(chance, 2, 9) };
    int64_t local_ms = world.now_ms + people_room_zone_ms(room);
    /* Often soon; never this very minute, of which one may think one or the other. */
    int minute = (int)(local_ms % DAY_MS / MINUTE_MS);
    series->minute =
        (minute + 5 + (int)chance_in(chance, 0, chance_percent(chance, 50) ? 90 : 1400)) / 5 * 5 % 1440;
    if (series->every == EVERY_FEW_HOURS || chance_percent(chance, 50))
        series->count = (int)chance_in(chance, 2, 8);
    say_rule(series, rule);
    snprintf(body, sizeof body, "!remind %s w%d chore %s", chance_percent(chance, 60) ? "me" : "room",
             series->word, rule);
    series->command = homeserver_newest() + 1;
    people_say(room, person, body);
}

static struct change *change(const char *person, struct chance *chance, struct series **of)
{
    size_t first = n_all ? (size_t)chance_in(chance, 0, (int64_t)n_all - 1) : 0;
    for (size_t i = 0; i < n_all; i++) {
        struct series *series = &all[(first + i) % n_all];
        bool is_cancelled = series->n_changes && series->changes[series->n_changes - 1].what == CANCEL;
        if (series->person != person || !series->card || is_cancelled || series->n_changes == ACTS_MAX ||
            !people_is_in(series->room, person) || next_ms(series, world.now_ms) == INT64_MAX)
            continue;
        struct change *made = &series->changes[series->n_changes++];
        *made = (struct change){ .position = homeserver_newest() + 1, .at_ms = world.now_ms };
        *of = series;
        return made;
    }
    return NULL;
}

static void skip(const char *person, struct chance *chance)
{
    struct series *series;
    struct change *made = change(person, chance, &series);
    if (!made)
        return;
    made->what = SKIP;
    say_change(series, "skip", "");
}

static void pause_it(const char *person, struct chance *chance)
{
    char time[32] = "", rest[48] = "";
    struct series *series;
    struct change *made = change(person, chance, &series);
    if (!made)
        return;
    made->what = PAUSE;
    if (chance_percent(chance, 60)) {
        made->until_ms = (world.now_ms / HOUR_MS + chance_in(chance, 1, 40)) * HOUR_MS + 30 * MINUTE_MS;
        people_print_time(series->room, made->until_ms, time);
        snprintf(rest, sizeof rest, " %s", time);
    }
    say_change(series, "pause", rest);
}

static void resume(const char *person, struct chance *chance)
{
    struct series *series;
    struct change *made = change(person, chance, &series);
    if (!made)
        return;
    made->what = RESUME;
    say_change(series, "resume", "");
}

static void cancel(const char *person, struct chance *chance)
{
    struct series *series;
    struct change *made = change(person, chance, &series);
    if (!made)
        return;
    made->what = CANCEL;
    say_change(series, "cancel", "");
}

static const struct sim_deed deeds[] = { { "wants to be reminded again and again", 5, ask_for },
                                         { "skips one", 4, skip },
                                         { "pauses", 2, pause_it },
                                         { "resumes", 3, resume },
                                         { "cancels what comes back", 1, cancel },
                                         { NULL, 0, NULL } };

/* The account */

static struct series *find(int room, const char *body)
{
    char text[16];
    for (size_t i = 0; body && i < n_all; i++) {
        snprintf(text, sizeof text, "w%d chore", all[i].word);
        if (all[i].room == room && strstr(body, text))
            return &all[i];
    }
    return NULL;
}

static int64_t ask_store(const struct series *series, const char *sql)
{
    return store_int(world.store, 0, sql, "s", homeserver_said(series->command)->id);
}

static int64_t state_of(const struct series *series)
{
    return ask_store(series, "SELECT state FROM item WHERE cause = ?1");
}

/* A store that was put back gives what it sets anew another number: who names the old one names nothing. */
static bool is_renumbered(const struct series *series)
{
    return world.was_restored && series->card &&
           ask_store(series, "SELECT number FROM item WHERE cause = ?1") !=
               strtoll(series->name + strlen("RMD-"), NULL, 10);
}

static bool is_skipped(const struct series *series, int64_t due_ms)
{
    char instant[24];
    snprintf(instant, sizeof instant, "%lld", (long long)due_ms);
    return store_int(world.store, 0,
                     "SELECT 1 FROM history h WHERE h.item IN (SELECT id FROM item WHERE cause = ?1)"
                     " AND h.what = 'skipped' AND h.detail = ?2",
                     "ss", homeserver_said(series->command)->id, instant);
}

/* Which instant a message had been due at: its id tells, for it was on its way before. */
struct due {
    char txn[48];
    int64_t at_ms;
};
enum { DUES_MAX = 8192 };
static struct due dues[DUES_MAX];
static size_t n_dues;

static int64_t *find_due(const char *txn)
{
    for (size_t i = n_dues; txn && i > 0; i--)
        if (strcmp(dues[i - 1].txn, txn) == 0)
            return &dues[i - 1].at_ms;
    return NULL;
}

static void put(const struct sim_put *put)
{
    struct series *series = find(put->room, json_str(put->content, "body"));
    if (!series || put->is_edit || strcmp(put->template_name, "reminder/due") != 0)
        return;
    if (!find_due(put->txn) && n_dues < DUES_MAX) {
        dues[n_dues].at_ms = put->cause_ms;
        snprintf(dues[n_dues++].txn, sizeof dues->txn, "%s", put->txn);
    }
    int64_t state = state_of(series);
    if (state == STATE_CANCELLED || state == STATE_PAUSED)
        world_fail("w%d is said again, and is %s", series->word,
                   state == STATE_PAUSED ? "paused" : "cancelled");
    if (is_skipped(series, put->cause_ms))
        world_fail("w%d is said for %lld, which was to be left out", series->word, (long long)put->cause_ms);
}

/* Hours are counted from when it was said, as the bot knows it: its first message tells. */
static void learn_start(struct series *series, int64_t due_ms)
{
    int64_t meant_ms = next_ms(series, due_ms - CACHE_MS - 1);
    if (series->every == EVERY_FEW_HOURS && !series->n_said && faults_are_planned() &&
        llabs(meant_ms - due_ms) <= CACHE_MS)
        series->at_ms += due_ms - meant_ms;
}

static void note_said(struct series *series, const struct said *said, int64_t due_ms)
{
    learn_start(series, due_ms);
    if (next_ms(series, due_ms - 1) != due_ms && !world.had_wrong_clock)
        world_fail("%s says w%d for %lld, when it does not come", said->id, series->word, (long long)due_ms);
    if (said->at_ms < due_ms - MINUTE_MS && !world.had_wrong_clock)
        world_fail("%s says w%d before its time", said->id, series->word);
    for (size_t i = 0; i < series->n_said; i++)
        if (series->said_ms[i] == due_ms && !homeserver_said(series->said[i])->is_undone)
            world_fail("%s says w%d for %lld a second time", said->id, series->word, (long long)due_ms);
    if (series->n_said < SAID_MAX) {
        series->said[series->n_said] = said->position;
        series->said_ms[series->n_said++] = due_ms;
    }
}

static void saw(const struct said *said, struct json_object *content)
{
    struct series *series = find(said->room, json_str(content, "body"));
    const char *body = json_str(content, "body");
    if (!series || json_str(content, "m.relates_to/rel_type"))
        return;
    const int64_t *due_ms = find_due(json_str(content, "io.greffier.txn"));
    if (due_ms) {
        note_said(series, said, *due_ms);
    } else if (!series->card && strncmp(body, "RMD-", 4) == 0) {
        series->card = said->position;
        snprintf(series->name, sizeof series->name, "%.*s", (int)strcspn(body, ":"), body);
    }
}

/* The same words again and again: whether twice for one occurrence is seen above. */
static bool may_repeat(struct json_object *content)
{
    const char *body = json_str(content, "body");
    return body && strstr(body, " chore") && !strstr(body, "RMD-");
}

/* The end */

static bool was_said(const struct series *series, int64_t due_ms)
{
    for (size_t i = 0; i < series->n_said; i++)
        if (series->said_ms[i] == due_ms)
            return true;
    return false;
}

/* It is recorded that nothing could be said then: by the message that stood for it too, or where a pause began. */
static bool is_recorded(const struct series *series, int64_t due_ms)
{
    bool is_in = false;
    struct rows rows =
        store_rows(world.store,
                   "SELECT h.event, h.at_ms FROM history h JOIN item i ON i.id = h.item"
                   " WHERE i.cause = ?1 AND h.what = 'skipped' AND h.detail LIKE '% until now' ORDER BY h.id",
                   "s", homeserver_said(series->command)->id);
    while (rows_next(&rows)) {
        const char *since = strchr(rows_text(&rows, 0), '@');
        int64_t since_ms = since ? strtoll(since + 1, NULL, 10) : rows_int(&rows, 1) - slack_ms();
        int64_t until_ms = rows_int(&rows, 1) + (since ? world.had_wrong_clock * DAY_MS : slack_ms());
        is_in = is_in || (due_ms > since_ms && due_ms <= until_ms);
    }
    return is_in;
}

/* Somebody has stopped it then, for a while or for good; about when, by what the bot may have heard by then. */
static bool is_stopped(const struct series *series, int64_t due_ms)
{
    int64_t slack = slack_ms();
    for (size_t i = 0; i < series->n_changes; i++) {
        const struct change *stop = &series->changes[i];
        if (stop->what == SKIP || stop->what == RESUME || due_ms < stop->at_ms - slack)
            continue;
        int64_t until_ms = stop->until_ms ? stop->until_ms : INT64_MAX;
        for (size_t k = i + 1; k < series->n_changes && stop->what == PAUSE; k++)
            if (series->changes[k].what == RESUME && series->changes[k].at_ms + slack < until_ms)
                until_ms = series->changes[k].at_ms + slack;
        if (due_ms < until_ms)
            return true;
    }
    return false;
}

static void check_owed(const struct series *series)
{
    int64_t from_ms = homeserver_said(series->card)->at_ms;
    for (int64_t at_ms = from_ms; (at_ms = next_ms(series, at_ms)) < world.now_ms - CALM_MS;)
        if (!was_said(series, at_ms) && !is_skipped(series, at_ms) && !is_recorded(series, at_ms) &&
            !is_stopped(series, at_ms) && !homeserver_was_out(series->room, at_ms - slack_ms(), at_ms))
            world_fail("w%d (%s) was due at %lld, and nothing was said or recorded", series->word,
                       series->name, (long long)at_ms);
}

/* Nothing is left out that nobody asked to leave out. */
static void check_skips(const struct series *series)
{
    struct rows rows = store_rows(world.store,
                                  "SELECT h.event FROM history h JOIN item i ON i.id = h.item"
                                  " WHERE i.cause = ?1 AND h.what = 'skipped' AND h.detail NOT LIKE '% %'",
                                  "s", homeserver_said(series->command)->id);
    while (rows_next(&rows)) {
        int64_t position = homeserver_position(rows_text(&rows, 0));
        bool is_asked = false;
        for (size_t i = 0; i < series->n_changes; i++)
            is_asked =
                is_asked || (series->changes[i].what == SKIP && series->changes[i].position == position);
        if (!is_asked)
            world_fail("w%d leaves one out because of %s", series->word, rows_text(&rows, 0));
    }
}

static void end(void)
{
    for (size_t i = 0; i < n_all; i++) {
        const struct series *series = &all[i];
        /* Without a card it came too late, or asked for another date: habit_talk sees to it that it was answered. */
        if (!series->card || is_renumbered(series) || world.had_wrong_clock)
            continue;
        check_skips(series);
        check_owed(series);
    }
}

const struct sim_habit habit_series_sim = {
    .name = "series", .deeds = deeds, .saw = saw, .put = put, .may_repeat = may_repeat, .end = end
};
