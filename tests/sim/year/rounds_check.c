/* What must be so of all rounds: each person is asked once on each of their days, at its first moment, and never when away, off,
 * answered, an observer or gone; nudged once at most, while they are missing; each answer stands in one report, in its last
 * words; each round closes once, and not on anybody who still has time. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "rounds.h"

/* Several alone in one go wait for each other; who was asked in the same five minutes has until the same one. */
enum { ASK_WITHIN_MS = 5 * MINUTE_MS, ANSWER_MS = 4 * 60 * MINUTE_MS, SAME_MS = 5 * MINUTE_MS };

struct round rounds_all[ROUNDS_MAX];
size_t rounds_n;
struct given rounds_given[GIVEN_MAX];
size_t rounds_n_given;
static size_t n_settled; /* of the answers: nothing changes them any more */

void rounds_forget(void)
{
    for (size_t i = 0; i < rounds_n; i++)
        free(rounds_all[i].report);
    rounds_n = rounds_n_given = n_settled = 0;
}

/* --- Finding --- */

struct round *rounds_find(int64_t item)
{
    for (size_t i = rounds_n; i-- > 0;)
        if (rounds_all[i].item == item)
            return &rounds_all[i];
    return NULL;
}

static struct round *round_of_day(int routine, int64_t day)
{
    for (size_t i = 0; i < rounds_n; i++)
        if (rounds_all[i].routine == routine && rounds_all[i].day == day)
            return &rounds_all[i];
    return NULL;
}

struct round *rounds_answered_before(const struct round *round, int person)
{
    for (size_t i = rounds_n; i-- > 0;) {
        struct round *other = &rounds_all[i];
        if (other->routine == round->routine && other->day < round->day &&
            (other->stands[person].has_given || other->stands[person].has_said_same))
            return other;
    }
    return NULL;
}

struct round *rounds_last_asked(int routine, int person)
{
    for (size_t i = rounds_n; i-- > 0;)
        if (rounds_all[i].routine == routine && rounds_all[i].stands[person].asked_ms)
            return &rounds_all[i];
    return NULL;
}

bool rounds_is_of(int routine, int person)
{
    return !(routines_played[routine].has_observer && person == OBSERVER) &&
           people_are_there(&year.people[person], year.now_ms);
}

static const char *name_of(const struct round *round)
{
    static const char *const names[ROUTINES] = { "daily", "weekly", "pulse" };
    return arena_printf(year.arena, "the %s of %s", names[round->routine],
                        arena_strndup(year.arena, moment_text(moment_in("UTC", round->day * DAY_MS)), 10));
}

/* --- What has gone by --- */

enum { SETTLED_DAYS = 8 };

/* Reports far before that of an answer have been looked at with answers of their own. */
static const struct round *near_of(const struct given *given)
{
    enum { NEAR = 40 };
    return given->round - rounds_all > NEAR ? given->round - NEAR : rounds_all;
}

/* But for those in which they said that it is the same. */
static int n_reports(const struct given *given)
{
    int n = 0;
    const char *text = arena_printf(year.arena, "w%d thing", given->word);
    for (const struct round *round = near_of(given); round < rounds_all + rounds_n; round++)
        n += !round->stands[given->person].has_said_same && strstr(round->report, text) != NULL;
    return n;
}

static void check_given(const struct given *given)
{
    const char *text = arena_printf(year.arena, "w%d thing", given->word),
               *who = year.people[given->person].id;
    bool is_there = strstr(given->round->report, text) != NULL;
    if (given->is_taken_back && is_there)
        year_fail("%s took back w%d, which stands in the report of %s", who, given->word,
                  name_of(given->round));
    else if (!given->is_taken_back && !is_there)
        year_fail("%s answered w%d, which is not in the report of %s", who, given->word,
                  name_of(given->round));
    else if (n_reports(given) != (given->is_taken_back ? 0 : 1))
        year_fail("w%d of %s stands in %d reports", given->word, who, n_reports(given));
}

/* Days later nobody mends an answer any more. */
static void check_settled(void)
{
    int64_t settled_ms = year.now_ms - SETTLED_DAYS * DAY_MS;
    for (; n_settled < rounds_n_given && rounds_given[n_settled].round->opened_ms < settled_ms; n_settled++)
        check_given(&rounds_given[n_settled]);
    for (size_t i = rounds_n; i-- > 0 && !year.violation[0];)
        if (rounds_all[i].opened_ms < settled_ms && !rounds_all[i].closed_ms)
            year_fail("%s was never closed", name_of(&rounds_all[i]));
}

/* --- It begins --- */

static void see_card(struct round *round, const struct outbox_row *row)
{
    struct spoken spoken;
    struct err err;
    if (!engine_speak(year.engine, row, year.arena, &spoken, &err)) {
        year_fail("%s has no words: %s", name_of(round), err.text);
        return;
    }
    free(round->report);
    round->report = xstrdup(spoken.body);
    if (row->kind == OUTBOX_MESSAGE)
        round->card = arena_printf(year.arena, "$sent%lld", (long long)row->id);
}

static struct round *see_round(int64_t item)
{
    if (rounds_n == ROUNDS_MAX)
        abort();
    struct round round = { .item = item,
                           .day =
                               store_int(year.store, 0, "SELECT day FROM round WHERE item = ?1", "i", item),
                           .opened_ms = year.now_ms };
    int64_t routine = store_int(year.store, 0, "SELECT routine FROM round WHERE item = ?1", "i", item);
    round.routine = (int)store_int(
        year.store, 0, "SELECT count(*) FROM item WHERE prefix = 'RTN' AND id < ?1", "i", routine);
    if (round_of_day(round.routine, round.day))
        year_fail("%s begins a second time", name_of(&round));
    check_settled();
    rounds_all[rounds_n] = round;
    return &rounds_all[rounds_n++];
}

/* --- Who is asked --- */

/* Of the days of the round: when they could first be asked; INT64_MAX: not at all. */
static int64_t first_moment(const struct round *round, const struct person *person, int64_t from_ms)
{
    int64_t begins_ms = moment_midnight(person->zone, round->day);
    int64_t ends_ms = moment_midnight(person->zone, round->day + routines_played[round->routine].span_days);
    int64_t at_ms = check_first_moment(person, begins_ms > from_ms ? begins_ms : from_ms);
    return at_ms < ends_ms ? at_ms : INT64_MAX;
}

static void check_asked(struct round *round, int who, const struct outbox_row *row)
{
    struct person *person = &year.people[who];
    struct stand *stand = &round->stands[who];
    int64_t first_ms = first_moment(round, person, year.start_ms);
    const char *what = name_of(round);
    if (stand->asked_ms)
        year_fail("%s asks %s a second time", what, person->id);
    if (!rounds_is_of(round->routine, who))
        year_fail("%s asks %s, who is not of it", what, person->id);
    if (stand->has_given || stand->has_said_same)
        year_fail("%s asks %s, who has answered", what, person->id);
    if (stand->has_skipped)
        year_fail("%s asks %s, who skips it", what, person->id);
    if (round->closed_ms)
        year_fail("%s asks %s, and is closed", what, person->id);
    if (first_moment(round, person, year.now_ms) != year.now_ms)
        year_fail("%s asks %s on another day", what, person->id);
    /* Who comes back, or in, is asked then. */
    if (year.now_ms - first_ms > ASK_WITHIN_MS && !stand->has_taken_back && person->joined_ms < first_ms &&
        !people_were_away(person, first_ms, year.now_ms))
        year_fail("%s asks %s at %s UTC, and could have at %s", what, person->id,
                  moment_text(moment_in("UTC", year.now_ms)), moment_text(moment_in("UTC", first_ms)));
    stand->asked_ms = year.now_ms;
    stand->prompt = arena_printf(year.arena, "$sent%lld", (long long)row->id);
    stand->is_alone = row->room == person->direct;
    rounds_plan(round, who);
}

static void check_nudged(struct round *round, int who)
{
    const struct person *person = &year.people[who];
    struct stand *stand = &round->stands[who];
    const char *what = name_of(round);
    if (!stand->asked_ms)
        year_fail("%s nudges %s, who was not asked", what, person->id);
    if (stand->nudged_ms)
        year_fail("%s nudges %s a second time", what, person->id);
    if (stand->has_given || stand->has_said_same || stand->has_skipped)
        year_fail("%s nudges %s, who is not missing", what, person->id);
    if (round->closed_ms)
        year_fail("%s nudges %s, and is closed", what, person->id);
    stand->nudged_ms = year.now_ms;
}

/* --- It closes --- */

static int64_t work_between(const struct person *person, int64_t from_ms, int64_t to_ms)
{
    int64_t work_ms = 0;
    for (int64_t at_ms = from_ms; at_ms < to_ms && work_ms < ANSWER_MS; at_ms += SAME_MS)
        work_ms += people_work(person, at_ms) ? SAME_MS : 0;
    return work_ms;
}

/* They were asked, or will be, and could still answer by the hours that are theirs. */
static bool has_time(const struct round *round, int who)
{
    const struct person *person = &year.people[who];
    const struct stand *stand = &round->stands[who];
    bool is_settled = stand->has_given || stand->has_said_same || stand->has_skipped;
    if (is_settled || !rounds_is_of(round->routine, who) ||
        people_were_away(person, year.now_ms, year.now_ms) ||
        person->joined_ms > moment_midnight(person->zone, round->day))
        return false;
    if (!stand->asked_ms)
        return first_moment(round, person, year.now_ms) != INT64_MAX;
    int64_t day = moment_day(moment_in(person->zone, stand->asked_ms));
    int64_t until_ms = moment_midnight(person->zone, day + 1);
    return check_first_moment(person, year.now_ms + MINUTE_MS) < until_ms &&
           work_between(person, stand->asked_ms, year.now_ms) + SAME_MS < ANSWER_MS;
}

static void see_close(struct round *round)
{
    if (round->closed_ms)
        year_fail("%s closes a second time", name_of(round));
    for (int i = 0; i < year.n_people && !year.violation[0]; i++)
        if (has_time(round, i))
            year_fail("%s closes on %s, who has time", name_of(round), year.people[i].id);
    round->closed_ms = year.now_ms;
}

/* --- What is said --- */

void rounds_see(const struct outbox_row *row, struct json_object *called)
{
    bool is_card = strcmp(row->template_name, "round/card") == 0;
    bool is_prompt = strcmp(row->template_name, "round/prompt") == 0;
    bool is_nudge = strcmp(row->template_name, "round/nudge") == 0;
    struct round *round = rounds_find(row->item);
    if (!is_card && !is_prompt && !is_nudge && strcmp(row->template_name, "round/closed") != 0)
        return;
    bool is_new = !round;
    if (is_new)
        round = see_round(row->item);
    if (is_card && (!round->card || row->kind == OUTBOX_EDIT))
        see_card(round, row);
    if (strcmp(row->template_name, "round/closed") == 0)
        see_close(round);
    for (size_t i = 0; row->kind == OUTBOX_MESSAGE && called && i < json_object_array_length(called); i++) {
        const struct person *person = people_find(json_str(json_object_array_get_idx(called, i), ""));
        if (is_prompt)
            check_asked(round, (int)(person - year.people), row);
        else if (is_nudge)
            check_nudged(round, (int)(person - year.people));
    }
    if (is_new)
        rounds_plan_early(round);
}

/* --- The end --- */

/* Whose day it was, and who was asked nothing. */
static void check_day(int routine, int who, int64_t day)
{
    const struct person *person = &year.people[who];
    struct round *round = round_of_day(routine, day), none = { .routine = routine, .day = day };
    struct stand *stand = round ? &round->stands[who] : &none.stands[who];
    int64_t first_ms = first_moment(&none, person, year.start_ms),
            midnight_ms = moment_midnight(person->zone, day);
    if (first_ms == INT64_MAX || first_ms > year.end_ms || person->joined_ms > midnight_ms ||
        person->left_ms < first_ms)
        return;
    if (stand->asked_ms || stand->has_given || stand->has_said_same || stand->has_skipped ||
        stand->has_taken_back)
        return;
    /* Who is back earlier than they said, or came in, when all others had answered. */
    int64_t closed_ms = round && round->closed_ms ? round->closed_ms : INT64_MAX;
    if (people_were_away(person, first_ms, first_ms) ||
        (closed_ms < first_ms &&
         (people_were_away(person, closed_ms, closed_ms) || person->joined_ms > closed_ms)))
        return;
    year_fail("%s, who could have been at %s UTC, was not asked by %s%s", person->id,
              moment_text(moment_in("UTC", first_ms)), name_of(&none), round ? "" : ", which never was");
}

void rounds_check_end(void)
{
    int64_t first = year.start_ms / DAY_MS + 2, last = year.now_ms / DAY_MS - 6;
    check_settled();
    for (size_t i = n_settled; i < rounds_n_given && !year.violation[0]; i++)
        check_given(&rounds_given[i]);
    for (int who = 0; who < year.n_people; who++)
        for (int routine = 0; routine < ROUTINES; routine++)
            for (int64_t day = first; day < last && !year.violation[0]; day++)
                if ((routines_played[routine].days & (1U << moment_in("UTC", day * DAY_MS).weekday)) &&
                    !(routines_played[routine].has_observer && who == OBSERVER))
                    check_day(routine, who, day);
}
