#include "store/invite.h"

#include <string.h>

static const char *const state_names[] = { "join", "leave" };

bool invite_add(struct store *store, const struct invite_row *row)
{
    if (store_int(store, 0, "SELECT count(*) FROM invite WHERE room_id <> ?1", "s", row->room_id) >=
        INVITE_MAX)
        return false;
    store_run(store,
              "INSERT OR REPLACE INTO invite(room_id, inviter, via, attempts, next_try_ms, state)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
              "sssiis", row->room_id, row->inviter, row->via, (int64_t)row->attempts, row->next_try_ms,
              state_names[row->state]);
    return true;
}

void invite_remove(struct store *store, const char *room_id)
{
    store_run(store, "DELETE FROM invite WHERE room_id = ?1", "s", room_id);
}

void invite_retry(struct store *store, const char *room_id, enum invite_state state, int attempts,
                  int64_t next_try_ms)
{
    store_run(store, "UPDATE invite SET state = ?2, attempts = ?3, next_try_ms = ?4 WHERE room_id = ?1",
              "ssii", room_id, state_names[state], (int64_t)attempts, next_try_ms);
}

void invite_clock_moved(struct store *store, int64_t by_ms)
{
    store_run(store, "UPDATE invite SET next_try_ms = next_try_ms + ?1", "i", by_ms);
}

bool invite_next(struct store *store, struct arena *arena, struct invite_row *out)
{
    struct rows rows = store_rows(store,
                                  "SELECT room_id, inviter, via, attempts, next_try_ms, state FROM invite"
                                  " ORDER BY next_try_ms, room_id LIMIT 1",
                                  "");
    if (!rows_next(&rows))
        return false;
    *out = (struct invite_row){
        .room_id = rows_dup(&rows, 0, arena),
        .inviter = rows_dup(&rows, 1, arena),
        .via = rows_dup(&rows, 2, arena),
        .attempts = (int)rows_int(&rows, 3),
        .next_try_ms = rows_int(&rows, 4),
        .state = strcmp(rows_text(&rows, 5), state_names[INVITE_LEAVE]) == 0 ? INVITE_LEAVE : INVITE_JOIN,
    };
    rows_end(&rows);
    return true;
}
