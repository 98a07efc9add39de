"""Encrypted rooms, with people whose client is matrix-nio: it has keys, and knows no cross-signing."""

import asyncio
import json
import os
import random
import re
import time

import synapse
from chat import PASSWORD, SOON_S, Failure, Skipped, own_lab

SECRET = "Zanzibar"


def lax_bot(lab, trust="lax", start=True):
    """nio's devices are signed by nobody: whoever is to hear them must be lax."""
    bot = lab.bot(start=False)
    bot.config.write_text(bot.config.read_text().replace("[access]\n", f'[access]\ntrust = "{trust}"\n'))
    if start:
        bot.start()
    return bot


def is_known(homeserver, word):
    """Whether the homeserver has it anywhere on its disk."""
    return any(word.encode() in path.read_bytes() for path in homeserver.folder.rglob("*") if path.is_file())


async def an_encrypted_room_decides(lab):
    """A decision is opened, agreed, objected to and cancelled where everything is encrypted; the homeserver sees none of its
    words, and the bot is the same device after a restart."""
    async with own_lab(lab, "encrypted", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob", "carol"], bot, is_encrypted=True)
        card = await room.card(await room.alice.say(f"!decide {SECRET} by boat in 20 days"))
        await card.shows("Asked: bob, carol")
        await room.bob.reply(card, "agree")
        await card.shows("Agreed: bob")
        await room.carol.react(card, "⛔")
        await card.shows("Blocked|carol")
        await bot.stop()
        asked = await room.alice.say(f"!show {card.item}")
        bot.start()
        await room.answer(asked, SECRET)
        edited = await room.alice.say("!decide To be edited in 20 days")
        second = await room.card(edited)
        await room.alice.edit(edited, "!decide Edited in 20 days")
        await second.shows("Edited")
        await room.alice.say(f"!cancel {card.item}")
        await card.shows("cancelled")
        log = bot.log.read_text()
        if len(re.findall("made the keys of device", log)) != 1 or len(re.findall("made the identity", log)) != 1:
            raise Failure(f"not one device and one identity:\n{bot.log_tail(40)}")
        plain = await own.room("plain", ["alice", "bob"], bot)
        await room.alice.say("in between")
        await plain.answer(await plain.bob.say("!decide Visible by boat in 20 days"))
        if not is_known(own.homeserver, "Visible by boat"):
            raise Failure("what is said in clear is not found either: this test is blind")
        if is_known(own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")


async def who_is_signed_by_nobody_is_not_heard(lab):
    """As it is by default: nio's devices get no key and no answer, and the log says why."""
    async with own_lab(lab, "unsigned", is_secret=True) as own:
        bot = lax_bot(own, "cross-signed")
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        asked = await room.bob.say("!help")
        await room.until(lambda: "was not signed by its owner" in bot.log.read_text(), 60,
                         lambda: f"the log to say so:\n{bot.log_tail(30)}")
        # It says so, too: for those who can read it, which here is nobody.
        await room.until(lambda: [e for e in room.events if e["sender"] == bot.user_id and
                                  e["type"] == "m.room.encrypted"], 60, "a word of it, encrypted")
        await room.stays_quiet()
        if room.answers(asked):
            raise Failure("it was answered")
        if "goes to" in bot.log.read_text():
            raise Failure(f"somebody got a key:\n{bot.log_tail(30)}")


async def a_room_that_becomes_encrypted_goes_on_so(lab):
    """What was opened in clear is agreed on in secret; emptying the setting opens nothing again."""
    async with own_lab(lab, "becomes", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("later", ["alice", "bob"], bot)
        card = await room.card(await room.alice.say("!decide Begun in clear in 20 days"))
        alice = own.people["alice"].client
        await alice.room_put_state(room.room_id, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        await room.until(lambda: "is encrypted" in bot.log.read_text(), 60, lambda: bot.log_tail())
        await room.until(lambda: own.people["bob"].client.rooms[room.room_id].encrypted, 60, "bob to know so")
        await room.bob.reply(card, "agree")
        await card.shows("Agreed: bob")
        await alice.room_put_state(room.room_id, "m.room.encryption", {})
        card = await room.card(await room.bob.say(f"!decide {SECRET} after all in 20 days"))
        if is_known(own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")


async def a_direct_message_is_encrypted(lab):
    """To who has a device for it: what is asked in one room about another is told in private, and in secret."""
    async with own_lab(lab, "direct", is_secret=True) as own:
        bot = lax_bot(own)
        here = await own.room("here", ["alice", "bob"], bot, is_encrypted=True)
        there = await own.room("there", ["alice", "bob"], bot)
        card = await here.card(await here.alice.say(f"!decide {SECRET} in private in 20 days"))
        await there.answer(await there.alice.say(f"!show {card.item}"))
        client = own.people["alice"].client
        invited = await there.until(
            lambda: next((id for id, room in client.invited_rooms.items() if room.inviter == bot.user_id), None), SOON_S,
            lambda: f"an invitation to a direct room\n{bot.log_tail()}")
        direct = own.watch(invited, bot)
        await client.join(invited)
        await direct.bot_says(SECRET)
        if not any(e["type"] == "m.room.encryption" for e in direct.events):
            raise Failure("it is said in clear")
        if is_known(own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")


async def killed_in_secret(lab, kills):
    """The bot is killed so often between a command and its answer, each command with a new key of its room: each is answered
    once, and can be read. Returns the seconds that it took."""
    chance = random.Random(int(os.environ.get("SEED", "1")))
    async with own_lab(lab, "killed", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob", "carol"], bot, is_encrypted=True)
        commands = []
        begun = time.monotonic()
        for i in range(kills):
            name = ("alice", "bob", "carol")[i % 3]
            own.people[name].client.invalidate_outbound_session(room.room_id)
            commands.append(await getattr(room, name).say(f"!decide Number {i} in 20 days"))
            await asyncio.sleep(chance.uniform(0, 0.4))
            bot.kill()
            bot.start()
        await room.answered_once(commands, 2 * SOON_S)
        took_s = time.monotonic() - begun
        items = [re.search(r"[A-Z]{3}-\d+", room.now(room.answers(e)[0])).group(0) for e in commands]
        if len(set(items)) != len(items):
            raise Failure(f"an item was opened twice: {items}")
        unread = [e for e in room.events if e["type"] == "m.room.encrypted"]
        if unread:
            raise Failure(f"{len(unread)} messages cannot be read:\n{unread[0]}\n{bot.log_tail(30)}")
        return took_s


async def kills_in_an_encrypted_room_lose_nothing(lab):
    """Ten, or KILLS, of them."""
    await killed_in_secret(lab, int(os.environ.get("KILLS", "10")))


async def run_js(lab, program, *arguments):
    """What a program of tests/e2e/js says."""
    try:
        folder = await asyncio.to_thread(synapse.ensure_js, say=lambda line: print("#", line, flush=True))
    except synapse.LabError as error:
        raise Skipped(str(error).splitlines()[-1]) from error
    process = await asyncio.create_subprocess_exec(
        "node", program, lab.homeserver.url, *arguments, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=synapse.without_proxies())
    try:
        said, complaint = await asyncio.wait_for(process.communicate(), 3 * SOON_S)
    finally:
        if process.returncode is None:
            process.kill()
    if not said.strip():
        raise Failure(f"{program} ended without a word: {complaint.decode()[-2000:]}")
    return json.loads(said)


async def the_strictest_client_trusts_it(lab):
    """matrix-js-sdk with its Rust crypto, which neither gives keys to devices that nobody signed nor hears them: the bot, as
    it is by default, reads it and is read by it, and gets no warning sign."""
    async with own_lab(lab, "strict") as own:
        bot = own.bot()
        own.homeserver.register("dora", PASSWORD)
        bob = own.people["bob"]
        joins = asyncio.create_task(_joins_what_he_is_invited_to(bob))
        found = await run_js(own, "strict.mjs", "dora", PASSWORD, bot.user_id, bob.user_id)
        joins.cancel()
        if "error" in found:
            raise Failure(f"{found['error']}:\n{bot.log_tail(30)}")
        for name in ("card", "shown"):
            said = found[name]
            if said["wire"] != "m.room.encrypted" or said["failure"] or said["shield"] != "NONE":
                raise Failure(f"the {name} is not read or not trusted: {said}\n{bot.log_tail(30)}")
        if not re.match(r"[A-Z]{3}-\d+ · Tea", found["card"]["body"]):
            raise Failure(f"no card: {found['card']}")
        if not found["has_identity"] or found["devices"] != [True]:
            raise Failure(f"not one device that its owner has signed: {found}")


async def _joins_what_he_is_invited_to(person):
    while True:
        answer = await person.client.sync(timeout=1000)
        for room_id in getattr(getattr(answer, "rooms", None), "invite", {}):
            await person.client.join(room_id)


TESTS = [the_strictest_client_trusts_it, an_encrypted_room_decides, who_is_signed_by_nobody_is_not_heard, a_room_that_becomes_encrypted_goes_on_so,
         a_direct_message_is_encrypted,
         kills_in_an_encrypted_room_lose_nothing]
