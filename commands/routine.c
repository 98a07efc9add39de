/* The routine: its states and transitions, and what it keeps. How it begins: routine_open.c. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/link.h"
#include "engine/people.h"
#include "time/hours_words.h"
#include "time/recur_words.h"
#include "time/timewords.h"
#include "time/zone.h"

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

static const char *string_of(struct turn *turn, struct json_object *kept, const char *name)
{
    const char *value = json_str(kept, name);
    return value ? arena_strdup(turn->arena, value) : NULL;
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
        .rule = string_of(turn, kept, "rule"),
        .span_days = (int)json_int(kept, "span_days", 1),
        .minute = (int)json_int(kept, "minute", 0),
        .zone = string_of(turn, kept, "zone"),
        .nudge_min = (int)json_int(kept, "nudge_min", ROUND_NUDGE_MIN),
        .answer_min = (int)json_int(kept, "answer_min", 0),
        .lang = string_of(turn, kept, "lang"),
        .is_in_thread = json_flag(kept, "in_thread", false),
        .is_by_section = json_flag(kept, "by_section", false),
        .is_calling = json_flag(kept, "calling", false),
        .reporter = string_of(turn, kept, "reporter"),
        .since_ms = json_int(kept, "since_ms", 0),
        .until_ms = json_int(kept, "until_ms", 0),
        .who = people_of(turn, kept, "who"),
        .without = people_of(turn, kept, "without"),
        .optional = people_of(turn, kept, "optional"),
    };
    json_object_put(kept);
    routine_load_questions(turn, item, &routine);
    return routine;
}

static void keep_report(struct turn *turn, const struct item *item, int64_t room)
{
    struct link_place place = { .room = room };
    if (room)
        link_set_place(turn, item, room == REPORT_NOWHERE ? NULL : &place);
}

void routine_keep(struct turn *turn, struct item *item, const struct routine *routine)
{
    keep_report(turn, item, routine->report);
    struct json_object *kept = json_object_new_object();
    json_set_str(kept, "kind", routine->kind);
    json_set_bool(kept, "named", routine->title != 0);
    json_set_int(kept, "weekdays", routine->weekdays);
    if (routine->rule)
        json_set_str(kept, "rule", routine->rule);
    json_set_int(kept, "span_days", routine->span_days);
    json_set_int(kept, "minute", routine->minute);
    if (routine->zone)
        json_set_str(kept, "zone", routine->zone);
    json_set_int(kept, "nudge_min", routine->nudge_min);
    json_set_int(kept, "answer_min", routine->answer_min);
    if (routine->lang)
        json_set_str(kept, "lang", routine->lang);
    json_set_bool(kept, "in_thread", routine->is_in_thread);
    json_set_bool(kept, "by_section", routine->is_by_section);
    json_set_bool(kept, "calling", routine->is_calling);
    if (routine->reporter)
        json_set_str(kept, "reporter", routine->reporter);
    json_set_int(kept, "since_ms", routine->since_ms);
    json_set_int(kept, "until_ms", routine->until_ms);
    keep_people(kept, "who", &routine->who);
    keep_people(kept, "without", &routine->without);
    keep_people(kept, "optional", &routine->optional);
    item_set_extra(turn, item, arena_strdup(turn->arena, json_text(kept)));
    json_object_put(kept);
}

bool routine_asks(const struct routine *routine, const char *person)
{
    return (routine->who.n == 0 || person_list_has(&routine->who, person)) &&
           !person_list_has(&routine->without, person);
}

struct person_list routine_people(struct turn *turn, const struct routine *routine)
{
    struct person_list all = people_of_room(turn, NULL);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (routine_asks(routine, all.ids[i]))
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

/* "Mon, Wed"; NULL where they go without saying: all of them, or the beginning of the week. */
static struct json_object *days_value(struct turn *turn, const struct routine *routine)
{
    static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    const char *text = NULL;
    bool is_weekly = strcmp(routine->kind, "weekly") == 0;
    if (routine->weekdays == (is_weekly ? MONDAY_BIT : EVERY_DAY))
        return NULL;
    for (int day = 0; day < 7; day++)
        if (routine->weekdays & (1U << day))
            text = text ? arena_printf(turn->arena, "%s,%s", text, names[day]) : names[day];
    struct json_object *list =
        hours_words_value(turn->lang, arena_printf(turn->arena, "%s 09:00-10:00", text ? text : "mon"));
    struct json_object *days = json_object_get(json_find(json_object_array_get_idx(list, 0), "days"));
    json_object_put(list);
    return days;
}

/* "every 2 weeks on Monday"; NULL: by weekdays. */
static const char *rule_text(struct turn *turn, const struct routine *routine)
{
    struct recur rule;
    if (!routine->rule || !recur_parse(routine->rule, &rule))
        return NULL;
    rule.n_minutes = 0;
    return recur_say(turn->arena, turn->lang, &rule, turn->now_ms);
}

/* {"hours": 2} or {"minutes": 90}; NULL: 0. */
static struct json_object *length_value(int minutes)
{
    if (!minutes)
        return NULL;
    struct json_object *value = values_new();
    bool is_hours = minutes % 60 == 0;
    json_set_int(value, "hours", is_hours ? minutes / 60 : 0);
    json_set_int(value, "minutes", is_hours ? 0 : minutes);
    return value;
}

/* What was chosen otherwise than it is by itself. */
static void add_choices(struct turn *turn, struct json_object *values, const struct routine *routine)
{
    bool is_standard = routine->nudge_min == ROUND_NUDGE_MIN;
    json_set(values, "days", routine->rule ? NULL : days_value(turn, routine));
    json_set_str(values, "rule", rule_text(turn, routine));
    if (routine->minute)
        json_set_str(values, "clock", timewords_clock(turn->arena, turn->lang, routine->minute));
    if (routine->zone)
        json_set_str(values, "zone", routine->zone);
    json_set_bool(values, "no_nudge", routine->nudge_min == 0);
    json_set(values, "nudge", is_standard ? NULL : length_value(routine->nudge_min));
    json_set(values, "close", length_value(routine->answer_min));
    json_set_bool(values, "in_thread", routine->is_in_thread);
    json_set_bool(values, "by_section", routine->is_by_section);
    json_set_bool(values, "calling", routine->is_calling);
    json_set_bool(values, "in_english", routine->lang && lang_index(routine->lang) == LANG_EN);
    json_set_bool(values, "in_french", routine->lang && lang_index(routine->lang) == LANG_FR);
}

static struct json_object *people_value(struct turn *turn, const struct person_list *people)
{
    return people->n ? values_people(turn, people->ids, people->n) : NULL;
}

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
    json_set_bool(values, "named", routine.title != 0);
    json_set(values, "title", values_text(routine.title, 0));
    json_set(values, "questions", routine_questions_value(&routine));
    json_set_bool(values, "everybody", routine.who.n == 0);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    json_set(values, "without", people_value(turn, &routine.without));
    json_set(values, "optional", people_value(turn, &routine.optional));
    add_choices(turn, values, &routine);
    json_set(values, "report", link_place_value(turn, item));
    json_set(values, "until", routine.until_ms ? round_time_value(turn, routine.until_ms) : NULL);
    struct item *newest = routine_newest_round(turn, item->id, 0);
    bool has_next = item->state == ROUTINE_ON &&
                    routine_next_day(turn, &routine, newest ? round_day(turn, newest) : 0, &day, &begins_ms);
    json_set(values, "next", has_next ? round_day_value(turn, day) : NULL);
    return values;
}

static struct json_object *routine_record(struct turn *turn, struct item *item)
{
    const char *template_name;
    return routine_card(turn, item, &template_name);
}

/* --- Transitions --- */

void routine_answer_changed(struct turn *turn, struct item *item, const struct routine_options *options)
{
    const char *template_name;
    struct json_object *values = routine_card(turn, item, &template_name);
    bool is_whom = false;
    for (int option = 0; options && option <= OPTION_OPTIONAL; option++)
        is_whom = is_whom || options->texts[option];
    json_set_bool(values, "options", options != NULL);
    json_set_bool(values, "place", options && options->texts[OPTION_IN]);
    json_set_bool(values, "whom", is_whom);
    turn->about = item->id;
    turn_answer(turn, "routine/changed", values);
}

void routine_show_card(struct turn *turn, struct item *item)
{
    const char *template_name;
    struct json_object *values = routine_card(turn, item, &template_name);
    item_edit(turn, item, item->card, template_name, values);
}

/* The card says it, and a line answers who typed it. */
static enum outcome show(struct turn *turn, struct item *item, const struct act_request *request)
{
    routine_show_card(turn, item);
    if (request->door == DOOR_COMMAND)
        routine_answer_changed(turn, item, NULL);
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
    item_note_cancelled(turn, item, request->person, request->text);
    round_end_all(turn, item);
    return stop_as(turn, item, ROUTINE_ENDED, request);
}

/* "until 4 january": the day on which it goes on; 0: nobody said. False: it cannot be read, and that was asked. */
static bool read_until(struct turn *turn, const struct item *item, const char *text, int64_t *until_ms_out)
{
    static const char *const before[] = { "until ", "till ", "jusqu'au ", "jusqu'a ", NULL };
    const char *folded = text_fold(turn->arena, text);
    for (int i = 0; before[i]; i++)
        if (text_starts_with(folded, before[i]))
            folded += strlen(before[i]);
    *until_ms_out = 0;
    struct when when = turn_read_day(turn, folded);
    if (!*folded)
        return true;
    if (when.result == WHEN_AT) {
        struct civil day = when.civil;
        int64_t number = civil_day_number(day.year, day.month, day.day);
        *until_ms_out = when.has_clock ? when.at_ms : zone_instant(turn->zone, civil_from_day(number));
        return true;
    }
    const char *command = command_shown_name(act_get(ACT_PAUSE)->names, turn->lang);
    turn_ask_when(turn, &when,
                  arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn), command, item->name),
                  item->id);
    return false;
}

static enum outcome pause_it(struct turn *turn, struct item *item, const struct act_request *request)
{
    int64_t until_ms;
    if (!read_until(turn, item, request->text, &until_ms))
        return OUTCOME_DONE;
    struct routine routine = routine_of(turn, item);
    routine.until_ms = until_ms;
    routine_keep(turn, item, &routine);
    item_note(turn, item, "paused", NULL, 0);
    item_remove_timer(turn, item, NULL);
    if (until_ms)
        item_set_timer(turn, item, "due", until_ms, true);
    item_set_state(turn, item, ROUTINE_PAUSED);
    return show(turn, item, request);
}

static enum outcome resume(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct routine routine = routine_of(turn, item);
    routine.since_ms = request->door == DOOR_TIMER ? turn->cause_ms : turn->at_ms;
    routine.until_ms = 0;
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
    { STATE(ROUTINE_PAUSED), ACT_DEADLINE, WHO_ITSELF, resume },
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
