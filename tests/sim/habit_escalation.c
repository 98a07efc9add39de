/* Escalations, in a room of their own: who is called is called until somebody has it, and by nothing from the moment at which
 * that is applied; everybody in the order is called if nobody has it; and calls do not wait. What must be so:
 * escalation_check.c. */
#include <stdio.h>
#include <string.h>

#include "escalation_check.h"
#include "escalation_model.h"
#include "habit.h"

enum { TEAM_N = ESCALATION_TEAM_N, CROWD = 14 };
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, CALL_MS = 5 * MINUTE_MS };

static const int team[TEAM_N] = { 0, 1, 2, 3, 4 };
static bool has_frame;

/* The room */

static bool is_of_team(const char *person)
{
    for (int i = 0; i < TEAM_N; i++)
        if (people_nth(team[i]) == person)
            return true;
    return false;
}

static const char *draw_person(struct chance *chance)
{
    return people_nth(team[chance_in(chance, 0, TEAM_N - 1)]);
}

static void make_room(void)
{
    const char *ids[TEAM_N + 1] = { NULL };
    for (int i = 0; i < TEAM_N; i++)
        ids[i] = people_nth(team[i]);
    escalation_room = homeserver_make_room("urgent", ids);
}

/* The bot is in it, and was told what kind of room it is, and whom it calls. */
static bool is_ready(void)
{
    if (escalation_room < 0)
        make_room();
    if (strcmp(homeserver_room(escalation_room)->bot_membership, "join") != 0)
        return false;
    if (!has_frame) {
        char body[128];
        snprintf(body, sizeof body, "!chain %s, %s, %s", people_nth(escalation_chain[0]),
                 people_nth(escalation_chain[1]), people_nth(escalation_chain[2]));
        people_say(escalation_room, people_nth(team[0]), "!room kind urgent");
        people_say(escalation_room, people_nth(team[0]), body);
    }
    has_frame = true;
    return true;
}

/* Deeds */

static void plan(world_fn *happens, struct escalation *escalation, int64_t after_ms, struct chance *chance)
{
    world_at(world.now_ms + after_ms, happens, escalation, (int64_t)(chance_next(chance) >> 1));
}

/* It is on its card, and people still speak. */
static bool is_open_to_all(const struct escalation *escalation)
{
    return escalation->card && world.now_ms < world.people_end_ms;
}

static void say_by_command(const struct escalation *escalation, const char *person, const char *name,
                           const char *rest)
{
    char body[128];
    snprintf(body, sizeof body, "!%s %s %s", name, escalation->name, rest);
    people_say(escalation_room, person, body);
}

/* Whoever was called alone nods there. */
static bool nod(struct escalation *escalation, struct chance *chance)
{
    int first = (int)chance_in(chance, 0, PEOPLE_N - 1);
    for (int i = 0; i < PEOPLE_N; i++) {
        int person = (first + i) % PEOPLE_N;
        int64_t direct = escalation->direct[person];
        if (!direct)
            continue;
        escalation_note(escalation, people_nth(person), ESCALATION_TAKES);
        people_react(homeserver_said(direct)->room, people_nth(person), direct,
                     chance_percent(chance, 50) ? "\U0001F44D" : "\U0001F440");
        return true;
    }
    return false;
}

static void take(struct escalation *escalation, const char *person, struct chance *chance)
{
    int how = (int)chance_in(chance, 1, 4);
    if (how == 1 && nod(escalation, chance))
        return;
    escalation_note(escalation, person, ESCALATION_TAKES);
    if (how == 2)
        people_say_in_thread(escalation_room, person, escalation->card, "I have it");
    else if (how == 3)
        say_by_command(escalation, person, "take", "");
    else
        people_react(escalation_room, person, escalation->card, "\U0001F64B");
}

static void tell(struct escalation *escalation, const char *person)
{
    escalation_note(escalation, person, ESCALATION_TELLS);
    people_say_in_thread(escalation_room, person, escalation->card, "progress: a bit of it is there");
}

static void end_it(struct escalation *escalation, struct chance *chance)
{
    escalation_note(escalation, escalation->author, ESCALATION_ENDS);
    if (chance_percent(chance, 30))
        say_by_command(escalation, escalation->author, "cancel", "");
    else
        people_react(escalation_room, escalation->author, escalation->card, "\U00002705");
}

/* Who took it last, as they said. */
static const char *holder(const struct escalation *escalation)
{
    const char *person = escalation->owner;
    for (size_t i = 0; i < escalation->n_acts; i++)
        if (escalation->acts[i].kind == ESCALATION_TAKES)
            person = escalation->acts[i].person;
    return person;
}

/* Tapped, it is two of the intervals in which who has it is asked. */
static void put_off(struct escalation *escalation, struct chance *chance)
{
    const char *person = holder(escalation);
    struct escalation_act *act = escalation_note(escalation, person, ESCALATION_SNOOZES);
    int64_t hours = chance_in(chance, 1, 3);
    char text[32];
    act->until_ms = world.now_ms + hours * HOUR_MS;
    if (hours == 1 && chance_percent(chance, 50)) {
        people_react(escalation_room, person, escalation->card, "\U000023F0");
        return;
    }
    snprintf(text, sizeof text, "%sin %d hours", chance_percent(chance, 50) ? "later: " : "", (int)hours);
    if (strncmp(text, "later", 5) == 0)
        people_say_in_thread(escalation_room, person, escalation->card, text);
    else
        say_by_command(escalation, person, "snooze", text);
}

static void answer_hand(void *data, int64_t salt)
{
    struct escalation *escalation = data;
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    const char *person = NULL;
    for (size_t i = 0; i < escalation->n_acts; i++)
        if (escalation->acts[i].kind == ESCALATION_HANDS)
            person = escalation->acts[i].other;
    if (!is_open_to_all(escalation) || !person)
        return;
    if (chance_percent(&chance, 60)) {
        take(escalation, person, &chance);
    } else {
        escalation_note(escalation, person, ESCALATION_DECLINES);
        people_react(escalation_room, person, escalation->card, "\U000026D4");
    }
}

/* By who has it, or whoever reported it; it is asked twice, five minutes apart. */
static void hand_over(struct escalation *escalation, struct chance *chance)
{
    const char *person = chance_percent(chance, 70) ? holder(escalation) : escalation->author;
    const char *successor = draw_person(chance);
    if (successor == person)
        return;
    escalation_note(escalation, person, ESCALATION_HANDS)->other = successor;
    say_by_command(escalation, person, "handover", successor);
    if (chance_percent(chance, 70))
        plan(answer_hand, escalation, chance_in(chance, 1, 2) * CALL_MS + chance_in(chance, -9000, 9000),
             chance);
}

static void give_recap(void *data, int64_t salt)
{
    struct escalation *escalation = data;
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    const char *person = escalation->recap_by;
    if (!is_open_to_all(escalation))
        return;
    escalation_note(escalation, person, ESCALATION_RECAPS);
    if (chance_percent(&chance, 50))
        say_by_command(escalation, person, "recap", "it broke\nit was mended\nnothing follows");
    else
        people_reply(escalation_room, person, escalation->recap_asked,
                     "it broke\nit was mended\nnothing follows");
}

static void judge(struct escalation *escalation, const char *person, struct chance *chance)
{
    escalation_note(escalation, person, ESCALATION_JUDGES);
    people_react(escalation_room, person, escalation->card,
                 chance_percent(chance, 50) ? "\U0001F44D" : "\U0001F44E");
}

static void respond(void *data, int64_t salt)
{
    struct escalation *escalation = data;
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    const char *person = draw_person(&chance);
    int kind = (int)chance_in(&chance, 1, 14);
    if (!is_open_to_all(escalation))
        return;
    if (kind <= 6)
        take(escalation, person, &chance);
    else if (kind <= 8)
        tell(escalation, chance_percent(&chance, 50) ? holder(escalation) : person);
    else if (kind <= 10)
        hand_over(escalation, &chance);
    else if (kind <= 11)
        put_off(escalation, &chance);
    else if (escalation->recap_asked)
        judge(escalation, person, &chance);
    else
        end_it(escalation, &chance);
}

/* So many answers are wanted at once that the homeserver's limit makes most of them wait. */
static void crowd(void *data, int64_t salt)
{
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    (void)data;
    for (int i = 0; i < CROWD; i++) {
        const char *person = people_nth((int)chance_in(&chance, 0, PEOPLE_N - 1));
        int place = people_room(person, &chance);
        if (place >= 0 && world.now_ms < world.people_end_ms)
            people_say(place, person, "!decisions");
    }
}

/* Calls are five minutes apart: answers come about then, or before whom it calls has come into the direct message. */
static void plan_responses(struct escalation *escalation, struct chance *chance)
{
    int64_t n = chance_percent(chance, 25) ? 0 : chance_in(chance, 1, 6);
    for (int64_t i = 0; i < n; i++) {
        int64_t after_ms = chance_in(chance, 1, 24) * 5 * MINUTE_MS + chance_in(chance, -4000, 9000);
        if (chance_percent(chance, 30))
            after_ms = chance_in(chance, 5000, CALL_MS);
        plan(respond, escalation, after_ms, chance);
    }
    if (chance_percent(chance, 30))
        plan(crowd, escalation, chance_in(chance, 1, 6) * 5 * MINUTE_MS - chance_in(chance, 500, 3000),
             chance);
}

static void escalate(const char *person, struct chance *chance)
{
    char body[256];
    if (!is_of_team(person) || !is_ready())
        return;
    struct escalation *escalation = escalation_new(person, draw_person(chance));
    if (!escalation)
        return;
    snprintf(body, sizeof body, "!urgent w%d broke\naction: mend it\nowner: %s\ndeadline: in 3 hours",
             escalation->word, escalation->owner);
    people_say(escalation_room, person, body);
    plan_responses(escalation, chance);
}

static const struct sim_deed deeds[] = { { "escalates", 9, escalate }, { NULL, 0, NULL } };

/* The account */

static void saw(const struct said *said, struct json_object *content)
{
    struct escalation *escalation;
    escalation_saw(said, content, escalation_room);
    escalation = escalation_of_item(content);
    if (!escalation || escalation->recap_asked != said->position)
        return;
    struct chance chance = chance_of(world.seed, (uint64_t)said->position);
    if (chance_percent(&chance, 70))
        plan(give_recap, escalation, chance_in(&chance, 1, 90) * MINUTE_MS, &chance);
}

static void end(void)
{
    escalation_end(escalation_room);
}

const struct sim_habit habit_escalation_sim = { .name = "escalation",
                                                .deeds = deeds,
                                                .saw = saw,
                                                .put = escalation_put,
                                                .may_repeat = escalation_may_repeat,
                                                .end = end };
