/* The round: what blocks somebody becomes somebody's task, and who is asked for help hears of it. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "commands/task_private.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "time/zone.h"

/* method.md 2: a task is answered within 24 h, which are 8 working hours. */
enum { UNBLOCK_WITHIN_MS = 8 * HOUR_MS, TASKS_SHOWN = 5, UNDO_WITHIN_MS = 24 * HOUR_MS };

/* --- What came of it --- */

static int blocker_place(struct turn *turn, const struct item *round)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    return form_place(routine_form(&kept), "blocker");
}

static int64_t made_of(struct turn *turn, int64_t round, const char *person, int place)
{
    return store_int(turn->store, 0, "SELECT made FROM answer WHERE item = ?1 AND person = ?2 AND place = ?3",
                     "isi", round, person, (int64_t)place);
}

static struct json_object *task_value(struct turn *turn, int64_t id)
{
    struct item *task = id ? item_get(turn, id) : NULL;
    if (!task)
        return NULL;
    struct json_object *value = values_new();
    json_set_str(value, "id", task->name);
    json_set(value, "owner", values_person(turn, task->owner));
    json_set(value, "deadline", round_time_value(turn, task->deadline_ms));
    json_set_bool(value, "pending", lifecycle_is_open(task));
    json_set_bool(value, "finished", task->state == TASK_DONE);
    return value;
}

struct json_object *round_task(struct turn *turn, const struct item *round, const char *person, int place)
{
    return task_value(turn, made_of(turn, round->id, person, place));
}

struct json_object *round_still_blocked(struct turn *turn, const struct item *round)
{
    int64_t texts[TASKS_SHOWN], tasks[TASKS_SHOWN];
    const char *people[TASKS_SHOWN];
    size_t n = 0;
    struct json_object *list = json_object_new_array();
    struct rows rows =
        store_rows(turn->store,
                   "SELECT a.person, a.text, a.made FROM round here JOIN round r ON r.routine = here.routine"
                   " JOIN answer a ON a.item = r.item JOIN item t ON t.id = a.made"
                   " WHERE here.item = ?1 AND r.day < here.day AND t.closed_ms IS NULL"
                   " ORDER BY t.deadline_ms, t.id LIMIT ?2",
                   "ii", round->id, (int64_t)TASKS_SHOWN);
    while (n < TASKS_SHOWN && rows_next(&rows)) {
        people[n] = rows_dup(&rows, 0, turn->arena);
        texts[n] = rows_int(&rows, 1);
        tasks[n++] = rows_int(&rows, 2);
    }
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = values_new();
        json_set(row, "person", values_person(turn, people[i]));
        json_set(row, "text", values_sentence(texts[i], ROUND_VALUE_MIN));
        json_set(row, "task", task_value(turn, tasks[i]));
        json_object_array_add(list, row);
    }
    return list;
}

struct json_object *round_of_task(struct turn *turn, const struct item *task)
{
    int64_t id = store_int(turn->store, 0, "SELECT item FROM answer WHERE made = ?1", "i", task->id);
    struct item *round = id ? item_get(turn, id) : NULL;
    if (!round)
        return NULL;
    struct json_object *values = round_basics(turn, round);
    const char *person =
        store_str(turn->store, turn->arena, "SELECT person FROM answer WHERE made = ?1", "i", task->id);
    json_set(values, "blocked", values_person(turn, person));
    return values;
}

void round_task_changed(struct turn *turn, const struct item *task)
{
    int64_t id = store_int(turn->store, 0, "SELECT item FROM answer WHERE made = ?1", "i", task->id);
    struct item *round = id ? item_get(turn, id) : NULL;
    struct item *routine = round ? round_routine(turn, round) : NULL;
    struct item *newest = routine ? routine_newest_round(turn, routine->id, 0) : NULL;
    if (!newest)
        return;
    item_show_card(turn, newest);
    if (newest->id != round->id)
        item_show_card(turn, round);
}

/* --- Asking who can unblock it --- */

static bool is_yes(struct turn *turn, const char *text)
{
    static const char *const words[] = { "yes", "oui", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

enum blocker round_blocker(struct turn *turn, const struct item *round, const char *person)
{
    int place = blocker_place(turn, round);
    int64_t text = place < 0 ? 0 : round_text(turn, round->id, person, place);
    const char *content = text ? text_get(turn, text) : NULL;
    if (!content || answer_is_no(turn->arena, content))
        return BLOCKER_NONE;
    if (made_of(turn, round->id, person, place))
        return BLOCKER_IN_HAND;
    return is_yes(turn, content) ? BLOCKER_UNNAMED : BLOCKER_TO_ASK;
}

static const char *command_of(struct turn *turn, const struct item *round, const char *rest)
{
    return arena_printf(turn->arena, "%s%s blocked %s %s", turn_prefix(turn),
                        command_shown_name(command_standup.names, turn->lang), round->name, rest);
}

void round_ask_blocker(struct turn *turn, const struct item *round, const char *template_name,
                       struct json_object *values)
{
    turn_ask(turn, (struct question){ .template_name = template_name,
                                      .values = values,
                                      .completes = command_of(turn, round, TURN_SLOT),
                                      .item = round->id });
}

/* --- The answer to that: "alice today 16:00", "not sure" --- */

static bool is_not_sure(struct turn *turn, const char *text)
{
    static const char *const words[] = {
        "not sure",    "no idea", "i don't know", "dunno",       "je ne sais pas",
        "aucune idee", "pas sur", "pas sure",     "je sais pas", "?",
        NULL
    };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

/* Nobody knows: who set up the routine finds out. */
static const char *whoever_finds_out(struct turn *turn, const struct item *round)
{
    bool is_there = turn_has_joined(turn, round->room, round->owner);
    return is_there ? round->owner : turn->event->sender;
}

/* Its first word is somebody's name; NULL: asked who is meant. */
static const char *read_who(struct turn *turn, const struct item *round, const char **rest)
{
    static const char *const me[] = { "me", "moi", NULL };
    size_t len = strcspn(*rest, " ,"), name_len = len - (len && (*rest)[len - 1] == ':');
    const char *name = arena_strndup(turn->arena, *rest, name_len), *whole = *rest;
    *rest = text_skip_space(*rest + len + strspn(*rest + len, ", "));
    if (text_is_one_of(text_fold(turn->arena, name), me))
        return turn->event->sender;
    struct people_read read = people_read(turn, name, NULL);
    if (!read.culprit && read.people.n == 1 && !turn_is_bot(turn, read.people.ids[0]))
        return read.people.ids[0];
    const char *command = command_of(turn, round, TURN_SLOT);
    if (read.culprit)
        people_ask(turn, &read, whole, command);
    else
        people_ask_for_one(turn, name, command);
    return NULL;
}

/* No date: in eight of their working hours. False: it was asked for. */
static bool read_when(struct turn *turn, const struct item *round, const char *who, const char *text,
                      struct when *out)
{
    *out = (struct when){ .result = WHEN_NONE };
    if (*text)
        *out = turn_read_when(turn, text);
    if (out->result == WHEN_NONE) {
        int64_t at_ms = personal_add_work(turn, who, turn->now_ms, UNBLOCK_WITHIN_MS);
        const char *zone = turn->zone;
        *out = (struct when){ .result = WHEN_AT, .at_ms = at_ms, .civil = zone_local(zone, at_ms).civil };
        return true;
    }
    if (turn_is_to_come(turn, out))
        return true;
    const char *rest = arena_printf(turn->arena, "%s %s", who, TURN_SLOT);
    turn_ask_when(turn, out, command_of(turn, round, rest), round->id);
    return false;
}

static enum outcome make_task(struct turn *turn, struct item *round, const char *who, const struct when *when)
{
    const char *person = turn->event->sender;
    int place = blocker_place(turn, round);
    int64_t text = round_text(turn, round->id, person, place);
    struct item *task = task_make(turn, who, text, when);
    if (!task)
        return OUTCOME_WAITS;
    store_run(turn->store, "UPDATE answer SET made = ?4 WHERE item = ?1 AND person = ?2 AND place = ?3",
              "isii", round->id, person, (int64_t)place, task->id);
    item_note(turn, round, "blocker", task->name, 0);
    round_say_noted(turn, round);
    task_begin(turn, task);
    item_show_card(turn, round);
    return OUTCOME_DONE;
}

enum outcome round_unblock(struct turn *turn, struct item *round, const char *text)
{
    struct when when;
    turn_enter_room(turn, round->room);
    if (round_blocker(turn, round, turn->event->sender) != BLOCKER_TO_ASK) {
        round_say_noted(turn, round);
        return OUTCOME_DONE;
    }
    bool is_open_question = is_not_sure(turn, text);
    const char *who = is_open_question ? whoever_finds_out(turn, round) : read_who(turn, round, &text);
    if (!who || !read_when(turn, round, who, is_open_question ? "" : text, &when))
        return OUTCOME_DONE;
    return make_task(turn, round, who, &when);
}

bool round_undo_task(struct turn *turn, const struct item *item, int64_t after_ms)
{
    const char *person = turn->event->sender;
    int64_t id = store_int(turn->store, 0,
                           "SELECT t.id FROM answer a JOIN item t ON t.id = a.made WHERE a.person = ?1"
                           " AND t.author = ?1 AND t.closed_ms IS NULL AND t.opened_ms >= ?2"
                           " AND (?3 = 0 OR ?3 IN (t.id, a.item)) ORDER BY t.id DESC LIMIT 1",
                           "sii", person, after_ms ? after_ms : turn->now_ms - (int64_t)UNDO_WITHIN_MS,
                           item ? item->id : 0);
    struct item *task = id ? item_get(turn, id) : NULL;
    if (!task || (!turn->room.dm_person && task->room != turn->room.id) ||
        !turn_has_joined(turn, task->room, person))
        return false;
    struct item *round =
        item_get(turn, store_int(turn->store, 0, "SELECT item FROM answer WHERE made = ?1", "i", task->id));
    lifecycle_act(
        turn, task,
        &(struct act_request){ .act = ACT_CANCEL, .door = DOOR_COMMAND, .person = person, .text = "" });
    store_run(turn->store, "UPDATE answer SET made = NULL WHERE made = ?1", "i", task->id);
    item_note(turn, round, "undone", task->name, 0);
    item_show_card(turn, round);
    return true;
}

/* --- Help --- */

/* "carol, a second pair of eyes, by friday": who is named first. */
void round_call_for_help(struct turn *turn, struct item *round)
{
    const char *person = turn->event->sender;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    int place = form_place(routine_form(&kept), "help");
    int64_t text = place < 0 ? 0 : round_text(turn, round->id, person, place);
    const char *content = text ? text_get(turn, text) : NULL;
    if (!content || item_has_noted(turn, round, "help", person))
        return;
    const char *name = arena_strndup(turn->arena, content, strcspn(content, " ,:"));
    struct people_read read = people_read(turn, name, NULL);
    if (read.culprit || read.people.n != 1 || strcmp(read.people.ids[0], person) == 0 ||
        turn_is_bot(turn, read.people.ids[0]))
        return;
    struct json_object *values = round_basics(turn, round);
    json_set(values, "who", values_person(turn, person));
    json_set(values, "text", values_text(text, 0));
    item_ping(turn, round, "round/help", values, read.people, NULL);
    item_note(turn, round, "help", person, 0);
}
