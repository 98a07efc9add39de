/* Who is in a room: people leave, are sent out, and come back; nobody who is gone is called. */
#include <string.h>

#include "base/json.h"
#include "check.h"
#include "habit.h"
#include "people.h"
#include "world.h"

static const int64_t minute_ms = 60 * 1000;

struct absence {
    const char *person;
    int room;
};
enum { ABSENCES_MAX = 1024 };
static struct absence absences[ABSENCES_MAX];
static size_t n_absences;

static void come_back(void *data, int64_t unused)
{
    const struct absence *absence = data;
    (void)unused;
    people_come_back(absence->room, absence->person);
}

static void leave(const char *person, struct chance *chance)
{
    int room = people_room(person, chance);
    if (room < 0 || n_absences == ABSENCES_MAX || people_maker(room) == person)
        return;
    struct absence *absence = &absences[n_absences++];
    *absence = (struct absence){ .person = person, .room = room };
    people_leave(room, person, chance_percent(chance, 40) ? people_maker(room) : person);
    int64_t back_ms =
        world.now_ms + chance_in(chance, 10, chance_percent(chance, 50) ? 120 : 2400) * minute_ms;
    world_at(back_ms < world.people_end_ms ? back_ms : world.people_end_ms, come_back, absence, 0);
}

static const struct sim_deed deeds[] = { { "leaves a room", 3, leave }, { NULL, 0, NULL } };

/* The position of the leaving that the person has not come back from; 0: they are there. */
static int64_t gone_since(int room, const char *person)
{
    const struct sim_room *place = homeserver_room(room);
    for (size_t i = place->n; person && i > 0; i--) {
        const struct said *said = homeserver_said(place->positions[i - 1]);
        if (said->state_key && strcmp(said->type, "m.room.member") == 0 &&
            strcmp(said->state_key, person) == 0)
            return strstr(said->content, "\"leave\"") ? said->position : 0;
    }
    return 0;
}

static void put(const struct sim_put *put)
{
    struct json_object *people = json_arr(put->content, "m.mentions/user_ids");
    for (size_t i = 0; put->is_first && people && i < json_object_array_length(people); i++) {
        const char *person = json_str(json_object_array_get_idx(people, i), "");
        int64_t gone = gone_since(put->room, person);
        if (gone && check_is_applied(gone))
            world_fail("%s is called by %s, and has left by %s", person, put->template_name,
                       homeserver_said(gone)->id);
    }
}

const struct sim_habit habit_members_sim = { .name = "members", .deeds = deeds, .put = put };
