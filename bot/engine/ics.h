/*
 * ics - what is due, as a calendar that other programs read: iCalendar (RFC 5545), one event for each date.
 *
 * Shape:   of a person what waits for them (mine.h); of a room what is open in it and can be followed. An event is its item: the
 *          UID is the item's for good, DTSTART the date in UTC, SUMMARY its name and subject, URL its card. Lines end with CRLF
 *          and are folded at 75 bytes, never within a character.
 * Bounds:  MINE_MAX items (mine.h), the earliest dates first.
 * Missing: what comes back stands with its next date only.
 * Source:  RFC 5545 3.1 (lines), 3.3.11 (texts), 3.6.1, 3.8.4.7.
 */
#ifndef ENGINE_ICS_H
#define ENGINE_ICS_H

#include "base/buf.h"
#include "engine/command.h"

/* "@bob:example.org" or "!room:example.org". NULL: nothing is due there, or nobody knows that place. */
char *ics_text(struct turn *turn, const char *whose);

/* For tests: NAME:text, escaped and folded. */
void ics_put(struct buf *out, struct arena *arena, const char *name, const char *text);

#endif
