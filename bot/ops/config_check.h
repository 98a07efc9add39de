/*
 * config_check - whether a value of the configuration can be what it says it is.
 *
 * Shape:   pure; each takes the text as written and answers yes or no. The words for a no stand in the table of
 *          keys (config.c).
 * Source:  Matrix specification, "User identifiers", "Server name"; dates.md R15 (hours).
 */
#ifndef OPS_CONFIG_CHECK_H
#define OPS_CONFIG_CHECK_H

#include <stdbool.h>

/* https, or http to this machine only; without a user, a query or a fragment. */
bool config_check_url(const char *text);
bool config_check_user(const char *text);
bool config_check_server(const char *text);
bool config_check_user_or_server(const char *text);
bool config_check_path(const char *text);
bool config_check_lang(const char *text);
bool config_check_zone(const char *text);
bool config_check_hours(const char *text);
bool config_check_reminders(const char *text);
bool config_check_country(const char *text);
/* 1 to 4 visible characters, none of them a letter or a digit. */
bool config_check_prefix(const char *text);

#endif
