/* The templates of a table, each parsed once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "words/message_parts.h"

/* A partial on a line of its own within <pre> is parsed with its lines indented. */
struct indented {
    const struct template_source *row;
    const char *indent;
    struct template_node *root;
    struct indented *next;
};

/* A line of a word list; there are some dozens in all. */
struct pattern {
    const char *text;
    struct template_node *root;
    struct pattern *next;
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

struct template_node *message_book_parse(struct message_book *book, const struct template_source *row,
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

struct template_node *message_book_pattern(struct message_book *book, const char *pattern)
{
    for (struct pattern *known = book->patterns; known; known = known->next)
        if (strcmp(known->text, pattern) == 0)
            return known->root;
    struct pattern *kept = arena_alloc(book->arena, sizeof *kept);
    *kept = (struct pattern){ .text = arena_strdup(book->arena, pattern), .next = book->patterns };
    kept->root = template_parse(book->arena, "en/pattern", kept->text, NULL);
    assert(kept->root);
    book->patterns = kept;
    return kept->root;
}

const char *message_partial_name(struct arena *arena, const char *name)
{
    return strchr(name, '/') ? name : arena_printf(arena, "partials/%s", name);
}

struct message_book *message_own_book(void)
{
    static struct message_book *book;
    if (!book)
        book = message_book_create(template_sources);
    return book;
}
