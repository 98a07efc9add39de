/*
 * gap - fills the holes that a homeserver leaves in a busy room's timeline, page by page, from new to old.
 *
 * Shape:   a page is one request and one commit: its events go to the inbox, each before those that came
 * after it. The walk ends at the position before the gap, at an event applied before it, at the bot's own
 * latest join, or where the homeserver has no more; then the room is released. It survives a restart.
 * Errors:  what may pass is tried again for as long as it takes; a refusal that lasts gives the gap up, and
 * on_gap_lost is called.
 * Bounds:  GAP_JOBS at once, PAGE_EVENTS a page, no bound on pages: only this room waits.
 * Source:  architecture.md "gaps hold their room only"; matrix.md 2.5.
 */
#ifndef MATRIX_GAP_H
#define MATRIX_GAP_H

#include "matrix/intake.h"

enum { GAP_JOBS = 2, GAP_PAGE_EVENTS = 100, GAP_PAGE_BYTES = 16 << 20 };

/* Starts what may start. */
void gap_poke(struct intake *intake);

#endif
