/* The round: whom it asks, and when: each once when their day begins, and once more if they have not answered. */
#include <string.h>

#include "base/plant.h"
#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "store/number.h"
#include "time/hours.h"

/* --- When --- */

/* The moment counts on the days of the round alone. */
static int64_t on_its_days(struct turn *turn, const struct item *round, const struct routine *kept,
                           const char *person, int64_t at_ms)
{
    if (at_ms == ABSENCE_FOR_GOOD)
        return at_ms;
    /* Nobody is asked for a day that went by in an outage; what a lost life of the store has said is found. */
    if (at_ms < turn->now_ms && !number_is_restored(turn->store, turn->now_ms))
        at_ms = turn->now_ms;
    int64_t day = hours_day_of(personal_zone(turn, person), at_ms);
    return day < round_day(turn, round) + kept->span_days ? at_ms : ABSENCE_FOR_GOOD;
}

int64_t round_ask_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                     const char *person)
{
    int64_t begins_ms = routine_begins_ms(turn, kept, person, round_day(turn, round));
    int64_t begun_ms =
        store_int(turn->store, 0, "SELECT begun_ms FROM round WHERE item = ?1", "i", round->id);
    if (begun_ms && begun_ms < begins_ms)
        begins_ms = begun_ms;
    if (begins_ms == ABSENCE_FOR_GOOD)
        return begins_ms;
    return on_its_days(turn, round, kept, person, personal_next_call_from_ms(turn, person, begins_ms));
}

/* Who may answer and need not is reminded of nothing. */
static int64_t nudge_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                        const struct asked *asked)
{
    if (!asked->asked_ms || asked->reminded_ms || !kept->nudge_min ||
        person_list_has(&kept->optional, asked->person))
        return ABSENCE_FOR_GOOD;
    /* It may have been said there, to others with them or elsewhere, and is not worth being said twice. */
    if (number_may_be_lost(turn->store, round->opened_ms))
        return ABSENCE_FOR_GOOD;
    int64_t within_ms = (int64_t)kept->nudge_min * MINUTE_MS;
    int64_t at_ms = personal_next_call_from_ms(
        turn, asked->person, personal_add_work(turn, asked->person, asked->asked_ms, within_ms));
    return at_ms < round->deadline_ms ? at_ms : ABSENCE_FOR_GOOD;
}

static bool may_answer(enum standing standing)
{
    return standing == STANDING_TO_COME || standing == STANDING_OPTIONAL;
}

/* So long as was chosen, over the night if need be; else some hours, and until they go home. */
static int64_t answers_until_ms(struct turn *turn, const struct routine *kept, const char *person,
                                int64_t from_ms)
{
    int minutes = kept->answer_min ? kept->answer_min : ROUND_ANSWER_MIN;
    int64_t at_ms = personal_add_work(turn, person, from_ms, (int64_t)minutes * MINUTE_MS);
    int64_t close_ms = hours_close_of_day(personal_hours(turn, person), personal_zone(turn, person), from_ms);
    return kept->answer_min || at_ms < close_ms ? at_ms : close_ms;
}

/* The next round ends this one. */
static int64_t before_next(struct turn *turn, const struct item *round, const struct routine *kept,
                           int64_t at_ms)
{
    int64_t day, begins_ms;
    bool has_next = routine_next_day(turn, kept, round_day(turn, round), &day, &begins_ms);
    return has_next && begins_ms < at_ms ? begins_ms : at_ms;
}

int64_t round_closes_ms(struct turn *turn, struct item *round, const struct routine *kept)
{
    struct stand_list stands = round_standings(turn, round);
    int64_t last_ms = 0;
    for (size_t i = 0; i < stands.n; i++) {
        const char *person = stands.rows[i].asked->person;
        /* Asked together, they have until the same minute. */
        int64_t from_ms = stands.rows[i].asked->asked_ms / ROUND_STEP_MS * ROUND_STEP_MS;
        enum standing standing = stands.rows[i].standing;
        if (!from_ms)
            from_ms = round_ask_ms(turn, round, kept, person);
        if (from_ms == ABSENCE_FOR_GOOD || (!may_answer(standing) && standing != STANDING_ANSWERED))
            continue;
        int64_t at_ms = answers_until_ms(turn, kept, person, from_ms);
        /* Who has answered and goes away is not waited for until they are back. */
        if (standing == STANDING_ANSWERED && round->deadline_ms && at_ms > round->deadline_ms)
            at_ms = round->deadline_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    if (last_ms)
        return kept->answer_min ? before_next(turn, round, kept, last_ms) : last_ms;
    return round->deadline_ms ? round->deadline_ms : turn->now_ms + (int64_t)ROUND_ANSWER_MIN * MINUTE_MS;
}

static void set_timer(struct turn *turn, struct item *round, const char *what, int64_t at_ms)
{
    if (at_ms == ABSENCE_FOR_GOOD)
        item_remove_timer(turn, round, what);
    else
        item_set_timer(turn, round, what, at_ms, true);
}

/* ABSENCE_FOR_GOOD: nobody is left to be asked. */
static int64_t next_ask_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                           const struct stand_list *stands)
{
    int64_t first_ms = ABSENCE_FOR_GOOD;
    for (size_t i = 0; i < stands->n; i++) {
        const struct asked *asked = stands->rows[i].asked;
        if (!may_answer(stands->rows[i].standing) || asked->asked_ms)
            continue;
        int64_t at_ms = round_ask_ms(turn, round, kept, asked->person);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    return first_ms;
}

int64_t round_next_ask_ms(struct turn *turn, const struct item *round)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct stand_list stands = round_standings(turn, round);
    return next_ask_ms(turn, round, &kept, &stands);
}

static int64_t next_nudge_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                             const struct stand_list *stands)
{
    int64_t first_ms = ABSENCE_FOR_GOOD;
    for (size_t i = 0; i < stands->n; i++) {
        if (!may_answer(stands->rows[i].standing))
            continue;
        int64_t at_ms = nudge_ms(turn, round, kept, stands->rows[i].asked);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    return first_ms;
}

void round_set_timers(struct turn *turn, struct item *round)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct stand_list stands = round_standings(turn, round);
    int64_t ask_ms = next_ask_ms(turn, round, &kept, &stands);
    /* Whoever was left over in this turn. */
    if (ask_ms <= turn->now_ms)
        ask_ms = turn->now_ms + ROUND_SPREAD_MS;
    set_timer(turn, round, "ask", ask_ms);
    set_timer(turn, round, "remind", next_nudge_ms(turn, round, &kept, &stands));
}

/* --- Whom --- */

/* The first of those that are in the thread, and all whom the same words fit; they are taken out of it. */
static struct person_list take_alike(struct turn *turn, const struct item *round, struct person_list *there,
                                     bool (*is_alike)(struct turn *turn, const struct item *round,
                                                      const char *a, const char *b))
{
    struct person_list alike = { .ids = arena_alloc(turn->arena, (there->n + 1) * sizeof *alike.ids) };
    size_t n_left = 0;
    const char *first = there->ids[0];
    for (size_t i = 0; i < there->n; i++)
        if (is_alike(turn, round, first, there->ids[i]))
            alike.ids[alike.n++] = there->ids[i];
        else
            there->ids[n_left++] = there->ids[i];
    there->n = n_left;
    return alike;
}

enum outcome round_ask_now(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    struct item *routine = round_routine(turn, round);
    struct routine kept = routine_of(turn, routine);
    struct stand_list stands = round_standings(turn, round);
    struct person_list there = { .ids = arena_alloc(turn->arena, (stands.n + 1) * sizeof *there.ids) };
    size_t n_alone = 0;
    for (size_t i = 0; i < stands.n; i++) {
        const struct asked *asked = stands.rows[i].asked;
        if (!may_answer(stands.rows[i].standing) || (asked->asked_ms && !PLANTED(ASKED_TWICE)) ||
            round_ask_ms(turn, round, &kept, asked->person) > turn->now_ms)
            continue;
        if (!round_direct_for(turn, &kept, asked->person))
            there.ids[there.n++] = asked->person;
        else if (n_alone++ < ROUND_AT_ONCE)
            round_prompt(turn, round, &kept, person_list_of_one(turn, asked->person));
    }
    while (there.n)
        round_prompt(turn, round, &kept, take_alike(turn, round, &there, round_is_prompt_alike));
    round_settle(turn, round);
    return OUTCOME_DONE;
}

enum outcome round_nudge_now(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct stand_list stands = round_standings(turn, round);
    struct person_list there = { .ids = arena_alloc(turn->arena, (stands.n + 1) * sizeof *there.ids) };
    for (size_t i = 0; i < stands.n; i++) {
        const struct asked *asked = stands.rows[i].asked;
        bool is_missing = stands.rows[i].standing == STANDING_TO_COME || PLANTED(NUDGED_ALL_THE_SAME);
        if (!is_missing || nudge_ms(turn, round, &kept, asked) > turn->now_ms)
            continue;
        if (round_direct_for(turn, &kept, asked->person))
            round_nudge(turn, round, &kept, &stands, person_list_of_one(turn, asked->person));
        else
            there.ids[there.n++] = asked->person;
    }
    while (there.n)
        round_nudge(turn, round, &kept, &stands, take_alike(turn, round, &there, round_is_nudge_alike));
    round_set_timers(turn, round);
    return OUTCOME_DONE;
}
