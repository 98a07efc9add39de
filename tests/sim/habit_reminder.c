/* Reminders: each is said once, when its hour has come, unless it was cancelled before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "habit.h"
#include "people.h"
#include "store/store.h"

enum { REMINDERS_MAX = 1024, STATE_SAID = 2, STATE_CANCELLED = 3, SLACK_MS = 61000 };

struct reminder {
    int64_t command; /* position, as the next two; 0: not yet */
    int64_t card;
    int64_t cancel;
    int room;
    const char *person;
    int64_t due_ms;
    int word;
    char name[16]; /* "RMD-1" */
    int64_t said; /* position; 0: not yet */
    int n_said;
};

static struct reminder reminders[REMINDERS_MAX];
static size_t n_reminders;

/* Deeds */

static void remind(const char *person, struct chance *chance)
{
    char time[32], body[128];
    int room = people_room(person, chance);
    if (room < 0 || n_reminders == REMINDERS_MAX)
        return;
    struct reminder *reminder = &reminders[n_reminders++];
    int64_t minutes = chance_percent(chance, 50) ? chance_in(chance, 3, 90) : chance_in(chance, 2, 60) * 60;
    int64_t due_ms = (world.now_ms / 60000 + minutes) * 60000;
    if (chance_percent(chance, 50))
        due_ms = due_ms / 3600000 * 3600000 + 3600000;
    *reminder =
        (struct reminder){ .room = room, .person = person, .due_ms = due_ms, .word = people_new_word() };
    people_print_time(room, reminder->due_ms, time);
    snprintf(body, sizeof body, "!remind me w%d thing %s", reminder->word, time);
    reminder->command = homeserver_newest() + 1;
    people_say(room, person, body);
}

static void cancel(const char *person, struct chance *chance)
{
    struct reminder *found = NULL;
    size_t first = n_reminders ? (size_t)chance_in(chance, 0, (int64_t)n_reminders - 1) : 0;
    for (size_t i = 0; i < n_reminders && !found; i++) {
        struct reminder *reminder = &reminders[(first + i) % n_reminders];
        if (reminder->person == person && reminder->card && !reminder->cancel &&
            people_is_in(reminder->room, person) && reminder->due_ms > world.now_ms)
            found = reminder;
    }
    if (!found)
        return;
    char body[64];
    snprintf(body, sizeof body, "!cancel %s", found->name);
    found->cancel = homeserver_newest() + 1;
    people_say(found->room, person, body);
}

static const struct sim_deed deeds[] = { { "wants to be reminded", 10, remind },
                                         { "cancels a reminder", 4, cancel },
                                         { NULL, 0, NULL } };

/* The account */

static bool has_word(const char *body, int word)
{
    char text[16];
    snprintf(text, sizeof text, "w%d ", word);
    return body && strstr(body, text);
}

static struct reminder *find(int room, const char *body)
{
    for (size_t i = 0; i < n_reminders; i++)
        if (reminders[i].room == room && has_word(body, reminders[i].word))
            return &reminders[i];
    return NULL;
}

/* What was to be said; without a mention, where its owner has left the room. Cards and answers name the reminder. */
static bool is_due(struct json_object *content)
{
    const char *name = json_str(content, "io.greffier.name"), *body = json_str(content, "body");
    return name && body && strncmp(name, "RMD-", 4) == 0 && !strstr(body, name);
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *body = json_str(content, "body");
    struct reminder *reminder = find(said->room, body);
    if (!reminder || json_str(content, "m.relates_to/rel_type"))
        return;
    if (is_due(content)) {
        if (reminder->said && !homeserver_said(reminder->said)->is_undone)
            world_fail("%s reminds of w%d a second time", said->id, reminder->word);
        reminder->said = said->position;
        reminder->n_said = 1;
        if (world.now_ms < reminder->due_ms - SLACK_MS)
            world_fail("%s reminds of w%d before its time", said->id, reminder->word);
    } else if (!reminder->card && strncmp(body, "RMD-", 4) == 0) {
        reminder->card = said->position;
        snprintf(reminder->name, sizeof reminder->name, "%.*s", (int)strcspn(body, ":"), body);
    }
}

static int64_t state_of(const struct reminder *reminder)
{
    return store_int(world.store, 0, "SELECT state FROM item WHERE cause = ?1", "s",
                     homeserver_said(reminder->command)->id);
}

static void put(const struct sim_put *put)
{
    if (!is_due(put->content) || put->is_edit)
        return;
    struct reminder *reminder = find(put->room, json_str(put->content, "body"));
    if (reminder && state_of(reminder) == STATE_CANCELLED)
        world_fail("w%d is reminded of, and was cancelled", reminder->word);
}

/* The end */

static bool is_answered(const struct reminder *reminder)
{
    const char *asked = homeserver_said(reminder->command)->id;
    for (int64_t position = reminder->command + 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        if (strcmp(said->sender, BOT_ME) == 0 && !said->is_lost && strstr(said->content, asked))
            return true;
    }
    return false;
}

static void end_of(const struct reminder *reminder)
{
    int64_t state = state_of(reminder);
    if (reminder->due_ms >= world.end_ms || reminder->command < homeserver_room(reminder->room)->bot_since)
        return;
    const struct said *asked = homeserver_said(reminder->command);
    if (state == 0 && (asked->is_undone || asked->is_passed_over))
        return;
    if (!is_answered(reminder))
        world_fail("w%d was never answered", reminder->word);
    if (state == 0) /* it came too late to be set: then the answer asked for another date */
        return;
    if (state != STATE_SAID && state != STATE_CANCELLED)
        world_fail("w%d was due and is still set", reminder->word);
    if (state == STATE_CANCELLED && !reminder->cancel)
        world_fail("w%d is cancelled, and nobody cancelled it", reminder->word);
    if ((state == STATE_SAID) != (reminder->n_said == 1))
        world_fail("w%d was reminded of %d times, and its state is %d", reminder->word, reminder->n_said,
                   (int)state);
}

static void end(void)
{
    for (size_t i = 0; i < n_reminders; i++)
        end_of(&reminders[i]);
}

const struct sim_habit habit_reminder_sim = {
    .name = "reminder", .deeds = deeds, .saw = saw, .put = put, .end = end
};
