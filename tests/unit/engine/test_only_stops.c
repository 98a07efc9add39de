/* engine_only_stops: what may be applied ahead of what is still missing in its room, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commands/table.h"
#include "engine/engine.h"

static void engine_only_stops__is_an_objection_or_a_cancel(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        const char *text; /* the body, or the key of a reaction */
        bool want;
    } rows[] = {
        { EVENT_MESSAGE, "!objection DEC-1 too early", true },
        { EVENT_MESSAGE, "  !OBJECT", true },
        { EVENT_MESSAGE, "!objecter\nparce que", true },
        { EVENT_MESSAGE, "!annuler DEC-1", true },
        { EVENT_MESSAGE, "!cancel", true },
        { EVENT_MESSAGE, "Objection: not before the audit", true },
        { EVENT_MESSAGE, "I object.", true },
        { EVENT_MESSAGE, "je fais objection", true },
        { EVENT_REACTION, "⛔", true },
        { EVENT_REACTION, "👎🏽", true },
        { EVENT_REACTION, "🚫", true },
        { EVENT_MESSAGE, "!withdraw", false },
        { EVENT_MESSAGE, "!agree DEC-1", false },
        { EVENT_MESSAGE, "!decide To object or not", false },
        { EVENT_MESSAGE, "!", false },
        { EVENT_MESSAGE, "", false },
        { EVENT_MESSAGE, "no objection", false },
        { EVENT_MESSAGE, "ok", false },
        { EVENT_REACTION, "👍", false },
        { EVENT_REACTION, "", false },
        { EVENT_EDIT, "!object", false },
        { EVENT_REDACTION, NULL, false },
        { EVENT_MEMBER, NULL, false },
    };
    struct store *store;
    assert_int_equal(store_open(NULL, &store, NULL), STORE_OPENED);
    struct engine *engine =
        engine_create(store, &(struct engine_settings){ .me = "@greffier:x", .lang = "en", .prefix = "!" },
                      command_table, habit_table);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct event event = { .kind = rows[i].kind, .body = rows[i].text, .key = rows[i].text };
        if (engine_only_stops(engine, &event) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
    engine_destroy(engine);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_only_stops__is_an_objection_or_a_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
