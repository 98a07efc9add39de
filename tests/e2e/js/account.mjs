// A person who logs in as the bot itself, with its password and its recovery key: what a client makes of what the bot keeps at
// the homeserver. Says in one line of JSON which keys it has back, whether the secret storage is one to it, how many keys of
// rooms were in the backup and could be taken, and what it reads in the rooms that way.
//
//     node account.mjs HOMESERVER USER PASSWORD RECOVERY-KEY
import { end, logIn, until } from "./sdk.mjs";
const { decodeRecoveryKey } = await import("matrix-js-sdk/lib/crypto-api/index.js");
const [url, user, password, recoveryKey] = process.argv.slice(2);

const client = await logIn(url, user, password, () => decodeRecoveryKey(recoveryKey));
const crypto = client.getCrypto();
const me = client.getUserId();
await until("its own identity", () => crypto.userHasCrossSigningKeys(me, true));
try {
    await crypto.bootstrapCrossSigning({});  // from the secret storage
} catch (error) {
    end({ error: `the identity: ${error}` });
}
const status = await crypto.getCrossSigningStatus();
const isSigned = async () => (await crypto.getDeviceVerificationStatus(me, client.getDeviceId()))?.signedByOwner;
await until("its device to be signed", isSigned);
await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
const version = await crypto.checkKeyBackupAndEnable();
const backup = await crypto.restoreKeyBackup();
const events = client.getRooms().flatMap((room) => room.getLiveTimeline().getEvents());
await Promise.all(events.map((event) => client.decryptEventIfNeeded(event)));
const encrypted = events.filter((event) => event.getWireType() === "m.room.encrypted");
end({ trust: version?.trustInfo, total: backup.total, imported: backup.imported,
      read: encrypted.filter((event) => !event.isDecryptionFailure()).map((event) => event.getContent().body ?? ""),
      unread: encrypted.filter((event) => event.isDecryptionFailure()).length,
      keys: status.privateKeysCachedLocally, in_storage: status.privateKeysInSecretStorage });
