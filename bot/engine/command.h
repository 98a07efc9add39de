/*
 * command - what a file in commands/ declares: a command, or a habit (a form and a lifecycle of items).
 *
 * Shape:   one exported symbol each, listed once in commands/table.c. The dispatcher (dispatch.c) matches
 * names, finds the item, checks rights, and only then calls; help, suggestions and uniform errors come from
 * the declaration. Adding a habit needs its file, its line in the table and its templates, nothing else.
 * Names:   as they are shown; compared without case, accents, apostrophes, hyphens (words.md 1). Both
 * languages' names work in every room. The first of a language is the one that help shows.
 */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "engine/form.h"
#include "engine/item.h"
#include "engine/turn.h"

enum { LANG_EN, LANG_FR, LANGS };
enum { NAMES_MAX = 3 };

/* Who may; checked when it is executed, from user ids and power levels, never from names. */
enum who {
    WHO_ANYBODY, /* who is joined in the room */
    WHO_OWNER,
    WHO_OWNER_OR_MODERATOR,
    WHO_HOLDER, /* the owner, or who opened it */
    WHO_PARTY, /* the owner, who opened it, or a moderator */
    WHO_MODERATOR, /* level 50, or an admin of the settings */
    WHO_ITSELF, /* the engine: a timer or a consequence */
};

struct request {
    const char *name; /* as typed, without the prefix */
    const char *rest; /* what follows the name, trimmed; without the id where the command takes one */
    struct item *item; /* by id, by thread or by reply; NULL: none named */
    const char
        *id; /* an id that was typed, NULL if none; item is NULL if it names nothing this person may see */
};

enum outcome {
    OUTCOME_DONE,
    OUTCOME_USAGE, /* answered with help/NAME's usage line */
    OUTCOME_DENIED, /* answered with who may */
    OUTCOME_NO_ITEM, /* answered: no such item here */
    OUTCOME_WAITS, /* item_create made nothing: the turn is undone and tried again, or was answered */
};

struct command {
    const char *topic; /* "decide": templates help/decide (usage line) and help/decide-more (two examples) */
    const char *names[LANGS][NAMES_MAX];
    enum who who; /* WHO_OWNER needs an item */
    bool takes_item; /* an id may stand first; else the thread or the reply says which */
    bool needs_item;
    bool
        shows_elsewhere; /* an item of another room may be named: what is said of it goes to a direct message */
    bool begins_items; /* not taken on while the disk is full */
    enum outcome (*run)(struct turn *turn, const struct request *request);
};

/* Acts on items: one table (act.c), by every door: command, word, reaction (words.md 1 and 2). */
enum act {
    ACT_NONE,
    ACT_AGREE,
    ACT_OBJECT,
    ACT_ABSTAIN,
    ACT_WITHDRAW,
    ACT_SETTLE,
    ACT_EXTEND,
    ACT_CANCEL,
    ACT_SLOT, /* a time for the talk: one of those proposed, by its number, or another */
    ACT_REOPEN,
    ACT_SKIP, /* what comes back: not the next time */
    ACT_PAUSE,
    ACT_RESUME,
    ACT_DONE,
    ACT_TAKE, /* "I'll take it": who says so owns it */
    ACT_ACCEPT, /* the same by a nod, which counts from the person asked alone */
    ACT_SNOOZE, /* not now: my reminders later, the date stays */
    ACT_HAND_OVER,
    ACT_FOLLOW, /* of every item that can be followed: what becomes of it is told to me (follow.h) */
    ACT_MUTE, /* nothing of it calls me any more */
    ACT_PROGRESS, /* how it stands */
    ACT_KEEP, /* what was said, by that event or as the text, stays in the timeline */
    ACT_RECAP, /* what happened, what was done, what follows */
    ACT_AMEND, /* label: value in the thread, or an edit of the opening message */
    ACT_DEADLINE, /* a timer: the date has come */
    ACT_REMIND, /* a timer: somebody's last working day before the date begins */
    ACT_TALK, /* a timer: the talk about it is the next thing */
    ACT_ASK, /* a timer: somebody's day begins who is still to be asked */
    ACT_RESCHEDULE, /* a person of the item works in other hours, or in another zone, than before */
    ACT_RING, /* a timer: nobody has it yet */
    ACT_CHECK, /* a timer: who has it has not been heard of for long */
    ACT_LEFT, /* a person of the item left the room */
    ACT_CAME, /* and has come back */
    ACT_RETURNED, /* the bot was away from the room and is back */
    ACTS
};

enum door { DOOR_COMMAND, DOOR_WORD, DOOR_REACTION, DOOR_TIMER, DOOR_CONSEQUENCE };

struct act_request {
    enum act act;
    enum door door;
    const char *person; /* who does it; NULL: the engine */
    const char *text; /* reason, sentence, date: as typed, trimmed; "" if none */
    const char
        *event; /* ACT_WITHDRAW: only what that event did; NULL: all. ACT_KEEP: what it said; NULL: text */
    const struct form_values *fields; /* ACT_AMEND */
};

struct transition {
    unsigned from; /* states as bits: STATE(n) | STATE(m) */
    enum act on;
    enum who who;
    enum outcome (*run)(struct turn *turn, struct item *item, const struct act_request *request);
};
#define STATE(n)    (1u << (n))
#define EVERY_STATE (~0u)
enum { STATE_ANY = ~0 };

struct handing;

struct habit {
    const char *prefix; /* "DEC" */
    const char *folder; /* of its templates: "decision" */
    const struct form *form; /* NULL: no fields */
    const struct transition *transitions; /* ends with a row whose run is NULL */
    unsigned open_states; /* as bits */
    const char *const *state_names; /* by state: sections of the templates folder/not-now and folder/denied */
    int n_states; /* of state_names */
    bool is_followed; /* people may follow it; its template "news" says what it is now */
    /* False: this person may not mute it, and that was said. NULL: anybody may. */
    bool (*may_mute)(struct turn *turn, struct item *item, const char *person);
    unsigned alike_states; /* as bits: between these nothing has changed for who follows it */
    const struct handing *handing; /* hand.h; NULL: it is not handed over */
    bool is_urgent; /* its card waits for no limit; taking it, or saying that it is done, only stops things */
    /* The card as it is now. template_out: its name. */
    struct json_object *(*card)(struct turn *turn, struct item *item, const char **template_out);
    /* Everything about it, for !show and the command line. */
    struct json_object *(*record)(struct turn *turn, struct item *item);
    /* Rows of export.h, of days from since ("2026-11-24") on. NULL: it has none. */
    void (*export_rows)(struct turn *turn, struct item *item, const char *since, struct json_object *rows);
    /* What of it that person is to do: a word for templates ("do", "take", "answer", "settle", "wait"); NULL: nothing. */
    const char *(*waits_for)(struct turn *turn, struct item *item, const char *person);
    /* It waits for that person, and a call to them was due while they were away. NULL: nobody is called to it. */
    bool (*has_held)(struct turn *turn, struct item *item, const char *person);
    /* A message in its thread that is nothing else. True: it meant something. NULL: it never does. */
    bool (*heard)(struct turn *turn, struct item *item);
    /* A message of who is asked, in its thread, as a reply, or in their direct message, that may be what they answer. True: it
       was, or was answered. NULL: nobody is asked in words. */
    bool (*answered)(struct turn *turn, struct item *item, const char *body);
    /* The message of that event, which was or was to be such an answer, says something else now. */
    bool (*answer_edited)(struct turn *turn, struct item *item, const char *event, const char *body);
    bool is_for_all; /* of everybody in the room: it hears of who comes */
    /* A message in a room of that kind (NULL: none) that is nothing else. True: it meant something. */
    const char *listens_in;
    bool (*overheard)(struct turn *turn, const char *body);
    /* Likewise, in a room of no such kind that wants hints (room.hint); NULL: it has none. */
    bool (*hinted)(struct turn *turn, const char *body);
    /* The message that opened it was edited by its author; NULL: edits change nothing. */
    void (*opening_edited)(struct turn *turn, struct item *item, const char *body);
    /* The message that opened it was redacted while it was open; NULL: nothing happens. */
    void (*opening_redacted)(struct turn *turn, struct item *item);
};

/* act.c */
struct act_names {
    enum act act;
    const char *name; /* stem of templates: act/NAME */
    const char *names[LANGS][NAMES_MAX]; /* of the command */
    /* Whole messages that mean it in a thread or reply, folded; ends with NULL. NULL: none. */
    const char *const *words;
    const char *openers[9]; /* "objection": the act, if a colon follows; the rest is the text */
    /* What a longer message begins with, before a comma or the like, or has in it somewhere: it may be meant, and is asked
     * about where silence would count as something else. Folded; end with NULL. NULL: none. */
    const char *const *beginnings;
    const char *const *phrases;
    const char *signs[5]; /* reactions, folded (text_fold_reaction) */
    bool takes_text;
};
extern const struct act_names act_table[];
const struct act_names *act_find_name(struct arena *arena, const char *typed);
/* Of the acts that the item knows (NULL: of all): one sign, or word, means another act on another habit. */
const struct act_names *act_find_sign(struct arena *arena, const char *key, const struct item *item);
/* The whole message, or the part before a colon; text_out is what follows the colon, "" if nothing. */
const struct act_names *act_find_word(struct arena *arena, const char *body, const struct item *item,
                                      const char **text_out);
const struct act_names *act_get(enum act act);
/* "yes", « oui », and nothing else. */
bool act_is_yes(struct arena *arena, const char *body);
/* A message that is no word of it, but sounds like one. is_silent: of who has not answered yet, a mere "no, ..." does too. */
bool act_may_be_meant(struct arena *arena, const char *body, enum act act, bool is_silent);
/* Of a reaction's key or a message's body: 1..9 for the keycaps and the bare digits, 0 for anything else. */
int act_choice(struct arena *arena, const char *text);

/* The one place where an act meets an item: state, rights, transition, and the answers if it cannot be. */
enum outcome lifecycle_act(struct turn *turn, struct item *item, const struct act_request *request);
bool lifecycle_may(struct turn *turn, const struct item *item, const char *person, enum who who);
bool lifecycle_is_open(const struct item *item);
/* A new date, later than now, from what the act says; without one the ends of 8 and of 16 working hours are offered. False: it was
 * asked for, or refused in words. */
bool lifecycle_read_date(struct turn *turn, struct item *item, const struct act_request *request,
                         int64_t *at_ms_out);
/* The first of the room's people who is a moderator; NULL: there is none. */
const char *lifecycle_moderator(struct turn *turn, const struct item *item);
/* Whether a person can do the act to an item of that habit in one of these states. */
bool lifecycle_knows(const struct item *item, enum act act, unsigned states);
/* ACT_RESCHEDULE, to every open item that the person is asked about, or is to talk about. */
void lifecycle_reschedule(struct turn *turn, const char *person);

/* dispatch.c: `text` is run as if the person of the event had typed it (a choice, a completed command). */
void dispatch_text(struct turn *turn, const char *text);
/* As if the event had said that number, where it stands; false: nothing there asks for one. */
bool dispatch_choose(struct turn *turn, int choice);

/* Whether a command or act is called so, in any language; the name is folded (text_fold_name). */
bool command_has_name(struct arena *arena, const char *const names[LANGS][NAMES_MAX], const char *folded);
/* The name of a command or act as help shows it in a language. */
const char *command_shown_name(const char *const names[LANGS][NAMES_MAX], const char *lang);
/* No command of that name: asks whether one of these (1 to CHOICES_MAX, without the prefix) was meant, with what stood behind
 * it, white space first. */
void command_suggest(struct turn *turn, const char *typed, const char *const *names, size_t n,
                     const char *behind);
int lang_index(const char *lang);
/* "french", "fr-CA": the language as templates name it; NULL if the bot does not speak it. */
const char *lang_read(struct arena *arena, const char *typed);

#endif
