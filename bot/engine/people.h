/*
 * people - who is meant, and who is asked.
 *
 * Names:   a localpart or a display name if exactly one joined person fits, else the full ids are shown; only
 * ids decide (product.md "It knows people by id").
 */
#ifndef ENGINE_PEOPLE_H
#define ENGINE_PEOPLE_H

#include "engine/turn.h"

enum { PEOPLE_ASKED_MAX = 12, PEOPLE_LISTED_MAX = 300 };

/* Joined, may speak, no bot; without the one left out (NULL: nobody). */
struct person_list people_of_room(struct turn *turn, const char *left_out);

/* "bob, @carol and dan" of the turn's room. False if one of them is nobody here, or several: culprit_out is
 * that word, candidates_out those whom it may be. "everyone" in either language is people_of_room without
 * left_out. */
struct people_read {
    struct person_list people;
    const char *culprit; /* NULL: all were found */
    size_t culprit_at; /* where it stands in the text */
    struct person_list candidates;
};
struct people_read people_read(struct turn *turn, const char *text, const char *left_out);

/* "@bob" in front of what follows a command: whose it is, the sender's own if nobody stands there; rest moves past it. NULL:
 * answered that it is nobody here, or that it is not for the sender, who is no admin, to touch. */
const char *people_take_whose(struct turn *turn, const char **rest);

/* Whose something is, as a line says it: "bob: watch it", "@bob watches it", and behind it "watch it, bob", "watch it (bob)",
 * "watch it, by bob", "watch it @bob". */
struct people_named {
    const char *person; /* NULL: nobody is named so, or it may be several */
    const char *what; /* without the name */
};
struct people_named people_named(struct turn *turn, const char *line);
/* Behind it alone: what is then a beginning of the line. */
struct people_named people_named_behind(struct turn *turn, const char *line);
/* Those whom "@name" names anywhere in the line; at most PEOPLE_MENTIONED_MAX. */
enum { PEOPLE_MENTIONED_MAX = 4 };
struct person_list people_mentioned(struct turn *turn, const char *line);

/* Answers that a name is nobody here, or several: the template people/which. */
void people_answer_unread(struct turn *turn, const struct people_read *read);
/* The same as a question: text is what was read, command has "%s" where that goes. Those whom it may be are choices, and a
 * name takes the culprit's place. */
void people_ask(struct turn *turn, const struct people_read *read, const char *text, const char *command);
/* The same where one is wanted and text names several. */
void people_ask_for_one(struct turn *turn, const char *text, const char *command);

#endif
