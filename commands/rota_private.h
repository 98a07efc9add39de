/*
 * rota_private - what rota.c (`!rota`: shown, set) and rota_change.c (who stands in, who swaps with whom) share.
 */
#ifndef COMMANDS_ROTA_PRIVATE_H
#define COMMANDS_ROTA_PRIVATE_H

#include "commands/escalation.h"
#include "engine/range.h"
#include "engine/rota.h"

/* The one answer: who has it, who comes next, what is in the way. */
void rota_answer(struct turn *turn);

/* Where "from friday to monday", or "until 18:00", begins; 0: nowhere. */
size_t rota_range_at(const struct range_words *words);
/* NAME from A to B: only of oneself, or by a moderator. */
enum outcome rota_stand_in(struct turn *turn, const struct range_words *words, size_t at, bool is_moderator);
/* NAME: my next shift for the next of theirs, if they take it. */
enum outcome rota_ask_swap(struct turn *turn, const char *text);
/* The answer to that; number: which. */
enum outcome rota_answer_swap(struct turn *turn, const char *number, bool is_yes);

#endif
