/* Text as people write it: what was cleaned stays clean, what was folded stays folded, what was cut is short. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "time/zone.h"

/* Only names that are no path. */
static void check_zone(const char *text)
{
    if (!zone_is_known(text))
        return;
    FUZZ_REQUIRE(strlen(text) < 64 && *text != '/' && !strstr(text, ".."));
    FUZZ_REQUIRE(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/") ==
                 strlen(text));
}

static void check_cut(struct arena *arena, const char *clean, size_t max)
{
    const char *cut = text_shorten(arena, clean, max);
    FUZZ_REQUIRE(text_chars(cut) <= (text_chars(clean) <= max ? max : max + 1));
    FUZZ_REQUIRE(text_chars(clean) > max || strcmp(cut, clean) == 0);
    fuzz_check_shown(cut);
}

void target_text(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_create();
    size_t max = fuzz_take_byte(&bytes, &len);
    const char *text = fuzz_text(arena, bytes, len);
    const char *clean = text_clean(arena, text), *fold = text_fold(arena, text);
    fuzz_check_shown(clean);
    FUZZ_REQUIRE(strcmp(text_clean(arena, clean), clean) == 0);
    FUZZ_REQUIRE(strcmp(text_fold(arena, fold), fold) == 0);
    const char *name = text_fold_name(arena, text);
    FUZZ_REQUIRE(!strpbrk(name, "'-_"));
    const char *trimmed = text_trim(arena, text);
    FUZZ_REQUIRE(strstr(text, trimmed) && strcmp(text_trim(arena, trimmed), trimmed) == 0);
    text_fold_reaction(arena, text);
    FUZZ_REQUIRE(text_distance(name, name, 2) == 0 || strlen(name) > 40);
    check_cut(arena, clean, max ? max : 1);
    check_zone(text);
    arena_destroy(arena);
}
