#include "time/when_cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "time/hours.h"
#include "time/when.h"
#include "time/zone.h"

enum { EXIT_READ = 0, EXIT_MISUSE = 2, LINE_BYTES_MAX = 1024 * 1024 };

/* One question, from the options or from a line of a batch. */
struct asked {
    struct when_context context; /* now_ms is read from now */
    const char *now;
    const char *phrase;
    bool is_sentence;
};

/* 2026-11-24T10:00...+01:00: a date, a time and an offset; whether they are possible is left to the
 * reading. */
static bool looks_like_rfc3339(const char *text)
{
    static const char shape[] = "dddd-dd-dd?dd:dd";
    size_t len = strlen(text), head = sizeof shape - 1;
    if (len <= head)
        return false;
    for (size_t i = 0; i < head; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !is_digit : shape[i] != '?' && text[i] != shape[i])
            return false;
    }
    bool is_utc = text[len - 1] == 'Z' || text[len - 1] == 'z';
    return strchr("Tt ", text[10]) && (is_utc || (len >= head + 6 && strchr("+-", text[len - 6])));
}

/* RFC 3339 with any offset, read as a date in words with its own offset is (R20). */
static bool read_now(struct arena *arena, const char *text, int64_t *now_ms)
{
    /* Far in the past, so that every instant is still to come. */
    struct when_context beginning = { .now_ms = -INT64_C(62135596800000), .zone = "UTC", .lang = "en" };
    if (!looks_like_rfc3339(text))
        return false;
    struct when when = when_read(arena, &beginning, text);
    *now_ms = when.at_ms;
    return when.result == WHEN_AT && when.has_clock;
}

static const char *rfc3339(struct arena *arena, const char *zone, int64_t at_ms)
{
    struct zone_local local = zone_local(zone, at_ms);
    struct civil c = local.civil;
    int offset = abs(local.offset_s) / 60;
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour,
                        c.minute, c.second, local.offset_s < 0 ? '-' : '+', offset / 60, offset % 60);
}

static struct when read_asked(struct arena *arena, const struct asked *asked)
{
    return asked->is_sentence ? when_read_sentence(arena, &asked->context, asked->phrase)
                              : when_read(arena, &asked->context, asked->phrase);
}

/* Why there is no instant, and what to type. */
static const char *why_not(enum when_fault fault)
{
    switch (fault) {
    case WHEN_PAST:
        return "past: name a time to come";
    case WHEN_IMPOSSIBLE:
        return "impossible: no calendar or clock has it; write it as in \"friday 17:00\"";
    case WHEN_TOO_LONG:
        return "too long for a date";
    default:
        return "not a date: write it as in \"friday 17:00\", \"28 november 9:30\" or \"in 2 days\"";
    }
}

static struct json_object *reading(struct arena *arena, const struct asked *asked, const struct when *when)
{
    static const char *const names[] = {
        [WHEN_AT] = "at", [WHEN_ASK] = "ask", [WHEN_ERROR] = "error", [WHEN_NONE] = "none"
    };
    struct json_object *object = json_object_new_object();
    json_set_str(object, "result", names[when->result]);
    if (when->result == WHEN_AT)
        json_set_str(object, "at", rfc3339(arena, asked->context.zone, when->at_ms));
    if (when->result == WHEN_ERROR)
        json_set_str(object, "why", why_not(when->fault));
    if (when->result == WHEN_ASK && when->fault == WHEN_MISFIT)
        json_set_str(object, "why", "that date is another day of the week");
    if (when->result == WHEN_ASK) {
        struct json_object *candidates = json_object_new_array();
        for (size_t i = 0; i < when->n_candidates; i++)
            json_add_str(candidates, rfc3339(arena, asked->context.zone, when->candidates[i]));
        json_set(object, "candidates", candidates);
    }
    if (asked->is_sentence)
        json_set_str(object, "subject", when->subject ? when->subject : "");
    return object;
}

static bool is_language(const char *lang)
{
    return lang && (strncmp(lang, "en", 2) == 0 || strncmp(lang, "fr", 2) == 0);
}

/* Reads now as well. What is wrong with the question, in words; NULL if nothing is. */
static const char *complete(struct arena *arena, struct asked *asked)
{
    struct hours hours;
    if (!asked->now || !read_now(arena, asked->now, &asked->context.now_ms))
        return "now must be an RFC 3339 time such as 2026-11-24T10:00:00+01:00";
    if (!asked->context.zone || !zone_is_known(asked->context.zone))
        return "the zone must be a name such as Europe/Paris";
    if (!is_language(asked->context.lang))
        return "the language must be en or fr";
    if (asked->context.hours && !hours_parse(asked->context.hours, &hours))
        return "the hours must be as in \"mon-fri 09:00-12:00,13:00-17:00\"";
    return asked->phrase ? NULL : "a phrase is missing: put it behind --";
}

/* A line is an object, or a phrase alone; what it does not say is as the options have it. */
static const char *read_line(struct asked *asked, struct json_object *object, const char *line)
{
    if (*line != '{') {
        asked->phrase = line;
        return NULL;
    }
    if (!json_object_is_type(object, json_type_object))
        return "the line is not JSON";
    struct {
        const char *name;
        const char **value;
    } members[] = { { "now", &asked->now },
                    { "zone", &asked->context.zone },
                    { "lang", &asked->context.lang },
                    { "hours", &asked->context.hours },
                    { "phrase", &asked->phrase } };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_find(object, members[i].name))
            *members[i].value = json_str(object, members[i].name);
    asked->is_sentence = json_flag(object, "sentence", asked->is_sentence);
    return NULL;
}

static void answer_line(const char *line, const struct asked *options, struct arena *arena, FILE *out)
{
    struct json_object *object = json_parse(line, strlen(line)), *answer = NULL;
    struct asked asked = *options;
    const char *fault = read_line(&asked, object, line);
    if (!fault)
        fault = complete(arena, &asked);
    if (fault) {
        answer = json_object_new_object();
        json_set_str(answer, "result", "error");
        json_set_str(answer, "why", fault);
    } else {
        struct when when = read_asked(arena, &asked);
        answer = reading(arena, &asked, &when);
    }
    struct json_object *id = json_find(object, "id");
    if (id)
        json_set(answer, "id", json_object_get(id));
    fprintf(out, "%s\n", json_text(answer));
    json_object_put(answer);
    json_object_put(object);
}

static int run_batch(const struct asked *options, FILE *in, FILE *out)
{
    char *line = NULL;
    size_t cap = 0;
    struct arena *arena = arena_create();
    for (ssize_t len; (len = getline(&line, &cap, in)) > 0;) {
        if (len <= LINE_BYTES_MAX && strspn(line, " \t\r\n") < (size_t)len)
            answer_line(text_trim(arena, line), options, arena, out);
        else if (len > LINE_BYTES_MAX)
            fputs("{\"result\":\"error\",\"why\":\"the line is too long\"}\n", out);
        arena_reset(arena);
    }
    arena_destroy(arena);
    free(line);
    return EXIT_READ;
}

static void print_plainly(struct arena *arena, const struct asked *asked, const struct when *when, FILE *out)
{
    const char *zone = asked->context.zone;
    if (when->result == WHEN_AT)
        fprintf(out, "at %s\n", rfc3339(arena, zone, when->at_ms));
    for (size_t i = 0; when->result == WHEN_ASK && i < when->n_candidates; i++)
        fprintf(out, "%s %s\n", i ? "or " : "ask", rfc3339(arena, zone, when->candidates[i]));
    if (when->result == WHEN_ASK && when->n_candidates == 0)
        fputs("ask\n", out);
    if (when->result == WHEN_ERROR)
        fprintf(out, "error: %s\n", why_not(when->fault));
    if (when->result == WHEN_ASK && when->fault == WHEN_MISFIT)
        fputs("that date is another day of the week\n", out);
    if (when->result == WHEN_NONE)
        fputs("none\n", out);
    if (asked->is_sentence && when->subject)
        fprintf(out, "subject: %s\n", when->subject);
}

static int misuse(FILE *errors, const char *what)
{
    fprintf(
        errors,
        "greffier when: %s\nusage: greffier when --now ISO --zone Z --lang L [--hours H] [--sentence] [--json] -- "
        "PHRASE, or --batch with phrases line by line\n",
        what);
    return EXIT_MISUSE;
}

static int answer_one(struct arena *arena, struct asked *asked, bool is_json, FILE *out, FILE *errors)
{
    const char *fault = complete(arena, asked);
    if (fault)
        return misuse(errors, fault);
    struct when when = read_asked(arena, asked);
    if (is_json) {
        struct json_object *answer = reading(arena, asked, &when);
        fprintf(out, "%s\n", json_text(answer));
        json_object_put(answer);
    } else {
        print_plainly(arena, asked, &when, out);
    }
    return EXIT_READ;
}

struct options {
    struct asked asked;
    bool is_json, is_batch;
};

/* How many of the arguments this one took; 0: it is not understood. */
static int read_option(struct options *options, char **argv)
{
    struct {
        const char *name;
        const char **value;
        bool *flag;
    } known[] = {
        { "--now", &options->asked.now, NULL },
        { "--zone", &options->asked.context.zone, NULL },
        { "--lang", &options->asked.context.lang, NULL },
        { "--hours", &options->asked.context.hours, NULL },
        { "--json", NULL, &options->is_json },
        { "--batch", NULL, &options->is_batch },
        { "--sentence", NULL, &options->asked.is_sentence },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(argv[0], known[i].name) != 0)
            continue;
        if (known[i].flag) {
            *known[i].flag = true;
            return 1;
        }
        *known[i].value = argv[1];
        return argv[1] ? 2 : 0;
    }
    return 0;
}

/* NULL: all of them are understood. */
static const char *read_options(struct options *options, char **argv, struct arena *arena)
{
    argv++;
    for (int n; *argv && strcmp(*argv, "--") != 0; argv += n)
        if ((n = read_option(options, argv)) == 0)
            return arena_printf(arena, "'%s' is not understood, or its value is missing", *argv);
    for (const char **phrase = &options->asked.phrase; *argv && *++argv;)
        *phrase = *phrase ? arena_printf(arena, "%s %s", *phrase, *argv) : *argv;
    return NULL;
}

int when_cli_run(int argc, char **argv, FILE *in, FILE *out, FILE *errors)
{
    (void)argc;
    struct options options = { 0 };
    struct arena *arena = arena_create();
    const char *fault = read_options(&options, argv, arena);
    int status = fault              ? misuse(errors, fault)
                 : options.is_batch ? run_batch(&options.asked, in, out)
                                    : answer_one(arena, &options.asked, options.is_json, out, errors);
    arena_destroy(arena);
    return status;
}
