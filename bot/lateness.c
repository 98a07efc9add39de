#include "lateness.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS, TEXT_BYTES = 256 };

void lateness_note(struct store *store, const struct lateness *lateness)
{
    int64_t late_ms = lateness->now_ms > lateness->due_ms ? lateness->now_ms - lateness->due_ms : 0;
    bool is_apart = lateness->due_ms < lateness->heard_ms;
    int64_t hour = lateness->now_ms / HOUR_MS;
    /* -1: nothing was due. What stands in the place is of this hour, or of another day. */
    store_run(
        store,
        "INSERT INTO lateness(place, hour, worst_ms, apart_ms) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT(place) DO UPDATE SET"
        " worst_ms = max(iif(hour = ?2, worst_ms, -1), ?3), apart_ms = max(iif(hour = ?2, apart_ms, -1), ?4),"
        " hour = ?2",
        "iiii", hour % LATENESS_HOURS, hour, is_apart ? -1 : late_ms, is_apart ? late_ms : -1);
}

struct worst {
    int64_t late_ms, apart_ms; /* -1: nothing was due */
};

static struct worst worst_of_day(struct store *store, int64_t now_ms)
{
    int64_t hour = now_ms / HOUR_MS;
    struct worst worst = { -1, -1 };
    struct rows rows =
        store_rows(store,
                   "SELECT coalesce(max(worst_ms), -1), coalesce(max(apart_ms), -1) FROM lateness"
                   " WHERE hour > ?1 AND hour <= ?2",
                   "ii", hour - LATENESS_HOURS, hour);
    if (rows_next(&rows))
        worst = (struct worst){ rows_int(&rows, 0), rows_int(&rows, 1) };
    rows_end(&rows);
    return worst;
}

/* Never less than it was. */
static void add_length(struct buf *buf, int64_t ms)
{
    enum { AS_SECONDS = 2 * MINUTE_MS, AS_MINUTES = 2 * HOUR_MS };
    int64_t unit_ms = ms <= AS_SECONDS ? SECOND_MS : ms <= AS_MINUTES ? MINUTE_MS : HOUR_MS;
    const char *unit = ms <= AS_SECONDS ? "s" : ms <= AS_MINUTES ? "min" : "h";
    buf_printf(buf, "%lld %s", (long long)((ms + unit_ms - 1) / unit_ms), unit);
}

void lateness_add_finding(struct store *store, int64_t now_ms, struct buf *lines)
{
    struct worst worst = worst_of_day(store, now_ms);
    if (worst.late_ms <= LATENESS_WRONG_MS)
        return;
    buf_puts(lines, "due things of the last day were up to ");
    add_length(lines, worst.late_ms);
    buf_puts(lines, " late while the bot was running: look for what held it up (the disk, the memory, a room"
                    " whose history could not be had), or report it\n");
}

char *lateness_text(struct store *store, int64_t now_ms, struct arena *arena)
{
    struct worst worst = worst_of_day(store, now_ms);
    if (worst.late_ms > LATENESS_WRONG_MS || (worst.late_ms < 0 && worst.apart_ms < 0))
        return NULL;
    struct buf line;
    buf_init(&line, TEXT_BYTES);
    buf_puts(&line, "due things of the last day were at most ");
    add_length(&line, worst.late_ms < 0 ? 0 : worst.late_ms);
    buf_puts(&line, " late");
    if (worst.apart_ms >= 0) {
        buf_puts(&line, ", and after an outage ");
        add_length(&line, worst.apart_ms);
    }
    char *text = arena_strdup(arena, line.text);
    buf_finish(&line);
    return text;
}
