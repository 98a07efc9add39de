// A person with matrix-js-sdk and its Rust crypto, as strict as it can be: devices that nobody signed get no keys and are not
// heard (MSC4153). Opens a room with the bot, has a decision there, and says in one line of JSON what it made of the bot.
//
//     node strict.mjs HOMESERVER USER PASSWORD BOT OTHER...
//
// OTHER are people who are to be in the room: it waits until they are.
if (!Promise.withResolvers)  // Node 20
    Promise.withResolvers = () => {
        const it = {};
        it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
        return it;
    };
process.on("unhandledRejection", () => {});  // the SDK's own, of events that nobody waits for
for (const name of ["log", "info", "debug", "warn", "trace", "error"])
    console[name] = () => {};  // its log, on standard output

const sdk = await import("matrix-js-sdk");
const { EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } =
    await import("matrix-js-sdk/lib/crypto-api/index.js");
const [url, user, password, bot, ...others] = process.argv.slice(2);
const LIMIT_MS = 120000;

function end(result) {
    process.stdout.write(JSON.stringify(result) + "\n", () => process.exit(result.error ? 1 : 0));
}

async function until(what, condition) {
    for (const limit = Date.now() + LIMIT_MS; Date.now() < limit; await new Promise((r) => setTimeout(r, 100))) {
        const value = await condition();
        if (value) return value;
    }
    end({ error: `waited for ${what}` });
}

const login = await sdk.createClient({ baseUrl: url }).loginRequest({
    type: "m.login.password", identifier: { type: "m.id.user", user }, password });
let recovery;
const client = sdk.createClient({
    baseUrl: url, userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token,
    cryptoCallbacks: { getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], recovery.privateKey] } });
await client.initRustCrypto({ useIndexedDB: false });
await client.startClient({ initialSyncLimit: 10, lazyLoadMembers: true });
const crypto = client.getCrypto();
await until("its first sync", () => client.isInitialSyncComplete());
await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (request) => request(null) });
recovery = await crypto.createRecoveryKeyFromPassphrase();
await crypto.bootstrapSecretStorage({ createSecretStorageKey: async () => recovery });
crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());

const { room_id: roomId } = await client.createRoom({
    preset: "private_chat", invite: [bot, ...others], initial_state: [
        { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }] });
for (const person of [bot, ...others])
    await until(`${person} to join`, () => client.getRoom(roomId)?.getMember(person)?.membership === "join");
await until("the room to be encrypted", () => crypto.isEncryptionEnabledInRoom(roomId));

function said(test) {
    const events = client.getRoom(roomId).getLiveTimeline().getEvents();
    return events.find((e) => e.getSender() === bot && e.getType() !== "m.room.member" && test(e));
}
const replyTo = (e) => e.getWireContent()["m.relates_to"]?.["m.in_reply_to"]?.event_id;
async function ask(text) {
    const { event_id: asked } = await client.sendEvent(roomId, "m.room.message", { msgtype: "m.text", body: text });
    const answer = await until(`the answer to ${text}`, () => said((e) => replyTo(e) === asked));
    await until("it to be read", () => !answer.isBeingDecrypted() && (answer.getClearContent() || answer.isDecryptionFailure()));
    const info = answer.isDecryptionFailure() ? null : await crypto.getEncryptionInfoForEvent(answer);
    return {
        wire: answer.getWireType(), type: answer.getType(), failure: answer.decryptionFailureReason,
        msgtype: answer.getContent().msgtype, body: answer.getContent().body,
        shield: info && Object.keys(EventShieldColour).find((c) => EventShieldColour[c] === info.shieldColour),
        reason: info && info.shieldReason !== null && Object.keys(EventShieldReason).find((r) => EventShieldReason[r] === info.shieldReason) };
}
const card = await ask("!decide Tea in 20 days");
await crypto.forceDiscardSession(roomId);
const shown = await ask(`!show ${/[A-Z]{3}-\d+/.exec(card.body)?.[0]}`);
const devices = (await crypto.getUserDeviceInfo([bot], true)).get(bot);
const statuses = await Promise.all([...devices.keys()].map((id) => crypto.getDeviceVerificationStatus(bot, id)));
end({ card, shown, has_identity: await crypto.userHasCrossSigningKeys(bot, true),
      devices: statuses.map((s) => s?.signedByOwner === true) });
