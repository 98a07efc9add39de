/*
 * What stands in an answer to several questions, in any shape: labels, numbers, a line each, or in one line "rollback done.
 * today TSK-1. blocked yes, vault access". Nothing here looks at anything but the text.
 */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"

enum { PIECES_MAX = 32, LABEL_WORDS_MAX = 6 };

/* --- Words, folded --- */

static const char *const same_words[] = { "same",       "the same", "same as yesterday", "ditto",
                                          "idem",       "pareil",   "la meme chose",     "comme hier",
                                          "meme chose", NULL };
static const char *const skip_words[] = { "skip",   "skip today", "not today",       "pass", "passe",
                                          "sauter", "je passe",   "pas aujourd'hui", NULL };
static const char *const no_words[] = { "no",
                                        "none",
                                        "non",
                                        "aucun",
                                        "aucune",
                                        "rien",
                                        "nope",
                                        "nothing",
                                        "-",
                                        "n/a",
                                        "ras",
                                        "no blocker",
                                        "not blocked",
                                        "pas de blocage",
                                        "aucun blocage",
                                        "nothing blocked",
                                        "no blockers",
                                        "nil",
                                        NULL };
static const char *const yes_words[] = { "yes", "oui", NULL };
static const char *const done_words[] = { "done",    "finished", "fait",     "faite",     "faits", "faites",
                                          "termine", "terminee", "termines", "terminees", NULL };
static const char *const done_auxiliaries[] = { "is", "are", "was", "were", "est", "sont", NULL };

/* What a blank form says where an answer goes (method.md 1): sent as it is, it answers nothing. */
static const char *const blank_words[] = { "oui/non, si oui lequel", "qui, pour quoi, echeance",
                                           "yes/no, and which",      "who, for what, by when",
                                           "livrables termines",     "1 a 3 priorites",
                                           "ce qui peut deraper",    "arbitrages a trancher",
                                           "demande claire",         NULL };

/* Folded, without what ends a sentence. */
static const char *bare(struct arena *arena, const char *text)
{
    char *folded = text_fold(arena, text);
    size_t len = strlen(folded);
    while (len && strchr(".!,; ", folded[len - 1]))
        folded[--len] = '\0';
    return folded;
}

bool answer_is_no(struct arena *arena, const char *value)
{
    return text_is_one_of(bare(arena, value), no_words);
}

/* --- Labels --- */

static bool has_label(struct arena *arena, const struct form_field *field, const char *folded)
{
    for (int lang = 0; lang < LANGS; lang++)
        for (int i = 0; i < FORM_LABELS_MAX && field->labels[lang][i]; i++)
            if (strcmp(text_fold(arena, field->labels[lang][i]), folded) == 0)
                return true;
    return false;
}

/* A label in front, the longest, with or without a colon behind it. */
static int label_place(struct arena *arena, const struct form *form, const char *piece,
                       const char **value_out)
{
    size_t ends[LABEL_WORDS_MAX], n = 0, at = 0;
    while (n < LABEL_WORDS_MAX && piece[at]) {
        at += strcspn(piece + at, " :");
        ends[n++] = at;
        if (piece[at] == ':')
            break;
        at += strspn(piece + at, " ");
    }
    while (n-- > 0) {
        const char *folded = bare(arena, arena_strndup(arena, piece, ends[n]));
        for (int place = 0; form->fields[place].name; place++)
            if (has_label(arena, &form->fields[place], folded)) {
                *value_out = text_skip_space(piece + ends[n] + strspn(piece + ends[n], " :,-"));
                return place;
            }
    }
    return -1;
}

/* --- Pieces of the text --- */

/* Without the sign of a list in front. */
static const char *skip_bullet(const char *text)
{
    static const char *const bullets[] = { "- ", "* ", "• ", "– ", "— " };
    text = text_skip_space(text);
    for (size_t i = 0; i < sizeof bullets / sizeof bullets[0]; i++)
        if (text_starts_with(text, bullets[i]))
            return text_skip_space(text + strlen(bullets[i]));
    return text;
}

struct pieces {
    const char *at[PIECES_MAX]; /* trimmed, not empty */
    const char *before[PIECES_MAX]; /* what parts it from the one before */
    size_t n;
};

static void add_piece(struct arena *arena, struct pieces *pieces, const char *before, const char *start,
                      size_t len)
{
    const char *piece = text_trim(arena, skip_bullet(arena_strndup(arena, start, len)));
    if (!*piece || pieces->n == PIECES_MAX)
        return;
    pieces->before[pieces->n] = before;
    pieces->at[pieces->n++] = piece;
}

/* The length of what ends a piece at text; 0: nothing does. form NULL: lines alone. A comma ends one where a label follows. */
static size_t end_length(struct arena *arena, const struct form *form, const char *text)
{
    static const char *const ends[] = { ". ", "; ", " | ", " / " };
    const char *value;
    if (*text == '\n')
        return 1;
    for (size_t i = 0; form && i < sizeof ends / sizeof ends[0]; i++)
        if (text_starts_with(text, ends[i]))
            return strlen(ends[i]);
    return form && text_starts_with(text, ", ") && label_place(arena, form, text + 2, &value) >= 0 ? 2 : 0;
}

static struct pieces cut(struct arena *arena, const struct form *form, const char *body)
{
    struct pieces pieces = { .n = 0 };
    const char *start = body, *before = "";
    for (const char *c = body; *c;) {
        size_t len = end_length(arena, form, c);
        if (len) {
            add_piece(arena, &pieces, before, start, (size_t)(c - start));
            before = arena_strndup(arena, c, len);
        }
        c += len ? len : 1;
        start = len ? c : start;
    }
    add_piece(arena, &pieces, before, start, strlen(start));
    return pieces;
}

/* --- Which question a piece answers --- */

/* "2. ", "2) ", "2: " in front: its place; -1 if there is none. */
static int number_place(const char *piece, size_t n_fields, const char **value_out)
{
    bool is_number = isdigit((unsigned char)piece[0]) && piece[0] != '0' && piece[1] &&
                     strchr(".):", piece[1]) && (piece[2] == ' ' || piece[2] == '\0');
    size_t place = is_number ? (size_t)(piece[0] - '1') : n_fields;
    if (place >= n_fields)
        return -1;
    *value_out = text_skip_space(piece + 2);
    return (int)place;
}

/* "Rollback script done", « la maquette est faite »: what was done, in words that end so. */
static int ending_place(struct arena *arena, const struct form *form, const char *piece,
                        const char **value_out)
{
    const char *space = strrchr(piece, ' ');
    int place = form_place(form, "done");
    if (!space || place < 0 || !text_is_one_of(bare(arena, space + 1), done_words))
        return -1;
    const char *done = text_trim(arena, arena_strndup(arena, piece, (size_t)(space - piece)));
    const char *last = strrchr(done, ' ');
    if (last && text_is_one_of(bare(arena, last + 1), done_auxiliaries))
        done = text_trim(arena, arena_strndup(arena, done, (size_t)(last - done)));
    *value_out = done;
    return place;
}

/* "No blockers": a piece by itself. */
static int no_place(struct arena *arena, const struct form *form, const char *piece, const char **value_out)
{
    int place = form_place(form, "blocker");
    if (place < 0 || !answer_is_no(arena, piece) || !strchr(bare(arena, piece), ' '))
        return -1;
    *value_out = piece;
    return place;
}

/* "1 done, 2 moved": what became of the goals of last time. */
static int status_place(struct arena *arena, const struct form *form, const char *piece,
                        const char **value_out)
{
    static const char *const words[] = { "done",    "moved",    "dropped",   "fait",       "faite",
                                         "reporte", "reportee", "abandonne", "abandonnee", NULL };
    const char *word = piece + 2;
    bool is_status =
        isdigit((unsigned char)piece[0]) && piece[1] == ' ' &&
        text_is_one_of(text_fold(arena, arena_strndup(arena, word, strcspn(word, " ,.;"))), words);
    *value_out = piece;
    return is_status ? form_place(form, "last") : -1;
}

static int place_of(struct arena *arena, const struct form *form, const char *piece, const char **value_out)
{
    int place = number_place(piece, form_n_fields(form), value_out);
    if (place < 0)
        place = status_place(arena, form, piece, value_out);
    if (place < 0)
        place = label_place(arena, form, piece, value_out);
    if (place < 0)
        place = no_place(arena, form, piece, value_out);
    return place < 0 ? ending_place(arena, form, piece, value_out) : place;
}

/* --- Values --- */

/* "yes, vault access": the second is the answer; "yes" alone stays. */
static const char *without_yes(struct arena *arena, const char *value)
{
    size_t len = strcspn(value, " ,:-");
    const char *rest = value + len + strspn(value + len, " ,:-");
    bool is_yes = text_is_one_of(text_fold(arena, arena_strndup(arena, value, len)), yes_words);
    return is_yes && *rest ? rest : value;
}

static void keep(struct arena *arena, const struct form *form, struct answer *answer, int place,
                 const char *value, const char *between)
{
    bool is_blocker = place == form_place(form, "blocker");
    value = text_trim(arena, is_blocker ? without_yes(arena, value) : value);
    if (!*value || text_is_one_of(bare(arena, value), blank_words))
        return;
    if (strlen(value) > FORM_VALUE_MAX)
        value = text_shorten(arena, value, FORM_VALUE_MAX / 4);
    const char *before = answer->values[place];
    answer->values[place] = before ? arena_printf(arena, "%s%s%s", before, between, value) : value;
    answer->is_same[place] = !before && text_is_one_of(bare(arena, value), same_words);
    answer->kind = ANSWER_GIVEN;
}

/* Line by line: where nothing says which question it answers, the next one; behind the last, more of that. Below a label that
 * stands alone, all of it is of that. */
static void read_lines(struct arena *arena, const struct form *form, const struct pieces *lines,
                       struct answer *answer)
{
    int n_fields = (int)form_n_fields(form), next = 0, heading = -1;
    for (size_t i = 0; i < lines->n; i++) {
        const char *value = lines->at[i];
        int place = place_of(arena, form, lines->at[i], &value);
        if (place >= 0)
            heading = *value ? -1 : place;
        else if (heading >= 0)
            place = heading;
        else
            place = next < n_fields ? next : n_fields - 1;
        keep(arena, form, answer, place, value, "\n");
        next = place + 1;
    }
}

/* In one line, what says nothing of its own goes on with what was said before. False: no piece says which question it answers. */
static bool read_sentences(struct arena *arena, const struct form *form, const struct pieces *pieces,
                           struct answer *answer)
{
    int places[PIECES_MAX], last = 0;
    const char *values[PIECES_MAX];
    bool is_any = false;
    for (size_t i = 0; i < pieces->n; i++) {
        values[i] = pieces->at[i];
        places[i] = place_of(arena, form, pieces->at[i], &values[i]);
        is_any = is_any || places[i] >= 0;
    }
    for (size_t i = 0; is_any && i < pieces->n; i++) {
        last = places[i] >= 0 ? places[i] : last;
        keep(arena, form, answer, last, values[i], pieces->before[i]);
    }
    return is_any;
}

/* Labels with colons, a line each: what follows without one goes on. */
static bool read_labels(struct arena *arena, const struct form *form, const struct pieces *lines,
                        struct answer *answer)
{
    int place = -1;
    bool is_any = false;
    for (size_t i = 0; i < lines->n; i++)
        is_any = is_any || form_begins(arena, form, lines->at[i]);
    if (!is_any)
        return false;
    for (size_t i = 0; i < lines->n; i++) {
        const char *value = lines->at[i];
        int status = status_place(arena, form, lines->at[i], &value);
        if (form_begins(arena, form, lines->at[i]))
            place = label_place(arena, form, lines->at[i], &value);
        else if (status >= 0)
            place = status;
        keep(arena, form, answer, place < 0 ? 0 : place, value, "\n");
    }
    return true;
}

/* Small talk, a question back, a lone word; where a routine has questions of its own, a word may be all. */
static bool says_nothing(struct arena *arena, const struct form *form, const struct pieces *pieces,
                         const char *body)
{
    size_t len = strlen(body);
    if (pieces->n == 0 || !text_has_words(body))
        return true;
    if (form_is_own(form))
        return body[len - 1] == '?';
    return pieces->n == 1 && (body[len - 1] == '?' || !strpbrk(pieces->at[0], " ")) &&
           !answer_is_no(arena, body);
}

/* "3; yes; bob": as many as there are questions of its own, in their order. Of the others enough that it is no talk, and the last
 * says that there is nothing: "Contract read. Two-step review. None." */
static bool read_in_order(struct arena *arena, const struct form *form, const struct pieces *pieces,
                          struct answer *answer)
{
    enum { SOME = 3 };
    size_t n_fields = form_n_fields(form), n = pieces->n;
    bool is_own = form_is_own(form);
    bool is_all = is_own ? n == n_fields : n >= SOME && answer_is_no(arena, pieces->at[n - 1]);
    if (n < 2 || n > n_fields || !is_all)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *piece = pieces->at[i];
        bool ends_line = !is_own && i == n - 1 && piece[strlen(piece) - 1] == '.';
        keep(arena, form, answer, (int)i, arena_strndup(arena, piece, strlen(piece) - ends_line), "");
    }
    answer->is_marked = !is_own;
    return true;
}

struct answer answer_read(struct arena *arena, const struct form *form, const char *body)
{
    struct answer answer = { .kind = ANSWER_NONE };
    const char *whole = bare(arena, body);
    struct pieces lines = cut(arena, NULL, body);
    if (text_is_one_of(whole, same_words))
        answer.kind = ANSWER_SAME;
    else if (text_is_one_of(whole, skip_words))
        answer.kind = ANSWER_SKIP;
    if (answer.kind != ANSWER_NONE)
        return answer;
    answer.is_labelled = lines.n && form_begins(arena, form, lines.at[0]);
    if (lines.n > 1) {
        answer.is_marked = true;
        if (!read_labels(arena, form, &lines, &answer))
            read_lines(arena, form, &lines, &answer);
        return answer;
    }
    struct pieces sentences = cut(arena, form, body);
    answer.is_marked = read_sentences(arena, form, &sentences, &answer);
    if (answer.is_marked || read_in_order(arena, form, &sentences, &answer))
        return answer;
    const char *value;
    if (!says_nothing(arena, form, &lines, body)) {
        read_lines(arena, form, &lines, &answer);
        answer.is_marked = number_place(lines.at[0], form_n_fields(form), &value) >= 0;
    }
    return answer;
}
