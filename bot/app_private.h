/*
 * app_private - what the subcommands have opened so far, and the opening; for app.c, app_login.c, app_ask.c and
 * app_verify.c.
 *
 * Errors:  each app_open_* says its own in a line on stderr and returns the exit status, 0 if all went well.
 */
#ifndef APP_PRIVATE_H
#define APP_PRIVATE_H

#include "app.h"
#include "engine/engine.h"
#include "matrix/session.h"
#include "ops/config.h"

struct app {
    const char *name;
    const char *config_file; /* NULL: searched */
    const char *password_file;
    const char *recovery_file;
    bool is_online;
    struct config config;
    bool has_config;
    unsigned char key[SECRET_KEY_BYTES];
    struct store *store; /* owned */
    struct engine *engine; /* owned */
    struct http *http; /* owned */
    const char **admins, **bots; /* owned; end with NULL */
    char *password; /* owned, wiped */
    char *token; /* owned, wiped */
    char *recovery_key; /* owned, wiped */
};

/* Options are "--name VALUE" (or a bare "--online"); the first that is none is returned by its place. -1: misuse. */
int app_read_options(struct app *app, int argc, char **argv);
int app_open_config(struct app *app);
int app_open_store(struct app *app);
int app_open_secrets(struct app *app);
struct session_settings app_session_settings(const struct app *app);
int app_session_status(enum session_result result);
/* Says it, and gives the status back. */
int app_complain(const struct app *app, int status, const struct err *err);
/* Of a daemon that runs, or of the file. 0: text_out holds the answer, NULL if there is none. */
int app_query(struct app *app, const char *ask, const char *words, struct arena *arena, char **text_out);
/* Closes what is open; gives the status back. */
int app_finish(struct app *app, int status);

#endif
