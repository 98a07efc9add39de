/* The round: what people answer, in whatever shape; what they mend, and what they take back. */
#include <string.h>

#include "base/plant.h"
#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/personal.h"

/* --- What is kept --- */

int64_t round_text(struct turn *turn, int64_t round, const char *person, int place)
{
    return store_int(turn->store, 0, "SELECT text FROM answer WHERE item = ?1 AND person = ?2 AND place = ?3",
                     "isi", round, person, (int64_t)place);
}

bool round_has_answer(struct turn *turn, int64_t round, const char *person)
{
    return store_int(turn->store, 0, "SELECT 1 FROM answer WHERE item = ?1 AND person = ?2 LIMIT 1", "is",
                     round, person);
}

int64_t round_answer_ms(struct turn *turn, const struct item *round, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT min(at_ms) FROM act WHERE item = ?1 AND person = ?2 AND what = 'answer'"
                     " AND is_taken_back = 0",
                     "is", round->id, person);
}

struct item *round_last_of(struct turn *turn, const struct item *round, const char *person)
{
    int64_t id = store_int(turn->store, 0,
                           "SELECT r.item FROM round r JOIN round here ON here.item = ?1"
                           " WHERE r.routine = here.routine AND r.day < here.day AND EXISTS"
                           "  (SELECT 1 FROM answer a WHERE a.item = r.item AND a.person = ?2)"
                           " ORDER BY r.day DESC LIMIT 1",
                           "is", round->id, person);
    return id ? item_get(turn, id) : NULL;
}

static void put_text(struct turn *turn, struct item *round, const char *person, int place, int64_t text,
                     const char *event)
{
    store_run(turn->store,
              "INSERT INTO answer(item, person, place, text, event) VALUES(?1, ?2, ?3, ?4, ?5)"
              " ON CONFLICT(item, person, place) DO UPDATE SET text = excluded.text, event = excluded.event",
              "isiis", round->id, person, (int64_t)place, text, event);
}

/* What they meant to do last time, or answered to the same question of their own; 0: nothing is known of that. */
static int64_t plan_of(struct turn *turn, const struct item *round, const struct form *form,
                       const char *person, int place)
{
    struct item *last = round_last_of(turn, round, person);
    return last ? round_text(turn, last->id, person, form_is_own(form) ? place : form_plan_place(form)) : 0;
}

/* "same": what was to be done is done, and is what is to be done. */
static void fill_same(const struct form *form, struct answer *answer)
{
    static const char *const meant[] = { "done", "today", "goals" };
    for (int place = 0; form_is_own(form) && form->fields[place].name; place++) {
        answer->values[place] = "same";
        answer->is_same[place] = true;
    }
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        int place = form_place(form, meant[i]);
        if (place >= 0) {
            answer->values[place] = "same";
            answer->is_same[place] = true;
        }
    }
    answer->kind = ANSWER_GIVEN;
}

/* The words of an answer that is there already are changed where they stand; the others are new. */
static void keep_value(struct turn *turn, struct item *round, const struct form *form, int place,
                       const struct answer *answer, const char *event)
{
    const char *person = turn->event->sender;
    int64_t old = round_text(turn, round->id, person, place), same = 0;
    if (answer->is_same[place])
        same = plan_of(turn, round, form, person, place);
    bool is_of_event =
        old && store_int(turn->store, 0, "SELECT 1 FROM text WHERE id = ?1 AND event = ?2", "is", old, event);
    if (same)
        put_text(turn, round, person, place, same, event);
    else if (is_of_event)
        text_change(turn, old, answer->values[place]);
    else
        put_text(turn, round, person, place, text_add(turn, person, answer->values[place]), event);
}

static void keep(struct turn *turn, struct item *round, const struct form *form, const struct answer *answer,
                 const char *event)
{
    for (int place = 0; form->fields[place].name; place++)
        if (answer->values[place])
            keep_value(turn, round, form, place, answer, event);
}

static void drop(struct turn *turn, struct item *round, const char *person, const char *event)
{
    store_run(turn->store,
              "DELETE FROM answer WHERE item = ?1 AND person = ?2 AND (?3 IS NULL OR event = ?3)", "iss",
              round->id, person, event);
}

/* --- What is said back --- */

/* In the language of who is spoken to, where nobody else listens. */
static void speak_back(struct turn *turn, const struct item *round)
{
    turn->about = round->id;
    if (turn->event->room != round->room)
        turn->lang = personal_lang(turn, turn->event->sender);
}

/* Said once to each, for good. */
static bool is_to_be_told(struct turn *turn, const struct item *round)
{
    const char *person = turn->event->sender;
    struct item *routine = round_routine(turn, round);
    if (!round_is_long(turn, round, person) || item_has_noted(turn, routine, "long", person))
        return false;
    item_note(turn, routine, "long", person, 0);
    return true;
}

static void offer_decision(struct turn *turn, const struct item *round, struct json_object *values)
{
    const char *choices[] = { arena_printf(turn->arena, "%s%s decide %s", turn_prefix(turn),
                                           command_shown_name(command_standup.names, turn->lang),
                                           round->name),
                              NULL };
    turn_ask(turn,
             (struct question){
                 .template_name = "round/noted", .values = values, .choices = choices, .item = round->id });
}

/* What of an answer was not taken. */
struct refused {
    size_t n_goals; /* more than are wanted */
    unsigned places; /* as bits: no answers to these questions of its own */
};

static struct refused refuse(struct turn *turn, const struct routine *kept, struct answer *answer)
{
    return (struct refused){ .n_goals = goals_refuse(turn->arena, routine_form(kept), answer),
                             .places = own_refuse(turn, kept, answer) };
}

/* Alone with the bot one may answer question by question: the next is asked, and what is said then is its answer. */
static bool ask_next(struct turn *turn, const struct item *round, struct json_object *values, int place)
{
    if (place < 0 || turn->event->room == round->room)
        return false;
    turn_ask(turn, (struct question){
                       .template_name = "round/noted",
                       .values = values,
                       .completes = arena_printf(turn->arena, "%s%s add %s %d " TURN_SLOT, turn_prefix(turn),
                                                 command_shown_name(command_standup.names, turn->lang),
                                                 round->name, place + 1),
                       .item = round->id });
    return true;
}

static void say_noted(struct turn *turn, struct item *round, struct refused refused)
{
    enum { SAID_MAX = 80 };
    /* A tap is seen on the card. */
    if (turn->event->kind == EVENT_REACTION && !refused.places)
        return;
    const char *person = turn->event->sender;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    int today = form_place(form, "today"), next = -1;
    if (turn->event->room != round->room)
        next = own_next_place(turn, round, &kept);
    enum blocker blocker = round_blocker(turn, round, person);
    speak_back(turn, round);
    struct json_object *values = round_basics(turn, round);
    json_set(values, "rows", round_answer_rows(turn, round, form, person, SAID_MAX));
    json_set_bool(values, "long", is_to_be_told(turn, round));
    bool lacks_today = today >= 0 && !round_text(turn, round->id, person, today);
    json_set_bool(values, "lacks_today", lacks_today);
    json_set_bool(values, "lacks_blocker", blocker == BLOCKER_UNNAMED);
    json_set_bool(values, "who_unblocks", blocker == BLOCKER_TO_ASK);
    json_set_int(values, "too_many", (int64_t)refused.n_goals);
    json_set(values, "refused", own_refused_value(&kept, refused.places));
    json_set(values, "next", own_refused_value(&kept, next < 0 || refused.places ? 0 : 1U << next));
    if (next < 0 && lacks_today)
        next = today;
    if (next < 0 && blocker == BLOCKER_UNNAMED)
        next = form_place(form, "blocker");
    json_set_bool(values, "decision", round_offers_decision(turn, round, form));
    if (blocker == BLOCKER_TO_ASK)
        round_ask_blocker(turn, round, "round/noted", values);
    else if (round_offers_decision(turn, round, form))
        offer_decision(turn, round, values);
    else if (!ask_next(turn, round, values, next))
        turn_answer(turn, "round/noted", values);
    turn_enter_room(turn, round->room);
}

void round_say_noted(struct turn *turn, struct item *round)
{
    say_noted(turn, round, (struct refused){ 0 });
}

/* What the card shortens stands whole in its thread; who wrote it there has put it there. */
static void say_whole(struct turn *turn, struct item *round, const struct form *form)
{
    const char *person = turn->event->sender, *step = arena_printf(turn->arena, "whole %s", person);
    int64_t row =
        store_int(turn->store, 0, "SELECT id FROM outbox WHERE item = ?1 AND step = ?2 AND kind = 0", "is",
                  round->id, step);
    if (turn->event->room == round->room || (!row && !round_is_long(turn, round, person)))
        return;
    round_speak(turn, round);
    struct json_object *values = values_new();
    json_set(values, "person", values_person(turn, person));
    json_set(values, "rows", round_answer_rows(turn, round, form, person, 0));
    if (row)
        turn_edit(turn, row, "round/whole", values, round->id);
    else
        turn_say(turn, (struct say){ .step = step,
                                     .template_name = "round/whole",
                                     .values = values,
                                     .item = round->id,
                                     .thread = item_thread(turn, round) });
}

static void say_unread(struct turn *turn, struct item *round, bool is_same)
{
    speak_back(turn, round);
    struct json_object *values = round_basics(turn, round);
    json_set_bool(values, "same", is_same);
    turn_answer(turn, "round/unread", values);
    turn_enter_room(turn, round->room);
}

/* --- Answering --- */

/* It is said to what asked them: in the direct message in which that stands, or as a reply to it. */
static bool is_to_us(struct turn *turn, const struct item *round)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM asked a JOIN outbox o ON o.id = a.row WHERE a.item = ?1 AND a.person = ?2"
                     " AND ((o.room = ?3 AND o.room <> ?4) OR o.event_id = ?5)",
                     "isiis", round->id, turn->event->sender, turn->event->room, round->room,
                     turn->event->reply);
}

static void take(struct turn *turn, struct item *round, const struct routine *kept, struct answer *answer)
{
    const char *person = turn->event->sender;
    const struct form *form = routine_form(kept);
    struct refused refused = refuse(turn, kept, answer);
    if (!item_is_asked(turn, round, person))
        item_ask(turn, round, person);
    keep(turn, round, form, answer, turn->event->id);
    if (round_has_answer(turn, round->id, person))
        item_add_act(turn, round, person, "answer", 0);
    say_whole(turn, round, form);
    round_call_for_help(turn, round);
    round_settle(turn, round);
    say_noted(turn, round, refused);
}

void round_answer_one(struct turn *turn, struct item *round, int place, const char *value)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct answer answer = { .kind = ANSWER_GIVEN };
    answer.values[place] = value;
    turn_enter_room(turn, round->room);
    take(turn, round, &kept, &answer);
}

/* "same" that refers to nothing. */
static bool is_without_past(struct turn *turn, const struct item *round, const struct form *form,
                            const struct answer *answer)
{
    bool is_any = false, has_past = false;
    for (int place = 0; form->fields[place].name; place++)
        if (answer->is_same[place]) {
            is_any = true;
            has_past = has_past || plan_of(turn, round, form, turn->event->sender, place);
        }
    return is_any && !has_past;
}

void round_answer_read(struct turn *turn, struct item *round, const struct routine *kept,
                       struct answer *answer)
{
    const struct form *form = routine_form(kept);
    if (turn->room.id != round->room)
        turn_enter_room(turn, round->room);
    if (answer->kind == ANSWER_SAME)
        fill_same(form, answer);
    bool is_vain = answer->kind == ANSWER_GIVEN && is_without_past(turn, round, form, answer);
    if (answer->kind == ANSWER_SKIP)
        round_skip(
            turn, round,
            &(struct act_request){ .act = ACT_SKIP, .door = DOOR_WORD, .person = turn->event->sender });
    else if (answer->kind == ANSWER_NONE || is_vain)
        say_unread(turn, round, is_vain);
    else
        take(turn, round, kept, answer);
}

/* Nobody else can have been meant, or it can be nothing else. */
static bool is_for_round(struct turn *turn, const struct item *round, const struct routine *kept,
                         const struct answer *answer)
{
    bool is_shaped = answer->is_marked || answer->kind == ANSWER_SAME || answer->kind == ANSWER_SKIP;
    return is_shaped || is_to_us(turn, round) ||
           (turn->event->room == round->room && own_is_certain(turn, kept, answer));
}

/* Alone with the bot, by the label with which it begins it is for another round that asks them too. */
static bool is_for_another(struct turn *turn, const struct item *round, const struct answer *answer,
                           const char *body)
{
    enum { ASKING_MAX = 8 };
    int64_t ids[ASKING_MAX];
    bool is_alone = turn->event->room != round->room && !turn->event->reply;
    bool is_labelled = false;
    if (answer->is_labelled || !is_alone)
        return false;
    struct rows rows = store_rows(turn->store,
                                  "SELECT a.item FROM asked a JOIN round r ON r.item = a.item"
                                  " WHERE a.person = ?1 AND a.item <> ?2 ORDER BY a.row DESC LIMIT ?3",
                                  "sii", turn->event->sender, round->id, (int64_t)ASKING_MAX);
    size_t n = rows_take(&rows, ids, ASKING_MAX);
    for (size_t i = 0; i < n && !is_labelled; i++) {
        struct routine other = routine_of(turn, round_routine(turn, item_get(turn, ids[i])));
        is_labelled = answer_read(turn->arena, routine_form(&other), body).is_labelled;
    }
    return is_labelled;
}

/* A later one has asked them since: what is said to neither by name is for that one. */
static bool is_past_for(struct turn *turn, const struct item *round, const char *person)
{
    return !turn->event->reply && !turn->event->thread &&
           store_int(turn->store, 0,
                     "SELECT 1 FROM round here JOIN round r ON r.routine = here.routine AND r.day > here.day"
                     " JOIN asked a ON a.item = r.item WHERE here.item = ?1 AND a.person = ?2 AND a.row"
                     " LIMIT 1",
                     "is", round->id, person);
}

bool round_answered(struct turn *turn, struct item *round, const char *body)
{
    const char *person = turn->event->sender;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    struct answer answer = answer_read(turn->arena, form, body);
    bool has_answer = round_has_answer(turn, round->id, person);
    int next = turn->event->room == round->room ? -1 : own_next_place(turn, round, &kept);
    if (!turn_has_joined(turn, round->room, person) || is_past_for(turn, round, person) ||
        is_for_another(turn, round, &answer, body) ||
        (has_answer && !answer.is_labelled && (next < 0 || answer.kind != ANSWER_GIVEN)) ||
        !is_for_round(turn, round, &kept, &answer))
        return false;
    if (has_answer && !answer.is_labelled)
        round_answer_one(turn, round, next, body);
    else
        round_answer_read(turn, round, &kept, &answer);
    return true;
}

bool round_answer_edited(struct turn *turn, struct item *round, const char *event, const char *body)
{
    const char *person = turn->event->sender;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    struct answer answer = answer_read(turn->arena, form, body);
    bool was_answer = store_int(turn->store, 0, "SELECT 1 FROM answer WHERE item = ?1 AND event = ?2 LIMIT 1",
                                "is", round->id, event);
    if (turn->room.id != round->room)
        turn_enter_room(turn, round->room);
    turn->answer_row = store_int(
        turn->store, 0, "SELECT id FROM outbox WHERE cause = ?1 AND role = 'answer' ORDER BY id LIMIT 1", "s",
        event);
    if (answer.kind == ANSWER_SAME)
        fill_same(form, &answer);
    if (answer.kind != ANSWER_GIVEN || is_without_past(turn, round, form, &answer))
        return was_answer || turn->answer_row;
    struct refused refused = refuse(turn, &kept, &answer);
    for (int place = 0; form->fields[place].name; place++)
        if (!answer.values[place])
            store_run(turn->store,
                      "DELETE FROM answer WHERE item = ?1 AND person = ?2 AND event = ?3 AND place = ?4",
                      "issi", round->id, person, event, (int64_t)place);
    if (!PLANTED(EDIT_OVERHEARD))
        keep(turn, round, form, &answer, event);
    if (!was_answer)
        item_add_act(turn, round, person, "answer", 0);
    say_whole(turn, round, form);
    round_call_for_help(turn, round);
    round_settle(turn, round);
    say_noted(turn, round, refused);
    return true;
}

/* --- Not today, and taking back --- */

enum outcome round_skip(struct turn *turn, struct item *round, const struct act_request *request)
{
    if (!round_has_answer(turn, round->id, request->person) &&
        !item_find_act(turn, round, request->person, "skip")) {
        item_add_act(turn, round, request->person, "skip", 0);
        round_settle(turn, round);
    }
    speak_back(turn, round);
    turn_answer(turn, "round/skipped", round_basics(turn, round));
    turn_enter_room(turn, round->room);
    return OUTCOME_DONE;
}

enum outcome round_withdraw(struct turn *turn, struct item *round, const struct act_request *request)
{
    int64_t n = item_take_back(turn, round, request->person, request->event);
    drop(turn, round, request->person, request->event);
    if (n)
        round_settle(turn, round);
    if (request->door == DOOR_CONSEQUENCE)
        return OUTCOME_DONE;
    speak_back(turn, round);
    struct json_object *values = round_basics(turn, round);
    json_set_bool(values, "withdrawn", n > 0);
    turn_answer(turn, "round/withdrawn", values);
    turn_enter_room(turn, round->room);
    return OUTCOME_DONE;
}
