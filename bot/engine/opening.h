/*
 * opening - what the message that opens an item says: one line or a filled form, with its date and its owner.
 *
 * Shape:   the habit's form names its fields "subject", "deadline", "owner"; the others are the habit's own, and those that
 *          are called for ("is_wanted") are asked for once, in the item's thread. What is missing before there can be an item
 *          (a date, an owner) is a question whose answer runs the message again, with one field more: nothing is refused.
 * Owns:    nothing; texts are in the turn's arena.
 * Source:  product.md "One line is enough to start", method.md 1.
 */
#ifndef ENGINE_OPENING_H
#define ENGINE_OPENING_H

#include "engine/command.h"

struct opening {
    const struct command *command; /* borrowed; what the answer to a question runs */
    const struct form *form; /* borrowed */
    struct form_values values;
    const char *subject; /* without the date that stood in it */
    const char *rest; /* lines after the first that stand under no label: context */
    struct when when; /* WHEN_NONE: it names no date */
    const char *owner; /* a user id; NULL until it is read */
};

struct opening opening_read(struct turn *turn, const struct command *command, const struct form *form,
                            const char *text);
/* The message with one field more, as if it had been typed so: what a choice or an answer runs. */
const char *opening_with_field(struct turn *turn, const struct opening *opening, const char *body,
                               const char *field, const char *value);
/* What it says now, in one message: head, and a line a field, without those of that name (NULL: with all). */
const char *opening_body(struct turn *turn, const struct opening *opening, const char *without);

/* False: a date is asked for, or another one. */
bool opening_has_date(struct turn *turn, struct opening *opening);
/* "owner: bob" is read; true without one, too. False: it is nobody, or several, and that was asked. body: what is run again. */
bool opening_has_owner(struct turn *turn, struct opening *opening, const char *body);

/* The item that it opens: NULL as item_create. */
struct item *opening_create(struct turn *turn, const struct opening *opening, const struct habit *habit,
                            int state);
/* Into the item: the subject, and all fields but the date, the owner, the room and (NULL: none) one more. */
void opening_keep_fields(struct turn *turn, struct item *item, const struct opening *opening,
                         const char *but);
/* The card, which calls those mentioned; a dialogue, or a command in a thread, is answered with the template "opened" of the
 * habit, which says where the card is. signs: those that stand under it, to be tapped; end with NULL. */
void opening_post_card(struct turn *turn, struct item *item, const char *const *mentions,
                       const char *const *signs, const char *guard);
/* Asked for once, in the thread; the card is complete without it. */
void opening_ask_missing(struct turn *turn, struct item *item, const char *guard);
/* The message was edited: the texts of the item say what it says now. Its date and its people stay. */
void opening_change_texts(struct turn *turn, struct item *item, const struct opening *opening,
                          const char *but);
/* The message was redacted while it was open: its owner is asked whether to cancel it (template "confirm-cancel"). */
void opening_confirm_cancel(struct turn *turn, struct item *item, const char *guard);

#endif
