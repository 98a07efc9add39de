/* What is known of the answers to questions for one value, and until when. */
#include <stdlib.h>
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

/* Another number for every state of the tables that it reads. */
static int64_t version_of(const struct store *store, const struct statement *statement)
{
    int64_t version = 0;
    for (uint64_t left = statement->reads; left; left &= left - 1)
        version += store->n_written[__builtin_ctzll(left)];
    return version;
}

/* The arguments as bytes. */
static bool read_args(struct known *asked, const char *types, va_list args)
{
    for (; *types; types++) {
        int64_t number = *types == 'i' ? va_arg(args, int64_t) : 0;
        const char *text = *types == 's' ? va_arg(args, const char *) : (const char *)&number;
        size_t len = *types == 'i' ? sizeof number : text ? strlen(text) + 1 : 0;
        if (!text || len > sizeof asked->args - asked->args_len)
            return false;
        memcpy(asked->args + asked->args_len, text, len);
        asked->args_len += len;
    }
    return true;
}

bool known_ask(const struct store *store, const struct statement *statement, bool is_text,
               struct known *asked, const char *types, va_list args)
{
    asked->statement = statement->number;
    asked->is_text = is_text;
    asked->version = version_of(store, statement);
    asked->value = 0;
    asked->text = NULL;
    asked->is_null = true;
    asked->args_len = 0;
    return read_args(asked, types, args);
}

/* The first of the places of a question. */
static struct known *places_of(const struct store *store, const struct known *asked)
{
    uint64_t hash = (uint64_t)asked->statement;
    for (size_t i = 0; i < asked->args_len; i += sizeof hash) {
        uint64_t word = 0;
        size_t left = asked->args_len - i;
        memcpy(&word, asked->args + i, left < sizeof word ? left : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    hash = hash * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    return &store->known[hash % (KNOWN_MAX / KNOWN_OF_SET) * KNOWN_OF_SET];
}

static bool is_answer(const struct known *known, const struct known *asked)
{
    return known->statement == asked->statement && known->version == asked->version &&
           known->is_text == asked->is_text && known->args_len == asked->args_len &&
           memcmp(known->args, asked->args, asked->args_len) == 0;
}

/* The one that was used last is in front, so that what each wake-up asks is not given up for what one turn does. */
static struct known *put_in_front(struct known *places, size_t from, struct known known)
{
    memmove(places + 1, places, from * sizeof known);
    *places = known;
    return places;
}

const struct known *known_find(const struct store *store, const struct known *asked)
{
    struct known *places = store->known ? places_of(store, asked) : NULL;
    for (size_t i = 0; places && i < KNOWN_OF_SET; i++)
        if (is_answer(&places[i], asked))
            return i == 0 ? places : put_in_front(places, i, places[i]);
    return NULL;
}

void known_keep(struct store *store, const struct statement *statement, const struct known *answered)
{
    bool is_long = answered->text && strlen(answered->text) >= KNOWN_TEXT_BYTES;
    if (store->has_failed || is_long || strncmp(statement->sql, "SELECT ", 7) != 0) {
        free(answered->text);
        return;
    }
    if (!store->known)
        store->known = xcalloc(KNOWN_MAX, sizeof *store->known);
    struct known *places = places_of(store, answered);
    free(places[KNOWN_OF_SET - 1].text);
    put_in_front(places, KNOWN_OF_SET - 1, *answered);
}

void known_finish(struct store *store)
{
    for (size_t i = 0; store->known && i < KNOWN_MAX; i++)
        free(store->known[i].text);
    free(store->known);
}
