/*
 * console - `greffier console`: the engine with a terminal for its rooms and a clock one can turn.
 *
 * Shape:   the same engine, templates and store as the daemon; events have ids "$1", "$2"..., people are
 *          @bob:local. The main program passes the tables of commands in, since a transport knows none.
 *          --lang, --zone: the defaults of rooms (en, UTC). --now: where the clock begins; with a store that
 *          was used before, the later of this and where its clock stood. --store: a file to keep; else in
 *          memory. --script FILE (- is stdin): read it, print the transcript, end. A script without --now
 *          begins on Tuesday 24 November 2026 at 10:00; a terminal begins now, and its clock runs.
 * Output:  typed lines after "> " (scripts), then what people see: a head line
 *            HH:MM ROOM[ · WHERE][ (edits)][ -> @a @b]
 *          with the hour in the room's zone, ROOM a name or `dm @bob`, WHERE `DEC-1` (a card), `DEC-1 thread`,
 *          `thread` (of no item) or `reply to bob`, after the arrow those whose phone rings; then the body,
 *          two spaces in front of every line that is not empty. The words of the head line are English in
 *          every room: they belong to the console, the bodies to the room. "console: ..." is the console
 *          itself. The bot's own reactions are not shown.
 * Errors:  0; 1 if the store failed or the engine has a bug; 2 on misuse.
 * Source:  product.md "The console".
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdint.h>
#include <stdio.h>

struct command;
struct habit;

struct console_parts {
    const struct command *const *commands; /* end with NULL */
    const struct habit *const *habits;
    int64_t (*clock_ms)(void); /* the wall clock */
    FILE *in, *out;
};

/* argv[0] is "console". Returns the exit status. */
int console_run(int argc, char **argv, const struct console_parts *parts);

#endif
