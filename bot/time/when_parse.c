/* A run of tokens as what it says: each part by its reader, in any order, and every token counts (R1). */
#include <string.h>

#include "time/when_reader.h"

const struct when_token *reader_token(const struct when_reader *r, size_t at)
{
    static char no_word[1];
    static const struct when_token none = { .kind = TOKEN_EMOJI, .word = no_word };
    return at < r->end ? &r->tokens->all[at] : &none;
}

bool reader_is_mark(const struct when_reader *r, size_t at, char mark)
{
    return reader_token(r, at)->kind == TOKEN_MARK && reader_token(r, at)->mark == mark;
}

bool reader_is_glued_mark(const struct when_reader *r, size_t at, char mark)
{
    return reader_is_mark(r, at, mark) && reader_token(r, at)->is_glued;
}

bool reader_is_number(const struct when_reader *r, size_t at, int digits_min, int digits_max)
{
    const struct when_token *t = reader_token(r, at);
    return t->kind == TOKEN_NUMBER && t->n_digits >= digits_min && t->n_digits <= digits_max;
}

bool reader_is_glued_number(const struct when_reader *r, size_t at, int digits_min, int digits_max)
{
    return reader_is_number(r, at, digits_min, digits_max) && reader_token(r, at)->is_glued;
}

bool reader_is_word(const struct when_reader *r, size_t at, const char *word)
{
    return reader_token(r, at)->kind == TOKEN_WORD && !strcmp(reader_token(r, at)->word, word);
}

struct when_word reader_word_of(const struct when_reader *r, size_t at, enum when_word_kind kind)
{
    return when_word_of(r->tokens, at, r->end, kind);
}

bool reader_is_unit(const struct when_reader *r, size_t at, enum when_unit unit)
{
    struct when_word plain = reader_word_of(r, at, WORD_UNIT),
                     french = reader_word_of(r, at, WORD_UNIT_FRENCH);
    return (plain.n && plain.value == (int)unit) || (french.n && french.value == (int)unit);
}

size_t reader_stop(const struct when_reader *r, size_t at)
{
    return reader_is_glued_mark(r, at, '.') ? 1 : 0;
}

bool reader_ends_text(const struct when_reader *r, size_t at)
{
    const struct when_tokens *tokens = r->tokens;
    while (at < tokens->n && (tokens->all[at].kind == TOKEN_MARK || tokens->all[at].kind == TOKEN_EMOJI))
        at++;
    return at == tokens->n;
}

bool reader_set_weekday(struct said *said, int weekday)
{
    bool is_day_of_its_own = said->day == DAY_LENGTH || said->day == DAY_NTH || said->day == DAY_FEAST;
    if (said->elapsed_ms || is_day_of_its_own || (said->has_weekday && said->weekday != weekday))
        return false;
    said->has_weekday = true;
    said->weekday = weekday;
    return true;
}

static bool take_weekday(struct said *said, int weekday)
{
    return !said->has_weekday && reader_set_weekday(said, weekday);
}

static bool take_relative(struct said *said, int days)
{
    bool is_date = said->day == DAY_DATE && !said->is_relative_too;
    if ((said->day != DAY_UNSAID && !is_date) || said->elapsed_ms)
        return false;
    said->is_relative_too = is_date;
    if (!is_date)
        said->day = DAY_RELATIVE;
    said->days_ahead = days;
    return true;
}

/* early and first thing say less than the part of the day beside them. */
static bool take_part(struct said *said, int part)
{
    if (said->part != PART_NONE && said->part != PART_OTHER && part != PART_OTHER)
        return false;
    if (said->part == PART_NONE || said->part == PART_OTHER)
        said->part = (enum when_part)part;
    return true;
}

static bool take_noon(struct said *said, int minute, bool is_midnight)
{
    int noon_hour = minute < 0 ? 11 : 12;
    if (said->clock.is_said || said->elapsed_ms)
        return false;
    said->clock = (struct when_clock){ .is_said = true,
                                       .hour = is_midnight ? 0 : noon_hour,
                                       .minute = (minute + 60) % 60,
                                       .is_midnight = is_midnight };
    return true;
}

static bool take_flag(bool *flag)
{
    bool was = *flag;
    *flag = true;
    return !was;
}

static bool take_following(struct said *said, int weeks)
{
    said->following_weeks = weeks;
    return take_flag(&said->is_following);
}

static bool take_later(const struct when_reader *r, int days)
{
    struct said *said = r->said;
    if (!said->has_weekday || said->later_days)
        return false;
    said->later_days = days;
    return r->after_weekday;
}

static bool take_lead(struct said *said, const struct when_word *word)
{
    said->is_before |= word->kind == WORD_BEFORE;
    said->lead = word->value;
    return true;
}

static bool take_hedge(struct said *said, const struct when_word *word)
{
    said->is_doubtful = true;
    said->is_after |= (word->value & HEDGE_AFTER) != 0;
    return true;
}

static bool take_word(struct when_reader *r, const struct when_word *word)
{
    struct said *said = r->said;
    switch (word->kind) {
    case WORD_WEEKDAY:
    case WORD_WEEKDAY_SHORT:
        return take_weekday(said, word->value);
    case WORD_DAY:
        return take_relative(said, word->value);
    case WORD_TODAY_PART:
        return take_relative(said, 0) && take_part(said, word->value);
    case WORD_PART:
        return take_part(said, word->value);
    case WORD_NEXT:
        return take_flag(&said->is_next);
    case WORD_THIS:
        return (word->value ? r->after_weekday : !said->has_weekday) && take_flag(&said->is_this);
    case WORD_FOLLOWING:
        return take_following(said, word->value);
    case WORD_LATER:
        return take_later(r, word->value);
    case WORD_NOON:
        return take_noon(said, word->value, false);
    case WORD_MIDNIGHT:
        return take_noon(said, 0, true);
    case WORD_EXACT:
        said->clock.bare_minutes = 0;
        return r->after_clock;
    case WORD_PAST:
        return take_flag(&said->is_past) && (!word->value || take_relative(said, -1));
    case WORD_LEAD:
    case WORD_LABEL:
    case WORD_AT:
    case WORD_BY:
    case WORD_BEFORE:
        return take_lead(said, word);
    case WORD_HEDGE:
        return take_hedge(said, word);
    default:
        return false;
    }
}

static bool is_weekday(const struct when_word *word)
{
    return word->kind == WORD_WEEKDAY || word->kind == WORD_WEEKDAY_SHORT;
}

static bool is_lead(const struct when_word *word)
{
    return word->kind == WORD_LEAD || word->kind == WORD_LABEL || word->kind == WORD_AT ||
           word->kind == WORD_BY || word->kind == WORD_BEFORE;
}

/* What the next part may be, seen from this word. */
static void note_word(struct when_reader *r, const struct when_word *word)
{
    bool was_clock = r->after_clock;
    bool keeps_clock = word->kind == WORD_EXACT || word->kind == WORD_PART;
    r->after_clock =
        word->kind == WORD_NOON || word->kind == WORD_MIDNIGHT || (keeps_clock && r->after_clock);
    bool keeps_weekday = word->kind == WORD_LEAD || word->kind == WORD_NEXT || word->kind == WORD_THIS;
    r->after_weekday = is_weekday(word) || (r->after_weekday && keeps_weekday);
    bool is_hedge = word->kind == WORD_HEDGE;
    r->after_article =
        (is_lead(word) && (word->value & LEAD_ARTICLE)) || (is_hedge && (word->value & HEDGE_ARTICLE));
    r->after_day =
        word->kind == WORD_DAY || word->kind == WORD_TODAY_PART || (word->kind == WORD_PART && word->n == 1);
    r->after_the = is_lead(word) && (word->value & LEAD_ORDINAL);
    /* vers 17, around 5 */
    r->is_at = word->kind == WORD_AT || (is_hedge && word->n == 1);
    r->after_label = word->kind == WORD_LABEL || (word->kind == WORD_BY && word->value == LEAD_NONE);
    bool is_closing =
        is_hedge && ((word->value & HEDGE_BEHIND) || (was_clock && (word->value & HEDGE_EITHER)));
    r->is_open = (is_lead(word) && !(word->value & LEAD_CLOSING)) ||
                 (word->kind == WORD_THIS && !word->value) || (is_hedge && !is_closing);
}

/* friday week, friday week 10:00; friday week 48 was read before as that week's. */
static size_t read_week_behind(struct when_reader *r, size_t at)
{
    if (!r->after_weekday || !reader_is_word(r, at, "week") || !take_later(r, 7))
        return 0;
    r->after_weekday = false;
    return 1;
}

static size_t read_word(struct when_reader *r, size_t at)
{
    size_t week = read_week_behind(r, at);
    if (week)
        return week;
    struct when_word word = when_word_at(r->tokens, at, r->end);
    if (!word.n || !take_word(r, &word))
        return 0;
    note_word(r, &word);
    return word.n + (word.kind == WORD_WEEKDAY_SHORT ? reader_stop(r, at + word.n) : 0);
}

/* between 2 and 3: the first of them. What it opens is read apart, and asked. */
static size_t read_opening(struct when_reader *r, size_t at)
{
    static const char *const words[] = { "between", "entre", "from", "de" };
    bool is_opening = false;
    for (size_t i = 0; r->loose == LOOSE_CLOCK && i < sizeof words / sizeof *words; i++)
        is_opening |= reader_is_word(r, at, words[i]);
    r->is_open |= is_opening;
    return is_opening ? 1 : 0;
}

/* Commas and brackets between and around the parts say nothing. */
static size_t read_nothing(const struct when_reader *r, size_t at)
{
    if (reader_token(r, at)->kind != TOKEN_MARK)
        return 0;
    return strchr(",()[]", reader_token(r, at)->mark) || (r->after_label && reader_is_mark(r, at, ':')) ? 1
                                                                                                        : 0;
}

typedef size_t reading(struct when_reader *r, size_t at);

/* The order matters: a number that begins a date is no clock time's, one that begins a length neither. A
 * word of several tokens (12 noon, the day after tomorrow) comes before all of them. */
static size_t read_part(struct when_reader *r, size_t at)
{
    static reading *const readers[] = { when_read_feast, when_read_in,     when_read_weeks_on,
                                        when_read_end,   when_read_nth,    when_read_week,
                                        when_read_date,  when_read_length, when_read_clock,
                                        when_read_zone,  when_read_vague,  when_read_day_number };
    size_t n = read_nothing(r, at);
    if (!n)
        n = read_opening(r, at);
    if (n)
        return n;
    struct when_word noon = reader_word_of(r, at, WORD_NOON), midnight = reader_word_of(r, at, WORD_MIDNIGHT);
    if (noon.n > 1 || midnight.n > 1)
        return read_word(r, at);
    bool was_clock = r->said->clock.is_said;
    for (size_t i = 0; i < sizeof readers / sizeof *readers && !n; i++)
        n = readers[i](r, at);
    if (!n)
        return read_word(r, at);
    r->after_weekday = r->after_article = r->after_the = r->is_at = r->after_label = r->is_open = false;
    r->after_day = false;
    r->after_clock = !was_clock && r->said->clock.is_said;
    return n;
}

bool when_has_day(const struct said *said)
{
    return said->has_weekday || said->day != DAY_UNSAID;
}

static bool is_something(const struct said *said)
{
    return when_has_day(said) || said->clock.is_said || said->elapsed_ms || said->part != PART_NONE ||
           said->end != END_UNSAID || said->is_vague || said->is_month_alone || said->is_impossible;
}

/* Parts that cannot stand beside each other. */
static bool is_coherent(const struct said *said)
{
    bool is_week = said->day == DAY_WEEK;
    int which = said->is_next + said->is_this + said->is_following + (said->later_days != 0) + is_week;
    bool is_length = said->elapsed_ms || said->day == DAY_LENGTH;
    bool is_date = said->day == DAY_DATE && said->month;
    bool can_be_next = said->has_weekday || said->day == DAY_FEAST || (is_date && said->is_next);
    if (which > is_week && !can_be_next)
        return false;
    if (said->day == DAY_PERIOD_END && said->has_weekday && said->period.months > 1)
        return false;
    if (said->day == DAY_FEAST && (said->has_weekday || said->is_following || said->later_days))
        return false;
    if (which > 1)
        return false;
    if (said->is_month_alone &&
        (when_has_day(said) || said->end != END_UNSAID || said->elapsed_ms || said->part > PART_OTHER))
        return false;
    if (said->elapsed_ms && (when_has_day(said) || said->clock.is_said || said->end != END_UNSAID))
        return false;
    if (is_length && (said->has_weekday || said->part != PART_NONE) && !said->clock.is_said)
        return false;
    if (said->end == END_OF_DAY && (said->clock.is_said || said->part != PART_NONE))
        return false;
    if (said->end == END_OF_WEEK && (said->clock.is_said || said->has_weekday || said->part != PART_NONE ||
                                     (said->day != DAY_UNSAID && !is_week)))
        return false;
    return !(said->has_zone && !said->clock.is_said);
}

bool when_parse(const struct when_tokens *tokens, size_t from, size_t to, struct said *said)
{
    return when_parse_loosely(tokens, from, to, LOOSE_NOTHING, said);
}

bool when_parse_loosely(const struct when_tokens *tokens, size_t from, size_t to, enum when_loose loose,
                        struct said *said)
{
    *said = (struct said){ .lead = 0 };
    while (to > from && (tokens->all[to - 1].kind == TOKEN_EMOJI ||
                         (tokens->all[to - 1].kind == TOKEN_MARK && strchr(".!,", tokens->all[to - 1].mark))))
        to--;
    if (to == from || to - from > WHEN_PHRASE_TOKENS_MAX)
        return false;
    struct when_reader reader = { .tokens = tokens, .end = to, .said = said, .loose = loose };
    for (size_t at = from; at < to;) {
        size_t n = read_part(&reader, at);
        if (!n)
            return false;
        at += n;
    }
    return !reader.is_open && is_something(said) && is_coherent(said);
}
