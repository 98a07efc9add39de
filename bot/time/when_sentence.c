/* A deadline inside a sentence (R25, R26), and one that ends a text (R28). */
#include <string.h>

#include "base/text.h"
#include "time/when.h"
#include "time/when_edges.h"
#include "time/when_parts.h"

/* A stretch of tokens that reads, and what it comes to. */
struct hit {
    size_t from, to;
    struct said said;
    struct when when;
};

static void to_ask(struct when *when)
{
    if (when->result == WHEN_AT) {
        when->candidates[0] = when->at_ms;
        when->n_candidates = 1;
    }
    when->result = WHEN_ASK;
    if (when->fault != WHEN_MISFIT)
        when->fault = WHEN_FAULTLESS;
}

/* A deadline word that counts, and how many tokens it has. */
static size_t deadline_word(const struct when_tokens *tokens, size_t at)
{
    static const enum when_word_kind kinds[] = { WORD_BY, WORD_BEFORE, WORD_LABEL };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct when_word word = when_word_of(tokens, at, tokens->n, kinds[i]);
        if (word.n)
            return word.n;
    }
    struct when_word in = when_word_of(tokens, at, tokens->n, WORD_IN);
    /* dans les trois mois à venir is no deadline. */
    if (in.n != 1 || at + in.n >= tokens->n)
        return 0;
    bool is_number = tokens->all[at + in.n].kind == TOKEN_NUMBER ||
                     when_word_of(tokens, at + in.n, tokens->n, WORD_NUMBER).n ||
                     when_word_of(tokens, at + in.n, tokens->n, WORD_PIECES).n;
    return is_number ? in.n : 0;
}

/* A short weekday, without its full stop, that the room's language has as a name or another word. */
static bool is_lookalike(const struct when_tokens *tokens, size_t at)
{
    static const char *const english[] = { "sam", "dim" }, *const french[] = { "mon" };
    const char *const *all = tokens->is_french ? french : english;
    size_t n = tokens->is_french ? sizeof french / sizeof *french : sizeof english / sizeof *english;
    bool is_found = false;
    for (size_t i = 0; i < n; i++)
        is_found |= !strcmp(all[i], tokens->all[at].word);
    return is_found && !(at + 2 < tokens->n && edge_is_mark_of(&tokens->all[at + 1], "."));
}

/* avant mon départ: a word that is no day, though the phrase would read with it. */
static bool is_only_a_word(const struct when_tokens *tokens, const struct hit *hit)
{
    const struct when_token *last = &tokens->all[hit->to - 1];
    return tokens->is_french && hit->to < tokens->n && !strcmp(last->word, "mon");
}

/* by tomorrow Sun shines: behind a day a short weekday with more text behind it is another word (R26). */
static bool ends_with_other_word(const struct when_tokens *tokens, size_t from, size_t to)
{
    struct said shorter;
    return to < tokens->n && tokens->all[to].kind == TOKEN_WORD &&
           when_word_at(tokens, to - 1, tokens->n).kind == WORD_WEEKDAY_SHORT &&
           when_parse(tokens, from, to - 1, &shorter) && when_has_day(&shorter);
}

/* by Sam; by 17:00 Sun reviews: a day or a name? */
static bool is_doubtful_name(const struct when_tokens *tokens, const struct hit *hit)
{
    const struct said *said = &hit->said;
    size_t last = hit->to - 1;
    if (said->day == DAY_UNSAID && !said->clock.is_said)
        return is_lookalike(tokens, last);
    return said->clock.is_said && hit->to < tokens->n && tokens->all[hit->to].kind == TOKEN_WORD &&
           when_word_at(tokens, last, tokens->n).kind == WORD_WEEKDAY_SHORT;
}

/* What R2 ignores at the end of a phrase belongs to it where it ends the text. */
static size_t end_with_marks(const struct when_tokens *tokens, size_t to)
{
    size_t end = to;
    while (end < tokens->n &&
           (tokens->all[end].kind == TOKEN_EMOJI || edge_is_mark_of(&tokens->all[end], ".!")))
        end++;
    return end == tokens->n ? end : to;
}

static bool find_longest(const struct when_context *context, const struct when_tokens *tokens,
                         struct hit *hit)
{
    size_t to =
        tokens->n - hit->from > WHEN_PHRASE_TOKENS_MAX ? hit->from + WHEN_PHRASE_TOKENS_MAX : tokens->n;
    for (; to > hit->from + 1; to--) {
        hit->to = to;
        if (!edge_is_end(tokens, hit->from, to) || !when_parse(tokens, hit->from, to, &hit->said) ||
            ends_with_other_word(tokens, hit->from, to))
            continue;
        if (is_only_a_word(tokens, hit))
            return false;
        hit->when = when_settle(context, &hit->said);
        if (edge_belongs_behind(tokens, to) || edge_is_hedged_before(tokens, hit->from) ||
            is_doubtful_name(tokens, hit))
            to_ask(&hit->when);
        hit->to = end_with_marks(tokens, to);
        return true;
    }
    return false;
}

/* Where the time that begins or ends at a number ends, as a reader sees it; 0: there is none. */
static size_t time_end(const struct when_tokens *tokens, size_t at)
{
    if (at + 2 < tokens->n && edge_is_mark_of(&tokens->all[at + 1], ":") &&
        tokens->all[at + 2].kind == TOKEN_NUMBER && tokens->all[at + 2].n_digits == 2)
        return at + 3;
    struct when_word next = when_word_at(tokens, at + 1, tokens->n);
    struct when_word last =
        at ? when_word_of(tokens, at - 1, tokens->n, WORD_MONTH) : (struct when_word){ 0 };
    bool is_hour =
        next.n && (next.kind == WORD_UNIT_FRENCH || next.kind == WORD_UNIT) && next.value == UNIT_HOUR;
    size_t end = at + 1 + next.n;
    if (is_hour && end < tokens->n && tokens->all[end].kind == TOKEN_NUMBER && tokens->all[end].is_glued)
        return end + 1; /* 17h30 */
    if (next.n && (is_hour || next.kind == WORD_AM || next.kind == WORD_PM || next.kind == WORD_MONTH))
        return end;
    return last.n == 1 ? at + 1 : 0;
}

/* Between two deadline words, one that does not read: does it look as if it should? Where that ends; 0: no. */
static size_t find_time(const struct when_tokens *tokens, size_t from)
{
    size_t end = 0;
    for (size_t i = from; !end && i < tokens->n && (i == from || !deadline_word(tokens, i)); i++)
        if (tokens->all[i].kind == TOKEN_NUMBER)
            end = time_end(tokens, i);
    return end;
}

/* R26: a day that a reader would see outside the deadline phrase. */
static bool is_day_at(const struct when_tokens *tokens, size_t at)
{
    struct said said;
    enum when_word_kind kind = when_word_at(tokens, at, tokens->n).kind;
    if (kind == WORD_WEEKDAY || kind == WORD_DAY || kind == WORD_TODAY_PART ||
        (kind == WORD_PAST && when_word_at(tokens, at, tokens->n).value))
        return true;
    const struct when_token *token = &tokens->all[at];
    if (token->kind == TOKEN_NUMBER && token->n_digits == 4 && at + 5 <= tokens->n)
        return when_parse(tokens, at, at + 5, &said) && said.day == DAY_DATE;
    if (token->kind == TOKEN_NUMBER && token->n_digits <= 2)
        for (size_t n = 2; n <= 4 && at + n <= tokens->n; n++)
            if (when_parse(tokens, at, at + n, &said) && said.day == DAY_DATE && said.month &&
                !said.is_swappable && when_word_of(tokens, at + n - 1, tokens->n, WORD_MONTH).n)
                return true;
    if (kind == WORD_MONTH)
        for (size_t n = 2; n <= 4 && at + n <= tokens->n; n++)
            if (when_parse(tokens, at, at + n, &said) && said.day == DAY_DATE)
                return true;
    return false;
}

static bool has_day_outside(const struct when_tokens *tokens, size_t from, size_t to)
{
    for (size_t i = 0; i < tokens->n; i++)
        if ((i < from || i >= to) && is_day_at(tokens, i))
            return true;
    return false;
}

static const char *phrase_of(struct arena *arena, const struct when_tokens *tokens, const struct hit *hit)
{
    size_t from = tokens->all[hit->from].from;
    return arena_strndup(arena, tokens->text + from, tokens->all[hit->to - 1].to - from);
}

static struct when describe(struct arena *arena, const struct when_tokens *tokens, struct hit *hit)
{
    size_t from = tokens->all[hit->from].from, to = tokens->all[hit->to - 1].to;
    hit->when.subject = when_subject(arena, tokens->text, from, to);
    hit->when.phrase = phrase_of(arena, tokens, hit);
    return hit->when;
}

static bool find_tail(const struct when_context *context, const struct when_tokens *tokens, struct hit *hit)
{
    size_t n = tokens->n, from = n > WHEN_PHRASE_TOKENS_MAX ? n - WHEN_PHRASE_TOKENS_MAX : 0;
    for (; from < n; from++) {
        *hit = (struct hit){ .from = from, .to = n };
        if (!edge_is_start(tokens, from) || !when_parse(tokens, from, n, &hit->said))
            continue;
        hit->when = when_settle(context, &hit->said);
        /* gifts for christmas: when it is, or what they are for? */
        bool is_for_feast =
            from && hit->said.day == DAY_FEAST && !(hit->said.lead && hit->said.clock.is_said);
        if (is_for_feast || edge_is_hedged_before(tokens, from) || edge_is_range_before(tokens, from) ||
            edge_is_date_before(tokens, from) || is_doubtful_name(tokens, hit))
            to_ask(&hit->when);
        return true;
    }
    return false;
}

static struct when no_date(struct arena *arena, const char *text)
{
    char *subject = text_trim(arena, text);
    return (struct when){ .result = WHEN_NONE, .subject = subject, .phrase = "" };
}

/* No deadline word: a day with a clock time at the end may be one all the same. */
static struct when read_undeclared(struct arena *arena, const struct when_context *context,
                                   const struct when_tokens *tokens)
{
    struct hit hit;
    struct when_tokens asked = *tokens;
    while (asked.n && edge_is_mark_of(&asked.all[asked.n - 1], "?"))
        asked.n--;
    if (!find_tail(context, &asked, &hit) || !when_has_day(&hit.said) || !hit.said.clock.is_said)
        return no_date(arena, tokens->text);
    to_ask(&hit.when);
    return describe(arena, tokens, &hit);
}

static struct when too_long(const char *text)
{
    return (struct when){ .result = WHEN_ERROR, .fault = WHEN_TOO_LONG, .subject = text, .phrase = "" };
}

/* tomorrow by 17:00: a day outside the phrase, but what is asked is whether it goes with it. */
static void take_day_before(const struct when_context *context, const struct when_tokens *tokens,
                            struct hit *hit)
{
    enum { DAY_TOKENS_MAX = 8 };
    struct hit longer = { .to = hit->to };
    for (size_t back = DAY_TOKENS_MAX; back > 0 && !when_has_day(&hit->said); back--) {
        if (back > hit->from)
            continue;
        longer.from = hit->from - back;
        bool is_lead =
            when_word_of(tokens, longer.from, hit->from, WORD_LEAD).n && is_day_at(tokens, longer.from + 1);
        if (!edge_is_start(tokens, longer.from) || !(is_day_at(tokens, longer.from) || is_lead) ||
            !when_parse(tokens, longer.from, longer.to, &longer.said))
            continue;
        longer.when = when_settle(context, &longer.said);
        to_ask(&longer.when);
        *hit = longer;
        return;
    }
}

/* by freeday 17:00: what stands where a date should. Where it ends the text, the answer takes its place; else nobody knows
 * how much of it is one, and the subject stays whole. */
static struct when ask_unread(struct arena *arena, const struct when_context *context,
                              const struct when_tokens *tokens, struct hit *doubt)
{
    struct when loose;
    bool is_last = end_with_marks(tokens, doubt->to) == tokens->n;
    if (is_last && when_read_loosely(context, tokens, doubt->from, doubt->to, &loose) && loose.n_candidates)
        doubt->when = loose;
    struct when when = describe(arena, tokens, doubt);
    when.result = WHEN_ASK;
    if (!is_last || !*when.subject)
        when.subject = text_trim(arena, tokens->text);
    return when;
}

struct when when_read_sentence(struct arena *arena, const struct when_context *context, const char *sentence)
{
    struct when_tokens tokens;
    struct hit hit = { 0 }, next, doubt = { 0 };
    size_t n_hits = 0;
    if (when_is_too_long(sentence))
        return too_long(sentence);
    when_cut(arena, sentence, context->lang, &tokens);
    for (size_t i = 0; i < tokens.n; i++) {
        size_t word_n = deadline_word(&tokens, i);
        if (!word_n || !edge_is_start(&tokens, i))
            continue;
        next = (struct hit){ .from = i };
        if (find_longest(context, &tokens, &next)) {
            if (!n_hits++)
                hit = next;
            i = next.to - 1;
            continue;
        }
        next.to = doubt.to ? 0 : find_time(&tokens, i + word_n);
        if (next.to)
            doubt = next;
    }
    bool is_suspicious = doubt.to;
    if (!n_hits && is_suspicious)
        return ask_unread(arena, context, &tokens, &doubt);
    if (!n_hits)
        return read_undeclared(arena, context, &tokens);
    if (n_hits == 1 && !is_suspicious)
        take_day_before(context, &tokens, &hit);
    if (n_hits > 1 || is_suspicious || has_day_outside(&tokens, hit.from, hit.to))
        to_ask(&hit.when);
    return describe(arena, &tokens, &hit);
}

struct when when_read_tail(struct arena *arena, const struct when_context *context, const char *text)
{
    struct when_tokens tokens;
    struct hit hit;
    if (when_is_too_long(text))
        return too_long(text);
    when_cut(arena, text, context->lang, &tokens);
    if (!find_tail(context, &tokens, &hit))
        return no_date(arena, text);
    return describe(arena, &tokens, &hit);
}
