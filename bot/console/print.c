#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "console/state.h"
#include "store/message.h"
#include "store/outbox.h"
#include "time/timewords.h"

/* A row on its way out, with what it refers to known. */
struct saying {
    struct outbox_row row;
    struct spoken spoken;
    const char *event_id;
    const char *thread, *reply, *target; /* event ids or NULL */
    const char *where;
};

static const char *resolved(struct console *console, const char *reference)
{
    bool is_gone;
    return reference ? outbox_resolve(console->store, reference, console->arena, &is_gone) : NULL;
}

static const char *item_of_event(struct console *console, const char *event_id)
{
    struct message_row message;
    if (!message_get(console->store, event_id, console->arena, &message) || !message.item)
        return NULL;
    return engine_item_name(console->engine, message.item, console->arena);
}

/* The second part of a head line: the card, the thread or the answer that this is; "" if it just stands there. */
static const char *where_of(struct console *console, const struct saying *saying)
{
    const struct outbox_row *row = &saying->row;
    struct remembered other;
    if (row->kind == OUTBOX_EDIT)
        return world_recall(console, saying->target, &other) && other.where ? other.where : "";
    if (row->kind == OUTBOX_REDACTION && world_recall(console, saying->target, &other))
        return arena_printf(console->arena, "removes what %s wrote", world_shown(console, other.sender) + 1);
    if (saying->thread) {
        const char *item = item_of_event(console, saying->thread);
        return item ? arena_printf(console->arena, "%s thread", item) : "thread";
    }
    if (row->item && strcmp(row->role, "card") == 0)
        return engine_item_name(console->engine, row->item, console->arena);
    if (world_recall(console, saying->reply, &other) && *other.sender)
        return arena_printf(console->arena, "reply to %s", world_shown(console, other.sender) + 1);
    return "";
}

static void addressed(struct console *console, const struct saying *saying, const char *person)
{
    world_set(console, "to", world_in_room(console, saying->row.room, person), saying->event_id);
}

/* Whom it is said to: those it pings, whose message it answers; else who caused it. */
static void note_addressees(struct console *console, const struct saying *saying)
{
    struct remembered other;
    bool is_ping = saying->row.is_text && saying->spoken.mentions[0];
    for (const char **person = saying->spoken.mentions; is_ping && *person; person++)
        addressed(console, saying, *person);
    bool is_known = world_recall(console, saying->reply, &other) && *other.sender;
    if (!is_known && !is_ping)
        is_known = world_recall(console, saying->row.cause, &other) && *other.sender;
    if (is_known)
        addressed(console, saying, other.sender);
}

static void note_thread(struct console *console, const struct saying *saying)
{
    if (!saying->thread || world_get(console, "opened", saying->thread))
        return;
    const char *room = arena_printf(console->arena, "%lld", (long long)saying->row.room);
    world_set(console, "opened", saying->thread, "1");
    world_set(console, "thread", room, saying->thread);
}

/* A terminal must not be steered by what somebody wrote: what is left of control characters is shown. */
static void add_line(struct buf *buf, const char *line, size_t len)
{
    if (len > 0)
        buf_puts(buf, "  ");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];
        bool is_c1 = c == 0xC2 && i + 1 < len && (unsigned char)line[i + 1] < 0xA0;
        if (c < 0x20 || c == 0x7F || is_c1)
            buf_puts(buf, "\uFFFD");
        else
            buf_putc(buf, (char)c);
        i += is_c1;
    }
    buf_putc(buf, '\n');
}

static void print_body(struct console *console, const char *body)
{
    enum { BODY_MAX_LEN = 1 << 20 };
    struct buf buf;
    buf_init(&buf, BODY_MAX_LEN);
    for (const char *line = text_trim(console->arena, body); *line;) {
        size_t len = strcspn(line, "\n");
        add_line(&buf, line, len);
        line += len + (line[len] == '\n');
    }
    fputs(buf.text, console->out);
    buf_finish(&buf);
}

static void print_saying(struct console *console, const struct saying *saying)
{
    const struct outbox_row *row = &saying->row;
    const char *zone = world_zone(console, row->room);
    fprintf(console->out, "%s %s", timewords_head(console->arena, console->now_ms, zone),
            world_label(console, row->room));
    if (*saying->where)
        fprintf(console->out, " · %s", saying->where);
    if (row->kind == OUTBOX_EDIT)
        fputs(" (edits)", console->out);
    if (row->kind == OUTBOX_MESSAGE && row->is_text && saying->spoken.mentions[0]) {
        fputs(" ->", console->out);
        for (const char **person = saying->spoken.mentions; *person; person++)
            fprintf(console->out, " %s", world_shown(console, *person));
    }
    fputc('\n', console->out);
    print_body(console, saying->spoken.body ? saying->spoken.body : "");
}

/* As a homeserver that takes everything at once: sealed, sent, seen again. */
static void deliver(struct console *console, struct saying *saying)
{
    const struct outbox_row *row = &saying->row;
    saying->event_id = world_event_id(console);
    saying->thread = resolved(console, row->thread);
    saying->reply = resolved(console, row->reply);
    saying->target = resolved(console, row->target);
    const char *text = row->kind == OUTBOX_REACTION ? saying->spoken.key : saying->spoken.body;
    if (row->state == OUTBOX_QUEUED)
        outbox_seal(console->store, row->id, text ? text : "", console->now_ms);
    outbox_sent(console->store, row->id, saying->event_id, console->now_ms);
    outbox_done(console->store, row->id, saying->event_id);
    saying->where = where_of(console, saying);
    world_remember(console, saying->event_id,
                   &(struct remembered){
                       .sender = "", .room = row->room, .thread = saying->thread, .where = saying->where });
    if (row->kind == OUTBOX_MESSAGE) {
        note_addressees(console, saying);
        note_thread(console, saying);
    }
}

static void print_row(struct console *console, int64_t id)
{
    struct saying saying = { 0 };
    struct err err = { "" };
    console_begin(console);
    bool is_there = outbox_get(console->store, id, console->arena, &saying.row);
    bool ok = is_there && engine_speak(console->engine, &saying.row, console->arena, &saying.spoken, &err);
    if (ok) {
        deliver(console, &saying);
    } else {
        outbox_park(console->store, id, err.text);
        log_error("%s cannot be said: %s", is_there ? saying.row.template_name : "a row", err.text);
        console->status = 1;
    }
    if (console_commit(console) && ok && saying.row.kind != OUTBOX_REACTION)
        print_saying(console, &saying);
}

void print_outbox(struct console *console)
{
    struct outbox_asked asked = { .now_ms = console->now_ms };
    struct outbox_head head;
    world_open_wanted(console);
    /* One at a time: a row may be what the next one refers to, and lanes keep their order. */
    while (!console->is_over && outbox_heads(console->store, &asked, &head, 1) == 1)
        print_row(console, head.id);
    fflush(console->out);
}
