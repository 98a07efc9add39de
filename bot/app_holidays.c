/* holidays: the days off of a calendar file, of everybody or of a room. The file is read here, by who calls the command; the daemon,
 * or the store if there is none, gets the days alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "base/buf.h"
#include "base/text.h"
#include "engine/ics_read.h"
#include "loop.h"
#include "ops/file.h"
#include "query.h"

enum { WORDS_BYTES = 60 * 1024, YEARS_AHEAD_DAYS = 5 * 366 };

static const char *span_text(struct arena *arena, struct hours_off span)
{
    struct civil from = civil_from_day(span.from_day), to = civil_from_day(span.to_day);
    return arena_printf(arena, "%04d-%02d-%02d/%04d-%02d-%02d", from.year, from.month, from.day, to.year,
                        to.month, to.day);
}

static void report(const struct ics_days *days)
{
    for (size_t i = 0; i < days->n_left_out; i++)
        printf("left out: %s: %s\n", *days->left_out[i].name ? days->left_out[i].name : "(without a name)",
               ics_why_text(days->left_out[i].why));
    printf("%zu spans of days read, %zu events left out, %zu dates past or more than five years off\n",
           days->n, days->n_left_out + days->n_left_out_more, days->n_outside);
}

/* The calendar as lines behind words; false: there is nothing to take in. */
static bool read_calendar(struct app *app, const char *path, struct arena *arena, struct buf *words)
{
    struct err err;
    size_t len = 0;
    char *text = file_read(path, ICS_FILE_BYTES, &len, &err);
    if (!text)
        return app_complain(app, 0, &err);
    int64_t today = hours_day_of(app->config.defaults.zone, loop_clock().wall_ms);
    struct ics_days days = ics_read(arena, text, len, app->config.defaults.zone,
                                    (struct hours_off){ today, today + YEARS_AHEAD_DAYS });
    free(text);
    if (!days.is_calendar || days.is_cut) {
        err_set(&err, "%s %s", path, days.is_calendar ? "ends in the middle of it" : "is no iCalendar file");
        return app_complain(app, 0, &err);
    }
    report(&days);
    for (size_t i = 0; i < days.n; i++)
        buf_printf(words, "\n%s %s", span_text(arena, days.days[i].span), days.days[i].name);
    if (days.n == 0)
        err_set(&err, "%s has no days off to come; nothing is changed", path);
    return days.n > 0 || app_complain(app, 0, &err);
}

static int ask(struct app *app, const char *words, struct arena *arena)
{
    char *text = NULL;
    int status = app_query(app, "holidays", words, arena, &text);
    if (status)
        return status;
    if (!text || text_starts_with(text, QUERY_NOT_KEPT)) {
        fprintf(stderr, "greffier holidays: %s\n", text ? text : "the bot knows no such room");
        return APP_FAILED;
    }
    printf("%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
    return 0;
}

static int holidays(struct app *app, const char *verb, const char *path, const char *whose)
{
    int status = app_open_config(app);
    if (status)
        return status;
    struct arena *arena = arena_create();
    struct buf words;
    buf_init(&words, WORDS_BYTES);
    buf_printf(&words, "%s %s", verb, whose);
    bool is_read = !path || read_calendar(app, path, arena, &words);
    status = is_read ? ask(app, words.text, arena) : APP_FAILED;
    buf_finish(&words);
    arena_destroy(arena);
    return status;
}

int app_holidays(int argc, char **argv)
{
    struct app app = { 0 };
    int rest = app_read_options(&app, argc, argv);
    if (rest < 0)
        return APP_MISUSE;
    const char *verb = rest < argc ? argv[rest] : "";
    bool is_import = strcmp(verb, "import") == 0;
    int after = rest + 1 + is_import; /* where a room may stand */
    const char *whose = after < argc ? argv[after] : "";
    bool is_verb = is_import || strcmp(verb, "list") == 0 || strcmp(verb, "clear") == 0;
    if (!is_verb || after > argc || after + 1 < argc || (*whose && *whose != '!')) {
        fprintf(stderr,
                "greffier holidays: import CALENDAR, list or clear, and perhaps a room's id (!room:...); see "
                "`greffier help`\n");
        return APP_MISUSE;
    }
    return app_finish(&app, holidays(&app, verb, is_import ? argv[rest + 1] : NULL, whose));
}
