/* The decision: what its date does, and people and the bot coming and going. */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/absence.h"
#include "store/inbox.h"

enum { HOLD_MS = 15 * 60 * 1000, UNHEARD_AGAIN_MS = 10 * 1000 };

/* Once for each date, whether it was waited for those minutes or they had passed when the bot came back: it is one thing. */
static void say_unreadable(struct turn *turn, struct item *item)
{
    const char *cause = turn->cause;
    struct json_object *values = decision_basics(turn, item);
    json_set_bool(values, "unreadable", true);
    turn->cause = arena_printf(turn->arena, "%s unread %lld", item->uuid, (long long)item->deadline_ms);
    item_ping(turn, item, "decision/yours", values, person_list_of_one(turn, item->owner), NULL);
    turn->cause = cause;
}

/* Nothing is adopted on silence that the bot may not have heard: an event of this room that could not be
 * handled holds the closing once; then the owner decides. */
static bool is_held(struct turn *turn, struct item *item)
{
    /* What waits for a number of its own, and all that was said behind it: it is there, and will be heard. */
    if (inbox_n(turn->store, item->room, INBOX_WAITS) + inbox_n(turn->store, item->room, INBOX_HELD)) {
        item_hold_timer(turn, item, "close", turn->now_ms + UNHEARD_AGAIN_MS);
        return true;
    }
    if (inbox_n_aside_since(turn->store, item->room, item->opened_ms) +
            inbox_n_unread_of_asked(turn->store, item->id, item->opened_ms) ==
        0)
        return false;
    if (turn->now_ms < item->deadline_ms + HOLD_MS) {
        item_set_timer(turn, item, "close", item->deadline_ms + HOLD_MS, true);
        return true;
    }
    say_unreadable(turn, item);
    return true;
}

static enum outcome not_adopted(struct turn *turn, struct item *item, const char *why)
{
    item_note(turn, item, "not adopted", why, 0);
    decision_close_as(turn, item, DECISION_NOT_ADOPTED);
    struct json_object *values = decision_basics(turn, item);
    json_set_bool(values, why, true);
    item_add_outage(turn, values);
    item_ping(turn, item, "decision/yours", values, person_list_of_one(turn, item->owner), NULL);
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

/* Those who are away and have said nothing; returns how many. */
static size_t note_away(struct turn *turn, struct item *item, const struct asked_list *asked)
{
    size_t n = 0;
    for (size_t i = 0; i < asked->n; i++) {
        const char *person = asked->people[i].person;
        if (asked->people[i].has_left || item_position_of(turn, item, person) ||
            !absence_is_at(turn, person, item->deadline_ms))
            continue;
        item_note_away(turn, item, person);
        n++;
    }
    return n;
}

enum outcome decision_close_by_silence(struct turn *turn, struct item *item,
                                       const struct act_request *request)
{
    (void)request;
    if (is_held(turn, item))
        return OUTCOME_DONE;
    struct asked_list asked = item_asked(turn, item);
    size_t n_here = 0, n_called = 0, n_reached = 0;
    for (size_t i = 0; i < asked.n; i++) {
        n_here += !asked.people[i].has_left;
        n_called += !asked.people[i].has_left && asked.people[i].asked_ms;
        n_reached += !asked.people[i].has_left && asked.people[i].is_reached;
    }
    if (n_here == 0)
        return not_adopted(turn, item, "all_left");
    if (note_away(turn, item, &asked) == n_here)
        return not_adopted(turn, item, "all_away");
    if (n_reached == 0)
        return not_adopted(turn, item, n_called ? "unreached" : "uncalled");
    note_unreached(turn, item, &asked);
    item_note(turn, item, "adopted", NULL, 0);
    decision_close_as(turn, item, DECISION_ADOPTED);
    struct json_object *values = decision_basics(turn, item);
    item_add_outage(turn, values);
    item_announce(turn, item, "decision/adopted", values, NULL);
    return OUTCOME_DONE;
}

enum outcome decision_deadline_while_blocked(struct turn *turn, struct item *item,
                                             const struct act_request *request)
{
    (void)request;
    item_note(turn, item, "blocked at the deadline", NULL, 0);
    item_show_card(turn, item);
    struct json_object *values = decision_basics(turn, item);
    struct act_list positions = item_positions(turn, item);
    const char **objectors = arena_alloc(turn->arena, (positions.n + 1) * sizeof *objectors);
    size_t n = 0;
    for (size_t i = 0; i < positions.n; i++) {
        if (strcmp(positions.rows[i].what, "object") != 0)
            continue;
        objectors[n++] = positions.rows[i].person;
        /* This message names the objection: one that was still to be told is not told beside it. */
        item_forget_pings(turn, item, decision_objection_guard(turn, positions.rows[i].person));
    }
    json_set(values, "objectors", values_people(turn, objectors, n));
    decision_add_talk_time(turn, item, values);
    json_set_bool(values, "blocked", true);
    item_add_outage(turn, values);
    item_ping(turn, item, "decision/yours", values, person_list_of_one(turn, item->owner), GUARD_OPEN);
    return OUTCOME_DONE;
}

enum outcome decision_somebody_left(struct turn *turn, struct item *item, const struct act_request *request)
{
    if (item_is_asked(turn, item, request->text)) {
        item_note_left(turn, item, request->text);
        decision_spare(turn, item);
        item_show_card(turn, item);
    }
    decision_talk_recheck(turn, item);
    /* method.md 2: owner gone, a moderator is asked once; who comes and goes is not a new question each time. */
    if (strcmp(item->owner, request->text) != 0 || item_has_noted(turn, item, "owner left", item->owner))
        return OUTCOME_DONE;
    const char *moderator = lifecycle_moderator(turn, item);
    if (moderator) {
        item_ping(turn, item, "decision/owner-left", decision_basics(turn, item),
                  person_list_of_one(turn, moderator), GUARD_OPEN);
        item_note(turn, item, "owner left", item->owner, 0);
    }
    return OUTCOME_DONE;
}

/* The bot was out of the room: what passed meanwhile was not listened for. */
enum outcome decision_bot_returned(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    if (item->deadline_ms > turn->now_ms)
        return OUTCOME_DONE;
    item_set_deadline(turn, item, decision_floor_ms(turn), NULL, turn->zone);
    decision_set_timers(turn, item);
    item_show_card(turn, item);
    turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "back %s", item->name),
                                 .template_name = "decision/back",
                                 .values = decision_basics(turn, item),
                                 .item = item->id });
    return OUTCOME_DONE;
}
