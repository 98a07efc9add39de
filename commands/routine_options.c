/* Whom a routine asks, when, where and how it is shown: as people type it, in one line and in any order. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/frame.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "engine/place.h"
#include "time/hours.h"
#include "time/hours_words.h"
#include "time/zone_names.h"

enum { WORDS_OF_OPTION = 14, UNREAD_SHOWN = 40 };

/* --- Parting the line --- */

static const char *const openers[ROUTINE_OPTIONS][WORDS_OF_OPTION] = {
    [OPTION_WHO] = { "for", "with", "pour", "avec" },
    [OPTION_WITHOUT] = { "without", "sans" },
    [OPTION_OPTIONAL] = { "optional", "optionally", "facultatif" },
    [OPTION_AT] = { "at", "a", "des" },
    [OPTION_ON] = { "on", "every", "each", "from", "daily", "weekdays", "workdays", "chaque", "le", "les",
                    "du", "quotidien", "quotidienne" },
    [OPTION_ZONE] = { "zone", "fuseau" },
    [OPTION_NUDGE] = { "nudge", "reminder", "relance" },
    [OPTION_CLOSE] = { "close", "closes", "closing", "cloture" },
    [OPTION_LANG] = { "lang", "language", "langue" },
    [OPTION_IN] = { "in", "dans", "en" },
    [OPTION_BY] = { "by", "par" },
    [OPTION_REPORT] = { "report", "reports", "rapport", "bilan" },
    [OPTION_PING] = { "ping", "pings", "mention", "mentions" },
};

static enum routine_option opener_of(struct turn *turn, const char *word)
{
    char *folded = text_fold(turn->arena, word);
    size_t len = strlen(folded);
    if (len && folded[len - 1] == ':')
        folded[len - 1] = '\0';
    for (int option = 0; option < ROUTINE_OPTIONS; option++)
        if (text_is_one_of(folded, openers[option]))
            return (enum routine_option)option;
    return OPTION_NONE;
}

/* A time of day; -1: it is none. */
static int read_clock(struct turn *turn, const char *text)
{
    size_t n_digits = strspn(text, "0123456789");
    if (n_digits && n_digits <= 2 && !text[n_digits])
        text = arena_printf(turn->arena, "%s:00", text);
    struct when when = turn_read_when(turn, arena_printf(turn->arena, "tomorrow %s", text));
    return when.result == WHEN_AT && when.has_clock ? when.civil.hour * 60 + when.civil.minute : -1;
}

/* "14:00", "9h30", "9am": by itself a time of day, where a bare number may be a day. */
static bool is_clock(struct turn *turn, const char *word)
{
    size_t n_digits = strspn(word, "0123456789");
    return n_digits && word[n_digits] && read_clock(turn, word) >= 0;
}

static bool is_word(struct turn *turn, const char *word, const char *wanted)
{
    return strcmp(text_fold(turn->arena, word), wanted) == 0;
}

/* « dans le fil »: an article opens nothing there. */
static bool is_article(struct turn *turn, const char *word, enum routine_option option)
{
    return option == OPTION_IN && (is_word(turn, word, "le") || is_word(turn, word, "les"));
}

/* « toutes les deux semaines », « un lundi sur deux », "one monday in two"; rest is what follows the word. */
static bool begins_days(struct turn *turn, const char *word, const char *rest)
{
    static const char *const one[] = { "un", "une", "one", NULL }, *const of[] = { "sur", "in", NULL };
    const char *folded = text_fold(turn->arena, word);
    if (strcmp(folded, "tous") == 0 || strcmp(folded, "toutes") == 0)
        return text_starts_with(text_fold(turn->arena, rest), "les ");
    const char *second = text_skip_space(rest + strcspn(rest, " "));
    const char *next = text_fold(turn->arena, arena_strndup(turn->arena, second, strcspn(second, " ")));
    return text_is_one_of(folded, one) && text_is_one_of(next, of);
}

/* « à partir du 7 décembre », "one monday in two": no other option, but a part of the days. */
static bool goes_on_with_days(struct turn *turn, const char *word, const char *rest)
{
    const char *folded = text_fold(turn->arena, rest);
    return (is_word(turn, word, "a") && text_starts_with(folded, "partir ")) ||
           (is_word(turn, word, "in") && text_starts_with(folded, "two"));
}

static void add_word(struct turn *turn, struct routine_options *options, enum routine_option option,
                     const char *word)
{
    const char *before = options->texts[option];
    options->texts[option] = before && *before ? arena_printf(turn->arena, "%s %s", before, word) : word;
}

/* The word at text, or « tout le monde », which holds no article of its own. */
static const char *take_word(struct turn *turn, const char **text)
{
    static const char all[] = "tout le monde";
    bool is_all = text_starts_with(text_fold(turn->arena, *text), all);
    size_t len = is_all ? strlen(all) : strcspn(*text, " \n");
    const char *word = arena_strndup(turn->arena, *text, len);
    *text = text_skip_space(*text + len);
    return word;
}

/* What that word is the beginning of, where the words of option stand; OPTION_NONE: it is one of them. */
static enum routine_option opened_by(struct turn *turn, const struct routine_options *options,
                                     enum routine_option option, const char *word, const char *rest)
{
    /* « langue en », "report in ops", "ping on": what opens something elsewhere. */
    bool may_open = option == OPTION_LANG || option == OPTION_REPORT || option == OPTION_PING;
    bool is_first = may_open && !*options->texts[option];
    if (is_first || (option == OPTION_ON && goes_on_with_days(turn, word, rest)))
        return OPTION_NONE;
    if (option != OPTION_ON && begins_days(turn, word, rest))
        return OPTION_ON;
    enum routine_option opened = opener_of(turn, word);
    bool may_be_day = opened == OPTION_NONE && (option == OPTION_NONE || option == OPTION_AT);
    if (may_be_day && routine_is_day_name(turn, word))
        return OPTION_ON;
    return option == OPTION_ON && opened == OPTION_ON ? OPTION_NONE : opened;
}

/* Days keep the word that opens them: "every" says something. A time of day needs none, at the beginning and behind days. */
bool routine_options_read(struct turn *turn, const char *text, struct routine_options *options)
{
    enum routine_option option = OPTION_NONE;
    const char *const all = text;
    *options = (struct routine_options){ .texts = { NULL } };
    while (*text) {
        const char *from = text, *word = take_word(turn, &text);
        if (is_article(turn, word, option))
            continue;
        enum routine_option begun = opened_by(turn, options, option, word, text);
        bool is_time =
            begun == OPTION_NONE && (option == OPTION_NONE ? read_clock(turn, word) >= 0
                                                           : option == OPTION_ON && is_clock(turn, word));
        if (is_time)
            begun = OPTION_AT;
        if (begun == OPTION_NONE && option == OPTION_NONE)
            return false;
        if (begun != OPTION_NONE)
            option = begun;
        if (begun == OPTION_ON)
            options->before_days = arena_strndup(turn->arena, all, (size_t)(from - all));
        if (begun != OPTION_NONE)
            options->texts[option] = begun == OPTION_ON || is_time ? word : "";
        else
            add_word(turn, options, option, word);
        if (option == OPTION_ON)
            options->behind_days = text;
    }
    for (int i = 0; i < ROUTINE_OPTIONS; i++)
        if (i != OPTION_PING && options->texts[i] && !*options->texts[i])
            return false;
    options->is_day_alone = routine_is_day_name(turn, all);
    return true;
}

/* --- What each says; false: it cannot be read --- */

static bool is_everybody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "everyone", "everybody",     "all", "tous",
                                         "toutes",   "tout le monde", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

static bool is_nobody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "nobody", "no one", "personne", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

/* False: answered that it is nobody here. */
static bool read_people(struct turn *turn, const char *text, struct person_list *out)
{
    if (is_nobody(turn, text)) {
        out->n = 0;
        return true;
    }
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return false;
    }
    *out = read.people;
    return true;
}

static bool read_minute(struct turn *turn, const char *text, struct routine *routine)
{
    static const char *const morning[] = { "start of day", "day start", "debut de journee", NULL };
    bool is_with_day = text_is_one_of(text_fold(turn->arena, text), morning);
    routine->minute = is_with_day ? 0 : read_clock(turn, text);
    return routine->minute >= 0;
}

static bool read_zone(struct turn *turn, const char *text, struct routine *routine)
{
    static const char *const own[] = { "own", "each", "of each", "de chacun", "chacun", NULL };
    bool is_own = frame_is_default(turn->arena, text) || text_is_one_of(text_fold(turn->arena, text), own);
    routine->zone = is_own ? NULL : zone_names_read(turn->arena, text);
    return is_own || routine->zone;
}

/* "2h", "90 min"; -1: it is none. */
static int read_minutes(struct turn *turn, const char *text)
{
    static const char *const before[] = { "after ", "in ", "apres ", NULL };
    const char *folded = text_fold(turn->arena, text);
    for (int i = 0; before[i]; i++)
        if (text_starts_with(folded, before[i]))
            folded += strlen(before[i]);
    int minutes = frame_progress_read(turn->arena, folded);
    if (!minutes)
        minutes = 60 * frame_answer_read(turn->arena, folded);
    return minutes ? minutes : -1;
}

static bool read_nudge(struct turn *turn, const char *text, struct routine *routine)
{
    routine->nudge_min = ROUND_NUDGE_MIN;
    if (frame_is_none(turn->arena, text))
        routine->nudge_min = 0;
    else if (!frame_is_default(turn->arena, text))
        routine->nudge_min = read_minutes(turn, text);
    return routine->nudge_min >= 0;
}

static bool read_close(struct turn *turn, const char *text, struct routine *routine)
{
    routine->answer_min = frame_is_default(turn->arena, text) ? 0 : read_minutes(turn, text);
    return routine->answer_min >= 0;
}

static bool read_lang(struct turn *turn, const char *text, struct routine *routine)
{
    routine->lang = frame_is_default(turn->arena, text) ? NULL : lang_read(turn->arena, text);
    return frame_is_default(turn->arena, text) || routine->lang;
}

static bool read_place(struct turn *turn, const char *text, struct routine *routine)
{
    const char *asking = personal_read_asking(turn->arena, text);
    routine->is_in_thread = asking && strcmp(asking, "thread") == 0;
    return asking != NULL;
}

static bool read_order(struct turn *turn, const char *text, struct routine *routine)
{
    static const char *const section[] = { "section", "sections", "question", "questions", NULL };
    static const char *const person[] = { "person", "people", "personne", "personnes", NULL };
    const char *folded = text_fold(turn->arena, text);
    routine->is_by_section = text_is_one_of(folded, section);
    return routine->is_by_section || text_is_one_of(folded, person);
}

static bool read_ping(struct turn *turn, const char *text, struct routine *routine)
{
    routine->is_calling = !*text || frame_is_on(turn->arena, text);
    return routine->is_calling || frame_is_none(turn->arena, text) || frame_is_default(turn->arena, text);
}

/* "to #ops", « dans equipe », "off": the room, for routine_keep. */
static bool read_report(struct turn *turn, const char *text, struct routine *routine)
{
    static const char *const before[] = { "to", "in", "dans", "a", "au", "vers", NULL };
    const int64_t here = turn->room.id;
    size_t len = strcspn(text, " ");
    if (text_is_one_of(text_fold(turn->arena, arena_strndup(turn->arena, text, len)), before))
        text = text_skip_space(text + len);
    text += *text == '#';
    routine->report = REPORT_NOWHERE;
    routine->reporter = NULL;
    if (frame_is_none(turn->arena, text))
        return true;
    if (!*text || !place_enter(turn, text))
        return false;
    if (turn->room.id != here) {
        routine->report = turn->room.id;
        routine->reporter = turn->event->sender;
    }
    turn_enter_room(turn, here);
    return true;
}

/* One line that says how that one is typed, and where questions stand if some seem to be among it. */
static void answer_unread(struct turn *turn, enum routine_option option, const char *text)
{
    static const char *const names[ROUTINE_OPTIONS] = {
        [OPTION_AT] = "at",         [OPTION_ON] = "on",     [OPTION_ZONE] = "zone", [OPTION_NUDGE] = "nudge",
        [OPTION_CLOSE] = "close",   [OPTION_LANG] = "lang", [OPTION_IN] = "in",     [OPTION_BY] = "by",
        [OPTION_REPORT] = "report", [OPTION_PING] = "ping",
    };
    struct json_object *values = values_new();
    json_set_str(values, "text", text_shorten(turn->arena, text_clean(turn->arena, text), UNREAD_SHOWN));
    json_set_bool(values, names[option], true);
    json_set_bool(values, "questions", strpbrk(text, "?;") || strstr(text, ": "));
    turn_answer(turn, "routine/unread", values);
}

bool routine_options_apply(struct turn *turn, const struct routine_options *options, struct routine *routine)
{
    static bool (*const readers[ROUTINE_OPTIONS])(struct turn *, const char *, struct routine *) = {
        [OPTION_AT] = read_minute,   [OPTION_ZONE] = read_zone,     [OPTION_NUDGE] = read_nudge,
        [OPTION_CLOSE] = read_close, [OPTION_LANG] = read_lang,     [OPTION_IN] = read_place,
        [OPTION_BY] = read_order,    [OPTION_REPORT] = read_report, [OPTION_PING] = read_ping,
    };
    struct person_list *const lists[] = { [OPTION_WHO] = &routine->who,
                                          [OPTION_WITHOUT] = &routine->without,
                                          [OPTION_OPTIONAL] = &routine->optional };
    for (int option = 0; option <= OPTION_OPTIONAL; option++) {
        const char *text = options->texts[option];
        if (text && option == OPTION_WHO && is_everybody(turn, text))
            routine->who.n = 0;
        else if (text && !read_people(turn, text, lists[option]))
            return false;
    }
    for (int option = OPTION_OPTIONAL + 1; option < ROUTINE_OPTIONS; option++) {
        const char *text = options->texts[option];
        bool is_days = option == OPTION_ON;
        if (text &&
            !(is_days ? routine_read_days(turn, options, routine) : readers[option](turn, text, routine))) {
            answer_unread(turn, (enum routine_option)option, text);
            return false;
        }
    }
    return true;
}

/* --- What is done to it --- */

enum act routine_verb(struct turn *turn, const char *text, const char **rest_out)
{
    static const struct {
        enum act act;
        const char *words[12];
    } rows[] = {
        { ACT_PAUSE, { "off", "pause", "suspendre" } },
        { ACT_RESUME, { "on", "resume", "continue", "reprise", "reprendre" } },
        { ACT_CANCEL,
          { "stop", "end", "cancel", "remove", "delete", "arret", "arreter", "fin", "terminer", "annuler",
            "supprimer" } },
    };
    size_t len = strcspn(text, " ");
    const char *word = text_fold(turn->arena, arena_strndup(turn->arena, text, len));
    *rest_out = text_skip_space(text + len);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_is_one_of(word, rows[i].words))
            return rows[i].act == ACT_RESUME && **rest_out ? ACT_NONE : rows[i].act;
    return ACT_NONE;
}
