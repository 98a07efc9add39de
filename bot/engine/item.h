/*
 * item - one thing that a team keeps: its number, room, owner, deadline, state, fields, acts, history.
 *
 * Shape:   what changes an item is written at once and noted in its history; the struct is the row as it is in
 *          this turn. item.c makes and changes it, item_find.c finds it, item_text.c keeps what people wrote,
 *          item_people.c who is asked and where each stands, item_say.c what is said about it.
 *          Numbers: drawn from blocks reserved ahead (engine_reserve_numbers): a restored store skips some and
 *          repeats none.
 * Owns:    the tables item, field, asked, act, history, text, number. Texts are in the turn's arena.
 * Source:  architecture.md "Store", product.md "Words for things".
 */
#ifndef ENGINE_ITEM_H
#define ENGINE_ITEM_H

#include "engine/turn.h"

/* With the cause that opens it, this makes an item's uuid. */
#define ITEM_STEP "item"

struct habit;

struct item {
    int64_t id;
    const struct habit *habit; /* borrowed from the table */
    const char *name; /* "DEC-23" */
    const char *uuid;
    int64_t number;
    int64_t room;
    int state;
    const char *owner;
    const char *author;
    const char *cause; /* the event that opened it */
    int64_t opened_ms;
    int64_t closed_ms; /* 0: open */
    int64_t changed_ms; /* when its text last changed in earnest; 0: never */
    int64_t deadline_ms; /* 0: none */
    const char *deadline_zone;
    int64_t card; /* outbox row */
    const char *extra; /* the habit's own word: "contested"; NULL */
    const char *successor; /* who is asked to take it over (hand.h); NULL: nobody */
};

/* What a new item needs; the rest is the turn's. */
struct item_new {
    const struct habit *habit;
    int state;
    const char *owner;
    int64_t deadline_ms;
    const char *deadline_civil; /* "2026-11-27T17:00" as announced */
    const char *deadline_zone;
};

/* NULL: no number is left (turn->waits_for_number is set), or its owner has too many open, and the answer says so. */
struct item *item_create(struct turn *turn, const struct item_new *made);
/* NULL if there is none. */
struct item *item_get(struct turn *turn, int64_t id);
/* "DEC-23", "dec23", "DEC-023": NULL if nothing of that name exists, or the person is not joined in its room
 * (product.md: to anybody else an item does not exist). */
struct item *item_find(struct turn *turn, const char *name, const char *person);
/* The length of an id at the start of text ("DEC-23", "dec 023" is none); 0 if there is none of a known
 * prefix. */
size_t item_id_length(struct turn *turn, const char *text);

/* Ids of items, open ones first, then the newest: in a room those of the room, in a direct message those of
 * every room that the person is joined in (product.md "A room's words stay in it"). At most 500. */
struct item_list {
    int64_t *ids;
    size_t n;
};
struct item_list item_list(struct turn *turn, const char *prefix, const char *person);
/* The words as FTS5 takes them: each quoted, all needed, the last as a beginning; "": there are none. */
const char *item_match_expression(struct turn *turn, const char *words);
/* Those in whose texts all the words stand, the newest first; seen as above, or (person NULL) all. */
struct item_list item_search(struct turn *turn, const char *words, const char *person, size_t max);

void item_set_state(struct turn *turn, struct item *item, int state);
void item_set_owner(struct turn *turn, struct item *item, const char *owner);
void item_set_successor(struct turn *turn, struct item *item, const char *person);
void item_set_extra(struct turn *turn, struct item *item, const char *extra);
void item_set_changed(struct turn *turn, struct item *item);
/* civil NULL: made from the instant. */
void item_set_deadline(struct turn *turn, struct item *item, int64_t deadline_ms, const char *civil,
                       const char *zone);
void item_set_card(struct turn *turn, struct item *item, int64_t row);

/* What a person wrote, kept once: the id for fields, acts, values_text. event NULL: the turn's. */
int64_t text_add(struct turn *turn, const char *author, const char *content);
char *text_get(struct turn *turn, int64_t text); /* NULL if it was emptied */
int64_t text_said_ms(struct turn *turn, int64_t text); /* the time of the message that it stands in */
/* The author's event was edited, or redacted (content NULL): everywhere, in our own messages too. */
void text_change(struct turn *turn, int64_t text, const char *content);

void item_set_field(struct turn *turn, struct item *item, const char *name, int64_t text);
/* It is not there any more; the text stays in the history. */
void item_clear_field(struct turn *turn, struct item *item, const char *name);
int64_t item_field(struct turn *turn, const struct item *item, const char *name); /* 0: not there */

/* They are among those asked, or are to be asked anew; item_note_asked_by says when they are. */
void item_ask(struct turn *turn, struct item *item, const char *person);
/* They are not among those asked any more. */
void item_unask(struct turn *turn, struct item *item, const char *person);
/* The message that asks them, now: it reached them if it came to the room before the close. 0: none did. */
void item_note_asked_by(struct turn *turn, struct item *item, const char *person, int64_t row);
/* The row, which asks somebody about that item, was held and goes out now. */
void item_note_asked_now(struct turn *turn, int64_t item, int64_t row);

/* A message called them to it: they are asked by it, or, if they were asked before, reminded. */
void item_note_called(struct turn *turn, struct item *item, const char *person, int64_t row);
/* At the close. */
void item_note_away(struct turn *turn, struct item *item, const char *person);
void item_note_reminded(struct turn *turn, struct item *item, const char *person);
void item_note_left(struct turn *turn, struct item *item, const char *person);

struct asked {
    const char *person;
    int64_t asked_ms; /* 0: not yet */
    int64_t reminded_ms;
    bool has_left;
    bool is_reached;
    bool was_away; /* at the close */
};
struct asked_list {
    struct asked *people;
    size_t n;
};
struct asked_list item_asked(struct turn *turn, const struct item *item);
/* NULL: not among them. */
const struct asked *asked_find(const struct asked_list *asked, const char *person);
bool item_is_asked(struct turn *turn, const struct item *item, const char *person);

/* Acts. A person's position is the last act that was not taken back; taking it back restores none; an
 * objection stands until it is taken back (method.md 2). */
struct act_row {
    int64_t id;
    const char *person;
    const char *what; /* "agree", "object", "abstain" */
    int64_t at_ms;
    int64_t text; /* 0: none */
    const char *event;
    bool is_taken_back;
};
struct act_list {
    struct act_row *rows;
    size_t n;
};
void item_add_act(struct turn *turn, struct item *item, const char *person, const char *what, int64_t text);
/* The positions as they are, one a person, in the order in which they were taken. */
struct act_list item_positions(struct turn *turn, const struct item *item);
/* NULL: none. */
const struct act_row *item_position_of(struct turn *turn, const struct item *item, const char *person);
/* All acts of the person, or (event not NULL) those done by that event. Nothing if that person has acted on it at a later
 * time already, which a gap can bring about. Returns how many. */
int64_t item_take_back(struct turn *turn, struct item *item, const char *person, const char *event);
/* An act of that kind stands, of that person (NULL: of anybody); the newest one's text and author are in the row. NULL: none. */
const struct act_row *item_find_act(struct turn *turn, const struct item *item, const char *person,
                                    const char *what);
/* All acts of that kind, of everybody: the text they were about has changed. */
void item_take_back_all(struct turn *turn, struct item *item, const char *what);
void act_set_text(struct turn *turn, int64_t act, int64_t text);

/* what: a word; detail: ids and instants, never people's text. person NULL: the turn's sender. */
void item_note(struct turn *turn, const struct item *item, const char *what, const char *detail,
               int64_t text);
/* "cancelled", with the reason, "" for none: returned as a text (0: none), and in the item's field "cancel_reason" too. */
int64_t item_note_cancelled(struct turn *turn, struct item *item, const char *person, const char *reason);
/* Whether that stands in the history already. */
bool item_has_noted(struct turn *turn, const struct item *item, const char *what, const char *detail);
struct history_row {
    int64_t at_ms;
    const char *person; /* NULL: the bot */
    const char *what;
    const char *detail;
    int64_t text;
};
struct history_list {
    struct history_row *rows;
    size_t n;
};
struct history_list item_history(struct turn *turn, const struct item *item);

/* Timers of an item; what is "decision/close" or so. Moves it if it is there. */
void item_set_timer(struct turn *turn, struct item *item, const char *what, int64_t due_ms,
                    bool needs_barrier);
/* Likewise; it is urgent (store/timer.h). */
void item_set_urgent_timer(struct turn *turn, struct item *item, const char *what, int64_t due_ms);
/* A store that was put back meets what was said since before its own timers: one that calls somebody, and was due before
 * that, keeps its cause, by which what a lost life of the store has said is found. True: not to be moved to due_ms; "ask" is
 * not. */
bool item_keeps_timer(struct turn *turn, const struct item *item, const char *what, int64_t due_ms);
/* In the turn of that timer: it comes again then, as the same one, and what it says has the same cause. */
void item_hold_timer(struct turn *turn, struct item *item, const char *what, int64_t until_ms);
void item_remove_timer(struct turn *turn, struct item *item, const char *what);
/* What is no longer to be said: pings of that guard (NULL: all), of this item. */
void item_forget_pings(struct turn *turn, struct item *item, const char *guard);
/* The card says what is so now. The first time it is posted as a reply to the command and pings those asked.
 */
void item_show_card(struct turn *turn, struct item *item);
/* A message about the item says something else now; nothing is edited if it has these values already. Not after a text among
 * them was changed: its number stays the same. */
void item_edit(struct turn *turn, const struct item *item, int64_t row, const char *template_name,
               struct json_object *values);
/* "@row:N" of the card: the root of its thread. */
const char *item_thread(struct turn *turn, const struct item *item);

/* item_say.c: the values are taken over; the step is the template's name. */

/* A line in the main timeline: what everybody in the room should know; a typed command in it is answered by that. */
void item_announce(struct turn *turn, const struct item *item, const char *template_name,
                   struct json_object *values, const char *const *mentions);
/* A line in its thread that makes somebody's phone ring; "people" in the template. Its row. */
int64_t item_ping(struct turn *turn, const struct item *item, const char *template_name,
                  struct json_object *values, struct person_list people, const char *guard);
/* The same of what is urgent: whatever their hours are. */
int64_t item_ping_now(struct turn *turn, const struct item *item, const char *template_name,
                      struct json_object *values, struct person_list people, const char *guard);
/* The zone in which this person reads its date: the announced one, where their clock shows the same. */
const char *item_date_zone(struct turn *turn, const struct item *item, const char *person);
/* item_ping to people of one item_date_zone, with "deadline" in it; "yours" if that is not the announced one. */
int64_t item_call(struct turn *turn, const struct item *item, const char *template_name,
                  struct json_object *values, struct person_list people, const char *guard);
/* The same to one person who chose this moment for it: whatever their hours are. */
int64_t item_call_as_asked(struct turn *turn, const struct item *item, const char *template_name,
                           struct json_object *values, const char *person, const char *guard);
/* Owns up, if the turn's timer came due while the bot was down: "down" in the template, partials/down. */
void item_add_outage(struct turn *turn, struct json_object *values);
struct person_list person_list_of_one(struct turn *turn, const char *person);

#endif
