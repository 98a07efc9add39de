/* What else is said in an urgent room: met once, kindly, with what would make it urgent (method.md 2). */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "commands/task_private.h"
#include "engine/frame.h"
#include "engine/place.h"

/* One meeting: who goes on writing is not met again, but where the gate is firm. */
enum { MET_MS = 60 * 60 * 1000 };
static const int64_t counted_ms = INT64_C(30) * 24 * 60 * 60 * 1000;
enum { CRITERIA = 3 };
#define MET  "met"
#define GATE "escalation/gate"

/* Those who opened an escalation that is open here, have it, or were called to it, write about that. */
static bool has_business_here(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM item i LEFT JOIN asked a ON a.item = i.id AND a.person = ?2"
                     " WHERE i.room = ?1 AND i.prefix = ?3 AND i.closed_ms IS NULL"
                     " AND (i.owner = ?2 OR i.author = ?2 OR a.person IS NOT NULL)",
                     "iss", turn->room.id, person, habit_escalation.prefix);
}

/* How often who writes now was met here since then. */
static int64_t n_met_since(struct turn *turn, int64_t since_ms)
{
    return store_int(
        turn->store, 0,
        "SELECT count(*) FROM history WHERE item IS NULL AND room = ?1 AND person = ?2 AND what = ?3"
        " AND at_ms > ?4",
        "issi", turn->room.id, turn->event->sender, MET, since_ms);
}

static void note_met(struct turn *turn)
{
    turn_note(turn, 0, turn->room.id, MET, NULL, 0);
}

/* The escalation with this message as its impact, and that criterion: what a tap runs. */
static const char *escalate(struct turn *turn, const char *body, int criterion)
{
    return arena_printf(turn->arena, "%s%s %s\n%s: %d", turn_prefix(turn),
                        command_shown_name(command_urgent.names, turn->lang), body,
                        form_label(&escalation_form, "criterion", turn->lang), criterion);
}

/* "URGENT: who proofreads" is not urgent any more: it has a date. */
static const char *without_cry(struct turn *turn, const char *body)
{
    static const char *const cries[] = { "urgent", "urgence", "asap", "help", NULL };
    size_t len = strcspn(body, " :!,.\n");
    const char *rest = text_skip_space(body + len + strspn(body + len, " :!,."));
    bool is_cry = text_is_one_of(text_fold(turn->arena, arena_strndup(turn->arena, body, len)), cries);
    return is_cry && text_has_words(rest) ? rest : body;
}

/* The task that it becomes in that room, which leads back to where it was said. */
static const char *make_task(struct turn *turn, const char *body, const struct room *room)
{
    return arena_printf(turn->arena, "%s%s %s\n%s: %s\n%s: https://matrix.to/#/%s/%s", turn_prefix(turn),
                        command_shown_name(command_task.names, turn->lang), without_cry(turn, body),
                        form_label(&task_form, "room", turn->lang), room->room_id,
                        form_label(&task_form, "links", turn->lang), turn->room.room_id, turn->event->id);
}

static struct json_object *room_row(struct turn *turn, const struct room *room, size_t number)
{
    struct json_object *row = values_new();
    values_add_room(turn, row, room);
    json_set_str(row, "number", arena_printf(turn->arena, "%zu", number));
    return row;
}

/* What follows is said in a thread of its own: the room is for what is urgent. */
static void meet_in_thread(struct turn *turn)
{
    struct event *event = arena_alloc(turn->arena, sizeof *event);
    *event = *turn->event;
    event->thread = event->id;
    turn->event = event;
}

/* What it may be, in order: the criteria, then a task in a room of its author. */
static void ask_which(struct turn *turn, const char *text)
{
    const char *choices[CRITERIA + PLACES_OFFERED + 1] = { NULL };
    struct room rooms[PLACES_OFFERED];
    size_t n = place_of_work(turn, turn->event->sender, ESCALATION_ROOM, rooms);
    struct json_object *values = values_new(), *list = json_object_new_array(), *there = values_new();
    for (int i = 0; i < CRITERIA; i++)
        choices[i] = escalate(turn, text, i + 1);
    for (size_t i = 0; i < n; i++) {
        choices[CRITERIA + i] = make_task(turn, text, &rooms[i]);
        json_object_array_add(list, room_row(turn, &rooms[i], CRITERIA + i + 1));
    }
    int64_t n_met = frame_gate_is_firm(&turn->room) ? n_met_since(turn, turn->at_ms - counted_ms) : 0;
    json_set(there, "list", list);
    if (n_met > 1)
        json_set_int(values, "often", n_met);
    if (n)
        json_set(values, "rooms", json_object_get(there));
    json_object_put(there);
    meet_in_thread(turn);
    turn_ask(turn, (struct question){ .template_name = GATE,
                                      .values = values,
                                      .choices = choices,
                                      .later = n ? CRITERIA + 1 : 0 });
}

/* "it is an incident", where the gate asked which it is. */
static bool is_criterion(struct turn *turn, const char *body)
{
    enum { WORDS_CHARS_MAX = 40 };
    int criterion = text_chars(body) <= WORDS_CHARS_MAX ? escalation_read_criterion(turn, body) : 0;
    bool is_asked =
        criterion && turn->event->thread &&
        store_int(turn->store, 0,
                  "SELECT 1 FROM question q JOIN outbox o ON o.id = q.row WHERE q.person = ?1 AND q.room = ?2"
                  " AND q.thread = ?3 AND q.is_open = 1 AND o.template = ?4",
                  "siss", turn->event->sender, turn->room.id, turn->event->thread, GATE);
    return is_asked && dispatch_choose(turn, criterion);
}

bool escalation_overheard(struct turn *turn, const char *body)
{
    const struct event *event = turn->event;
    if (is_criterion(turn, body))
        return true;
    /* In a thread people talk about what is there; moderators know their room. */
    if (event->thread || event->reply || !text_has_words(body) ||
        lifecycle_may(turn, NULL, event->sender, WHO_MODERATOR) || has_business_here(turn, event->sender) ||
        (!frame_gate_is_firm(&turn->room) && n_met_since(turn, turn->at_ms - MET_MS) > 0))
        return false;
    note_met(turn);
    ask_which(turn, turn_without_slots(turn, body));
    return true;
}
