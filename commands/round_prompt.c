/* The round: what its prompt and its nudge say: to one alone in their direct message where they have one open, else in the thread,
 * to all whom the same words fit in one message. */
#include <string.h>

#include "base/plant.h"
#include "commands/standup_private.h"
#include "engine/direct.h"
#include "engine/mine.h"
#include "engine/personal.h"
#include "store/outbox.h"
#include "time/hours.h"
#include "time/zone.h"

enum { DUE_SHOWN = 3, SUBJECT_CHARS = 60, NOON = 12 };

/* --- What the prompt says --- */

/* What they meant to do when they answered last. */
static bool add_plan(struct turn *turn, struct json_object *values, const struct item *round,
                     const struct form *form, const char *person)
{
    struct item *last = round_last_of(turn, round, person);
    int64_t text = last ? round_text(turn, last->id, person, form_plan_place(form)) : 0;
    if (!text)
        return false;
    struct json_object *plan = values_new();
    json_set(plan, "plan_day", round_day_value(turn, round_day(turn, last)));
    json_set(plan, "text", values_text(text, ROUND_VALUE_MAX));
    json_set(values, "plan", plan);
    return true;
}

/* When the last day on which they worked began. */
static int64_t day_before_ms(struct turn *turn, const char *person)
{
    const char *hours = personal_hours(turn, person), *zone = personal_zone(turn, person);
    struct civil today = civil_from_day(hours_day_of(zone, turn->now_ms));
    return hours_last_day_start(hours, zone, zone_instant(zone, today));
}

bool round_is_prompt_alike(struct turn *turn, const struct item *round, const char *a, const char *b)
{
    (void)round;
    const char *zone_a = personal_zone(turn, a), *zone_b = personal_zone(turn, b);
    bool is_morning_a = zone_local(zone_a, turn->now_ms).civil.hour < NOON;
    bool is_morning_b = zone_local(zone_b, turn->now_ms).civil.hour < NOON;
    return is_morning_a == is_morning_b &&
           hours_day_of(zone_a, day_before_ms(turn, a)) == hours_day_of(zone_b, day_before_ms(turn, b));
}

static bool add_due(struct turn *turn, struct json_object *values, const char *person, int64_t room)
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
    return json_object_array_length(list) > 0;
}

/* --- Saying it --- */

int64_t round_direct_for(struct turn *turn, const struct routine *kept, const char *person)
{
    const char *own = personal_get(turn, person, "asking");
    bool is_in_thread = own ? strcmp(own, "thread") == 0 : kept->is_in_thread;
    return is_in_thread ? 0 : direct_open(turn, person);
}

/* What follows is said to them: in their language and zone where they are asked alone. */
static void speak_to(struct turn *turn, const struct item *round, const struct routine *kept,
                     const char *person)
{
    if (!round_direct_for(turn, kept, person)) {
        round_speak(turn, round);
        return;
    }
    turn->lang = personal_lang(turn, person);
    turn->zone = personal_zone(turn, person);
}

/* Those it calls are a part of what makes it once: called with others, it is another message. */
static const char *step_of(struct turn *turn, struct person_list people)
{
    const char *step = people.ids[0];
    for (size_t i = 1; i < people.n; i++)
        step = arena_printf(turn->arena, "%s %s", step, people.ids[i]);
    return step;
}

/* Of what calls them: one message at a time calls somebody first. */
static const char *guard_of(struct turn *turn, const char *first)
{
    return arena_printf(turn->arena, "ask %s", first);
}

/* After that the turn speaks to the room again. */
static int64_t say_to(struct turn *turn, struct item *round, const struct routine *kept,
                      struct person_list people, const char *what, struct json_object *values)
{
    const char **mentions = arena_alloc(turn->arena, (people.n + 1) * sizeof *mentions);
    memcpy(mentions, people.ids, people.n * sizeof *mentions);
    mentions[people.n] = NULL;
    const char *cause = turn->cause, *lang = turn->lang, *zone = turn->zone;
    int64_t direct = people.n == 1 ? round_direct_for(turn, kept, people.ids[0]) : 0;
    if (direct) {
        struct json_object *room = values_new();
        values_add_room(turn, room, &turn->room);
        json_set(values, "room", room);
        turn_enter_room(turn, direct);
        turn->lang = lang;
        turn->zone = zone;
    }
    json_set(values, "people", values_people(turn, people.ids, people.n));
    /* Once a round, whichever turn it is that comes to it. */
    turn->cause = PLANTED(ASKED_TWICE)
                      ? arena_printf(turn->arena, "%s %s %lld", round->uuid, what, (long long)turn->now_ms)
                      : arena_printf(turn->arena, "%s %s", round->uuid, what);
    int64_t row = turn_say(turn, (struct say){ .step = step_of(turn, people),
                                               .template_name = arena_printf(turn->arena, "round/%s", what),
                                               .values = values,
                                               .item = round->id,
                                               .thread = direct ? NULL : item_thread(turn, round),
                                               .mentions = mentions,
                                               .guard = guard_of(turn, people.ids[0]),
                                               .is_asked_for = true,
                                               .role = "ping" });
    turn->cause = cause;
    turn_enter_room(turn, round->room);
    return row;
}

/* What was planned and what is due: of one person, or a line for each of whom there is something to say. */
static void add_personal(struct turn *turn, struct json_object *values, const struct item *round,
                         const struct routine *kept, struct person_list people)
{
    bool is_alone = people.n == 1, is_planned = false;
    int64_t room = is_alone && round_direct_for(turn, kept, people.ids[0]) ? 0 : round->room;
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < people.n; i++) {
        struct json_object *row = is_alone ? json_object_get(values) : values_new();
        bool has_plan = add_plan(turn, row, round, routine_form(kept), people.ids[i]);
        bool has_due = add_due(turn, row, people.ids[i], room);
        is_planned = is_planned || has_plan;
        json_set(row, "person", is_alone ? NULL : values_person(turn, people.ids[i]));
        if (is_alone || !(has_plan || has_due))
            json_object_put(row);
        else
            json_object_array_add(list, row);
    }
    json_set(values, "each", list);
    json_set_bool(values, "planned", is_planned);
    json_set_bool(values, "alone", is_alone);
}

int64_t round_prompt(struct turn *turn, struct item *round, const struct routine *kept,
                     struct person_list people)
{
    const char *zone = personal_zone(turn, people.ids[0]);
    speak_to(turn, round, kept, people.ids[0]);
    struct json_object *values = round_basics(turn, round);
    add_personal(turn, values, round, kept, people);
    json_set(values, "questions", routine_questions_value(kept));
    json_set(values, "since", values_time(turn, day_before_ms(turn, people.ids[0]), zone));
    json_set_bool(values, "morning", zone_local(zone, turn->now_ms).civil.hour < NOON);
    item_add_outage(turn, values);
    struct json_object *taps = json_object_new_array();
    for (size_t i = own_n_taps(turn, kept); i > 0; i--)
        json_object_array_add(taps, values_new());
    json_set(values, "taps", taps);
    json_set_bool(values, "single", kept->n_questions == 1);
    int64_t row = say_to(turn, round, kept, people, "prompt", values);
    for (size_t i = 0; i < people.n; i++) {
        item_note_asked_by(turn, round, people.ids[i], row);
        own_ask_taps(turn, round, kept, people.ids[i], row);
    }
    return row;
}

bool round_is_nudge_alike(struct turn *turn, const struct item *round, const char *a, const char *b)
{
    return strcmp(item_date_zone(turn, round, a), item_date_zone(turn, round, b)) == 0;
}

int64_t round_nudge(struct turn *turn, struct item *round, const struct routine *kept,
                    const struct stand_list *stands, struct person_list people)
{
    speak_to(turn, round, kept, people.ids[0]);
    struct json_object *values = round_basics(turn, round);
    json_set_int(values, "answered", (int64_t)stands->n_answered);
    json_set_int(values, "all", (int64_t)(stands->n_answered + stands->n_to_come));
    const char *zone = item_date_zone(turn, round, people.ids[0]);
    json_set(values, "deadline", values_time(turn, round->deadline_ms, zone));
    json_set_bool(values, "yours", strcmp(zone, round->deadline_zone) != 0);
    int64_t row = say_to(turn, round, kept, people, "nudge", values);
    for (size_t i = 0; i < people.n; i++)
        item_note_reminded(turn, round, people.ids[i]);
    return row;
}

/* --- Not calling any more --- */

static struct person_list still_called(struct turn *turn, const struct item *round,
                                       const struct stand_list *stands, struct json_object *called)
{
    struct person_list rest = { .ids = arena_alloc(turn->arena, (stands->n + 1) * sizeof *rest.ids) };
    for (size_t i = 0; round->state == ROUND_OPEN && i < stands->n; i++) {
        const struct stand *stand = &stands->rows[i];
        bool is_waited_for = stand->standing == STANDING_TO_COME || stand->standing == STANDING_OPTIONAL;
        if (is_waited_for && json_has_str(called, stand->asked->person))
            rest.ids[rest.n++] = stand->asked->person;
    }
    return rest;
}

static void spare(struct turn *turn, struct item *round, const struct stand_list *stands, const char *guard)
{
    struct outbox_row unsaid;
    int64_t unseen = outbox_find_unseen(turn->store, round->id, guard);
    if (!unseen || !outbox_get(turn->store, unseen, turn->arena, &unsaid))
        return;
    struct json_object *called = json_parse(unsaid.mentions, strlen(unsaid.mentions));
    struct person_list rest = still_called(turn, round, stands, called);
    bool is_less = rest.n < json_object_array_length(called);
    json_object_put(called);
    if (is_less)
        item_forget_pings(turn, round, guard);
    if (!is_less || !rest.n)
        return;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    bool is_nudge = strcmp(unsaid.template_name, "round/nudge") == 0;
    int64_t row =
        is_nudge ? round_nudge(turn, round, &kept, stands, rest) : round_prompt(turn, round, &kept, rest);
    outbox_stand_in(turn->store, row, unseen);
}

void round_spare(struct turn *turn, struct item *round, const struct stand_list *stands)
{
    /* Most of the time nothing waits. */
    if (!outbox_find_unseen(turn->store, round->id, NULL))
        return;
    for (size_t i = 0; i < stands->n; i++)
        spare(turn, round, stands, guard_of(turn, stands->rows[i].asked->person));
}
