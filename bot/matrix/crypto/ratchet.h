/*
 * ratchet - the ciphers of encrypted rooms: one device's account, Olm between two devices, Megolm in a room, signatures.
 *
 * Shape:   the only interface to libolm, which nothing else includes: it is deprecated upstream, and another library with
 *          the same four objects can take its place here. Nothing below knows Matrix, JSON or the store.
 * Keys:    Curve25519 and Ed25519 as unpadded base64, RATCHET_KEY_CHARS; what is padded, not canonical or of low order
 *          is none (ratchet_is_key, ratchet_is_curve): libolm would take it.
 * Units:   texts end with a NUL; what is decrypted may hold others, so it comes with its len.
 * Owns:    each object its secrets, wiped by destroy. Texts handed out live in the caller's arena.
 * Errors:  NULL or false: refused, and nothing has changed, in no object; save that libolm moves on in a room's session
 *          whose owner signed what cannot be opened: it opens the same as before. Anything else that fails is a bug.
 * Pickles: texts, encrypted by a key that lies outside the store. NULL from a load: another key, or damaged.
 * Source:  matrix.md 4.17 (the map of libolm and its traps).
 */
#ifndef MATRIX_CRYPTO_RATCHET_H
#define MATRIX_CRYPTO_RATCHET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/secret.h"

enum {
    RATCHET_KEY_CHARS = 43,
    RATCHET_SIGNATURE_CHARS = 86,
    RATCHET_ONE_TIME_MAX = 100, /* private halves that an account keeps; more drop the oldest */
    RATCHET_TEXT_BYTES = 1 << 17 /* of a ciphertext: an event has 64 KiB. Beyond: refused */
};

/* Keys */

bool ratchet_is_key(const char *text);
bool ratchet_is_curve(const char *text);
bool ratchet_is_signature(const char *text);
/* By whom holds the private half of this Ed25519 key. False for keys and signatures that are none. */
bool ratchet_verify(const char *ed25519, const char *text, const char *signature);
/* A key pair that is 32 random bytes: cross-signing. */
char *ratchet_seed_public(struct arena *arena, const unsigned char seed[SECRET_KEY_BYTES]);
char *ratchet_seed_sign(struct arena *arena, const unsigned char seed[SECRET_KEY_BYTES], const char *text);
/* SHA-256 as unpadded base64. */
char *ratchet_sha256(struct arena *arena, const char *text);

/* Boxes that anybody may fill by a public key, and the private one opens. Who filled one is not proven. */
char *ratchet_box_public(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES]);
struct ratchet_box {
    const char *ephemeral, *ciphertext, *mac; /* borrowed, or in the arena */
};
/* public_key is one of ratchet_box_public. */
struct ratchet_box ratchet_box_seal(struct arena *arena, const char *public_key, const char *text);
/* Not proven to be whole: a box that was changed may open to something else. */
char *ratchet_box_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES],
                       const struct ratchet_box *box, size_t *len_out);

/* The account of this device */

struct ratchet_account;
struct ratchet_account *ratchet_account_create(void);
struct ratchet_account *ratchet_account_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES]);
char *ratchet_account_pickle(struct ratchet_account *account, struct arena *arena,
                             const unsigned char key[SECRET_KEY_BYTES]);
void ratchet_account_destroy(struct ratchet_account *account);

struct ratchet_identity {
    char curve25519[RATCHET_KEY_CHARS + 1];
    char ed25519[RATCHET_KEY_CHARS + 1];
};
struct ratchet_identity ratchet_account_identity(struct ratchet_account *account);
char *ratchet_account_sign(struct ratchet_account *account, struct arena *arena, const char *text);

void ratchet_account_make_one_time(struct ratchet_account *account, size_t n);
/* Replaces the last one, which still opens what was made with it until it is forgotten. */
void ratchet_account_make_fallback(struct ratchet_account *account);
void ratchet_account_forget_fallback(struct ratchet_account *account);
/* Calls visit for each that is not yet marked as published. */
typedef void ratchet_key_fn(void *data, const char *key_id, const char *curve25519, bool is_fallback);
void ratchet_account_unpublished(struct ratchet_account *account, ratchet_key_fn *visit, void *data);
void ratchet_account_mark_published(struct ratchet_account *account);

/* Olm: two devices */

enum ratchet_kind { RATCHET_PREKEY = 0, RATCHET_NORMAL = 1 };

struct ratchet_session;
/* To a device that published these keys. */
struct ratchet_session *ratchet_session_to(struct ratchet_account *account, const char *curve25519,
                                           const char *one_time);
/* From the first message of a device. The one-time key is still there until ratchet_account_used. */
struct ratchet_session *ratchet_session_from(struct ratchet_account *account, const char *curve25519,
                                             const char *body);
/* The one-time key of a session whose first message could be decrypted is not used again. */
void ratchet_account_used(struct ratchet_account *account, struct ratchet_session *session);
struct ratchet_session *ratchet_session_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES]);
char *ratchet_session_pickle(struct ratchet_session *session, struct arena *arena,
                             const unsigned char key[SECRET_KEY_BYTES]);
void ratchet_session_destroy(struct ratchet_session *session);
char *ratchet_session_id(struct ratchet_session *session, struct arena *arena);
/* A first message that belongs to a session that is there already. */
bool ratchet_session_matches(struct ratchet_session *session, const char *curve25519, const char *body);
char *ratchet_session_encrypt(struct ratchet_session *session, struct arena *arena, const char *text,
                              enum ratchet_kind *kind_out);
char *ratchet_session_decrypt(struct ratchet_session *session, struct arena *arena, enum ratchet_kind kind,
                              const char *body, size_t *len_out);

/* Two devices that show their people the same numbers: short authentication strings */

struct ratchet_sas;
struct ratchet_sas *ratchet_sas_create(void);
void ratchet_sas_destroy(struct ratchet_sas *sas);
char *ratchet_sas_key(struct ratchet_sas *sas, struct arena *arena);
/* Their key, once. False: it is none, and the object is as before. */
bool ratchet_sas_meet(struct ratchet_sas *sas, const char *curve25519);
/* Both after ratchet_sas_meet. len: at most 255 * 32. */
void ratchet_sas_bytes(struct ratchet_sas *sas, const char *info, unsigned char *out, size_t len);
/* hkdf-hmac-sha256.v2 */
char *ratchet_sas_mac(struct ratchet_sas *sas, struct arena *arena, const char *text, const char *info);

/* Megolm: one device to all of a room */

struct ratchet_out;
struct ratchet_out *ratchet_out_create(void);
struct ratchet_out *ratchet_out_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES]);
char *ratchet_out_pickle(struct ratchet_out *out, struct arena *arena,
                         const unsigned char key[SECRET_KEY_BYTES]);
void ratchet_out_destroy(struct ratchet_out *out);
char *ratchet_out_id(struct ratchet_out *out, struct arena *arena);
/* What lets others read from the next message on; which number that is, from 0. */
char *ratchet_out_key(struct ratchet_out *out, struct arena *arena);
uint32_t ratchet_out_index(struct ratchet_out *out);
char *ratchet_out_encrypt(struct ratchet_out *out, struct arena *arena, const char *text);

struct ratchet_in;
struct ratchet_in *ratchet_in_create(const char *session_key);
struct ratchet_in *ratchet_in_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES]);
char *ratchet_in_pickle(struct ratchet_in *in, struct arena *arena,
                        const unsigned char key[SECRET_KEY_BYTES]);
void ratchet_in_destroy(struct ratchet_in *in);
char *ratchet_in_id(struct ratchet_in *in, struct arena *arena);
uint32_t ratchet_in_first_index(struct ratchet_in *in);
/* What lets another device read from the first index on, to be wiped; and one made from it. */
char *ratchet_in_export(struct ratchet_in *in, struct arena *arena);
struct ratchet_in *ratchet_in_import(const char *exported);
/* Whether both are of one ratchet: they have the same key where the later one begins. */
bool ratchet_in_connects(struct ratchet_in *one, struct ratchet_in *other);
/* The same ciphertext is decrypted as often as it is given: replays are the caller's to find, by index. */
char *ratchet_in_decrypt(struct ratchet_in *in, struct arena *arena, const char *ciphertext, size_t *len_out,
                         uint32_t *index_out);

#endif
