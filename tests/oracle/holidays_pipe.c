/*
 * holidays_pipe - time/holidays on a pipe, for tests/oracle/holidays: one answer for each line, in order.
 *
 * Shape:   "CODE YEAR" gives the holidays of that year as "MM-DD MM-DD ..."; "codes 0" gives every code; "unknown" if there is no
 *          such code.
 * Errors:  a line that is neither ends it with 2.
 */
#include <stdio.h>
#include <string.h>

#include "time/civil.h"
#include "time/holidays.h"

static void print_year(const char *code, int year)
{
    for (int64_t day = civil_day_number(year, 1, 1); day < civil_day_number(year + 1, 1, 1); day++) {
        struct civil c = civil_from_day(day);
        if (holidays_is_off(code, day))
            printf("%02d-%02d ", c.month, c.day);
    }
}

int main(void)
{
    char code[16];
    int year = 0, n = 0;
    while ((n = scanf("%15s %d", code, &year)) == 2) {
        if (strcmp(code, "codes") == 0)
            for (int i = 0; holidays_code(i); i++)
                printf("%s ", holidays_code(i));
        else if (holidays_is_known(code))
            print_year(code, year);
        else
            printf("unknown");
        puts("");
    }
    return n == EOF ? 0 : 2;
}
