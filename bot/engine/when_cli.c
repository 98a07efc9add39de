#include "engine/when_cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine/hours.h"
#include "engine/when.h"
#include "engine/zone.h"

enum { EXIT_READ = 0, EXIT_MISUSE = 2, LINE_BYTES_MAX = 1024 * 1024 };

/* One question, from the options or from a line of a batch. */
struct asked {
    struct when_context context;
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

static struct json_object *reading(struct arena *arena, const struct asked *asked, const struct when *when)
{
    static const char *const names[] = {
        [WHEN_AT] = "at", [WHEN_ASK] = "ask", [WHEN_ERROR] = "error", [WHEN_NONE] = "none"
    };
    struct json_object *object = json_object_new_object();
    json_set_str(object, "result", names[when->result]);
    if (when->result == WHEN_AT)
        json_set_str(object, "at", rfc3339(arena, asked->context.zone, when->at_ms));
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

/* What is wrong with the question, in words; NULL if nothing is. */
static const char *fault_of(const struct asked *asked)
{
    struct hours hours;
    if (!asked->context.zone || !zone_is_known(asked->context.zone))
        return "the zone must be a name such as Europe/Paris";
    if (!is_language(asked->context.lang))
        return "the language must be en or fr";
    if (asked->context.hours && !hours_parse(asked->context.hours, &hours))
        return "the hours must be as in \"mon-fri 09:00-12:00,13:00-17:00\"";
    return asked->phrase ? NULL : "a phrase is missing: put it behind --";
}

static void answer_line(const char *line, size_t len, struct arena *arena, FILE *out)
{
    struct json_object *object = json_parse(line, len), *answer = NULL;
    struct asked asked = { .phrase = json_str(object, "phrase"),
                           .is_sentence = json_flag(object, "sentence", false) };
    const char *now = json_str(object, "now");
    asked.context.zone = json_str(object, "zone");
    asked.context.lang = json_str(object, "lang");
    asked.context.hours = json_str(object, "hours");
    const char *fault = fault_of(&asked);
    if (!fault && (!now || !read_now(arena, now, &asked.context.now_ms)))
        fault = "now must be an RFC 3339 time such as 2026-11-24T10:00:00+01:00";
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

static int run_batch(FILE *in, FILE *out)
{
    char *line = NULL;
    size_t cap = 0;
    struct arena *arena = arena_create();
    for (ssize_t len; (len = getline(&line, &cap, in)) > 0;) {
        if (len <= LINE_BYTES_MAX && strspn(line, " \t\r\n") < (size_t)len)
            answer_line(line, (size_t)len, arena, out);
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
        fprintf(out, "error: %s\n",
                when->fault == WHEN_PAST         ? "past"
                : when->fault == WHEN_IMPOSSIBLE ? "impossible"
                                                 : "not a date");
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
        "PHRASE, or --batch\n",
        what);
    return EXIT_MISUSE;
}

static int answer_one(struct arena *arena, struct asked *asked, const char *now, bool is_json, FILE *out,
                      FILE *errors)
{
    const char *fault = fault_of(asked);
    if (!fault && (!now || !read_now(arena, now, &asked->context.now_ms)))
        fault = "--now must be an RFC 3339 time such as 2026-11-24T10:00:00+01:00";
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

int when_cli_run(int argc, char **argv, FILE *in, FILE *out, FILE *errors)
{
    struct asked asked = { 0 };
    const char *now = NULL;
    bool is_json = false, is_batch = false;
    struct {
        const char *name;
        const char **value;
    } options[] = {
        { "--now", &now },
        { "--zone", &asked.context.zone },
        { "--lang", &asked.context.lang },
        { "--hours", &asked.context.hours },
    };
    struct {
        const char *name;
        bool *flag;
    } flags[] = {
        { "--json", &is_json },
        { "--batch", &is_batch },
        { "--sentence", &asked.is_sentence },
    };
    struct arena *arena = arena_create();
    const char *fault = NULL;
    for (int i = 1; i < argc && !fault; i++) {
        bool is_known = false;
        if (strcmp(argv[i], "--") == 0) {
            for (i++; i < argc; i++)
                asked.phrase = asked.phrase ? arena_printf(arena, "%s %s", asked.phrase, argv[i]) : argv[i];
            break;
        }
        for (size_t j = 0; j < sizeof flags / sizeof flags[0]; j++)
            if (strcmp(argv[i], flags[j].name) == 0)
                is_known = *flags[j].flag = true;
        for (size_t j = 0; j < sizeof options / sizeof options[0]; j++)
            if (strcmp(argv[i], options[j].name) == 0 && i + 1 < argc) {
                is_known = true;
                *options[j].value = argv[++i];
                break;
            }
        if (!is_known)
            fault = arena_printf(arena, "'%s' is not understood, or its value is missing", argv[i]);
    }
    int status = fault      ? misuse(errors, fault)
                 : is_batch ? run_batch(in, out)
                            : answer_one(arena, &asked, now, is_json, out, errors);
    arena_destroy(arena);
    return status;
}
