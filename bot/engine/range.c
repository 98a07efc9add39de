#include "engine/range.h"

#include <string.h>

#include "base/text.h"

void range_split(struct turn *turn, const char *text, struct range_words *words)
{
    *words = (struct range_words){ .text = text };
    for (size_t at = strspn(text, " \n"); text[at] && words->n < RANGE_WORDS_MAX;
         at += strspn(text + at, " \n")) {
        size_t len = strcspn(text + at, " \n"), shown = len;
        while (shown && strchr(",;:", text[at + shown - 1]))
            shown--;
        words->start[words->n] = at;
        words->end[words->n] = at + shown;
        words->folded[words->n++] = text_fold(turn->arena, arena_strndup(turn->arena, text + at, shown));
        at += len;
    }
}

const char *range_piece(struct turn *turn, const struct range_words *words, size_t from, size_t to)
{
    return arena_strndup(turn->arena, words->text + words->start[from],
                         words->end[to - 1] - words->start[from]);
}

bool range_is_from(const char *word)
{
    static const char *const words[] = { "from", "du", "de", "depuis", NULL };
    return text_is_one_of(word, words);
}

bool range_is_until(const char *word)
{
    static const char *const words[] = { "until", "till", "til", "jusqu'a", "jusqu'au", "jusqua", NULL };
    return text_is_one_of(word, words);
}

bool range_is_through(const char *word)
{
    static const char *const words[] = { "to", "through", "au", "a", "-", "–", NULL };
    return text_is_one_of(word, words);
}
