"""The bot stopped (SIGSTOP), and let go on: it listens before it speaks (architecture.md, "nothing moot goes out")."""

import asyncio
import re
import signal
import time

import proxy as proxies
from chat import SOON_S, Failure, body_of, in_time, just_before, minutes_of


async def _stopped(lab, minutes, stopped_s, limited_ms):
    """SIGSTOP, over deadlines if it is long, with words to its people still to be sent; meanwhile these become moot,
    and the answer that says so is the second to come after SIGCONT, and a slow one."""
    between = proxies.Proxy(lab.homeserver.url)
    await between.start()
    bot = lab.bot(url=between.url)
    try:
        room = await lab.room("stopped", ["alice", "bob", "carol"], bot)
        first = await room.carol.say(f"!remind me the kettle in {minutes_of(minutes)}")
        reminder = await room.answer(first, r"RMD-\d+")
        due = room.time_of(first) + 60 * minutes
        rmd = re.search(r"RMD-\d+", body_of(reminder)).group(0)
        dropped = await room.card(await room.alice.say(f"!decide Is dropped in {minutes_of(minutes)}"))
        agreed = await room.card(await room.alice.say(f"!decide Is agreed to in {minutes_of(minutes)}"))
        objected = await room.card(await room.alice.say("!decide Is objected to in 20 days"))
        is_refused = True
        # Not a loss, after which it would listen first in any case.
        refused = between.rule("PUT", "/send/", status=429, until=lambda: is_refused,
                               body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": limited_ms})
        await room.bob.thread(objected, "objection: for a minute")
        await asyncio.wait_for(refused.hit.wait(), SOON_S)
        await room.stays_quiet()

        bot.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        await room.alice.say("the answer that waits for it ends with this")
        commands = [await room.carol.say(f"!cancel {rmd}"), await room.alice.say(f"!cancel {dropped.item}")]
        await room.bob.react(agreed, "👍")
        last = await room.bob.thread(objected, "withdraw")
        just_before(due)
        is_refused = False
        slow = between.rule("GET", "/sync", contains=last, delay_s=3)
        await asyncio.sleep(max(0, stopped_s - (time.monotonic() - stopped)))
        n_before = len(room.from_bot())
        bot.process.send_signal(signal.SIGCONT)

        await asyncio.wait_for(slow.hit.wait(), SOON_S)
        await room.answered_once(commands)
        await agreed.shows(r"\badopted\b(.|\n)*Agreed: bob", 60 * minutes + SOON_S)
        await dropped.shows(r"\bcancelled\b")
        await objected.shows(r"Open until")
        await room.stays_quiet()
        said = [body_of(e) for e in room.from_bot()[n_before:]]
        moot = [text for text in said if re.search(rf"objects to|kettle$|Adopted: {dropped.item}|did not close", text)]
        print(f"# stopped for {stopped_s} s: {len(said)} messages after it, {len(moot)} of them moot", flush=True)
        if moot:
            raise Failure(f"moot when it was said: {moot}\n{bot.log_tail()}")
        if sum(bool(re.search(f"Adopted: {agreed.item}", body_of(e))) for e in room.from_bot()) != 1:
            raise Failure(f"{agreed.item} was to be closed once: {said}")
    finally:
        bot.kill()
        await between.stop()


@in_time
async def stopped_for_a_moment(lab, minutes):
    await _stopped(lab, minutes, 10, 5000)


@in_time
async def stopped_for_no_longer_than_a_poll_may_hang(lab, minutes):
    await _stopped(lab, minutes, 60 * minutes + 10, 30000)


@in_time
async def stopped_for_two_minutes(lab, minutes):
    await _stopped(lab, minutes, 60 * minutes + 60, 30000)


TESTS = [stopped_for_a_moment]
LONG_TESTS = [stopped_for_no_longer_than_a_poll_may_hang, stopped_for_two_minutes]
