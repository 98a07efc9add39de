/* Every value that a template names exists: each was seen to stand for something while the transcripts were played.
 * A misspelt name, or one that the code no longer gives, never is. As a sample each sixth transcript is played, for what
 * memcheck sees in it; what was not seen says nothing then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sample.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "console/console.h"
#include "words/message.h"
#include "words/template.h"

enum { SEEN_MAX = 4096, SCRIPT_MAX = 256 * 1024, ARGUMENTS_MAX = 16 };

/* What no transcript can show, and why. */
static const char *const unseen[] = {
    /* A console's messages always arrive, and it understands all of them: tests/unit/commands/test_decision.c. */
    "decision/yours unreached",
    "decision/yours unreadable",
    /* Nine times for one talk are typed by nobody, and a week's absence beside others' objections is rare: tests/unit/commands/
     * test_decision_talk.c. */
    "decision/slot full",
    "decision/talk away",
    "decision/talk-none away",
    /* Nor 200 days off one by one, and no console has the command line that takes in a calendar: tests/unit/engine/
     * test_days_off.c. */
    "off/refused many",
    "partials/days name",
    "room/history calendar",
    /* A console's people always come into a direct message: tests/unit/engine/test_rota.c. */
    "partials/troubles unreached",
    /* No two of a console's rooms are called the same: tests/unit/commands/test_escalation.c. */
    "room/which several",
    /* More than a transcript should hold: tests/unit/engine/test_flood.c. */
    "help/flood room",
    "help/too-many n",
    "help/too-many prefix",
    /* A console's rooms have no names of their own but are shown so, and nobody bans: tests/unit/engine/test_own_up.c. */
    "partials/room room_id",
    "room/removed banned",
    /* Nor has it gaps. */
    "room/on-hold since.card",
    "room/lost from.short",
    "room/lost to.card",
    /* Nor profiles: tests/e2e/test_time.py. */
    "me/line profile_zone",
    /* More than a page holds: tests/unit/engine/test_pin.c. */
    "escalation/record earlier",
    "escalation/record earlier.other",
    /* Nor encryption: tests/unit/commands/test_escalation_work.c. */
    "escalation/recap-there secret",
    "round/report secret", /* tests/unit/commands/test_standup.c */
    "room/anew by",
    "room/unread by",
    "room/unread unsigned",
    /* Nor rooms that move. */
    "room/doubt id",
    "room/doubt name",
    "room/doubt by",
    "room/doubt by.name",
    "room/doubt successor",
    "room/doubt predecessor",
    "room/doubt is_left",
    "room/doubt sender",
    "room/doubt n_open",
    "room/doubt-decided person.name",
    "room/doubt-decided successor",
    "room/doubt-decided follow",
    "room/doubt-decided is_in",
    "room/doubt-decided prefix",
    "room/doubt-decided room_id",
    /* No two names of today are equally near to what is none of them (words.md 1). */
    "help/typo several",
    "help/typo -number",
};

static char *seen[SEEN_MAX]; /* "decision/card subject", the two languages as one */
static size_t n_seen;

static bool is_seen(const char *what)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i], what) == 0)
            return true;
    return false;
}

static char *join(const char *template_name, const char *tag)
{
    return xasprintf("%s %s", template_name + strcspn(template_name, "/") + 1, tag);
}

static void watch(const char *template_name, const char *tag)
{
    char *what = join(template_name, tag);
    if (is_seen(what) || n_seen == SEEN_MAX)
        free(what);
    else
        seen[n_seen++] = what;
}

/* The lines that are typed, and the options of the first line, as tests/transcripts/run reads them. */
static void read_script(const char *path, struct buf *script, char options[1024])
{
    char line[8192];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(options, 1024, file));
    while (fgets(line, sizeof line, file))
        if (text_starts_with(line, "> "))
            buf_puts(script, line + 2);
    fclose(file);
    assert_false(script->is_full);
}

static int64_t no_clock(void)
{
    return 0;
}

static void play(const char *path)
{
    struct buf script;
    char options[1024], *argv[ARGUMENTS_MAX] = { NULL };
    int argc = 0;
    buf_init(&script, SCRIPT_MAX);
    read_script(path, &script, options);
    for (char *word = strtok(options + 1, " \n"); word && argc < ARGUMENTS_MAX - 2;
         word = strtok(NULL, " \n"))
        argv[argc++] = word;
    char script_option[] = "--script", standard_input[] = "-";
    argv[argc++] = script_option;
    argv[argc++] = standard_input;
    FILE *in = fmemopen(script.text, script.len, "r"), *out = fopen("/dev/null", "w");
    assert_non_null(in);
    assert_non_null(out);
    assert_int_equal(console_run(argc, argv,
                                 &(struct console_parts){ .commands = command_table,
                                                          .habits = habit_table,
                                                          .clock_ms = no_clock,
                                                          .in = in,
                                                          .out = out }),
                     0);
    fclose(in);
    fclose(out);
    buf_finish(&script);
}

static bool may_be_unseen(const char *what)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (strcmp(unseen[i], what) == 0)
            return true;
    return false;
}

/* What a transcript shows by now needs no excuse any more. */
static int count_excused_in_vain(void)
{
    int n = 0;
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (is_seen(unseen[i])) {
            print_error("%s is shown by a transcript, and stands in the list of what none can show\n",
                        unseen[i]);
            n++;
        }
    return n;
}

/* Counts what was never seen, in this node and those after and below it. */
static int count_unseen(const char *template_name, const struct template_node *node)
{
    int n = 0;
    for (; node; node = node->next) {
        if (node->kind == TEMPLATE_VALUE || node->kind == TEMPLATE_SECTION) {
            char *what = join(template_name, node->text);
            if (!is_seen(what) && !may_be_unseen(what)) {
                print_error("%s:%d: {{%s}} never stands for anything\n", template_name, node->line,
                            node->text);
                n++;
            }
            free(what);
        }
        n += count_unseen(template_name, node->href);
        n += count_unseen(template_name, node->first);
    }
    return n;
}

static void templates__name_no_value_that_does_not_exist(void **state)
{
    (void)state;
    glob_t found;
    int n = 0;
    struct arena *arena = arena_create();
    assert_int_equal(glob(SOURCE_ROOT "/tests/transcripts/*.txt", 0, NULL, &found), 0);
    message_watch(watch);
    size_t every = (size_t)sample_of(1, 6);
    for (size_t i = 0; i < found.gl_pathc; i += every)
        play(found.gl_pathv[i]);
    message_watch(NULL);
    globfree(&found);
    for (const struct template_source *row = template_sources; row->name; row++) {
        struct err err;
        if (strstr(row->name, "/words/"))
            continue;
        struct template_node *root = template_parse(arena, row->name, row->text, &err);
        assert_non_null(root);
        if (every == 1)
            n += count_unseen(row->name, root->first);
    }
    n += count_excused_in_vain();
    arena_destroy(arena);
    while (n_seen > 0)
        free(seen[--n_seen]);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(templates__name_no_value_that_does_not_exist) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
