/*
 * What an event means: a command, a choice, a word in a thread, a reaction, an edit, a redaction, somebody
 * leaving. Every door of product.md leads from here to the same transition (lifecycle.c).
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "engine/direct.h"
#include "engine/flood.h"
#include "engine/private.h"
#include "store/message.h"

enum { BARE_CHOICE_MS = 5 * 60 * 1000, CHOICES_MAX = 9, BARE_CHOICE_BYTES = 8, ACT_DOORS_MAX = 9 };

/* What a person said, and where it stands. */
struct said {
    const char *body; /* trimmed, without the bot's name in front */
    bool is_addressed; /* the bot was named, or it is a direct message: no prefix is needed */
    struct item *item; /* whose thread it stands in, or whose message it replies to */
    int64_t replied_row; /* our message that it replies to or reacts on */
};

static struct item *item_of_message(struct turn *turn, const char *event_id, int64_t *row_out)
{
    struct message_row message;
    if (!event_id || !message_get(turn->store, event_id, turn->arena, &message) ||
        message.room != turn->room.id)
        return NULL;
    if (row_out)
        *row_out = message.row;
    return message.item ? item_get(turn, message.item) : NULL;
}

static struct item *find_place(struct turn *turn, int64_t *row_out)
{
    struct item *by_reply = item_of_message(turn, turn->event->reply, row_out);
    return by_reply ? by_reply : item_of_message(turn, turn->event->thread, NULL);
}

/* Names that people put in front when they talk to the bot: "@greffier:example.org", "Greffier:",
 * "greffier,". */
static const char *strip_address(struct turn *turn, const char *body)
{
    const char *me = turn_me(turn);
    const char *names[] = { me, arena_strndup(turn->arena, me + 1, strcspn(me + 1, ":")),
                            room_person_name(turn->store, turn->room.id, me, turn->arena) };
    const char *start = *body == '@' ? body + 1 : body;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *name = *names[i] == '@' ? names[i] + 1 : names[i];
        size_t len = strlen(name);
        if (len && strncasecmp(start, name, len) == 0 &&
            (start[len] == ':' || start[len] == ',' || start[len] == ' '))
            return text_skip_space(start + len + 1);
    }
    return NULL;
}

/* Commands */

static bool is_letter(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return isalpha(c) || c >= 0x80;
}

static const struct command *find_command(struct turn *turn, const char *typed)
{
    const char *folded = text_fold_name(turn->arena, typed);
    for (const struct command *const *command = turn_commands(turn); *command; command++)
        for (int lang = 0; lang < LANGS; lang++)
            for (int i = 0; i < NAMES_MAX && (*command)->names[lang][i]; i++)
                if (strcmp(text_fold_name(turn->arena, (*command)->names[lang][i]), folded) == 0)
                    return *command;
    return NULL;
}

/* Takes an id from the front of rest. */
static void take_id(struct turn *turn, struct request *request, bool may_be_elsewhere)
{
    size_t len = item_id_length(turn, request->rest);
    if (!len)
        return;
    request->id = arena_strndup(turn->arena, request->rest, len);
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
        take_id(turn, request, command->shows_elsewhere);
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

/* An act without an id, outside any thread: which of the open items of this room is meant? */
static void ask_which(struct turn *turn, const struct act_names *act, const char *rest)
{
    const char *choices[CHOICES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    const char *name = command_shown_name(act->names, turn->lang);
    size_t n = 0;
    struct rows rows = store_rows(
        turn->store, "SELECT id FROM item WHERE room = ?1 AND closed_ms IS NULL ORDER BY id DESC LIMIT 9",
        "i", turn->room.id);
    int64_t ids[CHOICES_MAX];
    size_t n_ids = 0;
    while (rows_next(&rows))
        ids[n_ids++] = rows_int(&rows, 0);
    for (size_t i = 0; i < n_ids; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (!item || !item->habit->form)
            continue;
        struct json_object *row = json_object_new_object();
        json_set_int(row, "number", (int64_t)n + 1);
        json_set_str(row, "id", item->name);
        json_set(row, "subject", values_text(item_field(turn, item, "subject"), 60));
        json_object_array_add(list, row);
        choices[n++] = arena_printf(turn->arena, "%s%s %s %s", turn_prefix(turn), name, item->name, rest);
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "command", name);
    json_set(values, "choices", list);
    json_set_bool(values, "none", n == 0);
    turn_ask(turn, (struct question){ .template_name = "help/which", .values = values, .choices = choices });
}

static enum outcome run_act(struct turn *turn, const struct act_names *act, struct request *request)
{
    take_id(turn, request, false);
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

static bool suggest(struct turn *turn, const struct request *request)
{
    struct near near = { .distance = 3 };
    const char *typed = text_fold_name(turn->arena, request->name);
    for (const struct command *const *command = turn_commands(turn); *command; command++)
        consider(turn, &near, (*command)->names, typed);
    for (const struct act_names *act = act_table; act->act != ACT_NONE; act++)
        consider(turn, &near, act->names, typed);
    if (near.n == 0)
        return false;
    const char *choices[CHOICES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < near.n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_int(row, "number", (int64_t)i + 1);
        json_set_str(row, "name", near.names[i]);
        json_set_bool(row, "last", i + 1 == near.n);
        json_object_array_add(list, row);
        choices[i] = arena_printf(turn->arena, "%s%s %s", turn_prefix(turn), near.names[i], request->rest);
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "typed", text_shorten(turn->arena, text_clean(turn->arena, request->name), 30));
    json_set(values, "choices", list);
    json_set_bool(values, "several", near.n > 1);
    turn_ask(turn, (struct question){ .template_name = "help/typo", .values = values, .choices = choices });
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

static enum turn_result run_line(struct turn *turn, const char *line, struct item *place)
{
    size_t len = 0;
    while (line[len] && !isspace((unsigned char)line[len]))
        len++;
    struct request request = { .name = arena_strndup(turn->arena, line, len),
                               .rest = text_trim(turn->arena, line + len),
                               .item = place };
    const struct command *command = find_command(turn, request.name);
    const struct act_names *act = command ? NULL : act_find_name(turn->arena, request.name);
    enum outcome outcome = OUTCOME_USAGE;
    if (command) {
        outcome = run_command(turn, command, &request);
        if (outcome == OUTCOME_USAGE)
            answer_usage(turn, command->topic);
        else if (outcome == OUTCOME_DENIED)
            answer_usage(turn, "denied");
    } else if (act) {
        outcome = run_act(turn, act, &request);
    } else if (!suggest(turn, &request)) {
        return TURN_NOTHING;
    }
    struct message_row message = { .event_id = turn->event->id,
                                   .room = turn->room.id,
                                   .sender = turn->event->sender,
                                   .role = role_of(outcome, turn),
                                   .item = request.item ? request.item->id : turn->opened,
                                   .at_ms = turn->at_ms,
                                   .thread = turn->event->thread };
    message_add(turn->store, &message);
    return TURN_DONE;
}

void dispatch_text(struct turn *turn, const char *text)
{
    const char *prefix = turn_prefix(turn);
    if (text_starts_with(text, prefix))
        text += strlen(prefix);
    run_line(turn, text, find_place(turn, NULL));
}

/* Questions */

struct open_question {
    int64_t id;
    int64_t row;
    const char *cause;
    const char *completes;
    struct json_object *choices; /* owned */
};

/* What is said to a question: a choice by its number, 👍 for the only one (0), or anything else. */
enum { CHOICE_YES = 0, CHOICE_NONE = -1 };

static bool offers(struct json_object *choices, int choice)
{
    int n = choices ? (int)json_object_array_length(choices) : 0;
    return choice == CHOICE_NONE || (choice == CHOICE_YES ? n == 1 : choice <= n);
}

/* The newest open question to this person that what was said can be the answer to: in its thread, as a reply
 * to it, or (a bare choice; anything in a direct message) as the next thing said within five minutes. One that does
 * not offer the choice is passed over. */
static bool find_question(struct turn *turn, const struct said *said, int choice, struct open_question *out)
{
    const struct event *event = turn->event;
    bool found = false;
    struct rows rows = store_rows(
        turn->store,
        "SELECT q.id, q.row, q.cause, q.completes, q.choices, q.thread, q.item, q.asked_ms, o.event_id"
        " FROM question q LEFT JOIN item i ON i.id = q.item LEFT JOIN outbox o ON o.id = q.row"
        " WHERE q.person = ?1 AND q.room = ?2 AND q.is_open = 1 ORDER BY q.id DESC LIMIT 8",
        "si", event->sender, turn->room.id);
    while (!found && rows_next(&rows)) {
        const char *thread = rows_text(&rows, 5), *asked_as = rows_text(&rows, 8);
        bool is_reply = said->replied_row == rows_int(&rows, 1) ||
                        (event->reply && asked_as && strcmp(event->reply, asked_as) == 0);
        bool is_in_thread = event->thread && ((thread && strcmp(thread, event->thread) == 0) ||
                                              (asked_as && strcmp(asked_as, event->thread) == 0));
        bool is_of_item = said->item && rows_int(&rows, 6) == said->item->id;
        bool is_next = !event->thread && !event->reply && (choice != CHOICE_NONE || turn->room.dm_person) &&
                       turn->now_ms - rows_int(&rows, 7) <= BARE_CHOICE_MS;
        if (!is_reply && !is_in_thread && !is_of_item && !is_next)
            continue;
        const char *text = rows_text(&rows, 4);
        struct json_object *choices = json_parse(text, strlen(text));
        found = offers(choices, choice);
        if (found)
            *out = (struct open_question){ .id = rows_int(&rows, 0),
                                           .row = rows_int(&rows, 1),
                                           .cause = rows_dup(&rows, 2, turn->arena),
                                           .completes = rows_dup(&rows, 3, turn->arena),
                                           .choices = choices };
        else
            json_object_put(choices);
    }
    rows_end(&rows);
    return found;
}

/* The dialogue moves on: what is answered now edits the question. */
static void run_answer(struct turn *turn, const struct open_question *question, const char *text)
{
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE id = ?1", "i", question->id);
    struct outbox_row row;
    bool is_answer =
        outbox_get(turn->store, question->row, turn->arena, &row) && strcmp(row.role, "answer") == 0;
    if (is_answer)
        turn->answer_row = question->row;
    turn->origin = question->cause;
    turn->is_completing = true;
    dispatch_text(turn, text);
}

static bool answer_choice(struct turn *turn, const struct said *said, const char *key)
{
    struct open_question question;
    int choice = act_choice(turn->arena, key);
    const struct act_names *yes = choice ? NULL : act_find_sign(turn->arena, key);
    bool is_yes = yes && yes->act == ACT_AGREE;
    if ((!choice && !is_yes) || !find_question(turn, said, choice, &question))
        return false;
    size_t place = is_yes ? 0 : (size_t)choice - 1;
    run_answer(turn, &question,
               arena_strdup(turn->arena, json_str(json_object_array_get_idx(question.choices, place), "")));
    json_object_put(question.choices);
    return true;
}

static bool answer_freely(struct turn *turn, const struct said *said)
{
    struct open_question question;
    if (!find_question(turn, said, CHOICE_NONE, &question))
        return false;
    json_object_put(question.choices);
    const char *place = question.completes ? strstr(question.completes, "%s") : NULL;
    if (!place)
        return false;
    run_answer(turn, &question,
               arena_printf(turn->arena, "%.*s%s%s", (int)(place - question.completes), question.completes,
                            said->body, place + 2));
    return true;
}

/* Words, in an item's thread or as a reply to one of its messages */

static void remember(struct turn *turn, const char *role, const struct item *item)
{
    struct message_row message = { .event_id = turn->event->id,
                                   .room = turn->room.id,
                                   .sender = turn->event->sender,
                                   .role = role,
                                   .item = item ? item->id : 0,
                                   .at_ms = turn->at_ms,
                                   .thread = turn->event->thread };
    message_add(turn->store, &message);
}

static bool say_word(struct turn *turn, const struct said *said)
{
    const char *text;
    const struct act_names *act = act_find_word(turn->arena, said->body, &text);
    if (act) {
        lifecycle_act(turn, said->item,
                      &(struct act_request){
                          .act = act->act, .door = DOOR_WORD, .person = turn->event->sender, .text = text });
        return true;
    }
    const struct form *form = said->item->habit->form;
    if (!form || !form_begins(turn->arena, form, said->body))
        return false;
    struct form_values fields = form_parse(turn->arena, form, said->body);
    lifecycle_act(turn, said->item,
                  &(struct act_request){ .act = ACT_AMEND,
                                         .door = DOOR_WORD,
                                         .person = turn->event->sender,
                                         .text = "",
                                         .fields = &fields });
    return true;
}

static enum turn_result handle_message(struct turn *turn)
{
    const struct event *event = turn->event;
    struct said said = { .body = text_trim(turn->arena, event->body) };
    const char *after_name = strip_address(turn, said.body);
    if (after_name && (event->is_mentioning_me || turn->room.dm_person))
        said.body = after_name;
    said.is_addressed = (after_name && event->is_mentioning_me) || turn->room.dm_person;
    said.item = find_place(turn, &said.replied_row);
    const char *prefix = turn_prefix(turn);
    if (text_starts_with(said.body, prefix) && is_letter(said.body + strlen(prefix)))
        return run_line(turn, said.body + strlen(prefix), said.item);

    bool is_done = act_choice(turn->arena, said.body) && answer_choice(turn, &said, said.body);
    if (!is_done && said.item)
        is_done = say_word(turn, &said);
    if (!is_done && (event->thread || event->reply || turn->room.dm_person))
        is_done = answer_freely(turn, &said);
    if (!is_done && said.is_addressed && is_letter(said.body))
        return run_line(turn, said.body, said.item);
    if (!is_done)
        return TURN_NOTHING;
    remember(turn, "word", said.item);
    return TURN_DONE;
}

static enum turn_result handle_reaction(struct turn *turn)
{
    struct message_row target;
    if (!message_get(turn->store, turn->event->target, turn->arena, &target) || target.room != turn->room.id)
        return TURN_NOTHING;
    struct said said = { .body = "", .replied_row = target.row };
    if (!target.row)
        return TURN_NOTHING; /* a tap on what a person said is between people */
    bool is_done = answer_choice(turn, &said, turn->event->key);
    /* The signs stand on a card, and on what calls somebody to it; on an answer they are small talk. */
    bool is_door = strcmp(target.role, "card") == 0 || strcmp(target.role, "ping") == 0;
    said.item = is_done || !target.item || !is_door ? NULL : item_get(turn, target.item);
    const struct act_names *act = act_find_sign(turn->arena, turn->event->key);
    if (!is_done && (!said.item || !act))
        return TURN_NOTHING;
    if (!is_done)
        lifecycle_act(
            turn, said.item,
            &(struct act_request){
                .act = act->act, .door = DOOR_REACTION, .person = turn->event->sender, .text = "" });
    remember(turn, "reaction", said.item);
    return TURN_DONE;
}

/* Edits and redactions */

/* Texts written by an event; at most ACT_DOORS_MAX (a filled form has no more fields than that worth
 * editing). */
static size_t texts_of(struct turn *turn, const char *event_id, int64_t texts[FORM_FIELDS_MAX])
{
    size_t n = 0;
    struct rows rows =
        store_rows(turn->store, "SELECT id FROM text WHERE event = ?1 ORDER BY id LIMIT 16", "s", event_id);
    while (n < FORM_FIELDS_MAX && rows_next(&rows))
        texts[n++] = rows_int(&rows, 0);
    rows_end(&rows);
    return n;
}

/* A command that failed is mended by an edit: its answer moves on. */
static enum turn_result run_mended(struct turn *turn, const char *body, const struct message_row *old)
{
    const char *prefix = turn_prefix(turn);
    if (!text_starts_with(body, prefix) || !is_letter(body + strlen(prefix)))
        return TURN_NOTHING;
    turn->answer_row = store_int(
        turn->store, 0, "SELECT id FROM outbox WHERE cause = ?1 AND role = 'answer' ORDER BY id LIMIT 1", "s",
        old->event_id);
    turn->origin = old->event_id;
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE cause = ?1", "s", old->event_id);
    store_run(turn->store, "DELETE FROM message WHERE event_id = ?1", "s", old->event_id);
    enum turn_result result =
        run_line(turn, body + strlen(prefix), old->item ? item_get(turn, old->item) : NULL);
    /* The command is what the person sees: later edits and redactions name it, not this edit. */
    struct message_row made;
    if (message_get(turn->store, turn->event->id, turn->arena, &made)) {
        made.event_id = old->event_id;
        message_add(turn->store, &made);
        store_run(turn->store, "UPDATE text SET event = ?2 WHERE event = ?1", "ss", turn->event->id,
                  old->event_id);
        store_run(turn->store, "UPDATE act SET event = ?2 WHERE event = ?1", "ss", turn->event->id,
                  old->event_id);
        store_run(turn->store, "UPDATE item SET cause = ?2 WHERE cause = ?1", "ss", turn->event->id,
                  old->event_id);
    }
    return result;
}

/* An answer says something else: the same act gets the new reason, another act replaces it. */
static void edit_word(struct turn *turn, const struct message_row *old, const char *body)
{
    struct item *item = item_get(turn, old->item);
    int64_t texts[FORM_FIELDS_MAX];
    size_t n = texts_of(turn, old->event_id, texts);
    const char *text = "", *prefix = turn_prefix(turn);
    const struct act_names *act;
    if (text_starts_with(body, prefix)) {
        const char *name = body + strlen(prefix);
        size_t len = strcspn(name, " \n");
        act = act_find_name(turn->arena, arena_strndup(turn->arena, name, len));
        text = text_skip_space(name + len);
        text = text_skip_space(text + item_id_length(turn, text));
    } else {
        act = act_find_word(turn->arena, body, &text);
    }
    const char *was =
        store_str(turn->store, turn->arena, "SELECT what FROM act WHERE event = ?1", "s", old->event_id);
    if (act && item && (!was || strcmp(was, act->name) != 0)) {
        if (was)
            lifecycle_act(turn, item,
                          &(struct act_request){ .act = ACT_WITHDRAW,
                                                 .door = DOOR_CONSEQUENCE,
                                                 .person = old->sender,
                                                 .text = "",
                                                 .event = old->event_id });
        lifecycle_act(
            turn, item,
            &(struct act_request){ .act = act->act, .door = DOOR_WORD, .person = old->sender, .text = text });
    } else if (n == 1) {
        text_change(turn, texts[0], act ? text : body);
    } else if (was && item) {
        /* The reason comes by the edit. */
        for (const struct act_names *same = act_table; same->act != ACT_NONE; same++)
            if (same->takes_text && strcmp(same->name, was) == 0)
                lifecycle_act(turn, item,
                              &(struct act_request){ .act = same->act,
                                                     .door = DOOR_WORD,
                                                     .person = old->sender,
                                                     .text = act ? text : body });
    } else if (item && item->habit->form && form_begins(turn->arena, item->habit->form, body)) {
        struct form_values fields = form_parse(turn->arena, item->habit->form, body);
        lifecycle_act(
            turn, item,
            &(struct act_request){
                .act = ACT_AMEND, .door = DOOR_WORD, .person = old->sender, .text = "", .fields = &fields });
    }
}

static enum turn_result handle_edit(struct turn *turn)
{
    const struct event *event = turn->event;
    const char *body = text_trim(turn->arena, event->body);
    struct message_row old;
    if (!message_get(turn->store, event->target, turn->arena, &old)) {
        /* Small talk that becomes a command by an edit is one that was mistyped. */
        old = (struct message_row){ .event_id = event->target };
        return run_mended(turn, body, &old);
    }
    if (strcmp(old.sender, event->sender) != 0 || old.room != turn->room.id)
        return TURN_NOTHING;
    if (strcmp(old.role, "failed") == 0)
        return run_mended(turn, body, &old);
    struct item *opened = old.item ? item_get(turn, old.item) : NULL;
    if (opened && strcmp(opened->cause, old.event_id) == 0) {
        if (!opened->habit->opening_edited)
            return TURN_NOTHING;
        const char *prefix = turn_prefix(turn);
        const char *start = text_starts_with(body, prefix) ? body + strcspn(body, " \n") : body;
        opened->habit->opening_edited(turn, opened, text_trim(turn->arena, start));
    } else if (old.item) {
        edit_word(turn, &old, body);
    } else {
        return TURN_NOTHING;
    }
    remember(turn, "edit", opened);
    return TURN_DONE;
}

/* A moderator who redacts a card cancels nothing: it is posted anew, once. */
static void card_redacted(struct turn *turn, struct item *item)
{
    bool was_reposted = store_int(
        turn->store, 0, "SELECT 1 FROM history WHERE item = ?1 AND what = 'card again'", "i", item->id);
    if (was_reposted || !lifecycle_is_open(item))
        return;
    const char *template_name;
    struct json_object *values = item->habit->card(turn, item, &template_name);
    item_set_card(turn, item,
                  turn_say(turn, (struct say){ .step = "card again",
                                               .template_name = template_name,
                                               .values = values,
                                               .item = item->id,
                                               .role = "card" }));
    item_note(turn, item, "card again", NULL, 0);
}

static enum turn_result handle_redaction(struct turn *turn)
{
    struct message_row gone;
    if (!message_get(turn->store, turn->event->target, turn->arena, &gone) || gone.room != turn->room.id)
        return TURN_NOTHING;
    struct item *item = gone.item ? item_get(turn, gone.item) : NULL;
    int64_t texts[FORM_FIELDS_MAX];
    size_t n = texts_of(turn, gone.event_id, texts);
    if (item && store_int(turn->store, 0, "SELECT 1 FROM act WHERE event = ?1 AND is_taken_back = 0", "s",
                          gone.event_id))
        lifecycle_act(turn, item,
                      &(struct act_request){ .act = ACT_WITHDRAW,
                                             .door = DOOR_CONSEQUENCE,
                                             .person = gone.sender,
                                             .text = "",
                                             .event = gone.event_id });
    for (size_t i = 0; i < n; i++)
        text_change(turn, texts[i], NULL);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE cause = ?1", "s", gone.event_id);
    if (item && strcmp(item->cause, gone.event_id) == 0 && lifecycle_is_open(item) &&
        item->habit->opening_redacted)
        item->habit->opening_redacted(turn, item);
    else if (item && gone.row && gone.row == item->card)
        card_redacted(turn, item);
    remember(turn, "redaction", item);
    return TURN_DONE;
}

/* People and the bot coming and going */

static void for_open_items(struct turn *turn, struct act_request request)
{
    int64_t ids[256]; /* an item more than that keeps its people until its own deadline */
    size_t n = 0;
    struct rows rows = store_rows(
        turn->store, "SELECT id FROM item WHERE room = ?1 AND closed_ms IS NULL ORDER BY id LIMIT 256", "i",
        turn->room.id);
    while (n < sizeof ids / sizeof ids[0] && rows_next(&rows))
        ids[n++] = rows_int(&rows, 0);
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (item)
            lifecycle_act(turn, item, &request);
    }
}

static enum turn_result handle_member(struct turn *turn)
{
    const struct event *event = turn->event;
    bool is_gone = strcmp(event->membership, "leave") == 0 || strcmp(event->membership, "ban") == 0;
    bool is_of_direct = direct_heed(turn, event->person, event->membership);
    if (!is_gone && !is_of_direct)
        return TURN_NOTHING;
    if (is_gone)
        for_open_items(
            turn, (struct act_request){
                      .act = ACT_LEFT, .door = DOOR_CONSEQUENCE, .person = NULL, .text = event->person });
    remember(turn, "member", NULL);
    return TURN_DONE;
}

static enum turn_result handle_self_joined(struct turn *turn)
{
    for_open_items(turn, (struct act_request){ .act = ACT_RETURNED, .door = DOOR_CONSEQUENCE, .text = "" });
    remember(turn, "member", NULL);
    return TURN_DONE;
}

bool dispatch_only_stops(struct engine *engine, const struct event *event, struct arena *arena)
{
    const struct act_names *act = NULL;
    if (event->kind == EVENT_REACTION) {
        act = act_find_sign(arena, event->key);
    } else if (event->kind == EVENT_MESSAGE) {
        const char *body = text_skip_space(event->body), *prefix = engine->settings.prefix, *text;
        const char *name = text_starts_with(body, prefix) ? body + strlen(prefix) : NULL;
        act = name ? act_find_name(arena, arena_strndup(arena, name, strcspn(name, " \n")))
                   : act_find_word(arena, body, &text);
    }
    return act && (act->act == ACT_OBJECT || act->act == ACT_CANCEL);
}

enum turn_result dispatch_event(struct turn *turn)
{
    const struct event *event = turn->event;
    if (message_is_known(turn->store, event->id) || strcmp(event->sender, turn_me(turn)) == 0)
        return event->kind == EVENT_SELF_JOINED && !message_is_known(turn->store, event->id)
                   ? handle_self_joined(turn)
                   : TURN_NOTHING;
    if (event->kind == EVENT_NOTICE) {
        person_set_bot(turn->store, event->sender);
        return TURN_DONE;
    }
    bool is_by_person =
        event->kind != EVENT_MEMBER && event->kind != EVENT_SELF_JOINED && event->kind != EVENT_SELF_LEFT;
    if (is_by_person &&
        (turn_is_bot(turn, event->sender) || !room_has_joined(turn->store, turn->room.id, event->sender)))
        return TURN_NOTHING;
    enum turn_result refused;
    bool is_asking =
        event->kind == EVENT_MESSAGE || event->kind == EVENT_REACTION || event->kind == EVENT_EDIT;
    if (is_asking && !dispatch_only_stops(turn->engine, event, turn->arena) && flood_refuses(turn, &refused))
        return refused;
    switch (event->kind) {
    case EVENT_MESSAGE:
        return handle_message(turn);
    case EVENT_REACTION:
        return handle_reaction(turn);
    case EVENT_EDIT:
        return handle_edit(turn);
    case EVENT_REDACTION:
        return handle_redaction(turn);
    case EVENT_MEMBER:
        return handle_member(turn);
    case EVENT_SELF_JOINED:
        return handle_self_joined(turn);
    case EVENT_NOTICE:
    case EVENT_SELF_LEFT:
    case EVENT_UNREADABLE:
        break;
    }
    return TURN_NOTHING;
}

static bool wants_message(struct engine *engine, const struct event *event)
{
    const char *body = text_skip_space(event->body), *prefix = engine->settings.prefix;
    if (text_starts_with(body, prefix))
        return is_letter(body + strlen(prefix));
    if (event->is_mentioning_me)
        return true;
    if (strnlen(body, BARE_CHOICE_BYTES + 1) <= BARE_CHOICE_BYTES && act_choice(engine->arena, body) &&
        store_int(engine->store, 0, "SELECT 1 FROM question WHERE person = ?1 AND room = ?2 AND is_open = 1",
                  "si", event->sender, event->room))
        return true;
    if ((event->thread && message_is_known(engine->store, event->thread)) ||
        (event->reply && message_is_known(engine->store, event->reply)))
        return true;
    return room_is_direct(engine->store, event->room);
}

bool dispatch_wants(struct engine *engine, const struct event *event, struct arena *arena)
{
    (void)arena;
    switch (event->kind) {
    case EVENT_MESSAGE:
        return wants_message(engine, event);
    case EVENT_EDIT:
        return text_starts_with(text_skip_space(event->body), engine->settings.prefix) ||
               message_is_known(engine->store, event->target);
    case EVENT_REACTION:
    case EVENT_REDACTION:
        return message_is_known(engine->store, event->target);
    case EVENT_NOTICE:
        return !person_is_bot(engine->store, event->sender);
    case EVENT_MEMBER:
    case EVENT_SELF_JOINED:
    case EVENT_SELF_LEFT:
        return true;
    case EVENT_UNREADABLE:
        break;
    }
    return false;
}
