/*
 * budget - an estimate of what the homeserver will take before it answers 429. Pure.
 *
 * Shape:   a bucket of `burst` tokens, refilled at `per_s` a second, shared by all that is sent. Some are kept
 *          back for what is urgent, and the bot's own reactions, which a card is usable without, go only when
 *          more than a few are left. The urgent lane never asks, it only draws: below zero if it must.
 * Units:   level in tokens, at_ms and results in ms.
 * Errors:  none: the estimate only saves the half second that a 429 costs.
 * Source:  architecture.md "lanes"; lab.md (10 at once, then one in 5 s, measured).
 */
#ifndef MATRIX_BUDGET_H
#define MATRIX_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "store/outbox.h"

enum { BUDGET_KEPT_FOR_URGENT = 4, BUDGET_LEFT_FOR_REACTION = 5 };

struct budget {
    double burst; /* 0: the homeserver has no limit */
    double per_s;
    double level;
    int64_t at_ms;
};

/* n_sent: how many left within the time in which an empty bucket fills (budget_fill_ms). */
void budget_init(struct budget *budget, double burst, double per_s, int64_t n_sent, int64_t now_ms);
/* How long an empty bucket takes to fill; 0 without a limit. */
int64_t budget_fill_ms(double burst, double per_s);

bool budget_allows(struct budget *budget, enum outbox_lane lane, int64_t now_ms);
/* When it will allow that; now_ms if it does already. */
int64_t budget_allows_ms(struct budget *budget, enum outbox_lane lane, int64_t now_ms);
/* The same for a sealed row that goes again: it holds up its room, and needs but one token. */
int64_t budget_again_ms(struct budget *budget, enum outbox_lane lane, int64_t now_ms);
void budget_draw(struct budget *budget, int64_t now_ms);
/* A 429 says better: one token will be there after wait_ms. What was refused was not counted. */
void budget_correct(struct budget *budget, int64_t wait_ms, int64_t now_ms);

#endif
