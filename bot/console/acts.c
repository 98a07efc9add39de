#include "console/state.h"

#include <string.h>

#include "base/text.h"
#include "store/room.h"
#include "time/zone.h"

static void keep(struct console *console, const char *kind, const char *what, const char *value)
{
    console_begin(console);
    world_set(console, kind, what, value);
    console_commit(console);
}

/* Whoever was never in a room made without people= comes in by speaking; else people are let in. */
static bool is_in(struct console *console, int64_t room, const char *person)
{
    if (world_has_joined(console, room, person))
        return true;
    const char *number = arena_printf(console->arena, "%lld", (long long)room);
    if (!world_membership(console, room, person) && world_get(console, "open", number)) {
        world_change_membership(console, room, person, "join");
        return true;
    }
    console_note(console, "%s is not in %s; /join %s in that room", world_shown(console, person),
                 world_label(console, room), world_shown(console, person));
    return false;
}

/* Where an act goes: a room, a thread or none, the event that it is about or none. */
struct place {
    int64_t room;
    const char *thread;
    const char *about;
};

static bool find_card(struct console *console, const char *item, struct place *place)
{
    struct remembered card;
    const char *event_id = engine_card_event(console->engine, item, console->arena);
    if (!event_id || !world_recall(console, event_id, &card)) {
        console_note(console, "there is no card of %s", item);
        return false;
    }
    *place = (struct place){ .room = card.room, .about = event_id };
    return true;
}

static bool find_thread(struct console *console, struct place *place)
{
    const char *number = arena_printf(console->arena, "%lld", (long long)console->room);
    place->room = console->room;
    place->thread = world_get(console, "thread", number);
    if (!place->thread)
        console_note(console, "no thread was opened by the bot in %s", world_label(console, console->room));
    return place->thread;
}

/* The card of an item, or what the bot said last to that person in this room (then in private). */
static bool find_bot_message(struct console *console, const struct line *line, const char *who,
                             struct place *place)
{
    if (line->item)
        return find_card(console, line->item, place);
    const char *event_id = world_get(console, "to", world_in_room(console, console->room, who));
    struct remembered event;
    if (!world_recall(console, event_id, &event)) {
        console_note(console, "the bot has said nothing to %s in %s", world_shown(console, who),
                     world_label(console, console->room));
        return false;
    }
    *place = (struct place){ .room = event.room, .thread = event.thread, .about = event_id };
    return true;
}

/* The message that opened an item, or a person's last one. */
static bool find_own_message(struct console *console, const struct line *line, const char *who,
                             struct place *place)
{
    const char *event_id = NULL;
    struct remembered event;
    if (line->item) {
        struct place card;
        if (!find_card(console, line->item, &card))
            return false;
        event_id =
            store_str(console->store, console->arena,
                      "SELECT i.cause FROM item i JOIN outbox o ON o.item = i.id WHERE o.event_id = ?1", "s",
                      card.about);
    } else {
        event_id = world_get(console, "last", who);
    }
    if (!world_recall(console, event_id, &event)) {
        console_note(console, "%s has said nothing yet", world_shown(console, who));
        return false;
    }
    *place = (struct place){ .room = event.room, .thread = event.thread, .about = event_id };
    return true;
}

/* As clients do: a mention is set where the bot is named. */
static bool names_the_bot(const char *text)
{
    static const char name[] = "@greffier";
    const char *found = strstr(text, name);
    size_t next_len;
    if (!found)
        return false;
    int next = text_codepoint(found + sizeof name - 1, &next_len);
    return !((next >= 'a' && next <= 'z') || (next >= '0' && next <= '9') || next == '-' || next == '_');
}

static void say(struct console *console, const struct line *line, const char *who)
{
    struct place place = { .room = console->room };
    bool ok = true;
    if (line->kind == LINE_REPLY) {
        ok = find_bot_message(console, line, who, &place);
    } else if (line->place == PLACE_ITEM) {
        ok = find_card(console, line->item, &place);
        place.thread = place.about;
    } else if (line->place == PLACE_THREAD) {
        ok = find_thread(console, &place);
    } else if (line->place == PLACE_DM) {
        console_begin(console);
        place.room = world_dm(console, who);
        console_commit(console);
    }
    if (!ok || !is_in(console, place.room, who))
        return;
    const char *id = world_begin_event(
        console, &(struct remembered){ .sender = who, .room = place.room, .thread = place.thread });
    keep(console, "last", who, id);
    world_happen(console,
                 &(struct happening){ .event = { .kind = EVENT_MESSAGE,
                                                 .id = id,
                                                 .room = place.room,
                                                 .sender = who,
                                                 .at_ms = console->now_ms,
                                                 .body = line->text,
                                                 .thread = place.thread,
                                                 .reply = line->kind == LINE_REPLY ? place.about : NULL,
                                                 .is_mentioning_me = names_the_bot(line->text) } });
}

static void change_message(struct console *console, const struct line *line, const char *who)
{
    struct place place;
    struct remembered target;
    bool ok =
        line->is_card ? find_card(console, line->item, &place) : find_own_message(console, line, who, &place);
    if (!ok || !world_recall(console, place.about, &target) || !is_in(console, place.room, who))
        return;
    bool is_own = strcmp(target.sender, who) == 0;
    if (line->kind == LINE_EDIT && !is_own) {
        console_note(console, "%s did not write that", world_shown(console, who));
        return;
    }
    if (!is_own &&
        room_level(console->store, place.room, who) < room_level_for(console->store, place.room, "redact")) {
        console_note(console, "%s may not remove the messages of others", world_shown(console, who));
        return;
    }
    bool is_edit = line->kind == LINE_EDIT;
    const char *id = world_begin_event(console, &(struct remembered){ .sender = who, .room = place.room });
    world_happen(console, &(struct happening){
                              .event = { .kind = is_edit ? EVENT_EDIT : EVENT_REDACTION,
                                         .id = id,
                                         .room = place.room,
                                         .sender = who,
                                         .at_ms = console->now_ms,
                                         .body = is_edit ? line->text : NULL,
                                         .thread = is_edit ? target.thread : NULL,
                                         .target = place.about,
                                         .is_mentioning_me = is_edit && names_the_bot(line->text) } });
}

static const char *reaction_name(struct console *console, const char *who, const char *target,
                                 const char *key)
{
    return arena_printf(console->arena, "%s/%s/%s", who, target, text_fold_reaction(console->arena, key));
}

static void react(struct console *console, const struct line *line, const char *who)
{
    struct place place;
    if (!find_bot_message(console, line, who, &place) || !is_in(console, place.room, who))
        return;
    const char *name = reaction_name(console, who, place.about, line->key);
    const char *old = world_get(console, "reaction", name);
    bool is_taking_back = line->kind == LINE_UNREACT;
    if (is_taking_back != (old != NULL)) {
        console_note(console, is_taking_back ? "%s has no %s there" : "%s has %s there already",
                     world_shown(console, who), line->key);
        return;
    }
    const char *id = world_begin_event(console, &(struct remembered){ .sender = who, .room = place.room });
    keep(console, "reaction", name, is_taking_back ? NULL : id);
    world_happen(console,
                 &(struct happening){ .event = { .kind = is_taking_back ? EVENT_REDACTION : EVENT_REACTION,
                                                 .id = id,
                                                 .room = place.room,
                                                 .sender = who,
                                                 .at_ms = console->now_ms,
                                                 .target = is_taking_back ? old : place.about,
                                                 .key = is_taking_back ? NULL : line->key } });
}

/* ---- rooms and people ---- */

static void describe_room(struct console *console)
{
    struct person_list people =
        room_joined(console->store, console->room, console->arena, LINE_PEOPLE_MAX + 1);
    const char *text = "";
    for (size_t i = 0; i < people.n; i++)
        if (strcmp(people.ids[i], CONSOLE_ME) != 0)
            text = arena_printf(console->arena, "%s %s", text, world_shown(console, people.ids[i]));
    console_note(console, "%s:%s", world_label(console, console->room), text);
}

static bool are_choices_known(struct console *console, const struct line_room *choices)
{
    if (choices->lang && !world_is_language(choices->lang))
        console_note(console, "lang= is en, fr, fr-CA or fr-CH");
    else if (choices->zone && !zone_is_known(choices->zone))
        console_note(console, "zone= is a name such as Europe/Paris");
    else
        return true;
    return false;
}

static void go_to_room(struct console *console, const struct line_room *choices)
{
    if (!choices->name) {
        describe_room(console);
        return;
    }
    if (!are_choices_known(console, choices))
        return;
    const char *room_id = arena_printf(console->arena, "!%s:%s", choices->name, LINE_SERVER);
    int64_t room = room_find(console->store, room_id);
    if (!room)
        room = world_add_room(console, choices->name, choices->n_people == 0);
    console_begin(console);
    if (choices->kind)
        room_set(console->store, room, "kind", choices->kind);
    if (choices->lang)
        room_set(console->store, room, "lang", choices->lang);
    if (choices->zone)
        room_set(console->store, room, "zone", choices->zone);
    console_commit(console);
    for (size_t i = 0; i < choices->n_people; i++)
        if (!world_has_joined(console, room, choices->people[i]))
            world_change_membership(console, room, choices->people[i], "join");
    world_go(console, room);
}

static void change_bot(struct console *console, bool is_coming, const char *reason)
{
    const char *id =
        world_begin_event(console, &(struct remembered){ .sender = console->speaker, .room = console->room });
    world_happen(console,
                 &(struct happening){ .event = { .kind = is_coming ? EVENT_SELF_JOINED : EVENT_SELF_LEFT,
                                                 .id = id,
                                                 .room = console->room,
                                                 .sender = is_coming ? CONSOLE_ME : console->speaker,
                                                 .membership = is_coming ? "join" : "leave",
                                                 .reason = reason,
                                                 .at_ms = console->now_ms } });
}

static void change_person(struct console *console, const struct line *line)
{
    if (strcmp(line->person, CONSOLE_ME) == 0 && line->kind != LINE_LEVEL) {
        console_note(console, "for the bot: /kick and /invite");
        return;
    }
    if (line->kind == LINE_LEVEL) {
        world_happen(console,
                     &(struct happening){
                         .event = { .kind = EVENT_MEMBER, .room = console->room, .person = line->person },
                         .is_level = true,
                         .level = line->level });
        return;
    }
    bool is_join = line->kind == LINE_JOIN;
    if (world_has_joined(console, console->room, line->person) == is_join)
        console_note(console, "%s is %s %s", world_shown(console, line->person),
                     is_join ? "already in" : "not in", world_label(console, console->room));
    else
        world_change_membership(console, console->room, line->person, is_join ? "join" : "leave");
}

static bool become_speaker(struct console *console, const char *who)
{
    if (strcmp(who, CONSOLE_ME) == 0) {
        console_note(console, "the bot speaks for itself");
        return false;
    }
    if (who != console->speaker) /* a text printed over itself is lost */
        snprintf(console->speaker, sizeof console->speaker, "%s", who);
    return true;
}

void acts_do(struct console *console, const struct line *line)
{
    const char *who = line->who ? line->who : console->speaker;
    switch (line->kind) {
    case LINE_ROOM:
        go_to_room(console, &line->room);
        return;
    case LINE_JOIN:
    case LINE_LEAVE:
    case LINE_LEVEL:
        change_person(console, line);
        return;
    case LINE_KICK:
    case LINE_INVITE:
        change_bot(console, line->kind == LINE_INVITE, line->text);
        return;
    default:
        break;
    }
    if (!become_speaker(console, who))
        return;
    if (line->kind == LINE_SAY || line->kind == LINE_REPLY)
        say(console, line, who);
    else if (line->kind == LINE_EDIT || line->kind == LINE_REDACT)
        change_message(console, line, who);
    else
        react(console, line, who);
}
