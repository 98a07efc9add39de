#include "matrix/crypto/olm_payload.h"

#include <string.h>

static bool is_text(struct json_object *payload, const char *path, const char *text)
{
    const char *found = json_str(payload, path);
    return found && strcmp(found, text) == 0;
}

/* Every part of it is the sender's. */
static bool is_senders(struct json_object *device, const struct olm_ends *ends, const char *sender_ed)
{
    struct device_keys keys;
    const char *device_id = json_str(device, "device_id");
    return device_id && device_read(device, ends->sender, device_id, &keys) &&
           strcmp(keys.curve25519, ends->sender_curve) == 0 && strcmp(keys.ed25519, sender_ed) == 0;
}

bool olm_payload_read(struct json_object *payload, const struct olm_ends *ends, struct olm_payload *out)
{
    *out = (struct olm_payload){ .type = json_str(payload, "type"),
                                 .content = json_obj(payload, "content"),
                                 .sender_ed = json_str(payload, "keys/ed25519"),
                                 .sender_device = json_find(payload, "sender_device_keys") };
    if (!out->type || !out->content || !ratchet_is_key(out->sender_ed) ||
        !is_text(payload, "sender", ends->sender) || !is_text(payload, "recipient", ends->recipient) ||
        !is_text(payload, "recipient_keys/ed25519", ends->recipient_ed))
        return false;
    if (out->sender_device && !is_senders(out->sender_device, ends, out->sender_ed))
        return false;
    out->sender_device_id = json_str(out->sender_device, "device_id");
    return true;
}

struct json_object *olm_payload_make(const struct olm_ends *ends, const char *sender_ed, const char *type,
                                     struct json_object *content, struct json_object *device)
{
    struct json_object *payload = json_object_new_object();
    struct json_object *keys = json_object_new_object(), *recipient_keys = json_object_new_object();
    json_set_str(payload, "type", type);
    json_set(payload, "content", json_object_get(content));
    json_set_str(payload, "sender", ends->sender);
    json_set_str(keys, "ed25519", sender_ed);
    json_set(payload, "keys", keys);
    json_set_str(payload, "recipient", ends->recipient);
    json_set_str(recipient_keys, "ed25519", ends->recipient_ed);
    json_set(payload, "recipient_keys", recipient_keys);
    json_set(payload, "sender_device_keys", json_object_get(device));
    return payload;
}
