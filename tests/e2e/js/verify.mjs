// A person with matrix-js-sdk and its Rust crypto, who verifies the bot by emoji. Says in lines of JSON what happens, and does
// what standard input says: "yes" or "no" to the emoji that are shown, then "look" as often as wanted, for what is trusted.
//
//     node verify.mjs HOMESERVER USER PASSWORD BOT encrypted|plain|device
if (!Promise.withResolvers)  // Node 20
    Promise.withResolvers = () => {
        const it = {};
        it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
        return it;
    };
process.on("unhandledRejection", () => {});
for (const name of ["log", "info", "debug", "warn", "trace", "error"])
    console[name] = () => {};

import { createInterface } from "node:readline";
const sdk = await import("matrix-js-sdk");
const { VerificationPhase, VerifierEvent } = await import("matrix-js-sdk/lib/crypto-api/index.js");
const [url, user, password, bot, where] = process.argv.slice(2);
const LIMIT_MS = 120000;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const say = (it) => process.stdout.write(JSON.stringify(it) + "\n");
function end(it) {
    process.stdout.write(JSON.stringify(it) + "\n", () => process.exit(it.error ? 1 : 0));
    return new Promise(() => {});
}
async function until(what, condition) {
    for (const limit = Date.now() + LIMIT_MS; Date.now() < limit; await new Promise((r) => setTimeout(r, 100))) {
        const value = await condition();
        if (value) return value;
    }
    return end({ error: `waited for ${what}` });
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

const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
async function roomWith(state) {
    const { room_id } = await client.createRoom({ preset: "private_chat", invite: [bot], is_direct: true, initial_state: state });
    await until("the bot to join", () => client.getRoom(room_id)?.getMember(bot)?.membership === "join");
    return room_id;
}
// Only with whom one shares an encrypted room does this client look for keys.
let roomId = await roomWith([encryption]);
await until("the bot's identity", () => crypto.userHasCrossSigningKeys(bot, true));
if (where === "plain") roomId = await roomWith([]);
const device = await until("the bot's device", async () => [...((await crypto.getUserDeviceInfo([bot], true)).get(bot)?.keys() ?? [])][0]);

const request = where === "device" ? await crypto.requestDeviceVerification(bot, device)
                                   : await crypto.requestVerificationDM(bot, roomId);
await until("an answer", () => request.phase >= VerificationPhase.Ready);
if (request.phase === VerificationPhase.Cancelled)
    await end({ cancelled: request.cancellationCode, by: request.cancellingUserId });
const verifier = await request.startVerification("m.sas.v1");
const shown = new Promise((resolve) => verifier.on(VerifierEvent.ShowSas, resolve));
const ended = verifier.verify().then(() => "done", (error) => String(error?.message ?? error));
const sas = await shown;
say({ emoji: sas.sas.emoji, numbers: sas.sas.decimal });
const decision = (await lines.next()).value;
if (decision === "yes") await sas.confirm();
else if (decision === "no") sas.mismatch();
say({ ended: await ended, cancelled: request.cancellationCode ?? null });
for (let line = await lines.next(); !line.done; line = await lines.next()) {
    await crypto.userHasCrossSigningKeys(bot, true);
    const status = await crypto.getUserVerificationStatus(bot);
    const trust = await crypto.getDeviceVerificationStatus(bot, device);
    say({ person: status.isCrossSigningVerified(), device: trust?.crossSigningVerified === true });
}
await end({});
