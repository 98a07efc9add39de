/* The round: a day of a routine, from its first question to the next round. */
#include <string.h>

#include "base/plant.h"
#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "store/outbox.h"
#include "time/zone.h"

enum { NOON = 12 };

struct item *round_routine(struct turn *turn, const struct item *round)
{
    return item_get(turn,
                    store_int(turn->store, 0, "SELECT routine FROM round WHERE item = ?1", "i", round->id));
}

int64_t round_day(struct turn *turn, const struct item *round)
{
    return store_int(turn->store, 0, "SELECT day FROM round WHERE item = ?1", "i", round->id);
}

struct json_object *round_day_value(struct turn *turn, int64_t day)
{
    struct civil noon = civil_from_day(day);
    noon.hour = NOON;
    return round_time_value(turn, zone_instant(turn->zone, noon));
}

struct json_object *round_time_value(struct turn *turn, int64_t at_ms)
{
    struct json_object *value = values_time(turn, at_ms, NULL);
    values_drop_distances(value);
    return value;
}

void round_speak(struct turn *turn, const struct item *round)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const char *lang =
        store_str(turn->store, turn->arena, "SELECT lang FROM outbox WHERE id = ?1", "i", round->card);
    turn->lang = lang ? lang : kept.lang ? kept.lang : turn->lang;
}

static void show_card(struct turn *turn, struct item *round)
{
    const char *template_name;
    struct json_object *values = round_card(turn, round, &template_name);
    item_edit(turn, round, round->card, template_name, values);
    round_show_report(turn, round);
}

/* --- Where everybody stands --- */

static enum standing standing_of(struct turn *turn, const struct item *round, const struct routine *kept,
                                 const struct asked *asked)
{
    if (round_has_answer(turn, round->id, asked->person))
        return STANDING_ANSWERED;
    if (asked->has_left)
        return STANDING_LEFT;
    if (item_find_act(turn, round, asked->person, "skip"))
        return STANDING_SKIPPED;
    if (round->state != ROUND_OPEN && !asked->was_away && !asked->asked_ms)
        return STANDING_UNASKED;
    if (!routine_asks(kept, asked->person))
        return STANDING_UNASKED;
    bool is_away = round->state == ROUND_OPEN
                       ? absence_is_at(turn, asked->person, turn->now_ms) &&
                             round_ask_ms(turn, round, kept, asked->person) == ABSENCE_FOR_GOOD
                       : asked->was_away;
    if (is_away)
        return STANDING_AWAY;
    return person_list_has(&kept->optional, asked->person) ? STANDING_OPTIONAL : STANDING_TO_COME;
}

struct stand_list round_standings(struct turn *turn, const struct item *round)
{
    struct asked_list asked = item_asked(turn, round);
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct stand_list list = { .rows = arena_alloc(turn->arena, (asked.n + 1) * sizeof *list.rows) };
    for (size_t i = 0; i < asked.n; i++) {
        enum standing standing = standing_of(turn, round, &kept, &asked.people[i]);
        list.rows[list.n++] = (struct stand){ .asked = &asked.people[i], .standing = standing };
        list.n_answered += standing == STANDING_ANSWERED;
        list.n_to_come += standing == STANDING_TO_COME;
        list.n_optional += standing == STANDING_OPTIONAL;
    }
    return list;
}

/* --- Who is of it, and until when --- */

/* Who works on that day is of it; once it has begun, who comes in time for the beginning of their own day. */
static void ask_people(struct turn *turn, struct item *round, const struct routine *kept, int64_t from_ms)
{
    struct person_list people = routine_people(turn, kept);
    for (size_t i = 0; i < people.n; i++)
        if (!item_is_asked(turn, round, people.ids[i]) &&
            round_ask_ms(turn, round, kept, people.ids[i]) != ABSENCE_FOR_GOOD &&
            routine_begins_ms(turn, kept, people.ids[i], round_day(turn, round)) >= from_ms)
            item_ask(turn, round, people.ids[i]);
}

static void set_deadline(struct turn *turn, struct item *round, const struct routine *kept)
{
    int64_t closes_ms = round_closes_ms(turn, round, kept);
    /* Whom it waited for longest need not answer any more: what was said before now was in time all the same. */
    if (closes_ms <= turn->now_ms && round->deadline_ms > turn->now_ms)
        closes_ms = turn->now_ms + MINUTE_MS;
    if (closes_ms == round->deadline_ms)
        return;
    item_set_deadline(turn, round, closes_ms, NULL, turn->zone);
    item_set_timer(turn, round, "due", closes_ms, true);
}

/* --- It ends --- */

static const char guard_closed[] = "closed";

/* Those of the people who work now; ends with NULL. Called the next morning, they would be asked for what the next round asks
 * again. */
static const char *const *at_work(struct turn *turn, const char *const *people, size_t n)
{
    const char **called = arena_alloc(turn->arena, (n + 1) * sizeof *called);
    size_t n_called = 0;
    for (size_t i = 0; i < n; i++)
        if (personal_is_at_work(turn, people[i]))
            called[n_called++] = people[i];
    called[n_called] = NULL;
    return n_called ? called : NULL;
}

static struct json_object *silent_value(struct turn *turn, const char *const *people, size_t n,
                                        const char *const *called)
{
    struct json_object *value = values_people(turn, people, n);
    struct json_object *list = json_object_object_get(value, "list");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *person = json_object_array_get_idx(list, i);
        for (size_t k = 0; called && called[k]; k++)
            if (strcmp(called[k], json_str(person, "id")) == 0)
                json_set_bool(person, "called", true);
    }
    return value;
}

static void say_closed(struct turn *turn, struct item *round, const struct stand_list *stands)
{
    const char **silent = arena_alloc(turn->arena, (stands->n + 1) * sizeof *silent);
    const char *const *called = NULL;
    size_t n = 0;
    struct json_object *unreported = round_report(turn, round);
    round_speak(turn, round);
    struct json_object *values = round_basics(turn, round);
    json_set(values, "unreported", unreported);
    for (size_t i = 0; i < stands->n; i++)
        if (stands->rows[i].standing == STANDING_TO_COME)
            silent[n++] = stands->rows[i].asked->person;
    json_set_int(values, "answered", (int64_t)stands->n_answered);
    json_set_int(values, "all", (int64_t)(stands->n_answered + stands->n_to_come));
    if (routine_of(turn, round_routine(turn, round)).is_calling)
        called = at_work(turn, silent, n);
    json_set(values, "silent", n ? silent_value(turn, silent, n, called) : NULL);
    /* Whoever goes away may have been the last of several. */
    turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "closed %s", round->uuid),
                                 .template_name = "round/closed",
                                 .values = values,
                                 .item = round->id,
                                 .thread = item_thread(turn, round),
                                 .mentions = called,
                                 .called = (const char *const[]){ "silent", NULL },
                                 .guard = guard_closed });
}

/* Somebody has answered after all: what still waits to be said names them, and calls nobody. */
static void hush_closed(struct turn *turn, const struct item *round)
{
    int64_t row = outbox_find_unseen(turn->store, round->id, guard_closed);
    if (row)
        outbox_hush(turn->store, row);
}

/* The next has begun for all whom it asks: no answer can be meant for this one, but by a reply or in its thread. */
static bool is_passed(struct turn *turn, const struct item *round)
{
    struct item *next = routine_newest_round(turn, round_routine(turn, round)->id, 0);
    return round_day(turn, next) > round_day(turn, round) &&
           (next->state != ROUND_OPEN || round_next_ask_ms(turn, next) == ABSENCE_FOR_GOOD);
}

/* Those before it are over, once nobody is left whom it has not asked; one that still waits for somebody closes by itself. */
static void end_those_before(struct turn *turn, const struct item *round)
{
    enum { BEFORE_MAX = 8 };
    int64_t ids[BEFORE_MAX];
    struct rows rows = store_rows(turn->store,
                                  "SELECT r.item FROM round here JOIN round r ON r.routine = here.routine"
                                  " AND r.day < here.day JOIN item i ON i.id = r.item"
                                  " WHERE here.item = ?1 AND i.state = ?2 LIMIT ?3",
                                  "iii", round->id, (int64_t)ROUND_CLOSED, (int64_t)BEFORE_MAX);
    size_t n = rows_take(&rows, ids, BEFORE_MAX);
    if (n && round->state == ROUND_OPEN && round_next_ask_ms(turn, round) != ABSENCE_FOR_GOOD)
        return;
    for (size_t i = 0; i < n; i++)
        item_set_state(turn, item_get(turn, ids[i]), ROUND_OVER);
}

static void close_now(struct turn *turn, struct item *round)
{
    struct stand_list stands = round_standings(turn, round);
    for (size_t i = 0; i < stands.n; i++)
        if (stands.rows[i].standing == STANDING_AWAY)
            item_note_away(turn, round, stands.rows[i].asked->person);
    item_remove_timer(turn, round, NULL);
    item_set_state(turn, round, is_passed(turn, round) ? ROUND_OVER : ROUND_CLOSED);
    end_those_before(turn, round);
    stands = round_standings(turn, round);
    round_spare(turn, round, &stands);
    say_closed(turn, round, &stands);
}

/* Whom an outage kept it from asking is asked first, and may have until they go home. */
static void close_unless_it_asks(struct turn *turn, struct item *round)
{
    if (round_next_ask_ms(turn, round) <= turn->now_ms)
        round_ask_now(turn, round, NULL);
    if (round->state != ROUND_OPEN || round->deadline_ms > turn->now_ms)
        return;
    close_now(turn, round);
    show_card(turn, round);
}

/* --- It begins, and goes on --- */

static struct item *open_round(struct turn *turn, struct item *routine, const struct routine *kept,
                               int64_t day, int64_t begun_ms)
{
    const char *template_name;
    struct item *before = routine_newest_round(turn, routine->id, 0);
    struct item *round = item_create(turn, &(struct item_new){ .habit = &habit_round,
                                                               .state = ROUND_OPEN,
                                                               .owner = routine->owner,
                                                               .deadline_zone = turn->zone });
    if (!round)
        return NULL;
    if (before && before->state == ROUND_OPEN && before->deadline_ms <= turn->now_ms)
        close_unless_it_asks(turn, before);
    store_run(turn->store,
              "INSERT INTO round(item, routine, day, begun_ms) VALUES(?1, ?2, ?3, nullif(?4, 0))", "iiii",
              round->id, routine->id, day, begun_ms);
    ask_people(turn, round, kept, 0);
    set_deadline(turn, round, kept);
    struct json_object *values = round_card(turn, round, &template_name);
    item_set_card(turn, round,
                  turn_say(turn, (struct say){ .step = "card",
                                               .template_name = template_name,
                                               .values = values,
                                               .item = round->id,
                                               .role = "card" }));
    round_ask_now(turn, round, NULL);
    return round;
}

struct item *round_open(struct turn *turn, struct item *routine, const struct routine *kept, int64_t day)
{
    return open_round(turn, routine, kept, day, 0);
}

struct item *round_open_now(struct turn *turn, struct item *routine, const struct routine *kept, int64_t day)
{
    return open_round(turn, routine, kept, day, turn->now_ms);
}

void round_hurry(struct turn *turn, struct item *round, const struct routine *kept)
{
    store_run(turn->store, "UPDATE round SET begun_ms = ?2 WHERE item = ?1", "ii", round->id, turn->now_ms);
    ask_people(turn, round, kept, 0);
    round_ask_now(turn, round, NULL);
}

void round_settle(struct turn *turn, struct item *round)
{
    struct item *routine = round_routine(turn, round);
    if (routine && round->state == ROUND_OPEN) {
        struct routine kept = routine_of(turn, routine);
        if (routine->state == ROUTINE_ON)
            ask_people(turn, round, &kept, turn->now_ms);
        set_deadline(turn, round, &kept);
        round_set_timers(turn, round);
        struct stand_list stands = round_standings(turn, round);
        round_spare(turn, round, &stands);
        if (stands.n_to_come == 0 && stands.n_optional == 0)
            close_now(turn, round);
        else
            end_those_before(turn, round);
    } else {
        hush_closed(turn, round);
    }
    show_card(turn, round);
}

void round_end_all(struct turn *turn, const struct item *routine)
{
    enum { LIVE_MAX = 8 };
    int64_t ids[LIVE_MAX];
    struct rows rows = store_rows(turn->store,
                                  "SELECT r.item FROM round r JOIN item i ON i.id = r.item"
                                  " WHERE r.routine = ?1 AND i.closed_ms IS NULL ORDER BY r.day LIMIT ?2",
                                  "ii", routine->id, (int64_t)LIVE_MAX);
    size_t n = rows_take(&rows, ids, LIVE_MAX);
    for (size_t i = 0; i < n; i++) {
        struct item *round = item_get(turn, ids[i]);
        bool is_open = round->state == ROUND_OPEN;
        if (is_open)
            close_now(turn, round);
        item_set_state(turn, round, ROUND_OVER);
        if (is_open)
            show_card(turn, round);
    }
}

static enum outcome close_in_time(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    if (PLANTED(ROUND_LEFT_OPEN))
        return OUTCOME_DONE;
    close_unless_it_asks(turn, round);
    return OUTCOME_DONE;
}

static enum outcome look_again(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    round_settle(turn, round);
    return OUTCOME_DONE;
}

static enum outcome somebody_left(struct turn *turn, struct item *round, const struct act_request *request)
{
    if (!item_is_asked(turn, round, request->text))
        return OUTCOME_DONE;
    item_note_left(turn, round, request->text);
    round_settle(turn, round);
    return OUTCOME_DONE;
}

enum { LIVE = STATE(ROUND_OPEN) | STATE(ROUND_CLOSED), EVER = LIVE | STATE(ROUND_OVER) };

static const struct transition transitions[] = {
    { STATE(ROUND_OPEN), ACT_ASK, WHO_ITSELF, round_ask_now },
    { STATE(ROUND_OPEN), ACT_REMIND, WHO_ITSELF, round_nudge_now },
    { STATE(ROUND_OPEN), ACT_DEADLINE, WHO_ITSELF, close_in_time },
    { STATE(ROUND_OPEN), ACT_RESCHEDULE, WHO_ITSELF, look_again },
    { STATE(ROUND_OPEN), ACT_CAME, WHO_ITSELF, look_again },
    { STATE(ROUND_OPEN), ACT_RETURNED, WHO_ITSELF, look_again },
    { STATE(ROUND_OPEN), ACT_LEFT, WHO_ITSELF, somebody_left },
    { LIVE, ACT_SKIP, WHO_ANYBODY, round_skip },
    { EVER, ACT_WITHDRAW, WHO_ANYBODY, round_withdraw },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[ROUND_STATES] = {
    [ROUND_OPEN] = "open",
    [ROUND_CLOSED] = "closed",
    [ROUND_OVER] = "over",
};

const struct habit habit_round = {
    .prefix = "RND",
    .folder = "round",
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = ROUND_STATES,
    .card = round_card,
    .record = round_record,
    .export_rows = round_export_rows,
    .answered = round_answered,
    .answer_edited = round_answer_edited,
};
