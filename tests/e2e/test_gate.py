"""Urgent rooms where only a homeserver shows it: what a strict gate removes, whose telephone rings, and how soon."""

import asyncio
import re

import nio

import synapse
from chat import PASSWORD, SOON_S, Failure, body_of, in_room, invited_by, own_lab, set_level
from test_encrypted import lax_bot, run_js

WORDS = "URGENT: who proofreads\n  my slides?"
BACK = r"comes back to you, whole(.|\n)*> URGENT: who proofreads\n>   my slides\?"


async def _make_strict(room, bot):
    """Refused until the bot may remove what others say."""
    await room.answer(await room.alice.say("!room kind urgent"), "kind: urgent")
    await room.answer(await room.alice.say("!room gate strict"), "stays as it is")
    await set_level(room.alice.person.client, room, bot, 50)
    await room.answer(await room.alice.say("!room gate strict"), "strict gate")


async def _content(client, room, event_id):
    answer = await client.room_get_event(room.room_id, event_id)
    if not isinstance(answer, nio.RoomGetEventResponse):
        raise Failure(f"{event_id}: {answer}")
    return answer.event.source["content"]


def _redaction(room, event_id):
    return next((e for e in room.events if e["type"] == "m.room.redaction" and
                 event_id in (e.get("redacts"), e["content"].get("redacts"))), None)


async def _removed(room, bot, event_id):
    found = await room.until(lambda: _redaction(room, event_id), SOON_S,
                             lambda: f"{event_id} to be removed\n{bot.log_tail(20)}")
    if found["sender"] != bot.user_id or await _content(room.alice.person.client, room, event_id):
        raise Failure(f"it is not the bot that removed it, or it is there: {found}")
    return found


async def a_strict_room_gives_back_and_removes(lab):
    """Not before its author can be given it back; then it is in the direct message first. Without the power: firm, said once."""
    bot = lab.bot()
    room = await lab.room("emergencies", ["alice", "bob"], bot)
    await _make_strict(room, bot)
    bob = lab.people["bob"].client
    first = await room.bob.say("hello?")
    await room.bot_says("Is it one of these", after=first)
    direct = await invited_by(bot, bob)
    await bob.join(direct)
    said = await room.bob.say(WORDS)
    gone = await _removed(room, bot, said)
    if "has it back" not in gone["content"].get("reason", ""):
        raise Failure(f"it does not say why: {gone}")
    events = await in_room(bob, direct, lambda events: any(re.search(BACK, body_of(e)) for e in events))
    back = next(e for e in events if re.search(BACK, body_of(e)))
    if back["origin_server_ts"] > gone["origin_server_ts"]:
        raise Failure("it was removed before its author had it back")
    if back["content"].get("m.mentions", {}).get("user_ids") != [bob.user_id]:
        raise Failure(f"nobody is told that it is back: {back['content']}")
    await bob.room_send(direct, "m.reaction", {"m.relates_to": {
        "rel_type": "m.annotation", "event_id": back["event_id"], "key": "1️⃣"}})
    await in_room(bob, direct, lambda events: any("What is to be done" in body_of(e) for e in events))
    if not await _content(bob, room, first):
        raise Failure("what was said before there was a way back was removed too")
    await bot.stop()
    bot.start()
    await set_level(room.alice.person.client, room, bot, 0)
    for n in range(2):
        kept = await room.bob.say(f"hello again {n}")
        await room.bot_says("Is it one of these", after=kept)
        if n == 0:
            await room.bot_says("the gate is firm now", after=kept)
    await room.stays_quiet()
    n_told = sum("the gate is firm now" in body_of(e) for e in room.from_bot())
    n_gone = sum(e["type"] == "m.room.redaction" for e in room.events)
    if n_told != 1 or n_gone != 1:
        raise Failure(f"told {n_told} times that it is firm, removed {n_gone} messages")


async def a_strict_encrypted_room_too(lab):
    """The direct message is encrypted, what removes is in clear, and what is removed is a ciphertext."""
    async with own_lab(lab, "strict-secret", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("emergencies", ["alice", "bob"], bot, is_encrypted=True)
        await _make_strict(room, bot)
        bob = own.people["bob"].client
        first = await room.bob.say("hello?")
        await room.bot_says("Is it one of these", after=first)
        invited = await room.until(
            lambda: next((id for id, there in bob.invited_rooms.items() if there.inviter == bot.user_id), None), SOON_S,
            lambda: f"an invitation\n{bot.log_tail()}")
        direct = own.watch(invited, bot, own.people["bob"])
        await bob.join(invited)
        await direct.bot_says("comes back to you here")
        said = await room.bob.say(WORDS)
        await direct.bot_says("comes back to you, whole(.|\n)*> URGENT: who proofreads")
        if not any(e["type"] == "m.room.encryption" for e in direct.events):
            raise Failure("it is given back in clear")
        await _removed(room, bot, said)


async def whose_telephone_rings(lab):
    """By the push rules that a fresh account has: who is called has a highlight, who looks on has none, and what is said about
    it calls nobody."""
    bot = lab.bot()
    room = await lab.room("emergencies", ["alice", "bob", "carol"], bot)
    await room.answer(await room.alice.say("!room kind urgent"), "kind: urgent")

    async def highlights(name):
        answer = await lab.people[name].client.sync(timeout=0, full_state=True)
        return answer.rooms.join[room.room_id].unread_notifications.highlight_count

    await room.answer(await room.alice.say("!chain bob"))
    before = {name: await highlights(name) for name in ("bob", "carol")}
    # Nobody is named in it: a name in plain text rings by itself.
    opening = await room.alice.say("!urgent Payments refused, go back to 4.1, before in 3 hours")
    card = await room.card(opening)
    ringing = {name: await highlights(name) - before[name] for name in before}
    if ringing != {"bob": 1, "carol": 0}:
        raise Failure(f"highlights: {ringing}")
    await room.bob.react(card, "🙋")
    await card.shows("bob has it")
    ringing = {name: await highlights(name) - before[name] for name in before}
    if ringing["carol"] != 0:
        raise Failure(f"highlights once it is taken: {ringing}")


async def an_encrypted_call_rings(lab):
    """There only the client can tell: matrix-js-sdk's own push rules make a highlight of the call, in the room and alone, and
    nothing of what is said to nobody."""
    async with own_lab(lab, "ring", is_secret=True) as own:
        bot = lax_bot(own)
        own.homeserver.register("dora", PASSWORD)
        dora = f"@dora:{synapse.SERVER_NAME}"
        room = await own.room("emergencies", ["alice", "bob"], bot, is_encrypted=True)
        await room.answer(await room.alice.say("!room kind urgent"), "kind: urgent")
        ringing = asyncio.create_task(run_js(own, "ring.mjs", "dora", PASSWORD, bot.user_id))
        await room.alice.person.client.room_invite(room.room_id, dora)
        await room.until(lambda: ringing.done() or any(
            e.get("state_key") == dora and e["content"].get("membership") == "join" for e in room.events), SOON_S,
            "dora to come in")
        if ringing.done():
            await ringing
            raise Failure("dora's client ended before she was in the room")
        await room.alice.say("!urgent Payments refused, go back to 4.1, before in 3 hours\nowner: dora")
        await room.alice.say("!search payments")
        found = await ringing
        if "error" in found:
            raise Failure(f"{found['error']}\n{bot.log_tail(20)}")
        wanted = {"call": True, "direct": True, "quiet": False}
        wrong = {name: said for name, said in found.items()
                 if said["wire"] != "m.room.encrypted" or (said["notify"] and said["highlight"]) != wanted[name]}
        if wrong:
            raise Failure(f"by the push rules of dora's client: {wrong}")


async def a_ping_passes_a_full_outbox(lab):
    """As a fresh Synapse limits it: ten at once, then one in five seconds. What is urgent leaves while answers wait."""
    async with own_lab(lab, "limited", limits="default") as own:
        bot = own.bot(burst=10)
        rooms = [await own.room(f"talk {n}", ["alice", "bob", "carol"], bot) for n in range(2)]
        urgent = await own.room("emergencies", ["alice", "bob", "carol"], bot)
        await urgent.answer(await urgent.alice.say("!room kind urgent"), "kind: urgent")
        # Half a minute more, so that the bucket is full whatever was said before.
        await asyncio.sleep(50)
        asked = [(room, await room.people[name].say(f"!search word{n}"))
                 for n in range(2) for room in rooms for name in ("alice", "bob", "carol")]
        opening = await urgent.alice.say("!urgent Payments refused, go back to 4.1, before in 3 hours\nowner: bob")
        card = await urgent.card(opening)
        n_waiting = sum(not room.answers(question) for room, question in asked)
        if n_waiting == 0:
            raise Failure("nothing waited: this test is blind")
        later = []
        for room, question in asked:
            answer = await room.answer(question)
            later.append(answer["origin_server_ts"] > card.event["origin_server_ts"])
        at = {e["event_id"]: e["origin_server_ts"] for e in urgent.events}
        print(f"# a_ping_passes_a_full_outbox: {at[card.event_id] - at[opening]} ms from the command to the ping, "
              f"{sum(later)} of {len(asked)} answers after it", flush=True)
        if not any(later):
            raise Failure("the ping came last")


TESTS = [a_strict_room_gives_back_and_removes, a_strict_encrypted_room_too, whose_telephone_rings, an_encrypted_call_rings,
         a_ping_passes_a_full_outbox]
