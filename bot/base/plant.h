/*
 * plant - bugs that the simulator must find: a test that finds none of them proves nothing.
 *
 * Shape:   PLANTED(NAME) is false and costs nothing, but in the build of tests/sim, which chooses one when it is run.
 *          Each stands in one place, in one line, where somebody could have made that mistake.
 */
#ifndef BASE_PLANT_H
#define BASE_PLANT_H

#include <stdbool.h>

#ifdef GREFFIER_PLANTS

/* name, what is wrong */
#define PLANTS(PLANT)                                                                                        \
    PLANT(POSITION_EARLY, "the sync position is saved before what it stands for is applied")                 \
    PLANT(TXN_ANEW, "a message that goes again gets another transaction id")                                 \
    PLANT(TXN_OF_ROW, "transaction ids are made from a counter")                                             \
    PLANT(ACK_IGNORED, "who has answered is reminded all the same")                                          \
    PLANT(PING_KEPT, "a ping that waits is not withdrawn when it becomes moot")                              \
    PLANT(TIMER_KEPT, "a timer that has fired stays")                                                        \
    PLANT(GAP_LEFT, "a hole in a timeline is not filled")                                                    \
    PLANT(BARRIER_REPEATED, "a barrier may be answered from the homeserver's cache")                         \
    PLANT(BARRIER_SKIPPED, "what closes on silence does not listen first")                                   \
    PLANT(COLLAPSE_ATTEMPTED, "an edit becomes part of a message that is under way")                         \
    PLANT(CLOCK_BELIEVED, "a clock that jumped is believed")                                                 \
    PLANT(RESENT_BLINDLY, "a late message goes again without a look whether it is there")                    \
    PLANT(ECHO_NOT_AWAITED, "a 200 is taken for the message being there")                                    \
    PLANT(EVENT_TWICE, "an event may be applied again")                                                      \
    PLANT(LIMIT_DROPS, "a message that meets the homeserver's limit is given up")                            \
    PLANT(RESTORED_UNSEEN, "an old copy of the store is not noticed")                                        \
    PLANT(CALL_GOES_ON, "who has been called to what is urgent is called on when somebody has it")           \
    PLANT(CALL_ONCE, "who does not answer is not called again, and nobody after them")                       \
    PLANT(HAND_CALLS_BOTH, "what is handed over calls who has it too")                                       \
    PLANT(STAND_IN_FORGOTTEN, "the rota forgets who stands in")                                              \
    PLANT(URGENT_WAITS, "what is urgent waits for the limit like all else")                                  \
    PLANT(UNSYNCED, "commits are not synced to the disk")

/* A week is too short to show these: tests/sim/year finds them. */
#define YEAR_PLANTS(PLANT)                                                                                   \
    PLANT(CLOCK_CHANGE_FORGOTTEN, "what comes back keeps the offset that its zone had at first")             \
    PLANT(CATCHES_UP, "after an outage each occurrence that was missed is said")                             \
    PLANT(AWAY_IGNORED, "who is away is called all the same")                                                \
    PLANT(ASKED_TWICE, "who was asked in a round is asked again")                                            \
    PLANT(NUDGED_ALL_THE_SAME, "who has answered in a round is nudged")                                      \
    PLANT(EDIT_OVERHEARD, "an answer stays as it was first")                                                 \
    PLANT(ROUND_LEFT_OPEN, "a round is not closed by its date")

#define PLANT_ENUM(name, what) PLANT_##name,
enum plant { PLANT_NONE, PLANTS(PLANT_ENUM) PLANTS_N, YEAR_PLANTS(PLANT_ENUM) PLANTS_END };
#undef PLANT_ENUM
extern enum plant planted;
#define PLANTED(name) (planted == PLANT_##name)

#else
#define PLANTED(name) false
#endif

#endif
