/*
 * escalation - what the files of the habit share: escalation.c (states and transitions), escalation_open.c (`!urgent`),
 *              escalation_call.c (whom it calls, and when), escalation_after.c (who has it, until its recap),
 *              escalation_hand.c (from hand to hand), escalation_end.c (how it ends), escalation_recap.c (three lines afterwards),
 *              escalation_work.c (where these go, and the tasks that come of them), escalation_card.c (how it looks),
 *              escalation_timeline.c (what was done and said),
 *              escalation_gate.c (what else is said in a room of kind urgent), escalation_hint.c (who cries elsewhere), escalation_stats.c (what they were like).
 *
 * Shape:   the owner is called first, in the room and by direct message, again after CALL_MS, then the next of the room's
 *          call order, then all of these together, then the room, in rounds that grow, CALL_ROUNDS of them; then nobody. Who
 *          takes it owns it, and that silences it: what calls somebody has a guard, and falls in the turn that takes it.
 *          Whom it has called is in the table asked: asked_ms the first call, reminded_ms the last. Each call is a line of its
 *          history: who, and why.
 * Source:  method.md 1 "escalation", 2 "Urgent", "Escalation"; scenes.md 3.
 */
#ifndef COMMANDS_ESCALATION_H
#define COMMANDS_ESCALATION_H

#include "commands/commands.h"
#include "engine/hand.h"
#include "engine/opening.h"

enum escalation_state {
    ESCALATION_CALLING = 1, /* nobody has it yet */
    ESCALATION_UNREACHED, /* all were called, and nobody took it: nobody is called any more */
    ESCALATION_TAKEN,
    ESCALATION_SOLVED, /* its recap is to come */
    ESCALATION_CLOSED,
    ESCALATION_CANCELLED,
    ESCALATION_LAPSED, /* nobody took it, or was heard of, and that helps nobody any more */
    ESCALATION_STATES
};

/* The one kind of room in which something is urgent (room.kind). */
#define ESCALATION_ROOM "urgent"

/* Timers of an escalation. */
#define TIMER_RING  "ring"
#define TIMER_CHECK "check"
#define TIMER_RECAP "remind"
#define TIMER_DUE   "due"
#define TIMER_HAND  "ask"

/* Guards: of what calls somebody in the room, of what asks who has it, of what asks somebody to take it over, and of what
 * falls when it is over. */
#define GUARD_CALL  "call"
#define GUARD_CHECK "check"
#define GUARD_HAND  "hand"
#define GUARD_OPEN  "open"

enum { ESCALATION_IMPACT_MAX = 120, ESCALATION_ACTION_MAX = 280 };
enum {
    ESCALATION_CALLING_MAX = 5
}; /* reported by one person, that nobody has yet: whoever they call is called for each */
/* Who is called is called again, to one escalation or to several, as long as there were fewer calls to them in the last hour and
 * in the last day: what nobody answers eight times an hour is not answered the ninth time. The first call to an escalation is
 * never left out, so that all of the call order, and all of the room, are reached once each: a bound that could keep the one
 * person who would come from hearing of it is worse than one call more. */
enum { ESCALATION_CALLS_HOUR_MAX = 8, ESCALATION_CALLS_DAY_MAX = 30 };
enum {
    ESCALATION_LAPSE_MS = 24 * 60 * 60 * 1000
}; /* so long after its deadline, and after the last call, it is closed: nobody is called to what is that old */
enum {
    ESCALATION_WINDOW_MS = 4 * 60 * 60 * 1000
}; /* method.md 2: urgent is what leaves less than this to decide */

/* What an item keeps beside its texts. */
struct escalation {
    int criterion; /* 1 to 3, in the order of method.md 2 */
    int n_rounds; /* of calls to all of the call order, and to the room */
    bool is_on_call; /* its owner is, by the rota */
    int n_hands; /* how often its successor was asked */
    int n_checks; /* since who has it was last heard of; once solved: how often the recap was asked for */
};
struct escalation escalation_of(const struct item *item);
void escalation_keep(struct turn *turn, struct item *item, const struct escalation *escalation);

/* What every template of it may name. */
struct json_object *escalation_basics(struct turn *turn, const struct item *item);
/* A typed command gets its one answer; a word or a tap is answered by the card. what: a section of escalation/noted. */
void escalation_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                        const char *what);
struct json_object *escalation_card(struct turn *turn, struct item *item, const char **template_out);
struct json_object *escalation_record(struct turn *turn, struct item *item);
/* 1 to 3; 0: none of them. text: as typed, a number or a word of it. */
int escalation_read_criterion(struct turn *turn, const char *text);
void escalation_add_criterion(struct json_object *values, int criterion);

/* escalation_timeline.c: {"earlier": how many lines are not shown, "list"} */
struct json_object *escalation_timeline(struct turn *turn, const struct item *item);
/* A line of the history that says who was called; person NULL: it is none. */
struct called {
    const char *person;
    const char *why; /* as in struct call */
};
struct called escalation_read_called(struct turn *turn, const struct history_row *row);

/* Was it urgent? By those who were called. */
struct verdict {
    int n_yes, n_no;
};
struct verdict escalation_verdict(struct turn *turn, const struct item *item);

/* escalation_stats.c: `!urgent stats` */
void escalation_answer_stats(struct turn *turn);

/* escalation_same.c: nothing open here is like it, or its author has said that it is another. False: that was asked. */
bool escalation_is_new(struct turn *turn, const struct opening *opening);

/* escalation_open.c */

extern const struct form escalation_form;
/* An urgent room that this person is in; 0: none is known. */
int64_t escalation_room_of(struct turn *turn, const char *person);
/* Not here: where, if that is known. */
void escalation_refuse_here(struct turn *turn);

/* escalation_call.c */

/* Who is called, and why: a line of the history for each. */
struct call {
    int64_t row; /* that calls them in the room */
    struct person_list people;
    const char *why; /* "owner", "rota", "chain", "all", "room" */
    bool is_of_one; /* in their turn */
    bool is_again;
    const char *before; /* who was called before, in vain; NULL */
    const char *cause; /* why calling has begun anew: a section of escalation/call; NULL: it has not */
    struct person_list skipped; /* whose turn it would have been: away */
    bool is_spared; /* somebody is left out who was called too often; people may be nobody */
};
/* The first call, which the card carries. */
struct call escalation_first_call(struct turn *turn, struct item *item);
/* It was said in the room, by the card; says it to each of them alone, and sets the next one. */
void escalation_note_call(struct turn *turn, struct item *item, const struct call *call);
/* From when the next call or question is counted: from the instant at which this one (said: its row; 0: it is an act) was due,
 * so that a store that was put back meets the same instants again; from now if this one came late, so that they do not come in
 * a burst. */
int64_t escalation_counted_from_ms(struct turn *turn, int64_t said);
/* Who is called in their turn cannot mute it, nor who has it; it was said what they can do. */
bool escalation_may_mute(struct turn *turn, struct item *item, const char *person);
/* A timer of it comes so late that it helps nobody: nothing that calls anybody is to come of it. */
bool escalation_is_stale(struct turn *turn, const struct item *item);
/* Who was tried, when, and how often: {"person", "first", "n"}, in the order of the first calls. */
struct json_object *escalation_tried(struct turn *turn, const struct item *item);
/* The timer: the next call; once all are over, its end. */
enum outcome escalation_ring(struct turn *turn, struct item *item, const struct act_request *request);
/* Nobody has it any more: calling begins anew, now. cause: "silent" or "left" is who had it, or has "let_go", or it was
 * "reopened". */
void escalation_call_again(struct turn *turn, struct item *item, const char *cause);
/* Nobody is called any more, and what waits to be said to them falls; those called alone are told how it stands. */
void escalation_silence(struct turn *turn, struct item *item);

/* escalation_after.c: acts */
enum outcome escalation_take(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_is_taken(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_let_go(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_progress(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_snooze(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_check(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_due(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_left(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_note_down(struct turn *turn, struct item *item, const struct act_request *request);
/* What is said in its thread may be kept in its timeline; what its holder says shows that it is being worked on. */
bool escalation_heard(struct turn *turn, struct item *item);
/* It is in this person's hands from now on. */
void escalation_give_to(struct turn *turn, struct item *item, const char *person);

/* escalation_hand.c */
extern const struct handing escalation_handing;
/* The timer: whoever is asked to take it over has not answered. */
enum outcome escalation_ask_again(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_decline(struct turn *turn, struct item *item, const struct act_request *request);
void escalation_successor_left(struct turn *turn, struct item *item);

/* Up to one of these signs: of several things that were written at once, the first. A semicolon in the middle of a word ends
 * nothing. */
size_t escalation_part_length(const char *text, const char *ends);
/* "- restart it", "1. restart it": what is behind the mark. */
const char *escalation_without_mark(const char *part);

/* escalation_end.c: acts */
enum outcome escalation_solve(struct turn *turn, struct item *item, const struct act_request *request);
/* The timer, or another that comes when it is stale: it is closed, in one line. */
enum outcome escalation_lapse(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_cancel(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_reopen(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_judge(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_unjudge(struct turn *turn, struct item *item, const struct act_request *request);

/* escalation_recap.c */
enum outcome escalation_ask_recap(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_recap(struct turn *turn, struct item *item, const struct act_request *request);
/* It is asked for at the first working moment of its owner from then on. */
void escalation_set_recap(struct turn *turn, struct item *item, int64_t from_ms);
void escalation_add_recap(struct turn *turn, const struct item *item, struct json_object *values);
void escalation_forget_recap(struct turn *turn, struct item *item);

/* escalation_work.c: an item that its message names, or "tracked in:", is where its work is kept (engine/link.h). */
void escalation_find_work(struct turn *turn, struct item *item);
/* "TSK-3", "checkout". False: it is no such place, or its own room. */
bool escalation_keep_with(struct turn *turn, struct item *item, const char *typed);
/* The recap is there: it goes where the work is, and what follows is offered as tasks; where nobody has said where that is, who
 * gave the recap is asked. */
void escalation_bring_recap(struct turn *turn, struct item *item);
enum outcome escalation_recap_again(struct turn *turn, struct item *item, const struct act_request *request);
enum outcome escalation_amend(struct turn *turn, struct item *item, const struct act_request *request);

/* escalation_words.c: what people said and may have meant, as what a tap runs, from wherever it is. criterion 0: none. */
const char *escalation_from_words(struct turn *turn, const char *body, int criterion,
                                  const struct room *there);
/* The task that it becomes in that room, which leads back to where it was said. */
const char *escalation_task_from_words(struct turn *turn, const char *body, const struct room *there);
/* "URGENT: who proofreads?", "ASAP", "@room": somebody cries; not who says that something is not urgent. */
bool escalation_is_cry(struct turn *turn, const char *body);
/* What follows is said in a thread of the message: a room is for what it is for. */
void escalation_meet_in_thread(struct turn *turn);

/* escalation_hint.c: somebody cries in a room that is not urgent, and wants hints. */
bool escalation_hinted(struct turn *turn, const char *body);

/* How often that was noted, here, of who writes now, since then. */
int64_t escalation_n_noted(struct turn *turn, const char *what, int64_t since_ms);
/* escalation_gate.c: something is said in an urgent room that is no escalation, and not about one. */
bool escalation_overheard(struct turn *turn, const char *body);

#endif
