/* The elements of a template: which may stand where, and where a link may lead. */
#include <string.h>

#include "base/text.h"
#include "words/template_parts.h"

/* A value may say which path, never where to: the host is the template's. */
static bool check_address(struct template_parser *p, const struct template_node *href)
{
    bool has_text = href && href->kind == TEMPLATE_TEXT;
    const char *text = has_text ? href->text : "";
    if (text_starts_with(text, "mailto:"))
        return true;
    if (!has_text || (!text_starts_with(text, "https://") && !text_starts_with(text, "http://")))
        return template_fail(p, "href has to begin with https://, http:// or mailto:", "");
    const char *host = strstr(text, "//") + 2;
    size_t host_len = strcspn(host, "/?#");
    if (host_len == 0 || (href->next && !host[host_len]))
        return template_fail(p, "href has to name its host", "");
    return true;
}

static bool add_address_text(struct template_parser *p, struct template_node ***end)
{
    if (p->text.len) {
        **end = template_new_node(p, TEMPLATE_TEXT, arena_strdup(p->arena, p->text.text));
        *end = &(**end)->next;
        buf_clear(&p->text);
    }
    return true;
}

/* Behind href=" ; stops behind the closing quote. */
static bool parse_address(struct template_parser *p, struct template_node *node)
{
    struct template_node **end = &node->href;
    while (*p->at && *p->at != '"') {
        if (text_starts_with(p->at, "{{")) {
            const char *content = template_tag_content(p);
            const char *name = content ? template_tag_name(p, content, ".") : NULL;
            if (!name || !add_address_text(p, &end))
                return false;
            *end = template_new_node(p, TEMPLATE_VALUE, name);
            end = &(*end)->next;
        } else if (*p->at == '&') {
            if (!template_parse_reference(p, &p->text))
                return false;
        } else if (*p->at <= ' ' || strchr("<>`\\^{|}", *p->at) || *p->at >= 127) {
            return template_fail(p, "a character in href that no address has", "");
        } else {
            buf_putc(&p->text, *p->at++);
        }
    }
    add_address_text(p, &end);
    if (*p->at != '"')
        return template_fail(p, "href without a closing quote", "");
    p->at++;
    return check_address(p, node->href);
}

static bool parse_attributes(struct template_parser *p, struct template_node *node)
{
    static const char href[] = "href=\"";
    for (;;) {
        const char *at = p->at + strspn(p->at, " \t\n");
        bool has_space = at > p->at;
        template_advance(p, at);
        if (*p->at == '>' || (p->at[0] == '/' && p->at[1] == '>'))
            break;
        if (!has_space || node->element != ELEMENT_A || node->href || !text_starts_with(p->at, href))
            return template_fail(p, "not allowed as an attribute here: ",
                                 arena_strndup(p->arena, p->at, strcspn(p->at, " =>\n")));
        p->at += strlen(href);
        if (!parse_address(p, node))
            return false;
    }
    if (*p->at == '/' && !element_is_void(node->element))
        return template_fail(p, "only <br/> and <hr/> close themselves", "");
    p->at += *p->at == '/' ? 2 : 1;
    if (node->element == ELEMENT_A && !node->href)
        return template_fail(p, "<a> without href", "");
    return true;
}

static bool parse_end_tag(struct template_parser *p, enum element element)
{
    const struct template_node *node = p->stack[p->depth].node;
    if (p->depth == 0 || node->kind != TEMPLATE_ELEMENT || node->element != element)
        return template_fail(p, arena_printf(p->arena, "</%s>, but ", element_name(element)),
                             template_open_name(p));
    if (*p->at != '>')
        return template_fail(p, "an end tag with more than its name", "");
    p->at++;
    p->depth--;
    return true;
}

static bool parse_start_tag(struct template_parser *p, enum element element)
{
    enum element parent = template_holder(p);
    bool is_partials_entry = parent == ELEMENT_ROOT && element == ELEMENT_LI;
    if (!is_partials_entry && !element_can_hold(parent, element))
        return template_fail(
            p,
            arena_printf(p->arena, "<%s> cannot stand in <%s>", element_name(element), element_name(parent)),
            "");
    if (element == ELEMENT_A && template_is_inside(p, ELEMENT_A))
        return template_fail(p, "a link in a link", "");
    struct template_node *node = template_new_node(p, TEMPLATE_ELEMENT, NULL);
    node->element = element;
    if (!parse_attributes(p, node))
        return false;
    if (element == ELEMENT_PRE && *p->at == '\n')
        template_advance(p, p->at + 1); /* as in HTML: the first line break is not content */
    if (element_is_void(element)) {
        template_link(p, node);
        return true;
    }
    return template_push(p, node);
}

/* At '<'. */
bool template_parse_tag(struct template_parser *p)
{
    if (!template_flush_text(p))
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
    return template_fail(p, arena_strndup(p->arena, p->at, shown < 20 ? shown : 20), "> is not allowed");
}
