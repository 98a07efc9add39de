#include "engine/template.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { NAME_MAX_BYTES = 64, REFERENCE_MAX_BYTES = 10 };

static const struct {
    const char *name;
    bool is_block, is_void;
} elements[N_ELEMENTS] = {
    [ELEMENT_ROOT] = { "", true, false },      [ELEMENT_P] = { "p", true, false },
    [ELEMENT_BR] = { "br", false, true },      [ELEMENT_STRONG] = { "strong", false, false },
    [ELEMENT_EM] = { "em", false, false },     [ELEMENT_B] = { "b", false, false },
    [ELEMENT_I] = { "i", false, false },       [ELEMENT_CODE] = { "code", false, false },
    [ELEMENT_PRE] = { "pre", true, false },    [ELEMENT_UL] = { "ul", true, false },
    [ELEMENT_OL] = { "ol", true, false },      [ELEMENT_LI] = { "li", true, false },
    [ELEMENT_A] = { "a", false, false },       [ELEMENT_BLOCKQUOTE] = { "blockquote", true, false },
    [ELEMENT_DEL] = { "del", false, false },   [ELEMENT_HR] = { "hr", true, true },
    [ELEMENT_SPAN] = { "span", false, false },
};

const char *element_name(enum element element)
{
    return elements[element].name;
}

bool element_is_block(enum element element)
{
    return elements[element].is_block;
}

bool element_is_void(enum element element)
{
    return elements[element].is_void;
}

bool element_holds_text(enum element element)
{
    return element != ELEMENT_UL && element != ELEMENT_OL;
}

bool element_can_hold(enum element parent, enum element child)
{
    if (!element_holds_text(parent))
        return child == ELEMENT_LI;
    if (child == ELEMENT_LI)
        return false;
    if (parent == ELEMENT_ROOT || parent == ELEMENT_LI || parent == ELEMENT_BLOCKQUOTE)
        return true;
    return !elements[child].is_block;
}

/* What is open at a point of the text: elements and sections, which may not cross. */
struct open {
    struct template_node *node;
    struct template_node **end; /* where the next child goes */
};

struct parser {
    struct arena *arena;
    struct err *err;
    const char *name;
    const char *start, *at;
    int line;
    struct buf text; /* characters not yet made a node */
    struct open stack[TEMPLATE_DEPTH + 1];
    int depth;
};

static bool fail(struct parser *p, const char *what, const char *detail)
{
    return err_set(p->err, "%s:%d: %s%s", p->name, p->line, what, detail);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_white(char c)
{
    return is_blank(c) || c == '\n';
}

static void advance(struct parser *p, const char *to)
{
    for (; p->at < to; p->at++)
        p->line += *p->at == '\n';
}

static struct template_node *new_node(struct parser *p, enum template_kind kind, const char *text)
{
    struct template_node *node = arena_alloc(p->arena, sizeof *node);
    node->kind = kind;
    node->line = p->line;
    node->text = text;
    return node;
}

static enum element holder(const struct parser *p)
{
    for (int i = p->depth; i > 0; i--)
        if (p->stack[i].node->kind == TEMPLATE_ELEMENT)
            return p->stack[i].node->element;
    return ELEMENT_ROOT;
}

static bool is_inside(const struct parser *p, enum element element)
{
    for (int i = p->depth; i > 0; i--)
        if (p->stack[i].node->kind == TEMPLATE_ELEMENT && p->stack[i].node->element == element)
            return true;
    return false;
}

static void link_node(struct parser *p, struct template_node *node)
{
    struct open *open = &p->stack[p->depth];
    *open->end = node;
    open->end = &node->next;
}

static bool flush_text(struct parser *p)
{
    if (!p->text.len)
        return true;
    if (!element_holds_text(holder(p)) && p->text.text[strspn(p->text.text, " \t\n")])
        return fail(p, "text between the entries of a list", "");
    link_node(p, new_node(p, TEMPLATE_TEXT, arena_strdup(p->arena, p->text.text)));
    buf_clear(&p->text);
    return true;
}

static bool push(struct parser *p, struct template_node *node)
{
    link_node(p, node);
    if (p->depth == TEMPLATE_DEPTH)
        return fail(p, "more than 64 levels", "");
    p->stack[++p->depth] = (struct open){ .node = node, .end = &node->first };
    return true;
}

/* What has to be closed first, for messages. */
static const char *open_name(struct parser *p)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0)
        return "nothing is open";
    if (node->kind == TEMPLATE_ELEMENT)
        return arena_printf(p->arena, "<%s> of line %d is open", element_name(node->element), node->line);
    return arena_printf(p->arena, "{{#%s}} of line %d is open", node->text, node->line);
}

static bool add_codepoint(struct parser *p, struct buf *to, long code)
{
    if ((code < 32 && code != '\n') || (code >= 127 && code < 160) || code > 0x10FFFF ||
        (code >= 0xD800 && code < 0xE000))
        return fail(p, "a character reference to no character", "");
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
static bool parse_reference(struct parser *p, struct buf *to)
{
    static const struct {
        const char *name;
        long code;
    } named[] = { { "amp", '&' },  { "lt", '<' },    { "gt", '>' },
                  { "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xA0 } };
    char name[REFERENCE_MAX_BYTES + 1] = "";
    size_t len = strcspn(p->at + 1, ";");
    if (len == 0 || len > REFERENCE_MAX_BYTES || p->at[1 + len] != ';')
        return fail(p, "a bare & (write &amp;)", "");
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
        return fail(p, "unknown character reference &", name);
    p->at += len + 2;
    return add_codepoint(p, to, code);
}

/* Between {{ and }}, or NULL with err; p->at moves behind. */
static const char *tag_content(struct parser *p)
{
    const char *end = strstr(p->at + 2, "}}");
    if (!end) {
        fail(p, "{{ without }}", "");
        return NULL;
    }
    const char *content = arena_strndup(p->arena, p->at + 2, (size_t)(end - p->at) - 2);
    advance(p, end + 2);
    return content;
}

/* A name without the white space around it, or NULL with err. */
static const char *tag_name(struct parser *p, const char *text, const char *also_allowed)
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
    fail(p, "not a name: ", name);
    return NULL;
}

/* Whether a tag from..to has its lines for itself; then they leave no trace. */
static bool is_standalone(const struct parser *p, const char *from, const char *to)
{
    while (from > p->start && is_blank(from[-1]))
        from--;
    while (is_blank(*to))
        to++;
    return (from == p->start || from[-1] == '\n') && (*to == '\n' || *to == '\0');
}

static bool parse_value(struct parser *p, const char *content)
{
    const char *name = tag_name(p, content, ".");
    if (!name || !flush_text(p))
        return false;
    if (!element_holds_text(holder(p)))
        return fail(p, "a value between the entries of a list: ", name);
    link_node(p, new_node(p, TEMPLATE_VALUE, name));
    return true;
}

static bool parse_end_section(struct parser *p, const char *name)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0 || node->kind == TEMPLATE_ELEMENT || strcmp(node->text, name) != 0)
        return fail(p, arena_printf(p->arena, "{{/%s}}, but ", name), open_name(p));
    p->depth--;
    return true;
}

/* Takes the white space before a standalone tag off the text, and moves behind its line; the indent is what
 * was taken. */
static const char *take_line(struct parser *p)
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
    advance(p, end + (*end == '\n'));
    return indent;
}

/* At "{{". */
static bool parse_mustache(struct parser *p)
{
    const char *from = p->at;
    int line = p->line;
    char sign = p->at[2];
    if (sign == '{' || sign == '&')
        return fail(p, "raw values are not allowed ({{{ or {{&)", "");
    if (sign && strchr("=<$", sign))
        return fail(p, "set delimiters and inheritance are not supported ({{=, {{<, {{$)", "");
    const char *content = tag_content(p);
    if (!content)
        return false;
    if (!sign || !strchr("#^/>!", sign))
        return parse_value(p, content);
    const char *name = sign == '!' ? "" : tag_name(p, content + 1, sign == '>' ? "/" : ".");
    if (!name)
        return false;
    const char *indent = is_standalone(p, from, p->at) ? take_line(p) : NULL;
    if (sign == '!')
        return true;
    if (!flush_text(p))
        return false;
    if (sign == '/')
        return parse_end_section(p, name);
    struct template_node *node = new_node(p,
                                          sign == '#'   ? TEMPLATE_SECTION
                                          : sign == '^' ? TEMPLATE_INVERTED
                                                        : TEMPLATE_PARTIAL,
                                          name);
    node->line = line;
    node->indent = indent;
    if (sign != '>')
        return push(p, node);
    link_node(p, node);
    return true;
}

/* A value may say which path, never where to: the host is the template's. */
static bool check_address(struct parser *p, const struct template_node *href)
{
    bool has_text = href && href->kind == TEMPLATE_TEXT;
    const char *text = has_text ? href->text : "";
    if (text_starts_with(text, "mailto:"))
        return true;
    if (!has_text || (!text_starts_with(text, "https://") && !text_starts_with(text, "http://")))
        return fail(p, "href has to begin with https://, http:// or mailto:", "");
    const char *host = strstr(text, "//") + 2;
    size_t host_len = strcspn(host, "/?#");
    if (host_len == 0 || (href->next && !host[host_len]))
        return fail(p, "href has to name its host", "");
    return true;
}

static bool add_address_text(struct parser *p, struct template_node ***end)
{
    if (p->text.len) {
        **end = new_node(p, TEMPLATE_TEXT, arena_strdup(p->arena, p->text.text));
        *end = &(**end)->next;
        buf_clear(&p->text);
    }
    return true;
}

/* Behind href=" ; stops behind the closing quote. */
static bool parse_address(struct parser *p, struct template_node *node)
{
    struct template_node **end = &node->href;
    while (*p->at && *p->at != '"') {
        if (text_starts_with(p->at, "{{")) {
            const char *content = tag_content(p);
            const char *name = content ? tag_name(p, content, ".") : NULL;
            if (!name || !add_address_text(p, &end))
                return false;
            *end = new_node(p, TEMPLATE_VALUE, name);
            end = &(*end)->next;
        } else if (*p->at == '&') {
            if (!parse_reference(p, &p->text))
                return false;
        } else if (*p->at <= ' ' || strchr("<>`\\^{|}", *p->at) || *p->at >= 127) {
            return fail(p, "a character in href that no address has", "");
        } else {
            buf_putc(&p->text, *p->at++);
        }
    }
    add_address_text(p, &end);
    if (*p->at != '"')
        return fail(p, "href without a closing quote", "");
    p->at++;
    return check_address(p, node->href);
}

static bool parse_attributes(struct parser *p, struct template_node *node)
{
    static const char href[] = "href=\"";
    for (;;) {
        const char *at = p->at;
        while (is_white(*at))
            at++;
        bool has_space = at > p->at;
        advance(p, at);
        if (*p->at == '>' || (p->at[0] == '/' && p->at[1] == '>'))
            break;
        if (!has_space || node->element != ELEMENT_A || node->href || !text_starts_with(p->at, href))
            return fail(p, "not allowed as an attribute here: ",
                        arena_strndup(p->arena, p->at, strcspn(p->at, " =>\n")));
        p->at += strlen(href);
        if (!parse_address(p, node))
            return false;
    }
    if (*p->at == '/' && !element_is_void(node->element))
        return fail(p, "only <br/> and <hr/> close themselves", "");
    p->at += *p->at == '/' ? 2 : 1;
    if (node->element == ELEMENT_A && !node->href)
        return fail(p, "<a> without href", "");
    return true;
}

static bool parse_end_tag(struct parser *p, enum element element)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0 || node->kind != TEMPLATE_ELEMENT || node->element != element)
        return fail(p, arena_printf(p->arena, "</%s>, but ", element_name(element)), open_name(p));
    if (*p->at != '>')
        return fail(p, "an end tag with more than its name", "");
    p->at++;
    p->depth--;
    return true;
}

static bool parse_start_tag(struct parser *p, enum element element)
{
    enum element parent = holder(p);
    bool is_partials_entry = parent == ELEMENT_ROOT && element == ELEMENT_LI;
    if (!is_partials_entry && !element_can_hold(parent, element))
        return fail(
            p,
            arena_printf(p->arena, "<%s> cannot stand in <%s>", element_name(element), element_name(parent)),
            "");
    if (element == ELEMENT_A && is_inside(p, ELEMENT_A))
        return fail(p, "a link in a link", "");
    struct template_node *node = new_node(p, TEMPLATE_ELEMENT, NULL);
    node->element = element;
    if (!parse_attributes(p, node))
        return false;
    if (element == ELEMENT_PRE && *p->at == '\n')
        advance(p, p->at + 1); /* as in HTML: the first line break is not content */
    if (element_is_void(element)) {
        link_node(p, node);
        return true;
    }
    return push(p, node);
}

/* At '<'. */
static bool parse_tag(struct parser *p)
{
    if (!flush_text(p))
        return false;
    const char *name = p->at + (p->at[1] == '/' ? 2 : 1);
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
    for (int i = ELEMENT_ROOT + 1; i < N_ELEMENTS; i++) {
        enum element element = (enum element)i;
        if (strlen(element_name(element)) != len || strncmp(element_name(element), name, len) != 0)
            continue;
        bool is_end = p->at[1] == '/';
        p->at = name + len;
        return is_end ? parse_end_tag(p, element) : parse_start_tag(p, element);
    }
    size_t shown = strcspn(p->at, "> \n");
    return fail(p, arena_strndup(p->arena, p->at, shown < 20 ? shown : 20), "> is not allowed");
}

static bool check_characters(struct parser *p)
{
    size_t len;
    for (const char *c = p->at; *c; c += len) {
        int code = text_codepoint(c, &len);
        if (code == 0xFFFD || (code < ' ' && code != '\n' && code != '\t') || (code >= 127 && code < 160)) {
            advance(p, c);
            return fail(p, "not UTF-8, or a control character", "");
        }
    }
    return true;
}

static bool parse_all(struct parser *p)
{
    bool ok = check_characters(p);
    while (ok && *p->at) {
        if (text_starts_with(p->at, "{{")) {
            ok = parse_mustache(p);
        } else if (*p->at == '<') {
            ok = parse_tag(p);
        } else if (*p->at == '&') {
            ok = parse_reference(p, &p->text);
        } else {
            buf_putc(&p->text, *p->at);
            advance(p, p->at + 1);
        }
    }
    if (!ok || !flush_text(p))
        return false;
    return p->depth == 0 || fail(p, "at the end ", open_name(p));
}

struct template_node *template_parse(struct arena *arena, const char *name, const char *text, struct err *err)
{
    struct parser p = { .arena = arena, .err = err, .name = name, .start = text, .at = text, .line = 1 };
    if (strnlen(text, TEMPLATE_MAX + 1) > TEMPLATE_MAX) {
        err_set(err, "%s: more than 16 KiB", name);
        return NULL;
    }
    struct template_node *root = new_node(&p, TEMPLATE_ELEMENT, NULL);
    root->element = ELEMENT_ROOT;
    p.stack[0] = (struct open){ .node = root, .end = &root->first };
    buf_init(&p.text, TEMPLATE_MAX);
    bool ok = parse_all(&p);
    buf_finish(&p.text);
    return ok ? root : NULL;
}
