/* What people do out of turn: second thoughts, half forms, wrong names, dates that are none; each as one short talk in a
 * console, and what must have come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "commands/table.h"
#include "console/console.h"

enum { TALK_BYTES = 4096 };

static const char team[] = "/room ops people=@alice,@bob,@carol\n";
static const char opened[] = "@alice: !decide One\\\nasked: bob, carol\\\nproposal: cats\\\ncontext: c\\\n"
                             "deadline: tomorrow 16:00\n";

static int64_t clock_ms(void)
{
    return INT64_C(1795510800000);
}

/* What was said after the opening; the caller frees it. */
static char *talk(const char *lines, bool is_opened)
{
    char *argv[] = { "console", "--script", "-", "--zone=Europe/Zurich", NULL }, *said, text[TALK_BYTES];
    size_t len;
    int n = snprintf(text, sizeof text, "%s%s# here\n%s\n", team, is_opened ? opened : "", lines);
    FILE *in = fmemopen(text, (size_t)n, "r"), *out = open_memstream(&said, &len);
    assert_int_equal(console_run(4, argv,
                                 &(struct console_parts){ .commands = command_table,
                                                          .habits = habit_table,
                                                          .clock_ms = clock_ms,
                                                          .in = in,
                                                          .out = out }),
                     0);
    fclose(out);
    fclose(in);
    return said;
}

struct talk {
    const char *lines, *says, *never; /* never: NULL, or what may not be said */
};

static void expect(const struct talk *rows, size_t n, bool is_opened)
{
    int n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        char *said = talk(rows[i].lines, is_opened), *here = strstr(said, "# here");
        assert_non_null(here);
        bool is_right = strstr(here, rows[i].says) && !(rows[i].never && strstr(here, rows[i].never));
        if (!is_right)
            print_error("“%s”%s%s:\n%s\n", rows[i].says, rows[i].never ? ", and never " : "",
                        rows[i].never ? rows[i].never : "", here);
        n_wrong += !is_right;
        free(said);
    }
    assert_int_equal(n_wrong, 0);
}

#define EXPECT(rows, is_opened) expect(rows, sizeof(rows) / sizeof(rows)[0], is_opened)

/* Whoever agreed agreed to that text: under it no other may be put. */
static void talk__changes_what_was_agreed_to_only_aloud(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        /* Nobody has spoken: it is mended. */
        { "@alice edits DEC-1: !decide Two\\\nproposal: dogs\\\ndeadline: friday 15:00\n@alice: !show DEC-1",
          "DEC-1 · Two · open until Fri 27 Nov 15:00", "you agreed to another text" },
        { "@alice in DEC-1: proposal: dogs\n@alice edits: proposal: birds\n@alice: !show DEC-1", "“birds”",
          "proposal: birds”" },
        { "@alice in DEC-1: deadline: friday 15:00\n@alice edits: deadline: monday 15:00\n@alice: !show DEC-1",
          "open until Mon 30 Nov 15:00", NULL },
        /* What its author removes is gone, whichever of the texts it was. */
        { "@alice in DEC-1: proposal: dogs\n@alice edits: proposal: birds\n@alice redacts\n@alice: !show DEC-1",
          "> @alice: !show DEC-1\n10:00 ops · reply to alice\n  DEC-1 · One · open until Wed 25 Nov 16:00 CET\n  Context: “c”\n"
          "  Proposal: “(removed by its author)”",
          NULL },
        { "@alice edits DEC-1: !decide Two\\\nproposal: dogs\n@alice redacts DEC-1\n@alice: !show DEC-1",
          "Proposal: “(removed by its author)”", NULL },
        /* Somebody has: they are asked anew, and the date stays. */
        { "@bob 👍 DEC-1\n@alice edits DEC-1: !decide Two\\\nproposal: dogs\\\ndeadline: friday 15:00\n@alice: !show DEC-1",
          "DEC-1 · Two · open until Wed 25 Nov 16:00", "bob: agreed" },
        { "@bob 👍 DEC-1\n@alice in DEC-1: proposal: rats\n@alice: !show DEC-1", "you agreed to another text",
          "bob: agreed" },
        { "@alice in DEC-1: proposal: dogs\n@bob 👍 DEC-1\n@alice edits: proposal: birds\n@alice: !show DEC-1",
          "you agreed to another text", "bob: agreed" },
        { "@alice in DEC-1: proposal: dogs\n@bob 👍 DEC-1\n@alice edits: birds\n@alice: !show DEC-1",
          "bob: agreed", "birds”" },
        { "@bob 👍 DEC-1\n@alice edits DEC-1: !decide One\\\nproposal: cats\\\ncontext: other\n@alice: !show DEC-1",
          "bob: agreed", "you agreed to another text" },
        { "@bob 👍 DEC-1\n@alice edits DEC-1: !decide One\\\nasked: bob\\\nowner: bob\n@alice: !show DEC-1",
          "bob: agreed", "Owner: bob" },
        { "@alice: !cancel DEC-1\n@alice edits DEC-1: !decide Two\n@alice: !show DEC-1", "cancelled",
          "you agreed to another text" },
        /* Others' text is not theirs to change. */
        { "@bob in DEC-1: proposal: rats\n@alice: !show DEC-1", "for alice to change", "“rats”" },
        { "@alice in DEC-1: owner: bob\n@alice in DEC-1: proposal: rats", "for bob to change", "“rats”" },
    };
    EXPECT(rows, true);
}

static void talk__takes_second_thoughts(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        { "@bob in DEC-1: agree\n@bob edits: objection: too slow\n@bob: !show DEC-1", "bob: objected", NULL },
        { "@bob in DEC-1: objection: one\n@bob edits: objection: two\n@bob: !show DEC-1", ": “two” (asked",
          NULL },
        { "@bob in DEC-1: objection: one\n@bob edits: agree\n@bob: !show DEC-1", "bob: agreed", NULL },
        { "@bob in DEC-1: hello\n@bob edits: agree\n@bob: !show DEC-1", "bob: no answer yet", NULL },
        { "@bob in DEC-1: agree\n@bob redacts\n@bob: !show DEC-1", "bob: no answer yet", NULL },
        { "@bob in DEC-1: agree\n@bob edits: objection: slow\n@bob redacts\n@bob: !show DEC-1",
          "bob: no answer yet", NULL },
        { "@bob in DEC-1: agree\n@bob edits: objection: slow\n@bob edits: agree\n@bob: !show DEC-1",
          "bob: agreed", NULL },
        { "@bob in DEC-1: agree\n@bob edits: objection: slow\n@bob edits: objection: slower\n@bob: !show DEC-1",
          "“slower”", NULL },
        { "@bob: !agree DEC-1\n@bob edits: !abstain DEC-1\n@alice: !show DEC-1", "bob: no opinion", NULL },
        { "@bob: !agre DEC-1\n@bob edits: !agree DEC-1\n@alice: !show DEC-1", "bob: agreed", NULL },
        { "@bob: !object DEC-1\n@bob replies: because\n@bob edits: because of it\n@alice: !show DEC-1",
          "“because of it”", NULL },
        { "@bob: !object DEC-1\n@bob 👍 DEC-1\n@bob: !show DEC-1", "bob: objected", "bob: agreed" },
        { "@bob: !object DEC-1\n@bob: !agree DEC-1", "objection to DEC-1 stands", NULL },
        { "@bob: !object DEC-1 one\n@bob: !object DEC-1 two\n@alice: !show DEC-1", "“two”", NULL },
        { "@bob: !withdraw DEC-1", "> @bob: !withdraw DEC-1\n10:00 ops · reply to bob", NULL },
        { "@bob in DEC-1: withdraw", "> @bob in DEC-1: withdraw\n", "reply to bob" },
        { "@bob ⛔ DEC-1\n@bob -⛔ DEC-1\n@bob: !show DEC-1", "bob: no answer yet", NULL },
        { "@bob 👍 DEC-1\n@bob 🤷 DEC-1\n@bob: !show DEC-1", "bob: no opinion", NULL },
        { "@bob ❤ DEC-1\n@bob: !show DEC-1", "bob: no answer yet", NULL },
        { "@bob 📅 DEC-1", "for alice to move", NULL },
        { "@alice redacts card DEC-1", "10:00 ops · DEC-1\n", NULL },
        { "@alice redacts card DEC-1\n@alice redacts card DEC-1\n@bob 👍 DEC-1\n@alice: !show DEC-1",
          "bob: agreed", NULL },
        { "@alice: !cancel DEC-1\n@alice redacts card DEC-1", "cancelled", "10:00 ops · DEC-1\n" },
        { "@alice redacts DEC-1\n@alice replies: 1", "Cancelled by alice: DEC-1", NULL },
        { "@alice redacts DEC-1\n@bob replies: 1\n@alice: !show DEC-1", "bob: no answer yet", "Cancelled" },
    };
    EXPECT(rows, true);
}

/* The register says what was decided, whatever the opening is made to say afterwards. */
static void talk__leaves_what_was_decided_as_it_was(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        { "@alice: !settle DEC-1 We keep cats\n@alice: !decide Two by tomorrow 16:00\n/at thursday 10:00\n"
          "@alice edits: !decide Three by tomorrow 16:00\n@alice: !show DEC-2",
          "DEC-2 is adopted: nothing changes any more.", "Three ·" },
    };
    EXPECT(rows, true);
}

static void talk__opens_from_whatever_form(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        { "@alice: !decide\\\nsubject: Real\\\ndeadline: tomorrow 16:00", "DEC-1 · Real\n", NULL },
        { "@alice: !decide left over\\\nsubject: Real\\\ndeadline: tomorrow 16:00\n@alice: !show DEC-1",
          "Context: “left over”", NULL },
        { "@alice: !decide Three by tomorrow 16:00\\\nmore words\\\nowner: bob\\\nasked: carol\n@alice: !show DEC-1",
          "Owner: bob", "- bob:" },
        { "@alice: !decide One\\\ncontext: given\\\ndeadline: tomorrow 16:00\\\nasked: tous",
          "Asked: bob, carol.", NULL },
        { "@alice: !decide One\\\ndeadline: tomorrow 16:00\\\ndeadline: friday 12:00",
          "Open until Fri 27 Nov 12:00", NULL },
        { "@alice: !decide One\\\nowner: zoe\\\ndeadline: tomorrow 16:00", "“zoe”: nobody of that name",
          "DEC-1" },
        { "@alice: !decide One\\\nowner: bob, carol\\\ndeadline: tomorrow 16:00", "one person only",
          "DEC-1" },
        { "@alice: !decide One\\\nasked: zoe\\\ndeadline: tomorrow 16:00", "“zoe”: nobody of that name",
          "DEC-1" },
        { "@alice: !decide One by yesterday", "has passed", "DEC-1" },
        { "@alice: !decide One by tomorrow at 5\n@alice replies: 2", "Open until Wed 25 Nov 17:00", NULL },
        { "@alice: !decide One by tomorrow at 5\n@alice replies: 7\n@alice: !decisions",
          "> @alice: !decisions", "DEC-1" },
        { "@alice: !decide One by tomorrow at 5\n@alice replies: friday 15:00", "Open until Fri 27 Nov 15:00",
          NULL },
        { "@alice: !decide One by tomorrow at 5\n@alice 2️⃣", "Open until Wed 25 Nov 17:00", NULL },
        { "@alice: !decide One by tomorrow at 5\n@alice: 2", "Open until Wed 25 Nov 17:00", NULL },
        { "@alice: !decide One by tomorrow at 5\n@bob: 2\n@bob: !decisions", "> @bob: !decisions", "DEC-1" },
        { "@alice: !decide One by tomorrow at 5\n/wait 3h\n@alice: 2\n@alice: !decisions",
          "> @alice: !decisions", "DEC-1" },
        { "@alice: !remind me fix %s\n@alice replies: friday 17:00", "“fix %s”", NULL },
        { "@alice: !decide 50%s off\n@alice replies: tomorrow 16:00", "DEC-1 · 50%s off\n", NULL },
        { "@alice: !decide One\\\ndeadline: nonsense", "“nonsense”", "DEC-1" },
        { "/leave @bob\n/leave @carol\n@alice: !decide Alone by tomorrow 16:00", "reply to alice", "DEC-1" },
    };
    EXPECT(rows, false);
}

static void talk__names_what_it_cannot_do(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        { "@alice in DEC-1: owner: zoe", "“zoe”: nobody of that name", NULL },
        { "@alice in DEC-1: owner: bob, carol\n@alice: !show DEC-1", "Owner: alice", NULL },
        { "@alice in DEC-1: asked: zoe\n@alice: !show DEC-1", "“zoe”: nobody of that name", NULL },
        { "@alice in DEC-1: asked: bob\n@alice: !show DEC-1", "bob: no answer yet", NULL },
        { "@alice: !extend DEC-1", "reply to alice", "is open until" },
        { "@alice: !extend DEC-1 at 5\n@alice replies: 2", "can only move later", NULL },
        { "@alice: !extend DEC-1 yesterday", "has passed", NULL },
        { "@alice: !extend DEC-1 nonsense", "“nonsense”", NULL },
        { "@alice: !settle DEC-1 cats\n@alice: !reopen DEC-1 nonsense", "“nonsense”", NULL },
        { "@alice: !settle DEC-1 cats\n@alice: !settle DEC-1 dogs", "nothing changes any more", "“dogs”" },
        { "@bob: !settle DEC-1 dogs", "reply to bob", "settled" },
        { "@bob: !search", "reply to bob", "DEC-1 One" },
        { "@bob: !search zebra", "“zebra”", "DEC-1" },
        { "@bob: !search cats", "DEC-1 One", NULL },
        { "@bob: !decisions waiting", "DEC-1 One", NULL },
        { "@bob: !agree DEC-1\n@bob: !decisions waiting", "> @bob: !decisions waiting", "- DEC-1 One" },
        { "@bob: !decisions mine", "> @bob: !decisions mine", "- DEC-1 One" },
        { "@alice: !decisions mine", "- DEC-1 One", NULL },
        { "@alice: !decisions nonsense", "!decisions open", NULL },
        { "@alice: !show", "Which one?", NULL },
        { "@alice: !show DEC-99", "No DEC-99 here", NULL },
        { "@alice: !show DEC-1x", "> @alice: !show DEC-1x", "DEC-1 · One" },
        { "@alice: !decisons", "Did you mean `!decisions`?", NULL },
        { "@alice: !decisons\n@alice 👍", "DEC-1 One", NULL },
        { "@alice: !zzzz", "> @alice: !zzzz", "reply to" },
        { "@bob: !room lang fr", "level 50", NULL },
        { "@alice: !room langue fr\n@alice: !salon language en", "This room: English", NULL },
        { "@alice: !room timezone Europe/Paris", "Europe/Paris", NULL },
        { "@alice: !room fuseau Mars/Olympus", "“Mars/Olympus”", NULL },
        { "@alice: !room lang", "!room lang fr", NULL },
        { "@alice: !room colour red", "!room lang fr", NULL },
        /* By its name, where it is named. */
        { "@alice: @greffier, help", "!decide", NULL },
        { "@alice: @greffier: !help show", "!show DEC-1", NULL },
        { "@alice: @greffier-x help", "@greffier-x help\n", "reply to" },
        { "@alice: @greffier_x help", "@greffier_x help\n", "reply to" },
        { "@alice: @greffier5 help", "@greffier5 help\n", "reply to" },
        { "@alice: hello @greffier", "hello @greffier\n", "reply to" },
        { "@alice: @greffier", "@greffier\n", "reply to" },
        { "@alice: greffier, help", "greffier, help\n", "reply to" },
        { "@alice dm: greffier, help show", "!show DEC-1", NULL },
        { "@alice dm: thanks", "thanks\n", "reply to" },
        { "@alice dm: !remind me tea at 5\n@alice dm: 2", "RMD-1: I will remind you on Wed 25 Nov", NULL },
        { "@alice dm: !remind me tea at 5\n@alice dm: friday 15:00", "RMD-1: I will remind you on Fri 27 Nov",
          NULL },
        { "@alice in DEC-1: !extend at 5\n@alice in DEC-1: friday 12:00", "now open until Fri 27 Nov 12:00",
          NULL },
        { "@alice: !extend DEC-1 at 5\n@carol in DEC-1: 2\n@alice: !show DEC-1",
          "open until Wed 25 Nov 16:00", "only move later" },
        /* Edits of what was nothing. */
        { "@bob: hello\n@bob edits: !agree DEC-1\n@bob: !show DEC-1", "bob: agreed", NULL },
        { "@bob: hello\n@bob edits: hello again\n@bob redacts\n@bob: !show DEC-1", "bob: no answer yet",
          NULL },
        { "@bob: !agree DEC-9\n@bob edits: !agree DEC-1\n@bob edits: !object DEC-1 no\n@bob redacts\n@bob: !show DEC-1",
          "bob: no answer yet", NULL },
        { "@alice: !settle DEC-1 as is\n@alice edits: !settle DEC-1 other\n@alice: !show DEC-1",
          "Decision: “as is”", "“other”" },
        { "@bob in DEC-1: no opinion\n@bob edits: settled: mine\n@bob: !show DEC-1", "for alice to settle",
          "“mine”" },
        { "@alice edits DEC-1: !decide\n@alice edits DEC-1: One and only\n@alice: !show DEC-1",
          "DEC-1 · One and only", NULL },
        { "@alice edits DEC-1: !decide One\\\ndeadline: yesterday\n@alice: !show DEC-1",
          "open until Wed 25 Nov 16:00", NULL },
        { "@alice edits DEC-1: !decide\\\nsubject: Three\\\nasked: bob\\\nowner: bob\n@alice: !show DEC-1",
          "DEC-1 · Three", "Owner: bob" },
        { "@alice: !remind", "!remind me", "RMD-1" },
        { "@alice: !remind me", "!remind me", "RMD-1" },
        { "@alice: !remind me tomorrow 9:00", "!remind me", "RMD-1" },
        { "@alice: !remind me tea at 5\n@alice replies: 2", "RMD-1", NULL },
        { "@alice: !remind me tea yesterday", "has passed", "RMD-1" },
        { "@alice: !remind me tea tomorrow 9:00\n@bob: !cancel RMD-1", "reply to bob", "cancelled" },
        { "@alice: !remind me tea tomorrow 9:00\n@alice: !cancel RMD-1\n/wait 30h", "RMD-1: cancelled",
          "alice: tea" },
    };
    EXPECT(rows, true);
}

static void talk__outlives_who_comes_and_goes(void **state)
{
    (void)state;
    static const struct talk rows[] = {
        { "/level @bob 50\n/leave @alice\n@bob in DEC-1: owner: bob\n@bob: !show DEC-1", "Owner: bob", NULL },
        { "/leave @alice\n@bob: !show DEC-1", "Owner: alice", "is yours now" },
        { "/leave @carol\n@bob: !show DEC-1", "left", NULL },
        { "/leave @bob\n/leave @carol\n/wait 50h\n@alice: !show DEC-1", "not adopted", "Adopted" },
        { "/kick\n/wait 30h\n/invite", "I was out of this room", "Adopted" },
        { "/kick\n/wait 1h\n/invite\n@alice: !show DEC-1", "open until Wed 25 Nov 16:00",
          "I was out of this room" },
        { "/wait 31h\n@bob: !object DEC-1 late\n/wait 20h\n@alice: !show DEC-1",
          "objects to DEC-1 after the close", NULL },
        { "/wait 31h\n@bob: !object DEC-1\n@bob replies: why\n@alice: !show DEC-1", "“why”", NULL },
        { "/wait 31h\n@bob: !object DEC-1 late\n@bob: !withdraw DEC-1\n@alice: !show DEC-1",
          "> @bob: !withdraw DEC-1", "bob: objected" },
        { "/wait 31h\n/wait 200h\n@carol: !object DEC-1 later", "more than 7 days ago", "after the close" },
        { "/wait 31h\n@alice: !object DEC-1 my own\n@alice: !show DEC-1", "“my own”", "-> @alice" },
        { "@bob: !object DEC-1 no\n/wait 31h\n@bob: !withdraw DEC-1\n@alice: !show DEC-1",
          "DEC-1 · One · open until", NULL },
    };
    EXPECT(rows, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talk__changes_what_was_agreed_to_only_aloud),
        cmocka_unit_test(talk__takes_second_thoughts),
        cmocka_unit_test(talk__leaves_what_was_decided_as_it_was),
        cmocka_unit_test(talk__opens_from_whatever_form),
        cmocka_unit_test(talk__names_what_it_cannot_do),
        cmocka_unit_test(talk__outlives_who_comes_and_goes),
    };
    log_set_level(LOG_LEVEL_ERROR + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
