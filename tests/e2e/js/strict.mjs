// A person with matrix-js-sdk and its Rust crypto, as strict as it can be: devices that nobody signed get no keys and are not
// heard (MSC4153). Opens a room with the bot, has a decision there, and says in one line of JSON what it made of the bot.
//
//     node strict.mjs HOMESERVER USER PASSWORD BOT OTHER...
//
// OTHER are people who are to be in the room: it waits until they are.
import { end, logIn, until } from "./sdk.mjs";
const { EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } =
    await import("matrix-js-sdk/lib/crypto-api/index.js");
const [url, user, password, bot, ...others] = process.argv.slice(2);

let recovery;
const client = await logIn(url, user, password, () => recovery.privateKey);
const crypto = client.getCrypto();
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
