/* Planted secrets are found nowhere (trust.md B.2 rows 20 and 21): not in the store's files, not in the log, not in errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "server.h"

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/session.h"
#include "store/keyfile.h"

#define ME       "@greffier:x"
#define TOKEN    "syt_planted_token_7f3a"
#define PASSWORD "planted-password-91c2"

struct fixture {
    char folder[64], store_path[96], key_path[96], log_path[96];
    int own_stderr;
    struct server *server;
    bool is_refused;
};

static struct server_answer serve(void *data, const struct server_request *request)
{
    struct fixture *f = data;
    if (strstr(request->path, "/versions"))
        return (struct server_answer){ .status = 200, .body = xstrdup("{\"versions\":[\"v1.11\"]}") };
    if (strstr(request->path, "/login") && strcmp(request->method, "GET") == 0)
        return (struct server_answer){ .status = 200,
                                       .body = xstrdup("{\"flows\":[{\"type\":\"m.login.password\"}]}") };
    /* What was sent comes back in the words of the error. */
    if (f->is_refused)
        return (struct server_answer){
            .status = 403, .body = xstrdup("{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not " PASSWORD "\"}")
        };
    return (struct server_answer){ .status = 200,
                                   .body = xstrdup("{\"user_id\":\"" ME "\",\"access_token\":\"" TOKEN
                                                   "\",\"device_id\":\"DEV\"}") };
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/greffier-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->store_path, sizeof f->store_path, "%s/store", f->folder);
    snprintf(f->key_path, sizeof f->key_path, "%s/store.key", f->folder);
    snprintf(f->log_path, sizeof f->log_path, "%s/log", f->folder);
    f->server = server_start(serve, f);
    f->own_stderr = dup(STDERR_FILENO);
    int log = open(f->log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    dup2(log, STDERR_FILENO);
    close(log);
    log_set_level(LOG_LEVEL_DEBUG);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dup2(f->own_stderr, STDERR_FILENO);
    close(f->own_stderr);
    server_stop(f->server);
    DIR *folder = opendir(f->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char *path = xasprintf("%s/%s", f->folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
        free(path);
    }
    closedir(folder);
    rmdir(f->folder);
    free(f);
    return 0;
}

static bool file_has(const char *path, const char *secret)
{
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &found) == 0);
    size_t len = (size_t)found.st_size;
    char *bytes = xmalloc(len + 1);
    assert_int_equal(read(fd, bytes, len), len);
    close(fd);
    bool has = memmem(bytes, len, secret, strlen(secret)) != NULL;
    free(bytes);
    return has;
}

/* Every file that was written, the -wal and the log among them. Returns how many were looked at. */
static int look(struct fixture *f)
{
    int n = 0;
    DIR *folder = opendir(f->folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s", f->folder, entry->d_name);
        struct stat found;
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 077, 0);
        assert_false(file_has(path, TOKEN));
        assert_false(file_has(path, PASSWORD));
        free(path);
        n++;
    }
    closedir(folder);
    return n;
}

static enum session_result log_in(struct fixture *f, const char *key_path, struct err *err)
{
    struct store *store;
    unsigned char key[SECRET_KEY_BYTES];
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", f->server->port);
    assert_int_equal(store_open(f->store_path, &store, NULL), STORE_OPENED);
    assert_true(keyfile_load(key_path, key, NULL));
    struct http *http = http_create(url, NULL);
    struct session_settings settings = { .url = url, .user = ME, .password = PASSWORD, .key = key };
    enum session_result result = session_open(store, http, &settings, err);
    assert_true(look(f) >= 4); /* store, -wal, key, log */
    http_destroy(http);
    store_close(store);
    assert_true(look(f) >= 3);
    return result;
}

static void secrets__lie_nowhere_in_clear(void **state)
{
    struct fixture *f = *state;
    struct err err = { "" };
    assert_int_equal(log_in(f, f->key_path, &err), SESSION_READY);
    /* A second start finds the session. */
    assert_int_equal(log_in(f, f->key_path, &err), SESSION_READY);
}

static void secrets__are_in_no_error(void **state)
{
    struct fixture *f = *state;
    struct err err = { "" };
    f->is_refused = true;
    assert_int_equal(log_in(f, f->key_path, &err), SESSION_REFUSED);
    assert_true(strlen(err.text) > 0);
    assert_null(strstr(err.text, PASSWORD));
}

/* Row 21: the store alone, on another machine with another key, opens no session. */
static void secrets__of_a_stolen_store_are_closed(void **state)
{
    struct fixture *f = *state;
    struct err err = { "" };
    char *other = xasprintf("%s/other.key", f->folder);
    assert_int_equal(log_in(f, f->key_path, &err), SESSION_READY);
    f->is_refused = true; /* and nobody logs in anew with what is there */
    assert_int_equal(log_in(f, other, &err), SESSION_REFUSED);
    assert_null(strstr(err.text, TOKEN));
    free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(secrets__lie_nowhere_in_clear),
        TEST(secrets__are_in_no_error),
        TEST(secrets__of_a_stolen_store_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
