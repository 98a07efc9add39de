#include "engine/message.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "engine/pieces.h"
#include "engine/template.h"
#include "engine/words.h"

/* More than any body of 32 KiB can need: what loops over huge lists ends early. */
enum { PIECES_MAX = 16 * 1024 };

/* Parts that the header promises to templates, used or not. */
static const char *const promised_partials[] = { "partials/pill" };

/* ---- The book: templates parsed once ---- */

/* A partial on a line of its own within <pre> is parsed with its lines indented. */
struct indented {
    const struct template_source *row;
    const char *indent;
    struct template_node *root;
    struct indented *next;
};

struct message_book {
    const struct template_source *rows;
    struct template_node **roots; /* owned; by row, NULL until asked for */
    struct indented *indented;
    struct arena *arena; /* owned */
};

struct message_book *message_book_create(const struct template_source *rows)
{
    struct message_book *book = xcalloc(1, sizeof *book);
    size_t n_rows = 0;
    while (rows[n_rows].name)
        n_rows++;
    book->rows = rows;
    book->roots = xcalloc(n_rows + 1, sizeof *book->roots); /* NOLINT(bugprone-sizeof-expression): pointers */
    book->arena = arena_create();
    return book;
}

void message_book_destroy(struct message_book *book)
{
    if (!book)
        return;
    arena_destroy(book->arena);
    free(book->roots);
    free(book);
}

static struct template_node *parse_indented(struct message_book *book, const struct template_source *row,
                                            const char *indent, struct err *err)
{
    for (struct indented *known = book->indented; known; known = known->next)
        if (known->row == row && strcmp(known->indent, indent) == 0)
            return known->root;
    struct buf text;
    buf_init(&text, TEMPLATE_MAX + 1);
    for (const char *line = row->text; *line;) {
        size_t len = strcspn(line, "\n");
        len += line[len] == '\n';
        buf_puts(&text, indent);
        buf_add(&text, line, len);
        line += len;
    }
    struct template_node *root = template_parse(book->arena, row->name, text.text, err);
    buf_finish(&text);
    if (!root)
        return NULL;
    struct indented *kept = arena_alloc(book->arena, sizeof *kept);
    *kept = (struct indented){ row, arena_strdup(book->arena, indent), root, book->indented };
    book->indented = kept;
    return root;
}

/* The line break that ends a file is not content, or {{>pill}} could not stand before a comma; only a partial
 * on a line of its own in <pre>, where it is seen, keeps it (indent is not NULL). */
static struct template_node *book_parse(struct message_book *book, const struct template_source *row,
                                        const char *indent, struct err *err)
{
    if (indent)
        return parse_indented(book, row, indent, err);
    struct template_node **root = &book->roots[row - book->rows];
    if (*root)
        return *root;
    size_t len = strlen(row->text);
    len -= len > 0 && row->text[len - 1] == '\n';
    *root = template_parse(book->arena, row->name, arena_strndup(book->arena, row->text, len), err);
    return *root;
}

/* The name in the table of a partial as a template writes it. */
static const char *partial_name(struct arena *arena, const char *name)
{
    return strchr(name, '/') ? name : arena_printf(arena, "partials/%s", name);
}

/* ---- Looking values up ---- */

/* The contexts around a place, innermost first. */
struct frame {
    struct json_object *value; /* borrowed */
    bool is_entry, is_first, is_last;
    const struct frame *up;
};

/* What a name stands for: a JSON value, or something counted from one. */
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
    size_t n_pieces, n_bytes;
};

static message_watch_fn *watcher;

void message_watch(message_watch_fn *watch)
{
    watcher = watch;
}

/* A count's own names: n.one, n.other, n.words, list.count. */
static struct found find_count(struct render *r, struct json_object *value, const char *name)
{
    bool is_list = json_object_is_type(value, json_type_array);
    if (!is_list && !json_object_is_type(value, json_type_int))
        return (struct found){ 0 };
    int64_t n = is_list ? (int64_t)json_object_array_length(value) : json_object_get_int64(value);
    if (strcmp(name, "one") == 0)
        return (struct found){ .kind = FOUND_TRUTH, .truth = words_count_is_one(r->lang, n) };
    if (strcmp(name, "other") == 0)
        return (struct found){ .kind = FOUND_TRUTH, .truth = !words_count_is_one(r->lang, n) };
    if (strcmp(name, "words") == 0)
        return (struct found){ .kind = FOUND_TEXT, .text = words_number(r->arena, r->lang, n) };
    if (strcmp(name, "count") == 0 && is_list)
        return (struct found){ .kind = FOUND_COUNT, .count = n };
    return (struct found){ 0 };
}

/* One part of a name within a value. */
static struct found find_member(struct render *r, struct json_object *value, const char *name)
{
    struct json_object *member = NULL;
    if (!json_object_is_type(value, json_type_object))
        return find_count(r, value, name);
    if (json_object_object_get_ex(value, name, &member))
        return (struct found){ .kind = FOUND_VALUE, .value = member };
    return (struct found){ 0 };
}

static struct found find_position(const struct frame *frame, const char *name)
{
    while (frame && !frame->is_entry)
        frame = frame->up;
    if (!frame)
        return (struct found){ 0 };
    return (struct found){ .kind = FOUND_TRUTH,
                           .truth = strcmp(name, "-first") == 0 ? frame->is_first : frame->is_last };
}

/* The first part is looked for outwards, the others within it only. */
static struct found find(struct render *r, const struct frame *frame, const char *name)
{
    if (strcmp(name, ".") == 0)
        return (struct found){ .kind = FOUND_VALUE, .value = frame->value };
    if (strcmp(name, "-first") == 0 || strcmp(name, "-last") == 0)
        return find_position(frame, name);
    const char *part = arena_strndup(r->arena, name, strcspn(name, "."));
    struct found found = { 0 };
    for (; frame && found.kind == FOUND_NOTHING; frame = frame->up)
        if (json_object_is_type(frame->value, json_type_object))
            found = find_member(r, frame->value, part);
    for (name += strlen(part); *name && found.kind != FOUND_NOTHING; name += strlen(part)) {
        name++;
        part = arena_strndup(r->arena, name, strcspn(name, "."));
        found = found.kind == FOUND_VALUE ? find_member(r, found.value, part) : (struct found){ 0 };
    }
    return found;
}

static bool is_true(const struct found *found)
{
    if (found->kind != FOUND_VALUE)
        return found->truth || found->count != 0 || found->text;
    switch (json_object_get_type(found->value)) {
    case json_type_null:
        return false;
    case json_type_array:
        return json_object_array_length(found->value) > 0;
    case json_type_object:
        return true;
    case json_type_string:
        return json_object_get_string_len(found->value) > 0;
    default:
        return json_object_get_boolean(found->value);
    }
}

/* ---- Expanding a template into pieces ---- */

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

static bool fail(struct render *r, const struct place *at, const struct template_node *node, const char *what)
{
    return err_set(r->err, "%s:%d: %s", at->name, node->line, what);
}

static bool fail_named(struct render *r, const struct place *at, const struct template_node *node,
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
    struct found found = find(r, at->frame, node->text);
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
            fail_named(r, at, node, "more than 32 KiB in ");
        return text;
    }
    if (is_value && (json_object_is_type(found.value, json_type_int) ||
                     json_object_is_type(found.value, json_type_double)))
        return number_text(r, found.value, is_raw);
    fail_named(r, at, node, found.kind == FOUND_NOTHING ? "no value for " : "neither text nor number in ");
    return NULL;
}

/* A message's text has its bound before it is written, so that nothing grows past it. */
static bool add_text(struct render *r, const struct place *at, const struct template_node *node, char *text)
{
    bool is_value = node->kind == TEMPLATE_VALUE;
    if (!element_holds_text(at->parent->element))
        return !text[strspn(text, " \t\n")] || fail(r, at, node, "text between the entries of a list");
    r->n_pieces++;
    r->n_bytes += is_value ? strlen(text) : 0;
    if (r->n_pieces > PIECES_MAX || r->n_bytes > MESSAGE_MAX)
        return fail(r, at, node, "a message of more than 32 KiB");
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
        ok = text != NULL && (*text || fail_named(r, at, node, "an address without "));
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
static bool can_stand(struct render *r, const struct place *at, const struct template_node *node)
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
    if (!can_stand(r, &at, node))
        return false;
    if (++r->n_pieces > PIECES_MAX)
        return fail(r, &at, node, "a message of more than 32 KiB");
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
        struct frame frame = { .value = json_object_array_get_idx(list, i),
                               .is_entry = true,
                               .is_first = i == 0,
                               .is_last = i + 1 == n,
                               .up = at.frame };
        struct place inside = at;
        inside.frame = &frame;
        if (++r->n_pieces > PIECES_MAX)
            return fail(r, &at, node, "a list too long for a message of 32 KiB");
        if (!expand(r, inside, node->first))
            return false;
    }
    return true;
}

static bool expand_section(struct render *r, struct place at, const struct template_node *node)
{
    struct found found = find(r, at.frame, node->text);
    if (is_true(&found) == (node->kind == TEMPLATE_INVERTED))
        return true;
    if (node->kind == TEMPLATE_SECTION)
        note_shown(&at, node);
    if (node->kind == TEMPLATE_INVERTED || found.kind != FOUND_VALUE)
        return expand(r, at, node->first);
    if (json_object_is_type(found.value, json_type_array))
        return expand_list(r, at, node, found.value);
    struct frame frame = { .value = found.value, .up = at.frame };
    at.frame = &frame;
    return expand(r, at, node->first);
}

static bool expand_partial(struct render *r, struct place at, const struct template_node *node)
{
    const char *name = partial_name(r->arena, node->text);
    const struct template_source *row = templates_find(r->book->rows, r->lang, name);
    if (!row)
        return fail_named(r, &at, node, "no such partial: ");
    struct template_node *root = book_parse(r->book, row, at.is_in_pre ? node->indent : NULL, r->err);
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
        return fail(r, &at, node, "more than 64 levels");
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

bool message_book_render(struct message_book *book, struct arena *arena, const struct message_wanted *wanted,
                         struct message *out, struct err *err)
{
    struct render r = { .arena = arena, .book = book, .lang = wanted->lang, .err = err };
    const struct template_source *row = templates_find(book->rows, wanted->lang, wanted->name);
    if (!row)
        return err_set(err, "no template %s", wanted->name);
    struct template_node *root = book_parse(book, row, NULL, err);
    struct piece *whole = root ? render_pieces(&r, row->name, root, wanted->values) : NULL;
    return whole && write_message(&r, row->name, whole, out);
}

/* Lives as long as the program. */
static struct message_book *own_book(void)
{
    static struct message_book *book;
    if (!book)
        book = message_book_create(template_sources);
    return book;
}

bool message_render(struct arena *arena, const char *lang, const char *name, struct json_object *values,
                    struct message *out, struct err *err)
{
    struct message_wanted wanted = { lang, name, values };
    return message_book_render(own_book(), arena, &wanted, out, err);
}

char *message_fill(struct arena *arena, const char *lang, const char *pattern, struct json_object *values)
{
    struct template_source rows[] = { { "en/pattern", pattern }, { NULL, NULL } };
    struct message_book *book = message_book_create(rows);
    struct render r = { .arena = arena, .book = book, .lang = lang };
    struct template_node *root = book_parse(book, rows, NULL, NULL);
    assert(root);
    struct piece *whole = render_pieces(&r, rows[0].name, root, values);
    assert(whole);
    struct message message;
    bool ok = write_message(&r, rows[0].name, whole, &message);
    assert(ok);
    message_book_destroy(book);
    return message.body;
}

/* ---- Checking all templates without values ---- */

static bool check_nodes(struct render *r, struct place at, const struct template_node *node);

static bool check_partial(struct render *r, struct place at, const struct template_node *node)
{
    const struct template_source *row =
        templates_find(r->book->rows, r->lang, partial_name(r->arena, node->text));
    if (!row)
        return fail_named(r, &at, node, "no such partial: ");
    /* One that repeats itself ends with its values. */
    for (const struct entered *known = at.entered; known; known = known->up)
        if (known->row == row)
            return true;
    struct template_node *root = book_parse(r->book, row, NULL, r->err);
    struct entered entered = { row, at.entered };
    at.name = row->name;
    at.entered = &entered;
    return root && check_nodes(r, at, root->first);
}

static bool check_node(struct render *r, struct place at, const struct template_node *node)
{
    if (node->kind == TEMPLATE_PARTIAL)
        return check_partial(r, at, node);
    bool is_text = node->kind == TEMPLATE_VALUE ||
                   (node->kind == TEMPLATE_TEXT && node->text[strspn(node->text, " \t\n")]);
    if (is_text && !element_holds_text(at.parent->element))
        return fail(r, &at, node, "text between the entries of a list");
    if (node->kind == TEMPLATE_ELEMENT) {
        if (!can_stand(r, &at, node))
            return false;
        at.parent = piece_add_element(r->arena, NULL, node->element);
        at.is_in_link = at.is_in_link || node->element == ELEMENT_A;
    }
    return check_nodes(r, at, node->first);
}

static bool check_nodes(struct render *r, struct place at, const struct template_node *node)
{
    if (node && at.depth++ > TEMPLATE_DEPTH)
        return fail(r, &at, node, "more than 64 levels");
    for (; node; node = node->next)
        if (!check_node(r, at, node))
            return false;
    return true;
}

static bool uses_partial(struct arena *arena, const struct template_node *node, const char *own_name)
{
    for (; node; node = node->next)
        if ((node->kind == TEMPLATE_PARTIAL && strcmp(partial_name(arena, node->text), own_name) == 0) ||
            uses_partial(arena, node->first, own_name))
            return true;
    return false;
}

static bool is_used(struct message_book *book, struct arena *arena, const char *own_name)
{
    for (size_t i = 0; i < sizeof promised_partials / sizeof promised_partials[0]; i++)
        if (strcmp(own_name, promised_partials[i]) == 0)
            return true;
    for (const struct template_source *row = book->rows; row->name; row++) {
        struct template_node *root = templates_is_words(row) ? NULL : book_parse(book, row, NULL, NULL);
        if (root && uses_partial(arena, root->first, own_name))
            return true;
    }
    return false;
}

static bool exists(const struct message_book *book, const char *lang, const char *own_name)
{
    size_t len = strlen(lang);
    const struct template_source *row = templates_find(book->rows, lang, own_name);
    return row && strncmp(row->name, lang, len) == 0 && row->name[len] == '/';
}

static bool check_row(struct message_book *book, struct arena *arena, const struct template_source *row,
                      struct err *err)
{
    const char *own_name = templates_own_name(row);
    if (!exists(book, "en", own_name) || !exists(book, "fr", own_name))
        return err_set(err, "%s: not in both English and French", row->name);
    if (templates_is_words(row))
        return true;
    struct template_node *root = book_parse(book, row, NULL, err);
    if (!root)
        return false;
    if (templates_is_partial(row))
        return is_used(book, arena, own_name) || err_set(err, "%s: no template uses it", row->name);
    const char *lang = arena_strndup(arena, row->name, strcspn(row->name, "/"));
    struct render r = { .arena = arena, .book = book, .lang = lang, .err = err };
    struct place at = { .name = row->name, .parent = piece_add_element(arena, NULL, ELEMENT_ROOT) };
    return check_nodes(&r, at, root->first);
}

bool message_book_check(struct message_book *book, struct err *err)
{
    struct arena *arena = arena_create();
    bool ok = true;
    for (const struct template_source *row = book->rows; ok && row->name; row++)
        ok = check_row(book, arena, row, err);
    arena_destroy(arena);
    return ok;
}

bool templates_check(struct err *err)
{
    return message_book_check(own_book(), err);
}
