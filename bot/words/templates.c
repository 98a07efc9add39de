#include "words/templates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void templates_first_language(char out[LANGUAGE_MAX], const char *lang)
{
    bool is_sane = *lang && strlen(lang) < LANGUAGE_MAX;
    snprintf(out, LANGUAGE_MAX, "%s", is_sane ? lang : "en");
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

static const struct template_source *walk(const struct template_source *rows, const char *whole)
{
    for (const struct template_source *row = rows; row->name; row++)
        if (strcmp(row->name, whole) == 0)
            return row;
    return NULL;
}

static int compare_names(const void *whole, const void *row)
{
    return strcmp(whole, ((const struct template_source *)row)->name);
}

/* The embedded ones are many, and sorted; each hour that is shown looks for a dozen of them. */
static const struct template_source *find_embedded(const char *whole)
{
    static size_t n;
    while (template_sources[n].name)
        n++;
    return bsearch(whole, template_sources, n, sizeof *template_sources, compare_names);
}

static const struct template_source *find_exactly(const struct template_source *rows, const char *lang,
                                                  const char *name)
{
    enum { NAME_MAX_BYTES = 128 };
    char whole[LANGUAGE_MAX + NAME_MAX_BYTES];
    if (snprintf(whole, sizeof whole, "%s/%s", lang, name) >= (int)sizeof whole)
        return NULL;
    return rows == template_sources ? find_embedded(whole) : walk(rows, whole);
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
