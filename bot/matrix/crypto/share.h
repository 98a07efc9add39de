/*
 * share - before something is said in an encrypted room: those who may read it have its key.
 *
 * Shape:   share_is_ready asks nobody and writes nothing: it is called in the transaction of a seal. What is not ready is
 *          remembered, and share_poke makes it so: whose devices there are, a session with each, the room's key sent to
 *          it. After a while what is not known stays unknown, and goes on being asked for: nobody waits for one device.
 * Who:     the devices of those joined, and invited unless the room's history is of who has joined, that their owner has
 *          signed; with is_lax any.
 * Rotation: a new key after ROTATE_N messages or ROTATE_MS, or what the room asks for within bounds; when a device that has
 *          the last one may not read on; and when who comes later may read what was said before, or may no more.
 * Large rooms: SHARE_BATCH devices in one commit and one request, one request on its way, and in each round of the loop no
 *          more than that: rooms take turns, those with something urgent first. All that is missing is claimed at once.
 * Units:   *_ms of the client's clock.
 * Again:   a device that has lost its session gets the same keys again (share_again.c), a few times.
 * Owns:    the tables room_out, room_share and room_start.
 * Source:  matrix.md 4.6.
 */
#ifndef MATRIX_CRYPTO_SHARE_H
#define MATRIX_CRYPTO_SHARE_H

#include "matrix/crypto/crypto_private.h"

enum {
    SHARE_WAIT_MS = 10000,
    SHARE_URGENT_MS = 2000,
    SHARE_BATCH = 100, /* devices in one request, and one commit */
    SHARE_ROTATE_N = 100,
    SHARE_ROTATE_MS = 7 * 86400000,
    /* What a room may ask for instead. */
    SHARE_ROTATE_LEAST_N = 10,
    SHARE_ROTATE_MOST_N = 10000,
    SHARE_ROTATE_LEAST_MS = 3600000,
    SHARE_ROTATE_MOST_DAYS = 90,
};

bool share_is_ready(struct crypto *crypto, int64_t room, bool is_urgent);
/* A device has begun anew: it gets the keys that it had of all rooms again, each from the index on from which it had it. In a
 * transaction. */
void share_again(struct crypto *crypto, const char *person, const char *curve25519);
/* Something that this room, or those of this person, may wait for has come: they are looked at again, and no others. */
void share_touch_room(struct crypto *crypto, int64_t room);
void share_touch_person(struct crypto *crypto, const char *person);
/* Something was said there: nothing waits any more. */
void share_is_done(struct crypto *crypto, int64_t room);
void share_poke(struct crypto *crypto);
int64_t share_next_ms(const struct crypto *crypto);
void share_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
