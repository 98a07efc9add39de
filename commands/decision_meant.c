/* The decision: what sounds like an objection and is in no form of one. Silence would be counted as agreement, so who said it
 * is asked, once (method.md 2: silence is agreement only when that was announced). */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/meant.h"

/* Their own words, if they say more than "no": else the reason is asked for. */
static const char *reason_in(struct turn *turn, const char *body)
{
    enum { BARE_CHARS_MAX = 12 };
    char *reason = text_shorten(turn->arena, text_clean(turn->arena, body), DECISION_VALUE_MAX);
    for (char *c = reason; *c; c++)
        if (*c == '\n')
            *c = ' ';
    return text_chars(reason) > BARE_CHARS_MAX ? reason : "";
}

bool decision_heard(struct turn *turn, struct item *item)
{
    const char *person = turn->event->sender, *body = turn->event->body;
    const struct act_row *position = item_position_of(turn, item, person);
    bool is_silent = !position, is_objecting = position && strcmp(position->what, "object") == 0;
    if (!lifecycle_is_open(item) || is_objecting || !item_is_asked(turn, item, person) ||
        !act_may_be_meant(turn->arena, body, ACT_OBJECT, is_silent))
        return false;
    const char *reason = reason_in(turn, body);
    struct json_object *values = decision_basics(turn, item);
    json_set_bool(values, "words", *reason);
    json_set_bool(values, "silent", is_silent && item->state == DECISION_OPEN);
    return meant_ask(turn, item,
                     (struct meant){ .template_name = "decision/meant",
                                     .values = values,
                                     .runs = arena_printf(turn->arena, "%sobject %s %s", turn_prefix(turn),
                                                          item->name, reason) });
}
