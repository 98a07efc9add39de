#include "matrix/parse.h"

#include <string.h>

#include "base/text.h"

static bool is_id(const char *text, char sigil)
{
    if (!text || *text != sigil)
        return false;
    size_t len = strlen(text);
    if (len < 2 || len > EVENT_ID_BYTES)
        return false;
    /* What cannot be seen in an id is there to make it look like another one. */
    size_t n = 1;
    for (const char *c = text; *c; c += n) {
        if (*c > ' ' && *c <= '~') {
            n = 1;
            continue; /* nearly all ids are of these alone, and each event has four */
        }
        int code = text_codepoint(c, &n);
        if (code == 0xFFFD || code == '\n' || text_is_hidden(code) || text_is_blank(code))
            return false;
    }
    return true;
}

bool parse_is_room_id(const char *text)
{
    return is_id(text, '!');
}

bool parse_is_user_id(const char *text)
{
    const char *colon = is_id(text, '@') ? strchr(text, ':') : NULL;
    return colon && colon > text + 1 && colon[1];
}

static const char *event_id_at(struct json_object *json, const char *path)
{
    const char *id = json_str(json, path);
    return is_id(id, '$') ? id : NULL;
}

const char *parse_event_id(struct json_object *json)
{
    return event_id_at(json, "event_id");
}

const char *parse_sender(struct json_object *json)
{
    const char *sender = json_str(json, "sender");
    return parse_is_user_id(sender) ? sender : NULL;
}

const char *parse_state_key(struct json_object *json)
{
    const char *key = json_str(json, "state_key");
    return key && strlen(key) <= EVENT_ID_BYTES ? key : NULL;
}

bool parse_is_turning(struct json_object *json, const char *person, const char *membership)
{
    const char *type = json_str(json, "type"), *key = parse_state_key(json);
    const char *now = json_str(json, "content/membership");
    const char *before = json_str(json, "unsigned/prev_content/membership");
    return type && strcmp(type, "m.room.member") == 0 && key && strcmp(key, person) == 0 && now &&
           strcmp(now, membership) == 0 && (!before || strcmp(before, membership) != 0);
}

static bool is_mentioning(struct json_object *content, const char *me)
{
    struct json_object *ids = json_arr(content, "m.mentions/user_ids");
    for (size_t i = 0; ids && i < json_object_array_length(ids); i++) {
        const char *id = json_str(json_object_array_get_idx(ids, i), "");
        if (id && strcmp(id, me) == 0)
            return true;
    }
    return false;
}

/* Older clients put what is answered before the answer, as lines that begin with "> ", then an empty line. */
static const char *without_fallback(const char *body)
{
    const char *line = body;
    while (line[0] == '>' && (line[1] == ' ' || line[1] == '\n' || line[1] == '\0')) {
        const char *end = strchr(line, '\n');
        if (!end)
            return line + strlen(line);
        line = end + 1;
    }
    return line != body && *line == '\n' ? line + 1 : line;
}

/* Sets thread and reply; returns whether m.in_reply_to is there at all. */
static bool read_relations(struct json_object *content, struct event *event)
{
    const char *rel_type = json_str(content, "m.relates_to/rel_type");
    const char *reply = event_id_at(content, "m.relates_to/m.in_reply_to/event_id");
    if (rel_type && strcmp(rel_type, "m.thread") == 0)
        event->thread = event_id_at(content, "m.relates_to/event_id");
    bool is_only_fallback = event->thread && json_flag(content, "m.relates_to/is_falling_back", false);
    event->reply = is_only_fallback ? NULL : reply;
    return reply;
}

static const char *read_text(struct json_object *content, const char *name)
{
    const char *text = json_str(content, name);
    return text && strlen(text) <= EVENT_BODY_BYTES ? text : NULL;
}

static bool is_talk(const char *msgtype)
{
    return msgtype && (strcmp(msgtype, "m.text") == 0 || strcmp(msgtype, "m.emote") == 0);
}

static bool read_edit(struct json_object *content, const char *me, struct event *event)
{
    struct json_object *fresh = json_obj(content, "m.new_content");
    event->kind = EVENT_EDIT;
    event->target = event_id_at(content, "m.relates_to/event_id");
    event->body = read_text(fresh, "body");
    event->is_mentioning_me = is_mentioning(fresh, me);
    return event->target && event->body && is_talk(json_str(fresh, "msgtype"));
}

static bool read_message(struct json_object *content, const char *me, struct event *event)
{
    const char *msgtype = json_str(content, "msgtype"),
               *rel_type = json_str(content, "m.relates_to/rel_type");
    if (rel_type && strcmp(rel_type, "m.replace") == 0)
        return read_edit(content, me, event);
    event->body = read_text(content, "body");
    if (!msgtype || !event->body)
        return false;
    if (read_relations(content, event))
        event->body = without_fallback(event->body);
    event->is_mentioning_me = is_mentioning(content, me);
    event->kind = strcmp(msgtype, "m.notice") == 0 ? EVENT_NOTICE : EVENT_MESSAGE;
    return event->kind == EVENT_NOTICE || is_talk(msgtype);
}

static bool read_reaction(struct json_object *content, struct event *event)
{
    const char *rel_type = json_str(content, "m.relates_to/rel_type");
    event->kind = EVENT_REACTION;
    event->target = event_id_at(content, "m.relates_to/event_id");
    event->key = json_str(content, "m.relates_to/key");
    return rel_type && strcmp(rel_type, "m.annotation") == 0 && event->target && event->key && *event->key &&
           strlen(event->key) <= EVENT_KEY_BYTES;
}

/* The target stands at the top up to room version 10 and in the content from 11 on. Servers check the one
 * that counts in that version: if both are there and differ, somebody hopes that we take the other. */
static bool read_redaction(struct json_object *json, struct json_object *content, struct event *event)
{
    const char *top = event_id_at(json, "redacts"), *inner = event_id_at(content, "redacts");
    event->kind = EVENT_REDACTION;
    event->target = top ? top : inner;
    return event->target && (!top || !inner || strcmp(top, inner) == 0);
}

static bool read_member(struct json_object *json, struct json_object *content, const char *me,
                        struct event *event)
{
    event->person = parse_state_key(json);
    event->membership = json_str(content, "membership");
    if (!parse_is_user_id(event->person) || !event->membership || strlen(event->membership) > EVENT_KEY_BYTES)
        return false;
    event->kind = EVENT_MEMBER;
    if (strcmp(event->person, me) == 0) {
        bool is_in = strcmp(event->membership, "join") == 0;
        bool is_out = strcmp(event->membership, "leave") == 0 || strcmp(event->membership, "ban") == 0;
        event->kind = is_in ? EVENT_SELF_JOINED : EVENT_SELF_LEFT;
        event->reason = is_out ? read_text(content, "reason") : NULL;
        return is_in || is_out;
    }
    return true;
}

static bool read_by_type(struct json_object *json, struct json_object *content, const char *me,
                         struct event *event)
{
    const char *type = json_str(json, "type");
    if (!type)
        return false;
    bool is_state = json_find(json, "state_key");
    if (strcmp(type, "m.room.member") == 0)
        return is_state && read_member(json, content, me, event);
    if (is_state)
        return false;
    if (strcmp(type, "m.room.redaction") == 0)
        return read_redaction(json, content, event);
    /* What was redacted says nothing any more; its redaction is an event of its own. */
    if (json_find(json, "unsigned/redacted_because"))
        return false;
    if (strcmp(type, "m.room.message") == 0)
        return read_message(content, me, event);
    if (strcmp(type, "m.reaction") == 0)
        return read_reaction(content, event);
    if (strcmp(type, "m.room.encrypted") == 0) {
        event->kind = EVENT_UNREADABLE;
        read_relations(content, event);
        return true;
    }
    return false;
}

static const char *read_txn(struct json_object *json, const char *path)
{
    const char *txn = json_str(json, path);
    return txn && strlen(txn) <= EVENT_ID_BYTES ? txn : NULL;
}

enum parse_result parse_event(struct json_object *json, const char *me, struct arena *arena,
                              struct parsed *out)
{
    *out = (struct parsed){ .event = { .id = parse_event_id(json),
                                       .sender = parse_sender(json),
                                       .at_ms = json_int(json, "origin_server_ts", 0) } };
    struct json_object *content = json_obj(json, "content");
    if (!out->event.id || !out->event.sender || !content)
        return PARSE_NOTHING;
    if (json_depth(content, EVENT_DEPTH) > EVENT_DEPTH)
        return PARSE_TOO_DEEP;
    bool is_for_engine = read_by_type(json, content, me, &out->event);
    /* The JSON may be put before the event is used: the engine gets copies. */
    struct event *event = &out->event;
    const char **texts[] = { &event->id,         &event->sender, &event->body, &event->thread,
                             &event->reply,      &event->target, &event->key,  &event->person,
                             &event->membership, &event->reason };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    if (strcmp(event->sender, me) == 0 && !json_find(json, "state_key")) {
        out->txn = arena_strdup(arena, read_txn(json, "unsigned/transaction_id"));
        out->content_txn = arena_strdup(arena, read_txn(content, "io.greffier.txn"));
        return PARSE_OWN;
    }
    return is_for_engine ? PARSE_EVENT : PARSE_NOTHING;
}
