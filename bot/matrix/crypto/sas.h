/*
 * sas - what two devices tell each other so that their people can compare seven emoji (m.sas.v1), seen by the one that
 * was asked. Pure.
 *
 * Shape:   the other starts and names what it knows; we accept one way of each kind, and are bound by a hash to the key that
 *          we show only after theirs. What both then show comes of both keys and of all names, so nobody in between can
 *          make the two alike. At the end each signs its keys by the same secret.
 * Owns:    nothing; JSON is for the caller to put, texts live in the caller's arena.
 * Source:  Matrix specification, "Short Authentication String (SAS) verification"; matrix.md 4.15.
 */
#ifndef MATRIX_CRYPTO_SAS_H
#define MATRIX_CRYPTO_SAS_H

#include "base/json.h"
#include "matrix/crypto/ratchet.h"

#define SAS_METHOD "m.sas.v1"

enum { SAS_EMOJI = 7, SAS_EMOJI_KINDS = 64, SAS_NUMBERS = 3, SAS_KEYS_MAX = 2 };

struct sas_end {
    const char *person, *device_id;
};
struct sas_talk {
    struct sas_end theirs, ours;
    const char *txn;
};

/* What both sides see. emoji: which of the specification's; numbers: of four digits. */
struct sas_code {
    int emoji[SAS_EMOJI];
    int numbers[SAS_NUMBERS];
};

/* Whether their m.key.verification.start can be accepted: the one method, and of each kind what we know. */
bool sas_is_known(struct json_object *start);
/* NULL: it has no canonical spelling that we could be bound to. */
struct json_object *sas_accept(struct ratchet_sas *sas, struct json_object *start);
/* After ratchet_sas_meet. */
struct sas_code sas_code(struct ratchet_sas *sas, const struct sas_talk *talk, const char *their_key);

/* A key of one end, by its id ("ed25519:DEVICE"). */
struct sas_key {
    const char *id, *key;
};
struct json_object *sas_mac(struct ratchet_sas *sas, const struct sas_talk *talk, const struct sas_key *keys,
                            size_t n);
/* Which of their keys (a bit each) the content of their m.key.verification.mac vouches for. 0: none, or it names one of
 * these and means another, or it is not made with our secret. Keys that we do not know say nothing. */
unsigned sas_judge(struct ratchet_sas *sas, const struct sas_talk *talk, struct json_object *content,
                   const struct sas_key *keys, size_t n);

#endif
