/* The text as tokens: NFKC, without case and accents, any space one space (R2). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"
#include "time/when_parts.h"

enum { WORD_BYTES_MAX = 64 };

enum glyph { GLYPH_SPACE, GLYPH_LETTER, GLYPH_DIGIT, GLYPH_MARK, GLYPH_EMOJI };

static enum glyph glyph_of(char c, bool is_digit_allowed)
{
    if ((unsigned char)c >= 0x80 || isalpha((unsigned char)c))
        return GLYPH_LETTER;
    if (isdigit((unsigned char)c))
        return is_digit_allowed ? GLYPH_DIGIT : GLYPH_LETTER;
    return c == ' ' ? GLYPH_SPACE : GLYPH_MARK;
}

static void finish_number(struct when_token *token)
{
    token->n_digits = (int)strlen(token->word);
    token->value = -1;
    if (token->n_digits > 9)
        return;
    token->value = 0;
    for (const char *digit = token->word; *digit; digit++)
        token->value = token->value * 10 + (*digit - '0');
}

/* Adds a character to the token that is open, or opens one. False for a space. */
static bool add_char(struct arena *arena, struct when_tokens *tokens, char c, enum glyph glyph, size_t from,
                     bool is_glued)
{
    static const enum when_token_kind kinds[] = { [GLYPH_LETTER] = TOKEN_WORD,
                                                  [GLYPH_DIGIT] = TOKEN_NUMBER,
                                                  [GLYPH_MARK] = TOKEN_MARK,
                                                  [GLYPH_EMOJI] = TOKEN_EMOJI };
    if (glyph == GLYPH_SPACE)
        return false;
    enum when_token_kind kind = kinds[glyph];
    bool is_written = kind == TOKEN_WORD || kind == TOKEN_NUMBER;
    if (!is_written || !is_glued || !tokens->n || tokens->all[tokens->n - 1].kind != kind) {
        char *word = arena_alloc(arena, is_written ? WORD_BYTES_MAX + 1 : 1);
        struct when_token opened = {
            .kind = kind, .is_glued = is_glued, .from = from, .word = word, .mark = c
        };
        tokens->all[tokens->n++] = opened;
    }
    struct when_token *token = &tokens->all[tokens->n - 1];
    size_t len = strlen(token->word);
    if (is_written && len < WORD_BYTES_MAX)
        token->word[len] = c;
    return true;
}

/* ASCII is as it is but for case; the rest is what NFKC makes of it: "ｆ" is f, "…" three full stops. */
static const char *fold(struct arena *arena, const char *bytes, size_t len, int code, char ascii[2])
{
    if (code > ' ' && code < 0x7f) {
        ascii[0] = (char)tolower((unsigned char)code);
        ascii[1] = '\0';
        return ascii;
    }
    const char *one = arena_strndup(arena, bytes, len);
    return *text_skip_space(one) ? text_fold(arena, one) : " ";
}

/* Punctuation that NFKC leaves outside of ASCII, such as « and ». */
static bool is_punctuation(int code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

static bool is_emoji(int code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return code >= 0x80 && (category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_SK);
}

static void cut_code_point(struct arena *arena, struct when_tokens *tokens, const char *bytes, size_t len,
                           int code, bool *is_glued)
{
    char ascii[2];
    size_t from = (size_t)(bytes - tokens->text);
    if (is_emoji(code)) {
        *is_glued = add_char(arena, tokens, ' ', GLYPH_EMOJI, from, *is_glued);
        return;
    }
    const char *folded = fold(arena, bytes, len, code, ascii);
    if ((unsigned char)folded[0] >= 0x80 && is_punctuation(code)) {
        *is_glued = add_char(arena, tokens, '"', GLYPH_MARK, from, *is_glued);
        return;
    }
    /* Superscripts and the like are no digits, or 1² would be 12. */
    bool is_digit_allowed = utf8proc_category(code) == UTF8PROC_CATEGORY_ND;
    for (const char *c = folded; *c && tokens->n < tokens->max; c++)
        *is_glued = add_char(arena, tokens, *c, glyph_of(*c, is_digit_allowed), from, *is_glued);
}

/* « thé » is a drink: without its accent it would be the article of an English date. */
static void keep_accent(struct when_token *token)
{
    if (strcmp(token->word, "the") == 0 && token->to - token->from > strlen("the"))
        snprintf(token->word, WORD_BYTES_MAX + 1, "the'");
}

void when_cut(struct arena *arena, const char *text, const char *lang, struct when_tokens *out)
{
    *out = (struct when_tokens){ .text = text, .is_french = lang && !strncmp(lang, "fr", 2) };
    /* Few code points are more than two characters; what is cut off here is no date. */
    out->max = strlen(text) * 2 + 1;
    out->all = arena_alloc(arena, out->max * sizeof *out->all);
    bool is_glued = false;
    size_t at = 0, len = 0;
    for (int code; (code = text_codepoint(text + at, &len)) != 0 && len; at += len) {
        size_t n = out->n;
        cut_code_point(arena, out, text + at, len, code, &is_glued);
        if (out->n && (is_glued || out->n > n))
            out->all[out->n - 1].to = at + len;
    }
    for (size_t i = 0; i < out->n; i++) {
        if (out->all[i].kind == TOKEN_NUMBER)
            finish_number(&out->all[i]);
        if (out->all[i].kind == TOKEN_WORD)
            keep_accent(&out->all[i]);
        when_know_words(arena, out, i);
    }
}
