/*
 * direct_rooms - makes the rooms for direct messages that the engine wants (engine/direct.h), one at a time.
 *
 * Shape:   making a room has no transaction id: asked twice, it is made twice. So the room is made with its person's id
 *          in its create event; where the answer was lost, the next is asked only after a sync was applied, and only if
 *          that did not bring the room. One that cannot be made now lets the others go first.
 * Secret:  a room is made encrypted if its person has a device that may have its key: there it is said so first. Whether
 *          they have one is waited for for DIRECT_ROOMS_REACH_MS.
 * Errors:  what may pass is tried again with back-off; a person who cannot be invited is a refusal, and what waited for
 *          them is withdrawn.
 * Source:  matrix.md 2.7, 3.2 (joins and room creation share the limit of an account).
 */
#ifndef MATRIX_DIRECT_ROOMS_H
#define MATRIX_DIRECT_ROOMS_H

#include "matrix/client.h"

struct crypto;

enum { DIRECT_ROOMS_REACH_MS = 10000 };

/* In the content of m.room.create: the user id of whom the room was made for. */
#define DIRECT_ROOMS_TAG "io.greffier.direct"

struct direct_rooms;

/* crypto NULL: none is encrypted. Borrows both. */
struct direct_rooms *direct_rooms_create(struct client *client, struct crypto *crypto);
/* NULL does nothing. */
void direct_rooms_destroy(struct direct_rooms *rooms);
void direct_rooms_poke(struct direct_rooms *rooms);
/* See client_clock_moved. */
void direct_rooms_clock_moved(struct direct_rooms *rooms, int64_t by_ms);
/* INT64_MAX if nothing waits, or what it waits for will wake us. */
int64_t direct_rooms_next_ms(const struct direct_rooms *rooms);

#endif
