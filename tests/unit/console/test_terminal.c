/* console at a terminal: it prompts, its clock runs, and what comes due is said while nobody types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "commands/table.h"
#include "console/console.h"

/* Ten minutes pass at each look at the clock: whatever is awaited comes, however fast the machine is. */
static int64_t clock_ms(void)
{
    static int64_t now_ms = INT64_C(1795510800000);
    now_ms += 600000;
    return now_ms;
}

static int open_terminal(FILE **in_out)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;
    assert_int_equal(tcgetattr(slave, &settings), 0);
    settings.c_lflag &= (tcflag_t)~ECHO;
    assert_int_equal(tcsetattr(slave, TCSANOW, &settings), 0);
    *in_out = fdopen(slave, "r");
    setvbuf(*in_out, NULL, _IONBF, 0);
    return master;
}

/* The caller frees it. */
static char *type(const char *lines)
{
    char *argv[] = { "console", "--zone=Europe/Zurich", NULL }, *said;
    FILE *in;
    size_t len;
    int master = open_terminal(&in);
    FILE *out = open_memstream(&said, &len);
    assert_int_equal(write(master, lines, strlen(lines)), strlen(lines));
    assert_int_equal(console_run(2, argv,
                                 &(struct console_parts){ .commands = command_table,
                                                          .habits = habit_table,
                                                          .clock_ms = clock_ms,
                                                          .in = in,
                                                          .out = out }),
                     0);
    fclose(out);
    fclose(in);
    close(master);
    return said;
}

static void terminal__prompts_and_does_not_repeat_what_is_typed(void **state)
{
    (void)state;
    char *said = type("/room ops people=@alice,@bob\n@alice: hello\n/down\n/up\n/quit\n");
    assert_non_null(strstr(said, "/help"));
    assert_non_null(strstr(said, "@alice ops> "));
    assert_non_null(strstr(said, "@alice ops (down)> "));
    assert_null(strstr(said, "> @alice: hello"));
    free(said);
}

static void terminal__says_by_itself_what_is_due(void **state)
{
    (void)state;
    char *said = type(
        "/room ops people=@alice,@bob\n@alice: !remind me the kettle in 20 minutes\n/now\n/now\n/now\n/quit\n");
    assert_non_null(strstr(said, "alice: the kettle"));
    free(said);
}

/* The end of the input is the end. */
static void terminal__ends_with_its_input(void **state)
{
    (void)state;
    char *said = type("@alice: !help\n\004");
    assert_non_null(strstr(said, "!decide"));
    assert_int_equal(said[strlen(said) - 1], '\n');
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal__prompts_and_does_not_repeat_what_is_typed),
        cmocka_unit_test(terminal__says_by_itself_what_is_due),
        cmocka_unit_test(terminal__ends_with_its_input),
    };
    log_set_level(LOG_LEVEL_ERROR + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
