/* The routine: its states and transitions, and what it keeps. How it begins: routine_open.c. */
#include <string.h>

#include "commands/standup_private.h"
#include "engine/people.h"
#include "time/timewords.h"

/* --- What it keeps --- */

static struct person_list people_of(struct turn *turn, struct json_object *kept, const char *name)
{
    struct json_object *list = json_arr(kept, name);
    size_t n = list ? json_object_array_length(list) : 0;
    struct person_list people = { .ids = arena_alloc(turn->arena, (n + 1) * sizeof *people.ids) };
    for (size_t i = 0; i < n; i++)
        people.ids[people.n++] = arena_strdup(turn->arena, json_str(json_object_array_get_idx(list, i), ""));
    return people;
}

static void keep_people(struct json_object *kept, const char *name, const struct person_list *people)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < people->n; i++)
        json_add_str(list, people->ids[i]);
    json_set(kept, name, list);
}

struct routine routine_of(struct turn *turn, const struct item *item)
{
    const char *text = item->extra ? item->extra : "{}";
    struct json_object *kept = json_parse(text, strlen(text));
    struct routine routine = {
        .kind = arena_strdup(turn->arena, json_str(kept, "kind")),
        .weekdays = (unsigned)json_int(kept, "weekdays", 0),
        .span_days = (int)json_int(kept, "span_days", 1),
        .minute = (int)json_int(kept, "minute", 0),
        .since_ms = json_int(kept, "since_ms", 0),
        .who = people_of(turn, kept, "who"),
        .without = people_of(turn, kept, "without"),
    };
    json_object_put(kept);
    return routine;
}

void routine_keep(struct turn *turn, struct item *item, const struct routine *routine)
{
    struct json_object *kept = json_object_new_object();
    json_set_str(kept, "kind", routine->kind);
    json_set_int(kept, "weekdays", routine->weekdays);
    json_set_int(kept, "span_days", routine->span_days);
    json_set_int(kept, "minute", routine->minute);
    json_set_int(kept, "since_ms", routine->since_ms);
    keep_people(kept, "who", &routine->who);
    keep_people(kept, "without", &routine->without);
    item_set_extra(turn, item, arena_strdup(turn->arena, json_text(kept)));
    json_object_put(kept);
}

struct person_list routine_people(struct turn *turn, const struct routine *routine)
{
    struct person_list all = people_of_room(turn, NULL);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if ((routine->who.n == 0 || person_list_has(&routine->who, all.ids[i])) &&
            !person_list_has(&routine->without, all.ids[i]))
            all.ids[n++] = all.ids[i];
    all.n = n;
    return all;
}

struct item *routine_newest_round(struct turn *turn, int64_t routine, int64_t before_day)
{
    int64_t id = store_int(turn->store, 0,
                           "SELECT item FROM round WHERE routine = ?1 AND (?2 = 0 OR day < ?2)"
                           " ORDER BY day DESC LIMIT 1",
                           "ii", routine, before_day);
    return id ? item_get(turn, id) : NULL;
}

/* --- How it looks --- */

struct json_object *routine_card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "routine/card";
    struct routine routine = routine_of(turn, item);
    struct person_list people = routine_people(turn, &routine);
    struct json_object *values = values_new();
    int64_t day, begins_ms;
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, routine.kind, true);
    json_set_bool(values, "everybody", routine.who.n == 0);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    if (routine.without.n)
        json_set(values, "without", values_people(turn, routine.without.ids, routine.without.n));
    if (routine.minute)
        json_set_str(values, "clock", timewords_clock(turn->arena, turn->lang, routine.minute));
    struct item *newest = routine_newest_round(turn, item->id, 0);
    if (item->state == ROUTINE_ON &&
        routine_next_day(turn, &routine, newest ? round_day(turn, newest) : 0, &day, &begins_ms))
        json_set(values, "next", round_day_value(turn, day));
    return values;
}

static struct json_object *routine_record(struct turn *turn, struct item *item)
{
    const char *template_name;
    return routine_card(turn, item, &template_name);
}

/* --- Transitions --- */

/* The card says it, and a typed command is answered with it. */
static enum outcome show(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_show_card(turn, item);
    if (request->door == DOOR_COMMAND) {
        const char *template_name;
        struct json_object *values = routine_card(turn, item, &template_name);
        turn_answer(turn, template_name, values);
    }
    return OUTCOME_DONE;
}

static enum outcome stop_as(struct turn *turn, struct item *item, int state,
                            const struct act_request *request)
{
    item_remove_timer(turn, item, NULL);
    item_set_state(turn, item, state);
    return show(turn, item, request);
}

static enum outcome end(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct item *newest = routine_newest_round(turn, item->id, 0);
    item_note_cancelled(turn, item, request->person, request->text);
    if (newest)
        round_end(turn, newest);
    return stop_as(turn, item, ROUTINE_ENDED, request);
}

static enum outcome pause_it(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_note(turn, item, "paused", NULL, 0);
    return stop_as(turn, item, ROUTINE_PAUSED, request);
}

static enum outcome resume(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct routine routine = routine_of(turn, item);
    routine.since_ms = turn->at_ms;
    item_note(turn, item, "resumed", NULL, 0);
    routine_keep(turn, item, &routine);
    item_set_state(turn, item, ROUTINE_ON);
    routine_set_timer(turn, item, &routine);
    return show(turn, item, request);
}

/* Somebody's hours, zone or absence have changed, somebody came or left, or the bot is back: another moment may be the next, and
 * whoever works today after all is of today's round. */
static enum outcome look_again(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct routine routine = routine_of(turn, item);
    struct item *newest = routine_newest_round(turn, item->id, 0);
    routine_set_timer(turn, item, &routine);
    if (newest && newest->state == ROUND_OPEN)
        round_settle(turn, newest);
    return OUTCOME_DONE;
}

enum { LIVE = STATE(ROUTINE_ON) | STATE(ROUTINE_PAUSED) };

static const struct transition transitions[] = {
    { STATE(ROUTINE_ON), ACT_DEADLINE, WHO_ITSELF, routine_begin },
    { STATE(ROUTINE_ON), ACT_RESCHEDULE, WHO_ITSELF, look_again },
    { STATE(ROUTINE_ON), ACT_CAME, WHO_ITSELF, look_again },
    { STATE(ROUTINE_ON), ACT_LEFT, WHO_ITSELF, look_again },
    { STATE(ROUTINE_ON), ACT_RETURNED, WHO_ITSELF, look_again },
    { STATE(ROUTINE_ON), ACT_PAUSE, WHO_PARTY, pause_it },
    { STATE(ROUTINE_PAUSED), ACT_RESUME, WHO_PARTY, resume },
    { LIVE, ACT_CANCEL, WHO_PARTY, end },
    { STATE(ROUTINE_ENDED), ACT_REOPEN, WHO_PARTY, resume },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[ROUTINE_STATES] = {
    [ROUTINE_ON] = "on",
    [ROUTINE_PAUSED] = "paused",
    [ROUTINE_ENDED] = "ended",
};

const struct habit habit_routine = {
    .prefix = "RTN",
    .folder = "routine",
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = ROUTINE_STATES,
    .is_for_all = true,
    .card = routine_card,
    .record = routine_record,
};
