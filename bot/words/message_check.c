/* All templates looked at without values: each parses, nests, has its parts and its other language. */
#include <string.h>

#include "words/message_parts.h"

/* Parts that the header promises to templates, used or not. */
static const char *const promised_partials[] = { "partials/pill" };

static bool check_nodes(struct render *r, struct place at, const struct template_node *node);

static bool check_partial(struct render *r, struct place at, const struct template_node *node)
{
    const struct template_source *row =
        templates_find(r->book->rows, r->lang, message_partial_name(r->arena, node->text));
    if (!row)
        return message_fail_named(r, &at, node, "no such partial: ");
    /* One that repeats itself ends with its values. */
    for (const struct entered *known = at.entered; known; known = known->up)
        if (known->row == row)
            return true;
    struct template_node *root = message_book_parse(r->book, row, NULL, r->err);
    struct entered entered = { row, at.entered };
    at.name = row->name;
    at.entered = &entered;
    return root && check_nodes(r, at, root->first);
}

static bool check_node(struct render *r, struct place at, const struct template_node *node)
{
    if (node->kind == TEMPLATE_PARTIAL && node->is_dynamic)
        return true; /* its values say which: a row that was to be said is one that can be */
    if (node->kind == TEMPLATE_PARTIAL)
        return check_partial(r, at, node);
    bool is_text = node->kind == TEMPLATE_VALUE ||
                   (node->kind == TEMPLATE_TEXT && node->text[strspn(node->text, " \t\n")]);
    if (is_text && !element_holds_text(at.parent->element))
        return message_fail(r, &at, node, "text between the entries of a list");
    if (node->kind == TEMPLATE_ELEMENT) {
        if (!message_can_stand(r, &at, node))
            return false;
        at.parent = piece_add_element(r->arena, NULL, node->element);
        at.is_in_link = at.is_in_link || node->element == ELEMENT_A;
    }
    return check_nodes(r, at, node->first);
}

static bool check_nodes(struct render *r, struct place at, const struct template_node *node)
{
    if (node && at.depth++ > TEMPLATE_DEPTH)
        return message_fail(r, &at, node, "more than 64 levels");
    for (; node; node = node->next)
        if (!check_node(r, at, node))
            return false;
    return true;
}

static bool uses_partial(struct arena *arena, const struct template_node *node, const char *own_name)
{
    for (; node; node = node->next)
        if ((node->kind == TEMPLATE_PARTIAL && !node->is_dynamic &&
             strcmp(message_partial_name(arena, node->text), own_name) == 0) ||
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
        struct template_node *root =
            templates_is_words(row) ? NULL : message_book_parse(book, row, NULL, NULL);
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
    struct template_node *root = message_book_parse(book, row, NULL, err);
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
    return message_book_check(message_own_book(), err);
}
