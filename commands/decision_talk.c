/* The decision: blocked for 48 hours, it is talked about for fifteen minutes, and what comes of that is asked for in writing
 * (method.md 2, scenes.md 2). */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "engine/slots.h"
#include "store/number.h"
#include "time/hours.h"
#include "time/zone.h"

enum {
    BLOCKED_MS = 48 * 60 * 60 * 1000,
    RESULT_AFTER_MS = SLOT_MS + 5 * 60 * 1000,
    CHASE_AFTER_MS = 4 * 60 * 60 * 1000, /* of working time */
    LOOK_AGAIN_MS = 24 * 60 * 60 * 1000,
    LATE_MS = 60 * 1000,
    ROUNDS_MAX = 2,
    RESULTS_MAX = 3,
};

static const char timer_name[] = "talk";

/* --- When it goes on --- */

/* From when the next step is counted: from the instant of this one, so that a store that was put back meets the same instants
 * again, and what a lost life of it has said is found by its cause; from now if this one came late. */
static int64_t counted_from_ms(const struct turn *turn)
{
    bool is_late = turn->now_ms - turn->cause_ms >= LATE_MS && !number_is_restored(turn->store, turn->now_ms);
    return is_late ? turn->now_ms : turn->cause_ms;
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* Who has been asked by nothing, or whose hold ends: the next of them who begins to work. Who is back is told of first
 * (absence.h), and reschedules it. */
static int64_t next_to_ask_ms(struct turn *turn, const struct item *item)
{
    struct talk_people people = talk_people(turn, item);
    int64_t at_ms = INT64_MAX;
    for (size_t i = 0; i < people.n; i++)
        if (!people.list[i].row && !absence_holds(turn, people.list[i].person))
            at_ms = earlier(at_ms, personal_next_free_ms(turn, people.list[i].person, counted_from_ms(turn)));
    return at_ms;
}

static int64_t last_slot_ms(const struct talk *talk)
{
    int64_t last_ms = 0;
    for (size_t i = 0; i < talk->n_slots; i++)
        last_ms = talk->slots[i] > last_ms ? talk->slots[i] : last_ms;
    return last_ms;
}

/* Times that suited nobody are no reason to call again before tomorrow. */
static int64_t next_day_ms(const struct turn *turn, int64_t at_ms)
{
    return zone_instant(turn->zone, civil_from_day(hours_day_of(turn->zone, at_ms) + 1));
}

/* The owner is asked for something then, or when they work next. */
static int64_t owner_ms(struct turn *turn, const struct item *item, int64_t at_ms)
{
    bool is_held = absence_holds(turn, item->owner);
    return is_held ? INT64_MAX : personal_next_free_ms(turn, item->owner, at_ms);
}

static int64_t due_ms(struct turn *turn, const struct item *item, const struct talk *talk)
{
    switch ((enum talk_step)talk->step) {
    case TALK_WAITS:
        return talk->at_ms;
    case TALK_PROPOSED:
        return earlier(next_to_ask_ms(turn, item), next_day_ms(turn, last_slot_ms(talk)));
    case TALK_SET:
        return owner_ms(turn, item, talk->at_ms + RESULT_AFTER_MS);
    case TALK_RESULT:
        return talk->n_rounds < RESULTS_MAX ? owner_ms(turn, item, talk->at_ms) : INT64_MAX;
    case TALK_LEFT:
        break;
    }
    return INT64_MAX;
}

/* What has long come due goes on now, by a cause of its own: the one of that instant may have been used. */
static void go_on_at(struct turn *turn, struct item *item, int64_t at_ms)
{
    if (at_ms < turn->cause_ms)
        at_ms = turn->cause_ms;
    if (at_ms == INT64_MAX)
        item_remove_timer(turn, item, timer_name);
    else
        item_set_timer(turn, item, timer_name, at_ms, true);
}

void decision_talk_keep(struct turn *turn, struct item *item, const struct talk *talk)
{
    talk_set(turn, item, talk);
    go_on_at(turn, item, due_ms(turn, item, talk));
}

static void leave(struct turn *turn, struct item *item, struct talk *talk)
{
    talk_clear(turn, item);
    talk->step = TALK_LEFT;
    talk->n_slots = 0;
    decision_talk_keep(turn, item, talk);
}

void decision_talk_begin(struct turn *turn, struct item *item, int64_t since_ms)
{
    struct talk talk = { .step = TALK_WAITS, .at_ms = since_ms + BLOCKED_MS };
    talk_set_people(turn, item, decision_talk_concerned(turn, item));
    decision_talk_keep(turn, item, &talk);
}

void decision_talk_end(struct turn *turn, struct item *item)
{
    item_remove_timer(turn, item, timer_name);
    item_forget_pings(turn, item, GUARD_TALK);
    talk_drop(turn, item);
}

/* --- Proposing --- */

static struct person_list without(struct turn *turn, struct person_list people, struct person_list gone)
{
    struct person_list rest = { .ids = arena_alloc(turn->arena, (people.n + 1) * sizeof *rest.ids) };
    for (size_t i = 0; i < people.n; i++)
        if (!person_list_has(&gone, people.ids[i]))
            rest.ids[rest.n++] = people.ids[i];
    return rest;
}

void decision_talk_ask_those_at_work(struct turn *turn, struct item *item, const struct talk *talk,
                                     const char *proposer)
{
    struct talk_people people = talk_people(turn, item);
    struct person_list now = { .ids = arena_alloc(turn->arena, (people.n + 1) * sizeof *now.ids) };
    for (size_t i = 0; i < people.n; i++)
        if (!people.list[i].row && personal_is_at_work(turn, people.list[i].person))
            now.ids[now.n++] = people.list[i].person;
    if (now.n)
        decision_talk_ask(turn, item, talk, now, proposer);
}

/* Nobody calls them before they were told what passed meanwhile; that reschedules it (absence.h). */
static bool is_held(struct turn *turn, struct person_list people)
{
    for (size_t i = 0; i < people.n; i++)
        if (absence_holds(turn, people.ids[i]))
            return true;
    return false;
}

/* The owner alone is there: the others have left the room, or the only objection is the owner's. */
static void give_up_alone(struct turn *turn, struct item *item, struct talk *talk)
{
    const struct act_row *position = item_position_of(turn, item, item->owner);
    bool is_own = position && strcmp(position->what, "object") == 0;
    if (!is_own && !personal_is_at_work(turn, item->owner)) {
        go_on_at(turn, item, owner_ms(turn, item, counted_from_ms(turn)));
        return;
    }
    if (!is_own)
        decision_talk_tell_owner(turn, item, "decision/talk-none", "left");
    leave(turn, item, talk);
}

/* Until somebody who is away is back. */
static void wait(struct turn *turn, struct item *item, struct talk *talk, struct person_list people)
{
    talk->step = TALK_WAITS;
    talk->n_slots = 0;
    talk_clear(turn, item);
    talk_set_people(turn, item, people);
    talk_set(turn, item, talk);
    if (is_held(turn, people))
        item_show_card(turn, item);
    else
        go_on_at(turn, item,
                 counted_from_ms(turn) + LOOK_AGAIN_MS); /* somebody's hours leave out a whole week */
}

/* When the last of them has been asked. */
static int64_t all_asked_ms(struct turn *turn, struct person_list people)
{
    int64_t at_ms = turn->now_ms;
    for (size_t i = 0; i < people.n; i++) {
        int64_t begins_ms = personal_next_free_ms(turn, people.ids[i], turn->now_ms);
        at_ms = begins_ms > at_ms ? begins_ms : at_ms;
    }
    return at_ms;
}

static void propose(struct turn *turn, struct item *item, struct talk *talk, struct person_list present)
{
    struct slots slots = slots_find(turn, present, all_asked_ms(turn, present));
    bool has_failed = talk->n_rounds == ROUNDS_MAX;
    if (slots.n == 0 || has_failed) {
        decision_talk_tell_owner(turn, item, "decision/talk-none", has_failed ? "unanswered" : "no_time");
        leave(turn, item, talk);
        item_show_card(turn, item);
        return;
    }
    talk_clear(turn, item);
    talk_set_people(turn, item, present);
    talk->step = TALK_PROPOSED;
    talk->n_rounds++;
    talk->n_slots = slots.n;
    memcpy(talk->slots, slots.at_ms, slots.n * sizeof slots.at_ms[0]);
    item_note(turn, item, "talk proposed", NULL, 0);
    decision_talk_ask_those_at_work(turn, item, talk, NULL);
    decision_talk_keep(turn, item, talk);
    item_show_card(turn, item);
}

/* Its time has come: as soon as they all work, or, where they never do at once, when the owner does. */
static void try_to_propose(struct turn *turn, struct item *item, struct talk *talk)
{
    struct person_list people = decision_talk_concerned(turn, item);
    struct person_list away = decision_talk_away(turn, people), present = without(turn, people, away);
    if (people.n == 0)
        return; /* a moderator has been asked for an owner (decision_time.c) */
    if (people.n == 1) {
        give_up_alone(turn, item, talk);
        return;
    }
    if (present.n < 2 || strcmp(present.ids[0], item->owner) != 0 || is_held(turn, present)) {
        wait(turn, item, talk, people);
        return;
    }
    int64_t from_ms = counted_from_ms(turn), at_ms = slots_together_ms(turn, present, from_ms);
    if (at_ms == SLOTS_NEVER)
        at_ms = owner_ms(turn, item, counted_from_ms(turn));
    if (at_ms > from_ms)
        go_on_at(turn, item, at_ms);
    else
        propose(turn, item, talk, present);
}

/* --- Whom it concerns is not for ever --- */

void decision_talk_recheck(struct turn *turn, struct item *item)
{
    struct talk talk;
    if (item->state != DECISION_BLOCKED || !talk_get(turn, item, &talk) || talk.step == TALK_LEFT)
        return;
    struct person_list people = decision_talk_concerned(turn, item);
    if (talk.step == TALK_PROPOSED)
        people = without(turn, people, decision_talk_away(turn, people));
    talk_set_people(turn, item, people);
    if (talk.step == TALK_PROPOSED && people.n < 2) {
        talk_clear(turn, item);
        talk.n_slots = 0;
        talk.step = TALK_WAITS;
    }
    if (talk.step == TALK_PROPOSED)
        decision_talk_settle_on_time(turn, item, &talk);
    else
        decision_talk_keep(turn, item, &talk);
}

/* Nothing more is said of it. */
static bool is_over(const struct talk *talk)
{
    return talk->step == TALK_LEFT || (talk->step == TALK_RESULT && talk->n_rounds >= RESULTS_MAX);
}

void decision_talk_objected(struct turn *turn, struct item *item)
{
    struct talk talk;
    if (talk_get(turn, item, &talk) && is_over(&talk))
        decision_talk_begin(turn, item, turn->at_ms);
    else
        decision_talk_recheck(turn, item);
}

/* --- Afterwards --- */

static void ask_result(struct turn *turn, struct item *item, struct talk *talk)
{
    if (!personal_is_at_work(turn, item->owner)) {
        go_on_at(turn, item, owner_ms(turn, item, counted_from_ms(turn)));
        return;
    }
    decision_talk_tell_owner(turn, item, "decision/talk-result", talk->n_rounds ? "again" : "first");
    if (talk->step == TALK_SET)
        talk_clear(turn, item);
    bool is_news = talk->step != TALK_RESULT;
    talk->step = TALK_RESULT;
    talk->n_rounds++;
    talk->at_ms =
        personal_add_work(turn, item->owner, counted_from_ms(turn), (int64_t)CHASE_AFTER_MS * talk->n_rounds);
    decision_talk_keep(turn, item, talk);
    if (is_news)
        item_show_card(turn, item);
}

/* The timer "talk". */
enum outcome decision_talk(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct talk talk;
    if (!talk_get(turn, item, &talk))
        return OUTCOME_DONE;
    bool has_passed = talk.step == TALK_PROPOSED && last_slot_ms(&talk) <= turn->now_ms;
    if (talk.step == TALK_WAITS || has_passed) {
        try_to_propose(turn, item, &talk);
    } else if (talk.step == TALK_PROPOSED) {
        decision_talk_ask_those_at_work(turn, item, &talk, NULL);
        decision_talk_keep(turn, item, &talk);
    } else if (talk.step == TALK_SET || talk.step == TALK_RESULT) {
        ask_result(turn, item, &talk);
    }
    return OUTCOME_DONE;
}
