/* The escalation that is open already: the same thing reported twice is offered as one. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"

enum { WORDS_MAX = 40, WORD_BYTES_MIN = 4, WORDS_SHARED_MIN = 2, OPEN_MAX = 20 };

#define DIGITS "0123456789"

struct word_set {
    const char *words[WORDS_MAX];
    size_t n;
};

/* The words that say something: short ones are in every sentence, unless they count or number. */
static struct word_set words_of(struct turn *turn, const char *text)
{
    struct word_set set = { .n = 0 };
    char *folded = text_fold(turn->arena, text);
    for (const char *c = folded; *c && set.n < WORDS_MAX;) {
        size_t len = strcspn(c, " ,.;:!?'\"()\n");
        const char *word = arena_strndup(turn->arena, c, len);
        if (len >= WORD_BYTES_MIN || strpbrk(word, DIGITS))
            set.words[set.n++] = word;
        c += len + (c[len] != '\0');
    }
    return set;
}

static bool has(const struct word_set *set, const char *word)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->words[i], word) == 0)
            return true;
    return false;
}

/* "server 12", "server 14": each has a number that the other has not. */
static bool has_own_number(const struct word_set *set, const struct word_set *other)
{
    for (size_t i = 0; i < set->n; i++)
        if (strpbrk(set->words[i], DIGITS) && !has(other, set->words[i]))
            return true;
    return false;
}

/* Half of the words of the shorter one stand in the other, and two at least. */
static bool are_alike(const struct word_set *a, const struct word_set *b)
{
    const struct word_set *few = a->n <= b->n ? a : b, *many = a->n <= b->n ? b : a;
    size_t n_shared = 0;
    for (size_t i = 0; i < few->n; i++)
        n_shared += has(many, few->words[i]);
    return n_shared >= WORDS_SHARED_MIN && 2 * n_shared >= few->n &&
           !(has_own_number(a, b) && has_own_number(b, a));
}

/* The newest of those open here; NULL: none is like it. */
static struct item *find_alike(struct turn *turn, const char *impact)
{
    struct item *found = NULL;
    struct word_set words = words_of(turn, impact);
    struct rows rows = store_rows(turn->store,
                                  "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 AND closed_ms IS NULL"
                                  " ORDER BY id DESC LIMIT ?3",
                                  "isi", turn->room.id, habit_escalation.prefix, (int64_t)OPEN_MAX);
    while (!found && rows_next(&rows)) {
        struct item *item = item_get(turn, rows_int(&rows, 0));
        const char *subject = item ? text_get(turn, item_field(turn, item, "subject")) : NULL;
        struct word_set others = words_of(turn, subject ? subject : "");
        if (are_alike(&words, &others))
            found = item;
    }
    rows_end(&rows);
    return found;
}

bool escalation_is_new(struct turn *turn, const struct opening *opening)
{
    struct item *item = form_value(&opening->values, "another") ? NULL : find_alike(turn, opening->subject);
    if (!item)
        return true;
    const char *told = turn_without_slots(turn, opening->subject);
    const char *const choices[] = {
        arena_printf(turn->arena, "%s%s %s %s", turn_prefix(turn),
                     command_shown_name(act_get(ACT_PROGRESS)->names, turn->lang), item->name, told),
        opening_with_field(turn, opening, opening_body(turn, opening, NULL), "another", item->name), NULL
    };
    struct json_object *values = escalation_basics(turn, item);
    json_set_bool(values, "taken", item->state == ESCALATION_TAKEN);
    turn_ask(turn,
             (struct question){ .template_name = "escalation/same", .values = values, .choices = choices });
    return false;
}
