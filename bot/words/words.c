#include "words/words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "words/templates.h"

enum { NUMBER_MAX = 128 };

/* The value of "key: value" in a list, or NULL. */
static char *find_line(struct arena *arena, const char *text, const char *key)
{
    size_t key_len = strlen(key);
    while (*text) {
        size_t len = (size_t)(strchrnul(text, '\n') - text);
        if (len > key_len && text[key_len] == ':' && strncmp(text, key, key_len) == 0) {
            size_t skip = key_len + 1 + strspn(text + key_len + 1, " ");
            return arena_strndup(arena, text + skip, len > skip ? len - skip : 0);
        }
        text += len + (text[len] == '\n');
    }
    return NULL;
}

/* English stands in for a language without a list, not for a word that a list leaves out. */
char *words_find(struct arena *arena, struct words_place place)
{
    char lang[LANGUAGE_MAX];
    templates_first_language(lang, place.lang);
    const char *name = arena_printf(arena, "words/%s", place.list);
    bool is_known = false;
    do {
        const struct template_source *row = templates_find(template_sources, lang, name);
        bool is_english = row && text_starts_with(row->name, "en/");
        if (!row || (is_known && is_english))
            return NULL;
        char *value = find_line(arena, row->text, place.key);
        if (value)
            return value;
        is_known = true;
    } while (templates_next_language(lang));
    return NULL;
}

char *words_get(struct arena *arena, struct words_place place)
{
    char *value = words_find(arena, place);
    assert(value);
    return value;
}

char *words_nth(struct arena *arena, struct words_place place, size_t index)
{
    const char *word = words_get(arena, place);
    for (; index > 0 && *word; index--) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    return *word ? arena_strndup(arena, word, strcspn(word, " ")) : NULL;
}

static struct words_place in_numbers(const char *lang, const char *key)
{
    return (struct words_place){ lang, "numbers", key };
}

bool words_count_is_one(const char *lang, int64_t n)
{
    struct arena *arena = arena_create();
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, n);
    bool is_one = false;
    for (size_t i = 0; !is_one; i++) {
        const char *one = words_nth(arena, in_numbers(lang, "one"), i);
        if (!one)
            break;
        is_one = strcmp(one, digits) == 0;
    }
    arena_destroy(arena);
    return is_one;
}

/* Of a sign, digits and perhaps a point and digits. */
static bool is_decimal(const char *number)
{
    static const char digits[] = "0123456789";
    number += *number == '-';
    size_t n = strspn(number, digits);
    if (n == 0)
        return false;
    number += n;
    if (*number == '.' && (n = strspn(number + 1, digits)) > 0)
        number += n + 1;
    return *number == '\0';
}

char *words_decimal(struct arena *arena, const char *lang, const char *number)
{
    if (!is_decimal(number) || strlen(number) > NUMBER_MAX)
        return arena_strdup(arena, number);
    const char *group = words_get(arena, in_numbers(lang, "group"));
    struct buf buf;
    buf_init(&buf, 4 * (size_t)NUMBER_MAX);
    if (*number == '-')
        buf_putc(&buf, *number++);
    size_t n_whole = strcspn(number, ".");
    for (size_t i = 0; i < n_whole; i++) {
        if (i > 0 && (n_whole - i) % 3 == 0)
            buf_puts(&buf, group);
        buf_putc(&buf, number[i]);
    }
    if (number[n_whole])
        buf_printf(&buf, "%s%s", words_get(arena, in_numbers(lang, "point")), number + n_whole + 1);
    char *text = arena_strdup(arena, buf.text);
    buf_finish(&buf);
    return text;
}

char *words_figures(struct arena *arena, const char *lang, int64_t n)
{
    return words_decimal(arena, lang, arena_printf(arena, "%" PRId64, n));
}

char *words_number(struct arena *arena, const char *lang, int64_t n)
{
    char *word = n >= 0 && n < 10 ? words_nth(arena, in_numbers(lang, "small"), (size_t)n) : NULL;
    return word ? word : words_figures(arena, lang, n);
}
