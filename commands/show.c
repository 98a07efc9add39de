/* !show - everything about one item, as the register has it. */
#include "commands/commands.h"
#include "engine/direct.h"
#include "engine/personal.h"

/* A room's words stay in it: what is of another room goes to the one who asked, alone. */
static enum outcome show_elsewhere(struct turn *turn, struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    turn_answer(turn, "help/elsewhere", values);
    int64_t here = turn->room.id;
    turn_enter_room(turn, item->room);
    personal_address(turn, turn->event->sender);
    turn_say(turn, (struct say){ .step = "direct",
                                 .template_name = arena_printf(turn->arena, "%s/record", item->habit->folder),
                                 .values = item->habit->record(turn, item),
                                 .room = direct_room(turn, turn->event->sender) });
    turn_enter_room(turn, here);
    return OUTCOME_DONE;
}

static enum outcome show(struct turn *turn, const struct request *request)
{
    struct item *item = request->item;
    if (item->room != turn->room.id && !turn->room.dm_person)
        return show_elsewhere(turn, item);
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
    .shows_elsewhere = true,
    .run = show,
};
