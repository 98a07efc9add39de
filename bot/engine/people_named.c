/* Whose a line says that something is. */
#include <string.h>

#include "base/text.h"
#include "engine/people.h"

/* Who that is in the room; NULL: nobody, or several. */
static const char *person_called(struct turn *turn, const char *word)
{
    static const char *const me[] = { "me", "moi", NULL };
    if (text_is_one_of(text_fold(turn->arena, word), me))
        return turn->event->sender;
    struct person_list found = room_find_person(turn->store, turn->room.id, word, turn->arena);
    return found.n == 1 && !turn_is_bot(turn, found.ids[0]) ? found.ids[0] : NULL;
}

static struct people_named named_in_front(struct turn *turn, const char *line)
{
    size_t len = strcspn(line, " :,");
    const char *rest = text_skip_space(line + len + strspn(line + len, " :,"));
    const char *word = arena_strndup(turn->arena, line, len);
    struct people_named named = { .what = line };
    if (len && text_has_words(rest))
        named.person = person_called(turn, word);
    if (named.person)
        named.what = rest;
    return named;
}

struct people_named people_named_behind(struct turn *turn, const char *line)
{
    static const char *const by[] = { "by", "par", "for", "pour", NULL };
    /* "Ask for a budget from @carol", "écrire à @bruno et @carole": somebody in what is to be done. */
    static const char *const within[] = { "to",  "with",   "and",  "or", "from", "about", "of",
                                          "at",  "a",      "avec", "et", "ou",   "de",    "chez",
                                          "sur", "contre", "vs",   "&",  NULL };
    struct people_named named = { .what = line };
    char *text = arena_strdup(turn->arena, line);
    size_t len = strlen(text);
    while (len && strchr(" .,)", text[len - 1]))
        text[--len] = '\0';
    char *word = strrchr(text, ' ');
    if (!word)
        return named;
    *word++ = '\0';
    bool is_bracket = *word == '(';
    size_t end = strlen(text);
    bool is_behind_comma = end && text[end - 1] == ',';
    char *before = strrchr(text, ' ');
    const char *word_before = before ? text_fold(turn->arena, before + 1) : "";
    bool is_by = before && text_is_one_of(word_before, by);
    bool is_sign = *word == '@' && !text_is_one_of(word_before, within);
    if (!is_bracket && !is_behind_comma && !is_by && !is_sign)
        return named;
    named.person = person_called(turn, word + is_bracket);
    if (!named.person)
        return named;
    if (is_by)
        *before = '\0';
    for (end = strlen(text); end && strchr(" ,", text[end - 1]);)
        text[--end] = '\0';
    named.what = text;
    return named;
}

struct people_named people_named(struct turn *turn, const char *line)
{
    struct people_named named = named_in_front(turn, line);
    return named.person ? named : people_named_behind(turn, line);
}

struct person_list people_mentioned(struct turn *turn, const char *line)
{
    struct person_list list = { .ids = arena_alloc(turn->arena, PEOPLE_MENTIONED_MAX * sizeof(char *)) };
    for (const char *at = line; (at = strchr(at, '@')) && list.n < PEOPLE_MENTIONED_MAX;) {
        size_t len = strcspn(at, " \n,;()!?");
        while (len > 1 && strchr(".:", at[len - 1]))
            len--;
        const char *person = person_called(turn, arena_strndup(turn->arena, at, len));
        if (person && !person_list_has(&list, person))
            list.ids[list.n++] = person;
        at += len;
    }
    return list;
}
