/* What people cry, and what it may have meant: an escalation, or a task with a date. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "commands/task_private.h"

#define BETWEEN " \t\n,.;:!?\"()"

/* "URGENT: who proofreads" is urgent by where it goes, or has a date: the rest says what it is about. "Help desk" is no cry. */
static const char *without_cry(struct turn *turn, const char *body)
{
    static const char *const cries[] = { "urgent", "urgence", "asap", "@room", NULL };
    size_t len = strcspn(body, " :!,.\n");
    const char *word = text_fold(turn->arena, arena_strndup(turn->arena, body, len));
    const char *rest = text_skip_space(body + len);
    bool is_marked = *rest && strchr(":!,", *rest);
    while (*rest && strchr(":!,.", *rest))
        rest = text_skip_space(rest + 1);
    bool is_cry = text_is_one_of(word, cries) || (is_marked && strcmp(word, "help") == 0);
    return is_cry && text_has_words(rest) ? rest : body;
}

const char *escalation_from_words(struct turn *turn, const char *body, int criterion,
                                  const struct room *there)
{
    const char *reason = "";
    if (criterion)
        reason = arena_printf(turn->arena, "\n%s: %d", form_label(&escalation_form, "criterion", turn->lang),
                              criterion);
    return arena_printf(turn->arena, "%s%s %s%s\n%s: %s", turn_prefix(turn),
                        command_shown_name(command_urgent.names, turn->lang), without_cry(turn, body), reason,
                        form_label(&escalation_form, "room", turn->lang), there->room_id);
}

const char *escalation_task_from_words(struct turn *turn, const char *body, const struct room *there)
{
    return arena_printf(turn->arena, "%s%s %s\n%s: %s\n%s: https://matrix.to/#/%s/%s", turn_prefix(turn),
                        command_shown_name(command_task.names, turn->lang), without_cry(turn, body),
                        form_label(&task_form, "room", turn->lang), there->room_id,
                        form_label(&task_form, "links", turn->lang), turn->room.room_id, turn->event->id);
}

/* The word alone is in much that is said of urgent things. It is a cry in front, in capitals, before a mark of one, or said of
 * something ("is urgent", "c'est urgent"). */
static bool is_cried(struct turn *turn, const char *word, size_t len, const char *before)
{
    static const char *const always[] = { "asap", "@room", "sos", NULL };
    static const char *const cries[] = { "urgent", "urgente", "urgence", NULL };
    static const char *const said_of[] = { "is", "it's", "c'est", "est", "very", "tres", NULL };
    const char *typed = arena_strndup(turn->arena, word, len), *folded = text_fold(turn->arena, typed);
    if (text_is_one_of(folded, always))
        return true;
    if (!text_is_one_of(folded, cries))
        return false;
    bool is_capital = strspn(typed, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
    return !*before || is_capital || *text_skip_space(word + len) == '!' || text_is_one_of(before, said_of);
}

/* "not really urgent", "if it is urgent": for the next words it is no cry. */
static bool takes_back(const char *folded)
{
    static const char *const words[] = { "not",    "no",    "never", "isn't", "less", "if",    "when", "pas",
                                         "jamais", "moins", "rien",  "plus",  "si",   "quand", NULL };
    return text_is_one_of(folded, words);
}

bool escalation_is_cry(struct turn *turn, const char *body)
{
    enum { WORDS_MAX = 60, TAKEN_BACK = 3 };
    const char *before = "";
    int n_taken_back = 0;
    for (int n = 0; n < WORDS_MAX && *(body += strspn(body, BETWEEN)); n++) {
        size_t len = strcspn(body, BETWEEN);
        if (n_taken_back <= 0 && is_cried(turn, body, len, before))
            return true;
        before = text_fold(turn->arena, arena_strndup(turn->arena, body, len));
        n_taken_back = takes_back(before) ? TAKEN_BACK : n_taken_back - 1;
        body += len;
    }
    return false;
}

void escalation_meet_in_thread(struct turn *turn)
{
    struct event *event = arena_alloc(turn->arena, sizeof *event);
    *event = *turn->event;
    event->thread = event->id;
    turn->event = event;
}
