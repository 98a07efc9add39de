/* A filled form: each value stands in the text as it was typed. */
#include <string.h>

#include "commands/decision.h"
#include "fuzz.h"

static bool is_field(const struct form *form, const char *name)
{
    for (const struct form_field *field = form->fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return true;
    return false;
}

void target_form(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    const char *text = fuzz_text(arena, bytes, len);
    struct form_values values = form_parse(arena, &decision_form, text);
    FUZZ_REQUIRE(values.n <= FORM_FIELDS_MAX && values.head && strstr(text, values.head));
    for (size_t i = 0; i < values.n; i++) {
        FUZZ_REQUIRE(is_field(&decision_form, values.names[i]));
        FUZZ_REQUIRE(*values.values[i] && strlen(values.values[i]) <= FORM_VALUE_MAX);
        FUZZ_REQUIRE(strstr(text, values.values[i]) != NULL);
        FUZZ_REQUIRE(fuzz_is_utf8(values.values[i]) || !fuzz_is_utf8(text));
        FUZZ_REQUIRE(form_value(&values, values.names[i]) == values.values[i]);
        for (size_t j = 0; j < i; j++)
            FUZZ_REQUIRE(strcmp(values.names[i], values.names[j]) != 0);
    }
    if (form_begins(arena, &decision_form, text))
        FUZZ_REQUIRE(*values.head == '\0');
    arena_destroy(arena);
}
