/* What else is said in the room of the escalations, where the gate is kind: met once, by a message that calls nobody; a tap, an
 * action and a date make it an escalation like any other (escalation_check.c). And the figures of that room, which are
 * counted here too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "escalation_model.h"
#include "habit.h"

enum { REMARKS_MAX = 128, STATS_MAX = 64, MINUTE_MS = 60 * 1000 };

/* Something said there that is no command. */
struct remark {
    int64_t position;
    int64_t gate; /* the bot's message to it; 0: none */
    const char *author;
    int word;
};

static struct remark remarks[REMARKS_MAX];
static size_t n_remarks;
static int64_t stats[STATS_MAX]; /* where the figures were asked for */
static size_t n_stats;

static bool may_speak(const char *person)
{
    int room = escalation_room;
    return room >= 0 && strcmp(homeserver_room(room)->bot_membership, "join") == 0 &&
           people_index(person) < ESCALATION_TEAM_N;
}

/* Deeds */

static void remark(const char *person, struct chance *chance)
{
    char body[64];
    (void)chance;
    if (!may_speak(person) || n_remarks == REMARKS_MAX)
        return;
    struct remark *said = &remarks[n_remarks++];
    *said = (struct remark){ .author = person, .word = people_new_word() };
    snprintf(body, sizeof body, "w%d broke", said->word);
    said->position = people_say(escalation_room, person, body);
}

static void ask_figures(const char *person, struct chance *chance)
{
    (void)chance;
    if (may_speak(person) && n_stats < STATS_MAX)
        stats[n_stats++] = people_say(escalation_room, person, "!urgent stats");
}

static const struct sim_deed deeds[] = { { "says something in the urgent room", 3, remark },
                                         { "asks for the figures of the urgent room", 2, ask_figures },
                                         { NULL, 0, NULL } };

/* What its author says to the gate's questions, one after the other */

static void tap(void *data, int64_t unused)
{
    const struct remark *said = data;
    (void)unused;
    if (world.now_ms < world.people_end_ms)
        people_react(escalation_room, said->author, said->gate, "1️⃣");
}

static void say_action(void *data, int64_t unused)
{
    const struct remark *said = data;
    (void)unused;
    if (world.now_ms < world.people_end_ms)
        people_reply(escalation_room, said->author, said->gate, "mend it");
}

/* With that it is one. */
static void say_date(void *data, int64_t unused)
{
    const struct remark *said = data;
    const int *first = escalation_chain;
    (void)unused;
    if (world.now_ms >= world.people_end_ms)
        return;
    if (people_nth(*first) == said->author)
        first++;
    struct escalation *escalation = escalation_new(said->author, people_nth(*first));
    if (escalation)
        escalation->word = said->word;
    people_reply(escalation_room, said->author, said->gate, "in 3 hours");
}

static void answer(struct remark *said, const char *body)
{
    int64_t at_ms = world.now_ms + (1 + said->position % 9) * MINUTE_MS;
    if (strstr(body, "This room can wake somebody up") && said->position % 3)
        world_at(at_ms, tap, said, 0);
    else if (strstr(body, "What is to be done?"))
        world_at(at_ms, say_action, said, 0);
    else if (strstr(body, "By what date?"))
        world_at(at_ms, say_date, said, 0);
}

/* The account */

static struct remark *find_remark(struct json_object *content)
{
    const char *event = json_str(content, "m.relates_to/event_id");
    int64_t position = event ? homeserver_position(event) : 0;
    for (size_t i = 0; position && i < n_remarks; i++)
        if (remarks[i].position == position || remarks[i].gate == position)
            return &remarks[i];
    return NULL;
}

static bool is_there(int64_t position)
{
    return homeserver_is_there(homeserver_said(position)) &&
           position > homeserver_room(escalation_room)->bot_since;
}

/* All that have a card there by then, and none that was reported since. A store that was put back hears of some too late to open
 * them again. */
static void check_figures(int64_t asked, int64_t answered, long long n)
{
    long long least = 0, most = 0;
    for (size_t i = 0; i < escalation_count(); i++) {
        const struct escalation *escalation = escalation_nth(i);
        most += escalation->command < answered;
        least += escalation->card && escalation->card < asked && is_there(escalation->command) &&
                 is_there(escalation->card);
    }
    if ((n < least && !world.was_restored) || n > most)
        world_fail("the figures say that %lld were reported, and it was %lld to %lld", n, least, most);
}

static void saw_figures(const struct said *said, struct json_object *content, const char *body)
{
    const char *event = json_str(content, "m.relates_to/m.in_reply_to/event_id");
    const char *month = strstr(body, "November: ");
    int64_t position = event ? homeserver_position(event) : 0;
    for (size_t i = 0; i < n_stats && month; i++)
        if (stats[i] == position)
            check_figures(position, said->position, strtoll(month + strlen("November: "), NULL, 10));
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *edited = json_str(content, "m.new_content/body");
    const char *body = edited ? edited : json_str(content, "body");
    if (said->room != escalation_room || !body)
        return;
    if (!edited && strstr(body, "Escalations of this room:"))
        saw_figures(said, content, body);
    struct remark *remark = find_remark(content);
    if (!remark)
        return;
    if (!edited && strstr(body, "This room can wake somebody up")) {
        if (remark->gate)
            world_fail("%s meets w%d a second time", said->id, remark->word);
        remark->gate = said->position;
    }
    if (remark->gate)
        answer(remark, body);
}

static void put(const struct sim_put *put)
{
    struct json_object *called = json_arr(put->content, "m.mentions/user_ids");
    if (strcmp(put->template_name, "escalation/gate") == 0 && called && json_object_array_length(called))
        world_fail("what is met in an urgent room calls somebody");
}

/* Two who ask at the same moment are told the same. */
static bool may_repeat(struct json_object *content)
{
    const char *body = json_str(content, "body");
    return body && strstr(body, "This room can wake somebody up");
}

const struct sim_habit habit_remark_sim = {
    .name = "remark", .deeds = deeds, .saw = saw, .put = put, .may_repeat = may_repeat
};
