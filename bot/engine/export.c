#include "engine/export.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { EXPORT_BYTES = 900 * 1024 };

static const char *const columns[] = { "routine", "round", "day", "person", "question", "answer", "at" };
enum { N_COLUMNS = sizeof columns / sizeof columns[0], WORDS_MAX = 4 };

/* --- Rows --- */

static struct json_object *rows_of(struct turn *turn, int64_t room, const char *since)
{
    struct json_object *list = json_object_new_array();
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++) {
        if (!(*habit)->export_rows)
            continue;
        struct rows rows =
            store_rows(turn->store, "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 ORDER BY id", "is",
                       room, (*habit)->prefix);
        struct item_list items = { .ids = NULL };
        size_t cap = 0;
        while (rows_next(&rows)) {
            if (items.n == cap) {
                cap = cap ? 2 * cap : 64;
                int64_t *ids = arena_alloc(turn->arena, cap * sizeof *ids);
                for (size_t i = 0; i < items.n; i++)
                    ids[i] = items.ids[i];
                items.ids = ids;
            }
            items.ids[items.n++] = rows_int(&rows, 0);
        }
        rows_end(&rows);
        for (size_t i = 0; i < items.n; i++) {
            struct item *item = item_get(turn, items.ids[i]);
            if (item)
                (*habit)->export_rows(turn, item, since, list);
        }
    }
    return list;
}

/* --- Formats --- */

static void put_csv(struct buf *out, const char *cell)
{
    bool is_formula = *cell && strchr("=+-@", *cell);
    buf_putc(out, '"');
    if (is_formula)
        buf_putc(out, '\'');
    for (; *cell; cell++) {
        if (*cell == '"')
            buf_putc(out, '"');
        buf_putc(out, *cell);
    }
    buf_putc(out, '"');
}

static void put_markdown(struct buf *out, const char *cell)
{
    for (; *cell; cell++) {
        if (*cell == '|' || *cell == '\\')
            buf_putc(out, '\\');
        if (*cell == '\n')
            buf_puts(out, "<br>");
        else
            buf_putc(out, *cell);
    }
}

static void put_csv_row(struct buf *out, const char *const cells[N_COLUMNS])
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (i)
            buf_putc(out, ',');
        put_csv(out, cells[i]);
    }
    buf_puts(out, "\r\n");
}

static void put_markdown_row(struct buf *out, const char *const cells[N_COLUMNS])
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        buf_puts(out, "| ");
        put_markdown(out, cells[i]);
        buf_putc(out, ' ');
    }
    buf_puts(out, "|\n");
}

static void put_rows(struct buf *out, struct json_object *list,
                     void (*put_row)(struct buf *out, const char *const cells[N_COLUMNS]))
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *cells[N_COLUMNS];
        for (size_t j = 0; j < N_COLUMNS; j++) {
            const char *cell = json_str(json_object_array_get_idx(list, i), columns[j]);
            cells[j] = cell ? cell : "";
        }
        put_row(out, cells);
    }
}

/* False: there is no such format. */
static bool put_all(struct buf *out, struct json_object *list, const char *format)
{
    static const char *const rule[N_COLUMNS] = { "---", "---", "---", "---", "---", "---", "---" };
    if (strcmp(format, "json") == 0) {
        buf_puts(out, json_text(list));
        buf_putc(out, '\n');
    } else if (strcmp(format, "markdown") == 0 || strcmp(format, "md") == 0) {
        put_markdown_row(out, columns);
        put_markdown_row(out, rule);
        put_rows(out, list, put_markdown_row);
    } else if (strcmp(format, "csv") == 0) {
        for (size_t i = 0; i < N_COLUMNS; i++)
            buf_printf(out, "%s%s", i ? "," : "", columns[i]);
        buf_puts(out, "\r\n");
        put_rows(out, list, put_csv_row);
    } else {
        return false;
    }
    return true;
}

/* --- What is asked --- */

static size_t cut(struct turn *turn, const char *text, const char *words[WORDS_MAX])
{
    size_t n = 0;
    for (text = text_skip_space(text); *text && n < WORDS_MAX; text = text_skip_space(text)) {
        size_t len = strcspn(text, " \n");
        words[n++] = arena_strndup(turn->arena, text, len);
        text += len;
    }
    return *text ? 0 : n;
}

char *export_text(struct turn *turn, const char *text)
{
    const char *words[WORDS_MAX];
    size_t n = cut(turn, text, words);
    if (n < 2 || strcmp(words[0], "answers") != 0)
        return NULL;
    int64_t room = store_int(turn->store, 0, "SELECT id FROM room WHERE room_id = ?1", "s", words[1]);
    if (!room)
        return NULL;
    turn_enter_room(turn, room);
    struct json_object *list = rows_of(turn, room, n > 3 ? words[3] : "");
    struct buf out;
    buf_init(&out, EXPORT_BYTES);
    bool is_known = put_all(&out, list, n > 2 ? words[2] : "csv");
    bool is_any = is_known && json_object_array_length(list) > 0;
    char *whole = !is_any ? NULL
                  : out.is_full
                      ? arena_strdup(turn->arena, "too much for one answer: name the day to begin with, "
                                                  "as 2026-11-01, behind the format\n")
                      : arena_strdup(turn->arena, out.text);
    buf_finish(&out);
    json_object_put(list);
    return whole;
}
