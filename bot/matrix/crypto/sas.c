#include "matrix/crypto/sas.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "matrix/crypto/canon.h"

enum { SAS_BYTES = 6, MACS_MAX = 32, IDS_BYTES = 16384 };

#define AGREEMENT "curve25519-hkdf-sha256"
#define HASH      "sha256"
#define MAC       "hkdf-hmac-sha256.v2"

static bool has_item(struct json_object *array, const char *wanted)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        const char *item = json_str(json_object_array_get_idx(array, i), "");
        if (item && strcmp(item, wanted) == 0)
            return true;
    }
    return false;
}

/* Starting */

bool sas_is_known(struct json_object *start)
{
    const char *method = json_str(start, "method");
    struct json_object *shown = json_arr(start, "short_authentication_string");
    return method && strcmp(method, SAS_METHOD) == 0 &&
           has_item(json_arr(start, "key_agreement_protocols"), AGREEMENT) &&
           has_item(json_arr(start, "hashes"), HASH) &&
           has_item(json_arr(start, "message_authentication_codes"), MAC) && has_item(shown, "decimal");
}

struct json_object *sas_accept(struct ratchet_sas *sas, struct json_object *start)
{
    struct arena *arena = arena_create();
    const char *text = canon_text(start, arena), *key = ratchet_sas_key(sas, arena);
    if (!text) {
        arena_destroy(arena);
        return NULL;
    }
    struct json_object *content = json_object_new_object(), *shown = json_object_new_array();
    json_add_str(shown, "decimal");
    if (has_item(json_arr(start, "short_authentication_string"), "emoji"))
        json_add_str(shown, "emoji");
    json_set_str(content, "method", SAS_METHOD);
    json_set_str(content, "key_agreement_protocol", AGREEMENT);
    json_set_str(content, "hash", HASH);
    json_set_str(content, "message_authentication_code", MAC);
    json_set(content, "short_authentication_string", shown);
    json_set_str(content, "commitment", ratchet_sha256(arena, arena_printf(arena, "%s%s", key, text)));
    arena_destroy(arena);
    return content;
}

/* What both see */

struct sas_code sas_code(struct ratchet_sas *sas, const struct sas_talk *talk, const char *their_key)
{
    struct arena *arena = arena_create();
    struct sas_code code;
    unsigned char bytes[SAS_BYTES];
    const char *info = arena_printf(arena, "MATRIX_KEY_VERIFICATION_SAS|%s|%s|%s|%s|%s|%s|%s",
                                    talk->theirs.person, talk->theirs.device_id, their_key, talk->ours.person,
                                    talk->ours.device_id, ratchet_sas_key(sas, arena), talk->txn);
    ratchet_sas_bytes(sas, info, bytes, sizeof bytes);
    uint64_t bits = 0;
    for (int i = 0; i < SAS_BYTES; i++)
        bits = bits << 8 | bytes[i];
    for (int i = 0; i < SAS_EMOJI; i++)
        code.emoji[i] = (int)(bits >> (42 - 6 * i) & 63);
    for (int i = 0; i < SAS_NUMBERS; i++)
        code.numbers[i] = (int)(bits >> (35 - 13 * i) & 8191) + 1000;
    arena_destroy(arena);
    return code;
}

/* Keys */

/* what: the id of a key, or KEY_IDS for the list of them. */
static char *mac_of(struct ratchet_sas *sas, struct arena *arena, const struct sas_end *from,
                    const struct sas_end *to, const char *txn, const char *what, const char *text)
{
    const char *info = arena_printf(arena, "MATRIX_KEY_VERIFICATION_MAC%s%s%s%s%s%s", from->person,
                                    from->device_id, to->person, to->device_id, txn, what);
    return ratchet_sas_mac(sas, arena, text, info);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In their order, with commas; NULL: too many, or too long. */
static char *list_of(struct json_object *macs, struct arena *arena)
{
    const char *names[MACS_MAX];
    size_t n = 0;
    struct buf list;
    if (json_object_object_length(macs) > MACS_MAX)
        return NULL;
    json_object_object_foreach(macs, name, value)
    {
        (void)value;
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, compare_names);
    buf_init(&list, IDS_BYTES);
    for (size_t i = 0; i < n; i++)
        buf_printf(&list, "%s%s", i ? "," : "", names[i]);
    char *text = list.is_full || !n ? NULL : arena_strdup(arena, list.text);
    buf_finish(&list);
    return text;
}

struct json_object *sas_mac(struct ratchet_sas *sas, const struct sas_talk *talk, const struct sas_key *keys,
                            size_t n)
{
    struct arena *arena = arena_create();
    struct json_object *content = json_object_new_object(), *macs = json_object_new_object();
    for (size_t i = 0; i < n; i++)
        json_set_str(macs, keys[i].id,
                     mac_of(sas, arena, &talk->ours, &talk->theirs, talk->txn, keys[i].id, keys[i].key));
    const char *list = list_of(macs, arena);
    json_set_str(content, "keys",
                 mac_of(sas, arena, &talk->ours, &talk->theirs, talk->txn, "KEY_IDS", list ? list : ""));
    json_set(content, "mac", macs);
    arena_destroy(arena);
    return content;
}

static bool is_text(struct json_object *value, const char *wanted)
{
    const char *text = json_str(value, "");
    return text && strcmp(text, wanted) == 0;
}

unsigned sas_judge(struct ratchet_sas *sas, const struct sas_talk *talk, struct json_object *content,
                   const struct sas_key *keys, size_t n)
{
    struct json_object *macs = json_obj(content, "mac");
    struct arena *arena = arena_create();
    unsigned found = 0;
    char *list = macs ? list_of(macs, arena) : NULL;
    bool is_good = list && is_text(json_find(content, "keys"), mac_of(sas, arena, &talk->theirs, &talk->ours,
                                                                      talk->txn, "KEY_IDS", list));
    for (size_t i = 0; i < n && is_good; i++) {
        struct json_object *mac = NULL;
        if (!json_object_object_get_ex(macs, keys[i].id, &mac))
            continue;
        is_good =
            is_text(mac, mac_of(sas, arena, &talk->theirs, &talk->ours, talk->txn, keys[i].id, keys[i].key));
        found |= 1U << i;
    }
    arena_destroy(arena);
    return is_good ? found : 0;
}
