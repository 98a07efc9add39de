/* What a row of the outbox says, at the moment it is said: its texts as they are now, its instants in its own language, and
 * nobody called who has left. A row has but references to both. */

#include <string.h>

#include "base/text.h"
#include "engine/private.h"
#include "time/timewords.h"
#include "words/message.h"

/* What stands for a text that was removed. */
static const char *removed_text(const struct speaker *speaker)
{
    struct message_wanted wanted = { .lang = speaker->lang, .name = "text/removed" };
    struct message message;
    return message_render(speaker->arena, &wanted, &message, NULL) ? message.body : "";
}

static const char *find_text(const struct speaker *speaker, struct json_object *reference)
{
    char *content = store_str(speaker->engine->store, speaker->arena,
                              "SELECT content FROM text WHERE id = ?1 AND is_emptied = 0", "i",
                              json_int(reference, "$text", 0));
    if (!content)
        return removed_text(speaker);
    char *clean = text_clean(speaker->arena, content);
    int64_t max = json_int(reference, "$max", 0);
    if (json_flag(reference, "$sentence", false))
        clean = text_first_sentence(speaker->arena, clean, (size_t)max);
    return max ? text_shorten(speaker->arena, clean, (size_t)max) : clean;
}

static const char *find_time(const struct speaker *speaker, struct json_object *reference, const char *form)
{
    int64_t at_ms = json_int(reference, "$at", 0), now_ms = json_int(reference, "$now", 0);
    struct timewords_instant instant = {
        .lang = speaker->lang,
        .zone = json_str(reference, "$zone"),
        .at_ms = at_ms,
        .now_year = (int)json_int(reference, "$year", 0),
    };
    if (strcmp(form, "in") == 0)
        return now_ms ? timewords_in(speaker->arena, speaker->lang, at_ms, now_ms) : "";
    return timewords_text(speaker->arena, &instant, form);
}

static const char *find(void *context, struct json_object *value, const char *name)
{
    const struct speaker *speaker = context;
    if (!name)
        return json_find(value, "$text") ? find_text(speaker, value) : NULL;
    return json_find(value, "$at") ? find_time(speaker, value, name) : NULL;
}

struct message_lookup speak_lookup(struct speaker *speaker)
{
    return (struct message_lookup){ find, speaker };
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
        struct speaker speaker = { .engine = engine, .lang = row->lang, .arena = arena };
        struct message_lookup lookup = speak_lookup(&speaker);
        struct message_wanted wanted = {
            .lang = row->lang, .name = row->template_name, .values = values, .lookup = &lookup
        };
        struct message message;
        ok = message_render(arena, &wanted, &message, err);
        if (ok) {
            out->body = message.body;
            out->html = message.html;
        }
    }
    json_object_put(values);
    return ok;
}
