/*
 * What the ciphers make of envelopes that were changed on their way, or sealed by a sender who knows the keys and keeps to
 * no rule. First two bytes: what is sent, and how (its index; for KIND_LATER by 0x80 as a first message). Then edits of five
 * bytes: level (envelope.h), operation, where (two bytes), a byte. KIND_RAW: the rest is the text, for all that reads one.
 *
 * What is refused changes nothing, and the next good message is read. What is accepted is what the sender wrote; of Olm
 * once, of Megolm with its index.
 */
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "fuzz.h"
#include "matrix/crypto/base64.h"
#include "matrix/crypto/ratchet.h"

#define TEXT "what the sender wrote"
#define GOOD "what comes next"

enum { N_FROM = 4, INDEXES = 0x20, AS_FIRST = 0x80, EDIT_BYTES = 5, BLOCK = 16 };
enum kind { KIND_RAW, KIND_FIRST, KIND_LATER, KIND_ANSWER, KIND_ROOM, KIND_KEY, KIND_EXPORT, KINDS };

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters";
/* Where a session of a room begins; so that all indexes of an input are of the same 256. */
static const uint32_t froms[N_FROM] = { 0, 1, 0x7FFFFFE0, 0xFFFFFF00 };

/* Made once, never changed. */
static struct {
    struct arena *arena;
    const char *account; /* pickles: with one key that is not used yet */
    const char *session; /* after the sender's message 0 */
    const char *asked; /* of a session that we began, and whose other end has answered with these */
    const char *answer, *next_answer;
    enum ratchet_kind answer_kind;
    const char *sender;
    struct envelope_session first;
} world;

/* An input */

struct input {
    const uint8_t *edits;
    size_t len;
    bool is_changed[ENVELOPE_LEVELS];
    struct envelope_bytes at[ENVELOPE_LEVELS]; /* what edits left there */
    struct arena *arena;
    uint8_t how;
};

static void edit_bytes(struct envelope_bytes *bytes, const uint8_t *edit)
{
    size_t at = ((size_t)edit[2] << 8 | edit[3]) % (bytes->len + 1), rest = bytes->len - at;
    switch (edit[1] % 3) {
    case 0:
        if (rest)
            bytes->at[at] ^= edit[4];
        break;
    case 1:
        memmove(bytes->at + at + 1, bytes->at + at, rest);
        bytes->at[at] = edit[4];
        bytes->len++;
        break;
    default: {
        size_t n = edit[4] < rest ? edit[4] : rest;
        memmove(bytes->at + at, bytes->at + at + n, rest - n);
        bytes->len -= n;
    }
    }
}

static void edit_level(void *data, enum envelope_level level, struct envelope_bytes *bytes)
{
    struct input *input = data;
    struct envelope_bytes before = *bytes;
    for (size_t i = 0; i + EDIT_BYTES <= input->len; i += EDIT_BYTES)
        if (input->edits[i] % ENVELOPE_LEVELS == level)
            edit_bytes(bytes, input->edits + i);
    input->is_changed[level] = bytes->len != before.len || memcmp(bytes->at, before.at, before.len) != 0;
    input->at[level] = *bytes;
}

static bool is_changed(const struct input *input, enum envelope_level from, enum envelope_level to)
{
    for (enum envelope_level level = from; level <= to; level++)
        if (input->is_changed[level])
            return true;
    return false;
}

static bool is_as_made(const struct input *input)
{
    return !is_changed(input, ENVELOPE_PLAIN, ENVELOPE_TEXT);
}

/* Sealed by the sender as it came: it was not changed on the way, whatever it is. */
static bool is_of_sender(const struct input *input)
{
    return is_changed(input, ENVELOPE_PLAIN, ENVELOPE_BODY);
}

static void expect(const char *text, size_t len, const char *expected)
{
    FUZZ_REQUIRE(text && len == strlen(expected) && memcmp(text, expected, len) == 0);
}

/* What was sealed, without the padding that its last byte tells. */
static void check_sealed(const struct input *input, const char *text, size_t len)
{
    const struct envelope_bytes *plain = &input->at[ENVELOPE_PLAIN], *cipher = &input->at[ENVELOPE_CIPHER];
    FUZZ_REQUIRE(cipher->len && cipher->len % BLOCK == 0);
    if (is_changed(input, ENVELOPE_CIPHER, ENVELOPE_CIPHER))
        return;
    FUZZ_REQUIRE(len == cipher->len - plain->at[cipher->len - 1] && memcmp(text, plain->at, len) == 0);
}

static void check_text(const struct input *input, const char *text, size_t len)
{
    FUZZ_REQUIRE(text[len] == '\0' && len < ENVELOPE_BYTES);
    if (!is_of_sender(input))
        expect(text, len, TEXT);
    else if (!is_changed(input, ENVELOPE_BODY, ENVELOPE_BODY))
        check_sealed(input, text, len);
}

/* Olm */

static bool is_same_account(struct input *input, struct ratchet_account *account)
{
    return strcmp(ratchet_account_pickle(account, input->arena, key), world.account) == 0;
}

/* The account alone says nothing: a session is kept when its message was opened. */
static char *open_first(struct input *input, struct ratchet_account *account, const char *body,
                        size_t *len_out)
{
    struct ratchet_session *session = ratchet_session_from(account, world.sender, body);
    FUZZ_REQUIRE(is_same_account(input, account));
    if (!session)
        return NULL;
    char *before = ratchet_session_pickle(session, input->arena, key);
    char *text = ratchet_session_decrypt(session, input->arena, RATCHET_PREKEY, body, len_out);
    if (text)
        ratchet_account_used(account, session);
    else
        FUZZ_REQUIRE(strcmp(ratchet_session_pickle(session, input->arena, key), before) == 0);
    ratchet_session_destroy(session);
    return text;
}

static void try_first(struct input *input)
{
    size_t len = 0;
    const struct envelope_edit edit = { edit_level, input };
    struct ratchet_account *account = ratchet_account_load(world.account, key);
    uint32_t index = input->how % INDEXES;
    char *body = envelope_olm(input->arena, &world.first, true, index, TEXT, &edit);
    char *text = open_first(input, account, body, &len);
    FUZZ_REQUIRE(text || !is_as_made(input));
    if (text) {
        check_text(input, text, len);
        FUZZ_REQUIRE(!ratchet_session_from(account, world.sender, body));
    } else {
        FUZZ_REQUIRE(is_same_account(input, account));
        body = envelope_olm(input->arena, &world.first, true, 0, GOOD, NULL);
        text = open_first(input, account, body, &len);
        expect(text, len, GOOD);
    }
    ratchet_account_destroy(account);
}

/* Both ends of a session that is there: refused it stays as it was; opened it is opened once. */
static bool try_session(struct input *input, struct ratchet_session *session, enum ratchet_kind kind,
                        const char *body)
{
    size_t len;
    char *before = ratchet_session_pickle(session, input->arena, key);
    char *text = ratchet_session_decrypt(session, input->arena, kind, body, &len);
    FUZZ_REQUIRE(text || !is_as_made(input));
    if (text) {
        check_text(input, text, len);
        before = ratchet_session_pickle(session, input->arena, key);
        FUZZ_REQUIRE(!ratchet_session_decrypt(session, input->arena, kind, body, &len));
    }
    FUZZ_REQUIRE(strcmp(ratchet_session_pickle(session, input->arena, key), before) == 0);
    return text;
}

static void try_later(struct input *input)
{
    size_t len;
    const struct envelope_edit edit = { edit_level, input };
    struct ratchet_session *session = ratchet_session_load(world.session, key);
    bool is_first = input->how & AS_FIRST;
    enum ratchet_kind kind = is_first ? RATCHET_PREKEY : RATCHET_NORMAL;
    uint32_t index = 1 + input->how % INDEXES;
    char *body = envelope_olm(input->arena, &world.first, is_first, index, TEXT, &edit);
    bool matches = is_first && ratchet_session_matches(session, world.sender, body);
    FUZZ_REQUIRE(matches || !is_first || !is_as_made(input));
    bool is_open = try_session(input, session, kind, body);
    /* It may have gone as far ahead as its sender likes. */
    if (!is_open || !is_of_sender(input)) {
        body = envelope_olm(input->arena, &world.first, false, is_open ? index + 1 : index, GOOD, NULL);
        char *text = ratchet_session_decrypt(session, input->arena, RATCHET_NORMAL, body, &len);
        expect(text, len, GOOD);
    }
    ratchet_session_destroy(session);
}

/* Of libolm's own making, with which the ratchet takes a turn: changed on the way only. */
static void try_answer(struct input *input)
{
    size_t len;
    struct ratchet_session *session = ratchet_session_load(world.asked, key);
    struct envelope_bytes bytes, text = { .len = strlen(world.answer) };
    unsigned char *raw = base64_read(input->arena, world.answer, &bytes.len);
    FUZZ_REQUIRE(raw);
    memcpy(bytes.at, raw, bytes.len);
    edit_level(input, ENVELOPE_OUTER, &bytes);
    const char *base64 = base64_write(input->arena, bytes.at, bytes.len);
    text.len = strlen(base64);
    memcpy(text.at, base64, text.len);
    edit_level(input, ENVELOPE_TEXT, &text);
    char *body = fuzz_text(input->arena, text.at, text.len);
    enum ratchet_kind kind = input->how & AS_FIRST ? RATCHET_PREKEY : world.answer_kind;
    if (kind == world.answer_kind) {
        try_session(input, session, kind, body);
    } else {
        FUZZ_REQUIRE(!ratchet_session_decrypt(session, input->arena, kind, body, &len));
    }
    char *next = ratchet_session_decrypt(session, input->arena, world.answer_kind, world.next_answer, &len);
    expect(next, len, GOOD);
    ratchet_session_destroy(session);
}

/* Megolm */

static void expect_in_room(struct input *input, struct ratchet_in *in, uint32_t from, uint32_t index)
{
    size_t len;
    uint32_t told;
    char *body = envelope_megolm(input->arena, from, index, GOOD, NULL);
    char *text = ratchet_in_decrypt(in, input->arena, body, &len, &told);
    expect(text, len, GOOD);
    FUZZ_REQUIRE(told == index);
}

static void try_room(struct input *input)
{
    size_t len, len_again;
    uint32_t told, told_again, from = froms[(input->how / INDEXES) % N_FROM];
    uint32_t index = from + input->how % INDEXES;
    const struct envelope_edit edit = { edit_level, input };
    char *body = envelope_megolm(input->arena, from, index, TEXT, &edit);
    struct ratchet_in *in = ratchet_in_create(envelope_megolm_key(input->arena, from, false, NULL));
    char *before = ratchet_in_pickle(in, input->arena, key), *export = ratchet_in_export(in, input->arena);
    char *text = ratchet_in_decrypt(in, input->arena, body, &len, &told);
    bool is_signed = is_changed(input, ENVELOPE_PLAIN, ENVELOPE_SIGNED);
    FUZZ_REQUIRE(text || !is_as_made(input));
    if (text) {
        check_text(input, text, len);
        FUZZ_REQUIRE(is_of_sender(input) || told == index);
        char *again = ratchet_in_decrypt(in, input->arena, body, &len_again, &told_again);
        FUZZ_REQUIRE(again && len_again == len && memcmp(again, text, len) == 0 && told_again == told);
    } else if (!is_signed)
        FUZZ_REQUIRE(strcmp(ratchet_in_pickle(in, input->arena, key), before) == 0);
    /* Whatever was in it: who reads from there on reads all that he did. */
    FUZZ_REQUIRE(strcmp(ratchet_in_export(in, input->arena), export) == 0);
    expect_in_room(input, in, from, from);
    expect_in_room(input, in, from, index);
    ratchet_in_destroy(in);
}

/* What is told of a session is what its key says: behind the version stands the index, at the end whose it is. */
static void check_key(struct input *input, struct ratchet_in *in)
{
    const unsigned char *body = input->at[ENVELOPE_BODY].at;
    uint32_t from = (uint32_t)body[1] << 24 | (uint32_t)body[2] << 16 | (uint32_t)body[3] << 8 | body[4];
    FUZZ_REQUIRE(input->at[ENVELOPE_BODY].len > ENVELOPE_KEY + 5 && ratchet_in_first_index(in) == from);
    const char *id =
        base64_write(input->arena, body + input->at[ENVELOPE_BODY].len - ENVELOPE_KEY, ENVELOPE_KEY);
    FUZZ_REQUIRE(strcmp(ratchet_in_id(in, input->arena), id) == 0);
    struct ratchet_in *same = ratchet_in_load(ratchet_in_pickle(in, input->arena, key), key);
    FUZZ_REQUIRE(same && ratchet_in_connects(in, same));
    ratchet_in_destroy(same);
    same = ratchet_in_import(ratchet_in_export(in, input->arena));
    FUZZ_REQUIRE(same && ratchet_in_connects(in, same));
    ratchet_in_destroy(same);
}

static void try_key(struct input *input, bool is_export)
{
    uint32_t from = froms[(input->how / INDEXES) % N_FROM];
    const struct envelope_edit edit = { edit_level, input };
    char *text = envelope_megolm_key(input->arena, from, is_export, &edit);
    struct ratchet_in *in = is_export ? ratchet_in_import(text) : ratchet_in_create(text);
    FUZZ_REQUIRE(in || !is_as_made(input));
    /* An exported key is not signed: what came is what counts. */
    if (in && is_export)
        FUZZ_REQUIRE(strcmp(ratchet_in_export(in, input->arena), text) == 0);
    else if (in)
        check_key(input, in);
    if (in && !is_of_sender(input) && !(is_export && is_changed(input, ENVELOPE_OUTER, ENVELOPE_TEXT)))
        expect_in_room(input, in, from, from);
    ratchet_in_destroy(in);
}

/* Neither the MAC nor the signature of anything: only an exported key has none. */
static void try_raw(struct input *input)
{
    size_t len;
    uint32_t index;
    char *text = fuzz_text(input->arena, input->edits, input->len);
    struct ratchet_account *account = ratchet_account_load(world.account, key);
    struct ratchet_session *session = ratchet_session_load(world.session, key);
    struct ratchet_in *in = ratchet_in_create(envelope_megolm_key(input->arena, 0, false, NULL));
    ratchet_session_matches(session, world.sender, text);
    FUZZ_REQUIRE(!open_first(input, account, text, &len));
    FUZZ_REQUIRE(!ratchet_session_decrypt(session, input->arena, RATCHET_PREKEY, text, &len));
    FUZZ_REQUIRE(!ratchet_session_decrypt(session, input->arena, RATCHET_NORMAL, text, &len));
    FUZZ_REQUIRE(!ratchet_in_decrypt(in, input->arena, text, &len, &index));
    FUZZ_REQUIRE(strcmp(ratchet_session_pickle(session, input->arena, key), world.session) == 0);
    ratchet_in_destroy(in);
    in = ratchet_in_import(text);
    FUZZ_REQUIRE(!in || strcmp(ratchet_in_export(in, input->arena), text) == 0);
    ratchet_in_destroy(in);
    ratchet_in_destroy(ratchet_in_create(text));
    ratchet_session_destroy(session);
    ratchet_account_destroy(account);
}

/* The world */

static void take_one_time(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    (void)key_id;
    FUZZ_REQUIRE(!is_fallback);
    *(char **)data = arena_strdup(world.arena, curve25519);
}

static char *make_one_time(struct ratchet_account *account)
{
    char *one_time = NULL;
    ratchet_account_make_one_time(account, 1);
    ratchet_account_unpublished(account, take_one_time, &one_time);
    ratchet_account_mark_published(account);
    return one_time;
}

/* The sender's session: its first message is read in a copy of the account, so that the account can meet it again. */
static void make_session(struct ratchet_account *account)
{
    size_t len;
    struct ratchet_identity ours = ratchet_account_identity(account);
    world.sender = envelope_identity(world.arena);
    world.first = envelope_begin(world.arena, ours.curve25519, make_one_time(account));
    world.account = ratchet_account_pickle(account, world.arena, key);
    char *body = envelope_olm(world.arena, &world.first, true, 0, TEXT, NULL);
    struct ratchet_session *session = ratchet_session_from(account, world.sender, body);
    FUZZ_REQUIRE(session);
    char *text = ratchet_session_decrypt(session, world.arena, RATCHET_PREKEY, body, &len);
    expect(text, len, TEXT);
    world.session = ratchet_session_pickle(session, world.arena, key);
    ratchet_session_destroy(session);
}

static void make_answer(struct ratchet_account *account)
{
    size_t len;
    enum ratchet_kind kind;
    struct ratchet_account *bob = ratchet_account_create();
    struct ratchet_identity ours = ratchet_account_identity(account), bobs = ratchet_account_identity(bob);
    struct ratchet_session *session = ratchet_session_to(account, bobs.curve25519, make_one_time(bob));
    char *body = ratchet_session_encrypt(session, world.arena, "asked", &kind);
    struct ratchet_session *other = ratchet_session_from(bob, ours.curve25519, body);
    FUZZ_REQUIRE(other && ratchet_session_decrypt(other, world.arena, kind, body, &len));
    world.answer = ratchet_session_encrypt(other, world.arena, TEXT, &world.answer_kind);
    world.next_answer = ratchet_session_encrypt(other, world.arena, GOOD, &kind);
    world.asked = ratchet_session_pickle(session, world.arena, key);
    ratchet_session_destroy(other);
    ratchet_session_destroy(session);
    ratchet_account_destroy(bob);
}

static void end_world(void)
{
    arena_destroy(world.arena);
}

static void make_world(void)
{
    atexit(end_world);
    world.arena = arena_create();
    struct ratchet_account *account = ratchet_account_create();
    make_session(account);
    make_answer(account);
    ratchet_account_destroy(account);
}

void target_ratchet(const uint8_t *bytes, size_t len)
{
    if (!world.arena)
        make_world();
    struct input input = { .arena = arena_create() };
    enum kind kind = fuzz_take_byte(&bytes, &len) % KINDS;
    input.how = fuzz_take_byte(&bytes, &len);
    input.edits = bytes;
    input.len = len;
    switch (kind) {
    case KIND_FIRST:
        try_first(&input);
        break;
    case KIND_LATER:
        try_later(&input);
        break;
    case KIND_ANSWER:
        try_answer(&input);
        break;
    case KIND_ROOM:
        try_room(&input);
        break;
    case KIND_KEY:
    case KIND_EXPORT:
        try_key(&input, kind == KIND_EXPORT);
        break;
    default:
        try_raw(&input);
    }
    arena_destroy(input.arena);
}
