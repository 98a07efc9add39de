/* !rota - somebody stands in; two swap their shifts, once both have said so. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/rota_private.h"
#include "engine/oncall.h"
#include "engine/people.h"
#include "time/zone.h"

static const int64_t ahead_ms = INT64_C(93) * 24 * 60 * 60 * 1000; /* shifts that can be swapped */

static void refuse(struct turn *turn, const char *what, const char *person)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, what, true);
    if (person)
        json_set(values, "person", values_person(turn, person));
    turn_answer(turn, "rota/refused", values);
}

/* --- Standing in --- */

size_t rota_range_at(const struct range_words *words)
{
    for (size_t i = 1; i + 1 < words->n; i++)
        if (range_is_from(words->folded[i]) || range_is_until(words->folded[i]))
            return i;
    return 0;
}

/* A day alone means its hand-over. */
static int64_t instant_of(const struct rota *rota, const struct when *when)
{
    if (when->has_clock || rota->is_sun || rota->rule.n_minutes == 0)
        return when->at_ms;
    struct civil civil = when->civil;
    civil.hour = rota->rule.minutes[0] / 60;
    civil.minute = rota->rule.minutes[0] % 60;
    return zone_instant(rota->rule.zone, civil);
}

/* False: it was asked. before, after: what stands around the phrase when it is typed again. */
static bool read_instant(struct turn *turn, const struct rota *rota, const char *phrase, const char *before,
                         const char *after, int64_t *out)
{
    struct when when = turn_read_when(turn, phrase);
    if (when.result == WHEN_AT) {
        *out = instant_of(rota, &when);
        return true;
    }
    turn_ask_when(turn, &when, arena_printf(turn->arena, "%s " TURN_SLOT "%s", before, after), 0);
    return false;
}

/* NULL: it was asked, or refused. */
static const char *read_one(struct turn *turn, const char *text, const char *again)
{
    static const char *const me[] = { "me", "moi", NULL };
    if (text_is_one_of(text_fold(turn->arena, text), me))
        return turn->event->sender;
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit)
        people_ask(turn, &read, text, again);
    else if (read.people.n != 1)
        people_ask_for_one(turn, text, again);
    return !read.culprit && read.people.n == 1 ? read.people.ids[0] : NULL;
}

/* "from A to B", "until B": false: it was asked, or cannot be read. */
static bool read_span(struct turn *turn, const struct rota *rota, const struct range_words *words, size_t at,
                      struct shift *shift)
{
    const char *before =
        arena_printf(turn->arena, "%s%s %s", turn_prefix(turn),
                     command_shown_name(command_rota.names, turn->lang), range_piece(turn, words, 0, at + 1));
    shift->from_ms = turn->now_ms;
    if (range_is_from(words->folded[at])) {
        size_t middle = at + 1;
        while (middle < words->n && !range_is_until(words->folded[middle]) &&
               !range_is_through(words->folded[middle]))
            middle++;
        if (middle == at + 1 || middle + 1 >= words->n) {
            refuse(turn, "span", NULL);
            return false;
        }
        const char *after = arena_printf(turn->arena, " %s", range_piece(turn, words, middle, words->n));
        if (!read_instant(turn, rota, range_piece(turn, words, at + 1, middle), before, after,
                          &shift->from_ms))
            return false;
        before = arena_printf(turn->arena, "%s %s", before, range_piece(turn, words, at + 1, middle + 1));
        at = middle;
    }
    const char *end = range_piece(turn, words, at + 1, words->n);
    if (!read_instant(turn, rota, end, before, "", &shift->to_ms) || shift->to_ms > shift->from_ms)
        return shift->to_ms != 0;
    /* "from friday to wednesday": the one after it. */
    int64_t at_ms = turn->at_ms;
    turn->at_ms = shift->from_ms;
    bool is_read = read_instant(turn, rota, end, before, "", &shift->to_ms);
    turn->at_ms = at_ms;
    return is_read;
}

enum outcome rota_stand_in(struct turn *turn, const struct range_words *words, size_t at, bool is_moderator)
{
    struct rota rota;
    struct shift shift = { 0 };
    if (!rota_get(turn, &rota)) {
        rota_answer(turn);
        return OUTCOME_DONE;
    }
    shift.person = read_one(turn, range_piece(turn, words, 0, at),
                            arena_printf(turn->arena, "%s%s " TURN_SLOT " %s", turn_prefix(turn),
                                         command_shown_name(command_rota.names, turn->lang),
                                         range_piece(turn, words, at, words->n)));
    if (!shift.person)
        return OUTCOME_DONE;
    if (!is_moderator && strcmp(shift.person, turn->event->sender) != 0)
        return OUTCOME_DENIED;
    if (turn_is_bot(turn, shift.person)) {
        refuse(turn, "bot", NULL);
        return OUTCOME_DONE;
    }
    if (!read_span(turn, &rota, words, at, &shift))
        return OUTCOME_DONE;
    if (shift.to_ms <= turn->now_ms || shift.from_ms >= shift.to_ms) {
        refuse(turn, "span", NULL);
        return OUTCOME_DONE;
    }
    rota_change(turn, &shift);
    oncall_note(turn, "rota change",
                arena_printf(turn->arena, "%s %lld %lld", shift.person, (long long)shift.from_ms,
                             (long long)shift.to_ms));
    rota_answer(turn);
    return OUTCOME_DONE;
}

/* --- Swapping --- */

struct swap {
    int64_t id;
    const char *asker, *asked;
    struct shift given, taken; /* of the asker, of the asked */
};

static const struct shift *next_of(const struct shift_list *shifts, const char *person)
{
    for (size_t i = 0; i < shifts->n; i++)
        if (shifts->rows[i].person && strcmp(shifts->rows[i].person, person) == 0)
            return &shifts->rows[i];
    return NULL;
}

static struct json_object *swap_values(struct turn *turn, const struct swap *swap)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "asker", values_person(turn, swap->asker));
    json_set(values, "asked", values_person(turn, swap->asked));
    json_set(values, "given_from", values_time(turn, swap->given.from_ms, NULL));
    json_set(values, "given_to", values_time(turn, swap->given.to_ms, NULL));
    json_set(values, "taken_from", values_time(turn, swap->taken.from_ms, NULL));
    json_set(values, "taken_to", values_time(turn, swap->taken.to_ms, NULL));
    return values;
}

static int64_t say_to(struct turn *turn, const char *step, struct json_object *values, const char *what,
                      const char *person)
{
    const char *const mentions[] = { person, NULL };
    json_set_bool(values, what, true);
    json_set(values, "people", values_people(turn, mentions, 1));
    return turn_say(turn, (struct say){ .step = step,
                                        .template_name = "rota/swap",
                                        .values = values,
                                        .thread = turn->event->thread,
                                        .mentions = mentions,
                                        .role = "ping" });
}

static void ask(struct turn *turn, const struct swap *swap)
{
    store_run(turn->store,
              "INSERT INTO rota_swap(room, asker, asked, given_from, given_to, taken_from, taken_to)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
              "issiiii", turn->room.id, swap->asker, swap->asked, swap->given.from_ms, swap->given.to_ms,
              swap->taken.from_ms, swap->taken.to_ms);
    const char *command = arena_printf(turn->arena, "%s%s", turn_prefix(turn),
                                       command_shown_name(command_rota.names, turn->lang));
    long long id = store_last_id(turn->store);
    const char *const choices[] = { arena_printf(turn->arena, "%s accept %lld", command, id),
                                    arena_printf(turn->arena, "%s decline %lld", command, id), NULL };
    struct json_object *values = swap_values(turn, swap);
    json_set_int(values, "number", id);
    int64_t row = say_to(turn, "swap", values, "ask", swap->asked);
    turn_ask(turn, (struct question){ .row = row, .person = swap->asked, .choices = choices });
}

enum outcome rota_ask_swap(struct turn *turn, const char *text)
{
    struct rota rota;
    const char *sender = turn->event->sender;
    if (!rota_get(turn, &rota)) {
        rota_answer(turn);
        return OUTCOME_DONE;
    }
    const char *again = arena_printf(turn->arena, "%s%s swap " TURN_SLOT, turn_prefix(turn),
                                     command_shown_name(command_rota.names, turn->lang));
    if (!*text)
        return OUTCOME_USAGE;
    struct swap swap = { .asker = sender, .asked = read_one(turn, text, again) };
    if (!swap.asked)
        return OUTCOME_DONE;
    struct shift_list shifts = rota_shifts(turn, &rota, turn->now_ms, turn->now_ms + ahead_ms);
    const struct shift *given = next_of(&shifts, sender), *taken = next_of(&shifts, swap.asked);
    if (!given || !taken || given == taken) {
        refuse(turn, given && given == taken ? "self" : "no_shift", given ? swap.asked : sender);
        return OUTCOME_DONE;
    }
    swap.given = *given;
    swap.taken = *taken;
    ask(turn, &swap);
    struct json_object *values = swap_values(turn, &swap);
    json_set_bool(values, "noted", true);
    turn_answer(turn, "rota/swap", values);
    return OUTCOME_DONE;
}

/* Asked of the sender in this room, and not answered yet. */
static bool swap_get(struct turn *turn, int64_t id, struct swap *out)
{
    struct rows rows = store_rows(turn->store,
                                  "SELECT asker, given_from, given_to, taken_from, taken_to FROM rota_swap"
                                  " WHERE id = ?1 AND room = ?2 AND asked = ?3 AND is_open = 1",
                                  "iis", id, turn->room.id, turn->event->sender);
    if (!rows_next(&rows))
        return false;
    *out = (struct swap){ .id = id,
                          .asker = rows_dup(&rows, 0, turn->arena),
                          .asked = turn->event->sender,
                          .given = { NULL, rows_int(&rows, 1), rows_int(&rows, 2) },
                          .taken = { NULL, rows_int(&rows, 3), rows_int(&rows, 4) } };
    rows_end(&rows);
    return true;
}

/* All of it is still theirs, and to come. */
static bool is_still_of(struct turn *turn, const struct rota *rota, const struct shift *shift,
                        const char *person)
{
    int64_t from_ms = shift->from_ms > turn->now_ms ? shift->from_ms : turn->now_ms;
    if (from_ms >= shift->to_ms)
        return false;
    struct shift_list shifts = rota_shifts(turn, rota, from_ms, shift->to_ms);
    return shifts.n == 1 && shifts.rows[0].person && strcmp(shifts.rows[0].person, person) == 0;
}

static void exchange(struct turn *turn, struct swap *swap)
{
    swap->given.person = swap->asked;
    swap->taken.person = swap->asker;
    rota_change(turn, &swap->given);
    rota_change(turn, &swap->taken);
    oncall_note(turn, "rota swap", arena_printf(turn->arena, "%s %s", swap->asker, swap->asked));
}

enum outcome rota_answer_swap(struct turn *turn, const char *number, bool is_yes)
{
    struct swap swap;
    struct rota rota;
    if (!swap_get(turn, strtoll(number, NULL, 10), &swap)) {
        refuse(turn, "no_swap", NULL);
        return OUTCOME_DONE;
    }
    store_run(turn->store, "UPDATE rota_swap SET is_open = 0 WHERE id = ?1", "i", swap.id);
    bool can_be = rota_get(turn, &rota) && is_still_of(turn, &rota, &swap.given, swap.asker) &&
                  is_still_of(turn, &rota, &swap.taken, swap.asked);
    const char *what = !is_yes ? "declined" : can_be ? "done" : "changed";
    if (is_yes && can_be)
        exchange(turn, &swap);
    struct json_object *values = swap_values(turn, &swap);
    json_set_bool(values, what, true);
    turn_answer(turn, "rota/swap", values);
    say_to(turn, "swap-answer", swap_values(turn, &swap), what, swap.asker);
    return OUTCOME_DONE;
}
