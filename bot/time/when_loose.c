/* A whole phrase that does not read strictly, and what it may mean: always asked (R1, R24). */
#include <string.h>

#include "time/when_parts.h"

enum { SPLITS_MAX = 6 };

/* What was found so far, all readings together. */
struct found {
    const struct when_context *context;
    const struct when_tokens *tokens;
    struct when *out;
    bool is_any;
};

static void add_candidate(struct when *out, int64_t at_ms)
{
    size_t at = 0;
    while (at < out->n_candidates && out->candidates[at] < at_ms)
        at++;
    if (out->n_candidates == WHEN_CANDIDATES_MAX || (at < out->n_candidates && out->candidates[at] == at_ms))
        return;
    memmove(&out->candidates[at + 1], &out->candidates[at],
            (out->n_candidates - at) * sizeof *out->candidates);
    out->candidates[at] = at_ms;
    out->n_candidates++;
}

static void add_reading(struct found *found, const struct said *said)
{
    struct when when = when_settle(found->context, said);
    if (!found->is_any)
        *found->out = (struct when){ .result = WHEN_ERROR, .fault = when.fault };
    memcpy(found->out->zone, when.zone, sizeof when.zone);
    found->is_any = true;
    if (when.result == WHEN_ERROR)
        return;
    if (found->out->result == WHEN_ERROR)
        found->out->fault = WHEN_FAULTLESS;
    found->out->result = WHEN_ASK;
    if (when.fault == WHEN_MISFIT)
        found->out->fault = WHEN_MISFIT;
    if (when.result == WHEN_AT)
        add_candidate(found->out, when.at_ms);
    for (size_t i = 0; i < when.n_candidates; i++)
        add_candidate(found->out, when.candidates[i]);
}

static bool is_hanging(const struct when_token *token)
{
    return token->kind == TOKEN_EMOJI || (token->kind == TOKEN_MARK && strchr(",.!\"'", token->mark));
}

/* Thanks before and behind, and quotation marks. */
static void trim_thanks(const struct when_tokens *tokens, size_t *from, size_t *to)
{
    while (*from < *to && is_hanging(&tokens->all[*from]))
        ++*from;
    while (*from < *to && is_hanging(&tokens->all[*to - 1]))
        --*to;
    for (size_t at = *from; at < *to; at++) {
        struct when_word word = when_word_of(tokens, at, *to, WORD_POLITE);
        if (word.n && at == *from)
            *from = at += word.n;
        else if (word.n && at + word.n == *to)
            *to = at;
    }
    while (*from < *to && is_hanging(&tokens->all[*from]))
        ++*from;
    while (*from < *to && is_hanging(&tokens->all[*to - 1]))
        --*to;
}

/* One half of a span takes the day, the clock time or the month of the other. */
static void share(struct said *one, const struct said *other)
{
    struct said own = *one;
    if (one->elapsed_ms || other->elapsed_ms)
        return;
    if (!when_has_day(one) && when_has_day(other)) {
        *one = *other;
        one->clock = own.clock;
        one->part = own.part != PART_NONE ? own.part : other->part;
    } else if (!one->clock.is_said && one->part == PART_NONE) {
        one->clock = other->clock;
        one->part = other->part;
    }
    if (other->has_zone && !one->has_zone) {
        one->has_zone = true;
        one->is_offset = other->is_offset;
        one->offset_s = other->offset_s;
        one->zone_word = other->zone_word;
        memcpy(one->zone, other->zone, sizeof one->zone);
    }
}

/* 28 to 30 november: the first number is a day, no hour. */
static void share_month(struct said *one, const struct said *other)
{
    struct when_clock clock = one->clock;
    bool is_date = other->day == DAY_DATE && other->month;
    if (!when_has_day(one) && clock.is_bare_number && is_date) {
        *one = *other;
        one->day_number = clock.hour;
    }
}

static bool is_joint(const struct when_tokens *tokens, size_t at)
{
    const struct when_token *token = &tokens->all[at];
    /* 12/01/26 are not two times. */
    bool is_slash = token->kind == TOKEN_MARK && token->mark == '/';
    if (token->kind == TOKEN_MARK)
        return token->mark == '-' || (is_slash && tokens->all[at - 1].kind != TOKEN_NUMBER);
    return when_word_of(tokens, at, tokens->n, WORD_OR).n == 1 || !strcmp(token->word, "a");
}

static bool parse_half(const struct when_tokens *tokens, size_t from, size_t to, struct said *said)
{
    return when_parse(tokens, from, to, said) || when_parse_loosely(tokens, from, to, LOOSE_CLOCK, said);
}

static bool is_length(const struct said *said)
{
    return said->elapsed_ms || said->day == DAY_LENGTH;
}

static void try_split(struct found *found, size_t from, size_t joint, size_t to)
{
    struct said left, right;
    if (!parse_half(found->tokens, from, joint, &left) || !parse_half(found->tokens, joint + 1, to, &right))
        return;
    /* DEC-12 is no month with an hour. */
    if (left.is_month_alone || right.is_month_alone)
        return;
    /* in a week or two: the second is no hour. */
    if (is_length(&left) && right.clock.is_bare_number) {
        add_reading(found, &left);
        return;
    }
    struct said first = left;
    share_month(&left, &right);
    share(&left, &right);
    share(&right, &first);
    add_reading(found, &left);
    add_reading(found, &right);
}

bool when_read_loosely(const struct when_context *context, const struct when_tokens *tokens, size_t from,
                       size_t to, struct when *out)
{
    static const enum when_loose kinds[] = { LOOSE_NOTHING, LOOSE_DATE, LOOSE_CLOCK };
    struct found found = { .context = context, .tokens = tokens, .out = out };
    struct said said;
    size_t n = 0;
    trim_thanks(tokens, &from, &to);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (when_parse_loosely(tokens, from, to, kinds[i], &said))
            add_reading(&found, &said);
    for (size_t at = from + 1; !found.is_any && to - from <= WHEN_PHRASE_TOKENS_MAX && at + 1 < to; at++)
        if (is_joint(tokens, at) && n++ < SPLITS_MAX)
            try_split(&found, from, at, to);
    return found.is_any;
}
