/* Escalations, in a room of their own: who is called is called until somebody has it, and by nothing from the moment at which
 * that is applied; everybody in the order is called if nobody has it; and calls do not wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "faults.h"
#include "habit.h"
#include "people.h"
#include "store/store.h"

enum { ESCALATIONS_MAX = 256, ACTS_MAX = 16, TEAM_N = 5, MINUTE_MS = 60 * 1000 };
enum { CALLING = 1, UNREACHED, TAKEN, SOLVED, CLOSED, CANCELLED, LAPSED };
/* Unheard of for so long, who has it is called anew: 30, 30 and 60 minutes. */
enum { SILENT_MS = 2 * 60 * MINUTE_MS, SETTLE_MS = 120000, LATE_MS = 5000, RESERVE = 3, CROWD = 14 };

static const int team[TEAM_N] = { 0, 1, 2, 3, 4 };
static const int chain[] = { 1, 2, 3 };
enum { CHAIN_N = sizeof chain / sizeof chain[0] };

enum kind { TAKES, TELLS, ENDS };

struct act {
    int64_t position;
    const char *person;
    enum kind kind;
};

struct escalation {
    int64_t command, card; /* positions; 0: not yet */
    int word;
    const char *author, *owner;
    char name[16]; /* "ESC-1", as its people know it */
    char item[48]; /* in a store that was put back it has another number, and is the same */
    struct act acts[ACTS_MAX];
    size_t n_acts;
    int64_t direct[PEOPLE_N]; /* the newest message that called that person alone */
    bool is_called[PEOPLE_N];
    bool came_too_late; /* the bot was down for so long that calling helped nobody */
};

static struct escalation escalations[ESCALATIONS_MAX];
static size_t n_escalations;
static int room = -1;
static bool has_frame;

/* The room */

static bool is_of_team(const char *person)
{
    for (int i = 0; i < TEAM_N; i++)
        if (people_nth(team[i]) == person)
            return true;
    return false;
}

static void make_room(void)
{
    const char *ids[TEAM_N + 1] = { NULL };
    for (int i = 0; i < TEAM_N; i++)
        ids[i] = people_nth(team[i]);
    room = homeserver_make_room("urgent", ids);
}

/* The bot is in it, and was told what kind of room it is, and whom it calls. */
static bool is_ready(void)
{
    if (room < 0)
        make_room();
    if (strcmp(homeserver_room(room)->bot_membership, "join") != 0)
        return false;
    if (!has_frame) {
        char body[128];
        snprintf(body, sizeof body, "!chain %s, %s, %s", people_nth(chain[0]), people_nth(chain[1]),
                 people_nth(chain[2]));
        people_say(room, people_nth(team[0]), "!room kind urgent");
        people_say(room, people_nth(team[0]), body);
    }
    has_frame = true;
    return true;
}

/* Deeds */

static void note_act(struct escalation *escalation, const char *person, enum kind kind)
{
    if (escalation->n_acts < ACTS_MAX)
        escalation->acts[escalation->n_acts++] =
            (struct act){ .position = homeserver_newest() + 1, .person = person, .kind = kind };
}

static void say_by_command(struct escalation *escalation, const char *person, const char *name)
{
    char body[64];
    snprintf(body, sizeof body, "!%s %s", name, escalation->name);
    people_say(room, person, body);
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
        note_act(escalation, people_nth(person), TAKES);
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
    note_act(escalation, person, TAKES);
    if (how == 2)
        people_say_in_thread(room, person, escalation->card, "I have it");
    else if (how == 3)
        say_by_command(escalation, person, "take");
    else
        people_react(room, person, escalation->card, "\U0001F64B");
}

static void end_it(struct escalation *escalation, struct chance *chance)
{
    note_act(escalation, escalation->author, ENDS);
    if (chance_percent(chance, 30))
        say_by_command(escalation, escalation->author, "cancel");
    else
        people_react(room, escalation->author, escalation->card, "\U00002705");
}

static void respond(void *data, int64_t salt)
{
    struct escalation *escalation = data;
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    const char *person = people_nth(team[chance_in(&chance, 0, TEAM_N - 1)]);
    if (!escalation->card || world.now_ms >= world.people_end_ms)
        return;
    int kind = (int)chance_in(&chance, 1, 10);
    if (kind <= 6) {
        take(escalation, person, &chance);
    } else if (kind <= 8) {
        note_act(escalation, person, TELLS);
        people_say_in_thread(room, person, escalation->card, "progress: a bit of it is there");
    } else {
        end_it(escalation, &chance);
    }
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
    int64_t n = chance_percent(chance, 25) ? 0 : chance_in(chance, 1, 4);
    for (int64_t i = 0; i < n; i++) {
        int64_t after_ms = chance_in(chance, 1, 24) * 5 * MINUTE_MS + chance_in(chance, -4000, 9000);
        if (chance_percent(chance, 30))
            after_ms = chance_in(chance, 5000, 5 * MINUTE_MS);
        world_at(world.now_ms + after_ms, respond, escalation, (int64_t)(chance_next(chance) >> 1));
    }
    if (chance_percent(chance, 30))
        world_at(world.now_ms + chance_in(chance, 1, 6) * 5 * MINUTE_MS - chance_in(chance, 500, 3000), crowd,
                 NULL, (int64_t)(chance_next(chance) >> 1));
}

static void escalate(const char *person, struct chance *chance)
{
    char body[256];
    if (!is_of_team(person) || !is_ready() || n_escalations == ESCALATIONS_MAX)
        return;
    struct escalation *escalation = &escalations[n_escalations++];
    *escalation = (struct escalation){ .author = person,
                                       .owner = people_nth(team[chance_in(chance, 0, TEAM_N - 1)]),
                                       .word = people_new_word(),
                                       .command = homeserver_newest() + 1 };
    snprintf(body, sizeof body, "!urgent w%d broke\naction: mend it\nowner: %s\ndeadline: in 3 hours",
             escalation->word, escalation->owner);
    people_say(room, person, body);
    plan_responses(escalation, chance);
}

static const struct sim_deed deeds[] = { { "escalates", 9, escalate }, { NULL, 0, NULL } };

/* The account */

static struct escalation *find_item(struct json_object *content)
{
    const char *item = json_str(content, "io.greffier.item");
    for (size_t i = 0; item && i < n_escalations; i++)
        if (strcmp(escalations[i].item, item) == 0)
            return &escalations[i];
    return NULL;
}

static struct escalation *find_worded(struct json_object *content)
{
    const char *body = json_str(content, "body");
    char text[32];
    for (size_t i = 0; body && i < n_escalations; i++) {
        snprintf(text, sizeof text, "w%d broke", escalations[i].word);
        const char *at = strstr(body, text);
        if (at && (at == body || at[-1] == ' '))
            return &escalations[i];
    }
    return NULL;
}

static struct json_object *called(struct json_object *content)
{
    return json_arr(content, "m.mentions/user_ids");
}

static void note_called(struct escalation *escalation, const struct said *said, struct json_object *people)
{
    for (size_t i = 0; i < json_object_array_length(people); i++) {
        int person = people_index(json_str(json_object_array_get_idx(people, i), ""));
        escalation->is_called[person] = true;
        if (homeserver_room(said->room)->is_direct)
            escalation->direct[person] = said->position;
    }
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *name = json_str(content, "io.greffier.name"), *body = json_str(content, "body");
    if (!name || strncmp(name, "ESC-", 4) != 0 || json_str(content, "m.new_content/body"))
        return;
    struct escalation *escalation = find_item(content);
    if (!escalation && said->room == room && (escalation = find_worded(content)) != NULL &&
        strstr(body, "To do:")) {
        escalation->card = said->position;
        snprintf(escalation->name, sizeof escalation->name, "%s", name);
        snprintf(escalation->item, sizeof escalation->item, "%s", json_str(content, "io.greffier.item"));
    }
    if (!escalation)
        return;
    if (strstr(body, "I was down") && strstr(body, "Nobody could be reached"))
        escalation->came_too_late = true;
    if (called(content))
        note_called(escalation, said, called(content));
}

static int64_t state_of(const struct escalation *escalation)
{
    return store_int(world.store, 0, "SELECT state FROM item WHERE cause = ?1", "s",
                     homeserver_said(escalation->command)->id);
}

static bool owns(const struct escalation *escalation, const char *person)
{
    return store_int(world.store, 0, "SELECT 1 FROM item WHERE cause = ?1 AND owner = ?2", "ss",
                     homeserver_said(escalation->command)->id, person);
}

/* A store that was put back may give it another number: who names the old one names nothing. */
static bool is_renumbered(const struct escalation *escalation)
{
    return world.was_restored && store_int(world.store, 0, "SELECT number FROM item WHERE cause = ?1", "s",
                                           homeserver_said(escalation->command)->id) !=
                                     strtoll(escalation->name + strlen("ESC-"), NULL, 10);
}

/* It is over, or whose it is has taken it, and not so long ago that calling may have begun anew. */
static bool is_silenced(const struct escalation *escalation)
{
    for (size_t i = 0; i < escalation->n_acts && !is_renumbered(escalation); i++) {
        const struct act *act = &escalation->acts[i];
        int64_t ended_ms = act->kind == ENDS ? INT64_MAX : homeserver_said(act->position)->at_ms + SILENT_MS;
        if (act->kind != TELLS && check_is_applied(act->position) && world.now_ms < ended_ms - MINUTE_MS &&
            (act->kind == ENDS || owns(escalation, act->person)))
            return true;
    }
    return false;
}

static bool is_unhindered(int64_t due_ms)
{
    int64_t well_ms = faults_well_since_ms();
    return well_ms < INT64_MAX && well_ms + SETTLE_MS < due_ms && world.born_ms + SETTLE_MS < due_ms &&
           world.trouble_ms + SETTLE_MS < due_ms;
}

/* More at once than the lane has in reserve meets the homeserver's own limit. */
static bool is_within_reserve(int64_t sealed_ms)
{
    return store_int(world.store, 0, "SELECT count(*) FROM outbox WHERE lane = 0 AND sealed_ms > ?1", "i",
                     sealed_ms - MINUTE_MS) <= RESERVE;
}

static void put(const struct sim_put *put)
{
    bool is_in_room = strcmp(put->template_name, "escalation/call") == 0;
    /* Whatever it says by now: a message of its own, and no edit of one. */
    bool is_call = is_in_room || strncmp(put->template_name, "escalation/direct", 17) == 0;
    struct escalation *escalation = is_call && !put->is_edit ? find_item(put->content) : NULL;
    if (!escalation)
        return;
    if (is_silenced(escalation))
        world_fail("w%d calls, and somebody has it", escalation->word);
    if (is_in_room && put->is_first && put->sealed_ms - put->cause_ms > LATE_MS &&
        is_unhindered(put->cause_ms) && is_within_reserve(put->sealed_ms))
        world_fail("w%d calls %lld ms late", escalation->word, (long long)(put->sealed_ms - put->cause_ms));
}

/* The same words at another time: it calls on; or the same person takes what somebody has once more. */
static bool may_repeat(struct json_object *content)
{
    const char *body = json_str(content, "body"), *name = json_str(content, "io.greffier.name");
    /* By its kind, not as find_named: in a store that was put back it has another number. */
    bool is_ours = name && strncmp(name, "ESC-", 4) == 0;
    return is_ours && (called(content) || (body && strstr(body, " already.")));
}

/* The end */

static void check_all_called(const struct escalation *escalation)
{
    for (int i = 0; i < CHAIN_N; i++) {
        const char *person = people_nth(chain[i]);
        if (!escalation->is_called[chain[i]] && person != escalation->author)
            world_fail("w%d never called %s, and nobody had it", escalation->word, person);
    }
    if (!escalation->is_called[people_index(escalation->owner)] && escalation->owner != escalation->author)
        world_fail("w%d never called its owner, and nobody had it", escalation->word);
}

static void end_of(const struct escalation *escalation)
{
    int64_t state = state_of(escalation);
    if (escalation->command < homeserver_room(room)->bot_since || state == 0)
        return;
    if (state == CALLING || state == TAKEN)
        world_fail("w%d lies still in state %d", escalation->word, (int)state);
    if ((state == UNREACHED || state == LAPSED) && !escalation->came_too_late)
        check_all_called(escalation);
    if (state >= SOLVED && state != LAPSED && escalation->n_acts == 0)
        world_fail("w%d is over, and nobody said so", escalation->word);
}

static void end(void)
{
    for (size_t i = 0; i < n_escalations; i++)
        end_of(&escalations[i]);
}

const struct sim_habit habit_escalation_sim = {
    .name = "escalation", .deeds = deeds, .saw = saw, .put = put, .may_repeat = may_repeat, .end = end
};
