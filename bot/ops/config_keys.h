/*
 * config_keys - the table of the configuration's keys, in the order in which they are shown.
 *
 * Shape:   config_keys has CONFIG_KEYS rows; config.c alone reads it.
 */
#ifndef OPS_CONFIG_KEYS_H
#define OPS_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "ops/config.h"

enum { CONFIG_KEYS = 20 };

enum config_kind { CONFIG_TEXT, CONFIG_PATH, CONFIG_LIST, CONFIG_CHOICE, CONFIG_INT, CONFIG_REAL };

struct config_key {
    struct config_key_info info;
    enum config_kind kind;
    size_t offset; /* into struct config: char *, config_list, int (an enum), int64_t or double */
    /* of a text, of each text in a list; NULL where the choices or the bounds say it all */
    bool (*check)(const char *text);
    const char *const *choices; /* in the order of the enum */
    double max; /* of a number; the least is 0 */
    const char *expects; /* ends the sentence "expected ..." */
    const char *example; /* a line that would do */
};

extern const struct config_key config_keys[];

#endif
