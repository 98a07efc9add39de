#include "store/store_open.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/plant.h"
#include "store/schema.h"
#include "store/verify.h"

int store_schema_version(void)
{
    return schema_version;
}

static bool run_script(sqlite3 *db, const char *script)
{
    int result = sqlite3_exec(db, script, NULL, NULL, NULL);
    assert(result != SQLITE_ERROR);
    return result == SQLITE_OK;
}

static bool read_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(statement, 0);
    /* Which repeats the error of the statement, so that what_failed finds it. */
    sqlite3_finalize(statement);
    return ok;
}

static bool migrate(sqlite3 *db, int version)
{
    for (; version < schema_version; version++) {
        char stamp[64];
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d", version + 1);
        bool ok = run_script(db, "BEGIN IMMEDIATE");
        for (const char *const *script = schema_steps[version]; ok && *script; script++)
            ok = run_script(db, *script);
        if (!ok || !run_script(db, stamp) || !run_script(db, "COMMIT"))
            return false;
    }
    return true;
}

/* A disk that fails may do better the next time; a file that is none of ours will not. */
static enum store_open_result what_failed(sqlite3 *db)
{
    int code = sqlite3_errcode(db);
    if (code == SQLITE_BUSY)
        return STORE_LOCKED;
    /* Where a page cannot be read, SQLite calls the file malformed. */
    bool is_of_disk = code == SQLITE_IOERR || code == SQLITE_FULL || sqlite3_system_errno(db) == EIO;
    return is_of_disk ? STORE_FAILED : STORE_UNREADABLE;
}

static void refuse(enum store_open_result result, struct err *err, const char *path, sqlite3 *db,
                   const char *damage)
{
    if (result == STORE_FAILED)
        err_set(err, "%s cannot be read and written now: %s", path, sqlite3_errmsg(db));
    else if (*damage)
        err_set(err, "%s is damaged (%s): restore a backup", path, damage);
    else if (result == STORE_LOCKED)
        err_set(err, "%s is in use by another greffier: stop that one first", path);
    else if (result == STORE_NEWER)
        err_set(err, "%s was written by a newer greffier: install that version, or restore a backup", path);
    else
        err_set(err,
                "%s cannot be used as a store: is it a file of greffier, and may this user write it and its "
                "directory?",
                path);
}

static enum store_open_result set_up(sqlite3 *db, struct err *damage)
{
    /* The lock is taken by the first read and kept until the end. */
    run_script(db, "PRAGMA locking_mode = EXCLUSIVE");
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* A plan is made once. Without this SQLite looks whether a bound value lies within the condition of a partial index,
     * and makes the plan anew at every run of such a statement, in 30 us. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    if (!run_script(db,
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                    "PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 256; PRAGMA temp_store = MEMORY;"
                    "BEGIN IMMEDIATE; COMMIT"))
        return what_failed(db);
    if (PLANTED(UNSYNCED))
        run_script(db, "PRAGMA synchronous = OFF");
    int64_t version, n_tables;
    if (!read_number(db, "PRAGMA user_version", &version) ||
        !read_number(db, "SELECT count(*) FROM sqlite_schema", &n_tables))
        return what_failed(db);
    if (version > schema_version)
        return STORE_NEWER;
    if (version == 0 && n_tables > 0)
        return STORE_UNREADABLE; /* somebody else's database */
    bool is_whole = migrate(db, (int)version) && (version == 0 || verify_is_whole(db, damage));
    return is_whole ? STORE_OPENED : what_failed(db);
}

enum store_open_result store_open_file(const char *path, sqlite3 **db_out, struct err *err)
{
    mode_t old_mask = umask(077);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int result = sqlite3_open_v2(path ? path : ":memory:", db_out, flags, NULL);
    struct err damage = { "" };
    enum store_open_result outcome = result == SQLITE_OK ? set_up(*db_out, &damage) : STORE_UNREADABLE;
    umask(old_mask);
    if (outcome != STORE_OPENED)
        refuse(outcome, err, path ? path : "the store in memory", *db_out, damage.text);
    return outcome;
}
