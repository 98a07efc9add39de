/* engine/message: both bodies from one tree, Mustache as its specification has it, nothing of a value is
 * markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/message.h"
#include "engine/template.h"

#define NBSP   "\u00a0"
#define NARROW "\u202f"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

/* One template "t" in English, one partial "part". */
struct attempt {
    const char *template_text, *partial, *values;
    struct message message;
    struct err err;
};

static bool attempt(struct arena *arena, struct attempt *a)
{
    struct template_source rows[] = {
        { "en/t", a->template_text },
        { a->partial ? "en/partials/part" : NULL, a->partial },
        { NULL, NULL },
    };
    struct json_object *values = a->values ? json_parse(a->values, strlen(a->values)) : NULL;
    assert_true(!a->values || values);
    struct message_book *book = message_book_create(rows);
    struct message_wanted wanted = { "en", "t", values };
    bool ok = message_book_render(book, arena, &wanted, &a->message, &a->err);
    message_book_destroy(book);
    json_object_put(values);
    return ok;
}

static void message__writes_both_bodies__from_one_tree(void **state)
{
    static const struct {
        const char *template_text, *values, *html, *body;
    } rows[] = {
        { "<p><strong>{{id}} · {{title}}</strong></p>\n<p>Open\n  until <b>Wed</b>.<br>\n Owner: {{owner.name}}.</p>\n",
          "{\"id\":\"DEC-1\",\"title\":\"a < b & \\\"c\\\"\",\"owner\":{\"name\":\"bob\"}}",
          "<p><strong>DEC-1 · a &lt; b &amp; &quot;c&quot;</strong></p><p>Open until <b>Wed</b>.<br>Owner: bob.</p>",
          "DEC-1 · a < b & \"c\"\nOpen until Wed.\nOwner: bob." },
        { "No {{id}} here.", "{\"id\":\"DEC-7\"}", "No DEC-7 here.", "No DEC-7 here." },
        { "<ul>\n <li>a</li>\n <li>b<ol><li>c</li><li>d</li></ol></li>\n</ul>", NULL,
          "<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n  1. c\n  2. d" },
        { "<p>Try <code>!agree {{id}}</code>.</p>", "{\"id\":\"DEC-1\"}",
          "<p>Try <code>!agree DEC-1</code>.</p>", "Try `!agree DEC-1`." },
        { "<blockquote><p>{{t}}</p><p>x</p></blockquote><p>y</p>", "{\"t\":\"a\\nb\"}",
          "<blockquote><p>a<br>b</p><p>x</p></blockquote><p>y</p>", "> a\n> b\n> x\ny" },
        { "<pre>\na  b\n c\n</pre>\n<p>d</p>", NULL, "<pre>a  b\n c</pre><p>d</p>", "a  b\n c\nd" },
        { "<p>a</p><hr><p>b</p>", NULL, "<p>a</p><hr><p>b</p>", "a\n---\nb" },
        { "<p>« {{t}} »" NARROW "; 17" NBSP "h&nbsp;</p>", "{\"t\":\"l'a  b\"}",
          "<p>« l'a  b »" NARROW "; 17" NBSP "h" NBSP "</p>", "« l'a  b »" NARROW "; 17" NBSP "h" NBSP },
        { "<a href=\"https://x.org/a\">the page</a>, <a href=\"https://x.org/\">https://x.org/</a>, <a "
          "href=\"mailto:{{m}}\">{{m}}</a>",
          "{\"m\":\"a@x.org\"}",
          "<a href=\"https://x.org/a\">the page</a>, <a href=\"https://x.org/\">https://x.org/</a>, <a "
          "href=\"mailto:a@x.org\">a@x.org</a>",
          "the page (https://x.org/a), https://x.org/, a@x.org" },
        { "<a href=\"https://matrix.to/#/{{id}}\">{{n}}</a>", "{\"id\":\"@b/\\\"<>&é?#%:x\",\"n\":\"bob\"}",
          "<a href=\"https://matrix.to/#/@b%2F%22%3C%3E%26%C3%A9%3F%23%25:x\">bob</a>", "bob" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct attempt a = { .template_text = rows[i].template_text, .values = rows[i].values };
        if (!attempt(*state, &a))
            fail_msg("%s", a.err.text);
        assert_string_equal(a.message.html, rows[i].html);
        assert_string_equal(a.message.body, rows[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(message__writes_both_bodies__from_one_tree, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
