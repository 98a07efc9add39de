/* The words of what comes back, of both languages. */
#include <string.h>

#include "time/recur_reader.h"

/* Folded, as in when_words.c. */
static const struct {
    enum every_kind kind;
    int value;
    const char *texts;
} words[] = {
    { EVERY_EACH, 0, "every|each" },
    { EVERY_EACH, 1, "chaque|tous les|toutes les" },
    { EVERY_OTHER, 0, "other" },
    { EVERY_UNIT, RECUR_HOUR, "hour|hours|h|heure|heures" },
    { EVERY_UNIT, RECUR_DAY, "day|days" },
    { EVERY_UNIT, UNIT_JOURS, "jour|jours" },
    { EVERY_UNIT, RECUR_WORKDAY,
      "working day|working days|business day|business days|workday|workdays|jour ouvre|jours ouvres|"
      "jour de travail|jours de travail|jour travaille|jours travailles" },
    { EVERY_UNIT, UNIT_WEEKDAYS, "weekday" },
    { EVERY_UNIT, UNIT_OPEN_DAYS, "jour ouvrable|jours ouvrables" },
    { EVERY_UNIT, RECUR_WEEK, "week|weeks|semaine|semaines" },
    { EVERY_UNIT, UNIT_FORTNIGHT_WORD, "fortnight" },
    { EVERY_UNIT, RECUR_MONTH, "month|months|mois" },
    { EVERY_UNIT, RECUR_YEAR, "year|years|an|ans|annee|annees" },
    { EVERY_ADVERB, UNIT_WEEKDAYS, "weekdays" },
    { EVERY_ADVERB, UNIT_FORTNIGHT_WORD, "fortnightly" },
    { EVERY_ADVERB, RECUR_HOUR, "hourly|once an hour|une fois par heure" },
    { EVERY_ADVERB, RECUR_DAY, "daily|once a day|une fois par jour" },
    { EVERY_ADVERB, RECUR_WEEK, "weekly|once a week|once per week|une fois par semaine" },
    { EVERY_ADVERB, RECUR_MONTH, "monthly|once a month|once per month|une fois par mois" },
    { EVERY_ADVERB, RECUR_YEAR, "yearly|annually|once a year|une fois par an" },
    { EVERY_MONDAYS, 0, "mondays|lundis" },
    { EVERY_MONDAYS, 1, "tuesdays|mardis" },
    { EVERY_MONDAYS, 2, "wednesdays|mercredis" },
    { EVERY_MONDAYS, 3, "thursdays|jeudis" },
    { EVERY_MONDAYS, 4, "fridays|vendredis" },
    { EVERY_MONDAYS, 5, "saturdays|samedis" },
    { EVERY_MONDAYS, 6, "sundays|dimanches" },
    { EVERY_PART, PART_MORNING, "matins|mornings" },
    { EVERY_PART, PART_AFTERNOON, "apres - midis|apres midis|afternoons" },
    { EVERY_PART, PART_EVENING, "soirs|evenings" },
    { EVERY_NTH, 1, "first|1 st|premier|premiers|1 er" },
    { EVERY_NTH, 2, "second|2 nd|deuxieme|deuxiemes|2 e|2 eme" },
    { EVERY_NTH, 3, "third|3 rd|troisieme|troisiemes|3 e|3 eme" },
    { EVERY_NTH, 4, "fourth|4 th|quatrieme|quatriemes|4 e|4 eme" },
    { EVERY_NTH, NTH_NONE, "fifth|5 th|cinquieme|5 e|5 eme" },
    { EVERY_NTH, RECUR_LAST, "last|dernier|derniers|derniere" },
    { EVERY_LAST_DAY, 0, "last day|dernier jour|month end|fin de mois" },
    { EVERY_LAST_DAY, 1,
      "end of every month|the end of every month|end of each month|the end of each month|fin de chaque mois|"
      "la fin de chaque mois" },
    { EVERY_UNREAD, 0,
      "quarter|quarters|trimestre|trimestres|semestre|semestres|weekend|weekends|week - end|week - ends|"
      "week end|week ends|half hour|half - hour|demi - heure|demi - heures|demi heure|demi heures|"
      "minute|minutes|min" },
    { EVERY_UNREAD_ADVERB, 0,
      "biweekly|bi - weekly|bimonthly|bi - monthly|quarterly|semiweekly|semi - weekly" },
    { EVERY_PER, 0,
      "a week|a month|a day|a year|an hour|per week|per month|per day|per year|par semaine|par mois|par jour|"
      "par an|par heure" },
    { EVERY_POLITE, 0, "please|pls|svp|stp|s ' il te plait|s ' il vous plait|merci|thanks" },
    { EVERY_OF_MONTH, 0,
      "of the month|of every month|of each month|in the month|du mois|de chaque mois|de tous les mois" },
    { EVERY_OF, 0, "of|in|de|d '|en" },
    { EVERY_OUT_OF, 0, "sur|in|out of" },
    { EVERY_UNTIL, 0, "until|till|jusqu ' au|jusqu ' a" },
    { EVERY_FROM, 0, "from|starting|starting on|a partir de|a partir du|a compter du|des|des le" },
    { EVERY_EXCEPT, 0, "except|except on|sauf|sauf le" },
    { EVERY_TIMES, 0, "times|fois" },
    { EVERY_TO, 0, "to|through|-|au|a" },
    { EVERY_AND, 0, "and|et|," },
    { EVERY_AT, 0, "at|@|a" },
    { EVERY_ARTICLE, 0, "the|le|la|les|on|on the|l '|du" },
};

struct every_words {
    struct every_word of[EVERY_KINDS]; /* the longest of each */
};

static void note_words(const struct when_tokens *tokens, size_t at, struct every_words *out)
{
    *out = (struct every_words){ .of = { { 0, 0 } } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct every_word *best = &out->of[words[i].kind];
        for (const char *text = words[i].texts; text;
             text = strchr(text, '|') ? strchr(text, '|') + 1 : NULL) {
            size_t n = when_match(tokens, at, text);
            if (n > best->n)
                *best = (struct every_word){ n, words[i].value };
        }
    }
}

struct every_text every_text(struct arena *arena, const struct when_context *context,
                             const struct when_tokens *tokens)
{
    struct every_words *all = arena_alloc(arena, (tokens->n + 1) * sizeof *all);
    for (size_t at = 0; at < tokens->n; at++)
        note_words(tokens, at, &all[at]);
    return (struct every_text){ tokens, all, context };
}

struct every_word every_word(const struct every *e, size_t at, enum every_kind kind)
{
    struct every_word word = at < e->end ? e->words[at].of[kind] : (struct every_word){ 0, 0 };
    return at + word.n <= e->end ? word : (struct every_word){ 0, 0 };
}

const struct when_token *every_token(const struct every *e, size_t at)
{
    return at < e->end ? &e->tokens->all[at] : NULL;
}

struct every_word every_number(const struct every *e, size_t at)
{
    const struct when_token *t = every_token(e, at);
    if (t && t->kind == TOKEN_NUMBER)
        return (struct every_word){ 1, t->value };
    struct when_word word = when_word_of(e->tokens, at, e->end, WORD_NUMBER);
    return word.n && word.value >= 2 ? (struct every_word){ word.n, word.value }
                                     : (struct every_word){ 0, 0 };
}

/* With the stop of an abbreviation. */
struct every_word every_weekday(const struct every *e, size_t at)
{
    struct when_word full = when_word_of(e->tokens, at, e->end, WORD_WEEKDAY),
                     brief = when_word_of(e->tokens, at, e->end, WORD_WEEKDAY_SHORT);
    struct every_word plural = every_word(e, at, EVERY_MONDAYS);
    if (full.n)
        return (struct every_word){ full.n, full.value };
    if (plural.n || !brief.n)
        return plural;
    const struct when_token *stop = every_token(e, at + brief.n);
    bool has_stop = stop && stop->kind == TOKEN_MARK && stop->mark == '.' && stop->is_glued;
    return (struct every_word){ brief.n + has_stop, brief.value };
}
