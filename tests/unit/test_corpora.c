/* The corpora of the fuzz targets, replayed: what was once found, or is worth beginning from, does what it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "fuzz.h"

enum { INPUT_MAX = 64 * 1024 };

typedef void target_fn(const uint8_t *bytes, size_t len);

static void replay_file(target_fn *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *room = xmalloc(INPUT_MAX);
    size_t len = fread(room, 1, INPUT_MAX, file);
    fclose(file);
    /* Exactly as long as the input: a byte too far is seen. */
    uint8_t *bytes = xreallocarray(room, len ? len : 1, 1);
    target(bytes, len);
    free(bytes);
}

static void replay(const char *name, target_fn *target)
{
    glob_t found;
    char *pattern = xasprintf("%s/tests/fuzz/corpus/%s/*", SOURCE_ROOT, name);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    free(pattern);
    for (size_t i = 0; i < found.gl_pathc; i++)
        replay_file(target, found.gl_pathv[i]);
    globfree(&found);
    target(NULL, 0);
}

#define TARGET(name, max)                                                                                    \
    static void corpus__is_well__##name(void **state)                                                        \
    {                                                                                                        \
        (void)state;                                                                                         \
        replay(#name, target_##name);                                                                        \
    }
#include "targets.def"
#undef TARGET

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR + 1);
#define TARGET(name, max) cmocka_unit_test(corpus__is_well__##name),
    const struct CMUnitTest tests[] = {
#include "targets.def"
    };
#undef TARGET
    return cmocka_run_group_tests(tests, NULL, NULL);
}
