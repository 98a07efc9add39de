/*
 * when_cli - `greffier when`: how a date in words is read.
 *
 * Shape:   argv[0] is "when", a NULL ends it. One phrase behind --, or (--batch) lines on `in`: a phrase, or an object of JSON
 *          with id, now, zone, lang, hours, sentence, phrase; what it does not say is as the options have it. One JSON line
 *          back each.
 * Errors:  0 whenever a reading was printed (ask and error too), 2 on misuse.
 * Source:  dates.md R0.
 */
#ifndef TIME_WHEN_CLI_H
#define TIME_WHEN_CLI_H

#include <stdio.h>

int when_cli_run(int argc, char **argv, FILE *in, FILE *out, FILE *errors);

#endif
