#include "time/when_near.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

enum { WORDS = 3, LONG_WORD = 7 };

/* Folded. */
static const char *const days[] = { "monday",   "tuesday",  "wednesday",   "thursday",   "friday",
                                    "saturday", "sunday",   "tomorrow",    "tonight",    "lundi",
                                    "mardi",    "mercredi", "jeudi",       "vendredi",   "samedi",
                                    "dimanche", "demain",   "aujourd'hui", "aujourdhui", NULL };
static const char *const units[] = { "day",     "days",   "week",   "weeks",   "month",
                                     "months",  "year",   "hour",   "hours",   "morning",
                                     "evening", "jour",   "jours",  "semaine", "semaines",
                                     "mois",    "heures", "matin",  "matins",  "soirs",
                                     "lundis",  "mardis", "jeudis", "samedis", NULL };
static const char *const repeats[] = { "every", "each", "chaque", NULL };
/* Words of their own, a letter away. */
static const char *const others[] = { "domain", "remain", "hardi", "very",  "ever", "even", "reach", "teach",
                                      "beach",  "peach",  "our",   "sours", "mais", "weak", "tour",  NULL };

/* "very" is no word that repeats; "weak" behind "every" may be one. */
static const char *nearest(const char *word, const char *const *list)
{
    int max = strlen(word) >= LONG_WORD ? 2 : 1;
    const char *found = NULL;
    for (; *list; list++) {
        int distance = text_distance(word, *list, max);
        if (distance == 0)
            return NULL;
        if (distance <= max && strlen(*list) > 2) {
            max = distance - 1;
            found = *list;
        }
    }
    return found;
}

/* The last words of the subject, the last one first; "" where there are none. */
struct tail {
    const char *folded[WORDS];
    const char *last; /* as typed */
};

static struct tail tail_of(struct arena *arena, const char *subject)
{
    struct tail tail = { .folded = { "", "", "" }, .last = "" };
    size_t end = strlen(subject);
    for (int i = 0; i < WORDS; i++) {
        while (end && subject[end - 1] == ' ')
            end--;
        size_t from = end;
        while (from && subject[from - 1] != ' ')
            from--;
        const char *word = arena_strndup(arena, subject + from, end - from);
        tail.folded[i] = text_fold(arena, word);
        tail.last = i ? tail.last : word;
        end = from;
    }
    return tail;
}

static bool is_repeated(const struct tail *tail)
{
    const char *before = tail->folded[1], *first = tail->folded[2];
    bool is_other = strcmp(before, "other") == 0 || strcmp(before, "second") == 0;
    bool is_all = strcmp(first, "tous") == 0 || strcmp(first, "toutes") == 0;
    return text_is_one_of(is_other ? first : before, repeats) || (is_all && strcmp(before, "les") == 0);
}

static const char *meant_by(const struct tail *tail, bool has_date)
{
    const char *word = tail->folded[0];
    const char *meant = NULL;
    if (is_repeated(tail)) {
        meant = nearest(word, days);
        return meant || text_is_one_of(word, days) ? meant : nearest(word, units);
    }
    if (text_is_one_of(word, others))
        return NULL;
    meant = nearest(word, days);
    return meant || !has_date || text_is_one_of(word, days) ? meant : nearest(word, repeats);
}

/* Where the word stands for the last time; NULL: the subject was not typed so. */
static const char *find_last(const char *text, const char *word)
{
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, word)); at++)
        found = at;
    return found;
}

bool when_find_near(struct arena *arena, const char *text, const char *subject, struct when_near *out)
{
    struct tail tail = tail_of(arena, subject);
    bool has_date = strlen(subject) < strlen(text);
    const char *meant = *tail.last ? meant_by(&tail, has_date) : NULL;
    const char *at = meant ? find_last(text, tail.last) : NULL;
    if (!at)
        return false;
    *out = (struct when_near){ .word = tail.last,
                               .meant = meant,
                               .mended = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, meant,
                                                      at + strlen(tail.last)) };
    return true;
}
