/*
 * standup_private - what the files of routines and their rounds share.
 *
 *   routine.c        the routine: its states, what it keeps         round.c         the round: its states, its end
 *   routine_open.c   !standup, !weekly: made, changed, ended        round_ask.c     whom it asks, and when
 *   routine_options.c  whom, when, how: as they are typed           round_answer.c  what is answered, edited, taken back
 *   routine_days.c   which days, as they are typed
 *   routine_near.c   what was misspelt behind them
 *   routine_own.c    !routine: all of a room, and those of its own  round_card.c    how it looks
 *   routine_time.c   which day is next, and when it begins          round_own.c     answers to questions of its own
 *   routine_form.c   its questions                                  round_weekly.c  goals, risks, decisions
 *   answer_read.c    what stands in an answer                       round_blocker.c what comes of it
 *                                                                   round_back.c    what was
 *                                                                   round_prompt.c  what those who are asked are told
 *                                                                   round_week.c    several of them at once
 *                                                                   round_report.c  shown in another room
 *                                                                   round_export.c  for other programs
 *
 * Shape:   a routine is an item that stays; each of its days makes a round, an item with a card and a thread of its own. The day
 *          of a round is a day of the calendar: for each person it begins when theirs does, on their own clock, and who does
 *          not work on it is not of that round. Who is of it is among those asked (item_ask); who has answered has rows in
 *          the table answer, one a question. A round closes when all have answered, else when the last of them has had
 *          ROUND_ANSWER_MIN of working time, and takes answers until the next one has begun for all, marked as such:
 *          where days begin far apart, two are open at a time, each for whom it asked last.
 * Units:   a day is a day number (civil.h).
 * Owns:    the tables round, answer.
 * Source:  method.md 1 (daily, weekly), scenes.md 4.
 */
#ifndef COMMANDS_STANDUP_PRIVATE_H
#define COMMANDS_STANDUP_PRIVATE_H

#include "commands/commands.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

enum routine_state { ROUTINE_ON = 1, ROUTINE_PAUSED, ROUTINE_ENDED, ROUTINE_STATES };
enum round_state { ROUND_OPEN = 1, ROUND_CLOSED, ROUND_OVER, ROUND_STATES };

enum {
    ROUND_NUDGE_MIN = 2 * 60, /* of working time, from when they were asked, where nothing else was chosen */
    ROUND_ANSWER_MIN = 4 * 60, /* likewise: then it closes, and with that day at the latest */
    ROUND_AT_ONCE = 4, /* prompts in one go; the others follow, so that answers find room between them */
    ROUND_SPREAD_MS = 20 * 1000,
    ROUND_STEP_MS = 5 * 60 * 1000,
};

struct routine_options;

/* --- routine.c --- */

enum { EVERY_DAY = 0x7f, MONDAY_BIT = 1, QUESTIONS_MAX = 10, REPORT_NOWHERE = -1 };

/* What a question of a routine's own takes for an answer. */
enum question_kind {
    QUESTION_TEXT,
    QUESTION_YES_NO,
    QUESTION_NUMBER,
    QUESTION_PERSON,
    QUESTION_DATE,
    QUESTION_CHOICE,
    QUESTION_KINDS
};
struct own_question {
    enum question_kind kind;
    int64_t text; /* without what ends it */
    int64_t choices; /* text: "good/fair/bad"; 0: none */
};

/* What a routine keeps beside its texts. */
struct routine {
    const char *kind; /* "daily", "weekly", "custom" */
    int64_t title; /* text: what it is called; 0: by its kind */
    struct own_question questions[QUESTIONS_MAX]; /* of a custom one */
    size_t n_questions;
    const struct form *form; /* made of these; NULL: the one of its kind */
    unsigned weekdays; /* bits from Monday: on which a round is dated */
    const char *rule; /* or the days of that rule (recur.h), of UTC at 0:00; NULL: of no other than these */
    int span_days; /* who does not work on that day may begin so many days later, less one */
    int minute; /* of the day, before which nobody is asked; 0: when each person's day begins */
    const char *zone; /* whose clocks say that minute; NULL: each person's own */
    int nudge_min; /* who has not answered is reminded; 0: nobody is */
    int answer_min; /* it closes; 0: nothing was chosen, ROUND_ANSWER_MIN */
    const char *lang; /* in which it speaks in the room; NULL: the room's */
    bool is_in_thread; /* everybody is asked there, whether they have a direct message open or not */
    bool is_by_section; /* the card goes by questions, not by people */
    bool is_calling; /* its close calls who has not answered, where it else names them */
    int64_t
        report; /* room that was typed, for routine_keep to keep (link.h); 0: as it is; REPORT_NOWHERE: none */
    const char *reporter; /* who chose that room, by whose right in it reports go there; NULL: nobody did */
    int64_t since_ms; /* nothing that was to begin before is made up for */
    int64_t until_ms; /* paused until then; 0: until somebody says so */
    struct person_list who; /* none: all who are in the room */
    struct person_list without; /* observers: never asked */
    struct person_list optional; /* asked, and not waited for */
};
struct routine routine_of(struct turn *turn, const struct item *item);
void routine_keep(struct turn *turn, struct item *item, const struct routine *routine);
struct json_object *routine_card(struct turn *turn, struct item *item, const char **template_out);
/* The card says what is so now, if it does not yet. */
void routine_show_card(struct turn *turn, struct item *item);
/* In a line: what it is now, and of options (NULL: none) what was changed. */
void routine_answer_changed(struct turn *turn, struct item *item, const struct routine_options *options);
/* The answer is its card. NULL: no number is left for it yet. */
struct item *routine_make(struct turn *turn, struct routine *routine);
/* So many people are asked together only if that is meant: true: that was asked, and the choices are before, whom, behind. */
bool routine_is_asked_who(struct turn *turn, const struct routine *routine,
                          const struct routine_options *options, const char *before, const char *behind);
/* False: the person of the event may not change it, and that was answered. */
bool routine_may_change(struct turn *turn, const struct item *item);
/* What was typed behind a command that means that routine: it is shown, changed, paused, ended, or looked back at. typed: the
 * command without its prefix. */
enum outcome routine_turn_to(struct turn *turn, struct item *item, const char *typed, const char *rest);
/* It asks them, if they are there: named, or all are, and no observer. */
bool routine_asks(const struct routine *routine, const char *person);
/* Those it asks now, whether they work or not: joined, no bots, no observers. */
struct person_list routine_people(struct turn *turn, const struct routine *routine);
/* The newest round of it, or (before_day not 0) the newest before that day; NULL: there is none. */
struct item *routine_newest_round(struct turn *turn, int64_t routine, int64_t before_day);

/* --- routine_options.c --- */

/* "for bob, carol", "without dan", "at 9:30 on mon, wed": what was typed of each, NULL where nothing was. */
enum routine_option {
    OPTION_NONE = -1,
    OPTION_WHO,
    OPTION_WITHOUT,
    OPTION_OPTIONAL,
    OPTION_AT,
    OPTION_ON,
    OPTION_ZONE,
    OPTION_NUDGE,
    OPTION_CLOSE,
    OPTION_LANG,
    OPTION_IN,
    OPTION_BY,
    OPTION_REPORT,
    OPTION_PING,
    ROUTINE_OPTIONS
};
struct routine_options {
    const char *texts[ROUTINE_OPTIONS];
    bool is_day_alone; /* "monday": that is what was said that day, where there is such a routine */
    const char *before_days, *behind_days; /* of the text that was read: around what says which days */
    const char *command,
        *questions; /* set by who reads it: what stands before the text, and behind it; NULL: nothing */
};
/* The whole text; false: something stands there that belongs to none of them. */
bool routine_options_read(struct turn *turn, const char *text, struct routine_options *options);
/* False: one of them cannot be read, or nobody here is called so, and that was answered. */
bool routine_options_apply(struct turn *turn, const struct routine_options *options, struct routine *routine);
/* "off", "stop", "on", as the whole text or before a date: what is to be done to it; ACT_NONE: none of that. */
enum act routine_verb(struct turn *turn, const char *text, const char **rest_out);

/* --- routine_near.c --- */

/* The first word of rest is nearly one that may stand there: it is offered instead. before: the command, and what it names. */
bool routine_suggest(struct turn *turn, const char *before, const char *rest);

/* --- routine_days.c --- */

/* One word: "monday", "mondays,", "mon-fri". */
bool routine_is_day_name(struct turn *turn, const char *word);
/* "every second monday", « le lundi et le jeudi ». False: it cannot be read, or that was asked. */
bool routine_read_days(struct turn *turn, const struct routine_options *options, struct routine *routine);
/* The first day from that one on on which a round is dated; INT64_MAX: none. */
int64_t routine_dated_from(const struct routine *routine, int64_t day);

/* --- routine_form.c --- */

/* Its questions, in the order in which they are asked; an answer's place is that of its field. */
const struct form *routine_form(const struct routine *routine);
/* "q1": of a routine's own questions. */
bool form_is_own(const struct form *form);
/* Its questions as they are kept: in fields of the item, which they are written to and read from. */
void routine_keep_questions(struct turn *turn, struct item *item, const struct routine *routine);
void routine_load_questions(struct turn *turn, const struct item *item, struct routine *routine);
/* A list of {text, choices, "is_yes_no": true}. */
struct json_object *routine_questions_value(const struct routine *routine);
size_t form_n_fields(const struct form *form);
/* -1: there is none. */
int form_place(const struct form *form, const char *name);

/* --- routine_time.c --- */

/* The first moment at which this person may be asked for the round of that day; ABSENCE_FOR_GOOD: they do not work then. */
int64_t routine_begins_ms(struct turn *turn, const struct routine *routine, const char *person, int64_t day);
/* The day, after that one, whose round begins next, and when; false: none does in the days that are looked at. */
bool routine_next_day(struct turn *turn, const struct routine *routine, int64_t after_day, int64_t *day_out,
                      int64_t *begins_ms_out);
/* Its timer: when the next round begins. */
void routine_set_timer(struct turn *turn, struct item *item, const struct routine *routine);
/* ACT_DEADLINE: makes the round of the day that has begun. */
enum outcome routine_begin(struct turn *turn, struct item *item, const struct act_request *request);

/* --- routine_now.c --- */

/* "now": today's round is opened at once, for all who were not asked yet; nobody is called outside their hours for it. */
bool routine_is_now(struct turn *turn, const char *text);
enum outcome routine_begin_now(struct turn *turn, struct item *item);

/* --- answer_read.c --- */

enum answer_kind { ANSWER_NONE, ANSWER_GIVEN, ANSWER_SKIP, ANSWER_SAME };
struct answer {
    enum answer_kind kind;
    bool is_marked; /* by labels, numbers or lines: it can be nothing else */
    bool is_labelled; /* it begins with a label and a colon: it can mend what was said before */
    const char *values[FORM_FIELDS_MAX]; /* by place, trimmed; NULL: not said */
    bool is_same[FORM_FIELDS_MAX]; /* "same" stands there */
};
struct answer answer_read(struct arena *arena, const struct form *form, const char *body);
/* "no", "none", « aucun », "-". */
bool answer_is_no(struct arena *arena, const char *value);

/* --- round.c --- */

/* NULL: no number is left for it yet. */
struct item *round_open(struct turn *turn, struct item *routine, const struct routine *kept, int64_t day);
/* The same, by hand: it has begun for all who work now, whatever the time of day that was chosen. */
struct item *round_open_now(struct turn *turn, struct item *routine, const struct routine *kept, int64_t day);
/* It is open, and whoever works now and was not asked yet is asked now. */
void round_hurry(struct turn *turn, struct item *round, const struct routine *kept);
struct item *round_routine(struct turn *turn, const struct item *round);
int64_t round_day(struct turn *turn, const struct item *round);
/* What follows is said in the language of its card: in which its routine spoke in the room when it began. */
void round_speak(struct turn *turn, const struct item *round);
/* The moment to which a day belongs when it is shown: its noon, in the turn's zone. */
struct json_object *round_day_value(struct turn *turn, int64_t day);
/* values_time without how far off it is: a card that says nothing new is not edited. */
struct json_object *round_time_value(struct turn *turn, int64_t at_ms);
/* Where everybody stands; who was not asked by the close was not of it. */
enum standing {
    STANDING_TO_COME,
    STANDING_ANSWERED,
    STANDING_SKIPPED,
    STANDING_AWAY,
    STANDING_LEFT,
    STANDING_UNASKED,
    STANDING_OPTIONAL /* may answer, and is not waited for */
};
struct stand {
    const struct asked *asked;
    enum standing standing;
};
struct stand_list {
    struct stand *rows;
    size_t n;
    size_t n_answered, n_to_come, n_optional;
};
struct stand_list round_standings(struct turn *turn, const struct item *round);
/* After any change: its timers, its card; it closes if nobody is left who may answer. */
void round_settle(struct turn *turn, struct item *round);
/* Its routine is ended: those that are not over are. */
void round_end_all(struct turn *turn, const struct item *routine);

/* --- round_ask.c --- */

void round_set_timers(struct turn *turn, struct item *round);
/* When the next is to be asked, a moment that went by included; ABSENCE_FOR_GOOD: nobody is left. */
int64_t round_next_ask_ms(struct turn *turn, const struct item *round);
/* When they are to be asked; ABSENCE_FOR_GOOD: not any more. */
int64_t round_ask_ms(struct turn *turn, const struct item *round, const struct routine *kept,
                     const char *person);
enum outcome round_ask_now(struct turn *turn, struct item *round, const struct act_request *request);
enum outcome round_nudge_now(struct turn *turn, struct item *round, const struct act_request *request);
/* The last instant at which answers are waited for. */
int64_t round_closes_ms(struct turn *turn, struct item *round, const struct routine *kept);

/* --- round_prompt.c --- */

/* Their direct message, where they are asked: as they chose for themselves, else as the routine does; 0: in the thread. */
int64_t round_direct_for(struct turn *turn, const struct routine *kept, const char *person);
/* One message: to one person, or in the thread to several whom the same words fit. Both return its row. */
int64_t round_prompt(struct turn *turn, struct item *round, const struct routine *kept,
                     struct person_list people);
int64_t round_nudge(struct turn *turn, struct item *round, const struct routine *kept,
                    const struct stand_list *stands, struct person_list people);
/* What waits to be said, and calls somebody who has answered since, or need not any more, calls the others alone; with nobody
 * left of a round that is closed, nobody. */
void round_spare(struct turn *turn, struct item *round, const struct stand_list *stands);
/* The same words fit both. */
bool round_is_prompt_alike(struct turn *turn, const struct item *round, const char *a, const char *b);
bool round_is_nudge_alike(struct turn *turn, const struct item *round, const char *a, const char *b);

/* --- round_answer.c --- */

bool round_answered(struct turn *turn, struct item *round, const char *body);
bool round_answer_edited(struct turn *turn, struct item *round, const char *event, const char *body);
/* What the person of the event said, as it was read: skipped, the same, unread, or an answer. */
void round_answer_read(struct turn *turn, struct item *round, const struct routine *kept,
                       struct answer *answer);
/* They have answered that question. */
void round_answer_one(struct turn *turn, struct item *round, int place, const char *value);
enum outcome round_skip(struct turn *turn, struct item *round, const struct act_request *request);
enum outcome round_withdraw(struct turn *turn, struct item *round, const struct act_request *request);
/* The text of what they answered there; 0: nothing. */
int64_t round_text(struct turn *turn, int64_t round, const char *person, int place);
/* The newest round of the same routine before this one that they answered; NULL: there is none. */
struct item *round_last_of(struct turn *turn, const struct item *round, const char *person);
bool round_has_answer(struct turn *turn, int64_t round, const char *person);
/* When their answer first stood; 0: there is none. */
int64_t round_answer_ms(struct turn *turn, const struct item *round, const char *person);

/* What is said back: all that they have answered there. */
void round_say_noted(struct turn *turn, struct item *round);
/* What they mean to do next is in the field of that place. */
int form_plan_place(const struct form *form);

/* --- round_own.c --- */

/* Takes out of the answer what is none to its question: bits by place. */
unsigned own_refuse(struct turn *turn, const struct routine *kept, struct answer *answer);
/* One of them is an answer that only such a question has: a number, a choice. */
bool own_is_certain(struct turn *turn, const struct routine *kept, const struct answer *answer);
/* What was refused, for templates. */
struct json_object *own_refused_value(const struct routine *kept, unsigned refused);
/* The first question that the person of the event has not answered; -1: none is left. */
int own_next_place(struct turn *turn, const struct item *round, const struct routine *kept);
/* Of a routine whose only question is answered by a choice: how many signs say one; 0: it is another. */
enum { TAPS_MAX = 5 };
size_t own_n_taps(struct turn *turn, const struct routine *kept);
/* Tapped on that row, which asks them, they are that person's answer. */
void own_ask_taps(struct turn *turn, const struct item *round, const struct routine *kept, const char *person,
                  int64_t row);
/* "!standup tap RND-1 2": the second choice. */
enum outcome round_tap(struct turn *turn, struct item *round, const char *text);
/* "!standup add RND-1 2 text": the answer to one question. */
enum outcome round_add(struct turn *turn, struct item *round, const char *text);

/* --- round_blocker.c --- */

enum blocker { BLOCKER_NONE, BLOCKER_UNNAMED, BLOCKER_TO_ASK, BLOCKER_IN_HAND };
enum blocker round_blocker(struct turn *turn, const struct item *round, const char *person);
/* Says the template, and asks who can unblock it, and by when. */
void round_ask_blocker(struct turn *turn, const struct item *round, const char *template_name,
                       struct json_object *values);
/* The answer to that: it is somebody's task. */
enum outcome round_unblock(struct turn *turn, struct item *round, const char *text);
/* A task that came of an answer of the person of the event after that moment, and is open: it is cancelled, and they are asked
 * again. item: only of that round, or that task; NULL: of any. False: there is none. */
bool round_undo_task(struct turn *turn, const struct item *item, int64_t after_ms);
/* The task that came of an answer, for templates; NULL: none did. */
struct json_object *round_task(struct turn *turn, const struct item *round, const char *person, int place);
/* What blocked somebody in an earlier round and is not done: a list. */
struct json_object *round_still_blocked(struct turn *turn, const struct item *round);
/* The one asked for help, if the person of the event has named one, is called: once. */
void round_call_for_help(struct turn *turn, struct item *round);

/* --- round_back.c --- */

/* "yesterday", "monday", "@bob": a card of the past, or the last answers of one person. False: it is nothing of that. */
bool routine_look_back(struct turn *turn, const struct item *routine, const char *text);

/* --- round_week.c --- */

/* "week", "last week", "stats", "mine", "search words": several rounds at once. False: it is nothing of that. */
bool routine_look_over(struct turn *turn, const struct item *routine, const char *text);

/* --- round_report.c --- */

/* It has closed: its card goes to the room that was chosen for it, if there is one. For the closing line: why it does not; NULL:
 * it does. */
struct json_object *round_report(struct turn *turn, struct item *round);
/* What stands there says what the card says now. */
void round_show_report(struct turn *turn, struct item *round);

/* --- round_export.c --- */

void round_export_rows(struct turn *turn, struct item *round, const char *since, struct json_object *rows);

/* --- round_weekly.c --- */

enum { GOALS_MAX = 3 };
/* A line each, or parted by ; or +. */
size_t goals_count(struct arena *arena, const char *text);
/* More than GOALS_MAX are taken out of the answer: how many they are; else 0. */
size_t goals_refuse(struct arena *arena, const struct form *form, struct answer *answer);
/* What people said may slip, and have not spoken of since. */
struct json_object *round_standing_risks(struct turn *turn, const struct item *round,
                                         const struct form *form);
/* The person of the event has said what is to be decided, and opened nothing of it yet. */
bool round_offers_decision(struct turn *turn, const struct item *round, const struct form *form);
/* Opens it. */
enum outcome round_decide(struct turn *turn, struct item *round, const struct form *form);

/* --- round_card.c --- */

/* Characters of an answer: on a card, and on one that would take more than two minutes to read. */
enum { ROUND_VALUE_MAX = 100, ROUND_VALUE_MIN = 50, ROUND_SHOWN = 12 };
struct json_object *round_card(struct turn *turn, struct item *item, const char **template_out);
/* In whatever language the turn speaks. */
struct json_object *round_card_values(struct turn *turn, struct item *round);
struct json_object *round_record(struct turn *turn, struct item *item);
/* What every template of a round may name. */
struct json_object *round_basics(struct turn *turn, const struct item *round);
/* Some of it is longer than the card shows. */
bool round_is_long(struct turn *turn, const struct item *round, const char *person);
/* What they answered, a row a question, each within so many characters; 0: in full. */
struct json_object *round_answer_rows(struct turn *turn, const struct item *round, const struct form *form,
                                      const char *person, int max);

#endif
