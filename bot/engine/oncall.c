#include "engine/oncall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/absence.h"
#include "engine/command.h"
#include "engine/personal.h"
#include "store/timer.h"

#define TIMER_WEEK "oncall week"
#define TIMER_TURN "oncall turn"

enum { WEEK_DAYS = 7, TURN_DAYS_MAX = 62, MONDAY_MINUTE = 9 * 60, TROUBLES_SHOWN = 6 };
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

/* --- Whom --- */

struct person_list oncall_chain(struct turn *turn)
{
    struct person_list chain = { .ids = arena_alloc(turn->arena, ONCALL_CHAIN_MAX * sizeof *chain.ids) };
    struct rows rows =
        store_rows(turn->store, "SELECT person FROM chain WHERE room = ?1 ORDER BY place LIMIT ?2", "ii",
                   turn->room.id, (int64_t)ONCALL_CHAIN_MAX);
    while (rows_next(&rows))
        chain.ids[chain.n++] = rows_dup(&rows, 0, turn->arena);
    return chain;
}

void oncall_set_chain(struct turn *turn, const struct person_list *chain)
{
    const char *all = "";
    store_run(turn->store, "DELETE FROM chain WHERE room = ?1", "i", turn->room.id);
    for (size_t i = 0; i < chain->n; i++) {
        store_run(turn->store, "INSERT INTO chain(room, place, person) VALUES(?1, ?2, ?3)", "iis",
                  turn->room.id, (int64_t)i, chain->ids[i]);
        all = arena_printf(turn->arena, "%s%s%s", all, *all ? " " : "", chain->ids[i]);
    }
    oncall_note(turn, "chain", all);
}

static void add_once(struct person_list *list, const char *person)
{
    if (person && !person_list_has(list, person))
        list->ids[list->n++] = person;
}

/* The present holder, then the others as their turn comes. */
static void add_rota(struct turn *turn, struct person_list *list, bool is_whole)
{
    struct rota rota;
    if (!rota_get(turn, &rota))
        return;
    const char *holder = rota_holder(turn, turn->now_ms);
    size_t at = 0;
    add_once(list, holder);
    for (size_t i = 0; holder && i < rota.people.n; i++)
        if (strcmp(rota.people.ids[i], holder) == 0)
            at = i;
    for (size_t i = 0; is_whole && i < rota.people.n; i++)
        add_once(list, rota.people.ids[(at + i) % rota.people.n]);
}

struct person_list oncall_now(struct turn *turn)
{
    struct person_list chain = oncall_chain(turn);
    size_t max = ONCALL_CHAIN_MAX + ROTA_PEOPLE_MAX + 1;
    struct person_list list = { .ids = arena_alloc(turn->arena, max * sizeof *list.ids) };
    for (size_t i = 0; i < chain.n; i++)
        if (strcmp(chain.ids[i], ONCALL_ROTA) == 0)
            add_rota(turn, &list, false);
        else
            add_once(&list, chain.ids[i]);
    if (chain.n == 0)
        add_rota(turn, &list, true);
    return list;
}

bool oncall_is_rota(struct turn *turn, const char *typed)
{
    static const char *const words[] = { "rota",  "oncall",   "on call", "astreinte", "d'astreinte",
                                         "garde", "de garde", "piquet",  "de piquet", NULL };
    return text_is_one_of(text_fold(turn->arena, typed), words);
}

/* --- What is in the way --- */

struct troubles {
    struct json_object *list;
    struct person_list named; /* once: they have left, or cannot be reached */
};

static struct json_object *trouble(struct turn *turn, struct troubles *troubles, const char *what,
                                   const char *person)
{
    struct json_object *row = values_new();
    json_set_bool(row, what, true);
    if (person)
        json_set(row, "person", values_person(turn, person));
    json_object_array_add(troubles->list, row);
    return row;
}

/* Their direct message was refused, or they have not come into it. */
static bool is_out_of_reach(struct turn *turn, const char *person)
{
    return store_int(
        turn->store, 0,
        "SELECT max(r.membership = 'refused' OR (r.membership = 'join' AND m.membership = 'invite'))"
        " AND NOT max(m.membership = 'join' OR r.membership = 'wanted')"
        " FROM room r LEFT JOIN member m ON m.room = r.id AND m.person = ?1"
        " WHERE r.dm_person = ?1",
        "s", person);
}

/* For as long as they might be called. */
static void look_at(struct turn *turn, struct troubles *troubles, const struct shift *shift)
{
    struct absence absence;
    const char *person = shift->person;
    bool is_gone = !room_has_joined(turn->store, turn->room.id, person);
    if (is_gone || is_out_of_reach(turn, person)) {
        if (!person_list_has(&troubles->named, person))
            trouble(turn, troubles, is_gone ? "left" : "unreached", person);
        add_once(&troubles->named, person);
        return;
    }
    if (!absence_get(turn, person, &absence) || absence.from_ms >= shift->to_ms ||
        absence.until_ms <= shift->from_ms)
        return;
    struct json_object *row = trouble(turn, troubles, "away", person);
    int64_t from_ms = absence.from_ms > shift->from_ms ? absence.from_ms : shift->from_ms;
    if (from_ms > turn->now_ms)
        json_set(row, "from", values_time(turn, from_ms, NULL));
    if (absence.until_ms < shift->to_ms)
        json_set(row, "to", values_time(turn, personal_next_work_ms(turn, person, absence.until_ms), NULL));
    else if (absence.until_ms != ABSENCE_FOR_GOOD)
        json_set(row, "to", values_time(turn, shift->to_ms, NULL));
}

static void look_at_shifts(struct turn *turn, const struct rota *rota, struct troubles *troubles,
                           int64_t until_ms)
{
    struct shift_list shifts = rota_shifts(turn, rota, turn->now_ms, until_ms);
    for (size_t i = 0; i < shifts.n; i++) {
        const struct shift *shift = &shifts.rows[i];
        if (shift->person) {
            look_at(turn, troubles, shift);
            continue;
        }
        struct json_object *row = trouble(turn, troubles, "gap", NULL);
        json_set(row, "from", values_time(turn, shift->from_ms, NULL));
        json_set(row, "to", values_time(turn, shift->to_ms, NULL));
    }
}

struct json_object *oncall_troubles(struct turn *turn)
{
    int64_t until_ms = turn->now_ms + WEEK_DAYS * day_ms;
    size_t max = ONCALL_CHAIN_MAX + ROTA_SHIFTS_MAX;
    struct troubles troubles = { .list = json_object_new_array(),
                                 .named.ids = arena_alloc(turn->arena, max * sizeof(char *)) };
    struct person_list chain = oncall_chain(turn);
    struct rota rota;
    if (rota_get(turn, &rota))
        look_at_shifts(turn, &rota, &troubles, until_ms);
    for (size_t i = 0; i < chain.n; i++)
        if (strcmp(chain.ids[i], ONCALL_ROTA) != 0 && !person_list_has(&rota.people, chain.ids[i]))
            look_at(turn, &troubles, &(struct shift){ chain.ids[i], turn->now_ms, until_ms });
    size_t n = json_object_array_length(troubles.list);
    if (n == 0) {
        json_object_put(troubles.list);
        return NULL;
    }
    struct json_object *values = values_new();
    if (n > TROUBLES_SHOWN) {
        json_object_array_del_idx(troubles.list, TROUBLES_SHOWN, n - TROUBLES_SHOWN);
        json_set_int(values, "more", (int64_t)(n - TROUBLES_SHOWN));
    }
    json_set(values, "list", troubles.list);
    return values;
}

/* --- Timers --- */

static void set_timer(struct turn *turn, const char *what, int64_t due_ms)
{
    const char *key = turn_timer_key(turn, turn->room.room_id, what);
    if (due_ms == RECUR_NEVER)
        timer_remove(turn->store, key);
    else
        timer_set(turn->store,
                  &(struct timer){ .key = key,
                                   .due_ms = due_ms,
                                   .what = what,
                                   .data = arena_printf(turn->arena, "%lld", (long long)turn->room.id),
                                   .needs_barrier = true });
}

static int64_t next_monday_ms(struct turn *turn)
{
    struct recur rule = {
        .unit = RECUR_WEEK, .every = 1, .weekdays = 1, .minutes = { MONDAY_MINUTE }, .n_minutes = 1
    };
    (void)snprintf(rule.zone, sizeof rule.zone, "%s", turn->zone);
    rule.start = recur_moment_of(&rule, turn->now_ms);
    return recur_next(&rule, turn->now_ms);
}

/* When the rota passes to somebody else; what follows working hours says nothing of it. */
static int64_t next_turn_ms(struct turn *turn, const struct rota *rota)
{
    struct shift_list shifts = rota_shifts(turn, rota, turn->now_ms, turn->now_ms + TURN_DAYS_MAX * day_ms);
    return rota->is_sun || shifts.n < 2 ? RECUR_NEVER : shifts.rows[0].to_ms;
}

void oncall_reschedule(struct turn *turn)
{
    struct rota rota;
    bool has_rota = rota_get(turn, &rota);
    set_timer(turn, TIMER_WEEK, has_rota || oncall_chain(turn).n ? next_monday_ms(turn) : RECUR_NEVER);
    set_timer(turn, TIMER_TURN, has_rota ? next_turn_ms(turn, &rota) : RECUR_NEVER);
}

void oncall_note(struct turn *turn, const char *what, const char *detail)
{
    turn_note(turn, 0, turn->room.id, what, detail, 0);
    oncall_reschedule(turn);
}

void oncall_take(struct turn *turn, int64_t from)
{
    int64_t here = turn->room.id;
    store_run(turn->store,
              "INSERT INTO chain(room, place, person) SELECT ?1, place, person FROM chain WHERE room = ?2"
              " AND NOT EXISTS (SELECT 1 FROM chain WHERE room = ?1)",
              "ii", here, from);
    store_run(turn->store,
              "INSERT INTO rota_person(room, place, person) SELECT ?1, place, person FROM rota_person"
              " WHERE room = ?2 AND NOT EXISTS (SELECT 1 FROM rota WHERE room = ?1)",
              "ii", here, from);
    store_run(turn->store,
              "INSERT INTO rota_change(room, person, from_ms, to_ms) SELECT ?1, person, from_ms, to_ms"
              " FROM rota_change WHERE room = ?2 AND NOT EXISTS (SELECT 1 FROM rota WHERE room = ?1)"
              " ORDER BY id",
              "ii", here, from);
    store_run(turn->store,
              "INSERT INTO rota(room, rule, set_ms) SELECT ?1, rule, set_ms FROM rota WHERE room = ?2"
              " AND NOT EXISTS (SELECT 1 FROM rota WHERE room = ?1)",
              "ii", here, from);
}

/* Who set it, else a moderator; NULL: neither is here. */
static const char *who_mends_it(struct turn *turn)
{
    const char *person = store_str(turn->store, turn->arena,
                                   "SELECT person FROM history WHERE item IS NULL AND room = ?1"
                                   " AND what IN ('chain', 'rota') ORDER BY id DESC LIMIT 1",
                                   "i", turn->room.id);
    bool is_here = person && room_has_joined(turn->store, turn->room.id, person);
    return is_here ? person : lifecycle_moderator(turn, NULL);
}

static void say_week(struct turn *turn)
{
    struct json_object *troubles = oncall_troubles(turn), *values = values_new();
    if (!troubles) {
        json_object_put(values);
        return;
    }
    const char *person = who_mends_it(turn);
    const char *const mentions[] = { person, NULL };
    struct person_list people = { .ids = (const char **)mentions, .n = person ? 1 : 0 };
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "people", values_people(turn, people.ids, people.n));
    json_set(values, "troubles", troubles);
    turn_say(turn, (struct say){ .step = "week",
                                 .template_name = "rota/week",
                                 .values = values,
                                 .mentions = person ? mentions : NULL });
}

/* What is urgent here and still open. */
static struct json_object *open_here(struct turn *turn)
{
    struct json_object *list = json_object_new_array();
    struct rows rows = store_rows(
        turn->store, "SELECT id FROM item WHERE room = ?1 AND closed_ms IS NULL ORDER BY id LIMIT 64", "i",
        turn->room.id);
    while (rows_next(&rows)) {
        struct item *item = item_get(turn, rows_int(&rows, 0));
        if (item && item->habit->is_urgent) {
            struct json_object *row = values_new();
            json_set_str(row, "id", item->name);
            json_object_array_add(list, row);
        }
    }
    return list;
}

/* It is another's now: they hear that, and what is open. */
static void say_turn(struct turn *turn)
{
    struct rota rota;
    if (!rota_get(turn, &rota))
        return;
    struct shift_list shifts = rota_shifts(turn, &rota, turn->now_ms, turn->now_ms + TURN_DAYS_MAX * day_ms);
    const char *person = shifts.rows[0].person;
    bool is_here = person && room_has_joined(turn->store, turn->room.id, person);
    const char *const mentions[] = { person, NULL };
    struct person_list people = { .ids = (const char **)mentions, .n = is_here ? 1 : 0 };
    struct json_object *values = values_new(), *open = open_here(turn);
    json_set(values, "people", values_people(turn, people.ids, people.n));
    if (person)
        json_set(values, "person", values_person(turn, person));
    json_set_bool(values, "left", person && !is_here);
    json_set_bool(values, "away", is_here && absence_is_at(turn, person, turn->now_ms));
    if (shifts.n > 1)
        json_set(values, "until", values_time(turn, shifts.rows[0].to_ms, NULL));
    json_set_bool(values, "has_open", json_object_array_length(open) > 0);
    json_set(values, "open", open);
    turn_say(turn, (struct say){ .step = "turn",
                                 .template_name = "rota/turn",
                                 .values = values,
                                 .mentions = is_here ? mentions : NULL,
                                 .valid_until_ms = shifts.rows[0].to_ms });
}

bool oncall_timer(struct turn *turn, const struct timer *timer)
{
    bool is_week = strcmp(timer->what, TIMER_WEEK) == 0;
    if (timer->item || !timer->data || (!is_week && strcmp(timer->what, TIMER_TURN) != 0))
        return false;
    turn_enter_room(turn, strtoll(timer->data, NULL, 10));
    if (!turn->room.id || strcmp(turn->room.membership, "join") != 0)
        return true;
    (is_week ? say_week : say_turn)(turn);
    oncall_reschedule(turn);
    return true;
}
