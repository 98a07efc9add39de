/*
 * share_private - what share.c (who gets the key of a room, from now on) and share_again.c (who gets again what they had)
 * have in common.
 */
#ifndef MATRIX_CRYPTO_SHARE_PRIVATE_H
#define MATRIX_CRYPTO_SHARE_PRIVATE_H

#include "matrix/crypto/devices.h"
#include "matrix/crypto/share.h"
#include "store/store.h"

/* Of a member, m: what is said now is theirs to read. Who is invited is, unless the room keeps it from them. */
#define SHARE_READS                                                                                          \
    "(m.membership = 'join' OR (m.membership = 'invite' AND NOT EXISTS"                                      \
    " (SELECT 1 FROM room v WHERE v.id = m.room AND v.visibility = 'joined')))"

/* The key as others get it, for the caller to put: from the next message on. The flag has two names by now; with the
 * third, older one beside the second some clients refuse the whole key. */
struct json_object *share_key_content(const char *room_id, struct ratchet_out *out, bool is_shared);

/* All rows of "person, device_id, curve, ed", of which there are SHARE_BATCH at most. Returns how many. */
size_t share_read_devices(struct rows *rows, struct arena *arena, struct device_row devices[SHARE_BATCH]);

/* share_again.c, all in a transaction but for the last. */
/* Devices have just been given the key of this session as it is now. */
void share_again_keep(struct crypto *crypto, int64_t room, struct ratchet_out *out, bool is_shared);
/* Nothing more is said by this session of the room; of those before it nobody gets a key any more. */
void share_again_end(struct crypto *crypto, int64_t room, const char *session);
/* Returns how many devices were told. */
size_t share_again_poke(struct crypto *crypto);

#endif
