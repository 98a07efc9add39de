/*
 * template - a file of words read once into a tree: text, elements, Mustache tags.
 *
 * Shape:   Mustache over the HTML that Matrix allows, both strictly nested: p br strong em b i code pre ul ol
 * li blockquote a[href] del hr span; variables, sections, inverted sections, comments, partials, and those that a value names ({{>*x}}). Names are
 *          [A-Za-z0-9_-] joined by dots, or "." alone. No raw values ({{{x}}}, {{&x}}), no set delimiters, no
 *          inheritance. An href begins with https://, http:// or mailto:, and its host is never a value.
 *          Character references: &amp; &lt; &gt; &quot; &apos; &nbsp; and numbers; a bare & is refused.
 * Units:   a file has at most 16 KiB, is at most 64 levels deep, and is UTF-8 without control characters.
 * Owns:    nothing; the tree lives in the caller's arena.
 * Errors:  a parse error names the file and the line: "en/decision/card:3: <div> is not allowed".
 * Source:  the Mustache specification's core cases; Matrix client-server API, m.room.message; trust.md B.2
 * row 8.
 */
#ifndef WORDS_TEMPLATE_H
#define WORDS_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { TEMPLATE_MAX = 16 * 1024, TEMPLATE_DEPTH = 64 };

enum element {
    ELEMENT_ROOT, /* the whole: no tag */
    ELEMENT_P,
    ELEMENT_BR,
    ELEMENT_STRONG,
    ELEMENT_EM,
    ELEMENT_B,
    ELEMENT_I,
    ELEMENT_CODE,
    ELEMENT_PRE,
    ELEMENT_UL,
    ELEMENT_OL,
    ELEMENT_LI,
    ELEMENT_BLOCKQUOTE,
    ELEMENT_A,
    ELEMENT_DEL,
    ELEMENT_HR,
    ELEMENT_SPAN,
    N_ELEMENTS,
};

enum template_kind {
    TEMPLATE_TEXT,
    TEMPLATE_VALUE,
    TEMPLATE_SECTION,
    TEMPLATE_INVERTED,
    TEMPLATE_PARTIAL,
    TEMPLATE_ELEMENT,
};

struct template_node {
    enum template_kind kind;
    enum element element;
    int line;
    const char *text; /* TEXT: decoded characters; tags: the name */
    bool is_dynamic; /* PARTIAL: text is the value that names it, {{>*name}} */
    const char *indent; /* PARTIAL alone on its line: what stands before it; else NULL */
    struct template_node *href; /* of <a>: TEXT and VALUE nodes */
    struct template_node *first, *next;
};

/* The root element, or NULL with err. name is for messages and must outlive the tree. */
struct template_node *template_parse(struct arena *arena, const char *name, const char *text,
                                     struct err *err);

const char *element_name(enum element element);
/* Begins and ends a line of its own. */
bool element_is_block(enum element element);
/* Has neither content nor end tag. */
bool element_is_void(enum element element);
/* Whether a child may stand directly in a parent, so that no client has to mend the tree. The root holds all
 * but <li>. */
bool element_can_hold(enum element parent, enum element child);
/* Whether text may stand directly in it: not in a list, only in its entries. */
bool element_holds_text(enum element element);

#endif
