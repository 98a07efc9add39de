/* The escalation once it is solved: three lines, asked of who had it until they are there (method.md 2). */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/absence.h"
#include "engine/link.h"
#include "engine/personal.h"
#include "engine/pin.h"

enum {
    RECAPS_MAX = 5, /* working days on which the recap is asked for */
    LINE_MAX_CHARS = 900, /* shown of each line; three of them make a message, whatever signs they are of */
    RECAP_AGAIN_MS = 16 * 60 * 60 * 1000, /* never twice on one day */
};

static const char *const recap_fields[] = { "happened", "done", "next" };
enum { RECAP_LINES = sizeof recap_fields / sizeof recap_fields[0] };

void escalation_add_recap(struct turn *turn, const struct item *item, struct json_object *values)
{
    for (size_t i = 0; i < RECAP_LINES; i++)
        json_set(values, recap_fields[i],
                 values_text(item_field(turn, item, recap_fields[i]), LINE_MAX_CHARS));
}

void escalation_forget_recap(struct turn *turn, struct item *item)
{
    for (size_t i = 0; i < RECAP_LINES; i++)
        item_clear_field(turn, item, recap_fields[i]);
}

void escalation_set_recap(struct turn *turn, struct item *item, int64_t from_ms)
{
    int64_t at_ms = personal_next_call_from_ms(turn, item->owner, from_ms);
    if (at_ms != ABSENCE_FOR_GOOD)
        item_set_timer(turn, item, TIMER_RECAP, at_ms, true);
}

static void add_lines(struct turn *turn, const struct item *item, struct json_object *values)
{
    for (size_t i = 0; i < RECAP_LINES; i++)
        json_set_bool(values, arena_printf(turn->arena, "%s_missing", recap_fields[i]),
                      item_field(turn, item, recap_fields[i]) == 0);
}

static struct question recap_question(struct turn *turn, const struct item *item)
{
    return (struct question){ .completes = arena_printf(turn->arena, "%srecap %s " TURN_SLOT,
                                                        turn_prefix(turn), item->name),
                              .person = item->owner,
                              .item = item->id };
}

/* The timer: on a working day of who has it; whoever reported it is asked if they are gone. */
enum outcome escalation_ask_recap(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct escalation escalation = escalation_of(item);
    if (!room_has_joined(turn->store, item->room, item->owner))
        item_set_owner(turn, item, item->author);
    if (!personal_is_at_work(turn, item->owner)) {
        escalation_set_recap(turn, item, turn->cause_ms);
        return OUTCOME_DONE;
    }
    escalation.n_checks++;
    escalation_keep(turn, item, &escalation);
    item_note(turn, item, "recap", item->owner, 0);
    struct json_object *values = escalation_basics(turn, item);
    add_lines(turn, item, values);
    json_set(values, "kept", link_place_value(turn, item));
    struct question question = recap_question(turn, item);
    question.row = item_ping(turn, item, "escalation/recap-ask", values,
                             person_list_of_one(turn, item->owner), GUARD_CHECK);
    turn_ask(turn, question);
    if (escalation.n_checks < RECAPS_MAX)
        escalation_set_recap(turn, item, turn->now_ms + RECAP_AGAIN_MS);
    return OUTCOME_DONE;
}

/* Each line goes to the first that is missing; what is more than three stands with the last. Returns how many are there. */
static size_t keep_lines(struct turn *turn, struct item *item, const char *person, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < RECAP_LINES; i++) {
        if (item_field(turn, item, recap_fields[i])) {
            n++;
            continue;
        }
        text = text_skip_space(text);
        size_t len = i + 1 < RECAP_LINES ? strcspn(text, "\n") : strlen(text);
        const char *line = text_trim(turn->arena, arena_strndup(turn->arena, text, len));
        if (!text_has_words(line))
            break;
        item_set_field(turn, item, recap_fields[i], text_add(turn, person, line));
        text += len;
        n++;
    }
    return n;
}

enum outcome escalation_recap(struct turn *turn, struct item *item, const struct act_request *request)
{
    size_t n = keep_lines(turn, item, request->person, request->text);
    struct json_object *values = escalation_basics(turn, item);
    if (n < RECAP_LINES) {
        add_lines(turn, item, values);
        struct question question = recap_question(turn, item);
        question.person = request->person;
        question.template_name = "escalation/recap-more";
        question.values = values;
        turn_ask(turn, question);
        return OUTCOME_DONE;
    }
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, NULL);
    item_set_state(turn, item, ESCALATION_CLOSED);
    pin_forget_rest(turn, item);
    item_note(turn, item, "closed", NULL, 0);
    item_show_card(turn, item);
    escalation_add_recap(turn, item, values);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "kept", link_place_value(turn, item));
    item_announce(turn, item, "escalation/recap", values, NULL);
    escalation_bring_recap(turn, item);
    return OUTCOME_DONE;
}
