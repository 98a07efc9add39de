"""What outlives the bot's machine: its identity and its keys, by the recovery key; read by matrix-js-sdk as another client of
the bot's account."""

import asyncio
import re
import shutil

import synapse
from chat import PASSWORD, Failure, own_lab
from test_encrypted import lax_bot, run_js

BACKUP_S = 12  # from a key to its place in the backup


def _recovery_key(said):
    found = re.search(r"Recovery key: ([1-9A-Za-z ]+)", said)
    return found and found.group(1).strip()


def _log_in(bot, *arguments):
    code, out, complaint = bot.login(*arguments)
    if code != 0:
        raise Failure(f"login ended with {code}: {complaint}")
    return out


async def _settled(room, bot, words="lie in its secret storage"):
    await room.until(lambda: words in bot.log.read_text(), 60, lambda: f"“{words}” in the log\n{bot.log_tail(30)}")


async def the_recovery_key_is_shown_once_and_opens_all(lab):
    """By `greffier login`, nowhere else: not in the log, not in a file, not a second time. With it a client of the bot's account
    has the whole identity."""
    async with own_lab(lab, "recovery") as own:
        bot = own.bot(start=False)
        key = _recovery_key(_log_in(bot))
        if not key or _recovery_key(_log_in(bot)):
            raise Failure("the recovery key is not shown once")
        bot.start()
        room = await own.room("here", ["alice"], bot)
        await _settled(room, bot)
        await bot.stop()
        for file in bot.folder.iterdir():
            text = file.read_bytes() if file.is_file() else b""
            if key.encode() in text or key.replace(" ", "").encode() in text:
                raise Failure(f"the recovery key stands in {file.name}")
        found = await run_js(own, "account.mjs", bot.name, PASSWORD, key)
        if "error" in found:
            raise Failure(f"{found['error']}:\n{bot.log_tail(30)}")
        if not all(found["keys"].values()) or not found["in_storage"]:
            raise Failure(f"not the whole identity: {found}")


async def a_new_machine_is_the_same_bot_by_the_recovery_key_alone(lab):
    """Nothing of the old machine is left: another device, the same identity, signed; who forgets the recovery key is asked for it,
    and nothing is made anew in silence."""
    async with own_lab(lab, "machine", is_secret=False) as own:
        bot = own.bot(start=False)
        key = _recovery_key(_log_in(bot))
        bot.start()
        room = await own.room("here", ["alice"], bot)
        await _settled(room, bot)
        await bot.stop()
        for file in [*bot.folder.glob("greffier.db*"), *bot.folder.glob("*.key"), bot.log]:
            file.unlink(missing_ok=True)
        code, out, complaint = bot.login()
        if code == 0 or "recovery-key-file" not in complaint or _recovery_key(out):
            raise Failure(f"login without the recovery key: {code}, {out}{complaint}")
        file = bot.folder / "recovery"
        file.write_text(key + "\n")
        file.chmod(0o600)
        out = _log_in(bot, "--recovery-key-file", str(file))
        if _recovery_key(out):
            raise Failure("it is shown again")
        bot.start()
        await _settled(room, bot, "is signed by its owner")
        await _settled(room, bot)
        found = await run_js(own, "account.mjs", bot.name, PASSWORD, key)
        if not all(found.get("keys", {"": False}).values()):
            raise Failure(f"not the whole identity: {found}")
        if "made the identity" in bot.log.read_text():
            raise Failure(f"another identity was made:\n{bot.log_tail(30)}")


async def the_backup_has_the_keys_of_its_rooms(lab):
    """What the bot was said and has said in an encrypted room: another client of its account reads all of it by the recovery key."""
    async with own_lab(lab, "backup", is_secret=True) as own:
        bot = lax_bot(own, start=False)
        key = _recovery_key(_log_in(bot))
        bot.start()
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        card = await room.card(await room.alice.say("!decide Zanzibar by boat in 20 days"))
        await room.bob.reply(card, "agree")
        await card.shows("Agreed: bob")
        await _settled(room, bot, "made a backup of the keys")
        await asyncio.sleep(BACKUP_S)
        await bot.stop()
        found = await run_js(own, "account.mjs", bot.name, PASSWORD, key)
        if "error" in found:
            raise Failure(f"{found['error']}:\n{bot.log_tail(30)}")
        if not found["total"] or found["imported"] != found["total"]:
            raise Failure(f"not all keys could be taken: {found}")
        if found["unread"] or not all(any(words in body for body in found["read"]) for words in ("!decide Zanzi", "agree", "Agreed")):
            raise Failure(f"not all that was said is read: {found}")
        if not found["trust"] or not all(found["trust"].values()):
            raise Failure(f"the backup is not trusted: {found}")


def _devices(own, bot):
    """As the homeserver names them, without the one of the registration."""
    token = own.homeserver.register("looker", PASSWORD)["access_token"]
    keys = synapse.request("POST", f"{own.homeserver.url}/_matrix/client/v3/keys/query",
                           {"device_keys": {bot.user_id: []}}, token)[1]
    master = keys["master_keys"][bot.user_id]["keys"]
    signing = next(iter(keys["self_signing_keys"][bot.user_id]["keys"]))
    return master, {name: signing in device["signatures"][bot.user_id]
                    for name, device in keys["device_keys"][bot.user_id].items()}


async def a_restored_store_new_device_same_identity_nothing_repeated(lab):
    """An old copy of the store, on the real server: what was said since to the device that is given up is read by the keys in the
    backup; what was answered is not answered again."""
    async with own_lab(lab, "restored", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        first = await room.card(await room.alice.say("!decide Before the copy in 20 days"))
        await bot.stop()
        copy = bot.folder.parent / (bot.name + "-copy")
        shutil.copytree(bot.folder, copy)
        bot.start()
        for person in ("alice", "bob"):
            own.people[person].client.invalidate_outbound_session(room.room_id)
        commands = [await room.bob.say(f"!show {first.item}")]
        commands.append(await room.alice.say("!decide After the copy in 20 days"))
        lost = await room.card(commands[-1])
        await room.bob.reply(first, "objection: the copy does not know this")
        await first.shows("Blocked|bob")
        await asyncio.sleep(BACKUP_S)
        await bot.stop()
        for file in bot.folder.glob("greffier.db*"):
            file.unlink()
        for file in copy.glob("greffier.db*"):
            shutil.copy2(file, bot.folder / file.name)
        n_edits = len(room.from_bot(with_edits=True))
        bot.start()
        await _settled(room, bot, "had back from the backup")
        opening = await room.alice.say("!decide After the return in 20 days")
        card = await room.card(opening)
        if card.item in (first.item, lost.item):
            raise Failure(f"{card.item} is used twice")
        await room.answered_once([*commands, opening])
        if "the copy does not know this" not in await room.show(first.item):
            raise Failure(f"the objection was lost:\n{bot.log_tail(40)}")
        unread = [e for e in room.events if e["type"] == "m.room.encrypted"]
        if unread:
            raise Failure(f"{len(unread)} messages cannot be read:\n{unread[0]}\n{bot.log_tail(30)}")
        log = bot.log.read_text()
        made = re.findall(r"made the keys of device (\S+)", log)
        master, devices = _devices(own, bot)
        if len(made) != 2 or list(devices) != made[1:] or not all(devices.values()):
            raise Failure(f"devices made: {made}; there, and signed: {devices}\n{bot.log_tail(40)}")
        if log.count("made the identity") != 1 or not any(key in log for key in master.values()):
            raise Failure(f"another identity: {master}\n{bot.log_tail(40)}")
        print(f"# {len(room.from_bot(with_edits=True)) - n_edits} messages and edits after the return", flush=True)


TESTS = [a_restored_store_new_device_same_identity_nothing_repeated, the_backup_has_the_keys_of_its_rooms, the_recovery_key_is_shown_once_and_opens_all, a_new_machine_is_the_same_bot_by_the_recovery_key_alone]
