/*
 * line - what one line of a console says: who does what, where. Only reading; nothing is looked up.
 *
 * Shape:   line_read makes a struct line of a whole line (continuations already joined by '\n'). A line that
 *          cannot be read is LINE_WRONG with what to type instead; nothing is guessed.
 * Units:   a line is at most LINE_MAX_LEN bytes, what a Matrix event may hold; durations are milliseconds.
 * Owns:    nothing; every text is in the arena, valid UTF-8.
 * Source:  product.md "The console".
 */
#ifndef CONSOLE_LINE_H
#define CONSOLE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { LINE_MAX_LEN = 65536, LINE_PEOPLE_MAX = 300, LINE_ID_MAX_LEN = 255, LINE_ITEM_MAX_LEN = 24 };

/* No clock is turned further at once. */
#define LINE_WAIT_MAX_MS (INT64_C(366) * 24 * 60 * 60 * 1000)

/* The server of people who were typed without one. */
#define LINE_SERVER "local"

enum line_kind {
    LINE_BLANK,
    LINE_COMMENT, /* text: all of it */
    LINE_SAY, /* text, place */
    LINE_REPLY, /* text; to the card of item, or to the bot's last message to who */
    LINE_EDIT, /* text; of the message that opened item, or of the last one of who */
    LINE_REDACT, /* the same, taken away; is_card: the bot's card of item */
    LINE_REACT, /* key; on the card of item, or on the bot's last message to who */
    LINE_UNREACT,
    LINE_ROOM, /* room */
    LINE_AT, /* text */
    LINE_WAIT, /* wait_ms */
    LINE_DOWN, /* wait_ms, 0: until LINE_UP */
    LINE_UP,
    LINE_NOW,
    LINE_JOIN, /* person */
    LINE_LEAVE, /* person */
    LINE_LEVEL, /* person, level */
    LINE_KICK, /* the bot; text: why, or NULL */
    LINE_INVITE,
    LINE_HELP,
    LINE_QUIT,
    LINE_WRONG, /* text: what to say */
};

enum line_place {
    PLACE_HERE, /* the main timeline of the current room */
    PLACE_ITEM, /* the thread of item */
    PLACE_THREAD, /* the one the bot opened last in the current room */
    PLACE_DM,
};

struct line_room {
    const char *name; /* NULL: which one is this? */
    const char *kind; /* NULL: not said; so are lang and zone */
    const char *lang;
    const char *zone;
    const char **people; /* user ids */
    size_t n_people;
};

struct line {
    enum line_kind kind;
    enum line_place place;
    const char *who; /* user id; NULL: the last speaker */
    const char *item;
    const char *text;
    const char *key;
    const char *person;
    bool is_card;
    int64_t level;
    int64_t wait_ms;
    struct line_room room;
};

/* text has len bytes and may hold anything. */
struct line line_read(struct arena *arena, const char *text, size_t len);

/* "@bob" -> "@bob:local", "@bob:example.org" as it is; NULL if that is no legal Matrix id. */
const char *line_person_id(struct arena *arena, const char *name);
/* As it was typed: without LINE_SERVER. */
const char *line_person_shown(struct arena *arena, const char *id);

/* "2h", "90m", "1h30", "3d 4h", "1w"; false if it is not one, is nothing, or is over LINE_WAIT_MAX_MS. */
bool line_read_wait(const char *text, int64_t *wait_ms_out);

#endif
