/*
 * personal - what one person has chosen for themselves: the language of their direct messages, their zone, their hours.
 *
 * Shape:   who chose nothing lives where the turn's room does, and works in the hours of the settings. What is said in a
 *          room keeps the room's language and zone, whoever it is said to; what is said to one person alone is in theirs.
 *          Quiet hours are kept as a text of hours.h. They are no less working time: only nobody calls then.
 *          Every change is noted in the history: who, when, by which event, of whom.
 * Owns:    the table personal. Texts are in the turn's arena.
 * Source:  method.md 2 ("in that person's time zone"), architecture.md "Time", "Store".
 */
#ifndef ENGINE_PERSONAL_H
#define ENGINE_PERSONAL_H

#include "engine/turn.h"

/* name: "lang", "zone", "hours", "country", "quiet", "asking". NULL: the person chose none. */
const char *personal_get(struct turn *turn, const char *person, const char *name);
/* What the bot keeps about them; it is no choice of theirs, and the history does not tell it. value NULL: nothing. */
void personal_keep(struct turn *turn, const char *person, const char *name, const char *value);
/* value NULL: chooses none any more. */
void personal_set(struct turn *turn, const char *person, const char *name, const char *value);
/* Into the history: name of this person became value (NULL: none). */
void personal_note(struct turn *turn, const char *person, const char *name, const char *value);

/* What their Matrix profile says; NULL: nothing. It counts where they chose none. */
const char *personal_profile_zone(struct turn *turn, const char *person);
/* It was asked now. Where it counts, they are called by the new zone. */
void personal_keep_profile(struct turn *turn, const char *person, const char *zone);
/* And is not asked again, or it would be back the next day; nobody is called anew for it. */
void personal_forget_profile(struct turn *turn, const char *person);

/* What counts for them in the turn's room. */
const char *personal_zone(struct turn *turn, const char *person);
/* With the holidays of their country, or of the room's, and with the days off of all these (days_off.h). */
const char *personal_hours(struct turn *turn, const char *person);
/* NULL, "": of none. */
const char *personal_country(struct turn *turn, const char *person);
const char *personal_lang(struct turn *turn, const char *person);

/* The first instant from then on at which they work: then itself if they do. ABSENCE_FOR_GOOD (absence.h): nobody knows. */
int64_t personal_next_work_ms(struct turn *turn, const char *person, int64_t from_ms);
/* Working time from a to b, and the instant when work_ms of it have run since from: their absence is none. */
int64_t personal_work_between(struct turn *turn, const char *person, int64_t a_ms, int64_t b_ms);
int64_t personal_add_work(struct turn *turn, const char *person, int64_t from_ms, int64_t work_ms);
/* The same, and not in their quiet hours: the first moment when somebody may call them. Quiet hours that leave nothing of the
 * working time of weeks count for nothing. */
int64_t personal_next_free_ms(struct turn *turn, const char *person, int64_t from_ms);
/* Whether quiet hours would leave some. */
bool personal_leaves_work(struct turn *turn, const char *person, const char *quiet);
/* The first instant at which they may be called, from the turn's cause on: a turn that is played again calls them by the same
 * cause. One that has passed counts if they may be called now; else it is the next. */
int64_t personal_next_call_ms(struct turn *turn, const char *person);
/* The same for a call that is due only at from_ms, if that is later. */
int64_t personal_next_call_from_ms(struct turn *turn, const char *person, int64_t from_ms);
/* That is so in this turn: in their hours, not in their quiet ones, not away, and told what was said meanwhile. Else nobody calls them. */
bool personal_is_at_work(struct turn *turn, const char *person);

/* Where a routine asks: "thread", "direct" (as "asking" is kept), of "in thread", « en privé »; NULL: it is neither. */
const char *personal_read_asking(struct arena *arena, const char *typed);

/* What follows is said to this person alone: language, zone and hours are theirs until turn_enter_room; people are called
 * as the turn's room knows them. */
void personal_address(struct turn *turn, const char *person);

#endif
