/*
 * What an event means: a command, a choice, a word in a thread, a reaction, an edit, a redaction, somebody
 * leaving. Every door of product.md leads from here to the same transition (lifecycle.c).
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "engine/direct.h"
#include "engine/dispatch.h"
#include "engine/flood.h"
#include "engine/frame.h"
#include "engine/move.h"
#include "engine/own_up.h"
#include "engine/private.h"
#include "store/message.h"

enum { BARE_CHOICE_BYTES = 8 };

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

struct item *dispatch_place(struct turn *turn, int64_t *row_out)
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
static bool is_letter(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return isalpha(c) || c >= 0x80;
}

bool dispatch_is_line(const char *body, const char *prefix)
{
    return text_starts_with(body, prefix) && is_letter(body + strlen(prefix));
}

/* Words, in an item's thread or as a reply to one of its messages */

void dispatch_remember(struct turn *turn, const char *role, const struct item *item)
{
    struct message_row message = { .event_id = turn->event->id,
                                   .room = turn->event->room,
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
    const struct act_names *act = act_find_word(turn->arena, said->body, said->item, &text);
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

/* A line that begins with a command's name is that command, in a direct message without a prefix too. */
static bool may_answer(struct turn *turn, const struct said *said)
{
    bool is_line = turn->room.dm_person && !strchr(said->body, '\n');
    return !is_line || !dispatch_names_command(turn, said->body);
}

/* Of all that a person was ever asked, the newest: what came before them is answered in its room. */
#define NEWEST_ASKED "(SELECT item, row FROM asked WHERE person = ?1 AND row > 0 ORDER BY row DESC LIMIT 64)"

/* What asked this person something: in a direct message what did so there before what did so elsewhere, the newest first. */
static bool answer_in_words(struct turn *turn, struct said *said)
{
    enum { ASKING_MAX = 8 };
    const int64_t late_ms = INT64_C(7) * 24 * 60 * 60 * 1000; /* what is over may be answered late */
    int64_t ids[ASKING_MAX];
    bool is_alone = turn->room.dm_person && !turn->event->reply && !turn->event->thread;
    if (!may_answer(turn, said))
        return false;
    if (!is_alone)
        return said->item && said->item->habit->answered &&
               said->item->habit->answered(turn, said->item, said->body);
    struct rows rows =
        store_rows(turn->store,
                   "SELECT a.item FROM " NEWEST_ASKED " a JOIN item i ON i.id = a.item"
                   " JOIN outbox o ON o.id = a.row WHERE (i.closed_ms IS NULL OR i.closed_ms > ?4)"
                   " ORDER BY o.room <> ?2, a.row DESC LIMIT ?3",
                   "siii", turn->event->sender, turn->room.id, (int64_t)ASKING_MAX, turn->now_ms - late_ms);
    size_t n = rows_take(&rows, ids, ASKING_MAX);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (item && item->habit->answered && item->habit->answered(turn, item, said->body)) {
            said->item = item;
            return true;
        }
    }
    return false;
}

/* In a direct message no thread says what is meant: the one item that called this person there last. */
static struct item *called_here(struct turn *turn)
{
    int64_t item = 0, row = 0;
    struct rows rows = store_rows(turn->store,
                                  "SELECT a.item, a.row FROM " NEWEST_ASKED " a JOIN item i ON i.id = a.item"
                                  " JOIN outbox o ON o.id = a.row WHERE o.room = ?2"
                                  " AND i.closed_ms IS NULL ORDER BY a.row DESC LIMIT 2",
                                  "si", turn->event->sender, turn->room.id);
    if (rows_next(&rows)) {
        item = rows_int(&rows, 0);
        row = rows_int(&rows, 1);
    }
    bool is_list = rows_next(&rows) && rows_int(&rows, 1) == row;
    rows_end(&rows);
    return item && !is_list ? item_get(turn, item) : NULL;
}

/* "mine", alone between a person and the bot, asks for their list, unless something urgent is calling them. */
static bool is_command_alone(struct turn *turn, const struct said *said)
{
    const char *folded = text_fold_name(turn->arena, said->body);
    bool is_free = turn->room.dm_person && !turn->event->reply && !turn->event->thread;
    for (const struct command *const *command = turn_commands(turn); is_free && *command; command++)
        if (command_has_name(turn->arena, (*command)->names, folded))
            return !said->item->habit->is_urgent;
    return false;
}

/* What was said is no act: it may show something all the same, to the habit of its item, or to one that listens here. */
static bool is_heard(struct turn *turn, const struct said *said)
{
    if (said->item)
        return said->item->habit->heard && said->item->habit->heard(turn, said->item);
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++) {
        bool is_of_kind =
            (*habit)->listens_in && turn->room.kind && strcmp((*habit)->listens_in, turn->room.kind) == 0;
        if (is_of_kind && (*habit)->overheard(turn, said->body))
            return true;
        if (!is_of_kind && turn->room.hint && !turn->room.dm_person && (*habit)->hinted &&
            (*habit)->hinted(turn, said->body))
            return true;
    }
    return false;
}

static enum turn_result handle_message(struct turn *turn)
{
    const struct event *event = turn->event;
    struct said said = { .body = text_trim(turn->arena, event->body) };
    bool may_be_named = event->is_mentioning_me || turn->room.dm_person;
    const char *after_name = may_be_named ? strip_address(turn, said.body) : NULL;
    if (after_name)
        said.body = after_name;
    said.is_addressed = (after_name && event->is_mentioning_me) || turn->room.dm_person;
    said.item = dispatch_place(turn, &said.replied_row);
    if (turn->room.dm_person && !event->reply && !event->thread)
        said.item = called_here(turn);
    const char *prefix = turn_prefix(turn);
    if (dispatch_is_line(said.body, prefix))
        return dispatch_line(turn, said.body + strlen(prefix), said.item);

    bool is_done = (act_choice(turn->arena, said.body) && dispatch_answer_choice(turn, &said, said.body)) ||
                   dispatch_answer_yes(turn, &said);
    if (!is_done && said.item && !is_command_alone(turn, &said))
        is_done = say_word(turn, &said);
    if (!is_done && (event->thread || event->reply || turn->room.dm_person))
        is_done = dispatch_answer_freely(turn, &said);
    if (!is_done)
        is_done = answer_in_words(turn, &said);
    if (!is_done && said.is_addressed && is_letter(said.body))
        return dispatch_line(turn, said.body, said.item);
    if (!is_done && dispatch_spaced_line(turn, said.body) == TURN_DONE)
        return TURN_DONE;
    if (!is_done && !is_heard(turn, &said))
        return TURN_NOTHING;
    dispatch_remember(turn, "word", said.item);
    return TURN_DONE;
}

/* A tap on what a person said is between people, unless it keeps that in the timeline of what it was said about. */
static enum turn_result keep_said(struct turn *turn, const struct message_row *target)
{
    struct item *item = target->item ? item_get(turn, target->item) : NULL;
    const struct act_names *act = item ? act_find_sign(turn->arena, turn->event->key, item) : NULL;
    if (!act || act->act != ACT_KEEP)
        return TURN_NOTHING;
    lifecycle_act(turn, item,
                  &(struct act_request){ .act = act->act,
                                         .door = DOOR_REACTION,
                                         .person = turn->event->sender,
                                         .text = "",
                                         .event = target->event_id });
    dispatch_remember(turn, "reaction", item);
    return TURN_DONE;
}

static enum turn_result handle_reaction(struct turn *turn)
{
    struct message_row target;
    if (!message_get(turn->store, turn->event->target, turn->arena, &target) || target.room != turn->room.id)
        return TURN_NOTHING;
    struct said said = { .body = "", .replied_row = target.row };
    if (!target.row)
        return keep_said(turn, &target);
    bool is_done = dispatch_answer_choice(turn, &said, turn->event->key);
    /* The signs stand on a card, and on what calls somebody to it; on an answer they are small talk. */
    bool is_door = strcmp(target.role, "card") == 0 || strcmp(target.role, "ping") == 0;
    said.item = is_done || !target.item || !is_door ? NULL : item_get(turn, target.item);
    const struct act_names *act = act_find_sign(turn->arena, turn->event->key, said.item);
    if (!is_done && (!said.item || !act))
        return TURN_NOTHING;
    if (!is_done)
        lifecycle_act(
            turn, said.item,
            &(struct act_request){
                .act = act->act, .door = DOOR_REACTION, .person = turn->event->sender, .text = "" });
    dispatch_remember(turn, "reaction", said.item);
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

/* Something that is open in this room asks them: they are called to it again. */
static bool is_waited_for(struct turn *turn, const char *person)
{
    return store_int(
        turn->store, 0,
        "SELECT 1 FROM asked a JOIN item i ON i.id = a.item WHERE a.person = ?1 AND a.has_left = 0"
        " AND i.room = ?2 AND i.closed_ms IS NULL LIMIT 1",
        "si", person, turn->room.id);
}

/* What is open here for everybody hears of who is new. */
static bool tell_of_newcomer(struct turn *turn, const char *person)
{
    int64_t ids[64];
    size_t n = 0;
    bool is_any = false;
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++)
        is_any = is_any || (*habit)->is_for_all;
    if (!is_any || turn_is_bot(turn, person))
        return false;
    is_any = false;
    struct rows rows = store_rows(
        turn->store, "SELECT id FROM item WHERE room = ?1 AND closed_ms IS NULL ORDER BY id LIMIT 64", "i",
        turn->room.id);
    while (n < sizeof ids / sizeof ids[0] && rows_next(&rows))
        ids[n++] = rows_int(&rows, 0);
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (!item || !item->habit->is_for_all)
            continue;
        lifecycle_act(turn, item,
                      &(struct act_request){ .act = ACT_CAME, .door = DOOR_CONSEQUENCE, .text = person });
        is_any = true;
    }
    return is_any;
}

static enum turn_result handle_member(struct turn *turn)
{
    const struct event *event = turn->event;
    bool is_here = strcmp(event->membership, "join") == 0;
    bool is_gone = strcmp(event->membership, "leave") == 0 || strcmp(event->membership, "ban") == 0;
    bool is_of_direct = direct_heed(turn, event->person, event->membership);
    bool is_back = is_here && is_waited_for(turn, event->person);
    bool is_new = is_here && !is_back && tell_of_newcomer(turn, event->person);
    if (!is_gone && !is_back && !is_new && !is_of_direct)
        return TURN_NOTHING;
    if (is_back)
        for_open_items(
            turn, (struct act_request){ .act = ACT_CAME, .door = DOOR_CONSEQUENCE, .text = event->person });
    if (is_gone)
        for_open_items(
            turn, (struct act_request){
                      .act = ACT_LEFT, .door = DOOR_CONSEQUENCE, .person = NULL, .text = event->person });
    dispatch_remember(turn, "member", NULL);
    return TURN_DONE;
}

static enum turn_result handle_self_joined(struct turn *turn)
{
    bool is_new = frame_is_new(turn);
    for_open_items(turn, (struct act_request){ .act = ACT_RETURNED, .door = DOOR_CONSEQUENCE, .text = "" });
    int64_t from = move_from(turn->store, turn->room.id);
    if (from)
        move_items(turn, from);
    else if (is_new)
        frame_welcome(turn);
    dispatch_remember(turn, "member", NULL);
    return TURN_DONE;
}

static enum turn_result handle_self_left(struct turn *turn)
{
    if (!own_up_removed(turn))
        return TURN_NOTHING;
    dispatch_remember(turn, "member", NULL);
    return TURN_DONE;
}

static enum turn_result handle_doubt(struct turn *turn)
{
    if (!move_ask(turn))
        return TURN_NOTHING;
    dispatch_remember(turn, MOVE_DOUBT_ROLE, NULL);
    return TURN_DONE;
}

static const struct act_names *read_act(struct turn *turn, const struct event *event, const struct item *item)
{
    if (event->kind == EVENT_REACTION)
        return act_find_sign(turn->arena, event->key, item);
    if (event->kind != EVENT_MESSAGE)
        return NULL;
    const char *body = text_skip_space(event->body), *prefix = turn_prefix(turn), *text;
    const char *name = text_starts_with(body, prefix) ? body + strlen(prefix) : NULL;
    return name ? act_find_name(turn->arena, arena_strndup(turn->arena, name, strcspn(name, " \n")))
                : act_find_word(turn->arena, body, item, &text);
}

/* By what it was said to, or by the id behind the command. */
static struct item *item_of_act(struct turn *turn, const struct event *event)
{
    const char *targets[] = { event->target, event->reply, event->thread };
    struct message_row message;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (targets[i] && message_get(turn->store, targets[i], turn->arena, &message) && message.item)
            return item_get(turn, message.item);
    const char *rest = event->body ? text_skip_space(event->body + strcspn(event->body, " \n")) : "";
    size_t len = item_id_length(turn, rest);
    return len ? item_find(turn, arena_strndup(turn->arena, rest, len), event->sender) : NULL;
}

bool dispatch_only_stops(struct engine *engine, const struct event *event, struct arena *arena)
{
    struct turn turn = { .engine = engine, .store = engine->store, .arena = arena };
    const struct act_names *act = read_act(&turn, event, NULL);
    const struct item *item = act ? item_of_act(&turn, event) : NULL;
    /* That somebody has it, or that it is over, stops what calls people. */
    if (item && item->habit->is_urgent)
        act = read_act(&turn, event, item);
    bool is_silencing = act && item && item->habit->is_urgent &&
                        (act->act == ACT_TAKE || act->act == ACT_ACCEPT || act->act == ACT_DONE);
    return is_silencing || (act && (act->act == ACT_OBJECT || act->act == ACT_CANCEL));
}

/* The latch (trust.md B.2 row 6): what claims to be a person's words and was not encrypted, in a room that is, may be the
 * homeserver's. Reactions and redactions are never encrypted. */
static bool is_plain_in_encrypted(const struct turn *turn)
{
    const struct event *event = turn->event;
    return turn->room.is_encrypted && !event->is_decrypted &&
           (event->kind == EVENT_MESSAGE || event->kind == EVENT_EDIT);
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
    bool is_by_person = event->kind != EVENT_MEMBER && event->kind != EVENT_SELF_JOINED &&
                        event->kind != EVENT_SELF_LEFT && event->kind != EVENT_MOVE_DOUBTED;
    if (is_by_person &&
        (turn_is_bot(turn, event->sender) || !turn_has_joined(turn, turn->room.id, event->sender)))
        return TURN_NOTHING;
    if (is_plain_in_encrypted(turn))
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
        return dispatch_edit(turn);
    case EVENT_REDACTION:
        return dispatch_redaction(turn);
    case EVENT_MEMBER:
        return handle_member(turn);
    case EVENT_SELF_JOINED:
        return handle_self_joined(turn);
    case EVENT_SELF_LEFT:
        return handle_self_left(turn);
    case EVENT_MOVE_DOUBTED:
        return handle_doubt(turn);
    case EVENT_NOTICE:
    case EVENT_UNREADABLE:
        break;
    }
    return TURN_NOTHING;
}

/* A habit hears all that is said in rooms of its kind, and in those that want hints. */
static bool is_listened_to(struct engine *engine, int64_t room)
{
    for (const struct habit *const *habit = engine->habits; *habit; habit++)
        if ((*habit)->listens_in &&
            store_int(engine->store, 0, "SELECT kind IS ?2 OR hint IS NOT NULL FROM room WHERE id = ?1", "is",
                      room, (*habit)->listens_in))
            return true;
    return false;
}

static bool wants_message(struct engine *engine, const struct event *event)
{
    const char *body = text_skip_space(event->body), *prefix = engine->settings.prefix;
    if (text_starts_with(body, prefix))
        return is_letter(text_skip_space(body + strlen(prefix)));
    if (event->is_mentioning_me)
        return true;
    if (strnlen(body, BARE_CHOICE_BYTES + 1) <= BARE_CHOICE_BYTES &&
        (act_choice(engine->arena, body) || act_is_yes(engine->arena, body)) &&
        store_int(engine->store, 0, "SELECT 1 FROM question WHERE person = ?1 AND room = ?2 AND is_open = 1",
                  "si", event->sender, event->room))
        return true;
    if ((event->thread && message_is_known(engine->store, event->thread)) ||
        (event->reply && message_is_known(engine->store, event->reply)))
        return true;
    return room_is_direct(engine->store, event->room) || is_listened_to(engine, event->room);
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
    case EVENT_MOVE_DOUBTED:
        return true;
    case EVENT_UNREADABLE:
        break;
    }
    return false;
}
