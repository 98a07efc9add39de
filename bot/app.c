#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "daemon.h"
#include "engine/zone.h"
#include "loop.h"
#include "matrix/session.h"
#include "ops/config.h"
#include "store/inbox.h"
#include "store/keyfile.h"

/* What a subcommand has opened so far. */
struct app {
    const char *name;
    const char *config_file; /* NULL: searched */
    const char *password_file;
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
};

static int complain(const struct app *app, int status, const struct err *err)
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

static int finish(struct app *app, int status)
{
    engine_destroy(app->engine);
    store_close(app->store);
    http_destroy(app->http);
    wipe(app->password);
    wipe(app->token);
    free(app->admins);
    free(app->bots);
    secret_wipe(app->key, sizeof app->key);
    if (app->has_config)
        config_finish(&app->config);
    return status;
}

/* Options are "--name VALUE" (or a bare "--online"); the first that is none is returned by its place. -1: misuse. */
static int read_options(struct app *app, int argc, char **argv)
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
        const char **value = strcmp(name, "--config") == 0                      ? &app->config_file
                             : is_login && strcmp(name, "--password-file") == 0 ? &app->password_file
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

static int open_config(struct app *app)
{
    struct err err;
    if (!config_load(app->config_file, &app->config, &err))
        return complain(app, APP_CONFIG, &err);
    app->has_config = true;
    log_set_level(app->config.log.level);
    if (!zone_is_known(app->config.defaults.zone)) {
        err_set(&err, "%s: defaults.zone: \"%s\" is no time zone of this machine, as \"Europe/Paris\" is",
                app->config.file, app->config.defaults.zone);
        return complain(app, APP_CONFIG, &err);
    }
    return 0;
}

static int open_store(struct app *app)
{
    struct err err;
    enum store_open_result result = store_open(app->config.store.path, &app->store, &err);
    if (result == STORE_LOCKED)
        return complain(app, APP_FAILED, &err);
    if (result != STORE_OPENED)
        return complain(app, APP_CONFIG, &err);
    app->admins = list_of(&app->config.access.admins);
    app->bots = list_of(&app->config.access.bots);
    app->engine = engine_create(app->store,
                                &(struct engine_settings){ .me = app->config.homeserver.user,
                                                           .lang = app->config.defaults.lang,
                                                           .zone = app->config.defaults.zone,
                                                           .hours = app->config.defaults.hours,
                                                           .prefix = app->config.defaults.prefix,
                                                           .admins = app->admins,
                                                           .bots = app->bots },
                                command_table, habit_table);
    return 0;
}

static int open_secrets(struct app *app)
{
    struct err err;
    const char *password_file =
        app->password_file ? app->password_file : app->config.homeserver.password_file;
    if (!keyfile_load(app->config.store.key_file, app->key, &err))
        return complain(app, APP_CONFIG, &err);
    if (password_file && !(app->password = config_read_secret(password_file, &err)))
        return complain(app, APP_CONFIG, &err);
    const char *token_file = app->password ? NULL : app->config.homeserver.access_token_file;
    if (token_file && !(app->token = config_read_secret(token_file, &err)))
        return complain(app, APP_CONFIG, &err);
    return 0;
}

static struct session_settings session_settings(const struct app *app)
{
    return (struct session_settings){ .url = app->config.homeserver.url,
                                      .user = app->config.homeserver.user,
                                      .password = app->password,
                                      .access_token = app->token,
                                      .key = app->key };
}

static bool has_session(struct app *app)
{
    struct arena *arena = arena_create();
    bool has = store_get(app->store, arena, "session.token") != NULL;
    arena_destroy(arena);
    return has;
}

static int exit_status(enum session_result result)
{
    return result == SESSION_REFUSED ? APP_CONFIG : APP_FAILED;
}

/* A server that is away is waited for by sync, if there is a session; at the first start somebody is looking on. */
static int open_session(struct app *app)
{
    struct err err;
    app->http = http_create(app->config.homeserver.url, &err);
    if (!app->http)
        return complain(app, APP_CONFIG, &err);
    struct session_settings settings = session_settings(app);
    enum session_result result = session_open(app->store, app->http, &settings, &err);
    return result == SESSION_READY ? 0 : complain(app, exit_status(result), &err);
}

static bool may_invite(void *data, const char *user_id)
{
    struct app *app = data;
    return config_may_invite(&app->config, user_id);
}

static enum daemon_renewed renew(void *data, struct err *err)
{
    struct app *app = data;
    struct session_settings settings = session_settings(app);
    enum session_result result = session_renew(app->store, app->http, &settings, err);
    return result == SESSION_READY     ? DAEMON_RENEWED
           : result == SESSION_REFUSED ? DAEMON_RENEW_REFUSED
                                       : DAEMON_RENEW_LATER;
}

static int run(struct app *app)
{
    int status = open_config(app);
    if (!status)
        status = open_store(app);
    if (!status)
        status = open_secrets(app);
    if (!status)
        status = open_session(app);
    if (status)
        return status;
    struct err err;
    struct arena *arena = arena_create();
    enum daemon_end end =
        daemon_run(&(struct daemon_settings){ .store = app->store,
                                              .engine = app->engine,
                                              .http = app->http,
                                              .me = app->config.homeserver.user,
                                              .device_id = session_device_id(app->store, arena),
                                              .burst = (double)app->config.limits.burst,
                                              .refill_per_s = app->config.limits.refill_per_s,
                                              .may_invite = may_invite,
                                              .renew = renew,
                                              .data = app },
                   &err);
    arena_destroy(arena);
    if (end == DAEMON_SIGNED_OUT)
        return complain(app, APP_CONFIG, &err);
    return end == DAEMON_FAILED ? complain(app, APP_FAILED, &err) : 0;
}

int app_run(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = read_options(&app, argc, argv);
    if (rest < 0 || rest < argc) {
        if (rest >= 0)
            fprintf(stderr, "greffier run: '%s' is not understood; see `greffier help`\n", argv[rest]);
        return APP_MISUSE;
    }
    return finish(&app, run(&app));
}

static int login(struct app *app)
{
    int status = open_config(app);
    if (!status)
        status = open_store(app);
    if (!status)
        status = open_secrets(app);
    if (status)
        return status;
    struct err err;
    app->http = http_create(app->config.homeserver.url, &err);
    if (!app->http)
        return complain(app, APP_CONFIG, &err);
    struct session_settings settings = session_settings(app);
    enum session_result result = session_open(app->store, app->http, &settings, &err);
    if (result == SESSION_READY)
        result = session_verify(app->http, &settings, &err);
    /* A session that has ended is made anew: that is what this command is for. */
    if (result == SESSION_REFUSED && has_session(app) && (app->password || app->token))
        result = session_renew(app->store, app->http, &settings, &err);
    if (result != SESSION_READY)
        return complain(app, exit_status(result), &err);
    printf("logged in as %s\n", app->config.homeserver.user);
    return 0;
}

int app_login(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = read_options(&app, argc, argv);
    if (rest < 0 || rest < argc)
        return APP_MISUSE;
    return finish(&app, login(&app));
}

static int finding(const char *text)
{
    printf("%s\n", text);
    return 1;
}

static void say_finding(void *data, const char *text)
{
    (void)data;
    finding(text);
}

/* Each finding is a line; 0 only if there is none. */
static int check(struct app *app)
{
    int n = 0;
    struct err err;
    int status = open_config(app);
    if (!status)
        status = open_store(app);
    if (!status)
        status = open_secrets(app);
    if (status)
        return status;
    if (!has_session(app))
        n += finding("no session yet: run `greffier login`, or `greffier run` with a password file");
    int64_t n_aside = inbox_n(app->store, 0, INBOX_ASIDE);
    if (n_aside)
        n += finding("events were set aside because they could not be handled: see the log for their ids");
    int64_t n_parked = store_int(app->store, 0, "SELECT count(*) FROM outbox WHERE state = 3", "");
    if (n_parked)
        n += finding("messages were refused by the homeserver and wait for rights: see the log");
    if (app->is_online) {
        struct session_settings settings = session_settings(app);
        app->http = http_create(settings.url, &err);
        n += app->http
                 ? session_check(app->store, app->http, &settings, loop_clock().wall_ms, say_finding, NULL)
                 : finding(err.text);
    }
    if (n == 0)
        puts("all is well");
    return n ? APP_FAILED : 0;
}

int app_check(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = read_options(&app, argc, argv);
    if (rest < 0 || rest < argc)
        return APP_MISUSE;
    return finish(&app, check(&app));
}

static char *joined(int argc, char **argv)
{
    char *text = xstrdup("");
    for (int i = 0; i < argc; i++) {
        char *longer = xasprintf("%s%s%s", text, i ? " " : "", argv[i]);
        free(text);
        text = longer;
    }
    return text;
}

typedef char *query_fn(struct engine *engine, const char *words, const char *lang, int64_t now_ms,
                       struct arena *arena);

static int query(int argc, char **argv, query_fn *ask, const char *nothing)
{
    struct app app = { 0 };
    int rest = read_options(&app, argc, argv);
    if (rest < 0 || rest >= argc) {
        if (rest >= 0)
            fprintf(stderr, "greffier %s: what? see `greffier help`\n", argv[0]);
        return APP_MISUSE;
    }
    int status = open_config(&app);
    if (!status)
        status = open_store(&app);
    if (status)
        return finish(&app, status);
    struct arena *arena = arena_create();
    char *words = joined(argc - rest, argv + rest);
    char *text = ask(app.engine, words, app.config.defaults.lang, loop_clock().wall_ms, arena);
    if (text)
        printf("%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
    else
        fprintf(stderr, "greffier %s: %s\n", argv[0], nothing);
    free(words);
    arena_destroy(arena);
    return finish(&app, text ? 0 : APP_FAILED);
}

int app_show(int argc, char **argv)
{
    return query(argc, argv, engine_show_text, "there is no such item");
}

int app_search(int argc, char **argv)
{
    return query(argc, argv, engine_search_text, "nothing has these words in it");
}
