#include "engine/opening.h"

#include <string.h>

#include "base/text.h"
#include "engine/people.h"
#include "time/hours.h"
#include "time/when.h"

/* --- Reading --- */

static void read_subject(struct turn *turn, struct opening *opening)
{
    const char *head = opening->values.head, *end = strchr(head, '\n');
    const char *line =
        end ? text_trim(turn->arena, arena_strndup(turn->arena, head, (size_t)(end - head))) : head;
    const char *given = form_value(&opening->values, "subject");
    const char *deadline = form_value(&opening->values, "deadline");
    opening->rest = end ? text_trim(turn->arena, end) : "";
    opening->subject = given ? given : line;
    if (given && *line)
        opening->rest = head;
    if (deadline) {
        opening->when = turn_read_when(turn, deadline);
        return;
    }
    opening->when = turn_read_sentence(turn, opening->subject);
    if (opening->when.subject)
        opening->subject = opening->when.subject;
}

struct opening opening_read(struct turn *turn, const struct command *command, const struct form *form,
                            const char *text)
{
    struct opening opening = { .command = command,
                               .form = form,
                               .values = form_parse(turn->arena, form, text) };
    read_subject(turn, &opening);
    return opening;
}

/* --- Asking for what it lacks --- */

const char *opening_with_field(struct turn *turn, const struct opening *opening, const char *body,
                               const char *field, const char *value)
{
    return arena_printf(turn->arena, "%s%s %s\n%s: %s", turn_prefix(turn),
                        command_shown_name(opening->command->names, turn->lang), body,
                        form_label(opening->form, field, turn->lang), value);
}

const char *opening_body(struct turn *turn, const struct opening *opening, const char *without)
{
    const char *body = opening->subject;
    if (*opening->rest)
        body = arena_printf(turn->arena, "%s\n%s", body, opening->rest);
    for (size_t i = 0; i < opening->values.n; i++) {
        const char *name = opening->values.names[i];
        if ((without && strcmp(name, without) == 0) || strcmp(name, "subject") == 0)
            continue;
        body = arena_printf(turn->arena, "%s\n%s: %s", body, form_label(opening->form, name, turn->lang),
                            opening->values.values[i]);
    }
    return turn_without_slots(turn, body);
}

/* No date at all: the ends of the next two working days are offered. A day that ends the subject, "call bob on tuesday", may be the
 * date: then it is offered. */
static void offer_dates(struct turn *turn, const char *subject, struct when *when)
{
    static const char *const phrases[] = { "1 working day", "2 working days" };
    if (when->result != WHEN_NONE && !(when->result == WHEN_ERROR && when->n_candidates == 0))
        return;
    struct when tail = when->result == WHEN_NONE ? turn_read_tail(turn, subject) : *when;
    if (tail.result == WHEN_AT && tail.at_ms > turn->now_ms) {
        tail.candidates[tail.n_candidates++] = tail.at_ms;
        tail.result = WHEN_ASK;
    }
    if (tail.result == WHEN_ASK && tail.n_candidates) {
        *when = tail;
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct when day = turn_read_when(turn, phrases[i]);
        if (day.result == WHEN_AT)
            when->candidates[when->n_candidates++] = hours_close_of_day(turn->hours, turn->zone, day.at_ms);
    }
}

bool opening_has_date(struct turn *turn, struct opening *opening)
{
    if (turn_is_to_come(turn, &opening->when))
        return true;
    offer_dates(turn, opening->subject, &opening->when);
    turn_ask_when(
        turn, &opening->when,
        opening_with_field(turn, opening, opening_body(turn, opening, "deadline"), "deadline", TURN_SLOT), 0);
    return false;
}

bool opening_has_owner(struct turn *turn, struct opening *opening, const char *body)
{
    const char *owner = form_value(&opening->values, "owner");
    if (!owner)
        return true;
    struct people_read read = people_read(turn, owner, NULL);
    if (!read.culprit && read.people.n == 1) {
        opening->owner = read.people.ids[0];
        return true;
    }
    const char *command =
        opening_with_field(turn, opening, turn_without_slots(turn, body), "owner", TURN_SLOT);
    if (read.culprit)
        people_ask(turn, &read, owner, command);
    else
        people_ask_for_one(turn, owner, command);
    return false;
}

/* --- Making, and what is kept --- */

struct item *opening_create(struct turn *turn, const struct opening *opening, const struct habit *habit,
                            int state)
{
    const struct when *when = &opening->when;
    const struct civil *civil = &when->civil;
    return item_create(
        turn, &(struct item_new){
                  .habit = habit,
                  .state = state,
                  .owner = opening->owner,
                  .deadline_ms = when->at_ms,
                  .deadline_civil = arena_printf(turn->arena, "%04d-%02d-%02dT%02d:%02d", civil->year,
                                                 civil->month, civil->day, civil->hour, civil->minute),
                  .deadline_zone = *when->zone ? arena_strdup(turn->arena, when->zone) : turn->zone,
              });
}

/* "room" is where it stands. */
static bool is_text(const char *field, const char *but)
{
    return strcmp(field, "subject") != 0 && strcmp(field, "room") != 0 && strcmp(field, "deadline") != 0 &&
           strcmp(field, "owner") != 0 && (!but || strcmp(field, but) != 0);
}

void opening_keep_fields(struct turn *turn, struct item *item, const struct opening *opening, const char *but)
{
    const char *author = turn->event->sender;
    item_set_field(turn, item, "subject", text_add(turn, author, opening->subject));
    for (size_t i = 0; i < opening->values.n; i++)
        if (is_text(opening->values.names[i], but))
            item_set_field(turn, item, opening->values.names[i],
                           text_add(turn, author, opening->values.values[i]));
    if (*opening->rest && !form_value(&opening->values, "context"))
        item_set_field(turn, item, "context", text_add(turn, author, opening->rest));
}

void opening_post_card(struct turn *turn, struct item *item, const char *const *mentions,
                       const char *const *signs, const char *guard)
{
    const char *template_name;
    struct json_object *values = item->habit->card(turn, item, &template_name);
    bool is_elsewhere = turn->event->room != item->room;
    bool is_apart = turn->answer_row || turn->event->thread || is_elsewhere;
    item_set_card(turn, item,
                  turn_say(turn, (struct say){ .step = "card",
                                               .template_name = template_name,
                                               .values = values,
                                               .item = item->id,
                                               .reply = is_apart ? NULL : turn->origin,
                                               .mentions = mentions,
                                               .role = "card",
                                               .is_urgent = item->habit->is_urgent }));
    if (is_apart) {
        struct json_object *opened = values_new(), *there = values_new();
        values_add_room(turn, there, &turn->room);
        if (is_elsewhere)
            json_set(opened, "room", json_object_get(there));
        json_object_put(there);
        json_set_str(opened, "id", item->name);
        json_set(opened, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
        turn_answer(turn, arena_printf(turn->arena, "%s/opened", item->habit->folder), opened);
    }
    turn->has_answered = true;
    for (size_t i = 0; signs[i]; i++)
        turn_react(turn, arena_printf(turn->arena, "sign %zu", i), item->card, signs[i], item->id, guard);
}

void opening_ask_missing(struct turn *turn, struct item *item, const char *guard)
{
    struct json_object *values = values_new(), *rows = json_object_new_array(), *row = NULL;
    for (const struct form_field *f = item->habit->form->fields; f->name; f++) {
        if (!f->is_wanted || item_field(turn, item, f->name))
            continue;
        const char *label = f->labels[lang_index(turn->lang)][0];
        if (!row)
            json_set_str(values, "example", label);
        row = json_object_new_object();
        json_set_str(row, "label", label);
        json_object_array_add(rows, row);
    }
    json_set(values, "missing", rows);
    if (!row) {
        json_object_put(values);
        return;
    }
    turn_say(turn, (struct say){ .step = "missing",
                                 .template_name = "form/missing",
                                 .values = values,
                                 .item = item->id,
                                 .thread = item_thread(turn, item),
                                 .guard = guard });
}

void opening_change_texts(struct turn *turn, struct item *item, const struct opening *opening,
                          const char *but)
{
    if (*opening->subject)
        text_change(turn, item_field(turn, item, "subject"), opening->subject);
    for (size_t i = 0; i < opening->values.n; i++) {
        const char *name = opening->values.names[i], *value = opening->values.values[i];
        int64_t field = item_field(turn, item, name);
        if (field && strcmp(name, "subject") != 0)
            text_change(turn, field, value);
        else if (is_text(name, but))
            item_set_field(turn, item, name, text_add(turn, turn->event->sender, value));
    }
}

void opening_confirm_cancel(struct turn *turn, struct item *item, const char *guard)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    int64_t row = item_ping(turn, item, arena_printf(turn->arena, "%s/confirm-cancel", item->habit->folder),
                            values, person_list_of_one(turn, item->owner), guard);
    const char *choices[] = { arena_printf(turn->arena, "%scancel %s", turn_prefix(turn), item->name), NULL };
    turn_ask(turn,
             (struct question){ .row = row, .person = item->owner, .choices = choices, .item = item->id });
}
