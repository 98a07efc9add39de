#include "store/history.h"

#include <string.h>

#include "base/secret.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *link_of(struct arena *arena, const char *before, const struct history_line *line)
{
    static const unsigned char no_key[SECRET_KEY_BYTES];
    const char *const parts[] = {
        or_empty(before),
        arena_printf(arena, "%lld %lld %lld %lld", (long long)line->item, (long long)line->room,
                     (long long)line->at_ms, (long long)line->text),
        or_empty(line->person),
        line->event,
        line->what,
        or_empty(line->detail),
    };
    return secret_hash(arena, no_key, parts, sizeof parts / sizeof *parts);
}

void history_add(struct store *store, struct arena *arena, const struct history_line *line)
{
    const char *before = store_str(store, arena, "SELECT link FROM history ORDER BY id DESC LIMIT 1", "");
    store_run(store,
              "INSERT INTO history(item, room, at_ms, person, event, what, detail, text, link)"
              " VALUES(nullif(?1, 0), nullif(?2, 0), ?3, ?4, ?5, ?6, ?7, nullif(?8, 0), ?9)",
              "iiissssis", line->item, line->room, line->at_ms, line->person, line->event, line->what,
              line->detail, line->text, link_of(arena, before, line));
}

int64_t history_find_break(struct store *store, int64_t n_lines)
{
    int64_t last = store_int(store, 0, "SELECT max(id) FROM history", ""), broken = 0;
    struct arena *arena = arena_create();
    struct rows rows = store_rows(
        store,
        "SELECT h.id, h.item, h.room, h.at_ms, h.person, h.event, h.what, h.detail, h.text, h.link,"
        " (SELECT b.link FROM history b WHERE b.id < h.id ORDER BY b.id DESC LIMIT 1) FROM history h"
        " WHERE h.id > ?1 ORDER BY h.id",
        "i", last - n_lines);
    while (!broken && rows_next(&rows)) {
        struct history_line line = { .item = rows_int(&rows, 1),
                                     .room = rows_int(&rows, 2),
                                     .at_ms = rows_int(&rows, 3),
                                     .person = rows_text(&rows, 4),
                                     .event = or_empty(rows_text(&rows, 5)),
                                     .what = or_empty(rows_text(&rows, 6)),
                                     .detail = rows_text(&rows, 7),
                                     .text = rows_int(&rows, 8) };
        if (strcmp(link_of(arena, rows_text(&rows, 10), &line), or_empty(rows_text(&rows, 9))) != 0)
            broken = rows_int(&rows, 0);
        arena_reset(arena);
    }
    rows_end(&rows);
    arena_destroy(arena);
    return broken;
}
