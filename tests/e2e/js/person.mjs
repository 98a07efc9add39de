// A person with matrix-js-sdk and its Rust crypto, who does what standard input says, a line of JSON each: {n, do, ...}. Answers
// with {n, value} or {n, error}, and says {heard} of each event that is read, {unread} of each that cannot be.
//
//     node person.mjs HOMESERVER USER PASSWORD all|signed [RECOVERY-KEY]
//
// signed: devices that nobody signed get no keys and are not heard (MSC4153). Without a recovery key the identity is made.
import { createInterface } from "node:readline";
import { end, logIn, until } from "./sdk.mjs";
const { AllDevicesIsolationMode, OnlySignedDevicesIsolationMode, EventShieldColour, decodeRecoveryKey } =
    await import("matrix-js-sdk/lib/crypto-api/index.js");
const [url, user, password, mode, recoveryKey] = process.argv.slice(2);
const say = (it) => process.stdout.write(JSON.stringify(it) + "\n");

let privateKey = recoveryKey && decodeRecoveryKey(recoveryKey);
const client = await logIn(url, user, password, () => privateKey);
const crypto = client.getCrypto();
const me = client.getUserId();
// Whoever has an identity already is asked for the password before it is replaced.
const authUploadDeviceSigningKeys = async (request) => {
    try {
        return await request(null);
    } catch (error) {
        return request({ type: "m.login.password", identifier: { type: "m.id.user", user }, password, session: error.data?.session });
    }
};
let encodedKey = recoveryKey;
if (recoveryKey) {
    await until("its own identity", () => crypto.userHasCrossSigningKeys(me, true));
    await crypto.bootstrapCrossSigning({});
} else {
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys });
    const made = await crypto.createRecoveryKeyFromPassphrase();
    ({ privateKey, encodedPrivateKey: encodedKey } = made);
    await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => made });
}
await until("its device to be signed", async () => (await crypto.getDeviceVerificationStatus(me, client.getDeviceId()))?.signedByOwner);
crypto.setDeviceIsolationMode(mode === "signed" ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false));

const told = new Set();
async function hear(event) {
    const id = event.getId();
    if (!id?.startsWith("$") || told.has(id) || event.isBeingDecrypted()) return;
    const wire = event.getWireContent()?.["m.relates_to"];
    const seen = { event_id: id, type: event.getType(), sender: event.getSender(), origin_server_ts: event.getTs(),
                   wire: event.getWireType(), session: event.getWireContent()?.session_id, state_key: event.getStateKey(),
                   content: { ...event.getOriginalContent(), ...(wire ? { "m.relates_to": wire } : {}) } };
    if (event.isDecryptionFailure()) return say({ unread: { ...seen, why: event.decryptionFailureReason } });
    if (seen.wire === "m.room.encrypted" && seen.type === seen.wire) return;  // its turn has not come
    told.add(id);
    const info = seen.wire === "m.room.encrypted" ? await crypto.getEncryptionInfoForEvent(event) : null;
    seen.shield = info && Object.keys(EventShieldColour).find((c) => EventShieldColour[c] === info.shieldColour);
    say({ heard: { room: event.getRoomId(), event: seen } });
}
client.on("Room.timeline", (event) => { hear(event); });
client.on("Event.decrypted", (event) => { hear(event); });
for (const event of client.getRooms().flatMap((room) => room.getLiveTimeline().getEvents())) hear(event);

const deeds = {
    create: async ({ invite, encrypted, direct }) => {
        const state = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        return (await client.createRoom({ preset: "private_chat", invite, is_direct: direct,
                                          initial_state: encrypted ? [state] : [] })).room_id;
    },
    join: async ({ room }) => (await client.joinRoom(room)).roomId,
    send: async ({ room, type, content, encrypted }) => {
        await until("the room", () => client.getRoom(room)?.getMyMembership() === "join");
        // Nothing in clear only because its setting has not come yet.
        if (encrypted) await until("the room to be encrypted", () => crypto.isEncryptionEnabledInRoom(room));
        return (await client.sendEvent(room, type, content)).event_id;
    },
    redact: async ({ room, id }) => (await client.redactEvent(room, id)).event_id,
    discard: ({ room }) => crypto.forceDiscardSession(room),
    device: () => client.getDeviceId(),
    recovery: () => encodedKey,
    reset: () => crypto.bootstrapCrossSigning({ setupNewCrossSigning: true, authUploadDeviceSigningKeys }),
    // Whether somebody's owner has signed each of their devices, by its id.
    devices: async ({ of }) => {
        const devices = (await crypto.getUserDeviceInfo([of], true)).get(of);
        return Object.fromEntries(await Promise.all([...devices.keys()].map(
            async (id) => [id, (await crypto.getDeviceVerificationStatus(of, id))?.signedByOwner === true])));
    },
    leave: () => client.logout(true),
};
say({ n: 0, value: me });
for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    // Each by itself: who waits for one thing may do another.
    Promise.resolve().then(() => deeds[asked.do](asked)).then(
        (value) => say({ n: asked.n, value: value ?? null }), (error) => say({ n: asked.n, error: String(error?.stack ?? error) }));
}
end({});
