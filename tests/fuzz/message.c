/* The templates' output: of any values at all, it is refused, or HTML that Matrix allows and text that can be shown. */
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "words/message.h"

/* The people are the fuzzer's, like all values. */
static bool is_anybody(void *data, const char *id)
{
    (void)data, (void)id;
    return true;
}

static const struct template_source *template_at(size_t index)
{
    size_t n = 0;
    while (template_sources[n].name)
        n++;
    return &template_sources[index % n];
}

void target_message(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    const struct template_source *row = template_at(fuzz_take_byte(&bytes, &len));
    struct json_object *values = json_parse(len ? (const char *)bytes : "", len);
    if (!templates_is_words(row)) {
        struct message_wanted wanted = { .lang = arena_strndup(arena, row->name, strcspn(row->name, "/")),
                                         .name = templates_own_name(row),
                                         .values = values };
        struct message message;
        struct err err = { "" };
        if (message_render(arena, &wanted, &message, &err)) {
            FUZZ_REQUIRE(strlen(message.body) + strlen(message.html) <= MESSAGE_MAX);
            fuzz_check_shown(message.body);
            fuzz_check_shown(message.html);
            fuzz_check_html(message.html, is_anybody, NULL);
        } else {
            FUZZ_REQUIRE(*err.text);
        }
    }
    json_object_put(values);
    arena_destroy(arena);
}
