#include "matrix/crypto/canon.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"

static const int64_t number_max = (INT64_C(1) << 53) - 1;

static bool put_value(struct buf *out, struct json_object *value, int depth, bool is_signed);

static void put_char(struct buf *out, unsigned char c)
{
    static const char plain[] = "\b\t\n\f\r\"\\", named[] = "btnfr\"\\";
    const char *at = c ? strchr(plain, c) : NULL;
    if (at)
        buf_printf(out, "\\%c", named[at - plain]);
    else if (c < ' ')
        buf_printf(out, "\\u%04x", c);
    else
        buf_putc(out, (char)c);
}

static void put_string(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++)
        put_char(out, (unsigned char)text[i]);
    buf_putc(out, '"');
}

/* In UTF-8 the order of bytes is the order of code points. */
static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **names_of(struct json_object *object, size_t *n_out)
{
    const char **names = xcalloc((size_t)json_object_object_length(object) + 1, sizeof *names);
    size_t n = 0;
    json_object_object_foreach(object, name, value)
    {
        (void)value;
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, compare_names);
    *n_out = n;
    return names;
}

static bool put_object(struct buf *out, struct json_object *object, int depth, bool is_signed)
{
    size_t n, n_put = 0;
    const char **names = names_of(object, &n);
    bool ok = true;
    buf_putc(out, '{');
    for (size_t i = 0; i < n && ok; i++) {
        if (is_signed && (strcmp(names[i], "signatures") == 0 || strcmp(names[i], "unsigned") == 0))
            continue;
        if (n_put++)
            buf_putc(out, ',');
        put_string(out, names[i], strlen(names[i]));
        buf_putc(out, ':');
        struct json_object *value = NULL;
        json_object_object_get_ex(object, names[i], &value);
        ok = put_value(out, value, depth - 1, false);
    }
    buf_putc(out, '}');
    free(names);
    return ok;
}

static bool put_array(struct buf *out, struct json_object *array, int depth)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        if (i)
            buf_putc(out, ',');
        if (!put_value(out, json_object_array_get_idx(array, i), depth - 1, false))
            return false;
    }
    buf_putc(out, ']');
    return true;
}

static bool put_number(struct buf *out, struct json_object *value)
{
    int64_t number = json_object_get_int64(value);
    buf_printf(out, "%lld", (long long)number);
    return number <= number_max && number >= -number_max;
}

/* is_signed: without the members that no signature covers; of the outermost object only. */
static bool put_value(struct buf *out, struct json_object *value, int depth, bool is_signed)
{
    if (depth < 0 || out->is_full)
        return false;
    switch (json_object_get_type(value)) {
    case json_type_null:
        return buf_puts(out, "null");
    case json_type_boolean:
        return buf_puts(out, json_object_get_boolean(value) ? "true" : "false");
    case json_type_int:
        return put_number(out, value);
    case json_type_string:
        put_string(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        return true;
    case json_type_object:
        return put_object(out, value, depth, is_signed);
    case json_type_array:
        return put_array(out, value, depth);
    case json_type_double:
        break;
    }
    return false;
}

static char *spell(struct json_object *value, struct arena *arena, bool is_signed)
{
    struct buf out;
    buf_init(&out, CANON_BYTES);
    bool ok = put_value(&out, value, CANON_DEPTH, is_signed) && !out.is_full;
    char *text = ok ? arena_strdup(arena, out.text) : NULL;
    buf_finish(&out);
    return text;
}

char *canon_text(struct json_object *value, struct arena *arena)
{
    return spell(value, arena, false);
}

char *canon_signed(struct json_object *object, struct arena *arena)
{
    return json_object_is_type(object, json_type_object) ? spell(object, arena, true) : NULL;
}
