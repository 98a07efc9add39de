/* time/hours_words: working hours as people write and read them; and zones as they type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "time/hours_words.h"
#include "time/zone_names.h"

/* "Mon-Fri 09:00-12:00,13:00-17:00;Sat 09:00-12:00" of what a template is given. */
static const char *shown_list(struct arena *arena, struct json_object *list)
{
    const char *text = "";
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *group = json_object_array_get_idx(list, i), *times = json_arr(group, "intervals");
        text = arena_printf(arena, "%s%s ", text, json_str(group, "days"));
        for (size_t j = 0; j < json_object_array_length(times); j++) {
            struct json_object *time = json_object_array_get_idx(times, j);
            text = arena_printf(arena, "%s%s-%s%s", text, json_str(time, "from"), json_str(time, "to"),
                                j + 1 == json_object_array_length(times) ? "" : ",");
        }
        text = arena_printf(arena, "%s%s", text, i + 1 == json_object_array_length(list) ? "" : ";");
    }
    json_object_put(list);
    return text;
}

static const char *shown(struct arena *arena, const char *lang, const char *hours)
{
    return shown_list(arena, hours_words_value(lang, hours));
}

/* What goes over midnight is kept by days, and shown as it was typed where every night is alike. */
static void hours_words__read_quiet_hours__over_midnight(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "20:00-8:00", "Mon-Sun 00:00-08:00,20:00-24:00", " 20:00-08:00" },
        { "de 20h à 8h", "Mon-Sun 00:00-08:00,20:00-24:00", " 20:00-08:00" },
        { "10pm-7am, 12-13", "Mon-Sun 00:00-07:00,12:00-13:00,22:00-24:00", " 12:00-13:00,22:00-07:00" },
        { "14-16", "Mon-Sun 14:00-16:00", " 14:00-16:00" },
        { "20-24", "Mon-Sun 20:00-24:00", " 20:00-24:00" },
        { "22-0", "Mon-Sun 22:00-24:00", " 22:00-24:00" },
        { "fri 20-8", "Fri 20:00-24:00;Sat 00:00-08:00", "Fri 20:00-24:00;Sat 00:00-08:00" },
        { "sun 22-6", "Mon 00:00-06:00;Sun 22:00-24:00", "Mon 00:00-06:00;Sun 22:00-24:00" },
        { "0-24", "Mon-Sun 00:00-24:00", " 00:00-24:00" },
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *hours = hours_words_read_quiet(arena, rows[i][0]);
        if (!hours)
            fail_msg("not read: %s", rows[i][0]);
        assert_string_equal(shown(arena, "en", hours), rows[i][1]);
        assert_string_equal(shown_list(arena, hours_words_quiet_value("en", hours)), rows[i][2]);
    }
    assert_null(hours_words_read_quiet(arena, "8-8"));
    assert_null(hours_words_read_quiet(arena, "at night"));
    assert_null(hours_words_read(arena, "20:00-8:00"));
    arena_destroy(arena);
}

static void hours_words__read_both_languages(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "mon-fri 9-12 13-17", "Mon-Fri 09:00-12:00,13:00-17:00" },
        { "Monday to Friday, 9am to 12pm and 1pm-5:30pm", "Mon-Fri 09:00-12:00,13:00-17:30" },
        { "9-17", "Mon-Fri 09:00-17:00" },
        { "mon, wed: 8:30-12:00; sat 10-12", "Mon, Wed 08:30-12:00;Sat 10:00-12:00" },
        { "sunday-thursday 9-17", "Sun-Thu 09:00-17:00" },
        { "lun-ven 9h-12h 13h-17h", "Mon-Fri 09:00-12:00,13:00-17:00" },
        { "du lundi au jeudi de 8h30 à 12h et de 13 h à 17 h 15; ven 9h-12h",
          "Mon-Thu 08:30-12:00,13:00-17:15;Fri 09:00-12:00" },
        { "lun., mar., jeu. 9 h–12 h", "Mon, Tue, Thu 09:00-12:00" },
        { "mardi et jeudi 9h-12h", "Tue, Thu 09:00-12:00" },
        { "mon-sun 0-24", "Mon-Sun 00:00-24:00" },
        { "mon 9-12 tue 13-17", "Mon 09:00-12:00;Tue 13:00-17:00" },
        { "mon 9-12, 11-14", "Mon 09:00-14:00" },
        { "mon-fri 9-12; fri 13-15", "Mon-Thu 09:00-12:00;Fri 09:00-12:00,13:00-15:00" },
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *hours = hours_words_read(arena, rows[i][0]);
        if (!hours)
            fail_msg("not read: %s", rows[i][0]);
        assert_string_equal(shown(arena, "en", hours), rows[i][1]);
    }
    assert_string_equal(shown(arena, "fr", hours_words_read(arena, "mon-thu 9-12:30")),
                        "lun.-jeu. 9\u00a0h-12\u00a0h\u00a030");
    arena_destroy(arena);
}

static void hours_words__guess_nothing(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "whenever",
        "mon-fri",
        "17-9",
        "9",
        "9-",
        "mon-fri 9-12 lunch 13-17",
        "25-26",
        "9:60-10",
        "9-12; 13-17; 18-",
        "13pm-5pm",
        "mon- 9-12",
        "9:-12",
        "123-456",
        "mon-fri 9-12 -",
        "monkey 9-12",
        "mon 1-2 3-4 5-6 7-8 9-10 11-12 13-14 15-16",
        "9-12\n13-17x",
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (hours_words_read(arena, rows[i]))
            fail_msg("read: %s as %s", rows[i], hours_words_read(arena, rows[i]));
    char *long_text = arena_alloc(arena, 4096);
    memset(long_text, '9', 4095);
    long_text[4095] = '\0';
    assert_null(hours_words_read(arena, long_text));
    arena_destroy(arena);
}

static void zone_names__read_what_people_type(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "Europe/Paris", "Europe/Paris" },
        { "america/new_york", "America/New_York" },
        { "New York", "America/New_York" },
        { "Londres", "Europe/London" },
        { "Genève", "Europe/Zurich" },
        { "port-au-prince", "America/Port-au-Prince" },
        { "utc", "UTC" },
        { "Mars/Olympus", NULL },
        { "../../etc/passwd", NULL },
        { "", NULL },
        { "Paris; DROP TABLE", NULL },
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *zone = zone_names_read(arena, rows[i][0]);
        if (!rows[i][1] ? zone != NULL : !zone || strcmp(zone, rows[i][1]) != 0)
            fail_msg("%s is %s", rows[i][0], zone ? zone : "unread");
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_words__read_both_languages),
        cmocka_unit_test(hours_words__read_quiet_hours__over_midnight),
        cmocka_unit_test(hours_words__guess_nothing),
        cmocka_unit_test(zone_names__read_what_people_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
