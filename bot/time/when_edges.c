#include "time/when_edges.h"

#include <string.h>

bool edge_is_mark_of(const struct when_token *token, const char *marks)
{
    return token->kind == TOKEN_MARK && strchr(marks, token->mark);
}

/* 14 | :30, 3 | .2 */
static bool is_cut_number(const struct when_tokens *tokens, size_t to)
{
    return to + 1 < tokens->n && tokens->all[to - 1].kind == TOKEN_NUMBER && tokens->all[to].is_glued &&
           edge_is_mark_of(&tokens->all[to], ".,:") && tokens->all[to + 1].is_glued &&
           tokens->all[to + 1].kind == TOKEN_NUMBER;
}

/* A bracket that the stretch does not open ends it. */
static bool is_balanced(const struct when_tokens *tokens, size_t from, size_t to)
{
    int depth = 0;
    for (size_t i = from; i < to && depth >= 0; i++)
        depth += edge_is_mark_of(&tokens->all[i], "([") - edge_is_mark_of(&tokens->all[i], ")]");
    return depth == 0;
}

/* Within a sentence a stretch ends with a word, a number, or the stop of an abbreviation: other marks are the
 * sentence's. What clings to the end makes another word of it: friday's, DEC-12. */
bool edge_is_end(const struct when_tokens *tokens, size_t from, size_t to)
{
    const struct when_token *last = &tokens->all[to - 1];
    if (last->kind == TOKEN_EMOJI || is_cut_number(tokens, to) || !is_balanced(tokens, from, to))
        return false;
    if (last->kind != TOKEN_MARK)
        return to == tokens->n || !tokens->all[to].is_glued ||
               edge_is_mark_of(&tokens->all[to], ".,;:!?)]\"") || tokens->all[to].kind == TOKEN_EMOJI;
    if (last->mark == '.' && last->is_glued && to - from >= 2) {
        struct when_word word = when_word_at(tokens, to - 2, to - 1);
        return word.kind == WORD_WEEKDAY_SHORT || word.kind == WORD_MONTH ||
               !strcmp(tokens->all[to - 2].word, "m");
    }
    return edge_is_mark_of(last, ")]");
}

bool edge_is_start(const struct when_tokens *tokens, size_t from)
{
    const struct when_token *first = &tokens->all[from];
    if (first->kind == TOKEN_EMOJI || edge_is_mark_of(first, ",)]"))
        return false;
    return from == 0 || !first->is_glued || edge_is_mark_of(&tokens->all[from - 1], "([,;:\"'");
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

static bool is_clock_at(const struct when_tokens *tokens, size_t at)
{
    if (at + 1 >= tokens->n)
        return false;
    struct when_word unit = when_word_of(tokens, at + 1, tokens->n, WORD_UNIT_FRENCH);
    return (edge_is_mark_of(&tokens->all[at + 1], ":") && tokens->all[at + 1].is_glued) ||
           (unit.n && unit.value == UNIT_HOUR) || when_word_of(tokens, at + 1, tokens->n, WORD_AM).n ||
           when_word_of(tokens, at + 1, tokens->n, WORD_PM).n;
}

bool edge_belongs_behind(const struct when_tokens *tokens, size_t at)
{
    while (at < tokens->n && edge_is_mark_of(&tokens->all[at], ",([-/+"))
        at++;
    if (at >= tokens->n)
        return false;
    struct when_word joint = when_word_at(tokens, at, tokens->n);
    if (joint.kind == WORD_OR && at + 1 < tokens->n)
        at++;
    if ((joint.kind != WORD_AT && joint.kind != WORD_LEAD) || at + joint.n >= tokens->n)
        return is_date_word(tokens, at);
    /* at noon, on monday; but the 3 routers */
    at += joint.n;
    return is_date_word(tokens, at) && (tokens->all[at].kind != TOKEN_NUMBER || is_clock_at(tokens, at));
}

bool edge_is_range_before(const struct when_tokens *tokens, size_t at)
{
    if (!at)
        return false;
    bool is_joint = edge_is_mark_of(&tokens->all[at - 1], "-/") ||
                    when_word_at(tokens, at - 1, tokens->n).kind == WORD_OR;
    return is_joint && at > 1 && is_date_word(tokens, at - 2);
}

static bool is_hedge(const struct when_tokens *tokens, size_t at)
{
    enum when_word_kind kind = when_word_at(tokens, at, tokens->n).kind;
    return kind == WORD_NOT || kind == WORD_PAST || kind == WORD_NEXT;
}

/* friday until 17:00: what stands before says when too. A number may be anything, but not behind a colon. */
bool edge_is_date_before(const struct when_tokens *tokens, size_t at)
{
    if (!at || !is_date_word(tokens, at - 1))
        return false;
    return tokens->all[at - 1].kind != TOKEN_NUMBER || (at > 1 && edge_is_mark_of(&tokens->all[at - 2], ":"));
}

/* every friday, not before friday, last friday: also where the word has two tokens more. */
bool edge_is_hedged_before(const struct when_tokens *tokens, size_t at)
{
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        struct when_word word = when_word_at(tokens, at - back, tokens->n);
        if (is_hedge(tokens, at - back) && word.n >= back)
            return true;
    }
    return at >= 1 && !strcmp(tokens->all[at - 1].word, "t") && at >= 2 && tokens->all[at - 2].mark == '\'';
}
