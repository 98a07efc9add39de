/*
 * fuzz - what the fuzz targets share: their functions, what they may ask for, a reader of HTML.
 *
 * Shape:   a target is a function target_NAME(bytes, len). It takes any bytes, checks what must hold of the outcome with
 *          FUZZ_REQUIRE, and leaves nothing behind: the same bytes always do the same. main.c makes programs of it;
 *          tests/unit/test_corpora.c replays the corpora.
 * Errors:  what does not hold ends the program, as a crash: that is what a fuzzer sees.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define TARGET(name, max) void target_##name(const uint8_t *bytes, size_t len);
#include "targets.def"
#undef TARGET

void fuzz_fail(const char *what, const char *file, int line) __attribute__((noreturn));
#define FUZZ_REQUIRE(what) ((what) ? (void)0 : fuzz_fail(#what, __FILE__, __LINE__))

/* A copy followed by a NUL, up to the first NUL in it. */
char *fuzz_text(struct arena *arena, const uint8_t *bytes, size_t len);
/* Takes one byte from the front; 0 if there is none left. */
uint8_t fuzz_take_byte(const uint8_t **bytes, size_t *len);
/* Takes what stands before the next 0x1E (the ASCII record separator), and that too. False at the end. */
bool fuzz_take_record(struct arena *arena, const uint8_t **bytes, size_t *len, char **record_out);

/* Whether every byte belongs to a character: what comes from a homeserver does. */
bool fuzz_is_utf8(const char *text);
/* What a person is shown may hold: UTF-8, no control character but a line break, nothing that cannot be seen. */
void fuzz_check_shown(const char *text);
/* Only the tags that templates may use, closed in order; an href is a link to a person whom is_person knows. */
void fuzz_check_html(const char *html, bool (*is_person)(void *data, const char *id), void *data);

#endif
