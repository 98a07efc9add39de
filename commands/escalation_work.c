/* The escalation and the work around it: where that is kept, what its recap brings there, and the tasks that come of it. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "commands/task_private.h"
#include "engine/link.h"
#include "engine/people.h"
#include "engine/place.h"

enum { FOLLOW_UPS_MAX = 5 };

/* --- Where its work is kept --- */

/* The first id of another kind of item in a text, as "TSK-3 waits for it"; NULL: there is none. */
static struct item *item_named_in(struct turn *turn, const char *text)
{
    for (const char *word = text_skip_space(text); *word; word = text_skip_space(word)) {
        size_t len = item_id_length(turn, word);
        struct item *item =
            len ? item_find(turn, arena_strndup(turn->arena, word, len), turn->event->sender) : NULL;
        if (item && item->habit != &habit_escalation && item->card)
            return item;
        word += strcspn(word, " \n(");
        word += *word != '\0';
    }
    return NULL;
}

/* Said there, in the words of that room. */
static void say_there(struct turn *turn, const struct item *item, const struct link_place *place,
                      const char *template_name, struct json_object *values)
{
    turn_say(turn, (struct say){ .step = template_name,
                                 .template_name = template_name,
                                 .values = values,
                                 .item = place->item ? place->item->id : 0,
                                 .thread = place->item ? item_thread(turn, place->item) : NULL });
    turn_enter_room(turn, item->room);
}

static void tell_that_it_began(struct turn *turn, const struct item *item, const struct link_place *place)
{
    turn_enter_room(turn, place->room);
    struct json_object *values = values_new();
    json_set(values, "link", link_value(turn, item));
    json_set(values, "author", values_person(turn, item->author));
    say_there(turn, item, place, "escalation/began", values);
}

bool escalation_keep_with(struct turn *turn, struct item *item, const char *typed)
{
    struct link_place place;
    if (!link_read_place(turn, typed, &place) || place.item == item ||
        (!place.item && place.room == item->room))
        return false;
    link_set_place(turn, item, &place);
    return true;
}

void escalation_find_work(struct turn *turn, struct item *item)
{
    static const char *const fields[] = { "kept", "links", "subject", "action", "context" };
    struct link_place place = { 0 };
    for (size_t i = 0; !place.room && i < sizeof fields / sizeof fields[0]; i++) {
        int64_t field = item_field(turn, item, fields[i]);
        const char *text = field ? text_get(turn, field) : NULL;
        if (text && i == 0)
            (void)link_read_place(turn, text, &place);
        else if (text && (place.item = item_named_in(turn, text)))
            place.room = place.item->room;
    }
    if (!place.room || place.item == item)
        return;
    link_set_place(turn, item, &place);
    if (place.item)
        tell_that_it_began(turn, item, &place);
}

/* --- The recap goes there --- */

/* What was said in an encrypted room is not said in clear: there stands the way to it alone. */
static void add_words(struct turn *turn, struct item *item, const struct room *from,
                      struct json_object *values)
{
    bool is_secret = from->is_encrypted && !turn->room.is_encrypted;
    json_set_bool(values, "secret", is_secret);
    if (is_secret)
        return;
    json_set(values, "impact", values_text(item_field(turn, item, "subject"), ESCALATION_IMPACT_MAX));
    escalation_add_recap(turn, item, values);
}

static void say_recap_there(struct turn *turn, struct item *item, const struct link_place *place)
{
    const struct room from = turn->room;
    turn_enter_room(turn, place->room);
    struct json_object *values = values_new();
    json_set(values, "link", link_value(turn, item));
    json_set(values, "person", values_person(turn, turn->event->sender));
    add_words(turn, item, &from, values);
    say_there(turn, item, place, "escalation/recap-there", values);
}

/* --- What follows becomes tasks, by a tap each --- */

struct follow_up {
    const char *what;
    const char *owner; /* NULL: nobody is named */
    struct when when; /* WHEN_AT: it has a date */
};

static struct follow_up read_follow_up(struct turn *turn, const char *text)
{
    struct follow_up follow_up = { .what = text, .when = turn_read_sentence(turn, text) };
    if (follow_up.when.result == WHEN_NONE)
        follow_up.when = turn_read_tail(turn, text);
    bool is_dated = follow_up.when.result == WHEN_AT && follow_up.when.at_ms > turn->now_ms;
    if (is_dated && follow_up.when.subject && text_has_words(follow_up.when.subject))
        follow_up.what = text_trim(turn->arena, follow_up.when.subject);
    else
        follow_up.when.result = WHEN_NONE;
    struct people_named named = people_named(turn, follow_up.what);
    follow_up.owner = named.person;
    follow_up.what = named.what;
    return follow_up;
}

/* What the tap runs: what it lacks is asked for then. */
static const char *task_command(struct turn *turn, const struct item *item, const struct follow_up *follow_up,
                                const struct room *there)
{
    const char *command = arena_printf(turn->arena, "%s%s %s\n%s: %s\n%s: %s", turn_prefix(turn),
                                       command_shown_name(command_task.names, turn->lang), follow_up->what,
                                       form_label(&task_form, "room", turn->lang), there->room_id,
                                       form_label(&task_form, "follows", turn->lang), item->name);
    if (follow_up->owner && room_has_joined(turn->store, there->id, follow_up->owner))
        command = arena_printf(turn->arena, "%s\n%s: %s", command,
                               form_label(&task_form, "owner", turn->lang), follow_up->owner);
    if (follow_up->when.result == WHEN_AT)
        command =
            arena_printf(turn->arena, "%s\n%s: %s", command, form_label(&task_form, "deadline", turn->lang),
                         turn_typed_instant(turn, follow_up->when.at_ms));
    return turn_without_slots(turn, command);
}

static void offer_task(struct turn *turn, const struct item *item, const char *text, const struct room *there,
                       size_t number)
{
    struct follow_up follow_up = read_follow_up(turn, text);
    struct json_object *values = values_new(), *room = values_new();
    values_add_room(turn, room, there);
    json_set(values, "room", room);
    json_set(values, "what",
             values_text(text_add(turn, turn->event->sender, follow_up.what), TASK_SUBJECT_MAX));
    if (follow_up.owner)
        json_set(values, "owner", values_person(turn, follow_up.owner));
    if (follow_up.when.result == WHEN_AT)
        json_set(values, "deadline", values_time(turn, follow_up.when.at_ms, turn->typed.zone));
    json_set_bool(values, "whole", follow_up.owner && follow_up.when.result == WHEN_AT);
    int64_t row = turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "follow-up %zu", number),
                                               .template_name = "escalation/follow-up",
                                               .values = values,
                                               .item = item->id,
                                               .thread = item_thread(turn, item),
                                               .role = "answer" });
    const char *choices[] = { task_command(turn, item, &follow_up, there), NULL };
    turn_ask(turn, (struct question){ .row = row, .choices = choices, .item = item->id });
}

/* A line each, or a semicolon between them. */
static void offer_tasks(struct turn *turn, const struct item *item, const struct room *there)
{
    static const char *const none[] = { "nothing", "none", "no", "rien", "aucune", "non", NULL };
    int64_t field = item_field(turn, item, "next");
    const char *text = field ? text_get(turn, field) : NULL;
    for (size_t n = 0; text && *text && n < FOLLOW_UPS_MAX;) {
        size_t len = escalation_part_length(text, "\n;");
        const char *part = text_trim(turn->arena, arena_strndup(turn->arena, text, len));
        part = escalation_without_mark(part);
        size_t words = strlen(part);
        const char *bare = arena_strndup(turn->arena, part, words - (words && part[words - 1] == '.'));
        if (text_has_words(part) && !text_is_one_of(text_fold(turn->arena, bare), none))
            offer_task(turn, item, part, there, n++);
        text += len + (text[len] != '\0');
    }
}

/* --- Where, if nobody has said so --- */

static bool ask_where(struct turn *turn, const struct item *item)
{
    const char *choices[PLACES_OFFERED + 1] = { NULL };
    struct room rooms[PLACES_OFFERED];
    size_t n = place_of_work(turn, turn->event->sender, ESCALATION_ROOM, rooms);
    struct json_object *values = escalation_basics(turn, item), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = values_new();
        values_add_room(turn, row, &rooms[i]);
        json_object_array_add(list, row);
        choices[i] = arena_printf(turn->arena, "%s%s %s %s: %s", turn_prefix(turn),
                                  command_shown_name(act_get(ACT_RECAP)->names, turn->lang), item->name,
                                  form_label(&escalation_form, "kept", turn->lang), rooms[i].room_id);
    }
    json_set(values, "list", list);
    if (!n) {
        json_object_put(values);
        return false;
    }
    int64_t row = turn_say(turn, (struct say){ .step = "where",
                                               .template_name = "escalation/where",
                                               .values = values,
                                               .item = item->id,
                                               .thread = item_thread(turn, item),
                                               .role = "answer" });
    turn_ask(turn, (struct question){ .row = row, .choices = choices, .item = item->id });
    return true;
}

void escalation_bring_recap(struct turn *turn, struct item *item)
{
    struct link_place place;
    struct room there;
    if (link_place_of(turn, item, &place)) {
        say_recap_there(turn, item, &place);
        if (room_get(turn->store, place.room, turn->arena, &there))
            offer_tasks(turn, item, &there);
    } else if (!ask_where(turn, item)) {
        there = turn->room;
        offer_tasks(turn, item, &there);
    }
}

/* --- Said afterwards, or in its thread --- */

static void answer_not_now(struct turn *turn, struct item *item)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, item->habit->state_names[item->state], true);
    turn_answer(turn, "escalation/not-now", values);
}

static void answer_noted(struct turn *turn, struct item *item)
{
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "progress", true);
    turn_answer(turn, "escalation/noted", values);
}

/* Its place, typed: the recap goes there, if it is there. */
static void move_to(struct turn *turn, struct item *item, const char *typed)
{
    if (!escalation_keep_with(turn, item, typed)) {
        struct json_object *values = escalation_basics(turn, item);
        json_set_str(values, "typed", text_shorten(turn->arena, text_clean(turn->arena, typed), 60));
        turn_answer(turn, "escalation/no-place", values);
        return;
    }
    struct json_object *values = escalation_basics(turn, item);
    json_set(values, "kept", link_place_value(turn, item));
    json_set_bool(values, "closed", item->state == ESCALATION_CLOSED);
    turn_answer(turn, "escalation/kept", values);
    if (item->state == ESCALATION_CLOSED)
        escalation_bring_recap(turn, item);
    item_show_card(turn, item);
}

enum outcome escalation_recap_again(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct form_values fields = form_parse(turn->arena, &escalation_form, request->text);
    const char *kept = form_value(&fields, "kept");
    if (kept)
        move_to(turn, item, kept);
    else
        answer_not_now(turn, item);
    return OUTCOME_DONE;
}

/* What is said of its context is kept; whom it calls, and to what, stays as it was announced. */
enum outcome escalation_amend(struct turn *turn, struct item *item, const struct act_request *request)
{
    static const char *const texts[] = { "context", "links" };
    const char *kept = request->fields ? form_value(request->fields, "kept") : NULL;
    bool is_kept = kept != NULL;
    for (size_t i = 0; request->fields && i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = form_value(request->fields, texts[i]);
        if (text)
            item_set_field(turn, item, texts[i], text_add(turn, request->person, text));
        is_kept = is_kept || text;
    }
    if (kept)
        move_to(turn, item, kept);
    else if (is_kept)
        answer_noted(turn, item);
    else
        answer_not_now(turn, item);
    return OUTCOME_DONE;
}
