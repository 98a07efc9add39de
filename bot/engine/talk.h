/*
 * talk - fifteen minutes of talk about an item: the times proposed, whom they concern, who can at which.
 *
 * Shape:   one talk an item. A time is known by its place in the list, from 1 on, for as long as the talk lasts. What is to
 *          be done with it is the habit's affair (commands/decision_talk.c); step is its word.
 * Units:   *_ms since 1970 UTC.
 * Owns:    the tables talk, talk_person, talk_pick. Texts are in the turn's arena.
 */
#ifndef ENGINE_TALK_H
#define ENGINE_TALK_H

#include "engine/item.h"

enum { TALK_SLOTS_MAX = 9 };

struct talk {
    int step;
    int n_rounds; /* how often it was proposed, or its result asked for */
    int64_t at_ms; /* when it is due, or takes place */
    int64_t slots[TALK_SLOTS_MAX];
    size_t n_slots;
};

/* False: there is none. */
bool talk_get(struct turn *turn, const struct item *item, struct talk *out);
void talk_set(struct turn *turn, const struct item *item, const struct talk *talk);
/* It is over, with all that belongs to it; nobody is asked any more. */
void talk_drop(struct turn *turn, const struct item *item);
/* The digits mean nothing any more. */
void talk_close(struct turn *turn, const struct item *item);
/* The times are others from now on: nobody can at any of them yet, and nobody has been asked. */
void talk_clear(struct turn *turn, const struct item *item);

#define TALK_UNASKED (-1)

struct talk_person {
    const char *person;
    int64_t row; /* that asked them; 0: none yet; TALK_UNASKED: none, and none is needed */
};
struct talk_people {
    struct talk_person *list;
    size_t n;
};
struct talk_people talk_people(struct turn *turn, const struct item *item);
/* These and nobody else: who is new has not been asked, who is gone can at no time. */
void talk_set_people(struct turn *turn, const struct item *item, struct person_list people);
/* They are asked by that row: its digits are choices of the times, for as long as the talk lasts. row 0: they are to be asked. */
void talk_ask(struct turn *turn, const struct item *item, const struct talk *talk, const char *person,
              int64_t row);

/* slot is a place in the list, from 1 on. */
void talk_pick(struct turn *turn, const struct item *item, const char *person, int64_t slot);
/* What that event said; false: nothing. */
bool talk_unpick(struct turn *turn, const struct item *item, const char *event);
struct person_list talk_picked(struct turn *turn, const struct item *item, int64_t slot);

#endif
