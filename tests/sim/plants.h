/*
 * plants - the planted bugs by name.
 */
#ifndef SIM_PLANTS_H
#define SIM_PLANTS_H

#include "base/plant.h"

struct plant_row {
    const char *name, *what;
};

extern const struct plant_row plant_rows[PLANTS_N];
/* PLANT_NONE if there is none of that name. */
enum plant plant_find(const char *name);

#endif
