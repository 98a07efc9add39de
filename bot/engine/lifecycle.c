/* Where an act meets an item: its state, the person's rights, the habit's transition. */
#include <string.h>

#include "base/text.h"
#include "engine/command.h"
#include "engine/digest.h"
#include "engine/follow.h"
#include "engine/people.h"
#include "store/outbox.h"
#include "time/hours.h"
#include "time/when.h"

enum { MODERATOR_LEVEL = 50, RESCHEDULED_MAX = 256 };
/* method.md 2: 24 h are 8 working hours. */
enum { ANSWER_WITHIN_MS = 8 * 60 * 60 * 1000 };

bool lifecycle_is_open(const struct item *item)
{
    return item->habit->open_states & STATE(item->state);
}

bool lifecycle_knows(const struct item *item, enum act act, unsigned states)
{
    if (act == ACT_FOLLOW || act == ACT_MUTE)
        return item->habit->is_followed;
    for (const struct transition *row = item->habit->transitions; row->run; row++)
        if (row->on == act && (row->from & states) && row->who != WHO_ITSELF)
            return true;
    return false;
}

static bool is_moderator(struct turn *turn, int64_t room, const char *person)
{
    return turn_is_admin(turn, person) || room_level(turn->store, room, person) >= MODERATOR_LEVEL;
}

bool lifecycle_may(struct turn *turn, const struct item *item, const char *person, enum who who)
{
    if (who == WHO_ITSELF)
        return person == NULL;
    int64_t room = item ? item->room : turn->room.id;
    if (!person || !turn_has_joined(turn, room, person))
        return false;
    if (who == WHO_ANYBODY)
        return room_may_send(turn->store, room, person, "m.room.message", false);
    bool is_owner = item && strcmp(item->owner, person) == 0;
    bool is_author = item && (who == WHO_PARTY || who == WHO_HOLDER) && strcmp(item->author, person) == 0;
    return is_author || (is_owner && who != WHO_MODERATOR) ||
           (who != WHO_OWNER && who != WHO_HOLDER && is_moderator(turn, room, person));
}

const char *lifecycle_moderator(struct turn *turn, const struct item *item)
{
    struct person_list all = people_of_room(turn, NULL);
    for (size_t i = 0; i < all.n; i++)
        if (lifecycle_may(turn, item, all.ids[i], WHO_MODERATOR))
            return all.ids[i];
    return NULL;
}

/* Why it cannot be, in the habit's own words: sections named by the act and by the state. */
static void refuse(struct turn *turn, struct item *item, const struct act_request *request,
                   const char *template_name)
{
    const struct act_names *act = act_get(request->act);
    /* A tap is cheap and often idle: only what a person typed, or a tap that asks for something, is answered.
     */
    bool is_typed = request->door == DOOR_COMMAND || request->door == DOOR_WORD;
    if (!is_typed && !(request->door == DOOR_REACTION && request->act == ACT_EXTEND))
        return;
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set_bool(values, act ? act->name : "amend", true);
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, "foreign", !lifecycle_knows(item, request->act, EVERY_STATE));
    turn_answer(turn, arena_printf(turn->arena, "%s/%s", item->habit->folder, template_name), values);
}

/* Who follows it is told if it is another thing afterwards. */
static enum outcome run(struct turn *turn, struct item *item, const struct transition *row,
                        const struct act_request *request)
{
    struct item before = *item;
    /* Who acts on it has seen it: what was held to call them to it is moot. */
    if (request->person)
        outbox_withdraw_held(turn->store, item->id, request->person);
    enum outcome outcome = row->run(turn, item, request);
    unsigned alike = item->habit->alike_states;
    bool is_alike =
        item->state == before.state || (alike & STATE(item->state) && alike & STATE(before.state));
    if (!is_alike || item->deadline_ms != before.deadline_ms || strcmp(item->owner, before.owner) != 0)
        follow_tell(turn, item, request->person);
    return outcome;
}

enum outcome lifecycle_act(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_denied = false;
    struct act_request said = *request;
    /* "objection :" says no more than "objection". */
    said.text = text_has_words(request->text) ? request->text : "";
    request = &said;
    turn->about = item->id;
    /* From a direct message, the item still speaks its own room's language, with that room's names. */
    if (item->room != turn->room.id)
        turn_enter_room(turn, item->room);
    if (lifecycle_knows(item, request->act, EVERY_STATE) &&
        (request->act == ACT_FOLLOW || request->act == ACT_MUTE))
        return follow_act(turn, item, request);
    for (const struct transition *row = item->habit->transitions; row->run; row++) {
        if (row->on != request->act || !(row->from & STATE(item->state)))
            continue;
        if (lifecycle_may(turn, item, request->person, row->who))
            return run(turn, item, row, request);
        is_denied = true;
    }
    refuse(turn, item, request, is_denied ? "denied" : "not-now");
    return OUTCOME_DONE;
}

bool lifecycle_read_date(struct turn *turn, struct item *item, const struct act_request *request,
                         int64_t *at_ms_out)
{
    const char *command = command_shown_name(act_get(request->act)->names, turn->lang);
    struct when when = { .result = WHEN_NONE };
    if (*request->text)
        when = turn_read_when(turn, request->text);
    if (turn_is_to_come(turn, &when)) {
        *at_ms_out = when.at_ms;
        return true;
    }
    if (when.result == WHEN_NONE) {
        int64_t from_ms = item->deadline_ms > turn->now_ms ? item->deadline_ms : turn->now_ms;
        for (int64_t n = 1; n <= 2; n++)
            when.candidates[when.n_candidates++] =
                hours_add(turn->hours, turn->zone, from_ms, n * ANSWER_WITHIN_MS);
    }
    turn_ask_when(turn, &when,
                  arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn), command, item->name),
                  item->id);
    return false;
}

void lifecycle_reschedule(struct turn *turn, const char *person)
{
    int64_t ids[RESCHEDULED_MAX]; /* an item more than that keeps its hours */
    int64_t here = turn->room.id, about = turn->about;
    size_t n = 0;
    struct rows rows = store_rows(turn->store,
                                  "SELECT a.item FROM asked a JOIN item i ON i.id = a.item"
                                  " WHERE a.person = ?1 AND i.closed_ms IS NULL"
                                  " UNION SELECT item FROM talk_person WHERE person = ?1 ORDER BY 1 LIMIT ?2",
                                  "si", person, (int64_t)RESCHEDULED_MAX);
    while (rows_next(&rows))
        ids[n++] = rows_int(&rows, 0);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (item)
            lifecycle_act(
                turn, item,
                &(struct act_request){ .act = ACT_RESCHEDULE, .door = DOOR_CONSEQUENCE, .text = person });
    }
    turn->about = about;
    if (here)
        turn_enter_room(turn, here);
    digest_reschedule(turn, person);
}
