/* console: what it says for itself when a line cannot be done, and that nothing was done then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "commands/table.h"
#include "console/console.h"

static int64_t clock_ms(void)
{
    return INT64_C(1795510800000);
}

static int run(int argc, char **argv, FILE *in, char **said_out)
{
    size_t len;
    FILE *out = open_memstream(said_out, &len);
    assert_non_null(out);
    int status = console_run(
        argc, argv,
        &(struct console_parts){
            .commands = command_table, .habits = habit_table, .clock_ms = clock_ms, .in = in, .out = out });
    fclose(out);
    return status;
}

/* The caller frees it. */
static char *play(const char *lines)
{
    char *argv[] = { "console", "--script", "-", "--zone=Europe/Zurich", NULL }, *said;
    FILE *in = fmemopen((void *)(uintptr_t)lines, strlen(lines), "r");
    assert_non_null(in);
    assert_int_equal(run(4, argv, in, &said), 0);
    fclose(in);
    return said;
}

static const char team[] = "/room ops people=@alice,@bob\n@alice: !decide One by tomorrow 16:00\n";

/* Each after a decision DEC-1 of alice was opened in the room ops. */
static const struct {
    const char *lines, *says;
} rows[] = {
    { "@bob: !agree DEC-1", "Agreed: bob" },
    { "@dan: hello", "console: @dan is not in ops; /join @dan in that room" },
    { "@bob in DEC-9: agree", "console: there is no card of DEC-9" },
    { "@bob 👍 DEC-9", "console: there is no card of DEC-9" },
    { "@bob redacts DEC-9", "console: there is no card of DEC-9" },
    { "/room fresh\n@bob in thread: agree", "console: no thread was opened by the bot in fresh" },
    { "/join @dan\n@dan replies: agree", "console: the bot has said nothing to @dan in ops" },
    { "/join @dan\n@dan 👍", "console: the bot has said nothing to @dan in ops" },
    { "@bob edits: agree", "console: @bob has said nothing yet" },
    { "@bob redacts", "console: @bob has said nothing yet" },
    { "@bob edits DEC-1: !decide Two by tomorrow", "console: @bob did not write that" },
    { "@bob redacts card DEC-1", "console: @bob may not remove the messages of others" },
    { "@bob 👍 DEC-1\n@bob 👍 DEC-1", "console: @bob has 👍 there already" },
    { "@bob -👍 DEC-1", "console: @bob has no 👍 there" },
    { "@bob 👍 DEC-1\n@bob -👍 DEC-1\n@bob: !show DEC-1", "no answer yet" },
    { "/room", "console: ops: @alice @bob" },
    { "/room ops lang=xx", "console: lang= is en, fr, fr-CA or fr-CH" },
    { "/room ops zone=Mars/Olympus", "console: zone= is a name such as Europe/Paris" },
    { "/join @greffier", "console: for the bot: /kick and /invite" },
    { "/join @bob", "console: @bob is already in ops" },
    { "/leave @dan", "console: @dan is not in ops" },
    { "@greffier: hello", "console: the bot speaks for itself" },
    { "/up", "console: the bot is up" },
    { "/down\n/down", "console: the bot is down already" },
    { "/at yesterday", "console: that is no time to come; now is 2026-11-24T10:00:00+01:00" },
    { "/at nonsense", "console: that is no time to come; now is 2026-11-24T10:00:00+01:00" },
    { "/at 24.11.2029 10:00",
      "console: the clock goes forward, a year at most; now is 2026-11-24T10:00:00+01:00" },
    { "/at 9:00\n/now", "console: 2026-11-25T09:00:00+01:00 Europe/Zurich" },
    { "/wait 1h\n/now", "console: 2026-11-24T11:00:00+01:00 Europe/Zurich" },
    { "/room west zone=America/St_Johns\n/now", "console: 2026-11-24T05:30:00-03:30 America/St_Johns" },
    { "/down 2h\n/now", "console: 2026-11-24T12:00:00+01:00 Europe/Zurich" },
    { "/help", "/kick [why]  /invite" },
    { "/quit\n@bob: !agree DEC-1", "Asked: bob. No answers yet." },
    { "/nonsense", "console: " },
    { "/at 5:30", "console: 2026-11-24T17:30:00+01:00 or 2026-11-25T05:30:00+01:00?" },
    { "/down\n/down 2h\n/now", "console: the bot is down already" },
    { "/level @greffier 50", "/level @greffier 50" },
    { "@bob edits: @greffier help", "console: @bob has said nothing yet" },
    { "@bob: hi\n@bob edits: @greffier help", "!decide" },
    { "@bob: !agree \\\nDEC-1", "> DEC-1" },
    { "@bob: !agree DEC-1\r", "Agreed: bob" },
};

static void console__says_what_cannot_be_done(void **state)
{
    (void)state;
    int n_wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[1024];
        snprintf(lines, sizeof lines, "%s%s\n", team, rows[i].lines);
        char *said = play(lines);
        if (!strstr(said, rows[i].says)) {
            print_error("%s: “%s” is not in:\n%s", rows[i].lines, rows[i].says, said);
            n_wrong++;
        }
        free(said);
    }
    assert_int_equal(n_wrong, 0);
}

/* After /quit nothing is read; a line that is too long says so and is not cut. */
static void console__ends_where_it_is_told_and_takes_no_half_lines(void **state)
{
    (void)state;
    char *said = play("/quit\n@bob: hello\n");
    assert_null(strstr(said, "hello"));
    free(said);
    static char lines[200000];
    snprintf(lines, sizeof lines, "@bob: !remind me %0150000d tomorrow\n@bob: !help\n", 7);
    said = play(lines);
    assert_non_null(strstr(said, "console: "));
    assert_null(strstr(said, "RMD-1"));
    free(said);
}

/* Another start with the same store goes on where the last one ended. */
static void console__goes_on_with_a_store(void **state)
{
    (void)state;
    char path[] = "/tmp/greffier-console-XXXXXX", store[64], *said;
    assert_non_null(mkdtemp(path));
    snprintf(store, sizeof store, "%s/db", path);
    static const char first[] =
        "/room ops people=@alice,@bob\n@alice: !decide One by friday 16:00\n/wait 1h\n";
    static const char then[] = "/now\n@bob 👍 DEC-1\n@bob: !show DEC-1\n";
    const char *scripts[] = { first, then };
    for (int i = 0; i < 2; i++) {
        char *argv[] = { "console", "--script", "-", "--store", store, "--now", "2026-11-24T10:00Z", NULL };
        FILE *in = fmemopen((void *)(uintptr_t)scripts[i], strlen(scripts[i]), "r");
        assert_int_equal(run(7, argv, in, &said), 0);
        fclose(in);
        if (i == 0)
            free(said);
    }
    assert_non_null(strstr(said, "console: 2026-11-24T11:00:00+00:00 UTC"));
    assert_non_null(strstr(said, "bob: agreed"));
    free(said);
    static const char *const ends[] = { "", "-wal", "-shm", ".ballast" };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char file[96];
        snprintf(file, sizeof file, "%s%s", store, ends[i]);
        unlink(file);
    }
    assert_int_equal(rmdir(path), 0);
}

static void console__refuses_misuse(void **state)
{
    (void)state;
    static char *const misuses[][4] = {
        { "console", "--nonsense", NULL },
        { "console", "--now", NULL },
        { "console", "--now", "yesterday", NULL },
        { "console", "--now=2026-13-01T10:00", NULL },
        { "console", "--now=2026-11-24T10:00+25:00", NULL },
        { "console", "--now=2026-11-24 10:61", NULL },
        { "console", "--now=2026-11-24", NULL },
        { "console", "--now=2026-11-24T10:00:99", NULL },
        { "console", "--now=2026-11-24T10:00+1", NULL },
        { "console", "--now=20261124", NULL },
        { "console", "--now=0000-11-24T10:00", NULL },
        { "console", "--now=2026/11/24T10:00", NULL },
        { "console", "--now=2026-1x-24T10:00", NULL },
        { "console", "--now=2026-11/24T10:00", NULL },
        { "console", "--now=2026-11-xxT10:00", NULL },
        { "console", "--now=2026-11-24x10:00", NULL },
        { "console", "--now=2026-11-24Tx0:00", NULL },
        { "console", "--now=2026-11-24T10.00", NULL },
        { "console", "--now=2026-11-24T10:x0", NULL },
        { "console", "--now=2026-11-24T10:00:x0", NULL },
        { "console", "--now=2026-11-24T24:00", NULL },
        { "console", "--now=2026-11-24T10:00*01:00", NULL },
        { "console", "--now=2026-11-24T10:00+01:60", NULL },
        { "console", "--now=2026-11-24T10:00+01:xx", NULL },
        { "console", "--now=2026-11-24T10:00+01:00x", NULL },
        { "console", "--lang=xx", NULL },
        { "console", "--zone=Mars/Olympus", NULL },
    };
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        char *argv[4], *said;
        int argc = 0;
        for (; misuses[i][argc]; argc++)
            argv[argc] = misuses[i][argc];
        argv[argc] = NULL;
        assert_int_equal(run(argc, argv, stdin, &said), 2);
        assert_string_equal(said, "");
        free(said);
    }
    char *argv[] = { "console", "--script", "/nonexistent/script", NULL }, *said;
    assert_int_equal(run(3, argv, stdin, &said), 1);
    free(said);
    char *unwritable[] = { "console", "--script", "-", "--store", "/nonexistent/store", NULL };
    assert_int_equal(run(5, unwritable, stdin, &said), 1);
    free(said);
}

static void console__takes_the_instant_in_each_form(void **state)
{
    (void)state;
    static const struct {
        char *now;
        const char *says;
    } forms[] = {
        { "2026-11-24T10:00Z", "2026-11-24T11:00:00+01:00" },
        { "2026-11-24 10:00", "2026-11-24T10:00:00+01:00" },
        { "2026-11-24T10:00:05-0330", "2026-11-24T14:30:05+01:00" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *argv[] = { "console", "--script=-", "--zone=Europe/Zurich", "--now", forms[i].now, NULL },
             *said;
        static const char lines[] = "/now\n";
        FILE *in = fmemopen((void *)(uintptr_t)lines, sizeof lines - 1, "r");
        assert_int_equal(run(5, argv, in, &said), 0);
        fclose(in);
        if (!strstr(said, forms[i].says))
            fail_msg("%s: %s", forms[i].now, said);
        free(said);
    }
}

static int be_silent(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_non_null(freopen("/dev/null", "w", stderr));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(console__says_what_cannot_be_done),
        cmocka_unit_test(console__ends_where_it_is_told_and_takes_no_half_lines),
        cmocka_unit_test(console__goes_on_with_a_store),
        cmocka_unit_test_setup(console__refuses_misuse, be_silent),
        cmocka_unit_test(console__takes_the_instant_in_each_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
