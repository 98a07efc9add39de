/*
 * when_edges - inside when: where in a text a phrase may begin and end, and what beside it belongs to it.
 *
 * Shape:   places are indices of tokens; a stretch is [from, to).
 * Source:  dates.md R24-R26.
 */
#ifndef TIME_WHEN_EDGES_H
#define TIME_WHEN_EDGES_H

#include "time/when_parts.h"

bool edge_is_mark_of(const struct when_token *token, const char *marks);
/* Whether a stretch may end before `to`: not within a word or number, brackets closed. */
bool edge_is_end(const struct when_tokens *tokens, size_t from, size_t to);
bool edge_is_start(const struct when_tokens *tokens, size_t from);
/* A number, a clock time, a part of the day, a day directly behind a phrase. */
bool edge_belongs_behind(const struct when_tokens *tokens, size_t at);
/* monday or [friday], 9:00-[17:00] */
bool edge_is_range_before(const struct when_tokens *tokens, size_t at);
/* friday [until 17:00] */
bool edge_is_date_before(const struct when_tokens *tokens, size_t at);
/* every [friday], not before [friday], last [friday] */
bool edge_is_hedged_before(const struct when_tokens *tokens, size_t at);

#endif
