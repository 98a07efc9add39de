/*
 * rota - who of a room is on call, and until when: in turns by a rule, or whoever works (follow the sun).
 *
 * Shape:   by a rule, the first of the people has it from the instant at which it was set, and each occurrence passes it to
 *          the next. By the sun it is with whoever works: who begins while another works waits for the end of their day; a
 *          break of two hours does not end a day, an absence does. Changes (who stands in, what was swapped) lie over
 *          both, the newest on top. Nothing is kept of shifts: they are counted from the rule at any instant.
 * Units:   *_ms since 1970 UTC; a shift lasts from from_ms until before to_ms.
 * Bounds:  the enum below. Texts and lists are in the turn's arena.
 * Owns:    the tables rota, rota_person, rota_change.
 * Source:  features.md F65, F67, F68.
 */
#ifndef ENGINE_ROTA_H
#define ENGINE_ROTA_H

#include "engine/turn.h"
#include "time/recur.h"

enum { ROTA_PEOPLE_MAX = 12, ROTA_SHIFTS_MAX = 256 };

struct rota {
    struct person_list people; /* in order; those who have left among them */
    bool is_sun;
    struct recur rule; /* not is_sun */
    int64_t set_ms;
};

struct shift {
    const char *person; /* NULL: nobody */
    int64_t from_ms, to_ms;
};
struct shift_list {
    struct shift *rows;
    size_t n;
};

/* The turn's room's. False: it has none. */
bool rota_get(struct turn *turn, struct rota *out);
/* Instead of the one that may be there; n 0: none any more. The changes of the one before are over. */
void rota_set(struct turn *turn, const struct rota *rota);
/* This person stands in, whoever's turn it would be. */
void rota_change(struct turn *turn, const struct shift *shift);
/* Who has it when, in order and without holes; the first one and the last one are cut at the ends. */
struct shift_list rota_shifts(struct turn *turn, const struct rota *rota, int64_t from_ms, int64_t to_ms);
/* NULL: nobody, or there is no rota. */
const char *rota_holder(struct turn *turn, int64_t at_ms);

#endif
