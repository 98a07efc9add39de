#include "base/json.h"

#include "base/bounds.h"

#include <limits.h>
#include <string.h>

enum { KEPT_BYTES = 1 << 18, NAME_BYTES = 256, FEW_LEVELS = 16 };

struct json_object *json_find(struct json_object *root, const char *path)
{
    char name[NAME_BYTES];
    for (const char *slash; root && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        size_t len = (size_t)(slash - path);
        if (len >= sizeof name || !json_object_is_type(root, json_type_object))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        if (!json_object_object_get_ex(root, name, &root))
            return NULL;
    }
    /* The last name, mostly the only one, ends where the path does. */
    if (root && *path &&
        (!json_object_is_type(root, json_type_object) || !json_object_object_get_ex(root, path, &root)))
        return NULL;
    return root;
}

static struct json_object *find_typed(struct json_object *root, const char *path, enum json_type type)
{
    struct json_object *value = json_find(root, path);
    return value && json_object_is_type(value, type) ? value : NULL;
}

const char *json_str(struct json_object *root, const char *path)
{
    struct json_object *value = find_typed(root, path, json_type_string);
    if (!value)
        return NULL;
    const char *text = json_object_get_string(value);
    return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

bool json_has_str(struct json_object *array, const char *text)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        const char *one = json_str(json_object_array_get_idx(array, i), "");
        if (one && strcmp(one, text) == 0)
            return true;
    }
    return false;
}

int64_t json_int(struct json_object *root, const char *path, int64_t fallback)
{
    struct json_object *value = find_typed(root, path, json_type_int);
    return value ? json_object_get_int64(value) : fallback;
}

bool json_flag(struct json_object *root, const char *path, bool fallback)
{
    struct json_object *value = find_typed(root, path, json_type_boolean);
    return value ? json_object_get_boolean(value) : fallback;
}

struct json_object *json_obj(struct json_object *root, const char *path)
{
    return find_typed(root, path, json_type_object);
}

struct json_object *json_arr(struct json_object *root, const char *path)
{
    return find_typed(root, path, json_type_array);
}

int json_depth(struct json_object *value, int limit)
{
    if (limit < 0)
        return 0;
    int deepest = 0;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            int depth = json_depth(member, limit - 1);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            int depth = json_depth(json_object_array_get_idx(value, i), limit - 1);
            deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
    }
    return 0;
}

static struct json_tokener *new_tokener(int depth)
{
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    if (tokener)
        json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    return tokener;
}

static struct json_object *parse_with(struct json_tokener *tokener, const char *text, size_t len)
{
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);
    size_t end = json_tokener_get_parse_end(tokener);
    /* A bare number or literal at the very end waits for more: a NUL says that there is none. */
    if (!value && json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, "", 1);
    while (end < len && strchr(" \t\r\n", text[end]) && text[end])
        end++;
    if (end < len) {
        json_object_put(value);
        return NULL;
    }
    return value;
}

/* Room for all the levels that an answer may have is costly to make, and hardly any text has more than a few. */
static struct json_object *parse_with_levels(int depth, const char *text, size_t len, bool *is_too_deep_out)
{
    struct json_tokener *tokener = new_tokener(depth);
    *is_too_deep_out = false;
    if (!tokener)
        return NULL;
    struct json_object *value = parse_with(tokener, text, len);
    *is_too_deep_out = json_tokener_get_error(tokener) == json_tokener_error_depth;
    json_tokener_free(tokener);
    return value;
}

struct json_object *json_parse(const char *text, size_t len)
{
    bool is_too_deep;
    if (len > INT_MAX)
        return NULL;
    struct json_object *value = parse_with_levels(FEW_LEVELS, text, len, &is_too_deep);
    return is_too_deep ? parse_with_levels(JSON_DEPTH, text, len, &is_too_deep) : value;
}

struct json_object *json_read(struct json_reader *reader, const char *text, size_t len)
{
    if (len > INT_MAX)
        return NULL;
    if (!reader->tokener)
        reader->tokener = new_tokener(JSON_DEPTH);
    if (!reader->tokener)
        return NULL;
    struct json_object *value = parse_with(reader->tokener, text, len);
    json_tokener_reset(reader->tokener);
    if (len > KEPT_BYTES)
        json_reader_finish(reader);
    return value;
}

void json_reader_finish(struct json_reader *reader)
{
    if (reader->tokener)
        json_tokener_free(reader->tokener);
    reader->tokener = NULL;
}

const char *json_text(struct json_object *value)
{
    return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void json_set(struct json_object *object, const char *name, struct json_object *value)
{
    json_object_object_add(object, name, value);
}

void json_set_str(struct json_object *object, const char *name, const char *value)
{
    if (value)
        json_set(object, name, json_object_new_string(value));
}

void json_set_int(struct json_object *object, const char *name, int64_t value)
{
    json_set(object, name, json_object_new_int64(value));
}

void json_set_bool(struct json_object *object, const char *name, bool value)
{
    json_set(object, name, json_object_new_boolean(value));
}

void json_add_str(struct json_object *array, const char *value)
{
    json_object_array_add(array, json_object_new_string(value));
}
