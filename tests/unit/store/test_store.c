/* store/store: one file, one opener; what fails moves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

struct bench {
    char folder[64];
    char path[80];
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "/tmp/test_store.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/bot.db", bench->folder);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < 4; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", bench->path, suffixes[i]);
        unlink(path);
    }
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static struct store *open_store(const char *path)
{
    struct store *store;
    struct err err;
    assert_int_equal(store_open(path, &store, &err), STORE_OPENED);
    return store;
}

static enum store_open_result try_open(const char *path, struct err *err)
{
    struct store *store = NULL;
    enum store_open_result result = store_open(path, &store, err);
    store_close(store);
    return result;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void store_open__keeps_what_was_committed_and_is_closed_to_others(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct store *store = open_store(bench->path);
    store_begin(store);
    store_set(store, "name", "value");
    assert_true(store_commit(store, NULL));
    store_begin(store);
    store_set(store, "name", "other");
    store_close(store); /* not committed: did not happen */
    store = open_store(bench->path);
    assert_string_equal(store_get(store, arena, "name"), "value");
    store_close(store);
    struct stat info;
    assert_int_equal(stat(bench->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    arena_destroy(arena);
}

/* exit's last word is another program's, with its own end: what the parent holds is no leak of the child. */
static void end_as_another(void)
{
    execl("/bin/false", "second process", NULL);
}

/* What cannot be read would be taken for what is not there. */
static void store_int__ends_the_program__when_it_cannot_read(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    store_close(store);
    pid_t child = fork();
    if (child == 0) {
        atexit(end_as_another);
        store = open_store(bench->path);
        if (truncate(bench->path, 512) != 0)
            _exit(2);
        store_int(store, 0, "SELECT count(*) FROM outbox WHERE vals = ?1", "s",
                  "a page that was not read yet");
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    unlink(bench->path);
}

static void store_open__refuses_a_second_process(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    pid_t child = fork();
    if (child == 0) {
        struct err err;
        enum store_open_result result = try_open(bench->path, &err);
        bool is_refused = result == STORE_LOCKED && strstr(err.text, "in use");
        /* Its end says it, as another program's: what the parent holds is no leak of the child. */
        execl(is_refused ? "/bin/true" : "/bin/false", "second process", NULL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    store_begin(store);
    store_set(store, "still", "mine");
    assert_true(store_commit(store, NULL));
    store_close(store);
    store_close(open_store(bench->path));
}

static void store_open__refuses_what_is_not_its_own(void **state)
{
    struct bench *bench = *state;
    struct err err;
    store_close(open_store(bench->path));
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", store_schema_version() + 1);
    run_sql(bench->path, sql);
    assert_int_equal(try_open(bench->path, &err), STORE_NEWER);
    assert_non_null(strstr(err.text, "newer"));
    unlink(bench->path);

    run_sql(bench->path, "CREATE TABLE theirs(x)");
    assert_int_equal(try_open(bench->path, &err), STORE_UNREADABLE);
    unlink(bench->path);

    FILE *file = fopen(bench->path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is a letter, not a database\n", file);
    fclose(file);
    assert_int_equal(try_open(bench->path, &err), STORE_UNREADABLE);
    assert_int_equal(try_open("/nonexistent/folder/bot.db", &err), STORE_UNREADABLE);
}

static void store_open__refuses_what_is_damaged(void **state)
{
    struct bench *bench = *state;
    static const char *const damages[] = {
        "DROP TABLE quote",
        "DROP INDEX item_by_room",
        "DROP TRIGGER history_stays",
        "ALTER TABLE text ADD COLUMN more",
        "INSERT INTO field(item, name, text) VALUES(77, 'subject', 88)",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'item'",
        "DELETE FROM text_index_config",
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct err err = { "" };
        store_close(open_store(bench->path));
        run_sql(bench->path, damages[i]);
        if (try_open(bench->path, &err) != STORE_UNREADABLE)
            fail_msg("opened after: %s", damages[i]);
        assert_true(strlen(err.text) > 0);
        unlink(bench->path);
    }
}

static void write_note(struct store *store, int64_t number, const char *text)
{
    char name[32];
    snprintf(name, sizeof name, "note%lld", (long long)number);
    store_set(store, name, text);
}

static void store_defer__writes_with_the_next_transaction_even_after_a_rollback(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct store *store = open_store(bench->path);
    store_defer(store, write_note, 1, "one");
    assert_null(store_get(store, arena, "note1"));
    assert_int_equal(store_n_deferred(store), 1);
    store_begin(store);
    assert_string_equal(store_get(store, arena, "note1"), "one");
    store_rollback(store);
    assert_null(store_get(store, arena, "note1"));
    assert_int_equal(store_n_deferred(store), 1);
    store_begin(store);
    store_defer(store, write_note, 2, "two"); /* within one: at once */
    assert_true(store_commit(store, NULL));
    assert_int_equal(store_n_deferred(store), 0);
    assert_string_equal(store_get(store, arena, "note2"), "two");
    store_defer(store, write_note, 3, "three");
    store_close(store); /* the end writes what waits */
    store = open_store(bench->path);
    assert_string_equal(store_get(store, arena, "note1"), "one");
    assert_string_equal(store_get(store, arena, "note3"), "three");
    store_close(store);
    arena_destroy(arena);
}

static void store_defer__is_bounded(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    for (int i = 0; i < 2000; i++) {
        store_defer(store, write_note, i, "x");
        assert_true(store_n_deferred(store) < 512);
    }
    store_begin(store);
    assert_true(store_commit(store, NULL));
    assert_int_equal(store_int(store, 0, "SELECT count(*) FROM setting WHERE name LIKE 'note%'", ""), 2000);
    /* A disk that is full all the while: the newest are kept. */
    store_run(store, "PRAGMA query_only = 1", "");
    log_set_level(LOG_LEVEL_ERROR + 1);
    for (int i = 2000; i < 2600; i++)
        store_defer(store, write_note, i, "y");
    log_set_level(LOG_LEVEL_ERROR);
    store_run(store, "PRAGMA query_only = 0", "");
    store_begin(store);
    assert_true(store_commit(store, NULL));
    assert_int_equal(store_int(store, 0, "SELECT count(*) FROM setting WHERE name LIKE 'note%'", ""), 2512);
    store_close(store);
}

static void store_defer__keeps_the_same_once(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    store_defer(store, write_note, 1, "one");
    store_defer(store, write_note, 1, "one");
    assert_int_equal(store_n_deferred(store), 1);
    store_defer(store, write_note, 1, "other");
    store_defer(store, write_note, 2, "one");
    assert_int_equal(store_n_deferred(store), 3);
    store_close(store);
}

/* Nothing that waits for the disk ends the program, for as long as it cannot be written. */
static void store_defer__outlives_a_full_disk(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    store_run(store, "PRAGMA max_page_count = 1", "");
    for (int i = 0; i < 2000; i++)
        store_defer(store, write_note, i, text);
    assert_int_equal(store_n_deferred(store), 512);
    store_run(store, "PRAGMA max_page_count = 100000", "");
    store_begin(store);
    assert_true(store_commit(store, NULL));
    assert_int_equal(store_int(store, 0, "SELECT count(*) FROM setting WHERE name LIKE 'note%'", ""), 512);
    store_close(store);
}

static void store_commit__moves_nothing_once_the_disk_has_failed(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct err err;
    struct store *store = open_store(bench->path);
    store_begin(store);
    store_set(store, "before", "kept");
    assert_true(store_commit(store, &err));
    store_run(store, "PRAGMA max_page_count = 1", ""); /* rounded up to what is there: a full disk */
    store_begin(store);
    store_set(store, "small", "lost");
    char *big = malloc(1 << 20);
    memset(big, 'x', (1 << 20) - 1);
    big[(1 << 20) - 1] = '\0';
    store_set(store, "big", big);
    free(big);
    assert_true(store_failed(store));
    store_set(store, "after", "ignored"); /* sticky: does nothing */
    assert_int_equal(store_int(store, -1, "SELECT 1", ""), -1);
    assert_false(store_commit(store, &err));
    assert_non_null(strstr(err.text, "could not be written"));
    assert_false(store_failed(store));
    assert_string_equal(store_get(store, arena, "before"), "kept");
    assert_null(store_get(store, arena, "small"));
    store_run(store, "PRAGMA max_page_count = 100000", "");
    store_begin(store);
    store_set(store, "small", "found");
    assert_true(store_commit(store, &err));
    assert_string_equal(store_get(store, arena, "small"), "found");
    store_close(store);
    arena_destroy(arena);
}

static void store_savepoint__takes_back_one_turn_only(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct store *store = open_store(bench->path);
    store_begin(store);
    store_set(store, "first", "1");
    store_savepoint(store);
    store_set(store, "second", "2");
    store_savepoint_rollback(store);
    store_savepoint(store);
    store_set(store, "third", "3");
    store_savepoint_release(store);
    assert_true(store_commit(store, NULL));
    assert_non_null(store_get(store, arena, "first"));
    assert_null(store_get(store, arena, "second"));
    assert_non_null(store_get(store, arena, "third"));
    store_close(store);
    arena_destroy(arena);
}

static int64_t ask_setting(struct store *store, const char *name)
{
    return store_int(store, -1, "SELECT CAST(value AS INTEGER) FROM setting WHERE name = ?1", "s", name);
}

/* Answers are kept until something is written: each way in which one could become wrong. */
static void store_int__is_never_behind_what_was_written(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    char long_name[200];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(ask_setting(store, "a"), -1);
    store_begin(store);
    store_set_int(store, "a", 1);
    assert_int_equal(ask_setting(store, "a"), 1);
    assert_int_equal(ask_setting(store, "b"), -1);
    assert_int_equal(ask_setting(store, NULL), -1);
    assert_int_equal(ask_setting(store, "a"), 1);
    store_savepoint(store);
    store_set_int(store, "a", 2);
    assert_int_equal(ask_setting(store, "a"), 2);
    store_savepoint_rollback(store);
    assert_int_equal(ask_setting(store, "a"), 1);
    store_set_int(store, long_name, 3);
    assert_int_equal(ask_setting(store, long_name), 3);
    store_set_int(store, long_name, 4);
    assert_int_equal(ask_setting(store, long_name), 4);
    assert_true(store_commit(store, NULL));
    assert_int_equal(ask_setting(store, "a"), 1);
    store_begin(store);
    store_set_int(store, "a", 5);
    assert_int_equal(ask_setting(store, "a"), 5);
    store_rollback(store);
    assert_int_equal(ask_setting(store, "a"), 1);
    store_begin(store);
    store_set(store, "a", NULL);
    assert_int_equal(ask_setting(store, "a"), -1);
    assert_true(store_commit(store, NULL));
    assert_int_equal(ask_setting(store, "a"), -1);
    store_close(store);
}

static int64_t count_people(struct store *store)
{
    return store_int(store, -1,
                     "SELECT count(*) FROM setting s WHERE s.name IN (SELECT person FROM person)"
                     " OR EXISTS (SELECT 1 FROM profile p WHERE p.person = s.name)",
                     "");
}

static void add_person(struct store *store, const char *sql)
{
    store_begin(store);
    store_run(store, sql, "");
    assert_true(store_commit(store, NULL));
}

/* The second table is named by USING alone, of which SQLite tells nobody. */
static int64_t count_profiles(struct store *store)
{
    return store_int(store, -1,
                     "SELECT count(*) FROM person JOIN profile USING(person) WHERE person.is_bot = 0", "");
}

/* What is written to one table leaves what is known of others; what is read in whichever way is of its table. */
static void store_int__is_never_behind_any_table_that_it_reads(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    store_begin(store);
    store_set_int(store, "alice", 1);
    store_set_int(store, "bob", 1);
    store_set_int(store, "carol", 1);
    assert_true(store_commit(store, NULL));
    assert_int_equal(count_people(store), 0);
    add_person(store, "INSERT INTO person(person) VALUES('alice')");
    assert_int_equal(count_people(store), 1);
    assert_int_equal(count_profiles(store), 0);
    add_person(store, "INSERT INTO profile(person, asked_ms) SELECT 'bob', 0");
    assert_int_equal(count_people(store), 2);
    assert_int_equal(count_profiles(store), 0);
    add_person(store, "INSERT INTO profile(person, asked_ms) VALUES('alice', 0)");
    assert_int_equal(count_profiles(store), 1);
    add_person(store, "DELETE FROM profile WHERE person = 'alice'");
    add_person(store, "INSERT OR REPLACE INTO absence(person, from_ms, room) VALUES('carol', 0, 1)");
    assert_int_equal(count_people(store), 2);
    store_begin(store);
    store_run(store, "DELETE FROM profile", "");
    store_savepoint(store);
    store_run(store, "UPDATE person SET person = 'dave'", "");
    assert_int_equal(count_people(store), 0);
    store_savepoint_rollback(store);
    assert_int_equal(count_people(store), 1);
    store_rollback(store);
    assert_int_equal(count_people(store), 2);
    store_begin(store);
    store_rollback(store);
    assert_int_equal(count_people(store), 2);
    store_close(store);
}

static const char setting_sql[] = "SELECT value FROM setting WHERE name = ?1";

static void assert_setting(struct store *store, const char *name, const char *want)
{
    struct arena *arena = arena_create();
    for (int i = 0; i < 2; i++) { /* the second time it is known */
        const char *value = store_str(store, arena, setting_sql, "s", name);
        assert_int_equal(value == NULL, want == NULL);
        if (want)
            assert_string_equal(value, want);
    }
    arena_destroy(arena);
}

/* A text is known as a number is; and what is asked as both is each. */
static void store_str__is_never_behind_its_table(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    enum { LONG = 600 };
    char text[LONG + 1];
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    store_begin(store);
    assert_setting(store, "alice", NULL);
    store_set(store, "alice", "7");
    assert_setting(store, "alice", "7");
    assert_int_equal(store_int(store, -1, setting_sql, "s", "alice"), 7);
    assert_setting(store, "alice", "7");
    store_set(store, "alice", text);
    assert_setting(store, "alice", text);
    text[0] = 'y';
    store_set(store, "alice", text);
    assert_setting(store, "alice", text);
    store_set(store, "alice", "8");
    store_savepoint(store);
    store_set(store, "alice", NULL);
    assert_setting(store, "alice", NULL);
    assert_int_equal(store_int(store, -1, setting_sql, "s", "alice"), -1);
    store_savepoint_rollback(store);
    assert_setting(store, "alice", "8");
    store_rollback(store);
    assert_setting(store, "alice", NULL);
    store_close(store);
}

/* Of more questions than are kept each has its own answer, before and after all have changed. */
static void store_str__of_many_questions_answers_each(void **state)
{
    struct bench *bench = *state;
    struct store *store = open_store(bench->path);
    enum { MANY = 3000 };
    store_begin(store);
    for (int by = 0; by < 2; by++) {
        for (int i = 0; i < MANY; i++) {
            char name[32];
            snprintf(name, sizeof name, "person %d", i);
            store_set_int(store, name, i + by);
        }
        for (int i = 0; i < MANY; i++) {
            char name[32], want[32];
            snprintf(name, sizeof name, "person %d", i);
            snprintf(want, sizeof want, "%d", i + by);
            assert_setting(store, name, want);
        }
    }
    store_rollback(store);
    store_close(store);
}

static void rows_take__takes_so_many__and_ends_them(void **state)
{
    (void)state;
    struct store *store = open_store(NULL);
    static const char *const three = "SELECT column1 FROM (VALUES (7), (8), (9)) ORDER BY 1";
    int64_t out[4] = { 0 };
    for (size_t max = 0; max <= 4; max++) {
        struct rows rows = store_rows(store, three, "");
        assert_int_equal(rows_take(&rows, out, max), max < 3 ? max : 3);
    }
    assert_int_equal(out[0], 7);
    assert_int_equal(out[2], 9);
    assert_int_equal(out[3], 0);
    store_close(store);
}

static void store__history_cannot_be_changed_or_deleted(void **state)
{
    struct bench *bench = *state;
    store_close(open_store(bench->path));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    static const char insert[] =
        "INSERT INTO history(at_ms, event, what, link) VALUES(1, '$e', 'opened', '')";
    assert_int_equal(sqlite3_exec(db, insert, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE history SET what = 'closed'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_non_null(strstr(sqlite3_errmsg(db), "append-only"));
    assert_int_equal(sqlite3_exec(db, "DELETE FROM history", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

/* trust.md B.2 row 18: values are never SQL, and what stands in a file is not trusted to be code. */
static void store__takes_values_for_values_only(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct store *store = open_store(bench->path);
    static const char *const hostile[] = {
        "'; DROP TABLE setting; --", "x' OR '1'='1", "\"; ATTACH 'x' AS y; --", "?1", ":name", "%s%n", "NULL"
    };
    store_begin(store);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        store_set(store, hostile[i], hostile[i]);
        assert_string_equal(store_get(store, arena, hostile[i]), hostile[i]);
        assert_int_equal(store_int(store, 0, "SELECT count(*) FROM setting", ""), i + 1);
    }
    assert_int_equal(store_int(store, -1, "PRAGMA trusted_schema", ""), 0);
    store_rollback(store);
    store_close(store);
    arena_destroy(arena);
}

static void store__is_as_durable_as_it_says(void **state)
{
    struct bench *bench = *state;
    struct arena *arena = arena_create();
    struct store *store = open_store(bench->path);
    assert_int_equal(store_int(store, 0, "PRAGMA synchronous", ""), 2);
    assert_int_equal(store_int(store, 0, "PRAGMA foreign_keys", ""), 1);
    assert_string_equal(store_str(store, arena, "PRAGMA journal_mode", ""), "wal");
    assert_string_equal(store_str(store, arena, "PRAGMA locking_mode", ""), "exclusive");
    store_close(store);
    arena_destroy(arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(store_open__keeps_what_was_committed_and_is_closed_to_others),
        TEST(store_int__ends_the_program__when_it_cannot_read),
        TEST(store_open__refuses_a_second_process),
        TEST(store_open__refuses_what_is_not_its_own),
        TEST(store_open__refuses_what_is_damaged),
        TEST(store_defer__writes_with_the_next_transaction_even_after_a_rollback),
        TEST(store_defer__is_bounded),
        TEST(store_defer__keeps_the_same_once),
        TEST(store_defer__outlives_a_full_disk),
        TEST(store_commit__moves_nothing_once_the_disk_has_failed),
        TEST(store_savepoint__takes_back_one_turn_only),
        TEST(store_int__is_never_behind_what_was_written),
        TEST(store_int__is_never_behind_any_table_that_it_reads),
        TEST(store_str__is_never_behind_its_table),
        TEST(store_str__of_many_questions_answers_each),
        TEST(rows_take__takes_so_many__and_ends_them),
        TEST(store__history_cannot_be_changed_or_deleted),
        TEST(store__takes_values_for_values_only),
        TEST(store__is_as_durable_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
