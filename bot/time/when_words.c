#include <assert.h>
#include <limits.h>
#include <string.h>

#include "time/when_table.h"

enum { TEXTS_MAX = 2000 };

static bool token_is(const struct when_token *token, const char *piece, size_t len)
{
    switch (token->kind) {
    case TOKEN_MARK:
        return len == 1 && token->mark == *piece;
    case TOKEN_EMOJI:
        return false;
    default:
        return strlen(token->word) == len && !memcmp(token->word, piece, len);
    }
}

size_t when_match(const struct when_tokens *tokens, size_t at, const char *text)
{
    size_t n = 0;
    while (*text && *text != '|') {
        size_t len = strcspn(text, " |");
        if (at + n >= tokens->n || !token_is(&tokens->all[at + n], text, len))
            return 0;
        n++;
        text += len + (text[len] == ' ');
    }
    return n;
}

/* Every text of the table by its first character, made once and the same ever after: a token is looked up
 * among a few. */
struct word_index {
    size_t from[CHAR_MAX + 2]; /* texts that begin with c are [from[c], from[c + 1]) */
    struct {
        const char *text;
        size_t row;
    } texts[TEXTS_MAX];
};

static const char *next_text(const char *text)
{
    const char *end = strchr(text, '|');
    return end ? end + 1 : NULL;
}

static const struct word_index *word_index(void)
{
    static struct word_index index;
    size_t n = 0;
    if (index.from[CHAR_MAX + 1])
        return &index;
    for (int c = 0; c <= CHAR_MAX; c++) {
        index.from[c] = n;
        for (size_t row = 0; row < when_table_n; row++)
            for (const char *text = when_table[row].texts; text; text = next_text(text)) {
                if (*text != c)
                    continue;
                assert(n < TEXTS_MAX);
                index.texts[n].text = text;
                index.texts[n++].row = row;
            }
    }
    index.from[CHAR_MAX + 1] = n;
    return &index;
}

void when_know_words(struct arena *arena, const struct when_tokens *tokens, size_t at)
{
    enum { KNOWN_MAX = 16 };
    const struct word_index *index = word_index();
    struct when_token *token = &tokens->all[at];
    struct when_word known[KNOWN_MAX];
    int first = (unsigned char)(token->kind == TOKEN_MARK ? token->mark : token->word[0]);
    if (first > CHAR_MAX)
        return;
    for (size_t i = index->from[first]; i < index->from[first + 1]; i++) {
        size_t row = index->texts[i].row;
        if (when_table[row].lang != WHEN_ANY && (when_table[row].lang == WHEN_FRENCH) != tokens->is_french)
            continue;
        size_t n = when_match(tokens, at, index->texts[i].text);
        if (n && token->n_known < KNOWN_MAX)
            known[token->n_known++] = (struct when_word){ when_table[row].kind, when_table[row].value, n };
    }
    struct when_word *kept = arena_alloc(arena, (token->n_known + 1) * sizeof *kept);
    memcpy(kept, known, token->n_known * sizeof *kept);
    token->known = kept;
}

struct when_word when_word_of(const struct when_tokens *tokens, size_t at, size_t end,
                              enum when_word_kind kind)
{
    struct when_word best = { .kind = WORD_NOTHING };
    if (at >= end)
        return best;
    const struct when_token *token = &tokens->all[at];
    for (size_t i = 0; i < token->n_known; i++) {
        const struct when_word *word = &token->known[i];
        if ((kind == WORD_NOTHING || word->kind == kind) && at + word->n <= end && word->n > best.n)
            best = *word;
    }
    return best;
}

struct when_word when_word_at(const struct when_tokens *tokens, size_t at, size_t end)
{
    return when_word_of(tokens, at, end, WORD_NOTHING);
}
