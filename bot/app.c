/* What all subcommands open, and run. */
#include "app_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "daemon.h"
#include "loop.h"
#include "ops/sandbox.h"
#include "store/keyfile.h"
#include "time/zone.h"

int app_complain(const struct app *app, int status, const struct err *err)
{
    fprintf(stderr, "greffier %s: %s\n", app->name, err->text);
    return status;
}

static const char **list_of(const struct config_list *list)
{
    const char **items = xcalloc(list->n_items + 1, sizeof *items);
    for (size_t i = 0; i < list->n_items; i++)
        items[i] = list->items[i];
    return items;
}

static void wipe(char *secret)
{
    if (secret)
        secret_wipe(secret, strlen(secret));
    free(secret);
}

int app_finish(struct app *app, int status)
{
    engine_destroy(app->engine);
    store_close(app->store);
    http_destroy(app->http);
    wipe(app->password);
    wipe(app->token);
    wipe(app->recovery_key);
    free(app->admins);
    free(app->bots);
    secret_wipe(app->key, sizeof app->key);
    if (app->has_config)
        config_finish(&app->config);
    return status;
}

int app_read_options(struct app *app, int argc, char **argv)
{
    app->name = argv[0];
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        const char *name = argv[i];
        bool is_login = strcmp(app->name, "login") == 0, is_check = strcmp(app->name, "check") == 0;
        if (strcmp(name, "--") == 0)
            return i + 1;
        if (is_check && strcmp(name, "--online") == 0) {
            app->is_online = true;
            continue;
        }
        const char **value = strcmp(name, "--config") == 0                          ? &app->config_file
                             : is_login && strcmp(name, "--password-file") == 0     ? &app->password_file
                             : is_login && strcmp(name, "--recovery-key-file") == 0 ? &app->recovery_file
                                                                                    : NULL;
        if (!value || i + 1 >= argc) {
            fprintf(stderr, "greffier %s: %s %s; see `greffier help`\n", app->name,
                    value ? "a value is missing after" : "there is no option", name);
            return -1;
        }
        *value = argv[++i];
    }
    return i;
}

int app_open_config(struct app *app)
{
    struct err err;
    if (!config_load(app->config_file, &app->config, &err))
        return app_complain(app, APP_CONFIG, &err);
    app->has_config = true;
    log_set_level(app->config.log.level);
    if (!zone_is_known(app->config.defaults.zone)) {
        err_set(&err, "%s: defaults.zone: \"%s\" is no time zone of this machine, as \"Europe/Paris\" is",
                app->config.file, app->config.defaults.zone);
        return app_complain(app, APP_CONFIG, &err);
    }
    return 0;
}

int app_open_store(struct app *app)
{
    struct err err;
    enum store_open_result result = store_open(app->config.store.path, &app->store, &err);
    if (result == STORE_LOCKED || result == STORE_FAILED)
        return app_complain(app, APP_FAILED, &err);
    if (result != STORE_OPENED)
        return app_complain(app, APP_CONFIG, &err);
    app->admins = list_of(&app->config.access.admins);
    app->bots = list_of(&app->config.access.bots);
    app->engine = engine_create(app->store,
                                &(struct engine_settings){ .me = app->config.homeserver.user,
                                                           .lang = app->config.defaults.lang,
                                                           .zone = app->config.defaults.zone,
                                                           .hours = app->config.defaults.hours,
                                                           .country = app->config.defaults.country,
                                                           .reminders = app->config.defaults.reminders,
                                                           .prefix = app->config.defaults.prefix,
                                                           .admins = app->admins,
                                                           .bots = app->bots },
                                command_table, habit_table);
    return 0;
}

int app_open_secrets(struct app *app)
{
    struct err err;
    sandbox_hide();
    const char *password_file =
        app->password_file ? app->password_file : app->config.homeserver.password_file;
    if (!keyfile_load(app->config.store.key_file, app->key, &err))
        return app_complain(app, APP_CONFIG, &err);
    if (password_file && !(app->password = config_read_secret(password_file, &err)))
        return app_complain(app, APP_CONFIG, &err);
    const char *token_file = app->password ? NULL : app->config.homeserver.access_token_file;
    if (token_file && !(app->token = config_read_secret(token_file, &err)))
        return app_complain(app, APP_CONFIG, &err);
    if (app->recovery_file && !(app->recovery_key = config_read_secret(app->recovery_file, &err)))
        return app_complain(app, APP_CONFIG, &err);
    return 0;
}

struct session_settings app_session_settings(const struct app *app)
{
    return (struct session_settings){ .url = app->config.homeserver.url,
                                      .user = app->config.homeserver.user,
                                      .password = app->password,
                                      .access_token = app->token,
                                      .key = app->key };
}

int app_session_status(enum session_result result)
{
    return result == SESSION_REFUSED ? APP_CONFIG : APP_FAILED;
}

static int open_http(struct app *app)
{
    struct err err;
    app->http = http_create(app->config.homeserver.url, &err);
    return app->http ? 0 : app_complain(app, APP_CONFIG, &err);
}

/* From here on all that is read comes from outside. */
static void enter_sandbox(const struct app *app)
{
    struct sandbox_settings settings = { .store_path = app->config.store.path, .port = http_port(app->http) };
    if (app->config.process.sandbox == CONFIG_OFF)
        log_info("the sandbox is off, as configured");
    else if (sandbox_enter(&settings))
        log_info("the sandbox is on");
}

/* A server that is away is waited for by sync, if there is a session; at the first start somebody is looking on. */
static int open_session(struct app *app)
{
    struct err err;
    struct session_settings settings = app_session_settings(app);
    enum session_result result = session_open(app->store, app->http, &settings, &err);
    return result == SESSION_READY ? 0 : app_complain(app, app_session_status(result), &err);
}

static bool may_invite(void *data, const char *user_id)
{
    struct app *app = data;
    return config_may_invite(&app->config, user_id);
}

static enum daemon_renewed renew(void *data, struct err *err)
{
    struct app *app = data;
    struct session_settings settings = app_session_settings(app);
    enum session_result result = session_renew(app->store, app->http, &settings, err);
    return result == SESSION_READY     ? DAEMON_RENEWED
           : result == SESSION_REFUSED ? DAEMON_RENEW_REFUSED
                                       : DAEMON_RENEW_LATER;
}

static enum daemon_end run_daemon(struct app *app, struct err *err)
{
    struct arena *arena = arena_create();
    enum daemon_end end =
        daemon_run(&(struct daemon_settings){ .store = app->store,
                                              .engine = app->engine,
                                              .http = app->http,
                                              .me = app->config.homeserver.user,
                                              .device_id = session_device_id(app->store, arena),
                                              .key = app->key,
                                              .password = app->password,
                                              .is_lax = app->config.access.trust == CONFIG_TRUST_LAX,
                                              .store_path = app->config.store.path,
                                              .lang = app->config.defaults.lang,
                                              .admins = app->admins,
                                              .burst = (double)app->config.limits.burst,
                                              .refill_per_s = app->config.limits.refill_per_s,
                                              .may_invite = may_invite,
                                              .renew = renew,
                                              .data = app },
                   err);
    arena_destroy(arena);
    return end;
}

/* A device that is spent is replaced, and all begins anew with the other. */
static int run(struct app *app)
{
    int status = app_open_config(app);
    if (!status)
        status = app_open_store(app);
    if (!status)
        status = app_open_secrets(app);
    if (!status)
        status = open_http(app);
    if (status)
        return status;
    enter_sandbox(app);
    struct err err;
    enum daemon_end end = DAEMON_RESTORED;
    while (end == DAEMON_RESTORED) {
        status = open_session(app);
        if (status)
            return status;
        end = run_daemon(app, &err);
    }
    if (end == DAEMON_SIGNED_OUT)
        return app_complain(app, APP_CONFIG, &err);
    return end == DAEMON_FAILED ? app_complain(app, APP_FAILED, &err) : 0;
}

int app_run(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0 || rest < argc) {
        if (rest >= 0)
            fprintf(stderr, "greffier run: '%s' is not understood; see `greffier help`\n", argv[rest]);
        return APP_MISUSE;
    }
    return app_finish(&app, run(&app));
}
