/*
 * faults_private - what the parts of the faults share: faults.c has the table and what goes wrong by chance,
 * faults_moment.c what is arranged.
 */
#ifndef SIM_FAULTS_PRIVATE_H
#define SIM_FAULTS_PRIVATE_H

#include <stdint.h>

#include "chance.h"

/* Nobody can be reached; what is lost is lost by whatever net_weather says; both for so long at least and at most. */
void faults_cut(int64_t least_ms, int64_t most_ms, struct chance *chance);
void faults_weather(int64_t least_ms, int64_t most_ms, struct chance *chance);
void faults_tighten(struct chance *chance);
void faults_end_session(struct chance *chance);

/* faults_moment.c */
void faults_break_silence(struct chance *chance);
void faults_hide_event(struct chance *chance);

#endif
