/* The task: whom it calls, and when: each in their own working hours, with the date in their own zone. */
#include <stdlib.h>
#include <string.h>

#include "commands/task_private.h"
#include "engine/absence.h"
#include "engine/follow.h"
#include "engine/moments.h"
#include "engine/personal.h"
#include "time/hours.h"

enum { HOUR_MS = 60 * 60 * 1000 };

/* --- What calls its owner next --- */

struct call {
    const char *person; /* NULL: nothing does */
    int64_t at_ms; /* not after now: it is due, and was not said yet */
    bool is_chosen; /* put off until then by the person: at any hour */
};

static const struct asked *find_asked(struct turn *turn, const struct item *item, const char *person)
{
    struct asked_list asked = item_asked(turn, item);
    return asked_find(&asked, person);
}

static bool is_objected(struct turn *turn, const struct item *item)
{
    return item_find_act(turn, item, item->owner, "object") != NULL;
}

/* The owner; where they have said that it cannot be, or have left, its author: whether it passes is theirs to know. */
static const char *whom_it_calls(struct turn *turn, const struct item *item, bool is_past)
{
    bool is_owners = room_has_joined(turn->store, item->room, item->owner) && !is_objected(turn, item);
    if (is_owners)
        return item->owner;
    bool has_author =
        strcmp(item->author, item->owner) != 0 && room_has_joined(turn->store, item->room, item->author);
    return is_past && has_author ? item->author : NULL;
}

/* Working days and working hours before its date, or before the close of work that comes before that. */
static int64_t reminder_ms(struct turn *turn, const struct item *item, const char *person,
                           const struct moment *moment)
{
    const char *hours = personal_hours(turn, person), *zone = personal_zone(turn, person);
    if (moment->n_hours)
        return hours_before(hours, zone, item->deadline_ms, moment->n_hours * (int64_t)HOUR_MS);
    return hours_days_before(hours, zone, hours_before(hours, zone, item->deadline_ms, 1) + 1,
                             moment->n_days);
}

/* Who got it, or another date for it, has it in mind: the first half of the time that they have is left to them. */
static bool is_too_soon(struct turn *turn, const struct item *item, const struct asked *owner, int64_t at_ms)
{
    int64_t given_ms = owner->asked_ms > item->changed_ms ? owner->asked_ms : item->changed_ms;
    return personal_work_between(turn, owner->person, given_ms, at_ms) <
           personal_work_between(turn, owner->person, at_ms, item->deadline_ms);
}

static int64_t put_off_ms(const struct item *item)
{
    return item->extra ? strtoll(item->extra, NULL, 10) : 0;
}

static int64_t next_reminder_ms(struct turn *turn, const struct item *item, const struct asked *owner)
{
    const char *reminders = turn_defaults(turn)->reminders;
    int64_t next_ms = item->deadline_ms;
    struct moments moments;
    (void)moments_parse(reminders ? reminders : MOMENTS_DEFAULT, &moments);
    for (int i = 0; i < moments.n; i++) {
        int64_t at_ms = reminder_ms(turn, item, owner->person, &moments.moments[i]);
        if (at_ms > owner->reminded_ms && at_ms < next_ms && !is_too_soon(turn, item, owner, at_ms))
            next_ms = at_ms;
    }
    return next_ms;
}

static struct call next_call(struct turn *turn, const struct item *item)
{
    static const struct call nobody;
    const struct asked *owner = find_asked(turn, item, item->owner);
    bool is_past = item->deadline_ms <= turn->now_ms;
    struct call call = { .person = whom_it_calls(turn, item, true) };
    if (!owner || !call.person || follow_is_muted(turn, item->id, call.person) ||
        absence_holds(turn, call.person))
        return nobody;
    int64_t until_ms = put_off_ms(item);
    if (until_ms > owner->reminded_ms) {
        call.at_ms = until_ms;
        call.is_chosen = true;
        return call;
    }
    bool is_owners = strcmp(call.person, item->owner) == 0;
    /* Asked first; that says by itself if the date has passed. */
    if (is_owners && !owner->asked_ms)
        return nobody;
    call.at_ms = is_past || !is_owners ? item->deadline_ms : next_reminder_ms(turn, item, owner);
    if (call.at_ms == item->deadline_ms) {
        if (owner->reminded_ms >= item->deadline_ms)
            return nobody;
        call.at_ms = personal_next_free_ms(turn, call.person, item->deadline_ms);
    }
    return call;
}

/* --- Timers --- */

static void set_timer(struct turn *turn, struct item *item, const char *what, int64_t at_ms)
{
    if (at_ms == ABSENCE_FOR_GOOD)
        item_remove_timer(turn, item, what);
    else if (!item_keeps_timer(turn, item, what, at_ms))
        item_set_timer(turn, item, what, at_ms, true);
}

/* Those who are still to be asked to take it: its owner, and who is to take it over. */
static struct person_list to_be_asked(struct turn *turn, const struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    struct person_list list = { .ids = arena_alloc(turn->arena, (asked.n + 1) * sizeof *list.ids) };
    for (size_t i = 0; i < asked.n; i++)
        if (!asked.people[i].asked_ms && !absence_holds(turn, asked.people[i].person) &&
            room_has_joined(turn->store, item->room, asked.people[i].person))
            list.ids[list.n++] = asked.people[i].person;
    return list;
}

static int64_t timer_ms(struct turn *turn, const struct call *call)
{
    if (call->is_chosen)
        return call->at_ms > turn->cause_ms ? call->at_ms : turn->cause_ms;
    return personal_next_call_from_ms(turn, call->person, call->at_ms);
}

void task_set_timers(struct turn *turn, struct item *item)
{
    int64_t ask_ms = ABSENCE_FOR_GOOD;
    struct person_list people = to_be_asked(turn, item);
    for (size_t i = 0; i < people.n; i++) {
        int64_t begins_ms = personal_next_call_ms(turn, people.ids[i]);
        ask_ms = begins_ms < ask_ms ? begins_ms : ask_ms;
    }
    struct call call = next_call(turn, item);
    set_timer(turn, item, "ask", ask_ms);
    set_timer(turn, item, "remind", call.person ? timer_ms(turn, &call) : ABSENCE_FOR_GOOD);
}

enum outcome task_reschedule(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    task_set_timers(turn, item);
    return OUTCOME_DONE;
}

void task_put_off(struct turn *turn, struct item *item, int64_t until_ms)
{
    item_set_extra(turn, item, until_ms ? arena_printf(turn->arena, "%lld", (long long)until_ms) : NULL);
}

/* --- Asking --- */

static void ask_one(struct turn *turn, struct item *item, const char *person)
{
    bool is_owner = strcmp(person, item->owner) == 0, is_past = item->deadline_ms <= turn->now_ms;
    struct json_object *values = task_basics(turn, item);
    json_set_bool(values, is_owner ? "ask" : "succeed", true);
    int64_t row =
        item_call(turn, item, "task/asked", values, person_list_of_one(turn, person), TASK_GUARD_ASK);
    item_note_asked_by(turn, item, person, row);
    /* It says by itself that its date has passed. */
    if (is_owner && is_past)
        item_note_reminded(turn, item, person);
}

void task_ask(struct turn *turn, struct item *item)
{
    struct person_list people = to_be_asked(turn, item);
    for (size_t i = 0; i < people.n; i++)
        if (personal_is_at_work(turn, people.ids[i]))
            ask_one(turn, item, people.ids[i]);
    task_set_timers(turn, item);
}

enum outcome task_ask_now(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    task_ask(turn, item);
    return OUTCOME_DONE;
}

/* --- Reminding --- */

static void call_one(struct turn *turn, struct item *item, const char *person)
{
    bool is_past = item->deadline_ms <= turn->now_ms;
    struct json_object *values = task_basics(turn, item);
    json_set_bool(values, is_past ? "past" : "before", true);
    json_set_bool(values, "yours_to_do", strcmp(person, item->owner) == 0);
    item_add_outage(turn, values);
    /* Now they work, or have chosen this moment. */
    item_call_as_asked(turn, item, "task/reminder", values, person, TASK_GUARD_REMIND);
    item_note_reminded(turn, item, item->owner);
}

enum outcome task_call_now(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct call call = next_call(turn, item);
    /* What came due while nobody could say it waits for their hours, as everything does that they did not choose. */
    if (call.person && call.at_ms <= turn->now_ms &&
        (call.is_chosen || personal_is_at_work(turn, call.person)))
        call_one(turn, item, call.person);
    task_set_timers(turn, item);
    return OUTCOME_DONE;
}

bool task_has_held(struct turn *turn, struct item *item, const char *person)
{
    const struct asked *row = find_asked(turn, item, person);
    if (!row || is_objected(turn, item) || follow_is_muted(turn, item->id, person))
        return false;
    if (!row->asked_ms)
        return true;
    bool is_past = item->deadline_ms <= turn->now_ms;
    int64_t at_ms = is_past ? item->deadline_ms : next_reminder_ms(turn, item, row);
    return strcmp(person, item->owner) == 0 && at_ms <= turn->now_ms && row->reminded_ms < at_ms;
}
