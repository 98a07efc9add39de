/* The decision: its life, from the opening to the register (method.md 2). How it begins: decision_open.c. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision.h"
#include "engine/hours.h"
#include "engine/people.h"
#include "engine/when.h"
#include "store/inbox.h"

enum { HOLD_MS = 15 * 60 * 1000, CONTEST_MS = 7 * 24 * 60 * 60 * 1000 };

/* Small things that several acts need */

static const char *waits_guard(struct turn *turn, const char *person)
{
    return arena_printf(turn->arena, "waits %s", person);
}

static const char *objection_guard(struct turn *turn, const char *person)
{
    return arena_printf(turn->arena, "objection %s", person);
}

static struct json_object *basics(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), DECISION_SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    if (item->deadline_ms)
        json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    return values;
}

static void add_down(struct turn *turn, struct json_object *values)
{
    if (!turn->outage.to_ms)
        return;
    struct json_object *down = values_new();
    json_set(down, "from", values_time(turn, turn->outage.from_ms, NULL));
    json_set(down, "to", values_time(turn, turn->outage.to_ms, NULL));
    json_set(values, "down", down);
}

/* A line in the main timeline: what everybody in the room should know. */
static void announce(struct turn *turn, const struct item *item, const char *template_name,
                     struct json_object *values, const char *const *mentions)
{
    bool is_answer =
        turn->event && turn->event->kind == EVENT_MESSAGE && !turn->event->thread && !turn->answer_row;
    turn_say(turn, (struct say){ .step = template_name,
                                 .template_name = template_name,
                                 .values = values,
                                 .item = item->id,
                                 .reply = is_answer ? turn->origin : NULL,
                                 .mentions = mentions });
    turn->has_answered = turn->has_answered || is_answer;
}

/* A line in the item's thread that makes somebody's phone ring. */
static int64_t ping(struct turn *turn, const struct item *item, const char *template_name,
                    struct json_object *values, struct person_list people, const char *guard)
{
    const char **mentions = arena_alloc(turn->arena, (people.n + 1) * sizeof *mentions);
    memcpy(mentions, people.ids, people.n * sizeof *mentions);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    return turn_say(turn, (struct say){ .step = template_name,
                                        .template_name = template_name,
                                        .values = values,
                                        .item = item->id,
                                        .thread = item_thread(turn, item),
                                        .mentions = mentions,
                                        .guard = guard,
                                        .role = "ping" });
}

static struct person_list only(struct turn *turn, const char *person)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, sizeof *list.ids), .n = 1 };
    list.ids[0] = person;
    return list;
}

/* A typed command gets its one answer; a word or a tap is answered by the card. */
static void confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                    const char *what)
{
    if (request->door != DOOR_COMMAND)
        return;
    struct json_object *values = basics(turn, item);
    json_set_bool(values, what, true);
    if (lifecycle_is_open(item))
        json_set_int(values, "waiting", (int64_t)decision_waiting(turn, item).n);
    turn_answer(turn, "decision/noted", values);
}

static bool has_objections(struct turn *turn, const struct item *item)
{
    struct act_list positions = item_positions(turn, item);
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].what, "object") == 0)
            return true;
    return false;
}

struct person_list decision_waiting(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    struct act_list positions = item_positions(turn, item);
    struct person_list waiting = { .ids = arena_alloc(turn->arena, (asked.n + 1) * sizeof *waiting.ids) };
    for (size_t i = 0; i < asked.n; i++) {
        /* Who became the owner meanwhile settles it, and is not waited for. */
        bool has_spoken = asked.people[i].has_left || strcmp(asked.people[i].person, item->owner) == 0;
        for (size_t j = 0; j < positions.n; j++)
            has_spoken = has_spoken || strcmp(positions.rows[j].person, asked.people[i].person) == 0;
        if (!has_spoken)
            waiting.ids[waiting.n++] = asked.people[i].person;
    }
    return waiting;
}

int64_t decision_floor_ms(struct turn *turn)
{
    return hours_add(turn->hours, turn->zone, turn->now_ms, DECISION_FLOOR_MS);
}

/* The reminder: once, at the start of the last working day before the close (the closing day if work begins
 * before it), never on the day on which they were asked. */
static void set_reminder(struct turn *turn, struct item *item)
{
    int64_t at_ms = hours_last_day_start(turn->hours, item->deadline_zone, item->deadline_ms);
    int64_t asked_day = hours_day_of(item->deadline_zone, turn->now_ms);
    if (at_ms > turn->now_ms && hours_day_of(item->deadline_zone, at_ms) > asked_day)
        item_set_timer(turn, item, "remind", at_ms, true);
    else
        item_remove_timer(turn, item, "remind");
}

void decision_set_timers(struct turn *turn, struct item *item)
{
    item_set_timer(turn, item, "close", item->deadline_ms, true);
    set_reminder(turn, item);
}

static void close_as(struct turn *turn, struct item *item, int state)
{
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, NULL);
    item_set_state(turn, item, state);
    item_show_card(turn, item);
}

/* Positions */

static enum outcome take_position(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *what = act_get(request->act)->name;
    const struct act_row *now = item_position_of(turn, item, request->person);
    if (now && strcmp(now->what, "object") == 0) {
        /* A later 👍 does not lift one's objection; taking it back does. */
        if (request->door == DOOR_COMMAND || request->door == DOOR_WORD)
            turn_answer(turn, "decision/objection-stands", basics(turn, item));
        return OUTCOME_DONE;
    }
    if (!now || strcmp(now->what, what) != 0)
        item_add_act(turn, item, request->person, what, 0);
    item_forget_pings(turn, item, waits_guard(turn, request->person));
    item_show_card(turn, item);
    confirm(turn, item, request, what);
    return OUTCOME_DONE;
}

/* The owner hears of an objection once its reason is known. */
static void tell_owner(struct turn *turn, struct item *item, const struct act_request *request,
                       int64_t reason)
{
    if (strcmp(item->owner, request->person) == 0)
        return;
    struct json_object *values = basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    ping(turn, item, "decision/objected", values, only(turn, item->owner),
         objection_guard(turn, request->person));
}

static void ask_reason(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct json_object *values = basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    int64_t row = ping(turn, item, "decision/why", values, only(turn, request->person),
                       arena_printf(turn->arena, "reason %s", request->person));
    turn_ask(turn, (struct question){ .row = row,
                                      .person = request->person,
                                      .completes = arena_printf(turn->arena, "%sobject %s %%s",
                                                                turn_prefix(turn), item->name),
                                      .item = item->id });
}

static enum outcome object(struct turn *turn, struct item *item, const struct act_request *request)
{
    const struct act_row *now = item_position_of(turn, item, request->person);
    bool stands = now && strcmp(now->what, "object") == 0, was_told = stands && now->text;
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    if (!stands)
        item_add_act(turn, item, request->person, "object", reason);
    else if (reason)
        act_set_text(turn, now->id, reason);
    item_forget_pings(turn, item, waits_guard(turn, request->person));
    if (reason)
        item_forget_pings(turn, item, arena_printf(turn->arena, "reason %s", request->person));
    if (item->state == DECISION_OPEN)
        item_set_state(turn, item, DECISION_BLOCKED);
    if (!stands || reason)
        item_show_card(turn, item);
    confirm(turn, item, request, "object");
    /* Another reason later is read on the card: nobody is pinged twice for one objection. */
    if (reason && !was_told)
        tell_owner(turn, item, request, reason);
    else if (!reason && !stands)
        ask_reason(turn, item, request);
    return OUTCOME_DONE;
}

/* The last objection is gone. After the deadline it takes a new one: one floor later, said on the card. */
static void unblock(struct turn *turn, struct item *item)
{
    item_set_state(turn, item, DECISION_OPEN);
    if (item->deadline_ms <= turn->now_ms) {
        item_set_deadline(turn, item, decision_floor_ms(turn), NULL, turn->zone);
        decision_set_timers(turn, item);
    }
}

static enum outcome withdraw(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t n = item_take_back(turn, item, request->person, request->event);
    if (!n && request->door == DOOR_COMMAND) {
        turn_answer(turn, "decision/nothing-taken", basics(turn, item));
        return OUTCOME_DONE;
    }
    if (!n)
        return OUTCOME_DONE;
    item_forget_pings(turn, item, arena_printf(turn->arena, "reason %s", request->person));
    item_forget_pings(turn, item, objection_guard(turn, request->person));
    if (item->state == DECISION_BLOCKED && !has_objections(turn, item))
        unblock(turn, item);
    if (!lifecycle_is_open(item) && !has_objections(turn, item))
        item_set_extra(turn, item, NULL);
    item_show_card(turn, item);
    confirm(turn, item, request, "withdraw");
    return OUTCOME_DONE;
}

/* After the close: within 7 days it marks the decision as contested; later it offers to reopen. */
static enum outcome contest(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct json_object *values = basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    if (turn->now_ms - item->closed_ms > CONTEST_MS) {
        turn_answer(turn, "decision/too-late", values);
        return OUTCOME_DONE;
    }
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    const struct act_row *now = item_position_of(turn, item, request->person);
    bool stands = item->extra && now && strcmp(now->what, "object") == 0;
    if (!stands)
        item_add_act(turn, item, request->person, "object", reason);
    else if (reason)
        act_set_text(turn, now->id, reason);
    item_set_extra(turn, item, "contested");
    if (!stands || reason)
        item_show_card(turn, item);
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    /* The owner hears at once that it is contested; a reason that comes later is read on the card. */
    if (!stands && strcmp(item->owner, request->person) != 0)
        ping(turn, item, "decision/contested", values, only(turn, item->owner), NULL);
    else
        json_object_put(values);
    confirm(turn, item, request, "object");
    if (!reason && !stands)
        ask_reason(turn, item, request);
    return OUTCOME_DONE;
}

/* Endings by people */

/* Those whose position is that; the owner needs no telling of what the owner does. */
static struct person_list people_who(struct turn *turn, const struct item *item, const char *what)
{
    struct act_list positions = item_positions(turn, item);
    struct person_list people = { .ids = arena_alloc(turn->arena, (positions.n + 1) * sizeof *people.ids) };
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].what, what) == 0 && strcmp(positions.rows[i].person, item->owner) != 0)
            people.ids[people.n++] = positions.rows[i].person;
    return people;
}

/* Those who agreed to another text than the one decided. */
static struct person_list agreed_to_another(struct turn *turn, struct item *item, const char *sentence)
{
    int64_t proposal = item_field(turn, item, "proposal");
    const char *text = text_get(turn, proposal ? proposal : item_field(turn, item, "subject"));
    bool is_same = text && strcmp(text_fold(turn->arena, text), text_fold(turn->arena, sentence)) == 0;
    struct person_list nobody = { 0 };
    return is_same ? nobody : people_who(turn, item, "agree");
}

static enum outcome settle(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!*request->text) {
        turn_ask(turn, (struct question){ .template_name = "decision/settle-how",
                                          .values = basics(turn, item),
                                          .completes = arena_printf(turn->arena, "%ssettle %s %%s",
                                                                    turn_prefix(turn), item->name),
                                          .item = item->id });
        return OUTCOME_DONE;
    }
    int64_t sentence = text_add(turn, request->person, request->text);
    struct person_list others = agreed_to_another(turn, item, request->text);
    item_set_field(turn, item, "decision", sentence);
    item_note(turn, item, "settled", NULL, sentence);
    close_as(turn, item, DECISION_SETTLED);
    struct json_object *values = basics(turn, item);
    json_set(values, "decision", values_text(sentence, DECISION_VALUE_MAX));
    if (others.n)
        json_set(values, "changed", values_people(turn, others.ids, others.n));
    const char **mentions = arena_alloc(turn->arena, (others.n + 1) * sizeof *mentions);
    if (others.n)
        memcpy(mentions, others.ids, others.n * sizeof *mentions);
    announce(turn, item, "decision/settled", values, mentions);
    return OUTCOME_DONE;
}

static enum outcome cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t reason = *request->text ? text_add(turn, request->person, request->text) : 0;
    if (reason)
        item_set_field(turn, item, "cancel_reason", reason);
    item_note(turn, item, "cancelled", NULL, reason);
    close_as(turn, item, DECISION_CANCELLED);
    struct json_object *values = basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    json_set(values, "reason", values_text(reason, DECISION_VALUE_MAX));
    announce(turn, item, "decision/cancelled", values, NULL);
    return OUTCOME_DONE;
}

/* A date for extend and reopen. False: it was asked, or refused in words. */
static bool read_new_date(struct turn *turn, struct item *item, const struct act_request *request,
                          int64_t *at_ms)
{
    const char *command = command_shown_name(act_get(request->act)->names, turn->lang);
    struct when when = { .result = WHEN_NONE };
    if (*request->text)
        when = turn_read_when(turn, request->text);
    if (when.result == WHEN_AT && when.at_ms > turn->now_ms) {
        *at_ms = when.at_ms;
        return true;
    }
    if (when.result == WHEN_AT)
        when = (struct when){ .result = WHEN_ERROR, .fault = WHEN_PAST, .phrase = when.phrase };
    if (when.result == WHEN_NONE) {
        int64_t from_ms = item->deadline_ms > turn->now_ms ? item->deadline_ms : turn->now_ms;
        when.candidates[when.n_candidates++] = hours_add(turn->hours, turn->zone, from_ms, DECISION_FLOOR_MS);
        when.candidates[when.n_candidates++] =
            hours_add(turn->hours, turn->zone, from_ms, 2 * (int64_t)DECISION_FLOOR_MS);
    }
    turn_ask_when(turn, &when,
                  arena_printf(turn->arena, "%s%s %s %%s", turn_prefix(turn), command, item->name), item->id);
    return false;
}

static enum outcome extend(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms;
    if (!read_new_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    if (at_ms <= item->deadline_ms) {
        turn_answer(turn, "decision/earlier", basics(turn, item));
        return OUTCOME_DONE;
    }
    item_set_deadline(turn, item, at_ms, NULL, turn->zone);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    turn_answer(turn, "decision/extended", basics(turn, item));
    return OUTCOME_DONE;
}

/* Everybody who is still waited for is asked again, in the thread. */
static void ask_again(struct turn *turn, struct item *item, const char *template_name)
{
    struct person_list waiting = decision_waiting(turn, item);
    struct json_object *values = basics(turn, item);
    if (waiting.n)
        ping(turn, item, template_name, values, waiting, GUARD_OPEN);
    else
        json_object_put(values);
}

static enum outcome reopen(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t at_ms = decision_floor_ms(turn);
    if (*request->text && !read_new_date(turn, item, request, &at_ms))
        return OUTCOME_DONE;
    item_set_extra(turn, item, NULL);
    item_set_state(turn, item, has_objections(turn, item) ? DECISION_BLOCKED : DECISION_OPEN);
    item_set_deadline(turn, item, at_ms, NULL, turn->zone);
    item_note(turn, item, "reopened", NULL, 0);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    turn_answer(turn, "decision/reopened", basics(turn, item));
    ask_again(turn, item, "decision/asked-again");
    return OUTCOME_DONE;
}

/* Changes */

static struct person_list both(struct turn *turn, struct person_list a, struct person_list b)
{
    struct person_list all = { .ids = arena_alloc(turn->arena, (a.n + b.n + 1) * sizeof *all.ids),
                               .n = a.n + b.n };
    memcpy(all.ids, a.ids, a.n * sizeof *all.ids);
    memcpy(all.ids + a.n, b.ids, b.n * sizeof *all.ids);
    return all;
}

/* What somebody agreed to is another text now: they are asked again, with time to answer. */
static void ask_again_from_now(struct turn *turn, struct item *item)
{
    item_take_back_all(turn, item, "agree");
    /* As much working time as the first announcement gave, and never less than was left. */
    int64_t given_ms = hours_between(turn->hours, turn->zone, item->opened_ms, item->deadline_ms);
    if (given_ms < DECISION_FLOOR_MS)
        given_ms = DECISION_FLOOR_MS;
    int64_t at_ms = hours_add(turn->hours, turn->zone, turn->now_ms, given_ms);
    if (at_ms > item->deadline_ms) {
        item_set_deadline(turn, item, at_ms, NULL, turn->zone);
        decision_set_timers(turn, item);
    }
}

void decision_text_changed(struct turn *turn, struct item *item)
{
    struct person_list agreed = people_who(turn, item, "agree"), objectors = people_who(turn, item, "object");
    item_set_changed(turn, item);
    if (agreed.n)
        ask_again_from_now(turn, item);
    if (agreed.n + objectors.n == 0)
        return;
    struct json_object *values = basics(turn, item);
    json_set(values, "proposal", values_text(item_field(turn, item, "proposal"), DECISION_VALUE_MAX));
    if (agreed.n)
        json_set(values, "agreed", values_people(turn, agreed.ids, agreed.n));
    if (objectors.n)
        json_set(values, "objectors", values_people(turn, objectors.ids, objectors.n));
    ping(turn, item, "decision/changed", values, both(turn, agreed, objectors), GUARD_OPEN);
}

static enum outcome change_owner(struct turn *turn, struct item *item, const char *name)
{
    struct people_read read = people_read(turn, name, NULL);
    if (!read.culprit && read.people.n != 1)
        read.culprit = name;
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return OUTCOME_DONE;
    }
    item_set_owner(turn, item, read.people.ids[0]);
    ping(turn, item, "decision/owner", basics(turn, item), read.people, GUARD_OPEN);
    return OUTCOME_DONE;
}

static void ask_more(struct turn *turn, struct item *item, const char *names)
{
    struct people_read read = people_read(turn, names, item->owner);
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return;
    }
    struct person_list added = { .ids = arena_alloc(turn->arena, (read.people.n + 1) * sizeof *added.ids) };
    for (size_t i = 0; i < read.people.n; i++)
        if (!item_is_asked(turn, item, read.people.ids[i]))
            added.ids[added.n++] = read.people.ids[i];
    for (size_t i = 0; i < added.n; i++)
        item_ask(turn, item, added.ids[i]);
    if (added.n == 0)
        return;
    int64_t row = ping(turn, item, "decision/asked", basics(turn, item), added, GUARD_OPEN);
    for (size_t i = 0; i < added.n; i++)
        item_note_asked_by(turn, item, added.ids[i], row);
}

static enum outcome amend(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_owner = strcmp(item->owner, request->person) == 0, is_real = false;
    for (size_t i = 0; i < request->fields->n; i++) {
        const char *name = request->fields->names[i], *value = request->fields->values[i];
        if (strcmp(name, "owner") == 0) {
            change_owner(turn, item, value);
        } else if (!is_owner) {
            struct json_object *values = basics(turn, item);
            json_set_bool(values, "amend", true);
            turn_answer(turn, "decision/denied", values);
            return OUTCOME_DONE;
        } else if (strcmp(name, "deadline") == 0) {
            extend(turn, item,
                   &(struct act_request){
                       .act = ACT_EXTEND, .door = request->door, .person = request->person, .text = value });
        } else if (strcmp(name, "asked") == 0) {
            ask_more(turn, item, value);
        } else {
            is_real = is_real || ((strcmp(name, "proposal") == 0 || strcmp(name, "subject") == 0) &&
                                  item_positions(turn, item).n > 0);
            item_set_field(turn, item, name, text_add(turn, request->person, value));
        }
    }
    if (is_real)
        decision_text_changed(turn, item);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}

static void opening_redacted(struct turn *turn, struct item *item)
{
    struct json_object *values = basics(turn, item);
    int64_t row = ping(turn, item, "decision/confirm-cancel", values, only(turn, item->owner), GUARD_OPEN);
    const char *choices[] = { arena_printf(turn->arena, "%scancel %s", turn_prefix(turn), item->name), NULL };
    turn_ask(turn,
             (struct question){ .row = row, .person = item->owner, .choices = choices, .item = item->id });
}

/* What time does */

/* Nothing is adopted on silence that the bot may not have heard: an event of this room that could not be
 * handled holds the closing once; then the owner decides. */
static bool is_held(struct turn *turn, struct item *item)
{
    if (inbox_n_aside_since(turn->store, item->room, item->opened_ms) == 0)
        return false;
    if (turn->now_ms < item->deadline_ms + HOLD_MS) {
        item_set_timer(turn, item, "close", item->deadline_ms + HOLD_MS, true);
        return true;
    }
    struct json_object *values = basics(turn, item);
    json_set_bool(values, "unreadable", true);
    ping(turn, item, "decision/yours", values, only(turn, item->owner), NULL);
    return true;
}

static enum outcome not_adopted(struct turn *turn, struct item *item, const char *why)
{
    item_note(turn, item, "not adopted", why, 0);
    close_as(turn, item, DECISION_NOT_ADOPTED);
    struct json_object *values = basics(turn, item);
    json_set_bool(values, why, true);
    add_down(turn, values);
    ping(turn, item, "decision/yours", values, only(turn, item->owner), NULL);
    return OUTCOME_DONE;
}

/* Their silence is no agreement; a question that is still on its way came too late. */
static void note_unreached(struct turn *turn, struct item *item, const struct asked_list *asked)
{
    for (size_t i = 0; i < asked->n; i++)
        if (!asked->people[i].has_left && !asked->people[i].is_reached) {
            item_note_asked_by(turn, item, asked->people[i].person, 0);
            item_note(turn, item, "not reached", asked->people[i].person, 0);
        }
}

static enum outcome close_by_silence(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    if (is_held(turn, item))
        return OUTCOME_DONE;
    struct asked_list asked = item_asked(turn, item);
    size_t n_here = 0, n_reached = 0;
    for (size_t i = 0; i < asked.n; i++) {
        n_here += !asked.people[i].has_left;
        n_reached += !asked.people[i].has_left && asked.people[i].is_reached;
    }
    if (n_here == 0)
        return not_adopted(turn, item, "all_left");
    if (n_reached == 0)
        return not_adopted(turn, item, "unreached");
    note_unreached(turn, item, &asked);
    item_note(turn, item, "adopted", NULL, 0);
    close_as(turn, item, DECISION_ADOPTED);
    struct json_object *values = basics(turn, item);
    add_down(turn, values);
    announce(turn, item, "decision/adopted", values, NULL);
    return OUTCOME_DONE;
}

static enum outcome deadline_while_blocked(struct turn *turn, struct item *item,
                                           const struct act_request *request)
{
    (void)request;
    item_note(turn, item, "blocked at the deadline", NULL, 0);
    item_show_card(turn, item);
    struct json_object *values = basics(turn, item);
    struct act_list positions = item_positions(turn, item);
    const char **objectors = arena_alloc(turn->arena, (positions.n + 1) * sizeof *objectors);
    size_t n = 0;
    for (size_t i = 0; i < positions.n; i++) {
        if (strcmp(positions.rows[i].what, "object") != 0)
            continue;
        objectors[n++] = positions.rows[i].person;
        /* This message names the objection: one that was still to be told is not told beside it. */
        item_forget_pings(turn, item, objection_guard(turn, positions.rows[i].person));
    }
    json_set(values, "objectors", values_people(turn, objectors, n));
    json_set_bool(values, "blocked", true);
    add_down(turn, values);
    ping(turn, item, "decision/yours", values, only(turn, item->owner), GUARD_OPEN);
    return OUTCOME_DONE;
}

static enum outcome remind(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct person_list waiting = decision_waiting(turn, item);
    if (waiting.n == 0 || item->deadline_ms <= turn->now_ms)
        return OUTCOME_DONE;
    for (size_t i = 0; i < waiting.n; i++)
        item_note_reminded(turn, item, waiting.ids[i]);
    /* One message for all of them: who speaks before it leaves is not pinged if they were the only one waited
     * for. */
    const char *guard = waiting.n == 1 ? waits_guard(turn, waiting.ids[0]) : GUARD_OPEN;
    ping(turn, item, "decision/reminder", basics(turn, item), waiting, guard);
    return OUTCOME_DONE;
}

static enum outcome somebody_left(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (item_is_asked(turn, item, request->text)) {
        item_note_left(turn, item, request->text);
        item_forget_pings(turn, item, waits_guard(turn, request->text));
        item_show_card(turn, item);
    }
    if (strcmp(item->owner, request->text) != 0)
        return OUTCOME_DONE;
    struct person_list all = people_of_room(turn, NULL);
    for (size_t i = 0; i < all.n; i++)
        if (lifecycle_may(turn, item, all.ids[i], WHO_MODERATOR)) {
            ping(turn, item, "decision/owner-left", basics(turn, item), only(turn, all.ids[i]), GUARD_OPEN);
            break;
        }
    return OUTCOME_DONE;
}

/* The bot was out of the room: what passed meanwhile was not listened for. */
static enum outcome bot_returned(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    if (item->deadline_ms > turn->now_ms)
        return OUTCOME_DONE;
    item_set_deadline(turn, item, decision_floor_ms(turn), NULL, turn->zone);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "back %s", item->name),
                                 .template_name = "decision/back",
                                 .values = basics(turn, item),
                                 .item = item->id });
    return OUTCOME_DONE;
}

enum {
    LIVE = STATE(DECISION_OPEN) | STATE(DECISION_BLOCKED),
    IN_FORCE = STATE(DECISION_ADOPTED) | STATE(DECISION_SETTLED),
    ENDED = IN_FORCE | STATE(DECISION_NOT_ADOPTED) | STATE(DECISION_CANCELLED),
};

static const struct transition transitions[] = {
    /* from                                who                     do                     */
    { LIVE, ACT_AGREE, WHO_ANYBODY, take_position },
    { LIVE, ACT_ABSTAIN, WHO_ANYBODY, take_position },
    { LIVE, ACT_OBJECT, WHO_ANYBODY, object },
    { IN_FORCE, ACT_OBJECT, WHO_ANYBODY, contest },
    { LIVE | IN_FORCE, ACT_WITHDRAW, WHO_ANYBODY, withdraw },
    { LIVE | STATE(DECISION_NOT_ADOPTED), ACT_SETTLE, WHO_OWNER, settle },
    { LIVE, ACT_EXTEND, WHO_OWNER, extend },
    { LIVE | STATE(DECISION_NOT_ADOPTED), ACT_CANCEL, WHO_OWNER_OR_MODERATOR, cancel },
    { ENDED, ACT_REOPEN, WHO_OWNER_OR_MODERATOR, reopen },
    { LIVE, ACT_AMEND, WHO_OWNER_OR_MODERATOR, amend },
    { STATE(DECISION_OPEN), ACT_DEADLINE, WHO_ITSELF, close_by_silence },
    { STATE(DECISION_BLOCKED), ACT_DEADLINE, WHO_ITSELF, deadline_while_blocked },
    { LIVE, ACT_REMIND, WHO_ITSELF, remind },
    { LIVE, ACT_LEFT, WHO_ITSELF, somebody_left },
    { LIVE, ACT_RETURNED, WHO_ITSELF, bot_returned },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[DECISION_STATES] = {
    [DECISION_OPEN] = "open",
    [DECISION_BLOCKED] = "blocked",
    [DECISION_ADOPTED] = "adopted",
    [DECISION_SETTLED] = "settled",
    [DECISION_NOT_ADOPTED] = "not_adopted",
    [DECISION_CANCELLED] = "cancelled",
};

const struct habit habit_decision = {
    .prefix = "DEC",
    .folder = "decision",
    .form = &decision_form,
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = DECISION_STATES,
    .card = decision_card,
    .record = decision_record,
    .opening_edited = decision_opening_edited,
    .opening_redacted = opening_redacted,
};
