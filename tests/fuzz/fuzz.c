#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DEPTH_MAX = 64, SEPARATOR = 0x1E };

void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

char *fuzz_text(struct arena *arena, const uint8_t *bytes, size_t len)
{
    const char *text = len ? (const char *)bytes : "";
    return arena_strndup(arena, text, strnlen(text, len));
}

uint8_t fuzz_take_byte(const uint8_t **bytes, size_t *len)
{
    if (!*len)
        return 0;
    ++*bytes;
    --*len;
    return (*bytes)[-1];
}

bool fuzz_take_record(struct arena *arena, const uint8_t **bytes, size_t *len, char **record_out)
{
    if (!*len)
        return false;
    const uint8_t *end = memchr(*bytes, SEPARATOR, *len);
    size_t n = end ? (size_t)(end - *bytes) : *len, taken = end ? n + 1 : n;
    *record_out = fuzz_text(arena, *bytes, n);
    *bytes += taken;
    *len -= taken;
    return true;
}

bool fuzz_is_utf8(const char *text)
{
    size_t len;
    for (int code; (code = text_codepoint(text, &len)) || len; text += len)
        if (code == 0xFFFD && len == 1)
            return false;
    return true;
}

void fuzz_check_shown(const char *text)
{
    size_t len;
    FUZZ_REQUIRE(fuzz_is_utf8(text));
    for (int code; (code = text_codepoint(text, &len)) || len; text += len) {
        FUZZ_REQUIRE(code >= ' ' || code == '\n');
        FUZZ_REQUIRE(!text_is_hidden(code));
    }
}

/* Reading HTML back */

static const char *read_reference(const char *at)
{
    static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_starts_with(at, known[i]))
            return at + strlen(known[i]);
    fuzz_fail("a bare &", __FILE__, __LINE__);
}

/* From the first character of the address to behind its quote. */
static const char *read_address(const char *at, bool (*is_person)(void *data, const char *id), void *data)
{
    static const char link[] = "https://matrix.to/#/";
    struct arena *arena = arena_create();
    size_t len = strcspn(at, "\"");
    FUZZ_REQUIRE(at[len] == '"' && text_starts_with(at, link));
    char *id = arena_strndup(arena, at + strlen(link), len - strlen(link)), *to = id;
    for (const char *from = id; *from; from++) {
        FUZZ_REQUIRE(*from > ' ' && *from < 127 && !strchr("<>&", *from));
        char digits[3] = { 0 };
        if (*from == '%') {
            memcpy(digits, from + 1, strnlen(from + 1, 2));
            FUZZ_REQUIRE(strspn(digits, "0123456789ABCDEFabcdef") == 2);
            from += 2;
        }
        *to++ = *digits ? (char)strtol(digits, NULL, 16) : *from;
    }
    *to = '\0';
    FUZZ_REQUIRE(is_person(data, id));
    arena_destroy(arena);
    return at + len + 1;
}

struct open_tags {
    const char *names[DEPTH_MAX];
    size_t lens[DEPTH_MAX], n;
};

static void note_tag(struct open_tags *open, const char *name, size_t len, bool is_end)
{
    if (!is_end) {
        FUZZ_REQUIRE(open->n < DEPTH_MAX);
        open->names[open->n] = name;
        open->lens[open->n++] = len;
        return;
    }
    FUZZ_REQUIRE(open->n > 0);
    open->n--;
    FUZZ_REQUIRE(open->lens[open->n] == len && memcmp(open->names[open->n], name, len) == 0);
}

void fuzz_check_html(const char *html, bool (*is_person)(void *data, const char *id), void *data)
{
    static const char *const allowed[] = { "p",  "br", "strong", "em",         "b", "i",   "code", "pre",
                                           "ul", "ol", "li",     "blockquote", "a", "del", "hr",   "span" };
    struct open_tags open = { .n = 0 };
    while (*html) {
        if (*html == '&') {
            html = read_reference(html);
            continue;
        }
        FUZZ_REQUIRE(*html != '>');
        if (*html++ != '<')
            continue;
        bool is_end = *html == '/', is_known = false;
        const char *name = html + is_end;
        size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz");
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
            is_known = is_known || (strlen(allowed[i]) == len && strncmp(allowed[i], name, len) == 0);
        FUZZ_REQUIRE(is_known);
        html = name + len;
        if (text_starts_with(html, " href=\"")) {
            FUZZ_REQUIRE(len == 1 && *name == 'a' && !is_end);
            html = read_address(html + strlen(" href=\""), is_person, data);
        }
        FUZZ_REQUIRE(*html++ == '>');
        bool is_void = len == 2 && (strncmp(name, "br", 2) == 0 || strncmp(name, "hr", 2) == 0);
        if (!is_void)
            note_tag(&open, name, len, is_end);
    }
    FUZZ_REQUIRE(open.n == 0);
}
