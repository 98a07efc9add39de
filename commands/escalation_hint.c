/* Who cries in a room that is not urgent is shown the way, if the room wants it: one line, seldom (method.md 2: the tag must stay
 * rare, or it is worth nothing). */
#include "commands/escalation.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, ROOM_DAY_MAX = 5 };
#define HINTED "hinted"

static int64_t n_hinted_here(struct turn *turn)
{
    return store_int(
        turn->store, 0,
        "SELECT count(*) FROM history WHERE item IS NULL AND room = ?1 AND what = ?2 AND at_ms > ?3", "isi",
        turn->room.id, HINTED, turn->at_ms - DAY_MS);
}

static void offer(struct turn *turn, const char *body)
{
    struct room there;
    int64_t urgent = escalation_room_of(turn, turn->event->sender);
    bool has_room = urgent && room_get(turn->store, urgent, turn->arena, &there);
    const char *task = escalation_task_from_words(turn, body, &turn->room);
    struct json_object *values = values_new();
    json_set_bool(values, "there", has_room);
    if (has_room)
        values_add_room(turn, values, &there);
    const char *choices[] = { has_room ? escalation_from_words(turn, body, 0, &there) : task,
                              has_room ? task : NULL, NULL };
    escalation_meet_in_thread(turn);
    turn_ask(turn, (struct question){ .template_name = "escalation/hint",
                                      .values = values,
                                      .choices = choices,
                                      .later = has_room ? 2 : 1 });
}

bool escalation_hinted(struct turn *turn, const char *body)
{
    const struct event *event = turn->event;
    if (event->thread || event->reply || !escalation_is_cry(turn, body) ||
        lifecycle_may(turn, NULL, event->sender, WHO_MODERATOR) ||
        escalation_n_noted(turn, HINTED, turn->at_ms - DAY_MS) > 0 || n_hinted_here(turn) >= ROOM_DAY_MAX)
        return false;
    turn_note(turn, 0, turn->room.id, HINTED, NULL, 0);
    offer(turn, turn_without_slots(turn, body));
    return true;
}
