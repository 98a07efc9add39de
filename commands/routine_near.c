/* A misspelt word behind `!standup`, `!weekly`, `!routine RTN-1`: what was probably meant is offered by a tap. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"

/* What may stand first there, and is long enough to be misspelt. */
enum { KNOWN_MAX = 32 };
static const char *const known[LANGS][KNOWN_MAX] = {
    [LANG_EN] = { "now",      "pause",   "resume", "stop",   "week",    "yesterday", "stats",
                  "mine",     "search",  "every",  "monday", "tuesday", "wednesday", "friday",
                  "thursday", "without", "report", "ping",   "for",     "optional",  "zone",
                  "nudge",    "close",   "lang",   "on",     "off" },
    [LANG_FR] = { "maintenant", "pause",    "reprise",  "stop",     "semaine",    "hier",     "chiffres",
                  "moi",        "lundi",    "mardi",    "mercredi", "jeudi",      "vendredi", "sans",
                  "pour",       "rapport",  "mention",  "chaque",   "facultatif", "fuseau",   "relance",
                  "langue",     "chercher", "terminer", "clôture" },
};

/* NULL: none, or it is one of them, and what is wrong stands behind it. */
static const char *nearest(struct turn *turn, const char *word)
{
    const char *found = NULL;
    int best = strlen(word) >= 6 ? 2 : 1;
    for (int k = 0; k < LANGS; k++) {
        int lang = (lang_index(turn->lang) + k) % LANGS;
        for (size_t i = 0; known[lang][i]; i++) {
            int distance = text_distance(word, text_fold_name(turn->arena, known[lang][i]), best);
            if (distance == 0)
                return NULL;
            if (distance < best || (distance == best && !found)) {
                best = distance;
                found = known[lang][i];
            }
        }
    }
    return found;
}

bool routine_suggest(struct turn *turn, const char *before, const char *rest)
{
    size_t len = strcspn(rest, " \n");
    const char *word = arena_strndup(turn->arena, rest, len);
    const char *meant = len >= 3 ? nearest(turn, text_fold_name(turn->arena, word)) : NULL;
    if (!meant)
        return false;
    command_suggest(turn, arena_printf(turn->arena, "%s %s", before, word),
                    (const char *const[]){ arena_printf(turn->arena, "%s %s", before, meant) }, 1,
                    rest + len);
    return true;
}
