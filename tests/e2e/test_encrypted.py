"""Encrypted rooms, with people whose client is matrix-nio: it has keys, and knows no cross-signing."""

import asyncio
import os
import random
import re

from chat import Failure, own_lab

SECRET = "Zanzibar"


def _bot(lab, trust="lax"):
    """nio's devices are signed by nobody: whoever is to hear them must be lax."""
    bot = lab.bot(start=False)
    bot.config.write_text(bot.config.read_text().replace("[access]\n", f'[access]\ntrust = "{trust}"\n'))
    bot.start()
    return bot


def _is_known(homeserver, word):
    """Whether the homeserver has it anywhere on its disk."""
    return any(word.encode() in path.read_bytes() for path in homeserver.folder.rglob("*") if path.is_file())


async def an_encrypted_room_decides(lab):
    """A decision is opened, agreed, objected to and cancelled where everything is encrypted; the homeserver sees none of its
    words, and the bot is the same device after a restart."""
    async with own_lab(lab, "encrypted", is_secret=True) as own:
        bot = _bot(own)
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
        if not _is_known(own.homeserver, "Visible by boat"):
            raise Failure("what is said in clear is not found either: this test is blind")
        if _is_known(own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")


async def who_is_signed_by_nobody_is_not_heard(lab):
    """As it is by default: nio's devices get no key and no answer, and the log says why."""
    async with own_lab(lab, "unsigned", is_secret=True) as own:
        bot = _bot(own, "cross-signed")
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        asked = await room.bob.say("!help")
        await room.until(lambda: "was not signed by its owner" in bot.log.read_text(), 60,
                         lambda: f"the log to say so:\n{bot.log_tail(30)}")
        await room.stays_quiet()
        if room.answers(asked):
            raise Failure("it was answered")
        if "goes to" in bot.log.read_text():
            raise Failure(f"somebody got a key:\n{bot.log_tail(30)}")


async def a_room_that_becomes_encrypted_goes_on_so(lab):
    """What was opened in clear is agreed on in secret; emptying the setting opens nothing again."""
    async with own_lab(lab, "becomes", is_secret=True) as own:
        bot = _bot(own)
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
        if _is_known(own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")


async def kills_in_an_encrypted_room_lose_nothing(lab):
    """The bot is killed again and again between a command and its answer: each is answered once, and can be read."""
    chance = random.Random(int(os.environ.get("SEED", "1")))
    kills = int(os.environ.get("KILLS", "10"))
    async with own_lab(lab, "killed", is_secret=True) as own:
        bot = _bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        commands = []
        for i in range(kills):
            own.people["alice"].client.invalidate_outbound_session(room.room_id)  # a new key each time
            commands.append(await room.alice.say(f"!decide Number {i} in 20 days"))
            await asyncio.sleep(chance.uniform(0, 0.4))
            bot.kill()
            bot.start()
        await room.answered_once(commands)
        items = [re.search(r"[A-Z]{3}-\d+", room.now(room.answers(e)[0])).group(0) for e in commands]
        if len(set(items)) != len(items):
            raise Failure(f"an item was opened twice: {items}")
        unread = [e for e in room.events if e["type"] == "m.room.encrypted"]
        if unread:
            raise Failure(f"{len(unread)} messages cannot be read:\n{unread[0]}\n{bot.log_tail(30)}")


TESTS = [an_encrypted_room_decides, who_is_signed_by_nobody_is_not_heard, a_room_that_becomes_encrypted_goes_on_so,
         kills_in_an_encrypted_room_lose_nothing]
