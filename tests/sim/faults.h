/*
 * faults - what goes wrong: with the bot, its machine, its disk, its clock, the net, the homeserver.
 *
 * Shape:   a table; the plan draws from it by weight. Each begins and, where it lasts, ends by itself; all that still
 *          lasts at world.faults_end_ms is ended then.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "chance.h"

struct sim_fault {
    const char *name;
    int weight;
    void (*run)(struct chance *chance);
};

extern const struct sim_fault sim_faults[]; /* ends with one that has no name */

void faults_begin(void);
/* The homeserver has taken an event of the bot in that room: now the answer is lost, and the event comes to lie in a hole
 * of the timeline, or is forgotten to have been sent too. */
void faults_hide(int room);
/* Since when nothing has been wrong with anything; INT64_MAX: something is. */
int64_t faults_well_since_ms(void);
/* Anything goes wrong in this world, sooner or later. */
bool faults_are_planned(void);

#endif
