/* What happens when a timer's hour has come. */

#include <string.h>

#include "base/plant.h"
#include "engine/absence.h"
#include "engine/calls.h"
#include "engine/digest.h"
#include "engine/oncall.h"
#include "engine/own_up.h"
#include "engine/private.h"
#include "store/timer.h"

enum { CAUGHT_UP_MAX = 64 };

static const char *timer_cause(struct engine *engine, const struct timer *timer)
{
    return arena_printf(engine->arena, "%s@%lld", timer->key, (long long)timer->due_ms);
}

/* What an item's timer does when its hour has come. */
static enum act act_of_timer(const char *what)
{
    static const struct {
        const char *what;
        enum act act;
    } rows[] = { { "remind", ACT_REMIND },
                 { "ask", ACT_ASK },
                 { "talk", ACT_TALK },
                 { "ring", ACT_RING },
                 { "check", ACT_CHECK } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].what, what) == 0)
            return rows[i].act;
    return ACT_DEADLINE;
}

/* A timer of no item is a person's, a room's, or the bot's own (own_up.h). */
static void fire_for_person(struct turn *turn, const struct timer *timer)
{
    static const struct {
        const char *what;
        void (*fire)(struct turn *turn, const char *person);
    } rows[] = { { ABSENCE_TIMER, absence_return },
                 { CALLS_TIMER, calls_due },
                 { DIGEST_TIMER, digest_morning } };
    for (size_t i = 0; timer->person && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].what, timer->what) == 0) {
            rows[i].fire(turn, timer->person);
            return;
        }
    if (!ask_timer(turn, timer) && !oncall_timer(turn, timer))
        own_up_timer(turn, timer);
}

static void fire_for_item(struct turn *turn, const struct timer *timer)
{
    struct item *item = item_get(turn, timer->item);
    if (!item)
        return;
    turn_enter_room(turn, item->room);
    lifecycle_act(turn, item,
                  &(struct act_request){ .act = act_of_timer(timer->what), .door = DOOR_TIMER, .text = "" });
}

void fire_timer(struct engine *engine, const struct timer *timer, int64_t now_ms, struct outage outage)
{
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = timer_cause(engine, timer);
    turn.origin = NULL;
    turn.cause_ms = timer->due_ms;
    if (timer->due_ms >= outage.from_ms && timer->due_ms <= outage.to_ms)
        turn.outage = outage;
    if (!PLANTED(TIMER_KEPT))
        timer_remove(engine->store, timer->key);
    if (timer->item)
        fire_for_item(&turn, timer);
    else
        fire_for_person(&turn, timer);
}

/* What a life of the store that was lost has shown on the card of the timer's item when the timer was due. */
static bool was_fired(struct engine *engine, const struct timer *timer)
{
    char *card = store_str(engine->store, engine->arena,
                           "SELECT o.txn FROM item i JOIN outbox o ON o.id = i.card WHERE i.id = ?1", "i",
                           timer->item);
    if (!card)
        return false;
    const char *parts[] = { timer_cause(engine, timer), arena_printf(engine->arena, TURN_EDIT_STEP, card) };
    char *txn = secret_hash(engine->arena, engine->install, parts, 2);
    return store_int(engine->store, 0, "SELECT 1 FROM seen WHERE txn = ?1", "s", txn);
}

void fire_before(struct engine *engine, int64_t at_ms)
{
    struct timer timers[CAUGHT_UP_MAX];
    size_t n = 0;
    if (!store_int(engine->store, 0, "SELECT 1 FROM seen LIMIT 1", ""))
        return;
    struct rows rows = store_rows(engine->store,
                                  "SELECT key, due_ms, what, item FROM timer WHERE due_ms <= ?1"
                                  " AND item IS NOT NULL ORDER BY due_ms, key LIMIT ?2",
                                  "ii", at_ms, (int64_t)CAUGHT_UP_MAX);
    while (rows_next(&rows))
        timers[n++] = (struct timer){ .key = rows_dup(&rows, 0, engine->arena),
                                      .due_ms = rows_int(&rows, 1),
                                      .what = rows_dup(&rows, 2, engine->arena),
                                      .item = rows_int(&rows, 3) };
    for (size_t i = 0; i < n; i++)
        if (was_fired(engine, &timers[i]))
            fire_timer(engine, &timers[i], timers[i].due_ms, (struct outage){ 0 });
}
