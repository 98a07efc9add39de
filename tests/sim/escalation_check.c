#include "escalation_check.h"

#include <stdlib.h>
#include <string.h>

#include "escalation_model.h"
#include "faults.h"
#include "store/store.h"

enum { MINUTE_MS = 60 * 1000, SETTLE_MS = 120000, LATE_MS = 5000, RESERVE = 3 };
enum { CALLING = 1, UNREACHED, TAKEN, SOLVED, CLOSED, CANCELLED, LAPSED };
enum {
    INTERVAL_MS = 30 * MINUTE_MS, /* after which who has it is asked how it stands */
    SILENT_MS = 4 * INTERVAL_MS, /* unheard of for so long, calling begins anew */
};

/* As the bot's store has it. */
static int64_t state_of(const struct escalation *escalation)
{
    return store_int(world.store, 0, "SELECT state FROM item WHERE cause = ?1", "s",
                     homeserver_said(escalation->command)->id);
}

static bool owns(const struct escalation *escalation, const char *person)
{
    return store_int(world.store, 0, "SELECT 1 FROM item WHERE cause = ?1 AND owner = ?2", "ss",
                     homeserver_said(escalation->command)->id, person);
}

/* The number that the room was told: a store that was put back finds it again, or who names it would name nothing. */
static void check_number(const struct escalation *escalation)
{
    int64_t number = store_int(world.store, 0, "SELECT number FROM item WHERE cause = ?1", "s",
                               homeserver_said(escalation->command)->id);
    if (*escalation->name && number != strtoll(escalation->name + strlen("ESC-"), NULL, 10))
        world_fail("w%d was %s to the room, and is ESC-%lld", escalation->word, escalation->name,
                   (long long)number);
}

/* --- Before it calls --- */

/* It is over, or whose it is has taken it, and not so long ago that calling may have begun anew. */
static bool is_silenced(const struct escalation *escalation)
{
    for (size_t i = 0; i < escalation->n_acts; i++) {
        const struct escalation_act *act = &escalation->acts[i];
        bool is_end = act->kind == ESCALATION_ENDS;
        int64_t ended_ms = is_end ? INT64_MAX : homeserver_said(act->position)->at_ms + SILENT_MS;
        if ((is_end || act->kind == ESCALATION_TAKES) && escalation_is_applied(act) &&
            world.now_ms < ended_ms - MINUTE_MS && (is_end || owns(escalation, act->person)))
            return true;
    }
    return false;
}

static bool is_unhindered(int64_t due_ms)
{
    int64_t well_ms = faults_well_since_ms();
    return well_ms < INT64_MAX && well_ms + SETTLE_MS < due_ms && world.born_ms + SETTLE_MS < due_ms &&
           world.trouble_ms + SETTLE_MS < due_ms;
}

/* More at once than the lane has in reserve meets the homeserver's own limit. */
static bool is_within_reserve(int64_t sealed_ms)
{
    return store_int(world.store, 0, "SELECT count(*) FROM outbox WHERE lane = 0 AND sealed_ms > ?1", "i",
                     sealed_ms - MINUTE_MS) <= RESERVE;
}

static void check_call(const struct sim_put *put, const struct escalation *escalation, bool is_in_room)
{
    if (is_silenced(escalation))
        world_fail("w%d calls, and somebody has it", escalation->word);
    if (is_in_room && put->is_first && put->sealed_ms - put->cause_ms > LATE_MS &&
        is_unhindered(put->cause_ms) && is_within_reserve(put->sealed_ms))
        world_fail("w%d calls %lld ms late", escalation->word, (long long)(put->sealed_ms - put->cause_ms));
}

static const char *only_called(const struct sim_put *put)
{
    struct json_object *people = escalation_called(put->content);
    if (!people || json_object_array_length(people) != 1)
        return NULL;
    return people_id(json_str(json_object_array_get_idx(people, 0), ""));
}

/* Who is asked to take it over is asked alone, and not once they have answered or it is over. */
static void check_hand(const struct sim_put *put, const struct escalation *escalation)
{
    const char *person = only_called(put);
    if (!person)
        world_fail("w%d asks others than one to take it over", escalation->word);
    const struct escalation_act *asked = escalation_last(escalation, ESCALATION_HANDS, NULL, person);
    if (!asked)
        world_fail("w%d asks %s to take it over, and nobody said so", escalation->word, person);
    for (size_t i = 0; i < escalation->n_acts; i++) {
        const struct escalation_act *act = &escalation->acts[i];
        bool is_answer = (act->kind == ESCALATION_TAKES || act->kind == ESCALATION_DECLINES) &&
                         act->person == person && act->position > asked->position;
        if ((is_answer || act->kind == ESCALATION_ENDS) && escalation_is_applied(act))
            world_fail("w%d asks %s to take it over, and that is answered", escalation->word, person);
    }
}

/* Whoever has said something of it has half an hour, or as long as they asked for, if they have said nothing since. */
static void check_question(const struct sim_put *put, const struct escalation *escalation)
{
    const char *person = only_called(put);
    const struct escalation_act *last = NULL;
    for (size_t i = 0; i < escalation->n_acts; i++)
        if (escalation->acts[i].person == person && escalation_is_applied(&escalation->acts[i]))
            last = &escalation->acts[i];
    if (!last || !owns(escalation, person))
        return;
    int64_t at_ms = homeserver_said(last->position)->at_ms;
    int64_t until_ms = last->kind == ESCALATION_SNOOZES ? last->until_ms : at_ms + INTERVAL_MS;
    bool counts =
        last->kind == ESCALATION_SNOOZES || last->kind == ESCALATION_TAKES || last->kind == ESCALATION_TELLS;
    if (last->kind == ESCALATION_ENDS)
        world_fail("w%d asks how it stands, and is over", escalation->word);
    if (counts && put->cause_ms < until_ms - MINUTE_MS)
        world_fail("w%d asks %s how it stands, who has just said so", escalation->word, person);
}

void escalation_put(const struct sim_put *put)
{
    const char *template_name = put->template_name, *body = json_str(put->content, "body");
    struct escalation *escalation = put->is_edit ? NULL : escalation_of_item(put->content);
    if (!escalation || !body)
        return;
    /* Whatever it says by now: a message of its own, and no edit of one. */
    bool is_in_room = strcmp(template_name, "escalation/call") == 0;
    if (is_in_room || strncmp(template_name, "escalation/direct", 17) == 0)
        check_call(put, escalation, is_in_room);
    if (put->is_first && strcmp(template_name, "escalation/hand") == 0 && strstr(body, "will you take over"))
        check_hand(put, escalation);
    if (put->is_first && strcmp(template_name, "escalation/check") == 0)
        check_question(put, escalation);
}

/* A store that was put back does not know what its lost life asked for the recap: a reply to that is asked for once more, and so
 * is all that follows from it. And it calls on from where it stood, so that it comes to the end of that once more. */
static bool is_of_lost_life(const char *body)
{
    return world.was_restored && body &&
           (strncmp(body, "Where is the work on ", 21) == 0 ||
            strncmp(body, "Nobody could be reached ", 24) == 0);
}

/* The same words at another time: it calls on; or the same person takes what somebody has once more, or
 * puts it off twice. */
bool escalation_may_repeat(struct json_object *content)
{
    const char *body = json_str(content, "body"), *name = json_str(content, "io.greffier.name");
    /* By its kind, not by its item: in a store that was put back it has another number. */
    bool is_ours = name && strncmp(name, "ESC-", 4) == 0;
    bool is_answer = body && (strstr(body, " already.") || strstr(body, ": not asked about until "));
    return is_ours && (escalation_called(content) || is_answer || is_of_lost_life(body));
}

/* --- The end --- */

static void check_all_called(const struct escalation *escalation)
{
    for (const int *index = escalation_chain; *index >= 0; index++) {
        const char *person = people_nth(*index);
        if (!escalation->is_called[*index] && person != escalation->author)
            world_fail("w%d never called %s, and nobody had it", escalation->word, person);
    }
    if (!escalation->is_called[people_index(escalation->owner)] && escalation->owner != escalation->author)
        world_fail("w%d never called its owner, and nobody had it", escalation->word);
}

/* It changes hands only by who takes it, or says that it is solved. */
static void check_owner(const struct escalation *escalation)
{
    bool is_known = owns(escalation, escalation->owner);
    for (int i = 0; i < PEOPLE_N && !is_known; i++)
        is_known = owns(escalation, people_nth(i)) &&
                   (escalation_last(escalation, ESCALATION_TAKES, people_nth(i), NULL) ||
                    escalation_last(escalation, ESCALATION_ENDS, people_nth(i), NULL));
    if (!is_known)
        world_fail("w%d is somebody's who never took it", escalation->word);
}

static void check_recap(const struct escalation *escalation, int64_t state)
{
    const struct escalation_act *recap = escalation_last(escalation, ESCALATION_RECAPS, NULL, NULL);
    if (state == CLOSED && !recap)
        world_fail("w%d is closed, and nobody gave its recap", escalation->word);
    if (state == SOLVED && recap)
        world_fail("w%d has its recap, and is not closed", escalation->word);
}

static void end_of(const struct escalation *escalation, int room)
{
    int64_t state = state_of(escalation);
    if (escalation->command < homeserver_room(room)->bot_since || state == 0)
        return;
    check_number(escalation);
    if (state == CALLING || state == TAKEN)
        world_fail("w%d lies still in state %d", escalation->word, (int)state);
    if ((state == UNREACHED || state == LAPSED) && !escalation->came_too_late)
        check_all_called(escalation);
    if (state >= SOLVED && state != LAPSED && !escalation_last(escalation, ESCALATION_ENDS, NULL, NULL))
        world_fail("w%d is over, and nobody said so", escalation->word);
    check_owner(escalation);
    check_recap(escalation, state);
}

void escalation_end(int room)
{
    for (size_t i = 0; i < escalation_count(); i++)
        end_of(escalation_nth(i), room);
}
