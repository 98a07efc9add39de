/*
 * export - what people answered in a room's routines, for other programs: CSV, Markdown or JSON; and the page of an item as
 *          Markdown, with its timeline.
 *
 * Shape:   a row an answer: routine, round, day, person, question, answer, time in UTC; the oldest first. CSV is RFC 4180, its
 *          first line the names; a cell that a spreadsheet would take for a formula (it begins with = + - @) has an apostrophe in
 *          front. JSON has the words as they are, an array of objects. Markdown is a table, its bars and line ends escaped.
 * Units:   days "2026-11-24", times "2026-11-24T08:05:00Z".
 * Bounds:  EXPORT_BYTES; beyond: nothing, and why is said. A day behind the format takes what is from then on.
 * Missing: the items of a room in one file; what was redacted has an empty answer.
 */
#ifndef ENGINE_EXPORT_H
#define ENGINE_EXPORT_H

#include "engine/command.h"

/* Before an id: the engine's own, which shows items (engine_show_text). */
#define EXPORT_ITEM "item "

/* "answers !room:example.org csv 2026-11-01": format and day may be left out. NULL: nobody knows that room, nothing was
 * answered there, or it is asked in other words. */
char *export_text(struct turn *turn, const char *text);

#endif
