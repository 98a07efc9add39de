/*
 * toml - a TOML text as a json-c object: a shim over toml++, the only part of ops/ in C++.
 *
 * Shape:   {"section": {"line": 3, "keys": {"name": {"line": 4, "value": ...}}}}. A value is a string, an
 *          integer, a double, a boolean or a flat array of these; anything else (a date, a table in a table, an
 *          array in an array) is JSON null. A key above the first section is {"line": 1, "value": ...}.
 * Bounds:  a text of 256 KiB, a line of 4 KiB, 8,192 dots: toml++ recurses once for each part of a dotted key,
 *          and a file of nested inline tables could spread as many parts as its dots over many lines.
 * Owns:    nothing. The caller puts what it gets.
 * Source:  trust.md D.2 (the stack overflow, measured), https://toml.io/en/v1.0.0.
 */
#ifndef OPS_TOML_H
#define OPS_TOML_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/err.h"

enum { TOML_BYTES_MAX = 256 * 1024, TOML_LINE_MAX = 4096, TOML_DOTS_MAX = 8192 };

/* NULL if it is no TOML, with "line N: why" in err. */
struct json_object *toml_parse(const char *text, size_t len, struct err *err);

#endif
