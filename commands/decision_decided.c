/* « !décidé », with its final é: what is decided already is no question to the others (words.md 1). */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"

/* In whichever case or composition the é was typed. */
static bool ends_in_acute(const char *name)
{
    static const char *const ends[] = { "é", "É", "e\u0301", "E\u0301" };
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end_len = strlen(ends[i]);
        if (len >= end_len && strcmp(name + len - end_len, ends[i]) == 0)
            return true;
    }
    return false;
}

bool decision_is_participle(struct turn *turn, const char *name)
{
    return strcmp(text_fold_name(turn->arena, name), "decide") == 0 && ends_in_acute(name);
}

enum outcome decision_ask_whether_decided(struct turn *turn, const char *text)
{
    const char *prefix = turn_prefix(turn);
    const char *open = command_shown_name(command_decide.names, turn->lang);
    const char *choices[] = { arena_printf(turn->arena, "%s%s %s", prefix, open, text), NULL };
    struct json_object *values = values_new();
    json_set_str(values, "prefix", prefix);
    if (!*text) {
        turn_answer(turn, "decision/decided", values);
        return OUTCOME_USAGE;
    }
    json_set(values, "text", values_text(text_add(turn, turn->event->sender, text), DECISION_VALUE_MAX));
    turn_ask(turn,
             (struct question){ .template_name = "decision/decided", .values = values, .choices = choices });
    return OUTCOME_DONE;
}
