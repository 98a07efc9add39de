/* A deadline inside a sentence (R25, R26), and one that ends a text (R28). */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/when.h"
#include "engine/when_parts.h"

/* A stretch of tokens, and how it reads. */
struct found {
    size_t from, to; /* tokens */
    struct when when;
};

static const char *piece(struct arena *arena, const struct when_tokens *tokens, size_t from, size_t to)
{
    size_t start = tokens->all[from].from;
    return arena_strndup(arena, tokens->text + start, tokens->all[to - 1].to - start);
}

static bool reads(const struct when *when)
{
    return when->result == WHEN_AT || (when->result == WHEN_ASK && when->n_candidates > 0);
}

/* within, in, sous, dans count only before a number. */
static bool is_number_at(const struct when_tokens *tokens, size_t at)
{
    if (at >= tokens->n)
        return false;
    return tokens->all[at].kind == TOKEN_NUMBER ||
           when_word_of(tokens, at, tokens->n, WORD_NUMBER).kind == WORD_NUMBER ||
           when_word_of(tokens, at, tokens->n, WORD_PIECES).kind == WORD_PIECES;
}

static bool is_deadline_word(const struct when_tokens *tokens, size_t at, struct when_word *word)
{
    static const enum when_word_kind kinds[] = { WORD_BY, WORD_BEFORE, WORD_LABEL, WORD_IN };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        *word = when_word_of(tokens, at, tokens->n, kinds[i]);
        if (word->kind == kinds[i])
            return word->kind != WORD_IN || is_number_at(tokens, at + word->n);
    }
    return false;
}

/* The longest phrase that begins with the deadline word at `at`. */
static bool find_phrase(struct arena *arena, const struct when_context *context,
                        const struct when_tokens *tokens, size_t at, const struct when_word *word,
                        struct found *out)
{
    size_t behind = at + word->n, first = at;
    if (word->kind == WORD_LABEL) {
        first = behind;
        if (first < tokens->n && tokens->all[first].mark == ':')
            first++;
    }
    size_t last = first + WHEN_PHRASE_TOKENS_MAX < tokens->n ? first + WHEN_PHRASE_TOKENS_MAX : tokens->n;
    for (size_t to = last; to > first && to > at + word->n; to--) {
        struct when when = when_read(arena, context, piece(arena, tokens, first, to));
        if (reads(&when) ||
            (when.result == WHEN_ERROR && when.fault != WHEN_UNREAD && when.fault != WHEN_TOO_LONG)) {
            *out = (struct found){ .from = at, .to = to, .when = when };
            out->when.phrase = piece(arena, tokens, first, to);
            return true;
        }
    }
    return false;
}

/* R26: outside a deadline phrase only these count as another day. */
static bool names_a_day(struct arena *arena, const struct when_context *context,
                        const struct when_tokens *tokens, size_t at)
{
    enum when_word_kind kind = when_word_at(tokens, at, tokens->n).kind;
    if (kind == WORD_WEEKDAY || kind == WORD_DAY || kind == WORD_TONIGHT)
        return true;
    if (tokens->all[at].kind != TOKEN_NUMBER)
        return false;
    if (at + 1 < tokens->n && !tokens->all[at + 1].is_glued &&
        when_word_of(tokens, at + 1, tokens->n, WORD_MONTH).kind == WORD_MONTH)
        return true;
    bool is_iso = tokens->all[at].n_digits == 4 && at + 4 < tokens->n && tokens->all[at + 1].mark == '-';
    struct when when = { .result = WHEN_ERROR };
    if (is_iso)
        when = when_read(arena, context, piece(arena, tokens, at, at + 5));
    return reads(&when);
}

/* A number, clock time, part of the day, zone or day directly behind the phrase belongs to it. */
static bool has_more(const struct when_tokens *tokens, size_t at)
{
    if (at >= tokens->n || tokens->all[at].kind == TOKEN_MARK)
        return false;
    enum when_word_kind kind = when_word_at(tokens, at, tokens->n).kind;
    return tokens->all[at].kind == TOKEN_NUMBER || kind == WORD_WEEKDAY || kind == WORD_WEEKDAY_SHORT ||
           kind == WORD_DAY || kind == WORD_PART || kind == WORD_TONIGHT || kind == WORD_ZONE ||
           kind == WORD_MONTH || kind == WORD_AM || kind == WORD_PM || kind == WORD_NOON ||
           kind == WORD_MIDNIGHT || kind == WORD_OR;
}

/* What follows a deadline word holds a clock time, or a number with a month, and does not read: not a text. */
static bool holds_a_time(struct arena *arena, const struct when_context *context,
                         const struct when_tokens *tokens, size_t from)
{
    struct when_word next;
    for (size_t at = from; at < tokens->n && at < from + WHEN_PHRASE_TOKENS_MAX; at++) {
        if (is_deadline_word(tokens, at, &next))
            break; /* what stands behind that one is its own */
        for (size_t to = at + 1; to <= tokens->n && to <= at + 4; to++) {
            struct when when = when_read(arena, context, piece(arena, tokens, at, to));
            if (tokens->all[at].kind == TOKEN_NUMBER && reads(&when) && (when.has_clock || to > at + 1))
                return true;
        }
    }
    return false;
}

static bool is_hanging(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == ':' || c == '-' || c == '.' || c == '\n' || c == '\t';
}

/* The rest of the sentence: spaces collapsed, emptied brackets gone, nothing left hanging at either end. */
static const char *subject_without(struct arena *arena, const struct when_tokens *tokens,
                                   const struct found *found)
{
    const char *text = tokens->text;
    const char *before = arena_strndup(arena, text, tokens->all[found->from].from);
    const char *behind = text + tokens->all[found->to - 1].to;
    const char *joined = arena_printf(arena, "%s %s", before, behind);
    struct buf out;
    buf_init(&out, strlen(joined) + 1);
    for (const char *c = joined; *c;) {
        const char *next = text_skip_space(c);
        if (next != c) {
            buf_putc(&out, ' ');
            c = next;
        } else {
            buf_putc(&out, *c++);
        }
    }
    for (const char *empty; (empty = strstr(out.text, "( )")) || (empty = strstr(out.text, "()"));) {
        size_t at = (size_t)(empty - out.text), len = empty[1] == ' ' ? 3 : 2;
        memmove(out.text + at, out.text + at + len, out.len - at - len + 1);
        out.len -= len;
    }
    const char *start = out.text;
    while (*start && is_hanging(*start))
        start++;
    size_t len = strlen(start);
    while (len && is_hanging(start[len - 1]))
        len--;
    char *subject = arena_strndup(arena, start, len);
    buf_finish(&out);
    return subject;
}

static struct when doubt(struct when when)
{
    if (when.result == WHEN_AT) {
        when.candidates[0] = when.at_ms;
        when.n_candidates = 1;
        when.result = WHEN_ASK;
    }
    return when;
}

/* No deadline word: a day with a clock time that ends the sentence may be meant as one. */
static struct when without_word(struct arena *arena, const struct when_context *context,
                                const struct when_tokens *tokens)
{
    struct when none = { .result = WHEN_NONE, .subject = tokens->text };
    size_t first = tokens->n > WHEN_PHRASE_TOKENS_MAX ? tokens->n - WHEN_PHRASE_TOKENS_MAX : 0;
    for (size_t at = first; at < tokens->n; at++) {
        if (!names_a_day(arena, context, tokens, at))
            continue;
        struct found found = { .from = at, .to = tokens->n };
        found.when = when_read(arena, context, piece(arena, tokens, at, tokens->n));
        if (!reads(&found.when) || (found.when.result == WHEN_AT && !found.when.has_clock))
            continue;
        found.when = doubt(found.when);
        found.when.phrase = piece(arena, tokens, at, tokens->n);
        found.when.subject = subject_without(arena, tokens, &found);
        return found.when;
    }
    return none;
}

static struct when too_long(const char *text)
{
    return (struct when){ .result = WHEN_ERROR, .fault = WHEN_TOO_LONG, .subject = text, .phrase = "" };
}

struct when when_read_sentence(struct arena *arena, const struct when_context *context, const char *sentence)
{
    if (text_chars(sentence) > WHEN_TEXT_CHARS_MAX)
        return too_long(sentence);
    struct when_tokens tokens;
    struct found found = { 0 };
    struct when_word word;
    bool has_found = false, is_doubtful = false, is_unread = false;
    when_cut(arena, sentence, context->lang, &tokens);
    for (size_t at = 0; at < tokens.n; at++) {
        struct found next;
        if (!is_deadline_word(&tokens, at, &word)) {
            is_doubtful = is_doubtful || names_a_day(arena, context, &tokens, at);
            continue;
        }
        if (find_phrase(arena, context, &tokens, at, &word, &next)) {
            is_doubtful = is_doubtful || has_found;
            if (!has_found)
                found = next;
            has_found = true;
            if (has_more(&tokens, next.to))
                is_unread = true;
            at = next.to - 1;
        } else if (holds_a_time(arena, context, &tokens, at + word.n)) {
            is_unread = true;
        }
    }
    if (is_unread)
        return (struct when){ .result = WHEN_ERROR,
                              .fault = WHEN_UNREAD,
                              .phrase = has_found ? found.when.phrase : sentence,
                              .subject = has_found ? subject_without(arena, &tokens, &found) : sentence };
    if (!has_found)
        return without_word(arena, context, &tokens);
    if (is_doubtful)
        found.when = doubt(found.when);
    found.when.subject = subject_without(arena, &tokens, &found);
    return found.when;
}

struct when when_read_tail(struct arena *arena, const struct when_context *context, const char *text)
{
    if (text_chars(text) > WHEN_TEXT_CHARS_MAX)
        return too_long(text);
    struct when_tokens tokens;
    struct when past = { .result = WHEN_NONE, .subject = text };
    when_cut(arena, text, context->lang, &tokens);
    size_t first = tokens.n > WHEN_PHRASE_TOKENS_MAX ? tokens.n - WHEN_PHRASE_TOKENS_MAX : 0;
    for (size_t at = first; at < tokens.n; at++) {
        struct found found = { .from = at, .to = tokens.n };
        found.when = when_read(arena, context, piece(arena, &tokens, at, tokens.n));
        bool is_past = found.when.result == WHEN_ERROR && found.when.fault == WHEN_PAST;
        if (!reads(&found.when) && !is_past)
            continue;
        found.when.phrase = piece(arena, &tokens, at, tokens.n);
        found.when.subject = subject_without(arena, &tokens, &found);
        if (!is_past)
            return found.when;
        if (past.result == WHEN_NONE)
            past = found.when;
    }
    return past;
}
