/* !mine - what waits for me: in a room what is of that room, in a direct message all of it; in my zone, by its date. And every
 * morning or every week, if I wish. */

#include "engine/mine.h"
#include "base/text.h"
#include "commands/commands.h"
#include "engine/digest.h"
#include "engine/direct.h"
#include "engine/personal.h"

static void answer_here(struct turn *turn, const char *person, bool has_more)
{
    int64_t room = turn->room.dm_person ? 0 : turn->room.id;
    struct item_list mine = mine_of(turn, person, room);
    struct json_object *values = mine_values(turn, person, &mine);
    json_set_bool(values, "more_alone", has_more);
    json_set_bool(values, "hint", turn->room.dm_person && digest_wish(turn, person) == DIGEST_NEVER);
    turn_answer(turn, "mine/list", values);
}

/* What is of other rooms stays between this person and the bot. */
static void say_alone(struct turn *turn, const char *person, const struct item_list *rest)
{
    int64_t here = turn->room.id, direct = direct_room(turn, person);
    turn_enter_room(turn, direct);
    struct json_object *values = mine_values(turn, person, rest);
    turn_say(turn, (struct say){ .step = "mine", .template_name = "mine/list", .values = values });
    turn_enter_room(turn, here);
}

static enum outcome note(struct turn *turn, enum digest wish)
{
    struct json_object *values = values_new();
    digest_set(turn, turn->event->sender, wish);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "mornings", wish == DIGEST_MORNINGS);
    json_set_bool(values, "weeks", wish == DIGEST_WEEKS);
    json_set_bool(values, "wanted", wish != DIGEST_NEVER);
    turn_answer(turn, "mine/noted", values);
    return OUTCOME_DONE;
}

static enum outcome mine(struct turn *turn, const struct request *request)
{
    static const char *const mornings[] = { "every morning", "every day",       "daily",       "morning",
                                            "chaque matin",  "tous les matins", "chaque jour", NULL };
    static const char *const weeks[] = { "every week",
                                         "every monday",
                                         "weekly",
                                         "each week",
                                         "chaque lundi",
                                         "toutes les semaines",
                                         "hebdo",
                                         "chaque semaine",
                                         "lundi",
                                         "monday",
                                         NULL };
    static const char *const no_more[] = { "off", "no",      "stop",   "no more", "never",
                                           "non", "arreter", "jamais", NULL };
    const char *person = turn->event->sender, *word = text_fold(turn->arena, request->rest);
    if (text_is_one_of(word, mornings))
        return note(turn, DIGEST_MORNINGS);
    if (text_is_one_of(word, weeks))
        return note(turn, DIGEST_WEEKS);
    if (text_is_one_of(word, no_more))
        return note(turn, DIGEST_NEVER);
    if (*word)
        return OUTCOME_USAGE;
    struct item_list rest = { 0 };
    if (!turn->room.dm_person)
        rest = mine_elsewhere(turn, person, turn->room.id);
    answer_here(turn, person, rest.n > 0);
    if (rest.n)
        say_alone(turn, person, &rest);
    return OUTCOME_DONE;
}

const struct command command_mine = {
    .topic = "mine",
    .names = { { "mine" }, { "ma-liste", "mes-tâches" } },
    .who = WHO_ANYBODY,
    .run = mine,
};
