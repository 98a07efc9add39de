/*
 * config - the one file that says who the bot is, where it keeps its things and whom it obeys.
 *
 * Shape:   one table of keys (config.c) is the one place that knows names, types, defaults and checks; the
 *          errors, config.example.toml's test and `greffier check` come from it.
 * Owns:    struct config owns its strings, until config_finish.
 * Errors:  "FILE, line N: what is wrong and what is expected"; of several, the one nearest the top.
 *          On error the struct is empty and needs no config_finish.
 * Bounds:  toml.h's, and CONFIG_LIST_MAX entries a list, CONFIG_TEXT_MAX bytes a value.
 * Source:  product.md "Configuration", trust.md B.2 rows 20 and 27.
 */
#ifndef OPS_CONFIG_H
#define OPS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

enum { CONFIG_LIST_MAX = 1000, CONFIG_TEXT_MAX = 1000, CONFIG_SECRET_MAX = 4096 };

/* Whose devices are obeyed in encrypted rooms: those their owner has signed, or any. */
enum config_trust { CONFIG_TRUST_CROSS_SIGNED, CONFIG_TRUST_LAX };

/* CONFIG_ON is the default. */
enum config_switch { CONFIG_ON, CONFIG_OFF };

struct config_list {
    char **items; /* owned */
    size_t n_items;
};

struct config {
    char *file; /* what was read */
    struct {
        char *url; /* without a slash at its end */
        char *user;
        char *password_file; /* NULL if not given */
        char *access_token_file; /* NULL if not given; never both */
    } homeserver;
    struct {
        char *path;
        char *key_file; /* path with ".key" unless given */
    } store;
    struct {
        struct config_list admins; /* full user ids */
        struct config_list invite_from; /* server names and full user ids */
        struct config_list bots; /* full user ids that are never asked nor obeyed */
        enum config_trust trust;
    } access;
    struct {
        char *lang; /* en, fr, fr-CA, fr-CH */
        char *zone; /* IANA */
        char *hours;
        char *country; /* holidays.h; "": none */
        char *reminders; /* moments.h */
        char *prefix;
    } defaults;
    struct {
        int64_t burst;
        double refill_per_s; /* either of them 0: the homeserver has no limit */
    } limits;
    struct {
        enum config_switch sandbox;
    } process;
    struct {
        enum log_level level;
    } log;
};

/* A row of the table of keys, for those who list it. */
struct config_key_info {
    const char *section;
    const char *name;
    const char *default_text; /* as TOML; NULL if it must be given or may be absent */
    bool is_required;
};

/* path NULL: $GREFFIER_CONFIG, else ./greffier.toml, else /etc/greffier/greffier.toml; one that is named must
 * exist. Paths in it are relative to the working directory; "$CREDENTIALS_DIRECTORY/name" is a systemd
 * credential. */
bool config_load(const char *path, struct config *config, struct err *err);
/* name stands for the file in errors. */
bool config_parse(const char *name, const char *text, size_t len, struct config *config, struct err *err);
void config_finish(struct config *config);

/* The i-th key in the order of config.example.toml; NULL past the end. */
const struct config_key_info *config_key_at(size_t i);

/* Whether this full user id is among the admins; whether it, or its server, may invite (admins may). */
bool config_is_admin(const struct config *config, const char *user_id);
bool config_may_invite(const struct config *config, const char *user_id);

/* A secret of one line, without its end of line; the caller wipes (secret.h) and frees it. "-" is standard
 * input, without echo if that is a terminal. A file must belong to us or to root and be closed to all others
 * (systemd keeps its credentials so by itself). NULL on error, which never tells what was read. */
char *config_read_secret(const char *path, struct err *err);

#endif
