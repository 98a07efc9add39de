/*
 * gap - fills the holes that a homeserver leaves in a busy room's timeline, page by page, from new to old.
 *
 * Shape:   a page is one request and one commit: its events go to the inbox, each before those that came
 * after it. The walk ends at the position before the gap, at an event applied before it, at the bot's own
 * latest join, at a page token that came before, or where the homeserver has no more; then the room is released. It
 * survives a restart.
 * Errors:  what may pass is tried again for as long as it takes. A refusal that lasts, or empty pages without end, give
 * the gap up: that is noted (apply_lose), so that no silence is taken for agreement over it, and the room is told. It is
 * told too, once, when the hold lasts longer than GAP_UNSAID_MS.
 * Bounds:  GAP_JOBS at once, GAP_PAGE_EVENTS a page, no bound on pages with events: only this room waits.
 * Source:  architecture.md "gaps hold their room only"; matrix.md 2.5.
 */
#ifndef MATRIX_GAP_H
#define MATRIX_GAP_H

#include "matrix/intake.h"

/* Starts what may start. */
void gap_poke(struct intake *intake);

#endif
