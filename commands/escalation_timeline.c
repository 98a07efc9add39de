/* The timeline of an escalation: what was done, whom it called, and what was said and kept. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/pin.h"

enum {
    SAID_MAX = 200, /* characters of what somebody said */
    LINE_BYTES = 240, /* of the rest of a line, as text and as HTML */
    LINES_BYTES_MAX =
        16 * 1024, /* the newest lines of so many are shown: words/message.h has a bound for all of a page */
};

struct called escalation_read_called(struct turn *turn, const struct history_row *row)
{
    if (strcmp(row->what, "called") != 0 || !row->detail)
        return (struct called){ 0 };
    size_t len = strcspn(row->detail, " ");
    return (struct called){ .person = arena_strndup(turn->arena, row->detail, len),
                            .why = text_skip_space(row->detail + len) };
}

static void add_call(struct turn *turn, struct json_object *line, const struct called *called)
{
    json_set_bool(line, "called", true);
    json_set(line, "whom", values_person(turn, called->person));
    json_set_bool(line, arena_printf(turn->arena, "why_%s", called->why), true);
}

/* What is told of the history; the rest of it is bookkeeping. */
static bool is_told(const struct history_row *row)
{
    static const char *const told[] = { "opened",   "called",     "away",     "left",   "take",
                                        "checked",  "overdue",    "due",      "again",  "unreached",
                                        "solved",   "cancelled",  "reopened", "recap",  "handover",
                                        "declined", "unanswered", "snoozed",  "lapsed", "spared" };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (strcmp(row->what, told[i]) == 0)
            return true;
    return strcmp(row->what, "field") == 0 && row->detail && strcmp(row->detail, "progress") == 0;
}

static struct json_object *history_line(struct turn *turn, const struct item *item,
                                        const struct history_row *row)
{
    struct json_object *line = values_new();
    struct called called = escalation_read_called(turn, row);
    json_set(line, "at", values_time(turn, row->at_ms, item->deadline_zone));
    if (row->person)
        json_set(line, "by", values_person(turn, row->person));
    if (called.person) {
        add_call(turn, line, &called);
        return line;
    }
    if (strcmp(row->what, "field") == 0)
        json_set(line, "told", values_text(row->text, SAID_MAX));
    else
        json_set_bool(line, arena_printf(turn->arena, "did_%s", row->what), true);
    if (row->detail && strcmp(row->what, "snoozed") == 0)
        json_set(line, "until", values_time(turn, strtoll(row->detail, NULL, 10), item->deadline_zone));
    bool is_of_person = row->detail && *row->detail == '@';
    if (is_of_person)
        json_set(line, "whom", values_person(turn, row->detail));
    else if (row->detail && strcmp(row->what, "again") == 0)
        json_set_bool(line, arena_printf(turn->arena, "for_%s", row->detail), true);
    if (row->text && strcmp(row->what, "field") != 0)
        json_set(line, "text", values_text(row->text, SAID_MAX));
    return line;
}

static struct json_object *kept_line(struct turn *turn, const struct item *item, const struct pin *pin)
{
    struct json_object *line = values_new();
    json_set(line, "at", values_time(turn, pin->said_ms, item->deadline_zone));
    json_set(line, "by", values_person(turn, pin->author));
    json_set(line, "told", values_text(pin->text, SAID_MAX));
    return line;
}

struct line {
    struct json_object *value;
    int64_t text; /* 0: none */
};

struct lines {
    struct line *rows;
    size_t n;
};

static void add_line(struct lines *lines, struct json_object *value, int64_t text)
{
    lines->rows[lines->n++] = (struct line){ value, text };
}

/* What was done, and what was said and kept, in the order of time. */
static struct lines all_lines(struct turn *turn, const struct item *item)
{
    struct history_list history = item_history(turn, item);
    struct pin_list pins = pin_list(turn, item);
    struct lines lines = { .rows = arena_alloc(turn->arena, (history.n + pins.n + 1) * sizeof *lines.rows) };
    size_t n_pins = 0;
    for (size_t i = 0; i <= history.n; i++) {
        const struct history_row *row = i < history.n ? &history.rows[i] : NULL;
        for (; n_pins < pins.n && (!row || pins.rows[n_pins].said_ms < row->at_ms); n_pins++)
            add_line(&lines, kept_line(turn, item, &pins.rows[n_pins]), pins.rows[n_pins].text);
        if (row && is_told(row))
            add_line(&lines, history_line(turn, item, row), row->text);
    }
    return lines;
}

/* As text and as HTML, in which a sign may need six bytes. */
static size_t bytes_of(struct turn *turn, int64_t text)
{
    const char *content = text ? text_get(turn, text) : NULL;
    size_t bytes = LINE_BYTES;
    for (const char *c = content ? text_shorten(turn->arena, content, SAID_MAX) : ""; *c; c++)
        bytes += strchr("&<>\"'", *c) ? 7 : 2;
    return bytes;
}

struct json_object *escalation_timeline(struct turn *turn, const struct item *item)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct lines lines = all_lines(turn, item);
    size_t first = lines.n, bytes = 0;
    while (first > 0 && (bytes += bytes_of(turn, lines.rows[first - 1].text)) <= LINES_BYTES_MAX)
        first--;
    for (size_t i = 0; i < lines.n; i++)
        if (i < first)
            json_object_put(lines.rows[i].value);
        else
            json_object_array_add(list, lines.rows[i].value);
    json_set_int(values, "earlier", (int64_t)first);
    json_set(values, "list", list);
    return values;
}
