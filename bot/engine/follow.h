/*
 * follow - who hears what becomes of an item, and whom nothing of it calls.
 *
 * Shape:   a person follows an item (🔔), mutes it (🔕), or neither; what was said last counts, and taking it back is neither.
 *          Who follows is called in its thread when its state, its date or its owner has changed: at once if they work, else
 *          when they do (calls.h), and then what was said last. Who did it, or was called to it anyway, is not.
 *          Who has muted it is named where they are meant, but nothing of it makes their telephone ring, and no reminder of it
 *          is said to them: they are asked like everybody, and their silence counts as announced. A habit may refuse that to some
 *          (may_mute).
 * Owns:    the table follow.
 * Source:  words.md 2 (🔔, 🔕), product.md "Pings are rare and due".
 */
#ifndef ENGINE_FOLLOW_H
#define ENGINE_FOLLOW_H

#include "engine/command.h"

/* ACT_FOLLOW, ACT_MUTE of the person of the request. */
enum outcome follow_act(struct turn *turn, struct item *item, const struct act_request *request);
/* Follows, without an answer, unless they have muted it: who opens an item for somebody else. */
void follow_from_now(struct turn *turn, struct item *item, const char *person);
/* It is for them after all: what they have muted calls them again. */
void follow_unmute(struct turn *turn, struct item *item, const char *person);
/* The event that said so was redacted. */
void follow_take_back(struct turn *turn, const char *event);

bool follow_is_muted(struct turn *turn, int64_t item, const char *person);

/* It has changed, by this person (NULL: by itself): who follows is told, or will be. */
void follow_tell(struct turn *turn, struct item *item, const char *by);

#endif
