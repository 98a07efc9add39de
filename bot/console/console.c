#include "console/console.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "console/state.h"
#include "store/timer.h"
#include "time/zone.h"

static const char usage[] =
    "usage: greffier console [--lang L] [--zone Z] [--now ISO] [--store FILE] [--script FILE]\n"
    "                        [--admin USER]\n";

static const char help[] =
    "@bob: !agree DEC-1       bob says it in this room; a bare line is said by the last speaker\n"
    "@bob in DEC-1: text      in that item's thread; `@bob in thread: text` in the one the bot opened last\n"
    "@bob dm: text            to the bot alone\n"
    "@bob replies DEC-1: text to its card; `@bob replies: text` to the bot's last message to bob here\n"
    "@bob 👍 DEC-1            bob reacts on its card; `@bob -👍 DEC-1` takes it back; without an id: on the\n"
    "                         bot's last message to bob here\n"
    "@bob edits: text         replaces bob's last message; `@bob edits DEC-1: text` the one that opened it\n"
    "@bob redacts             removes it; `@bob redacts DEC-1` the opening, `@bob redacts card DEC-1` the card\n"
    "line one\\                a line that ends in a backslash goes on in the next one\n"
    "# text                   a remark\n"
    "/room ops kind=urgent lang=fr zone=Europe/Paris people=@alice,@bob\n"
    "                         makes a room or goes to it; the first of people= moderates; without people=\n"
    "                         whoever speaks in it comes in\n"
    "/join @dan  /leave @dan  come into this room, leave it      /level @bob 50   a person's power level here\n"
    "/kick [why]  /invite     the last speaker sends the bot out of this room; it comes back\n"
    "/at friday 17:00  /wait 2h   turn the clock: all that is due on the way happens, at its own time\n"
    "/down ... /up  /down 3h  the bot is down; what is said meanwhile reaches it at /up\n"
    "/now  /help  /quit\n";

void console_note(struct console *console, const char *format, ...)
{
    va_list args;
    fputs("console: ", console->out);
    va_start(args, format);
    vfprintf(console->out, format, args);
    va_end(args);
    fputc('\n', console->out);
}

void console_fail(struct console *console, const char *format, ...)
{
    va_list args;
    fflush(console->out);
    fputs("greffier: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    console->is_over = true;
    console->status = 1;
}

void console_begin(struct console *console)
{
    store_begin(console->store);
}

bool console_commit(struct console *console)
{
    struct err err = { "" };
    if (store_commit(console->store, &err))
        return true;
    if (!console->is_over)
        console_fail(console, "%s", err.text);
    return false;
}

/* ---- lines ---- */

/* One physical line without its end, at most LINE_MAX_LEN + 1 bytes of it kept; false at the end. */
static bool read_physical(struct console *console, struct buf *buf)
{
    int c = getc(console->in);
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc(console->in))
        buf_putc(buf, (char)c);
    if (buf->len > 0 && buf->text[buf->len - 1] == '\r')
        buf->text[--buf->len] = '\0';
    return true;
}

static bool goes_on(const struct buf *line)
{
    size_t n_backslashes = 0;
    while (n_backslashes < line->len && line->text[line->len - 1 - n_backslashes] == '\\')
        n_backslashes++;
    return n_backslashes % 2 == 1;
}

/* A transcript reads as it was typed: remarks and blank lines stay, the rest stands after "> ". */
static void echo(struct console *console, const struct buf *line, bool is_first)
{
    bool is_typed = !is_first || (*line->text != '#' && *text_skip_space(line->text) != '\0');
    if (!console->is_script)
        return;
    if (is_typed)
        fputs("> ", console->out);
    fwrite(line->text, 1, line->len, console->out);
    fputc('\n', console->out);
}

/* A line with all that it goes on in, joined by '\n'; two backslashes at an end are one. */
static bool read_line(struct console *console, struct buf *line)
{
    struct buf part;
    bool is_going_on, is_first = true;
    buf_clear(line);
    do {
        buf_init(&part, LINE_MAX_LEN + 1);
        if (!read_physical(console, &part)) {
            buf_finish(&part);
            return !is_first;
        }
        echo(console, &part, is_first);
        bool ends_in_backslash = part.len > 0 && part.text[part.len - 1] == '\\' && *part.text != '#';
        is_going_on = ends_in_backslash && goes_on(&part);
        if (!is_first)
            buf_putc(line, '\n');
        buf_add(line, part.text, part.len - ends_in_backslash);
        /* What overflowed must stay too long, whatever is left out at the end. */
        if (part.is_full)
            line->is_full = true;
        buf_finish(&part);
        is_first = false;
    } while (is_going_on);
    return true;
}

/* ---- the loop ---- */

static void run_line(struct console *console, const struct buf *text)
{
    struct line line = line_read(console->arena, text->text, text->is_full ? LINE_MAX_LEN + 1 : text->len);
    switch (line.kind) {
    case LINE_BLANK:
    case LINE_COMMENT:
        return;
    case LINE_WRONG:
        console_note(console, "%s", line.text);
        return;
    case LINE_HELP:
        fputs(help, console->out);
        return;
    case LINE_QUIT:
        console->is_over = true;
        return;
    case LINE_AT:
    case LINE_WAIT:
    case LINE_DOWN:
    case LINE_UP:
    case LINE_NOW:
        clock_do(console, &line);
        break;
    default:
        acts_do(console, &line);
        break;
    }
    if (!console->is_down)
        clock_settle(console, 0);
}

/* What a console that is started again with this store goes on from. */
static void keep_place(struct console *console)
{
    if (console->is_over && console->status)
        return;
    console_begin(console);
    store_set_int(console->store, "console/now", console->now_ms);
    store_set(console->store, "console/speaker", console->speaker);
    console_commit(console);
}

static void follow_wall_clock(struct console *console)
{
    int64_t wall_ms = console->clock_ms(), passed_ms = wall_ms - console->wall_ms;
    console->wall_ms = wall_ms;
    if (passed_ms > 0)
        clock_turn(console, console->now_ms + passed_ms);
}

/* At a terminal things come due while nobody types. */
static void wait_for_line(struct console *console)
{
    struct pollfd input = { .fd = fileno(console->in), .events = POLLIN };
    int n = 0;
    while (n == 0) {
        fputs(world_prompt(console), console->out);
        fflush(console->out);
        do {
            enum { LONGEST_MS = 60000 };
            int64_t left_ms = console->is_down
                                  ? LONGEST_MS
                                  : timer_next_ms(console->store, console->now_ms) - console->now_ms;
            n = poll(&input, 1, left_ms < LONGEST_MS ? (int)left_ms : LONGEST_MS);
            if (n == 0 && left_ms < LONGEST_MS)
                fputc('\n', console->out);
            follow_wall_clock(console);
            if (n == 0 && left_ms < LONGEST_MS)
                break;
        } while (n == 0);
        arena_reset(console->arena);
    }
}

static void run_lines(struct console *console)
{
    struct buf line;
    buf_init(&line, LINE_MAX_LEN + 1);
    bool is_terminal = !console->is_script && isatty(fileno(console->in));
    while (!console->is_over) {
        if (is_terminal)
            wait_for_line(console);
        if (!read_line(console, &line))
            break;
        run_line(console, &line);
        keep_place(console);
        fflush(console->out);
        arena_reset(console->arena);
    }
    if (is_terminal)
        fputc('\n', console->out);
    buf_finish(&line);
}

/* ---- the start ---- */

struct options {
    const char *lang, *zone, *now, *store, *script, *admin;
};

static bool read_options(int argc, char **argv, struct options *options)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = { { "--lang", &options->lang },     { "--zone", &options->zone },
                  { "--now", &options->now },       { "--store", &options->store },
                  { "--script", &options->script }, { "--admin", &options->admin } };
    for (int i = 1; i < argc; i++) {
        size_t len = strcspn(argv[i], "="), k = 0, n_known = sizeof known / sizeof known[0];
        while (k < n_known && (strlen(known[k].name) != len || strncmp(known[k].name, argv[i], len) != 0))
            k++;
        if (k == n_known || (argv[i][len] == '\0' && i + 1 == argc))
            return false;
        *known[k].value = argv[i][len] == '=' ? argv[i] + len + 1 : argv[++i];
    }
    return true;
}

static int misuse(const char *what)
{
    fprintf(stderr, "greffier console: %s\n%s", what, usage);
    return 2;
}

/* The later of --now and where this store's clock stood: a clock goes forward. What came due between is
 * treated as by a bot that was down. */
static void start_clock(struct console *console, int64_t now_ms)
{
    int64_t stood_ms = store_get_int(console->store, "console/now", now_ms);
    console->now_ms = stood_ms > now_ms ? stood_ms : now_ms;
    console->wall_ms = console->clock_ms();
    clock_settle(console, stood_ms < now_ms ? stood_ms : 0);
}

static int run(struct console *console, int64_t now_ms)
{
    const struct command *const *commands = console->commands;
    static const char *const nobody[] = { NULL };
    const char *const admins[] = { console->admin, NULL };
    struct engine_settings settings = { .me = CONSOLE_ME,
                                        .lang = console->lang,
                                        .zone = console->zone,
                                        .hours = CONSOLE_HOURS,
                                        .prefix = "!",
                                        .admins = admins,
                                        .bots = nobody };
    console->arena = arena_create();
    console->down = arena_create();
    console->engine = engine_create(console->store, &settings, commands, console->habits);
    console->now_ms = now_ms;
    world_start(console);
    start_clock(console, now_ms);
    if (!console->is_script && isatty(fileno(console->in)))
        fputs("Say something as @alice, or /help.\n", console->out);
    keep_place(console);
    run_lines(console);
    fflush(console->out);
    engine_destroy(console->engine);
    arena_destroy(console->down);
    arena_destroy(console->arena);
    return console->status;
}

static int open_and_run(struct console *console, const struct options *options, int64_t now_ms)
{
    struct err err = { "" };
    bool has_file = options->script && strcmp(options->script, "-") != 0;
    if (has_file && !(console->in = fopen(options->script, "re"))) {
        fprintf(stderr, "greffier console: %s: %s\n", options->script, strerror(errno));
        return 1;
    }
    int status = 1;
    if (store_open(options->store, &console->store, &err) == STORE_OPENED) {
        status = run(console, now_ms);
        store_close(console->store);
    } else {
        fprintf(stderr, "greffier console: %s\n", err.text);
    }
    if (has_file)
        fclose(console->in);
    return status;
}

int console_run(int argc, char **argv, const struct console_parts *parts)
{
    struct options options = { .lang = "en", .zone = "UTC" };
    int64_t now_ms;
    if (!read_options(argc, argv, &options))
        return misuse("an option that is not known, or without its value");
    if (!world_is_language(options.lang))
        return misuse("--lang is en, fr, fr-CA or fr-CH");
    if (!zone_is_known(options.zone))
        return misuse("--zone is a name such as Europe/Paris");
    if (options.now && !clock_read_iso(options.now, options.zone, &now_ms))
        return misuse("--now is a time such as 2026-11-24T10:00+01:00");
    if (!options.now && !options.script)
        now_ms = parts->clock_ms();
    else if (!options.now)
        clock_read_iso("2026-11-24T10:00", options.zone, &now_ms);
    struct arena *arena = arena_create();
    const char *admin = options.admin ? line_person_id(arena, options.admin) : NULL;
    if (options.admin && !admin) {
        arena_destroy(arena);
        return misuse("--admin is a person such as @alice");
    }
    struct console console = { .in = parts->in,
                               .out = parts->out,
                               .commands = parts->commands,
                               .habits = parts->habits,
                               .clock_ms = parts->clock_ms,
                               .lang = options.lang,
                               .zone = options.zone,
                               .admin = admin,
                               .is_script = options.script != NULL };
    int status = open_and_run(&console, &options, now_ms);
    arena_destroy(arena);
    return status;
}
