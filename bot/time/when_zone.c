/* The zone behind a clock time (R21). */
#include <ctype.h>
#include <string.h>

#include "time/when_reader.h"
#include "time/zone_names.h"

enum { OFFSET_MINUTES_MAX = 14 * 60, CITY_TOKENS_MAX = 9, ZONE_LETTERS_MIN = 4 };

/* What is short for a zone. One with several zones is anybody's guess: it is asked, each as a candidate. */
static const struct when_zone_word zone_words[] = {
    { "utc", { "UTC" }, 0, false },
    { "gmt", { "UTC" }, 0, false },
    { "z", { "UTC" }, 0, false },
    { "et", { "America/New_York" }, 0, false },
    { "ct", { "America/Chicago" }, 0, false },
    { "mt", { "America/Denver" }, 0, false },
    { "pt", { "America/Los_Angeles" }, 0, false },
    { "cet", { "Europe/Paris" }, 1, true },
    { "cest", { "Europe/Paris" }, 2, true },
    { "est", { "America/New_York" }, -5, true },
    { "edt", { "America/New_York" }, -4, true },
    { "pst", { "America/Los_Angeles" }, -8, true },
    { "pdt", { "America/Los_Angeles" }, -7, true },
    { "bst", { "Europe/London" }, 1, true },
    { "wet", { "Europe/Lisbon" }, 0, true },
    { "west", { "Europe/Lisbon" }, 1, true },
    { "eet", { "Europe/Athens" }, 2, true },
    { "eest", { "Europe/Athens" }, 3, true },
    { "cst", { "America/Chicago", "Asia/Shanghai", "America/Havana" }, 0, false },
    { "cdt", { "America/Chicago", "America/Havana" }, 0, false },
    { "mst", { "America/Denver", "America/Phoenix", "Asia/Kuala_Lumpur" }, 0, false },
    { "mdt", { "America/Denver", "America/Chihuahua" }, 0, false },
    { "ist", { "Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin" }, 0, false },
    { "ast", { "America/Halifax", "Asia/Riyadh" }, 0, false },
    { "adt", { "America/Halifax", "Asia/Riyadh" }, 0, false },
    { "eastern", { "America/New_York", "Australia/Sydney" }, 0, false },
    { "central", { "America/Chicago", "Australia/Adelaide" }, 0, false },
    { "mountain", { "America/Denver" }, 0, false },
    { "pacific", { "America/Los_Angeles" }, 0, false },
    { "gst", { "Asia/Dubai", "Atlantic/South_Georgia" }, 0, false },
    { "sst", { "Pacific/Pago_Pago", "Asia/Singapore" }, 0, false },
    { "ect", { "America/Guayaquil", "Europe/Paris" }, 0, false },
};

static const struct when_zone_word *find_zone_word(const char *name)
{
    for (size_t i = 0; i < sizeof zone_words / sizeof *zone_words; i++)
        if (!strcmp(zone_words[i].name, name))
            return &zone_words[i];
    return NULL;
}

static void set_zone(struct said *said, const char *zone)
{
    said->has_zone = true;
    memcpy(said->zone, zone, strnlen(zone, sizeof said->zone - 1) + 1);
    said->zone[sizeof said->zone - 1] = '\0';
}

static void set_offset(struct said *said, int sign, int hours, int minutes)
{
    said->has_zone = said->is_offset = true;
    said->offset_s = sign * (hours * 3600 + minutes * 60);
    if (minutes > 59 || hours * 60 + minutes > OFFSET_MINUTES_MAX)
        said->is_impossible = true;
}

enum minus { MINUS_OF_OFFSET, MINUS_OF_EITHER, MINUS_OF_SPAN };

/* A hyphen between two clock times is an offset's in ISO dates and in brackets; else 09:00-12:00 is a span, and
 * 09:00 -12:00 and 17:00-05:00 may be either. */
static enum minus read_minus(const struct when_reader *r, size_t at)
{
    bool is_bracketed = at > 0 && (reader_is_mark(r, at - 1, '(') || reader_is_mark(r, at - 1, '['));
    bool is_second_half = r->said->part == PART_AFTERNOON || r->said->part == PART_EVENING;
    bool is_later = r->said->clock.hour + (is_second_half ? 12 : 0) < reader_token(r, at + 1)->value;
    if (r->is_iso || is_bracketed)
        return MINUS_OF_OFFSET;
    if (reader_token(r, at)->is_glued)
        return is_later ? MINUS_OF_SPAN : MINUS_OF_EITHER;
    return is_later ? MINUS_OF_EITHER : MINUS_OF_OFFSET;
}

/* +01:00, +0100, -05:00 behind a time; in ISO dates also +01. */
static size_t read_offset(struct when_reader *r, size_t at)
{
    bool is_minus = reader_is_mark(r, at, '-');
    if ((!is_minus && !reader_is_mark(r, at, '+')) || !reader_is_glued_number(r, at + 1, 2, 4))
        return 0;
    int hours = reader_token(r, at + 1)->value, minutes = 0;
    size_t n = 2;
    if (reader_is_number(r, at + 1, 4, 4)) {
        minutes = hours % 100;
        hours /= 100;
    } else if (reader_is_number(r, at + 1, 2, 2) && reader_is_glued_mark(r, at + 2, ':') &&
               reader_is_glued_number(r, at + 3, 2, 2)) {
        minutes = reader_token(r, at + 3)->value;
        n = 4;
    } else if (!r->is_iso || !reader_is_number(r, at + 1, 2, 2)) {
        return 0;
    }
    enum minus minus = is_minus ? read_minus(r, at) : MINUS_OF_OFFSET;
    if (minus == MINUS_OF_SPAN)
        return 0;
    r->said->is_doubtful |= minus == MINUS_OF_EITHER;
    set_offset(r->said, is_minus ? -1 : 1, hours, minutes);
    return n;
}

/* Behind UTC and GMT: +1, -5, +5:30. */
static size_t read_utc_offset(struct when_reader *r, size_t at)
{
    bool is_minus = reader_is_mark(r, at, '-');
    if ((!is_minus && !reader_is_mark(r, at, '+')) || !reader_is_glued_number(r, at + 1, 1, 2))
        return 0;
    bool has_minutes = reader_is_glued_mark(r, at + 2, ':') && reader_is_glued_number(r, at + 3, 2, 2);
    set_offset(r->said, is_minus ? -1 : 1, reader_token(r, at + 1)->value,
               has_minutes ? reader_token(r, at + 3)->value : 0);
    return has_minutes ? 4 : 2;
}

/* Europe/Paris, Etc/GMT+5, Singapore: a name of the tz database; short ones are letters that may mean
 * others. */
static size_t read_zone_name(struct when_reader *r, size_t at)
{
    size_t n = 1;
    while (at + n < r->end && reader_token(r, at + n)->is_glued &&
           (reader_token(r, at + n)->kind != TOKEN_MARK || strchr("/_-+", reader_token(r, at + n)->mark)))
        n++;
    char name[64];
    const char *text = r->tokens->text + reader_token(r, at)->from;
    for (; n > 0; n--) {
        size_t len = reader_token(r, at + n - 1)->to - reader_token(r, at)->from;
        if (len < ZONE_LETTERS_MIN || len >= sizeof name)
            continue;
        memcpy(name, text, len);
        name[len] = '\0';
        const char *zone = zone_names_find(name);
        if (!zone)
            continue;
        set_zone(r->said, zone);
        return n;
    }
    return 0;
}

/* The tokens as one name: words apart by spaces, without apostrophes and full stops. "" if it is too long. */
static void join(const struct when_reader *r, size_t at, size_t n, char *out, size_t size)
{
    size_t len = 0;
    bool is_clinging = true;
    for (size_t i = at; i < at + n; i++) {
        const struct when_token *t = reader_token(r, i);
        if (t->kind == TOKEN_MARK) {
            is_clinging |= t->mark == '\'';
            continue;
        }
        size_t word_len = strlen(t->word);
        if (len + word_len + 2 > size) {
            out[0] = '\0';
            return;
        }
        if (!is_clinging)
            out[len++] = ' ';
        memcpy(out + len, t->word, word_len);
        len += word_len;
        is_clinging = false;
    }
    out[len] = '\0';
}

static const char *find_city(const struct when_reader *r, size_t at, size_t n, bool is_french)
{
    char city[80];
    join(r, at, n, city, sizeof city);
    const char *zone = is_french ? zone_names_of_french_city(city) : NULL;
    if (zone)
        return zone;
    return city[0] ? zone_names_of_city(city) : NULL;
}

/* New York time */
static size_t read_city_time(struct when_reader *r, size_t at)
{
    if (reader_token(r, at)->kind != TOKEN_WORD)
        return 0;
    for (size_t n = 1; n <= CITY_TOKENS_MAX && at + n < r->end; n++) {
        if (!reader_is_word(r, at + n, "time"))
            continue;
        const char *zone = find_city(r, at, n, false);
        if (!zone)
            return 0;
        set_zone(r->said, zone);
        return n + 1;
    }
    return 0;
}

/* heure de New York, heure d'Athènes, heure du Caire */
static size_t read_heure_de(struct when_reader *r, size_t at)
{
    if (!reader_is_word(r, at, "heure"))
        return 0;
    size_t n = 1;
    if (reader_is_word(r, at + n, "d") && reader_is_mark(r, at + n + 1, '\''))
        n += 2;
    else if (reader_is_word(r, at + n, "de") || reader_is_word(r, at + n, "du"))
        n++;
    else
        return 0;
    for (size_t m = CITY_TOKENS_MAX; m > 0; m--) {
        const char *zone = at + n + m <= r->end ? find_city(r, at + n, m, true) : NULL;
        if (!zone)
            continue;
        set_zone(r->said, zone);
        return n + m;
    }
    return 0;
}

/* et, est, west, pt are words too: within a text only their capitals are zones, and ET in French only at
 * its end. */
static bool is_typed_as_zone(const struct when_reader *r, size_t at, size_t n)
{
    const struct when_token *t = reader_token(r, at);
    bool is_last = true;
    for (size_t i = at + n; i < r->tokens->n; i++)
        is_last &= r->tokens->all[i].kind == TOKEN_MARK || r->tokens->all[i].kind == TOKEN_EMOJI;
    if (is_last || t->is_glued)
        return true;
    for (size_t i = t->from; i < t->to; i++)
        if (islower((unsigned char)r->tokens->text[i]))
            return false;
    return !(r->tokens->is_french && !strcmp(t->word, "et"));
}

static size_t read_zone_word(struct when_reader *r, size_t at)
{
    struct said *said = r->said;
    const struct when_zone_word *zone = find_zone_word(reader_token(r, at)->word);
    if (!zone || reader_is_glued_number(r, at + 1, 1, 9) || reader_is_glued_mark(r, at + 1, '/'))
        return 0;
    if (!strcmp(zone->zones[0], "UTC")) {
        size_t n = strcmp(zone->name, "z") ? read_utc_offset(r, at + 1) : 0;
        if (n)
            return 1 + n;
    } else if (!is_typed_as_zone(r, at, reader_is_word(r, at + 1, "time") ? 2 : 1)) {
        return 0;
    }
    set_zone(said, zone->zones[0]);
    said->zone_word = zone;
    return reader_is_word(r, at + 1, "time") ? 2 : 1;
}

size_t when_read_zone(struct when_reader *r, size_t at)
{
    if (!r->said->clock.is_said || r->said->has_zone)
        return 0;
    size_t n = r->after_clock ? read_offset(r, at) : 0;
    if (n || reader_token(r, at)->kind != TOKEN_WORD)
        return n;
    n = read_heure_de(r, at);
    if (!n)
        n = read_city_time(r, at);
    if (!n)
        n = read_zone_word(r, at);
    bool is_other_word = when_word_at(r->tokens, at, r->end).n > 0 && !reader_is_glued_mark(r, at + 1, '/');
    return n || is_other_word ? n : read_zone_name(r, at);
}
