/* From when, until when, how many times, and which days not. */
#include <string.h>

#include "time/recur_reader.h"

static bool is_stop(const struct every *e, size_t at)
{
    struct every_word n = every_number(e, at);
    return every_word(e, at, EVERY_UNTIL).n || every_word(e, at, EVERY_FROM).n ||
           every_word(e, at, EVERY_EXCEPT).n || every_word(e, at, EVERY_EACH).n ||
           (n.n && every_word(e, at + n.n, EVERY_TIMES).n);
}

/* The longest date that begins there, up to the next word that begins something else. The end of a day is that of the
 * calendar, whenever work ends. */
static size_t read_date_stretch(const struct every *e, size_t at, struct when *out)
{
    struct when_context context = *e->context;
    struct said said;
    size_t to = at + 1;
    context.hours = NULL;
    if (at >= e->end)
        return 0;
    while (to < e->end && !is_stop(e, to))
        to++;
    for (; to > at; to--)
        if (when_parse(e->tokens, at, to, &said) && when_has_day(&said) && to <= e->end) {
            *out = when_settle(&context, &said);
            return to - at;
        }
    return 0;
}

size_t every_read_until(struct every *e, size_t at)
{
    /* With its word: jusqu'au 31. */
    struct every_word word = every_word(e, at, EVERY_UNTIL);
    if (!word.n || e->has_until)
        return 0;
    bool is_till = e->tokens->all[at].kind == TOKEN_WORD && !strcmp(e->tokens->all[at].word, "till");
    size_t from = is_till ? at + word.n : at, n = read_date_stretch(e, from, &e->until);
    e->has_until = n > 0;
    return n ? from + n - at : 0;
}

size_t every_read_from(struct every *e, size_t at)
{
    struct every_word word = every_word(e, at, EVERY_FROM);
    if (!word.n || e->has_from)
        return 0;
    size_t n = read_date_stretch(e, at + word.n, &e->from);
    e->has_from = n > 0;
    return n ? word.n + n : 0;
}

static bool add_exception(struct every *e, const struct when *date)
{
    if (date->result != WHEN_AT)
        e->is_doubtful = true;
    if (e->n_except == RECUR_EXCEPTIONS_MAX)
        return false;
    struct civil c = date->civil;
    if (date->result == WHEN_AT)
        e->except[e->n_except++] = civil_day_number(c.year, c.month, c.day);
    return true;
}

/* except 25 december and 1 january */
size_t every_read_except(struct every *e, size_t at)
{
    struct every_word word = every_word(e, at, EVERY_EXCEPT);
    struct when date;
    size_t n = word.n ? read_date_stretch(e, at + word.n, &date) : 0, all = word.n + n;
    if (!n || !add_exception(e, &date))
        return 0;
    for (;;) {
        struct every_word joint = every_word(e, at + all, EVERY_AND);
        n = joint.n ? read_date_stretch(e, at + all + joint.n, &date) : 0;
        if (!n || !add_exception(e, &date))
            return all;
        all += joint.n + n;
    }
}

size_t every_read_count(struct every *e, size_t at)
{
    struct every_word n = every_number(e, at);
    struct every_word times = n.n ? every_word(e, at + n.n, EVERY_TIMES) : n;
    if (!times.n || e->count)
        return 0;
    e->count = n.value;
    e->is_impossible |= n.value < 1 || n.value > RECUR_COUNT_MAX;
    return n.n + times.n;
}
