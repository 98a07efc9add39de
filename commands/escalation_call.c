/* The escalation: whom it calls, and when, until somebody has it. */
#include <string.h>

#include "base/plant.h"
#include "commands/escalation.h"
#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/follow.h"
#include "engine/oncall.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "store/outbox.h"

enum {
    CALL_MS = 5 * 60 * 1000, /* one is called, and called again after it; the next after it again */
    /* To all of the call order, then to the room; each twice as far from the next as before. */
    CALL_ROUNDS = 3,
    ROUND_MS_MAX = 30 * 60 * 1000,
    LATE_MS = 60 * 1000, /* calls that come so late are counted from now on */
    USELESS_MS = 4 * 60 * 60 * 1000, /* so long after its deadline, a call that is late helps nobody */
    HOUR_MS = 60 * 60 * 1000,
    ROOM_MAX = 50, /* called together in a room */
};

/* --- Whom --- */

/* Nobody is called by what they reported themselves, nor twice as two places of the order. */
static struct person_list ladder_of(struct turn *turn, const struct item *item)
{
    struct person_list chain = oncall_now(turn);
    struct person_list ladder = { .ids = arena_alloc(turn->arena, (chain.n + 1) * sizeof *ladder.ids) };
    ladder.ids[ladder.n++] = item->owner;
    for (size_t i = 0; i < chain.n; i++)
        if (strcmp(chain.ids[i], item->owner) != 0 && strcmp(chain.ids[i], item->author) != 0)
            ladder.ids[ladder.n++] = chain.ids[i];
    return ladder;
}

static bool is_here(struct turn *turn, const struct item *item, const char *person)
{
    return room_has_joined(turn->store, item->room, person) && !turn_is_bot(turn, person);
}

static bool can_be_called(struct turn *turn, const struct item *item, const char *person)
{
    return is_here(turn, item, person) && !absence_is_at(turn, person, turn->now_ms);
}

/* Since calling began, or began anew: once, or again. */
static bool was_called(const struct asked *row)
{
    return row && row->asked_ms;
}

static bool was_called_again(const struct asked *row)
{
    return was_called(row) && row->reminded_ms >= row->asked_ms;
}

static int64_t n_calls_since(struct turn *turn, const char *person, int64_t since_ms)
{
    return store_int(turn->store, 0,
                     "SELECT count(*) FROM history WHERE what = 'called' AND detail >= ?1 AND detail < ?2"
                     " AND at_ms > ?3",
                     "ssi", arena_printf(turn->arena, "%s ", person),
                     arena_printf(turn->arena, "%s!", person), since_ms);
}

/* Called to this one already, and as often as anybody is called. */
static bool is_spared(struct turn *turn, struct item *item, const struct asked *row)
{
    if (!was_called(row) ||
        (n_calls_since(turn, row->person, turn->now_ms - HOUR_MS) < ESCALATION_CALLS_HOUR_MAX &&
         n_calls_since(turn, row->person, turn->now_ms - INT64_C(24) * HOUR_MS) < ESCALATION_CALLS_DAY_MAX))
        return false;
    if (!item_has_noted(turn, item, "spared", row->person))
        item_note(turn, item, "spared", row->person, 0);
    return true;
}

/* Each is called twice in their turn; who is away is passed over, and named once. */
static bool call_next(struct turn *turn, struct item *item, const struct person_list *ladder,
                      struct call *call)
{
    struct asked_list asked = item_asked(turn, item);
    call->skipped.ids = arena_alloc(turn->arena, ladder->n * sizeof *call->skipped.ids);
    for (size_t i = 0; i < ladder->n; i++) {
        const char *person = ladder->ids[i];
        const struct asked *row = asked_find(&asked, person);
        bool is_enough = !was_called_again(row) && is_spared(turn, item, row);
        if (is_enough)
            item_note_reminded(turn, item, person);
        if (is_enough || was_called_again(row)) {
            call->before = is_here(turn, item, person) ? person : NULL;
            continue;
        }
        if (can_be_called(turn, item, person)) {
            call->people = person_list_of_one(turn, person);
            call->is_again = was_called(row);
            call->before = call->is_again ? NULL : call->before;
            call->is_of_one = true;
            call->why = i > 0 ? "chain" : escalation_of(item).is_on_call ? "rota" : "owner";
            return true;
        }
        if (is_here(turn, item, person) && !(row && row->was_away)) {
            call->skipped.ids[call->skipped.n++] = person;
            item_ask(turn, item, person);
            item_note_away(turn, item, person);
        }
    }
    return false;
}

static void call_all(struct turn *turn, struct item *item, const struct person_list *people, const char *why,
                     struct call *call)
{
    struct asked_list asked = item_asked(turn, item);
    call->people.ids = arena_alloc(turn->arena, (people->n + 1) * sizeof *call->people.ids);
    call->why = why;
    call->before = NULL;
    for (size_t i = 0; i < people->n && call->people.n < ROOM_MAX; i++)
        if (is_spared(turn, item, asked_find(&asked, people->ids[i])))
            call->is_spared = true;
        else if (can_be_called(turn, item, people->ids[i]) &&
                 (strcmp(why, "room") != 0 || !follow_is_muted(turn, item->id, people->ids[i])))
            call->people.ids[call->people.n++] = people->ids[i];
}

/* The rounds: all of the call order, then the room. False: all of them are over. */
static bool call_round(struct turn *turn, struct item *item, const struct person_list *ladder,
                       struct escalation *escalation, struct call *call)
{
    struct person_list room = people_of_room(turn, item->author);
    while (escalation->n_rounds < 2 * CALL_ROUNDS) {
        bool is_room = escalation->n_rounds++ % 2;
        call_all(turn, item, is_room ? &room : ladder, is_room ? "room" : "all", call);
        /* One alone was called in their own turn. A round in which all are spared takes its time. */
        if (call->people.n > (is_room ? 0 : 1) || (call->is_spared && is_room))
            return true;
        call->is_spared = false;
        call->people.n = 0;
    }
    return false;
}

static bool find_call(struct turn *turn, struct item *item, struct call *call)
{
    struct escalation escalation = escalation_of(item);
    struct person_list ladder = ladder_of(turn, item);
    if (call_next(turn, item, &ladder, call))
        return true;
    bool is_there = call_round(turn, item, &ladder, &escalation, call);
    escalation_keep(turn, item, &escalation);
    return is_there;
}

int64_t escalation_counted_from_ms(struct turn *turn, int64_t said)
{
    struct outbox_row row;
    bool was_said = outbox_get(turn->store, said, turn->arena, &row) && row.state == OUTBOX_DONE;
    return was_said || turn->now_ms - turn->cause_ms < LATE_MS ? turn->cause_ms : turn->now_ms;
}

static int64_t next_call_ms(struct turn *turn, const struct call *call, const struct escalation *escalation)
{
    int64_t wait_ms = CALL_MS;
    if (escalation->n_rounds > 0)
        wait_ms = (int64_t)CALL_MS << ((escalation->n_rounds + 1) / 2);
    return escalation_counted_from_ms(turn, call->row) + (wait_ms < ROUND_MS_MAX ? wait_ms : ROUND_MS_MAX);
}

bool escalation_may_mute(struct turn *turn, struct item *item, const char *person)
{
    struct person_list ladder = ladder_of(turn, item);
    bool is_holder = item->state == ESCALATION_TAKEN && strcmp(item->owner, person) == 0;
    bool is_called = hand_waits_for(item, person);
    for (size_t i = 0; item->state == ESCALATION_CALLING && i < ladder.n; i++)
        is_called = is_called || strcmp(ladder.ids[i], person) == 0;
    if (!is_holder && !is_called)
        return true;
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "holder", is_holder);
    turn_answer(turn, "escalation/mute", values);
    return false;
}

/* Muted while others had it: what calls in their turn, and what asks how it stands, is not. */
static void unmute(struct turn *turn, struct item *item, const struct call *call)
{
    for (size_t i = 0; strcmp(call->why, "room") != 0 && i < call->people.n; i++)
        follow_unmute(turn, item, call->people.ids[i]);
}

/* --- Saying it --- */

/* Somebody who leaves may set several going at once: each says its own. */
static const char *step_of(struct turn *turn, const struct item *item, const char *what)
{
    return arena_printf(turn->arena, "%s %s", what, item->uuid);
}

static const char *direct_guard(struct turn *turn, const char *person)
{
    return arena_printf(turn->arena, "call %s", person);
}

static struct json_object *call_values(struct turn *turn, const struct item *item, const struct call *call)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, arena_printf(turn->arena, "why_%s", call->why), true);
    json_set_bool(values, "again", call->is_again);
    json_set_bool(values, "alone", call->is_of_one);
    if (call->before)
        json_set(values, "before", values_person(turn, call->before));
    if (call->cause)
        json_set_bool(values, call->cause, true);
    if (call->skipped.n)
        json_set(values, "skipped", values_people(turn, call->skipped.ids, call->skipped.n));
    return values;
}

/* To one person alone, in their language; the one that waits to be said gives way. */
static int64_t call_directly(struct turn *turn, struct item *item, const struct call *call,
                             const char *person)
{
    const char *guard = direct_guard(turn, person);
    item_forget_pings(turn, item, guard);
    int64_t room = direct_room(turn, person);
    personal_address(turn, person);
    struct json_object *values = call_values(turn, item, call), *there = values_new();
    values_add_room(turn, there, &turn->room);
    json_set(values, "room", there);
    int64_t row = turn_say(turn, (struct say){ .step = step_of(turn, item, guard),
                                               .template_name = "escalation/direct",
                                               .values = values,
                                               .room = room,
                                               .item = item->id,
                                               .mentions = (const char *[]){ person, NULL },
                                               .guard = guard,
                                               .role = "ping",
                                               .is_urgent = true });
    turn_enter_room(turn, item->room);
    return row;
}

void escalation_note_call(struct turn *turn, struct item *item, const struct call *call)
{
    struct escalation escalation = escalation_of(item);
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < call->people.n; i++) {
        const char *person = call->people.ids[i];
        const struct asked *row = asked_find(&asked, person);
        if (!row || row->was_away)
            item_ask(turn, item, person);
        bool is_alone = strcmp(call->why, "room") != 0;
        item_note_called(turn, item, person, is_alone ? call_directly(turn, item, call, person) : item->card);
        item_note(turn, item, "called", arena_printf(turn->arena, "%s %s", person, call->why), 0);
    }
    if (PLANTED(CALL_ONCE) && call->is_again)
        return;
    item_set_urgent_timer(turn, item, TIMER_RING, next_call_ms(turn, call, &escalation));
}

/* In its thread; whoever was called before in vain is named, and called too. */
static int64_t call_in_room(struct turn *turn, struct item *item, const struct call *call)
{
    const char **mentions = arena_alloc(turn->arena, (call->people.n + 2) * sizeof *mentions);
    struct json_object *values = call_values(turn, item, call);
    memcpy(mentions, call->people.ids, call->people.n * sizeof *mentions);
    if (call->before)
        mentions[call->people.n] = call->before;
    json_set(values, "people", values_people(turn, call->people.ids, call->people.n));
    item_add_outage(turn, values);
    item_forget_pings(turn, item, GUARD_CALL);
    return turn_say(turn, (struct say){ .step = step_of(turn, item, "call"),
                                        .template_name = "escalation/call",
                                        .values = values,
                                        .item = item->id,
                                        .thread = item_thread(turn, item),
                                        .mentions = mentions,
                                        .guard = GUARD_CALL,
                                        .role = "ping",
                                        .is_urgent = true });
}

static void say_call(struct turn *turn, struct item *item, struct call *call)
{
    unmute(turn, item, call);
    call->row = call->people.n ? call_in_room(turn, item, call) : 0;
    escalation_note_call(turn, item, call);
}

struct json_object *escalation_tried(struct turn *turn, const struct item *item)
{
    struct history_list history = item_history(turn, item);
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < history.n; i++) {
        struct called called = escalation_read_called(turn, &history.rows[i]);
        size_t n = 0;
        for (size_t j = 0; called.person && j < history.n; j++) {
            struct called other = escalation_read_called(turn, &history.rows[j]);
            bool is_same = other.person && strcmp(other.person, called.person) == 0;
            if (is_same && j < i)
                break;
            n += is_same;
        }
        if (!n)
            continue;
        struct json_object *row = values_new();
        json_set(row, "person", values_person(turn, called.person));
        json_set(row, "first", values_time(turn, history.rows[i].at_ms, NULL));
        json_set_int(row, "n", (int64_t)n);
        json_object_array_add(list, row);
    }
    return list;
}

bool escalation_is_stale(struct turn *turn, const struct item *item)
{
    return turn->now_ms - turn->cause_ms > LATE_MS && turn->now_ms > item->deadline_ms + ESCALATION_LAPSE_MS;
}

/* All were called, some of them again and again: it is said to nobody's telephone that nobody could be reached. */
static void give_up(struct turn *turn, struct item *item)
{
    int64_t from_ms = item->deadline_ms > turn->now_ms ? item->deadline_ms : turn->now_ms;
    item_set_timer(turn, item, TIMER_RING, from_ms + ESCALATION_LAPSE_MS, true);
    item_set_state(turn, item, ESCALATION_UNREACHED);
    item_note(turn, item, "unreached", NULL, 0);
    item_show_card(turn, item);
    struct json_object *values = escalation_basics(turn, item), *list = escalation_tried(turn, item);
    json_set_bool(values, "nobody", json_object_array_length(list) == 0);
    json_set(values, "list", list);
    item_add_outage(turn, values);
    turn_say(turn, (struct say){ .step = step_of(turn, item, "unreached"),
                                 .template_name = "escalation/unreached",
                                 .values = values,
                                 .item = item->id,
                                 .is_urgent = true });
}

struct call escalation_first_call(struct turn *turn, struct item *item)
{
    struct call call = { 0 };
    struct person_list ladder = ladder_of(turn, item);
    call_next(turn, item, &ladder, &call);
    return call;
}

enum outcome escalation_ring(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct call call = { 0 };
    bool is_late = turn->now_ms - turn->cause_ms > LATE_MS;
    bool is_too_late = is_late && turn->now_ms > item->deadline_ms + USELESS_MS;
    if (escalation_is_stale(turn, item))
        return escalation_lapse(turn, item, request);
    if (!is_too_late && find_call(turn, item, &call))
        say_call(turn, item, &call);
    else
        give_up(turn, item);
    return OUTCOME_DONE;
}

/* Whoever has just let it go is not called first. */
static void pass_over(struct turn *turn, struct item *item, const char *person)
{
    item_ask(turn, item, person);
    item_note_called(turn, item, person, item->card);
    item_note_called(turn, item, person, item->card);
}

void escalation_call_again(struct turn *turn, struct item *item, const char *cause)
{
    struct escalation escalation = escalation_of(item);
    struct asked_list asked = item_asked(turn, item);
    hand_forget(turn, item);
    escalation.n_rounds = escalation.n_checks = 0;
    escalation_keep(turn, item, &escalation);
    for (size_t i = 0; i < asked.n; i++)
        if (!asked.people[i].has_left)
            item_ask(turn, item, asked.people[i].person);
    item_remove_timer(turn, item, TIMER_CHECK);
    item_remove_timer(turn, item, TIMER_RECAP);
    item_set_state(turn, item, ESCALATION_CALLING);
    item_note(turn, item, "again", cause, 0);
    if (strcmp(cause, "let_go") == 0)
        pass_over(turn, item, item->owner);
    struct call call = { .cause = cause };
    bool is_there = find_call(turn, item, &call);
    call.before = NULL; /* what the message begins with says it */
    if (is_there)
        say_call(turn, item, &call);
    else
        give_up(turn, item);
    item_show_card(turn, item);
}

/* --- Silence --- */

/* What was said to them alone says how it stands now; nobody's telephone rings for an edit. */
static void tell_directly(struct turn *turn, struct item *item, const char *person)
{
    int64_t row = outbox_newest_of(turn->store, item->id, direct_guard(turn, person));
    /* Who has left the room hears nothing more of it. */
    if (!row || !room_has_joined(turn->store, item->room, person))
        return;
    personal_address(turn, person);
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, "theirs", strcmp(item->owner, person) == 0);
    turn_edit(turn, row, "escalation/direct-over", values, item->id);
    turn_enter_room(turn, item->room);
}

void escalation_silence(struct turn *turn, struct item *item)
{
    struct asked_list asked = item_asked(turn, item);
    item_remove_timer(turn, item, TIMER_RING);
    item_forget_pings(turn, item, GUARD_CALL);
    outbox_hush(turn->store, item->card);
    for (size_t i = 0; i < asked.n; i++) {
        if (!PLANTED(CALL_GOES_ON))
            item_forget_pings(turn, item, direct_guard(turn, asked.people[i].person));
        tell_directly(turn, item, asked.people[i].person);
    }
}
