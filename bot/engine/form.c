#include "engine/form.h"

#include <string.h>

#include "base/text.h"
#include "engine/command.h"

/* Labels longer than this are no labels: a sentence may hold a colon. */
enum { LABEL_BYTES_MAX = 48 };

/* The field whose label stands before the first colon of the line; value_out is what follows the colon. */
static const struct form_field *line_field(struct arena *arena, const struct form *form, const char *line,
                                           const char **value_out)
{
    /* What indents it is no part of it, and no line break is passed over. */
    const char *first = text_skip_space(line);
    line = first < line + strcspn(line, "\n") ? first : line;
    size_t end = strcspn(line, ":\n");
    /* A full-width colon is what some keyboards type; a URL is no label. */
    if (line[end] != ':' || end > LABEL_BYTES_MAX || end == 0 || strncmp(line + end, "://", 3) == 0)
        return NULL;
    char *label = text_fold_name(arena, arena_strndup(arena, line, end));
    for (const struct form_field *field = form->fields; field->name; field++)
        for (int lang = 0; lang < 2; lang++)
            for (int i = 0; i < FORM_LABELS_MAX && field->labels[lang][i]; i++)
                if (text_is_name(arena, field->labels[lang][i], label)) {
                    *value_out = line + end + 1;
                    return field;
                }
    return NULL;
}

/* Never within a character: half of one is no UTF-8, and no JSON afterwards. */
static size_t bounded(const char *text, size_t len)
{
    if (len <= FORM_VALUE_MAX)
        return len;
    for (len = FORM_VALUE_MAX; len && ((unsigned char)text[len] & 0xC0) == 0x80;)
        len--;
    return len;
}

static void keep(struct arena *arena, struct form_values *values, const struct form_field *field,
                 const char *text, size_t len)
{
    const char *value = text_trim(arena, arena_strndup(arena, text, bounded(text, len)));
    if (!field) {
        values->head = value;
        return;
    }
    if (!*value)
        return;
    size_t i = 0;
    while (i < values->n && strcmp(values->names[i], field->name) != 0)
        i++;
    if (i == FORM_FIELDS_MAX)
        return;
    values->names[i] = field->name;
    values->values[i] = value;
    if (i == values->n)
        values->n++;
}

struct form_values form_parse(struct arena *arena, const struct form *form, const char *text)
{
    struct form_values values = { .head = "" };
    const struct form_field *field = NULL;
    const char *start = text, *line = text;
    for (;;) {
        const char *value;
        const struct form_field *next = line_field(arena, form, line, &value);
        if (next) {
            keep(arena, &values, field, start, (size_t)(line - start));
            field = next;
            start = value;
        }
        const char *end = strchr(line, '\n');
        if (!end)
            break;
        line = end + 1;
    }
    keep(arena, &values, field, start, strlen(start));
    return values;
}

const char *form_value(const struct form_values *values, const char *name)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->names[i], name) == 0)
            return values->values[i];
    return NULL;
}

bool form_begins(struct arena *arena, const struct form *form, const char *text)
{
    const char *value;
    return line_field(arena, form, text_skip_space(text), &value) != NULL;
}

const char *form_label(const struct form *form, const char *field, const char *lang)
{
    const struct form_field *f = form->fields;
    while (strcmp(f->name, field) != 0)
        f++;
    return f->labels[lang_index(lang)][0];
}
