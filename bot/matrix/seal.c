#include "matrix/seal.h"

#include <assert.h>
#include <string.h>

#include "matrix/http.h"

const char seal_encrypted_reason[] = "encrypted";

static struct json_object *mentions_of(const char *const *people)
{
    struct json_object *mentions = json_object_new_object();
    if (people && *people) {
        struct json_object *ids = json_object_new_array();
        for (; *people; people++)
            json_add_str(ids, *people);
        json_set(mentions, "user_ids", ids);
    }
    return mentions;
}

static struct json_object *message_of(const struct seal *seal, struct arena *arena, const char *msgtype,
                                      const char *prefix)
{
    struct json_object *content = json_object_new_object();
    const struct spoken *spoken = seal->spoken;
    json_set_str(content, "msgtype", msgtype);
    json_set_str(content, "body", arena_printf(arena, "%s%s", prefix, spoken->body));
    if (spoken->html) {
        json_set_str(content, "format", "org.matrix.custom.html");
        json_set_str(content, "formatted_body", arena_printf(arena, "%s%s", prefix, spoken->html));
    }
    return content;
}

static struct json_object *event_ref(const char *event_id)
{
    struct json_object *ref = json_object_new_object();
    json_set_str(ref, "event_id", event_id);
    return ref;
}

static struct json_object *relation_of_message(const struct seal *seal)
{
    if (!seal->thread && !seal->reply)
        return NULL;
    struct json_object *relation = json_object_new_object();
    if (seal->thread) {
        json_set_str(relation, "rel_type", "m.thread");
        json_set_str(relation, "event_id", seal->thread);
        json_set_bool(relation, "is_falling_back", !seal->reply);
    }
    json_set(relation, "m.in_reply_to", event_ref(seal->reply ? seal->reply : seal->thread));
    return relation;
}

static struct json_object *relation_to_target(const struct seal *seal)
{
    struct json_object *relation = json_object_new_object();
    bool is_edit = seal->row->kind == OUTBOX_EDIT;
    json_set_str(relation, "rel_type", is_edit ? "m.replace" : "m.annotation");
    json_set_str(relation, "event_id", seal->target);
    if (!is_edit)
        json_set_str(relation, "key", seal->spoken->key);
    return relation;
}

/* What it removes stands in the path. */
static struct json_object *redaction_of(const struct seal *seal)
{
    struct json_object *content = json_object_new_object();
    json_set_str(content, "reason", seal->spoken->body);
    return content;
}

static struct json_object *body_of(const struct seal *seal, struct arena *arena)
{
    if (seal->row->kind == OUTBOX_REACTION)
        return json_object_new_object();
    if (seal->row->kind == OUTBOX_REDACTION)
        return redaction_of(seal);
    struct json_object *mentions = mentions_of(seal->spoken->mentions);
    struct json_object *content;
    const char *msgtype = seal->row->is_text ? "m.text" : "m.notice";
    if (seal->row->kind == OUTBOX_EDIT) {
        /* What a client shows keeps the look of the message; the edit itself is a notice, which notifies nobody, and
         * clients that know no edits show "* " before the new text. */
        content = message_of(seal, arena, "m.notice", "* ");
        struct json_object *new_content = message_of(seal, arena, msgtype, "");
        json_set(new_content, "m.mentions", mentions);
        json_set(content, "m.new_content", new_content);
        /* Nobody is notified by an edit. */
        mentions = json_object_new_object();
    } else {
        content = message_of(seal, arena, msgtype, "");
    }
    json_set(content, "m.mentions", mentions);
    return content;
}

struct json_object *seal_content(const struct seal *seal)
{
    const struct outbox_row *row = seal->row;
    assert(row->kind == OUTBOX_MESSAGE || seal->target);
    struct arena *arena = arena_create();
    struct json_object *content = body_of(seal, arena);
    struct json_object *relation = row->kind == OUTBOX_MESSAGE     ? relation_of_message(seal)
                                   : row->kind == OUTBOX_REDACTION ? NULL
                                                                   : relation_to_target(seal);
    if (relation)
        json_set(content, "m.relates_to", relation);
    json_set_str(content, "io.greffier.txn", row->txn);
    json_set_str(content, "io.greffier.item", row->item_uuid);
    json_set_str(content, "io.greffier.name", seal->item_name);
    arena_destroy(arena);
    return content;
}

static const char *encrypt_plain(void *data, const struct room *room, const char *type,
                                 struct json_object *content, struct arena *arena, struct err *err)
{
    (void)data;
    (void)type;
    if (room->is_encrypted) {
        err_set(err, "%s", seal_encrypted_reason);
        return NULL;
    }
    return arena_strdup(arena, json_text(content));
}

const struct seal_cipher seal_cipher_plain = { .encrypt = encrypt_plain };

const char *seal_clear_type(enum outbox_kind kind)
{
    if (kind == OUTBOX_REDACTION)
        return "m.room.redaction";
    return kind == OUTBOX_REACTION ? "m.reaction" : "m.room.message";
}

bool seal_is_always_clear(const char *type)
{
    return strcmp(type, "m.reaction") == 0 || strcmp(type, "m.room.redaction") == 0;
}

const char *seal_type(enum outbox_kind kind, const char *bytes)
{
    static const char encrypted[] = "{\"algorithm\":";
    if (strncmp(bytes, encrypted, sizeof encrypted - 1) == 0)
        return "m.room.encrypted";
    return seal_clear_type(kind);
}

const char *seal_ciphertext(const char *bytes, struct arena *arena)
{
    struct json_object *json = bytes ? json_parse(bytes, strlen(bytes)) : NULL;
    const char *text = arena_strdup(arena, json_str(json, "ciphertext"));
    json_object_put(json);
    return text;
}

char *seal_path(struct arena *arena, const char *room_id, const char *type, const char *txn)
{
    return arena_printf(arena, "/_matrix/client/v3/rooms/%s/send/%s/%s", http_escape(arena, room_id), type,
                        http_escape(arena, txn));
}

char *seal_row_path(struct arena *arena, const char *room_id, const struct outbox_row *row)
{
    if (row->kind != OUTBOX_REDACTION)
        return seal_path(arena, room_id, seal_type(row->kind, row->bytes), row->txn);
    return arena_printf(arena, "/_matrix/client/v3/rooms/%s/redact/%s/%s", http_escape(arena, room_id),
                        http_escape(arena, row->target), http_escape(arena, row->txn));
}
