/*
 * Who may do what, each act and command x role x state x place x door, against tables that were written from product.md,
 * method.md and words.md by hand. What they do not list changes nothing; who is not joined in an item's room hears of it
 * what is said of an id that nobody has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../sample.h"
#include "base/xmalloc.h"
#include "commands/decision.h"
#include "commands/table.h"
#include "store/room.h"

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);

#define ME "@greffier:x"

/* People. Those who are not there have the level of an owner of the room: it must not help them. */
enum role {
    OWNER,
    AUTHOR,
    ASKED,
    NOT_ASKED,
    MODERATOR,
    ADMIN, /* of the configuration, with no level in the room */
    MUTED, /* joined, but below the level that messages need */
    BOT, /* of the configuration */
    GHOST, /* has written a notice: a bot */
    SELF,
    LEFT,
    OWNER_WHO_LEFT,
    ASKED_WHO_WAS_BANNED,
    BANNED,
    INVITED,
    NEVER_THERE,
    ADMIN_ELSEWHERE,
    ROLES
};

static const struct {
    const char *name, *person, *membership; /* in the item's room; NULL: no trace of them */
} roles[ROLES] = {
    [OWNER] = { "owner", "@olga:x", "join" },
    [AUTHOR] = { "author", "@anna:x", "join" },
    [ASKED] = { "asked", "@bob:x", "join" },
    [NOT_ASKED] = { "not asked", "@nora:x", "join" },
    [MODERATOR] = { "moderator", "@mona:x", "join" },
    [ADMIN] = { "admin", "@root:x", "join" },
    [MUTED] = { "muted", "@dan:x", "join" },
    [BOT] = { "bot", "@robot:x", "join" },
    [GHOST] = { "writer of notices", "@ghost:x", "join" },
    [SELF] = { "greffier itself", ME, "join" },
    [LEFT] = { "left", "@eve:x", "leave" },
    [OWNER_WHO_LEFT] = { "owner who left", "@olga:x", "leave" },
    [ASKED_WHO_WAS_BANNED] = { "asked who was banned", "@bob:x", "ban" },
    [BANNED] = { "banned", "@mallory:x", "ban" },
    [INVITED] = { "invited", "@ivan:x", "invite" },
    [NEVER_THERE] = { "never there", "@nemo:x", NULL },
    [ADMIN_ELSEWHERE] = { "admin who is not there", "@rex:x", NULL },
};

#define BIT(n) (1u << (n))
enum {
    /* method.md 2: "anyone joined who may speak". */
    SPEAKERS = BIT(OWNER) | BIT(AUTHOR) | BIT(ASKED) | BIT(NOT_ASKED) | BIT(MODERATOR) | BIT(ADMIN),
    /* "a moderator can cancel"; an admin of the bot is one wherever they are joined. */
    MODERATORS = BIT(MODERATOR) | BIT(ADMIN),
    PARTIES = BIT(OWNER) | BIT(AUTHOR) | MODERATORS,
    LIVE = BIT(DECISION_OPEN) | BIT(DECISION_BLOCKED),
    IN_FORCE = BIT(DECISION_ADOPTED) | BIT(DECISION_SETTLED),
    ENDED = IN_FORCE | BIT(DECISION_NOT_ADOPTED) | BIT(DECISION_CANCELLED),
};

enum place { IN_ITS_ROOM, IN_ANOTHER_ROOM, IN_A_DIRECT_MESSAGE, PLACES };
static const char *const place_names[PLACES] = { "in its room", "in another room", "in a direct message" };

/* words.md 1 "Acts" and 2; method.md 2 "what the articles leave open, settled for decisions". */
static const struct act_row_wanted {
    const char *command, *word, *sign; /* the three doors; NULL: there is none */
    unsigned who, states;
} acts[] = {
    { "agree DEC-1", "agree", "👍", SPEAKERS, LIVE },
    { "abstain DEC-1", "no opinion", "🤷", SPEAKERS, LIVE },
    { "object DEC-1 too slow", "objection: too slow", "⛔", SPEAKERS, LIVE | IN_FORCE },
    { "withdraw DEC-1", "withdraw", NULL, SPEAKERS, LIVE | IN_FORCE },
    { "settle DEC-1 as it is", "settled: as it is", NULL, BIT(OWNER), LIVE | BIT(DECISION_NOT_ADOPTED) },
    { "extend DEC-1 monday 12:00", "new date: monday 12:00", NULL, BIT(OWNER), LIVE },
    { "cancel DEC-1", NULL, NULL, BIT(OWNER) | MODERATORS, LIVE | BIT(DECISION_NOT_ADOPTED) },
    { "reopen DEC-1", NULL, NULL, BIT(OWNER) | MODERATORS, ENDED },
    /* Of the talk about what is blocked: bob objects. */
    { "slot DEC-1 monday 11:00", "slot: monday 11:00", NULL, BIT(OWNER) | BIT(ASKED), BIT(DECISION_BLOCKED) },
    { NULL, "proposal: another one", NULL, BIT(OWNER), LIVE },
    { NULL, "owner: nora", NULL, BIT(OWNER) | MODERATORS, LIVE },
    { NULL, "asked: nora", NULL, BIT(OWNER), LIVE },
    { "cancel RMD-2", NULL, NULL, BIT(ASKED), LIVE | ENDED }, /* bob's reminder is bob's alone */
    { "skip RMD-3", NULL, NULL, BIT(ASKED), LIVE | ENDED },
    { "pause RMD-3", NULL, NULL, BIT(ASKED), LIVE | ENDED },
    { "resume RMD-4", NULL, NULL, BIT(ASKED), LIVE | ENDED },
    { "cancel RMD-5", NULL, NULL, BIT(ASKED) | BIT(AUTHOR), LIVE | ENDED }, /* bob's, by anna */
    { "follow DEC-1", "follow", "🔔", SPEAKERS, LIVE | ENDED },
    { "mute DEC-1", "mute", "🔕", SPEAKERS, LIVE | ENDED },
    /* olga's task, whom anna asked; nobody has taken it yet. */
    { "take TSK-1", NULL, NULL, SPEAKERS, LIVE | ENDED },
    { "object TSK-1 too much", NULL, NULL, BIT(OWNER), LIVE | ENDED },
    { "done TSK-1", NULL, NULL, PARTIES, LIVE | ENDED },
    { "extend TSK-1 friday 12:00", NULL, NULL, PARTIES, LIVE | ENDED },
    { "handover TSK-1 nora", NULL, NULL, PARTIES, LIVE | ENDED },
    { "cancel TSK-1", NULL, NULL, PARTIES, LIVE | ENDED },
    { "snooze TSK-1 tomorrow 9:00", NULL, NULL, BIT(OWNER), LIVE | ENDED },
    /* What anna reported and olga is called to; and what olga had, and is over. */
    { "take ESC-1", NULL, NULL, SPEAKERS, LIVE | ENDED },
    { "progress ESC-1 half of it", NULL, NULL, SPEAKERS, LIVE | ENDED },
    { "done ESC-1", NULL, NULL, PARTIES, LIVE | ENDED },
    { "cancel ESC-1", NULL, NULL, PARTIES, LIVE | ENDED },
    { "recap ESC-2 this\nthat\nand more", NULL, NULL, SPEAKERS, LIVE | ENDED },
    { "agree ESC-2", NULL, NULL, BIT(OWNER), LIVE | ENDED }, /* it was urgent: who was called says so */
    { "reopen ESC-2", NULL, NULL, PARTIES, LIVE | ENDED },
};
enum { N_ACTS = sizeof acts / sizeof acts[0] };

struct fixture {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t ops, other, direct;
    int n_events, n_cases, n_wrong;
};

static enum turn_result hand_over(struct fixture *f, struct event event)
{
    event.id = arena_printf(f->arena, "$%d", ++f->n_events);
    event.at_ms = now_ms;
    return engine_event(f->engine, &event, now_ms);
}

static int64_t make_room(struct fixture *f, const char *room_id)
{
    static const char power[] =
        "{\"users\":{\"@mona:x\":50,\"@dan:x\":-1,\"@eve:x\":100,\"@mallory:x\":100,\"@ivan:x\":100,"
        "\"@nemo:x\":100,\"@rex:x\":100},\"events_default\":0}";
    int64_t room = room_ensure(f->store, room_id);
    struct json_object *levels = json_parse(power, strlen(power));
    room_set(f->store, room, "membership", "join");
    room_set_power(f->store, room, levels);
    json_object_put(levels);
    room_set_member(f->store, room, ME, "join", NULL);
    return room;
}

static void make_items(struct fixture *f)
{
    static const char numbers[] = "{\"DEC\":32,\"RMD\":32,\"TSK\":32,\"ESC\":32,\"RTN\":32,\"RND\":32}";
    struct json_object *granted = json_parse(numbers, strlen(numbers));
    engine_reserve_numbers(f->engine, granted);
    json_object_put(granted);
    store_run(f->store, "UPDATE number SET next = 2 WHERE prefix = 'RMD'", "");
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@anna:x",
                                 .body = "!decide Two-step review\nowner: olga\nasked: bob\n"
                                         "deadline: tomorrow 12:00" });
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@bob:x",
                                 .body = "!remind me of this tomorrow 12:00" });
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@bob:x",
                                 .body = "!remind me of that every day 12:00" });
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@bob:x",
                                 .body = "!remind me of it every day 12:00" });
    hand_over(f, (struct event){
                     .kind = EVENT_MESSAGE, .room = f->ops, .sender = "@bob:x", .body = "!pause RMD-4" });
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@anna:x",
                                 .body = "!remind @bob of all tomorrow 12:00" });
    hand_over(f, (struct event){ .kind = EVENT_MESSAGE,
                                 .room = f->ops,
                                 .sender = "@anna:x",
                                 .body = "!task olga: Release notes by tomorrow 12:00" });
    static const char *const urgent[] = { "!urgent Payments refused, go back\nowner: olga\ndeadline: 12:00",
                                          "!urgent Checkout is down, go back\nowner: olga\ndeadline: 12:00" };
    for (size_t i = 0; i < sizeof urgent / sizeof urgent[0]; i++)
        hand_over(f, (struct event){
                         .kind = EVENT_MESSAGE, .room = f->ops, .sender = "@anna:x", .body = urgent[i] });
    hand_over(f, (struct event){
                     .kind = EVENT_MESSAGE, .room = f->ops, .sender = "@olga:x", .body = "!take ESC-2" });
    hand_over(f, (struct event){
                     .kind = EVENT_MESSAGE, .room = f->ops, .sender = "@olga:x", .body = "!done ESC-2" });
    hand_over(f,
              (struct event){ .kind = EVENT_NOTICE, .room = f->ops, .sender = "@ghost:x", .body = "beep" });
    for (int64_t id; (id = store_int(f->store, 0, "SELECT min(id) FROM outbox WHERE state = 0", "")) != 0;) {
        outbox_seal(f->store, id, "{}", now_ms);
        outbox_sent(f->store, id, arena_printf(f->arena, "$sent%lld", (long long)id), now_ms);
    }
}

static const char *const admins[] = { "@root:x", "@rex:x", NULL }, *const bots[] = { "@robot:x", NULL };

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->arena = arena_create();
    assert_int_equal(store_open(NULL, &f->store, NULL), STORE_OPENED);
    f->engine = engine_create(f->store,
                              &(struct engine_settings){ .me = ME,
                                                         .lang = "en",
                                                         .zone = "Europe/Zurich",
                                                         .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                         .prefix = "!",
                                                         .admins = admins,
                                                         .bots = bots },
                              command_table, habit_table);
    store_begin(f->store);
    f->ops = make_room(f, "!ops:x");
    f->other = make_room(f, "!other:x");
    f->direct = make_room(f, "!direct:x");
    room_set_member(f->store, f->other, "@zoe:x", "join", NULL);
    for (int i = 0; i < ROLES; i++)
        if (roles[i].membership && strcmp(roles[i].membership, "join") == 0)
            room_set_member(f->store, f->ops, roles[i].person, "join", NULL);
    room_set(f->store, f->ops, "kind", "urgent");
    make_items(f);
    assert_true(store_commit(f->store, NULL));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    engine_destroy(f->engine);
    store_close(f->store);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

/* One case: in a transaction that is rolled back. */
struct trial {
    enum role role;
    enum place place;
    int state; /* of DEC-1 */
    const char *command, *word, *sign; /* one of them */
};

/* The person is what the role says, in the item's room; in the other two they are joined in any case. */
static int64_t enter(struct fixture *f, const struct trial *trial)
{
    const char *person = roles[trial->role].person;
    store_begin(f->store);
    if (roles[trial->role].membership)
        room_set_member(f->store, f->ops, person, roles[trial->role].membership, NULL);
    room_set_member(f->store, f->other, person, "join", NULL);
    room_set_member(f->store, f->direct, person, "join", NULL);
    room_set(f->store, f->direct, "dm_person", person);
    store_run(f->store, "UPDATE item SET state = ?1, closed_ms = nullif(?2, 0) WHERE prefix = 'DEC'", "ii",
              (int64_t)trial->state, BIT(trial->state) & ENDED ? now_ms : (int64_t)0);
    return trial->place == IN_ITS_ROOM ? f->ops : trial->place == IN_ANOTHER_ROOM ? f->other : f->direct;
}

/* Everybody has a position that could be taken back, or changed. */
static void give_position(struct fixture *f, const char *person, const char *what)
{
    store_run(f->store,
              "INSERT INTO act(item, person, what, event, at_ms)"
              " SELECT id, ?1, ?2, '$position', ?3 FROM item WHERE prefix = 'DEC'",
              "ssi", person, what, now_ms);
}

static void begin_talk(struct fixture *f)
{
    give_position(f, "@bob:x", "object");
    store_run(f->store,
              "INSERT INTO talk(item, step, rounds, at_ms, slots) SELECT id, 0, 0, ?1, '' FROM item"
              " WHERE prefix = 'DEC'",
              "i", now_ms);
}

static void perform(struct fixture *f, const struct trial *trial, int64_t room)
{
    const char *card = engine_card_event(f->engine, "DEC-1", f->arena);
    struct event event = { .kind = EVENT_MESSAGE, .room = room, .sender = roles[trial->role].person };
    if (trial->command) {
        event.body = arena_printf(f->arena, "!%s", trial->command);
    } else if (trial->word) {
        event.body = trial->word;
        event.thread = card;
    } else {
        event.kind = EVENT_REACTION;
        event.target = card;
        event.key = trial->sign;
    }
    hand_over(f, event);
}

/* All that an act can change. */
static char *fingerprint(struct fixture *f)
{
    return store_str(
        f->store, f->arena,
        "SELECT group_concat(i.state || '|' || ifnull(i.extra, '') || '|' || i.deadline_ms || '|' || i.owner"
        " || '|' || (SELECT count(*) || ':' || ifnull(sum(is_taken_back), 0) FROM act WHERE item = i.id)"
        " || '|' || (SELECT group_concat(name || text) FROM field WHERE item = i.id)"
        " || '|' || (SELECT count(*) FROM talk_pick WHERE item = i.id)"
        " || '|' || (SELECT count(*) FROM asked WHERE item = i.id)"
        " || '|' || (SELECT count(*) FROM follow WHERE item = i.id)) FROM item i",
        "");
}

static bool has_said(struct fixture *f, const char *template_name)
{
    return store_int(f->store, 0, "SELECT count(*) FROM outbox WHERE template = ?1", "s", template_name) > 0;
}

static void judge(struct fixture *f, const struct trial *trial, bool is_allowed, bool has_happened)
{
    f->n_cases++;
    if (is_allowed == has_happened)
        return;
    f->n_wrong++;
    print_error("%s %s, %s, state %d: %s\n", roles[trial->role].name, place_names[trial->place],
                trial->command ? trial->command
                : trial->word  ? trial->word
                               : trial->sign,
                trial->state, has_happened ? "could do it" : "could not do it");
}

/* Acts */

static bool is_joined(enum role role)
{
    return roles[role].membership && strcmp(roles[role].membership, "join") == 0;
}

static void try_act(struct fixture *f, const struct act_row_wanted *act, const struct trial *trial)
{
    bool is_allowed =
        (act->who & BIT(trial->role)) && (act->states & BIT(trial->state)) && trial->place != IN_ANOTHER_ROOM;
    int64_t room = enter(f, trial);
    give_position(f, roles[trial->role].person, act == &acts[0] ? "abstain" : "agree");
    if (act->word && strncmp(act->word, "slot", strlen("slot")) == 0)
        begin_talk(f);
    char *before = fingerprint(f);
    perform(f, trial, room);
    judge(f, trial, is_allowed, strcmp(before, fingerprint(f)) != 0);
    /* An item that is not theirs to see is one that does not exist; bots are not answered at all. */
    bool is_bot = trial->role == BOT || trial->role == GHOST || trial->role == SELF;
    bool is_unknown =
        !is_bot && trial->command &&
        (trial->place == IN_ANOTHER_ROOM || (trial->place == IN_A_DIRECT_MESSAGE && !is_joined(trial->role)));
    judge(f, trial, is_unknown, has_said(f, "help/no-item"));
    store_rollback(f->store);
    arena_reset(f->arena);
}

static void try_doors(struct fixture *f, const struct act_row_wanted *act, struct trial trial)
{
    for (int place = 0; act->command && place < PLACES; place++) {
        trial.place = (enum place)place;
        trial.command = act->command;
        try_act(f, act, &trial);
    }
    trial.place = IN_ITS_ROOM;
    trial.command = NULL;
    trial.word = act->word;
    if (act->word)
        try_act(f, act, &trial);
    trial.word = NULL;
    trial.sign = act->sign;
    if (act->sign)
        try_act(f, act, &trial);
}

/* A sample has all that is allowed and a fifth of the rest: each act by each role in some state, and in each by some. */
static void acts__are_for_those_listed__and_nobody_else(void **state)
{
    struct fixture *f = *state;
    int every = sample_of(1, 5);
    for (size_t i = 0; i < N_ACTS; i++)
        for (int role = 0; role < ROLES; role++)
            for (int s = DECISION_OPEN; s < DECISION_STATES; s++)
                if (((acts[i].who & BIT(role)) && (acts[i].states & BIT(s))) ||
                    ((int)i + role + s) % every == 0)
                    try_doors(f, &acts[i], (struct trial){ .role = (enum role)role, .state = s });
    assert_true(f->n_cases > 6000 / every);
    assert_int_equal(f->n_wrong, 0);
}

/* Every act that a person can do is in the table above. */
static void acts__are_all_tried(void **state)
{
    (void)state;
    for (const struct act_names *names = act_table; names->act != ACT_NONE; names++) {
        /* A nod has no command; it does what "take" does, for fewer people. */
        bool is_tried = !names->names[LANG_EN][0];
        for (size_t i = 0; i < N_ACTS; i++)
            is_tried = is_tried ||
                       (acts[i].command && strncmp(acts[i].command, names->name, strlen(names->name)) == 0);
        if (!is_tried)
            fail_msg("%s is not tried", names->name);
    }
}

/* Commands. What shows that one was done: a row said with that template, or (NULL) a change of items or room. */

enum { EVERYWHERE = BIT(IN_ITS_ROOM) | BIT(IN_ANOTHER_ROOM) | BIT(IN_A_DIRECT_MESSAGE) };

static const struct command_wanted {
    const char *topic, *command, *shows;
    unsigned who, places;
} commands[] = {
    { "help", "help", "help/all", SPEAKERS, EVERYWHERE },
    { "decide", "decide No calls by tomorrow 16:00", NULL, SPEAKERS,
      BIT(IN_ITS_ROOM) | BIT(IN_ANOTHER_ROOM) },
    { "decisions", "decisions", "decision/list", SPEAKERS, EVERYWHERE },
    { "show", "show DEC-1", "decision/record", SPEAKERS, EVERYWHERE },
    { "search", "search review", "search/found", SPEAKERS, EVERYWHERE },
    { "remind", "remind me of that tomorrow 12:00", NULL, SPEAKERS, EVERYWHERE },
    { "task", "task me Rest by tomorrow 12:00", NULL, SPEAKERS, EVERYWHERE },
    { "undo", "undo", "help/nothing-to-undo", SPEAKERS, EVERYWHERE },
    { "mine", "mine", "mine/list", SPEAKERS, EVERYWHERE },
    { "weekly", "weekly for everyone", NULL, SPEAKERS, BIT(IN_ITS_ROOM) | BIT(IN_ANOTHER_ROOM) },
    { "standup", "standup for everyone", NULL, SPEAKERS, BIT(IN_ITS_ROOM) | BIT(IN_ANOTHER_ROOM) },
    { "routine", "routine Mood for everyone; How was it?", NULL, SPEAKERS,
      BIT(IN_ITS_ROOM) | BIT(IN_ANOTHER_ROOM) },
    { "urgent", "urgent Search is down, restart it\nowner: olga\ndeadline: 12:00", NULL, SPEAKERS,
      BIT(IN_ITS_ROOM) },
    { "chain", "chain", "chain/show", SPEAKERS, BIT(IN_ITS_ROOM) },
    { "chain", "chain nora", "chain/show", MODERATORS, BIT(IN_ITS_ROOM) },
    { "rota", "rota", "rota/show", SPEAKERS, BIT(IN_ITS_ROOM) },
    { "rota", "rota nora every monday 9:00", "rota/show", MODERATORS, BIT(IN_ITS_ROOM) },
    { "me", "me", "me/settings", SPEAKERS, EVERYWHERE },
    { "me", "me zone Asia/Tokyo", NULL, SPEAKERS, EVERYWHERE },
    { "away", "away until friday", NULL, SPEAKERS, EVERYWHERE },
    { "back", "back", "away/back", SPEAKERS, EVERYWHERE },
    { "skip", "skip today", NULL, SPEAKERS, EVERYWHERE },
    { "forget", "forget-me", NULL, SPEAKERS, EVERYWHERE },
    { "who", "who", "who/list", SPEAKERS, EVERYWHERE },
    { "room", "room", "room/settings", SPEAKERS, EVERYWHERE },
    { "room", "room lang fr", NULL, MODERATORS, EVERYWHERE },
    { "room", "room zone Asia/Tokyo", NULL, MODERATORS, EVERYWHERE },
    { "room", "room country FR", NULL, MODERATORS, EVERYWHERE },
    { "room", "room kind tasks", NULL, MODERATORS, EVERYWHERE },
    { "room", "room answer 4h", NULL, MODERATORS, EVERYWHERE },
    { "room", "room setup", "room/setup", MODERATORS, EVERYWHERE },
    { "room", "room setup zone Asia/Tokyo", NULL, MODERATORS, EVERYWHERE },
    { "room", "room history", "room/history", SPEAKERS, EVERYWHERE },
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static char *everything(struct fixture *f)
{
    return store_str(
        f->store, f->arena,
        "SELECT (SELECT count(*) FROM item) || '|' ||"
        " (SELECT group_concat(ifnull(lang, '') || ifnull(zone, '') || ifnull(country, '') || ifnull(kind, '') ||"
        "  ifnull(answer, '')) FROM room) || '|' ||"
        " (SELECT count(*) FROM personal) || '|' || (SELECT count(*) FROM absence)"
        " || '|' || (SELECT count(*) FROM outbox WHERE template LIKE 'forget/%')",
        "");
}

/* In the other rooms they are joined, so there they are people like others; what they see of this one is not. */
static bool may_command(const struct command_wanted *command, const struct trial *trial)
{
    static const unsigned never = BIT(MUTED) | BIT(BOT) | BIT(GHOST) | BIT(SELF);
    if (!(command->places & BIT(trial->place)) || (never & BIT(trial->role)))
        return false;
    if (trial->place == IN_ITS_ROOM || strcmp(command->topic, "show") == 0)
        return command->who & BIT(trial->role);
    bool has_level = trial->role == LEFT || trial->role == BANNED || trial->role == INVITED ||
                     trial->role == NEVER_THERE || trial->role == ADMIN_ELSEWHERE;
    return command->who == SPEAKERS || (MODERATORS & BIT(trial->role)) || has_level;
}

static void try_command(struct fixture *f, const struct command_wanted *command, const struct trial *trial)
{
    int64_t room = enter(f, trial);
    char *before = everything(f);
    perform(f, trial, room);
    bool has_happened = command->shows ? has_said(f, command->shows) : strcmp(before, everything(f)) != 0;
    judge(f, trial, may_command(command, trial), has_happened);
    store_rollback(f->store);
    arena_reset(f->arena);
}

static void commands__are_for_those_listed__and_nobody_else(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < N_COMMANDS; i++)
        for (int role = 0; role < ROLES; role++)
            for (int place = 0; place < PLACES; place++)
                try_command(f, &commands[i],
                            &(struct trial){ .role = (enum role)role,
                                             .place = (enum place)place,
                                             .state = DECISION_OPEN,
                                             .command = commands[i].command });
    assert_int_equal(f->n_cases, N_COMMANDS * ROLES * PLACES);
    assert_int_equal(f->n_wrong, 0);
}

static void commands__are_all_tried(void **state)
{
    (void)state;
    for (const struct command *const *command = command_table; *command; command++) {
        bool is_tried = false;
        for (size_t i = 0; i < N_COMMANDS; i++)
            is_tried = is_tried || strcmp(commands[i].topic, (*command)->topic) == 0;
        if (!is_tried)
            fail_msg("%s is not tried", (*command)->topic);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(acts__are_for_those_listed__and_nobody_else),
        cmocka_unit_test(acts__are_all_tried),
        TEST(commands__are_for_those_listed__and_nobody_else),
        cmocka_unit_test(commands__are_all_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
