/* !standup, !weekly - set up the daily, or the weekly, of a room in one line, show it, and change whom it asks and when. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/people.h"

enum { WEEKLY_SPAN_DAYS = 4 };

/* The standard ones: a weekly is of the week's first working day. */
static const struct routine daily = {
    .kind = "daily", .weekdays = EVERY_DAY, .span_days = 1, .nudge_min = ROUND_NUDGE_MIN
};
static const struct routine weekly = {
    .kind = "weekly", .weekdays = MONDAY_BIT, .span_days = WEEKLY_SPAN_DAYS, .nudge_min = ROUND_NUDGE_MIN
};

static struct item *find_routine(struct turn *turn, const char *kind)
{
    int64_t id = store_int(turn->store, 0,
                           "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 AND closed_ms IS NULL"
                           " AND json_extract(extra, '$.kind') = ?3"
                           " AND json_extract(extra, '$.named') IS NOT 1 ORDER BY id DESC LIMIT 1",
                           "iss", turn->room.id, habit_routine.prefix, kind);
    return id ? item_get(turn, id) : NULL;
}

static void show(struct turn *turn, struct item *item)
{
    const char *template_name;
    struct json_object *values = routine_card(turn, item, &template_name);
    turn->about = item->id;
    turn_answer(turn, template_name, values);
}

/* --- Making and changing --- */

bool routine_is_asked_who(struct turn *turn, const struct routine *routine,
                          const struct routine_options *options, const char *before, const char *behind)
{
    size_t n = routine_people(turn, routine).n;
    if (options->texts[OPTION_WHO] || n <= PEOPLE_ASKED_MAX)
        return false;
    const char *choices[] = { arena_printf(turn->arena, "%s for everyone%s", before, behind), NULL };
    struct json_object *values = values_new();
    json_set_int(values, "n", (int64_t)n);
    turn_ask(turn, (struct question){
                       .template_name = "routine/who",
                       .values = values,
                       .choices = choices,
                       .completes = arena_printf(turn->arena, "%s for " TURN_SLOT "%s", before, behind) });
    return true;
}

struct item *routine_make(struct turn *turn, struct routine *routine)
{
    struct item *item = item_create(
        turn,
        &(struct item_new){ .habit = &habit_routine, .state = ROUTINE_ON, .owner = turn->event->sender });
    if (!item)
        return NULL;
    routine->since_ms = turn->at_ms;
    routine_keep(turn, item, routine);
    routine_keep_questions(turn, item, routine);
    routine_set_timer(turn, item, routine);
    show(turn, item);
    item_set_card(turn, item, turn->answer_row);
    return item;
}

bool routine_may_change(struct turn *turn, const struct item *item)
{
    if (lifecycle_may(turn, item, turn->event->sender, WHO_PARTY))
        return true;
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set(values, "owner", values_person(turn, item->owner));
    turn_answer(turn, "routine/denied", values);
    return false;
}

static enum outcome change(struct turn *turn, struct item *item, struct routine_options *options)
{
    struct routine routine = routine_of(turn, item);
    if (!routine_may_change(turn, item))
        return OUTCOME_DONE;
    options->command = arena_printf(turn->arena, "%s%s %s", turn_prefix(turn),
                                    command_shown_name(command_routine.names, turn->lang), item->name);
    if (!routine_options_apply(turn, options, &routine))
        return OUTCOME_DONE;
    routine_keep(turn, item, &routine);
    item_note(turn, item, "changed", item->extra, 0);
    if (item->state == ROUTINE_ON)
        routine_set_timer(turn, item, &routine);
    routine_show_card(turn, item);
    routine_answer_changed(turn, item, options);
    return OUTCOME_DONE;
}

/* "blocked RND-1 alice today 16:00", "decide RND-2": what a question after an answer completes. NULL: it is something else. */
static struct item *round_after(struct turn *turn, const char *rest, const char *word, const char **text_out)
{
    size_t len = strcspn(rest, " ");
    const char *id = text_skip_space(rest + len);
    size_t id_len = item_id_length(turn, id);
    if (len != strlen(word) || strncmp(rest, word, len) != 0 || !id_len)
        return NULL;
    struct item *round = item_find(turn, arena_strndup(turn->arena, id, id_len), turn->event->sender);
    *text_out = text_skip_space(id + id_len);
    return round && round->habit == &habit_round ? round : NULL;
}

/* "off", "stop", "on": as `!pause RTN-1`, `!cancel RTN-1`, `!resume RTN-1`, or the next that can be done to it. */
static enum outcome act_on(struct turn *turn, struct item *item, enum act act, const char *text)
{
    if (act == ACT_RESUME && item->state == ROUTINE_ON) {
        show(turn, item);
        return OUTCOME_DONE;
    }
    return lifecycle_act(turn, item,
                         &(struct act_request){
                             .act = act, .door = DOOR_COMMAND, .person = turn->event->sender, .text = text });
}

enum outcome routine_turn_to(struct turn *turn, struct item *item, const char *typed, const char *rest)
{
    struct routine_options options;
    const char *text;
    enum act act = routine_verb(turn, rest, &text);
    if (!*rest)
        show(turn, item);
    else if (act != ACT_NONE)
        return act_on(turn, item, act, text);
    else if (routine_is_now(turn, rest))
        return routine_begin_now(turn, item);
    else if (routine_options_read(turn, rest, &options) && !options.is_day_alone)
        return change(turn, item, &options);
    else
        return routine_look_over(turn, item, rest) || routine_look_back(turn, item, rest) ||
                       routine_suggest(turn, typed, rest)
                   ? OUTCOME_DONE
                   : OUTCOME_USAGE;
    return OUTCOME_DONE;
}

static enum outcome set_up(struct turn *turn, const struct command *command, const struct routine *standard,
                           const char *rest)
{
    struct routine routine = *standard;
    struct routine_options options;
    const char *text;
    const char *typed = command_shown_name(command->names, turn->lang);
    if (turn->room.dm_person) {
        turn_answer(turn, "routine/room-only", values_new());
        return OUTCOME_DONE;
    }
    struct item *there = find_routine(turn, routine.kind);
    if (there)
        return routine_turn_to(turn, there, typed, rest);
    enum act act = routine_verb(turn, rest, &text);
    bool is_now = routine_is_now(turn, rest);
    if (act == ACT_PAUSE || act == ACT_CANCEL || is_now) {
        struct json_object *values = values_new();
        json_set_str(values, "prefix", turn_prefix(turn));
        json_set_bool(values, routine.kind, true);
        json_set_bool(values, "now", is_now);
        turn_answer(turn, "routine/none", values);
        return OUTCOME_DONE;
    }
    bool is_read = routine_options_read(turn, act == ACT_RESUME ? "" : rest, &options);
    if (!is_read || (options.is_day_alone && routine.weekdays == EVERY_DAY))
        return routine_suggest(turn, typed, rest) ? OUTCOME_DONE : OUTCOME_USAGE;
    options.command = arena_printf(turn->arena, "%s%s", turn_prefix(turn), typed);
    if (!routine_options_apply(turn, &options, &routine))
        return OUTCOME_DONE;
    const char *before =
        arena_printf(turn->arena, "%s%s%s%s", turn_prefix(turn), typed, *rest ? " " : "", rest);
    if (routine_is_asked_who(turn, &routine, &options, before, ""))
        return OUTCOME_DONE;
    return routine_make(turn, &routine) ? OUTCOME_DONE : OUTCOME_WAITS;
}

static enum outcome standup(struct turn *turn, const struct request *request)
{
    const char *text;
    struct item *blocked = round_after(turn, request->rest, "blocked", &text);
    if (blocked && *text)
        return round_unblock(turn, blocked, text);
    struct item *adding = round_after(turn, request->rest, "add", &text);
    if (adding && *text)
        return round_add(turn, adding, text);
    struct item *tapping = round_after(turn, request->rest, "tap", &text);
    if (tapping && *text)
        return round_tap(turn, tapping, text);
    struct item *deciding = round_after(turn, request->rest, "decide", &text);
    if (!deciding)
        return set_up(turn, &command_standup, &daily, request->rest);
    struct routine kept = routine_of(turn, round_routine(turn, deciding));
    return round_decide(turn, deciding, routine_form(&kept));
}

static enum outcome set_up_weekly(struct turn *turn, const struct request *request)
{
    return set_up(turn, &command_weekly, &weekly, request->rest);
}

const struct command command_standup = {
    .topic = "standup",
    .names = { { "standup", "daily" }, { "point", "quotidien" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = standup,
};

const struct command command_weekly = {
    .topic = "weekly",
    .names = { { "weekly" }, { "hebdo" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = set_up_weekly,
};
