#include "engine/hand.h"

#include <string.h>

#include "engine/absence.h"
#include "engine/people.h"

/* What falls when the item is over. */
#define GUARD "open"

enum { SUBJECT_MAX = 120, REASON_MAX = 280 };

static struct json_object *basics(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    return values;
}

bool hand_waits_for(const struct item *item, const char *person)
{
    return item->successor && strcmp(item->successor, person) == 0;
}

void hand_forget(struct turn *turn, struct item *item)
{
    const char *person = item->successor;
    if (!person)
        return;
    item_set_successor(turn, item, NULL);
    item->habit->handing->unask(turn, item, person);
}

void hand_leave(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct json_object *values = basics(turn, item);
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, REASON_MAX));
    item_note(turn, item, "declined", request->person, reason);
    hand_forget(turn, item);
    struct person_list owner = person_list_of_one(turn, item->owner);
    (item->habit->is_urgent ? item_ping_now : item_ping)(turn, item, "hand/declined", values, owner, GUARD);
}

bool hand_heed_left(struct turn *turn, struct item *item, const char *person)
{
    if (!hand_waits_for(item, person))
        return false;
    item_note(turn, item, "left", person, 0);
    hand_forget(turn, item);
    return true;
}

/* --- To whom --- */

static const char *command_again(struct turn *turn, const struct item *item)
{
    return arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn),
                        command_shown_name(act_get(ACT_HAND_OVER)->names, turn->lang), item->name);
}

/* NULL: it was asked. */
static const char *read_successor(struct turn *turn, struct item *item, const char *text)
{
    const char *again = command_again(turn, item);
    if (!*text) {
        turn_ask(turn, (struct question){ .template_name = "hand/to-whom",
                                          .values = basics(turn, item),
                                          .completes = again,
                                          .item = item->id });
        return NULL;
    }
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit)
        people_ask(turn, &read, text, again);
    else if (read.people.n != 1)
        people_ask_for_one(turn, text, again);
    return !read.culprit && read.people.n == 1 ? read.people.ids[0] : NULL;
}

/* What is urgent does not wait for who is away. NULL: nothing is in the way. */
static const char *obstacle(struct turn *turn, const struct item *item, const char *person)
{
    if (turn_is_bot(turn, person))
        return "bot";
    if (strcmp(person, item->owner) == 0)
        return "same";
    return item->habit->is_urgent && absence_is_at(turn, person, turn->now_ms) ? "away" : NULL;
}

static void answer(struct turn *turn, const struct item *item, const char *person, const char *what)
{
    struct json_object *values = basics(turn, item);
    json_set(values, "person", values_person(turn, person));
    json_set_bool(values, what, true);
    turn_answer(turn, "hand/answer", values);
}

enum outcome hand_over(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *person = read_successor(turn, item, request->text);
    if (!person)
        return OUTCOME_DONE;
    const char *in_the_way = obstacle(turn, item, person);
    if (in_the_way) {
        answer(turn, item, person, in_the_way);
        return OUTCOME_DONE;
    }
    hand_forget(turn, item);
    if (strcmp(person, request->person) == 0) {
        item->habit->handing->take(turn, item, request);
        return OUTCOME_DONE;
    }
    item_note(turn, item, "handover", person, 0);
    item_set_successor(turn, item, person);
    item_ask(turn, item, person);
    item_show_card(turn, item);
    answer(turn, item, person, "asked");
    item->habit->handing->ask(turn, item, person);
    return OUTCOME_DONE;
}
