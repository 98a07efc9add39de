/* engine/ics: lines as RFC 5545 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/ics.h"

enum { LINE_MAX_BYTES = 64 * 1024 };

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static char *put(struct arena *arena, const char *text)
{
    struct buf out;
    buf_init(&out, LINE_MAX_BYTES);
    ics_put(&out, arena, "SUMMARY", text);
    char *line = arena_strdup(arena, out.text);
    buf_finish(&out);
    return line;
}

static void texts__are_escaped(void **state)
{
    static const struct {
        const char *text, *line;
    } rows[] = {
        { "", "SUMMARY:\r\n" },
        { "Chairs, tables; \\o/", "SUMMARY:Chairs\\, tables\\; \\\\o/\r\n" },
        { "two\nlines", "SUMMARY:two\\nlines\r\n" },
        { "a:b \"c\"", "SUMMARY:a:b \"c\"\r\n" },
        { "X\r\nATTENDEE:mallory\t\x01", "SUMMARY:X\\nATTENDEE:mallory\r\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(put(*state, rows[i].text), rows[i].line);
}

/* Whatever the length, and whatever the width of its characters: unfolded it is what it was, and no line is too long. */
static void lines__are_folded_between_characters(void **state)
{
    static const char *const letters[] = { "a", "é", "語", "🙋" };
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        for (int n = 1; n < 200; n++) {
            const char *text = "";
            for (int k = 0; k < n; k++)
                text = arena_printf(*state, "%s%s", text, letters[i]);
            char *folded = put(*state, text), *unfolded = arena_strdup(*state, ""), *line = folded;
            for (char *end; (end = strstr(line, "\r\n")); line = end + 2) {
                assert_true(end - line <= 75);
                assert_true(line == folded || *line == ' ');
                assert_int_not_equal((unsigned char)line[line > folded] & 0xC0, 0x80);
                unfolded = arena_printf(*state, "%s%.*s", unfolded, (int)(end - line) - (line > folded),
                                        line + (line > folded));
            }
            assert_string_equal(unfolded, arena_printf(*state, "SUMMARY:%s", text));
            arena_reset(*state);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts__are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(lines__are_folded_between_characters, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
