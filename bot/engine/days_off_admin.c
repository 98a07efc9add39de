/* What `greffier holidays` asks for: a line "import", "list" or "clear" with a room's id or nothing behind it; then, of an import,
 * a line for each span, "2026-12-24/2026-12-31 Winter break". */
#include "engine/days_off.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/frame.h"

enum { ANSWER_BYTES = 64 * 1024, LINE_BYTES = 512 };

/* Moves *at past the line. NULL at the end. */
static const char *take_line(struct arena *arena, const char **at)
{
    if (!**at)
        return NULL;
    size_t len = strcspn(*at, "\n");
    const char *line = arena_strndup(arena, *at, len < LINE_BYTES ? len : LINE_BYTES);
    *at += len + ((*at)[len] == '\n');
    return line;
}

static bool read_line(struct arena *arena, const char *line, struct days_off *out)
{
    size_t len = strcspn(line, " ");
    const char *name = text_trim(arena, text_clean(arena, line + len));
    out->name = text_shorten(arena, name, DAYS_OFF_NAME_CHARS);
    return days_off_read_text(arena_strndup(arena, line, len), &out->span) &&
           out->span.to_day - out->span.from_day < DAYS_OFF_LONGEST;
}

static const char *of_whom(struct arena *arena, const char *whose)
{
    return *whose ? arena_printf(arena, "of %s", whose) : "of everybody";
}

static char *take_in(struct turn *turn, const char *whose, const char *lines)
{
    struct days_off days[DAYS_OFF_MAX];
    size_t n = 0;
    for (const char *line; n < DAYS_OFF_MAX && (line = take_line(turn->arena, &lines));)
        n += read_line(turn->arena, line, &days[n]);
    int64_t n_gone = days_off_take_in(turn, whose, days, n);
    frame_note(turn, "calendar", NULL, arena_printf(turn->arena, "%zu", n));
    days_off_reschedule(turn, whose);
    return arena_printf(turn->arena, "spans of days off kept, %s: %zu now, %lld of a calendar before",
                        of_whom(turn->arena, whose), n, (long long)n_gone);
}

static char *list(struct turn *turn, const char *whose)
{
    struct days_off_list days = days_off_of(turn, whose, NULL);
    struct buf lines;
    buf_init(&lines, ANSWER_BYTES);
    for (size_t i = 0; i < days.n; i++)
        buf_printf(&lines, "%s  %s\n", days_off_text(turn, days.days[i].span),
                   days.days[i].name ? days.days[i].name : "(typed)");
    if (days.n == 0)
        buf_printf(&lines, "no day off %s lies ahead\n", of_whom(turn->arena, whose));
    char *text = arena_strdup(turn->arena, lines.text);
    buf_finish(&lines);
    return text;
}

char *days_off_administer(struct turn *turn, const char *words)
{
    const char *line = take_line(turn->arena, &words);
    size_t len = line ? strcspn(line, " ") : 0;
    const char *verb = line ? arena_strndup(turn->arena, line, len) : "";
    const char *whose = line ? text_trim(turn->arena, line + len) : "";
    int64_t room = *whose ? room_find(turn->store, whose) : 0;
    if (*whose && !room)
        return NULL;
    if (room)
        turn_enter_room(turn, room);
    if (strcmp(verb, "import") == 0)
        return take_in(turn, whose, words);
    if (strcmp(verb, "clear") == 0)
        return take_in(turn, whose, "");
    return strcmp(verb, "list") == 0 ? list(turn, whose) : NULL;
}
