/*
 * backup_private - what the two halves of the backup share: backup.c knows its version and puts keys there, backup_fetch.c
 * has single ones back.
 */
#ifndef MATRIX_CRYPTO_BACKUP_PRIVATE_H
#define MATRIX_CRYPTO_BACKUP_PRIVATE_H

#include "matrix/crypto/backup.h"
#include "matrix/crypto/backup_box.h"

enum backup_step { BACKUP_LOOK, BACKUP_MAKE, BACKUP_SAY, BACKUP_ON, BACKUP_OVER };

/* A key on its way there, as it was read. */
struct backup_sent {
    char *room_id, *session_id, *pickle; /* owned */
};

struct backup_wish {
    char *room_id; /* owned */
    char session_id[RATCHET_KEY_CHARS + 1];
    int64_t due_ms;
};

struct backup {
    struct crypto_job job;
    enum backup_step step;
    char *version; /* owned; with BACKUP_ON */
    bool was_on; /* in this life: a version that is gone was taken away by somebody */
    bool was_said; /* in this life: that there is one */
    struct backup_sent sent[BACKUP_BATCH];
    size_t n_sent;

    struct crypto_job fetch; /* of the first wish */
    struct backup_wish wishes[BACKUP_WISHES_MAX];
    size_t n_wishes;
    char asked[BACKUP_ASKED_MAX][RATCHET_KEY_CHARS + 1]; /* in this life, the oldest replaced */
    size_t n_asked;
};

/* False: there is none. To be wiped. */
bool backup_load_key(struct crypto *crypto, struct arena *arena, struct backup_key *out);
/* The version was found to be current: what has waited for it. */
void backup_begin_fetching(struct crypto *crypto);
void backup_fetch_poke(struct crypto *crypto);
void backup_fetch_drop(struct backup *backup);

#endif
