/* The decision: what sounds like an objection and is in no form of one. Silence would be counted as agreement, so who said it
 * is asked, once (method.md 2: silence is agreement only when that was announced). */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"

#define TEMPLATE "decision/meant"

static bool was_asked(struct turn *turn, const struct item *item, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM question q JOIN outbox o ON o.id = q.row"
                     " WHERE q.item = ?1 AND q.person = ?2 AND o.template = '" TEMPLATE "'",
                     "is", item->id, person);
}

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
        !act_may_be_meant(turn->arena, body, ACT_OBJECT, is_silent) || was_asked(turn, item, person))
        return false;
    const char *reason = reason_in(turn, body);
    const char *choices[] = {
        arena_printf(turn->arena, "%sobject %s %s", turn_prefix(turn), item->name, reason), NULL
    };
    struct json_object *values = decision_basics(turn, item);
    json_set_bool(values, "words", *reason);
    json_set_bool(values, "silent", is_silent && item->state == DECISION_OPEN);
    turn_ask(turn, (struct question){
                       .template_name = TEMPLATE, .values = values, .choices = choices, .item = item->id });
    return true;
}
