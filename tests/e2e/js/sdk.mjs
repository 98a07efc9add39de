// matrix-js-sdk with its Rust crypto, on a Node that is older than it wants, without its log; and the end of a program: one
// line of JSON.
if (!Promise.withResolvers)  // Node 20
    Promise.withResolvers = () => {
        const it = {};
        it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
        return it;
    };
process.on("unhandledRejection", () => {});  // the SDK's own, of events that nobody waits for
for (const name of ["log", "info", "debug", "warn", "trace", "error"])
    console[name] = () => {};  // its log, on standard output

export const sdk = await import("matrix-js-sdk");
const LIMIT_MS = 120000;

export function end(result) {
    process.stdout.write(JSON.stringify(result) + "\n", () => process.exit(result.error ? 1 : 0));
}

export async function until(what, condition) {
    for (const limit = Date.now() + LIMIT_MS; Date.now() < limit; await new Promise((r) => setTimeout(r, 100))) {
        const value = await condition();
        if (value) return value;
    }
    end({ error: `waited for ${what}` });
}

// A new device of this account that has heard its first sync. getKey gives the key of the secret storage.
export async function logIn(url, user, password, getKey) {
    const login = await sdk.createClient({ baseUrl: url }).loginRequest({
        type: "m.login.password", identifier: { type: "m.id.user", user }, password });
    const client = sdk.createClient({
        baseUrl: url, userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token,
        cryptoCallbacks: { getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], getKey()] } });
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: 50, lazyLoadMembers: true });
    await until("its first sync", () => client.isInitialSyncComplete());
    return client;
}
