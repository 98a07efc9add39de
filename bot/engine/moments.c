#include "engine/moments.h"

#include <ctype.h>
#include <string.h>

/* Each moves *at past what it took. */
static void skip_spaces(const char **at)
{
    *at += strspn(*at, " ");
}

static bool take_word(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    *at += **at == 's';
    return true;
}

static bool take_number(const char **at, int *out)
{
    enum { DIGITS_MAX = 2 };
    int n_digits = 0;
    for (*out = 0; n_digits < DIGITS_MAX && isdigit((unsigned char)**at); n_digits++)
        *out = *out * 10 + (*(*at)++ - '0');
    return n_digits > 0 && *out > 0;
}

static bool take_moment(const char **at, struct moment *out)
{
    int n = 0;
    skip_spaces(at);
    if (!take_number(at, &n))
        return false;
    skip_spaces(at);
    bool is_days = take_word(at, "day");
    if (!is_days && !take_word(at, "hour"))
        return false;
    skip_spaces(at);
    *out = (struct moment){ .n_days = is_days ? n : 0, .n_hours = is_days ? 0 : n };
    return n <= (is_days ? MOMENTS_DAYS_MAX : MOMENTS_HOURS_MAX);
}

bool moments_parse(const char *text, struct moments *out)
{
    struct moments read = { .n = 0 };
    *out = read;
    if (strcmp(text, "none") == 0)
        return true;
    do {
        if (read.n == MOMENTS_MAX || !take_moment(&text, &read.moments[read.n++]))
            return false;
    } while (*text == ',' && *text++);
    if (*text)
        return false;
    *out = read;
    return true;
}
