/*
 * crypto_private - what the parts of crypto share: crypto.c speaks to sync and the loop, account.c keeps this device's
 * account, upload.c its keys at the homeserver.
 */
#ifndef MATRIX_CRYPTO_CRYPTO_PRIVATE_H
#define MATRIX_CRYPTO_CRYPTO_PRIVATE_H

#include "matrix/crypto/crypto.h"
#include "matrix/crypto/ratchet.h"
#include "matrix/http.h"

/* A request made again and again until it succeeds. */
struct crypto_job {
    uint64_t request; /* 0: none in flight */
    bool is_wanted;
    int attempts;
    int64_t next_ms;
};

struct upload {
    struct crypto_job job;
    int64_t n_there; /* one-time keys at the homeserver; -1: not known */
    int64_t answered_ms; /* counts that were asked for before are old */
    bool wants_fallback;
    int64_t look_ms; /* when the age of the fallback key is looked at again */
};

struct crypto {
    struct client *client; /* borrowed */
    unsigned char key[SECRET_KEY_BYTES];
    bool is_off;
    struct upload upload;
};

/* crypto.c */
void crypto_turn_off(struct crypto *crypto, const char *why);
void crypto_begin(struct crypto *crypto);
/* False, and a line in the log: nothing was written. */
bool crypto_commit(struct crypto *crypto);
bool crypto_job_may_start(const struct crypto *crypto, const struct crypto_job *job);
int64_t crypto_job_next_ms(const struct crypto *crypto, const struct crypto_job *job);
/* Not answered as it should be: again later. */
void crypto_job_failed(struct crypto *crypto, struct crypto_job *job, const char *what,
                       const struct http_answer *answer);

/* account.c, all in a transaction. The account of this device, made if there is none; NULL: the one in the store cannot
 * be opened, and encryption was turned off. The caller's to destroy. */
struct ratchet_account *crypto_open_account(struct crypto *crypto);
void crypto_keep_account(struct crypto *crypto, struct ratchet_account *account);

/* upload.c */
void upload_init(struct crypto *crypto);
void upload_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms);
void upload_poke(struct crypto *crypto);
int64_t upload_next_ms(const struct crypto *crypto);
void upload_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
