#include "time/hours_words.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "time/hours.h"
#include "time/timewords.h"

enum { TYPED_MAX = 400, DAY_MINUTES = 24 * 60 };

/* --- Reading. The text is folded; each reader moves *at past what it took, or leaves it and says false. --- */

static const char *const day_names[7][6] = {
    { "monday", "mon", "lundi", "lun" },
    { "tuesday", "tues", "tue", "mardi", "mar" },
    { "wednesday", "weds", "wed", "mercredi", "mer" },
    { "thursday", "thurs", "thur", "thu", "jeudi", "jeu" },
    { "friday", "fri", "vendredi", "ven" },
    { "saturday", "sat", "samedi", "sam" },
    { "sunday", "sun", "dimanche", "dim" },
};

static void skip(const char **at, const char *characters)
{
    *at += strspn(*at, characters);
}

/* The word, and no letter behind it. */
static bool take_word(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0 || isalpha((unsigned char)(*at)[len]))
        return false;
    *at += len;
    skip(at, " .");
    return true;
}

static bool take_day(const char **at, int *day_out)
{
    (void)(take_word(at, "from") || take_word(at, "du") || take_word(at, "le"));
    for (int day = 0; day < 7; day++)
        for (size_t i = 0; i < 6 && day_names[day][i]; i++)
            if (take_word(at, day_names[day][i])) {
                *day_out = day;
                return true;
            }
    return false;
}

static bool take_to(const char **at)
{
    if (**at == '-') {
        (*at)++;
        skip(at, " ");
        return true;
    }
    return take_word(at, "to") || take_word(at, "a") || take_word(at, "au");
}

/* Between two of a kind. */
static void skip_separators(const char **at)
{
    do
        skip(at, " ,;&:");
    while (take_word(at, "and") || take_word(at, "et") || take_word(at, "de") || take_word(at, "from"));
}

static bool has_minutes(const char *at)
{
    return isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) && !isdigit((unsigned char)at[2]);
}

/* "12h 13h-17h": what stands behind the first is an hour too, and no minutes. */
static bool is_an_hour(const char *at)
{
    at += 2 + strspn(at + 2, " ");
    return *at == 'h' || *at == ':';
}

/* 9, 09:30, 9h, 9 h 30, 9am, 5:30 pm. */
static bool take_clock(const char **at, int *minute_out)
{
    int hour = 0, minute = 0, n = 0;
    for (; n < 2 && isdigit((unsigned char)**at); n++)
        hour = hour * 10 + *(*at)++ - '0';
    if (n == 0 || isdigit((unsigned char)**at))
        return false;
    skip(at, " ");
    if (**at == ':' || **at == 'h') {
        bool needs_minutes = *(*at)++ == ':';
        const char *minutes = *at + (needs_minutes ? 0 : strspn(*at, " "));
        if (has_minutes(minutes) && !is_an_hour(minutes)) {
            minute = (minutes[0] - '0') * 10 + minutes[1] - '0';
            *at = minutes + 2;
        } else if (needs_minutes) {
            return false;
        }
        skip(at, " ");
    }
    bool is_morning = take_word(at, "am"), is_afternoon = !is_morning && take_word(at, "pm");
    if ((is_morning || is_afternoon) && (hour < 1 || hour > 12))
        return false;
    if (is_morning || is_afternoon)
        hour = hour % 12 + (is_afternoon ? 12 : 0);
    *minute_out = hour * 60 + minute;
    return minute < 60 && *minute_out <= DAY_MINUTES;
}

struct days {
    bool has[7];
    int n; /* how many days or runs of days were named */
};

/* False if a day is wanting. */
static bool take_days(const char **at, struct days *days)
{
    int from = 0, to = 0;
    for (*days = (struct days){ .n = 0 }; take_day(at, &from); days->n++) {
        to = from;
        if (take_to(at) && !take_day(at, &to))
            return false;
        for (int day = from; day != to; day = (day + 1) % 7)
            days->has[day] = true;
        days->has[to] = true;
        skip_separators(at);
    }
    return true;
}

/* A group of hours.h for the days, or for the days after them. */
static void put_group(struct buf *out, const struct days *days, int later, int from, int to)
{
    static const char *const kept[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    const char *before = out->len ? ";" : "";
    for (int day = 0; day < 7; day++)
        if (days->has[(day + 7 - later) % 7]) {
            buf_printf(out, "%s%s", before, kept[day]);
            before = ",";
        }
    buf_printf(out, " %02d:%02d-%02d:%02d", from / 60, from % 60, to / 60, to % 60);
}

/* over_night: an interval may end before it begins, on the next day then. */
static bool take_times(const char **at, const struct days *days, bool over_night, struct buf *out)
{
    int n = 0;
    for (; isdigit((unsigned char)**at); n++) {
        int from = 0, to = 0;
        if (!take_clock(at, &from) || !take_to(at) || !take_clock(at, &to) || from == to ||
            (from > to && !over_night))
            return false;
        put_group(out, days, 0, from, from < to ? to : DAY_MINUTES);
        if (from > to && to > 0)
            put_group(out, days, 1, 0, to);
        skip_separators(at);
    }
    return n > 0;
}

static bool take_groups(const char *at, bool over_night, struct buf *out)
{
    skip_separators(&at);
    for (int n = 0; *at; n++) {
        struct days days;
        /* Without a day the first times are those of the week; later ones have no day to belong to. */
        if (!take_days(&at, &days) || (days.n == 0 && n > 0))
            return false;
        for (int day = 0; days.n == 0 && day < (over_night ? 7 : 5); day++)
            days.has[day] = true;
        if (!take_times(&at, &days, over_night, out))
            return false;
    }
    return out->len > 0;
}

static const char *read_text(struct arena *arena, const char *typed, bool over_night)
{
    struct buf out;
    struct hours hours;
    if (strlen(typed) > TYPED_MAX)
        return NULL;
    buf_init(&out, 16 * (size_t)TYPED_MAX);
    bool is_read = take_groups(text_fold(arena, typed), over_night, &out) && !out.is_full &&
                   hours_parse(out.text, &hours);
    const char *text = is_read ? arena_strdup(arena, out.text) : NULL;
    buf_finish(&out);
    return text;
}

const char *hours_words_read(struct arena *arena, const char *typed)
{
    return read_text(arena, typed, false);
}

const char *hours_words_read_quiet(struct arena *arena, const char *typed)
{
    return read_text(arena, typed, true);
}

/* --- Showing --- */

static bool is_alike(const struct hours *hours, int a, int b)
{
    if (hours->days[a].n != hours->days[b].n)
        return false;
    for (int i = 0; i < hours->days[a].n; i++)
        if (hours->days[a].from_minute[i] != hours->days[b].from_minute[i] ||
            hours->days[a].to_minute[i] != hours->days[b].to_minute[i])
            return false;
    return true;
}

/* Where a week of these days begins: behind a day that is none of them, so that "Sun-Thu" is one piece. */
static int first_of(const struct hours *hours, int day)
{
    for (int i = 0; i < 7; i++)
        if (is_alike(hours, i, day) && !is_alike(hours, (i + 6) % 7, day))
            return i;
    return 0;
}

/* "Mon-Thu, Sat" */
static char *days_text(struct arena *arena, const char *lang, const struct hours *hours, int day)
{
    char *text = arena_strdup(arena, "");
    int first = first_of(hours, day);
    for (int i = 0; i < 7; i++) {
        int n = 0;
        while (i + n < 7 && is_alike(hours, (first + i + n) % 7, day))
            n++;
        if (n == 0)
            continue;
        text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "",
                            timewords_weekday(arena, lang, (first + i) % 7));
        if (n > 1)
            text = arena_printf(arena, "%s%s%s", text, n > 2 ? "-" : ", ",
                                timewords_weekday(arena, lang, (first + i + n - 1) % 7));
        i += n;
    }
    return text;
}

static struct json_object *intervals(struct arena *arena, const char *lang, const struct hours *hours,
                                     int day)
{
    struct json_object *list = json_object_new_array();
    int n = hours->days[day].n;
    for (int i = 0; i < n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_str(row, "from", timewords_clock(arena, lang, hours->days[day].from_minute[i]));
        json_set_str(row, "to", timewords_clock(arena, lang, hours->days[day].to_minute[i]));
        json_object_array_add(list, row);
    }
    return list;
}

/* The same every night: what goes over midnight is one piece again, and no days need be named. */
static bool join_nights(struct hours *hours)
{
    struct hours_day *day = &hours->days[0];
    for (int other = 1; other < 7; other++)
        if (!is_alike(hours, 0, other))
            return false;
    if (day->n < 2 || day->from_minute[0] != 0 || day->to_minute[day->n - 1] != DAY_MINUTES)
        return true;
    int morning = day->to_minute[0];
    day->n--;
    for (int i = 0; i < day->n; i++) {
        day->from_minute[i] = day->from_minute[i + 1];
        day->to_minute[i] = day->to_minute[i + 1];
    }
    day->to_minute[day->n - 1] = morning;
    return true;
}

struct json_object *hours_words_quiet_value(const char *lang, const char *kept)
{
    struct hours hours;
    (void)hours_parse(kept, &hours);
    if (!join_nights(&hours))
        return hours_words_value(lang, kept);
    struct arena *arena = arena_create();
    struct json_object *list = json_object_new_array(), *row = json_object_new_object();
    json_set_str(row, "days", "");
    json_set(row, "intervals", intervals(arena, lang, &hours, 0));
    json_object_array_add(list, row);
    arena_destroy(arena);
    return list;
}

struct json_object *hours_words_value(const char *lang, const char *kept)
{
    struct arena *arena = arena_create();
    struct json_object *list = json_object_new_array();
    struct hours hours;
    bool is_shown[7] = { false };
    (void)hours_parse(kept, &hours);
    for (int day = 0; day < 7; day++) {
        if (is_shown[day] || hours.days[day].n == 0)
            continue;
        for (int other = day; other < 7; other++)
            is_shown[other] = is_shown[other] || is_alike(&hours, day, other);
        struct json_object *row = json_object_new_object();
        json_set_str(row, "days", days_text(arena, lang, &hours, day));
        json_set(row, "intervals", intervals(arena, lang, &hours, day));
        json_object_array_add(list, row);
    }
    arena_destroy(arena);
    return list;
}
