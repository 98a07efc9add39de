#include "store/number.h"

void number_skip(struct store *store, const char *prefix, int64_t used)
{
    store_run(store,
              "INSERT INTO number(prefix, next, reserved) VALUES(?1, ?2 + 1, ?2)"
              " ON CONFLICT(prefix) DO UPDATE SET next = max(next, excluded.next),"
              "  reserved = max(reserved, excluded.reserved)",
              "si", prefix, used);
}

void number_use_up(struct store *store)
{
    store_run(store, "UPDATE number SET next = max(next, reserved + 1)", "");
}
