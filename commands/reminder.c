/* The reminder: said when its hour has come, and what its owner does to it before. */
#include <string.h>

#include "base/plant.h"
#include "base/text.h"
#include "commands/remind_private.h"
#include "engine/days_off.h"
#include "time/zone.h"

static const char for_room[] = "room";

/* What it will not say any more, if it was not sent yet. */
static const char ping_guard[] = "due";

struct reminder reminder_of(const struct item *item)
{
    struct reminder reminder = { .is_for_room = false };
    const char *text = item->extra ? item->extra : "";
    reminder.is_for_room = text_starts_with(text, for_room);
    if (reminder.is_for_room)
        text += strlen(for_room);
    reminder.comes_back = recur_parse(text + strspn(text, " "), &reminder.rule);
    return reminder;
}

bool reminder_is_for_other(const struct item *item)
{
    return strcmp(item->owner, item->author) != 0;
}

void reminder_keep(struct turn *turn, struct item *item, const struct reminder *reminder)
{
    const char *room = reminder->is_for_room ? for_room : "";
    if (!reminder->comes_back)
        item_set_extra(turn, item, reminder->is_for_room ? for_room : NULL);
    else
        item_set_extra(
            turn, item,
            arena_printf(turn->arena, "%s%s%s", room, *room ? " " : "", recur_write(&reminder->rule).text));
}

enum { LOOKS_MAX = DAYS_OFF_LONGEST };

/* "Every working day" leaves out the days off that were typed or imported; the holidays are the rule's own. */
static bool is_day_off(struct turn *turn, const struct item *item, const struct reminder *reminder,
                       int64_t at_ms)
{
    return reminder->rule.unit == RECUR_WORKDAY &&
           days_off_has(turn, reminder->is_for_room ? NULL : item->owner,
                        hours_day_of(reminder->rule.zone, at_ms));
}

int64_t reminder_next_ms(struct turn *turn, const struct item *item, const struct reminder *reminder,
                         int64_t after_ms)
{
    int64_t next_ms = recur_next(&reminder->rule, after_ms);
    for (int i = 0; i < LOOKS_MAX && next_ms != RECUR_NEVER && is_day_off(turn, item, reminder, next_ms); i++)
        next_ms = recur_next(&reminder->rule, next_ms);
    return next_ms;
}

bool reminder_set_next(struct turn *turn, struct item *item, const struct reminder *reminder,
                       int64_t after_ms)
{
    int64_t next_ms = reminder_next_ms(turn, item, reminder, after_ms);
    if (next_ms == RECUR_NEVER)
        return false;
    item_set_deadline(turn, item, next_ms, NULL, arena_strdup(turn->arena, reminder->rule.zone));
    item_set_timer(turn, item, "due", next_ms, true);
    return true;
}

/* As steps of reminder_next_ms would count them; days off behind the first LOOKS_MAX occurrences count as if they were none. */
static int64_t count_missed(struct turn *turn, const struct item *item, const struct reminder *reminder,
                            int64_t after_ms)
{
    int64_t n = recur_count_between(&reminder->rule, after_ms, turn->now_ms), at_ms = after_ms;
    for (int i = 0; i < LOOKS_MAX && reminder->rule.unit == RECUR_WORKDAY; i++) {
        at_ms = recur_next(&reminder->rule, at_ms);
        if (at_ms > turn->now_ms)
            break;
        n -= is_day_off(turn, item, reminder, at_ms);
    }
    return n;
}

/* Occurrences that passed while nothing could be said are skipped, for good; where one is said, it stands for all of them. */
static int64_t note_missed(struct turn *turn, const struct item *item, const struct reminder *reminder,
                           int64_t after_ms)
{
    int64_t n = count_missed(turn, item, reminder, after_ms);
    if (n)
        item_note(turn, item, "skipped", arena_printf(turn->arena, "%lld until now", (long long)n), 0);
    return n;
}

static void say_due(struct turn *turn, struct item *item, const struct reminder *reminder, int64_t n_missed)
{
    const char *template_name;
    struct json_object *values = reminder_card(turn, item, &template_name);
    if (turn->outage.to_ms) {
        json_set_bool(values, "late", true);
        json_set_int(values, "missed", n_missed);
    }
    /* Who has left hears nothing of it: who asked for it does. */
    bool is_gone = !turn_has_joined(turn, item->room, item->owner);
    const char *person = is_gone ? item->author : item->owner;
    json_set_bool(values, "gone", is_gone);
    turn_say(turn,
             (struct say){ .step = "due",
                           .template_name = "reminder/due",
                           .values = values,
                           .item = item->id,
                           .reply = item_thread(turn, item),
                           .mentions = reminder->is_for_room ? NULL : (const char *[]){ person, NULL },
                           .guard = reminder->comes_back || reminder_is_for_other(item) ? ping_guard : NULL,
                           .is_asked_for = !reminder_is_for_other(item),
                           .role = "ping" });
}

static enum outcome say_it(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    struct reminder reminder = reminder_of(item);
    /* The day has become one since it was set. */
    if (reminder.comes_back && is_day_off(turn, item, &reminder, item->deadline_ms))
        item_note(turn, item, "skipped", arena_printf(turn->arena, "%lld", (long long)item->deadline_ms), 0);
    else
        say_due(turn, item, &reminder,
                reminder.comes_back ? note_missed(turn, item, &reminder, item->deadline_ms) : 0);
    bool goes_on =
        reminder.comes_back &&
        reminder_set_next(turn, item, &reminder, PLANTED(CATCHES_UP) ? item->deadline_ms : turn->now_ms);
    if (!goes_on)
        item_set_state(turn, item, REMINDER_SAID);
    if (reminder.comes_back)
        item_show_card(turn, item);
    return OUTCOME_DONE;
}

/* The card says it, and a typed command is answered with it. */
static enum outcome show(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_show_card(turn, item);
    if (request->door == DOOR_COMMAND) {
        const char *template_name;
        struct json_object *values = reminder_card(turn, item, &template_name);
        turn_answer(turn, template_name, values);
    }
    return OUTCOME_DONE;
}

static enum outcome cancel(struct turn *turn, struct item *item, const struct act_request *request)
{
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, ping_guard);
    item_set_state(turn, item, REMINDER_CANCELLED);
    return show(turn, item, request);
}

/* False, and said so: this one comes once. */
static bool does_come_back(struct turn *turn, const struct item *item, const struct reminder *reminder)
{
    if (reminder->comes_back)
        return true;
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    turn_answer(turn, "reminder/once", values);
    return false;
}

/* It came due, and there was no saying it yet: the bot was down, or heard what was said since before its own clocks. */
static bool is_overdue(const struct turn *turn, const struct item *item)
{
    return item->state == REMINDER_SET && item->deadline_ms <= turn->now_ms;
}

/* Whoever paused it may take that back until the pause ends, though no date lies behind it. */
static bool does_wait_in_pause(struct turn *turn, struct item *item, const struct reminder *reminder)
{
    const struct recur *rule = &reminder->rule;
    int64_t until_ms = rule->is_paused ? recur_instant(rule, rule->pause_until) : 0;
    if (until_ms <= turn->now_ms)
        return false;
    item_set_deadline(turn, item, until_ms, NULL, arena_strdup(turn->arena, rule->zone));
    item_set_timer(turn, item, "due", until_ms, true);
    return true;
}

/* The rule is another one now: its next occurrence after that instant too, or it is over. */
static enum outcome go_on(struct turn *turn, struct item *item, const struct reminder *reminder,
                          int64_t after_ms, const struct act_request *request)
{
    reminder_keep(turn, item, reminder);
    item_remove_timer(turn, item, NULL);
    if (reminder_set_next(turn, item, reminder, after_ms))
        item_set_state(turn, item, REMINDER_SET);
    else
        item_set_state(turn, item,
                       does_wait_in_pause(turn, item, reminder) ? REMINDER_PAUSED : REMINDER_SAID);
    return show(turn, item, request);
}

/* Its pause has ended, and none of its dates lies behind it. */
static enum outcome end_with_pause(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)request;
    item_set_state(turn, item, REMINDER_SAID);
    item_show_card(turn, item);
    return OUTCOME_DONE;
}

/* What is overdue is still said, unless it is what was left out. */
static int64_t still_owed_after_ms(const struct turn *turn, const struct item *item)
{
    return is_overdue(turn, item) ? item->deadline_ms - 1 : turn->now_ms;
}

static enum outcome skip_once(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct reminder reminder = reminder_of(item);
    if (!does_come_back(turn, item, &reminder))
        return OUTCOME_DONE;
    /* The next one for who said it, however late it is heard; never one that was said. */
    int64_t next_ms = reminder_next_ms(turn, item, &reminder, turn->at_ms);
    if (next_ms < item->deadline_ms)
        next_ms = item->deadline_ms;
    if (!recur_skip(&reminder.rule, next_ms, turn->now_ms)) {
        struct json_object *values = values_new();
        json_set_str(values, "id", item->name);
        json_set_str(values, "prefix", turn_prefix(turn));
        json_set_int(values, "n", RECUR_EXCEPTIONS_MAX);
        turn_answer(turn, "reminder/skipped-enough", values);
        return OUTCOME_DONE;
    }
    item_note(turn, item, "skipped", arena_printf(turn->arena, "%lld", (long long)next_ms), 0);
    return go_on(turn, item, &reminder, still_owed_after_ms(turn, item), request);
}

/* Until monday: does monday's come, or not? */
static struct when ask_whole_day(struct when when)
{
    struct civil start = when.civil;
    start.hour = start.minute = start.second = 0;
    when.result = WHEN_ASK;
    when.candidates[0] = zone_instant(when.zone, start);
    when.candidates[1] = when.at_ms;
    when.n_candidates = 2;
    return when;
}

/* What is overdue is not said into a pause. */
static void note_overdue(struct turn *turn, const struct item *item, const struct reminder *reminder)
{
    if (is_overdue(turn, item))
        note_missed(turn, item, reminder, item->deadline_ms - 1);
}

static enum outcome pause_for_good(struct turn *turn, struct item *item, struct reminder *reminder,
                                   const struct act_request *request)
{
    note_overdue(turn, item, reminder);
    recur_pause(&reminder->rule, turn->now_ms, RECUR_NEVER);
    reminder_keep(turn, item, reminder);
    item_remove_timer(turn, item, NULL);
    item_forget_pings(turn, item, ping_guard);
    item_set_deadline(turn, item, turn->now_ms, NULL, arena_strdup(turn->arena, reminder->rule.zone));
    item_set_state(turn, item, REMINDER_PAUSED);
    item_note(turn, item, "paused", NULL, 0);
    return show(turn, item, request);
}

static enum outcome pause_until(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct reminder reminder = reminder_of(item);
    if (!does_come_back(turn, item, &reminder))
        return OUTCOME_DONE;
    if (!*request->text)
        return pause_for_good(turn, item, &reminder, request);
    struct when when = turn_read_when(turn, request->text);
    if (when.result == WHEN_AT && !when.has_clock)
        when = ask_whole_day(when);
    if (when.result != WHEN_AT) {
        turn_ask_when(turn, &when,
                      arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn),
                                   command_shown_name(act_get(ACT_PAUSE)->names, turn->lang), item->name),
                      item->id);
        return OUTCOME_DONE;
    }
    note_overdue(turn, item, &reminder);
    recur_pause(&reminder.rule, turn->now_ms, when.at_ms);
    item_forget_pings(turn, item, ping_guard);
    item_note(turn, item, "paused", arena_printf(turn->arena, "until %lld", (long long)when.at_ms), 0);
    return go_on(turn, item, &reminder, turn->now_ms, request);
}

static enum outcome resume_now(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct reminder reminder = reminder_of(item);
    if (!does_come_back(turn, item, &reminder))
        return OUTCOME_DONE;
    if (reminder.rule.is_paused)
        item_note(turn, item, "resumed", NULL, 0);
    recur_resume(&reminder.rule);
    /* Nothing was said in the pause: what has come due since it was to end is owed. */
    int64_t after_ms = item->state == REMINDER_PAUSED ? turn->at_ms : still_owed_after_ms(turn, item);
    return go_on(turn, item, &reminder, after_ms, request);
}

enum { LIVE = STATE(REMINDER_SET) | STATE(REMINDER_PAUSED) };

static const struct transition transitions[] = {
    { STATE(REMINDER_SET), ACT_DEADLINE, WHO_ITSELF, say_it },
    { STATE(REMINDER_PAUSED), ACT_DEADLINE, WHO_ITSELF, end_with_pause },
    { LIVE, ACT_CANCEL, WHO_HOLDER, cancel },
    { STATE(REMINDER_SET), ACT_SKIP, WHO_HOLDER, skip_once },
    { LIVE, ACT_PAUSE, WHO_HOLDER, pause_until },
    { LIVE, ACT_RESUME, WHO_HOLDER, resume_now },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};

static const char *const state_names[REMINDER_STATES] = { [REMINDER_SET] = "set",
                                                          [REMINDER_SAID] = "said",
                                                          [REMINDER_CANCELLED] = "cancelled",
                                                          [REMINDER_PAUSED] = "paused" };

/* One's own; what is said to the whole room waits for nobody. */
static const char *waits_for(struct turn *turn, struct item *item, const char *person)
{
    (void)turn;
    bool is_own = strcmp(item->owner, person) == 0 && !reminder_of(item).is_for_room;
    return is_own && item->state == REMINDER_SET ? "wait" : NULL;
}

const struct habit habit_reminder = {
    .prefix = "RMD",
    .folder = "reminder",
    .transitions = transitions,
    .open_states = LIVE,
    .state_names = state_names,
    .n_states = REMINDER_STATES,
    .card = reminder_card,
    .record = reminder_record,
    .waits_for = waits_for,
};
