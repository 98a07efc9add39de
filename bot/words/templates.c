#include "words/templates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void templates_first_language(char out[LANGUAGE_MAX], const char *lang)
{
    size_t len = strlen(lang);
    bool is_sane = len > 0 && len < LANGUAGE_MAX;
    memcpy(out, is_sane ? lang : "en", is_sane ? len + 1 : sizeof "en");
}

bool templates_next_language(char *lang)
{
    if (strcmp(lang, "en") == 0)
        return false;
    char *tail = strrchr(lang, '-');
    if (tail && tail > lang)
        *tail = '\0';
    else
        snprintf(lang, LANGUAGE_MAX, "en");
    return true;
}

/* A name in a language, "en/decide/open", in its two parts. */
struct wanted {
    const char *lang, *name;
};

/* As strcmp of the two parts, joined, and the row's name: each hour that is shown looks for a dozen of them. */
static int compare_names(const void *wanted, const void *row)
{
    const char *lang = ((const struct wanted *)wanted)->lang;
    const char *there = ((const struct template_source *)row)->name;
    for (; *lang && *lang == *there; lang++)
        there++;
    if (*lang || *there != '/')
        return (*lang ? (unsigned char)*lang : '/') - (unsigned char)*there;
    return strcmp(((const struct wanted *)wanted)->name, there + 1);
}

static const struct template_source *walk(const struct template_source *rows, const struct wanted *wanted)
{
    for (const struct template_source *row = rows; row->name; row++)
        if (compare_names(wanted, row) == 0)
            return row;
    return NULL;
}

/* The embedded ones are many, and sorted. */
static const struct template_source *find_embedded(const struct wanted *wanted)
{
    static size_t n;
    while (template_sources[n].name)
        n++;
    return bsearch(wanted, template_sources, n, sizeof *template_sources, compare_names);
}

static const struct template_source *find_exactly(const struct template_source *rows, const char *lang,
                                                  const char *name)
{
    struct wanted wanted = { lang, name };
    return rows == template_sources ? find_embedded(&wanted) : walk(rows, &wanted);
}

const struct template_source *templates_find(const struct template_source *rows, const char *lang,
                                             const char *name)
{
    char tried[LANGUAGE_MAX];
    templates_first_language(tried, lang);
    do {
        const struct template_source *row = find_exactly(rows, tried, name);
        if (row)
            return row;
    } while (templates_next_language(tried));
    return NULL;
}

const char *templates_own_name(const struct template_source *row)
{
    const char *slash = strchr(row->name, '/');
    return slash ? slash + 1 : row->name;
}

bool templates_is_partial(const struct template_source *row)
{
    return text_starts_with(templates_own_name(row), "partials/");
}

bool templates_is_words(const struct template_source *row)
{
    return text_starts_with(templates_own_name(row), "words/");
}
