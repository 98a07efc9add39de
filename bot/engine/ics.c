#include "engine/ics.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/mine.h"
#include "time/zone.h"

enum { CALENDAR_MAX = 512 * 1024, LINE_BYTES = 75, SUBJECT_CHARS = 120 };

/* --- Lines --- */

static const char *escaped(struct arena *arena, const char *text)
{
    struct buf buf;
    buf_init(&buf, 2 * strlen(text) + 1);
    for (; *text; text++) {
        if (strchr("\\;,", *text))
            buf_putc(&buf, '\\');
        if (*text == '\n')
            buf_puts(&buf, "\\n");
        else if ((unsigned char)*text >= ' ')
            buf_putc(&buf, *text);
    }
    char *copy = arena_strdup(arena, buf.text);
    buf_finish(&buf);
    return copy;
}

/* A line that goes on begins with a space, which counts; a character stays whole. */
static void put_folded(struct buf *out, const char *line)
{
    size_t len = strlen(line), most = LINE_BYTES;
    while (len > most) {
        size_t cut = most;
        while (((unsigned char)line[cut] & 0xC0) == 0x80)
            cut--;
        buf_add(out, line, cut);
        buf_puts(out, "\r\n ");
        line += cut;
        len -= cut;
        most = LINE_BYTES - 1;
    }
    buf_puts(out, line);
    buf_puts(out, "\r\n");
}

void ics_put(struct buf *out, struct arena *arena, const char *name, const char *text)
{
    put_folded(out, arena_printf(arena, "%s:%s", name, escaped(arena, text)));
}

static void put_time(struct buf *out, struct arena *arena, const char *name, int64_t at_ms)
{
    struct civil c = zone_local("UTC", at_ms).civil;
    put_folded(out, arena_printf(arena, "%s:%04d%02d%02dT%02d%02d%02dZ", name, c.year, c.month, c.day, c.hour,
                                 c.minute, c.second));
}

/* --- Items --- */

static const char *card_url(struct turn *turn, const struct item *item)
{
    const char *event =
        store_str(turn->store, turn->arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", item->card);
    const char *room =
        store_str(turn->store, turn->arena, "SELECT room_id FROM room WHERE id = ?1", "i", item->room);
    return event && room ? arena_printf(turn->arena, "https://matrix.to/#/%s/%s", room, event) : NULL;
}

static void put_item(struct buf *out, struct turn *turn, struct item *item)
{
    char *subject = text_get(turn, item_field(turn, item, "subject"));
    const char *shown =
        subject ? text_shorten(turn->arena, text_clean(turn->arena, subject), SUBJECT_CHARS) : "";
    const char *url = card_url(turn, item);
    put_folded(out, "BEGIN:VEVENT");
    ics_put(out, turn->arena, "UID", arena_printf(turn->arena, "%s@greffier", item->uuid));
    put_time(out, turn->arena, "DTSTAMP", turn->now_ms);
    put_time(out, turn->arena, "DTSTART", item->deadline_ms);
    ics_put(out, turn->arena, "SUMMARY", arena_printf(turn->arena, "%s %s", item->name, shown));
    /* A URI is no text, and is not escaped. */
    if (url)
        put_folded(out, arena_printf(turn->arena, "URL:%s", url));
    put_folded(out, "TRANSP:TRANSPARENT");
    put_folded(out, "END:VEVENT");
}

static struct item_list open_in_room(struct turn *turn, const char *room_id)
{
    struct item_list list = { .ids = arena_alloc(turn->arena, MINE_MAX * sizeof *list.ids) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT i.id FROM item i JOIN room r ON r.id = i.room WHERE r.room_id = ?1"
                                  " AND i.closed_ms IS NULL ORDER BY i.deadline_ms, i.id LIMIT ?2",
                                  "si", room_id, (int64_t)MINE_MAX);
    while (rows_next(&rows))
        list.ids[list.n++] = rows_int(&rows, 0);
    size_t kept = 0;
    for (size_t i = 0; i < list.n; i++) {
        struct item *item = item_get(turn, list.ids[i]);
        if (item && item->habit->is_followed)
            list.ids[kept++] = list.ids[i];
    }
    list.n = kept;
    return list;
}

char *ics_text(struct turn *turn, const char *whose)
{
    struct item_list due = *whose == '@' ? mine_of(turn, whose, 0) : open_in_room(turn, whose);
    if (due.n == 0)
        return NULL;
    struct buf out;
    buf_init(&out, CALENDAR_MAX);
    put_folded(&out, "BEGIN:VCALENDAR");
    put_folded(&out, "VERSION:2.0");
    put_folded(&out, "PRODID:-//Greffier//Greffier//EN");
    for (size_t i = 0; i < due.n; i++) {
        struct item *item = item_get(turn, due.ids[i]);
        if (item)
            put_item(&out, turn, item);
    }
    put_folded(&out, "END:VCALENDAR");
    char *text = out.is_full ? NULL : arena_strdup(turn->arena, out.text);
    buf_finish(&out);
    return text;
}
