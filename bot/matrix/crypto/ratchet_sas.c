#include <assert.h>
#include <olm/sas.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "matrix/crypto/ratchet_private.h"

struct ratchet_sas {
    OlmSAS *olm; /* owned */
};

struct ratchet_sas *ratchet_sas_create(void)
{
    struct ratchet_sas *sas = xcalloc(1, sizeof *sas);
    sas->olm = olm_sas(xmalloc(olm_sas_size()));
    size_t len = olm_create_sas_random_length(sas->olm);
    void *random = ratchet_take_random(len);
    ratchet_require(olm_create_sas(sas->olm, random, len));
    ratchet_drop(random, len);
    return sas;
}

void ratchet_sas_destroy(struct ratchet_sas *sas)
{
    if (!sas)
        return;
    olm_clear_sas(sas->olm);
    free(sas->olm);
    free(sas);
}

char *ratchet_sas_key(struct ratchet_sas *sas, struct arena *arena)
{
    char *key = arena_alloc(arena, RATCHET_KEY_CHARS + 1);
    assert(olm_sas_pubkey_length(sas->olm) == RATCHET_KEY_CHARS);
    ratchet_require(olm_sas_get_pubkey(sas->olm, key, RATCHET_KEY_CHARS));
    return key;
}

bool ratchet_sas_meet(struct ratchet_sas *sas, const char *curve25519)
{
    if (!ratchet_is_curve(curve25519) || olm_sas_is_their_key_set(sas->olm))
        return false;
    char copy[RATCHET_KEY_CHARS]; /* libolm destroys it */
    memcpy(copy, curve25519, sizeof copy);
    ratchet_require(olm_sas_set_their_key(sas->olm, copy, sizeof copy));
    return true;
}

void ratchet_sas_bytes(struct ratchet_sas *sas, const char *info, unsigned char *out, size_t len)
{
    ratchet_require(olm_sas_generate_bytes(sas->olm, info, strlen(info), out, len));
}

char *ratchet_sas_mac(struct ratchet_sas *sas, struct arena *arena, const char *text, const char *info)
{
    size_t len = olm_sas_mac_length(sas->olm);
    char *mac = arena_alloc(arena, len + 1);
    size_t result =
        olm_sas_calculate_mac_fixed_base64(sas->olm, text, strlen(text), info, strlen(info), mac, len);
    ratchet_require(result);
    return mac;
}
