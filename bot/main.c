/*
 * Greffier: argv -> subcommand; wiring only. Each subcommand reads its own options; the exit status is the contract
 * of the README: 0 well, 1 failed, 2 misuse, 78 bad configuration.
 */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "commands/table.h"
#include "console/console.h"
#include "loop.h"
#include "ops/sandbox.h"
#include "time/when_cli.h"

enum { EXIT_MISUSE = 2 };

static int64_t wall_clock_ms(void)
{
    return loop_clock().wall_ms;
}

static int run_console(int argc, char **argv)
{
    struct console_parts parts = { .commands = command_table,
                                   .habits = habit_table,
                                   .clock_ms = wall_clock_ms,
                                   .in = stdin,
                                   .out = stdout };
    return console_run(argc, argv, &parts);
}

static int run_when(int argc, char **argv)
{
    return when_cli_run(argc, argv, stdin, stdout, stderr);
}

static int print_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("greffier " GREFFIER_VERSION);
    return 0;
}

static int print_help(int argc, char **argv);

/* run gets argv from the subcommand's own name on. */
static const struct subcommand {
    const char *name;
    const char *usage;
    int (*run)(int argc, char **argv);
} subcommands[] = {
    { "run", "run [--config FILE]                        the daemon, in the foreground", app_run },
    { "login",
      "login [--config FILE] [--password-file F] [--recovery-key-file F]\n"
      "                                                   makes the session, once; shows the recovery key, once",
      app_login },
    { "check", "check [--config FILE] [--online]           says what is wrong and how to mend it",
      app_check },
    { "console",
      "console [--lang L] [--zone Z] [--now ISO] [--store FILE] [--script FILE] [--admin USER]\n"
      "                                                   a terminal for a room, and a clock one can turn",
      run_console },
    { "when",
      "when --now ISO --zone Z --lang L [--hours H] [--sentence] [--json] -- PHRASE, or --batch\n"
      "                                                   how a date in words is read",
      run_when },
    { "show", "show [--config FILE] ID                    one item, as the register has it", app_show },
    { "search", "search [--config FILE] WORDS               items in which these words stand", app_search },
    { "ics", "ics [--config FILE] @PERSON|!ROOM          what is due, as a calendar (iCalendar)", app_ics },
    { "export",
      "export [--config FILE] answers !ROOM [csv|markdown|json [YYYY-MM-DD]]\n"
      "                                                   what was answered in the routines of a room\n"
      "      greffier export [--config FILE] item ID            one item with its timeline, as Markdown",
      app_export },
    { "verify",
      "verify [--config FILE] [@PERSON]           shows the emoji that somebody compares with the bot",
      app_verify },
    { "holidays",
      "holidays [--config FILE] import CALENDAR|list|clear [!ROOM]\n"
      "                                                   days off out of an iCalendar file, of a room or of everybody",
      app_holidays },
    { "version", "version", print_version },
    { "help", "help", print_help },
};
enum { N_SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static void print_usage(FILE *out)
{
    for (size_t i = 0; i < N_SUBCOMMANDS; i++)
        fprintf(out, "%s greffier %s\n", i ? "      " : "usage:", subcommands[i].usage);
}

static int print_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print_usage(stdout);
    return 0;
}

static bool asks_for_help(const char *word)
{
    return word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

static int run_subcommand(const struct subcommand *subcommand, int argc, char **argv)
{
    if (!asks_for_help(argv[1]))
        return subcommand->run(argc, argv);
    printf("usage: greffier %s\n", subcommand->usage);
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    sandbox_forbid_core();
    if (asks_for_help(name))
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < N_SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return run_subcommand(&subcommands[i], argc - 1, argv + 1);
    if (*name)
        fprintf(stderr, "greffier: there is no subcommand '%s'\n", name);
    print_usage(stderr);
    return EXIT_MISUSE;
}
