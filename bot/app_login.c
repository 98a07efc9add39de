/* login: the session, and the identity behind it, which outlives the machine by its recovery key. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "matrix/crypto/recovery.h"

static bool has_session(struct app *app)
{
    struct arena *arena = arena_create();
    bool has = store_get(app->store, arena, "session.token") != NULL;
    arena_destroy(arena);
    return has;
}

static enum session_result open_session(struct app *app, struct err *err)
{
    struct session_settings settings = app_session_settings(app);
    enum session_result result = session_open(app->store, app->http, &settings, err);
    if (result == SESSION_READY)
        result = session_verify(app->http, &settings, err);
    /* A session that has ended is made anew: that is what this command is for. */
    if (result == SESSION_REFUSED && has_session(app) && (app->password || app->token))
        result = session_renew(app->store, app->http, &settings, err);
    return result;
}

static enum recovery_result open_identity(struct app *app, struct err *err)
{
    struct recovery_settings settings = { .user = app->config.homeserver.user,
                                          .key = app->key,
                                          .recovery_key = app->recovery_key };
    return recovery_open(app->store, app->http, &settings, err);
}

/* Where somebody sits before it they are asked for it. */
static enum recovery_result recover(struct app *app, struct err *err)
{
    enum recovery_result result = open_identity(app, err);
    if (result != RECOVERY_WANTS_KEY || !isatty(STDIN_FILENO))
        return result;
    fprintf(stderr, "%s.\nThe recovery key, now:\n", err->text);
    app->recovery_key = config_read_secret("-", err);
    return app->recovery_key ? open_identity(app, err) : RECOVERY_REFUSED;
}

/* It counts as shown once it has been written out: killed in between, it is shown again. */
static int show_recovery_key(struct app *app)
{
    struct err err;
    struct arena *arena = arena_create();
    char *text = recovery_unshown(app->store, app->key, arena);
    int status = 0;
    if (text) {
        printf(
            "\nRecovery key: %s\n\n"
            "Write it down and keep it away from this machine: it is shown only this once. With it the bot is\n"
            "itself again on a new machine (`greffier login --recovery-key-file FILE`); whoever else has it can\n"
            "read what the bot reads, and speak in its name.\n",
            text);
        if (fflush(stdout) == 0 && !recovery_note_shown(app->store, &err))
            status = app_complain(app, APP_FAILED, &err);
        secret_wipe(text, strlen(text));
    }
    arena_destroy(arena);
    return status;
}

static int recovery_status(enum recovery_result result)
{
    return result == RECOVERY_AWAY || result == RECOVERY_STORE || result == RECOVERY_WANTS_KEY ? APP_FAILED
                                                                                               : APP_CONFIG;
}

static int login(struct app *app)
{
    int status = app_open_config(app);
    if (!status)
        status = app_open_store(app);
    if (!status)
        status = app_open_secrets(app);
    if (status)
        return status;
    struct err err;
    app->http = http_create(app->config.homeserver.url, &err);
    if (!app->http)
        return app_complain(app, APP_CONFIG, &err);
    enum session_result session = open_session(app, &err);
    if (session != SESSION_READY)
        return app_complain(app, app_session_status(session), &err);
    printf("logged in as %s\n", app->config.homeserver.user);
    enum recovery_result recovered = recover(app, &err);
    if (recovered != RECOVERY_READY)
        return app_complain(app, recovery_status(recovered), &err);
    if (app->recovery_key)
        printf("the identity of %s is back\n", app->config.homeserver.user);
    return show_recovery_key(app);
}

int app_login(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0 || rest < argc)
        return APP_MISUSE;
    return app_finish(&app, login(&app));
}
