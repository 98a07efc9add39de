/* !chain - whom an urgent room calls, and in which order. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/oncall.h"
#include "engine/people.h"

static struct json_object *place_row(struct turn *turn, const char *place)
{
    struct json_object *row = values_new();
    bool is_rota = strcmp(place, ONCALL_ROTA) == 0;
    const char *person = is_rota ? rota_holder(turn, turn->now_ms) : place;
    json_set_bool(row, "rota", is_rota);
    json_set_bool(row, "somebody", person != NULL);
    if (person)
        json_set(row, "person", values_person(turn, person));
    return row;
}

static void show_chain(struct turn *turn)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct person_list chain = oncall_chain(turn);
    struct rota rota;
    /* Without an order the rota is one. */
    if (chain.n == 0 && rota_get(turn, &rota))
        chain = oncall_now(turn);
    for (size_t i = 0; i < chain.n; i++)
        json_object_array_add(list, place_row(turn, chain.ids[i]));
    struct json_object *troubles = oncall_troubles(turn);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "list", list);
    json_set_bool(values, "none", chain.n == 0);
    if (troubles)
        json_set(values, "troubles", troubles);
    turn_answer(turn, "chain/show", values);
}

static bool is_nobody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "none", "nobody", "aucun", "aucune", "personne" };
    const char *folded = text_fold(turn->arena, text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(folded, words[i]) == 0)
            return true;
    return false;
}

/* "bob, rota, carol" without the rota; its place among the others, or SIZE_MAX. */
static const char *without_rota(struct turn *turn, const char *text, size_t *at_out)
{
    const char *rest = "";
    size_t n = 0;
    *at_out = SIZE_MAX;
    for (const char *c = text; *c;) {
        size_t len = strcspn(c, ",\n");
        const char *name = text_trim(turn->arena, arena_strndup(turn->arena, c, len));
        if (oncall_is_rota(turn, name) && *at_out == SIZE_MAX)
            *at_out = n;
        else if (*name)
            rest = arena_printf(turn->arena, "%s%s%s", rest, n++ ? ", " : "", name);
        c += len + (c[len] != '\0');
    }
    return rest;
}

/* False: it was asked, or refused in words. */
static bool read_chain(struct turn *turn, const char *text, struct person_list *people_out)
{
    *people_out = (struct person_list){ 0 };
    if (is_nobody(turn, text))
        return true;
    size_t rota_at;
    struct people_read read = people_read(turn, without_rota(turn, text, &rota_at), NULL);
    if (read.culprit) {
        people_ask(turn, &read, text,
                   arena_printf(turn->arena, "%s%s " TURN_SLOT, turn_prefix(turn),
                                command_shown_name(command_chain.names, turn->lang)));
        return false;
    }
    people_out->ids = arena_alloc(turn->arena, (read.people.n + 1) * sizeof *people_out->ids);
    for (size_t i = 0; i <= read.people.n; i++) {
        if (i == rota_at)
            people_out->ids[people_out->n++] = ONCALL_ROTA;
        if (i < read.people.n && !turn_is_bot(turn, read.people.ids[i]))
            people_out->ids[people_out->n++] = read.people.ids[i];
    }
    if (people_out->n <= ONCALL_CHAIN_MAX)
        return true;
    struct json_object *values = values_new();
    json_set_int(values, "max", ONCALL_CHAIN_MAX);
    turn_answer(turn, "chain/too-long", values);
    return false;
}

static enum outcome chain(struct turn *turn, const struct request *request)
{
    struct person_list people;
    if (!turn->room.kind || strcmp(turn->room.kind, ESCALATION_ROOM) != 0) {
        escalation_refuse_here(turn);
        return OUTCOME_DONE;
    }
    if (*request->rest && !lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR))
        return OUTCOME_DENIED;
    if (*request->rest && !read_chain(turn, request->rest, &people))
        return OUTCOME_DONE;
    if (*request->rest)
        oncall_set_chain(turn, &people);
    show_chain(turn);
    return OUTCOME_DONE;
}

const struct command command_chain = {
    .topic = "chain",
    .names = { { "chain" }, { "chaîne", "ordre" } },
    .who = WHO_ANYBODY,
    .run = chain,
};
