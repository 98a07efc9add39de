/*
 * ratchet_pipe - matrix/crypto's ciphers on a pipe, for tests/oracle/ratchets: one device, one session of each kind.
 *
 * Shape:   a line is a word and its arguments; one line comes back, "no" for what is refused. Texts are the rest of the
 *          line. Each object is pickled and loaded again after each line, so that nothing lives in memory alone.
 *              identity | one_time N | fallback | forget | sign TEXT | verify KEY SIGNATURE TEXT
 *              to CURVE ONE_TIME | from CURVE BODY | match CURVE BODY | encrypt TEXT | decrypt KIND BODY
 *              out | group TEXT | in SESSION_KEY | read CIPHERTEXT | canon JSON | seed TEXT | hash TEXT
 * Errors:  another word ends it with 2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/crypto/canon.h"
#include "matrix/crypto/ratchet.h"

static const unsigned char key[SECRET_KEY_BYTES] = { 7 };
static struct arena *arena;
static struct ratchet_account *account;
static struct ratchet_session *session;
static struct ratchet_out *out;
static struct ratchet_in *in;

static void *require(void *object)
{
    if (!object)
        abort();
    return object;
}

static void pickle_all(void)
{
    char *pickle = ratchet_account_pickle(account, arena, key);
    ratchet_account_destroy(account);
    account = require(ratchet_account_load(pickle, key));
    if (session) {
        pickle = ratchet_session_pickle(session, arena, key);
        ratchet_session_destroy(session);
        session = require(ratchet_session_load(pickle, key));
    }
    if (out) {
        pickle = ratchet_out_pickle(out, arena, key);
        ratchet_out_destroy(out);
        out = require(ratchet_out_load(pickle, key));
    }
    if (in) {
        pickle = ratchet_in_pickle(in, arena, key);
        ratchet_in_destroy(in);
        in = require(ratchet_in_load(pickle, key));
    }
}

static void say(const char *text)
{
    puts(text ? text : "no");
}

static char *word(char **rest)
{
    char *begin = *rest, *end = strchrnul(begin, ' ');
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return begin;
}

static void print_key(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    const bool *wants_fallback = data;
    (void)key_id;
    if (is_fallback == *wants_fallback)
        printf("%s ", curve25519);
}

static void publish(bool is_fallback)
{
    ratchet_account_unpublished(account, print_key, &is_fallback);
    ratchet_account_mark_published(account);
    puts("");
}

static void receive(const char *curve25519, const char *body)
{
    struct ratchet_session *fresh = ratchet_session_from(account, curve25519, body);
    size_t len;
    char *text = fresh ? ratchet_session_decrypt(fresh, arena, RATCHET_PREKEY, body, &len) : NULL;
    say(text);
    if (!text) {
        ratchet_session_destroy(fresh);
        return;
    }
    ratchet_account_used(account, fresh);
    ratchet_session_destroy(session);
    session = fresh;
}

static bool obey_keys(const char *what, char *rest)
{
    if (strcmp(what, "identity") == 0) {
        struct ratchet_identity identity = ratchet_account_identity(account);
        printf("%s %s\n", identity.curve25519, identity.ed25519);
    } else if (strcmp(what, "one_time") == 0) {
        ratchet_account_make_one_time(account, strtoul(rest, NULL, 10));
        publish(false);
    } else if (strcmp(what, "fallback") == 0) {
        ratchet_account_make_fallback(account);
        publish(true);
    } else if (strcmp(what, "forget") == 0) {
        ratchet_account_forget_fallback(account);
        puts("yes");
    } else if (strcmp(what, "sign") == 0) {
        say(ratchet_account_sign(account, arena, rest));
    } else if (strcmp(what, "verify") == 0) {
        char *ed25519 = word(&rest), *signature = word(&rest);
        puts(ratchet_verify(ed25519, rest, signature) ? "yes" : "no");
    } else if (strcmp(what, "seed") == 0) {
        printf("%s %s\n", ratchet_seed_public(arena, key), ratchet_seed_sign(arena, key, rest));
    } else if (strcmp(what, "hash") == 0) {
        say(ratchet_sha256(arena, rest));
    } else if (strcmp(what, "canon") == 0) {
        struct json_object *json = json_parse(rest, strlen(rest));
        say(json ? canon_text(json, arena) : NULL);
        json_object_put(json);
    } else {
        return false;
    }
    return true;
}

static bool obey_olm(const char *what, char *rest)
{
    size_t len;
    enum ratchet_kind kind;
    if (strcmp(what, "to") == 0) {
        char *curve = word(&rest);
        ratchet_session_destroy(session);
        session = ratchet_session_to(account, curve, rest);
        puts(session ? "yes" : "no");
    } else if (strcmp(what, "from") == 0) {
        char *curve = word(&rest);
        receive(curve, rest);
    } else if (strcmp(what, "match") == 0) {
        char *curve = word(&rest);
        puts(ratchet_session_matches(session, curve, rest) ? "yes" : "no");
    } else if (strcmp(what, "encrypt") == 0) {
        char *body = ratchet_session_encrypt(session, arena, rest, &kind);
        printf("%d %s\n", kind, body);
    } else if (strcmp(what, "decrypt") == 0) {
        kind = *word(&rest) == '0' ? RATCHET_PREKEY : RATCHET_NORMAL;
        say(ratchet_session_decrypt(session, arena, kind, rest, &len));
    } else {
        return false;
    }
    return true;
}

static bool obey_megolm(const char *what, char *rest)
{
    size_t len;
    uint32_t index;
    if (strcmp(what, "out") == 0) {
        if (!out)
            out = ratchet_out_create();
        printf("%s %s %u\n", ratchet_out_id(out, arena), ratchet_out_key(out, arena), ratchet_out_index(out));
    } else if (strcmp(what, "group") == 0) {
        say(ratchet_out_encrypt(out, arena, rest));
    } else if (strcmp(what, "in") == 0) {
        ratchet_in_destroy(in);
        in = ratchet_in_create(rest);
        if (in)
            printf("%s %u\n", ratchet_in_id(in, arena), ratchet_in_first_index(in));
        else
            puts("no");
    } else if (strcmp(what, "read") == 0) {
        char *text = ratchet_in_decrypt(in, arena, rest, &len, &index);
        if (text)
            printf("%u %s\n", index, text);
        else
            puts("no");
    } else {
        return false;
    }
    return true;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    setlinebuf(stdout);
    account = ratchet_account_create();
    while ((n = getline(&line, &size, stdin)) > 0) {
        arena = arena_create();
        line[strcspn(line, "\n")] = '\0';
        char *rest = line, *what = word(&rest);
        if (!obey_keys(what, rest) && !obey_olm(what, rest) && !obey_megolm(what, rest))
            return 2;
        pickle_all();
        arena_destroy(arena);
    }
    free(line);
    ratchet_account_destroy(account);
    ratchet_session_destroy(session);
    ratchet_out_destroy(out);
    ratchet_in_destroy(in);
    return 0;
}
