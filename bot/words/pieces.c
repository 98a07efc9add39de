#include "words/pieces.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void add_child(struct piece *parent, struct piece *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

struct piece *piece_add_element(struct arena *arena, struct piece *parent, enum element element)
{
    struct piece *piece = arena_alloc(arena, sizeof *piece);
    piece->is_element = true;
    piece->element = element;
    if (parent)
        add_child(parent, piece);
    return piece;
}

struct piece *piece_add_text(struct arena *arena, struct piece *parent, char *text, bool is_value)
{
    struct piece *piece = arena_alloc(arena, sizeof *piece);
    piece->text = text;
    piece->is_value = is_value;
    add_child(parent, piece);
    return piece;
}

/* ---- Tidying ---- */

/* What is known of the line that is being read. */
struct line {
    struct piece *space; /* ends with a space of the template's that must not end the line */
    struct piece *break_; /* the template's <br> that began the line */
    bool is_empty;
    bool is_after_space; /* or at the start: a further space is none */
};

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool has_ink(const char *text)
{
    return *text_skip_space(text) != '\0';
}

static void start_line(struct line *line, struct piece *break_)
{
    *line = (struct line){ .break_ = break_, .is_empty = true, .is_after_space = true };
}

static void trim_line(struct line *line)
{
    if (line->space)
        line->space->text[strlen(line->space->text) - 1] = '\0';
    line->space = NULL;
}

/* At the edge of a block: a <br> with nothing behind it breaks nothing. */
static void end_block_line(struct line *line)
{
    trim_line(line);
    if (line->is_empty && line->break_)
        line->break_->is_dropped = true;
    start_line(line, NULL);
}

static void collapse(struct line *line, struct piece *piece)
{
    char *to = piece->text;
    for (const char *from = piece->text; *from; from++) {
        if (!is_white(*from)) {
            *to++ = *from;
            line->is_after_space = line->is_empty = false;
            line->space = NULL;
        } else if (!line->is_after_space) {
            *to++ = ' ';
            line->is_after_space = true;
            line->space = piece;
        }
    }
    *to = '\0';
}

static void tidy_break(struct line *line, struct piece *piece)
{
    trim_line(line);
    if (line->is_empty)
        piece->is_dropped = true;
    else
        start_line(line, piece);
}

/* The line break before </pre> is the template's layout, as the one behind <pre> is. */
static void tidy_preformatted(struct piece *pre)
{
    struct piece *last = pre->last;
    size_t len = last && !last->is_element && !last->is_value ? strlen(last->text) : 0;
    if (len > 0 && last->text[len - 1] == '\n')
        last->text[len - 1] = '\0';
}

static void tidy_children(struct line *line, struct piece *parent);

static void tidy_piece(struct line *line, struct piece *piece)
{
    if (piece->is_element && piece->element == ELEMENT_BR) {
        tidy_break(line, piece);
    } else if (piece->is_element) {
        bool is_block = element_is_block(piece->element);
        if (is_block)
            end_block_line(line);
        if (piece->element == ELEMENT_PRE)
            tidy_preformatted(piece);
        else
            tidy_children(line, piece);
        if (is_block)
            end_block_line(line);
    } else if (!piece->is_value) {
        collapse(line, piece);
    } else if (*piece->text) {
        line->space = NULL;
        line->is_after_space = false;
        line->is_empty = line->is_empty && !has_ink(piece->text);
    }
}

static void tidy_children(struct line *line, struct piece *parent)
{
    for (struct piece *piece = parent->first; piece; piece = piece->next)
        tidy_piece(line, piece);
}

static bool shows_something(const struct piece *piece)
{
    if (!piece->is_element)
        return has_ink(piece->text);
    if (piece->element == ELEMENT_HR)
        return true;
    for (const struct piece *child = piece->first; child; child = child->next)
        if (shows_something(child))
            return true;
    return false;
}

static bool is_nothing(const struct piece *piece)
{
    if (!piece->is_element)
        return !*piece->text;
    if (element_is_void(piece->element))
        return piece->is_dropped;
    return !piece->first || (element_is_block(piece->element) && !shows_something(piece));
}

static void prune(struct piece *parent)
{
    struct piece *kept = NULL, *next;
    for (struct piece *piece = parent->first; piece; piece = next) {
        next = piece->next;
        prune(piece);
        if (is_nothing(piece))
            continue;
        if (kept)
            kept->next = piece;
        else
            parent->first = piece;
        kept = piece;
    }
    if (kept)
        kept->next = NULL;
    else
        parent->first = NULL;
    parent->last = kept;
}

void pieces_tidy(struct piece *root)
{
    struct line line;
    start_line(&line, NULL);
    tidy_children(&line, root);
    end_block_line(&line);
    prune(root);
}

/* ---- HTML ---- */

static void write_escaped(struct buf *html, const char *text, bool is_value)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_puts(html, "&amp;");
            break;
        case '<':
            buf_puts(html, "&lt;");
            break;
        case '>':
            buf_puts(html, "&gt;");
            break;
        case '"':
            buf_puts(html, "&quot;");
            break;
        case '\n':
            buf_puts(html, is_value ? "<br>" : "\n");
            break;
        default:
            buf_putc(html, *text);
        }
    }
}

void pieces_write_html(const struct piece *root, struct buf *html)
{
    for (const struct piece *piece = root->first; piece; piece = piece->next) {
        if (!piece->is_element) {
            write_escaped(html, piece->text, piece->is_value);
            continue;
        }
        buf_printf(html, "<%s", element_name(piece->element));
        if (piece->href) {
            buf_puts(html, " href=\"");
            write_escaped(html, piece->href, false);
            buf_putc(html, '"');
        }
        buf_putc(html, '>');
        if (element_is_void(piece->element))
            continue;
        pieces_write_html(piece, html);
        buf_printf(html, "</%s>", element_name(piece->element));
    }
}

/* ---- Plain, and Markdown ---- */

/* What stands before the lines of a block: an entry's sign once, then as many spaces. */
struct margin {
    char sign[16];
    bool is_entry, is_used;
};

struct plain {
    struct buf *body;
    struct margin margins[TEMPLATE_DEPTH * 2];
    int n_margins;
    bool has_text; /* on this line */
    bool owes_break; /* before the next text */
    bool is_markdown;
    bool owes_empty_line; /* likewise, in Markdown */
    bool is_code; /* nothing in it is a sign */
};

static void write_margins(struct plain *plain)
{
    for (int i = 0; i < plain->n_margins; i++) {
        struct margin *margin = &plain->margins[i];
        if (margin->is_entry && margin->is_used)
            buf_printf(plain->body, "%*s", (int)strlen(margin->sign), "");
        else
            buf_puts(plain->body, margin->sign);
        margin->is_used = true;
    }
}

static void plain_puts(struct plain *plain, const char *text, size_t len)
{
    if (len == 0)
        return;
    if (plain->owes_break)
        buf_puts(plain->body, plain->owes_empty_line ? "\n\n" : "\n");
    plain->owes_break = plain->owes_empty_line = false;
    if (!plain->has_text)
        write_margins(plain);
    plain->has_text = true;
    buf_add(plain->body, text, len);
}

static void plain_break(struct plain *plain)
{
    if (plain->owes_break)
        buf_putc(plain->body, '\n');
    plain->owes_break = false;
    if (!plain->has_text)
        write_margins(plain);
    plain->has_text = false;
    buf_puts(plain->body, plain->is_markdown && !plain->is_code ? "\\\n" : "\n");
}

static void plain_edge(struct plain *plain)
{
    plain->owes_break = plain->owes_break || plain->has_text;
    plain->has_text = false;
}

/* A line that begins like an entry of a list is none. */
static void markdown_puts(struct plain *plain, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_sign =
            strchr("\\`*_[]<>#|~", text[i]) || (i == 0 && !plain->has_text && strchr("-+=", text[i]));
        bool is_entry = strchr(".)", text[i]) && i > 0 && strspn(text, "0123456789") == i;
        if (is_sign || is_entry)
            plain_puts(plain, "\\", 1);
        plain_puts(plain, text + i, 1);
    }
}

static void plain_text(struct plain *plain, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        if (plain->is_markdown && !plain->is_code)
            markdown_puts(plain, text, len);
        else
            plain_puts(plain, text, len);
        if (!text[len])
            return;
        plain_break(plain);
        text += len + 1;
    }
}

static void link_text(const struct piece *piece, struct buf *text)
{
    for (const struct piece *child = piece->first; child; child = child->next) {
        if (child->is_element)
            link_text(child, text);
        else
            buf_puts(text, child->text);
    }
}

static void plain_address(struct plain *plain, const struct piece *link)
{
    if (text_starts_with(link->href, "https://matrix.to/#/@"))
        return;
    const char *shown = link->href + (text_starts_with(link->href, "mailto:") ? strlen("mailto:") : 0);
    struct buf text;
    buf_init(&text, strlen(shown));
    link_text(link, &text);
    if (text.is_full || strcmp(text.text, shown) != 0) {
        plain_puts(plain, " (", 2);
        plain_puts(plain, shown, strlen(shown));
        plain_puts(plain, ")", 1);
    }
    buf_finish(&text);
}

static void plain_children(struct plain *plain, const struct piece *parent);

static void plain_with_margin(struct plain *plain, const struct piece *piece, struct margin margin)
{
    assert(plain->n_margins < (int)(sizeof plain->margins / sizeof plain->margins[0]));
    plain->margins[plain->n_margins++] = margin;
    plain_children(plain, piece);
    plain_edge(plain);
    plain->n_margins--;
}

static void plain_list(struct plain *plain, const struct piece *list)
{
    int number = 0;
    for (const struct piece *entry = list->first; entry; entry = entry->next) {
        struct margin margin = { .sign = "- ", .is_entry = true };
        if (list->element == ELEMENT_OL)
            snprintf(margin.sign, sizeof margin.sign, "%d. ", ++number);
        plain_edge(plain);
        plain_with_margin(plain, entry, margin);
    }
}

/* What stands on both sides of it in Markdown. */
static const char *sign_of(const struct plain *plain, const struct piece *piece)
{
    if (!plain->is_markdown)
        return "";
    if (piece->element == ELEMENT_STRONG || piece->element == ELEMENT_B)
        return "**";
    return piece->element == ELEMENT_EM || piece->element == ELEMENT_I ? "*" : "";
}

static void markdown_link(struct plain *plain, const struct piece *link)
{
    plain_puts(plain, "[", 1);
    plain_children(plain, link);
    plain_puts(plain, "](", 2);
    plain_puts(plain, link->href, strlen(link->href));
    plain_puts(plain, ")", 1);
}

static void plain_block_edge(struct plain *plain, const struct piece *piece)
{
    plain_edge(plain);
    /* The entries of a list stand together. */
    if (plain->is_markdown && piece->element != ELEMENT_LI)
        plain->owes_empty_line = plain->owes_break;
}

static void plain_element(struct plain *plain, const struct piece *piece, const struct piece *parent)
{
    bool is_block = element_is_block(piece->element), was_code = plain->is_code;
    bool is_ticked = piece->element == ELEMENT_CODE && parent->element != ELEMENT_PRE;
    const char *sign = sign_of(plain, piece);
    if (is_block)
        plain_block_edge(plain, piece);
    plain->is_code = was_code || piece->element == ELEMENT_CODE || piece->element == ELEMENT_PRE;
    if (piece->element == ELEMENT_BR)
        plain_break(plain);
    else if (piece->element == ELEMENT_HR)
        plain_puts(plain, "---", 3);
    else if (piece->element == ELEMENT_BLOCKQUOTE)
        plain_with_margin(plain, piece, (struct margin){ .sign = "> " });
    else if (!element_holds_text(piece->element))
        plain_list(plain, piece);
    else if (plain->is_markdown && piece->href)
        markdown_link(plain, piece);
    else {
        plain_puts(plain, "`", is_ticked);
        plain_puts(plain, sign, strlen(sign));
        plain_children(plain, piece);
        plain_puts(plain, sign, strlen(sign));
        plain_puts(plain, "`", is_ticked);
    }
    if (piece->href && !plain->is_markdown)
        plain_address(plain, piece);
    plain->is_code = was_code;
    if (is_block)
        plain_block_edge(plain, piece);
}

static void plain_children(struct plain *plain, const struct piece *parent)
{
    for (const struct piece *piece = parent->first; piece; piece = piece->next) {
        if (piece->is_element)
            plain_element(plain, piece, parent);
        else
            plain_text(plain, piece->text);
    }
}

void pieces_write_plain(const struct piece *root, struct buf *body)
{
    struct plain plain = { .body = body };
    plain_children(&plain, root);
}

void pieces_write_markdown(const struct piece *root, struct buf *body)
{
    struct plain markdown = { .body = body, .is_markdown = true };
    plain_children(&markdown, root);
}
