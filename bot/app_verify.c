/* `greffier verify`: what is compared with the bot is shown here, and whether it is the same said here. All of it is the running
 * bot's; this only asks it, again and again. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "app_private.h"
#include "loop.h"
#include "query.h"
#include "words/words.h"

enum { AGAIN_MS = 500, WAIT_MS = 600000, NUMBERS_CHARS = 14, REPLY_BYTES = 64 };

/* Whoever sits there, and whatever the other client is set to. */
static const char *const langs[] = { "en", "fr" };
enum { N_LANGS = sizeof langs / sizeof langs[0] };

static void pause_ms(int ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    nanosleep(&time, NULL);
}

/* Asks until there is an answer, or ten minutes are over. 0: text_out holds it. */
static int ask_until(struct app *app, const char *words, struct arena *arena, char **text_out)
{
    struct err err;
    *text_out = NULL;
    for (int64_t until_ms = loop_clock().boot_ms + WAIT_MS; !*text_out; pause_ms(AGAIN_MS)) {
        enum query_reply reply = query_daemon(app->config.store.path, "verify", words, arena, text_out, &err);
        if (reply == QUERY_NOBODY)
            err_set(&err, "the bot is not running: start it first, with `greffier run`");
        else if (reply == QUERY_ANSWERED && loop_clock().boot_ms >= until_ms && !*text_out)
            err_set(&err, "nothing has come for ten minutes: run this again before you begin anew");
        else if (reply == QUERY_ANSWERED && *text_out)
            return 0;
        else if (reply == QUERY_ANSWERED)
            continue;
        return app_complain(app, APP_FAILED, &err);
    }
    return 0;
}

static const char *word(struct arena *arena, const char *lang, const char *key)
{
    return words_get(arena, (struct words_place){ lang, "vouch", key });
}

/* One of the words for it, in either language. */
static bool means(const char *line, const char *key, struct arena *arena)
{
    for (size_t i = 0; i < N_LANGS; i++) {
        const char *said;
        for (size_t n = 0; (said = words_nth(arena, (struct words_place){ langs[i], "vouch", key }, n)); n++)
            if (strcasecmp(line, said) == 0)
                return true;
    }
    return false;
}

/* "yes", "no", or NULL: there is nobody to say so. */
static const char *ask_person(struct arena *arena)
{
    char line[REPLY_BYTES];
    for (;;) {
        for (size_t i = 0; i < N_LANGS; i++)
            printf("%s%s (%s, %s)", i ? " · " : "", word(arena, langs[i], "question"),
                   words_nth(arena, (struct words_place){ langs[i], "vouch", "yes" }, 0),
                   words_nth(arena, (struct words_place){ langs[i], "vouch", "no" }, 0));
        printf(" ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return NULL;
        line[strcspn(line, "\r\n")] = '\0';
        if (means(line, "yes", arena) || means(line, "no", arena))
            return means(line, "yes", arena) ? "yes" : "no";
    }
}

/* What is shown ends with the numbers; anything else is an answer by itself. */
static int compare(struct app *app, const char *text, struct arena *arena)
{
    const char *last = strrchr(text, '\n');
    printf("%s\n", text);
    if (!last || strlen(last + 1) != NUMBERS_CHARS)
        return APP_FAILED;
    const char *decision = ask_person(arena);
    if (!decision)
        return APP_FAILED;
    char *result;
    int status = ask_until(app, arena_printf(arena, "%s %s", decision, last + 1), arena, &result);
    if (status)
        return status;
    puts(result);
    return strncmp(result, "verified", strlen("verified")) == 0 ? 0 : APP_FAILED;
}

static int verify(struct app *app, const char *person)
{
    int status = app_open_config(app);
    if (status)
        return status;
    struct arena *arena = arena_create();
    char *text;
    printf("Waiting for %s to begin: open a chat with %s in your client, its profile, \"Verify\".\n",
           *person ? person : "an administrator", app->config.homeserver.user);
    fflush(stdout);
    status = ask_until(app, person, arena, &text);
    if (!status)
        status = compare(app, text, arena);
    arena_destroy(arena);
    return status;
}

int app_verify(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0 || rest < argc - 1) {
        if (rest >= 0)
            fprintf(stderr, "greffier verify: '%s' is one too many; see `greffier help`\n", argv[rest + 1]);
        return APP_MISUSE;
    }
    return app_finish(&app, verify(&app, rest < argc ? argv[rest] : ""));
}
