/*
 * envelope - Olm and Megolm as a sender writes them who does not use libolm: by OpenSSL, from keys that never change.
 *
 * Shape:   what is written passes through edit at each level, innermost first, and what lies outside of a level is made
 *          of what edit left: who knows the keys can seal anything. At ENVELOPE_TEXT the bytes are the base64.
 * Owns:    nothing; texts live in the caller's arena.
 * Bounds:  ENVELOPE_BYTES for bytes; what an edit makes longer than that is the edit's bug.
 * Source:  the specifications of Olm and Megolm (docs/olm.md and docs/megolm.md of libolm).
 */
#ifndef TESTS_FUZZ_ENVELOPE_H
#define TESTS_FUZZ_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { ENVELOPE_BYTES = 8192, ENVELOPE_KEY = 32 };

enum envelope_level {
    ENVELOPE_PLAIN, /* with its padding; what is over whole blocks is left out */
    ENVELOPE_CIPHER,
    ENVELOPE_BODY, /* all that the MAC covers; of a session key all but the signature */
    ENVELOPE_SIGNED, /* Megolm: all that the signature covers. Olm: with the MAC */
    ENVELOPE_OUTER, /* the whole */
    ENVELOPE_TEXT,
    ENVELOPE_LEVELS,
};

struct envelope_bytes {
    unsigned char at[ENVELOPE_BYTES];
    size_t len;
};

struct envelope_edit {
    void (*apply)(void *data, enum envelope_level level, struct envelope_bytes *bytes);
    void *data;
};

/* The sender's Curve25519 key, as unpadded base64. */
char *envelope_identity(struct arena *arena);

/* The sender's Olm session to a device: index counts its messages from 0. */
struct envelope_session {
    unsigned char one_time[ENVELOPE_KEY]; /* public, of the device */
    unsigned char chain[ENVELOPE_KEY]; /* at index 0 */
};
/* From the device's two keys as base64. */
struct envelope_session envelope_begin(struct arena *arena, const char *identity, const char *one_time);
char *envelope_olm(struct arena *arena, const struct envelope_session *session, bool is_first, uint32_t index,
                   const char *text, const struct envelope_edit *edit);

/* The sender's Megolm session, known from the index `from` on; index lies in the same 256 as from, not before it. */
char *envelope_megolm_key(struct arena *arena, uint32_t from, bool is_export,
                          const struct envelope_edit *edit);
char *envelope_megolm(struct arena *arena, uint32_t from, uint32_t index, const char *text,
                      const struct envelope_edit *edit);

#endif
