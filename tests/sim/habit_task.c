/* Tasks: nobody is called to one that is over; each call is said once, to whose it is, in their hours; it changes hands only by
 * who takes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "faults.h"
#include "habit.h"
#include "people.h"
#include "store/store.h"

enum { TASKS_MAX = 1024, STATE_DONE = 3, STATE_CANCELLED = 4, TAKERS_MAX = 16 };
enum { MINUTE_MS = 60 * 1000, DAY_MINUTES = 24 * 60, REST_MS = 4 * 60 * MINUTE_MS };
enum { LONGEST_AWAY_MS = 30 * 60 * MINUTE_MS };

struct task {
    int64_t command; /* position, as all of these; 0: not yet */
    int64_t card;
    int64_t done, cancelled;
    int room, word;
    const char *author, *owner; /* whom the command names */
    const char *takers[TAKERS_MAX]; /* who ever said that they take it */
    size_t n_takers;
    int64_t due_ms;
    char name[16]; /* "TSK-1" */
    int n_past;
    int n_before_again; /* reminded of its date once more, in the same words */
    bool
        is_changed; /* put off, moved, handed over, muted, objected to: what calls whom is the bot's to know */
};

static struct task tasks[TASKS_MAX];
static size_t n_tasks;

/* Deeds */

static const char *other_in(int room, struct chance *chance)
{
    int first = (int)chance_in(chance, 0, PEOPLE_N - 1);
    for (int i = 0; i < PEOPLE_N; i++)
        if (people_is_in(room, people_nth((first + i) % PEOPLE_N)))
            return people_nth((first + i) % PEOPLE_N);
    return NULL;
}

static void give(const char *person, struct chance *chance)
{
    char time[32], body[128];
    int room = people_room(person, chance);
    if (room < 0 || n_tasks == TASKS_MAX)
        return;
    int64_t minutes = chance_percent(chance, 50) ? chance_in(chance, 5, 180) : chance_in(chance, 3, 80) * 60;
    struct task *task = &tasks[n_tasks++];
    *task = (struct task){ .room = room,
                           .author = person,
                           .owner = other_in(room, chance),
                           .due_ms = (world.now_ms / MINUTE_MS + minutes) * MINUTE_MS,
                           .word = people_new_word() };
    people_print_time(room, task->due_ms, time);
    snprintf(body, sizeof body, "!task %s w%d thing by %s", task->owner, task->word, time);
    task->command = homeserver_newest() + 1;
    people_say(room, person, body);
}

/* One whose card is there and that is not over, as far as this person can know. */
static struct task *find_open(const char *person, struct chance *chance)
{
    size_t first = n_tasks ? (size_t)chance_in(chance, 0, (int64_t)n_tasks - 1) : 0;
    for (size_t i = 0; i < n_tasks; i++) {
        struct task *task = &tasks[(first + i) % n_tasks];
        if (task->card && !task->done && !task->cancelled && people_is_in(task->room, person))
            return task;
    }
    return NULL;
}

static int64_t command(struct task *task, const char *person, const char *name, const char *rest)
{
    char body[128];
    snprintf(body, sizeof body, "!%s %s %s", name, task->name, rest);
    return people_say(task->room, person, body);
}

static void take(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task || task->n_takers == TAKERS_MAX)
        return;
    task->takers[task->n_takers++] = person;
    if (chance_percent(chance, 50))
        people_react(task->room, person, task->card, chance_percent(chance, 50) ? "🙋" : "👍");
    else if (chance_percent(chance, 50))
        people_say_in_thread(task->room, person, task->card, "I'll take it");
    else
        command(task, person, "take", "");
}

static void do_it(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    /* Only theirs ends it, and whose it is may have changed: one try a task, by whom it was given to. */
    if (strcmp(person, task->owner) != 0)
        return;
    if (chance_percent(chance, 50))
        task->done = people_react(task->room, person, task->card, "✅");
    else
        task->done = people_say_in_thread(task->room, person, task->card, "done");
}

static void hand_over(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    const char *successor = other_in(task->room, chance);
    task->is_changed = true;
    if (strcmp(successor, person) == 0 && task->n_takers < TAKERS_MAX)
        task->takers[task->n_takers++] = person;
    command(task, person, "handover", successor);
}

static void object(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    task->is_changed = true;
    people_react(task->room, person, task->card, "⛔");
}

static void put_off(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    task->is_changed = true;
    if (chance_percent(chance, 50))
        people_react(task->room, person, task->card, "⏰");
    else
        people_say_in_thread(task->room, person, task->card, "later: in 3 hours");
}

static void move(const char *person, struct chance *chance)
{
    char time[32];
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    task->is_changed = true;
    people_print_time(task->room, world.now_ms + chance_in(chance, 1, 60) * 60 * MINUTE_MS, time);
    command(task, person, "extend", time);
}

static void follow(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (!task)
        return;
    bool is_muted = chance_percent(chance, 30);
    task->is_changed = task->is_changed || is_muted;
    people_react(task->room, person, task->card, is_muted ? "🔕" : "🔔");
}

static void cancel(const char *person, struct chance *chance)
{
    struct task *task = find_open(person, chance);
    if (task && strcmp(person, task->author) == 0)
        task->cancelled = command(task, person, "cancel", "");
}

static const struct sim_deed deeds[] = { { "gives a task", 10, give },
                                         { "takes a task", 8, take },
                                         { "says that a task is done", 8, do_it },
                                         { "hands a task over", 3, hand_over },
                                         { "objects to a task", 1, object },
                                         { "puts a task off", 2, put_off },
                                         { "moves the date of a task", 2, move },
                                         { "follows a task", 3, follow },
                                         { "cancels a task", 2, cancel },
                                         { NULL, 0, NULL } };

/* The account */

static struct task *find_named(const char *name)
{
    for (size_t i = 0; name && i < n_tasks; i++)
        if (strcmp(tasks[i].name, name) == 0)
            return &tasks[i];
    return NULL;
}

static struct task *find_worded(int room, const char *body)
{
    char text[16];
    for (size_t i = 0; body && i < n_tasks; i++) {
        snprintf(text, sizeof text, "w%d thing", tasks[i].word);
        const char *at = strstr(body, text);
        if (tasks[i].room == room && at)
            return &tasks[i];
    }
    return NULL;
}

static bool is_tasks(struct json_object *content)
{
    const char *name = json_str(content, "io.greffier.name");
    return name && strncmp(name, "TSK-", 4) == 0;
}

static bool says(struct json_object *content, const char *words)
{
    const char *body = json_str(content, "body");
    return body && strstr(body, words);
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *relation = json_str(content, "m.relates_to/rel_type");
    struct task *task = is_tasks(content) ? find_worded(said->room, json_str(content, "body")) : NULL;
    if (!task)
        return;
    if (!relation && !task->card && says(content, "done ·")) {
        task->card = said->position;
        snprintf(task->name, sizeof task->name, "%s", json_str(content, "io.greffier.name"));
        return;
    }
    bool is_past = relation && strcmp(relation, "m.thread") == 0 &&
                   (says(content, "has passed") && !says(content, "take over"));
    /* Told to its author while its owner was gone, it is news to the owner. */
    if (is_past && task->n_past++ && !task->is_changed && !people_have_left(task->room, task->owner))
        world_fail("%s says a second time that the date of w%d has passed", said->id, task->word);
}

static int64_t state_of(const struct task *task)
{
    return store_int(world.store, 0, "SELECT state FROM item WHERE cause = ?1", "s",
                     homeserver_said(task->command)->id);
}

static bool owns(const struct task *task, const char *person)
{
    return store_int(world.store, 0, "SELECT 1 FROM item WHERE cause = ?1 AND owner = ?2", "ss",
                     homeserver_said(task->command)->id, person);
}

/* Monday to Friday, 9 to 12 and 13 to 17, by the clocks of the room. */
static bool is_in_hours(int room, int64_t at_ms)
{
    int64_t minutes = (at_ms + people_room_zone_ms(room)) / MINUTE_MS;
    int64_t day = (minutes / DAY_MINUTES + 3) % 7, minute = minutes % DAY_MINUTES; /* 0 = Monday */
    return day < 5 && ((minute >= 9 * 60 && minute <= 12 * 60) || (minute >= 13 * 60 && minute <= 17 * 60));
}

static void check_call(const struct sim_put *put, const struct task *task)
{
    struct json_object *people = json_arr(put->content, "m.mentions/user_ids");
    const char *person = people ? json_str(json_object_array_get_idx(people, 0), "") : NULL;
    int64_t state = state_of(task);
    bool is_reminder = strcmp(put->template_name, "task/reminder") == 0;
    if (state == STATE_DONE || state == STATE_CANCELLED)
        world_fail("w%d calls %s, and is over", task->word, person ? person : "nobody");
    /* state 0: its date had passed when it was heard, and an answer to that opened another. */
    if (state && is_reminder && person && !owns(task, person) && strcmp(person, task->author) != 0)
        world_fail("w%d reminds %s, whose it is not", task->word, person);
    /* The room has chosen its zone by then. */
    bool is_settled = world.now_ms > world.start_ms + REST_MS;
    if (is_settled && !task->is_changed && !is_in_hours(task->room, put->cause_ms))
        world_fail("w%d calls %s out of their hours", task->word, person ? person : "nobody");
}

static void put(const struct sim_put *put)
{
    bool is_call =
        strcmp(put->template_name, "task/reminder") == 0 || strcmp(put->template_name, "task/asked") == 0;
    struct task *task =
        is_call && !put->is_edit ? find_named(json_str(put->content, "io.greffier.name")) : NULL;
    if (task)
        check_call(put, task);
}

/* Asked again, or given back and forth: the same words of another turn; or asked when back in the room, by a store that does not
 * know that they were asked before they left. */
static bool may_repeat(struct json_object *content)
{
    struct task *task = is_tasks(content) ? find_named(json_str(content, "io.greffier.name")) : NULL;
    /* A working day and a working hour before, which is one day where the date is on a Sunday. */
    if (task && says(content, " is due ") && task->n_before_again++ == 0)
        return true;
    return task && (task->is_changed || (world.was_restored && people_have_left(task->room, task->owner)));
}

/* The end */

static bool has_taken(const struct task *task, const char *person)
{
    for (size_t i = 0; i < task->n_takers; i++)
        if (strcmp(task->takers[i], person) == 0)
            return true;
    return false;
}

static void check_owner(const struct task *task)
{
    bool is_known = owns(task, task->owner);
    for (int i = 0; i < PEOPLE_N && !is_known; i++)
        is_known = owns(task, people_nth(i)) && has_taken(task, people_nth(i));
    if (!is_known && state_of(task))
        world_fail("w%d is somebody's who never took it", task->word);
}

/* The first moment in the hours of the room. */
static int64_t next_work_ms(int room, int64_t at_ms)
{
    while (!is_in_hours(room, at_ms) || !is_in_hours(room, at_ms + MINUTE_MS))
        at_ms += MINUTE_MS;
    return at_ms;
}

static void end_of(const struct task *task)
{
    int64_t state = state_of(task);
    bool has_gone = people_have_left(task->room, task->owner) || people_have_left(task->room, task->author);
    if (task->command < homeserver_room(task->room)->bot_since)
        return;
    /* The date may have passed before the bot could read it: then that was asked. */
    const struct said *command = homeserver_said(task->command);
    if (state == 0 && !has_gone && !command->is_undone && !command->is_passed_over &&
        check_is_applied(task->command) && task->due_ms > command->at_ms + LONGEST_AWAY_MS &&
        !people_have_left(task->room, task->owner))
        world_fail("w%d was never opened", task->word);
    if (state == 0)
        return;
    check_owner(task);
    if (state == STATE_DONE && !task->done)
        world_fail("w%d is done, and nobody said so", task->word);
    if (state == STATE_CANCELLED && !task->cancelled)
        world_fail("w%d is cancelled, and nobody cancelled it", task->word);
    bool is_alone = task->n_takers == 0 && !task->is_changed;
    if (task->done && is_alone && !has_gone && !task->cancelled && check_is_applied(task->done) &&
        state != STATE_DONE)
        world_fail("w%d was said to be done, and is not", task->word);
    bool is_over = task->done || task->cancelled || task->is_changed || has_gone;
    /* Who takes it after its date has seen that on the card. */
    int n_wanted = task->n_takers > 0 && task->n_past == 0 ? 0 : 1;
    /* Where who has it or gave it has left, nobody may be there to be told. */
    bool has_anybody_left =
        people_have_left(task->room, task->owner) || people_have_left(task->room, task->author);
    for (int i = 0; i < PEOPLE_N && task->n_takers > 0; i++)
        has_anybody_left = has_anybody_left || people_have_left(task->room, people_nth(i));
    /* A bot that was away then says it in the next hours that they work. */
    int64_t back_ms = task->due_ms + (faults_are_planned() ? LONGEST_AWAY_MS : 0);
    if (!is_over && !has_anybody_left && next_work_ms(task->room, back_ms) < world.end_ms - REST_MS &&
        task->n_past != n_wanted)
        world_fail("the date of w%d has passed, which was said %d times", task->word, task->n_past);
}

static void end(void)
{
    for (size_t i = 0; i < n_tasks; i++)
        end_of(&tasks[i]);
}

const struct sim_habit habit_task_sim = {
    .name = "task", .deeds = deeds, .saw = saw, .put = put, .may_repeat = may_repeat, .end = end
};
