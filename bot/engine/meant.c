#include "engine/meant.h"

static bool was_asked(struct turn *turn, const struct item *item, const char *template_name)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM question q JOIN outbox o ON o.id = q.row"
                     " WHERE q.item = ?1 AND q.person = ?2 AND o.template = ?3",
                     "iss", item->id, turn->event->sender, template_name);
}

bool meant_ask(struct turn *turn, const struct item *item, struct meant meant)
{
    if (was_asked(turn, item, meant.template_name)) {
        json_object_put(meant.values);
        return false;
    }
    const char *choices[] = { meant.runs, NULL };
    turn_ask(turn, (struct question){ .template_name = meant.template_name,
                                      .values = meant.values,
                                      .choices = choices,
                                      .item = item->id });
    return true;
}
