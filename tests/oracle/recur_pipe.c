/*
 * recur_pipe - time/recur on a pipe, for tests/oracle/recur: one answer for each line, in order.
 *
 * Shape:   "FROM_MS TO_MS RULE" gives "NEXT_MS COUNT": the first occurrence after FROM_MS (or "never"), and how many
 *          there are up to TO_MS; "refused" if the rule is no canonical text.
 * Errors:  a line that is none of these ends it with 2.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "time/recur.h"

int main(void)
{
    char line[2 * RECUR_TEXT_MAX];
    while (fgets(line, sizeof line, stdin)) {
        int64_t from_ms = 0, to_ms = 0;
        int n = 0;
        struct recur rule;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%" SCNd64 " %" SCNd64 " %n", &from_ms, &to_ms, &n) != 2 || !n)
            return 2;
        if (!recur_parse(line + n, &rule)) {
            puts("refused");
            continue;
        }
        int64_t next_ms = recur_next(&rule, from_ms);
        if (next_ms == RECUR_NEVER)
            printf("never");
        else
            printf("%" PRId64, next_ms);
        printf(" %" PRId64 "\n", recur_count_between(&rule, from_ms, to_ms));
    }
    return 0;
}
