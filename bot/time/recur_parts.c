/* The parts of what comes back, in any order (R1-R5 of dates.md hold). */
#include <stdio.h>
#include <string.h>

#include "time/recur_reader.h"
#include "time/when_reader.h"

enum { FIXED_FEASTS_END = 1300 }; /* month * 100 + day */

/* --- How often --- */

static bool set_unit(struct every *e, int value)
{
    if (e->has_unit)
        return false;
    e->has_unit = true;
    if (value == UNIT_FORTNIGHT_WORD) {
        e->unit = RECUR_WEEK;
        e->n = e->n ? e->n * 2 : 2;
        return true;
    }
    e->is_weekdays = value == UNIT_WEEKDAYS;
    e->is_open_days = value == UNIT_OPEN_DAYS;
    e->unit = value == UNIT_WEEKDAYS    ? RECUR_WEEK
              : value == UNIT_OPEN_DAYS ? RECUR_WORKDAY
              : value == UNIT_JOURS     ? RECUR_DAY
                                        : (enum recur_unit)value;
    return true;
}

static size_t read_each(struct every *e, size_t at)
{
    struct every_word each = every_word(e, at, EVERY_EACH);
    if (!each.n)
        return 0;
    e->is_each = true; /* said twice: every month on the 31st of every month */
    e->is_each_french = each.value;
    return each.n;
}

/* other, 2, two: behind every, before what is counted. */
static size_t read_n(struct every *e, size_t at)
{
    struct every_word n = every_word(e, at, EVERY_OTHER);
    if (!e->after_each || e->n)
        return 0;
    if (n.n)
        n.value = 2;
    else
        n = every_number(e, at);
    struct every_word unit = n.n ? every_word(e, at + n.n, EVERY_UNIT) : n;
    if (!unit.n && !(n.n && every_weekday(e, at + n.n).n))
        return 0;
    e->n = n.value;
    e->is_one_off = unit.value == UNIT_JOURS && (n.value == 8 || n.value == 15);
    e->is_impossible |= n.value < 1 || n.value > RECUR_EVERY_MAX;
    return n.n;
}

static size_t read_unit(struct every *e, size_t at)
{
    struct every_word adverb = every_word(e, at, EVERY_ADVERB);
    if (adverb.n && set_unit(e, adverb.value)) {
        e->is_each = true;
        return adverb.n;
    }
    struct every_word unit = every_word(e, at, EVERY_UNIT);
    return e->after_each && unit.n && set_unit(e, unit.value) ? unit.n : 0;
}

/* un lundi sur deux, une semaine sur trois */
static size_t read_out_of(struct every *e, size_t at)
{
    const struct when_token *one = every_token(e, at);
    if (!one || e->n || !(!strcmp(one->word, "un") || !strcmp(one->word, "une") || !strcmp(one->word, "one")))
        return 0;
    struct every_word day = every_weekday(e, at + 1), unit = every_word(e, at + 1, EVERY_UNIT);
    size_t n = 1 + (day.n ? day.n : unit.n);
    struct every_word out_of = every_word(e, at + n, EVERY_OUT_OF), of = every_number(e, at + n + out_of.n);
    if (n == 1 || !out_of.n || !of.n || of.value < 2)
        return 0;
    if (day.n)
        e->weekdays |= 1U << day.value;
    else if (!set_unit(e, unit.value))
        return 0;
    e->is_each = true;
    e->n = of.value;
    e->is_impossible |= of.value > RECUR_EVERY_MAX;
    return n + out_of.n + of.n;
}

/* --- Which days --- */

/* last day, fin de chaque mois, first day of the month */
static size_t read_end_day(struct every *e, size_t at)
{
    struct every_word last = every_word(e, at, EVERY_LAST_DAY), nth = every_word(e, at, EVERY_NTH);
    struct every_word unit = nth.n ? every_word(e, at + nth.n, EVERY_UNIT) : nth;
    bool is_day = nth.value == 1 && (unit.value == RECUR_DAY || unit.value == UNIT_JOURS);
    bool is_first = unit.n && is_day && every_word(e, at + nth.n + unit.n, EVERY_OF_MONTH).n;
    if (!last.n && !is_first)
        return 0;
    e->day = last.n ? 31 : 1;
    e->is_each |= last.value > 0;
    return last.n ? last.n : nth.n + unit.n;
}

/* first monday, dernier vendredi, last working day */
static size_t read_nth(struct every *e, size_t at)
{
    struct every_word nth = every_word(e, at, EVERY_NTH);
    if (e->nth || e->day || e->weekdays)
        return 0;
    struct every_word day = nth.n ? every_weekday(e, at + nth.n) : nth,
                      unit = nth.n ? every_word(e, at + nth.n, EVERY_UNIT) : nth;
    bool is_working = !day.n && unit.n && unit.value == RECUR_WORKDAY;
    if (!day.n && !is_working)
        return read_end_day(e, at);
    e->nth = nth.value;
    e->is_impossible |= nth.value == NTH_NONE;
    e->is_nth_working = is_working;
    e->weekdays = is_working ? RECUR_MONDAY_TO_FRIDAY : 1U << day.value;
    e->is_nth_each = e->after_each;
    return nth.n + (day.n ? day.n : unit.n);
}

static size_t read_of_month(struct every *e, size_t at)
{
    struct every_word month = every_word(e, at, EVERY_OF_MONTH), of = every_word(e, at, EVERY_OF);
    if (month.n && !e->is_of_month) {
        e->is_of_month = e->is_each = true;
        return month.n;
    }
    struct when_word name =
        of.n ? when_word_of(e->tokens, at + of.n, e->end, WORD_MONTH) : (struct when_word){ 0 };
    if (!name.n || !e->nth || e->month)
        return 0;
    e->month = name.value;
    return of.n + name.n;
}

static struct when_reader reader_of(const struct every *e, struct said *said)
{
    return (struct when_reader){ .tokens = e->tokens, .end = e->end, .said = said, .is_at = e->is_at };
}

/* 14 july, july 14th, 14/7, christmas eve */
static size_t read_day_and_month(struct every *e, size_t at)
{
    struct said said = { .lead = 0 };
    struct when_reader reader = reader_of(e, &said);
    struct when_word feast = when_word_of(e->tokens, at, e->end, WORD_FEAST);
    size_t n = when_read_date(&reader, at);
    /* every christmas eve; those that move from year to year are not read. */
    if (feast.n && feast.value < FIXED_FEASTS_END) {
        said.month = feast.value / 100;
        said.day_number = feast.value % 100;
        n = feast.n;
    }
    if (!n || said.year || said.is_swappable || e->day || e->month)
        return 0;
    e->day = said.day_number;
    e->month = said.month;
    e->is_impossible |= said.is_impossible;
    return n;
}

/* the 31st, le 31, tous les 31 */
static size_t read_day_number(struct every *e, size_t at)
{
    static const char *const ends[] = { "st", "nd", "rd", "th", "er" };
    struct said said = { .lead = 0 };
    struct when_reader reader = reader_of(e, &said);
    const struct when_token *t = every_token(e, at), *end = every_token(e, at + 1);
    if (!t || t->kind != TOKEN_NUMBER || t->n_digits > 2 || e->day || when_is_clock(&reader, at))
        return 0;
    size_t ordinal = 0;
    for (size_t i = 0; end && end->is_glued && i < sizeof ends / sizeof *ends; i++)
        ordinal |= !strcmp(end->word, ends[i]);
    if (!ordinal && !e->after_article && !(e->after_each && e->is_each_french))
        return 0;
    e->day = t->value;
    e->is_impossible |= e->day < 1 || e->day > 31;
    return 1 + ordinal;
}

static size_t read_weekday(struct every *e, size_t at)
{
    struct every_word from = every_weekday(e, at), to = { 0, 0 };
    if (!from.n || e->nth)
        return 0;
    e->is_each |= every_word(e, at, EVERY_MONDAYS).n > 0;
    struct every_word joint = every_word(e, at + from.n, EVERY_TO);
    if (joint.n)
        to = every_weekday(e, at + from.n + joint.n);
    for (int day = from.value; to.n && day != to.value; day = (day + 1) % 7)
        e->weekdays |= 1U << day;
    e->has_range |= to.n > 0;
    e->weekdays |= 1U << (to.n ? to.value : from.value);
    return from.n + (to.n ? joint.n + to.n : 0);
}

/* --- When on these days --- */

/* A zone must be one of the tz database, the same all the year. */
static size_t read_zone(struct every *e, struct when_reader *reader, size_t at)
{
    struct said *said = reader->said;
    reader->after_clock = true;
    size_t n = when_read_zone(reader, at);
    if (!n)
        return 0;
    const struct when_zone_word *word = said->zone_word;
    e->is_doubtful |=
        said->is_offset || said->is_doubtful || (word && (word->must_be_in_force || word->zones[1]));
    if (e->has_zone && strcmp(e->zone, said->zone) != 0)
        e->is_doubtful = true;
    e->has_zone = true;
    snprintf(e->zone, sizeof e->zone, "%s", said->zone);
    return n;
}

static size_t read_noon(struct said *said, const struct every *e, size_t at)
{
    struct when_word noon = when_word_of(e->tokens, at, e->end, WORD_NOON),
                     midnight = when_word_of(e->tokens, at, e->end, WORD_MIDNIGHT);
    if (noon.n)
        said->clock = (struct when_clock){ .is_said = true, .hour = 12, .minute = noon.value };
    else if (midnight.n)
        said->clock = (struct when_clock){ .is_said = true, .is_midnight = true };
    return noon.n ? noon.n : midnight.n;
}

static size_t read_clock(struct every *e, size_t at)
{
    struct said said = { .lead = 0 };
    struct when_reader reader = reader_of(e, &said);
    size_t n = read_noon(&said, e, at);
    if (!n)
        n = when_read_clock(&reader, at);
    if (!n || e->n_clocks == RECUR_TIMES_MAX)
        return 0;
    e->clocks[e->n_clocks++] = said.clock;
    e->is_impossible |= said.is_impossible || said.clock.second;
    n += when_word_of(e->tokens, at + n, e->end, WORD_EXACT).n;
    return n + read_zone(e, &reader, at + n);
}

static size_t read_part_of_day(struct every *e, size_t at)
{
    struct when_word one = when_word_of(e->tokens, at, e->end, WORD_PART);
    struct every_word many = every_word(e, at, EVERY_PART);
    /* It does not begin a phrase: a good night is nobody's hour. */
    bool is_part = (one.n && one.value != PART_OTHER) || many.n;
    if (!is_part || e->part != PART_NONE || !(e->is_each || e->n_clocks || e->weekdays))
        return 0;
    e->part = (enum when_part)(one.n ? one.value : many.value);
    return one.n ? one.n : many.n;
}

/* --- All of it --- */

/* Words between the parts: what they let follow. */
static size_t read_joint(struct every *e, size_t at)
{
    struct every_word at_word = every_word(e, at, EVERY_AT), and_word = every_word(e, at, EVERY_AND),
                      article = every_word(e, at, EVERY_ARTICLE);
    size_t n = article.n > at_word.n ? article.n : at_word.n;
    n = and_word.n > n ? and_word.n : n;
    /* at 9 and 14: the second is said like the first. */
    bool keeps_at = and_word.n && e->after_clock && e->n_clocks && e->clocks[e->n_clocks - 1].is_bare_number;
    e->is_at = at_word.n || keeps_at;
    e->after_article = article.n > 0;
    e->is_open = n > 0;
    return n;
}

typedef size_t reading(struct every *e, size_t at);

static size_t read_one(struct every *e, size_t at)
{
    static reading *const readers[] = { every_read_until, every_read_from, every_read_except,
                                        every_read_count, read_out_of,     read_nth,
                                        read_of_month,    read_n,          read_day_and_month,
                                        read_day_number,  read_clock,      read_unit,
                                        read_weekday,     read_part_of_day };
    size_t n = read_each(e, at);
    if (n) {
        e->after_each = e->is_open = true;
        e->after_article = e->is_at = e->after_clock = false;
        return n;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        n = readers[i](e, at);
        if (!n)
            continue;
        e->is_open = readers[i] == read_n;
        e->after_each = readers[i] == read_n;
        e->after_clock = readers[i] == read_clock;
        e->after_article = e->is_at = false;
        return n;
    }
    n = read_joint(e, at);
    e->after_each = false;
    return n;
}

/* Parts that cannot stand beside each other. */
static bool is_coherent(const struct every *e)
{
    bool has_date = e->nth || e->day, has_days = e->weekdays && !e->nth;
    if (e->nth && e->day)
        return false;
    if ((e->is_of_month || e->month) && !has_date)
        return false;
    if (e->is_of_month && e->month)
        return false;
    if (has_date && has_days)
        return false;
    if (has_date && e->has_unit && e->unit != (e->month ? RECUR_YEAR : RECUR_MONTH))
        return false;
    if (has_date && e->n && !e->has_unit)
        return false;
    if (has_days && e->has_unit && (e->unit != RECUR_WEEK || e->is_weekdays))
        return false;
    if (e->has_unit && e->unit == RECUR_HOUR && (e->n_clocks || e->part != PART_NONE || e->n_except))
        return false;
    return has_date || has_days || e->has_unit || e->part != PART_NONE;
}

/* tous les quinze jours, le lundi: a day of the week makes two weeks of it. */
static void mend_fortnight(struct every *e)
{
    if (!e->is_one_off || !e->weekdays || e->nth)
        return;
    e->is_one_off = false;
    e->unit = RECUR_WEEK;
    e->n = e->n == 15 ? 2 : 1;
}

/* Thanks at the end. */
static size_t trim_thanks(struct every *e, size_t from)
{
    for (size_t at = from; at < e->end; at++) {
        struct every_word polite = every_word(e, at, EVERY_POLITE);
        if (polite.n && at > from && at + polite.n == e->end) {
            e->is_polite = true;
            return at;
        }
    }
    return e->end;
}

static size_t trim_end(const struct when_tokens *tokens, size_t to)
{
    while (to > 0 && (tokens->all[to - 1].kind == TOKEN_EMOJI ||
                      (tokens->all[to - 1].kind == TOKEN_MARK && strchr(".!,", tokens->all[to - 1].mark))))
        to--;
    return to;
}

bool every_parse(const struct every_text *text, size_t from, struct every *out)
{
    *out = (struct every){ .tokens = text->tokens,
                           .words = text->words,
                           .context = text->context,
                           .end = trim_end(text->tokens, text->tokens->n) };
    if (from >= out->end || every_word(out, from, EVERY_AND).n)
        return false;
    out->end = trim_end(text->tokens, trim_thanks(out, from));
    for (size_t at = from; at < out->end;) {
        size_t n = read_one(out, at);
        if (!n)
            return false;
        at += n;
    }
    mend_fortnight(out);
    out->is_range_only = out->has_range && !out->is_each;
    return !out->is_open && (out->is_each || out->is_range_only) && is_coherent(out);
}

/* biweekly on friday, twice a week, un mardi par mois: said so that the rest of it would read as a date. */
static bool is_adverb_meant(const struct every *e, size_t at)
{
    const struct when_tokens *tokens = e->tokens;
    struct said said;
    struct every_word adverb = every_word(e, at, EVERY_UNREAD_ADVERB), n = every_number(e, at), day;
    size_t behind = at + adverb.n;
    bool is_twice = !adverb.n && at < e->end && !strcmp(tokens->all[at].word, "twice");
    bool is_one = !adverb.n && at < e->end &&
                  (!strcmp(tokens->all[at].word, "un") || !strcmp(tokens->all[at].word, "one"));
    day = is_one ? every_weekday(e, at + 1) : (struct every_word){ 0, 0 };
    struct every_word times = n.n ? every_word(e, at + n.n, EVERY_TIMES) : n;
    size_t counted = is_twice ? 1 : times.n ? n.n + times.n : day.n ? 1 + day.n : 0;
    struct every_word per = counted ? every_word(e, at + counted, EVERY_PER) : (struct every_word){ 0, 0 };
    if (per.n)
        behind = at + counted + per.n;
    else if (!adverb.n)
        return false;
    return behind >= trim_end(tokens, tokens->n) || when_parse(tokens, behind, tokens->n, &said);
}

bool every_is_meant(const struct every_text *text, size_t at)
{
    const struct when_tokens *tokens = text->tokens;
    struct every e = { .tokens = tokens, .words = text->words, .end = tokens->n };
    struct every_word each = every_word(&e, at, EVERY_EACH), n;
    if (!each.n)
        return is_adverb_meant(&e, at);
    at += each.n;
    n = every_number(&e, at);
    struct every_word nth = every_word(&e, at, EVERY_NTH), other = every_word(&e, at, EVERY_OTHER);
    size_t skip = nth.n > n.n ? nth.n : n.n > other.n ? n.n : other.n;
    at += skip;
    bool is_french_number = n.n && each.value && at == tokens->n;
    /* every 1st and 15th */
    if (nth.n > 1 && skip == nth.n && at < tokens->n && (every_word(&e, at, EVERY_AND).n || n.n))
        return true;
    struct when_word minute = when_word_of(tokens, at, tokens->n, WORD_UNIT);
    return is_french_number || minute.n || every_word(&e, at, EVERY_UNREAD).n ||
           every_word(&e, at, EVERY_UNIT).n || every_weekday(&e, at).n || every_word(&e, at, EVERY_PART).n ||
           when_word_of(tokens, at, tokens->n, WORD_PART).n ||
           when_word_of(tokens, at, tokens->n, WORD_FEAST).n ||
           when_word_of(tokens, at, tokens->n, WORD_MONTH).n;
}
