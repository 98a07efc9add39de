/* Which items there are: by what people call them, by room, by words; to anybody not joined in its room none exists. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/command.h"
#include "engine/item.h"

size_t item_id_length(struct turn *turn, const char *text)
{
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++) {
        size_t len = strlen((*habit)->prefix);
        if (strncasecmp(text, (*habit)->prefix, len) != 0)
            continue;
        len += text[len] == '-';
        size_t digits = strspn(text + len, "0123456789");
        unsigned char after = (unsigned char)text[len + digits];
        if (digits && digits <= 9 && !isalnum(after) && after < 0x80)
            return len + digits;
    }
    return 0;
}

struct item *item_find(struct turn *turn, const char *name, const char *person)
{
    size_t len = item_id_length(turn, name);
    if (!len || name[len])
        return NULL;
    char prefix[8] = "";
    for (size_t i = 0; i < sizeof prefix - 1 && isalpha((unsigned char)name[i]); i++)
        prefix[i] = (char)toupper((unsigned char)name[i]);
    const char *digits = name + strcspn(name, "0123456789");
    int64_t id = store_int(turn->store, 0, "SELECT id FROM item WHERE prefix = ?1 AND number = ?2", "si",
                           prefix, (int64_t)strtoll(digits, NULL, 10));
    struct item *item = id ? item_get(turn, id) : NULL;
    return item && (!person || turn_has_joined(turn, item->room, person)) ? item : NULL;
}

enum { LISTED_MAX = 500 };

static struct item_list take_ids(struct turn *turn, struct rows rows, size_t max)
{
    struct item_list list = { .ids = arena_alloc(turn->arena, max * sizeof *list.ids) };
    while (list.n < max && rows_next(&rows))
        list.ids[list.n++] = rows_int(&rows, 0);
    rows_end(&rows);
    return list;
}

struct item_list item_list(struct turn *turn, const char *prefix, const char *person)
{
    int64_t room = turn->room.dm_person ? 0 : turn->room.id;
    return take_ids(turn,
                    store_rows(turn->store,
                               "SELECT i.id FROM item i JOIN member m ON m.room = i.room AND m.person = ?3"
                               " WHERE i.prefix = ?1 AND (?2 = 0 OR i.room = ?2) AND m.membership = 'join'"
                               " ORDER BY i.closed_ms IS NOT NULL, i.closed_ms DESC, i.id DESC LIMIT 500",
                               "sis", prefix, room, person),
                    LISTED_MAX);
}

const char *item_match_expression(struct turn *turn, const char *words)
{
    const char *folded = text_fold(turn->arena, words), *expression = "";
    enum { WORDS_MAX = 12 };
    for (int n = 0; *folded && n < WORDS_MAX; n++) {
        size_t len = strcspn(folded, " \"");
        if (len)
            expression = arena_printf(turn->arena, "%s\"%.*s\"%s ", expression, (int)len, folded,
                                      folded[len] ? "" : "*");
        folded += len;
        folded += strspn(folded, " \"");
    }
    return expression;
}

struct item_list item_search(struct turn *turn, const char *words, const char *person, size_t max)
{
    int64_t room = turn->room.dm_person || !person ? 0 : turn->room.id;
    const char *expression = item_match_expression(turn, words);
    if (!*expression)
        return (struct item_list){ 0 };
    return take_ids(turn,
                    store_rows(turn->store,
                               "SELECT i.id FROM item i WHERE (?2 = 0 OR i.room = ?2)"
                               " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM member m WHERE m.room = i.room"
                               "  AND m.person = ?3 AND m.membership = 'join')) AND i.id IN ("
                               "  SELECT f.item FROM text_index x JOIN field f ON f.text = x.rowid"
                               "   WHERE text_index MATCH ?1"
                               "  UNION SELECT a.item FROM text_index x JOIN act a ON a.text = x.rowid"
                               "   WHERE text_index MATCH ?1)"
                               " ORDER BY i.id DESC LIMIT ?4",
                               "sisi", expression, room, person, (int64_t)max),
                    max);
}
