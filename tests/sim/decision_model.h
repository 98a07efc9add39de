/*
 * decision_model - what became of a decision, by what people said and when the homeserver accepted it.
 *
 * Shape:   acts in the order of the room. model_replay goes through them and through the dates on the way, by the rules
 *          of method.md 2 alone: it never looks at the engine, but for the instants at which the bot says that it closed
 *          something, which it holds against the date.
 * Units:   *_ms, true time.
 * Source:  method.md 2 "Decisions"; architecture.md "silence closes nothing that was not listened for".
 */
#ifndef SIM_DECISION_MODEL_H
#define SIM_DECISION_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_act {
    MODEL_AGREE,
    MODEL_OBJECT,
    MODEL_ABSTAIN,
    MODEL_WITHDRAW, /* by command: all that the person did */
    MODEL_SETTLE,
    MODEL_EXTEND,
    MODEL_CANCEL,
    MODEL_REOPEN,
    MODEL_AMEND, /* the opening message says something else */
};

enum model_state { /* as in the bot's store */
                   MODEL_OPEN = 1,
                   MODEL_BLOCKED,
                   MODEL_ADOPTED,
                   MODEL_SETTLED,
                   MODEL_NOT_ADOPTED,
                   MODEL_CANCELLED,
};

enum { MODEL_ACTS_MAX = 96, MODEL_PEOPLE_MAX = 16, MODEL_CLOSINGS_MAX = 16 };

struct act {
    enum model_act what;
    int64_t position;
    const char *person;
    int64_t at_ms;
    int64_t gone_ms; /* redacted by its author then; 0: it was not */
    int64_t gone_position;
    int64_t new_date_ms; /* of MODEL_EXTEND, MODEL_REOPEN */
    int word; /* of a reason, a sentence, a new subject; 0: none. The newest, after edits */
    bool is_message;
    bool is_unheard; /* gone before the bot could hear of it, or overtaken by a cancel (decision_check.c) */
    bool
        has_moved_date; /* the bot says that it, or its redaction, was heard after the date and brought a new one */
    bool is_gone_unheard; /* its redaction was overtaken by one */
};

struct decision {
    int64_t command; /* position */
    int64_t card; /* 0: not seen yet */
    int room;
    const char *owner;
    int64_t opened_ms, date_ms;
    int word; /* of its subject; the newest, after edits */
    int64_t gone_position; /* its opening was redacted; 0: it was not */
    int first_word; /* and what it was opened with; those between are the words of MODEL_AMEND */
    bool is_form;
    char name[16]; /* "DEC-1", by the card */
    struct act acts[MODEL_ACTS_MAX];
    size_t n_acts;
};

/* What the bot's store says. */
struct closing {
    int64_t at_ms;
    bool is_adopted; /* by silence; else by somebody, or */
    bool is_unreached; /* not adopted: nobody had been asked in time */
};

struct model_told {
    struct closing closings[MODEL_CLOSINGS_MAX];
    size_t n_closings;
    int64_t date_ms; /* the date as it is in the end */
    int64_t margin_ms; /* by which the bot's clock may differ */
    int64_t end_ms;
};

struct model_result {
    enum model_state state;
    /* Things happened so close together that more than one outcome is right: state and positions say nothing. */
    bool is_blurred;
    size_t n_adopted;
    /* A closing by silence over this act; NULL: none. */
    const struct act *overheard;
    int64_t overheard_ms;
};

/* By whose words the objection stands: the last that its author gave with it; NULL: none were given. */
const struct act *model_reason(const struct decision *decision, const struct act *objection);
void model_replay(const struct decision *decision, const struct model_told *told, struct model_result *out);
/* A person's position among the acts heard so far; NULL: none. By the replay's end. */
const struct act *model_position(const struct decision *decision, const char *person);

#endif
