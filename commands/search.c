/* !search - finds items by words that stand in them. */
#include "base/text.h"
#include "commands/commands.h"

enum { FOUND_MAX = 8 };

static enum outcome search(struct turn *turn, const struct request *request)
{
    if (!text_has_words(request->rest))
        return OUTCOME_USAGE;
    struct item_list found = item_search(turn, request->rest, turn->event->sender, FOUND_MAX + 1);
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < found.n && i < FOUND_MAX; i++) {
        struct item *item = item_get(turn, found.ids[i]);
        if (!item)
            continue;
        struct json_object *row = values_new();
        json_set_str(row, "id", item->name);
        json_set(row, "subject", values_text(item_field(turn, item, "subject"), 80));
        json_set_bool(row, item->habit->state_names[item->state], true);
        json_set(row, "opened", values_time(turn, item->opened_ms, NULL));
        json_object_array_add(list, row);
    }
    json_set(values, "list", list);
    json_set_bool(values, "empty", json_object_array_length(list) == 0);
    json_set_bool(values, "more", found.n > FOUND_MAX);
    json_set(values, "words", values_text(text_add(turn, turn->event->sender, request->rest), 60));
    turn_answer(turn, "search/found", values);
    return OUTCOME_DONE;
}

const struct command command_search = {
    .topic = "search",
    .names = { { "search" }, { "chercher", "recherche" } },
    .who = WHO_ANYBODY,
    .run = search,
};
