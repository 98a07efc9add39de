/* What comes back: a rule that reads is whole, is written and read again, and its next occurrence is one of its own. */
#include <string.h>

#include "fuzz.h"
#include "time/recur_words.h"

static void check_rule(const struct recur *rule, int64_t now_ms)
{
    struct recur again;
    FUZZ_REQUIRE(recur_is_valid(rule));
    FUZZ_REQUIRE(recur_parse(recur_write(rule).text, &again));
    int64_t next_ms = recur_next(rule, now_ms);
    FUZZ_REQUIRE(next_ms > now_ms && recur_next(&again, now_ms) == next_ms);
    if (next_ms == RECUR_NEVER)
        return;
    FUZZ_REQUIRE(recur_next(rule, next_ms - 1) == next_ms);
    FUZZ_REQUIRE(recur_count_between(rule, now_ms, next_ms - 1) == 0);
    FUZZ_REQUIRE(recur_count_between(rule, now_ms, next_ms) >= 1); /* two where the clocks leave both out */
    if (recur_skip(&again, next_ms, now_ms))
        FUZZ_REQUIRE(recur_is_valid(&again) && recur_next(&again, now_ms) >= next_ms);
}

void target_recur(const uint8_t *bytes, size_t len)
{
    static const char *const langs[] = { "en", "fr", "fr-CA" };
    struct arena *arena = arena_create();
    struct when_context context = { .now_ms = INT64_C(1795510800000),
                                    .zone = "Europe/Zurich",
                                    .lang = langs[fuzz_take_byte(&bytes, &len) % 3],
                                    .hours = "mon-fri 09:00-12:00,13:00-17:00" };
    const char *text = fuzz_text(arena, bytes, len);
    struct recur kept;
    if (recur_parse(text, &kept))
        check_rule(&kept, context.now_ms);
    struct recur_reading reading = recur_read_tail(arena, &context, text);
    if (reading.result == WHEN_AT)
        check_rule(&reading.rule, context.now_ms);
    for (size_t i = 0; reading.result == WHEN_ASK && i < reading.n_candidates; i++) {
        check_rule(&reading.candidates[i], context.now_ms);
        FUZZ_REQUIRE(*recur_say(arena, context.lang, &reading.candidates[i], context.now_ms));
        /* What is chosen is read without another question. */
        const char *typed = recur_type(arena, &reading.candidates[i], context.now_ms);
        FUZZ_REQUIRE(recur_read_tail(arena, &context, typed).result == WHEN_AT);
    }
    arena_destroy(arena);
}
