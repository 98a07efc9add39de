/*
 * vouch - people make sure that this is the bot, by comparing emoji (m.sas.v1): they begin, in a room or from their device
 * to ours, and whoever has the bot's machine before them says whether both show the same (`greffier verify`).
 *
 * Shape:   what sync brings is kept until its answer has been committed and is then taken in order by vouch_poke: an answer
 *          that comes again changes nothing, since of each message the same one counts once. A talk is asked, started,
 *          shown, said yes to, over; out of turn, too late or wrong ends it, and its other end is told why.
 * Who:     administrators, and one other person for as long as `greffier verify` waits for them; others are refused.
 * Signed:  nothing, by nobody's keys. They hear from us our device and our master key, by the secret of both; their own
 *          client signs the master key, and so trusts every device of the bot that this one signs, now and later. What they
 *          tell of their keys is noted: it is the one to be warned of if it changes (devices.h, pinned).
 * Units:   *_ms of the client's clock.
 * Owns:    the table vouching: whose talk was begun, so that after a restart it can be ended. The talks themselves live in memory,
 *          as the secret of their keys does: a restart ends them.
 * Bounds:  VOUCH_*; beyond the oldest that is over goes, or the new one is refused; refusals themselves are VOUCH_REFUSALS in
 *          VOUCH_MS, then silence.
 * Missing: QR codes; being the one who begins.
 * Source:  matrix.md 4.15; Matrix specification, "Key verification framework".
 */
#ifndef MATRIX_CRYPTO_VOUCH_H
#define MATRIX_CRYPTO_VOUCH_H

#include "matrix/crypto/crypto_private.h"

enum {
    VOUCH_MS = 600000,
    VOUCH_AHEAD_MS = 300000, /* of a clock elsewhere */
    VOUCH_TALKS = 8,
    VOUCH_HEARD_MAX = 64, /* messages that wait to be taken; beyond: not heard */
    VOUCH_HEARD_BYTES = 16384, /* larger ones say nothing */
    VOUCH_UNSAID_MAX = 64,
    VOUCH_REFUSALS = 20,
};

struct vouch *vouch_create(void);
void vouch_destroy(struct crypto *crypto);

/* A message of a verification? Then it is kept, if it can be one. room: the row of its room; 0: to this device. event
 * is borrowed. */
void vouch_hear(struct crypto *crypto, int64_t room, struct json_object *event);
void vouch_poke(struct crypto *crypto);
int64_t vouch_next_ms(const struct crypto *crypto);
void vouch_clock_moved(struct crypto *crypto, int64_t by_ms);

/* What `greffier verify` asks. words: "" or "@person:x", who is then waited for: what is compared with them, or with anybody;
 * its last line is the numbers. "yes 1234 5678 9012" or "no ...": what came of it. NULL: nothing yet. */
char *vouch_answer(struct crypto *crypto, const char *words, struct arena *arena);

#endif
