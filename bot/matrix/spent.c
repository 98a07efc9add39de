#include "matrix/spent.h"

#include <string.h>

void spent_note(struct store *store, int64_t now_ms)
{
    struct arena *arena = arena_create();
    if (store_get_int(store, "crypto.is_published", 0)) {
        store_set(store, "session.spent", store_get(store, arena, "session.device_id"));
        store_set_int(store, "send.token_ms", now_ms);
    }
    arena_destroy(arena);
}

bool spent_is_device(struct store *store)
{
    struct arena *arena = arena_create();
    char *spent = store_get(store, arena, "session.spent");
    char *device_id = store_get(store, arena, "session.device_id");
    bool is_spent = spent && device_id && strcmp(spent, device_id) == 0;
    arena_destroy(arena);
    return is_spent;
}
