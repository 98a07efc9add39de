/*
 * dispatch - what the files that read an event share, and nobody else: dispatch.c (which door it is), dispatch_line.c
 * (a command), dispatch_answer.c (an answer to a question), dispatch_edit.c (edits and redactions).
 *
 * Shape:   within a turn whose event is one of a person who is joined in its room.
 * Source:  product.md "Every act has three doors", "It knows when it is not meant", "Edits and redactions count".
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include "engine/command.h"

/* What a person said, and where it stands. */
struct said {
    const char *body; /* trimmed, without the bot's name in front */
    bool is_addressed; /* the bot was named, or it is a direct message: no prefix is needed */
    struct item *item; /* whose thread it stands in, or whose message it replies to */
    int64_t replied_row; /* our message that it replies to or reacts on */
};

/* The item whose message the event replies to, or in whose thread it stands; NULL. row_out (may be NULL): our message
 * that it replies to. */
struct item *dispatch_place(struct turn *turn, int64_t *row_out);
/* The event did something: it is known from now on, by what it was. item may be NULL. */
void dispatch_remember(struct turn *turn, const char *role, const struct item *item);

/* The prefix, and something that a name can begin with. */
bool dispatch_is_line(const char *body, const char *prefix);
/* A command and what follows it, without the prefix; place: the item that it is about if it names none, or NULL.
 * TURN_NOTHING if it is near no command's name. */
enum turn_result dispatch_line(struct turn *turn, const char *line, struct item *place);

/* It begins with a command's name: not an act's, whose words mean something in a thread, but for one that is both. */
bool dispatch_names_command(struct turn *turn, const char *line);

/* "! decide x": a name that is known, behind the prefix and a space, is offered, never run. TURN_NOTHING: it is none. */
enum turn_result dispatch_spaced_line(struct turn *turn, const char *body);

/* A bare "1" or 👍, by word or reaction, or any other words, as the answer to an open question; false: there is none. */
bool dispatch_answer_choice(struct turn *turn, const struct said *said, const char *key);
/* "yes" to a question that has one choice: a reply to it; in the thread of an item it is a word of that item, but where it was
 * asked whether something was meant. */
bool dispatch_answer_yes(struct turn *turn, const struct said *said);
bool dispatch_answer_freely(struct turn *turn, const struct said *said);

/* Texts that are that message's; no form has more fields than that. */
size_t dispatch_texts_of(struct turn *turn, const char *event_id, int64_t texts[FORM_FIELDS_MAX]);
enum turn_result dispatch_edit(struct turn *turn);
enum turn_result dispatch_redaction(struct turn *turn);

#endif
