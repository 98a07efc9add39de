/* ops/privacy: files that others may read are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/privacy.h"

static char said[2048];

static void hear(void *data, const char *finding)
{
    (void)data;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", finding);
}

static int check(const char *path)
{
    said[0] = '\0';
    return privacy_check(path, hear, NULL);
}

static void make(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void files_that_others_may_read__are_found(void **state)
{
    (void)state;
    char folder[] = "/tmp/greffier-privacy-XXXXXX", store[64], wal[64], link[64];
    assert_non_null(mkdtemp(folder));
    snprintf(store, sizeof store, "%s/db", folder);
    snprintf(wal, sizeof wal, "%s/db-wal", folder);
    snprintf(link, sizeof link, "%s/db.sock", folder);
    assert_int_equal(check(store), 0); /* there is none yet */
    make(store, 0600);
    make(wal, 0600);
    assert_int_equal(symlink(store, link), 0); /* its own mode says nothing */
    assert_int_equal(check(store), 0);
    assert_int_equal(chmod(wal, 0640), 0);
    assert_int_equal(check(store), 1);
    assert_non_null(strstr(said, "db-wal: chmod 600 "));
    assert_int_equal(chmod(store, 0602), 0);
    assert_int_equal(check(store), 2);
    unlink(link);
    unlink(wal);
    unlink(store);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_that_others_may_read__are_found) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
