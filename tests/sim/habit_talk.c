/* Talk: what people say to each other, and what they ask the bot for. */
#include <stdio.h>
#include <string.h>

#include "bot.h"
#include "habit.h"
#include "people.h"

static void chat(const char *person, struct chance *chance)
{
    static const char *const lines[] = { "lunch?",
                                         "yes",
                                         "ok",
                                         "the build is green again",
                                         "1",
                                         "see DEC-1",
                                         "thanks! that helps",
                                         "objection, your honour",
                                         "2 minutes late" };
    int room = people_room(person, chance);
    if (room >= 0)
        people_say(room, person, lines[chance_in(chance, 0, sizeof lines / sizeof lines[0] - 1)]);
}

/* So many lines at once that a timeline does not hold them. */
static void chat_much(const char *person, struct chance *chance)
{
    int room = people_room(person, chance);
    int64_t n = chance_in(chance, 20, 90);
    for (int64_t i = 0; room >= 0 && i < n; i++)
        people_say(room, person, "and another thing");
}

static void react_to_anything(const char *person, struct chance *chance)
{
    int room = people_room(person, chance);
    if (room < 0)
        return;
    const struct sim_room *place = homeserver_room(room);
    int64_t target = place->positions[chance_in(chance, 0, (int64_t)place->n - 1)];
    /* A sign that means nothing to the bot. */
    if (strcmp(homeserver_said(target)->type, "m.room.message") == 0)
        people_react(room, person, target, "\U0001F389");
}

static void ask(const char *person, struct chance *chance)
{
    static const char *const lines[] = {
        "!help",        "!decisions",     "!search w1",  "!decid something by friday",
        "!show DEC-1",  "!show DEC-2",    "!show DEC-3", "!room",
        "!help decide", "!agree DEC-777", "!nothing"
    };
    int room = people_room(person, chance);
    if (room >= 0)
        people_say(room, person, lines[chance_in(chance, 0, sizeof lines / sizeof lines[0] - 2)]);
}

static const struct sim_deed deeds[] = { { "chats", 30, chat },
                                         { "chats much", 1, chat_much },
                                         { "reacts to anything", 6, react_to_anything },
                                         { "asks the bot", 6, ask },
                                         { NULL, 0, NULL } };

static bool is_answered(const struct said *asked)
{
    for (int64_t position = asked->position + 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        /* What is of another room goes to a direct message. */
        if (strcmp(said->sender, BOT_ME) == 0 && !said->is_lost &&
            (strstr(said->content, asked->id) || homeserver_room(said->room)->is_direct))
            return true;
    }
    return false;
}

/* Every command gets its answer: a message that refers to it. */
static void end(void)
{
    for (int64_t position = 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        bool is_asking =
            strstr(said->content, "\"body\":\"!help") || strstr(said->content, "\"body\":\"!decid ") ||
            strstr(said->content, "\"body\":\"!search") || strstr(said->content, "\"body\":\"!show");
        if (strcmp(said->sender, BOT_ME) != 0 && is_asking && !said->is_undone && !said->is_passed_over &&
            position > homeserver_room(said->room)->bot_since && !is_answered(said))
            world_fail("%s was not answered: %s", said->id, said->content);
    }
}

const struct sim_habit habit_talk_sim = { .name = "talk", .deeds = deeds, .end = end };
