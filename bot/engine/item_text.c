/* What people wrote: each text once; a change of it shows wherever it stands, in our own messages too. */
#include <string.h>

#include "base/json.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/item.h"

int64_t text_add(struct turn *turn, const char *author, const char *content)
{
    store_run(turn->store, "INSERT INTO text(author, event, content) VALUES(?1, ?2, ?3)", "sss", author,
              turn->cause, content);
    int64_t id = store_last_id(turn->store);
    store_run(turn->store, "INSERT INTO text_index(rowid, content) VALUES(?1, ?2)", "is", id, content);
    return id;
}

char *text_get(struct turn *turn, int64_t text)
{
    return store_str(turn->store, turn->arena, "SELECT content FROM text WHERE id = ?1 AND is_emptied = 0",
                     "i", text);
}

int64_t text_said_ms(struct turn *turn, int64_t text)
{
    return store_int(turn->store, 0,
                     "SELECT m.at_ms FROM text t JOIN message m ON m.event_id = t.event WHERE t.id = ?1", "i",
                     text);
}

/* One of our own messages that holds the text, as it stands now: itself, or its newest edit. */
struct quoting {
    int64_t row;
    struct outbox_row said;
    struct spoken before;
    struct quoting *next;
};

static bool speak(struct turn *turn, const struct outbox_row *row, struct spoken *out)
{
    return row->template_name && engine_speak(turn->engine, row, turn->arena, out, NULL);
}

/* Of each message, what it says now. Cards are shown anew anyway. */
static struct quoting *find_quoting(struct turn *turn, int64_t text)
{
    struct quoting *list = NULL, **end = &list;
    struct rows rows = store_rows(turn->store,
                                  "SELECT o.id FROM quote q JOIN outbox o ON o.id = q.row"
                                  " WHERE q.text = ?1 AND o.kind = 0 AND o.state IN (0, 1, 2, 4)"
                                  "  AND o.id NOT IN (SELECT card FROM item WHERE card IS NOT NULL)"
                                  "  AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.target = '@row:' || o.id"
                                  "   AND e.kind = 1)"
                                  " UNION"
                                  " SELECT CAST(substr(o.target, 6) AS INTEGER) FROM quote q"
                                  " JOIN outbox o ON o.id = q.row"
                                  " WHERE q.text = ?1 AND o.kind = 1 AND o.state IN (0, 1, 2, 4)"
                                  "  AND CAST(substr(o.target, 6) AS INTEGER) NOT IN"
                                  "   (SELECT card FROM item WHERE card IS NOT NULL)"
                                  "  AND o.id = (SELECT max(e.id) FROM outbox e WHERE e.target = o.target"
                                  "   AND e.kind = 1)",
                                  "i", text);
    while (rows_next(&rows)) {
        struct quoting *quoting = arena_alloc(turn->arena, sizeof *quoting);
        *quoting = (struct quoting){ .row = rows_int(&rows, 0) };
        int64_t newest = outbox_as_edited(turn->store, quoting->row);
        if (!outbox_get(turn->store, newest, turn->arena, &quoting->said) ||
            !speak(turn, &quoting->said, &quoting->before))
            continue;
        *end = quoting;
        end = &quoting->next;
    }
    return list;
}

/* By an edit, if it shows the text: what only knows it stays as it is. */
static void say_again(struct turn *turn, const struct quoting *quoting)
{
    const struct outbox_row *said = &quoting->said;
    struct spoken now;
    if (speak(turn, said, &now) && strcmp(now.html, quoting->before.html) != 0)
        turn_correct(turn, quoting->row, said->template_name, json_parse(said->values, strlen(said->values)),
                     said->item);
}

/* In the words of its own room, wherever the change was asked for. */
static void show_card(struct turn *turn, struct item *item)
{
    int64_t here = turn->room.id;
    if (item->room != here)
        turn_enter_room(turn, item->room);
    item_show_card(turn, item);
    if (item->room != here)
        turn_enter_room(turn, here);
}

void text_change(struct turn *turn, int64_t text, const char *content)
{
    char *before = store_str(turn->store, turn->arena, "SELECT content FROM text WHERE id = ?1", "i", text);
    struct quoting *quoting = find_quoting(turn, text);
    store_run(turn->store,
              "UPDATE text SET content = coalesce(?2, ''), is_emptied = ?2 IS NULL WHERE id = ?1", "is", text,
              content);
    if (before && *before)
        store_run(turn->store, "UPDATE text_index SET content = coalesce(?2, '') WHERE rowid = ?1", "is",
                  text, content);
    for (; quoting; quoting = quoting->next)
        say_again(turn, quoting);
    struct rows rows =
        store_rows(turn->store,
                   "SELECT item FROM field WHERE text = ?1 UNION SELECT item FROM act WHERE text = ?1"
                   " UNION SELECT item FROM answer WHERE text = ?1",
                   "i", text);
    while (rows_next(&rows)) {
        struct item *item = item_get(turn, rows_int(&rows, 0));
        if (item) {
            item_note(turn, item, content ? "text edited" : "text removed", NULL, text);
            show_card(turn, item);
        }
    }
}
