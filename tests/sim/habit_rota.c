/* Who is on call, in an urgent room of their own: by turns that pass on each day or each week at nine, and whoever stands in
 * meanwhile. Who the bot says is on call, and whom an escalation without a name goes to, is counted here from what was said
 * alone. Not done: swaps, and turns by the sun (tests/sim/year has people in zones). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "habit.h"
#include "people.h"

enum { ROOM_N = 5, SAID_MAX = 512, NAME_BYTES = 32, TURNS_MAX = 4 };
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS, WEEK_MS = 7 * DAY_MS };
/* Nine o'clock in Zurich; mondays are counted from one. */
static const int64_t nine_ms = INT64_C(8) * HOUR_MS, monday_ms = INT64_C(1795392000000);
/* The clamped time of an event may lie so far before the one at which the homeserver took it, or after. */
static const int64_t margin_ms = INT64_C(10) * MINUTE_MS;

static const int members[ROOM_N] = { 5, 6, 7, 8, 9 };

enum kind { SETS, STANDS_IN, SHOWS, ESCALATES, ENDS };

struct order {
    int64_t position;
    enum kind kind;
    const char *author;
    const char *people[TURNS_MAX]; /* SETS; the first: STANDS_IN */
    int64_t n_people, period_ms; /* SETS */
    int64_t from_ms, to_ms; /* STANDS_IN */
    int word; /* ESCALATES */
    bool is_confirmed; /* the bot has shown what the rota is now */
    bool is_answered; /* in whatever words */
    char name[16]; /* of the escalation */
};

static struct order orders[SAID_MAX];
static size_t n_orders;
static int room = -1;
static bool has_kind;

/* The room */

static const char *draw_member(struct chance *chance)
{
    return people_nth(members[chance_in(chance, 0, ROOM_N - 1)]);
}

static bool is_member(const char *person)
{
    for (int i = 0; i < ROOM_N; i++)
        if (people_nth(members[i]) == person)
            return true;
    return false;
}

/* The bot is in it, and was told what kind of room it is. */
static bool is_ready(void)
{
    if (room < 0) {
        const char *ids[ROOM_N + 1] = { NULL };
        for (int i = 0; i < ROOM_N; i++)
            ids[i] = people_nth(members[i]);
        room = homeserver_make_room("oncall", ids);
    }
    if (strcmp(homeserver_room(room)->bot_membership, "join") != 0)
        return false;
    if (!has_kind)
        people_say(room, people_nth(members[0]), "!room kind urgent");
    has_kind = true;
    return true;
}

static bool may_say(const char *person)
{
    return is_member(person) && is_ready() && n_orders < SAID_MAX;
}

/* Deeds */

static struct order *say(const char *person, enum kind kind, const char *body)
{
    struct order *order = &orders[n_orders++];
    *order = (struct order){ .position = homeserver_newest() + 1, .kind = kind, .author = person };
    people_say(room, person, body);
    return order;
}

/* By the moderator. Two to four of them, from anyone on. */
static void set_rota(struct chance *chance)
{
    char body[160] = "!rota ";
    int first = (int)chance_in(chance, 0, ROOM_N - 1), n = (int)chance_in(chance, 2, TURNS_MAX);
    bool is_weekly = chance_percent(chance, 25);
    const char *people[TURNS_MAX] = { NULL };
    for (int i = 0; i < n; i++) {
        people[i] = people_nth(members[(first + i) % ROOM_N]);
        snprintf(body + strlen(body), sizeof body - strlen(body), "%s%s", i ? ", " : "", people[i]);
    }
    snprintf(body + strlen(body), sizeof body - strlen(body), is_weekly ? " weekly" : " daily");
    struct order *order = say(people_nth(members[0]), SETS, body);
    memcpy(order->people, people, sizeof order->people);
    order->n_people = n;
    order->period_ms = is_weekly ? WEEK_MS : DAY_MS;
}

static void set(const char *person, struct chance *chance)
{
    if (may_say(person))
        set_rota(chance);
}

static void print_time(int64_t at_ms, char out[32])
{
    time_t local = (at_ms + HOUR_MS) / 1000;
    struct tm tm;
    gmtime_r(&local, &tm);
    strftime(out, 32, "%Y-%m-%d %H:%M", &tm);
}

/* For oneself anybody, for others the moderator. */
static void stand_in(const char *person, struct chance *chance)
{
    char body[160], from[32], to[32];
    bool is_own = chance_percent(chance, 50);
    const char *who = is_own ? person : draw_member(chance);
    int64_t hour_ms = world.now_ms / HOUR_MS * HOUR_MS,
            from_ms = hour_ms + chance_in(chance, 2, 12) * HOUR_MS;
    int64_t to_ms = from_ms + chance_in(chance, 1, 30) * HOUR_MS;
    if (!may_say(person))
        return;
    if (n_orders == 0)
        set_rota(chance);
    print_time(from_ms, from);
    print_time(to_ms, to);
    snprintf(body, sizeof body, "!rota %s from %s to %s", is_own ? "me" : who, from, to);
    struct order *order = say(is_own ? person : people_nth(members[0]), STANDS_IN, body);
    order->people[0] = who;
    order->from_ms = from_ms;
    order->to_ms = to_ms;
}

static void show(const char *person, struct chance *chance)
{
    (void)chance;
    if (may_say(person))
        say(person, SHOWS, "!rota");
}

static void end_it(void *data, int64_t index)
{
    char body[64];
    const struct order *order = &orders[index];
    (void)data;
    if (!*order->name || n_orders == SAID_MAX || world.now_ms >= world.people_end_ms)
        return;
    snprintf(body, sizeof body, "!cancel %s", order->name);
    say(order->author, ENDS, body);
}

static void escalate(const char *person, struct chance *chance)
{
    char body[128];
    if (!may_say(person))
        return;
    int word = people_new_word();
    snprintf(body, sizeof body, "!urgent w%d failed\naction: repair it\ndeadline: in 2 hours", word);
    say(person, ESCALATES, body)->word = word;
    world_at(world.now_ms + chance_in(chance, 2, 14) * MINUTE_MS, end_it, NULL, (int64_t)n_orders - 1);
}

static const struct sim_deed deeds[] = { { "sets a rota", 2, set },
                                         { "stands in", 6, stand_in },
                                         { "looks at the rota", 4, show },
                                         { "escalates to whoever is on call", 6, escalate },
                                         { NULL, 0, NULL } };

/* Whose turn it is */

/* How often it has passed on by then: at each nine, or each monday at nine. */
static int64_t passed(int64_t period_ms, int64_t at_ms)
{
    return (at_ms - monday_ms - nine_ms + INT64_C(100) * WEEK_MS) / period_ms;
}

/* Of what was said before, the newest counts. NULL: there is no rota. */
static const char *holder_at(int64_t position, int64_t at_ms)
{
    const struct order *rota = NULL;
    for (size_t i = n_orders; i > 0; i--) {
        const struct order *order = &orders[i - 1];
        if (order->position >= position || !order->is_confirmed)
            continue;
        if (order->kind == STANDS_IN && order->from_ms <= at_ms && at_ms < order->to_ms)
            return order->people[0];
        if (order->kind == SETS) {
            rota = order;
            break;
        }
    }
    if (!rota)
        return NULL;
    int64_t set_ms = homeserver_said(rota->position)->at_ms;
    int64_t n = passed(rota->period_ms, at_ms) - passed(rota->period_ms, set_ms);
    return rota->people[n % rota->n_people];
}

/* Between what was said and now; and nothing before it is still to be heard, or may be put back. */
static bool is_known(int64_t position)
{
    for (size_t i = 0; i < n_orders && orders[i].position < position; i++) {
        const struct order *order = &orders[i];
        bool counts = order->kind == SETS || order->kind == STANDS_IN;
        if (counts && (!order->is_answered || homeserver_said(order->position)->is_undone ||
                       order->position < homeserver_room(room)->bot_since))
            return false;
    }
    return !world.was_restored && !world.had_wrong_clock;
}

/* NULL: nobody of the room. */
static const char *find_member(const char *name)
{
    for (int i = 0; i < ROOM_N; i++) {
        const char *person = people_nth(members[i]);
        if (strncmp(person + 1, name, strlen(name)) == 0 && person[1 + strlen(name)] == ':')
            return person;
    }
    return NULL;
}

/* At any moment since a while before that was said. */
static bool may_hold(int64_t position, const char *person)
{
    bool has_rota = false;
    for (int64_t at_ms = homeserver_said(position)->at_ms - margin_ms; at_ms < world.now_ms + MINUTE_MS;
         at_ms += MINUTE_MS) {
        const char *holder = holder_at(position, at_ms > world.now_ms ? world.now_ms : at_ms);
        has_rota = has_rota || holder;
        if (holder && holder == person)
            return true;
    }
    return !has_rota;
}

/* The account */

/* What stands between `before` and the next that ends a name. */
static bool read_name(const char *body, const char *before, char out[NAME_BYTES])
{
    const char *at = strstr(body, before);
    size_t len = at ? strcspn(at + strlen(before), ",. \n") : 0;
    if (!at || len == 0 || len >= NAME_BYTES)
        return false;
    memcpy(out, at + strlen(before), len);
    out[len] = '\0';
    return true;
}

static struct order *find_answered(struct json_object *content)
{
    const char *event = json_str(content, "m.relates_to/m.in_reply_to/event_id");
    int64_t position = event ? homeserver_position(event) : 0;
    for (size_t i = 0; position && i < n_orders; i++)
        if (orders[i].position == position)
            return &orders[i];
    return NULL;
}

static void saw_rota(struct order *order, const char *body)
{
    char name[NAME_BYTES];
    order->is_answered = true;
    if (!read_name(body, "On call: ", name))
        return;
    order->is_confirmed = true;
    if (is_known(order->position) && !may_hold(order->position + 1, find_member(name)))
        world_fail("the rota says that %s is on call, and it is %s", name,
                   holder_at(order->position + 1, world.now_ms));
}

/* Who reported it is not called by it. */
static void saw_card(struct order *order, struct json_object *content, const char *body)
{
    char name[NAME_BYTES];
    snprintf(order->name, sizeof order->name, "%s", json_str(content, "io.greffier.name"));
    if (!is_known(order->position) || !read_name(body, "Owner: ", name) ||
        may_hold(order->position, order->author) || may_hold(order->position, find_member(name)))
        return;
    world_fail("w%d goes to %s, and %s is on call", order->word, name,
               holder_at(order->position, world.now_ms));
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *body = json_str(content, "body");
    struct order *order = body && said->room == room ? find_answered(content) : NULL;
    if (!order || json_str(content, "m.new_content/body"))
        return;
    if (order->kind != ESCALATES)
        saw_rota(order, body);
    else if (json_str(content, "io.greffier.name") && !*order->name)
        saw_card(order, content, body);
}

/* Asked for again, it is what it was; a turn of the day before is another. */
static bool may_repeat(struct json_object *content)
{
    const char *body = json_str(content, "body");
    return body && strncmp(body, "On call now: ", 13) == 0;
}

const struct sim_habit habit_rota_sim = {
    .name = "rota", .deeds = deeds, .saw = saw, .may_repeat = may_repeat
};
