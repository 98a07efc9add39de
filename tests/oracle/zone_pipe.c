/*
 * zone_pipe - time/zone on a pipe, for tests/oracle/zones: one answer for each line, in order.
 *
 * Shape:   "ZONE AT_MS" gives "YYYY-MM-DDTHH:MM:SS OFFSET_S ABBREVIATION WEEKDAY";
 *          "ZONE YYYY-MM-DDTHH:MM:SS" gives AT_MS; a zone that is not known gives "unknown".
 * Errors:  a line that is neither ends it with 2.
 */
#include <inttypes.h>
#include <stdio.h>

#include "time/zone.h"

static void print_local(const char *zone, int64_t at_ms)
{
    struct zone_local local = zone_local(zone, at_ms);
    const struct civil *c = &local.civil;
    printf("%04d-%02d-%02dT%02d:%02d:%02d %d %s %d\n", c->year, c->month, c->day, c->hour, c->minute,
           c->second, local.offset_s, local.abbreviation, local.weekday);
}

int main(void)
{
    char line[256], zone[128], rest;
    while (fgets(line, sizeof line, stdin)) {
        struct civil c = { 0 };
        int64_t at_ms = 0;
        int n_civil = sscanf(line, "%127s %d-%d-%dT%d:%d:%d %c", zone, &c.year, &c.month, &c.day, &c.hour,
                             &c.minute, &c.second, &rest);
        if (n_civil != 7 && sscanf(line, "%127s %" SCNd64 " %c", zone, &at_ms, &rest) != 2)
            return 2;
        if (!zone_is_known(zone))
            puts("unknown");
        else if (n_civil == 7)
            printf("%" PRId64 "\n", zone_instant(zone, c));
        else
            print_local(zone, at_ms);
    }
    return 0;
}
