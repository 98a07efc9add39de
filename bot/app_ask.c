/* The subcommands that ask and change nothing: check, show, search, ics, export. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "base/xmalloc.h"
#include "loop.h"
#include "ops/privacy.h"
#include "query.h"

static void say_finding(void *data, const char *text)
{
    (void)data;
    printf("%s\n", text);
}

int app_query(struct app *app, const char *ask, const char *words, struct arena *arena, char **text_out)
{
    struct err err;
    switch (query_daemon(app->config.store.path, ask, words, arena, text_out, &err)) {
    case QUERY_ANSWERED:
        return 0;
    case QUERY_FAILED:
        return app_complain(app, APP_FAILED, &err);
    case QUERY_NOBODY:
        break;
    }
    int status = app->store ? 0 : app_open_store(app);
    if (status)
        return status;
    struct query_parts parts = { .store = app->store,
                                 .engine = app->engine,
                                 .lang = app->config.defaults.lang };
    *text_out = query_text(&parts, ask, words, arena);
    return 0;
}

static void print_lines(const char *text)
{
    printf("%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
}

/* The homeserver as it is seen from here. Without the store (a daemon has it) only whether it is one at all: the
 * daemon has said what it knows. Returns how many findings. */
static int check_online(struct app *app)
{
    struct err err;
    struct session_settings settings = app_session_settings(app);
    app->http = http_create(settings.url, &err);
    if (app->http && app->store)
        return session_check(app->store, app->http, &settings, loop_clock().wall_ms, say_finding, NULL);
    if (app->http && session_find_server(app->http, settings.url, &err) == SESSION_READY)
        return 0;
    say_finding(NULL, err.text);
    return 1;
}

/* Each finding is a line; 0 only if there is none. */
static int check(struct app *app)
{
    int status = app_open_config(app);
    if (status)
        return status;
    struct arena *arena = arena_create();
    char *findings = NULL, *lateness = NULL;
    status = app_query(app, "check", "", arena, &findings);
    if (!status)
        status = app_query(app, "lateness", "", arena, &lateness);
    bool is_well = !findings;
    if (findings)
        print_lines(findings);
    if (lateness)
        print_lines(lateness);
    arena_destroy(arena);
    if (!status)
        status = app_open_secrets(app);
    if (status)
        return status;
    if (privacy_check(app->config.store.path, say_finding, NULL) > 0)
        is_well = false;
    if (app->is_online && check_online(app) > 0)
        is_well = false;
    if (is_well)
        puts("all is well");
    return is_well ? 0 : APP_FAILED;
}

int app_check(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0 || rest < argc)
        return APP_MISUSE;
    return app_finish(&app, check(&app));
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

static int ask(struct app *app, const char *words, const char *nothing)
{
    int status = app_open_config(app);
    if (status)
        return status;
    struct arena *arena = arena_create();
    char *text;
    status = app_query(app, app->name, words, arena, &text);
    if (!status && text)
        print_lines(text);
    else if (!status) {
        fprintf(stderr, "greffier %s: %s\n", app->name, nothing);
        status = APP_FAILED;
    }
    arena_destroy(arena);
    return status;
}

static int run_ask(int argc, char **argv, const char *nothing)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0 || rest >= argc) {
        if (rest >= 0)
            fprintf(stderr, "greffier %s: what? see `greffier help`\n", argv[0]);
        return APP_MISUSE;
    }
    char *words = joined(argc - rest, argv + rest);
    int status = ask(&app, words, nothing);
    free(words);
    return app_finish(&app, status);
}

int app_show(int argc, char **argv)
{
    return run_ask(argc, argv, "there is no such item");
}

int app_search(int argc, char **argv)
{
    return run_ask(argc, argv, "nothing has these words in it");
}

int app_export(int argc, char **argv)
{
    return run_ask(
        argc, argv,
        "nothing was answered there, there is no such item, or it is asked in other words: see `greffier "
        "help`");
}

int app_ics(int argc, char **argv)
{
    return run_ask(argc, argv, "nothing is due there");
}
