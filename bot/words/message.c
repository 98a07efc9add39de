/* A template, filled with values, as pieces; and these as plain text and HTML. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "words/message_parts.h"
#include "words/words.h"

/* More than any body of 32 KiB can need: what loops over huge lists ends early. */
enum { PIECES_MAX = 16 * 1024 };

static message_watch_fn *watcher;

void message_watch(message_watch_fn *watch)
{
    watcher = watch;
}

bool message_fail(struct render *r, const struct place *at, const struct template_node *node,
                  const char *what)
{
    return err_set(r->err, "%s:%d: %s", at->name, node->line, what);
}

bool message_fail_named(struct render *r, const struct place *at, const struct template_node *node,
                        const char *what)
{
    return err_set(r->err, "%s:%d: %s{{%s}}", at->name, node->line, what, node->text);
}

/* People's text, without NULs, cleaned; NULL if it cannot fit. */
static char *clean_string(struct render *r, struct json_object *value)
{
    size_t len = (size_t)json_object_get_string_len(value);
    if (len > MESSAGE_MAX)
        return NULL;
    const char *from = json_object_get_string(value);
    char *text = arena_alloc(r->arena, len + 1), *to = text;
    for (size_t i = 0; i < len; i++)
        if (from[i])
            *to++ = from[i];
    return text_clean(r->arena, text);
}

static char *number_text(struct render *r, struct json_object *value, bool is_raw)
{
    const char *digits = json_object_get_string(value);
    return is_raw ? arena_strdup(r->arena, digits) : words_decimal(r->arena, r->lang, digits);
}

/* The characters that a variable stands for, or NULL with err. */
static char *value_text(struct render *r, const struct place *at, const struct template_node *node,
                        bool is_raw)
{
    struct found found = message_find(r, at->frame, node->text);
    if (found.kind == FOUND_TEXT)
        return arena_strdup(r->arena, found.text);
    if (found.kind == FOUND_COUNT)
        return is_raw ? arena_printf(r->arena, "%" PRId64, found.count)
                      : words_figures(r->arena, r->lang, found.count);
    if (found.kind == FOUND_VALUE && !found.value)
        return arena_strdup(r->arena, "");
    bool is_value = found.kind == FOUND_VALUE;
    if (is_value && json_object_is_type(found.value, json_type_string)) {
        char *text = clean_string(r, found.value);
        if (!text)
            message_fail_named(r, at, node, "more than 32 KiB in ");
        return text;
    }
    if (is_value && (json_object_is_type(found.value, json_type_int) ||
                     json_object_is_type(found.value, json_type_double)))
        return number_text(r, found.value, is_raw);
    message_fail_named(r, at, node,
                       found.kind == FOUND_NOTHING ? "no value for " : "neither text nor number in ");
    return NULL;
}

/* A message's text has its bound before it is written, so that nothing grows past it. */
static bool add_text(struct render *r, const struct place *at, const struct template_node *node, char *text)
{
    bool is_value = node->kind == TEMPLATE_VALUE;
    if (!element_holds_text(at->parent->element))
        return !text[strspn(text, " \t\n")] ||
               message_fail(r, at, node, "text between the entries of a list");
    r->n_pieces++;
    r->n_bytes += is_value ? strlen(text) : 0;
    if (r->n_pieces > PIECES_MAX || r->n_bytes > MESSAGE_MAX)
        return message_fail(r, at, node, "a message of more than 32 KiB");
    piece_add_text(r->arena, at->parent, text, is_value);
    return true;
}

/* What stays as it is in a path, a fragment and a mail address; everything else may mean something to
 * somebody. */
static void add_encoded(struct buf *buf, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        strchr("-._~!$@:", (char)c);
        if (is_plain)
            buf_putc(buf, (char)c);
        else
            buf_printf(buf, "%%%02X", c);
    }
}

static void note_shown(const struct place *at, const struct template_node *node)
{
    if (watcher)
        watcher(at->name, node->text);
}

static char *expand_address(struct render *r, const struct place *at, const struct template_node *node)
{
    struct buf buf;
    buf_init(&buf, MESSAGE_MAX);
    char *address = NULL;
    bool ok = true;
    for (; ok && node; node = node->next) {
        const char *text = node->kind == TEMPLATE_VALUE ? value_text(r, at, node, true) : node->text;
        ok = text != NULL && (*text || message_fail_named(r, at, node, "an address without "));
        if (ok && node->kind == TEMPLATE_VALUE) {
            note_shown(at, node);
            add_encoded(&buf, text);
        } else if (ok) {
            buf_puts(&buf, text);
        }
        r->n_bytes += text ? strlen(text) : 0;
    }
    if (ok)
        address = arena_strdup(r->arena, buf.text);
    buf_finish(&buf);
    return address;
}

static bool expand(struct render *r, struct place at, const struct template_node *node);

/* Parsing has seen that within one template; this sees it through partials. */
bool message_can_stand(struct render *r, const struct place *at, const struct template_node *node)
{
    bool is_link_in_link = node->element == ELEMENT_A && at->is_in_link;
    enum element parent = is_link_in_link ? ELEMENT_A : at->parent->element;
    if (!is_link_in_link && element_can_hold(parent, node->element))
        return true;
    return err_set(r->err, "%s:%d: <%s> cannot stand in <%s>", at->name, node->line,
                   element_name(node->element), element_name(parent));
}

static bool expand_element(struct render *r, struct place at, const struct template_node *node)
{
    if (!message_can_stand(r, &at, node))
        return false;
    if (++r->n_pieces > PIECES_MAX)
        return message_fail(r, &at, node, "a message of more than 32 KiB");
    struct piece *piece = piece_add_element(r->arena, at.parent, node->element);
    if (node->href) {
        piece->href = expand_address(r, &at, node->href);
        if (!piece->href)
            return false;
    }
    at.parent = piece;
    at.is_in_code = at.is_in_code || node->element == ELEMENT_CODE || node->element == ELEMENT_PRE;
    at.is_in_pre = at.is_in_pre || node->element == ELEMENT_PRE;
    at.is_in_link = at.is_in_link || node->element == ELEMENT_A;
    return expand(r, at, node->first);
}

static bool expand_list(struct render *r, struct place at, const struct template_node *node,
                        struct json_object *list)
{
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        struct frame frame = {
            .value = json_object_array_get_idx(list, i), .number = i + 1, .of = n, .up = at.frame
        };
        struct place inside = at;
        inside.frame = &frame;
        if (++r->n_pieces > PIECES_MAX)
            return message_fail(r, &at, node, "a list too long for a message of 32 KiB");
        if (!expand(r, inside, node->first))
            return false;
    }
    return true;
}

static bool expand_section(struct render *r, struct place at, const struct template_node *node)
{
    struct found found = message_find(r, at.frame, node->text);
    if (message_is_true(&found) == (node->kind == TEMPLATE_INVERTED))
        return true;
    if (node->kind == TEMPLATE_SECTION)
        note_shown(&at, node);
    if (node->kind == TEMPLATE_INVERTED || !found.value)
        return expand(r, at, node->first);
    if (json_object_is_type(found.value, json_type_array))
        return expand_list(r, at, node, found.value);
    struct frame frame = { .value = found.value, .up = at.frame };
    at.frame = &frame;
    return expand(r, at, node->first);
}

static bool expand_partial(struct render *r, struct place at, const struct template_node *node)
{
    const char *written = node->is_dynamic ? value_text(r, &at, node, false) : node->text;
    if (!written)
        return false;
    const char *name = message_partial_name(r->arena, written);
    const struct template_source *row = templates_find(r->book->rows, r->lang, name);
    if (!row)
        return message_fail_named(r, &at, node, "no such partial: ");
    struct template_node *root = message_book_parse(r->book, row, at.is_in_pre ? node->indent : NULL, r->err);
    if (!root)
        return false;
    at.name = row->name;
    return expand(r, at, root->first);
}

static bool expand_node(struct render *r, struct place at, const struct template_node *node)
{
    switch (node->kind) {
    case TEMPLATE_TEXT:
        return add_text(r, &at, node, arena_strdup(r->arena, node->text));
    case TEMPLATE_VALUE: {
        char *text = value_text(r, &at, node, at.is_in_code);
        if (text && *text)
            note_shown(&at, node);
        return text && add_text(r, &at, node, text);
    }
    case TEMPLATE_SECTION:
    case TEMPLATE_INVERTED:
        return expand_section(r, at, node);
    case TEMPLATE_PARTIAL:
        return expand_partial(r, at, node);
    case TEMPLATE_ELEMENT:
        return expand_element(r, at, node);
    }
    assert(false);
    return false;
}

static bool expand(struct render *r, struct place at, const struct template_node *node)
{
    if (node && at.depth++ > TEMPLATE_DEPTH)
        return message_fail(r, &at, node, "more than 64 levels");
    for (; node; node = node->next)
        if (!expand_node(r, at, node))
            return false;
    return true;
}

static struct piece *render_pieces(struct render *r, const char *name, const struct template_node *root,
                                   struct json_object *values)
{
    struct frame frame = { .value = values };
    struct piece *whole = piece_add_element(r->arena, NULL, ELEMENT_ROOT);
    struct place at = { .name = name, .parent = whole, .frame = &frame };
    if (!expand(r, at, root->first))
        return NULL;
    pieces_tidy(whole);
    return whole;
}

static bool write_message(struct render *r, const char *name, const struct piece *whole, struct message *out)
{
    struct buf html, body;
    buf_init(&html, MESSAGE_MAX);
    pieces_write_html(whole, &html);
    buf_init(&body, MESSAGE_MAX - html.len);
    pieces_write_plain(whole, &body);
    bool ok = !html.is_full && !body.is_full;
    if (ok)
        *out = (struct message){ arena_strdup(r->arena, body.text), arena_strdup(r->arena, html.text) };
    else
        err_set(r->err, "%s: a message of more than 32 KiB, body and html together", name);
    buf_finish(&html);
    buf_finish(&body);
    return ok;
}

/* NULL with r->err. */
static struct piece *render_wanted(struct render *r, const struct message_wanted *wanted,
                                   const char **name_out)
{
    const struct template_source *row = templates_find(r->book->rows, wanted->lang, wanted->name);
    if (!row) {
        err_set(r->err, "no template %s", wanted->name);
        return NULL;
    }
    struct template_node *root = message_book_parse(r->book, row, NULL, r->err);
    *name_out = row->name;
    return root ? render_pieces(r, row->name, root, wanted->values) : NULL;
}

bool message_book_render(struct message_book *book, struct arena *arena, const struct message_wanted *wanted,
                         struct message *out, struct err *err)
{
    struct render r = {
        .arena = arena, .book = book, .lang = wanted->lang, .err = err, .lookup = wanted->lookup
    };
    const char *name;
    struct piece *whole = render_wanted(&r, wanted, &name);
    return whole && write_message(&r, name, whole, out);
}

enum { MARKDOWN_MAX = 2 * MESSAGE_MAX }; /* with a backslash before every sign */

char *message_render_markdown(struct arena *arena, const struct message_wanted *wanted, struct err *err)
{
    struct render r = {
        .arena = arena, .book = message_own_book(), .lang = wanted->lang, .err = err, .lookup = wanted->lookup
    };
    const char *name;
    struct piece *whole = render_wanted(&r, wanted, &name);
    if (!whole)
        return NULL;
    struct buf body;
    buf_init(&body, MARKDOWN_MAX);
    pieces_write_markdown(whole, &body);
    char *text = body.is_full ? NULL : arena_strdup(arena, body.text);
    if (!text)
        err_set(err, "%s: more than 64 KiB of Markdown", name);
    buf_finish(&body);
    return text;
}

bool message_render(struct arena *arena, const struct message_wanted *wanted, struct message *out,
                    struct err *err)
{
    return message_book_render(message_own_book(), arena, wanted, out, err);
}

static char *fill(struct arena *arena, const char *lang, const char *pattern, struct json_object *values,
                  const struct message_lookup *lookup)
{
    struct message_book *book = message_own_book();
    struct render r = { .arena = arena, .book = book, .lang = lang, .lookup = lookup };
    struct piece *whole = render_pieces(&r, "en/pattern", message_book_pattern(book, pattern), values);
    assert(whole);
    struct buf plain;
    buf_init(&plain, MESSAGE_MAX);
    pieces_write_plain(whole, &plain);
    assert(!plain.is_full);
    char *text = arena_strdup(arena, plain.text);
    buf_finish(&plain);
    return text;
}

char *message_fill(struct arena *arena, const char *lang, const char *pattern, struct json_object *values)
{
    return fill(arena, lang, pattern, values, NULL);
}

char *message_fill_from(struct arena *arena, const char *lang, const char *pattern,
                        const struct message_lookup *lookup)
{
    return fill(arena, lang, pattern, NULL, lookup);
}
