/* Edits and redactions: what somebody said is something else now, or nothing (product.md "Edits and redactions count"). */
#include <string.h>

#include "base/text.h"
#include "engine/dispatch.h"
#include "engine/follow.h"
#include "engine/pin.h"
#include "engine/private.h"
#include "store/message.h"

size_t dispatch_texts_of(struct turn *turn, const char *event_id, int64_t texts[FORM_FIELDS_MAX])
{
    struct rows rows =
        store_rows(turn->store, "SELECT id FROM text WHERE event = ?1 ORDER BY id LIMIT 16", "s", event_id);
    size_t n = rows_take(&rows, texts, FORM_FIELDS_MAX);
    return n;
}

/* What an item says is changed by its form alone, so that those who agreed to it are asked anew. */
static bool is_field(struct turn *turn, int64_t text)
{
    return store_int(turn->store, 0, "SELECT 1 FROM field WHERE text = ?1", "i", text);
}

/* What an edit brought is part of the message that people see: later edits and redactions name that one. */
static void belong_to(struct turn *turn, const char *event_id)
{
    store_run(turn->store, "UPDATE text SET event = ?2 WHERE event = ?1", "ss", turn->event->id, event_id);
    store_run(turn->store, "UPDATE act SET event = ?2 WHERE event = ?1", "ss", turn->event->id, event_id);
}

/* A command that failed is mended by an edit: its answer moves on. */
static enum turn_result run_mended(struct turn *turn, const char *body, const struct message_row *old)
{
    const char *prefix = turn_prefix(turn);
    if (!dispatch_is_line(body, prefix))
        return TURN_NOTHING;
    turn->answer_row = store_int(
        turn->store, 0, "SELECT id FROM outbox WHERE cause = ?1 AND role = 'answer' ORDER BY id LIMIT 1", "s",
        old->event_id);
    turn->origin = old->event_id;
    outbox_withdraw_redaction(turn->store, old->event_id);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE cause = ?1", "s", old->event_id);
    store_run(turn->store, "DELETE FROM message WHERE event_id = ?1", "s", old->event_id);
    enum turn_result result =
        dispatch_line(turn, body + strlen(prefix), old->item ? item_get(turn, old->item) : NULL);
    struct message_row made;
    if (message_get(turn->store, turn->event->id, turn->arena, &made)) {
        made.event_id = old->event_id;
        message_add(turn->store, &made);
        belong_to(turn, old->event_id);
        store_run(turn->store, "UPDATE item SET cause = ?2 WHERE cause = ?1", "ss", turn->event->id,
                  old->event_id);
    }
    return result;
}

/* The newest act that the event did, or gave the words of: whoever objects a second time only says it in other words. Its
 * name; NULL: none. */
static const char *act_of(struct turn *turn, const char *event_id, int64_t *id)
{
    struct rows rows = store_rows(
        turn->store,
        "SELECT id, what FROM act WHERE event = ?1 OR text IN (SELECT id FROM text WHERE event = ?1)"
        " ORDER BY id DESC LIMIT 1",
        "s", event_id);
    if (!rows_next(&rows))
        return NULL;
    *id = rows_int(&rows, 0);
    const char *what = rows_dup(&rows, 1, turn->arena);
    rows_end(&rows);
    return what;
}

/* The reason comes by the edit. Once it is over that is no new act: what stood then gets its words. */
static void give_reason(struct turn *turn, struct item *item, const struct message_row *old, const char *what,
                        int64_t act, const char *reason)
{
    for (const struct act_names *same = act_table; same->act != ACT_NONE; same++) {
        if (!same->takes_text || strcmp(same->name, what) != 0)
            continue;
        if (lifecycle_is_open(item)) {
            lifecycle_act(turn, item,
                          &(struct act_request){
                              .act = same->act, .door = DOOR_WORD, .person = old->sender, .text = reason });
        } else {
            act_set_text(turn, act, text_add(turn, old->sender, reason));
            item_show_card(turn, item);
        }
    }
}

/* An answer says something else: the same act gets the new reason, another act replaces it, a form is filled anew. */
static void edit_word(struct turn *turn, const struct message_row *old, const char *body)
{
    struct item *item = item_get(turn, old->item);
    int64_t texts[FORM_FIELDS_MAX];
    size_t n = dispatch_texts_of(turn, old->event_id, texts);
    const char *text = "", *prefix = turn_prefix(turn);
    const struct act_names *act;
    if (text_starts_with(body, prefix)) {
        const char *name = body + strlen(prefix);
        size_t len = strcspn(name, " \n");
        act = act_find_name(turn->arena, arena_strndup(turn->arena, name, len));
        text = text_skip_space(name + len);
        text = text_skip_space(text + item_id_length(turn, text));
    } else {
        act = act_find_word(turn->arena, body, item, &text);
    }
    int64_t act_id = 0;
    const char *was = act_of(turn, old->event_id, &act_id);
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
    } else if (!was && item && item->habit->form && form_begins(turn->arena, item->habit->form, body)) {
        struct form_values fields = form_parse(turn->arena, item->habit->form, body);
        lifecycle_act(
            turn, item,
            &(struct act_request){
                .act = ACT_AMEND, .door = DOOR_WORD, .person = old->sender, .text = "", .fields = &fields });
    } else if (n == 1 && !is_field(turn, texts[0])) {
        text_change(turn, texts[0], act ? text : body);
    } else if (was && item) {
        give_reason(turn, item, old, was, act_id, act ? text : body);
    }
}

/* What was said in passing, and met (by a gate), may be a command now; where its words were kept, they are the new ones. */
static bool edit_passing_word(struct turn *turn, const struct message_row *old, const char *body)
{
    int64_t texts[FORM_FIELDS_MAX];
    if (dispatch_texts_of(turn, old->event_id, texts) != 1 || is_field(turn, texts[0]))
        return false;
    text_change(turn, texts[0], body);
    return true;
}

enum turn_result dispatch_edit(struct turn *turn)
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
    bool is_passing = strcmp(old.role, "word") == 0 && !old.item;
    if (strcmp(old.role, "failed") == 0 || (is_passing && dispatch_is_line(body, turn_prefix(turn))))
        return run_mended(turn, body, &old);
    struct item *opened = old.item ? item_get(turn, old.item) : NULL;
    if (opened && strcmp(opened->cause, old.event_id) == 0) {
        if (!opened->habit->opening_edited)
            return TURN_NOTHING;
        const char *prefix = turn_prefix(turn);
        const char *start = text_starts_with(body, prefix) ? body + strcspn(body, " \n") : body;
        opened->habit->opening_edited(turn, opened, text_trim(turn->arena, start));
    } else if (opened && opened->habit->answer_edited &&
               opened->habit->answer_edited(turn, opened, old.event_id, body)) {
        /* it was the answer to a question in words, or was to be one */
    } else if (old.item) {
        edit_word(turn, &old, body);
    } else if (!is_passing || !edit_passing_word(turn, &old, body)) {
        return TURN_NOTHING;
    }
    belong_to(turn, old.event_id);
    dispatch_remember(turn, "edit", opened);
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

enum turn_result dispatch_redaction(struct turn *turn)
{
    struct message_row gone;
    if (!message_get(turn->store, turn->event->target, turn->arena, &gone) || gone.room != turn->room.id)
        return TURN_NOTHING;
    /* A tap, or a number, that chose an answer is remembered without an item. */
    int64_t answered = store_int(
        turn->store, 0, "SELECT item FROM act WHERE event = ?1 AND what = 'answer' AND is_taken_back = 0",
        "s", gone.event_id);
    int64_t id = gone.item ? gone.item : answered;
    struct item *item = id ? item_get(turn, id) : NULL;
    int64_t texts[FORM_FIELDS_MAX];
    size_t n = dispatch_texts_of(turn, gone.event_id, texts);
    if (item && store_int(turn->store, 0,
                          "SELECT 1 FROM act WHERE event = ?1 AND is_taken_back = 0"
                          " UNION SELECT 1 FROM talk_pick WHERE event = ?1",
                          "s", gone.event_id))
        lifecycle_act(turn, item,
                      &(struct act_request){ .act = ACT_WITHDRAW,
                                             .door = DOOR_CONSEQUENCE,
                                             .person = gone.sender,
                                             .text = "",
                                             .event = gone.event_id });
    follow_take_back(turn, gone.event_id);
    pin_take_back(turn, gone.event_id);
    outbox_withdraw_redaction(turn->store, gone.event_id);
    for (size_t i = 0; i < n; i++)
        text_change(turn, texts[i], NULL);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE cause = ?1", "s", gone.event_id);
    if (item && strcmp(item->cause, gone.event_id) == 0 && lifecycle_is_open(item) &&
        item->habit->opening_redacted)
        item->habit->opening_redacted(turn, item);
    else if (item && gone.row && gone.row == item->card)
        card_redacted(turn, item);
    dispatch_remember(turn, "redaction", item);
    return TURN_DONE;
}
