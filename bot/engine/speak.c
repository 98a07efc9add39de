/* What a row of the outbox says, at the moment it is said: its texts as they are now, and nobody called who has left. */

#include <string.h>

#include "base/text.h"
#include "engine/private.h"
#include "words/message.h"

/* A template's small text, as a string: what stands for a text that was removed. */
static const char *small_text(struct arena *arena, const char *lang, const char *name)
{
    struct message message;
    struct json_object *nothing = json_object_new_object();
    bool ok = message_render(arena, lang, name, nothing, &message, NULL);
    json_object_put(nothing);
    return ok ? message.body : "";
}

static struct json_object *text_value(struct engine *engine, struct json_object *reference, const char *lang,
                                      struct arena *arena)
{
    char *content =
        store_str(engine->store, arena, "SELECT content FROM text WHERE id = ?1 AND is_emptied = 0", "i",
                  json_int(reference, "$text", 0));
    if (!content)
        return json_object_new_string(small_text(arena, lang, "text/removed"));
    char *clean = text_clean(arena, content);
    int64_t max = json_int(reference, "$max", 0);
    if (json_flag(reference, "$sentence", false))
        clean = text_first_sentence(arena, clean, (size_t)max);
    return json_object_new_string(max ? text_shorten(arena, clean, (size_t)max) : clean);
}

static bool is_reference(struct json_object *value)
{
    return json_object_is_type(value, json_type_object) && json_find(value, "$text");
}

void speak_fill_texts(struct engine *engine, struct json_object *value, const char *lang, struct arena *arena)
{
    if (json_object_is_type(value, json_type_object)) {
        /* A member that is set anew in its place leaves the others where they are. */
        json_object_object_foreach(value, name, member)
        {
            if (is_reference(member))
                json_set(value, name, text_value(engine, member, lang, arena));
            else
                speak_fill_texts(engine, member, lang, arena);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            struct json_object *member = json_object_array_get_idx(value, i);
            if (is_reference(member))
                json_object_array_put_idx(value, i, text_value(engine, member, lang, arena));
            else
                speak_fill_texts(engine, member, lang, arena);
        }
    }
}

static const char **joined_mentions(struct engine *engine, const struct outbox_row *row, struct arena *arena)
{
    struct json_object *list = row->mentions ? json_parse(row->mentions, strlen(row->mentions)) : NULL;
    size_t n = json_arr(list, "") ? json_object_array_length(list) : 0, kept = 0;
    const char **mentions = arena_alloc(arena, (n + 1) * sizeof *mentions);
    for (size_t i = 0; i < n; i++) {
        const char *person = json_str(json_object_array_get_idx(list, i), "");
        if (person && room_has_joined(engine->store, row->room, person))
            mentions[kept++] = arena_strdup(arena, person);
    }
    json_object_put(list);
    return mentions;
}

bool engine_speak(struct engine *engine, const struct outbox_row *row, struct arena *arena,
                  struct spoken *out, struct err *err)
{
    *out = (struct spoken){ .mentions = joined_mentions(engine, row, arena) };
    struct json_object *values = row->values ? json_parse(row->values, strlen(row->values)) : NULL;
    bool ok = true;
    if (row->kind == OUTBOX_REACTION) {
        out->key = arena_strdup(arena, json_str(values, "key"));
    } else {
        struct message message;
        speak_fill_texts(engine, values, row->lang, arena);
        ok = message_render(arena, row->lang, row->template_name, values, &message, err);
        if (ok) {
            out->body = message.body;
            out->html = message.html;
        }
    }
    json_object_put(values);
    return ok;
}
