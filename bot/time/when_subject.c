/* What is left of a text without its date (R25). */
#include <string.h>

#include "base/text.h"
#include "time/when_parts.h"

static bool strip_end(char *text, size_t *len)
{
    static const char *const ends[] = { " ", ",", ";", ":", "-", ".", "\u2013", "\u2014" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (*len >= n && !memcmp(text + *len - n, ends[i], n)) {
            *len -= n;
            text[*len] = '\0';
            return true;
        }
        if (*len >= n && !memcmp(text, ends[i], n)) {
            *len -= n;
            memmove(text, text + n, *len + 1);
            return true;
        }
    }
    return false;
}

static void collapse_spaces(char *text)
{
    char *out = text;
    for (const char *in = text; *in;) {
        const char *next = text_skip_space(in);
        if (next == in) {
            *out++ = *in++;
            continue;
        }
        *out++ = ' ';
        in = next;
    }
    *out = '\0';
}

/* (by friday): the brackets that the phrase fills go with it; those that were empty before are somebody's
 * words. */
static void take_brackets(const char *text, size_t *from, size_t *to)
{
    static const char opening[] = "([", closing[] = ")]";
    for (;;) {
        size_t start = *from, end = (size_t)(text_skip_space(text + *to) - text);
        while (start && text[start - 1] == ' ')
            start--;
        const char *open = start ? strchr(opening, text[start - 1]) : NULL;
        if (!open || text[end] != closing[open - opening])
            return;
        *from = start - 1;
        *to = end + 1;
    }
}

const char *when_subject(struct arena *arena, const char *whole, size_t from, size_t to)
{
    take_brackets(whole, &from, &to);
    bool is_inside = from && strchr("([", whole[from - 1]);
    /* What was written close to the date, its question mark, stays close to what comes before. */
    bool is_close = whole[to] && strchr("?!,;:.", whole[to]);
    while (is_close && from && strchr(" ,;:-", whole[from - 1]))
        from--;
    const char *joint = from && whole[to] && !is_inside && !is_close ? " " : "";
    char *text = arena_printf(arena, "%.*s%s%s", (int)from, whole, joint, whole + to);
    collapse_spaces(text);
    size_t len = strlen(text);
    while (strip_end(text, &len))
        continue;
    return text;
}
