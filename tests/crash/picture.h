/*
 * picture - what there is to be seen once all has settled, as lines of text: in the rooms, and in the store.
 *
 * Shape:   a multiset of lines. What the reference run has and another has not was lost; what another has beyond it was
 *          doubled, or should not be there at all. Transaction ids come from causes and event ids count up, so both runs
 *          name the same things alike; instants differ, so digits are left out of what was said.
 */
#ifndef CRASH_PICTURE_H
#define CRASH_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "homeserver.h"

struct picture {
    char **lines; /* owned, sorted by picture_sort */
    size_t n, cap;
};

void picture_finish(struct picture *picture);
void picture_add(struct picture *picture, const char *line);
/* What the bot said and did at the homeserver. */
void picture_take_rooms(struct picture *picture, const struct homeserver *server);
/* What the store holds; it must be closed. False: it is not whole, and a line says why. */
bool picture_take_store(struct picture *picture, const char *path);
void picture_sort(struct picture *picture);
/* A line that begins so. */
bool picture_has(const struct picture *picture, const char *beginning);

struct difference {
    int n_lost, n_doubled;
};
/* Both sorted. Says each line that differs on `out`, unless that is NULL. */
struct difference picture_compare(const struct picture *want, const struct picture *have, void *out);

#endif
