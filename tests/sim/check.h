/*
 * check - what must be so whatever habit it is about.
 *
 * Shape:   called by the world's parts as things happen. Two events of the bot never say the same; a transaction id is
 *          of one thing; an item's number and its uuid belong together; what is due leaves in time; what the bot was
 *          shown is not lost; when all has come to rest nothing waits, and what is seen is what the bot meant to say.
 * Errors:  what is not so is world_fail.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct said;

void check_said(const struct said *said);
/* The bot asks for something; nothing of it has arrived. */
void check_request(const struct exchange *exchange);
/* The bot is about to sleep. */
void check_turn_ended(void);
/* The world comes to its end: the bot is awake, nothing goes wrong, nobody speaks any more. */
void check_end(void);

/* True if the bot has taken note of an event: its turn is in the store. */
bool check_is_applied(int64_t position);

#endif
