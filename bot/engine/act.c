/* The acts, by every door: one row each (words.md 1 "Acts", 2 "Reactions"). */
#include <string.h>

#include "base/text.h"
#include "engine/command.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct act_names act_table[] = {
    { .act = ACT_AGREE,
      .name = "agree",
      .names = { { "agree", "ok" }, { "accord", "d'accord" } },
      .words = WORDS("agree", "i agree", "agreed", "ok", "yes", "+1", "ok for me", "fine by me",
                     "fine for me", "works for me", "sounds good", "looks good", "looks good to me", "lgtm",
                     "no objection", "d'accord", "accord", "oui", "je suis d'accord", "ok pour moi",
                     "ca me va", "c'est bon pour moi", "pas d'objection", "aucune objection"),
      .signs = { "👍", "✅" } },
    { .act = ACT_OBJECT,
      .name = "object",
      .names = { { "object" }, { "objection", "objecter" } },
      .words = WORDS("objection", "object", "i object", "i disagree", "disagree", "against", "i'm against",
                     "i am against", "je fais objection", "je m'oppose", "je m'y oppose", "contre",
                     "je suis contre", "pas d'accord", "je ne suis pas d'accord", "je suis pas d'accord"),
      .openers = { "objection", "object", "i object", "i disagree", "against", "contre", "je suis contre",
                   "pas d'accord", "je m'oppose" },
      .beginnings = WORDS("no", "nope", "non", "objection", "against", "disagree", "contre", "pas d'accord",
                          "not ok", "pas ok"),
      .phrases = WORDS("i object", "i disagree", "i'm against", "i am against", "i don't agree",
                       "i do not agree", "i can't agree", "i cannot agree", "i'm not ok with",
                       "i am not ok with", "je m'oppose", "je m'y oppose", "je suis contre",
                       "je ne suis pas d'accord", "je suis pas d'accord", "je ne peux pas accepter"),
      .signs = { "⛔", "👎", "🛑", "🚫", "❌" },
      .takes_text = true },
    { .act = ACT_ABSTAIN,
      .name = "abstain",
      .names = { { "abstain" }, { "sans-avis", "abstention" } },
      .words = WORDS("no opinion", "abstain", "sans avis", "je passe"),
      .signs = { "🤷", "😐" } },
    { .act = ACT_WITHDRAW,
      .name = "withdraw",
      .names = { { "withdraw" }, { "retirer" } },
      .words = WORDS("withdraw", "i withdraw", "retirer", "je retire") },
    { .act = ACT_SETTLE,
      .name = "settle",
      .names = { { "settle" }, { "trancher" } },
      .openers = { "settled", "tranche", "tranchee" },
      .takes_text = true },
    { .act = ACT_EXTEND,
      .name = "extend",
      .names = { { "extend", "postpone" }, { "prolonger", "reporter" } },
      .openers = { "new date", "autre date", "nouvelle date" },
      .signs = { "📅", "🗓", "📆", "⏩" },
      .takes_text = true },
    { .act = ACT_SLOT,
      .name = "slot",
      .names = { { "slot" }, { "créneau" } },
      .openers = { "slot", "creneau" },
      .takes_text = true },
    { .act = ACT_CANCEL, .name = "cancel", .names = { { "cancel" }, { "annuler" } }, .takes_text = true },
    { .act = ACT_REOPEN,
      .name = "reopen",
      .names = { { "reopen" }, { "rouvrir", "réouvrir" } },
      .takes_text = true },
    { .act = ACT_SKIP, .name = "skip", .names = { { "skip" }, { "sauter" } } },
    { .act = ACT_PAUSE, .name = "pause", .names = { { "pause" }, { "pause" } }, .takes_text = true },
    { .act = ACT_RESUME, .name = "resume", .names = { { "resume" }, { "reprise" } } },
    { .act = ACT_DONE,
      .name = "done",
      .names = { { "done", "solved" }, { "fait", "résolu" } },
      .words = WORDS("done", "solved", "fixed", "it is done", "it's done", "it's solved", "it's fixed",
                     "finished", "all done", "fait", "fini", "termine", "c'est fini", "c'est termine",
                     "resolu", "repare", "c'est fait", "c'est resolu", "c'est repare"),
      .openers = { "done", "solved", "fait", "resolu" },
      .signs = { "✅", "☑", "✔", "🏁" },
      .takes_text = true },
    { .act = ACT_TAKE,
      .name = "take",
      .names = { { "take", "ack" }, { "prendre" } },
      .words =
          WORDS("i'll take it", "i take it", "i have it", "i've got it", "i'm on it", "on it", "mine",
                "i'll do it", "i'm taking it", "je m'en charge", "je prends", "je la prends", "je le prends",
                "je l'ai", "je m'en occupe", "je m'y mets", "je suis dessus", "c'est pour moi"),
      .phrases = WORDS("i'll take it", "i take it", "i take this", "i'll take this", "i have it",
                       "i've got it", "i'm on it", "i'll do it", "i'm looking", "looking into it",
                       "je m'en charge", "je prends", "je la prends", "je le prends", "je m'en occupe",
                       "je m'y mets", "je suis dessus", "je regarde"),
      .signs = { "🙋", "✋" } },
    { .act = ACT_ACCEPT,
      .name = "accept",
      .words = WORDS("ok", "yes", "+1", "agreed", "got it", "will do", "looking", "i'm looking",
                     "looking into it", "i'm looking into it", "on my way", "i'm on my way", "d'accord",
                     "oui", "entendu", "je regarde", "j'y vais", "j'arrive"),
      .signs = { "👍", "👀" } },
    { .act = ACT_SNOOZE,
      .name = "snooze",
      .names = { { "snooze", "later" }, { "plus-tard" } },
      .words = WORDS("later", "plus tard"),
      .openers = { "later", "snooze", "plus tard" },
      .signs = { "⏰", "⏳", "⌛", "⏱", "💤" },
      .takes_text = true },
    { .act = ACT_HAND_OVER,
      .name = "handover",
      .names = { { "handover", "handoff" }, { "passation", "transmettre" } },
      .openers = { "handover", "hand over", "passation" },
      .takes_text = true },
    { .act = ACT_FOLLOW,
      .name = "follow",
      .names = { { "follow" }, { "suivre" } },
      .words = WORDS("follow", "suivre"),
      .signs = { "🔔" } },
    { .act = ACT_MUTE,
      .name = "mute",
      .names = { { "mute" }, { "couper" } },
      .words = WORDS("mute", "couper"),
      .signs = { "🔕" } },
    { .act = ACT_PROGRESS,
      .name = "progress",
      .names = { { "progress" }, { "avancement" } },
      .openers = { "progress", "avancement" },
      .takes_text = true },
    { .act = ACT_KEEP,
      .name = "keep",
      .words = WORDS("note", "a noter"),
      .openers = { "note", "a noter" },
      .signs = { "📌" },
      .takes_text = true },
    { .act = ACT_RECAP,
      .name = "recap",
      .names = { { "recap" }, { "récap" } },
      .openers = { "recap" },
      .takes_text = true },
    { .act = ACT_NONE },
};

/* A sign or a word means what the item can be done now, else what it can at another time. */
enum { NOW, EVER, LOOKS };

static bool is_known(const struct act_names *row, const struct item *item, int look)
{
    return !item || lifecycle_knows(item, row->act, look == NOW ? STATE(item->state) : EVERY_STATE);
}

bool command_has_name(struct arena *arena, const char *const names[LANGS][NAMES_MAX], const char *folded)
{
    for (int lang = 0; lang < LANGS; lang++)
        for (int i = 0; i < NAMES_MAX && names[lang][i]; i++)
            if (text_is_name(arena, names[lang][i], folded))
                return true;
    return false;
}

const struct act_names *act_find_name(struct arena *arena, const char *typed)
{
    const char *folded = text_fold_name(arena, typed);
    for (const struct act_names *row = act_table; row->act != ACT_NONE; row++)
        if (command_has_name(arena, row->names, folded))
            return row;
    return NULL;
}

static bool has_sign(const struct act_names *row, const char *folded)
{
    for (size_t i = 0; i < sizeof row->signs / sizeof row->signs[0] && row->signs[i]; i++)
        if (strcmp(row->signs[i], folded) == 0)
            return true;
    return false;
}

const struct act_names *act_find_sign(struct arena *arena, const char *key, const struct item *item)
{
    const char *folded = text_fold_reaction(arena, key);
    for (int look = NOW; look < LOOKS; look++)
        for (const struct act_names *row = act_table; row->act != ACT_NONE; row++)
            if (is_known(row, item, look) && has_sign(row, folded))
                return row;
    return NULL;
}

/* "ok, I take it": what stands behind a yes; NULL: nothing. */
static const char *behind_yes(const char *whole)
{
    static const char *const yes[] = { "ok", "okay", "yes", "sure", "oui", "d'accord", NULL };
    size_t len = strcspn(whole, " ,");
    for (const char *const *one = yes; *one; one++)
        if (strlen(*one) == len && strncmp(whole, *one, len) == 0)
            return whole[len] ? whole + len + strspn(whole + len, " ,") : NULL;
    return NULL;
}

static bool has_word(const struct act_names *row, const char *whole, const char *behind)
{
    return row->words &&
           (text_is_one_of(whole, row->words) || (behind && text_is_one_of(behind, row->words)));
}

static bool has_opener(const struct act_names *row, const char *opener)
{
    for (size_t i = 0; opener && i < sizeof row->openers / sizeof row->openers[0] && row->openers[i]; i++)
        if (strcmp(row->openers[i], opener) == 0)
            return true;
    return false;
}

/* Folded, without what only ends it. */
static char *whole_of(struct arena *arena, const char *body)
{
    char *whole = text_fold(arena, body);
    size_t len = strlen(whole);
    while (len && (whole[len - 1] == '.' || whole[len - 1] == '!' || whole[len - 1] == ' '))
        whole[--len] = '\0';
    return whole;
}

bool act_is_yes(struct arena *arena, const char *body)
{
    static const char *const yes[] = { "yes", "yep", "yeah", "ok", "okay", "sure", "oui", NULL };
    return text_is_one_of(whole_of(arena, body), yes);
}

const struct act_names *act_find_word(struct arena *arena, const char *body, const struct item *item,
                                      const char **text_out)
{
    enum { OPENER_BYTES_MAX = 32 };
    *text_out = "";
    const char *whole = whole_of(arena, body), *behind = behind_yes(whole);
    const char *colon = strchr(body, ':');
    const char *opener = colon && colon - body <= OPENER_BYTES_MAX
                             ? text_fold(arena, arena_strndup(arena, body, (size_t)(colon - body)))
                             : NULL;
    for (int look = NOW; look < LOOKS; look++)
        for (const struct act_names *row = act_table; row->act != ACT_NONE; row++) {
            if (!is_known(row, item, look))
                continue;
            if (has_word(row, whole, behind))
                return row;
            if (has_opener(row, opener)) {
                *text_out = text_trim(arena, colon + 1);
                return row;
            }
        }
    return NULL;
}

/* Nothing of a word stands behind it. */
static bool is_end_of_word(const char *behind)
{
    return !*behind || strchr(" ,.;:!?\n", *behind);
}

/* "no problem" begins with no "no": that one stands before a comma, a dash or the like, or alone. */
static bool stands_apart(const char *behind)
{
    const char *next = behind + strspn(behind, " ");
    return !*next || strchr(",.;:!", *next) || (*next == '-' && next > behind);
}

static bool has_beginning(const struct act_names *row, const char *folded)
{
    for (const char *const *one = row->beginnings; one && *one; one++) {
        const char *behind = folded + strlen(*one);
        if (text_starts_with(folded, *one) &&
            (strchr(*one, ' ') ? is_end_of_word(behind) : stands_apart(behind)))
            return true;
    }
    return false;
}

static bool has_phrase(const struct act_names *row, const char *folded)
{
    for (const char *const *one = row->phrases; one && *one; one++)
        for (const char *at = strstr(folded, *one); at; at = strstr(at + 1, *one))
            if ((at == folded || at[-1] == ' ') && is_end_of_word(at + strlen(*one)))
                return true;
    return false;
}

bool act_may_be_meant(struct arena *arena, const char *body, enum act act, bool is_silent)
{
    const struct act_names *row = act_get(act);
    const char *folded = text_fold(arena, body);
    return has_phrase(row, folded) || (is_silent && has_beginning(row, folded));
}

const struct act_names *act_get(enum act act)
{
    for (const struct act_names *row = act_table; row->act != ACT_NONE; row++)
        if (row->act == act)
            return row;
    return NULL;
}

int act_choice(struct arena *arena, const char *text)
{
    const char *folded = text_fold_reaction(arena, text_trim(arena, text));
    if (*folded < '1' || *folded > '9')
        return 0;
    /* A bare digit, or a keycap: the digit and U+20E3. */
    return folded[1] == '\0' || strcmp(folded + 1, "\u20e3") == 0 ? *folded - '0' : 0;
}

int lang_index(const char *lang)
{
    return strncmp(lang, "fr", 2) == 0 ? LANG_FR : LANG_EN;
}

const char *lang_read(struct arena *arena, const char *typed)
{
    static const char *const langs[][2] = { { "en", "en" },       { "english", "en" }, { "anglais", "en" },
                                            { "fr", "fr" },       { "french", "fr" },  { "francais", "fr" },
                                            { "fr-ca", "fr-CA" }, { "fr-ch", "fr-CH" } };
    const char *folded = text_fold(arena, typed);
    for (size_t i = 0; i < sizeof langs / sizeof langs[0]; i++)
        if (strcmp(langs[i][0], folded) == 0)
            return langs[i][1];
    return NULL;
}

const char *command_shown_name(const char *const names[LANGS][NAMES_MAX], const char *lang)
{
    return names[lang_index(lang)][0];
}
