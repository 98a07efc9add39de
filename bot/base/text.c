#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/xmalloc.h"

enum { TEXT_MAX = 1 << 20, DISTANCE_MAX_LEN = 40 };

int text_codepoint(const char *text, size_t *len_out)
{
    utf8proc_int32_t code = -1;
    if (!*text) {
        *len_out = 0;
        return 0;
    }
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, 4), &code);
    if (n <= 0) {
        *len_out = 1;
        return 0xFFFD;
    }
    *len_out = (size_t)n;
    return code;
}

static void add_codepoint(struct buf *buf, int code)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(code, bytes);
    buf_add(buf, (const char *)bytes, (size_t)n);
}

static bool is_space(int code)
{
    if (code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85)
        return true;
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static bool is_bidi_control(int code)
{
    return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Code points that show nothing: they would let two different texts look the same. */
static bool is_ignorable(int code)
{
    return code == 0x00AD || code == 0x034F || code == 0x115F || code == 0x1160 || code == 0x17B4 ||
           code == 0x17B5 || (code >= 0x180B && code <= 0x180F) || (code >= 0x200B && code <= 0x200D) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0x3164 || (code >= 0xFE00 && code <= 0xFE0F) ||
           code == 0xFEFF || code == 0xFFA0 || (code >= 0xFFF0 && code <= 0xFFF8) ||
           (code >= 0x1BCA0 && code <= 0x1BCA3) || (code >= 0x1D173 && code <= 0x1D17A) ||
           (code >= 0xE0000 && code <= 0xE0FFF);
}

bool text_is_hidden(int code)
{
    bool is_control = (code < ' ' && code != '\n') || (code >= 127 && code < 160);
    bool is_of_emoji = code == 0x200D || code == 0xFE0F;
    return is_control || is_bidi_control(code) || (is_ignorable(code) && !is_of_emoji);
}

bool text_is_blank(int code)
{
    return is_space(code) || is_ignorable(code);
}

bool text_has_words(const char *text)
{
    size_t len;
    for (int code; (code = text_codepoint(text, &len)) || len; text += len) {
        utf8proc_category_t category = utf8proc_category(code);
        bool is_mark = category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
        if (!is_mark && !text_is_hidden(code) && !text_is_blank(code))
            return true;
    }
    return false;
}

static bool is_apostrophe(int code)
{
    return code == '\'' || code == 0x2018 || code == 0x2019 || code == 0x02BC || code == 0xFF07 ||
           code == 0x00B4 || code == '`';
}

static bool is_hyphen(int code)
{
    return code == '-' || (code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0xFE63 ||
           code == 0xFF0D;
}

/* Takes what buf holds into the arena. */
static char *into_arena(struct arena *arena, struct buf *buf)
{
    char *text = arena_strndup(arena, buf->text, buf->len);
    buf_finish(buf);
    return text;
}

static bool is_printable_ascii(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

char *text_clean(struct arena *arena, const char *text)
{
    /* Most text: nothing in it is hidden, and it is composed. */
    if (is_printable_ascii(text))
        return arena_strdup(arena, text);
    struct buf kept;
    buf_init(&kept, TEXT_MAX);
    size_t len;
    for (int code; (code = text_codepoint(text, &len)) || len; text += len) {
        if (code == '\t')
            code = ' ';
        if (!text_is_hidden(code))
            add_codepoint(&kept, code);
    }
    utf8proc_uint8_t *composed = utf8proc_NFC((const utf8proc_uint8_t *)kept.text);
    char *out = arena_strdup(arena, composed ? (char *)composed : kept.text);
    free(composed);
    buf_finish(&kept);
    return out;
}

/* Where folding is a matter of the case, of spaces and of one sign. */
static char *fold_ascii(struct arena *arena, const char *text)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";
    char *folded = arena_alloc(arena, strlen(text) + 1), *to = folded;
    for (const char *c = text; *c; c++) {
        if (*c == ' ')
            continue;
        if (to > folded && c[-1] == ' ')
            *to++ = ' ';
        *to = *c;
        if (*c >= 'A' && *c <= 'Z')
            *to = small[*c - 'A'];
        else if (*c == '`')
            *to = '\'';
        to++;
    }
    return folded;
}

/* Freed by the caller; NULL if it cannot be mapped. */
static char *map_case_and_marks(const char *text)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped,
                 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                     UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
    return (char *)mapped;
}

char *text_fold(struct arena *arena, const char *text)
{
    if (is_printable_ascii(text))
        return fold_ascii(arena, text);
    struct buf valid;
    buf_init(&valid, TEXT_MAX);
    size_t len;
    for (int code; (code = text_codepoint(text, &len)) || len; text += len)
        if (!is_ignorable(code) && !is_bidi_control(code))
            add_codepoint(&valid, is_apostrophe(code) ? '\'' : code); /* mapped, ´ would be a space */

    char *mapped = map_case_and_marks(valid.text);
    buf_clear(&valid);
    bool is_owed_space = false;
    for (const char *c = mapped ? mapped : ""; *c; c += len) {
        int code = text_codepoint(c, &len);
        if (is_space(code)) {
            is_owed_space = valid.len > 0;
            continue;
        }
        if (is_owed_space)
            buf_putc(&valid, ' ');
        is_owed_space = false;
        /* The wide grave accent and the Greek one are plain ones only now. */
        add_codepoint(&valid, is_hyphen(code) ? '-' : code == '`' ? '\'' : code);
    }
    free(mapped);
    return into_arena(arena, &valid);
}

char *text_fold_name(struct arena *arena, const char *text)
{
    char *name = text_fold(arena, text), *to = name;
    for (const char *from = name; *from; from++)
        if (*from != '\'' && *from != '-' && *from != '_')
            *to++ = *from;
    *to = '\0';
    return name;
}

bool text_is_name(struct arena *arena, const char *name, const char *folded)
{
    /* A small letter of ASCII stays what it is, and mostly tells by itself that it is another. */
    if (*name >= 'a' && *name <= 'z' && *name != *folded)
        return false;
    return strcmp(text_fold_name(arena, name), folded) == 0;
}

char *text_fold_reaction(struct arena *arena, const char *key)
{
    struct buf kept;
    buf_init(&kept, 1024);
    size_t len;
    for (int code; (code = text_codepoint(key, &len)) || len; key += len) {
        if (code == 0xFE0E || code == 0xFE0F || (code >= 0x1F3FB && code <= 0x1F3FF))
            continue;
        if (code == 0x200D) {
            size_t sign_len;
            int sign = text_codepoint(key + len, &sign_len);
            if (sign == 0x2640 || sign == 0x2642) {
                len += sign_len;
                continue;
            }
        }
        add_codepoint(&kept, code);
    }
    return into_arena(arena, &kept);
}

const char *text_skip_space(const char *text)
{
    size_t len;
    for (int code; (code = text_codepoint(text, &len)) && is_space(code);)
        text += len;
    return text;
}

char *text_trim(struct arena *arena, const char *text)
{
    text = text_skip_space(text);
    const char *end = text;
    size_t len;
    for (const char *c = text; *c; c += len)
        if (!is_space(text_codepoint(c, &len)))
            end = c + len;
    return arena_strndup(arena, text, (size_t)(end - text));
}

static bool is_mark(int code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

size_t text_chars(const char *text)
{
    size_t n = 0, len;
    for (int code; (code = text_codepoint(text, &len)) || len; text += len)
        n += !is_mark(code);
    return n;
}

char *text_first_sentence(struct arena *arena, const char *text, size_t max_chars)
{
    size_t len = strcspn(text, "\n");
    char *line = text_trim(arena, arena_strndup(arena, text, len));
    const char *end = strstr(line, ". ");
    bool is_cut = *text_skip_space(text + len) != '\0';
    if (end && text_chars(line) > max_chars) {
        line = arena_strndup(arena, line, (size_t)(end + 1 - line));
        is_cut = true;
    }
    return is_cut ? arena_printf(arena, "%s …", line) : line;
}

char *text_shorten(struct arena *arena, const char *text, size_t max_chars)
{
    if (strlen(text) <= max_chars || text_chars(text) <= max_chars)
        return arena_strdup(arena, text);
    const char *end = text, *last_space = NULL;
    size_t n = 0, len;
    for (const char *c = text; *c && n < max_chars; c += len) {
        int code = text_codepoint(c, &len);
        n += !is_mark(code);
        if (is_space(code))
            last_space = c;
        end = c;
    }
    if (last_space && last_space > text && end - last_space < 24)
        end = last_space;
    return arena_printf(arena, "%.*s…", (int)(end - text), text);
}

int text_distance(const char *a, const char *b, int max)
{
    int a_len = (int)strnlen(a, DISTANCE_MAX_LEN + 1), b_len = (int)strnlen(b, DISTANCE_MAX_LEN + 1);
    if (a_len > DISTANCE_MAX_LEN || b_len > DISTANCE_MAX_LEN || abs(a_len - b_len) > max)
        return max + 1;
    int rows[3][DISTANCE_MAX_LEN + 2]; /* of the table: before the last one, the last one, the present one */
    for (int j = 0; j <= b_len; j++)
        rows[1][j] = j;
    memset(rows[0], 0, sizeof rows[0]);
    for (int i = 1; i <= a_len; i++) {
        rows[2][0] = i;
        for (int j = 1; j <= b_len; j++) {
            int best = rows[1][j - 1] + (a[i - 1] != b[j - 1]);
            if (rows[1][j] + 1 < best)
                best = rows[1][j] + 1;
            if (rows[2][j - 1] + 1 < best)
                best = rows[2][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && rows[0][j - 2] + 1 < best)
                best = rows[0][j - 2] + 1;
            rows[2][j] = best;
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b_len] > max ? max + 1 : rows[1][b_len];
}

bool text_is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool text_is_within(const char *text, const char *there)
{
    for (text = text_skip_space(text); *text; text = text_skip_space(text)) {
        size_t len = strcspn(text, " \t\r\n");
        while (*there && strncmp(there, text, len) != 0)
            there++;
        if (!*there)
            return false;
        there += len;
        text += len;
    }
    return true;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}
