/* time/zone: gaps, folds and names. tests/oracle/zones compares every zone with another implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../patience.h"
#include "time/zone.h"

#define DIRECTORY "/usr/share/zoneinfo/"

static void read_civil(const char *text, struct civil *out)
{
    memset(out, 0, sizeof *out);
    assert_int_equal(sscanf(text, "%d-%d-%dT%d:%d:%d", &out->year, &out->month, &out->day, &out->hour,
                            &out->minute, &out->second),
                     6);
}

static int64_t utc_ms(const char *text)
{
    struct civil c;
    read_civil(text, &c);
    return ((civil_day_number(c.year, c.month, c.day) * 24 + c.hour) * 60 + c.minute) * 60000 +
           c.second * 1000;
}

static void civil_times_become_instants(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *civil, *utc;
    } rows[] = {
        { "Europe/Zurich", "2025-01-15T12:00:00", "2025-01-15T11:00:00" },
        { "Europe/Zurich", "2025-07-15T12:00:00", "2025-07-15T10:00:00" },
        /* Skipped: the first instant after the gap, 03:00 local, whatever was asked for. */
        { "Europe/Zurich", "2025-03-30T01:59:59", "2025-03-30T00:59:59" },
        { "Europe/Zurich", "2025-03-30T02:00:00", "2025-03-30T01:00:00" },
        { "Europe/Zurich", "2025-03-30T02:30:00", "2025-03-30T01:00:00" },
        { "Europe/Zurich", "2025-03-30T02:59:59", "2025-03-30T01:00:00" },
        { "Europe/Zurich", "2025-03-30T03:00:00", "2025-03-30T01:00:00" },
        { "America/New_York", "2025-03-09T02:30:00", "2025-03-09T07:00:00" },
        { "Australia/Sydney", "2025-10-05T02:30:00", "2025-10-04T16:00:00" },
        { "Africa/Cairo", "2025-04-25T00:30:00", "2025-04-24T22:00:00" },
        /* Twice: the first. */
        { "Europe/Zurich", "2025-10-26T02:00:00", "2025-10-26T00:00:00" },
        { "Europe/Zurich", "2025-10-26T02:30:00", "2025-10-26T00:30:00" },
        { "Europe/Zurich", "2025-10-26T02:59:59", "2025-10-26T00:59:59" },
        { "Europe/Zurich", "2025-10-26T03:00:00", "2025-10-26T02:00:00" },
        { "America/New_York", "2025-11-02T01:30:00", "2025-11-02T05:30:00" },
        { "Australia/Sydney", "2025-04-06T02:30:00", "2025-04-05T15:30:00" },
        /* Half an hour. */
        { "Australia/Lord_Howe", "2025-10-05T02:15:00", "2025-10-04T15:30:00" },
        { "Australia/Lord_Howe", "2025-10-05T02:30:00", "2025-10-04T15:30:00" },
        { "Australia/Lord_Howe", "2025-04-06T01:45:00", "2025-04-05T14:45:00" },
        /* A day that was not, no change at all, offsets of quarters. */
        { "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00" },
        { "Asia/Kolkata", "2025-03-30T02:30:00", "2025-03-29T21:00:00" },
        { "Asia/Kathmandu", "2025-07-01T00:00:00", "2025-06-30T18:15:00" },
        { "Etc/GMT+5", "2025-07-01T00:00:00", "2025-07-01T05:00:00" },
        { "UTC", "1969-12-31T23:59:59", "1969-12-31T23:59:59" },
        /* Carried over. */
        { "Europe/Zurich", "2025-12-31T24:00:00", "2025-12-31T23:00:00" },
        { "UTC", "2025-12-32T24:00:00", "2026-01-02T00:00:00" },
        { "UTC", "2025-13-01T00:60:00", "2026-01-01T01:00:00" },
        /* Beyond the listed changes, by the rule in force. */
        { "Europe/Zurich", "2090-07-01T12:00:00", "2090-07-01T10:00:00" },
        { "Nowhere/Town", "2025-07-01T12:00:00", "2025-07-01T12:00:00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct civil civil;
        read_civil(rows[i].civil, &civil);
        int64_t found_ms = zone_instant(rows[i].zone, civil);
        if (found_ms != utc_ms(rows[i].utc))
            fail_msg("%s %s: %lld", rows[i].zone, rows[i].civil, (long long)found_ms);
    }
}

static void instants_become_local_times(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *utc, *local, *abbreviation;
        int offset_s, weekday;
        bool is_dst;
    } rows[] = {
        { "Europe/Zurich", "2025-03-30T00:59:59", "2025-03-30T01:59:59", "CET", 3600, 6, false },
        { "Europe/Zurich", "2025-03-30T01:00:00", "2025-03-30T03:00:00", "CEST", 7200, 6, true },
        { "Europe/Zurich", "2025-10-26T00:59:59", "2025-10-26T02:59:59", "CEST", 7200, 6, true },
        { "Europe/Zurich", "2025-10-26T01:00:00", "2025-10-26T02:00:00", "CET", 3600, 6, false },
        { "Australia/Sydney", "2025-01-15T00:00:00", "2025-01-15T11:00:00", "AEDT", 39600, 2, true },
        { "Australia/Sydney", "2025-07-15T00:00:00", "2025-07-15T10:00:00", "AEST", 36000, 1, false },
        { "Australia/Lord_Howe", "2025-10-04T15:30:00", "2025-10-05T02:30:00", "+11", 39600, 6, true },
        { "Australia/Lord_Howe", "2025-07-04T15:30:00", "2025-07-05T02:00:00", "+1030", 37800, 5, false },
        { "Asia/Kolkata", "2025-06-30T18:30:00", "2025-07-01T00:00:00", "IST", 19800, 1, false },
        { "US/Eastern", "2025-07-01T03:00:00", "2025-06-30T23:00:00", "EDT", -14400, 0, true },
        { "Etc/GMT+5", "2025-07-01T03:00:00", "2025-06-30T22:00:00", "-05", -18000, 0, false },
        { "Nowhere/Town", "2025-07-01T03:00:00", "2025-07-01T03:00:00", "UTC", 0, 1, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct civil expected;
        read_civil(rows[i].local, &expected);
        struct zone_local found = zone_local(rows[i].zone, utc_ms(rows[i].utc));
        assert_memory_equal(&found.civil, &expected, sizeof expected);
        assert_int_equal(found.offset_s, rows[i].offset_s);
        assert_string_equal(found.abbreviation, rows[i].abbreviation);
        assert_int_equal(found.is_dst, rows[i].is_dst);
        assert_int_equal(found.weekday, rows[i].weekday);
    }
}

static void parts_of_seconds_go_down(void **state)
{
    (void)state;
    assert_int_equal(zone_local("UTC", 999).civil.second, 0);
    assert_int_equal(zone_local("UTC", -1).civil.year, 1969);
    assert_int_equal(zone_local("UTC", -1).civil.second, 59);
    assert_int_equal(zone_local("UTC", -1000).civil.second, 59);
    assert_int_equal(zone_local("UTC", -1001).civil.second, 58);
}

static void far_times_do_not_overflow(void **state)
{
    (void)state;
    assert_true(zone_local("Europe/Zurich", INT64_MIN).civil.year < -292000000);
    assert_true(zone_local("Europe/Zurich", INT64_MAX).civil.year > 292000000);
    struct civil far = { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX };
    assert_int_equal(zone_instant("Europe/Zurich", far), INT64_MAX / 1000 * 1000);
    far = (struct civil){ INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN };
    assert_int_equal(zone_instant("Europe/Zurich", far), INT64_MIN / 1000 * 1000);
}

static int n_files;

/* Every file of the database that is a zone has a name that is known. */
static int check_file(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)walk;
    (void)status;
    const char *name = path + strlen(DIRECTORY);
    /* Two copies of the whole with other leap seconds, and two links that are set by the administrator. */
    if ((kind != FTW_F && kind != FTW_SL) || strncmp(name, "posix/", 6) == 0 ||
        strncmp(name, "right/", 6) == 0 || strcmp(name, "posixrules") == 0 || strcmp(name, "localtime") == 0)
        return 0;
    char magic[4] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    bool is_zone = fread(magic, 1, 4, file) == 4 && memcmp(magic, "TZif", 4) == 0;
    fclose(file);
    if (zone_is_known(name) != is_zone)
        fail_msg("%s", name);
    n_files += is_zone;
    return 0;
}

static void every_zone_of_the_system_is_known(void **state)
{
    (void)state;
    static const char *const names[] = { "Europe/Zurich", "UTC",          "Etc/GMT+5",
                                         "Etc/GMT-14",    "Etc/UTC",      "America/Argentina/Buenos_Aires",
                                         "US/Eastern",    "GMT",          "America/Port-au-Prince",
                                         "EST5EDT",       "Asia/Calcutta" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!zone_is_known(names[i]))
            fail_msg("%s", names[i]);
    n_files = 0;
    assert_int_equal(nftw(DIRECTORY, check_file, 16, FTW_PHYS), 0);
    assert_true(n_files > 500);
}

static void what_is_not_a_name_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        " ",
        ".",
        "..",
        "/",
        "Europe",
        "Europe/",
        "/Europe/Zurich",
        "europe/zurich",
        "Europe/Zurich ",
        " Europe/Zurich",
        "Europe//Zurich",
        "Europe/./Zurich",
        "Europe/../UTC",
        "../zoneinfo/UTC",
        "../../../etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "/etc/passwd",
        "file:UTC",
        "Fixed/UTC+05:00:00",
        "UTC+5",
        "posixrules",
        "localtime",
        "leapseconds",
        "leap-seconds.list",
        "tzdata.zi",
        "zone.tab",
        "zone1970.tab",
        "iso3166.tab",
        "posix/UTC",
        "right/UTC",
        "UTC\n",
        "UT\xc3\x87",
        "Europe/Z\xc3\xbcrich",
        "\xff\xfe",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (zone_is_known(names[i]))
            fail_msg("%s", names[i]);
    assert_false(zone_is_known(NULL));
    char *name = malloc(100001);
    assert_non_null(name);
    memset(name, 'A', 100000);
    name[100000] = '\0';
    assert_false(zone_is_known(name));
    free(name);
}

static void a_fifo_does_not_hang(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_zone.XXXXXX", path[64], relative[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/zone", folder);
    snprintf(relative, sizeof relative, "../../..%s", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(PATIENCE_MS / 1000);
    assert_false(zone_is_known(path));
    assert_false(zone_is_known(relative));
    assert_int_equal(zone_local(path, 0).offset_s, 0);
    assert_int_equal(zone_instant(relative, (struct civil){ 1970, 1, 1, 0, 0, 0 }), 0);
    alarm(0);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_times_become_instants),
        cmocka_unit_test(instants_become_local_times),
        cmocka_unit_test(parts_of_seconds_go_down),
        cmocka_unit_test(far_times_do_not_overflow),
        cmocka_unit_test(every_zone_of_the_system_is_known),
        cmocka_unit_test(what_is_not_a_name_is_refused),
        cmocka_unit_test(a_fifo_does_not_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
