#include "decision_model.h"

#include <stdlib.h>
#include <string.h>

/* What counts of the acts of the decision that was replayed last. */
enum standing { NOT_COUNTED, COUNTS, TAKEN_BACK };
static enum standing standings[MODEL_ACTS_MAX];
static const struct act *reasons[MODEL_ACTS_MAX]; /* of an objection */

/* An act, its redaction, or the date: what happens next. */
struct moment {
    int64_t at_ms;
    int64_t order;
    const struct act *act; /* NULL: the bot closed something */
    bool is_unreached;
    bool is_gone;
};

struct replay {
    const struct decision *decision;
    const struct model_told *told;
    struct model_result *out;
    int64_t date_ms;
    bool is_date_unknown;
};

static bool is_position(const struct act *act)
{
    return act->what == MODEL_AGREE || act->what == MODEL_OBJECT || act->what == MODEL_ABSTAIN;
}

/* method.md 2: an objection stands until it is taken back; else the last act is the position, and taking it back
 * restores none. */
const struct act *model_position(const struct decision *decision, const char *person)
{
    const struct act *last = NULL;
    bool is_back = false;
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        if (act->person != person || standings[i] == NOT_COUNTED)
            continue;
        if (act->what == MODEL_OBJECT && standings[i] == COUNTS)
            return act;
        last = act;
        is_back = standings[i] == TAKEN_BACK;
    }
    return is_back ? NULL : last;
}

static const struct act *standing_objection(const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_acts; i++)
        if (decision->acts[i].what == MODEL_OBJECT && standings[i] == COUNTS)
            return &decision->acts[i];
    return NULL;
}

static bool is_live(enum model_state state)
{
    return state == MODEL_OPEN || state == MODEL_BLOCKED;
}

static bool is_in_force(enum model_state state)
{
    return state == MODEL_ADOPTED || state == MODEL_SETTLED;
}

/* The last objection is gone; after the date that takes a new one, which only the bot knows. */
static void unblock(struct replay *replay, int64_t at_ms, bool has_moved_date)
{
    struct model_result *out = replay->out;
    if (out->state != MODEL_BLOCKED || standing_objection(replay->decision))
        return;
    out->state = MODEL_OPEN;
    if (replay->date_ms > at_ms && !has_moved_date)
        return;
    replay->is_date_unknown = true;
    replay->date_ms = replay->told->date_ms;
    out->is_blurred = out->is_blurred || replay->date_ms <= at_ms;
}

/* The same position was taken by two doors, and one of the two was closed: whether the other still stands depends on
 * which of them the bot heard of first, for it may hear an objection ahead of a hole. */
static bool has_twin(const struct decision *decision, const struct act *gone)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        if (act != gone && act->person == gone->person && act->what == gone->what &&
            act->at_ms < gone->gone_ms)
            return true;
    }
    return false;
}

/* By the act: what it did, if it was redacted; else all that the person did. */
static void take_back(struct replay *replay, const struct act *by, int64_t at_ms)
{
    const struct act *only = by->what == MODEL_WITHDRAW ? NULL : by;
    if (only && has_twin(replay->decision, only))
        replay->out->is_blurred = true;
    if (!is_live(replay->out->state) && !is_in_force(replay->out->state))
        return;
    for (size_t i = 0; i < replay->decision->n_acts; i++) {
        const struct act *act = &replay->decision->acts[i];
        if (standings[i] == COUNTS && act->person == by->person && (!only || act == only))
            standings[i] = TAKEN_BACK;
    }
    unblock(replay, at_ms, by->has_moved_date);
}

static void take_position(struct replay *replay, const struct act *act)
{
    struct model_result *out = replay->out;
    const struct act *now = model_position(replay->decision, act->person);
    bool is_contest = act->what == MODEL_OBJECT && is_in_force(out->state);
    if (!is_live(out->state) && !is_contest)
        return;
    if (now && now->what == MODEL_OBJECT && act->what == MODEL_OBJECT && act->word)
        reasons[now - replay->decision->acts] = act;
    /* The same again is no other act, and an objection stands. */
    if (now && (now->what == MODEL_OBJECT || now->what == act->what))
        return;
    standings[act - replay->decision->acts] = COUNTS;
    reasons[act - replay->decision->acts] = act->word ? act : NULL;
    if (act->what == MODEL_OBJECT && out->state == MODEL_OPEN)
        out->state = MODEL_BLOCKED;
}

static void reopen(struct replay *replay, const struct act *act)
{
    if (is_live(replay->out->state))
        return;
    replay->date_ms = act->new_date_ms;
    replay->is_date_unknown = false;
    replay->out->state = standing_objection(replay->decision) ? MODEL_BLOCKED : MODEL_OPEN;
}

static bool has_spoken(const struct decision *decision, bool is_agreement_of_others)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *now = model_position(decision, decision->acts[i].person);
        if (now && (!is_agreement_of_others || (now->what == MODEL_AGREE && now->person != decision->owner)))
            return true;
    }
    return false;
}

/* Who had agreed agreed to something else; they are asked again, with time to answer. Before anybody has spoken the date of
 * the opening message holds. */
static void amend(struct replay *replay)
{
    const struct decision *decision = replay->decision;
    if (!is_live(replay->out->state))
        return;
    bool is_asked_again = has_spoken(decision, true);
    for (size_t i = 0; is_asked_again && i < decision->n_acts; i++)
        if (decision->acts[i].what == MODEL_AGREE && standings[i] == COUNTS)
            standings[i] = TAKEN_BACK;
    if (is_asked_again || (!has_spoken(decision, false) && replay->date_ms != decision->date_ms)) {
        replay->is_date_unknown = true;
        replay->date_ms = replay->told->date_ms;
    }
}

static void take_act(struct replay *replay, const struct act *act)
{
    enum model_state *state = &replay->out->state;
    switch (act->what) {
    case MODEL_AGREE:
    case MODEL_OBJECT:
    case MODEL_ABSTAIN:
        take_position(replay, act);
        break;
    case MODEL_WITHDRAW:
        take_back(replay, act, act->at_ms);
        break;
    case MODEL_SETTLE:
        if (is_live(*state) || *state == MODEL_NOT_ADOPTED)
            *state = MODEL_SETTLED;
        break;
    case MODEL_EXTEND:
        if (is_live(*state) && act->new_date_ms > replay->date_ms) {
            replay->date_ms = act->new_date_ms;
            replay->is_date_unknown = false;
        }
        break;
    case MODEL_CANCEL:
        if (is_live(*state) || *state == MODEL_NOT_ADOPTED)
            *state = MODEL_CANCELLED;
        break;
    case MODEL_REOPEN:
        reopen(replay, act);
        break;
    case MODEL_AMEND:
        amend(replay);
        break;
    }
}

/* The bot says that it closed by silence. What the homeserver had accepted by the date must have been heard. */
static void take_closing(struct replay *replay, int64_t at_ms)
{
    struct model_result *out = replay->out;
    const struct decision *decision = replay->decision;
    int64_t margin_ms = replay->told->margin_ms;
    out->n_adopted++;
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        bool is_in_time = act->at_ms < replay->date_ms - margin_ms && !replay->is_date_unknown;
        if (act->what == MODEL_OBJECT && standings[i] == COUNTS && is_in_time && !out->overheard) {
            out->overheard = act;
            out->overheard_ms = at_ms;
        }
    }
    if (out->state == MODEL_OPEN)
        out->state = MODEL_ADOPTED;
    else
        out->is_blurred = true;
}

/* What is said between the date and the closing, or about then, may have been heard before it or not. */
static void note_blur(struct replay *replay, const struct moment *moment)
{
    int64_t margin_ms = replay->told->margin_ms;
    bool is_after_date = is_live(replay->out->state) && replay->out->state == MODEL_OPEN &&
                         moment->at_ms > replay->date_ms - margin_ms;
    bool is_near_closing = false;
    for (size_t i = 0; i < replay->told->n_closings; i++) {
        int64_t apart_ms = moment->at_ms - replay->told->closings[i].at_ms;
        is_near_closing = is_near_closing || (apart_ms < margin_ms && apart_ms > -margin_ms);
    }
    replay->out->is_blurred = replay->out->is_blurred || is_after_date || is_near_closing;
}

static int by_time(const void *a, const void *b)
{
    const struct moment *one = a, *other = b;
    if (one->at_ms != other->at_ms)
        return one->at_ms < other->at_ms ? -1 : 1;
    return one->order < other->order ? -1 : one->order > other->order;
}

static size_t list_moments(const struct decision *decision, const struct model_told *told,
                           struct moment *moments)
{
    size_t n = 0;
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        if (act->is_unheard)
            continue;
        moments[n++] = (struct moment){ .at_ms = act->at_ms, .order = act->position, .act = act };
        if (act->gone_ms && !act->is_gone_unheard)
            moments[n++] = (struct moment){
                .at_ms = act->gone_ms, .order = act->gone_position, .act = act, .is_gone = true
            };
    }
    for (size_t i = 0; i < told->n_closings; i++)
        if (told->closings[i].is_adopted || told->closings[i].is_unreached)
            moments[n++] = (struct moment){ .at_ms = told->closings[i].at_ms,
                                            .is_unreached = told->closings[i].is_unreached };
    qsort(moments, n, sizeof *moments, by_time);
    return n;
}

const struct act *model_reason(const struct decision *decision, const struct act *objection)
{
    return reasons[objection - decision->acts];
}

void model_replay(const struct decision *decision, const struct model_told *told, struct model_result *out)
{
    struct moment moments[2 * MODEL_ACTS_MAX + MODEL_CLOSINGS_MAX];
    struct replay replay = { .decision = decision, .told = told, .out = out, .date_ms = decision->date_ms };
    *out = (struct model_result){ .state = MODEL_OPEN };
    memset(standings, 0, sizeof standings);
    memset(reasons, 0, sizeof reasons);
    size_t n = list_moments(decision, told, moments);
    for (size_t i = 0; i < n; i++) {
        const struct moment *moment = &moments[i];
        if (moment->is_unreached) {
            out->state = out->state == MODEL_OPEN ? MODEL_NOT_ADOPTED : out->state;
            continue;
        }
        if (!moment->act) {
            take_closing(&replay, moment->at_ms);
            continue;
        }
        note_blur(&replay, moment);
        if (!moment->is_gone)
            take_act(&replay, moment->act);
        else if (is_position(moment->act))
            take_back(&replay, moment->act, moment->at_ms);
    }
    /* The date has long come, and the bot has not said that it closed: then it did not. */
    if (out->state == MODEL_OPEN && replay.date_ms < told->end_ms)
        out->state = MODEL_ADOPTED;
}
