/* What the bot asks back: a question, its choices, and, where that cannot wait, the question once more. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/private.h"
#include "store/timer.h"
#include "time/zone.h"

#define AGAIN_TIMER "asked"
enum { AGAIN_MS = 2 * 60 * 1000 };

/* By the time at which it was typed: a store that was put back says it under the same id, and finds it. Heard late, it is asked
 * once. */
static void set_timer(struct turn *turn, int64_t question, const char *person)
{
    if (turn->now_ms - turn->at_ms >= AGAIN_MS)
        return;
    timer_set(turn->store, &(struct timer){ .key = turn_timer_key(turn, turn->cause, AGAIN_TIMER),
                                            .due_ms = turn->at_ms + AGAIN_MS,
                                            .what = AGAIN_TIMER,
                                            .person = person,
                                            .data = arena_printf(turn->arena, "%lld %s", (long long)question,
                                                                 turn->asks_again),
                                            .needs_barrier = true,
                                            .is_urgent = true });
}

struct asked_question {
    int64_t id, row;
    const char *cause, *person;
};

/* It stands in the message that calls its person, as a reply to theirs, and is answered there. */
static void say_again(struct turn *turn, const struct asked_question *question, const char *template_name)
{
    struct outbox_row asked;
    if (!outbox_get(turn->store, outbox_as_edited(turn->store, question->row), turn->arena, &asked) ||
        !turn_has_joined(turn, turn->room.id, question->person))
        return;
    struct json_object *values = json_parse(asked.values, strlen(asked.values));
    json_set(values, "person", values_person(turn, question->person));
    json_set_str(values, "question", asked.template_name);
    int64_t row = turn_say(turn, (struct say){ .step = template_name,
                                               .template_name = template_name,
                                               .values = values,
                                               .reply = question->cause,
                                               .thread = asked.thread,
                                               .mentions = (const char *[]){ question->person, NULL },
                                               .role = "ping",
                                               .is_urgent = true,
                                               .is_asked_for = true });
    store_run(turn->store, "UPDATE question SET row = ?2, asked_ms = ?3 WHERE id = ?1", "iii", question->id,
              row, turn->now_ms);
}

bool ask_timer(struct turn *turn, const struct timer *timer)
{
    if (strcmp(timer->what, AGAIN_TIMER) != 0 || !timer->data)
        return false;
    char *behind;
    struct asked_question question = { .id = strtoll(timer->data, &behind, 10), .person = timer->person };
    struct rows rows = store_rows(
        turn->store, "SELECT room, row, cause FROM question WHERE id = ?1 AND is_open = 1", "i", question.id);
    if (!rows_next(&rows))
        return true;
    int64_t room = rows_int(&rows, 0);
    question.row = rows_int(&rows, 1);
    question.cause = rows_dup(&rows, 2, turn->arena);
    rows_end(&rows);
    turn_enter_room(turn, room);
    say_again(turn, &question, text_skip_space(behind));
    return true;
}

void turn_ask(struct turn *turn, struct question question)
{
    struct json_object *choices = json_object_new_array();
    for (const char *const *choice = question.choices; choice && *choice; choice++)
        json_add_str(choices, *choice);
    int64_t row = question.row ? question.row : turn_answer(turn, question.template_name, question.values);
    const char *person = question.person ? question.person : turn->event->sender;
    /* Where it stands: what it is about may be another room's. */
    int64_t room = store_int(turn->store, turn->room.id, "SELECT room FROM outbox WHERE id = ?1", "i", row);
    /* A tap stands in no thread: the answer to what it leads to does, where the message does. */
    const char *thread = turn->event ? turn->event->thread : NULL;
    if (turn->event && !thread)
        thread = store_str(turn->store, turn->arena, "SELECT thread FROM outbox WHERE id = ?1", "i", row);
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE person = ?1 AND row = ?2", "si", person,
              row);
    store_run(turn->store,
              "INSERT INTO question(room, person, row, cause, thread, item, choices, completes, asked_ms,"
              " later) VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7, ?8, ?9, nullif(?10, 0))",
              "isississii", room, person, row, turn->origin ? turn->origin : turn->cause, thread,
              question.item, json_text(choices), question.completes, turn->now_ms, (int64_t)question.later);
    json_object_put(choices);
    if (turn->asks_again)
        set_timer(turn, store_last_id(turn->store), person);
}

const char *turn_without_slots(struct turn *turn, const char *text)
{
    char *copy = arena_strdup(turn->arena, text);
    for (char *c = strstr(copy, TURN_SLOT); c; c = strstr(c, TURN_SLOT))
        *c = ' ';
    return copy;
}

const char *turn_fill_slot(struct turn *turn, const char *completes, const char *answer)
{
    const char *place = strstr(completes, TURN_SLOT);
    return place ? arena_printf(turn->arena, "%.*s%s%s", (int)(place - completes), completes, answer,
                                place + strlen(TURN_SLOT))
                 : NULL;
}

bool turn_is_to_come(const struct turn *turn, struct when *when)
{
    if (when->result != WHEN_AT || when->at_ms > turn->now_ms)
        return when->result == WHEN_AT;
    *when = (struct when){ .result = WHEN_ERROR, .fault = WHEN_PAST, .phrase = when->phrase };
    return false;
}

const char *turn_typed_instant(struct turn *turn, int64_t at_ms)
{
    struct civil c = zone_local(turn->typed.zone, at_ms).civil;
    return arena_printf(turn->arena, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

void turn_ask_when(struct turn *turn, const struct when *when, const char *command, int64_t item)
{
    enum { CHOICES_MAX = 9 };
    const char *choices[CHOICES_MAX + 1] = { NULL };
    struct json_object *values = values_new(), *list = json_object_new_array();
    size_t n = 0;
    assert(strstr(command, TURN_SLOT));
    for (size_t i = 0; i < when->n_candidates && n < CHOICES_MAX; i++) {
        if (when->candidates[i] <= turn->now_ms)
            continue;
        choices[n++] = turn_fill_slot(turn, command, turn_typed_instant(turn, when->candidates[i]));
        struct json_object *choice = json_object_new_object();
        json_set(choice, "time", values_time(turn, when->candidates[i], turn->typed.zone));
        json_object_array_add(list, choice);
    }
    json_set_str(values, "phrase",
                 when->phrase ? text_shorten(turn->arena, text_clean(turn->arena, when->phrase), 60) : NULL);
    json_set(values, "choices", list);
    json_set_bool(values, "has_choices", n > 0);
    json_set_bool(values, "past", when->result == WHEN_ERROR && when->fault == WHEN_PAST);
    json_set_bool(values, "misfit", when->result == WHEN_ASK && when->fault == WHEN_MISFIT);
    json_set_bool(values, "missing", when->result == WHEN_NONE || !when->phrase || !*when->phrase);
    turn_ask(turn, (struct question){ .template_name = "when/ask",
                                      .values = values,
                                      .choices = choices,
                                      .completes = command,
                                      .item = item });
}
