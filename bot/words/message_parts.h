/*
 * message_parts - what the files of message.h share, and nobody else: message_book.c (parsed once), message_find.c (what a
 * name stands for), message.c (filled), message_check.c (looked at without values).
 */
#ifndef WORDS_MESSAGE_PARTS_H
#define WORDS_MESSAGE_PARTS_H

#include "words/message.h"
#include "words/pieces.h"
#include "words/template.h"

/* The book */

struct indented;
struct pattern;

struct message_book {
    const struct template_source *rows;
    struct template_node **roots; /* owned; by row, NULL until asked for */
    struct indented *indented;
    struct pattern *patterns;
    struct arena *arena; /* owned */
};

/* The line break that ends a file is not content, or {{>pill}} could not stand before a comma; only a partial
 * on a line of its own in <pre>, where it is seen, keeps it (indent is not NULL). NULL: it does not parse, see err. */
struct template_node *message_book_parse(struct message_book *book, const struct template_source *row,
                                         const char *indent, struct err *err);
/* Of a line of a word list, which has to parse; it is kept, so it may hold nothing that people wrote. */
struct template_node *message_book_pattern(struct message_book *book, const char *pattern);
/* The name in the table of a partial as a template writes it. */
const char *message_partial_name(struct arena *arena, const char *name);
/* That of the bot's own templates; lives as long as the program. */
struct message_book *message_own_book(void);

/* Names */

/* The contexts around a place, innermost first. */
struct frame {
    struct json_object *value; /* borrowed */
    size_t number, of; /* an entry's place in its list, from 1; 0: none */
    const struct frame *up;
};

/* What a name stands for: a JSON value, something counted from one, or a text that was looked up (for the value, if any). */
struct found {
    enum { FOUND_NOTHING, FOUND_VALUE, FOUND_TRUTH, FOUND_COUNT, FOUND_TEXT } kind;
    struct json_object *value;
    bool truth;
    int64_t count;
    const char *text;
};

struct render {
    struct arena *arena;
    struct message_book *book;
    const char *lang;
    struct err *err;
    const struct message_lookup *lookup; /* or NULL */
    size_t n_pieces, n_bytes;
};

/* The first part is looked for outwards, the others within it only. */
struct found message_find(struct render *r, const struct frame *frame, const char *name);
bool message_is_true(const struct found *found);

/* Places */

/* The partials that a check is inside of. */
struct entered {
    const struct template_source *row;
    const struct entered *up;
};

struct place {
    const char *name; /* of the template, for messages */
    struct piece *parent;
    const struct frame *frame;
    int depth;
    bool is_in_code, is_in_pre, is_in_link;
    const struct entered *entered; /* of a check */
};

/* Always false: what is wrong there goes to err. */
bool message_fail(struct render *r, const struct place *at, const struct template_node *node,
                  const char *what);
bool message_fail_named(struct render *r, const struct place *at, const struct template_node *node,
                        const char *what);
/* Whether the element may stand there, through partials too; else err says why not. */
bool message_can_stand(struct render *r, const struct place *at, const struct template_node *node);

#endif
