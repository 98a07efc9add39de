/*
 * turn - one event, or one timer, being handled: its cause, its clock, its room, and what it says.
 *
 * Shape:   made by engine.c for each event and timer, borrowed by everything it calls; all that it adds to the
 *          store is in one savepoint. Memory from turn->arena lasts until the turn ends. Cause: the event's id,
 *          or (the timer's key, its due instant). With a step, a name that is used once in a turn, it makes
 *          transaction ids and timer keys that are the same if the turn is replayed.
 * Units:   now_ms is the loop's clock; at_ms the event's own time (phrases are read at it).
 * Source:  architecture.md "causes make transaction ids".
 */
#ifndef ENGINE_TURN_H
#define ENGINE_TURN_H

#include "base/arena.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "store/room.h"
#include "time/recur_words.h"
#include "time/when.h"

struct item;

struct turn {
    struct engine *engine; /* borrowed */
    struct store *store; /* borrowed */
    struct arena *arena; /* borrowed; emptied after the turn */
    int64_t now_ms;
    int64_t at_ms;
    int64_t cause_ms; /* of what is said: the event's own time, or the instant at which the timer was due */
    const char *cause;
    const struct event *event; /* borrowed; NULL in a timer's turn */
    struct room room; /* where it happens */
    const char *lang; /* the room's, or the default; in a direct message the person's (personal.h) */
    const char *zone;
    const char *hours;
    struct {
        const char *lang, *zone, *hours; /* NULL: none was typed */
    } typed; /* of the place where the event was typed: how its phrases are read, whatever room is entered later */
    const char *origin; /* the event that began a dialogue, else the event itself: the card replies to it */
    int64_t answer_row; /* not 0: the answer edits what this row became (a dialogue moves on) */
    int64_t about; /* the item that the act was on: a reply to the answer finds it; 0: none */
    int64_t opened; /* the item that this turn made; 0: none */
    /* A template: what this turn asks is asked again by name if it gets no answer. NULL: it is not. */
    const char *asks_again;
    bool has_answered;
    bool is_completing; /* a choice or a free answer completed what is run: no command was typed */
    bool waits_for_number;
    struct outage outage; /* in which the timer of this turn came due; all 0: in none */
};

/* The room changes for what follows: language and zone too. A timer's turn starts in no room. */
void turn_enter_room(struct turn *turn, int64_t room);

/* A line of the history, by this turn's cause and its author. item 0: of none, then of the room. detail NULL, text 0: none. */
void turn_note(struct turn *turn, int64_t item, int64_t room, const char *what, const char *detail,
               int64_t text);
const char *turn_me(const struct turn *turn);
const char *turn_prefix(const struct turn *turn);
/* Of rooms and people who chose nothing. */
const struct engine_settings *turn_defaults(const struct turn *turn);
bool turn_is_admin(const struct turn *turn, const char *person);
/* User ids, ends with NULL. */
const char *const *turn_admins(const struct turn *turn);
/* In that room now; who said what this turn is about, in the room of the event, when they said it: the facts of an answer are
 * known before what stands in it. */
bool turn_has_joined(const struct turn *turn, int64_t room, const char *person);
/* Never asked, never answered: the bot itself, those of the settings, writers of notices, bridge ghosts. */
bool turn_is_bot(const struct turn *turn, const char *person);
const struct command *const *turn_commands(const struct turn *turn);
const struct habit *const *turn_habits(const struct turn *turn);

/* The same for the same cause and step, in this installation; 32 characters. */
const char *turn_hash(struct turn *turn, const char *step);
/* The key of the one timer of that kind that a person (their id) or an item (its uuid) has: moved, it is the same timer, and
 * what it does at another instant has another cause. */
const char *turn_timer_key(struct turn *turn, const char *whose, const char *what);

/* What has a template name has to be said. Values are taken over (json-c reference). */
struct say {
    const char *step; /* unique within the cause */
    const char *template_name;
    struct json_object *values;
    int64_t room; /* 0: the turn's */
    int64_t item; /* 0: none */
    const char *thread; /* event id or "@row:N"; NULL: main timeline */
    const char *reply;
    const char *const
        *mentions; /* user ids, ends with NULL; NULL: nobody. Also makes it m.text, which notifies */
    const char *const
        *called; /* names of the lists in values that say who is mentioned, ends with NULL; NULL: "people" */
    const char *guard; /* withdrawn by item_forget_pings(item, guard) while it is not sealed */
    int64_t valid_until_ms;
    const char *role; /* NULL: "say" */
    bool is_urgent;
    bool is_asked_for; /* who is mentioned chose this moment: it is said now, whatever their hours are */
    bool is_of_hold; /* says that its room is on hold, and does not wait for the end of that */
};
/* Who is mentioned and may not be called now (calls.h) is called later, by a message of their own in the item's thread; the
 * others, or the room if it is no mere ping, hear it now. So what mentions somebody says no distances, and asks (turn_ask)
 * one person at a time. Returns the outbox row, of several the first. */
int64_t turn_say(struct turn *turn, struct say say);
/* The one answer to what the person did: where they did it (in the thread, else as a reply); in a dialogue it
 * edits the question. Later calls in the same turn do nothing but drop values. Returns the row that carries
 * it. */
int64_t turn_answer(struct turn *turn, const char *template_name, struct json_object *values);
/* A message of ours says something else now. */
void turn_edit(struct turn *turn, int64_t row, const char *template_name, struct json_object *values,
               int64_t item);
/* Likewise, because words that it holds were changed or removed: in the lowest lane, for there may be a hundred of them, and
 * what calls somebody comes first. */
void turn_correct(struct turn *turn, int64_t row, const char *template_name, struct json_object *values,
                  int64_t item);
/* A reaction of our own, in the lowest lane, on what a row became. */
void turn_react(struct turn *turn, const char *step, int64_t row, const char *key, int64_t item,
                const char *guard);

/* Removes somebody's message of the turn's room; template_name says why, to whoever sees that it was there. Only once the row
 * after has become an event, and not after valid_until_ms. */
void turn_redact(struct turn *turn, const char *event_id, const char *template_name, int64_t after,
                 int64_t valid_until_ms);

/* Stands in a command where the answer to a question goes; no keyboard has it. */
#define TURN_SLOT "\x1f"

/* A question to the person of the event: choices are what they would have typed instead (run as theirs);
 * completes, with a slot in it, takes a free answer in the thread or as a reply. Said by turn_answer. */
struct question {
    const char *template_name;
    struct json_object *values;
    const char *const *choices; /* texts, ends with NULL; at most 9 */
    int later; /* the choice that 📅 means, from 1; 0: none */
    const char *completes; /* NULL: only the choices */
    int64_t item; /* whose thread an answer may stand in; 0: none */
    const char
        *person; /* who is asked; NULL: the person of the event. A timer's turn names them, and the row */
    int64_t row; /* not 0: it was said already, by this row */
};
void turn_ask(struct turn *turn, struct question question);
/* A person's text as a part of completes: without a slot of theirs. */
const char *turn_without_slots(struct turn *turn, const char *text);
/* With the answer in its slot; NULL: there is none. */
const char *turn_fill_slot(struct turn *turn, const char *completes, const char *answer);

/* A date that can be read two ways, or not at all: the candidates as choices; command has a slot where the date goes. */
void turn_ask_when(struct turn *turn, const struct when *when, const char *command, int64_t item);
/* An instant that is to come. One that is over is in doubt from here on, as past. */
bool turn_is_to_come(const struct turn *turn, struct when *when);
/* An instant as the person could have typed it: civil time of that place, read back without a doubt (dates.md R20). */
const char *turn_typed_instant(struct turn *turn, int64_t at_ms);
/* The phrase, read now in the zone, language and hours of the place where it was typed: the room's, in a direct message
 * the person's. */
struct when turn_read_when(struct turn *turn, const char *phrase);
/* A day, whether anybody works on it or not. */
struct when turn_read_day(struct turn *turn, const char *phrase);
struct when turn_read_sentence(struct turn *turn, const char *sentence);
struct when turn_read_tail(struct turn *turn, const char *text);
/* Something that comes back, at the end of the text; WHEN_NONE: nothing does. */
struct recur_reading turn_read_rule(struct turn *turn, const char *text);

/* Values for templates. All take references over or copy. */
struct json_object *values_new(void);
/* What a person wrote, by its id in the table text: a reference, so that a redaction reaches it. max_chars 0:
 * in full. */
struct json_object *values_text(int64_t text, int max_chars);
/* The same, but what is longer than that ends with its first sentence, or line, if that is shorter. */
struct json_object *values_sentence(int64_t text, int max_chars);
/* {"room_id": ..., "room_name": ... or nothing}: a room as others than its people are told of it; added to values. */
void values_add_room(struct turn *turn, struct json_object *values, const struct room *room);
/* {"id": ..., "name": ...} as the room knows them. */
struct json_object *values_person(struct turn *turn, const char *person);
/* {"list": people in order, at most 8, "more": how many are not in it, "n"}. */
struct json_object *values_people(struct turn *turn, const char *const *people, size_t n);
/* An instant, by reference: a template finds its forms in it (timewords.h), and "in", how far off it is from now. zone NULL:
 * the room's. */
struct json_object *values_time(struct turn *turn, int64_t at_ms, const char *zone);
/* "in" of all instants within the value is empty then: their templates have sections around it. */
void values_drop_distances(struct json_object *value);

#endif
