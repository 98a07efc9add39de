"""Encrypted rooms as the clients of people change (numbers are those of twenty.tsv): matrix-js-sdk with its Rust crypto, both as
lenient and as strict as it may be, and matrix-nio."""

import asyncio
import contextlib
import shutil
import time

import chat
import turned
from chat import PASSWORD, SOON_S, Failure, body_of, in_time, just_before, minutes_of, own_lab, sleep_until
from js_person import js_person
from test_encrypted import is_known, lax_bot

MODES = ("signed", "all")
NOTICED = "The encryption keys of dora were made anew"


def _in_each_mode(test):
    """A test of a client of js/person.mjs, once for each mode of it."""
    def of(mode):
        async def tried(lab):
            await test(lab, mode)

        tried.__name__ = f"{test.__name__}_{mode}"
        return tried

    return [of(mode) for mode in MODES]


async def _signed_bot(own):
    """Whoever saw its device before that was signed takes its first words for those of nobody."""
    bot = own.bot()
    limit = time.monotonic() + SOON_S
    while "is signed by its owner" not in bot.log.read_text():
        if time.monotonic() > limit:
            raise Failure(f"it is not signed:\n{bot.log_tail(30)}")
        await asyncio.sleep(0.1)
    return bot


async def _exchange(room, person):
    """This device asks, and reads the answer without a warning: the key that the answer was sealed with."""
    asked = await room.people[person.name].say("!help")
    answer = await room.answer(asked)
    return (await _read_by(room, person, answer))["session"]


async def _read_by(room, person, event):
    read = await room.until(lambda: person.read.get(event["event_id"]), SOON_S,
                            lambda: f"{person.name} to read {body_of(event)}: {person.unread}\n{room.bot.log_tail(30)}")
    if read["wire"] != "m.room.encrypted" or read["shield"] != "NONE":
        raise Failure(f"{person.name} is warned of {read}\n{room.bot.log_tail(30)}")
    return read


async def _another_device_comes_and_goes(own, room, dora, mode):
    """Gives the key by which it read."""
    async with js_person(own, "dora", mode, await dora.do("recovery")) as other:
        other.secret_rooms.add(room.room_id)
        answer = await room.answer(await chat.Speaker(room, other).say("!help"))
        await _read_by(room, dora, answer)
        session = (await _read_by(room, other, answer))["session"]
        with contextlib.suppress(Failure):  # its client may end before it says so
            await other.do("leave")
    return session


async def devices_come_and_go_and_an_identity_is_made_anew(lab, mode):
    """Number 7: another device, signed by the first one's identity, is heard and reads; signed out, it is given no further key; a
    new identity is noticed, said once, and heard."""
    async with own_lab(lab, "devices", people=["alice"]) as own, js_person(own, "dora", mode) as dora, \
            js_person(own, "emil", mode) as emil:
        bot = await _signed_bot(own)
        # Three are no direct message, in which a new identity is not spoken of.
        room = await emil.room(bot, is_encrypted=True, others=[dora.user_id])
        await dora.join(room.room_id, is_encrypted=True)
        room.people["dora"] = chat.Speaker(room, dora)
        await _exchange(room, dora)
        await _exchange(room, emil)
        # What was said before a client had looked the bot up, it takes for nobody's.
        too_early = {id for id, event in emil.unread.items() if event["why"] == "UNSIGNED_SENDER_DEVICE"}
        with_two = await _another_device_comes_and_goes(own, room, dora, mode)
        if await _exchange(room, dora) == with_two:
            raise Failure(f"a device that was signed out has the key of what is said\n{bot.log_tail(30)}")
        await dora.do("reset")
        # Dora's device is signed only a moment after her identity: it is said late enough for her to read it.
        await _read_by(room, dora, await room.bot_says(NOTICED))
        await _exchange(room, dora)
        await room.stays_quiet()
        noticed = [e for e in room.from_bot() if chat.words(NOTICED).search(body_of(e))]
        if len(noticed) != 1:
            raise Failure(f"the new identity was said {len(noticed)} times")
        unread = [event for id, event in emil.unread.items() if id not in too_early]
        if unread:
            raise Failure(f"emil cannot read {unread}")


def _n_sessions(person):
    return sum(map(len, person.client.olm.session_store.values()))


async def who_has_an_old_copy_of_their_keys_is_understood_again(lab):
    """Number 8: bob's client goes back to an old copy of its store, so that what it seals for the bot cannot be opened. The bot
    makes a new session: what bob says next is answered, and read."""
    async with own_lab(lab, "wedged", people=["alice"], is_secret=True) as own:
        bot = lax_bot(own)
        account = own.homeserver.register("bob", PASSWORD)
        bob = chat.Person(own, "bob", account)
        listening = asyncio.create_task(bob.listen())
        room = await bob.room(bot, is_encrypted=True)
        await room.answer(await room.bob.say("!help"))
        keys, copy = own.folder / "keys-bob", own.folder / "copy-bob"
        shutil.copytree(keys, copy)
        for _ in range(3):
            bob.client.invalidate_outbound_session(room.room_id)
            await room.answer(await room.bob.say("!help"))
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await bob.client.close()
        shutil.rmtree(keys)
        shutil.move(copy, keys)
        old = chat.Person(own, "bob", account)
        listening = asyncio.create_task(old.listen())
        try:
            again = own.watch(room.room_id, bot, old)
            again.people = {"bob": chat.Speaker(again, old)}
            await again.until(lambda: again.events, SOON_S, "the client to know the room")
            n_sessions = _n_sessions(old)
            old.client.invalidate_outbound_session(room.room_id)
            lost = await again.bob.say("!help")
            await again.until(lambda: "cannot be opened" in bot.log.read_text(), SOON_S,
                              lambda: f"the session to be wedged: else this test is blind\n{bot.log_tail(30)}")
            await again.until(lambda: _n_sessions(old) > n_sessions, SOON_S, lambda: f"bob's client to be told of a new session\n{bot.log_tail(30)}")
            old.client.invalidate_outbound_session(room.room_id)
            asked = await again.bob.say("!help")
            await again.answer(asked)
            is_answered = bool(again.answers(lost))
            print(f"# what was sealed at the moment of the wedge was {'' if is_answered else 'not '}answered", flush=True)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await old.client.close()


async def an_encrypted_room_is_replaced_by_one_of_another_version(lab):
    """Number 12: what is open goes along, and all of it is sealed there too; alice, who made both, may do what a moderator may."""
    async with own_lab(lab, "replaced", is_secret=True) as own:
        bot = lax_bot(own, start=False)
        bot.config.write_text(bot.config.read_text().replace('"@alice:', '"@nobody:'))
        bot.start()
        room = await own.room("secret", ["alice", "bob"], bot, version="11", is_encrypted=True)
        card = await room.card(await room.bob.say("!decide Zanzibar in the next room in 20 days"))
        alice = own.people["alice"].client
        answer = await alice.send("POST", f"/_matrix/client/v3/rooms/{room.room_id}/upgrade", '{"new_version": "12"}',
                                  {"Authorization": f"Bearer {alice.access_token}", "Content-Type": "application/json"})
        new_id = (await answer.json()).get("replacement_room")
        if not new_id:
            raise Failure(f"no room of version 12: {answer.status} {await answer.text()}")
        new = own.watch(new_id, bot)
        new.people = {name: chat.Speaker(new, own.people[name]) for name in ("alice", "bob")}
        for user_id in (own.people["bob"].user_id, bot.user_id):
            await alice.room_invite(new_id, user_id)
        await own.people["bob"].client.join(new_id)
        moved = await new.bot_says(f"^{card.item} · Zanzibar in the next room")
        there = chat.Card(new, moved)
        await new.bob.reply(there, "agree")
        await there.shows("bob")
        await new.alice.say(f"!cancel {card.item}")
        await there.shows("cancelled")
        if is_known(own.homeserver, "Zanzibar"):
            raise Failure("the homeserver knows what was said")
        unread = [e for e in new.events if e["type"] == "m.room.encrypted"]
        if unread or not any(e["type"] == "m.room.encryption" for e in new.events):
            raise Failure(f"not encrypted, or not to be read: {unread}\n{bot.log_tail(30)}")


async def taps_edits_and_redactions_where_all_is_sealed(lab, mode):
    """Number 14: dora's, as her client makes them: a tap with and without U+FE0F, an edit of an answer and of the command, and
    what she takes back."""
    async with own_lab(lab, "taps", people=["alice"]) as own, js_person(own, "dora", mode) as dora, \
            js_person(own, "emil", mode) as emil:
        bot = await _signed_bot(own)
        room = await dora.room(bot, is_encrypted=True, others=[emil.user_id])
        await emil.join(room.room_id, is_encrypted=True)
        room.people["emil"] = chat.Speaker(room, emil)
        opening = await room.dora.say("!decide Tea at four in 20 days")
        card = await room.card(opening)
        await card.shows("Asked: emil")
        for key, shown in (("⛔", "Blocked by emil"), ("⛔\ufe0f", "Blocked by emil"), ("👍", "Agreed: emil"),
                           ("👍\ufe0f", "Agreed: emil")):
            tap = await room.emil.react(card, key)
            await card.shows(shown)
            await room.emil.unreact(tap)
            await card.shows_no(shown)
        said = await room.emil.reply(card, "agree")
        await card.shows("Agreed: emil")
        await room.emil.edit(said, "objection: coffee")
        await card.shows("Blocked by emil")
        await room.emil.redact(said)
        await card.shows_no("Blocked")
        await room.dora.edit(opening, "!decide Tea at five in 20 days")
        await card.shows("Tea at five")
        await room.stays_quiet()
        if dora.unread or any(e.get("shield") not in (None, "NONE") for e in room.from_bot(with_edits=True)):
            raise Failure(f"dora cannot read {dora.unread}, or is warned")


async def _clock_wrong_by(lab, days, minutes):
    clock = turned.Clock(lab.folder / f"wrong-{days}-{minutes}", is_synced=False)
    bot = lab.bot(start=False)
    bot.clock = clock
    bot.start()
    room = await lab.room("wrong", ["alice", "bob"], bot)
    asked = await room.alice.say(f"!decide Soon in {minutes_of(minutes)}")
    soon = await room.card(asked)
    later = await room.card(await room.alice.say("!decide Later in 20 hours"))
    clock.turn_by(86400 * days)
    await room.show(later.item)
    due = room.time_of(asked) + 60 * minutes
    just_before(due, "the clock was to be wrong before a deadline")
    _says(bot, "the clock stepped by")
    await sleep_until(due + 1)
    await _stays_open(room, (soon, later))
    # A bot that is started so knows of no step: only the homeserver's time says otherwise.
    await bot.stop()
    bot.start()
    await _stays_open(room, (soon, later))
    _says(bot, "the clock is not synchronised and differs from the homeserver's")
    clock.turn_by(-86400 * days)
    await soon.shows("adopted")
    await _stays_open(room, [later])


def _says(bot, words):
    if words not in bot.log.read_text():
        raise Failure(f"the log does not say that {words}:\n{bot.log_tail(30)}")


async def _stays_open(room, cards):
    for card in cards:
        shown = await room.show(card.item)
        if "open until" not in shown:
            raise Failure(f"closed by a wrong clock: {shown}\n{room.bot.log_tail(30)}")


@in_time
async def a_clock_a_day_ahead_closes_nothing(lab, minutes):
    """Number 20: it steps, and the bot is started so; nobody vouches for it, and the homeserver says otherwise. Set right, it closes
    what is due and nothing else."""
    await _clock_wrong_by(lab, 1, minutes)


@in_time
async def a_clock_a_day_behind_closes_nothing(lab, minutes):
    """Number 20."""
    await _clock_wrong_by(lab, -1, minutes)


TESTS = [*_in_each_mode(devices_come_and_go_and_an_identity_is_made_anew), who_has_an_old_copy_of_their_keys_is_understood_again,
         an_encrypted_room_is_replaced_by_one_of_another_version,
         *_in_each_mode(taps_edits_and_redactions_where_all_is_sealed), a_clock_a_day_ahead_closes_nothing,
         a_clock_a_day_behind_closes_nothing]
