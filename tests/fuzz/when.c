/*
 * Dates in words against anything: libFuzzer, under ASan and UBSan.
 *
 *     cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_when
 *     build/fuzz/fuzz_when -max_len=1200 -max_total_time=300 -dict=tests/fuzz/when.dict build/fuzz/corpus-when
 *
 * The first byte chooses how the rest is read; an odd one makes it lines of `greffier when --batch`. Whatever comes,
 * an instant is to come and of whole seconds, candidates are in order, and a line has one line back.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/when.h"
#include "engine/when_cli.h"

#define NOW_MS INT64_C(1795597200123) /* 2026-11-25 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct when *when)
{
    assert(when->n_candidates <= WHEN_CANDIDATES_MAX);
    if (when->result == WHEN_AT)
        assert(when->at_ms > NOW_MS - 1000 && when->at_ms % 1000 == 0 && when->n_candidates == 0);
    for (size_t i = 0; i < when->n_candidates; i++) {
        assert(when->result == WHEN_ASK && when->candidates[i] % 1000 == 0);
        assert(when->candidates[i] > (i ? when->candidates[i - 1] : NOW_MS - 1000));
    }
}

static void read_phrase(uint8_t how, const char *text)
{
    static const char *const zones[] = { "Europe/Zurich", "America/St_Johns", "Pacific/Apia",
                                         "America/Toronto" };
    struct when_context context = { .now_ms = NOW_MS,
                                    .zone = zones[how >> 1 & 3],
                                    .lang = how & 8 ? "fr" : "en",
                                    .hours = how & 16 ? "mon-thu 09:00-12:00,13:00-17:00; fri 09:00-12:00"
                                                      : NULL };
    struct arena *arena = arena_create();
    struct when when = how & 32   ? when_read_sentence(arena, &context, text)
                       : how & 64 ? when_read_tail(arena, &context, text)
                                  : when_read(arena, &context, text);
    check(&when);
    if (how & 96)
        assert(when.subject && strlen(when.subject) <= strlen(text) + 1);
    arena_destroy(arena);
}

static size_t count_lines(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static void read_lines(char *text, size_t len)
{
    char batch[] = "--batch", when[] = "when", *argv[] = { when, batch, NULL }, *answers = NULL;
    size_t answers_len = 0;
    FILE *in = fmemopen(text, len + 1, "r"), *out = open_memstream(&answers, &answers_len);
    assert(in && out);
    int status = when_cli_run(2, argv, in, out, stderr);
    (void)fclose(in);
    (void)fclose(out);
    assert(status == 0 && count_lines(answers, answers_len) <= count_lines(text, len) + 1);
    free(answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char *text = malloc(size);
    assert(text);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] & 1)
        read_lines(text, size - 1);
    else
        read_phrase(data[0], text);
    free(text);
    return 0;
}
