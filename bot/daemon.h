/*
 * daemon - the parts of a running bot, tied together, and the turn of its loop.
 *
 * Shape:   daemon_run borrows an open store, engine and session and returns when a signal came or the account is gone.
 * Order:   at every wake-up answers of sync first, then timers, then what must be said (architecture.md "nothing moot
 *          goes out").
 * Errors:  the network's never end it.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>

#include "base/err.h"
#include "engine/engine.h"
#include "matrix/http.h"

enum daemon_renewed { DAEMON_RENEWED, DAEMON_RENEW_LATER, DAEMON_RENEW_REFUSED };

struct daemon_settings {
    struct store *store;
    struct engine *engine;
    struct http *http; /* with its token */
    const char *me;
    const char *device_id;
    const unsigned char *key; /* of the secrets in the store; NULL: no encryption */
    const char *password; /* of the account; NULL: none */
    bool is_lax; /* devices count that their owner has not signed */
    const char *store_path; /* the control socket and the ballast lie beside it; NULL: nothing does */
    const char *lang; /* in which it is answered */
    const char *const *admins; /* ends with NULL; NULL: none */
    double burst;
    double refill_per_s;
    bool (*may_invite)(void *data, const char *user_id);
    /* The session ended softly: log the same device in again; err says why not. Blocks, so it is called at most once a
     * minute. */
    enum daemon_renewed (*renew)(void *data, struct err *err);
    void *data;
};

/* RESTORED: the store is an old copy, and its device spent (matrix/spent.h): to be opened anew. */
enum daemon_end { DAEMON_STOPPED, DAEMON_SIGNED_OUT, DAEMON_RESTORED, DAEMON_FAILED };
enum daemon_end daemon_run(const struct daemon_settings *settings, struct err *err);

#endif
