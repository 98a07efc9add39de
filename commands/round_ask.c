/* The round: whom it asks, and when: each once when their day begins, and once more if they have not answered. */
#include <string.h>

#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/mine.h"
#include "engine/personal.h"
#include "time/hours.h"
#include "time/zone.h"

enum { DUE_SHOWN = 3, SUBJECT_CHARS = 60, NOON = 12 };

/* --- When --- */

/* The moment counts on the days of the round alone. */
static int64_t on_its_days(struct turn *turn, const struct item *round, const struct routine *kept,
                           const char *person, int64_t at_ms)
{
    if (at_ms == ABSENCE_FOR_GOOD)
        return at_ms;
    int64_t day = hours_day_of(personal_zone(turn, person), at_ms);
    return day < round_day(turn, round) + kept->span_days ? at_ms : ABSENCE_FOR_GOOD;
}

int64_t round_ask_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                     const char *person)
{
    int64_t begins_ms = routine_begins_ms(turn, kept, person, round_day(turn, round));
    if (begins_ms == ABSENCE_FOR_GOOD)
        return begins_ms;
    return on_its_days(turn, round, kept, person, personal_next_call_from_ms(turn, person, begins_ms));
}

bool round_may_come(struct turn *turn, const struct item *round, const char *person)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    return round_ask_ms(turn, round, &kept, person) != ABSENCE_FOR_GOOD;
}

/* Who may answer and need not is reminded of nothing. */
static int64_t nudge_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                        const struct asked *asked)
{
    if (!asked->asked_ms || asked->reminded_ms || !kept->nudge_min ||
        person_list_has(&kept->optional, asked->person))
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

void round_set_timers(struct turn *turn, struct item *round)
{
    struct item *routine = round_routine(turn, round);
    struct routine kept = routine_of(turn, routine);
    struct stand_list stands = round_standings(turn, round);
    int64_t ask_ms = ABSENCE_FOR_GOOD, remind_ms = ABSENCE_FOR_GOOD;
    for (size_t i = 0; i < stands.n; i++) {
        const struct asked *asked = stands.rows[i].asked;
        if (!may_answer(stands.rows[i].standing))
            continue;
        int64_t at_ms = asked->asked_ms ? nudge_ms(turn, round, &kept, asked)
                                        : round_ask_ms(turn, round, &kept, asked->person);
        int64_t *first_ms = asked->asked_ms ? &remind_ms : &ask_ms;
        *first_ms = at_ms < *first_ms ? at_ms : *first_ms;
    }
    /* Whoever was left over in this turn. */
    if (ask_ms <= turn->now_ms)
        ask_ms = turn->now_ms + ROUND_SPREAD_MS;
    set_timer(turn, round, "ask", ask_ms);
    set_timer(turn, round, "remind", remind_ms);
}

/* --- What the prompt says --- */

/* What they meant to do when they answered last. */
static void add_plan(struct turn *turn, struct json_object *values, const struct item *round,
                     const struct form *form, const char *person)
{
    struct item *last = round_last_of(turn, round, person);
    int64_t text = last ? round_text(turn, last->id, person, form_plan_place(form)) : 0;
    if (!text)
        return;
    struct json_object *plan = values_new();
    json_set(plan, "plan_day", round_day_value(turn, round_day(turn, last)));
    json_set(plan, "text", values_text(text, ROUND_VALUE_MAX));
    json_set(values, "plan", plan);
}

/* The last day on which they worked. */
static struct json_object *day_before(struct turn *turn, const char *person)
{
    const char *hours = personal_hours(turn, person), *zone = personal_zone(turn, person);
    struct civil today = civil_from_day(hours_day_of(zone, turn->now_ms));
    return values_time(turn, hours_last_day_start(hours, zone, zone_instant(zone, today)), zone);
}

static void add_due(struct turn *turn, struct json_object *values, const char *person, int64_t room)
{
    struct item_list mine = mine_to_do(turn, person, MINE_DUE).list;
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < mine.n && json_object_array_length(list) < DUE_SHOWN; i++) {
        struct item *item = item_get(turn, mine.ids[i]);
        if (!item || (room && item->room != room))
            continue;
        struct json_object *row = values_new();
        json_set_str(row, "id", item->name);
        json_set(row, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_CHARS));
        json_object_array_add(list, row);
    }
    json_set(values, "due", list);
}

/* --- Saying it: in their direct message where they have one open, else in the thread --- */

static int64_t direct_for(struct turn *turn, const struct routine *kept, const char *person)
{
    return kept->is_in_thread ? 0 : direct_open(turn, person);
}

/* What follows is said to them: in their language and zone where they are asked alone. */
static void speak_to(struct turn *turn, const struct item *round, const struct routine *kept,
                     const char *person)
{
    if (!direct_for(turn, kept, person)) {
        round_speak(turn, round);
        return;
    }
    turn->lang = personal_lang(turn, person);
    turn->zone = personal_zone(turn, person);
}

/* After that the turn speaks to the room again. */
static int64_t say_to(struct turn *turn, struct item *round, const struct routine *kept, const char *person,
                      const char *what, struct json_object *values)
{
    const char *const mentions[] = { person, NULL };
    const char *cause = turn->cause, *lang = turn->lang, *zone = turn->zone;
    int64_t direct = direct_for(turn, kept, person);
    if (direct) {
        struct json_object *room = values_new();
        values_add_room(turn, room, &turn->room);
        json_set(values, "room", room);
        turn_enter_room(turn, direct);
        turn->lang = lang;
        turn->zone = zone;
    }
    json_set(values, "person", values_person(turn, person));
    /* Once a round, whichever turn it is that comes to it. */
    turn->cause = arena_printf(turn->arena, "%s %s", round->uuid, what);
    int64_t row = turn_say(turn, (struct say){ .step = person,
                                               .template_name = arena_printf(turn->arena, "round/%s", what),
                                               .values = values,
                                               .item = round->id,
                                               .thread = direct ? NULL : item_thread(turn, round),
                                               .mentions = mentions,
                                               .guard = ROUND_GUARD_ASK,
                                               .is_asked_for = true,
                                               .role = "ping" });
    turn->cause = cause;
    turn_enter_room(turn, round->room);
    return row;
}

static void prompt(struct turn *turn, struct item *round, const struct routine *kept, const char *person)
{
    const struct form *form = routine_form(kept);
    speak_to(turn, round, kept, person);
    struct json_object *values = round_basics(turn, round);
    add_plan(turn, values, round, form, person);
    json_set(values, "questions", routine_questions_value(kept));
    add_due(turn, values, person, direct_for(turn, kept, person) ? 0 : round->room);
    json_set(values, "since", day_before(turn, person));
    json_set_bool(values, "morning", zone_local(personal_zone(turn, person), turn->now_ms).civil.hour < NOON);
    item_add_outage(turn, values);
    item_note_asked_by(turn, round, person, say_to(turn, round, kept, person, "prompt", values));
}

enum outcome round_ask_now(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    struct item *routine = round_routine(turn, round);
    struct routine kept = routine_of(turn, routine);
    struct stand_list stands = round_standings(turn, round);
    size_t n_now = 0;
    for (size_t i = 0; i < stands.n && n_now < ROUND_AT_ONCE; i++) {
        const struct asked *asked = stands.rows[i].asked;
        if (!may_answer(stands.rows[i].standing) || asked->asked_ms ||
            round_ask_ms(turn, round, &kept, asked->person) > turn->now_ms)
            continue;
        prompt(turn, round, &kept, asked->person);
        n_now++;
    }
    round_settle(turn, round);
    return OUTCOME_DONE;
}

static void nudge(struct turn *turn, struct item *round, const struct routine *kept,
                  const struct stand_list *stands, const char *person)
{
    speak_to(turn, round, kept, person);
    struct json_object *values = round_basics(turn, round);
    json_set_int(values, "answered", (int64_t)stands->n_answered);
    json_set_int(values, "all", (int64_t)(stands->n_answered + stands->n_to_come));
    const char *zone = item_date_zone(turn, round, person);
    json_set(values, "deadline", values_time(turn, round->deadline_ms, zone));
    json_set_bool(values, "yours", strcmp(zone, round->deadline_zone) != 0);
    say_to(turn, round, kept, person, "nudge", values);
    item_note_reminded(turn, round, person);
}

enum outcome round_nudge_now(struct turn *turn, struct item *round, const struct act_request *request)
{
    (void)request;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct stand_list stands = round_standings(turn, round);
    for (size_t i = 0; i < stands.n; i++) {
        const struct asked *asked = stands.rows[i].asked;
        if (stands.rows[i].standing == STANDING_TO_COME &&
            nudge_ms(turn, round, &kept, asked) <= turn->now_ms)
            nudge(turn, round, &kept, &stands, asked->person);
    }
    round_set_timers(turn, round);
    return OUTCOME_DONE;
}
