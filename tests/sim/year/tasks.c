/* The tasks of a year: what is done to them, and that each is said to be past its date once, at the first moment at which its
 * owner works, and nothing of it once it is done. */
#include <string.h>

#include "base/json.h"
#include "year.h"

enum { WEEKS_BACK_MAX = 3 };

/* --- What they do --- */

static int64_t open_task(void)
{
    return store_int(
        year.store, 0,
        "SELECT id FROM item WHERE prefix = 'TSK' AND closed_ms IS NULL ORDER BY id LIMIT 1 OFFSET ?1", "i",
        chance_in(&year.chance, 0, 9));
}

void tasks_begin(void)
{
    int room = (int)chance_in(&year.chance, 0, ROOMS - 1);
    const struct person *author = acts_somebody(), *owner = acts_somebody();
    acts_say(room, author->id, NULL,
             arena_printf(year.arena, "!task %s errand %d by %s", owner->id, year.n_events,
                          moment_text(acts_some_day(room, 1, 8))));
}

void tasks_go_on(void)
{
    int64_t item = open_task();
    if (!item)
        return;
    const char *owner = store_str(year.store, year.arena, "SELECT owner FROM item WHERE id = ?1", "i", item);
    if (chance_percent(&year.chance, 30))
        acts_say_of(item, owner, "take", "");
    else if (chance_percent(&year.chance, 20))
        acts_say_of(item, owner, "postpone", moment_text(acts_some_day(acts_room_of(item), 2, 9)));
    else
        acts_say_of(item, owner, "done", "");
}

/* --- What must be so --- */

static void note_past(int64_t item)
{
    int64_t deadline_ms = store_int(year.store, 0, "SELECT deadline_ms FROM item WHERE id = ?1", "i", item);
    const char *owner = store_str(year.store, year.arena, "SELECT owner FROM item WHERE id = ?1", "i", item);
    const struct person *person = people_find(owner);
    int64_t due_ms = check_first_moment(person, deadline_ms);
    store_run(year.store,
              "INSERT INTO past(item, deadline_ms, n) VALUES(?1, ?2, 1)"
              " ON CONFLICT(item, deadline_ms) DO UPDATE SET n = n + 1",
              "ii", item, deadline_ms);
    if (store_int(year.store, 0, "SELECT n FROM past WHERE item = ?1 AND deadline_ms = ?2", "ii", item,
                  deadline_ms) > 1)
        year_fail("%s is told twice that the date of task %lld has passed", owner, (long long)item);
    if (due_ms != year.now_ms && !people_were_away(person, deadline_ms, year.now_ms))
        year_fail("%s hears at %s UTC that the date of task %lld has passed, and could have at %s", owner,
                  moment_text(moment_in("UTC", year.now_ms)), (long long)item,
                  moment_text(moment_in("UTC", due_ms)));
}

static void check_is_open(const struct outbox_row *row, int64_t item)
{
    if (!store_int(year.store, 0, "SELECT 1 FROM item WHERE id = ?1 AND closed_ms IS NULL", "i", item))
        year_fail("%s about task %lld, which is over", row->template_name, (long long)item);
}

/* Who is back hears in one message what came meanwhile: that the date of a task has passed too. */
static void check_return(const struct outbox_row *row, struct json_object *list)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (!json_flag(entry, "task", false))
            continue;
        int64_t item = store_int(year.store, 0, "SELECT id FROM item WHERE prefix || '-' || number = ?1", "s",
                                 json_str(entry, "id"));
        check_is_open(row, item);
        if (json_flag(entry, "past", false))
            note_past(item);
    }
}

/* Who takes it after its date has seen that on the card, and is not told once more. Who says "take" of what is theirs already
 * has taken nothing. */
static void note_taken(int64_t item)
{
    store_run(year.store,
              "INSERT OR IGNORE INTO past(item, deadline_ms, n)"
              " SELECT i.id, i.deadline_ms, 1 FROM item i WHERE i.id = ?1 AND EXISTS(SELECT 1 FROM act a"
              " WHERE a.item = i.id AND a.person = i.owner AND a.what = 'take' AND a.at_ms >= i.deadline_ms)",
              "i", item);
}

void tasks_check(const struct outbox_row *row)
{
    bool is_return = strcmp(row->template_name, "away/returned") == 0;
    bool is_answer = strcmp(row->template_name, "task/noted") == 0;
    if (!is_return && !is_answer && strcmp(row->template_name, "task/reminder") != 0 &&
        strcmp(row->template_name, "task/asked") != 0)
        return;
    struct json_object *values = json_parse(row->values, strlen(row->values));
    if (is_return)
        check_return(row, json_arr(values, "list"));
    else if (!is_answer)
        check_is_open(row, row->item);
    if (is_answer && json_flag(values, "take", false) && json_flag(values, "past", false))
        note_taken(row->item);
    if (!is_return && !is_answer && json_flag(values, "past", false))
        note_past(row->item);
    json_object_put(values);
}

/* Whose task is past its date had the list of the last week in which they could have it. */
static void check_last_list(const struct person *person, int64_t deadline_ms)
{
    for (int i = 0; i < WEEKS_BACK_MAX; i++) {
        int64_t monday_ms = check_monday(person, year.end_ms - i * 7 * DAY_MS),
                begins_ms = check_first_moment(person, monday_ms);
        if (begins_ms >= year.end_ms || begins_ms >= check_monday(person, monday_ms + 8 * DAY_MS))
            continue;
        if (deadline_ms < monday_ms && person->week_ms < monday_ms &&
            !people_were_away(person, monday_ms, begins_ms))
            year_fail("%s has no list of the week of %s", person->id,
                      moment_text(moment_in(person->zone, monday_ms)));
        return;
    }
}

void tasks_check_end(void)
{
    struct rows rows = store_rows(year.store,
                                  "SELECT i.id, i.owner, i.deadline_ms, (SELECT count(*) FROM past p"
                                  " WHERE p.item = i.id AND p.deadline_ms = i.deadline_ms) FROM item i"
                                  " WHERE i.prefix = 'TSK' AND i.closed_ms IS NULL AND i.deadline_ms < ?1",
                                  "i", year.end_ms);
    while (rows_next(&rows)) {
        const struct person *person = people_find(rows_dup(&rows, 1, year.arena));
        int64_t deadline_ms = rows_int(&rows, 2), due_ms = check_first_moment(person, deadline_ms);
        bool is_told = rows_int(&rows, 3) > 0;
        /* Who was away may come back some hours later (acts.c, go_away). */
        if (people_were_away(person, deadline_ms, due_ms))
            due_ms = check_first_moment(person, due_ms + DAY_MS);
        if (!is_told && due_ms < year.end_ms)
            year_fail("nobody told %s that the date of task %lld had passed", person->id,
                      (long long)rows_int(&rows, 0));
        if (person->has_digest)
            check_last_list(person, deadline_ms);
    }
}
