/*
 * seal - from a row of the outbox and its words to the bytes of a request. Pure.
 *
 * Shape:   seal_content makes the event's content; a cipher turns it into the bytes that are frozen, or
 *          refuses. seal_cipher_plain leaves rooms in clear as they are and refuses to write to encrypted ones; the
 *          one that does is crypto_cipher. A room that was encrypted once is never written to in plain text. The type of an event is read
 *          off its frozen bytes, since the same bytes must always go to the same path.
 * Owns:    nothing; results live in the arena.
 * Source:  matrix.md 3.1, 3.4-3.6; architecture.md "sealed late, then never again".
 */
#ifndef MATRIX_SEAL_H
#define MATRIX_SEAL_H

#include "engine/engine.h"
#include "store/room.h"

struct seal {
    const struct outbox_row *row;
    const struct spoken *spoken;
    const char *thread; /* event ids: the row's references resolved; NULL: none, or gone */
    const char *reply;
    const char *target; /* never NULL but for a message */
    const char *item_name; /* "DEC-1", or NULL */
};

/* The content, for the caller to put. */
struct json_object *seal_content(const struct seal *seal);

struct seal_cipher {
    /* Whether an event of this type may be sealed now; where not, send is poked again when it may be. Writes nothing.
     * NULL: always. */
    bool (*is_ready)(void *data, const struct room *room, const char *type, bool is_urgent);
    /* The bytes of an event of this type and content, in arena; NULL with err: this room cannot be written
     * to. Within the transaction of the seal, so that a ratchet moves with it. */
    const char *(*encrypt)(void *data, const struct room *room, const char *type, struct json_object *content,
                           struct arena *arena, struct err *err);
    void *data;
};
extern const struct seal_cipher seal_cipher_plain;
/* What seal_cipher_plain says in err. */
extern const char seal_encrypted_reason[];

/* "m.room.message", "m.reaction" or "m.room.redaction". */
const char *seal_clear_type(enum outbox_kind kind);
/* The same, or "m.room.encrypted" by the frozen bytes. */
const char *seal_type(enum outbox_kind kind, const char *bytes);
/* What an event of this type says is in clear in encrypted rooms too: there no client looks for it elsewhere. */
bool seal_is_always_clear(const char *type);
/* Of frozen bytes what nobody else can have said; NULL: there are none, or they are in clear. */
const char *seal_ciphertext(const char *bytes, struct arena *arena);
/* Where they are PUT; those of a sealed row. */
char *seal_path(struct arena *arena, const char *room_id, const char *type, const char *txn);
char *seal_row_path(struct arena *arena, const char *room_id, const struct outbox_row *row);

#endif
