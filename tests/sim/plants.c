#include "plants.h"

#include <string.h>

#define PLANT_ROW(name, what) { #name, what },
const struct plant_row plant_rows[PLANTS_N] = { { "NONE", "nothing is wrong" }, PLANTS(PLANT_ROW) };
#undef PLANT_ROW

enum plant planted;

enum plant plant_find(const char *name)
{
    for (int i = 1; i < PLANTS_N; i++)
        if (strcmp(plant_rows[i].name, name) == 0)
            return (enum plant)i;
    return PLANT_NONE;
}
