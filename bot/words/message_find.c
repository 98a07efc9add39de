/* What a name in a template stands for. */
#include <string.h>

#include "words/message_parts.h"
#include "words/words.h"

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

static const char *look_up(struct render *r, struct json_object *value, const char *name)
{
    return r->lookup ? r->lookup->find(r->lookup->context, value, name) : NULL;
}

/* The value, or the text that it stands for. */
static struct found find_itself(struct render *r, struct json_object *value)
{
    const char *text = json_object_is_type(value, json_type_object) ? look_up(r, value, NULL) : NULL;
    return (struct found){ .kind = text ? FOUND_TEXT : FOUND_VALUE, .value = value, .text = text };
}

/* One part of a name within a value. */
static struct found find_member(struct render *r, struct json_object *value, const char *name)
{
    struct json_object *member = NULL;
    if (value && !json_object_is_type(value, json_type_object))
        return find_count(r, value, name);
    if (json_object_object_get_ex(value, name, &member))
        return find_itself(r, member);
    const char *text = look_up(r, value, name);
    return (struct found){ .kind = text ? FOUND_TEXT : FOUND_NOTHING, .text = text };
}

/* The names of an entry's place in its list begin with a dash, so that no value can hide them. */
static struct found find_place(const struct frame *frame, const char *name)
{
    while (frame && !frame->number)
        frame = frame->up;
    if (frame && strcmp(name, "-first") == 0)
        return (struct found){ .kind = FOUND_TRUTH, .truth = frame->number == 1 };
    if (frame && strcmp(name, "-last") == 0)
        return (struct found){ .kind = FOUND_TRUTH, .truth = frame->number == frame->of };
    if (frame && strcmp(name, "-number") == 0)
        return (struct found){ .kind = FOUND_COUNT, .count = (int64_t)frame->number };
    return (struct found){ 0 };
}

struct found message_find(struct render *r, const struct frame *frame, const char *name)
{
    if (strcmp(name, ".") == 0)
        return find_itself(r, frame->value);
    if (*name == '-')
        return find_place(frame, name);
    const char *part = arena_strndup(r->arena, name, strcspn(name, "."));
    struct found found = { 0 };
    for (; frame && found.kind == FOUND_NOTHING; frame = frame->up)
        if (!frame->value || json_object_is_type(frame->value, json_type_object))
            found = find_member(r, frame->value, part);
    for (name += strlen(part); *name && found.kind != FOUND_NOTHING; name += strlen(part)) {
        name++;
        part = arena_strndup(r->arena, name, strcspn(name, "."));
        found = found.kind == FOUND_VALUE ? find_member(r, found.value, part) : (struct found){ 0 };
    }
    return found;
}

bool message_is_true(const struct found *found)
{
    if (found->kind != FOUND_VALUE)
        return found->truth || found->count != 0 || (found->text && *found->text);
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
