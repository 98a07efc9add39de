/*
 * rest - whether a bot that nothing happens to stays as it is: its memory, its file, how often it wakes.
 *
 * Shape:   looked at once a day while nobody speaks; the first day is what the others are held against. Meanwhile the
 *          clock goes a day ahead and back, and later a day behind and back. Memory is that of the whole process, the
 *          world's part of it included, which does not grow either while nothing is said.
 * Errors:  growth is world_fail.
 */
#ifndef SIM_REST_H
#define SIM_REST_H

/* From that day on, until the world's end. */
void rest_begin(void);

#endif
