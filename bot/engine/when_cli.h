/*
 * when_cli - `greffier when`: how a date in words is read.
 *
 * Shape:   argv[0] is "when". One phrase behind --, or (--batch) JSON lines on `in`: id, now, zone, lang, hours,
 *          sentence, phrase; one JSON line back each.
 * Errors:  0 whenever a reading was printed (ask and error too), 2 on misuse.
 * Source:  dates.md R0.
 */
#ifndef ENGINE_WHEN_CLI_H
#define ENGINE_WHEN_CLI_H

#include <stdio.h>

int when_cli_run(int argc, char **argv, FILE *in, FILE *out, FILE *errors);

#endif
