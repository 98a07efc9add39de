/*
 * invite - joins the rooms that the bot was invited to by somebody who may.
 *
 * Shape:   one request at a time. An invite can reach the bot before its server can use it, so a refusal is
 * tried again after 2, 4, 8... 3600 s; then the invite is turned down and the room forgotten.
 * Errors:  what may pass does not count as a refusal.
 * Source:  matrix.md 2.7; trust.md B.2 row 11.
 */
#ifndef MATRIX_INVITE_H
#define MATRIX_INVITE_H

#include "matrix/intake.h"

struct invites;

struct invites *invites_create(struct intake *intake);
/* NULL does nothing. */
void invites_destroy(struct invites *invites);
/* Starts what may start. */
void invites_poke(struct invites *invites);
/* When it must be poked again; INT64_MAX if nothing waits. */
int64_t invites_next_ms(const struct invites *invites);

/* See client_clock_moved. */
void invites_clock_moved(struct invites *invites, int64_t by_ms);

/* How long to wait after so many refusals; -1: long enough, give up. */
int64_t invite_wait_ms(int attempts);

#endif
