/* store/ballast: room that is really taken, and given back when the disk is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/ballast.h"
#include "store/store.h"

struct bench {
    char folder[64], store[80], ballast[96];
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "/tmp/test_ballast.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->store, sizeof bench->store, "%s/bot.db", bench->folder);
    snprintf(bench->ballast, sizeof bench->ballast, "%s.ballast", bench->store);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    unlink(bench->store);
    unlink(bench->ballast);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static void ballast_hold__takes_blocks__and_drop_gives_them_back(void **state)
{
    struct bench *bench = *state;
    struct stat file;
    assert_int_equal(ballast_hold(bench->ballast), BALLAST_HELD);
    assert_int_equal(stat(bench->ballast, &file), 0);
    assert_true((int64_t)file.st_blocks * 512 >= BALLAST_BYTES);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(ballast_hold(bench->ballast), BALLAST_HELD);
    assert_true(ballast_drop(bench->ballast));
    assert_int_equal(stat(bench->ballast, &file), -1);
    assert_false(ballast_drop(bench->ballast));
}

static void ballast_hold__says_why_not(void **state)
{
    (void)state;
    assert_int_equal(ballast_hold("/nowhere/ballast"), BALLAST_FAILED);
    assert_int_equal(errno, ENOENT);
}

static bool write_much(struct store *store)
{
    static char text[1 << 20];
    memset(text, 'x', sizeof text - 1);
    store_begin(store);
    store_set(store, "much", text);
    return store_commit(store, NULL);
}

static void store__gives_the_ballast_up__when_the_disk_is_full(void **state)
{
    struct bench *bench = *state;
    struct store *store;
    assert_int_equal(store_open(bench->store, &store, NULL), STORE_OPENED);
    store_hold_ballast(store);
    assert_int_equal(access(bench->ballast, F_OK), 0);
    assert_false(store_is_tight(store));
    store_run(store, "PRAGMA max_page_count = 1", ""); /* rounded up to what is there: a full disk */
    assert_false(write_much(store));
    assert_true(store_is_tight(store));
    assert_int_equal(access(bench->ballast, F_OK), -1);
    store_run(store, "PRAGMA max_page_count = 100000", "");
    assert_true(write_much(store));
    assert_true(store_is_tight(store));
    store_hold_ballast(store);
    assert_false(store_is_tight(store));
    assert_int_equal(access(bench->ballast, F_OK), 0);
    store_close(store);
}

static void store__holds_none__in_memory(void **state)
{
    (void)state;
    struct store *store;
    assert_int_equal(store_open(NULL, &store, NULL), STORE_OPENED);
    store_hold_ballast(store);
    assert_false(store_is_tight(store));
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ballast_hold__takes_blocks__and_drop_gives_them_back),
        TEST(ballast_hold__says_why_not),
        TEST(store__gives_the_ballast_up__when_the_disk_is_full),
        TEST(store__holds_none__in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
