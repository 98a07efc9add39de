/* Public holidays: Easter, and days whose rule is none of the plain ones. tests/oracle/holidays has all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/civil.h"
#include "time/holidays.h"

static void holidays_easter__is_the_sunday_of_the_tables(void **state)
{
    (void)state;
    static const int rows[][3] = { { 1961, 4, 2 },  { 1981, 4, 19 }, { 1954, 4, 18 }, { 2000, 4, 23 },
                                   { 2008, 3, 23 }, { 2019, 4, 21 }, { 2024, 3, 31 }, { 2025, 4, 20 },
                                   { 2038, 4, 25 }, { 2076, 4, 19 }, { 2285, 3, 22 }, { 1818, 3, 22 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(holidays_easter(rows[i][0]), civil_day_number(rows[i][0], rows[i][1], rows[i][2]));
    for (int year = 1583; year < 4000; year++)
        assert_int_equal(civil_weekday(holidays_easter(year)), 6);
}

static void holidays_is_off__knows_what_stands_in(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int year, month, day;
        bool is_off;
    } rows[] = {
        { "FR", 2026, 7, 14, true },      { "FR", 2026, 7, 15, false },
        { "DE", 2026, 6, 4, false }, /* Corpus Christi */
        { "DE-BY", 2026, 6, 4, true },    { "DE-SN", 2026, 11, 18, true },
        { "CH-ZH", 2026, 12, 26, true },  { "CH-VD", 2026, 12, 26, false },
        { "CH-GL", 2026, 4, 9, true }, /* the 2nd is in Holy Week */
        { "CH-NE", 2033, 12, 26, true }, /* a Monday */
        { "CH-NE", 2026, 12, 26, false }, { "GB-SCT", 2023, 1, 3, true },
        { "GB", 2023, 1, 3, false },      { "GB-ENG", 2027, 12, 27, true },
        { "GB-ENG", 2027, 12, 28, true }, { "IE", 2030, 2, 1, true }, /* a Friday */
        { "NL", 2031, 4, 26, true }, /* instead of Sunday the 27th */
        { "NL", 2031, 4, 27, false },     { "NL", 2026, 5, 5, false },
        { "NL", 2030, 5, 5, true },       { "US", 2021, 12, 31, true }, /* for a Saturday of the next year */
        { "CA-QC", 2026, 5, 18, true },   { "CA", 2026, 5, 18, false },
        { "XX", 2026, 1, 1, false },      { "", 2026, 1, 1, false },
        { "FR-QC", 2026, 1, 1, false },   { "fr", 2026, 1, 1, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (holidays_is_off(rows[i].code, civil_day_number(rows[i].year, rows[i].month, rows[i].day)) !=
            rows[i].is_off)
            fail_msg("%s %d-%02d-%02d", rows[i].code, rows[i].year, rows[i].month, rows[i].day);
    for (int i = 0; holidays_code(i); i++)
        assert_true(holidays_is_known(holidays_code(i)));
    assert_null(holidays_code(-1));
    assert_false(holidays_is_known("DE-B"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holidays_easter__is_the_sunday_of_the_tables),
        cmocka_unit_test(holidays_is_off__knows_what_stands_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
