/*
 * template_parts - what the two halves of the parser share: the Mustache tags (template.c) and the elements (template_tag.c).
 *
 * Errors:  false or NULL, and the parser's err names file and line.
 */
#ifndef WORDS_TEMPLATE_PARTS_H
#define WORDS_TEMPLATE_PARTS_H

#include "base/buf.h"
#include "words/template.h"

/* What is open at a point of the text: elements and sections, which may not cross. */
struct template_open {
    struct template_node *node;
    struct template_node **end; /* where the next child goes */
};

struct template_parser {
    struct arena *arena;
    struct err *err;
    const char *name;
    const char *start, *at;
    int line;
    struct buf text; /* characters not yet made a node */
    struct template_open stack[TEMPLATE_DEPTH + 1];
    int depth;
};

/* False, always. */
bool template_fail(struct template_parser *p, const char *what, const char *detail);
/* Moves to a later place of the text, counting lines. */
void template_advance(struct template_parser *p, const char *to);

/* A node of the present line; linked: the next child of what is open; pushed: linked, and open from now on. */
struct template_node *template_new_node(struct template_parser *p, enum template_kind kind, const char *text);
void template_link(struct template_parser *p, struct template_node *node);
bool template_push(struct template_parser *p, struct template_node *node);
/* The characters before the present place become a node. */
bool template_flush_text(struct template_parser *p);

/* The element that is open innermost; whether such a one is open; what has to be closed first, for messages. */
enum element template_holder(const struct template_parser *p);
bool template_is_inside(const struct template_parser *p, enum element element);
const char *template_open_name(struct template_parser *p);

/* At an '&'; between {{ and }}; a name of letters, digits, _, - and those also allowed, without the white space around. */
bool template_parse_reference(struct template_parser *p, struct buf *to);
const char *template_tag_content(struct template_parser *p);
const char *template_tag_name(struct template_parser *p, const char *text, const char *also_allowed);

/* At '<': an element's start or end. */
bool template_parse_tag(struct template_parser *p);

#endif
