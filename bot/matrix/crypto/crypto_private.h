/*
 * crypto_private - what the parts of crypto share: crypto.c speaks to sync, send and the loop; account.c keeps this
 * device's account, upload.c its keys at the homeserver; the others have headers of their own.
 */
#ifndef MATRIX_CRYPTO_CRYPTO_PRIVATE_H
#define MATRIX_CRYPTO_CRYPTO_PRIVATE_H

#include "base/bounds.h"
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

/* Messages to devices: the one on its way. */
struct crypto_out {
    struct crypto_job job;
    int64_t row;
};

/* A room in which something is to be said. */
struct share_wish {
    int64_t room;
    int64_t since_ms;
    bool is_urgent;
    bool is_due; /* something has changed since it was last prepared */
    bool is_late; /* prepared once since nothing is waited for any more */
    uint64_t turn; /* its last one; 0: none yet */
};

struct query;
struct claim;
struct cross;
struct storage;
struct backup;
struct vouch;

struct crypto {
    struct client *client; /* borrowed */
    unsigned char key[SECRET_KEY_BYTES];
    bool is_off;
    char *trouble; /* owned; NULL: none */
    bool is_lax;
    struct ratchet_identity identity; /* of this device; "" before crypto_know_itself */
    crypto_known_fn *known; /* NULL: nobody listens */
    void *known_data;
    struct upload upload;
    struct crypto_out out;
    struct query *query; /* owned */
    struct claim *claim; /* owned */
    struct cross *cross; /* owned */
    struct storage *storage; /* owned */
    struct backup *backup; /* owned */
    struct vouch *vouch; /* owned */
    const char *const *admins; /* borrowed; ends with NULL, or is it */
    const char *lang; /* borrowed: of what nobody's room has chosen */
    const char *password; /* borrowed; NULL: none */
    struct share_wish wishes[CRYPTO_WISHES_MAX];
    size_t n_wishes;
    uint64_t n_turns; /* that any of them had */
    bool is_again; /* devices may wait for keys that they had */
    int64_t share_after_ms; /* the store could not be written: not before then */
};

/* crypto.c */
/* why is for who can do something about it; NULL: the homeserver knows no encryption, and that is that. */
void crypto_turn_off(struct crypto *crypto, const char *why);
void crypto_begin(struct crypto *crypto);
/* False, and a line in the log: nothing was written. */
bool crypto_commit(struct crypto *crypto);
/* Its next request, at once; or it is wanted no more. */
void crypto_job_begin(struct crypto_job *job, bool is_wanted);
bool crypto_job_may_start(const struct crypto *crypto, const struct crypto_job *job);
int64_t crypto_job_next_ms(const struct crypto *crypto, const struct crypto_job *job);
/* Not answered as it should be: again later. */
void crypto_job_failed(struct crypto *crypto, struct crypto_job *job, const char *what,
                       const struct http_answer *answer);
/* What people can mend, and the bot works without: kept as a setting for `greffier check`. NULL: it is no more. */
void crypto_note_trouble(struct crypto *crypto, const char *name, const char *words);
/* The listener hears that this, a session or a person, is known now. In a transaction. */
void crypto_tell(struct crypto *crypto, const char *what);

/* account.c, all in a transaction. Of the ratchets with others only what they gave us stays. */
void account_forget_sessions(struct crypto *crypto);
/* The account of this device, made if there is none; NULL: the one in the store cannot
 * be opened, and encryption was turned off. The caller's to destroy. */
struct ratchet_account *crypto_open_account(struct crypto *crypto);
void crypto_keep_account(struct crypto *crypto, struct ratchet_account *account);
/* As others see it, for the caller to put. */
struct json_object *crypto_own_device(struct crypto *crypto, struct ratchet_account *account);
/* Outside of a transaction too. False: this device has no keys at the homeserver yet. */
bool crypto_know_itself(struct crypto *crypto);

/* upload.c */
void upload_init(struct crypto *crypto);
void upload_take(struct crypto *crypto, struct json_object *answer, int64_t asked_ms);
void upload_poke(struct crypto *crypto);
int64_t upload_next_ms(const struct crypto *crypto);
void upload_clock_moved(struct crypto *crypto, int64_t by_ms);

/* devices_query.c */
struct query *query_create(void);
void query_destroy(struct crypto *crypto);
void query_take(struct crypto *crypto, struct json_object *answer, bool is_first);
void query_want(struct crypto *crypto);
void query_poke(struct crypto *crypto);
int64_t query_next_ms(const struct crypto *crypto);
void query_clock_moved(struct crypto *crypto, int64_t by_ms);

#endif
