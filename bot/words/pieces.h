/*
 * pieces - a rendered message before it is written: elements, the template's text, people's text.
 *
 * Both bodies are written from the same pieces, so they cannot differ; people's text is characters only,
 * never markup. Shape:   white space of the template collapses as in HTML, no-break spaces do not. A line
 * that renders to nothing is dropped with its <br>, an element with nothing in it is dropped too. People's
 * text keeps its spaces; its line breaks are <br>, or line breaks. Plain: blocks and <br> end a line; "- " or
 * "1. " before an entry, "> " before a quotation, backticks around code, a link's address behind it unless it
 * is the text or a person. Owns:    nothing; pieces live in the caller's arena. Source:  matrix.md 3.4;
 * words.md 3.3, 3.10.
 */
#ifndef WORDS_PIECES_H
#define WORDS_PIECES_H

#include <stdbool.h>

#include "base/buf.h"
#include "words/template.h"

struct piece {
    bool is_element;
    bool is_value; /* of a text: from a value, not from the template */
    bool is_dropped; /* of a <br>: its line is empty */
    enum element element; /* of an element */
    char *text; /* of a text; tidying shortens it in place */
    const char *href; /* of <a> */
    struct piece *first, *last, *next;
};

struct piece *piece_add_element(struct arena *arena, struct piece *parent, enum element element);
/* Takes text as it is; it has to be writable. */
struct piece *piece_add_text(struct arena *arena, struct piece *parent, char *text, bool is_value);

/* Once, before writing. */
void pieces_tidy(struct piece *root);
void pieces_write_html(const struct piece *root, struct buf *html);
void pieces_write_plain(const struct piece *root, struct buf *body);
/* The same lines as CommonMark: an empty line between blocks, signs for what is strong and for links, and a backslash before
 * whatever people wrote that would be a sign. */
void pieces_write_markdown(const struct piece *root, struct buf *body);

#endif
