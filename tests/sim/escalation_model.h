/*
 * escalation_model - the escalations of the simulated team: what was reported, what was done about each, what was seen of it.
 *
 * Shape:   one list, in the order in which they were reported. Acts are noted as they are said, whether the bot will heed them or
 *          not: escalation_is_applied says what it has heard. The account is made from what the homeserver accepted.
 * Owns:    the list, for the whole run.
 */
#ifndef SIM_ESCALATION_MODEL_H
#define SIM_ESCALATION_MODEL_H

#include "base/json.h"
#include "homeserver.h"
#include "people.h"

/* The first so many of the people are in it. */
enum { ESCALATION_TEAM_N = 5, ESCALATION_ACTS_MAX = 32 };

enum escalation_kind {
    ESCALATION_TAKES,
    ESCALATION_TELLS, /* how it stands */
    ESCALATION_HANDS, /* asks `other` to take it over */
    ESCALATION_DECLINES, /* to take it over */
    ESCALATION_SNOOZES, /* until `until_ms` */
    ESCALATION_ENDS,
    ESCALATION_RECAPS, /* all three lines */
    ESCALATION_JUDGES,
};

struct escalation_act {
    int64_t position, until_ms;
    const char *person, *other;
    enum escalation_kind kind;
};

struct escalation {
    int64_t command, card; /* positions; 0: not yet */
    int64_t recap_asked; /* the newest message that asks for its recap */
    const char *recap_by; /* of whom: a bare reply to it counts from nobody else */
    int word;
    const char *author, *owner; /* owner: whom the command names */
    char name[16]; /* "ESC-1", as its people know it */
    char item[48];
    struct escalation_act acts[ESCALATION_ACTS_MAX];
    size_t n_acts;
    int64_t direct[PEOPLE_N]; /* the newest message that called that person alone */
    bool is_called[PEOPLE_N];
    bool came_too_late; /* the bot, or the net, was down for so long that calling helped nobody */
};

/* Their room; -1: it was not made yet. Whom it calls, as people_nth has them; ends with -1. */
extern int escalation_room;
extern const int escalation_chain[];

/* NULL: there is no place for one more. */
struct escalation *escalation_new(const char *author, const char *owner);
size_t escalation_count(void);
struct escalation *escalation_nth(size_t index);
/* That a message of the bot's is about; NULL: none. */
struct escalation *escalation_of_item(struct json_object *content);

/* What is about to be said. Returns it, to say more of it; of one too many, nothing is kept. */
struct escalation_act *escalation_note(struct escalation *escalation, const char *person,
                                       enum escalation_kind kind);
bool escalation_is_applied(const struct escalation_act *act);
/* The last that this person did of this kind, as far as the bot has heard; NULL: nothing. other NULL: to anybody. */
const struct escalation_act *escalation_last(const struct escalation *escalation, enum escalation_kind kind,
                                             const char *person, const char *other);

/* A message of the bot's, in the room of the escalations or to one person. */
void escalation_saw(const struct said *said, struct json_object *content, int room);
/* Whom a message calls; NULL: nobody. */
struct json_object *escalation_called(struct json_object *content);

#endif
