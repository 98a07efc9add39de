/* !routine - all routines of a room; one of its own, with a name and up to ten questions, a line each. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"

enum { TITLE_MAX = 60, QUESTION_MAX = 200, LISTED_MAX = 20 };

/* --- All of them --- */

static void list_all(struct turn *turn)
{
    int64_t ids[LISTED_MAX];
    struct rows rows = store_rows(turn->store,
                                  "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 AND closed_ms IS NULL"
                                  " ORDER BY id LIMIT ?3",
                                  "isi", turn->room.id, habit_routine.prefix, (int64_t)LISTED_MAX);
    size_t n = rows_take(&rows, ids, LISTED_MAX);
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        const char *template_name;
        struct item *item = item_get(turn, ids[i]);
        if (item)
            json_object_array_add(list, routine_card(turn, item, &template_name));
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "empty", n == 0);
    json_set(values, "list", list);
    turn_answer(turn, "routine/list", values);
}

/* --- One by its name --- */

/* Of this room, open, and called as text begins; rest_out is what follows. NULL: none is. */
static struct item *find_by_name(struct turn *turn, const char *text, const char **rest_out)
{
    int64_t found = 0;
    struct rows rows =
        store_rows(turn->store,
                   "SELECT i.id, t.content FROM item i JOIN field f ON f.item = i.id"
                   " AND f.name = 'subject' JOIN text t ON t.id = f.text WHERE i.room = ?1"
                   " AND i.prefix = ?2 AND i.closed_ms IS NULL ORDER BY length(t.content) DESC",
                   "is", turn->room.id, habit_routine.prefix);
    while (!found && rows_next(&rows)) {
        size_t len = strlen(rows_text(&rows, 1));
        bool is_it = strlen(text) >= len && (!text[len] || strchr(" \n", text[len])) &&
                     strcmp(text_fold(turn->arena, arena_strndup(turn->arena, text, len)),
                            text_fold(turn->arena, rows_text(&rows, 1))) == 0;
        if (is_it) {
            found = rows_int(&rows, 0);
            *rest_out = text_skip_space(text + len);
        }
    }
    rows_end(&rows);
    return found ? item_get(turn, found) : NULL;
}

/* --- A new one --- */

static enum question_kind kind_of(struct turn *turn, const char *text)
{
    static const char *const words[QUESTION_KINDS][8] = {
        [QUESTION_TEXT] = { "text", "texte" },
        [QUESTION_YES_NO] = { "yes/no", "yes or no", "y/n", "oui/non", "oui ou non", "o/n" },
        [QUESTION_NUMBER] = { "number", "a number", "nombre", "un nombre" },
        [QUESTION_PERSON] = { "person", "who", "personne", "une personne", "qui" },
        [QUESTION_DATE] = { "date", "a date", "day", "une date", "jour" },
    };
    const char *folded = text_fold(turn->arena, text);
    for (int kind = 0; kind < QUESTION_CHOICE; kind++)
        if (text_is_one_of(folded, words[kind]))
            return (enum question_kind)kind;
    return strpbrk(text, "/,|") ? QUESTION_CHOICE : QUESTION_KINDS;
}

/* "- ", "2. " in front of a question. */
static const char *skip_mark(const char *text)
{
    size_t n = strspn(text, "0123456789");
    if (n && n <= 2 && strchr(".)", text[n]) && text[n] && text[n + 1] == ' ')
        return text_skip_space(text + n + 1);
    return strchr("-*", *text) && text[0] && text[1] == ' ' ? text_skip_space(text + 1) : text;
}

/* Without the colon, the full stop or the question mark that ends it. */
static const char *without_end(struct turn *turn, const char *text)
{
    const char *trimmed = text_trim(turn->arena, text);
    size_t len = strlen(trimmed);
    while (len && strchr("?:. ", trimmed[len - 1]))
        len--;
    return text_trim(turn->arena, arena_strndup(turn->arena, trimmed, len));
}

/* "Mood? (good/fair/bad)": what stands in brackets at its end says what an answer is. */
static bool add_question(struct turn *turn, struct routine *routine, const char *line)
{
    struct own_question *question = &routine->questions[routine->n_questions];
    const char *text = text_trim(turn->arena, skip_mark(line)), *open = strrchr(text, '(');
    size_t len = strlen(text);
    const char *inner = open && len && text[len - 1] == ')'
                            ? arena_strndup(turn->arena, open + 1, (size_t)(text + len - 1 - open - 1))
                            : NULL;
    enum question_kind kind = inner ? kind_of(turn, inner) : QUESTION_KINDS;
    const char *words = without_end(
        turn, kind == QUESTION_KINDS ? text : arena_strndup(turn->arena, text, (size_t)(open - text)));
    if (!*words || text_chars(text) > QUESTION_MAX)
        return false;
    *question =
        (struct own_question){ .kind = kind == QUESTION_KINDS ? QUESTION_TEXT : kind,
                               .text = text_add(turn, turn->event->sender, words),
                               .choices = kind == QUESTION_CHOICE ? text_add(turn, turn->event->sender,
                                                                             text_trim(turn->arena, inner))
                                                                  : 0 };
    routine->n_questions++;
    return true;
}

struct typed {
    const char *title, *options; /* of its first line */
    const char *lines[QUESTIONS_MAX + 1];
    size_t n_lines; /* one more than QUESTIONS_MAX: too many */
};

/* A question a line, or parted by semicolons. */
static void read_lines(struct turn *turn, const char *text, struct typed *typed)
{
    typed->n_lines = 0;
    while (*text && typed->n_lines <= QUESTIONS_MAX) {
        size_t len = strcspn(text, "\n;");
        const char *line = text_trim(turn->arena, arena_strndup(turn->arena, text, len));
        if (*line)
            typed->lines[typed->n_lines++] = line;
        text += len + (text[len] != '\0');
    }
}

/* Its name is what stands before the first words of options. */
static void read_head(struct turn *turn, const char *line, struct typed *typed)
{
    const char *at = line;
    struct routine_options options;
    while (*at && (at == line || !routine_options_read(turn, at, &options)))
        at = text_skip_space(at + strcspn(at, " "));
    typed->title = text_trim(turn->arena, arena_strndup(turn->arena, line, (size_t)(at - line)));
    typed->options = at;
}

static enum outcome refuse(struct turn *turn, const struct typed *typed)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "too_many", typed->n_lines > QUESTIONS_MAX);
    json_set_bool(values, "long_title", text_chars(typed->title) > TITLE_MAX);
    turn_answer(turn, "routine/refused", values);
    return OUTCOME_DONE;
}

static enum outcome make_own(struct turn *turn, const char *rest)
{
    struct typed typed;
    size_t head = strcspn(rest, "\n;");
    struct routine_options options;
    struct routine routine = { .weekdays = EVERY_DAY, .span_days = 1, .nudge_min = ROUND_NUDGE_MIN };
    read_head(turn, text_trim(turn->arena, arena_strndup(turn->arena, rest, head)), &typed);
    read_lines(turn, rest + head, &typed);
    if (!typed.n_lines && !*typed.options)
        return OUTCOME_USAGE;
    if (typed.n_lines > QUESTIONS_MAX || text_chars(typed.title) > TITLE_MAX)
        return refuse(turn, &typed);
    if (!routine_options_read(turn, typed.options, &options))
        return OUTCOME_USAGE;
    routine.kind = typed.n_lines ? "custom" : "daily";
    options.command = arena_printf(turn->arena, "%sroutine %s", turn_prefix(turn), typed.title);
    options.questions = rest + head;
    if (!routine_options_apply(turn, &options, &routine))
        return OUTCOME_DONE;
    const char *before = arena_printf(turn->arena, "%sroutine %.*s", turn_prefix(turn), (int)head, rest);
    if (routine_is_asked_who(turn, &routine, &options, turn_without_slots(turn, before),
                             turn_without_slots(turn, rest + head)))
        return OUTCOME_DONE;
    routine.title = text_add(turn, turn->event->sender, typed.title);
    for (size_t i = 0; i < typed.n_lines; i++)
        if (!add_question(turn, &routine, typed.lines[i]))
            return refuse(turn, &typed);
    return routine_make(turn, &routine) ? OUTCOME_DONE : OUTCOME_WAITS;
}

/* --- The command --- */

/* "daily", « hebdo »: as by their own commands. */
static const struct command *standard(struct turn *turn, const char *word)
{
    const struct command *const commands[] = { &command_standup, &command_weekly };
    const char *folded = text_fold_name(turn->arena, word);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (command_has_name(turn->arena, commands[i]->names, folded))
            return commands[i];
    return NULL;
}

static enum outcome turn_to(struct turn *turn, struct item *item, const char *rest)
{
    const char *name = command_shown_name(command_routine.names, turn->lang);
    return routine_turn_to(turn, item, arena_printf(turn->arena, "%s %s", name, item->name), rest);
}

static enum outcome routine(struct turn *turn, const struct request *request)
{
    const char *rest = request->rest;
    struct item *item = request->item;
    if (item && item->habit == &habit_round)
        item = round_routine(turn, item);
    if (item && item->habit == &habit_routine && (request->id || !*rest || request->item != item))
        return turn_to(turn, item, rest);
    if (turn->room.dm_person) {
        turn_answer(turn, "routine/room-only", values_new());
        return OUTCOME_DONE;
    }
    if (!*rest) {
        list_all(turn);
        return OUTCOME_DONE;
    }
    item = find_by_name(turn, rest, &rest);
    if (item)
        return turn_to(turn, item, rest);
    size_t len = strcspn(rest, " \n;");
    const struct command *command = standard(turn, arena_strndup(turn->arena, rest, len));
    if (command && rest[len] != '\n' && rest[len] != ';')
        return command->run(
            turn, &(struct request){ .name = command->names[0][0], .rest = text_skip_space(rest + len) });
    return make_own(turn, rest);
}

const struct command command_routine = {
    .topic = "routine",
    .names = { { "routine" }, { "rituel" } },
    .who = WHO_ANYBODY,
    .takes_item = true,
    .begins_items = true,
    .run = routine,
};
