/* Days that are found in a month, a quarter or a year, and feasts. */
#include "time/when_find.h"

#include "time/holidays.h"

enum { RECENT_DAYS = 90, QUARTER = 3, YEAR = 12, MONDAY = 0, THURSDAY = 3 };

/* From first to last, both in it. */
struct span {
    int64_t first, last;
};

static struct span span_of(int month_number, int months)
{
    int end = month_number + months - 1;
    return (struct span){ civil_day_number(month_number / YEAR, month_number % YEAR + 1, 1),
                          civil_day_number(end / YEAR, end % YEAR + 1,
                                           civil_days_in_month(end / YEAR, end % YEAR + 1)) };
}

/* The one that was said; of one without a year, that of so many years after this one. */
static struct span span_at(const struct finding *f, const struct when_period *period, int years)
{
    int year = period->year ? period->year : f->today.year + years;
    int month = period->which
                    ? year * YEAR + (period->which - 1) * period->months
                    : f->today.year * YEAR + (f->today.month - 1) / period->months * period->months +
                          period->ahead * period->months;
    return span_of(month, period->months);
}

/* A quarter may be one of the company's own year. */
static void note_quarter(struct finding *f, const struct when_period *period)
{
    f->is_doubtful |= period->months == QUARTER;
}

/* Without a year the next one that has not passed; asked, if it passed not long ago (R18). False: there is none. */
typedef bool pick(const struct finding *f, struct span span, int64_t *day_out);

static bool find_next(struct finding *f, pick *pick_day, const struct clock *clock)
{
    const struct when_period *period = &f->said->period;
    int64_t day = 0;
    bool is_named = period->which && !period->year;
    for (int years = is_named ? -1 : 0; years <= (is_named ? 2 : 0); years++) {
        if (!pick_day(f, span_at(f, period, years), &day))
            continue;
        if (f->said->has_weekday && civil_weekday(day) != f->said->weekday)
            return false;
        if (!is_named || !find_is_over(f, day, clock)) {
            find_add_day(f, day, clock);
            return true;
        }
        f->is_doubtful |= f->today_number - day <= RECENT_DAYS;
    }
    return false;
}

static bool last_day(const struct finding *f, struct span span, int64_t *day_out)
{
    (void)f;
    *day_out = span.last;
    return true;
}

void find_period_end(struct finding *f, const struct clock *clock)
{
    note_quarter(f, &f->said->period);
    f->is_impossible |= !find_next(f, last_day, clock);
}

/* Whether that day is one of those that are counted; jours ouvrables go to Saturday, and are asked. */
static bool is_counted(const struct finding *f, int64_t day)
{
    switch (f->said->nth_of) {
    case NTH_WEEKDAY:
        return civil_weekday(day) == f->said->nth_weekday;
    case NTH_WORKING_DAY:
    case NTH_OPEN_DAY:
        return find_is_working(f, day) && !find_is_likely_off(f, day);
    default:
        return true;
    }
}

static bool nth_day(const struct finding *f, struct span span, int64_t *day_out)
{
    int nth = f->said->nth, step = nth < 0 ? -1 : 1, left = nth * step;
    for (int64_t day = nth < 0 ? span.last : span.first; day >= span.first && day <= span.last; day += step)
        if (is_counted(f, day) && --left == 0) {
            *day_out = day;
            return true;
        }
    return false;
}

/* the third thursday: of this month or of the next one. */
static void find_nth_of_some_month(struct finding *f, const struct clock *clock)
{
    int64_t day = 0;
    f->is_doubtful = true;
    for (int ahead = 0; ahead < 2; ahead++) {
        struct when_period month = { .months = 1, .ahead = ahead };
        if (nth_day(f, span_at(f, &month, 0), &day))
            find_add_day(f, day, clock);
    }
}

/* Whether a day that hardly anybody works on was passed over on the way to the one that was found. */
static bool has_day_off(const struct finding *f)
{
    struct span span = span_at(f, &f->said->period, 0);
    int64_t found = 0;
    bool has_one = false;
    if (f->said->nth_of != NTH_WORKING_DAY || !nth_day(f, span, &found))
        return false;
    span = f->said->nth < 0 ? (struct span){ found, span.last } : (struct span){ span.first, found };
    for (int64_t day = span.first; day <= span.last; day++)
        has_one |= find_is_working(f, day) && find_is_likely_off(f, day);
    return has_one;
}

void find_nth(struct finding *f, const struct clock *clock)
{
    const struct when_period *period = &f->said->period;
    note_quarter(f, period);
    f->is_doubtful |= f->said->nth_of == NTH_OPEN_DAY;
    f->is_doubtful |= has_day_off(f);
    f->is_impossible |= period->is_said && !find_next(f, nth_day, clock);
    /* Of this month, and over: that of the next one may be meant. */
    bool is_over = f->is_past && !period->which && !period->ahead && period->months == 1;
    if (!period->is_said || is_over)
        find_nth_of_some_month(f, clock);
}

/* The first such weekday from that day on. */
static int64_t weekday_from(int year, int month, int day, int weekday)
{
    int64_t from = civil_day_number(year, month, day);
    return from + (weekday - civil_weekday(from) + 7) % 7;
}

/* In that year; where two countries have it on different days, both. */
static int list_feast(int feast, int year, int64_t days[2])
{
    if (feast == FEAST_THANKSGIVING) {
        days[0] = weekday_from(year, 10, 8, MONDAY);
        days[1] = weekday_from(year, 11, 22, THURSDAY);
        return 2;
    }
    if (feast == FEAST_LABOUR_DAY) {
        days[0] = civil_day_number(year, 5, 1);
        days[1] = weekday_from(year, 9, 1, MONDAY);
        return 2;
    }
    days[0] = feast < FEAST_EASTER - 100 ? civil_day_number(year, feast / 100, feast % 100)
                                         : holidays_easter(year) + feast - FEAST_EASTER;
    return 1;
}

/* R18: the next one; asked, if it passed not long ago. next christmas may be the one after that. */
static void find_one_feast(struct finding *f, int feast, int i, const struct clock *clock)
{
    int64_t days[2];
    int wanted = f->said->is_next ? 2 : 1;
    f->is_doubtful |= f->said->is_next;
    for (int year = f->today.year - 1; wanted && year <= f->today.year + 2; year++) {
        list_feast(feast, year, days);
        if (find_is_over(f, days[i], clock)) {
            f->is_doubtful |= f->today_number - days[i] <= RECENT_DAYS;
            continue;
        }
        find_add_day(f, days[i], clock);
        wanted--;
    }
}

void find_feast(struct finding *f, const struct clock *clock)
{
    int64_t days[2];
    int feast = f->said->feast % FEAST_DOUBTFUL, year = f->said->year ? f->said->year : f->today.year;
    int n = list_feast(feast, year, days);
    f->is_doubtful |= f->said->feast >= FEAST_DOUBTFUL || n > 1;
    for (int i = 0; i < n; i++) {
        if (f->said->year)
            find_add_day(f, days[i], clock);
        else
            find_one_feast(f, feast, i, clock);
    }
}
