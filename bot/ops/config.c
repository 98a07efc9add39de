#include "ops/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "ops/config_keys.h"
#include "ops/file.h"
#include "ops/toml.h"

enum { NEAREST_MAX = 40, QUOTE_CHARS = 60 };

/* One reading of one file. */
struct reading {
    struct config *config; /* borrowed */
    struct arena *arena; /* borrowed */
    const char *file;
    int64_t problem_line; /* the problem nearest the top so far; INT64_MAX: none */
    struct err *err;
    bool is_given[CONFIG_KEYS];
};

const struct config_key_info *config_key_at(size_t i)
{
    return i < CONFIG_KEYS ? &config_keys[i].info : NULL;
}

/* What concerns no line is told when no line has a problem. */
enum { NO_LINE = INT32_MAX };

static void report(struct reading *reading, int64_t line, const char *what)
{
    if (line >= reading->problem_line)
        return;
    reading->problem_line = line;
    if (line == NO_LINE)
        err_set(reading->err, "%s: %s", reading->file, what);
    else
        err_set(reading->err, "%s, line %" PRId64 ": %s", reading->file, line, what);
}

/* What somebody wrote, fit for a terminal and not too long. */
static const char *quoted(struct reading *reading, const char *text)
{
    struct arena *arena = reading->arena;
    return arena_printf(arena, "\"%s\"", text_shorten(arena, text_clean(arena, text), QUOTE_CHARS));
}

static const char *full_name(struct arena *arena, const struct config_key *key)
{
    return arena_printf(arena, "%s.%s", key->info.section, key->info.name);
}

/* NULL section: a key above the first section. The same name in another section is nearer than any other. */
static const char *nearest_key(struct reading *reading, const char *section, const char *name)
{
    struct arena *arena = reading->arena;
    const char *wanted = section ? arena_printf(arena, "%s.%s", section, name) : name;
    const char *best = NULL;
    int best_distance = NEAREST_MAX + 2;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const char *full = full_name(arena, &config_keys[i]);
        int distance = text_distance(section ? full : config_keys[i].info.name, wanted, NEAREST_MAX);
        if (strcmp(config_keys[i].info.name, name) == 0)
            distance = 0;
        if (distance < best_distance) {
            best_distance = distance;
            best = full;
        }
    }
    return best;
}

static const char *nearest_section(const char *name)
{
    const char *best = NULL;
    int best_distance = NEAREST_MAX + 2;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        int distance = text_distance(config_keys[i].info.section, name, NEAREST_MAX);
        if (distance < best_distance) {
            best_distance = distance;
            best = config_keys[i].info.section;
        }
    }
    return best;
}

/* NULL unless it is a text that the key takes. */
static const char *text_of(const struct config_key *key, struct json_object *value)
{
    const char *text = json_str(value, "");
    return text && strlen(text) <= CONFIG_TEXT_MAX && (!key->check || key->check(text)) ? text : NULL;
}

static bool set_text(const struct config_key *key, char **field, struct json_object *value)
{
    const char *text = text_of(key, value);
    if (!text)
        return false;
    free(*field);
    *field = xstrdup(text);
    return true;
}

static bool set_list(const struct config_key *key, struct config_list *list, struct json_object *value)
{
    struct json_object *array = json_arr(value, "");
    size_t n_items = array ? json_object_array_length(array) : 0;
    if (!array || n_items > CONFIG_LIST_MAX)
        return false;
    for (size_t i = 0; i < n_items; i++)
        if (!text_of(key, json_object_array_get_idx(array, i)))
            return false;
    list->items = xcalloc(n_items + 1, sizeof *list->items);
    for (; list->n_items < n_items; list->n_items++)
        list->items[list->n_items] = xstrdup(text_of(key, json_object_array_get_idx(array, list->n_items)));
    return true;
}

static bool set_choice(const struct config_key *key, int *field, struct json_object *value)
{
    const char *text = json_str(value, "");
    for (int i = 0; text && key->choices[i]; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            *field = i;
            return true;
        }
    }
    return false;
}

static bool set_number(const struct config_key *key, void *field, struct json_object *value)
{
    bool is_whole = json_object_is_type(value, json_type_int);
    if (!is_whole && (key->kind == CONFIG_INT || !json_object_is_type(value, json_type_double)))
        return false;
    double number = json_object_get_double(value);
    if (!(number >= 0 && number <= key->max)) /* no number is outside too */
        return false;
    if (key->kind == CONFIG_INT)
        *(int64_t *)field = json_object_get_int64(value);
    else
        *(double *)field = number;
    return true;
}

static bool set_value(const struct config_key *key, struct config *config, struct json_object *value)
{
    void *field = (char *)config + key->offset;
    switch (key->kind) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return set_text(key, field, value);
    case CONFIG_LIST:
        return set_list(key, field, value);
    case CONFIG_CHOICE:
        return set_choice(key, field, value);
    case CONFIG_INT:
    case CONFIG_REAL:
        return set_number(key, field, value);
    }
    abort();
}

/* A systemd credential is named by the variable that systemd sets, as in a shell; no other is looked at. */
static bool expand_path(struct reading *reading, const struct config_key *key, int64_t line)
{
    static const char variable[] = "$CREDENTIALS_DIRECTORY/";
    char **path = (char **)((char *)reading->config + key->offset);
    if (!text_starts_with(*path, variable))
        return true;
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (!directory || !*directory) {
        report(reading, line,
               arena_printf(
                   reading->arena,
                   "%s: $CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential=",
                   full_name(reading->arena, key)));
        return false;
    }
    char *expanded = xasprintf("%s/%s", directory, *path + sizeof variable - 1);
    free(*path);
    *path = expanded;
    return true;
}

/* Of a text or a list, what the key does not take; NULL if that is no text. */
static const char *refused_text(const struct config_key *key, struct json_object *value)
{
    struct json_object *array = json_arr(value, "");
    for (size_t i = 0; array && i < json_object_array_length(array); i++)
        if (!text_of(key, json_object_array_get_idx(array, i)))
            return json_str(json_object_array_get_idx(array, i), "");
    return json_str(value, "");
}

static void read_value(struct reading *reading, const struct config_key *key, struct json_object *entry)
{
    struct arena *arena = reading->arena;
    int64_t line = json_int(entry, "line", 1);
    struct json_object *value = json_find(entry, "value");
    reading->is_given[key - config_keys] = true;
    if (!set_value(key, reading->config, value)) {
        const char *got = refused_text(key, value);
        report(reading, line,
               arena_printf(arena, "%s: expected %s%s%s", full_name(arena, key), key->expects,
                            got ? ", not " : "", got ? quoted(reading, got) : ""));
    } else if (key->kind == CONFIG_PATH) {
        expand_path(reading, key, line);
    }
}

static const struct config_key *find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].info.section, section) == 0 && strcmp(config_keys[i].info.name, name) == 0)
            return &config_keys[i];
    return NULL;
}

static void report_unknown(struct reading *reading, const char *section, const char *name, int64_t line)
{
    struct arena *arena = reading->arena;
    const char *full = section ? arena_printf(arena, "%s.%s", section, name) : name;
    report(reading, line,
           arena_printf(arena, "unknown key %s; the nearest is \"%s\"", quoted(reading, full),
                        nearest_key(reading, section, name)));
}

static bool is_section(const char *name)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].info.section, name) == 0)
            return true;
    return false;
}

static void read_section(struct reading *reading, const char *name, struct json_object *section)
{
    struct json_object *entries = json_obj(section, "keys");
    int64_t line = json_int(section, "line", 1);
    if (entries && !is_section(name)) {
        report(reading, line,
               arena_printf(reading->arena, "unknown section %s; the nearest is \"[%s]\"",
                            quoted(reading, name), nearest_section(name)));
        return;
    }
    if (!entries) {
        report_unknown(reading, NULL, name, line);
        return;
    }
    json_object_object_foreach(entries, key_name, entry)
    {
        const struct config_key *key = find_key(name, key_name);
        if (key)
            read_value(reading, key, entry);
        else
            report_unknown(reading, name, key_name, json_int(entry, "line", line));
    }
}

static void take_default(struct reading *reading, const struct config_key *key)
{
    /* What TOML and JSON write alike. */
    struct json_object *value = json_parse(key->info.default_text, strlen(key->info.default_text));
    bool is_taken = set_value(key, reading->config, value);
    assert(is_taken);
    json_object_put(value);
}

static void read_absent(struct reading *reading)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        if (reading->is_given[i])
            continue;
        if (config_keys[i].info.default_text)
            take_default(reading, &config_keys[i]);
        else if (config_keys[i].info.is_required)
            report(reading, NO_LINE,
                   arena_printf(reading->arena, "%s is missing; under [%s], for example: %s",
                                full_name(reading->arena, &config_keys[i]), config_keys[i].info.section,
                                config_keys[i].example));
    }
}

/* What no key alone can know. */
static void check_whole(struct reading *reading)
{
    struct config *config = reading->config;
    if (config->homeserver.password_file && config->homeserver.access_token_file)
        report(reading, NO_LINE,
               "homeserver.password_file and homeserver.access_token_file are both given; keep one");
    if (config->access.admins.n_items == 0 && config->access.invite_from.n_items == 0)
        report(reading, NO_LINE,
               "nobody could invite the bot; under [access], for example: admins = [\"@alice:example.org\"]");
}

static void complete(struct config *config)
{
    char *url = config->homeserver.url;
    for (size_t len = strlen(url); len && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    if (!config->store.key_file)
        config->store.key_file = xasprintf("%s.key", config->store.path);
}

static bool read_tree(struct reading *reading, struct json_object *tree)
{
    json_object_object_foreach(tree, name, section)
    {
        read_section(reading, name, section);
    }
    read_absent(reading);
    check_whole(reading);
    if (reading->problem_line != INT64_MAX)
        return false;
    complete(reading->config);
    return true;
}

bool config_parse(const char *name, const char *text, size_t len, struct config *config, struct err *err)
{
    struct err why = { "" };
    *config = (struct config){ .file = xstrdup(name) };
    struct json_object *tree = toml_parse(text, len, &why);
    bool is_read = false;
    if (tree) {
        struct arena *arena = arena_create();
        struct reading reading = {
            .config = config, .arena = arena, .file = name, .problem_line = INT64_MAX, .err = err
        };
        is_read = read_tree(&reading, tree);
        arena_destroy(arena);
        json_object_put(tree);
    } else {
        err_set(err, "%s, %s", name, why.text);
    }
    if (!is_read)
        config_finish(config);
    return is_read;
}

static bool load_file(const char *path, struct config *config, struct err *err)
{
    size_t len;
    char *text = file_read(path, TOML_BYTES_MAX, &len, err);
    if (!text)
        return false;
    bool is_read = config_parse(path, text, len, config, err);
    free(text);
    return is_read;
}

bool config_load(const char *path, struct config *config, struct err *err)
{
    static const char *const places[] = { "./greffier.toml", "/etc/greffier/greffier.toml" };
    *config = (struct config){ 0 };
    const char *named = path ? path : getenv("GREFFIER_CONFIG");
    if (named && *named)
        return load_file(named, config, err);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (access(places[i], F_OK) == 0)
            return load_file(places[i], config, err);
    return err_set(err,
                   "no configuration: neither %s nor %s is there; name one with --config, or start from "
                   "config.example.toml",
                   places[0], places[1]);
}

static void finish_list(struct config_list *list)
{
    for (size_t i = 0; i < list->n_items; i++)
        free(list->items[i]);
    free(list->items);
}

void config_finish(struct config *config)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        void *field = (char *)config + config_keys[i].offset;
        if (config_keys[i].kind == CONFIG_TEXT || config_keys[i].kind == CONFIG_PATH)
            free(*(char **)field);
        else if (config_keys[i].kind == CONFIG_LIST)
            finish_list(field);
    }
    free(config->file);
    *config = (struct config){ 0 };
}

static bool list_has(const struct config_list *list, const char *text)
{
    for (size_t i = 0; i < list->n_items; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

bool config_is_admin(const struct config *config, const char *user_id)
{
    return list_has(&config->access.admins, user_id);
}

bool config_may_invite(const struct config *config, const char *user_id)
{
    const char *colon = strchr(user_id, ':');
    if (user_id[0] != '@' || !colon)
        return false;
    return config_is_admin(config, user_id) || list_has(&config->access.invite_from, user_id) ||
           list_has(&config->access.invite_from, colon + 1);
}
