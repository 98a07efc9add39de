/*
 * message - what the bot says: a template, filled with values, as plain text and as HTML.
 *
 * Shape:   values is a json-c object. A variable takes text (escaped always, cleaned by text_clean), a number
 *          (1,250 or 1 250; plain digits in code and addresses) or null (nothing). A section takes anything:
 *          missing, false, null, "", 0 and the empty list are false; a list repeats it; else it is shown once,
 *          with the value as context.
 *          Names: a.b.c, "." for the present entry; within a list -first, -last and -number (from 1); of a
 *          number or a list n.one and n.other (which form the language takes), n.words ("three"), list.count.
 *          A person is {"id":"@bob:x","name":"bob"}: {{>pill}} is a link that shows the name. {{>x}} is
 *          LANG/partials/x, {{>x/y}} is LANG/x/y. Values in an href are percent-encoded.
 * Units:   body and html together at most 32 KiB; 64 levels, partials counted.
 * Owns:    bodies live in the caller's arena; parsed templates are kept for the life of the book.
 * Errors:  no such template, a variable without a value or of a list or object, a body too large: false, err
 *          names template and line. All but the last are bugs that tests find.
 * Source:  architecture.md idea 5; the Mustache specification; matrix.md 3.3-3.5.
 */
#ifndef WORDS_MESSAGE_H
#define WORDS_MESSAGE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "words/templates.h"

enum { MESSAGE_MAX = 32 * 1024 };

struct message {
    char *body;
    char *html;
};

/*
 * Values that stand elsewhere: looked up when a template names them, and not before. find is asked for a name that its
 * context, an object, has not, and with name NULL whether an object stands for a text. What it gives is clean, in the arena
 * or longer lived; "" is false in a section; NULL: nothing.
 */
struct message_lookup {
    const char *(*find)(void *context, struct json_object *value, const char *name);
    void *context;
};

/* name is a template's without its language: "decision/card". Of a language without templates the English one is used. */
struct message_wanted {
    const char *lang, *name;
    struct json_object *values; /* may be NULL */
    const struct message_lookup *lookup; /* NULL: all values are there */
};

bool message_render(struct arena *arena, const struct message_wanted *wanted, struct message *out,
                    struct err *err);

/* As CommonMark, for files: NULL with err. */
char *message_render_markdown(struct arena *arena, const struct message_wanted *wanted, struct err *err);

/* A pattern of a word list filled, plain: a bug in either ends the program. */
char *message_fill(struct arena *arena, const char *lang, const char *pattern, struct json_object *values);
/* All its values are looked up, of the value NULL. */
char *message_fill_from(struct arena *arena, const char *lang, const char *pattern,
                        const struct message_lookup *lookup);

/* Every template of every language parses and nests, partials included; every English one has its French one
 * and the other way round; each partial exists and is used, but for those that this header promises. */
bool templates_check(struct err *err);

/* For tests, which prove that every value of a template exists: called with each tag that stood for something, by the
 * template's name in its table ("en/decision/card") and as it is written there. NULL: nobody watches. */
typedef void message_watch_fn(const char *template_name, const char *tag);
void message_watch(message_watch_fn *watch);

/* A table of templates and what was parsed of it: tests bring their own. */
struct message_book;

struct message_book *message_book_create(const struct template_source *rows); /* rows outlive it */
void message_book_destroy(struct message_book *book);
bool message_book_render(struct message_book *book, struct arena *arena, const struct message_wanted *wanted,
                         struct message *out, struct err *err);
bool message_book_check(struct message_book *book, struct err *err);

#endif
