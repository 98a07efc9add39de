/* Small talk in an urgent room whose gate is strict. What must be so: the bot removes nothing but that, of nobody but who has it
 * back in a direct message, whole, and each at most once. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "habit.h"
#include "people.h"
#include "world.h"

enum { TEAM_N = 4, SPAN_MS = 6 * 60 * 60 * 1000 };

static const int team[TEAM_N] = { 5, 6, 7, 8 }; /* the first one moderates */
static int room = -1;
static bool has_frame;

static void make_room(void)
{
    const char *ids[TEAM_N + 1] = { NULL };
    for (int i = 0; i < TEAM_N; i++)
        ids[i] = people_nth(team[i]);
    room = homeserver_make_room("strict", ids);
    homeserver_say(room, ids[0], "m.room.power_levels", "",
                   xasprintf("{\"users\":{\"%s\":100,\"%s\":50}}", ids[0], BOT_ME));
}

static bool is_ready(void)
{
    if (room < 0)
        make_room();
    if (strcmp(homeserver_room(room)->bot_membership, "join") != 0)
        return false;
    if (!has_frame) {
        people_say(room, people_nth(team[0]), "!room kind urgent");
        people_say(room, people_nth(team[0]), "!room gate strict");
    }
    has_frame = true;
    return true;
}

static void say(void *data, int64_t salt)
{
    char body[64];
    (void)data;
    struct chance chance = chance_of(world.seed, (uint64_t)salt);
    const char *who = people_nth(team[chance_in(&chance, 0, TEAM_N - 1)]);
    if (world.now_ms >= world.people_end_ms || !is_ready())
        return;
    snprintf(body, sizeof body, "is anybody there, w%d?", people_new_word());
    int64_t said = people_say(room, who, body);
    /* Its author may be faster than the bot. */
    if (chance_percent(&chance, 10))
        homeserver_redact(who, said);
    else if (chance_percent(&chance, 10))
        people_say_in_thread(room, who, said, "yes, here");
}

/* For some hours: whoever was met lets the bot in meanwhile. */
static void talk(const char *person, struct chance *chance)
{
    enum { WORDS = 8 };
    (void)person;
    for (int i = 0; i < WORDS; i++)
        world_at(world.now_ms + chance_in(chance, 0, SPAN_MS), say, NULL,
                 (int64_t)(chance_next(chance) >> 1));
}

/* Where they alone can read it. */
static bool has_back(const struct said *gone)
{
    struct json_object *content = json_parse(gone->content, strlen(gone->content));
    const char *body = json_str(content, "body");
    bool is_there = false;
    for (int64_t position = 1; body && !is_there && position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        is_there = homeserver_is_there(said) && strcmp(said->sender, BOT_ME) == 0 &&
                   homeserver_room(said->room)->is_direct && strstr(said->content, body) &&
                   strstr(said->content, gone->sender);
    }
    json_object_put(content);
    return is_there;
}

static void check_removal(const struct said *redaction, const char *target)
{
    int64_t position = homeserver_position(target);
    const struct said *gone = position ? homeserver_said(position) : NULL;
    if (!gone || gone->room != room || redaction->room != room)
        world_fail("%s removes what is not of the strict room", redaction->id);
    if (strcmp(gone->sender, people_nth(team[0])) == 0 || strcmp(gone->sender, BOT_ME) == 0 ||
        strcmp(gone->type, "m.room.message") != 0 || strstr(gone->content, "m.relates_to") ||
        strstr(gone->content, "\"body\":\"!"))
        world_fail("%s removes %s, which is no small talk: %s", redaction->id, gone->id, gone->content);
    if (gone->redacted_by == redaction->position && !has_back(gone))
        world_fail("%s removes %s, and its author has not got it back", redaction->id, gone->id);
}

static void end(void)
{
    for (int64_t position = 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        if (strcmp(said->type, "m.room.redaction") != 0 || strcmp(said->sender, BOT_ME) != 0 ||
            !homeserver_is_there(said))
            continue;
        struct json_object *content = json_parse(said->content, strlen(said->content));
        check_removal(said, json_str(content, "redacts"));
        json_object_put(content);
    }
}

static const struct sim_deed deeds[] = { { "talks in a strict room", 2, talk }, { NULL, 0, NULL } };

const struct sim_habit habit_gate_sim = { .name = "gate", .deeds = deeds, .end = end };
