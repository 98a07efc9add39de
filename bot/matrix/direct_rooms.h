/*
 * direct_rooms - makes the rooms for direct messages that the engine wants (engine/direct.h), one at a time.
 *
 * Errors:  what may pass is tried again with back-off; a person who cannot be invited is a refusal, and what waited for
 *          them is withdrawn.
 * Source:  matrix.md 2.7, 3.2 (joins and room creation share the limit of an account).
 */
#ifndef MATRIX_DIRECT_ROOMS_H
#define MATRIX_DIRECT_ROOMS_H

#include "matrix/client.h"

struct direct_rooms;

struct direct_rooms *direct_rooms_create(struct client *client);
/* NULL does nothing. */
void direct_rooms_destroy(struct direct_rooms *rooms);
void direct_rooms_poke(struct direct_rooms *rooms);
/* See client_clock_moved. */
void direct_rooms_clock_moved(struct direct_rooms *rooms, int64_t by_ms);
/* INT64_MAX if nothing waits. */
int64_t direct_rooms_next_ms(const struct direct_rooms *rooms);

#endif
