#include "engine/own_up.h"

#include <string.h>

#include "engine/direct.h"
#include "engine/item.h"

enum { REASON_MAX = 200 };

size_t own_up_tell_admins(struct turn *turn, const char *step, const char *template_name,
                          struct json_object *values)
{
    size_t n = 0;
    int64_t here = turn->room.id;
    for (const char *const *admin = turn_admins(turn); *admin; admin++) {
        const char *const mentions[] = { *admin, NULL };
        turn_enter_room(turn, direct_room(turn, *admin));
        turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "%s %s", step, *admin),
                                     .template_name = template_name,
                                     .values = json_object_get(values),
                                     .mentions = mentions });
        n++;
    }
    turn_enter_room(turn, here);
    json_object_put(values);
    return n;
}

static int64_t n_open_items(struct turn *turn)
{
    return store_int(turn->store, 0, "SELECT count(*) FROM item WHERE room = ?1 AND closed_ms IS NULL", "i",
                     turn->room.id);
}

bool own_up_removed(struct turn *turn)
{
    const struct event *event = turn->event;
    /* Between that person and the bot; and an admin who throws it out of there is not invited to be told so. */
    if (room_value(turn->store, turn->room.id, "dm_person", turn->arena))
        return false;
    struct json_object *values = values_new();
    values_add_room(turn, values, &turn->room);
    json_set(values, "by", values_person(turn, event->sender));
    json_set_bool(values, "banned", event->membership && strcmp(event->membership, "ban") == 0);
    json_set_int(values, "n_open", n_open_items(turn));
    if (event->reason && *event->reason)
        json_set(values, "reason", values_text(text_add(turn, event->sender, event->reason), REASON_MAX));
    return own_up_tell_admins(turn, "removed", "room/removed", values) > 0;
}
