/*
 * people - ten of them in four zones, in three rooms; and how they say things.
 *
 * Owns:    the names, for good: pointers to them may be compared.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

enum { PEOPLE_N = 10, PEOPLE_ROOMS = 3 };

/* Makes the rooms, and invites the bot. */
void people_begin(void);
/* Its maker says again in which zone the room is: the bot may have been sent out before it heard. */
void people_choose_zone(int room);
/* The person of that id; fails if there is none. */
const char *people_id(const char *id);
const char *people_nth(int index);
int people_index(const char *id); /* as people_id */
/* What their clocks are ahead of UTC. */
int64_t people_zone_ms(int person);

/* A room that the person and the bot are in; -1: none yet. */
int people_room(const char *person, struct chance *chance);
bool people_is_in(int room, const char *person);
/* Who made the room, and stays in it. */
const char *people_maker(int room);
/* By themselves, or sent out by somebody. */
void people_leave(int room, const char *person, const char *by);
/* At any time. */
bool people_have_left(int room, const char *person);
void people_come_back(int room, const char *person);
/* What the room's clocks are ahead of UTC, once its maker has chosen. */
int64_t people_room_zone_ms(int room);
/* "2026-11-27 17:00" as the room's clocks will show that instant. */
void people_print_time(int room, int64_t at_ms, char out[32]);

/* Each returns the position of what was said. */
int64_t people_say(int room, const char *person, const char *body);
int64_t people_say_in_thread(int room, const char *person, int64_t root, const char *body);
int64_t people_reply(int room, const char *person, int64_t to, const char *body);
int64_t people_react(int room, const char *person, int64_t to, const char *key);
int64_t people_edit(int room, const char *person, int64_t target, const char *body);

/* The bot invited that person to a room of two: they come in after a while. */
void people_are_invited(int room, const char *person);

/* A word that nobody said before: "w17". */
int people_new_word(void);

#endif
