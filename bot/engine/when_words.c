#include <ctype.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"
#include "engine/when_parts.h"

enum { WORD_BYTES_MAX = 64, LANG_ANY = 0, LANG_FRENCH = 1, LANG_ENGLISH = 2 };

/* Folded; tokens apart by spaces, so that aujourd'hui is three. */
static const struct {
    const char *text;
    enum when_word_kind kind;
    int value;
    int lang;
} words[] = {
    { "monday", WORD_WEEKDAY, 0, 0 },
    { "tuesday", WORD_WEEKDAY, 1, 0 },
    { "wednesday", WORD_WEEKDAY, 2, 0 },
    { "thursday", WORD_WEEKDAY, 3, 0 },
    { "friday", WORD_WEEKDAY, 4, 0 },
    { "saturday", WORD_WEEKDAY, 5, 0 },
    { "sunday", WORD_WEEKDAY, 6, 0 },
    { "lundi", WORD_WEEKDAY, 0, 0 },
    { "mardi", WORD_WEEKDAY, 1, 0 },
    { "mercredi", WORD_WEEKDAY, 2, 0 },
    { "jeudi", WORD_WEEKDAY, 3, 0 },
    { "vendredi", WORD_WEEKDAY, 4, 0 },
    { "samedi", WORD_WEEKDAY, 5, 0 },
    { "dimanche", WORD_WEEKDAY, 6, 0 },
    { "mon", WORD_WEEKDAY_SHORT, 0, 0 },
    { "tue", WORD_WEEKDAY_SHORT, 1, 0 },
    { "tues", WORD_WEEKDAY_SHORT, 1, 0 },
    { "wed", WORD_WEEKDAY_SHORT, 2, 0 },
    { "weds", WORD_WEEKDAY_SHORT, 2, 0 },
    { "thu", WORD_WEEKDAY_SHORT, 3, 0 },
    { "thur", WORD_WEEKDAY_SHORT, 3, 0 },
    { "thurs", WORD_WEEKDAY_SHORT, 3, 0 },
    { "fri", WORD_WEEKDAY_SHORT, 4, 0 },
    { "sat", WORD_WEEKDAY_SHORT, 5, 0 },
    { "sun", WORD_WEEKDAY_SHORT, 6, 0 },
    { "lun", WORD_WEEKDAY_SHORT, 0, 0 },
    { "mar", WORD_WEEKDAY_SHORT, 1, LANG_FRENCH },
    { "mer", WORD_WEEKDAY_SHORT, 2, 0 },
    { "jeu", WORD_WEEKDAY_SHORT, 3, 0 },
    { "ven", WORD_WEEKDAY_SHORT, 4, 0 },
    { "sam", WORD_WEEKDAY_SHORT, 5, 0 },
    { "dim", WORD_WEEKDAY_SHORT, 6, 0 },
    { "january", WORD_MONTH, 1, 0 },
    { "february", WORD_MONTH, 2, 0 },
    { "march", WORD_MONTH, 3, 0 },
    { "april", WORD_MONTH, 4, 0 },
    { "may", WORD_MONTH, 5, 0 },
    { "june", WORD_MONTH, 6, 0 },
    { "july", WORD_MONTH, 7, 0 },
    { "august", WORD_MONTH, 8, 0 },
    { "september", WORD_MONTH, 9, 0 },
    { "october", WORD_MONTH, 10, 0 },
    { "november", WORD_MONTH, 11, 0 },
    { "december", WORD_MONTH, 12, 0 },
    { "jan", WORD_MONTH, 1, 0 },
    { "feb", WORD_MONTH, 2, 0 },
    { "mar", WORD_MONTH, 3, LANG_ENGLISH },
    { "apr", WORD_MONTH, 4, 0 },
    { "jun", WORD_MONTH, 6, 0 },
    { "jul", WORD_MONTH, 7, 0 },
    { "aug", WORD_MONTH, 8, 0 },
    { "sep", WORD_MONTH, 9, 0 },
    { "sept", WORD_MONTH, 9, 0 },
    { "oct", WORD_MONTH, 10, 0 },
    { "nov", WORD_MONTH, 11, 0 },
    { "dec", WORD_MONTH, 12, 0 },
    { "janvier", WORD_MONTH, 1, 0 },
    { "fevrier", WORD_MONTH, 2, 0 },
    { "mars", WORD_MONTH, 3, 0 },
    { "avril", WORD_MONTH, 4, 0 },
    { "mai", WORD_MONTH, 5, 0 },
    { "juin", WORD_MONTH, 6, 0 },
    { "juillet", WORD_MONTH, 7, 0 },
    { "aout", WORD_MONTH, 8, 0 },
    { "septembre", WORD_MONTH, 9, 0 },
    { "octobre", WORD_MONTH, 10, 0 },
    { "novembre", WORD_MONTH, 11, 0 },
    { "decembre", WORD_MONTH, 12, 0 },
    { "janv", WORD_MONTH, 1, 0 },
    { "fevr", WORD_MONTH, 2, 0 },
    { "avr", WORD_MONTH, 4, 0 },
    { "juil", WORD_MONTH, 7, 0 },
    { "today", WORD_DAY, 0, 0 },
    { "tomorrow", WORD_DAY, 1, 0 },
    { "day after tomorrow", WORD_DAY, 2, 0 },
    { "the day after tomorrow", WORD_DAY, 2, 0 },
    { "aujourd ' hui", WORD_DAY, 0, 0 },
    { "aujourdhui", WORD_DAY, 0, 0 },
    { "aujourd hui", WORD_DAY, 0, 0 },
    { "demain", WORD_DAY, 1, 0 },
    { "apres - demain", WORD_DAY, 2, 0 },
    { "apres demain", WORD_DAY, 2, 0 },
    { "tonight", WORD_TONIGHT, PART_EVENING, 0 },
    { "this evening", WORD_TONIGHT, PART_EVENING, 0 },
    { "ce soir", WORD_TONIGHT, PART_EVENING, 0 },
    { "this morning", WORD_TONIGHT, PART_MORNING, 0 },
    { "ce matin", WORD_TONIGHT, PART_MORNING, 0 },
    { "this afternoon", WORD_TONIGHT, PART_AFTERNOON, 0 },
    { "cet apres - midi", WORD_TONIGHT, PART_AFTERNOON, 0 },
    { "cet apres midi", WORD_TONIGHT, PART_AFTERNOON, 0 },
    { "cette apres - midi", WORD_TONIGHT, PART_AFTERNOON, 0 },
    { "morning", WORD_PART, PART_MORNING, 0 },
    { "in the morning", WORD_PART, PART_MORNING, 0 },
    { "matin", WORD_PART, PART_MORNING, 0 },
    { "du matin", WORD_PART, PART_MORNING, 0 },
    { "le matin", WORD_PART, PART_MORNING, 0 },
    { "au matin", WORD_PART, PART_MORNING, 0 },
    { "matinee", WORD_PART, PART_MORNING, 0 },
    { "afternoon", WORD_PART, PART_AFTERNOON, 0 },
    { "in the afternoon", WORD_PART, PART_AFTERNOON, 0 },
    { "apres - midi", WORD_PART, PART_AFTERNOON, 0 },
    { "apres midi", WORD_PART, PART_AFTERNOON, 0 },
    { "de l ' apres - midi", WORD_PART, PART_AFTERNOON, 0 },
    { "de l ' apres midi", WORD_PART, PART_AFTERNOON, 0 },
    { "evening", WORD_PART, PART_EVENING, 0 },
    { "in the evening", WORD_PART, PART_EVENING, 0 },
    { "soir", WORD_PART, PART_EVENING, 0 },
    { "du soir", WORD_PART, PART_EVENING, 0 },
    { "le soir", WORD_PART, PART_EVENING, 0 },
    { "soiree", WORD_PART, PART_EVENING, 0 },
    { "night", WORD_PART, PART_OTHER, 0 },
    { "at night", WORD_PART, PART_OTHER, 0 },
    { "nuit", WORD_PART, PART_OTHER, 0 },
    { "lunch", WORD_PART, PART_OTHER, 0 },
    { "lunchtime", WORD_PART, PART_OTHER, 0 },
    { "dejeuner", WORD_PART, PART_OTHER, 0 },
    { "first thing", WORD_PART, PART_OTHER, 0 },
    { "a la premiere heure", WORD_PART, PART_OTHER, 0 },
    { "early", WORD_PART, PART_OTHER, 0 },
    { "late", WORD_PART, PART_OTHER, 0 },
    { "tot", WORD_PART, PART_OTHER, 0 },
    { "tard", WORD_PART, PART_OTHER, 0 },
    { "next", WORD_NEXT, 0, 0 },
    { "prochain", WORD_NEXT, 0, 0 },
    { "this", WORD_THIS, 0, 0 },
    { "this coming", WORD_THIS, 0, 0 },
    { "ce", WORD_THIS, 0, 0 },
    { "qui vient", WORD_THIS, 0, 0 },
    { "next week", WORD_NEXT_WEEK, 0, 0 },
    { "of next week", WORD_NEXT_WEEK, 0, 0 },
    { "semaine prochaine", WORD_NEXT_WEEK, 0, 0 },
    { "la semaine prochaine", WORD_NEXT_WEEK, 0, 0 },
    { "de la semaine prochaine", WORD_NEXT_WEEK, 0, 0 },
    { "this week", WORD_THIS_WEEK, 0, 0 },
    { "of this week", WORD_THIS_WEEK, 0, 0 },
    { "cette semaine", WORD_THIS_WEEK, 0, 0 },
    { "de cette semaine", WORD_THIS_WEEK, 0, 0 },
    { "en huit", WORD_LATER, 7, 0 },
    { "en quinze", WORD_LATER, 14, 0 },
    { "on", WORD_LEAD, 0, 0 },
    { "the", WORD_LEAD, 0, 0 },
    { "le", WORD_LEAD, 0, 0 },
    { "pour", WORD_LEAD, 0, 0 },
    { "pour le", WORD_LEAD, 0, 0 },
    { "at", WORD_AT, 0, 0 },
    { "@", WORD_AT, 0, 0 },
    { "a", WORD_AT, 0, 0 },
    { "by", WORD_BY, 0, 0 },
    { "until", WORD_BY, 1, 0 },
    { "no later than", WORD_BY, 1, 0 },
    { "at the latest", WORD_LEAD, 0, 0 },
    { "due", WORD_BY, 1, 0 },
    { "d ' ici", WORD_BY, 0, 0 },
    { "d ' ici a", WORD_BY, 0, 0 },
    { "d ' ici au", WORD_BY, 1, 0 },
    { "d ' ici le", WORD_BY, 1, 0 },
    { "jusqu ' a", WORD_BY, 1, 0 },
    { "jusqu ' au", WORD_BY, 1, 0 },
    { "au plus tard", WORD_BY, 1, 0 },
    { "au plus tard le", WORD_BY, 1, 0 },
    { "before", WORD_BEFORE, 0, 0 },
    { "avant", WORD_BEFORE, 0, 0 },
    { "avant le", WORD_BEFORE, 0, 0 },
    { "in", WORD_IN, 0, 0 },
    { "within", WORD_IN, 0, 0 },
    { "dans", WORD_IN, 0, 0 },
    { "sous", WORD_IN, 0, 0 },
    { "deadline", WORD_LABEL, 0, 0 },
    { "echeance", WORD_LABEL, 0, 0 },
    { "noon", WORD_NOON, 0, 0 },
    { "12 noon", WORD_NOON, 0, 0 },
    { "midday", WORD_NOON, 0, 0 },
    { "midi", WORD_NOON, 0, 0 },
    { "midi et demi", WORD_NOON, 30, 0 },
    { "midi et demie", WORD_NOON, 30, 0 },
    { "midnight", WORD_MIDNIGHT, 0, 0 },
    { "minuit", WORD_MIDNIGHT, 0, 0 },
    { "sharp", WORD_EXACT, 0, 0 },
    { "pile", WORD_EXACT, 0, 0 },
    { "precises", WORD_EXACT, 0, 0 },
    { "precise", WORD_EXACT, 0, 0 },
    { "weekend", WORD_VAGUE, 0, 0 },
    { "this weekend", WORD_VAGUE, 0, 0 },
    { "next weekend", WORD_VAGUE, 0, 0 },
    { "week - end", WORD_VAGUE, 0, 0 },
    { "ce week - end", WORD_VAGUE, 0, 0 },
    { "next month", WORD_VAGUE, 0, 0 },
    { "this month", WORD_VAGUE, 0, 0 },
    { "le mois prochain", WORD_VAGUE, 0, 0 },
    { "mois prochain", WORD_VAGUE, 0, 0 },
    { "ce mois", WORD_VAGUE, 0, 0 },
    { "huitaine", WORD_VAGUE, 0, 0 },
    { "sous huitaine", WORD_VAGUE, 0, 0 },
    { "sous quinzaine", WORD_VAGUE, 0, 0 },
    { "quinzaine", WORD_VAGUE, 0, 0 },
    { "soon", WORD_VAGUE, 0, 0 },
    { "bientot", WORD_VAGUE, 0, 0 },
    { "end of the week", WORD_VAGUE, 0, 0 },
    { "end of week", WORD_VAGUE, 0, 0 },
    { "eow", WORD_VAGUE, 0, 0 },
    { "end of the month", WORD_VAGUE, 0, 0 },
    { "end of month", WORD_VAGUE, 0, 0 },
    { "eom", WORD_VAGUE, 0, 0 },
    { "fin de semaine", WORD_VAGUE, 0, 0 },
    { "fin de la semaine", WORD_VAGUE, 0, 0 },
    { "la fin de la semaine", WORD_VAGUE, 0, 0 },
    { "la fin de semaine", WORD_VAGUE, 0, 0 },
    { "fin du mois", WORD_VAGUE, 0, 0 },
    { "la fin du mois", WORD_VAGUE, 0, 0 },
    { "fin de mois", WORD_VAGUE, 0, 0 },
    { "end of day", WORD_END_OF_DAY, 0, 0 },
    { "end of the day", WORD_END_OF_DAY, 0, 0 },
    { "the end of the day", WORD_END_OF_DAY, 0, 0 },
    { "eod", WORD_END_OF_DAY, 0, 0 },
    { "cob", WORD_END_OF_DAY, 0, 0 },
    { "close of business", WORD_END_OF_DAY, 0, 0 },
    { "fin de journee", WORD_END_OF_DAY, 0, 0 },
    { "fin de la journee", WORD_END_OF_DAY, 0, 0 },
    { "en fin de journee", WORD_END_OF_DAY, 0, 0 },
    { "la fin de la journee", WORD_END_OF_DAY, 0, 0 },
    { "la fin de journee", WORD_END_OF_DAY, 0, 0 },
    { "yesterday", WORD_PAST, 1, 0 },
    { "hier", WORD_PAST, 1, 0 },
    { "last", WORD_PAST, 0, 0 },
    { "dernier", WORD_PAST, 0, 0 },
    { "ago", WORD_PAST, 0, 0 },
    { "one", WORD_NUMBER, 1, 0 },
    { "two", WORD_NUMBER, 2, 0 },
    { "three", WORD_NUMBER, 3, 0 },
    { "four", WORD_NUMBER, 4, 0 },
    { "five", WORD_NUMBER, 5, 0 },
    { "six", WORD_NUMBER, 6, 0 },
    { "seven", WORD_NUMBER, 7, 0 },
    { "eight", WORD_NUMBER, 8, 0 },
    { "nine", WORD_NUMBER, 9, 0 },
    { "ten", WORD_NUMBER, 10, 0 },
    { "eleven", WORD_NUMBER, 11, 0 },
    { "twelve", WORD_NUMBER, 12, 0 },
    { "a", WORD_NUMBER, 1, 0 },
    { "an", WORD_NUMBER, 1, 0 },
    { "un", WORD_NUMBER, 1, 0 },
    { "une", WORD_NUMBER, 1, 0 },
    { "deux", WORD_NUMBER, 2, 0 },
    { "trois", WORD_NUMBER, 3, 0 },
    { "quatre", WORD_NUMBER, 4, 0 },
    { "cinq", WORD_NUMBER, 5, 0 },
    { "sept", WORD_NUMBER, 7, 0 },
    { "huit", WORD_NUMBER, 8, 0 },
    { "neuf", WORD_NUMBER, 9, 0 },
    { "dix", WORD_NUMBER, 10, 0 },
    { "onze", WORD_NUMBER, 11, 0 },
    { "douze", WORD_NUMBER, 12, 0 },
    { "quinze", WORD_NUMBER, 15, 0 },
    { "half an hour", WORD_PIECES, 30, 0 },
    { "a quarter of an hour", WORD_PIECES, 15, 0 },
    { "three quarters of an hour", WORD_PIECES, 45, 0 },
    { "une demi - heure", WORD_PIECES, 30, 0 },
    { "une demi heure", WORD_PIECES, 30, 0 },
    { "un quart d ' heure", WORD_PIECES, 15, 0 },
    { "trois quarts d ' heure", WORD_PIECES, 45, 0 },
    { "min", WORD_UNIT, UNIT_MINUTE, 0 },
    { "mins", WORD_UNIT, UNIT_MINUTE, 0 },
    { "mn", WORD_UNIT, UNIT_MINUTE, 0 },
    { "minute", WORD_UNIT, UNIT_MINUTE, 0 },
    { "minutes", WORD_UNIT, UNIT_MINUTE, 0 },
    { "h", WORD_UNIT_FRENCH, UNIT_HOUR, 0 },
    { "heure", WORD_UNIT_FRENCH, UNIT_HOUR, 0 },
    { "heures", WORD_UNIT_FRENCH, UNIT_HOUR, 0 },
    { "hr", WORD_UNIT, UNIT_HOUR, 0 },
    { "hrs", WORD_UNIT, UNIT_HOUR, 0 },
    { "hour", WORD_UNIT, UNIT_HOUR, 0 },
    { "hours", WORD_UNIT, UNIT_HOUR, 0 },
    { "day", WORD_UNIT, UNIT_DAY, 0 },
    { "days", WORD_UNIT, UNIT_DAY, 0 },
    { "d", WORD_UNIT, UNIT_DAY, 0 },
    { "j", WORD_UNIT_FRENCH, UNIT_DAY, 0 },
    { "jour", WORD_UNIT_FRENCH, UNIT_DAY, 0 },
    { "jours", WORD_UNIT_FRENCH, UNIT_DAY, 0 },
    { "week", WORD_UNIT, UNIT_WEEK, 0 },
    { "weeks", WORD_UNIT, UNIT_WEEK, 0 },
    { "semaine", WORD_UNIT, UNIT_WEEK, 0 },
    { "semaines", WORD_UNIT, UNIT_WEEK, 0 },
    { "month", WORD_UNIT, UNIT_MONTH, 0 },
    { "months", WORD_UNIT, UNIT_MONTH, 0 },
    { "mois", WORD_UNIT, UNIT_MONTH, 0 },
    { "fortnight", WORD_UNIT, UNIT_FORTNIGHT, 0 },
    { "working", WORD_WORKING, 0, 0 },
    { "business", WORD_WORKING, 0, 0 },
    { "ouvre", WORD_WORKING, 0, 0 },
    { "ouvres", WORD_WORKING, 0, 0 },
    { "ouvree", WORD_WORKING, 0, 0 },
    { "ouvrees", WORD_WORKING, 0, 0 },
    { "ouvrable", WORD_OPEN_DAYS, 0, 0 },
    { "ouvrables", WORD_OPEN_DAYS, 0, 0 },
    { "am", WORD_AM, 0, 0 },
    { "a . m", WORD_AM, 0, 0 },
    { "pm", WORD_PM, 0, 0 },
    { "p . m", WORD_PM, 0, 0 },
    { "not", WORD_NOT, 1, 0 },
    { "every", WORD_NOT, 1, 0 },
    { "each", WORD_NOT, 1, 0 },
    { "chaque", WORD_NOT, 1, 0 },
    { "tous les", WORD_NOT, 1, 0 },
    { "toutes les", WORD_NOT, 1, 0 },
    { "after", WORD_NOT, 0, 0 },
    { "apres", WORD_NOT, 0, 0 },
    { "since", WORD_NOT, 0, 0 },
    { "depuis", WORD_NOT, 0, 0 },
    { "from", WORD_NOT, 0, 0 },
    { "between", WORD_NOT, 0, 0 },
    { "entre", WORD_NOT, 0, 0 },
    { "a partir de", WORD_NOT, 0, 0 },
    { "a partir du", WORD_NOT, 0, 0 },
    { "starting", WORD_NOT, 0, 0 },
    { "around", WORD_NOT, 0, 0 },
    { "about", WORD_NOT, 0, 0 },
    { "vers", WORD_NOT, 0, 0 },
    { "environ", WORD_NOT, 0, 0 },
    { "at the earliest", WORD_NOT, 1, 0 },
    { "au plus tot", WORD_NOT, 1, 0 },
    { "few", WORD_NOT, 0, 0 },
    { "quelques", WORD_NOT, 0, 0 },
    { "couple of", WORD_NOT, 0, 0 },
    { "except", WORD_NOT, 1, 0 },
    { "sauf", WORD_NOT, 1, 0 },
    { "without", WORD_NOT, 0, 0 },
    { "never", WORD_NOT, 0, 0 },
    { "pas", WORD_NOT, 0, 0 },
    { "jamais", WORD_NOT, 0, 0 },
    { "or", WORD_OR, 0, 0 },
    { "and", WORD_OR, 0, 0 },
    { "to", WORD_OR, 0, 0 },
    { "ou", WORD_OR, 0, 0 },
    { "et", WORD_OR, 0, 0 },
};

static const struct when_zone_word zone_words[] = {
    { "utc", "UTC", false },
    { "gmt", "UTC", false },
    { "z", "UTC", false },
    { "et", "America/New_York", false },
    { "ct", "America/Chicago", false },
    { "mt", "America/Denver", false },
    { "pt", "America/Los_Angeles", false },
    { "cet", "Europe/Paris", true },
    { "cest", "Europe/Paris", true },
    { "est", "America/New_York", true },
    { "edt", "America/New_York", true },
    { "pst", "America/Los_Angeles", true },
    { "pdt", "America/Los_Angeles", true },
    { "bst", "Europe/London", true },
    { "wet", "Europe/Lisbon", true },
    { "west", "Europe/Lisbon", true },
    { "eet", "Europe/Athens", true },
    { "eest", "Europe/Athens", true },
};

const struct when_zone_word *when_zone_word(const char *name)
{
    for (size_t i = 0; i < sizeof zone_words / sizeof *zone_words; i++)
        if (!strcmp(zone_words[i].name, name))
            return &zone_words[i];
    return NULL;
}

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

/* How many tokens the words take at that place; 0 if they are not there. */
static size_t match(const struct when_tokens *tokens, size_t at, size_t end, const char *text)
{
    size_t n = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (at + n >= end || !token_is(&tokens->all[at + n], text, len))
            return 0;
        n++;
        text += len + (text[len] == ' ');
    }
    return n;
}

/* Every word of the table that begins at the token: looked up once, asked for often. */
static void know(const struct when_tokens *tokens, size_t at)
{
    struct when_token *token = &tokens->all[at];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i].lang != LANG_ANY && (words[i].lang == LANG_FRENCH) != tokens->is_french)
            continue;
        size_t n = match(tokens, at, tokens->n, words[i].text);
        if (n && token->n_known < WHEN_KNOWN_MAX)
            token->known[token->n_known++] =
                (struct when_word){ words[i].kind, words[i].value, n, words[i].text };
    }
}

static struct when_word find(const struct when_tokens *tokens, size_t at, size_t end,
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
    return find(tokens, at, end, WORD_NOTHING);
}

struct when_word when_word_of(const struct when_tokens *tokens, size_t at, size_t end,
                              enum when_word_kind kind)
{
    return find(tokens, at, end, kind);
}

/* One code point as it compares. ASCII digits and full-width ones are digits; superscripts and the like are
 * not, or 1² would be 12. */
struct glyph {
    char text[16];
    size_t len;
    enum { GLYPH_SPACE, GLYPH_NOTHING, GLYPH_LETTER, GLYPH_DIGIT, GLYPH_MARK, GLYPH_EMOJI } kind;
};

static struct glyph glyph_ascii(char c)
{
    struct glyph glyph = { .text = { (char)tolower((unsigned char)c) }, .len = 1, .kind = GLYPH_MARK };
    if (c == ' ')
        glyph.kind = GLYPH_SPACE;
    else if (isdigit((unsigned char)c))
        glyph.kind = GLYPH_DIGIT;
    else if (isalpha((unsigned char)c))
        glyph.kind = GLYPH_LETTER;
    return glyph;
}

static struct glyph glyph_of(struct arena *arena, const char *bytes, size_t len, int code)
{
    if (code > ' ' && code < 0x7f)
        return glyph_ascii((char)code);
    if (!*text_skip_space(arena_strndup(arena, bytes, len)))
        return (struct glyph){ .kind = GLYPH_SPACE };
    const char *folded = text_fold(arena, arena_strndup(arena, bytes, len));
    struct glyph glyph = { .kind = GLYPH_NOTHING };
    if (!*folded)
        return glyph;
    if (!folded[1])
        glyph = glyph_ascii(*folded);
    if (glyph.kind == GLYPH_DIGIT && !(code >= 0xFF10 && code <= 0xFF19))
        glyph.kind = GLYPH_LETTER;
    if (folded[1]) {
        utf8proc_category_t category = utf8proc_category(code);
        glyph.kind =
            category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_SK ? GLYPH_EMOJI : GLYPH_LETTER;
        glyph.len = strnlen(folded, sizeof glyph.text);
        memcpy(glyph.text, folded, glyph.len);
    }
    return glyph;
}

static void finish_token(struct when_tokens *tokens)
{
    if (!tokens->n)
        return;
    struct when_token *last = &tokens->all[tokens->n - 1];
    if (last->kind != TOKEN_NUMBER || last->n_digits)
        return;
    last->n_digits = (int)strlen(last->word);
    last->value = -1;
    if (last->n_digits > 9)
        return;
    last->value = 0;
    for (const char *digit = last->word; *digit; digit++)
        last->value = last->value * 10 + (*digit - '0');
}

/* Adds the glyph to the token that is open, or opens one. */
static void add_glyph(struct arena *arena, struct when_tokens *tokens, const struct glyph *glyph, size_t from,
                      bool is_glued)
{
    struct when_token *last = tokens->n ? &tokens->all[tokens->n - 1] : NULL;
    enum when_token_kind kind = glyph->kind == GLYPH_LETTER  ? TOKEN_WORD
                                : glyph->kind == GLYPH_DIGIT ? TOKEN_NUMBER
                                : glyph->kind == GLYPH_EMOJI ? TOKEN_EMOJI
                                                             : TOKEN_MARK;
    bool joins = last && is_glued && last->kind == kind && (kind == TOKEN_WORD || kind == TOKEN_NUMBER);
    if (!joins) {
        finish_token(tokens);
        last = &tokens->all[tokens->n++];
        *last = (struct when_token){ .kind = kind, .is_glued = is_glued, .from = from, .word = "" };
        if (kind == TOKEN_MARK) {
            last->mark = glyph->text[0];
            return;
        }
        if (kind == TOKEN_EMOJI)
            return;
        char *word = arena_strndup(arena, "", 0);
        last->word = word;
    }
    size_t len = strlen(last->word);
    if (len + glyph->len > WORD_BYTES_MAX)
        return;
    char joined[WORD_BYTES_MAX + 1];
    memcpy(joined, last->word, len);
    memcpy(joined + len, glyph->text, glyph->len);
    last->word = arena_strndup(arena, joined, len + glyph->len);
}

void when_cut(struct arena *arena, const char *text, const char *lang, struct when_tokens *out)
{
    *out = (struct when_tokens){ .text = text, .is_french = lang && !strncmp(lang, "fr", 2) };
    size_t max = strlen(text) + 1;
    out->all = arena_alloc(arena, max * sizeof *out->all);
    bool is_glued = false;
    size_t at = 0, len = 0;
    for (int code; (code = text_codepoint(text + at, &len)) != 0 && len; at += len) {
        struct glyph glyph = glyph_of(arena, text + at, len, code);
        if (glyph.kind == GLYPH_SPACE) {
            is_glued = false;
            continue;
        }
        if (glyph.kind != GLYPH_NOTHING) {
            add_glyph(arena, out, &glyph, at, is_glued);
            is_glued = true;
        }
        if (out->n)
            out->all[out->n - 1].to = at + len;
    }
    finish_token(out);
    for (size_t i = 0; i < out->n; i++)
        know(out, i);
}
