/* words/message: both bodies from one tree, Mustache as its specification has it, nothing of a value is
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
#include "words/message.h"
#include "words/template.h"

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
    const struct message_lookup *lookup;
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
    struct message_wanted wanted = { .lang = "en", .name = "t", .values = values, .lookup = a->lookup };
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

/* ---- Mustache ---- */

/* The cases stand in a file of their own, within <pre>, where all white space is seen. */
struct mustache_case {
    const char *what, *text, *partial, *values, *want;
};

static const struct mustache_case mustache_cases[] = {
    /* variables */
    { "no tag", "Hello from {Mustache}!\n", NULL, NULL, "Hello from {Mustache}!" },
    { "variable", "Hello, {{subject}}!", NULL, "{\"subject\":\"world\"}", "Hello, world!" },
    { "no reinterpolation", "{{a}}: {{b}}", NULL, "{\"a\":\"{{b}}\",\"b\":\"B\"}", "{{b}}: B" },
    { "integer", "{{n}} miles", NULL, "{\"n\":85}", "85 miles" },
    { "decimal", "{{n}} jiggawatts", NULL, "{\"n\":1.21}", "1.21 jiggawatts" },
    { "null", "I ({{cannot}}) be seen", NULL, "{\"cannot\":null}", "I () be seen" },
    { "dotted name", "{{person.name}} = {{#person}}{{name}}{{/person}}", NULL,
      "{\"person\":{\"name\":\"Joe\"}}", "Joe = Joe" },
    { "arbitrary depth", "{{a.b.c.d.e.name}}", NULL,
      "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}}}", "Phil" },
    { "first part is looked for outwards", "{{#a}}{{b.c.name}}{{/a}}", NULL,
      "{\"a\":{\"b\":{\"c\":{\"name\":\"Phil\"}}},\"b\":{\"c\":{\"name\":\"Wrong\"}}}", "Phil" },
    { "implicit iterator, top", "Hello, {{.}}!", NULL, "\"world\"", "Hello, world!" },
    { "surrounding white space", "| {{string}} |", NULL, "{\"string\":\"---\"}", "| --- |" },
    { "variables are never standalone", "  {{string}}\n", NULL, "{\"string\":\"---\"}", "  ---" },
    { "padding", "|{{ string }}|", NULL, "{\"string\":\"---\"}", "|---|" },
    /* sections */
    { "true", "\"{{#boolean}}This.{{/boolean}}\"", NULL, "{\"boolean\":true}", "\"This.\"" },
    { "false", "\"{{#boolean}}This.{{/boolean}}\"", NULL, "{\"boolean\":false}", "\"\"" },
    { "null is false", "\"{{#null}}This.{{/null}}\"", NULL, "{\"null\":null}", "\"\"" },
    { "missing is false", "\"{{#missing}}This.{{/missing}}\"", NULL, "{}", "\"\"" },
    { "no values at all", "\"{{#missing}}This.{{/missing}}\"", NULL, NULL, "\"\"" },
    { "0 and the empty text are false", "{{#n}}n{{/n}}{{#t}}t{{/t}}", NULL, "{\"n\":0,\"t\":\"\"}", "" },
    { "context", "\"{{#context}}Hi {{name}}.{{/context}}\"", NULL, "{\"context\":{\"name\":\"Joe\"}}",
      "\"Hi Joe.\"" },
    { "parent contexts", "\"{{#sec}}{{a}}, {{b}}, {{c.d}}{{/sec}}\"", NULL,
      "{\"a\":\"foo\",\"b\":\"wrong\",\"sec\":{\"b\":\"bar\"},\"c\":{\"d\":\"baz\"}}", "\"foo, bar, baz\"" },
    { "a text is a context", "{{#foo}}{{.}} is {{foo}}{{/foo}}", NULL, "{\"foo\":\"bar\"}", "bar is bar" },
    { "list of objects", "\"{{#list}}{{item}}{{/list}}\"", NULL,
      "{\"list\":[{\"item\":1},{\"item\":2},{\"item\":3}]}", "\"123\"" },
    { "empty list", "\"{{#list}}Yay{{/list}}\"", NULL, "{\"list\":[]}", "\"\"" },
    { "sections twice", "{{#b}}1{{/b}}\n* two\n{{#b}}3{{/b}}\n", NULL, "{\"b\":true}", "1\n* two\n3" },
    { "nested, true", "|A{{#b}} B{{#b}} C{{/b}} D{{/b}} E|", NULL, "{\"b\":true}", "|A B C D E|" },
    { "nested, false", "|A{{#b}} B{{#b}} C{{/b}} D{{/b}} E|", NULL, "{\"b\":false}", "|A E|" },
    { "deeply nested contexts",
      "{{#a}}{{one}}{{#b}}{{one}}{{two}}{{#c}}{{one}}{{two}}{{three}}{{/c}}{{one}}{{two}}{{/b}}{{one}}{{/a}}",
      NULL, "{\"a\":{\"one\":1},\"b\":{\"two\":2},\"c\":{\"three\":3}}", "112123121" },
    { "list contexts",
      "{{#tops}}{{#middles}}{{lower}}{{name}}.{{#bottoms}}{{upper}}{{name}}{{x}}.{{/bottoms}}{{/middles}}{{/tops}}",
      NULL,
      "{\"tops\":[{\"upper\":\"A\",\"lower\":\"a\",\"middles\":[{\"name\":\"1\",\"bottoms\":[{\"x\":\"x\"},{\"x\":\"y\"}]}]}]}",
      "a1.A1x.A1y." },
    { "implicit iterator, texts", "\"{{#list}}({{.}}){{/list}}\"", NULL, "{\"list\":[\"a\",\"b\",\"c\"]}",
      "\"(a)(b)(c)\"" },
    { "implicit iterator, numbers", "\"{{#list}}({{.}}){{/list}}\"", NULL, "{\"list\":[1,2.25,0]}",
      "\"(1)(2.25)(0)\"" },
    { "implicit iterator, lists", "\"{{#list}}({{#.}}{{.}}{{/.}}){{/list}}\"", NULL,
      "{\"list\":[[1,2],[\"a\"]]}", "\"(12)(a)\"" },
    { "implicit iterator, root list", "{{#.}}({{value}}){{/.}}", NULL,
      "[{\"value\":\"a\"},{\"value\":\"b\"}]", "(a)(b)" },
    { "dotted, true", "{{#a.b.c}}Here{{/a.b.c}}", NULL, "{\"a\":{\"b\":{\"c\":true}}}", "Here" },
    { "dotted, false", "\"{{#a.b.c}}Here{{/a.b.c}}\"", NULL, "{\"a\":{\"b\":{\"c\":false}}}", "\"\"" },
    { "broken chain is false", "\"{{#a.b.c}}Here{{/a.b.c}}\"", NULL, "{\"a\":{}}", "\"\"" },
    { "a found first part is not left again", "\"{{#a}}{{#b.name}}Here{{/b.name}}{{/a}}\"", NULL,
      "{\"a\":{\"b\":{}},\"b\":{\"name\":true}}", "\"\"" },
    { "section padding", "|{{# boolean }}={{/ boolean }}|", NULL, "{\"boolean\":true}", "|=|" },
    /* inverted sections */
    { "inverted, false", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":false}", "\"This.\"" },
    { "inverted, true", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":true}", "\"\"" },
    { "inverted, null", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":null}", "\"This.\"" },
    { "inverted, missing", "\"{{^b}}This.{{/b}}\"", NULL, "{}", "\"This.\"" },
    { "inverted, object", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":{\"a\":1}}", "\"\"" },
    { "inverted, list", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":[1]}", "\"\"" },
    { "inverted, empty list", "\"{{^b}}This.{{/b}}\"", NULL, "{\"b\":[]}", "\"This.\"" },
    { "inverted, broken chain", "\"{{^a.b.c}}Not here{{/a.b.c}}\"", NULL, "{\"a\":{}}", "\"Not here\"" },
    { "inverted, nested", "|A{{^b}} B{{^b}} C{{/b}} D{{/b}} E|", NULL, "{\"b\":false}", "|A B C D E|" },
    { "inverted, standalone", "| This\n{{^b}}\n|\n{{/b}}\n| A Line", NULL, "{\"b\":false}",
      "| This\n|\n| A Line" },
    { "inverted, indented", "| This\n  {{^b}}  \n|\n  {{/b}}\n| A Line", NULL, "{\"b\":false}",
      "| This\n|\n| A Line" },
    /* white space of sections */
    { "surrounding", " | {{#b}}\t|\t{{/b}} | \n", NULL, "{\"b\":true}", " | \t|\t | " },
    { "internal", " | {{#b}} {{! x }}\n {{/b}} | \n", NULL, "{\"b\":true}", " |  \n  | " },
    { "indented inline", " {{#b}}YES{{/b}}\n {{#b}}GOOD{{/b}}\n", NULL, "{\"b\":true}", " YES\n GOOD" },
    { "standalone", "| This Is\n{{#b}}\n|\n{{/b}}\n| A Line\n", NULL, "{\"b\":true}",
      "| This Is\n|\n| A Line" },
    { "indented standalone", "| This Is\n  {{#b}}\n|\n  {{/b}}\n| A Line\n", NULL, "{\"b\":true}",
      "| This Is\n|\n| A Line" },
    { "standalone at the start", "  {{#b}}\n#{{/b}}\n/", NULL, "{\"b\":true}", "#\n/" },
    { "standalone at the end", "#{{#b}}\n/\n  {{/b}}", NULL, "{\"b\":true}", "#\n/" },
    { "two tags on a line are not standalone", "a\n{{#b}}{{/b}}\nb", NULL, "{\"b\":true}", "a\n\nb" },
    /* comments */
    { "comment", "12345{{! Comment Block! }}67890", NULL, NULL, "1234567890" },
    { "comment of lines", "12345{{!\n  This is a\n  multi-line comment...\n}}67890\n", NULL, NULL,
      "1234567890" },
    { "comment standalone", "Begin.\n{{! Comment Block! }}\nEnd.\n", NULL, NULL, "Begin.\nEnd." },
    { "comment indented standalone", "Begin.\n  {{! Indented! }}\nEnd.\n", NULL, NULL, "Begin.\nEnd." },
    { "comment at the start", "  {{! I'm Still Standalone }}\n!", NULL, NULL, "!" },
    { "comment at the end", "!\n  {{! I'm Still Standalone }}", NULL, NULL, "!" },
    { "comment of lines standalone", "Begin.\n{{!\nSomething's going on here...\n}}\nEnd.\n", NULL, NULL,
      "Begin.\nEnd." },
    { "comment inline", "  12 {{! 34 }}\n", NULL, NULL, "  12 " },
    { "comment with spaces", "12345 {{! Comment Block! }} 67890", NULL, NULL, "12345  67890" },
    { "comment that could be a name", "comment: {{!name}}", NULL, "{\"name\":\"x\"}", "comment: " },
    /* partials */
    { "partial", "\"{{>part}}\"", "from partial", NULL, "\"from partial\"" },
    { "partial's context", "\"{{>part}}\"", "*{{text}}*", "{\"text\":\"content\"}", "\"*content*\"" },
    { "partial that repeats itself", "{{>part}}", "{{content}}({{#nodes}}{{>part}}{{/nodes}})",
      "{\"content\":\"X\",\"nodes\":[{\"content\":\"Y\",\"nodes\":[]}]}", "X(Y())" },
    { "partial surrounded", "| {{>part}} |", "\t|\t", NULL, "| \t|\t |" },
    { "partial inline is not indented", "  {{d}}  {{> part}}\n", ">\n>", "{\"d\":\"|\"}", "  |  >\n>" },
    { "partial's last line break", "[{{>part}}]", "x\n", NULL, "[x]" },
    { "partial without a last line", ">\n  {{>part}}", ">\n>", NULL, ">\n  >\n  >" },
    { "partial at the start", "  {{>part}}\n>", ">\n>", NULL, "  >\n  >>" },
    { "partial standalone", "\\\n {{>part}}\n/\n", "|\n{{content}}\n|\n", "{\"content\":\"<\\n->\"}",
      "\\\n |\n <\n->\n |\n/" },
    { "dynamic partial", "\"{{>*name}}\"", "from partial", "{\"name\":\"part\"}", "\"from partial\"" },
    { "dynamic partial by a dotted name", "{{> * o.name }}", "*{{text}}*",
      "{\"o\":{\"name\":\"part\"},\"text\":\"x\"}", "*x*" },
    { "partial's padding", "|{{> part }}|", "[]", NULL, "|[]|" },
    /* what is ours */
    { "position in a list",
      "{{#l}}{{^-first}}{{#-last}} and {{/-last}}{{^-last}}, {{/-last}}{{/-first}}{{.}}{{/l}}", NULL,
      "{\"l\":[\"a\",\"b\",\"c\"]}", "a, b and c" },
    { "number in a list", "{{#l}}{{#o}}{{-number}}:{{n}} {{/o}}{{/l}}", NULL,
      "{\"l\":[{\"o\":{\"n\":\"a\"}},{\"o\":{\"n\":\"b\"}}]}", "1:a 2:b " },
    { "position within an entry", "{{#l}}{{#o}}{{^-first}}, {{/-first}}{{n}}{{/o}}{{/l}}", NULL,
      "{\"l\":[{\"o\":{\"n\":\"a\"}},{\"o\":{\"n\":\"b\"}}]}", "a, b" },
    { "position outside a list is false", "[{{#-first}}x{{/-first}}{{#-last}}x{{/-last}}]", NULL, "{}",
      "[]" },
    { "count one", "{{n.words}} day{{#n.other}}s{{/n.other}}{{#n.one}}.{{/n.one}}", NULL, "{\"n\":1}",
      "one day." },
    { "count other", "{{n.words}} day{{#n.other}}s{{/n.other}}{{#n.one}}.{{/n.one}}", NULL, "{\"n\":2}",
      "two days" },
    { "count of a list",
      "{{l.count}} {{#l.one}}one{{/l.one}}{{#l.other}}other{{/l.other}}{{#l.count}}!{{/l.count}}", NULL,
      "{\"l\":[1,2,3]}", "3 other!" },
    { "a member named one is the member", "{{o.one}}", NULL, "{\"o\":{\"one\":\"x\"}}", "x" },
    { "a count has no other members", "[{{#n.two}}x{{/n.two}}{{#n.one.more}}x{{/n.one.more}}]", NULL,
      "{\"n\":2}", "[]" },
};

static void message__fills_templates__as_mustache_does(void **state)
{
    for (size_t i = 0; i < sizeof mustache_cases / sizeof mustache_cases[0]; i++) {
        const struct mustache_case *c = &mustache_cases[i];
        struct template_source rows[] = {
            { "en/t", "<pre>{{>case}}</pre>" },
            { "en/partials/case", c->text },
            { c->partial ? "en/partials/part" : NULL, c->partial },
            { NULL, NULL },
        };
        struct json_object *values = c->values ? json_parse(c->values, strlen(c->values)) : NULL;
        struct message_book *book = message_book_create(rows);
        struct message_wanted wanted = { .lang = "en", .name = "t", .values = values };
        struct message message;
        struct err err;
        if (!message_book_render(book, *state, &wanted, &message, &err))
            fail_msg("%s: %s", c->what, err.text);
        if (strcmp(message.body, c->want) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", c->what, message.body, c->want);
        message_book_destroy(book);
        json_object_put(values);
    }
}

/* ---- White space, empty lines ---- */

static void message__drops_lines__that_render_to_nothing(void **state)
{
    static const struct {
        const char *text, *values, *html, *body;
    } rows[] = {
        { "<p>a</p>\n<p>{{#x}}b{{/x}}</p>\n<p> {{t}} </p><p>c</p>", "{\"t\":\"\"}", "<p>a</p><p>c</p>",
          "a\nc" },
        { "<p>a<br>{{#x}}b<br>{{/x}}\n c</p>", "{}", "<p>a<br>c</p>", "a\nc" },
        { "<p>{{#x}}b{{/x}}<br>c<br>{{#x}}b{{/x}}</p>", "{}", "<p>c</p>", "c" },
        { "<p>{{#x}}b{{/x}}<br>c<br>{{#x}}b{{/x}}</p>", "{\"x\":true}", "<p>b<br>c<br>b</p>", "b\nc\nb" },
        { "<p>a{{t}}<br>b</p>", "{\"t\":\" \"}", "<p>a <br>b</p>", "a \nb" },
        { "<p>{{#x}}b{{/x}}<br><br></p>", "{}", "", "" },
        { "<ul><li>{{#x}}b{{/x}}</li></ul><p>a</p>", "{}", "<p>a</p>", "a" },
        { "<ol>{{#l}}<li>{{.}}</li>{{/l}}</ol>", "{\"l\":[\"a\",\"\",\"b\"]}",
          "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b" },
        { "<p>a <strong> {{t}} </strong> b</p>", "{\"t\":\"\"}", "<p>a b</p>", "a b" },
        { "<p>a <code>{{t}}</code> b</p>", "{\"t\":\"\"}", "<p>a b</p>", "a b" },
        { "<p>a <b> b </b> c </p>", "{}", "<p>a <b>b </b>c</p>", "a b c" },
        { "<p> a\n\t b <br> c </p> d", "{}", "<p>a b<br>c</p>d", "a b\nc\nd" },
        /* a person's spaces and line breaks are theirs */
        { "<p> {{t}} </p>", "{\"t\":\"  a  b\\n\\nc \"}", "<p>  a  b<br><br>c </p>", "  a  b\n\nc " },
        { "<blockquote>{{t}}</blockquote>", "{\"t\":\"a\\n\\nb\"}", "<blockquote>a<br><br>b</blockquote>",
          "> a\n> \n> b" },
        { "<ul><li>{{t}}</li><li>c</li></ul>", "{\"t\":\"a\\nb\"}", "<ul><li>a<br>b</li><li>c</li></ul>",
          "- a\n  b\n- c" },
        { "<ul><li><p>a</p><p>b</p></li></ul>", "{}", "<ul><li><p>a</p><p>b</p></li></ul>", "- a\n  b" },
        { "<blockquote><ul><li>a</li></ul></blockquote>", "{}",
          "<blockquote><ul><li>a</li></ul></blockquote>", "> - a" },
        { "<pre>{{t}}</pre>", "{\"t\":\"\\na\\n  b\"}", "<pre><br>a<br>  b</pre>", "\na\n  b" },
        { "<pre><code>a\nb</code></pre>", "{}", "<pre><code>a\nb</code></pre>", "a\nb" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct attempt a = { .template_text = rows[i].text, .values = rows[i].values };
        if (!attempt(*state, &a))
            fail_msg("%s", a.err.text);
        assert_string_equal(a.message.html, rows[i].html);
        assert_string_equal(a.message.body, rows[i].body);
    }
}

static void message__shows_numbers__as_the_place_needs(void **state)
{
    struct attempt a = { .template_text =
                             "{{n}} {{d}} <code>{{n}} {{d}}</code> <a href=\"https://x.org/{{n}}\">y</a>",
                         .values = "{\"n\":1250,\"d\":1250.5}" };
    assert_true(attempt(*state, &a));
    assert_string_equal(a.message.html,
                        "1,250 1,250.5 <code>1250 1250.5</code> <a href=\"https://x.org/1250\">y</a>");
}

/* ---- What is refused ---- */

static void message__refuses__naming_file_and_line(void **state)
{
    static const struct {
        const char *text, *partial, *values, *want;
    } rows[] = {
        { "\n{{{x}}}", NULL, NULL, "en/t:2: raw values" },
        { "{{&x}}", NULL, NULL, "en/t:1: raw values" },
        { "{{=<% %>=}}", NULL, NULL, "en/t:1: set delimiters" },
        { "{{<x}}{{/x}}", NULL, NULL, "en/t:1: set delimiters" },
        { "{{$x}}{{/x}}", NULL, NULL, "en/t:1: set delimiters" },
        { "a\n{{x", NULL, NULL, "en/t:2: {{ without }}" },
        { "{{}}", NULL, NULL, "en/t:1: not a name" },
        { "{{a b}}", NULL, NULL, "en/t:1: not a name: a b" },
        { "{{a..b}}", NULL, NULL, "en/t:1: not a name" },
        { "{{.a}}", NULL, NULL, "en/t:1: not a name" },
        { "{{a/b}}", NULL, NULL, "en/t:1: not a name" },
        { "{{>a.b}}", NULL, NULL, "en/t:1: not a name" },
        { "{{>../x}}", NULL, NULL, "en/t:1: not a name" },
        { "{{#a}}\nx", NULL, NULL, "en/t:2: at the end {{#a}} of line 1 is open" },
        { "{{/a}}", NULL, NULL, "en/t:1: {{/a}}, but nothing is open" },
        { "{{#a}}{{/b}}", NULL, NULL, "en/t:1: {{/b}}, but {{#a}} of line 1 is open" },
        { "<p>{{#a}}</p>{{/a}}", NULL, NULL, "en/t:1: </p>, but {{#a}} of line 1 is open" },
        { "{{#a}}<p>{{/a}}</p>", NULL, NULL, "en/t:1: {{/a}}, but <p> of line 1 is open" },
        { "<p>", NULL, NULL, "en/t:1: at the end <p> of line 1 is open" },
        { "</p>", NULL, NULL, "en/t:1: </p>, but nothing is open" },
        { "<strong><b></strong></b>", NULL, NULL, "en/t:1: </strong>, but <b> of line 1 is open" },
        { "a\nb <div>", NULL, NULL, "en/t:2: <div> is not allowed" },
        { "<script>", NULL, NULL, "en/t:1: <script> is not allowed" },
        { "<img src=\"x\">", NULL, NULL, "en/t:1: <img> is not allowed" },
        { "<P>", NULL, NULL, "en/t:1: <P> is not allowed" },
        { "<!-- -->", NULL, NULL, "en/t:1: <!--> is not allowed" },
        { "a < b", NULL, NULL, "en/t:1: <> is not allowed" },
        { "<p class=\"x\">", NULL, NULL, "en/t:1: not allowed as an attribute here: class" },
        { "<p {{x}}>", NULL, NULL, "en/t:1: not allowed as an attribute here: {{x}}" },
        { "<a onclick=\"x\">", NULL, NULL, "en/t:1: not allowed as an attribute here: onclick" },
        { "<a href='x'>", NULL, NULL, "en/t:1: not allowed as an attribute here: href" },
        { "<a>x</a>", NULL, NULL, "en/t:1: <a> without href" },
        { "<a href=\"javascript:x\">x</a>", NULL, NULL, "en/t:1: href has to begin with" },
        { "<a href=\"{{x}}\">x</a>", NULL, "{\"x\":\"https://x.org/\"}", "en/t:1: href has to begin with" },
        { "<a href=\"https://{{x}}/\">x</a>", NULL, NULL, "en/t:1: href has to name its host" },
        { "<a href=\"https://x{{x}}/\">x</a>", NULL, NULL, "en/t:1: href has to name its host" },
        { "<a href=\"https://\">x</a>", NULL, NULL, "en/t:1: href has to name its host" },
        { "<a href=\"https://x.org/a b\">x</a>", NULL, NULL, "en/t:1: a character in href" },
        { "<a href=\"https://x.org/", NULL, NULL, "en/t:1: href without a closing quote" },
        { "<a href=\"https://x.org/{{#x}}\">x</a>", NULL, NULL, "en/t:1: not a name" },
        { "<a href=\"https://x.org/\"><b><a href=\"https://y.org/\">", NULL, NULL,
          "en/t:1: a link in a link" },
        { "<br></br>", NULL, NULL, "en/t:1: </br>, but nothing is open" },
        { "<p/>", NULL, NULL, "en/t:1: only <br/> and <hr/>" },
        { "<p><ul></ul></p>", NULL, NULL, "en/t:1: <ul> cannot stand in <p>" },
        { "<b><p></p></b>", NULL, NULL, "en/t:1: <p> cannot stand in <b>" },
        { "<p><li>x</li></p>", NULL, NULL, "en/t:1: <li> cannot stand in <p>" },
        { "<ul><p></p></ul>", NULL, NULL, "en/t:1: <p> cannot stand in <ul>" },
        { "<ul>x</ul>", NULL, NULL, "en/t:1: text between the entries" },
        { "<ul>{{x}}</ul>", NULL, NULL, "en/t:1: a value between the entries" },
        { "R&D", NULL, NULL, "en/t:1: a bare &" },
        { "&eacute;", NULL, NULL, "en/t:1: unknown character reference &eacute" },
        { "&#0;", NULL, NULL, "en/t:1: a character reference to no character" },
        { "&#xD800;", NULL, NULL, "en/t:1: a character reference to no character" },
        { "a\n\xff", NULL, NULL, "en/t:2: not UTF-8" },
        { "a\rb", NULL, NULL, "en/t:1: not UTF-8, or a control" },
        /* found when filled */
        { "a\n{{x.y}}", NULL, "{\"x\":{}}", "en/t:2: no value for {{x.y}}" },
        { "{{x}}", NULL, NULL, "en/t:1: no value for {{x}}" },
        { "{{x}}", NULL, "{\"x\":[]}", "en/t:1: neither text nor number in {{x}}" },
        { "{{x}}", NULL, "{\"x\":true}", "en/t:1: neither text nor number in {{x}}" },
        { "<a href=\"https://x.org/{{x}}\">y</a>", NULL, "{\"x\":\"\"}", "en/t:1: an address without {{x}}" },
        { "{{>none}}", NULL, NULL, "en/t:1: no such partial: {{none}}" },
        { "{{>*name}}", NULL, "{\"name\":\"none\"}", "en/t:1: no such partial: {{name}}" },
        { "{{>*name}}", NULL, "{}", "en/t:1: no value for {{name}}" },
        { "{{>part}}", "a\n{{x}}", NULL, "en/partials/part:2: no value for {{x}}" },
        { "<p>{{>part}}</p>", "<p>x</p>", NULL, "en/partials/part:1: <p> cannot stand in <p>" },
        { "{{>part}}", "<li>x</li>", NULL, "en/partials/part:1: <li> cannot stand in <>" },
        { "<ul>{{>part}}</ul>", "x", NULL, "en/partials/part:1: text between the entries" },
        { "<a href=\"https://x.org/\">{{>part}}</a>", "<a href=\"https://x.org/\">x</a>", NULL,
          "en/partials/part:1: <a> cannot stand in <a>" },
        { "<a href=\"https://x.org/\"><b>{{>part}}</b></a>", "<a href=\"https://x.org/\">x</a>", NULL,
          "en/partials/part:1: <a> cannot stand in <a>" },
        { "{{>part}}", "{{>part}}{{>part}}", NULL, "en/partials/part:1: more than 64 levels" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct attempt a = { .template_text = rows[i].text,
                             .partial = rows[i].partial,
                             .values = rows[i].values };
        if (attempt(*state, &a))
            fail_msg("taken: %s", rows[i].text);
        if (!text_starts_with(a.err.text, rows[i].want))
            fail_msg("\"%s\", not \"%s\"", a.err.text, rows[i].want);
    }
}

static char *repeated(struct arena *arena, const char *text, size_t n)
{
    size_t len = strlen(text);
    char *all = arena_alloc(arena, n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * len, text, len);
    return all;
}

static void message__has_bounds(void **state)
{
    struct arena *arena = *state;
    struct attempt deep = { .template_text = repeated(arena, "<b>", 65) };
    assert_false(attempt(arena, &deep));
    assert_string_equal(deep.err.text, "en/t:1: more than 64 levels");
    deep.template_text =
        arena_printf(arena, "%sx%s", repeated(arena, "<b>", 64), repeated(arena, "</b>", 64));
    assert_true(attempt(arena, &deep));
    deep.template_text = arena_printf(arena, "%sx%s", repeated(arena, "<blockquote>", 64),
                                      repeated(arena, "</blockquote>", 64));
    assert_true(attempt(arena, &deep));
    assert_string_equal(deep.message.body, arena_printf(arena, "%sx", repeated(arena, "> ", 64)));

    struct attempt large = { .template_text = repeated(arena, "x", TEMPLATE_MAX) };
    assert_true(attempt(arena, &large));
    large.template_text = repeated(arena, "x", TEMPLATE_MAX + 1);
    assert_false(attempt(arena, &large));
    assert_string_equal(large.err.text, "en/t: more than 16 KiB");

    /* body and html together: 16 KiB twice */
    static const struct {
        size_t n;
        bool fits;
    } sizes[] = { { MESSAGE_MAX / 2, true },
                  { MESSAGE_MAX / 2 + 1, false },
                  { MESSAGE_MAX, false },
                  { MESSAGE_MAX * 4, false } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct attempt a = { .template_text = "{{x}}",
                             .values =
                                 arena_printf(arena, "{\"x\":\"%s\"}", repeated(arena, "x", sizes[i].n)) };
        assert_int_equal(attempt(arena, &a), sizes[i].fits);
        if (!sizes[i].fits)
            assert_non_null(strstr(a.err.text, "32 KiB"));
    }
    struct attempt list = { .template_text = "{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}",
                            .values = arena_printf(arena, "{\"l\":[%s1]}", repeated(arena, "1,", 999)) };
    assert_false(attempt(arena, &list));
    assert_non_null(strstr(list.err.text, "32 KiB"));
}

/* ---- Languages, people, the table ---- */

static void message__falls_back__to_the_language_then_to_english(void **state)
{
    static const struct template_source rows[] = {
        { "en/a", "en a {{>p}}" },   { "en/b", "en b{{#n.one}} one{{/n.one}}" },
        { "en/partials/p", "en p" }, { "fr-CA/a", "ca a {{>p}}" },
        { "fr/a", "fr a {{>p}}" },   { "fr/b", "fr b{{#n.one}} one{{/n.one}}" },
        { "fr/partials/p", "fr p" }, { NULL, NULL },
    };
    static const struct {
        const char *lang, *name, *want;
    } cases[] = {
        { "en", "a", "en a en p" },
        { "fr", "a", "fr a fr p" },
        { "fr-CA", "a", "ca a fr p" },
        { "fr-CH", "a", "fr a fr p" },
        { "fr-CA-tu", "a", "ca a fr p" },
        { "fr-CA", "b", "fr b one" },
        { "fr", "b", "fr b one" },
        { "en", "b", "en b" },
        { "en-GB", "b", "en b" },
        { "de", "b", "en b" },
        { "", "b", "en b" },
        { "-", "b", "en b" },
        { "../../x", "b", "en b" },
        { "a-language-tag-of-more-than-31-bytes", "b", "en b" },
    };
    struct message_book *book = message_book_create(rows);
    struct json_object *values = json_parse("{\"n\":0}", 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_wanted wanted = { .lang = cases[i].lang, .name = cases[i].name, .values = values };
        struct message message;
        struct err err;
        assert_true(message_book_render(book, *state, &wanted, &message, &err));
        assert_string_equal(message.body, cases[i].want);
    }
    struct message_wanted missing = { .lang = "fr", .name = "none", .values = values };
    struct message message;
    struct err err;
    assert_false(message_book_render(book, *state, &missing, &message, &err));
    assert_string_equal(err.text, "no template none");
    json_object_put(values);
    message_book_destroy(book);
}

/* {"say": x} is the text x; {"of": x} has the names one, "x one", and none, "". */
static const char *look_up(void *arena, struct json_object *value, const char *name)
{
    const char *of = json_str(json_find(value, "of"), "");
    if (!name)
        return json_find(value, "say") ? arena_strdup(arena, json_str(value, "say")) : NULL;
    if (of && strcmp(name, "one") == 0)
        return arena_printf(arena, "%s one", of);
    return of && strcmp(name, "none") == 0 ? "" : NULL;
}

static void message_render__looks_up_what_is_named_and_not_there(void **state)
{
    static const struct {
        const char *template_text, *values, *body;
    } rows[] = {
        { "{{a}}, {{b.one}}.", "{\"a\":{\"say\":\"<x>\"},\"b\":{\"of\":\"y\"}}", "<x>, y one." },
        { "{{#a}}{{.}} of {{b}}{{/a}}{{^a}}none{{/a}}", "{\"a\":{\"say\":\"x\"},\"b\":1}", "x of 1" },
        { "{{#a}}{{.}}{{/a}}{{^a}}none{{/a}}", "{\"a\":{\"say\":\"\"}}", "none" },
        { "{{#a}}{{.}} {{/a}}", "{\"a\":[{\"say\":\"x\"},{\"say\":\"y\"}]}", "x y" },
        { "{{#b}}{{one}}{{#none}}?{{/none}}{{c}}{{/b}}", "{\"b\":{\"of\":\"y\"},\"c\":1}", "y one1" },
        /* what is there goes first, and what is nowhere is looked for outwards */
        { "{{#b}}{{one}}{{/b}}", "{\"b\":{\"of\":\"y\",\"one\":\"mine\"}}", "mine" },
        { "{{#b}}{{#c}}{{one}}{{/c}}{{/b}}", "{\"b\":{\"of\":\"y\",\"c\":{\"d\":1}}}", "y one" },
        { "{{#n}}{{#b.none}}?{{/b.none}}{{^b.none}}!{{/b.none}}{{/n}}", "{\"n\":2,\"b\":{\"of\":\"y\"}}",
          "!" },
    };
    struct message_lookup lookup = { look_up, *state };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct attempt a = { .template_text = rows[i].template_text,
                             .values = rows[i].values,
                             .lookup = &lookup };
        assert_true(attempt(*state, &a));
        assert_string_equal(a.message.body, rows[i].body);
    }
    struct attempt nowhere = { .template_text = "{{b.two}}",
                               .values = "{\"b\":{\"of\":\"y\"}}",
                               .lookup = &lookup };
    assert_false(attempt(*state, &nowhere));
    assert_string_equal(nowhere.err.text, "en/t:1: no value for {{b.two}}");
}

static void message_render__shows_people_as_pills(void **state)
{
    static const char text[] = "{\"id\":\"@bob:x\",\"name\":\"bob\"}";
    struct json_object *person = json_parse(text, strlen(text));
    struct message message;
    struct err err;
    struct message_wanted wanted = { .lang = "fr", .name = "partials/pill", .values = person };
    assert_true(message_render(*state, &wanted, &message, &err));
    assert_string_equal(message.html, "<a href=\"https://matrix.to/#/@bob:x\">bob</a>");
    assert_string_equal(message.body, "bob");
    json_object_put(person);
}

static void message_fill__fills_a_pattern(void **state)
{
    struct json_object *values = json_parse("{\"n\":1250}", 10);
    assert_string_equal(message_fill(*state, "fr", "dans {{n}}" NBSP "h", values),
                        "dans 1" NARROW "250" NBSP "h");
    json_object_put(values);
}

static void message_book_check__finds_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct template_source rows[5];
        const char *want;
    } cases[] = {
        { { { "en/a", "x" }, { "fr/a", "x" } }, NULL },
        { { { "en/a", "{{>p}}" }, { "en/partials/p", "x" }, { "fr/a", "{{>p}}" }, { "fr/partials/p", "x" } },
          NULL },
        { { { "en/a", "x" }, { "fr-CA/a", "x" }, { "fr/a", "x" } }, NULL },
        { { { "en/words/a", "<not checked>" }, { "fr/words/a", "{{" } }, NULL },
        { { { "en/a", "x" } }, "en/a: not in both" },
        { { { "fr/a", "x" } }, "fr/a: not in both" },
        { { { "fr-CA/a", "x" } }, "fr-CA/a: not in both" },
        { { { "en/words/a", "x" } }, "en/words/a: not in both" },
        { { { "en/a", "x" }, { "fr/a", "<p>" } }, "fr/a:1: at the end" },
        { { { "en/a", "{{>p}}" }, { "fr/a", "x" } }, "en/a:1: no such partial" },
        { { { "en/partials/p", "x" }, { "fr/partials/p", "x" } }, "en/partials/p: no template uses it" },
        { { { "en/a", "<p>{{#b}}{{>p}}{{/b}}</p>" },
            { "en/partials/p", "<hr>" },
            { "fr/a", "{{>p}}" },
            { "fr/partials/p", "x" } },
          "en/partials/p:1: <hr> cannot stand in <p>" },
        { { { "en/a", "<ul>{{>p}}</ul>" },
            { "en/partials/p", "{{x}}" },
            { "fr/a", "x" },
            { "fr/partials/p", "x" } },
          "en/partials/p:1: text between the entries" },
        { { { "en/a", "{{>p}}" },
            { "en/partials/p", "{{#x}}{{>p}}{{>p}}{{/x}}" },
            { "fr/a", "{{>p}}" },
            { "fr/partials/p", "x" } },
          NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_book *book = message_book_create(cases[i].rows);
        struct err err = { "" };
        assert_int_equal(message_book_check(book, &err), cases[i].want == NULL);
        if (cases[i].want && !text_starts_with(err.text, cases[i].want))
            fail_msg("\"%s\", not \"%s\"", err.text, cases[i].want);
        message_book_destroy(book);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(message__writes_both_bodies__from_one_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(message__fills_templates__as_mustache_does, setup, teardown),
        cmocka_unit_test_setup_teardown(message__drops_lines__that_render_to_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(message__shows_numbers__as_the_place_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(message__refuses__naming_file_and_line, setup, teardown),
        cmocka_unit_test_setup_teardown(message__has_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(message__falls_back__to_the_language_then_to_english, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(message_render__looks_up_what_is_named_and_not_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(message_render__shows_people_as_pills, setup, teardown),
        cmocka_unit_test_setup_teardown(message_fill__fills_a_pattern, setup, teardown),
        cmocka_unit_test_setup_teardown(message_book_check__finds_what_is_wrong, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
