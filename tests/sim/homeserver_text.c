/* What a request asks for, and events as a homeserver writes them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "homeserver_private.h"

char *homeserver_take_text(struct buf *out)
{
    char *text = buf_take(out);
    buf_finish(out);
    return text;
}

/* Paths */

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : toupper((unsigned char)c) - 'A' + 10;
}

static void decode(const char *from, const char *end, char out[PART_BYTES])
{
    size_t n = 0;
    while (from < end && n < PART_BYTES - 1) {
        if (*from == '%' && from + 2 < end) {
            out[n++] = (char)(hex_value(from[1]) * 16 + hex_value(from[2]));
            from += 3;
        } else {
            out[n++] = *from++;
        }
    }
    out[n] = '\0';
}

void homeserver_path_part(const char *path, int index, char out[PART_BYTES])
{
    const char *end = path + strcspn(path, "?"), *start = path;
    for (int i = 0; start < end; i++) {
        const char *part = start + 1, *stop = part;
        while (stop < end && *stop != '/')
            stop++;
        if (i == index) {
            decode(part, stop, out);
            return;
        }
        start = stop;
    }
    *out = '\0';
}

bool homeserver_query_value(const char *path, const char *name, char out[PART_BYTES])
{
    size_t len = strlen(name);
    for (const char *at = strchr(path, '?'); at; at = strchr(at + 1, '&')) {
        if (strncmp(at + 1, name, len) != 0 || at[1 + len] != '=')
            continue;
        const char *value = at + 2 + len;
        decode(value, value + strcspn(value, "&"), out);
        return true;
    }
    *out = '\0';
    return false;
}

/* Events as JSON */

/* What a state was before: how one sees that somebody left and came back. */
static const struct said *state_before(const struct said *said)
{
    const struct sim_room *room = &server.rooms[said->room];
    const struct said *before = NULL;
    for (size_t i = 0; i < room->n && room->positions[i] < said->position; i++) {
        const struct said *other = homeserver_said(room->positions[i]);
        if (other->state_key && strcmp(other->type, said->type) == 0 &&
            strcmp(other->state_key, said->state_key) == 0)
            before = other;
    }
    return before;
}

void homeserver_put_event(struct buf *out, const struct said *said)
{
    bool is_known = said->txn && said->position > server.forgotten_up_to;
    buf_printf(out, "{\"type\":\"%s\",\"event_id\":\"%s\",\"sender\":\"%s\",\"origin_server_ts\":%lld,",
               said->type, said->id, said->sender, (long long)said->at_ms);
    if (said->state_key)
        buf_printf(out, "\"state_key\":\"%s\",", said->state_key);
    buf_printf(out, "\"content\":%s,\"unsigned\":{", said->redacted_by ? "{}" : said->content);
    if (said->redacted_by)
        buf_printf(out, "\"redacted_because\":{\"event_id\":\"$%lld:example.org\"}%s",
                   (long long)said->redacted_by, is_known ? "," : "");
    if (is_known)
        buf_printf(out, "\"transaction_id\":\"%s\"", said->txn);
    const struct said *before = said->state_key ? state_before(said) : NULL;
    if (before)
        buf_printf(out, "\"prev_content\":%s", before->content);
    buf_puts(out, "}}");
}

bool homeserver_is_current_state(const struct said *said)
{
    if (!said->state_key)
        return false;
    const struct sim_room *room = &server.rooms[said->room];
    for (size_t i = room->n; i > 0; i--) {
        const struct said *other = homeserver_said(room->positions[i - 1]);
        if (other->state_key && strcmp(other->type, said->type) == 0 &&
            strcmp(other->state_key, said->state_key) == 0)
            return other == said;
    }
    return false;
}

void homeserver_put_state(struct buf *out, const struct sim_room *room, int64_t from, int64_t to,
                          bool has_members)
{
    bool is_first = true;
    for (size_t i = 0; i < room->n; i++) {
        const struct said *said = homeserver_said(room->positions[i]);
        if (said->position <= from || said->position > to || !homeserver_is_current_state(said))
            continue;
        bool is_other = strcmp(said->type, "m.room.member") == 0 && strcmp(said->state_key, BOT_ME) != 0;
        if (is_other && !has_members)
            continue;
        if (!is_first)
            buf_putc(out, ',');
        is_first = false;
        homeserver_put_event(out, said);
    }
}
