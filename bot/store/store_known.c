/* What is known of the answers to questions for a number, and until when. */
#include <string.h>

#include "base/xmalloc.h"
#include "store/private.h"

/* There are fewer tables than bits; if there were more, the last bit would stand for all of those. */
static uint64_t bit_of(struct store *store, const char *name)
{
    int i = 0;
    while (i < TABLES_MAX - 1 && store->tables[i] && strcmp(store->tables[i], name) != 0)
        i++;
    if (!store->tables[i])
        store->tables[i] = xstrdup(name);
    return UINT64_C(1) << i;
}

int known_note_table(void *data, int action, const char *name, const char *column, const char *database,
                     const char *trigger)
{
    struct store *store = data;
    struct statement *statement = store->preparing;
    (void)column;
    (void)database;
    (void)trigger;
    if (!statement) /* one that SQLite makes for itself, or anew: its tables are known */
        return SQLITE_OK;
    if (action == SQLITE_READ)
        statement->reads |= bit_of(store, name);
    else if (action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE)
        statement->writes |= bit_of(store, name);
    return SQLITE_OK;
}

void known_note_statement(struct statement *statement)
{
    /* Of a column that is named by USING alone, or by nobody, its reader is not told. */
    if (strstr(statement->sql, "USING(") || strstr(statement->sql, "USING (") ||
        strstr(statement->sql, "NATURAL "))
        statement->reads = UINT64_MAX;
}

static void forget(struct store *store, uint64_t tables)
{
    for (uint64_t left = tables; left; left &= left - 1)
        store->n_written[__builtin_ctzll(left)]++;
}

void known_note_written(struct store *store, const struct statement *statement)
{
    store->written |= statement->writes;
    forget(store, statement->writes);
}

void known_take_back(struct store *store)
{
    forget(store, store->written);
}

int64_t known_version(const struct store *store, const struct statement *statement)
{
    int64_t version = 0;
    for (uint64_t left = statement->reads; left; left &= left - 1)
        version += store->n_written[__builtin_ctzll(left)];
    return version;
}

bool known_read_args(struct known *known, const char *types, va_list args)
{
    for (; *types; types++) {
        int64_t number = *types == 'i' ? va_arg(args, int64_t) : 0;
        const char *text = *types == 's' ? va_arg(args, const char *) : (const char *)&number;
        size_t len = *types == 'i' ? sizeof number : text ? strlen(text) + 1 : 0;
        if (!text || len > sizeof known->args - known->args_len)
            return false;
        memcpy(known->args + known->args_len, text, len);
        known->args_len += len;
    }
    return true;
}

const struct known *known_find(const struct statement *statement, const struct known *asked)
{
    for (size_t i = 0; statement->known && i < KNOWN_MAX; i++) {
        const struct known *known = &statement->known[i];
        if (known->version == asked->version && known->args_len == asked->args_len &&
            memcmp(known->args, asked->args, asked->args_len) == 0)
            return known;
    }
    return NULL;
}

void known_keep(struct statement *statement, const struct known *known)
{
    if (!statement->known) {
        statement->known = xcalloc(KNOWN_MAX, sizeof *known);
        for (size_t i = 0; i < KNOWN_MAX; i++)
            statement->known[i].version = -1;
    }
    statement->known[statement->next_known] = *known;
    statement->next_known = (statement->next_known + 1) % KNOWN_MAX;
}
