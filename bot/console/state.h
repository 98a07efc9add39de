/*
 * state - one console: its store and engine, its clock, who speaks where.
 *
 * Shape:   console.c reads lines and dispatches them; world.c makes rooms, people and events and hands them
 *          to the engine; clock.c turns the clock; print.c empties the outbox onto the terminal.
 * Units:   now_ms is the only clock; a script's stands still but for /at, /wait, /down.
 * Owns:    store, engine, arena, down; the settings named "console/..." in the store, so that a console that
 *          is stopped and started again with the same file goes on where it was.
 * Errors:  what a person typed wrongly is one line, "console: ..."; a failing store or a bug is status 1.
 */
#ifndef CONSOLE_STATE_H
#define CONSOLE_STATE_H

#include <stdio.h>

#include "console/console.h"
#include "console/line.h"
#include "engine/engine.h"
#include "engine/event.h"

#define CONSOLE_ME "@greffier:" LINE_SERVER
/* Of everybody who chose none. */
#define CONSOLE_HOURS "mon-fri 09:00-12:00,13:00-17:00"

/* Something that becomes known to the bot: an event, or a fact. */
struct happening {
    struct event event;
    bool is_level; /* event.person has `level` in event.room from now on */
    int64_t level;
    struct happening *next; /* owned by the arena of the list */
};

struct console {
    struct store *store; /* owned */
    struct engine *engine; /* owned */
    struct arena *arena; /* owned; of the line */
    FILE *in, *out; /* borrowed */
    const char *lang, *zone; /* borrowed */
    const char *admin; /* user id, borrowed; NULL: nobody is */
    const struct command *const *commands; /* borrowed; so are habits */
    const struct habit *const *habits;
    int64_t (*clock_ms)(void);
    bool is_script;
    int64_t now_ms;
    int64_t wall_ms; /* clock_ms() when now_ms was set */
    int64_t room; /* the store's row */
    char speaker[LINE_ID_MAX_LEN + 1];
    int64_t next_event;
    bool is_down;
    int64_t down_since_ms;
    struct arena *down; /* owned; the list below */
    struct happening *first, *last; /* what happened while the bot was down */
    size_t n_waiting;
    bool is_over;
    int status;
};

/* One line of the console's own. */
void console_note(struct console *console, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A failing store or a bug: said on stderr, and the console ends with 1. */
void console_fail(struct console *console, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Every change is in a transaction; false: the store failed, and so did the console. */
void console_begin(struct console *console);
bool console_commit(struct console *console);

/* world.c: rooms, people, and what the bot hears of them. */

/* Goes on where the store's console was, or makes the room `room` with @alice in it. */
void world_start(struct console *console);
/* The bot hears of it now, or at /up. Texts are copied where they must last. */
void world_happen(struct console *console, const struct happening *h);
/* What waited while the bot was down, in order. */
void world_catch_up(struct console *console);

/* What the console remembers of an event; texts in the arena. */
struct remembered {
    const char *sender; /* "" for the bot */
    int64_t room;
    const char *thread; /* root, or NULL */
    const char *where; /* the bot's: "DEC-1 thread" */
};
/* A new event id, "$1", "$2"... In a transaction; so is world_remember. */
const char *world_event_id(struct console *console);
void world_remember(struct console *console, const char *event_id, const struct remembered *event);
/* A person's event: its id is drawn, and it is remembered. */
const char *world_begin_event(struct console *console, const struct remembered *event);
/* False for an id that is NULL or not known. */
bool world_recall(struct console *console, const char *event_id, struct remembered *event_out);
/* Other things it remembers, by kind and what; world.c lists the kinds. world_set is in a transaction. */
const char *world_get(struct console *console, const char *kind, const char *what);
void world_set(struct console *console, const char *kind, const char *what, const char *value);
const char *world_in_room(struct console *console, int64_t room, const char *person);

/* "@bob"; "ops" or "dm @bob"; the room's zone; "@alice room> " */
const char *world_shown(struct console *console, const char *person);
const char *world_label(struct console *console, int64_t room);
const char *world_zone(struct console *console, int64_t room);
const char *world_prompt(struct console *console);
bool world_is_language(const char *lang);

/* is_open: who speaks in it comes in. */
int64_t world_add_room(struct console *console, const char *name, bool is_open);
void world_go(struct console *console, int64_t room);
/* In a transaction: the direct room with that person, made if there is none. */
int64_t world_dm(struct console *console, const char *person);
/* The direct rooms that the bot wants: made, and the person comes in at once. */
void world_open_wanted(struct console *console);
/* As everybody sees it, also while the bot is down; NULL: never there. */
const char *world_membership(struct console *console, int64_t room, const char *person);
bool world_has_joined(struct console *console, int64_t room, const char *person);
void world_change_membership(struct console *console, int64_t room, const char *person,
                             const char *membership);

/* acts.c: what people do, and /room, /join, /leave, /level, /kick, /invite. */
void acts_do(struct console *console, const struct line *line);

/* print.c */

/* Says all that stands in the outbox and may go now. */
void print_outbox(struct console *console);

/* clock.c */

/* Fires what is due now, until nothing is. was_down_ms: since when the bot did not hear, 0 if it did. */
void clock_settle(struct console *console, int64_t was_down_ms);
/* Everything due on the way happens, in order, at its own time; down: nothing but the hour changes. */
void clock_turn(struct console *console, int64_t to_ms);
/* /at, /wait, /down, /up, /now. */
void clock_do(struct console *console, const struct line *line);
/* "2026-11-24T10:00", with :SS, Z or an offset; without one, in zone. */
bool clock_read_iso(const char *text, const char *zone, int64_t *at_ms_out);

#endif
