/* A date in words: an instant that is to come, for the whole phrase, however it is written; or a question; or no date. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "time/when.h"

/* Read at 10:00 on Tuesday 24 November 2026 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);

static void check_answer(const struct when *when)
{
    FUZZ_REQUIRE(when->n_candidates <= WHEN_CANDIDATES_MAX);
    for (size_t i = 1; i < when->n_candidates; i++)
        FUZZ_REQUIRE(when->candidates[i] > when->candidates[i - 1]);
    if (when->result != WHEN_AT)
        return;
    FUZZ_REQUIRE(when->at_ms > now_ms && when->at_ms % 1000 == 0);
    FUZZ_REQUIRE(memchr(when->zone, '\0', sizeof when->zone));
}

static bool is_same(const struct when *a, const struct when *b)
{
    return a->result == b->result && (a->result != WHEN_AT || a->at_ms == b->at_ms);
}

/* R2: case and the kind of space change nothing. */
static void check_writing(struct arena *arena, const struct when_context *context, const char *phrase,
                          const struct when *read)
{
    char *upper = arena_strdup(arena, phrase);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    struct when again = when_read(arena, context, upper);
    FUZZ_REQUIRE(is_same(read, &again));
    char *wide = arena_alloc(arena, 3 * strlen(phrase) + 1), *to = wide;
    for (const char *c = phrase; *c; c++) {
        if (*c == ' ') {
            memcpy(to, "\u202f", 3);
            to += 3;
        } else {
            *to++ = *c;
        }
    }
    again = when_read(arena, context, wide);
    FUZZ_REQUIRE(is_same(read, &again));
}

/* R1: a word left over is never dropped. */
static void check_left_over(struct arena *arena, const struct when_context *context, const char *phrase)
{
    struct when more = when_read(arena, context, arena_printf(arena, "%s wensday", phrase));
    FUZZ_REQUIRE(more.result != WHEN_AT);
    more = when_read(arena, context, arena_printf(arena, "wensday %s", phrase));
    FUZZ_REQUIRE(more.result != WHEN_AT);
}

/* What is not the date is a part of what was typed. */
static void check_subject(const char *text, const char *subject)
{
    FUZZ_REQUIRE(!subject || strlen(subject) <= strlen(text));
}

void target_when(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    uint8_t head = fuzz_take_byte(&bytes, &len);
    const struct when_context context = { .now_ms = now_ms,
                                          .zone = head & 1 ? "America/Toronto" : "Europe/Zurich",
                                          .lang = head & 2 ? "fr" : "en",
                                          .hours = head & 4 ? "mon-fri 09:00-12:00,13:00-17:00" : NULL };
    const char *text = fuzz_text(arena, bytes, len);
    struct when read = when_read(arena, &context, text);
    check_answer(&read);
    check_writing(arena, &context, text, &read);
    if (read.result == WHEN_AT)
        check_left_over(arena, &context, text);
    struct when sentence = when_read_sentence(arena, &context, text);
    check_answer(&sentence);
    check_subject(text, sentence.subject);
    struct when tail = when_read_tail(arena, &context, text);
    check_answer(&tail);
    check_subject(text, tail.subject);
    FUZZ_REQUIRE(tail.result == WHEN_NONE || tail.subject);
    arena_destroy(arena);
}
