#include "escalation_model.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

enum {
    ESCALATIONS_MAX = 256,
    TOO_LATE_MS = 7 * 3600 * 1000, /* four hours after its deadline, calls that are late help nobody */
};

int escalation_room = -1;
const int escalation_chain[] = { 1, 2, 3, -1 };

static struct escalation escalations[ESCALATIONS_MAX];
static size_t n_escalations;

struct escalation *escalation_new(const char *author, const char *owner)
{
    if (n_escalations == ESCALATIONS_MAX)
        return NULL;
    struct escalation *escalation = &escalations[n_escalations++];
    *escalation = (struct escalation){
        .author = author, .owner = owner, .word = people_new_word(), .command = homeserver_newest() + 1
    };
    return escalation;
}

size_t escalation_count(void)
{
    return n_escalations;
}

struct escalation *escalation_nth(size_t index)
{
    return &escalations[index];
}

struct escalation *escalation_of_item(struct json_object *content)
{
    const char *item = json_str(content, "io.greffier.item");
    for (size_t i = 0; item && i < n_escalations; i++)
        if (strcmp(escalations[i].item, item) == 0)
            return &escalations[i];
    return NULL;
}

/* Acts */

struct escalation_act *escalation_note(struct escalation *escalation, const char *person,
                                       enum escalation_kind kind)
{
    static struct escalation_act none;
    struct escalation_act *act = &none;
    if (escalation->n_acts < ESCALATION_ACTS_MAX)
        act = &escalation->acts[escalation->n_acts++];
    *act = (struct escalation_act){ .position = homeserver_newest() + 1, .person = person, .kind = kind };
    return act;
}

bool escalation_is_applied(const struct escalation_act *act)
{
    return check_is_applied(act->position);
}

const struct escalation_act *escalation_last(const struct escalation *escalation, enum escalation_kind kind,
                                             const char *person, const char *other)
{
    for (size_t i = escalation->n_acts; i > 0; i--) {
        const struct escalation_act *act = &escalation->acts[i - 1];
        bool is_theirs = (!person || act->person == person) && (!other || act->other == other);
        if (act->kind == kind && is_theirs && escalation_is_applied(act))
            return act;
    }
    return NULL;
}

/* Messages */

static struct escalation *find_worded(const char *body)
{
    char text[32];
    for (size_t i = 0; i < n_escalations; i++) {
        snprintf(text, sizeof text, "w%d broke", escalations[i].word);
        const char *at = strstr(body, text);
        if (at && (at == body || at[-1] == ' '))
            return &escalations[i];
    }
    return NULL;
}

struct json_object *escalation_called(struct json_object *content)
{
    return json_arr(content, "m.mentions/user_ids");
}

static void note_called(struct escalation *escalation, const struct said *said, struct json_object *people)
{
    for (size_t i = 0; i < json_object_array_length(people); i++) {
        int person = people_index(json_str(json_object_array_get_idx(people, i), ""));
        escalation->is_called[person] = true;
        if (homeserver_room(said->room)->is_direct)
            escalation->direct[person] = said->position;
    }
}

/* A store that was put back may make a second card for it: the newest counts. */
static void note_card(const struct said *said, struct json_object *content, const char *body)
{
    struct escalation *escalation = strstr(body, "To do:") ? find_worded(body) : NULL;
    if (!escalation)
        return;
    escalation->card = said->position;
    snprintf(escalation->name, sizeof escalation->name, "%s", json_str(content, "io.greffier.name"));
    snprintf(escalation->item, sizeof escalation->item, "%s", json_str(content, "io.greffier.item"));
}

void escalation_saw(const struct said *said, struct json_object *content, int room)
{
    const char *name = json_str(content, "io.greffier.name"), *body = json_str(content, "body");
    if (!name || !body || strncmp(name, "ESC-", 4) != 0 || json_str(content, "m.new_content/body"))
        return;
    if (said->room == room && !escalation_of_item(content))
        note_card(said, content, body);
    struct escalation *escalation = escalation_of_item(content);
    if (!escalation)
        return;
    if (strstr(body, "Nobody could be reached") &&
        said->at_ms > homeserver_said(escalation->command)->at_ms + TOO_LATE_MS)
        escalation->came_too_late = true;
    struct json_object *called = escalation_called(content);
    if (strstr(body, "to close ESC-") && called && json_object_array_length(called) == 1) {
        escalation->recap_asked = said->position;
        escalation->recap_by = people_id(json_str(json_object_array_get_idx(called, 0), ""));
    }
    if (called)
        note_called(escalation, said, called);
}
