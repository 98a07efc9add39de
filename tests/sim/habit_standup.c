/* Standups: each is asked once a round, in their hours, and nudged once at most, while they have not answered; every answer stands
 * in one report, in its last words. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "bot.h"
#include "check.h"
#include "habit.h"
#include "people.h"
#include "store/store.h"

enum { ROUNDS_MAX = 256, ANSWERS_MAX = 2048, CALLS_MAX = 4096 };
enum { OPENS = 540, LUNCH = 720, BACK = 780, CLOSES = 1020 }; /* minutes of a day */
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };
enum { DAY_MINUTES = 24 * 60, REST_MS = 4 * HOUR_MS };

struct round {
    char name[16]; /* "RND-1" */
    int room;
    int64_t card; /* position */
};

struct answered {
    size_t round;
    const char *person;
    int64_t said, edited; /* positions; 0: not */
    int word, last_word;
};

/* A prompt, or a nudge. */
struct call {
    char name[16];
    char person[64];
    bool is_nudge;
};

static struct round rounds[ROUNDS_MAX];
static struct answered answers[ANSWERS_MAX];
static struct call calls[CALLS_MAX];
static size_t n_rounds, n_answers, n_calls;

/* What is set up in each room: as the bot has called it last; empty: nothing. */
static char routines[PEOPLE_ROOMS][16];

/* --- Deeds --- */

/* Where the world goes on resting nobody may be asked each morning any more. */
static void end_all(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    for (int room = 0; room < PEOPLE_ROOMS; room++) {
        char body[64];
        snprintf(body, sizeof body, "!cancel %s", routines[room]);
        if (*routines[room])
            people_say(room, people_maker(room), body);
    }
}

static void set_up(const char *person, struct chance *chance)
{
    static bool has_end;
    int room = people_room(person, chance);
    if (room < 0)
        return;
    if (!has_end && world.end_ms - world.people_end_ms > 4 * (int64_t)DAY_MS)
        world_at(world.people_end_ms + HOUR_MS, end_all, NULL, 0);
    has_end = true;
    people_say(room, person, "!standup");
}

static struct answered *answer_of(size_t round, const char *person)
{
    for (size_t i = 0; i < n_answers; i++)
        if (answers[i].round == round && answers[i].person == person)
            return &answers[i];
    return NULL;
}

/* The newest round of that room; n_rounds: there is none. */
static size_t newest_of(int room)
{
    for (size_t i = n_rounds; i-- > 0;)
        if (rounds[i].room == room && homeserver_is_there(homeserver_said(rounds[i].card)))
            return i;
    return n_rounds;
}

static void answer(const char *person, struct chance *chance)
{
    char body[128];
    int room = people_room(person, chance);
    size_t round = room < 0 ? n_rounds : newest_of(room);
    if (round == n_rounds || n_answers == ANSWERS_MAX || answer_of(round, person))
        return;
    struct answered *given = &answers[n_answers++];
    *given = (struct answered){ .round = round, .person = person, .word = people_new_word() };
    given->last_word = given->word;
    snprintf(body, sizeof body, "done: w%d thing\ntoday: the next one", given->word);
    given->said = people_say_in_thread(room, person, rounds[round].card, body);
}

static void mend(const char *person, struct chance *chance)
{
    char body[128];
    size_t first = n_answers ? (size_t)chance_in(chance, 0, (int64_t)n_answers - 1) : 0;
    for (size_t i = 0; i < n_answers; i++) {
        struct answered *given = &answers[(first + i) % n_answers];
        int room = rounds[given->round].room;
        if (given->person != person || !people_is_in(room, person))
            continue;
        given->last_word = people_new_word();
        snprintf(body, sizeof body, "done: w%d thing\ntoday: another one", given->last_word);
        given->edited = people_edit(room, person, given->said, body);
        return;
    }
}

static const struct sim_deed deeds[] = { { "sets up a standup", 3, set_up },
                                         { "answers the standup", 30, answer },
                                         { "mends an answer", 5, mend },
                                         { NULL, 0, NULL } };

/* --- The account --- */

static const char *name_of(struct json_object *content, const char *prefix)
{
    const char *name = json_str(content, "io.greffier.name");
    return name && strncmp(name, prefix, strlen(prefix)) == 0 ? name : NULL;
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *routine = name_of(content, "RTN-"), *name = name_of(content, "RND-");
    const char *body = json_str(content, "body");
    if (routine && said->room < PEOPLE_ROOMS)
        snprintf(routines[said->room], sizeof routines[said->room], "%s", routine);
    if (!name || !body || strncmp(body, "Daily ·", strlen("Daily ·")) != 0 ||
        json_str(content, "m.relates_to/rel_type") || n_rounds == ROUNDS_MAX)
        return;
    struct round *round = &rounds[n_rounds++];
    *round = (struct round){ .room = said->room, .card = said->position };
    snprintf(round->name, sizeof round->name, "%s", name);
}

/* Monday to Friday, 9 to 12 and 13 to 17, by the clocks of the room. */
static bool is_in_hours(int room, int64_t at_ms)
{
    int64_t minutes = (at_ms + people_room_zone_ms(room)) / MINUTE_MS;
    int64_t day = (minutes / DAY_MINUTES + 3) % 7, minute = minutes % DAY_MINUTES; /* 0 = Monday */
    return day < 5 && ((minute >= OPENS && minute <= LUNCH) || (minute >= BACK && minute <= CLOSES));
}

static bool has_call(const char *name, const char *person, bool is_nudge)
{
    for (size_t i = 0; i < n_calls; i++)
        if (calls[i].is_nudge == is_nudge && strcmp(calls[i].name, name) == 0 &&
            strcmp(calls[i].person, person) == 0)
            return true;
    return false;
}

/* By the store: the bot has heard it, and it was not taken back. */
static bool has_answered(const char *name, const char *person)
{
    return store_int(world.store, 0,
                     "SELECT 1 FROM answer a JOIN item i ON i.id = a.item"
                     " WHERE i.prefix || '-' || i.number = ?1 AND a.person = ?2 LIMIT 1",
                     "ss", name, person);
}

static void check_call(const struct sim_put *put, const char *name, const char *person, bool is_nudge)
{
    int room = (int)(newest_of(put->room) < n_rounds ? put->room : -1);
    if (has_call(name, person, is_nudge))
        world_fail("%s %s %s a second time", name, is_nudge ? "nudges" : "asks", person);
    if (is_nudge && has_answered(name, person))
        world_fail("%s nudges %s, who has answered", name, person);
    bool is_settled = world.now_ms > world.start_ms + REST_MS;
    if (room >= 0 && is_settled && !is_in_hours(room, put->cause_ms))
        world_fail("%s calls %s out of their hours", name, person);
    if (n_calls == CALLS_MAX)
        return;
    struct call *call = &calls[n_calls++];
    call->is_nudge = is_nudge;
    snprintf(call->name, sizeof call->name, "%s", name);
    snprintf(call->person, sizeof call->person, "%s", person);
}

static void put(const struct sim_put *put)
{
    bool is_prompt = strcmp(put->template_name, "round/prompt") == 0;
    bool is_nudge = strcmp(put->template_name, "round/nudge") == 0;
    const char *name = name_of(put->content, "RND-");
    struct json_object *people = json_arr(put->content, "m.mentions/user_ids");
    size_t n = people ? json_object_array_length(people) : 0;
    if ((!is_prompt && !is_nudge) || !put->is_first || !name)
        return;
    for (size_t i = 0; i < n; i++)
        check_call(put, name, json_str(json_object_array_get_idx(people, i), ""), is_nudge);
}

/* Answers to what two people did alike, and cards that say again what they said; never what calls somebody. */
static bool may_repeat(struct json_object *content)
{
    bool is_ours = name_of(content, "RND-") || name_of(content, "RTN-");
    return is_ours && !json_arr(content, "m.mentions/user_ids");
}

/* --- The end --- */

static int64_t n_kept(int word)
{
    char text[24];
    snprintf(text, sizeof text, "w%d thing", word);
    return store_int(world.store, 0,
                     "SELECT count(*) FROM answer a JOIN text t ON t.id = a.text WHERE t.content = ?1", "s",
                     text);
}

static bool is_heard(int64_t position)
{
    const struct said *said = homeserver_said(position);
    return !said->is_undone && !said->is_passed_over && check_is_applied(position);
}

static void end_of(const struct answered *given)
{
    const struct round *round = &rounds[given->round];
    bool is_known =
        store_int(world.store, 0, "SELECT 1 FROM item i JOIN outbox o ON o.id = i.card WHERE o.event_id = ?1",
                  "s", homeserver_said(round->card)->id);
    if (!is_known || given->said < homeserver_room(round->room)->bot_since || !is_heard(given->said) ||
        people_have_left(round->room, given->person))
        return;
    if (given->edited && !is_heard(given->edited))
        return;
    if (n_kept(given->last_word) != 1)
        world_fail("w%d was answered to %s, and stands in %d reports", given->last_word, round->name,
                   (int)n_kept(given->last_word));
    if (given->last_word != given->word && n_kept(given->word) != 0)
        world_fail("w%d was changed, and still stands in %s", given->word, round->name);
}

static void end(void)
{
    for (size_t i = 0; i < n_answers; i++)
        end_of(&answers[i]);
}

const struct sim_habit habit_standup_sim = {
    .name = "standup", .deeds = deeds, .saw = saw, .put = put, .may_repeat = may_repeat, .end = end
};
