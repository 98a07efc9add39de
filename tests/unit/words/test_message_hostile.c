/* words/message: 10,000 hostile texts in every kind of place. What is written is read back by a reader of
 * its own: the same tags and addresses whatever the text, the text unchanged, and the plain body the text of
 * the HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sample.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "words/message.h"

enum { N_TEXTS = 10000, TEXT_BYTES = 160, READ_MAX = 64 * 1024 };

/* ---- Hostile texts ---- */

static uint64_t seed = 0x9E3779B97F4A7C15u;

static unsigned random_below(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % limit;
}

static const char *const fragments[] = {
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p>",
    "</a>",
    "<a href=\"https://evil.example/\">",
    "\"",
    "'",
    "\" onmouseover=\"x",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<br>",
    "<",
    ">",
    "&",
    "&lt;",
    "&amp;amp;",
    "&#60;",
    "&#x3c;",
    "&nbsp",
    "{{x}}",
    "{{{x}}}",
    "{{#s}}",
    "{{/s}}",
    "{{>pill}}",
    "{{",
    "}}",
    "@room",
    "@bob:example.org",
    "#room:example.org",
    "https://matrix.to/#/@bob:example.org",
    "matrix:u/bob:example.org",
    "[bob](https://matrix.to/#/@bob:example.org)",
    "javascript:alert(1)",
    "data:text/html,x",
    "*bold*",
    "_em_",
    "`code`",
    "```",
    "> quoted",
    "- entry",
    "# heading",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "  ",
    "%",
    "%00",
    "%2F",
    "..",
    "/",
    "\\",
    "?x=1",
    "\x01",
    "\x7f",
    "\x1b[31m",
    "\xff",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xe2\x82",
    "\xc2\x85",
    "\u00a0",
    "\u00ad",
    "\u061c",
    "\u200b",
    "\u200d",
    "\u200e",
    "\u202e",
    "\u2028",
    "\u202f",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\ufe0f",
    "\U000e0041",
    "\U0001F937\U0001F3FD\u200D\u2640\uFE0F",
    "e\u0301",
    "é",
    "ﬁ",
    "Ω",
    "ア",
    "שלום",
    "مرحبا",
    "a",
    "bob",
    " ",
};

static size_t add_random_bytes(char *to, size_t room)
{
    size_t n = random_below(4) + 1u;
    for (size_t i = 0; i < n && i < room; i++)
        to[i] = (char)random_below(256);
    return n < room ? n : room;
}

/* With NULs and malformed UTF-8 among it; never longer than TEXT_BYTES. */
static size_t make_text(char out[TEXT_BYTES])
{
    size_t len = 0;
    unsigned n_parts = random_below(9) + 1;
    for (unsigned i = 0; i < n_parts; i++) {
        if (random_below(6) == 0) {
            len += add_random_bytes(out + len, TEXT_BYTES - len);
            continue;
        }
        const char *part = fragments[random_below(sizeof fragments / sizeof fragments[0])];
        size_t part_len = strlen(part);
        if (part_len > TEXT_BYTES - len)
            break;
        memcpy(out + len, part, part_len);
        len += part_len;
    }
    return len;
}

/* What may be seen of it: as in message.h, without NULs, cleaned. */
static char *visible(struct arena *arena, const char *text, size_t len)
{
    char *kept = arena_alloc(arena, len + 1), *to = kept;
    for (size_t i = 0; i < len; i++)
        if (text[i])
            *to++ = text[i];
    return text_clean(arena, kept);
}

/* ---- Reading HTML back ---- */

/* tags: as written, without addresses; text: decoded, <br> a line break; addresses: decoded, one a line. */
struct reading {
    struct buf tags, text, addresses;
};

static const char *read_reference(const char *at, struct buf *to)
{
    static const struct {
        const char *name;
        char c;
    } known[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_starts_with(at, known[i].name)) {
            buf_putc(to, known[i].c);
            return at + strlen(known[i].name);
        }
    fail_msg("a bare & in: %s", at);
    return at;
}

static const char *read_address(const char *at, struct reading *reading)
{
    while (*at != '"') {
        if (*at <= ' ' || *at >= 127 || strchr("<>", *at))
            fail_msg("in an address: %s", at);
        if (*at == '&')
            at = read_reference(at, &reading->addresses);
        else
            buf_putc(&reading->addresses, *at++);
    }
    buf_putc(&reading->addresses, '\n');
    return at + 1;
}

static const char *read_tag(const char *at, struct reading *reading)
{
    static const char *const allowed[] = { "p",  "strong",     "em", "code", "pre", "ul",
                                           "li", "blockquote", "a",  "del",  "span" };
    if (text_starts_with(at, "<br>")) {
        buf_putc(&reading->text, '\n');
        return at + strlen("<br>");
    }
    const char *name = at + (at[1] == '/' ? 2 : 1);
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    bool is_allowed = false;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        is_allowed = is_allowed || (strlen(allowed[i]) == len && strncmp(allowed[i], name, len) == 0);
    if (!is_allowed)
        fail_msg("a tag: %s", at);
    buf_add(&reading->tags, at, (size_t)(name - at) + len);
    at = name + len;
    if (text_starts_with(at, " href=\""))
        at = read_address(at + strlen(" href=\""), reading);
    if (*at != '>')
        fail_msg("an attribute: %s", at);
    return at + 1;
}

static void read_html(const char *html, struct reading *reading)
{
    buf_init(&reading->tags, READ_MAX);
    buf_init(&reading->text, READ_MAX);
    buf_init(&reading->addresses, READ_MAX);
    while (*html) {
        if (*html == '<')
            html = read_tag(html, reading);
        else if (*html == '&')
            html = read_reference(html, &reading->text);
        else
            buf_putc(&reading->text, *html++);
    }
    assert_false(reading->tags.is_full || reading->text.is_full || reading->addresses.is_full);
}

static void reading_finish(struct reading *reading)
{
    buf_finish(&reading->tags);
    buf_finish(&reading->text);
    buf_finish(&reading->addresses);
}

/* Undoes percent-encoding. */
static char *decode_address(struct arena *arena, const char *address)
{
    char *out = arena_alloc(arena, strlen(address) + 1), *to = out;
    for (; *address; address++) {
        if (*address != '%') {
            *to++ = *address;
            continue;
        }
        char digits[3] = { address[1], address[2], 0 };
        *to++ = (char)strtol(digits, NULL, 16);
        address += 2;
    }
    return out;
}

/* ---- One message with the text in every kind of place ---- */

static const char template_text[] =
    "<p>[{{t}}]<strong>[{{o.t}}]</strong></p>\n"
    "<ul>{{#l}}<li>[{{.}}]</li>{{/l}}</ul>\n"
    "<blockquote>[{{t}}]</blockquote>\n"
    "<p><code>[{{t}}]</code> <a href=\"https://matrix.to/#/!{{t}}\">[{{t}}]</a>"
    "{{#person}}{{>pill}}{{/person}}</p>\n"
    "<pre>[{{t}}]</pre>\n"
    "<p>{{#t}}<em>[{{.}}]</em>{{/t}}<del><span>[{{t}}]</span></del></p>\n";
static const char pill_text[] = "<a href=\"https://matrix.to/#/{{id}}\">[{{name}}]</a>\n";
static const char want_tags[] =
    "<p<strong</strong</p<ul<li</li<li</li</ul<blockquote</blockquote<p<code</code<a</a<a</a</p"
    "<pre</pre<p<em</em<del<span</span</del</p";

static struct json_object *make_values(const char *text, int len)
{
    struct json_object *values = json_object_new_object(), *object = json_object_new_object();
    struct json_object *list = json_object_new_array(), *person = json_object_new_object();
    json_set(values, "t", json_object_new_string_len(text, len));
    json_set(object, "t", json_object_new_string_len(text, len));
    json_set(values, "o", object);
    for (int i = 0; i < 2; i++)
        json_object_array_add(list, json_object_new_string_len(text, len));
    json_set(values, "l", list);
    json_set(person, "id", json_object_new_string_len(text, len));
    json_set(person, "name", json_object_new_string_len(text, len));
    json_set(values, "person", person);
    return values;
}

/* The lines of a text behind a margin. */
static char *with_margin(struct arena *arena, const char *text, const char *margin)
{
    struct buf buf;
    buf_init(&buf, READ_MAX);
    for (; *text; text++) {
        buf_putc(&buf, *text);
        if (*text == '\n')
            buf_puts(&buf, margin);
    }
    char *out = arena_strdup(arena, buf.text);
    buf_finish(&buf);
    return out;
}

static void check_html(struct arena *arena, const char *html, const char *seen)
{
    struct reading reading;
    read_html(html, &reading);
    assert_string_equal(reading.tags.text, want_tags);
    const char *want = arena_printf(arena, "[%s][%s][%s][%s][%s][%s] [%s][%s][%s][%s][%s]", seen, seen, seen,
                                    seen, seen, seen, seen, seen, seen, seen, seen);
    assert_string_equal(reading.text.text, want);
    char *second = strchr(reading.addresses.text, '\n') + 1;
    second[-1] = '\0';
    second[strlen(second) - 1] = '\0';
    assert_string_equal(decode_address(arena, reading.addresses.text),
                        arena_printf(arena, "https://matrix.to/#/!%s", seen));
    assert_string_equal(decode_address(arena, second), arena_printf(arena, "https://matrix.to/#/%s", seen));
    reading_finish(&reading);
}

/* The address that the plain body shows is the one of the HTML. */
static char *first_address(struct arena *arena, const char *html)
{
    struct reading reading;
    read_html(html, &reading);
    char *address = arena_strndup(arena, reading.addresses.text, strcspn(reading.addresses.text, "\n"));
    reading_finish(&reading);
    return address;
}

static char *second_address(struct arena *arena, const char *html)
{
    struct reading reading;
    read_html(html, &reading);
    const char *second = strchr(reading.addresses.text, '\n') + 1;
    char *address = arena_strndup(arena, second, strcspn(second, "\n"));
    reading_finish(&reading);
    return address;
}

static void check_plain(struct arena *arena, const struct message *message, const char *seen)
{
    const char *entry = with_margin(arena, seen, "  "), *quoted = with_margin(arena, seen, "> ");
    const char *person = second_address(arena, message->html);
    bool is_person = text_starts_with(person, "https://matrix.to/#/@");
    const char *want =
        arena_printf(arena, "[%s][%s]\n- [%s]\n- [%s]\n> [%s]\n`[%s]` [%s] (%s)[%s]%s\n[%s]\n[%s][%s]", seen,
                     seen, entry, entry, quoted, seen, seen, first_address(arena, message->html), seen,
                     is_person ? "" : arena_printf(arena, " (%s)", person), seen, seen, seen);
    assert_string_equal(message->body, want);
}

static void message__keeps_hostile_texts_text__in_every_place(void **state)
{
    (void)state;
    static const struct template_source rows[] = { { "en/t", template_text },
                                                   { "en/partials/pill", pill_text },
                                                   { NULL, NULL } };
    struct message_book *book = message_book_create(rows);
    struct arena *arena = arena_create();
    int n_checked = 0;
    while (n_checked < sample_of(N_TEXTS, N_TEXTS / 4)) {
        char text[TEXT_BYTES];
        size_t len = make_text(text);
        const char *seen = visible(arena, text, len);
        if (!*seen)
            continue; /* an address has to have something */
        struct json_object *values = make_values(text, (int)len);
        struct message_wanted wanted = { .lang = "en", .name = "t", .values = values };
        struct message message;
        struct err err;
        if (!message_book_render(book, arena, &wanted, &message, &err))
            fail_msg("%s", err.text);
        check_html(arena, message.html, seen);
        check_plain(arena, &message, seen);
        json_object_put(values);
        arena_reset(arena);
        n_checked++;
    }
    arena_destroy(arena);
    message_book_destroy(book);
}

/* Templates are the project's own, but what reads them must not fall over a slip either. */
static void message__survives_any_template(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "<p>",    "</p>",         "<ul>",         "</ul>",   "<li>",   "</li>",
        "<pre>",  "</pre>",       "<code>",       "</code>", "<br>",   "<a href=\"https://x.org/{{t}}\">",
        "</a>",   "<a href=\"",   "\">",          "{{t}}",   "{{#l}}", "{{/l}}",
        "{{^l}}", "{{>pill}}",    "{{!",          "}}",      "{{",     "&amp;",
        "&",      "\n",           "  ",           "x",       "<",      "{{#.}}",
        "{{/.}}", "<blockquote>", "</blockquote>"
    };
    struct arena *arena = arena_create();
    struct json_object *values = make_values("x", 1);
    int n_taken = 0, n_texts = sample_of(N_TEXTS, N_TEXTS / 4);
    for (int i = 0; i < n_texts; i++) {
        struct buf text;
        buf_init(&text, 4096);
        for (unsigned n = random_below(8) + 1; n > 0; n--)
            buf_puts(&text, parts[random_below(sizeof parts / sizeof parts[0])]);
        struct template_source rows[] = { { "en/t", text.text },
                                          { "en/partials/pill", text.text },
                                          { NULL, NULL } };
        struct message_book *book = message_book_create(rows);
        struct message_wanted wanted = { .lang = "en", .name = "t", .values = values };
        struct message message;
        struct err err = { "" };
        bool is_taken = message_book_render(book, arena, &wanted, &message, &err);
        assert_int_equal(is_taken, err.text[0] == '\0');
        n_taken += is_taken;
        message_book_destroy(book);
        buf_finish(&text);
        arena_reset(arena);
    }
    assert_true(n_taken > n_texts / 50);
    json_object_put(values);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__keeps_hostile_texts_text__in_every_place),
        cmocka_unit_test(message__survives_any_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
