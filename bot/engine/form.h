/*
 * form - an ordered list of fields: parsed from what a person typed, asked for once, rendered on the card.
 *
 * Shape:   a filled form is lines of `Label: value`, labels of either language in any order, values of several
 *          lines; what stands before the first label is the form's head (a command's one line).
 * Bounds:  a value 4 KiB, 16 fields.
 * Source:  method.md 1.
 */
#ifndef ENGINE_FORM_H
#define ENGINE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { FORM_FIELDS_MAX = 16, FORM_LABELS_MAX = 6, FORM_VALUE_MAX = 4096 };

struct form_field {
    const char *name; /* in the store */
    const char *labels[2][FORM_LABELS_MAX]; /* en, fr; the first is shown */
    bool is_wanted; /* asked for once, in the thread, if it is not there */
};

struct form {
    const struct form_field *fields; /* ends with a NULL name */
};

struct form_values {
    const char *head; /* trimmed; "" if there is none */
    const char *names[FORM_FIELDS_MAX];
    const char *values[FORM_FIELDS_MAX]; /* trimmed, not empty */
    size_t n;
};

/* A value that is too long is cut; a label that comes twice: the later one holds. */
struct form_values form_parse(struct arena *arena, const struct form *form, const char *text);
/* NULL if it was not given. */
const char *form_value(const struct form_values *values, const char *name);
/* How a field of the form is called in a language. */
const char *form_label(const struct form *form, const char *field, const char *lang);
/* True if the text begins with a label of the form: only then is it a filled form. */
bool form_begins(struct arena *arena, const struct form *form, const char *text);

#endif
