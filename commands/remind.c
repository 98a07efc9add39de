/* !remind me|@bob|room WHAT WHEN - says it again when its hour has come, or whenever it comes back. */
#include <string.h>

#include "base/text.h"
#include "commands/remind_private.h"
#include "engine/people.h"
#include "time/recur_words.h"
#include "time/when_near.h"

/* "me", "moi": whom it is for, and who is meant if nothing is said; "room", "salon"; "@bob". What somebody must have done by then is
 * a task, and another habit's. */
struct whom {
    const char *typed; /* as it is typed again */
    const char *person; /* whose it is; NULL: answered, that nobody is called so here */
    bool is_room;
};

static struct whom take_person(struct turn *turn, const char *word, const char *rest)
{
    struct whom whom = { .typed = word };
    struct people_read read = people_read(turn, word, NULL);
    bool is_one = !read.culprit && read.people.n == 1 && !turn_is_bot(turn, read.people.ids[0]);
    if (is_one) {
        whom.person = read.people.ids[0];
        return whom;
    }
    read.culprit = read.culprit ? read.culprit : word;
    people_ask(turn, &read, word,
               arena_printf(turn->arena, "%s%s " TURN_SLOT " %s", turn_prefix(turn),
                            command_shown_name(command_remind.names, turn->lang),
                            turn_without_slots(turn, rest)));
    return whom;
}

static struct whom take_whom(struct turn *turn, const char **text)
{
    static const char *const names[][LANGS] = { { "me", "moi" }, { "room", "salon" } };
    size_t len = strcspn(*text, " ");
    const char *typed = arena_strndup(turn->arena, *text, len), *word = text_fold_name(turn->arena, typed);
    const char *sender = turn->event->sender;
    for (int is_room = 0; is_room < 2; is_room++)
        for (int lang = 0; lang < LANGS; lang++)
            if (strcmp(word, names[is_room][lang]) == 0) {
                *text = text_skip_space(*text + len);
                return (struct whom){ names[is_room][lang], sender, is_room };
            }
    if (**text != '@')
        return (struct whom){ names[0][LANG_EN], sender, false };
    *text = text_skip_space(*text + len);
    return take_person(turn, typed, *text);
}

/* "to check X", « de relire X », « d’appeler »: the word that only leads to what is to be done is no part of it. */
static const char *without_lead(struct turn *turn, const char *text)
{
    static const char *const leads[] = { "to ", "de ", NULL }, *const infinitives[] = { "er", "ir", "re",
                                                                                        NULL };
    const char *folded = text_fold(turn->arena, text);
    for (int i = 0; leads[i]; i++)
        if (text_starts_with(folded, leads[i]))
            return text_skip_space(text + strlen(leads[i]));
    size_t len = strcspn(folded, " ");
    bool is_elided = text_starts_with(folded, "d'") && len > 4;
    if (!is_elided || !text_is_one_of(arena_strndup(turn->arena, folded + len - 2, 2), infinitives))
        return text;
    /* The apostrophe may be of several bytes. */
    return text[1] == '\'' ? text + 2 : text + 1 + strlen("’");
}

/* Whether a date or a rule ends the text, one that is in doubt included. */
static bool ends_with_date(struct turn *turn, const char *text)
{
    struct recur_reading rule = turn_read_rule(turn, text);
    return rule.result == WHEN_NONE ? turn_read_tail(turn, text).result != WHEN_NONE : *rule.subject != '\0';
}

/* Nothing but a date to come, one that may be two ("next friday") included, or a rule. "sun", "may" and the like are words as
 * well. */
static bool is_date(struct turn *turn, const char *phrase)
{
    enum { ABBREVIATION_BYTES = 4 };
    struct recur_reading rule = turn_read_rule(turn, phrase);
    if (rule.result != WHEN_NONE)
        return rule.result == WHEN_AT && !*rule.subject;
    struct when when = turn_read_when(turn, phrase);
    if (when.result == WHEN_ASK)
        return when.n_candidates > 0 && strchr(phrase, ' ');
    return strlen(phrase) > ABBREVIATION_BYTES && when.result == WHEN_AT && when.at_ms > turn->now_ms;
}

/* "in 2h call the bank", « demain 9h les chiffres »: a date that begins the text, where none ends it, is put where dates are
 * read (dates.md R28); the longest that there is. */
static const char *with_date_last(struct turn *turn, const char *text)
{
    enum { WORDS_MAX = 8 };
    size_t ends[WORDS_MAX], n = 0, at = 0;
    if (ends_with_date(turn, text))
        return text;
    while (text[at] && n < WORDS_MAX) {
        at += strcspn(text + at, " ");
        ends[n++] = at;
        at += strspn(text + at, " ");
    }
    while (n > 0) {
        size_t end = ends[--n], len = text[end - 1] == ':' || text[end - 1] == ',' ? end - 1 : end;
        const char *phrase = arena_strndup(turn->arena, text, len);
        const char *rest = without_lead(turn, text_skip_space(text + end));
        if (*rest && is_date(turn, phrase))
            return arena_printf(turn->arena, "%s %s", rest, phrase);
    }
    return text;
}

static enum outcome make(struct turn *turn, const struct whom *whom, const char *subject,
                         struct reminder *reminder, int64_t due_ms)
{
    const char *zone = reminder->comes_back ? arena_strdup(turn->arena, reminder->rule.zone) : turn->zone;
    struct item *item = item_create(turn, &(struct item_new){ .habit = &habit_reminder,
                                                              .state = REMINDER_SET,
                                                              .owner = whom->person,
                                                              .deadline_ms = due_ms,
                                                              .deadline_zone = zone });
    if (!item)
        return OUTCOME_WAITS;
    item_set_field(turn, item, "subject", text_add(turn, turn->event->sender, subject));
    reminder_keep(turn, item, reminder);
    item_set_timer(turn, item, "due", due_ms, true);
    const char *template_name;
    struct json_object *values = reminder_card(turn, item, &template_name);
    item_set_card(turn, item, turn_answer(turn, template_name, values));
    return OUTCOME_DONE;
}

static const char *command_for(struct turn *turn, const struct whom *whom, const char *subject)
{
    return arena_printf(turn->arena, "%s%s %s %s", turn_prefix(turn),
                        command_shown_name(command_remind.names, turn->lang), whom->typed,
                        turn_without_slots(turn, subject));
}

/* A rule that can be read two ways, or not at all: the ones it may be as choices. */
static void ask_rule(struct turn *turn, const struct recur_reading *reading, const char *command)
{
    const char *choices[RECUR_CANDIDATES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < reading->n_candidates; i++) {
        const struct recur *rule = &reading->candidates[i];
        struct json_object *choice = json_object_new_object();
        choices[i] = arena_printf(turn->arena, "%s %s", command, recur_type(turn->arena, rule, turn->now_ms));
        json_set_str(choice, "rule", recur_say(turn->arena, turn->lang, rule, turn->now_ms));
        json_object_array_add(list, choice);
    }
    json_set_str(values, "phrase", text_shorten(turn->arena, text_clean(turn->arena, reading->phrase), 60));
    json_set(values, "choices", list);
    json_set_bool(values, "has_choices", reading->n_candidates > 0);
    json_set_bool(values, "past", reading->result == WHEN_ERROR && reading->fault == WHEN_PAST);
    json_set_bool(values, "no_time", reading->has_no_time);
    /* The time alone completes what lacks nothing else. */
    const char *kept = reading->has_no_time ? arena_printf(turn->arena, " %s", reading->phrase) : "";
    turn_ask(turn,
             (struct question){ .template_name = "reminder/which-rule",
                                .values = values,
                                .choices = choices,
                                .completes = arena_printf(turn->arena, "%s%s " TURN_SLOT, command, kept) });
}

static enum outcome remind_again(struct turn *turn, const struct whom *whom,
                                 const struct recur_reading *reading)
{
    if (!*reading->subject)
        return OUTCOME_USAGE;
    struct reminder reminder = { .is_for_room = whom->is_room, .comes_back = true, .rule = reading->rule };
    int64_t next_ms = reading->result == WHEN_AT ? recur_next(&reading->rule, turn->now_ms) : RECUR_NEVER;
    if (next_ms != RECUR_NEVER)
        return make(turn, whom, reading->subject, &reminder, next_ms);
    struct recur_reading doubtful = *reading;
    if (reading->result == WHEN_AT) {
        doubtful.result = WHEN_ERROR;
        doubtful.fault = WHEN_PAST;
        doubtful.n_candidates = 0;
    }
    ask_rule(turn, &doubtful, command_for(turn, whom, reading->subject));
    return OUTCOME_DONE;
}

static enum outcome remind_once(struct turn *turn, const struct whom *whom, const char *text)
{
    struct when when = turn_read_tail(turn, text);
    const char *subject = when.subject ? when.subject : text;
    if (!*subject)
        return OUTCOME_USAGE;
    struct reminder reminder = { .is_for_room = whom->is_room };
    if (turn_is_to_come(turn, &when))
        return make(turn, whom, subject, &reminder, when.at_ms);
    turn_ask_when(turn, &when, arena_printf(turn->arena, "%s " TURN_SLOT, command_for(turn, whom, subject)),
                  0);
    return OUTCOME_DONE;
}

/* "every mondy 9:00" would be said at 9:00, about « every mondy »: was monday meant? Then it is what the second choice runs. */
static bool asks_what_was_meant(struct turn *turn, const struct whom *whom, const char *text,
                                const char *subject)
{
    struct when_near near;
    if (turn->is_completing || !when_find_near(turn->arena, text, subject, &near))
        return false;
    const char *choices[] = { command_for(turn, whom, near.mended), command_for(turn, whom, text), NULL };
    struct json_object *values = values_new();
    json_set_str(values, "word", text_shorten(turn->arena, text_clean(turn->arena, near.word), 40));
    json_set_str(values, "meant", near.meant);
    turn_ask(turn, (struct question){ .template_name = "when/near", .values = values, .choices = choices });
    return true;
}

static enum outcome remind(struct turn *turn, const struct request *request)
{
    const char *text = request->rest;
    struct whom whom = take_whom(turn, &text);
    if (!whom.person)
        return OUTCOME_DONE;
    text = without_lead(turn, text);
    if (!*text)
        return OUTCOME_USAGE;
    text = with_date_last(turn, text);
    struct recur_reading reading = turn_read_rule(turn, text);
    const char *subject = reading.subject;
    if (reading.result == WHEN_NONE) {
        const char *before = turn_read_tail(turn, text).subject;
        subject = before ? before : text;
    }
    if (asks_what_was_meant(turn, &whom, text, subject))
        return OUTCOME_DONE;
    return reading.result == WHEN_NONE ? remind_once(turn, &whom, text) : remind_again(turn, &whom, &reading);
}

const struct command command_remind = {
    .topic = "remind",
    .names = { { "remind" }, { "rappel", "rappeler", "rappelle-moi" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = remind,
};
