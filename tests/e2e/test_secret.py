"""Encrypted rooms where something is wrong or runs out (numbers are those of twenty.tsv), with people
whose client is matrix-nio."""

import asyncio
import json
import urllib.parse

from chat import SOON_S, Failure, own_lab
from test_encrypted import lax_bot


async def _ask(person, method, path, body=None):
    """What the homeserver answers to this person, past their client."""
    client = person.client
    headers = {"Authorization": f"Bearer {client.access_token}", "Content-Type": "application/json"}
    answer = await client.send(method, path, None if body is None else json.dumps(body), headers)
    if answer.status != 200:
        raise Failure(f"{method} {path}: {answer.status} {await answer.text()}")
    return await answer.json()


async def _as_sent(room, sender):
    """What this one has sent, as it lies at the homeserver, the newest first."""
    path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room.room_id)}/messages?dir=b&limit=500"
    chunk = (await _ask(room.alice.person, "GET", path))["chunk"]
    return [e for e in chunk if e["sender"] == sender and e["type"] == "m.room.encrypted" and e["content"]]


async def _key_of_next_answer(room, speaker):
    asked = await speaker.say("!help")
    await room.answer(asked)
    sent = await _as_sent(room, room.bot.user_id)
    return sent[0]["content"]["session_id"]


async def a_key_is_replaced_when_somebody_leaves_and_when_the_past_is_closed(lab):
    """Number 6: nobody who has left reads on; another word on the past is another key; what did not change is the same key."""
    async with own_lab(lab, "rotation", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob", "carol"], bot, is_encrypted=True)
        first = await _key_of_next_answer(room, room.alice)
        if await _key_of_next_answer(room, room.bob) != first:
            raise Failure("a new key without a reason")
        await own.people["carol"].client.room_leave(room.room_id)
        await room.until(lambda: any(e["type"] == "m.room.member" and e["content"]["membership"] == "leave"
                                     for e in room.events), SOON_S, "carol to have left")
        second = await _key_of_next_answer(room, room.alice)
        if second == first:
            raise Failure("who has left reads on")
        await own.people["alice"].client.room_put_state(room.room_id, "m.room.history_visibility",
                                                        {"history_visibility": "joined"})
        await room.until(lambda: any(e["type"] == "m.room.history_visibility" and
                                     e["content"].get("history_visibility") == "joined" for e in room.events),
                         SOON_S, "the past to be closed")
        if await _key_of_next_answer(room, room.alice) == second:
            raise Failure("the key of an open past is used in a closed one")


async def a_key_is_replaced_as_often_as_its_room_asks(lab):
    """Number 6: after so many messages."""
    async with own_lab(lab, "often", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await own.people["alice"].client.room_put_state(
            room.room_id, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 10})
        for _ in range(13):
            await room.answer(await room.alice.say("!help"))
        used = {}
        for event in await _as_sent(room, bot.user_id):
            session = event["content"]["session_id"]
            used[session] = used.get(session, 0) + 1
        if len(used) < 2 or max(used.values()) > 10:
            raise Failure(f"messages by key: {list(used.values())}")


async def a_replay_under_another_id_does_nothing(lab):
    """Number 11: the bytes of a command, sent again by who could: it is not run again."""
    async with own_lab(lab, "replay", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await room.card(await room.bob.say("!decide To be played again in 20 days"))
        bob = own.people["bob"]
        sent = (await _as_sent(room, bob.user_id))[0]
        path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room.room_id)}/send/m.room.encrypted/"
        for n in range(3):
            await _ask(bob, "PUT", f"{path}again{n}", sent["content"])
        await room.answer(await room.alice.say("!help"))
        await room.stays_quiet()
        shown = await room.answer(await room.alice.say("!decisions"))
        if room.now(shown).count("To be played again") != 1:
            raise Failure(f"it was opened again:\n{room.now(shown)}")


async def a_room_whose_encryption_was_redacted_stays_secret(lab):
    """Number 13: the event that made it encrypted is taken back, and nothing is said in clear."""
    async with own_lab(lab, "redacted", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await room.answer(await room.bob.say("!help"))
        path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room.room_id)}"
        state = await _ask(own.people["alice"], "GET", path + "/state")
        made = next(e["event_id"] for e in state if e["type"] == "m.room.encryption")
        await room.alice.redact(made)
        await bot.stop()
        asked = await room.bob.say("!help")
        bot.start()
        await room.answer(asked)
        chunk = (await _ask(own.people["alice"], "GET", path + "/messages?dir=b&limit=100"))["chunk"]
        clear = [e for e in chunk if e["sender"] == bot.user_id and e["type"] == "m.room.message"]
        if clear:
            raise Failure(f"said in clear: {clear[0]['content']}")


async def all_one_time_keys_are_used_up(lab):
    """Number 9: 120 are claimed while the bot is down; who comes then is heard by the fallback key, and all are made anew."""
    async with own_lab(lab, "used-up", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await room.answer(await room.alice.say("!help"))
        await bot.stop()
        alice = own.people["alice"]
        devices = (await _ask(alice, "POST", "/_matrix/client/v3/keys/query", {"device_keys": {bot.user_id: []}}))
        device = next(iter(devices["device_keys"][bot.user_id]))
        claim = {"one_time_keys": {bot.user_id: {device: "signed_curve25519"}}}
        given = [await _ask(alice, "POST", "/_matrix/client/v3/keys/claim", claim) for _ in range(120)]
        keys = [next(iter(answer["one_time_keys"][bot.user_id][device])) for answer in given]
        if keys[-1] != keys[-2]:
            raise Failure("the homeserver has one-time keys left: this test is blind")
        asked = await room.bob.say("!help")
        bot.start()
        await room.answer(asked)
        left = [next(iter((await _ask(alice, "POST", "/_matrix/client/v3/keys/claim", claim))
                          ["one_time_keys"][bot.user_id][device])) for _ in range(2)]
        if left[0] == left[1] or keys[-1] in left:
            raise Failure(f"no new keys: {left}, the fallback was {keys[-1]}\n{bot.log_tail(20)}")


async def three_hundred_messages_before_the_key(lab):
    """Number 10: nonsense to the bot's device, three answers of sync full, and behind it the key of a command."""
    async with own_lab(lab, "pages", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await room.answer(await room.bob.say("!help"))
        await bot.stop()
        nonsense = {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": {}}
        for n in range(300):
            await _ask(own.people["bob"], "PUT", f"/_matrix/client/v3/sendToDevice/m.room.encrypted/nonsense{n}",
                       {"messages": {bot.user_id: {"*": nonsense}}})
        own.people["alice"].client.invalidate_outbound_session(room.room_id)
        asked = await room.alice.say("!help")
        bot.start()
        await room.answered_once([asked])


async def commands_in_a_gap_of_an_encrypted_room(lab):
    """Number 3: 150 messages while it was down, three of them commands, each with a key of its own: each is answered once."""
    async with own_lab(lab, "gap", is_secret=True) as own:
        bot = lax_bot(own)
        room = await own.room("secret", ["alice", "bob", "carol"], bot, is_encrypted=True)
        await room.answer(await room.bob.say("!help"))
        await bot.stop()
        commands = []
        for n in range(150):
            if n % 50 == 25:
                own.people["bob"].client.invalidate_outbound_session(room.room_id)
                commands.append(await room.bob.say("!help"))
            else:
                await room.carol.say(f"small talk {n}")
        bot.start()
        await room.answered_once(commands, 2 * SOON_S)


async def two_bots_in_an_encrypted_room(lab):
    """Number 16: each answers who asked, and neither the other."""
    async with own_lab(lab, "two-bots", is_secret=True) as own:
        bot, other = lax_bot(own), lax_bot(own)
        room = await own.room("secret", ["alice", "bob"], bot, is_encrypted=True)
        await own.people["alice"].client.room_invite(room.room_id, other.user_id)
        await room.until(lambda: any(e["type"] == "m.room.member" and e.get("state_key") == other.user_id
                                     and e["content"]["membership"] == "join" for e in room.events), SOON_S, "both joined")
        asked = await room.bob.say("!help")
        await room.answer(asked)
        await room.until(lambda: len(room.answers(asked)) == 1 and any(
            e["sender"] == other.user_id for e in room.events), SOON_S, "both to speak")
        await asyncio.sleep(4)
        said = [e for e in room.events if e["sender"] in (bot.user_id, other.user_id) and e["type"] in (
            "m.room.message", "m.room.encrypted")]
        # Each says once what holds here, when it comes in, and answers once.
        if len(said) > 4:
            raise Failure(f"{len(said)} messages of two bots")


TESTS = [a_key_is_replaced_when_somebody_leaves_and_when_the_past_is_closed, a_key_is_replaced_as_often_as_its_room_asks,
         a_replay_under_another_id_does_nothing, a_room_whose_encryption_was_redacted_stays_secret,
         all_one_time_keys_are_used_up, three_hundred_messages_before_the_key, commands_in_a_gap_of_an_encrypted_room,
         two_bots_in_an_encrypted_room]
