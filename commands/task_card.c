/* The task as it is seen: its card, its page in the register, its answers. */
#include <string.h>

#include "commands/task_private.h"
#include "engine/absence.h"
#include "engine/link.h"
#include "engine/personal.h"

struct json_object *task_basics(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new();
    json_set_str(values, "id", item->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "subject", values_text(item_field(turn, item, "subject"), TASK_SUBJECT_MAX));
    json_set(values, "owner", values_person(turn, item->owner));
    json_set(values, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
    json_set_bool(values, "past", item->deadline_ms <= turn->now_ms);
    if (strcmp(item->author, item->owner) != 0)
        json_set(values, "author", values_person(turn, item->author));
    return values;
}

void task_confirm(struct turn *turn, const struct item *item, const struct act_request *request,
                  const char *what)
{
    if (request->door != DOOR_COMMAND)
        return;
    struct json_object *values = task_basics(turn, item);
    json_set_bool(values, what, true);
    turn_answer(turn, "task/noted", values);
}

static void add_text(struct json_object *values, const char *name, int64_t text, int max)
{
    if (text)
        json_set(values, name, values_text(text, max));
}

/* Who did it, and what they said of it. */
static void add_end(struct turn *turn, struct item *item, struct json_object *values, int max)
{
    const struct act_row *done = item->state == TASK_DONE ? item_find_act(turn, item, NULL, "done") : NULL;
    if (item->closed_ms)
        json_set(values, "closed", values_time(turn, item->closed_ms, NULL));
    if (done) {
        json_set(values, "by", values_person(turn, done->person));
        add_text(values, "result", done->text, max);
    }
    if (item->state == TASK_CANCELLED)
        add_text(values, "cancel_reason", item_field(turn, item, "cancel_reason"), max);
}

static void add_people(struct turn *turn, struct item *item, struct json_object *values, int max)
{
    const struct act_row *objection = item_find_act(turn, item, item->owner, "object");
    bool is_live = lifecycle_is_open(item);
    if (item->successor)
        json_set(values, "successor", values_person(turn, item->successor));
    json_set_bool(values, "left", is_live && !room_has_joined(turn->store, item->room, item->owner));
    json_set_bool(values, "away", is_live && absence_is_at(turn, item->owner, turn->now_ms));
    json_set_bool(values, "objected", objection != NULL);
    if (objection)
        add_text(values, "reason", objection->text, max);
}

static struct json_object *common_values(struct turn *turn, struct item *item, int max)
{
    struct json_object *values = task_basics(turn, item);
    json_set_bool(values, item->habit->state_names[item->state], true);
    json_set_bool(values, "live", lifecycle_is_open(item));
    add_people(turn, item, values, max);
    add_end(turn, item, values, max);
    add_text(values, "next", item_field(turn, item, "next"), max);
    json_set(values, "round", round_of_task(turn, item));
    struct item *source = link_source_of(turn, item);
    if (source)
        json_set(values, "source", link_value(turn, source));
    return values;
}

struct json_object *task_card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "task/card";
    return common_values(turn, item, TASK_VALUE_MAX);
}

static struct json_object *call_rows(struct turn *turn, struct item *item)
{
    struct json_object *list = json_object_new_array();
    struct asked_list asked = item_asked(turn, item);
    for (size_t i = 0; i < asked.n; i++) {
        struct json_object *row = values_new();
        json_set(row, "person", values_person(turn, asked.people[i].person));
        json_set(row, "asked",
                 asked.people[i].asked_ms ? values_time(turn, asked.people[i].asked_ms, item->deadline_zone)
                                          : json_object_new_boolean(false));
        json_set(row, "reminded",
                 asked.people[i].reminded_ms
                     ? values_time(turn, asked.people[i].reminded_ms, item->deadline_zone)
                     : json_object_new_boolean(false));
        json_object_array_add(list, row);
    }
    return list;
}

struct json_object *task_record(struct turn *turn, struct item *item)
{
    struct json_object *values = common_values(turn, item, 0);
    add_text(values, "context", item_field(turn, item, "context"), 0);
    add_text(values, "links", item_field(turn, item, "links"), 0);
    json_set(values, "opened", values_time(turn, item->opened_ms, item->deadline_zone));
    json_set(values, "opener", values_person(turn, item->author));
    json_set(values, "rows", call_rows(turn, item));
    struct json_object *kept_here = link_kept_here(turn, item);
    if (kept_here)
        json_set(values, "kept_here", kept_here);
    return values;
}
