#include "audit.h"

#include <string.h>

#include "base/log.h"
#include "store/outbox.h"
#include "store/timer.h"

bool audit_is_due(const struct audit *audit, int64_t now_ms)
{
    return now_ms >= audit->last_ms + AUDIT_MS || now_ms < audit->last_ms;
}

/*
 * Mostly nothing is to be found. Each count is preceded by a question without the time in it, whose answer the store keeps
 * until something changes (store.c): a bot at rest looks at nothing.
 */

/* A habit's item that waits for people has its date behind it; one with a date to come must have a timer. */
static int64_t count_stepless(struct store *store, int64_t now_ms)
{
    if (store_int(
            store, 0,
            "SELECT max(i.deadline_ms) FROM item i INDEXED BY item_open_by_owner WHERE i.closed_ms IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.item = i.id)",
            "") <= now_ms)
        return 0;
    return store_int(store, 0,
                     "SELECT count(*) FROM item i WHERE i.closed_ms IS NULL AND i.deadline_ms > ?1"
                     " AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.item = i.id)",
                     "i", now_ms);
}

/* Those that wait for a room on hold, for a barrier, or for a hold of their own are where they should be. */
static int64_t count_overdue(struct store *store, const struct audit_world *world)
{
    int64_t before_ms = world->now_ms - AUDIT_TIMER_MS;
    if (timer_next_ms(store, 0) >= before_ms)
        return 0;
    return store_int(store, 0,
                     "SELECT count(*) FROM timer t LEFT JOIN item i ON i.id = t.item"
                     " LEFT JOIN room r ON r.id = i.room"
                     " WHERE t.due_ms < ?1 AND coalesce(t.held_until_ms, 0) < ?1"
                     " AND (r.id IS NULL OR (r.membership = 'join' AND r.hold_since_ms IS NULL))"
                     " AND (t.needs_barrier = 0 OR t.due_ms < ?2)",
                     "ii", before_ms, world->barrier_ms);
}

/* Each row before it may take a token of the limit. */
static int64_t count_late(struct store *store, const struct audit_world *world)
{
    int64_t n_live = outbox_n_live(store, 0), before_ms = world->now_ms - AUDIT_ROW_MS;
    if (n_live == 0)
        return 0;
    double queue_ms = world->refill_per_s > 0 ? (double)n_live * 1000.0 / world->refill_per_s : 0;
    /* The second condition is that of an index, without which all that was ever said is read; a list, IN (0, 1), would be
     * made a table of its own each time. */
    return store_int(store, 0,
                     "SELECT count(*) FROM outbox o JOIN room r ON r.id = o.room"
                     " WHERE o.state < 2 AND o.state < 4 AND o.created_ms < ?1 AND o.next_try_ms < ?2"
                     " AND r.membership = 'join' AND r.hold_since_ms IS NULL",
                     "ii", before_ms - (int64_t)queue_ms, before_ms);
}

static int64_t count_unseen(struct store *store, const struct audit_world *world)
{
    return outbox_oldest_sent_ms(store) ? outbox_n_unconfirmed(store, world->now_ms - AUDIT_UNSEEN_MS) : 0;
}

void audit_add_findings(const struct audit *audit, struct buf *lines)
{
    if (audit->n_overdue)
        buf_printf(lines, "%lld timers are overdue: restart the bot, and report it\n",
                   (long long)audit->n_overdue);
    if (audit->n_late)
        buf_printf(lines, "%lld messages wait longer than the homeserver's limit explains\n",
                   (long long)audit->n_late);
    if (audit->n_unseen)
        buf_printf(lines, "%lld messages were accepted by the homeserver and not seen in their rooms\n",
                   (long long)audit->n_unseen);
    if (audit->n_stepless)
        buf_printf(lines, "%lld open items have no next step: `greffier search` finds them; report it\n",
                   (long long)audit->n_stepless);
}

static bool is_same(const struct audit *a, const struct audit *b)
{
    return a->n_stepless == b->n_stepless && a->n_overdue == b->n_overdue && a->n_late == b->n_late &&
           a->n_unseen == b->n_unseen;
}

static void tell(const struct audit *audit)
{
    struct buf lines;
    buf_init(&lines, 1024);
    audit_add_findings(audit, &lines);
    if (!lines.len)
        log_info("audit: all is well again");
    for (char *rest = lines.text, *line; lines.len && (line = strsep(&rest, "\n")) != NULL && *line;)
        log_error("audit: %s", line);
    buf_finish(&lines);
}

void audit_run(struct audit *audit, struct store *store, const struct audit_world *world)
{
    struct audit before = *audit;
    *audit = (struct audit){ .last_ms = world->now_ms, .n_stepless = count_stepless(store, world->now_ms) };
    if (world->is_well) {
        audit->n_overdue = count_overdue(store, world);
        audit->n_late = count_late(store, world);
        audit->n_unseen = count_unseen(store, world);
    }
    if (!is_same(&before, audit))
        tell(audit);
}

bool audit_is_stuck(const struct audit *audit)
{
    return audit->n_overdue || audit->n_late;
}
