#include "engine/calls.h"

#include <string.h>

#include "base/text.h"
#include "engine/absence.h"
#include "engine/direct.h"
#include "engine/item.h"
#include "engine/personal.h"
#include "store/outbox.h"
#include "store/timer.h"

enum { HELD_MAX = 64, BUNDLE_MAX = 24 }; /* a call more than that waits for the next look, or goes alone */

/* --- When --- */

static void set_timer(struct turn *turn, const char *person, int64_t at_ms)
{
    const char *key = turn_timer_key(turn, person, CALLS_TIMER);
    struct timer timer = {
        .key = key, .due_ms = at_ms, .what = CALLS_TIMER, .person = person, .needs_barrier = true
    };
    if (at_ms == ABSENCE_FOR_GOOD)
        timer_remove(turn->store, key);
    else
        timer_set(turn->store, &timer);
}

/* When the room in which it is said lets them be called: who chose no zone lives where that room does. */
static int64_t row_call_ms(struct turn *turn, int64_t id, const char *person)
{
    int64_t room = store_int(turn->store, 0, "SELECT room FROM outbox WHERE id = ?1", "i", id);
    struct turn there = *turn;
    turn_enter_room(&there, room);
    return personal_next_call_ms(&there, person);
}

void calls_hold(struct turn *turn, int64_t row, const char *person)
{
    int64_t at_ms = personal_next_call_ms(turn, person);
    int64_t set_ms = store_int(turn->store, INT64_MAX, "SELECT due_ms FROM timer WHERE key = ?1", "s",
                               turn_timer_key(turn, person, CALLS_TIMER));
    outbox_hold(turn->store, row, person);
    if (at_ms < set_ms)
        set_timer(turn, person, at_ms);
}

int64_t calls_held(struct turn *turn, int64_t item, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT max(id) FROM outbox WHERE held_for = ?2 AND item = ?1 AND state = 3", "is", item,
                     person);
}

void calls_reschedule(struct turn *turn, const char *person)
{
    int64_t ids[HELD_MAX], first_ms = ABSENCE_FOR_GOOD;
    size_t n = outbox_held(turn->store, person, ids, HELD_MAX);
    for (size_t i = 0; i < n; i++) {
        int64_t at_ms = row_call_ms(turn, ids[i], person);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
    }
    set_timer(turn, person, first_ms);
}

/* --- Saying --- */

/* What asks for an answer is answered where it stands, and what is in another language is said in that one. */
static bool goes_alone(struct turn *turn, const struct outbox_row *row, const char *lang)
{
    return strcmp(row->lang, lang) != 0 ||
           store_int(turn->store, 0, "SELECT 1 FROM question WHERE row = ?1 AND is_open = 1", "i", row->id) ||
           store_int(turn->store, 0, "SELECT 1 FROM asked WHERE item = ?2 AND row = ?1", "ii", row->id,
                     row->item);
}

static struct json_object *entry_of(const struct outbox_row *row)
{
    struct json_object *entry = json_parse(row->values, strlen(row->values));
    json_object_object_del(entry, "people"); /* the message begins with who is called */
    json_set_str(entry, "template", row->template_name);
    return entry;
}

struct due {
    struct outbox_row rows[HELD_MAX];
    size_t n;
};

static void find_due(struct turn *turn, const char *person, struct due *due)
{
    int64_t ids[HELD_MAX];
    size_t n = outbox_held(turn->store, person, ids, HELD_MAX);
    due->n = 0;
    for (size_t i = 0; i < n; i++)
        if (row_call_ms(turn, ids[i], person) <= turn->now_ms &&
            outbox_get(turn->store, ids[i], turn->arena, &due->rows[due->n]))
            due->n++;
}

/* Those of them that can stand in one message to that person come first. */
static size_t sort_out(struct turn *turn, const char *person, struct due *due)
{
    const char *lang = personal_lang(turn, person);
    size_t n = 0;
    for (size_t i = 0; i < due->n && n < BUNDLE_MAX; i++)
        if (!goes_alone(turn, &due->rows[i], lang)) {
            struct outbox_row row = due->rows[i];
            due->rows[i] = due->rows[n];
            due->rows[n++] = row;
        }
    return n;
}

static struct json_object *take(struct turn *turn, const struct due *due, size_t n)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        json_object_array_add(list, entry_of(&due->rows[i]));
        outbox_end(turn->store, due->rows[i].id, OUTBOX_WITHDRAWN, "said in one message");
    }
    return list;
}

struct json_object *calls_take(struct turn *turn, const char *person)
{
    struct due due;
    struct turn there = *turn;
    int64_t room = direct_open(turn, person);
    if (!room)
        return NULL;
    turn_enter_room(&there, room);
    find_due(&there, person, &due);
    size_t n = sort_out(&there, person, &due);
    return n ? take(&there, &due, n) : NULL;
}

static void say_together(struct turn *turn, const char *person, struct json_object *list)
{
    const char *const mentions[] = { person, NULL };
    struct json_object *values = values_new();
    json_set(values, "who", values_person(turn, person));
    json_set(values, "list", list);
    turn_say(turn, (struct say){ .step = "calls",
                                 .template_name = "calls/waiting",
                                 .values = values,
                                 .mentions = mentions,
                                 .role = "ping" });
}

void calls_due(struct turn *turn, const char *person)
{
    struct due due;
    /* What was held while they were away comes with the message that says so, which looks here anew. */
    if (absence_holds(turn, person))
        return;
    outbox_expire(turn->store, turn->now_ms);
    find_due(turn, person, &due);
    int64_t room = due.n > 1 ? direct_open(turn, person) : 0;
    size_t n = 0;
    if (room) {
        turn_enter_room(turn, room);
        n = sort_out(turn, person, &due);
        n = n > 1 ? n : 0;
    }
    for (size_t i = n; i < due.n; i++) {
        outbox_let_go(turn->store, due.rows[i].id, turn->cause_ms);
        item_note_asked_now(turn, due.rows[i].item, due.rows[i].id);
    }
    if (n)
        say_together(turn, person, take(turn, &due, n));
    calls_reschedule(turn, person);
}
