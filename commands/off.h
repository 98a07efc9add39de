/*
 * off - days off, as they are typed and shown: the same words for a person (!me off) and for a room (!room off).
 *
 * Shape:   whose is a person's id or the turn's room's. Who may is the caller's to ask.
 */
#ifndef COMMANDS_OFF_H
#define COMMANDS_OFF_H

#include "engine/command.h"

/* "off", « congé »: what follows !me and !room; folded. */
bool off_is_word(const char *folded);
/* Answers with those to come. */
enum outcome off_show(struct turn *turn, const char *whose);
/* "24 December, 27-31 December", "remove 24 December": done and answered (true), or asked or refused in words. */
bool off_change(struct turn *turn, const char *whose, const char *typed);
/* The next few, for the templates of settings; other as days_off_of has it. NULL: none. */
struct json_object *off_value(struct turn *turn, const char *whose, const char *other);
/* Of days as the history keeps them (days_off_text): {"list": the one}. */
struct json_object *off_days(struct turn *turn, const char *kept);

#endif
