/* The escalation once somebody has it: is it being worked on, and what if not. */
#include <string.h>

#include "commands/escalation.h"
#include "engine/follow.h"
#include "engine/frame.h"
#include "engine/meant.h"
#include "engine/pin.h"
#include "time/zone.h"

enum {
    MINUTE_MS = 60 * 1000,
    CHECKS =
        2, /* each after the room's interval without a word: asked once, then said once that nothing came */
    SILENT = 2, /* so many intervals after that calling begins anew */
    SNOOZE_MAX_MS = 4 * 60 * 60 * 1000, /* longer nobody waits to hear how it stands */
};

/* --- Taking it --- */

static void set_check(struct turn *turn, struct item *item, int n_checks, int64_t said)
{
    struct escalation escalation = escalation_of(item);
    escalation.n_checks = n_checks;
    escalation_keep(turn, item, &escalation);
    int64_t interval_ms = (int64_t)frame_progress_min(&turn->room) * MINUTE_MS;
    item_set_urgent_timer(turn, item, TIMER_CHECK,
                          escalation_counted_from_ms(turn, said) +
                              (n_checks < CHECKS ? interval_ms : SILENT * interval_ms));
}

static void note_heard(struct turn *turn, struct item *item)
{
    item_forget_pings(turn, item, GUARD_CHECK);
    set_check(turn, item, 0, 0);
}

void escalation_give_to(struct turn *turn, struct item *item, const char *person)
{
    if (strcmp(item->owner, person) != 0) {
        struct escalation escalation = escalation_of(item);
        escalation.is_on_call = false;
        escalation_keep(turn, item, &escalation);
        item_set_owner(turn, item, person);
    }
    hand_forget(turn, item);
    follow_unmute(turn, item, person);
    item_set_state(turn, item, ESCALATION_TAKEN);
    item_add_act(turn, item, person, "take", 0);
    escalation_silence(turn, item);
    item_forget_pings(turn, item, GUARD_CHECK);
    set_check(turn, item, 0, 0);
    item_show_card(turn, item);
}

enum outcome escalation_take(struct turn *turn, struct item *item, const struct act_request *request)
{
    /* 👍 and 👀 say so from who is being called only: others tap them for less. */
    if (request->act == ACT_ACCEPT && !item_is_asked(turn, item, request->person))
        return OUTCOME_DONE;
    escalation_give_to(turn, item, request->person);
    escalation_confirm(turn, item, request, "taken");
    return OUTCOME_DONE;
}

/* Two who say so at the same time: the first one has it. */
enum outcome escalation_is_taken(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool is_own = strcmp(item->owner, request->person) == 0;
    if (hand_waits_for(item, request->person)) {
        item->habit->handing->take(turn, item, request);
        return OUTCOME_DONE;
    }
    if (is_own)
        note_heard(turn, item);
    if (is_own || request->act == ACT_ACCEPT) {
        escalation_confirm(turn, item, request, "taken");
        return OUTCOME_DONE;
    }
    struct json_object *values = escalation_basics(turn, item);
    json_set(values, "person", values_person(turn, request->person));
    turn_answer(turn, "escalation/is-taken", values);
    return OUTCOME_DONE;
}

enum outcome escalation_let_go(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (strcmp(item->owner, request->person) != 0 ||
        item_take_back(turn, item, request->person, request->event) == 0)
        return OUTCOME_DONE;
    escalation_call_again(turn, item, "let_go");
    escalation_confirm(turn, item, request, "let_go");
    return OUTCOME_DONE;
}

/* --- Being worked on --- */

/* Who replies to the question for the recap gives it, whomever it was put to. */
static bool answers_recap(struct turn *turn, const struct item *item)
{
    return item->state == ESCALATION_SOLVED && turn->event->reply &&
           store_int(turn->store, 0,
                     "SELECT 1 FROM outbox WHERE event_id = ?1 AND template = 'escalation/recap-ask'", "s",
                     turn->event->reply);
}

/* "bob here, I'm looking at the logs": the calls go on until somebody has it, so they are asked whether they do. */
static void ask_whether_taken(struct turn *turn, struct item *item)
{
    bool is_calling = item->state == ESCALATION_CALLING || item->state == ESCALATION_UNREACHED;
    if (is_calling && act_may_be_meant(turn->arena, turn->event->body, ACT_TAKE, false))
        meant_ask(
            turn, item,
            (struct meant){ .template_name = "escalation/meant",
                            .values = escalation_basics(turn, item),
                            .runs = arena_printf(turn->arena, "%stake %s", turn_prefix(turn), item->name) });
}

bool escalation_heard(struct turn *turn, struct item *item)
{
    if (answers_recap(turn, item)) {
        lifecycle_act(turn, item,
                      &(struct act_request){ .act = ACT_RECAP,
                                             .door = DOOR_WORD,
                                             .person = turn->event->sender,
                                             .text = turn->event->body });
        return true;
    }
    if (!lifecycle_is_open(item) && item->state != ESCALATION_SOLVED)
        return false;
    if (item->state == ESCALATION_TAKEN && strcmp(item->owner, turn->event->sender) == 0)
        note_heard(turn, item);
    ask_whether_taken(turn, item);
    pin_hear(turn, item);
    return true;
}

static void confirm_kept(struct turn *turn, const struct item *item)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "kept", true);
    turn_answer(turn, "escalation/noted", values);
}

/* "note: ..." is kept itself; 📌, or "note" as a reply, keeps what it is said to. */
enum outcome escalation_note_down(struct turn *turn, struct item *item, const struct act_request *request)
{
    const char *event = request->event ? request->event : turn->event->reply;
    bool is_kept = *request->text ? pin_keep_text(turn, item, text_add(turn, request->person, request->text))
                                  : event && pin_keep(turn, item, event);
    if (item->state == ESCALATION_TAKEN && strcmp(item->owner, request->person) == 0)
        note_heard(turn, item);
    if (is_kept && request->door == DOOR_WORD)
        confirm_kept(turn, item);
    return OUTCOME_DONE;
}

enum outcome escalation_progress(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (!*request->text) {
        turn_ask(turn, (struct question){ .template_name = "escalation/progress-what",
                                          .values = escalation_basics(turn, item),
                                          .completes = arena_printf(turn->arena, "%sprogress %s " TURN_SLOT,
                                                                    turn_prefix(turn), item->name),
                                          .item = item->id });
        return OUTCOME_DONE;
    }
    item_set_field(turn, item, "progress", text_add(turn, request->person, request->text));
    if (strcmp(item->owner, request->person) == 0)
        note_heard(turn, item);
    item_show_card(turn, item);
    escalation_confirm(turn, item, request, "progress");
    return OUTCOME_DONE;
}

/* False: until when was asked. */
static bool read_later(struct turn *turn, struct item *item, const struct act_request *request,
                       int64_t *until_ms_out)
{
    *until_ms_out = turn->at_ms + 2 * (int64_t)frame_progress_min(&turn->room) * MINUTE_MS;
    return !*request->text || lifecycle_read_date(turn, item, request, until_ms_out);
}

/* Who has it is at it, and does not wish to be asked for a while: it stands in the history. */
enum outcome escalation_snooze(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t until_ms, latest_ms = turn->at_ms + SNOOZE_MAX_MS;
    /* They are at it, whenever that is to be: it may have passed before it was heard. */
    note_heard(turn, item);
    if (!read_later(turn, item, request, &until_ms))
        return OUTCOME_DONE;
    bool is_cut = until_ms > latest_ms;
    until_ms = is_cut ? latest_ms : until_ms;
    item_set_urgent_timer(turn, item, TIMER_CHECK, until_ms);
    item_note(turn, item, "snoozed", arena_printf(turn->arena, "%lld", (long long)until_ms), 0);
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "snoozed", true);
    json_set_bool(values, "cut", is_cut);
    json_set(values, "until", values_time(turn, until_ms, NULL));
    turn_answer(turn, "escalation/noted", values);
    return OUTCOME_DONE;
}

/* To who has it, at whatever hour: they are at it. */
static int64_t ask_progress(struct turn *turn, struct item *item, bool is_overdue)
{
    const char *const mentions[] = { item->owner, NULL };
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "overdue", is_overdue);
    item_add_outage(turn, values);
    int64_t row = turn_say(turn, (struct say){ .step = "check",
                                               .template_name = "escalation/check",
                                               .values = values,
                                               .item = item->id,
                                               .thread = item_thread(turn, item),
                                               .mentions = mentions,
                                               .guard = GUARD_CHECK,
                                               .role = "ping",
                                               .is_urgent = true });
    turn_ask(turn, (struct question){ .row = row,
                                      .person = item->owner,
                                      .completes = arena_printf(turn->arena, "%sprogress %s " TURN_SLOT,
                                                                turn_prefix(turn), item->name),
                                      .item = item->id });
    return row;
}

enum outcome escalation_check(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct escalation escalation = escalation_of(item);
    if (escalation_is_stale(turn, item))
        return escalation_lapse(turn, item, request);
    if (escalation.n_checks == CHECKS) {
        escalation_call_again(turn, item, "silent");
        return OUTCOME_DONE;
    }
    item_note(turn, item, escalation.n_checks ? "overdue" : "checked", item->owner, 0);
    item_forget_pings(turn, item, GUARD_CHECK);
    int64_t row = ask_progress(turn, item, escalation.n_checks);
    set_check(turn, item, escalation.n_checks + 1, row);
    return OUTCOME_DONE;
}

/* The hour that was announced: said once to who has it and who reported it. */
enum outcome escalation_due(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (escalation_is_stale(turn, item))
        return escalation_lapse(turn, item, request);
    const char *const mentions[] = { item->owner,
                                     strcmp(item->owner, item->author) == 0 ? NULL : item->author, NULL };
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, item->habit->state_names[item->state], true);
    item_note(turn, item, "due", NULL, 0);
    item_add_outage(turn, values);
    item_show_card(turn, item);
    turn_say(turn, (struct say){ .step = "due",
                                 .template_name = "escalation/due",
                                 .values = values,
                                 .item = item->id,
                                 .thread = item_thread(turn, item),
                                 .mentions = item->state == ESCALATION_TAKEN ? mentions : mentions + 2,
                                 .guard = GUARD_OPEN,
                                 .role = "ping",
                                 .is_urgent = true });
    return OUTCOME_DONE;
}

enum outcome escalation_left(struct turn *turn, struct item *item, const struct act_request *request)
{
    bool was_called = item_is_asked(turn, item, request->text);
    if (hand_waits_for(item, request->text))
        escalation_successor_left(turn, item);
    else if (was_called)
        item_note_left(turn, item, request->text);
    if (item->state == ESCALATION_TAKEN && strcmp(item->owner, request->text) == 0)
        escalation_call_again(turn, item, "left");
    else if (item->state == ESCALATION_CALLING && was_called)
        item_set_urgent_timer(turn, item, TIMER_RING, turn->now_ms);
    return OUTCOME_DONE;
}
