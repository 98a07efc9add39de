#include <assert.h>
#include <limits.h>
#include <string.h>

#include "time/when_parts.h"

enum { LANG_ANY, LANG_FRENCH, LANG_ENGLISH };
enum { TEXTS_MAX = 1000 };

/* Folded, alternatives apart by |; the tokens of one apart by spaces, so that aujourd'hui is three. */
static const struct {
    enum when_word_kind kind;
    int value;
    int lang;
    const char *texts;
} words[] = {
    /* R8: weekdays */
    { WORD_WEEKDAY, 0, LANG_ANY, "monday|lundi" },
    { WORD_WEEKDAY, 1, LANG_ANY, "tuesday|mardi" },
    { WORD_WEEKDAY, 2, LANG_ANY, "wednesday|mercredi" },
    { WORD_WEEKDAY, 3, LANG_ANY, "thursday|jeudi" },
    { WORD_WEEKDAY, 4, LANG_ANY, "friday|vendredi" },
    { WORD_WEEKDAY, 5, LANG_ANY, "saturday|samedi" },
    { WORD_WEEKDAY, 6, LANG_ANY, "sunday|dimanche" },
    { WORD_WEEKDAY_SHORT, 0, LANG_ANY, "mon|lun" },
    { WORD_WEEKDAY_SHORT, 1, LANG_ANY, "tue|tues" },
    { WORD_WEEKDAY_SHORT, 2, LANG_ANY, "wed|weds|mer" },
    { WORD_WEEKDAY_SHORT, 3, LANG_ANY, "thu|thur|thurs|jeu" },
    { WORD_WEEKDAY_SHORT, 4, LANG_ANY, "fri|ven" },
    { WORD_WEEKDAY_SHORT, 5, LANG_ANY, "sat|sam" },
    { WORD_WEEKDAY_SHORT, 6, LANG_ANY, "sun|dim" },
    { WORD_WEEKDAY_SHORT, 1, LANG_FRENCH, "mar" },
    /* R17: months */
    { WORD_MONTH, 1, LANG_ANY, "january|janvier|jan|janv" },
    { WORD_MONTH, 2, LANG_ANY, "february|fevrier|feb|fevr" },
    { WORD_MONTH, 3, LANG_ANY, "march|mars" },
    { WORD_MONTH, 4, LANG_ANY, "april|avril|apr|avr" },
    { WORD_MONTH, 5, LANG_ANY, "may|mai" },
    { WORD_MONTH, 6, LANG_ANY, "june|juin|jun" },
    { WORD_MONTH, 7, LANG_ANY, "july|juillet|jul|juil" },
    { WORD_MONTH, 8, LANG_ANY, "august|aout|aug" },
    { WORD_MONTH, 9, LANG_ANY, "september|septembre|sep|sept" },
    { WORD_MONTH, 10, LANG_ANY, "october|octobre|oct" },
    { WORD_MONTH, 11, LANG_ANY, "november|novembre|nov" },
    { WORD_MONTH, 12, LANG_ANY, "december|decembre|dec" },
    { WORD_MONTH, 3, LANG_ENGLISH, "mar" },
    /* R10: days seen from today */
    { WORD_DAY, 0, LANG_ANY, "today|aujourd ' hui|aujourdhui|aujourd hui" },
    { WORD_DAY, 1, LANG_ANY, "tomorrow|demain" },
    { WORD_DAY, 2, LANG_ANY, "day after tomorrow|the day after tomorrow|apres - demain|apres demain" },
    /* R12: parts of the day */
    { WORD_TODAY_PART, PART_EVENING, LANG_ANY, "tonight|this evening|ce soir" },
    { WORD_TODAY_PART, PART_MORNING, LANG_ANY, "this morning|ce matin" },
    { WORD_TODAY_PART, PART_AFTERNOON, LANG_ANY,
      "this afternoon|cet apres - midi|cet apres midi|cette apres - midi|cette apres midi" },
    { WORD_TODAY_PART, PART_OTHER, LANG_ANY, "this lunch|this lunchtime" },
    { WORD_TODAY_PART, PART_NIGHT, LANG_ANY, "cette nuit" },
    { WORD_PART, PART_MORNING, LANG_ANY,
      "morning|in the morning|matin|du matin|le matin|au matin|matinee|la matinee|en matinee|"
      "dans la matinee" },
    { WORD_PART, PART_AFTERNOON, LANG_ANY,
      "afternoon|in the afternoon|apres - midi|apres midi|de l ' apres - midi|de l ' apres midi|"
      "l ' apres - midi|l ' apres midi|dans l ' apres - midi|dans l ' apres midi" },
    { WORD_PART, PART_EVENING, LANG_ANY,
      "evening|in the evening|soir|du soir|le soir|au soir|soiree|la soiree|en soiree|dans la soiree" },
    { WORD_PART, PART_NIGHT, LANG_ANY, "night|at night|in the night|nuit|la nuit|de la nuit|dans la nuit" },
    { WORD_PART, PART_OTHER, LANG_ANY,
      "mid - morning|mid morning|mid - afternoon|mid afternoon|fin de matinee|en fin de matinee|"
      "debut de matinee|en debut de matinee|fin d ' apres - midi|en fin d ' apres - midi|"
      "debut d ' apres - midi|en debut d ' apres - midi|fin de soiree|en fin de soiree|"
      "debut de soiree|en debut de soiree|"
      "lunch|lunchtime|lunch time|at lunch|at lunchtime|dejeuner|le dejeuner|au dejeuner|first thing|"
      "a la premiere heure|premiere heure|early|late|tot|tard" },
    /* R9: which of the weekdays */
    { WORD_NEXT, 0, LANG_ANY, "next|prochain" },
    { WORD_THIS, 0, LANG_ANY, "this|this coming|ce" },
    { WORD_THIS, 1, LANG_ANY, "qui vient" },
    { WORD_FOLLOWING, 1, LANG_ANY, "after next" },
    { WORD_FOLLOWING, 0, LANG_ANY, "following|d ' apres|suivant" },
    { WORD_LATER, 7, LANG_ANY, "en huit" },
    { WORD_LATER, 14, LANG_ANY, "en quinze|fortnight" },
    { WORD_WEEK, 1, LANG_ANY,
      "next week|of next week|semaine prochaine|la semaine prochaine|de la semaine prochaine|"
      "de semaine prochaine" },
    { WORD_WEEK, 0, LANG_ANY, "this week|of this week|cette semaine|de cette semaine" },
    /* R4, R25: deadline words */
    { WORD_LEAD, LEAD_PLAIN, LANG_ANY, "on|pour" },
    { WORD_LEAD, LEAD_ORDINAL, LANG_ANY, "the" },
    { WORD_LEAD, LEAD_ARTICLE, LANG_ANY, "le|au" },
    { WORD_LEAD, LEAD_NONE | LEAD_CLOSING, LANG_ANY, "at the latest" },
    { WORD_AT, LEAD_PLAIN, LANG_ANY, "at|@|a" },
    { WORD_BY, LEAD_LENGTH, LANG_ANY, "by|d ' ici|d ' ici a" },
    { WORD_BY, LEAD_ARTICLE, LANG_ANY, "d ' ici au|jusqu ' au" },
    { WORD_BY, LEAD_SPAN, LANG_ANY, "until|til|jusqu ' a" },
    { WORD_BY, LEAD_NONE, LANG_ANY, "due" },
    { WORD_BY, LEAD_HOURS, LANG_ANY, "no later than" },
    { WORD_BY, LEAD_HOURS | LEAD_CLOSING, LANG_ANY, "au plus tard" },
    { WORD_BEFORE, LEAD_HOURS, LANG_ANY, "before|avant" },
    { WORD_IN, 0, LANG_ANY, "in|within|dans|sous" },
    { WORD_LABEL, LEAD_NONE, LANG_ANY, "deadline|echeance" },
    /* R5, R6: clock times */
    { WORD_NOON, 0, LANG_ANY, "noon|12 noon|midday|midi" },
    { WORD_NOON, 30, LANG_ANY, "midi et demi|midi et demie" },
    { WORD_NOON, 15, LANG_ANY, "midi et quart" },
    { WORD_MIDNIGHT, 0, LANG_ANY, "midnight|12 midnight|minuit" },
    { WORD_EXACT, 0, LANG_ANY, "sharp|pile|precise|precises" },
    { WORD_QUARTER, 30, LANG_ANY, "half past|et demie|et demi" },
    { WORD_QUARTER, 15, LANG_ANY, "quarter past|a quarter past|et quart" },
    { WORD_QUARTER, -15, LANG_ANY, "quarter to|a quarter to|moins le quart" },
    { WORD_AM, 0, LANG_ANY, "am|a . m" },
    { WORD_PM, 0, LANG_ANY, "pm|p . m" },
    /* R9, R14, R17: a time, but no day */
    { WORD_HAZE, 0, LANG_ANY,
      "mid|mid -|mi|mi -|sometime|debut|debut de|debut du|debut de la|milieu de|milieu du|courant|"
      "courant du|courant de la|dans le courant du|dans le courant de la|beginning of|"
      "the beginning of|in|en|dans" },
    { WORD_VAGUE, 0, LANG_ANY,
      "weekend|week end|le week end|ce week end|the weekend|this weekend|next weekend|week - end|"
      "le week - end|ce week - end|"
      "ce weekend|le weekend|week - end prochain|weekend prochain|le week - end prochain|"
      "le weekend prochain|the week|la semaine|the month|le mois|next month|this month|mois prochain|"
      "le mois prochain|ce mois|ce mois - ci|soon|bientot" },
    { WORD_VAGUE, 8, LANG_ANY,
      "huitaine|une huitaine|la huitaine|sous huitaine|huitaine de jours|une huitaine de jours" },
    { WORD_VAGUE, 15, LANG_ANY,
      "quinzaine|une quinzaine|la quinzaine|sous quinzaine|quinzaine de jours|une quinzaine de jours" },
    /* R16: ends */
    { WORD_END, 0, LANG_ANY,
      "end of|end of the|the end of|the end of the|fin|fin de|fin du|fin de la|la fin de|la fin du|"
      "la fin de la|en fin de" },
    { WORD_END_OF_DAY, 0, LANG_ANY,
      "end of day|end of the day|the end of the day|the end of day|eod|cob|close of business|"
      "fin de journee|fin de la journee|en fin de journee|en fin de la journee|la fin de la journee|"
      "la fin de journee" },
    { WORD_END_OF_WEEK, 0, LANG_ANY,
      "end of week|end of the week|the end of the week|the end of week|eow|fin de la semaine|"
      "la fin de la semaine|en fin de semaine|la fin de semaine|fin de semaine" },
    { WORD_END_OF_MONTH, 0, LANG_ANY,
      "end of month|end of the month|the end of the month|the end of month|end of this month|"
      "the end of this month|eom|fin du mois|fin de mois|la fin du mois|la fin de mois|"
      "fin de ce mois|la fin de ce mois" },
    { WORD_END_OF_MONTH, 1, LANG_ANY,
      "end of next month|end of the next month|the end of next month|the end of the next month|"
      "fin du mois prochain|la fin du mois prochain|fin de mois prochain" },
    /* R23: said to be past */
    { WORD_PAST, 1, LANG_ANY, "yesterday|hier" },
    { WORD_PAST, 0, LANG_ANY, "last|dernier|ago" },
    /* R13: numbers and units */
    { WORD_NUMBER, 1, LANG_ANY, "one|a|an|un|une" },
    { WORD_NUMBER, 2, LANG_ANY, "two|deux" },
    { WORD_NUMBER, 3, LANG_ANY, "three|trois" },
    { WORD_NUMBER, 4, LANG_ANY, "four|quatre" },
    { WORD_NUMBER, 5, LANG_ANY, "five|cinq" },
    { WORD_NUMBER, 6, LANG_ANY, "six" },
    { WORD_NUMBER, 7, LANG_ANY, "seven|sept" },
    { WORD_NUMBER, 8, LANG_ANY, "eight|huit" },
    { WORD_NUMBER, 9, LANG_ANY, "nine|neuf" },
    { WORD_NUMBER, 10, LANG_ANY, "ten|dix" },
    { WORD_NUMBER, 11, LANG_ANY, "eleven|onze" },
    { WORD_NUMBER, 12, LANG_ANY, "twelve|douze" },
    { WORD_NUMBER, 13, LANG_ANY, "treize" },
    { WORD_NUMBER, 14, LANG_ANY, "quatorze" },
    { WORD_NUMBER, 15, LANG_ANY, "quinze" },
    { WORD_NUMBER, 16, LANG_ANY, "seize" },
    { WORD_NUMBER, 0, LANG_ANY, "zero" },
    { WORD_TENS, 20, LANG_ANY, "vingt" },
    { WORD_TENS, 30, LANG_ANY, "trente" },
    { WORD_TENS, 40, LANG_ANY, "quarante" },
    { WORD_TENS, 50, LANG_ANY, "cinquante" },
    { WORD_PIECES, 30, LANG_ANY, "half an hour|half hour|a half hour|une demi - heure|une demi heure" },
    { WORD_PIECES, 15, LANG_ANY, "a quarter of an hour|quarter of an hour|un quart d ' heure" },
    { WORD_PIECES, 45, LANG_ANY, "three quarters of an hour|trois quarts d ' heure" },
    { WORD_PIECES, 90, LANG_ANY, "an hour and a half" },
    { WORD_UNIT, UNIT_MINUTE, LANG_ANY, "min|minute|minutes" },
    { WORD_UNIT, UNIT_HOUR, LANG_ANY, "hour|hours" },
    { WORD_UNIT, UNIT_DAY, LANG_ANY, "day|days" },
    { WORD_UNIT, UNIT_WEEK, LANG_ANY, "week|weeks|semaine|semaines" },
    { WORD_UNIT, UNIT_MONTH, LANG_ANY, "month|months|mois" },
    { WORD_UNIT, UNIT_FORTNIGHT, LANG_ANY, "fortnight|fortnights" },
    { WORD_UNIT_FRENCH, UNIT_HOUR, LANG_ANY, "h|heure|heures" },
    { WORD_UNIT_FRENCH, UNIT_DAY, LANG_ANY, "jour|jours" },
    { WORD_FROM_NOW, 0, LANG_ANY, "from now" },
    { WORD_WORKING, 0, LANG_ANY, "working|business|ouvre|ouvres|ouvree|ouvrees" },
    { WORD_OPEN_DAYS, 0, LANG_ANY, "ouvrable|ouvrables" },
    /* R24: no deadline */
    { WORD_NOT, 1, LANG_ANY,
      "not|every|each|chaque|tous les|toutes les|at the earliest|au plus tot|except|sauf" },
    { WORD_NOT, 0, LANG_ANY,
      "after|apres|since|depuis|from|between|entre|a partir de|a partir du|starting|around|about|"
      "vers|environ|few|quelques|couple of|without|never|pas|jamais" },
    { WORD_OR, 0, LANG_ANY, "or|and|to|ou|et" },
};

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
        for (size_t row = 0; row < sizeof words / sizeof *words; row++)
            for (const char *text = words[row].texts; text; text = next_text(text)) {
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
        if (words[row].lang != LANG_ANY && (words[row].lang == LANG_FRENCH) != tokens->is_french)
            continue;
        size_t n = when_match(tokens, at, index->texts[i].text);
        if (n && token->n_known < KNOWN_MAX)
            known[token->n_known++] = (struct when_word){ words[row].kind, words[row].value, n };
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
