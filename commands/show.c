/* !show - everything about one item, as the register has it. */
#include "commands/commands.h"

static enum outcome show(struct turn *turn, const struct request *request)
{
    struct item *item = request->item;
    turn_answer(turn, arena_printf(turn->arena, "%s/record", item->habit->folder),
                item->habit->record(turn, item));
    return OUTCOME_DONE;
}

const struct command command_show = {
    .topic = "show",
    .names = { { "show" }, { "voir", "montrer" } },
    .who = WHO_ANYBODY,
    .takes_item = true,
    .needs_item = true,
    .run = show,
};
