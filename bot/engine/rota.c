#include "engine/rota.h"

#include <stdlib.h>
#include <string.h>

#include "base/plant.h"
#include "engine/absence.h"
#include "engine/personal.h"
#include "time/hours.h"

#define SUN "sun"

enum { DAY_MS = 24 * 60 * 60 * 1000, BREAK_MS = 2 * 60 * 60 * 1000, WORKS_MAX = 512 };

/* --- The store --- */

bool rota_get(struct turn *turn, struct rota *out)
{
    *out = (struct rota){ .people.ids = arena_alloc(turn->arena, ROTA_PEOPLE_MAX * sizeof(char *)) };
    struct rows rows =
        store_rows(turn->store, "SELECT rule, set_ms FROM rota WHERE room = ?1", "i", turn->room.id);
    if (!rows_next(&rows))
        return false;
    out->is_sun = strcmp(rows_text(&rows, 0), SUN) == 0;
    out->set_ms = rows_int(&rows, 1);
    bool is_read = out->is_sun || recur_parse(rows_text(&rows, 0), &out->rule);
    rows_end(&rows);
    rows = store_rows(turn->store, "SELECT person FROM rota_person WHERE room = ?1 ORDER BY place LIMIT ?2",
                      "ii", turn->room.id, (int64_t)ROTA_PEOPLE_MAX);
    while (rows_next(&rows))
        out->people.ids[out->people.n++] = rows_dup(&rows, 0, turn->arena);
    return is_read && out->people.n > 0;
}

void rota_set(struct turn *turn, const struct rota *rota)
{
    store_run(turn->store, "DELETE FROM rota WHERE room = ?1", "i", turn->room.id);
    store_run(turn->store, "DELETE FROM rota_person WHERE room = ?1", "i", turn->room.id);
    store_run(turn->store, "DELETE FROM rota_change WHERE room = ?1", "i", turn->room.id);
    if (rota->people.n == 0)
        return;
    struct recur_text text = { SUN };
    if (!rota->is_sun)
        text = recur_write(&rota->rule);
    store_run(turn->store, "INSERT INTO rota(room, rule, set_ms) VALUES(?1, ?2, ?3)", "isi", turn->room.id,
              text.text, rota->set_ms);
    for (size_t i = 0; i < rota->people.n; i++)
        store_run(turn->store, "INSERT INTO rota_person(room, place, person) VALUES(?1, ?2, ?3)", "iis",
                  turn->room.id, (int64_t)i, rota->people.ids[i]);
}

void rota_change(struct turn *turn, const struct shift *shift)
{
    store_run(turn->store, "INSERT INTO rota_change(room, person, from_ms, to_ms) VALUES(?1, ?2, ?3, ?4)",
              "isii", turn->room.id, shift->person, shift->from_ms, shift->to_ms);
}

/* --- Shifts --- */

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct shift_list list_new(struct turn *turn)
{
    return (struct shift_list){ .rows = arena_alloc(turn->arena, ROTA_SHIFTS_MAX * sizeof(struct shift)) };
}

static void add(struct shift_list *list, const char *person, int64_t from_ms, int64_t to_ms)
{
    struct shift *last = list->n ? &list->rows[list->n - 1] : NULL;
    if (from_ms >= to_ms)
        return;
    if (last && is_same(last->person, person) && last->to_ms == from_ms)
        last->to_ms = to_ms;
    else if (list->n < ROTA_SHIFTS_MAX)
        list->rows[list->n++] = (struct shift){ person, from_ms, to_ms };
}

static void add_by_rule(const struct rota *rota, int64_t from_ms, int64_t to_ms, struct shift_list *list)
{
    int64_t n = recur_count_between(&rota->rule, rota->set_ms, from_ms);
    for (int64_t at_ms = from_ms; at_ms < to_ms && list->n < ROTA_SHIFTS_MAX; n++) {
        int64_t next_ms = recur_next(&rota->rule, at_ms);
        add(list, rota->people.ids[n % (int64_t)rota->people.n], at_ms, next_ms < to_ms ? next_ms : to_ms);
        at_ms = next_ms;
    }
}

/* The days of somebody's work. */
struct works {
    struct shift *rows;
    size_t n;
};

static void add_work(struct works *works, const char *person, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < to_ms && works->n < WORKS_MAX)
        works->rows[works->n++] = (struct shift){ person, from_ms, to_ms };
}

/* Without the absence, which may leave a piece before and one after it. */
static void add_day(struct turn *turn, struct works *works, const struct shift *day)
{
    struct absence absence;
    bool is_cut = absence_get(turn, day->person, &absence) && absence.from_ms < day->to_ms &&
                  absence.until_ms > day->from_ms;
    add_work(works, day->person, day->from_ms, is_cut ? absence.from_ms : day->to_ms);
    if (is_cut)
        add_work(works, day->person, absence.until_ms, day->to_ms);
}

static void add_works(struct turn *turn, const char *person, int64_t from_ms, int64_t to_ms,
                      struct works *works)
{
    enum { SPANS_MAX = 256 };
    struct hours_span *spans = arena_alloc(turn->arena, SPANS_MAX * sizeof *spans);
    size_t n = hours_spans(personal_hours(turn, person), personal_zone(turn, person),
                           (struct hours_span){ from_ms - DAY_MS, to_ms + DAY_MS }, spans, SPANS_MAX);
    for (size_t i = 0; i < n;) {
        struct shift day = { person, spans[i].from_ms, spans[i].to_ms };
        for (i++; i < n && spans[i].from_ms - day.to_ms <= BREAK_MS; i++)
            day.to_ms = spans[i].to_ms;
        add_day(turn, works, &day);
    }
}

/* Who has worked for longest; of two, who comes first in the order. Moves *until_ms to where that may change. */
static const char *at_work(const struct works *works, int64_t at_ms, int64_t *until_ms)
{
    const struct shift *found = NULL;
    for (size_t i = 0; i < works->n; i++) {
        const struct shift *work = &works->rows[i];
        if (work->from_ms > at_ms && work->from_ms < *until_ms)
            *until_ms = work->from_ms;
        if (work->from_ms > at_ms || work->to_ms <= at_ms)
            continue;
        if (work->to_ms < *until_ms)
            *until_ms = work->to_ms;
        if (!found || work->from_ms < found->from_ms)
            found = work;
    }
    return found ? found->person : NULL;
}

static void add_by_sun(struct turn *turn, const struct rota *rota, int64_t from_ms, int64_t to_ms,
                       struct shift_list *list)
{
    struct works works = { .rows = arena_alloc(turn->arena, WORKS_MAX * sizeof *works.rows) };
    for (size_t i = 0; i < rota->people.n; i++)
        add_works(turn, rota->people.ids[i], from_ms, to_ms, &works);
    for (int64_t at_ms = from_ms; at_ms < to_ms && list->n < ROTA_SHIFTS_MAX;) {
        int64_t until_ms = to_ms;
        const char *person = at_work(&works, at_ms, &until_ms);
        add(list, person, at_ms, until_ms);
        at_ms = until_ms;
    }
}

/* The change lies over what was there. */
static struct shift_list with_change(struct turn *turn, const struct shift_list *below,
                                     const struct shift *change)
{
    struct shift_list list = list_new(turn);
    for (size_t i = 0; i < below->n; i++) {
        struct shift row = below->rows[i];
        int64_t from_ms = row.from_ms > change->from_ms ? row.from_ms : change->from_ms;
        int64_t to_ms = row.to_ms < change->to_ms ? row.to_ms : change->to_ms;
        if (from_ms >= to_ms) {
            add(&list, row.person, row.from_ms, row.to_ms);
            continue;
        }
        add(&list, row.person, row.from_ms, from_ms);
        add(&list, change->person, from_ms, to_ms);
        add(&list, row.person, to_ms, row.to_ms);
    }
    return list;
}

struct shift_list rota_shifts(struct turn *turn, const struct rota *rota, int64_t from_ms, int64_t to_ms)
{
    struct shift_list list = list_new(turn);
    if (rota->is_sun)
        add_by_sun(turn, rota, from_ms, to_ms, &list);
    else
        add_by_rule(rota, from_ms, to_ms, &list);
    struct rows rows = store_rows(turn->store,
                                  "SELECT person, from_ms, to_ms FROM rota_change"
                                  " WHERE room = ?1 AND from_ms < ?3 AND to_ms > ?2 ORDER BY id",
                                  "iii", turn->room.id, from_ms, to_ms);
    while (rows_next(&rows) && !PLANTED(STAND_IN_FORGOTTEN))
        list = with_change(
            turn, &list,
            &(struct shift){ rows_dup(&rows, 0, turn->arena), rows_int(&rows, 1), rows_int(&rows, 2) });
    rows_end(&rows);
    return list;
}

const char *rota_holder(struct turn *turn, int64_t at_ms)
{
    struct rota rota;
    if (!rota_get(turn, &rota))
        return NULL;
    return rota_shifts(turn, &rota, at_ms, at_ms + 1).rows[0].person;
}
