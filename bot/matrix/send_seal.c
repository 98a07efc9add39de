#include "base/log.h"
#include "matrix/send_private.h"

/* References to event ids. False: nothing is left to say, and the row was ended. */
static bool resolve(struct send *send, const struct outbox_row *row, struct arena *arena, struct seal *seal)
{
    bool is_gone = false, is_dropped = false;
    struct store *store = send->client->store;
    seal->thread = outbox_resolve(store, row->thread, arena, &is_dropped);
    seal->reply = outbox_resolve(store, row->reply, arena, &is_dropped);
    if (row->kind == OUTBOX_REDACTION && is_dropped) {
        outbox_end(store, row->id, OUTBOX_WITHDRAWN, "what had to be said before it was not");
        return false;
    }
    seal->target = outbox_resolve(store, row->target, arena, &is_gone);
    if ((row->kind == OUTBOX_MESSAGE) == (seal->target == NULL))
        return true;
    outbox_end(store, row->id, OUTBOX_WITHDRAWN,
               seal->target ? "what it stands in for was said" : "what it changes is gone");
    return false;
}

static bool speak(struct send *send, const struct outbox_row *row, struct arena *arena, struct spoken *spoken)
{
    struct err err;
    *spoken = (struct spoken){ 0 };
    if (!engine_speak(send->client->engine, row, arena, spoken, &err)) {
        log_error("row %lld cannot be put into words: %s", (long long)row->id, err.text);
        outbox_park(send->client->store, row->id, err.text);
        return false;
    }
    if (row->kind == OUTBOX_REACTION ? spoken->key != NULL : spoken->body != NULL)
        return true;
    outbox_end(send->client->store, row->id, OUTBOX_WITHDRAWN, "nothing is left to say");
    return false;
}

/* In a transaction. True: its bytes are frozen, in *row too. */
bool send_seal_row(struct send *send, struct outbox_row *row, const struct room *room, struct arena *arena)
{
    struct spoken spoken;
    struct seal seal = { .row = row, .spoken = &spoken };
    const struct seal_cipher *cipher = send->settings.cipher ? send->settings.cipher : &seal_cipher_plain;
    struct err err;
    if (!resolve(send, row, arena, &seal) || !speak(send, row, arena, &spoken))
        return false;
    if (row->item)
        seal.item_name = engine_item_name(send->client->engine, row->item, arena);
    struct json_object *content = seal_content(&seal);
    row->bytes = cipher->encrypt(cipher->data, room, seal_clear_type(row->kind), content, arena, &err);
    json_object_put(content);
    if (!row->bytes) {
        outbox_park(send->client->store, row->id, err.text);
        return false;
    }
    outbox_seal(send->client->store, row->id, row->bytes, send->client->now_ms);
    row->state = OUTBOX_ATTEMPTED;
    row->sealed_ms = send->client->now_ms;
    return true;
}
