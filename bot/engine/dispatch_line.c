/* A line that begins with a command's name: the command or the act, the item it is about, or what to type instead. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "engine/dispatch.h"
#include "engine/private.h"
#include "store/message.h"

enum { CHOICES_MAX = 9, WHICH_LOOKED_AT = 100 };

static const struct command *find_command(struct turn *turn, const char *typed)
{
    const char *folded = text_fold_name(turn->arena, typed);
    for (const struct command *const *command = turn_commands(turn); *command; command++)
        if (command_has_name(turn->arena, (*command)->names, folded))
            return *command;
    return NULL;
}

/* "DEC 1", where no date can stand: the length of it at the start of text, and the id; 0: it is none. */
static size_t spaced_id(struct turn *turn, const char *text, const char **id_out)
{
    size_t len = 0;
    while (isalpha((unsigned char)text[len]))
        len++;
    const char *number = text_skip_space(text + len);
    if (!len || number == text + len || !isdigit((unsigned char)*number))
        return 0;
    *id_out =
        arena_printf(turn->arena, "%.*s-%.*s", (int)len, text, (int)strspn(number, "0123456789"), number);
    size_t id_len = item_id_length(turn, *id_out);
    const char *end = number + strspn(number, "0123456789");
    return id_len == strlen(*id_out) && (!*end || text_skip_space(end) != end) ? (size_t)(end - text) : 0;
}

/* Takes an id from the front of rest. */
static void take_id(struct turn *turn, struct request *request, bool may_be_elsewhere, bool may_be_date)
{
    size_t len = item_id_length(turn, request->rest);
    if (len)
        request->id = arena_strndup(turn->arena, request->rest, len);
    else if (!may_be_date)
        len = spaced_id(turn, request->rest, &request->id);
    if (!len)
        return;
    request->rest = text_skip_space(request->rest + len);
    request->item = item_find(turn, request->id, turn->event->sender);
    /* A room's words stay in it: an item of another room can be shown to the one who asks, in a direct message; it
     * can be changed from there, or from its own room. */
    bool is_elsewhere = request->item && request->item->room != turn->room.id && !turn->room.dm_person;
    if (is_elsewhere && !may_be_elsewhere)
        request->item = NULL;
}

static void answer_no_item(struct turn *turn, const char *id)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", id);
    json_set_str(values, "prefix", turn_prefix(turn));
    turn_answer(turn, "help/no-item", values);
}

/* What the person must type, for a command that could not be run as it stands. */
static void answer_usage(struct turn *turn, const char *topic)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    turn_answer(turn, arena_printf(turn->arena, "help/%s", topic), values);
}

static enum outcome run_command(struct turn *turn, const struct command *command, struct request *request)
{
    if (command->begins_items && store_is_tight(turn->store)) {
        turn_answer(turn, "help/disk-full", values_new());
        return OUTCOME_DONE;
    }
    if (command->takes_item)
        take_id(turn, request, command->shows_elsewhere, false);
    if (request->id && !request->item) {
        answer_no_item(turn, request->id);
        return OUTCOME_NO_ITEM;
    }
    if (command->needs_item && !request->item)
        return OUTCOME_USAGE;
    if (!lifecycle_may(turn, request->item, turn->event->sender, command->who))
        return OUTCOME_DENIED;
    return command->run(turn, request);
}

/* Whether it can be meant: what has no form, as a reminder, is its owner's own affair. */
static bool is_meant(const struct turn *turn, const struct item *item, enum act act)
{
    if (!item->habit->form && strcmp(item->owner, turn->event->sender) != 0)
        return false;
    return lifecycle_knows(item, act, STATE(item->state));
}

/* Items of this room that the act can change, the newest first; all open ones, or all that are not. */
static size_t find_items(struct turn *turn, enum act act, bool is_open, struct item *items[CHOICES_MAX])
{
    int64_t ids[WHICH_LOOKED_AT];
    size_t n = 0;
    struct rows rows = store_rows(turn->store,
                                  "SELECT id FROM item WHERE room = ?1 AND (closed_ms IS NULL) = ?2"
                                  " ORDER BY id DESC LIMIT 100",
                                  "ii", turn->room.id, (int64_t)is_open);
    size_t n_ids = rows_take(&rows, ids, WHICH_LOOKED_AT);
    for (size_t i = 0; i < n_ids && n < CHOICES_MAX; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (item && is_meant(turn, item, act))
            items[n++] = item;
    }
    return n;
}

/* An act without an id, outside any thread: which of the items of this room is meant? Those that are over only where no
 * open one is. */
static void ask_which(struct turn *turn, const struct act_names *act, const char *rest)
{
    const char *choices[CHOICES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    const char *name = command_shown_name(act->names, turn->lang), *example = "";
    struct item *items[CHOICES_MAX];
    size_t n = find_items(turn, act->act, true, items);
    if (n == 0)
        n = find_items(turn, act->act, false, items);
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_str(row, "id", items[i]->name);
        json_set(row, "subject", values_text(item_field(turn, items[i], "subject"), 60));
        json_object_array_add(list, row);
        choices[i] = arena_printf(turn->arena, "%s%s %s %s", turn_prefix(turn), name, items[i]->name, rest);
        example = items[i]->habit->prefix;
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "command", name);
    json_set_str(values, "example", example);
    json_set(values, "choices", list);
    json_set_bool(values, "none", n == 0);
    json_set_bool(values, "reopen", act->act == ACT_REOPEN);
    turn_ask(turn, (struct question){ .template_name = "help/which", .values = values, .choices = choices });
}

static enum outcome run_act(struct turn *turn, const struct act_names *act, struct request *request)
{
    take_id(turn, request, false, act->act == ACT_EXTEND || act->act == ACT_REOPEN);
    /* What it is about may be opened by what is still to come. */
    if (!request->item && turn->event->is_ahead)
        return OUTCOME_NO_ITEM;
    if (request->id && !request->item) {
        answer_no_item(turn, request->id);
        return OUTCOME_NO_ITEM;
    }
    if (!request->item) {
        ask_which(turn, act, request->rest);
        return OUTCOME_NO_ITEM;
    }
    return lifecycle_act(turn, request->item,
                         &(struct act_request){ .act = act->act,
                                                .door = turn->is_completing ? DOOR_WORD : DOOR_COMMAND,
                                                .person = turn->event->sender,
                                                .text = request->rest });
}

/* The nearest names, for a typo: within one letter, two from six letters up. */
struct near {
    const char *names[CHOICES_MAX];
    size_t n;
    int distance;
};

static void consider(struct turn *turn, struct near *near, const char *const names[LANGS][NAMES_MAX],
                     const char *typed)
{
    int limit = strlen(typed) >= 6 ? 2 : 1, best = limit + 1;
    const char *best_name = NULL;
    for (int lang = 0; lang < LANGS; lang++)
        for (int i = 0; i < NAMES_MAX && names[lang][i]; i++) {
            int distance = text_distance(typed, text_fold_name(turn->arena, names[lang][i]), limit);
            if (distance < best || (distance == best && lang == lang_index(turn->lang) && i == 0)) {
                best = distance;
                best_name = names[lang][i];
            }
        }
    if (!best_name || best > limit || best > near->distance)
        return;
    if (best < near->distance)
        near->n = 0;
    near->distance = best;
    if (near->n < CHOICES_MAX)
        near->names[near->n++] = best_name;
}

void command_suggest(struct turn *turn, const char *typed, const char *const *names, size_t n,
                     const char *behind)
{
    enum { TYPED_SHOWN = 30 };
    const char *choices[CHOICES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_str(row, "name", names[i]);
        json_object_array_add(list, row);
        choices[i] = arena_printf(turn->arena, "%s%s%s", turn_prefix(turn), names[i], behind);
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "typed", text_shorten(turn->arena, text_clean(turn->arena, typed), TYPED_SHOWN));
    json_set(values, "choices", list);
    json_set_bool(values, "several", n > 1);
    turn_ask(turn, (struct question){ .template_name = "help/typo", .values = values, .choices = choices });
}

static bool suggest(struct turn *turn, const struct request *request, const char *as_typed)
{
    struct near near = { .distance = 3 };
    const char *typed = text_fold_name(turn->arena, request->name);
    for (const struct command *const *command = turn_commands(turn); *command; command++)
        consider(turn, &near, (*command)->names, typed);
    for (const struct act_names *act = act_table; act->act != ACT_NONE; act++)
        consider(turn, &near, act->names, typed);
    if (near.n == 0)
        return false;
    command_suggest(turn, as_typed, near.names, near.n, arena_printf(turn->arena, " %s", request->rest));
    return true;
}

/* Words behind the prefix that are no command of ours may be meant for another bot: only with an item of this room, or of the
 * person's, they are for this one. */
static bool answer_unknown(struct turn *turn, const struct request *request)
{
    size_t len = item_id_length(turn, request->rest);
    const char *id = len ? arena_strndup(turn->arena, request->rest, len) : NULL;
    struct item *item = id ? item_find(turn, id, turn->event->sender) : NULL;
    if (!item || (item->room != turn->room.id && !turn->room.dm_person))
        return false;
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "id", item->name);
    json_set_str(values, "typed", text_shorten(turn->arena, text_clean(turn->arena, request->name), 30));
    turn->about = item->id;
    turn_answer(turn, "help/unknown", values);
    return true;
}

/* The role under which the message is remembered: a "failed" one may be mended by an edit. */
static const char *role_of(enum outcome outcome, const struct turn *turn)
{
    bool has_asked =
        turn->answer_row && store_int(turn->store, 0, "SELECT 1 FROM question WHERE row = ?1 AND is_open = 1",
                                      "i", turn->answer_row);
    return outcome == OUTCOME_DONE && !has_asked ? "command" : "failed";
}

/* `!skip RMD-1` leaves out a date of that reminder, as `!skip` does in its thread; `!skip today` is of the person. */
static bool means_item(struct turn *turn, const struct act_names *act, const struct request *request)
{
    return act && (item_id_length(turn, request->rest) ||
                   (request->item && lifecycle_knows(request->item, act->act, EVERY_STATE)));
}

static void remember_line(struct turn *turn, const char *role, const struct item *item)
{
    struct message_row message = { .event_id = turn->event->id,
                                   .room = turn->event->room,
                                   .sender = turn->event->sender,
                                   .role = role,
                                   .item = item ? item->id : turn->opened,
                                   .at_ms = turn->at_ms,
                                   .thread = turn->event->thread };
    message_add(turn->store, &message);
}

static bool is_name(struct turn *turn, const char *name)
{
    return find_command(turn, name) || act_find_name(turn->arena, name);
}

static size_t word_length(const char *text)
{
    size_t len = 0;
    while (text[len] && !isspace((unsigned char)text[len]))
        len++;
    return len;
}

/* The first word of line, or the first two if only together they are a name (`!forget me`), and what follows. */
static struct request read_request(struct turn *turn, const char *line)
{
    size_t len = word_length(line);
    const char *name = arena_strndup(turn->arena, line, len), *next = text_skip_space(line + len);
    size_t next_len = word_length(next);
    const char *both = arena_printf(turn->arena, "%s-%.*s", name, (int)next_len, next);
    if (next_len && !is_name(turn, name) && is_name(turn, both))
        return (struct request){ .name = both, .rest = text_trim(turn->arena, next + next_len) };
    return (struct request){ .name = name, .rest = text_trim(turn->arena, next) };
}

bool dispatch_names_command(struct turn *turn, const char *line)
{
    return find_command(turn, read_request(turn, line).name) != NULL;
}

enum turn_result dispatch_spaced_line(struct turn *turn, const char *body)
{
    const char *prefix = turn_prefix(turn), *behind = body + strlen(prefix);
    const char *line = text_starts_with(body, prefix) ? text_skip_space(behind) : behind;
    if (line == behind)
        return TURN_NOTHING;
    struct request request = read_request(turn, line);
    const char *typed = arena_printf(turn->arena, " %s", request.name);
    if (!is_name(turn, request.name) || !suggest(turn, &request, typed))
        return TURN_NOTHING;
    remember_line(turn, "failed", NULL);
    return TURN_DONE;
}

enum turn_result dispatch_line(struct turn *turn, const char *line, struct item *place)
{
    struct request request = read_request(turn, line);
    request.item = place;
    const struct act_names *act = act_find_name(turn->arena, request.name);
    const struct command *command = means_item(turn, act, &request) ? NULL : find_command(turn, request.name);
    enum outcome outcome = OUTCOME_USAGE;
    if (command) {
        outcome = run_command(turn, command, &request);
        if (outcome == OUTCOME_USAGE)
            answer_usage(turn, command->topic);
        else if (outcome == OUTCOME_DENIED)
            answer_usage(turn, "denied");
    } else if (act) {
        outcome = run_act(turn, act, &request);
        if (outcome == OUTCOME_NO_ITEM && turn->event->is_ahead)
            return TURN_NOTHING;
    } else if (!suggest(turn, &request, request.name) && !answer_unknown(turn, &request)) {
        return TURN_NOTHING;
    }
    remember_line(turn, role_of(outcome, turn), request.item);
    return TURN_DONE;
}

void dispatch_text(struct turn *turn, const char *text)
{
    const char *prefix = turn_prefix(turn);
    if (text_starts_with(text, prefix))
        text += strlen(prefix);
    dispatch_line(turn, text, dispatch_place(turn, NULL));
}
