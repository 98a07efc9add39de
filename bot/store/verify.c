#include "store/verify.h"

#include <sqlite3.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "store/schema.h"

enum { SCHEMA_BYTES = 256 * 1024 };

static int add_line(void *data, int n, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < n; i++)
        buf_printf(data, "%s\n", values[i] ? values[i] : "");
    return 0;
}

/* All rows of a query as lines; false if it failed. */
static bool read_lines(sqlite3 *db, const char *sql, struct buf *lines)
{
    return sqlite3_exec(db, sql, add_line, lines, NULL) == SQLITE_OK;
}

static bool read_schema(sqlite3 *db, struct buf *lines)
{
    return read_lines(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", lines);
}

static bool read_own_schema(struct buf *lines)
{
    sqlite3 *db;
    bool ok =
        sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    for (int version = 0; ok && version < schema_version; version++)
        for (const char *const *script = schema_steps[version]; ok && *script; script++)
            ok = sqlite3_exec(db, *script, NULL, NULL, NULL) == SQLITE_OK;
    ok = ok && read_schema(db, lines);
    sqlite3_close(db);
    return ok;
}

/* What all steps together make of an empty file: made once, for it takes longer than to read a small store. NULL: it could
 * not be made. */
static const char *own_schema(void)
{
    static char *own; /* owned; until the process ends */
    struct buf lines;
    buf_init(&lines, SCHEMA_BYTES);
    if (!own && read_own_schema(&lines))
        own = xstrdup(lines.text);
    buf_finish(&lines);
    return own;
}

static bool has_own_schema(sqlite3 *db)
{
    struct buf found;
    buf_init(&found, SCHEMA_BYTES);
    const char *own = own_schema();
    bool is_same = own && read_schema(db, &found) && strcmp(found.text, own) == 0;
    buf_finish(&found);
    return is_same;
}

/* A query that should answer this and nothing else. */
static bool answers(sqlite3 *db, const char *sql, const char *wanted, struct err *err)
{
    struct buf lines;
    buf_init(&lines, SCHEMA_BYTES);
    bool ok = read_lines(db, sql, &lines);
    bool is_it = ok && strcmp(lines.text, wanted) == 0;
    if (!is_it)
        err_set(err, "%.*s", (int)strcspn(lines.text, "\n"), ok ? lines.text : sqlite3_errmsg(db));
    buf_finish(&lines);
    return is_it;
}

bool verify_is_whole(struct sqlite3 *db, struct err *err)
{
    if (!has_own_schema(db))
        return err_set(err, "its tables are not those of greffier");
    return answers(db, "PRAGMA integrity_check(1)", "ok\n", err) &&
           answers(db,
                   "SELECT 'missing: ' || \"table\" || ' ' || rowid FROM pragma_foreign_key_check LIMIT 1",
                   "", err) &&
           /* The index of words has a form of its own, which no pragma reads. */
           answers(db,
                   "SELECT count(*) >= 0 FROM"
                   " (SELECT rowid FROM text_index WHERE text_index MATCH 'word' LIMIT 1)",
                   "1\n", err);
}
