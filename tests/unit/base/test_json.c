/* base/json: one whole value or nothing, and absent where the type is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"

static void json_parse__takes_one_whole_value(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        { "10", "10" },
        { " 0.5 ", "0.5" },
        { "true", "true" },
        { "\"a\"", "\"a\"" },
        { "{\"a\":[1]} \n", "{\"a\":[1]}" },
        { "{\"a\":1} x", NULL },
        { "10 11", NULL },
        { "{\"a\":1", NULL },
        { "", NULL },
        { "\"a", NULL },
        { "tru", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *value = json_parse(rows[i].text, strlen(rows[i].text));
        if ((value != NULL) != (rows[i].want != NULL))
            fail_msg("%s was %s", rows[i].text, value ? "taken" : "refused");
        if (value)
            assert_string_equal(json_text(value), rows[i].want);
        json_object_put(value);
    }
}

static void json_str__is_absent__when_the_type_is_another(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"b.c\":\"x\",\"n\":7,\"z\":\"a\\u0000b\",\"o\":null}}";
    struct json_object *root = json_parse(text, strlen(text));
    assert_non_null(root);
    assert_string_equal(json_str(root, "a/b.c"), "x");
    assert_null(json_str(root, "a/n"));
    assert_null(json_str(root, "a/z"));
    assert_null(json_str(root, "a/o"));
    assert_null(json_str(root, "a/b.c/d"));
    assert_int_equal(json_int(root, "a/n", 1), 7);
    assert_int_equal(json_int(root, "a/b.c", 1), 1);
    json_object_put(root);
}

static void json_has_str__takes_texts_alone(void **state)
{
    (void)state;
    static const char text[] = "[\"a\", 1, null, [\"c\"], \"b\"]";
    struct json_object *array = json_parse(text, strlen(text));
    assert_true(json_has_str(array, "a"));
    assert_true(json_has_str(array, "b"));
    assert_false(json_has_str(array, "c"));
    assert_false(json_has_str(array, "1"));
    assert_false(json_has_str(NULL, "a"));
    json_object_put(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse__takes_one_whole_value),
        cmocka_unit_test(json_str__is_absent__when_the_type_is_another),
        cmocka_unit_test(json_has_str__takes_texts_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
