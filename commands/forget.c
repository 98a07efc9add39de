/* !forget-me - empties what a person wrote, wherever the bot keeps or quotes it, and with it their days off and what their profile
 * says; what was decided stays, with its trace, and so do the settings of !me. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "engine/days_off.h"
#include "engine/personal.h"

static int64_t next_text(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0, "SELECT min(id) FROM text WHERE author = ?1 AND is_emptied = 0", "s",
                     person);
}

static bool is_any_kept(struct turn *turn, const char *person)
{
    return next_text(turn, person) || days_off_has_any(turn, person) || personal_profile_zone(turn, person);
}

static void forget(struct turn *turn, const char *person)
{
    for (int64_t text = next_text(turn, person); text; text = next_text(turn, person))
        text_change(turn, text, NULL);
    /* Commands that wait for a choice hold what was typed too. */
    store_run(turn->store,
              "UPDATE question SET is_open = 0, choices = '[]', completes = NULL WHERE person = ?1", "s",
              person);
    days_off_forget(turn, person);
    personal_forget_profile(turn, person);
    days_off_reschedule(turn, person);
    personal_note(turn, person, "forgotten", "texts");
}

/* How much it is, is for that person alone to know. */
static void ask(struct turn *turn, const char *person)
{
    const char *choices[] = { arena_printf(turn->arena, "%s%s yes", turn_prefix(turn),
                                           command_shown_name(command_forget.names, turn->lang)),
                              NULL };
    struct json_object *values = values_new();
    if (turn->room.dm_person)
        json_set_int(values, "n",
                     store_int(turn->store, 0,
                               "SELECT count(*) FROM text WHERE author = ?1 AND is_emptied = 0", "s",
                               person));
    turn_ask(turn, (struct question){ .template_name = "forget/sure", .values = values, .choices = choices });
}

static enum outcome forget_me(struct turn *turn, const struct request *request)
{
    const char *person = turn->event->sender;
    /* Only as the answer to the question: nobody is to type it by chance. */
    bool is_sure = turn->is_completing && strcmp(text_fold(turn->arena, request->rest), "yes") == 0;
    bool is_any = is_any_kept(turn, person);
    if (is_any && !is_sure) {
        ask(turn, person);
        return OUTCOME_DONE;
    }
    if (is_any)
        forget(turn, person);
    struct json_object *values = values_new();
    json_set_bool(values, "was_any", is_any);
    turn_answer(turn, "forget/done", values);
    return OUTCOME_DONE;
}

const struct command command_forget = {
    .topic = "forget",
    .names = { { "forget-me" }, { "oublie-moi" } },
    .who = WHO_ANYBODY,
    .run = forget_me,
};
