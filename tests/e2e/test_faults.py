"""Hostile and broken input, lost rights, a store put back, other bots (trust.md, architecture.md)."""

import asyncio
import shutil

import nio

import chat
import scripted
from chat import Failure, body_of

CLERK = "@clerk:localhost"
ALICE = "@alice:localhost"


async def _scripted(lab, **options):
    """A bot on a scripted homeserver, waiting for what comes."""
    server = scripted.Homeserver({"clerk": chat.PASSWORD}, **options)
    await server.start()
    bot = lab.bot(url=server.url, start=False)
    bot.config.write_text(bot.config.read_text().replace(bot.user_id, CLERK))
    room = server.make_room("ops", [CLERK, "@bob:localhost", ALICE])
    bot.start()
    await server.settled(chat.SOON_S)
    return server, bot, room


async def _answered(server, room, text):
    await _answer_to(server, server.say(room, ALICE, text))


async def _answer_to(server, asked):
    while chat.replies_to(await server.next_sent(chat.SOON_S)) != asked:
        pass


def _nested(depth):
    value = 0
    for _ in range(depth):
        value = {"a": value}
    return value


async def hostile_events_stop_nothing(lab):
    server, bot, room = await _scripted(lab)
    text = {"msgtype": "m.text"}
    hostile = [
        {**text, "body": 7}, {**text, "body": None}, {**text, "body": ["!help"]}, {**text, "body": {"!help": 1}}, {},
        {**text, "body": "!help", "m.relates_to": ["$x"]}, {**text, "body": "x", "m.relates_to": {"event_id": 3}},
        {**text, "body": "x", "m.new_content": 5, "m.relates_to": {"rel_type": "m.replace", "event_id": {}}},
        {**text, "body": "!decide " + "x" * 60_000}, {**text, "body": "!" * 5_000}, {**text, "body": "!\u202e\u0000help"},
        {**text, "body": "!show DEC-99999999999999999999999999"}, {**text, "body": "!show DEC--1"},
        {**text, "body": "!help", "deep": _nested(120)}, {**text, "body": "!remind me %s%n%s in 1 hour"},
        {"msgtype": ["m.text"], "body": "!help"},
    ]
    for content in hostile:
        server.send(room, ALICE, content)
    for kind, content in [("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$no", "key": 4}}),
                          ("m.reaction", {"m.relates_to": 4}), ("m.room.redaction", {"redacts": 4}),
                          ("m.room.encrypted", {"algorithm": 4}), ("x" * 255, {"a": 1})]:
        server.send(room, ALICE, content, kind)
    server.send(room, ALICE, {"users": {"x": "100"}, "events": [], "state_default": "a"}, "m.room.power_levels", "")
    server.send(room, ALICE, {"membership": 4}, "m.room.member", "@carol:localhost")
    server.send(room, ALICE, {"name": {}}, "m.room.name", "")
    await _answered(server, room, "!show DEC-1")
    await bot.stop()
    await server.stop()


async def broken_answers_are_asked_again(lab):
    server, bot, room = await _scripted(lab)
    for body in (b"", b"{", b"[]", b'"s1"', b'{"next_batch":7}', b"\xff\xfe{}", b"<html>", b'{"a":' * 2000):
        server.fault("GET", "/sync", status=200, body=body)
    for status in (500, 502, 404, 403):
        server.fault("GET", "/sync", status=status, body=b"<html>")
    server.fault("GET", "/sync", close="before")
    server.say(room, "@bob:localhost", "makes the pending answer come")
    n_before = len(server.requests)
    await asyncio.sleep(5)
    n_asked = len(server.requests) - n_before
    if n_asked > 50:
        raise Failure(f"{n_asked} requests in 5 s while the homeserver is broken")
    for fault in server.faults:
        fault.left = 0
    await _answered(server, room, "!help")
    await bot.stop()
    await server.stop()


async def a_session_ended_by_the_server(lab):
    """It logs in again or ends with 1 or 78; it does not ask on and on with a dead token."""
    server, bot, room = await _scripted(lab)
    server.revoke_tokens()
    server.say(room, "@bob:localhost", "makes the pending answer come")
    n_before = len(server.requests)
    await asyncio.sleep(6)
    n_asked = len(server.requests) - n_before
    if n_asked > 60:
        raise Failure(f"{n_asked} requests in 6 s")
    if bot.is_running():
        await _answered(server, room, "!help")
        await bot.stop()
    elif bot.process.returncode not in (1, 78):
        raise Failure(f"it ended with {bot.process.returncode}:\n{bot.log_tail()}")
    await server.stop()


async def a_store_put_back_uses_no_number_twice(lab):
    bot = lab.bot()
    room = await lab.room("restored", ["alice", "bob"], bot)
    first = await room.card(await room.alice.say("!decide Before the copy in 20 days"))
    await bot.stop()
    copy = bot.folder.parent / (bot.name + "-copy")
    shutil.copytree(bot.folder, copy)
    bot.start()
    commands = [await room.bob.say(f"!show {first.item}")]
    lost = await room.card(await room.alice.say("!decide After the copy in 20 days"))
    await room.answered_once(commands)
    await bot.stop()
    for file in bot.folder.glob("greffier.db*"):
        file.unlink()
    for file in copy.glob("greffier.db*"):
        shutil.copy2(file, bot.folder / file.name)
    bot.start()
    opening = await room.alice.say("!decide After the return in 20 days")
    card = await room.card(opening)
    if card.item in (first.item, lost.item):
        raise Failure(f"{card.item} is used twice")
    await room.answered_once([*commands, opening])
    openings = [body_of(e).split("\n")[0] for e in room.from_bot() if " · After the copy" in body_of(e)]
    if len(openings) != 1:
        raise Failure(f"cards: {openings}")


async def two_bots_do_not_talk_to_each_other(lab):
    bot = lab.bot()
    other = lab.bot()
    room = await lab.room("two", ["alice", "bob"], bot)
    await lab.people["alice"].client.room_invite(room.room_id, other.user_id)
    await room.until(lambda: any(e["type"] == "m.room.member" and e.get("state_key") == other.user_id
                                 and e["content"]["membership"] == "join" for e in room.events), chat.SOON_S, "both joined")
    asked = await room.bob.say("!help")
    await room.until(lambda: {e["sender"] for e in room.events if chat.replies_to(e) == asked}
                     == {bot.user_id, other.user_id}, chat.SOON_S, "both to answer")
    await asyncio.sleep(4)
    said = [body_of(e)[:60] for e in room.events if e["sender"] in (bot.user_id, other.user_id)
            and e["type"] == "m.room.message"]
    # Each says once what holds here, when it comes in, and answers once.
    if len(said) != 4:
        raise Failure(f"{len(said)} messages: {said}")


async def notices_are_not_commands(lab):
    bot = lab.bot()
    # A bot of its own: who writes notices is taken for a program from then on.
    room = await lab.room("notices", ["alice", "bob"], lab.bot())
    notice = await room.bob.notice("!help")
    asked = await room.alice.say("!help")
    await room.answered_once([asked])
    if room.answers(notice):
        raise Failure("a notice was answered")


async def not_allowed_to_speak_for_a_while(lab):
    """What it could not say is said when it may speak again; another room notices nothing."""
    bot = lab.bot()
    room = await lab.room("muted", ["alice", "bob"], bot)
    other = await lab.room("loud", ["alice", "bob"], bot)
    card = await room.card(await room.alice.say("!decide Said in silence in 20 days"))
    alice = lab.people["alice"].client
    levels = (await alice.room_get_state_event(room.room_id, "m.room.power_levels")).content
    await alice.room_put_state(room.room_id, "m.room.power_levels", {**levels, "users": {
        **levels.get("users", {}), bot.user_id: -1}})
    await room.bob.react(card, "⛔")
    asked = await other.bob.say("!help")
    await other.answer(asked)
    if not bot.is_running():
        raise Failure(f"it ended:\n{bot.log_tail()}")
    await alice.room_put_state(room.room_id, "m.room.power_levels", levels)
    await card.shows(r"Blocked by bob")


async def who_leaves_is_not_waited_for(lab):
    bot = lab.bot()
    room = await lab.room("leaves", ["alice", "bob", "carol"], bot)
    card = await room.card(await room.alice.say("!decide Without carol in 20 days"))
    await lab.people["carol"].client.room_leave(room.room_id)
    await card.shows(r"Left: carol")


async def an_invitation_of_a_stranger(lab):
    bot = lab.bot(start=False)
    bot.config.write_text(bot.config.read_text().replace('["localhost"]', '["example.org"]'))
    bot.start()
    made = await lab.people["bob"].client.room_create(name="trap", preset=nio.RoomPreset.private_chat,
                                                      invite=[bot.user_id])
    # An admin's is accepted, so by then the stranger's has been looked at too.
    room = await lab.room("honest", ["alice", "bob"], bot)
    await room.answer(await room.bob.say("!help"))
    members = await lab.people["bob"].client.joined_members(made.room_id)
    if bot.user_id in [m.user_id for m in members.members]:
        raise Failure("it joined the room of a stranger")


async def killed_with_the_store_on_a_slow_answer(lab):
    """Killed between the PUT and its answer: the same bytes again, and the homeserver knows them."""
    server, bot, room = await _scripted(lab)
    asked_to_send = asyncio.Event()
    server.on_request = lambda method, target: asked_to_send.set() if method == "PUT" and "/send/" in target else None
    server.fault("PUT", "/send/", delay_s=0.3)
    asked = server.say(room, ALICE, "!help")
    await asyncio.wait_for(asked_to_send.wait(), chat.SOON_S)
    bot.kill()
    await _answer_to(server, asked)
    bot.start()
    await server.settled(chat.SOON_S)
    await asyncio.sleep(2)
    times = sum(chat.replies_to(e) == asked for _, e in server.log)
    if times != 1:
        raise Failure(f"answered {times} times")
    await bot.stop()
    await server.stop()


async def signed_out_with_an_answer_on_its_way(lab):
    """Killed between the PUT and its answer, then signed out for good: another device has other transaction ids, so what was
    on its way is looked for before it is said again. One of two answers had arrived."""
    server, bot, room = await _scripted(lab)
    for fault in [{"close": "before"}, {"delay_s": 0.5}]:
        n_asked = asyncio.Queue()
        server.on_request = lambda method, target, asked=n_asked: "/send/" in target and asked.put_nowait(method)
        server.fault("PUT", "/send/", **fault)
        asked = server.say(room, ALICE, "!help")
        await asyncio.wait_for(n_asked.get(), chat.SOON_S)
        bot.kill()
        if "delay_s" in fault:
            await _answer_to(server, asked)
        for n in range(120):  # the answer lies in a gap, and comes too late by sync
            server.say(room, "@bob:localhost", f"small talk {n}")
        server.revoke_tokens()
        code, _, complaint = await asyncio.to_thread(bot.login)
        if code != 0:
            raise Failure(f"login ended with {code}: {complaint}")
        bot.start()
        await _answered(server, room, "!help decide")
        times = sum(chat.replies_to(e) == asked for _, e in server.log)
        if times != 1:
            raise Failure(f"answered {times} times after {fault}")
    await bot.stop()
    await server.stop()


TESTS = [hostile_events_stop_nothing, broken_answers_are_asked_again, a_session_ended_by_the_server,
         a_store_put_back_uses_no_number_twice, two_bots_do_not_talk_to_each_other, notices_are_not_commands,
         not_allowed_to_speak_for_a_while, who_leaves_is_not_waited_for, an_invitation_of_a_stranger,
         killed_with_the_store_on_a_slow_answer, signed_out_with_an_answer_on_its_way]
