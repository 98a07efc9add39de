/* Answers to what was asked: which of the open questions is meant, and what its answer completes. */
#include <string.h>

#include "base/text.h"
#include "engine/dispatch.h"
#include "engine/meant.h"
#include "engine/own_up.h"
#include "engine/private.h"
#include "store/message.h"

enum { BARE_CHOICE_MS = 5 * 60 * 1000 };

struct open_question {
    int64_t id;
    int64_t row;
    const char *cause;
    const char *completes;
    struct json_object *choices; /* owned */
    int later; /* the choice that 📅 means; 0: none */
    /* From what was said: that replies to it, or stands in its thread and it was asked by meant.h, or it was asked just now and is
     * of no item. */
    bool takes_yes;
};

/* What is said to a question: a choice by its number, 👍 for the only one (0), 📅 for what is done later, or anything else. */
enum { CHOICE_YES = 0, CHOICE_NONE = -1, CHOICE_LATER = -2 };

static bool offers(struct json_object *choices, int later, int choice)
{
    if (choice == CHOICE_LATER)
        return later > 0;
    int n = choices ? (int)json_object_array_length(choices) : 0;
    return choice == CHOICE_NONE || (choice == CHOICE_YES ? n == 1 : choice <= n);
}

/* The newest open question to this person that what was said can be the answer to: in its thread, as a reply
 * to it, or (a bare choice; anything in a direct message) as the next thing said within five minutes; a choice to what
 * the bot came with by itself, however late. One that does not offer the choice is passed over. */
static bool find_question(struct turn *turn, const struct said *said, int choice, struct open_question *out)
{
    const struct event *event = turn->event;
    bool found = false;
    struct rows rows = store_rows(
        turn->store,
        "SELECT q.id, q.row, q.cause, q.completes, q.choices, q.thread, q.item, q.asked_ms, o.event_id,"
        "  o.guard IS '" OWN_UP_GUARD "', q.later, o.template LIKE '%" MEANT_TEMPLATES "'"
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
        /* A tap says what it is about: on a card it is no answer to what was asked elsewhere. */
        bool is_recent = turn->now_ms - rows_int(&rows, 7) <= BARE_CHOICE_MS;
        bool is_next = event->kind != EVENT_REACTION && !event->thread && !event->reply &&
                       (choice != CHOICE_NONE || turn->room.dm_person) &&
                       (is_recent || (rows_int(&rows, 9) && choice != CHOICE_NONE));
        bool is_there = is_reply || is_in_thread || is_of_item;
        if (!is_there && !is_next)
            continue;
        const char *text = rows_text(&rows, 4);
        struct json_object *choices = json_parse(text, strlen(text));
        int later = (int)rows_int(&rows, 10);
        found = offers(choices, later, choice);
        if (found)
            *out = (struct open_question){ .id = rows_int(&rows, 0),
                                           .row = rows_int(&rows, 1),
                                           .cause = rows_dup(&rows, 2, turn->arena),
                                           .completes = rows_dup(&rows, 3, turn->arena),
                                           .choices = choices,
                                           .later = later,
                                           .takes_yes = is_reply || (is_there && rows_int(&rows, 11)) ||
                                                        (is_recent && !rows_int(&rows, 6)) };
        else
            json_object_put(choices);
    }
    rows_end(&rows);
    return found;
}

/* What was typed in one room and is answered for in another, in a direct message, is read as it was where it was typed: its
 * hours are that room's. */
static void read_as_typed(struct turn *turn, const char *cause)
{
    struct message_row typed;
    int64_t here = turn->room.id;
    if (!message_get(turn->store, cause, turn->arena, &typed) || typed.room == here)
        return;
    turn_enter_room(turn, typed.room);
    turn->typed.lang = turn->lang;
    turn->typed.zone = turn->zone;
    turn->typed.hours = turn->hours;
    turn_enter_room(turn, here);
}

/* The message that began the dialogue, if this person typed it here. A timer's question began with none. */
static bool was_typed_here(struct turn *turn, const char *cause)
{
    struct message_row began;
    return message_get(turn->store, cause, turn->arena, &began) && began.room == turn->event->room &&
           strcmp(began.sender, turn->event->sender) == 0;
}

/* What the answer opened says what that message says: its author edits or redacts that one. A text that was in the answer
 * alone stays with the answer, and so does what it opened. */
static void belong_to_typed(struct turn *turn, const char *began, const char *typed)
{
    int64_t texts[FORM_FIELDS_MAX];
    bool is_any = false;
    size_t n = dispatch_texts_of(turn, turn->event->id, texts);
    for (size_t i = 0; i < n; i++) {
        const char *content = text_get(turn, texts[i]);
        if (!content || !text_is_within(content, typed))
            continue;
        store_run(turn->store, "UPDATE text SET event = ?2 WHERE id = ?1", "is", texts[i], began);
        is_any = true;
    }
    if (!turn->opened || !is_any)
        return;
    store_run(turn->store, "UPDATE item SET cause = ?2 WHERE id = ?1", "is", turn->opened, began);
    store_run(turn->store, "UPDATE message SET role = 'command', item = ?2 WHERE event_id = ?1", "si", began,
              turn->opened);
}

/* The dialogue moves on: what is answered now edits the question. typed: what of the text was typed before. */
static void run_answer(struct turn *turn, const struct open_question *question, const char *text,
                       const char *typed)
{
    bool began_here = was_typed_here(turn, question->cause);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE id = ?1", "i", question->id);
    struct outbox_row row;
    bool is_answer =
        outbox_get(turn->store, question->row, turn->arena, &row) && strcmp(row.role, "answer") == 0;
    if (is_answer)
        turn->answer_row = question->row;
    /* What a timer asked began with no message. */
    if (*question->cause == '$') {
        turn->origin = question->cause;
        read_as_typed(turn, question->cause);
    }
    if (began_here)
        turn->origin = question->cause;
    turn->is_completing = true;
    dispatch_text(turn, text);
    if (began_here)
        belong_to_typed(turn, question->cause, typed);
}

static void run_choice(struct turn *turn, const struct open_question *question, size_t place)
{
    const char *chosen =
        arena_strdup(turn->arena, json_str(json_object_array_get_idx(question->choices, place), ""));
    json_object_put(question->choices);
    run_answer(turn, question, chosen, chosen);
}

bool dispatch_answer_yes(struct turn *turn, const struct said *said)
{
    struct open_question question;
    if (!act_is_yes(turn->arena, said->body) || !find_question(turn, said, CHOICE_YES, &question))
        return false;
    if (question.takes_yes)
        run_choice(turn, &question, 0);
    else
        json_object_put(question.choices);
    return question.takes_yes;
}

bool dispatch_answer_choice(struct turn *turn, const struct said *said, const char *key)
{
    struct open_question question;
    int choice = act_choice(turn->arena, key);
    const struct act_names *sign = choice ? NULL : act_find_sign(turn->arena, key, NULL);
    if (sign && sign->act == ACT_EXTEND)
        choice = CHOICE_LATER;
    bool is_yes = sign && sign->act == ACT_AGREE;
    if ((!choice && !is_yes) || !find_question(turn, said, choice, &question))
        return false;
    if (choice == CHOICE_LATER)
        choice = question.later;
    run_choice(turn, &question, is_yes ? 0 : (size_t)choice - 1);
    return true;
}

bool dispatch_choose(struct turn *turn, int choice)
{
    struct said said = { .body = "" };
    return dispatch_answer_choice(turn, &said, arena_printf(turn->arena, "%d", choice));
}

bool dispatch_answer_freely(struct turn *turn, const struct said *said)
{
    struct open_question question;
    if (!find_question(turn, said, CHOICE_NONE, &question))
        return false;
    json_object_put(question.choices);
    const char *whole = question.completes ? turn_fill_slot(turn, question.completes, said->body) : NULL;
    if (!whole)
        return false;
    run_answer(turn, &question, whole, turn_without_slots(turn, question.completes));
    return true;
}
