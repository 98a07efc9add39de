#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "need.h"
#include "peers.h"

#define DECIDE "alice: !decide Two-step review by 2030-12-31 12:00\ncontext: no call\nproposal: two reviewers"
#define OBJECT "bob in thread: objection: too slow"
#define REMIND "bob: !remind me call carol 2030-12-30 09:00"
#define TASK   "alice: !task @bob Release notes by 2030-12-30 09:00"
#define CRY    "alice: !urgent Checkout is down, restart it, in 3 hours"
#define AGAIN  "bob: !remind me call carol every 5 years on 30 december 09:00 from 2030-01-01"

/* The instant is the same for every point, so that what the timer causes has the same names; alive_ms is set anew for
 * each (point.c): the bot was hardly down. */
#define DUE(what)                                                                                            \
    "UPDATE timer SET due_ms = (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'alive_ms')"         \
    " WHERE what = '" what "';"
#define OVER                                                                                                 \
    "UPDATE item SET deadline_ms = (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'alive_ms')"

const struct flow flows[] = {
    { .name = "first login", .kind = FLOW_FIRST },
    { .name = "start again", .kind = FLOW_DOWN, .before = { "alice: !help" } },
    { .name = "clean shutdown", .kind = FLOW_END, .before = { "alice: !help" } },
    { .name = "command", .kind = FLOW_LIVE, .steps = { "alice: !help" } },
    { .name = "decide", .kind = FLOW_LIVE, .steps = { DECIDE }, .is_refused_when_full = true },
    { .name = "agree", .kind = FLOW_LIVE, .before = { DECIDE }, .steps = { "bob reacts 👍" } },
    { .name = "object", .kind = FLOW_LIVE, .before = { DECIDE }, .steps = { OBJECT } },
    { .name = "withdraw",
      .kind = FLOW_LIVE,
      .before = { DECIDE, OBJECT },
      .steps = { "bob in thread: !withdraw DEC-1" } },
    { .name = "settle",
      .kind = FLOW_LIVE,
      .before = { DECIDE, OBJECT },
      .steps = { "alice: !settle DEC-1 two reviewers for a month" } },
    { .name = "edit",
      .kind = FLOW_LIVE,
      .before = { DECIDE, "bob reacts 👍" },
      .steps = { "alice edits: !decide Three-step review by 2030-12-31 12:00" } },
    { .name = "redact", .kind = FLOW_LIVE, .before = { DECIDE, OBJECT }, .steps = { "bob redacts" } },
    { .name = "redact the opening",
      .kind = FLOW_LIVE,
      .before = { DECIDE, "bob reacts 👍" },
      .steps = { "alice redacts" } },
    { .name = "extend and cancel",
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "alice: !extend DEC-1 2031-01-15 12:00", "alice: !cancel DEC-1 no more" } },
    { .name = "deadline", .kind = FLOW_DOWN, .before = { DECIDE, "bob reacts 👍" }, .sql = DUE("close") OVER },
    { .name = "ping", .kind = FLOW_DOWN, .before = { DECIDE, "bob reacts 👍" }, .sql = DUE("remind") },
    { .name = "remind", .kind = FLOW_LIVE, .steps = { REMIND }, .is_refused_when_full = true },
    { .name = "reminder due", .kind = FLOW_DOWN, .before = { REMIND }, .sql = DUE("due") OVER },
    { .name = "reminder comes back", .kind = FLOW_DOWN, .before = { AGAIN }, .sql = DUE("due") OVER },
    { .name = "task", .kind = FLOW_LIVE, .steps = { TASK }, .is_refused_when_full = true },
    { .name = "task done", .kind = FLOW_LIVE, .before = { TASK }, .steps = { "bob in thread: !done TSK-1" } },
    { .name = "escalate",
      .kind = FLOW_LIVE,
      .before = { "alice: !room kind urgent", "alice: !chain bob, carol" },
      .steps = { CRY },
      .is_refused_when_full = true },
    { .name = "taken",
      .kind = FLOW_LIVE,
      .before = { "alice: !room kind urgent", "alice: !chain bob, carol", CRY },
      .steps = { "bob reacts 🙋" } },
    { .name = "standup", .kind = FLOW_LIVE, .steps = { "alice: !standup" }, .is_refused_when_full = true },
    { .name = "standup asks",
      .kind = FLOW_LIVE,
      .before = { "alice: !standup" },
      .steps = { "alice: !standup now" },
      .is_refused_when_full = true },
    { .name = "standup answered",
      .kind = FLOW_LIVE,
      .before = { "alice: !standup", "alice: !standup now" },
      .steps = { "bob in last thread: done: the contract. today: two-step review. blocked: no" } },
    { .name = "said while down",
      .kind = FLOW_DOWN,
      .before = { DECIDE },
      .steps = { "bob reacts 👍", "carol in thread: agree", "alice: !show DEC-1" } },
    { .name = "gap",
      .kind = FLOW_DOWN,
      .before = { DECIDE, "limit 2" },
      .steps = { "alice: !show DEC-1", OBJECT, "carol: good morning", "carol in thread: agree",
                 "alice: morning", "bob: !decisions", "carol: is it raining?", "alice: it is" } },
    { .name = "invite", .kind = FLOW_LIVE, .steps = { "alice invites" } },
    { .name = "direct message",
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "bob in other: !show DEC-1" } },
    { .name = "strict gate",
      .kind = FLOW_LIVE,
      .before = { "greffier is given 50", "alice: !room kind urgent", "alice: !room gate strict",
                  "bob: hello", "bob comes in" },
      .steps = { "bob: is anybody there" } },
    { .name = "number block",
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "alice: !decide Another one by 2030-12-31 12:00" },
      .is_refused_when_full = true,
      .sql = "UPDATE number SET reserved = next" },

    /* In encrypted rooms */
    { .name = "encrypted first login", .is_encrypted = true, .kind = FLOW_FIRST },
    { .name = "encrypted first answer",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .steps = { "alice: !help" } },
    { .name = "encrypted decide",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { "alice: !help" },
      .steps = { DECIDE },
      .is_refused_when_full = true },
    { .name = "encrypted new keys",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "alice begins a key", "alice: !show DEC-1", "bob begins anew", OBJECT, "carol begins a key",
                 "carol in thread: agree" } },
    { .name = "encrypted late key",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { DECIDE, "bob holds keys", OBJECT },
      .steps = { "bob gives keys" } },
    { .name = "encrypted new device",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "bob has another device", "alice: !show DEC-1" } },
    { .name = "encrypted someone leaves",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "carol leaves", "alice: !show DEC-1" } },
    { .name = "encrypted wedged",
      .is_encrypted = true,
      .kind = FLOW_LIVE,
      .before = { DECIDE },
      .steps = { "bob forgets sessions", "carol leaves", "alice: !show DEC-1", "alice: !help" } },
    { .name = "encrypted deadline",
      .is_encrypted = true,
      .kind = FLOW_DOWN,
      .before = { DECIDE, "bob reacts 👍" },
      .sql = DUE("close") OVER },
    { .name = "encrypted ping",
      .is_encrypted = true,
      .kind = FLOW_DOWN,
      .before = { DECIDE, "bob reacts 👍" },
      .sql = DUE("remind") },
    { .name = "encrypted said while down",
      .is_encrypted = true,
      .kind = FLOW_DOWN,
      .before = { DECIDE },
      .steps = { "bob begins anew", OBJECT, "carol begins a key", "carol in thread: agree",
                 "alice begins a key", "alice: !show DEC-1" } },
};
const int n_flows = sizeof flows / sizeof flows[0];

enum { OPS, OTHER };

static const char *id_of(const char *name)
{
    static char id[64];
    snprintf(id, sizeof id, "@%.*s:localhost", (int)strcspn(name, " :"), name);
    return id;
}

static void furnish_with_keys(struct homeserver *server)
{
    homeserver_allow_keys(server);
    for (int i = 0; i < 3; i++)
        peers_add(homeserver_peers(server),
                  (const char *[]){ "@alice:localhost", "@bob:localhost", "@carol:localhost" }[i], "PHONE");
    homeserver_encrypt_room(server, OPS);
    homeserver_encrypt_room(server, OTHER);
}

void flow_furnish(struct homeserver *server, const struct flow *flow)
{
    homeserver_make_room(
        server, "ops",
        (const char *[]){ "@alice:localhost", "@bob:localhost", "@carol:localhost", HOMESERVER_BOT, NULL });
    homeserver_make_room(server, "other",
                         (const char *[]){ "@alice:localhost", "@bob:localhost", HOMESERVER_BOT, NULL });
    if (flow->is_encrypted)
        furnish_with_keys(server);
}

static const char *text_in(struct json_object *json, const char *first, const char *second)
{
    struct json_object *found = NULL;
    if (!json || !json_object_object_get_ex(json, first, &found))
        return NULL;
    if (second && !json_object_object_get_ex(found, second, &found))
        return NULL;
    return json_object_get_string(found);
}

static bool is_message(const char *type)
{
    return strcmp(type, "m.room.message") == 0 || strcmp(type, "m.room.encrypted") == 0;
}

/* The newest event of the sender that is a message, or (any) whatever it is. */
static const char *newest(struct homeserver *server, const char *sender, bool any)
{
    for (size_t i = homeserver_n_events(server); i-- > 0;) {
        struct json_object *json = homeserver_event(server, i)->json;
        if (strcmp(text_in(json, "sender", NULL), sender) == 0 &&
            (any || is_message(text_in(json, "type", NULL))))
            return text_in(json, "event_id", NULL);
    }
    need(false, "event of theirs");
    return NULL;
}

/* The first thing that the bot said of an item, or of the newest that it speaks of in the room itself. */
static const char *card(struct homeserver *server, bool is_newest)
{
    const char *found = NULL;
    for (size_t i = 0; i < homeserver_n_events(server); i++) {
        struct json_object *clear = homeserver_clear(server, i);
        bool is_first = is_newest ? !text_in(clear, "content", "m.relates_to") : !found;
        if (text_in(clear, "content", "io.greffier.name") && is_first)
            found = text_in(homeserver_event(server, i)->json, "event_id", NULL);
    }
    need(found, "card");
    return found;
}

static struct json_object *relation(const char *type, const char *event_id)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "rel_type", json_object_new_string(type));
    json_object_object_add(json, "event_id", json_object_new_string(event_id));
    return json;
}

static struct json_object *message(const char *text)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "msgtype", json_object_new_string("m.text"));
    json_object_object_add(json, "body", json_object_new_string(text));
    return json;
}

static struct json_object *edit(const char *event_id, const char *text)
{
    struct json_object *json = message(text);
    json_object_object_add(json, "m.new_content", message(text));
    json_object_object_add(json, "m.relates_to", relation("m.replace", event_id));
    return json;
}

static struct json_object *reaction(const char *event_id, const char *key)
{
    struct json_object *json = json_object_new_object(), *relates = relation("m.annotation", event_id);
    json_object_object_add(relates, "key", json_object_new_string(key));
    json_object_object_add(json, "m.relates_to", relates);
    return json;
}

static bool is_verb(const char *verb, const char *name, const char **rest)
{
    size_t len = strlen(name);
    *rest = verb + len;
    return strncmp(verb, name, len) == 0;
}

static void invite(struct homeserver *server, const char *who)
{
    int room = homeserver_make_room(server, "new", (const char *[]){ who, "@bob:localhost", NULL });
    homeserver_set_member(server, room, who, HOMESERVER_BOT, "invite");
}

/* Into the room to which the bot has asked them. */
static void come_in(struct homeserver *server, const char *who)
{
    for (size_t i = homeserver_n_events(server); i-- > 0;) {
        const struct homeserver_event *event = homeserver_event(server, i);
        const char *person = text_in(event->json, "state_key", NULL),
                   *membership = text_in(event->json, "content", "membership");
        if (person && strcmp(person, who) == 0 && membership && strcmp(membership, "invite") == 0) {
            homeserver_set_member(server, event->room, who, who, "join");
            return;
        }
    }
    need(false, "invitation");
}

static void give_power(struct homeserver *server, int room, const char *who, int level)
{
    struct json_object *levels = json_object_new_object(), *users = json_object_new_object();
    json_object_object_add(users, "@alice:localhost", json_object_new_int(100));
    json_object_object_add(users, who, json_object_new_int(level));
    json_object_object_add(levels, "users", users);
    homeserver_send(server, room, "@alice:localhost", "m.room.power_levels", "", levels);
}

/* What people's devices do, without a word. */
static bool step_of_device(struct homeserver *server, const char *who, const char *verb)
{
    const char *rest;
    struct peers *peers = homeserver_peers(server);
    if (is_verb(verb, " begins a key", &rest))
        peers_begin_key(peers, who, false);
    else if (is_verb(verb, " begins anew", &rest))
        peers_begin_key(peers, who, true);
    else if (is_verb(verb, " holds keys", &rest))
        peers_hold_keys(peers, who);
    else if (is_verb(verb, " gives keys", &rest))
        peers_give_keys(peers, who);
    else if (is_verb(verb, " forgets sessions", &rest))
        peers_forget_sessions(peers, who);
    else if (is_verb(verb, " has another device", &rest))
        peers_add(peers, who, "TABLET");
    else
        return false;
    return true;
}

/* In an encrypted room sealed, but for reactions: clients leave them in clear. */
static void say(struct homeserver *server, int room, const char *who, const char *type,
                struct json_object *content)
{
    bool is_sealed = homeserver_is_encrypted(server, room) && strcmp(type, "m.room.message") == 0;
    if (is_sealed)
        content = peers_seal(homeserver_peers(server), room, who, type, content);
    homeserver_send(server, room, who, is_sealed ? "m.room.encrypted" : type, NULL, content);
}

void flow_step(struct homeserver *server, const char *step)
{
    const char *who = id_of(step), *verb = step + strcspn(step, " :"), *rest;
    struct json_object *content = NULL;
    const char *type = "m.room.message";
    int room = OPS;
    if (step_of_device(server, who, verb))
        return;
    if (is_verb(step, "limit ", &rest)) {
        homeserver_set_limit(server, (int)strtol(rest, NULL, 10));
    } else if (is_verb(verb, " invites", &rest)) {
        invite(server, who);
    } else if (is_verb(verb, " is given ", &rest)) {
        give_power(server, room, who, (int)strtol(rest, NULL, 10));
    } else if (is_verb(verb, " comes in", &rest)) {
        come_in(server, who);
    } else if (is_verb(verb, " leaves", &rest)) {
        homeserver_set_member(server, room, who, who, "leave");
    } else if (is_verb(verb, " redacts", &rest)) {
        homeserver_redact(server, room, who, newest(server, who, true));
    } else if (is_verb(verb, " reacts ", &rest)) {
        type = "m.reaction";
        content = reaction(card(server, false), rest);
    } else if (is_verb(verb, " edits: ", &rest)) {
        content = edit(newest(server, who, false), rest);
    } else if (is_verb(verb, " in thread: ", &rest)) {
        content = message(rest);
        json_object_object_add(content, "m.relates_to", relation("m.thread", card(server, false)));
    } else if (is_verb(verb, " in last thread: ", &rest)) {
        content = message(rest);
        json_object_object_add(content, "m.relates_to", relation("m.thread", card(server, true)));
    } else if (is_verb(verb, " in other: ", &rest)) {
        room = OTHER;
        content = message(rest);
    } else {
        need(is_verb(verb, ": ", &rest), "such step");
        content = message(rest);
    }
    if (content)
        say(server, room, who, type, content);
}

void flow_steps(struct homeserver *server, const struct flow *flow)
{
    for (const char *const *step = flow->steps; *step; step++)
        flow_step(server, *step);
}
