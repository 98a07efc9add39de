/* What else is said in an urgent room: met once, kindly, with what would make it urgent (method.md 2). */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"

enum { MET_MS = 60 * 60 * 1000 }; /* one meeting: who goes on writing is not met again */
#define MET "met"

/* Those who opened an escalation that is open here, have it, or were called to it, write about that. */
static bool has_business_here(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM item i LEFT JOIN asked a ON a.item = i.id AND a.person = ?2"
                     " WHERE i.room = ?1 AND i.prefix = ?3 AND i.closed_ms IS NULL"
                     " AND (i.owner = ?2 OR i.author = ?2 OR a.person IS NOT NULL)",
                     "iss", turn->room.id, person, habit_escalation.prefix);
}

static bool was_met(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM history WHERE item IS NULL AND room = ?1 AND person = ?2 AND what = ?3"
                     " AND at_ms > ?4",
                     "issi", turn->room.id, person, MET, turn->at_ms - MET_MS);
}

static void note_met(struct turn *turn)
{
    store_run(turn->store, "INSERT INTO history(room, at_ms, person, event, what) VALUES(?1, ?2, ?3, ?4, ?5)",
              "iisss", turn->room.id, turn->at_ms, turn->event->sender, turn->cause, MET);
}

/* The escalation with this message as its impact, and that criterion: what a tap runs. */
static const char *escalate(struct turn *turn, const char *body, int criterion)
{
    int lang = lang_index(turn->lang);
    const char *label = NULL;
    for (const struct form_field *field = escalation_form.fields; field->name; field++)
        if (strcmp(field->name, "criterion") == 0)
            label = field->labels[lang][0];
    return arena_printf(turn->arena, "%s%s %s\n%s: %d", turn_prefix(turn),
                        command_shown_name(command_urgent.names, turn->lang), body, label, criterion);
}

/* What follows is said in a thread of its own: the room is for what is urgent. */
static void meet_in_thread(struct turn *turn)
{
    struct event *event = arena_alloc(turn->arena, sizeof *event);
    *event = *turn->event;
    event->thread = event->id;
    turn->event = event;
}

bool escalation_overheard(struct turn *turn, const char *body)
{
    const struct event *event = turn->event;
    /* In a thread people talk about what is there; moderators know their room. */
    if (event->thread || event->reply || !text_has_words(body) ||
        lifecycle_may(turn, NULL, event->sender, WHO_MODERATOR) || has_business_here(turn, event->sender) ||
        was_met(turn, event->sender))
        return false;
    const char *text = turn_without_slots(turn, body);
    const char *choices[] = { escalate(turn, text, 1), escalate(turn, text, 2), escalate(turn, text, 3),
                              NULL };
    struct json_object *values = values_new();
    note_met(turn);
    meet_in_thread(turn);
    turn_ask(turn,
             (struct question){ .template_name = "escalation/gate", .values = values, .choices = choices });
    return true;
}
