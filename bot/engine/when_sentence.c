/* A deadline inside a sentence (R25, R26), and one that ends a text (R28). */
#include <string.h>

#include "base/text.h"
#include "engine/when.h"
#include "engine/when_parts.h"

/* A stretch of tokens that reads, and what it comes to. */
struct hit {
    size_t from, to;
    struct said said;
    struct when when;
};

static bool is_mark_of(const struct when_token *token, const char *marks)
{
    return token->kind == TOKEN_MARK && strchr(marks, token->mark);
}

/* 14 | :30, 3 | .2 */
static bool is_cut_number(const struct when_tokens *tokens, size_t to)
{
    return to + 1 < tokens->n && tokens->all[to - 1].kind == TOKEN_NUMBER && tokens->all[to].is_glued &&
           is_mark_of(&tokens->all[to], ".,:") && tokens->all[to + 1].is_glued &&
           tokens->all[to + 1].kind == TOKEN_NUMBER;
}

/* Within a sentence a stretch ends with a word, a number, or the stop of an abbreviation: other marks are the
 * sentence's. What clings to the end makes another word of it: friday's, DEC-12. */
static bool is_good_end(const struct when_tokens *tokens, size_t from, size_t to)
{
    const struct when_token *last = &tokens->all[to - 1];
    if (last->kind == TOKEN_EMOJI || is_cut_number(tokens, to))
        return false;
    if (last->kind != TOKEN_MARK)
        return to == tokens->n || !tokens->all[to].is_glued || is_mark_of(&tokens->all[to], ".,;:!?)]\"") ||
               tokens->all[to].kind == TOKEN_EMOJI;
    if (last->mark == '.' && last->is_glued && to - from >= 2) {
        struct when_word word = when_word_at(tokens, to - 2, to - 1);
        return word.kind == WORD_WEEKDAY_SHORT || word.kind == WORD_MONTH ||
               !strcmp(tokens->all[to - 2].word, "m");
    }
    int depth = 0;
    for (size_t i = from; i < to; i++)
        depth += is_mark_of(&tokens->all[i], "([") - is_mark_of(&tokens->all[i], ")]");
    return is_mark_of(last, ")]") && depth == 0;
}

static bool is_good_start(const struct when_tokens *tokens, size_t from)
{
    const struct when_token *first = &tokens->all[from];
    if (first->kind == TOKEN_EMOJI || is_mark_of(first, ",)]"))
        return false;
    return from == 0 || !first->is_glued || is_mark_of(&tokens->all[from - 1], "([,;:\"'");
}

/* What, right beside a phrase, belongs to it. */
static bool is_date_word(const struct when_tokens *tokens, size_t at)
{
    if (tokens->all[at].kind == TOKEN_NUMBER)
        return true;
    struct when_word word = when_word_at(tokens, at, tokens->n);
    switch (word.kind) {
    case WORD_NOT:
        return word.value > 0;
    case WORD_WEEKDAY:
    case WORD_DAY:
    case WORD_TODAY_PART:
    case WORD_PART:
    case WORD_NEXT:
    case WORD_WEEK:
    case WORD_FOLLOWING:
    case WORD_LATER:
    case WORD_NOON:
    case WORD_MIDNIGHT:
    case WORD_VAGUE:
    case WORD_END_OF_DAY:
    case WORD_PAST:
    case WORD_AM:
    case WORD_PM:
    case WORD_WORKING:
    case WORD_OPEN_DAYS:
    case WORD_UNIT:
    case WORD_UNIT_FRENCH:
        return true;
    default:
        return false;
    }
}

static bool belongs_behind(const struct when_tokens *tokens, size_t at)
{
    while (at < tokens->n && is_mark_of(&tokens->all[at], ",([-/+"))
        at++;
    if (at >= tokens->n)
        return false;
    if (when_word_at(tokens, at, tokens->n).kind == WORD_OR && at + 1 < tokens->n)
        at++;
    return is_date_word(tokens, at);
}

static bool is_range_before(const struct when_tokens *tokens, size_t at)
{
    if (!at)
        return false;
    bool is_joint =
        is_mark_of(&tokens->all[at - 1], "-/") || when_word_at(tokens, at - 1, tokens->n).kind == WORD_OR;
    return is_joint && at > 1 && is_date_word(tokens, at - 2);
}

static bool is_hedge(const struct when_tokens *tokens, size_t at)
{
    enum when_word_kind kind = when_word_at(tokens, at, tokens->n).kind;
    return kind == WORD_NOT || kind == WORD_PAST || kind == WORD_NEXT;
}

/* friday until 17:00: what stands before says when too. A number may be anything, but not behind a colon. */
static bool is_date_before(const struct when_tokens *tokens, size_t at)
{
    if (!at || !is_date_word(tokens, at - 1))
        return false;
    return tokens->all[at - 1].kind != TOKEN_NUMBER || (at > 1 && is_mark_of(&tokens->all[at - 2], ":"));
}

/* every friday, not before friday, last friday: also where the word has two tokens more. */
static bool is_hedged_before(const struct when_tokens *tokens, size_t at)
{
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        struct when_word word = when_word_at(tokens, at - back, tokens->n);
        if (is_hedge(tokens, at - back) && word.n >= back)
            return true;
    }
    return at >= 1 && !strcmp(tokens->all[at - 1].word, "t") && at >= 2 && tokens->all[at - 2].mark == '\'';
}

static void to_ask(struct when *when)
{
    if (when->result == WHEN_AT) {
        when->candidates[0] = when->at_ms;
        when->n_candidates = 1;
    }
    when->result = WHEN_ASK;
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
    if (!in.n || at + in.n >= tokens->n)
        return 0;
    bool is_number = tokens->all[at + in.n].kind == TOKEN_NUMBER ||
                     when_word_of(tokens, at + in.n, tokens->n, WORD_NUMBER).n ||
                     when_word_of(tokens, at + in.n, tokens->n, WORD_PIECES).n;
    return is_number ? in.n : 0;
}

/* A short weekday of the other language, without its full stop, is more often a name or another word: sam,
 * mon. */
static bool is_lookalike(const struct when_tokens *tokens, size_t at)
{
    static const char *const french[] = { "lun", "mar", "mer", "jeu", "ven", "sam", "dim" };
    bool is_of_french = false;
    if (when_word_at(tokens, at, tokens->n).kind != WORD_WEEKDAY_SHORT)
        return false;
    for (size_t i = 0; i < sizeof french / sizeof *french; i++)
        is_of_french |= !strcmp(french[i], tokens->all[at].word);
    bool has_stop = at + 1 < tokens->n && is_mark_of(&tokens->all[at + 1], ".") && at + 2 < tokens->n;
    return is_of_french != tokens->is_french && !has_stop;
}

/* avant mon départ: a word that is no day, though the phrase would read with it. */
static bool is_only_a_word(const struct when_tokens *tokens, const struct hit *hit)
{
    const struct when_token *last = &tokens->all[hit->to - 1];
    return hit->to < tokens->n && is_lookalike(tokens, hit->to - 1) && !strcmp(last->word, "mon");
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
    while (end < tokens->n && (tokens->all[end].kind == TOKEN_EMOJI || is_mark_of(&tokens->all[end], ".!")))
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
        if (!is_good_end(tokens, hit->from, to) || !when_parse(tokens, hit->from, to, &hit->said))
            continue;
        if (is_only_a_word(tokens, hit))
            return false;
        hit->when = when_settle(context, &hit->said);
        if (belongs_behind(tokens, to) || is_hedged_before(tokens, hit->from) ||
            is_doubtful_name(tokens, hit))
            to_ask(&hit->when);
        hit->to = end_with_marks(tokens, to);
        return true;
    }
    return false;
}

/* Between two deadline words, one that does not read: does it look as if it should? */
static bool holds_time(const struct when_tokens *tokens, size_t from)
{
    for (size_t i = from; i < tokens->n && (i == from || !deadline_word(tokens, i)); i++) {
        if (tokens->all[i].kind != TOKEN_NUMBER)
            continue;
        bool has_next = i + 1 < tokens->n;
        if (has_next && is_mark_of(&tokens->all[i + 1], ":") && i + 2 < tokens->n &&
            tokens->all[i + 2].kind == TOKEN_NUMBER && tokens->all[i + 2].n_digits == 2)
            return true;
        struct when_word next = when_word_at(tokens, i + 1, tokens->n);
        struct when_word last =
            i ? when_word_of(tokens, i - 1, tokens->n, WORD_MONTH) : (struct when_word){ 0 };
        bool is_hour =
            next.n && (next.kind == WORD_UNIT_FRENCH || next.kind == WORD_UNIT) && next.value == UNIT_HOUR;
        if (has_next && (is_hour || next.kind == WORD_AM || next.kind == WORD_PM || next.kind == WORD_MONTH))
            return true;
        if (last.n == 1)
            return true;
    }
    return false;
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
        if (!is_good_start(tokens, from) || !when_parse(tokens, from, n, &hit->said))
            continue;
        hit->when = when_settle(context, &hit->said);
        if (is_hedged_before(tokens, from) || is_range_before(tokens, from) || is_date_before(tokens, from) ||
            is_doubtful_name(tokens, hit))
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
    if (!find_tail(context, tokens, &hit) || !when_has_day(&hit.said) || !hit.said.clock.is_said)
        return no_date(arena, tokens->text);
    to_ask(&hit.when);
    return describe(arena, tokens, &hit);
}

static struct when too_long(const char *text)
{
    return (struct when){ .result = WHEN_ERROR, .fault = WHEN_TOO_LONG, .subject = text, .phrase = "" };
}

struct when when_read_sentence(struct arena *arena, const struct when_context *context, const char *sentence)
{
    struct when_tokens tokens;
    struct hit hit = { 0 }, next;
    size_t n_hits = 0;
    bool is_suspicious = false;
    if (when_is_too_long(sentence))
        return too_long(sentence);
    when_cut(arena, sentence, context->lang, &tokens);
    for (size_t i = 0; i < tokens.n; i++) {
        size_t word_n = deadline_word(&tokens, i);
        if (!word_n || !is_good_start(&tokens, i))
            continue;
        next = (struct hit){ .from = i };
        if (find_longest(context, &tokens, &next)) {
            if (!n_hits++)
                hit = next;
            i = next.to - 1;
            continue;
        }
        is_suspicious |= holds_time(&tokens, i + word_n);
    }
    if (!n_hits && is_suspicious) {
        struct when when = no_date(arena, sentence);
        when.result = WHEN_ASK;
        when.phrase = when.subject;
        return when;
    }
    if (!n_hits)
        return read_undeclared(arena, context, &tokens);
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
