/*
 * frame - what a room has chosen for those in it: its kind, and with it how soon one answers there; its language, zone and
 * holidays stand in struct room.
 *
 * Shape:   choices are columns of the table room; every change goes through frame_set and is in the history of the room. A
 *          room that chose nothing has the defaults of the settings, and no kind.
 * Units:   hours of a response time are those of the method: 24 h are 8 working hours.
 * Missing: nothing measures response times yet; they are shown.
 * Source:  method.md 2 (response times), product.md, words.md 1.
 */
#ifndef ENGINE_FRAME_H
#define ENGINE_FRAME_H

#include "engine/turn.h"

enum { FRAME_ANSWER_MAX_H = 240, FRAME_KINDS = 5 };
enum { FRAME_PROGRESS_MIN = 5, FRAME_PROGRESS = 30, FRAME_PROGRESS_MAX = 240 };

/* "tasks", « livrables »: the kind as the store names it; NULL: none is called so. */
const char *frame_kind_read(struct arena *arena, const char *typed);
/* As it is shown and typed in that language. NULL is shown as NULL. */
const char *frame_kind_name(const char *kind, const char *lang);
/* The kinds in their order, ends with NULL. */
const char *const *frame_kinds(void);
/* "8", "8h", « 8 heures »: 1 to FRAME_ANSWER_MAX_H; 0: none of that. */
int frame_answer_read(struct arena *arena, const char *typed);
/* What counts in the room; 0: at once; -1: nothing was chosen. */
int frame_answer_h(const struct room *room);

/* "45", "45 min", "1h": minutes, FRAME_PROGRESS_MIN to FRAME_PROGRESS_MAX; 0: none of that. */
int frame_progress_read(struct arena *arena, const char *typed);
/* After so long without a word, who has something urgent is asked how it stands. */
int frame_progress_min(const struct room *room);

/* How what is said in an urgent room and is not urgent is met: "firm" each time, with how often it was so; "strict" likewise,
 * and it is taken out of the room once its author has it back; by default once an hour. NULL: none is called so. */
#define FRAME_GATE_STRICT "strict"
#define FRAME_GATE_FIRM   "firm"
#define FRAME_GATE_GENTLE "gentle"
const char *frame_gate_read(struct arena *arena, const char *typed);
/* As it is shown and typed in that language. */
const char *frame_gate_name(const char *gate, const char *lang);
/* Firm, or strict. */
bool frame_gate_is_firm(const struct room *room);
bool frame_gate_is_strict(const struct room *room);
/* The bot may remove what others say in the turn's room, as far as is known; and the level that this takes. */
bool frame_may_remove(struct turn *turn);
int64_t frame_level_to_remove(struct turn *turn);

/* Who cries "urgent" in a room that is none is shown the way there. "on", « oui »: FRAME_HINT_ON; NULL: nothing of that, and
 * by default it is not so. */
#define FRAME_HINT_ON "on"
const char *frame_hint_read(struct arena *arena, const char *typed);
const char *frame_hint_name(const char *lang);

/* "default", « défaut »: back to what it is where nothing was chosen. "none", « aucun »: not even that. "on", « oui ». */
bool frame_is_default(struct arena *arena, const char *typed);
bool frame_is_none(struct arena *arena, const char *typed);
bool frame_is_on(struct arena *arena, const char *typed);

/* column: lang, zone, country, kind, answer, progress, gate, hint, of the turn's room, by the person of the event. value NULL: chooses none any more.
 * Those who live where the room does are called by the new zone and holidays. */
void frame_set(struct turn *turn, const char *column, const char *value);

/* Into the history of the turn's room: {"from": ..., "to": ...}; NULL, not there: nothing was chosen. */
void frame_note(struct turn *turn, const char *what, const char *from, const char *to);

/* Nothing was ever said or done in the turn's room that the bot took, and it is no direct message. */
bool frame_is_new(struct turn *turn);
/* One message: what holds there, and how it is changed. Nobody need answer. */
void frame_welcome(struct turn *turn);

#endif
