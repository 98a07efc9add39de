"""The bot down, killed, cut off, thrown out, slowed down: nothing lost, nothing twice (architecture.md)."""

import asyncio
import os
import random
import re
import time

import proxy as proxies
from chat import SOON_S, Failure, TooSlow, body_of, in_time, just_before, minutes_of, own_lab, sleep_until

N_CHATTER = 150  # more than one page of the sync's timeline
N_KILLS = 20
KILLED_FROM_S = 20  # the kills begin so long before a decision is due, and last for half a minute
BURST, REFILL_S = 10, 5  # what Synapse gives an account by default


async def _open(room, title, minutes):
    """A decision with the smallest deadline there is: its card, and when it is due."""
    opening = await room.alice.say(f"!decide {title} in {minutes_of(minutes)}")
    return await room.card(opening), room.time_of(opening) + 60 * minutes


@in_time
async def down_over_a_deadline_and_a_gap(lab, minutes):
    """150 messages with 3 commands in them while it is down; two decisions were to close meanwhile, and one person
    asked objected to one of them."""
    bot = lab.bot()
    room = await lab.room("gap", ["alice", "bob", "carol"], bot)
    silent, first_due = await _open(room, "Closes unheard", minutes)
    heard, due = await _open(room, "Is objected to", minutes)
    await bot.stop()
    just_before(first_due, "the bot was to be down before a deadline")
    stopped = time.time()
    commands = []
    for n in range(N_CHATTER):
        if n in (5, 75, 140):
            commands.append(await room.bob.say(f"!show {silent.item}"))
        if n == 20:
            await room.carol.react(heard, "⛔")
            just_before(due)
        await room.carol.say(f"chatter {n}")
    # Down for more than a minute: of less it says nothing.
    await sleep_until(max(due, stopped + 60) + 5)
    bot.start()
    await room.answered_once(commands)
    await silent.shows(r"\badopted\b")
    await heard.shows(r"Blocked by carol")
    await room.bot_says(f"{heard.item} did not close")
    await room.stays_quiet()
    if "adopted" in heard.first_line:
        raise Failure("adopted against an objection made while it was down")
    _said_once(room, f"Adopted: {silent.item}.*I was down from", f"I was down from.*{heard.item} did not close.*carol")
    _said_once(room, f"Adopted: {silent.item}", f"{heard.item} did not close")


def _said_once(room, *patterns):
    for pattern in patterns:
        times = sum(bool(re.search(pattern, body_of(e), re.S)) for e in room.from_bot())
        if times != 1:
            raise Failure(f"/{pattern}/ was said {times} times")


@in_time
async def an_answer_lost_just_before_a_deadline(lab, minutes):
    """The sync answer before the deadline is lost again and again; Synapse serves the same one for two minutes, so
    an objection made after it is in none of them. The deadline must wait for an answer that was made later."""
    between = proxies.Proxy(lab.homeserver.url)
    await between.start()
    bot = lab.bot(url=between.url)
    try:
        room = await lab.room("lost", ["alice", "bob"], bot)
        card, due = await _open(room, "Closes on a lost answer", minutes)
        await sleep_until(due - 6 * minutes)
        chatter = await room.bob.say("something that nobody needs")
        rule = between.rule("GET", "/sync", lose=True, contains=chatter, until=lambda: time.time() < due - 0.2)
        try:
            await asyncio.wait_for(rule.hit.wait(), 2 * minutes)
        except asyncio.TimeoutError:
            # The answer was quicker than the rule: another message makes another answer.
            rule.contains = await room.bob.say("something else that nobody needs")
            try:
                await asyncio.wait_for(rule.hit.wait(), 2 * minutes)
            except asyncio.TimeoutError:
                raise TooSlow("an answer was to be lost before a deadline") from None
        await room.bob.react(card, "⛔")
        just_before(due)
        await card.shows(r"Blocked by bob")
        await room.bot_says(f"{card.item} did not close")
        if any(f"Adopted: {card.item}" in body_of(e) for e in room.from_bot()):
            raise Failure("adopted on an answer that was older than the objection")
    finally:
        bot.kill()
        await between.stop()


@in_time
async def an_answer_on_its_way_over_a_deadline(lab, minutes):
    """The answer that brings an objection is held up until the deadline is past: the bot must not close on what it was
    told before, but ask what was said until then."""
    between = proxies.Proxy(lab.homeserver.url)
    await between.start()
    bot = lab.bot(url=between.url)
    try:
        room = await lab.room("slow", ["alice", "bob"], bot)
        card, due = await _open(room, "Closes with an answer on its way", minutes)
        # The bot's own reactions are through by now, and its next poll is to come.
        await sleep_until(due - 35)
        held_up = between.rule("GET", "/sync", contains="m.annotation", delay_s=10 * minutes)
        await sleep_until(due - 3 * minutes)
        await room.bob.react(card, "⛔")
        just_before(due)
        await asyncio.wait_for(held_up.hit.wait(), SOON_S)
        await card.shows(r"Blocked by bob")
        await room.bot_says(f"{card.item} did not close")
        if any(f"Adopted: {card.item}" in body_of(e) for e in room.from_bot()):
            raise Failure("adopted while the objection was on its way")
    finally:
        bot.kill()
        await between.stop()


async def a_homeserver_with_errors(lab):
    """502 and 429 to sends, an answer to a send lost, a sync that never ends: all said, once."""
    between = proxies.Proxy(lab.homeserver.url)
    await between.start()
    bot = lab.bot(url=between.url)
    try:
        room = await lab.room("errors", ["alice", "bob"], bot)
        between.rule("PUT", "/send/", status=502, body=b"<html>Bad Gateway</html>", times=2)
        first = await room.bob.say("!help")
        await room.answer(first)
        between.rule("PUT", "/send/", status=429, times=1, headers={"Retry-After": 1},
                     body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 700})
        second = await room.bob.say("!help")
        await room.answer(second)
        lost = between.rule("PUT", "/send/", lose=True)
        third = await room.bob.say("!help")
        await room.answer(third)
        await asyncio.wait_for(lost.hit.wait(), SOON_S)  # the room sees the event before the proxy has its answer
        between.rule("GET", "/sync", status=200, body=b'{"next_batch": 7, "rooms": [')
        fourth = await room.bob.say("!help")
        await room.answer(fourth)
        await room.answered_once([first, second, third, fourth])
    finally:
        bot.kill()
        await between.stop()


@in_time
async def the_homeserver_restarts(lab, minutes):
    """Killed and started again over a deadline: what was said before it was killed counts, and so does what is said
    when it is back before the bot has heard of it."""
    async with own_lab(lab, "restarted") as own:
        bot = own.bot()
        room = await own.room("restart", ["alice", "bob", "carol"], bot)
        silent, first_due = await _open(room, "Adopted all the same", minutes)
        blocked, due = await _open(room, "Survives", minutes)
        await sleep_until(first_due - 3 * minutes)
        tap = await room.bob.react(blocked, "⛔")
        await asyncio.to_thread(own.homeserver.kill)
        just_before(first_due, "the homeserver was to be down before a deadline")
        await sleep_until(due + 1)
        await asyncio.to_thread(own.homeserver.start)
        asked = await room.carol.say(f"!object {silent.item} the lights went out")
        agreed = await room.carol.say(f"!agree {blocked.item}")
        await blocked.shows("Blocked by bob")
        await blocked.shows("Agreed: carol")
        await silent.shows("Blocked by carol|contested")
        await room.answered_once([asked, agreed])
        if "adopted" in blocked.first_line or not tap:
            raise Failure("adopted against an objection")


@in_time
async def thrown_out_and_invited_again(lab, minutes):
    """A deadline passes while it is out: one line at the return, with a new date; what was said meanwhile
    is history."""
    bot = lab.bot()
    room = await lab.room("kicked", ["alice", "bob"], bot)
    card, due = await _open(room, "Passes while it is out", minutes)
    alice = lab.people["alice"].client
    await alice.room_kick(room.room_id, bot.user_id)
    just_before(due, "the bot was to be out before a deadline")
    await room.bot_is("leave")
    missed = await room.bob.say("!help")
    await sleep_until(due + 10)
    said_before = room.from_bot()
    await alice.room_invite(room.room_id, bot.user_id)
    await room.bot_is("join")
    await room.bot_says(f"out of this room.*{card.item}.*open until")
    tap = await room.bob.say(f"!object {card.item} I was not asked")
    await card.shows(r"Blocked by bob")
    await room.answered_once([tap])
    if room.answers(missed):
        raise Failure("it answered what was said while it was out")
    _said_once(room, f"out of this room.*{card.item}")
    if "adopted" in card.first_line:
        raise Failure("adopted on a silence that it was not there to hear")
    others = [body_of(e) for e in room.from_bot()[len(said_before):] if "out of this room" not in body_of(e)]
    if any(card.item not in text for text in others):
        raise Failure(f"at its return it said: {others}")
    if not bot.is_running():
        raise Failure(f"it ended:\n{bot.log_tail()}")


@in_time
async def with_the_limits_of_a_fresh_homeserver(lab, minutes):
    """10 at once, then one in 5 s: everything is said in the end, once, and the state is right meanwhile."""
    async with own_lab(lab, "limited", limits="default") as own:
        bot = own.bot(burst=BURST)
        room = await own.room("limited", ["alice", "bob", "carol"], bot)
        card, due = await _open(room, "Many taps", minutes)
        commands = [await room.bob.say(f"!show {card.item}") for _ in range(14)]
        await room.carol.react(card, "⛔")
        just_before(due)
        await room.answered_once(commands, (len(commands) + 10) * REFILL_S + SOON_S)
        await card.shows(r"Blocked by carol")
        if any(f"Adopted: {card.item}" in body_of(e) for e in room.from_bot()):
            raise Failure("adopted against an objection")


@in_time
async def killed_twenty_times(lab, minutes):
    """SIGKILL at random moments while people act and a decision closes: each command answered once, each answer
    counted, the deadline acted on once."""
    bot = lab.bot()
    room = await lab.room("killed", ["alice", "bob", "carol", "bruno", "claire"], bot)
    first = await room.card(await room.alice.say("!decide Lives through it in 20 days"))
    closing, due = await _open(room, "Closes amid it", minutes)
    await room.bob.react(closing, "👍")
    just_before(due)
    await sleep_until(due - KILLED_FROM_S)
    seed = int(os.environ.get("SEED", "4"))
    chance = random.Random(seed)  # the same moments at every run, as far as a machine allows
    commands, openings = [], []
    askers = [room.bob, room.carol, room.bruno, room.claire]

    async def act():
        for n in range(60):
            # By turns: one person alone would be more than is heard in a minute (bot/engine/flood.h).
            commands.append(await askers[n % len(askers)].say(f"!show {first.item}"))
            if n % 6 == 0:
                openings.append(await room.carol.say(f"!decide Number {n} in 20 days"))
            if n == 30:
                await room.bob.thread(first, "objection: in the middle of it")
            await asyncio.sleep(chance.uniform(0.1, 0.7))

    acting = asyncio.create_task(act())
    for _ in range(N_KILLS):
        await asyncio.sleep(chance.uniform(0.05, 1.6))
        bot.kill()
        await asyncio.sleep(chance.uniform(0, 0.2))
        bot.start()
    await acting
    await room.answered_once([*commands, *openings], 2 * SOON_S)
    await first.shows(r"Blocked by bob(.|\n)*in the middle of it")
    await closing.shows(r"\badopted\b")
    await room.stays_quiet()
    _said_once(room, f"bob objects to {first.item}", f"Adopted: {closing.item}")
    cards = [body_of(e).split(" ", 1)[0] for e in room.from_bot() if " · Number" in body_of(e).split("\n")[0]]
    if len(cards) != len(openings) or len(set(cards)) != len(cards):
        raise Failure(f"{len(openings)} decisions opened, cards: {cards}")


async def stops_when_told(lab):
    bot = lab.bot()
    room = await lab.room("stops", ["alice", "bob"], bot)
    await room.answer(await room.bob.say("!help"))
    await bot.stop()
    bot.start()
    await room.answer(await room.bob.say("!help"))


TESTS = [down_over_a_deadline_and_a_gap, an_answer_lost_just_before_a_deadline,
         an_answer_on_its_way_over_a_deadline, a_homeserver_with_errors,
         the_homeserver_restarts, thrown_out_and_invited_again, with_the_limits_of_a_fresh_homeserver,
         killed_twenty_times, stops_when_told]
