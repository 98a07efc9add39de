/* A template as a tree: its text and its Mustache tags. */
#include "words/template_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { NAME_MAX_BYTES = 64, REFERENCE_MAX_BYTES = 10 };

bool template_fail(struct template_parser *p, const char *what, const char *detail)
{
    return err_set(p->err, "%s:%d: %s%s", p->name, p->line, what, detail);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void template_advance(struct template_parser *p, const char *to)
{
    for (; p->at < to; p->at++)
        p->line += *p->at == '\n';
}

struct template_node *template_new_node(struct template_parser *p, enum template_kind kind, const char *text)
{
    struct template_node *node = arena_alloc(p->arena, sizeof *node);
    node->kind = kind;
    node->line = p->line;
    node->text = text;
    return node;
}

enum element template_holder(const struct template_parser *p)
{
    for (int i = p->depth; i > 0; i--)
        if (p->stack[i].node->kind == TEMPLATE_ELEMENT)
            return p->stack[i].node->element;
    return ELEMENT_ROOT;
}

bool template_is_inside(const struct template_parser *p, enum element element)
{
    for (int i = p->depth; i > 0; i--)
        if (p->stack[i].node->kind == TEMPLATE_ELEMENT && p->stack[i].node->element == element)
            return true;
    return false;
}

void template_link(struct template_parser *p, struct template_node *node)
{
    struct template_open *open = &p->stack[p->depth];
    *open->end = node;
    open->end = &node->next;
}

bool template_flush_text(struct template_parser *p)
{
    if (!p->text.len)
        return true;
    if (!element_holds_text(template_holder(p)) && p->text.text[strspn(p->text.text, " \t\n")])
        return template_fail(p, "text between the entries of a list", "");
    template_link(p, template_new_node(p, TEMPLATE_TEXT, arena_strdup(p->arena, p->text.text)));
    buf_clear(&p->text);
    return true;
}

bool template_push(struct template_parser *p, struct template_node *node)
{
    template_link(p, node);
    if (p->depth == TEMPLATE_DEPTH)
        return template_fail(p, "more than 64 levels", "");
    p->stack[++p->depth] = (struct template_open){ .node = node, .end = &node->first };
    return true;
}

/* What has to be closed first, for messages. */
const char *template_open_name(struct template_parser *p)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0)
        return "nothing is open";
    if (node->kind == TEMPLATE_ELEMENT)
        return arena_printf(p->arena, "<%s> of line %d is open", element_name(node->element), node->line);
    return arena_printf(p->arena, "{{#%s}} of line %d is open", node->text, node->line);
}

static bool add_codepoint(struct template_parser *p, struct buf *to, long code)
{
    if ((code < 32 && code != '\n') || (code >= 127 && code < 160) || code > 0x10FFFF ||
        (code >= 0xD800 && code < 0xE000))
        return template_fail(p, "a character reference to no character", "");
    if (code < 0x80)
        return buf_putc(to, (char)code);
    unsigned bits = (unsigned)code;
    if (code < 0x800)
        return buf_printf(to, "%c%c", 0xC0 | bits >> 6, 0x80 | (bits & 63));
    if (code < 0x10000)
        return buf_printf(to, "%c%c%c", 0xE0 | bits >> 12, 0x80 | (bits >> 6 & 63), 0x80 | (bits & 63));
    return buf_printf(to, "%c%c%c%c", 0xF0 | bits >> 18, 0x80 | (bits >> 12 & 63), 0x80 | (bits >> 6 & 63),
                      0x80 | (bits & 63));
}

/* At an '&'. */
bool template_parse_reference(struct template_parser *p, struct buf *to)
{
    static const struct {
        const char *name;
        long code;
    } named[] = { { "amp", '&' },  { "lt", '<' },    { "gt", '>' },
                  { "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xA0 } };
    char name[REFERENCE_MAX_BYTES + 1] = "";
    size_t len = strcspn(p->at + 1, ";");
    if (len == 0 || len > REFERENCE_MAX_BYTES || p->at[1 + len] != ';')
        return template_fail(p, "a bare & (write &amp;)", "");
    memcpy(name, p->at + 1, len);
    long code = -1;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(name, named[i].name) == 0)
            code = named[i].code;
    if (name[0] == '#') {
        bool is_hex = name[1] == 'x';
        const char *digits = name + (is_hex ? 2 : 1);
        size_t n_digits = strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789");
        code = n_digits && !digits[n_digits] ? strtol(digits, NULL, is_hex ? 16 : 10) : -1;
    }
    if (code < 0)
        return template_fail(p, "unknown character reference &", name);
    p->at += len + 2;
    return add_codepoint(p, to, code);
}

/* Between {{ and }}, or NULL with err; p->at moves behind. */
const char *template_tag_content(struct template_parser *p)
{
    const char *end = strstr(p->at + 2, "}}");
    if (!end) {
        template_fail(p, "{{ without }}", "");
        return NULL;
    }
    const char *content = arena_strndup(p->arena, p->at + 2, (size_t)(end - p->at) - 2);
    template_advance(p, end + 2);
    return content;
}

/* A name without the white space around it, or NULL with err. */
const char *template_tag_name(struct template_parser *p, const char *text, const char *also_allowed)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *name = text_trim(p->arena, text);
    size_t len = strlen(name), n_good = 0;
    while (name[n_good] && (strchr(letters, name[n_good]) || strchr(also_allowed, name[n_good])))
        n_good++;
    bool is_dot = strcmp(name, ".") == 0 && also_allowed[0] == '.';
    bool has_empty_part = len == 0 || strchr(also_allowed, name[0]) || strchr(also_allowed, name[len - 1]) ||
                          strstr(name, "..") || strstr(name, "//");
    if (n_good == len && len <= NAME_MAX_BYTES && (is_dot || !has_empty_part))
        return name;
    template_fail(p, "not a name: ", name);
    return NULL;
}

/* Whether a tag from..to has its lines for itself; then they leave no trace. */
static bool is_standalone(const struct template_parser *p, const char *from, const char *to)
{
    while (from > p->start && is_blank(from[-1]))
        from--;
    while (is_blank(*to))
        to++;
    return (from == p->start || from[-1] == '\n') && (*to == '\n' || *to == '\0');
}

static bool parse_value(struct template_parser *p, const char *content)
{
    const char *name = template_tag_name(p, content, ".");
    if (!name || !template_flush_text(p))
        return false;
    if (!element_holds_text(template_holder(p)))
        return template_fail(p, "a value between the entries of a list: ", name);
    template_link(p, template_new_node(p, TEMPLATE_VALUE, name));
    return true;
}

static bool parse_end_section(struct template_parser *p, const char *name)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0 || node->kind == TEMPLATE_ELEMENT || strcmp(node->text, name) != 0)
        return template_fail(p, arena_printf(p->arena, "{{/%s}}, but ", name), template_open_name(p));
    p->depth--;
    return true;
}

/* Takes the white space before a standalone tag off the text, and moves behind its line; the indent is what
 * was taken. */
static const char *take_line(struct template_parser *p)
{
    size_t len = p->text.len;
    while (len > 0 && is_blank(p->text.text[len - 1]))
        len--;
    const char *indent = arena_strdup(p->arena, p->text.text + len);
    p->text.len = len;
    p->text.text[len] = '\0';
    const char *end = p->at;
    while (is_blank(*end))
        end++;
    template_advance(p, end + (*end == '\n'));
    return indent;
}

/* At "{{". */
static bool parse_mustache(struct template_parser *p)
{
    const char *from = p->at;
    int line = p->line;
    char sign = p->at[2];
    if (sign == '{' || sign == '&')
        return template_fail(p, "raw values are not allowed ({{{ or {{&)", "");
    if (sign && strchr("=<$", sign))
        return template_fail(p, "set delimiters and inheritance are not supported ({{=, {{<, {{$)", "");
    const char *content = template_tag_content(p);
    if (!content)
        return false;
    if (!sign || !strchr("#^/>!", sign))
        return parse_value(p, content);
    const char *written = text_skip_space(content + 1);
    bool is_dynamic = sign == '>' && *written == '*';
    const char *name =
        sign == '!' ? "" : template_tag_name(p, written + is_dynamic, sign == '>' && !is_dynamic ? "/" : ".");
    if (!name)
        return false;
    const char *indent = is_standalone(p, from, p->at) ? take_line(p) : NULL;
    if (sign == '!')
        return true;
    if (!template_flush_text(p))
        return false;
    if (sign == '/')
        return parse_end_section(p, name);
    struct template_node *node = template_new_node(p,
                                                   sign == '#'   ? TEMPLATE_SECTION
                                                   : sign == '^' ? TEMPLATE_INVERTED
                                                                 : TEMPLATE_PARTIAL,
                                                   name);
    node->line = line;
    node->indent = indent;
    node->is_dynamic = is_dynamic;
    if (sign != '>')
        return template_push(p, node);
    template_link(p, node);
    return true;
}

static bool check_characters(struct template_parser *p)
{
    size_t len;
    for (const char *c = p->at; *c; c += len) {
        int code = text_codepoint(c, &len);
        if (code == 0xFFFD || (code < ' ' && code != '\n' && code != '\t') || (code >= 127 && code < 160)) {
            template_advance(p, c);
            return template_fail(p, "not UTF-8, or a control character", "");
        }
    }
    return true;
}

static bool parse_all(struct template_parser *p)
{
    bool ok = check_characters(p);
    while (ok && *p->at) {
        if (text_starts_with(p->at, "{{")) {
            ok = parse_mustache(p);
        } else if (*p->at == '<') {
            ok = template_parse_tag(p);
        } else if (*p->at == '&') {
            ok = template_parse_reference(p, &p->text);
        } else {
            buf_putc(&p->text, *p->at);
            template_advance(p, p->at + 1);
        }
    }
    if (!ok || !template_flush_text(p))
        return false;
    return p->depth == 0 || template_fail(p, "at the end ", template_open_name(p));
}

struct template_node *template_parse(struct arena *arena, const char *name, const char *text, struct err *err)
{
    struct template_parser p = {
        .arena = arena, .err = err, .name = name, .start = text, .at = text, .line = 1
    };
    if (strnlen(text, TEMPLATE_MAX + 1) > TEMPLATE_MAX) {
        err_set(err, "%s: more than 16 KiB", name);
        return NULL;
    }
    struct template_node *root = template_new_node(&p, TEMPLATE_ELEMENT, NULL);
    root->element = ELEMENT_ROOT;
    p.stack[0] = (struct template_open){ .node = root, .end = &root->first };
    buf_init(&p.text, TEMPLATE_MAX);
    bool ok = parse_all(&p);
    buf_finish(&p.text);
    return ok ? root : NULL;
}
