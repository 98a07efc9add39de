/*
 * json - reading and making JSON documents with json-c, type and path in one call.
 *
 * Paths are names joined by '/' because Matrix uses dots in names: json_str(event,
 * "content/m.relates_to/rel_type"). A missing member, or one of another type, reads as the fallback:
 * everything from outside is hostile.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed from root; NULL if absent or JSON null. */
struct json_object *json_find(struct json_object *root, const char *path);
/* Borrowed; NULL unless it is a string without an embedded NUL. */
const char *json_str(struct json_object *root, const char *path);
/* The array (NULL: none) has this text. */
bool json_has_str(struct json_object *array, const char *text);
int64_t json_int(struct json_object *root, const char *path, int64_t fallback);
bool json_flag(struct json_object *root, const char *path, bool fallback);
/* Borrowed; NULL unless it is an object, or an array. */
struct json_object *json_obj(struct json_object *root, const char *path);
struct json_object *json_arr(struct json_object *root, const char *path);

/* Levels of objects and arrays, 0 for a scalar; stops counting at limit + 1. */
int json_depth(struct json_object *value, int limit);

/* Whole text or nothing, up to 1,024 levels (lab.md: at json-c's default of 32 anybody can stop the sync);
 * NULL if it is not one JSON value. The caller puts it. */
struct json_object *json_parse(const char *text, size_t len);

/* The same for one who reads many texts: room for so many levels costs as much to make as a small text to read.
 * Begins as { 0 }; keeps nothing of a text, and no room for the strings of a large one. */
struct json_reader {
    struct json_tokener *tokener; /* owned; NULL: none yet */
};
struct json_object *json_read(struct json_reader *reader, const char *text, size_t len);
void json_reader_finish(struct json_reader *reader);

/* Compact, without escaped slashes. Borrowed from value until it changes. */
const char *json_text(struct json_object *value);

void json_set_str(struct json_object *object, const char *name, const char *value); /* NULL value: not set */
void json_set_int(struct json_object *object, const char *name, int64_t value);
void json_set_bool(struct json_object *object, const char *name, bool value);
/* Takes value's reference. */
void json_set(struct json_object *object, const char *name, struct json_object *value);
/* Appends a string to an array. */
void json_add_str(struct json_object *array, const char *value);

#endif
