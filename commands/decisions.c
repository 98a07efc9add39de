/* !decisions - the register: what is open, what was decided; mine, and what waits for me. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision.h"

enum { LISTED_MAX = 10 };

enum filter { FILTER_RECENT, FILTER_OPEN, FILTER_MINE, FILTER_WAITING };

/* What may stand behind the command, in either language, folded. */
static const struct {
    const char *word;
    enum filter filter;
} words[] = {
    { "open", FILTER_OPEN },
    { "ouvertes", FILTER_OPEN },
    { "ouverte", FILTER_OPEN },
    { "mine", FILTER_MINE },
    { "mes", FILTER_MINE },
    { "miennes", FILTER_MINE },
    { "les miennes", FILTER_MINE },
    { "moi", FILTER_MINE },
    { "waiting", FILTER_WAITING },
    { "waiting on me", FILTER_WAITING },
    { "en attente", FILTER_WAITING },
    { "a repondre", FILTER_WAITING },
    { "", FILTER_RECENT },
};

static bool read_filter(struct turn *turn, const char *rest, enum filter *filter)
{
    const char *folded = text_fold(turn->arena, rest);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, folded) == 0) {
            *filter = words[i].filter;
            return true;
        }
    return false;
}

static bool is_waiting_for(struct turn *turn, struct item *item, const char *person)
{
    const char *what = decision_waits_for(turn, item, person);
    return what && strcmp(what, "answer") == 0;
}

static bool fits(struct turn *turn, struct item *item, enum filter filter)
{
    const char *me = turn->event->sender;
    switch (filter) {
    case FILTER_RECENT:
        return true;
    case FILTER_OPEN:
        return lifecycle_is_open(item);
    case FILTER_MINE:
        return strcmp(item->owner, me) == 0 || strcmp(item->author, me) == 0;
    case FILTER_WAITING:
        return lifecycle_is_open(item) && is_waiting_for(turn, item, me);
    }
    return false;
}

static struct json_object *list_row(struct turn *turn, struct item *item)
{
    struct json_object *row = values_new();
    int64_t decision = item_field(turn, item, "decision");
    json_set_str(row, "id", item->name);
    json_set_bool(row, item->habit->state_names[item->state], true);
    json_set_bool(row, "live", lifecycle_is_open(item));
    json_set_bool(row, "past", item->deadline_ms <= turn->now_ms);
    json_set(row, "subject", values_text(decision ? decision : item_field(turn, item, "subject"), 80));
    json_set(row, "owner", values_person(turn, item->owner));
    json_set(row, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    if (item->closed_ms)
        json_set(row, "closed", values_time(turn, item->closed_ms, NULL));
    struct person_list waiting = decision_waiting(turn, item);
    if (lifecycle_is_open(item) && waiting.n)
        json_set(row, "waiting", values_people(turn, waiting.ids, waiting.n));
    return row;
}

/* « !décision » says as little as "!decision" whether one is to be opened or all are to be seen (words.md 1). */
static bool is_singular(struct turn *turn, const char *name)
{
    return strcmp(text_fold_name(turn->arena, name), "decision") == 0;
}

static enum outcome ask_what(struct turn *turn, const char *rest)
{
    const char *prefix = turn_prefix(turn);
    const char *open = command_shown_name(command_decide.names, turn->lang);
    const char *list = command_shown_name(command_decisions.names, turn->lang);
    const char *choices[] = { arena_printf(turn->arena, "%s%s %s", prefix, open, rest),
                              arena_printf(turn->arena, "%s%s", prefix, list), NULL };
    struct json_object *values = values_new();
    json_set_str(values, "prefix", prefix);
    turn_ask(turn,
             (struct question){ .template_name = "decision/which", .values = values, .choices = choices });
    return OUTCOME_DONE;
}

static enum outcome decisions(struct turn *turn, const struct request *request)
{
    enum filter filter;
    if (request->item)
        return command_show.run(turn, request);
    if (is_singular(turn, request->name))
        return ask_what(turn, request->rest);
    if (!read_filter(turn, request->rest, &filter))
        return OUTCOME_USAGE;
    struct item_list all = item_list(turn, "DEC", turn->event->sender);
    struct json_object *values = values_new(), *list = json_object_new_array();
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++) {
        struct item *item = item_get(turn, all.ids[i]);
        if (!item || !fits(turn, item, filter))
            continue;
        if (n++ < LISTED_MAX)
            json_object_array_add(list, list_row(turn, item));
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "list", list);
    json_set_bool(values, "empty", n == 0);
    json_set_bool(values,
                  filter == FILTER_WAITING ? "is_waiting"
                  : filter == FILTER_MINE  ? "is_mine"
                                           : "is_all",
                  true);
    if (n > LISTED_MAX)
        json_set_int(values, "more", (int64_t)(n - LISTED_MAX));
    turn_answer(turn, "decision/list", values);
    return OUTCOME_DONE;
}

const struct command command_decisions = {
    .topic = "decisions",
    .names = { { "decisions", "register", "decision" }, { "décisions", "registre", "décision" } },
    .who = WHO_ANYBODY,
    .takes_item = true,
    .run = decisions,
};
