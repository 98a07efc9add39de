#include "matrix/crypto/vouch.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/clock.h"
#include "matrix/crypto/cross.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/vouch_private.h"
#include "matrix/parse.h"
#include "store/store.h"

/* Talks */

static struct vouch_end end_of(const struct vouch_talk *talk)
{
    return (struct vouch_end){ talk->person, talk->device_id, talk->txn, talk->room };
}

static bool is_going(const struct vouch_talk *talk)
{
    return talk->step != VOUCH_NONE && talk->step != VOUCH_OVER;
}

static void clear_secrets(struct vouch_talk *talk)
{
    ratchet_sas_destroy(talk->sas);
    json_object_put(talk->mac);
    talk->sas = NULL;
    talk->mac = NULL;
}

static void clear_talk(struct vouch_talk *talk)
{
    clear_secrets(talk);
    for (int i = 0; i < VOUCH_KINDS; i++)
        free(talk->heard[i]);
    free(talk->person);
    free(talk->device_id);
    free(talk->txn);
    free(talk->result);
    *talk = (struct vouch_talk){ 0 };
}

static struct vouch_talk *find_talk(struct vouch *vouch, const struct vouch_end *end)
{
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        struct vouch_talk *talk = &vouch->talks[i];
        if (talk->step != VOUCH_NONE && talk->room == end->room && strcmp(talk->txn, end->txn) == 0 &&
            strcmp(talk->person, end->person) == 0)
            return talk;
    }
    return NULL;
}

/* A free place, or that of the talk that has been over for longest; NULL: all go on. */
static struct vouch_talk *find_place(struct vouch *vouch)
{
    struct vouch_talk *found = NULL;
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        struct vouch_talk *talk = &vouch->talks[i];
        if (talk->step == VOUCH_NONE)
            return talk;
        if (talk->step == VOUCH_OVER && (!found || talk->until_ms < found->until_ms))
            found = talk;
    }
    if (found)
        clear_talk(found);
    return found;
}

/* On the disk, so that a life after this one can tell the other end. */
static void keep(struct crypto *crypto, const struct vouch_talk *talk)
{
    store_run(crypto->client->store,
              "INSERT OR REPLACE INTO vouching(person, txn, device_id, room) VALUES(?1, ?2, ?3, ?4)", "sssi",
              talk->person, talk->txn, talk->device_id, talk->room);
}

/* result becomes the talk's. */
static void close_talk(struct crypto *crypto, struct vouch_talk *talk, char *result)
{
    log_info("verification with %s: %s", talk->person, result);
    clear_secrets(talk);
    free(talk->result);
    talk->result = result;
    talk->step = VOUCH_OVER;
    crypto_begin(crypto);
    store_run(crypto->client->store, "DELETE FROM vouching WHERE person = ?1 AND txn = ?2", "ss",
              talk->person, talk->txn);
}

void vouch_end(struct crypto *crypto, struct vouch_talk *talk, const char *code, const char *reason)
{
    struct vouch_end end = end_of(talk);
    vouch_say_cancel(crypto, &end, code, reason);
    close_talk(crypto, talk, xasprintf("failed (%s)", code));
}

/* Beside a talk. */
static void refuse(struct crypto *crypto, const struct vouch_end *end, const char *code, const char *reason)
{
    struct vouch *vouch = crypto->vouch;
    int64_t now_ms = crypto->client->now_ms;
    if (now_ms - vouch->refusals_ms >= VOUCH_MS) {
        vouch->refusals_ms = now_ms;
        vouch->n_refusals = 0;
    }
    log_info("verification asked for by %s: refused (%s)", end->person, code);
    if (vouch->n_refusals++ < VOUCH_REFUSALS)
        vouch_say_cancel(crypto, end, code, reason);
}

/* What they say */

static bool may_verify(struct crypto *crypto, const char *person)
{
    const struct vouch *vouch = crypto->vouch;
    if (strcmp(person, crypto->client->me) == 0)
        return false;
    if (vouch->awaited && vouch->awaited_until_ms > crypto->client->now_ms &&
        strcmp(vouch->awaited, person) == 0)
        return true;
    for (const char *const *admin = crypto->admins; admin && *admin; admin++)
        if (strcmp(*admin, person) == 0)
            return true;
    return false;
}

static bool has_method(struct json_object *methods)
{
    for (size_t i = 0; methods && i < json_object_array_length(methods); i++) {
        const char *method = json_str(json_object_array_get_idx(methods, i), "");
        if (method && strcmp(method, SAS_METHOD) == 0)
            return true;
    }
    return false;
}

static void begin_talk(struct crypto *crypto, struct vouch_talk *talk, const struct vouch_end *end)
{
    struct json_object *content = json_object_new_object(), *methods = json_object_new_array();
    *talk = (struct vouch_talk){ .step = VOUCH_ASKED,
                                 .person = xstrdup(end->person),
                                 .device_id = xstrdup(end->device_id),
                                 .txn = xstrdup(end->txn),
                                 .room = end->room,
                                 .until_ms = crypto->client->now_ms + VOUCH_MS };
    keep(crypto, talk);
    /* What they vouch for at the end is judged by what their homeserver says now. */
    devices_track(crypto->client->store, end->person);
    devices_changed(crypto->client->store, end->person);
    query_want(crypto);
    json_add_str(methods, SAS_METHOD);
    json_set_str(content, "from_device", crypto->client->device_id);
    json_set(content, "methods", methods);
    vouch_say(crypto, end, "m.key.verification.ready", content);
    log_info("%s begins to verify this bot: `greffier verify` shows what is to be compared", end->person);
}

/* Whose are both that go on at once: the new one counts. */
static void end_others(struct crypto *crypto, const char *person)
{
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        struct vouch_talk *talk = &crypto->vouch->talks[i];
        if (is_going(talk) && strcmp(talk->person, person) == 0)
            vouch_end(crypto, talk, "m.user", "again");
    }
}

static void hear_request(struct crypto *crypto, const struct vouch_message *message,
                         const struct vouch_end *end)
{
    int64_t age_ms = crypto->client->now_ms - message->at_ms;
    if (age_ms > VOUCH_MS || age_ms < -VOUCH_AHEAD_MS)
        return;
    if (!may_verify(crypto, end->person)) {
        refuse(crypto, end, "m.user", "not_yours");
        return;
    }
    if (!has_method(json_arr(message->content, "methods"))) {
        refuse(crypto, end, "m.unknown_method", "unknown_method");
        return;
    }
    end_others(crypto, end->person);
    struct vouch_talk *talk = find_place(crypto->vouch);
    if (talk)
        begin_talk(crypto, talk, end);
    else
        refuse(crypto, end, "m.user", "busy");
}

static void hear_start(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content)
{
    const char *device_id = json_str(content, "from_device");
    struct vouch_end end = end_of(talk);
    if (!device_id || strcmp(device_id, talk->device_id) != 0) {
        vouch_end(crypto, talk, "m.invalid_message", "invalid");
        return;
    }
    if (!sas_is_known(content)) {
        vouch_end(crypto, talk, "m.unknown_method", "unknown_method");
        return;
    }
    talk->sas = ratchet_sas_create();
    struct json_object *accept = sas_accept(talk->sas, content);
    if (!accept) {
        vouch_end(crypto, talk, "m.invalid_message", "invalid");
        return;
    }
    vouch_say(crypto, &end, "m.key.verification.accept", accept);
    talk->step = VOUCH_STARTED;
}

static struct sas_talk sas_of(const struct crypto *crypto, const struct vouch_talk *talk)
{
    return (struct sas_talk){ .theirs = { talk->person, talk->device_id },
                              .ours = { crypto->client->me, crypto->client->device_id },
                              .txn = talk->txn };
}

static void hear_key(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content)
{
    const char *key = json_str(content, "key");
    struct vouch_end end = end_of(talk);
    if (!ratchet_sas_meet(talk->sas, key)) {
        vouch_end(crypto, talk, "m.invalid_message", "invalid");
        return;
    }
    struct arena *arena = arena_create();
    struct sas_talk sas = sas_of(crypto, talk);
    struct json_object *ours = json_object_new_object();
    json_set_str(ours, "key", ratchet_sas_key(talk->sas, arena));
    vouch_say(crypto, &end, "m.key.verification.key", ours);
    talk->code = sas_code(talk->sas, &sas, key);
    talk->step = VOUCH_SHOWN;
    arena_destroy(arena);
}

/* The end */

void vouch_agree(struct crypto *crypto, struct vouch_talk *talk)
{
    struct arena *arena = arena_create();
    struct sas_talk sas = sas_of(crypto, talk);
    struct vouch_end end = end_of(talk);
    const char *master = cross_master(crypto, arena);
    struct sas_key keys[SAS_KEYS_MAX] = {
        { arena_printf(arena, "ed25519:%s", crypto->client->device_id), crypto->identity.ed25519 },
        { arena_printf(arena, "ed25519:%s", master ? master : ""), master },
    };
    vouch_say(crypto, &end, "m.key.verification.mac", sas_mac(talk->sas, &sas, keys, master ? 2 : 1));
    talk->step = VOUCH_AGREED;
    arena_destroy(arena);
}

/* Their keys, as their homeserver shows them; returns how many. */
static size_t keys_of(struct crypto *crypto, const struct vouch_talk *talk, struct arena *arena,
                      struct sas_key keys[SAS_KEYS_MAX])
{
    struct store *store = crypto->client->store;
    const char *ed =
        store_str(store, arena, "SELECT ed FROM device WHERE person = ?1 AND device_id = ?2 AND is_gone = 0",
                  "ss", talk->person, talk->device_id);
    const char *master =
        store_str(store, arena, "SELECT master FROM owner WHERE person = ?1", "s", talk->person);
    keys[0] = (struct sas_key){ arena_printf(arena, "ed25519:%s", talk->device_id), ed };
    keys[1] = (struct sas_key){ arena_printf(arena, "ed25519:%s", master ? master : ""), master };
    return !ed ? 0 : master ? 2 : 1;
}

/* Both have said yes. The identity that was vouched for is the one that must not change from now on. */
static void judge(struct crypto *crypto, struct vouch_talk *talk)
{
    struct arena *arena = arena_create();
    struct sas_key keys[SAS_KEYS_MAX];
    struct sas_talk sas = sas_of(crypto, talk);
    struct vouch_end end = end_of(talk);
    size_t n = keys_of(crypto, talk, arena, keys);
    unsigned found = sas_judge(talk->sas, &sas, talk->mac, keys, n);
    if (found) {
        crypto_begin(crypto);
        if (found & 2)
            store_run(crypto->client->store, "UPDATE owner SET pinned = ?2 WHERE person = ?1", "ss",
                      talk->person, keys[1].key);
        vouch_say(crypto, &end, "m.key.verification.done", json_object_new_object());
        close_talk(crypto, talk,
                   xasprintf("verified%s",
                             found & 2 ? "" : " (of theirs the device alone: they have shown no identity)"));
    } else {
        vouch_end(crypto, talk, "m.key_mismatch", "key_mismatch");
    }
    arena_destroy(arena);
}

static void hear_mac(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content)
{
    (void)crypto;
    talk->mac = json_object_get(content);
}

static void hear_done(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content)
{
    (void)content;
    vouch_end(crypto, talk, "m.unexpected_message", "unexpected"); /* before both have said yes */
}

static void hear_cancel(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content)
{
    (void)content;
    close_talk(crypto, talk, xstrdup("ended by the other side"));
}

/* Which may be heard when. */
static const struct {
    const char *type;
    void (*hear)(struct crypto *crypto, struct vouch_talk *talk, struct json_object *content);
    enum vouch_step from, to;
} kinds[VOUCH_KINDS] = {
    [VOUCH_REQUEST] = { "m.key.verification.request", NULL, VOUCH_NONE, VOUCH_NONE },
    [VOUCH_START] = { "m.key.verification.start", hear_start, VOUCH_ASKED, VOUCH_ASKED },
    [VOUCH_KEY] = { "m.key.verification.key", hear_key, VOUCH_STARTED, VOUCH_STARTED },
    [VOUCH_MAC] = { "m.key.verification.mac", hear_mac, VOUCH_SHOWN, VOUCH_AGREED },
    [VOUCH_DONE] = { "m.key.verification.done", hear_done, VOUCH_ASKED, VOUCH_AGREED },
    [VOUCH_CANCEL] = { "m.key.verification.cancel", hear_cancel, VOUCH_ASKED, VOUCH_AGREED },
};

/* Of one kind one counts; the same again is the homeserver's repetition. */
static void hear_in_talk(struct crypto *crypto, struct vouch_talk *talk, const struct vouch_message *message)
{
    struct arena *arena = arena_create();
    const char *hash = ratchet_sha256(arena, json_text(message->content));
    char **heard = &talk->heard[message->kind];
    bool is_same = *heard && strcmp(*heard, hash) == 0;
    if (is_going(talk) && !is_same && message->kind != VOUCH_REQUEST) {
        if (*heard || talk->step < kinds[message->kind].from || talk->step > kinds[message->kind].to) {
            vouch_end(crypto, talk, "m.unexpected_message", "unexpected");
        } else {
            *heard = xstrdup(hash);
            kinds[message->kind].hear(crypto, talk, message->content);
        }
    }
    arena_destroy(arena);
}

/* From device to device nobody else can be meant; "*": its sender did not say which of theirs it is. */
static void hear_unknown(struct crypto *crypto, const struct vouch_message *message, struct vouch_end *end)
{
    bool wants_answer =
        message->kind == VOUCH_START || message->kind == VOUCH_KEY || message->kind == VOUCH_MAC;
    if (end->room || !wants_answer)
        return;
    if (!end->device_id)
        end->device_id = "*";
    refuse(crypto, end, "m.unknown_transaction", "unknown");
}

static bool is_id(const char *text)
{
    return text && *text && strlen(text) <= EVENT_ID_BYTES;
}

static void take_message(struct crypto *crypto, const struct vouch_message *message)
{
    struct json_object *content = message->content;
    bool is_request = message->kind == VOUCH_REQUEST;
    const char *device_id = json_str(content, "from_device");
    struct vouch_end end = { message->person, is_id(device_id) ? device_id : NULL,
                             json_str(content, "transaction_id"), message->room };
    if (message->room)
        end.txn = is_request ? message->event_id : json_str(content, "m.relates_to/event_id");
    if (!is_id(end.txn) || (is_request && !end.device_id))
        return;
    struct vouch_talk *talk = find_talk(crypto->vouch, &end);
    if (talk)
        hear_in_talk(crypto, talk, message);
    else if (is_request)
        hear_request(crypto, message, &end);
    else
        hear_unknown(crypto, message, &end);
}

/* Hearing */

static enum vouch_kind kind_of(struct crypto *crypto, int64_t room, struct json_object *event)
{
    const char *type = json_str(event, "type"), *msgtype = json_str(event, "content/msgtype");
    const char *to = json_str(event, "content/to");
    if (!type)
        return VOUCH_IGNORED;
    for (int i = room ? VOUCH_START : VOUCH_REQUEST; i < VOUCH_KINDS; i++)
        if (strcmp(type, kinds[i].type) == 0)
            return (enum vouch_kind)i;
    /* In a room it may be meant for somebody else. */
    bool is_request = room && msgtype && to && strcmp(type, "m.room.message") == 0 &&
                      strcmp(msgtype, kinds[VOUCH_REQUEST].type) == 0 && strcmp(to, crypto->client->me) == 0;
    return is_request ? VOUCH_REQUEST : VOUCH_IGNORED;
}

static int64_t said_ms(struct crypto *crypto, int64_t room, struct json_object *event)
{
    if (!room)
        return json_int(event, "content/timestamp", 0);
    int64_t ahead_ms = crypto->client->clock ? clock_server_ahead_ms(crypto->client->clock) : 0;
    return json_int(event, "origin_server_ts", 0) - ahead_ms;
}

void vouch_hear(struct crypto *crypto, int64_t room, struct json_object *event)
{
    struct vouch *vouch = crypto->vouch;
    enum vouch_kind kind = kind_of(crypto, room, event);
    struct json_object *content = json_obj(event, "content");
    const char *person = parse_sender(event), *event_id = parse_event_id(event);
    if (kind == VOUCH_IGNORED || !person || !content || (room && !event_id) ||
        json_depth(content, EVENT_DEPTH) > EVENT_DEPTH || strlen(json_text(content)) > VOUCH_HEARD_BYTES ||
        vouch->n_heard == VOUCH_HEARD_MAX)
        return;
    vouch->heard[vouch->n_heard++] = (struct vouch_message){ .kind = kind,
                                                             .room = room,
                                                             .at_ms = said_ms(crypto, room, event),
                                                             .person = xstrdup(person),
                                                             .event_id = room ? xstrdup(event_id) : NULL,
                                                             .content = json_object_get(content) };
}

static void drop_message(struct vouch_message *message)
{
    free(message->person);
    free(message->event_id);
    json_object_put(message->content);
}

/* Working */

static void end_left(struct crypto *crypto)
{
    struct vouch_end end;
    struct arena *arena = arena_create();
    struct rows rows =
        store_rows(crypto->client->store, "SELECT person, device_id, txn, room FROM vouching LIMIT 64", "");
    while (rows_next(&rows)) {
        end = (struct vouch_end){ rows_dup(&rows, 0, arena), rows_dup(&rows, 1, arena),
                                  rows_dup(&rows, 2, arena), rows_int(&rows, 3) };
        vouch_say_cancel(crypto, &end, "m.user", "restarted");
    }
    if (crypto->vouch->n_unsaid) {
        crypto_begin(crypto);
        store_run(crypto->client->store, "DELETE FROM vouching", "");
    }
    crypto->vouch->has_looked = true;
    arena_destroy(arena);
}

static void look_at(struct crypto *crypto, struct vouch_talk *talk)
{
    if (!is_going(talk))
        return;
    if (talk->until_ms <= crypto->client->now_ms)
        vouch_end(crypto, talk, "m.timeout", "timeout");
    else if (talk->step == VOUCH_AGREED && talk->mac && devices_is_known(crypto->client->store, talk->person))
        judge(crypto, talk);
}

void vouch_poke(struct crypto *crypto)
{
    struct vouch *vouch = crypto->vouch;
    if (!crypto_know_itself(crypto))
        return;
    if (!vouch->has_looked)
        end_left(crypto);
    for (size_t i = 0; i < vouch->n_heard; i++) {
        crypto_begin(crypto);
        take_message(crypto, &vouch->heard[i]);
        drop_message(&vouch->heard[i]);
    }
    vouch->n_heard = 0;
    for (size_t i = 0; i < VOUCH_TALKS; i++)
        look_at(crypto, &vouch->talks[i]);
    if (store_in_transaction(crypto->client->store))
        crypto_commit(crypto); /* what is lost with it is that a restart is told of */
    vouch_say_poke(crypto);
}

int64_t vouch_next_ms(const struct crypto *crypto)
{
    const struct vouch *vouch = crypto->vouch;
    int64_t next_ms = vouch_say_next_ms(crypto);
    if (!*crypto->identity.curve25519)
        return INT64_MAX;
    for (size_t i = 0; i < VOUCH_TALKS; i++)
        if (is_going(&vouch->talks[i]) && vouch->talks[i].until_ms < next_ms)
            next_ms = vouch->talks[i].until_ms;
    return vouch->n_heard ? crypto->client->now_ms : next_ms;
}

void vouch_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    struct vouch *vouch = crypto->vouch;
    for (size_t i = 0; i < VOUCH_TALKS; i++)
        client_move(&vouch->talks[i].until_ms, by_ms);
    for (size_t i = 0; i < vouch->n_unsaid; i++)
        client_move(&vouch->unsaid[i].since_ms, by_ms);
    client_move(&vouch->job.next_ms, by_ms);
    client_move(&vouch->awaited_until_ms, by_ms);
    client_move(&vouch->refusals_ms, by_ms);
}

struct vouch *vouch_create(void)
{
    return xcalloc(1, sizeof(struct vouch));
}

void vouch_destroy(struct crypto *crypto)
{
    struct vouch *vouch = crypto->vouch;
    vouch_say_finish(crypto);
    for (size_t i = 0; i < VOUCH_TALKS; i++)
        clear_talk(&vouch->talks[i]);
    for (size_t i = 0; i < vouch->n_heard; i++)
        drop_message(&vouch->heard[i]);
    free(vouch->awaited);
    free(vouch);
}
