/*
 * profiles - the time zone that people have in their Matrix profile: asked of the homeserver, one person after the other.
 *
 * Shape:   whom the bot shares a room with is asked about once when first met, and then once a day: the homeserver tells nobody of a
 *          change. Nothing waits for it: what is not known yet is not chosen. What the person says (!me zone) counts more.
 *          Who wanted to be forgotten (!forget-me) is not asked about again.
 * Units:   *_ms.
 * Bounds:  PROFILES_MAX people, one request at a time, PROFILES_GAP_MS between two; an answer of 64 KiB.
 * Errors:  what may pass is tried again with back-off; a profile that is not there, or says no zone of the tz database, says none,
 *          and that is kept for the day too.
 * Owns:    the table profile.
 * Source:  Matrix client-server API 1.16, profiles: `m.tz` (MSC4175; before it "us.cloke.msc4175.tz").
 */
#ifndef MATRIX_PROFILES_H
#define MATRIX_PROFILES_H

#include "matrix/client.h"

enum { PROFILES_MAX = 2000, PROFILES_GAP_MS = 1000, PROFILES_AGAIN_MS = 24 * 3600 * 1000 };

struct profiles;

/* Borrows the client. */
struct profiles *profiles_create(struct client *client);
/* NULL does nothing. */
void profiles_destroy(struct profiles *profiles);
void profiles_poke(struct profiles *profiles);
/* See client_clock_moved. */
void profiles_clock_moved(struct profiles *profiles, int64_t by_ms);
/* INT64_MAX if nobody is known who is to be asked about: nobody is woken for that. */
int64_t profiles_next_ms(const struct profiles *profiles);

#endif
