/*
 * The one spelling of what is signed, of any JSON text: against a speller of the test's own that goes from text to text and
 * knows no json-c. Of what that takes for JSON both say the same, or both that it has no spelling. Left out of it is where
 * readers may differ (canon.h): a name twice, half a surrogate, a NUL in a name, no UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "fuzz.h"
#include "matrix/crypto/canon.h"

enum { TEXT_BYTES = 1 << 16, LEVELS = 1000 };
enum verdict { SPELT, HAS_NONE, DIFFERS };

struct reader {
    const char *at; /* ends with a NUL */
    struct arena *arena;
    enum verdict verdict; /* the worst so far */
    bool is_signed; /* the outermost object without what no signature covers */
};

struct member {
    const char *name, *value; /* as they are spelt */
};

static const char *spell_value(struct reader *reader, int level);

static const char *judge(struct reader *reader, enum verdict verdict)
{
    if (verdict > reader->verdict)
        reader->verdict = verdict;
    return "";
}

static bool take(struct reader *reader, const char *token)
{
    size_t len = strlen(token);
    if (strncmp(reader->at, token, len) != 0)
        return false;
    reader->at += len;
    return true;
}

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

/* Strings */

static unsigned take_hex(struct reader *reader)
{
    char digits[5] = { 0 };
    memcpy(digits, reader->at, strnlen(reader->at, 4));
    if (strspn(digits, "0123456789ABCDEFabcdef") != 4) {
        judge(reader, DIFFERS);
        return ' ';
    }
    reader->at += 4;
    return (unsigned)strtoul(digits, NULL, 16);
}

static void put_code(struct buf *out, unsigned code)
{
    static const char *const escapes[] = { ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
                                           ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\" };
    if (code <= '\\' && escapes[code])
        buf_puts(out, escapes[code]);
    else if (code < 0x20)
        buf_printf(out, "\\u00%02x", code);
    else if (code < 0x80)
        buf_putc(out, (char)code);
    else if (code < 0x800)
        buf_printf(out, "%c%c", 0xC0 | code >> 6, 0x80 | (code & 0x3F));
    else if (code < 0x10000)
        buf_printf(out, "%c%c%c", 0xE0 | code >> 12, 0x80 | (code >> 6 & 0x3F), 0x80 | (code & 0x3F));
    else
        buf_printf(out, "%c%c%c%c", 0xF0 | code >> 18, 0x80 | (code >> 12 & 0x3F), 0x80 | (code >> 6 & 0x3F),
                   0x80 | (code & 0x3F));
}

static unsigned take_escaped(struct reader *reader)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *name = *reader->at ? strchr(names, *reader->at) : NULL;
    if (name) {
        reader->at++;
        return (unsigned char)meant[name - names];
    }
    if (!take(reader, "u")) {
        judge(reader, DIFFERS);
        return ' ';
    }
    unsigned code = take_hex(reader);
    if (code < 0xD800 || code > 0xDFFF)
        return code;
    unsigned low = code < 0xDC00 && take(reader, "\\u") ? take_hex(reader) : 0;
    if (low < 0xDC00 || low > 0xDFFF)
        judge(reader, DIFFERS);
    return 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
}

/* Behind the quote. */
static const char *spell_string(struct reader *reader, bool is_name)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES);
    buf_putc(&out, '"');
    while (reader->verdict < DIFFERS && !take(reader, "\"")) {
        unsigned char c = (unsigned char)*reader->at;
        if (c < ' ')
            judge(reader, DIFFERS);
        else if (c == '\\') {
            reader->at++;
            unsigned code = take_escaped(reader);
            if (is_name && !code)
                judge(reader, DIFFERS);
            put_code(&out, code);
        } else {
            buf_putc(&out, (char)c);
            reader->at++;
        }
    }
    buf_putc(&out, '"');
    const char *text = arena_strdup(reader->arena, out.text);
    buf_finish(&out);
    return text;
}

/* Numbers */

static const char *spell_number(struct reader *reader)
{
    static const char digits[] = "0123456789";
    bool is_negative = take(reader, "-");
    size_t len = strspn(reader->at, digits);
    if (!len || (len > 1 && *reader->at == '0'))
        return judge(reader, DIFFERS);
    unsigned long long number = len < 18 ? strtoull(reader->at, NULL, 10) : 1ULL << 60;
    reader->at += len;
    if (number >= 1ULL << 53)
        judge(reader, HAS_NONE);
    if (take(reader, ".")) {
        judge(reader, HAS_NONE);
        len = strspn(reader->at, digits);
        reader->at += len;
    }
    if (len && (take(reader, "e") || take(reader, "E"))) {
        judge(reader, HAS_NONE);
        reader->at += strspn(reader->at, "+-") == 1;
        len = strspn(reader->at, digits);
        reader->at += len;
    }
    return len ? arena_printf(reader->arena, "%s%llu", is_negative && number ? "-" : "", number)
               : judge(reader, DIFFERS);
}

/* Objects and arrays */

/* By code points, as they are spelt or not: of the characters that are escaped the order is that of the bytes meant. */
static int compare_members(const void *a, const void *b)
{
    struct arena *arena = arena_create();
    const char *const names[] = { ((const struct member *)a)->name, ((const struct member *)b)->name };
    int codes[2] = { 0 };
    struct reader readers[2] = { { .at = names[0] + 1, .arena = arena },
                                 { .at = names[1] + 1, .arena = arena } };
    do {
        for (size_t i = 0; i < 2; i++) {
            size_t len;
            struct reader *one = &readers[i];
            if (take(one, "\\")) {
                codes[i] = (int)take_escaped(one);
            } else {
                codes[i] = one->at[1] ? text_codepoint(one->at, &len) : -1; /* the last one is the quote */
                one->at += codes[i] < 0 ? 0 : len;
            }
        }
    } while (codes[0] == codes[1] && codes[0] >= 0);
    arena_destroy(arena);
    return codes[0] - codes[1];
}

static const char *join(struct reader *reader, const struct member *members, size_t n, const char *brackets)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES);
    buf_putc(&out, brackets[0]);
    for (size_t i = 0; i < n; i++)
        buf_printf(&out, "%s%s%s%s", i ? "," : "", members[i].name, *members[i].name ? ":" : "",
                   members[i].value);
    buf_putc(&out, brackets[1]);
    const char *text = arena_strdup(reader->arena, out.text);
    buf_finish(&out);
    return text;
}

static bool is_covered(const struct reader *reader, const char *name, int level)
{
    return !reader->is_signed || level > 0 ||
           (strcmp(name, "\"signatures\"") != 0 && strcmp(name, "\"unsigned\"") != 0);
}

/* Behind the bracket. */
static const char *spell_members(struct reader *reader, bool is_object, int level)
{
    const char *brackets = is_object ? "{}" : "[]";
    struct member *members = NULL;
    size_t n = 0;
    skip_space(reader);
    bool is_end = take(reader, brackets + 1);
    while (!is_end && reader->verdict < DIFFERS) {
        struct member member = { .name = "" };
        enum verdict before = reader->verdict;
        skip_space(reader);
        if (is_object) {
            member.name = take(reader, "\"") ? spell_string(reader, true) : judge(reader, DIFFERS);
            skip_space(reader);
            if (!take(reader, ":"))
                judge(reader, DIFFERS);
        }
        member.value = spell_value(reader, level + 1);
        if (is_covered(reader, member.name, level)) {
            members = xreallocarray(members, n + 1, sizeof *members);
            members[n++] = member;
        } else if (reader->verdict < DIFFERS)
            reader->verdict = before; /* nobody spells it */
        skip_space(reader);
        is_end = take(reader, brackets + 1);
        if (!is_end && !take(reader, ","))
            judge(reader, DIFFERS);
    }
    if (is_object && n && reader->verdict < DIFFERS)
        qsort(members, n, sizeof *members, compare_members);
    for (size_t i = 1; i < n && is_object; i++)
        if (strcmp(members[i - 1].name, members[i].name) == 0)
            judge(reader, DIFFERS);
    const char *text = join(reader, members, n, brackets);
    free(members);
    return text;
}

static const char *spell_value(struct reader *reader, int level)
{
    static const char *const words[] = { "null", "true", "false" };
    skip_space(reader);
    if (level > LEVELS || reader->verdict == DIFFERS)
        return judge(reader, DIFFERS);
    if (level > CANON_DEPTH)
        judge(reader, HAS_NONE);
    for (size_t i = 0; i < 3; i++)
        if (take(reader, words[i]))
            return words[i];
    if (take(reader, "\""))
        return spell_string(reader, false);
    if (take(reader, "{"))
        return spell_members(reader, true, level);
    if (take(reader, "["))
        return spell_members(reader, false, level);
    return spell_number(reader);
}

static void compare(struct arena *arena, const char *text, const char *theirs, bool is_signed)
{
    struct reader reader = { .at = text, .arena = arena, .is_signed = is_signed };
    const char *ours = spell_value(&reader, 0);
    skip_space(&reader);
    if (*reader.at || reader.verdict == DIFFERS || !fuzz_is_utf8(text))
        return;
    FUZZ_REQUIRE(reader.verdict == SPELT ? theirs && strcmp(ours, theirs) == 0 : !theirs);
}

/* Read again it is the same, and spelt the same. */
static void check_again(struct arena *arena, struct json_object *json, const char *text)
{
    struct json_object *again = json_parse(text, strlen(text));
    const char *same = canon_text(again, arena);
    FUZZ_REQUIRE(same && strcmp(same, text) == 0);
    FUZZ_REQUIRE(json_object_equal(json, again));
    json_object_put(again);
}

void target_canon(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    char *text = fuzz_text(arena, bytes, len);
    struct json_object *json = json_parse(text, strlen(text));
    const char *spelt = canon_text(json, arena);
    if (spelt)
        check_again(arena, json, spelt);
    compare(arena, text, spelt, false);
    if (json_object_is_type(json, json_type_object))
        compare(arena, text, canon_signed(json, arena), true);
    json_object_put(json);
    arena_destroy(arena);
}
