/* How a room's frame looks: what was chosen, what comes back, what is open, who may what, and what has changed. */
#include <string.h>

#include "commands/off.h"
#include "commands/remind_private.h"
#include "commands/room_private.h"
#include "engine/frame.h"
#include "engine/people.h"
#include "time/recur_words.h"

enum { RITUALS_MAX = 5, CHANGES_MAX = 10, SUBJECT_CHARS = 60 };

struct json_object *room_values(struct turn *turn)
{
    struct json_object *values = values_new();
    const struct room *room = &turn->room;
    int answer_h = frame_answer_h(room);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_str(values, "zone", turn->zone);
    json_set_str(values, "country", room->country ? room->country : turn_defaults(turn)->country);
    json_set_bool(values, lang_index(turn->lang) == LANG_FR ? "french" : "english", true);
    json_set(values, "now", values_time(turn, turn->now_ms, NULL));
    json_set(values, "off", off_value(turn, room->room_id, ""));
    json_set_str(values, "kind", frame_kind_name(room->kind, turn->lang));
    bool at_once = answer_h == 0;
    json_set_bool(values, "at_once", at_once);
    if (answer_h > 0)
        json_set_int(values, "answer_h", answer_h);
    if (at_once)
        json_set_int(values, "progress_min", frame_progress_min(room));
    json_set_bool(values, "firm", at_once && frame_gate_is_firm(room) && !frame_gate_is_strict(room));
    json_set_bool(values, "hint", !at_once && room->hint);
    json_set_bool(values, "strict", at_once && frame_gate_is_strict(room));
    return values;
}

static int64_t n_open(struct turn *turn, const char *prefix)
{
    return store_int(turn->store, 0,
                     "SELECT count(*) FROM item WHERE room = ?1 AND prefix = ?2 AND closed_ms IS NULL", "is",
                     turn->room.id, prefix);
}

/* What is said to everybody here again and again. */
static struct json_object *rituals(struct turn *turn)
{
    int64_t ids[RITUALS_MAX];
    struct json_object *list = json_object_new_array();
    struct rows rows =
        store_rows(turn->store,
                   "SELECT id FROM item WHERE room = ?1 AND prefix = 'RMD' AND closed_ms IS NULL"
                   " AND extra LIKE 'room %' ORDER BY deadline_ms LIMIT ?2",
                   "ii", turn->room.id, (int64_t)RITUALS_MAX);
    size_t n = rows_take(&rows, ids, RITUALS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        struct reminder reminder = item ? reminder_of(item) : (struct reminder){ .comes_back = false };
        if (!reminder.comes_back)
            continue;
        struct json_object *row = json_object_new_object();
        json_set_str(row, "id", item->name);
        json_set(row, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_CHARS));
        json_set_str(row, "rule", recur_say(turn->arena, turn->lang, &reminder.rule, turn->now_ms));
        json_object_array_add(list, row);
    }
    return list;
}

static struct json_object *moderators(struct turn *turn)
{
    struct person_list people = people_of_room(turn, NULL);
    size_t n = 0;
    for (size_t i = 0; i < people.n; i++)
        if (lifecycle_may(turn, NULL, people.ids[i], WHO_MODERATOR))
            people.ids[n++] = people.ids[i];
    return n ? values_people(turn, people.ids, n) : NULL;
}

/* {"n": how many, habit: true} of each habit that has some open here. */
static struct json_object *counts(struct turn *turn)
{
    struct json_object *list = json_object_new_array();
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++) {
        int64_t n = n_open(turn, (*habit)->prefix);
        if (n == 0)
            continue;
        struct json_object *row = json_object_new_object();
        json_set_int(row, "n", n);
        json_set_bool(row, (*habit)->folder, true);
        json_object_array_add(list, row);
    }
    return list;
}

static void add_rest(struct turn *turn, struct json_object *values)
{
    json_set(values, "open", counts(turn));
    json_set(values, "rituals", rituals(turn));
    json_set(values, "moderators", moderators(turn));
}

void room_answer(struct turn *turn, bool in_full)
{
    struct json_object *values = room_values(turn);
    json_set_bool(values, "full", in_full);
    if (in_full)
        add_rest(turn, values);
    turn_answer(turn, "room/settings", values);
}

/* --- History --- */

static const char *shown(struct turn *turn, const char *what, const char *value)
{
    if (value && strcmp(what, "gate") == 0)
        return frame_gate_name(value, turn->lang);
    if (value && strcmp(what, "hint") == 0)
        return frame_hint_name(turn->lang);
    return value && strcmp(what, "kind") == 0 ? frame_kind_name(value, turn->lang) : value;
}

static struct json_object *change_row(struct turn *turn, struct rows *rows)
{
    const char *what = rows_text(rows, 2) + strlen("room "), *text = rows_text(rows, 3);
    struct json_object *detail = text ? json_parse(text, strlen(text)) : NULL,
                       *row = json_object_new_object();
    json_set(row, "at", values_time(turn, rows_int(rows, 0), NULL));
    if (rows_text(rows, 1))
        json_set(row, "person", values_person(turn, rows_text(rows, 1)));
    json_set_bool(row, what, true);
    const char *from = json_str(detail, "from"), *to = json_str(detail, "to");
    bool is_off = strcmp(what, "off") == 0;
    if (is_off)
        json_set(row, "days", off_days(turn, from ? from : to));
    json_set_bool(row, "removed", is_off && from);
    json_set_bool(row, "value", !is_off && strcmp(what, "calendar") != 0);
    json_set_bool(row, "from_none", from && !*from);
    json_set_bool(row, "to_none", to && !*to);
    json_set_str(row, "from", shown(turn, what, from));
    json_set_str(row, "to", shown(turn, what, to));
    json_object_put(detail);
    return row;
}

void room_answer_history(struct turn *turn)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct rows rows =
        store_rows(turn->store,
                   "SELECT at_ms, person, what, detail FROM history WHERE room = ?1"
                   " AND item IS NULL AND what IN ('room lang', 'room zone', 'room country',"
                   " 'room kind', 'room answer', 'room off', 'room calendar', 'room gate', 'room hint',"
                   " 'room progress') ORDER BY id DESC LIMIT ?2",
                   "ii", turn->room.id, (int64_t)CHANGES_MAX);
    while (rows_next(&rows))
        json_object_array_add(list, change_row(turn, &rows));
    rows_end(&rows);
    json_set_bool(values, "empty", json_object_array_length(list) == 0);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "list", list);
    turn_answer(turn, "room/history", values);
}
