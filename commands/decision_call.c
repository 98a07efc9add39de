/* The decision: whom it calls, and when: each in their own working hours, with the date in their own zone (method.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/follow.h"
#include "engine/personal.h"
#include "store/outbox.h"
#include "time/hours.h"

/* --- A call: a message in the thread for those of one zone --- */

/* Reminders have a guard of their own in each zone, so that each can be withdrawn and said anew (decision_spare). */
static const char *guard_of(struct turn *turn, const struct item *item, const char *guard, const char *zone)
{
    bool is_announced = strcmp(zone, item->deadline_zone) == 0 || strcmp(guard, GUARD_OPEN) == 0;
    return is_announced ? guard : arena_printf(turn->arena, "%s %s", guard, zone);
}

static int64_t call(struct turn *turn, const struct item *item, const char *template_name,
                    struct person_list people, const char *guard)
{
    const char *zone = item_date_zone(turn, item, people.ids[0]);
    struct json_object *values = decision_basics(turn, item);
    json_set(values, "work", decision_work_of(turn, item, people));
    return item_call(turn, item, template_name, values, people, guard_of(turn, item, guard, zone));
}

/* Takes those who read the date in the zone of the first of them. */
static struct person_list take_zone(struct turn *turn, const struct item *item, struct person_list *people)
{
    struct person_list group = { .ids = arena_alloc(turn->arena, people->n * sizeof *group.ids) };
    const char *zone = item_date_zone(turn, item, people->ids[0]);
    size_t n_left = 0;
    for (size_t i = 0; i < people->n; i++) {
        if (strcmp(item_date_zone(turn, item, people->ids[i]), zone) == 0)
            group.ids[group.n++] = people->ids[i];
        else
            people->ids[n_left++] = people->ids[i];
    }
    people->n = n_left;
    return group;
}

typedef void called_fn(struct turn *turn, struct item *item, const char *person, int64_t row);

static void call_all(struct turn *turn, struct item *item, const char *template_name,
                     struct person_list people, const char *guard, called_fn *called)
{
    while (people.n) {
        struct person_list group = take_zone(turn, item, &people);
        int64_t row = call(turn, item, template_name, group, guard);
        for (size_t i = 0; i < group.n; i++)
            called(turn, item, group.ids[i], row);
    }
}

/* --- Who is to be called when --- */

/* At the start of that person's last working day before the close, never on the day on which they were asked; 0: they need
 * no reminder, or want none. */
static int64_t reminder_ms(struct turn *turn, const struct item *item, const struct asked *asked)
{
    const char *zone = personal_zone(turn, asked->person);
    int64_t at_ms = hours_last_day_start(personal_hours(turn, asked->person), zone, item->deadline_ms);
    at_ms = personal_next_free_ms(turn, asked->person, at_ms);
    bool is_another_day = hours_day_of(zone, at_ms) > hours_day_of(zone, asked->asked_ms);
    bool is_due = asked->asked_ms && is_another_day && asked->reminded_ms < at_ms;
    return is_due && !follow_is_muted(turn, item->id, asked->person) ? at_ms : 0;
}

static void set_timer(struct turn *turn, struct item *item, const char *what, int64_t at_ms)
{
    if (at_ms < item->deadline_ms)
        item_set_timer(turn, item, what, at_ms, true);
    else
        item_remove_timer(turn, item, what);
}

/* One timer of each kind, for the next who is to be called; when it has fired, for the one after. A timer's turn goes on from
 * the instant at which it was due, however late it is: the same people are called by the same causes, so that a store that
 * was put back finds what was said to them. */
static void set_calls(struct turn *turn, struct item *item)
{
    int64_t ask_ms = INT64_MAX, remind_ms = INT64_MAX;
    int64_t from_ms = turn->event ? turn->now_ms + 1 : turn->cause_ms;
    struct person_list waiting = decision_waiting(turn, item);
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < waiting.n; i++) {
        const struct asked *person = asked_find(&asked, waiting.ids[i]);
        if (absence_holds(turn, person->person))
            continue; /* called when they are back */
        int64_t begins_ms = person->asked_ms ? INT64_MAX : personal_next_call_ms(turn, person->person);
        int64_t reminded_ms = reminder_ms(turn, item, person);
        ask_ms = begins_ms < ask_ms ? begins_ms : ask_ms;
        if (reminded_ms >= from_ms && reminded_ms < remind_ms)
            remind_ms = reminded_ms;
    }
    set_timer(turn, item, "ask", ask_ms);
    set_timer(turn, item, "remind", remind_ms);
}

void decision_set_timers(struct turn *turn, struct item *item)
{
    item_set_timer(turn, item, "close", item->deadline_ms, true);
    set_calls(turn, item);
}

enum outcome decision_reschedule(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    set_calls(turn, item);
    decision_talk_recheck(turn, item);
    return OUTCOME_DONE;
}

/* --- Asking --- */

/* Those who are to be asked and work now; the others are asked when their day begins. */
static void ask_as(struct turn *turn, struct item *item, const char *template_name)
{
    struct person_list waiting = decision_waiting(turn, item), now = waiting;
    struct asked_list asked = item_asked(turn, item);
    now.n = 0;
    for (size_t i = 0; i < waiting.n; i++)
        if (!asked_find(&asked, waiting.ids[i])->asked_ms && personal_is_at_work(turn, waiting.ids[i]))
            now.ids[now.n++] = waiting.ids[i];
    call_all(turn, item, template_name, now, GUARD_OPEN, item_note_asked_by);
    set_calls(turn, item);
}

void decision_ask(struct turn *turn, struct item *item)
{
    ask_as(turn, item, "decision/asked");
}

void decision_ask_again(struct turn *turn, struct item *item)
{
    struct person_list waiting = decision_waiting(turn, item);
    for (size_t i = 0; i < waiting.n; i++)
        item_ask(turn, item, waiting.ids[i]);
    ask_as(turn, item, "decision/asked-again");
}

enum outcome decision_ask_those_at_work(struct turn *turn, struct item *item,
                                        const struct act_request *request)
{
    (void)request;
    if (item->deadline_ms > turn->now_ms)
        decision_ask(turn, item);
    return OUTCOME_DONE;
}

/* --- Reminding --- */

static void note_reminded(struct turn *turn, struct item *item, const char *person, int64_t row)
{
    (void)row;
    item_note_reminded(turn, item, person);
}

enum outcome decision_remind(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    if (item->deadline_ms <= turn->now_ms)
        return OUTCOME_DONE;
    struct person_list waiting = decision_waiting(turn, item), due = waiting;
    struct asked_list asked = item_asked(turn, item);
    due.n = 0;
    for (size_t i = 0; i < waiting.n; i++) {
        bool is_due = reminder_ms(turn, item, asked_find(&asked, waiting.ids[i])) == turn->cause_ms;
        if (is_due && !absence_holds(turn, waiting.ids[i]))
            due.ids[due.n++] = waiting.ids[i];
    }
    call_all(turn, item, "decision/reminder", due, GUARD_REMINDER, note_reminded);
    set_calls(turn, item);
    return OUTCOME_DONE;
}
bool decision_has_held(struct turn *turn, struct item *item, const char *person)
{
    struct person_list waiting = decision_waiting(turn, item);
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < waiting.n; i++) {
        if (strcmp(waiting.ids[i], person) != 0)
            continue;
        const struct asked *row = asked_find(&asked, person);
        int64_t reminded_ms = reminder_ms(turn, item, row);
        return item->deadline_ms > turn->now_ms &&
               (!row->asked_ms || (reminded_ms && reminded_ms <= turn->now_ms));
    }
    return false;
}

/* --- Not calling any more --- */

/* Of those called, who is waited for still. */
static struct person_list still_waiting(struct turn *turn, const struct item *item,
                                        struct json_object *called)
{
    struct person_list waiting = decision_waiting(turn, item);
    struct person_list rest = { .ids = arena_alloc(turn->arena, (waiting.n + 1) * sizeof *rest.ids) };
    for (size_t i = 0; i < waiting.n; i++)
        if (json_has_str(called, waiting.ids[i]))
            rest.ids[rest.n++] = waiting.ids[i];
    return rest;
}

static void spare(struct turn *turn, struct item *item, const char *guard)
{
    struct outbox_row unsaid;
    int64_t unseen = outbox_find_unseen(turn->store, item->id, guard);
    if (!unseen || !outbox_get(turn->store, unseen, turn->arena, &unsaid))
        return;
    struct json_object *called = json_parse(unsaid.mentions, strlen(unsaid.mentions));
    struct person_list rest = still_waiting(turn, item, called);
    if (rest.n < json_object_array_length(called))
        item_forget_pings(turn, item, guard);
    if (rest.n && rest.n < json_object_array_length(called))
        outbox_stand_in(turn->store, call(turn, item, "decision/reminder", rest, GUARD_REMINDER), unseen);
    json_object_put(called);
}

void decision_spare(struct turn *turn, struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    spare(turn, item, GUARD_REMINDER);
    for (size_t i = 0; i < asked.n; i++) {
        const char *zone = item_date_zone(turn, item, asked.people[i].person);
        if (strcmp(zone, item->deadline_zone) != 0)
            spare(turn, item, guard_of(turn, item, GUARD_REMINDER, zone));
    }
}
