/* What is shown to whoever has the bot's machine before them, and what they say to it: by the numbers that they were shown, so
 * that a yes is never taken for a talk that began since. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "matrix/crypto/vouch_private.h"
#include "matrix/parse.h"
#include "store/store.h"
#include "words/words.h"

enum { SHOWN_BYTES = 4096, NUMBERS_BYTES = 64 };

static void numbers_of(const struct vouch_talk *talk, char out[NUMBERS_BYTES])
{
    const int *numbers = talk->code.numbers;
    snprintf(out, NUMBERS_BYTES, "%d %d %d", numbers[0], numbers[1], numbers[2]);
}

static void add_emoji(struct buf *text, size_t index, struct arena *arena)
{
    const char *sign = words_nth(arena, (struct words_place){ "en", "vouch", "signs" }, index);
    const char *english = words_nth(arena, (struct words_place){ "en", "vouch", "names" }, index);
    const char *french = words_nth(arena, (struct words_place){ "fr", "vouch", "names" }, index);
    buf_printf(text, "  %s  %s · %s\n", sign, english, french);
}

static char *shown(const struct vouch_talk *talk, struct arena *arena)
{
    char numbers[NUMBERS_BYTES];
    struct buf text;
    buf_init(&text, SHOWN_BYTES);
    buf_printf(&text, "%s, device %s:\n", talk->person, text_clean(arena, talk->device_id));
    for (size_t i = 0; i < SAS_EMOJI; i++)
        add_emoji(&text, (size_t)talk->code.emoji[i], arena);
    numbers_of(talk, numbers);
    buf_printf(&text, "%s", numbers);
    char *result = arena_strdup(arena, text.text);
    buf_finish(&text);
    return result;
}

/* person "": anybody. */
static char *show(struct crypto *crypto, const char *person, struct arena *arena)
{
    struct vouch *vouch = crypto->vouch;
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        const struct vouch_talk *talk = &vouch->talks[i];
        if (talk->step == VOUCH_SHOWN && (!*person || strcmp(person, talk->person) == 0))
            return shown(talk, arena);
    }
    return NULL;
}

static void await(struct crypto *crypto, const char *person)
{
    struct vouch *vouch = crypto->vouch;
    free(vouch->awaited);
    vouch->awaited = xstrdup(person);
    vouch->awaited_until_ms = crypto->client->now_ms + VOUCH_MS;
}

static struct vouch_talk *find_shown(struct vouch *vouch, const char *wanted)
{
    struct vouch_talk *found = NULL;
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        char numbers[NUMBERS_BYTES];
        numbers_of(&vouch->talks[i], numbers);
        if (vouch->talks[i].step >= VOUCH_SHOWN && strcmp(numbers, wanted) == 0)
            found = &vouch->talks[i];
    }
    return found;
}

static char *decide(struct crypto *crypto, const char *numbers, bool is_yes, struct arena *arena)
{
    struct vouch_talk *talk = find_shown(crypto->vouch, numbers);
    if (!talk)
        return arena_strdup(arena, "this is not being compared any more");
    if (talk->step == VOUCH_SHOWN && is_yes)
        vouch_agree(crypto, talk);
    else if (talk->step == VOUCH_SHOWN)
        vouch_end(crypto, talk, "m.mismatched_sas", "mismatch");
    if (store_in_transaction(crypto->client->store))
        crypto_commit(crypto);
    return arena_strdup(arena, talk->result);
}

char *vouch_answer(struct crypto *crypto, const char *words, struct arena *arena)
{
    if (strncmp(words, "yes ", 4) == 0)
        return decide(crypto, words + 4, true, arena);
    if (strncmp(words, "no ", 3) == 0)
        return decide(crypto, words + 3, false, arena);
    if (*words && !parse_is_user_id(words))
        return arena_printf(arena, "that is nobody's user id: %s", text_clean(arena, words));
    if (*words)
        await(crypto, words);
    return show(crypto, words, arena);
}
