/*
 * take - what a sync answer says of rooms: entered, left, invited to, changed, spoken in.
 *
 * Shape:   facts first (from `state` and the timeline, or from `state_after` alone where the server gives
 * it), then the timeline's events in order. Nothing is executed from the first answer ever, nor from before
 * the bot's own join.
 * Errors:  the store's, see intake.h: the caller commits. What is malformed is passed over.
 * Source:  matrix.md 2.2-2.5, 2.7.
 */
#ifndef MATRIX_TAKE_H
#define MATRIX_TAKE_H

#include "base/json.h"
#include "matrix/intake.h"

struct take_answer {
    struct json_object *json; /* of /sync; held events have their time rewritten in it */
    const char *since; /* that it was asked with; NULL: the first one, of which nothing is executed */
    int64_t before_ms; /* when the answer before it was asked for: no event of this one is older */
    int64_t asked_ms; /* when it was asked for itself */
};

void take_answer(struct intake *intake, const struct take_answer *answer);

#endif
