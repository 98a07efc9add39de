/* Days off: "24 December", "27-31 December", "remove 24 December". */
#include "commands/off.h"

#include <string.h>

#include "base/text.h"
#include "engine/days_off.h"
#include "engine/frame.h"
#include "engine/personal.h"
#include "time/zone.h"

enum { PIECES_MAX = 10, SHOWN_MAX = 12, SHOWN_IN_SETTINGS = 3 };

bool off_is_word(const char *folded)
{
    static const char *const words[] = { "off", "daysoff", "dayoff", "conge", "conges", NULL };
    return text_is_one_of(folded, words);
}

struct json_object *off_value(struct turn *turn, const char *whose, const char *other)
{
    struct days_off_list list = days_off_of(turn, whose, other);
    return days_off_values(turn, &list, SHOWN_IN_SETTINGS);
}

struct json_object *off_days(struct turn *turn, const char *kept)
{
    struct days_off days = { .name = NULL };
    struct days_off_list list = { &days, 1 };
    days_off_read_text(kept, &days.span);
    return days_off_values(turn, &list, 1);
}

static struct json_object *basics(struct turn *turn, const char *whose)
{
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, "room", *whose != '@');
    if (*whose == '@' && strcmp(whose, turn->event->sender) != 0)
        json_set(values, "other", values_person(turn, whose));
    return values;
}

enum outcome off_show(struct turn *turn, const char *whose)
{
    struct days_off_list list = days_off_of(turn, whose, *whose == '@' ? NULL : "");
    struct json_object *values = basics(turn, whose);
    json_set(values, "off", days_off_values(turn, &list, SHOWN_MAX));
    turn_answer(turn, "off/list", values);
    return OUTCOME_DONE;
}

static bool refuse(struct turn *turn, const char *whose, const char *why, const char *typed)
{
    struct json_object *values = basics(turn, whose);
    json_set_bool(values, why, true);
    json_set_bool(values, "example", strcmp(why, "unread") == 0 || strcmp(why, "past") == 0);
    json_set_bool(values, "is_own", strcmp(whose, turn->event->sender) == 0);
    json_set_int(values, "max", PIECES_MAX);
    json_set_str(values, "value", text_shorten(turn->arena, text_clean(turn->arena, typed), 40));
    turn_answer(turn, "off/refused", values);
    return false;
}

static bool ask(struct turn *turn, const char *whose, const struct when *when, bool is_removal)
{
    const char *choices[WHEN_CANDIDATES_MAX + 1] = { NULL };
    struct json_object *values = basics(turn, whose), *list = json_object_new_array();
    const char *command = *whose == '@' ? arena_printf(turn->arena, "%sme %s off", turn_prefix(turn), whose)
                                        : arena_printf(turn->arena, "%sroom off", turn_prefix(turn));
    for (size_t i = 0; i < when->n_candidates; i++) {
        struct civil day = zone_local(turn->typed.zone, when->candidates[i]).civil;
        struct json_object *row = json_object_new_object();
        choices[i] = arena_printf(turn->arena, "%s%s %04d-%02d-%02d", command, is_removal ? " remove" : "",
                                  day.year, day.month, day.day);
        json_set(row, "time", values_time(turn, when->candidates[i], turn->typed.zone));
        json_object_array_add(list, row);
    }
    json_set_str(values, "phrase", text_shorten(turn->arena, text_clean(turn->arena, when->phrase), 60));
    json_set(values, "choices", list);
    turn_ask(turn, (struct question){ .template_name = "off/which", .values = values, .choices = choices });
    return false;
}

/* "24 December, 27-31 December": all of them are read before one of them counts. */
struct pieces {
    struct hours_off spans[PIECES_MAX];
    size_t n;
};

static bool read_piece(struct turn *turn, const char *whose, const char *typed, bool is_removal,
                       struct pieces *pieces)
{
    static const char *const whys[] = {
        [DAYS_OFF_UNREAD] = "unread", [DAYS_OFF_PAST_ALREADY] = "past", [DAYS_OFF_TOO_LONG] = "long"
    };
    struct when when;
    enum days_off_reading reading = days_off_read(turn, typed, &pieces->spans[pieces->n], &when);
    if (reading == DAYS_OFF_ASK)
        return ask(turn, whose, &when, is_removal);
    if (reading != DAYS_OFF_READ)
        return refuse(turn, whose, whys[reading], typed);
    pieces->n++;
    return true;
}

static bool read_pieces(struct turn *turn, const char *whose, const char *typed, bool is_removal,
                        struct pieces *pieces)
{
    *pieces = (struct pieces){ .n = 0 };
    for (const char *at = typed; *at;) {
        size_t len = strcspn(at, ",;");
        const char *piece = text_trim(turn->arena, arena_strndup(turn->arena, at, len));
        at += len + (at[len] != '\0');
        if (!*piece)
            continue;
        if (pieces->n == PIECES_MAX)
            return refuse(turn, whose, "at_once", piece);
        if (!read_piece(turn, whose, piece, is_removal, pieces))
            return false;
    }
    return pieces->n > 0 || refuse(turn, whose, "unread", typed);
}

static void note(struct turn *turn, const char *whose, struct hours_off span, bool is_removal)
{
    const char *days = days_off_text(turn, span);
    if (*whose != '@')
        frame_note(turn, "off", is_removal ? days : NULL, is_removal ? NULL : days);
    else
        personal_note(turn, whose, is_removal ? "on" : "off", days);
}

/* "remove 24 December": moves *typed past the word. */
static bool take_removal(struct turn *turn, const char **typed)
{
    static const char *const words[] = { "remove", "not", "delete", "retirer", "annuler", "supprimer", NULL };
    size_t len = strcspn(*typed, " ");
    if (!text_is_one_of(text_fold(turn->arena, arena_strndup(turn->arena, *typed, len)), words))
        return false;
    *typed = text_skip_space(*typed + len);
    return true;
}

bool off_change(struct turn *turn, const char *whose, const char *typed)
{
    struct pieces pieces;
    bool is_removal = take_removal(turn, &typed);
    if (!read_pieces(turn, whose, typed, is_removal, &pieces))
        return false;
    size_t n_done = 0;
    for (size_t i = 0; i < pieces.n; i++) {
        if (is_removal ? !days_off_remove(turn, whose, pieces.spans[i])
                       : !days_off_add(turn, whose, pieces.spans[i]))
            continue;
        note(turn, whose, pieces.spans[i], is_removal);
        n_done++;
    }
    if (n_done > 0) {
        days_off_reschedule(turn, whose);
        turn_enter_room(turn, turn->room.id);
    }
    /* Taking back what was not off does no harm to what was. */
    if (n_done == 0 || (!is_removal && n_done < pieces.n))
        return refuse(turn, whose, is_removal ? "none" : "many", typed);
    off_show(turn, whose);
    return true;
}
