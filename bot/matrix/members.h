/*
 * members - who is in a room: asked for in whole when the bot came in, and after a gap.
 *
 * Shape:   sync names only those who speak (lazy loading), but a turn needs to know who is asked. The room is
 * on hold until the answer, at most MEMBERS_HOLD_MS; then turns run with what is known, and the list is asked
 * for again later.
 * Bounds:  MEMBERS_JOBS at once, an answer of MEMBERS_BYTES (some 30,000 people).
 * Source:  architecture.md "Facts that a turn needs"; matrix.md 2.1.
 */
#ifndef MATRIX_MEMBERS_H
#define MATRIX_MEMBERS_H

#include "matrix/intake.h"

/* Starts what may start, and releases rooms that have waited long enough. */
void members_poke(struct intake *intake);

#endif
