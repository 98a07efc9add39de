#include "matrix/budget.h"

static bool is_unlimited(const struct budget *budget)
{
    return budget->burst <= 0 || budget->per_s <= 0;
}

int64_t budget_fill_ms(double burst, double per_s)
{
    return burst > 0 && per_s > 0 ? (int64_t)(burst / per_s * 1000) : 0;
}

void budget_init(struct budget *budget, double burst, double per_s, int64_t n_sent, int64_t now_ms)
{
    double level = burst - (double)n_sent;
    *budget =
        (struct budget){ .burst = burst, .per_s = per_s, .level = level > 0 ? level : 0, .at_ms = now_ms };
}

/* A clock that went back refills nothing. */
static void refill(struct budget *budget, int64_t now_ms)
{
    if (now_ms > budget->at_ms)
        budget->level += (double)(now_ms - budget->at_ms) * budget->per_s / 1000;
    if (budget->level > budget->burst)
        budget->level = budget->burst;
    budget->at_ms = now_ms;
}

/* What must be there before a row of this lane may go. A bucket smaller than that is used to its brim. */
static double needed(const struct budget *budget, enum outbox_lane lane)
{
    double need = lane == OUTBOX_LOW ? BUDGET_LEFT_FOR_REACTION + 1 : BUDGET_KEPT_FOR_URGENT + 1;
    return need < budget->burst ? need : budget->burst;
}

static int64_t level_ms(struct budget *budget, enum outbox_lane lane, double need, int64_t now_ms)
{
    if (is_unlimited(budget) || lane == OUTBOX_URGENT)
        return now_ms;
    refill(budget, now_ms);
    double missing = need - budget->level;
    /* A hair's breadth: sums of fifths of a second are not exact. */
    if (missing < 1e-6)
        return now_ms;
    return now_ms + (int64_t)(missing / budget->per_s * 1000) + 1;
}

int64_t budget_allows_ms(struct budget *budget, enum outbox_lane lane, int64_t now_ms)
{
    return level_ms(budget, lane, needed(budget, lane), now_ms);
}

int64_t budget_again_ms(struct budget *budget, enum outbox_lane lane, int64_t now_ms)
{
    return level_ms(budget, lane, 1, now_ms);
}

bool budget_allows(struct budget *budget, enum outbox_lane lane, int64_t now_ms)
{
    return budget_allows_ms(budget, lane, now_ms) == now_ms;
}

void budget_draw(struct budget *budget, int64_t now_ms)
{
    refill(budget, now_ms);
    budget->level -= 1;
    if (budget->level < -budget->burst)
        budget->level = -budget->burst;
}

void budget_correct(struct budget *budget, int64_t wait_ms, int64_t now_ms)
{
    if (is_unlimited(budget))
        return;
    double level = 1 - (double)wait_ms * budget->per_s / 1000;
    if (level < -budget->burst)
        level = -budget->burst;
    refill(budget, now_ms);
    if (level < budget->level)
        budget->level = level;
}
