/* What HTML a template may be made of, and what may stand in what. */
#include "words/template.h"

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
