/* Keys that an event waits for and no device has sent: had back one by one, a while after the event, each asked for once. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/backup_private.h"
#include "store/store.h"

static void remove_wish(struct backup *backup, size_t i)
{
    free(backup->wishes[i].room_id);
    memmove(&backup->wishes[i], &backup->wishes[i + 1], (--backup->n_wishes - i) * sizeof backup->wishes[0]);
}

void backup_fetch_drop(struct backup *backup)
{
    while (backup->n_wishes)
        remove_wish(backup, backup->n_wishes - 1);
}

static bool was_asked(const struct backup *backup, const char *session_id)
{
    size_t n = backup->n_asked < BACKUP_ASKED_MAX ? backup->n_asked : BACKUP_ASKED_MAX;
    for (size_t i = 0; i < n; i++)
        if (strcmp(backup->asked[i], session_id) == 0)
            return true;
    for (size_t i = 0; i < backup->n_wishes; i++)
        if (strcmp(backup->wishes[i].session_id, session_id) == 0)
            return true;
    return false;
}

static void schedule(struct backup *backup)
{
    backup->fetch.is_wanted = backup->step == BACKUP_ON && backup->n_wishes;
    if (backup->fetch.is_wanted && backup->fetch.next_ms < backup->wishes[0].due_ms)
        backup->fetch.next_ms = backup->wishes[0].due_ms;
}

void backup_fetch(struct crypto *crypto, const char *room_id, const char *session_id)
{
    struct backup *backup = crypto->backup;
    if (!ratchet_is_key(session_id) || backup->n_wishes == BACKUP_WISHES_MAX || was_asked(backup, session_id))
        return;
    struct backup_wish *wish = &backup->wishes[backup->n_wishes++];
    *wish = (struct backup_wish){ .room_id = xstrdup(room_id),
                                  .due_ms = crypto->client->now_ms + BACKUP_LATE_MS };
    memcpy(wish->session_id, session_id, RATCHET_KEY_CHARS);
    schedule(backup);
}

void backup_begin_fetching(struct crypto *crypto)
{
    struct rows rows =
        store_rows(crypto->client->store,
                   "SELECT DISTINCT r.room_id, i.reason FROM inbox i JOIN room r ON r.id = i.room"
                   " WHERE i.state = 3 LIMIT ?1",
                   "i", (int64_t)BACKUP_WISHES_MAX);
    while (rows_next(&rows))
        if (rows_text(&rows, 1))
            backup_fetch(crypto, rows_text(&rows, 0), rows_text(&rows, 1));
    schedule(crypto->backup);
}

/* The first one is over, one way or the other. */
static void end_first(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    memcpy(backup->asked[backup->n_asked++ % BACKUP_ASKED_MAX], backup->wishes[0].session_id,
           RATCHET_KEY_CHARS + 1);
    remove_wish(backup, 0);
    backup->fetch.attempts = 0;
    backup->fetch.next_ms = crypto->client->now_ms + BACKUP_EACH_MS;
    schedule(backup);
}

static bool is_there_already(struct crypto *crypto, const struct backup_wish *wish)
{
    return store_int(crypto->client->store, 0, "SELECT 1 FROM room_key WHERE room_id = ?1 AND session = ?2",
                     "ss", wish->room_id, wish->session_id);
}

static void take(struct crypto *crypto, const struct backup_wish *wish, struct json_object *object)
{
    struct arena *arena = arena_create();
    struct backup_key key;
    struct room_key room_key;
    if (backup_load_key(crypto, arena, &key) &&
        backup_open(&key, wish->room_id, wish->session_id, object, arena, &room_key)) {
        crypto_begin(crypto);
        if (room_key_restore(crypto, wish->room_id, wish->session_id, &room_key)) {
            log_info("a key of room %s was had back from the backup", wish->room_id);
            crypto_tell(crypto, wish->session_id);
        }
        crypto_commit(crypto);
        ratchet_in_destroy(room_key.ratchet);
    } else {
        log_warn("a key in the backup was put there by nobody of the bot's: left out");
    }
    secret_wipe(&key, sizeof key);
    arena_destroy(arena);
}

static void on_fetched(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct backup *backup = crypto->backup;
    backup->fetch.request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    bool is_over = answer->status == 200 || http_is_refusal(answer);
    if (!backup->n_wishes)
        return;
    if (answer->status == 200)
        take(crypto, &backup->wishes[0], answer->json);
    if (is_over)
        end_first(crypto);
    else
        crypto_job_failed(crypto, &backup->fetch, "a key cannot be had back from the backup now", answer);
}

void backup_fetch_poke(struct crypto *crypto)
{
    struct backup *backup = crypto->backup;
    if (backup->step != BACKUP_ON || !crypto_job_may_start(crypto, &backup->fetch))
        return;
    while (backup->n_wishes && is_there_already(crypto, &backup->wishes[0]))
        end_first(crypto);
    if (!backup->n_wishes || backup->wishes[0].due_ms > crypto->client->now_ms)
        return;
    struct arena *arena = arena_create();
    const struct backup_wish *wish = &backup->wishes[0];
    char *path = arena_printf(arena, "/_matrix/client/v3/room_keys/keys/%s/%s?version=%s",
                              http_escape(arena, wish->room_id), http_escape(arena, wish->session_id),
                              http_escape(arena, backup->version));
    backup->fetch.request = http_send(
        crypto->client->http,
        &(struct http_request){ .method = "GET", .path = path, .done = on_fetched, .data = crypto });
    arena_destroy(arena);
}
