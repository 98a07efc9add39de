/*
 * vouch_private - what the parts of vouch share: vouch.c the talks, vouch_say.c what goes out, vouch_ask.c what the
 * bot's machine is shown and says.
 */
#ifndef MATRIX_CRYPTO_VOUCH_PRIVATE_H
#define MATRIX_CRYPTO_VOUCH_PRIVATE_H

#include "matrix/crypto/sas.h"
#include "matrix/crypto/vouch.h"

enum vouch_step {
    VOUCH_NONE, /* the place is free */
    VOUCH_ASKED, /* we are ready: they start */
    VOUCH_STARTED, /* we are bound: they show their key */
    VOUCH_SHOWN, /* both can see the same: our machine is asked */
    VOUCH_AGREED, /* we vouch: they do, or have */
    VOUCH_OVER,
};

enum vouch_kind {
    VOUCH_REQUEST,
    VOUCH_START,
    VOUCH_KEY,
    VOUCH_MAC,
    VOUCH_DONE,
    VOUCH_CANCEL,
    VOUCH_KINDS,
    VOUCH_IGNORED = VOUCH_KINDS
};

/* Whom something is said to, and in which talk. */
struct vouch_end {
    const char *person, *device_id, *txn;
    int64_t room; /* 0: from device to device */
};

struct vouch_talk {
    enum vouch_step step;
    char *person, *device_id, *txn; /* owned */
    int64_t room;
    int64_t until_ms;
    char *heard[VOUCH_KINDS]; /* owned: hashes of what was taken */
    struct ratchet_sas *sas; /* owned; from STARTED on */
    struct sas_code code; /* from SHOWN on */
    struct json_object *mac; /* owned: theirs; NULL: it has not come */
    char *result; /* owned, of OVER: for our machine */
};

struct vouch_message {
    enum vouch_kind kind;
    int64_t room, at_ms;
    char *person, *event_id; /* owned */
    struct json_object *content; /* owned */
};

struct vouch_unsaid {
    const char *type; /* constant */
    char *person, *device_id, *txn; /* owned; txn of the request */
    int64_t room, since_ms;
    struct json_object *content; /* owned */
    char *bytes, *path; /* owned; NULL: not frozen yet */
};

struct vouch {
    struct vouch_talk talks[VOUCH_TALKS];
    struct vouch_message heard[VOUCH_HEARD_MAX];
    size_t n_heard;
    struct vouch_unsaid unsaid[VOUCH_UNSAID_MAX];
    size_t n_unsaid;
    struct crypto_job job; /* of the first of unsaid */
    char *awaited; /* owned: who may too; NULL: nobody */
    int64_t awaited_until_ms;
    int64_t refusals_ms; /* since when they are counted */
    int n_refusals;
    bool has_looked; /* for what was left by a life before */
};

/* vouch.c */
void vouch_agree(struct crypto *crypto, struct vouch_talk *talk);
/* reason: a key of the words "vouch". */
void vouch_end(struct crypto *crypto, struct vouch_talk *talk, const char *code, const char *reason);

/* vouch_say.c: takes the reference of content. type is not copied. */
void vouch_say(struct crypto *crypto, const struct vouch_end *to, const char *type,
               struct json_object *content);
void vouch_say_cancel(struct crypto *crypto, const struct vouch_end *to, const char *code,
                      const char *reason);
void vouch_say_poke(struct crypto *crypto);
int64_t vouch_say_next_ms(const struct crypto *crypto);
void vouch_say_finish(struct crypto *crypto);

#endif
