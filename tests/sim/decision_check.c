#include "decision_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "homeserver.h"
#include "people.h"
#include "store/store.h"
#include "world.h"

enum { MINUTE_MS = 60000, MARGIN_MS = 2500, WRONG_CLOCK_MS = 65000 };

int64_t decision_state(const struct decision *decision)
{
    return store_int(world.store, 0, "SELECT state FROM item WHERE cause = ?1", "s",
                     homeserver_said(decision->command)->id);
}

/* Its card is no answer to the command. */
static bool was_opened_by_answer(const struct decision *decision)
{
    return store_int(
        world.store, 0,
        "SELECT 1 FROM item i JOIN outbox o ON o.id = i.card WHERE i.cause = ?1 AND o.cause <> ?1", "s",
        homeserver_said(decision->command)->id);
}

bool decision_is_contested(const struct decision *decision)
{
    return store_int(world.store, 0, "SELECT extra = 'contested' FROM item WHERE cause = ?1", "s",
                     homeserver_said(decision->command)->id);
}

static void read_told(const struct decision *decision, struct model_told *out)
{
    const char *cause = homeserver_said(decision->command)->id;
    *out = (struct model_told){ .end_ms = world.now_ms,
                                .margin_ms = world.had_wrong_clock ? WRONG_CLOCK_MS : MARGIN_MS };
    struct rows rows = store_rows(
        world.store,
        "SELECT h.at_ms, h.what FROM history h WHERE h.item IN (SELECT id FROM item WHERE cause = ?1)"
        " AND h.what IN ('adopted', 'not adopted', 'settled', 'cancelled', 'reopened')"
        " ORDER BY h.id LIMIT 16",
        "s", cause);
    while (rows_next(&rows))
        out->closings[out->n_closings++] =
            (struct closing){ .at_ms = rows_int(&rows, 0),
                              .is_adopted = strcmp(rows_text(&rows, 1), "adopted") == 0,
                              .is_unreached = strcmp(rows_text(&rows, 1), "not adopted") == 0 };
    out->date_ms = store_int(world.store, 0, "SELECT deadline_ms FROM item WHERE cause = ?1", "s", cause);
}

/* When the bot answered; the end of time if it did not. */
static int64_t answered_ms(const struct act *act)
{
    const char *id = homeserver_said(act->position)->id;
    for (int64_t position = act->position + 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        if (said->txn && !said->is_lost && strstr(said->content, id))
            return said->at_ms;
    }
    return INT64_MAX;
}

/* A new date that had passed when the bot heard of it is none: it asks for another. */
static bool came_too_late(const struct act *act)
{
    return act->new_date_ms && answered_ms(act) > act->new_date_ms - MARGIN_MS;
}

static int64_t history_of(const struct decision *decision, int64_t position, const char *what)
{
    return store_int(world.store, 0,
                     "SELECT min(h.id) FROM history h WHERE h.item IN (SELECT id FROM item WHERE cause = ?1)"
                     " AND h.event = ?2 AND (?3 = '' OR h.what = ?3)",
                     "sss", homeserver_said(decision->command)->id, homeserver_said(position)->id, what);
}

/* A cancel is applied ahead of the hole before it, for it only stops things; and what counts is the order of application alone
 * (architecture.md "gaps hold their room only", "An event's time"). What was said before it and came out of the hole after
 * it found a decision that was over, as if it had been said then. */
static bool is_overtaken(const struct decision *decision, int64_t position)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *cancel = &decision->acts[i];
        if (cancel->what != MODEL_CANCEL || cancel->position <= position)
            continue;
        int64_t cancelled = history_of(decision, cancel->position, "cancelled");
        int64_t applied = history_of(decision, position, "");
        if (cancelled && (!applied || applied > cancelled))
            return true;
    }
    return false;
}

/* Whatever was said on a decision that lives is taken note of; what was taken back at once need not be. */
static void check_heard(struct decision *decision)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        struct act *act = &decision->acts[i];
        act->is_unheard =
            !check_is_applied(act->position) || came_too_late(act) || is_overtaken(decision, act->position);
        act->has_moved_date = history_of(decision, act->position, "deadline") ||
                              (act->gone_ms && history_of(decision, act->gone_position, "deadline"));
        act->is_gone_unheard = act->gone_ms && is_overtaken(decision, act->gone_position);
        if (check_is_applied(act->position))
            continue;
        if (!act->gone_ms)
            world_fail("%s on %s was never heard", homeserver_said(act->position)->id, decision->name);
    }
}

static void check_positions(const struct decision *decision)
{
    static const char *const words[] = { "agree", "object", "abstain" };
    for (int i = 0; i < PEOPLE_N; i++) {
        const char *person = people_nth(i);
        const struct act *act = model_position(decision, person);
        char what[16] = "none";
        struct arena *arena = arena_create();
        char *told =
            store_str(world.store, arena,
                      "SELECT what FROM act WHERE item = (SELECT id FROM item WHERE cause = ?1)"
                      " AND person = ?2 AND (what = 'object' AND is_taken_back = 0 OR id ="
                      "  (SELECT max(id) FROM act WHERE item = (SELECT id FROM item WHERE cause = ?1)"
                      "   AND person = ?2) AND is_taken_back = 0) ORDER BY what = 'object' DESC LIMIT 1",
                      "ss", homeserver_said(decision->command)->id, person);
        snprintf(what, sizeof what, "%s", told ? told : "none");
        arena_destroy(arena);
        if (strcmp(what, act ? words[act->what] : "none") != 0)
            world_fail("%s on %s: the bot has \"%s\", and it was \"%s\"", person, decision->name, what,
                       act ? words[act->what] : "none");
    }
}

/* The words of an objection that stands are those that its author last gave it; none, once they are redacted. By whose
 * event it stands is not asked: a taking back that comes out of a hole after a newer objection leaves the older one. */
static void check_reasons(const struct decision *decision)
{
    for (int i = 0; i < PEOPLE_N; i++) {
        const struct act *act = model_position(decision, people_nth(i));
        const struct act *reason = act && act->what == MODEL_OBJECT ? model_reason(decision, act) : NULL;
        if (!reason)
            continue;
        char wanted[32] = "";
        struct arena *arena = arena_create();
        if (!reason->gone_ms)
            snprintf(wanted, sizeof wanted, "w%d is why", reason->word);
        char *told = store_str(world.store, arena,
                               "SELECT t.content FROM act a JOIN text t ON t.id = a.text"
                               " WHERE a.item = (SELECT id FROM item WHERE cause = ?1) AND a.person = ?2"
                               " AND a.what = 'object' AND a.is_taken_back = 0",
                               "ss", homeserver_said(decision->command)->id, people_nth(i));
        if (!told || strcmp(told, wanted) != 0)
            world_fail("%s objects to %s because \"%s\", and said \"%s\"", people_nth(i), decision->name,
                       told ? told : "", wanted);
        arena_destroy(arena);
    }
}

static bool is_subject(const char *told, int word)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "w%d matter", word);
    return strcmp(told, wanted) == 0;
}

/* What is over keeps its words, whatever its opening is made to say: then it is one of those that it once had. */
static bool may_be_about(const struct decision *decision, const char *told)
{
    bool was_over =
        store_int(world.store, 0,
                  "SELECT closed_ms IS NOT NULL OR EXISTS (SELECT 1 FROM history h WHERE h.item = i.id"
                  " AND h.what = 'reopened') FROM item i WHERE i.cause = ?1",
                  "s", homeserver_said(decision->command)->id);
    bool may_be = is_subject(told, decision->word) || (was_over && is_subject(told, decision->first_word));
    for (size_t i = 0; was_over && i < decision->n_acts; i++)
        may_be =
            may_be || (decision->acts[i].what == MODEL_AMEND && is_subject(told, decision->acts[i].word));
    return may_be;
}

static void check_subject(const struct decision *decision)
{
    bool is_gone = decision->gone_position;
    if (is_gone && !check_is_applied(decision->gone_position))
        world_fail("%s was not heard to remove the opening of %s",
                   homeserver_said(decision->gone_position)->id, decision->name);
    struct arena *arena = arena_create();
    char *told =
        store_str(world.store, arena,
                  "SELECT t.content FROM item i JOIN field f ON f.item = i.id JOIN text t ON t.id = f.text"
                  " WHERE i.cause = ?1 AND f.name = 'subject'",
                  "s", homeserver_said(decision->command)->id);
    if (!told || (is_gone ? *told != '\0' : !may_be_about(decision, told)))
        world_fail("%s is about \"%s\", and should be about \"w%d matter\"", decision->name, told ? told : "",
                   decision->word);
    arena_destroy(arena);
}

/* All who were asked have left, and have been seen to. */
static bool all_have_left(const struct decision *decision)
{
    bool is_anybody_there = false;
    struct rows rows = store_rows(world.store,
                                  "SELECT a.person, a.has_left FROM asked a JOIN item i ON i.id = a.item"
                                  " WHERE i.cause = ?1",
                                  "s", homeserver_said(decision->command)->id);
    while (rows_next(&rows)) {
        const char *person = people_id(rows_text(&rows, 0));
        if (rows_int(&rows, 1) && !people_have_left(decision->room, person))
            world_fail("%s has left, says %s, and has not", person, decision->name);
        is_anybody_there = is_anybody_there || !rows_int(&rows, 1);
    }
    return !is_anybody_there;
}

static bool nobody_was_asked(const struct decision *decision)
{
    return store_int(world.store, 0,
                     "SELECT count(*) FROM asked a JOIN outbox o ON o.id = a.row"
                     " WHERE a.item = (SELECT id FROM item WHERE cause = ?1) AND o.sent_ms < ?2",
                     "si", homeserver_said(decision->command)->id, decision->date_ms) == 0;
}

/* What was said while it was open was passed over with a lost position: silence closes nothing there. Its owner is told, once
 * it has waited whether that is heard after all. */
static bool is_left_to_owner(const struct decision *decision)
{
    enum { WAITS_MS = 16 * MINUTE_MS };
    return store_int(world.store, 0,
                     "SELECT 1 FROM item i JOIN inbox b ON b.room = i.room AND b.event_id LIKE '$gap:%'"
                     " AND b.since_ms >= i.opened_ms WHERE i.cause = ?1 AND (?2 OR EXISTS"
                     " (SELECT 1 FROM outbox o WHERE o.item = i.id AND o.template = 'decision/yours'))",
                     "si", homeserver_said(decision->command)->id,
                     (int64_t)(world.now_ms < decision->date_ms + WAITS_MS));
}

static void check_state(const struct decision *decision, const struct model_result *result)
{
    static const char *const names[] = { "none",    "open",        "blocked",  "adopted",
                                         "settled", "not adopted", "cancelled" };
    int64_t state = decision_state(decision);
    /* Nobody could see the card in time, or was asked in their working hours before the date: then silence says
     * nothing. */
    bool is_unreached = state == MODEL_NOT_ADOPTED &&
                        (homeserver_said(decision->card)->at_ms > decision->date_ms - 15 * MINUTE_MS ||
                         nobody_was_asked(decision) || all_have_left(decision));
    bool is_owners = state == MODEL_OPEN && is_left_to_owner(decision);
    if (state != (int64_t)result->state && !is_unreached && !is_owners)
        world_fail("%s is %s, and should be %s", decision->name, names[state], names[result->state]);
}

/* What somebody took back by removing it was that act alone; by a word it was all of theirs. */
static bool took_back_objection(const struct decision *decision, const char *event_id)
{
    int64_t position = homeserver_position(event_id);
    for (size_t i = 0; i < decision->n_acts; i++)
        if (decision->acts[i].gone_position == position)
            return decision->acts[i].what == MODEL_OBJECT;
    return true;
}

/* Whatever came so close together that the outcome may be one or another: by its own history the bot never closes on silence
 * while an objection stands, and it is blocked if one stands and only then. */
static void check_history(const struct decision *decision)
{
    bool objects[PEOPLE_N] = { false };
    int n_objections = 0;
    struct rows rows = store_rows(
        world.store,
        "SELECT h.what, h.person, h.event FROM history h WHERE h.item IN (SELECT id FROM item WHERE cause = ?1)"
        " AND h.what IN ('object', 'withdraw', 'adopted') ORDER BY h.id",
        "s", homeserver_said(decision->command)->id);
    while (rows_next(&rows)) {
        const char *what = rows_text(&rows, 0);
        if (strcmp(what, "adopted") == 0) {
            if (n_objections)
                world_fail("%s was adopted by silence, and %d objected", decision->name, n_objections);
            continue;
        }
        if (strcmp(what, "withdraw") == 0 && !took_back_objection(decision, rows_text(&rows, 2)))
            continue;
        int person = people_index(rows_text(&rows, 1));
        n_objections -= objects[person];
        objects[person] = strcmp(what, "object") == 0;
        n_objections += objects[person];
    }
    int64_t state = decision_state(decision);
    if ((state == MODEL_BLOCKED && !n_objections) || (state == MODEL_OPEN && n_objections))
        world_fail("%s is %s, and %d objected", decision->name, state == MODEL_OPEN ? "open" : "blocked",
                   n_objections);
    if (state == MODEL_ADOPTED && n_objections && !decision_is_contested(decision))
        world_fail("%s is adopted, and that %d objected since is not said", decision->name, n_objections);
}

/* A store that was put back gives what it opens anew another number: those who name the old one name nothing. */
static bool is_renumbered(const struct decision *decision)
{
    int64_t number = store_int(world.store, 0, "SELECT number FROM item WHERE cause = ?1", "s",
                               homeserver_said(decision->command)->id);
    return world.was_restored && number != strtoll(decision->name + strlen("DEC-"), NULL, 10);
}

/* Its owner was asked whether to cancel it, for its opening was removed, and has said "1" since: whether as an answer or in the
 * talk of the room, that is one. */
static bool is_cancelled_by_choice(const struct decision *decision)
{
    struct arena *arena = arena_create();
    char *event =
        store_str(world.store, arena,
                  "SELECT h.event FROM history h WHERE h.item IN (SELECT id FROM item WHERE cause = ?1)"
                  " AND h.what = 'cancelled' ORDER BY h.id DESC LIMIT 1",
                  "s", homeserver_said(decision->command)->id);
    int64_t position = event ? homeserver_position(event) : 0;
    arena_destroy(arena);
    return decision->gone_position && position > decision->gone_position &&
           strcmp(homeserver_said(position)->sender, decision->owner) == 0 &&
           strstr(homeserver_said(position)->content, "\"body\":\"1\"");
}

static bool is_touched_at(int64_t position)
{
    return position && (homeserver_said(position)->is_undone || homeserver_said(position)->is_passed_over);
}

/* The homeserver was put back to a state before something of it: what the bot has heard counts, what it has said may be gone,
 * and what people see now is another thing than either. */
static bool is_touched(const struct decision *decision)
{
    bool is = is_touched_at(decision->command) || is_touched_at(decision->card) ||
              is_touched_at(decision->gone_position);
    for (size_t i = 0; i < decision->n_acts; i++)
        is =
            is || is_touched_at(decision->acts[i].position) || is_touched_at(decision->acts[i].gone_position);
    return is;
}

/* An objection that was never heard, for the bot's position was of no use: the bot knows that it has not listened. */
static void check_not_overheard(const struct decision *decision, const struct model_told *told)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        if (act->what != MODEL_OBJECT || act->gone_ms || check_is_applied(act->position) ||
            homeserver_said(act->position)->is_undone)
            continue;
        for (size_t k = 0; k < told->n_closings; k++)
            if (told->closings[k].is_adopted && told->closings[k].at_ms > act->at_ms + MARGIN_MS)
                world_fail("%s was adopted by silence over %s, which it never heard", decision->name,
                           homeserver_said(act->position)->id);
    }
}

void decision_check(struct decision *decision)
{
    struct model_told told;
    struct model_result result;
    if (decision->command < homeserver_room(decision->room)->bot_since)
        return;
    if (!decision->card && is_touched(decision))
        return;
    if (!decision->card) {
        /* It came too late to be opened: then the answer asked for another date, which a number said for something else may have
         * been taken for. */
        if (decision_state(decision) && !was_opened_by_answer(decision))
            world_fail("%s has no card", homeserver_said(decision->command)->id);
        return;
    }
    if (is_renumbered(decision))
        return;
    if (is_touched(decision)) {
        read_told(decision, &told);
        check_not_overheard(decision, &told);
        return;
    }
    check_heard(decision);
    check_subject(decision);
    check_history(decision);
    read_told(decision, &told);
    if (is_cancelled_by_choice(decision))
        return;
    model_replay(decision, &told, &result);
    if (result.overheard)
        world_fail("%s was adopted by silence over %s, which was there before its date", decision->name,
                   homeserver_said(result.overheard->position)->id);
    if (result.is_blurred)
        return;
    check_state(decision, &result);
    check_positions(decision);
    check_reasons(decision);
}
