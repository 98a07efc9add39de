"""The bot stopped (SIGSTOP), and let go on: it listens before it speaks (architecture.md, "nothing moot goes out")."""

import asyncio
import re
import signal
import time

import proxy as proxies
from chat import Failure, body_of, mostly_waits


async def _stopped(lab, stopped_s, limited_ms):
    """SIGSTOP, over deadlines if it is long, with words to its people still to be sent; meanwhile these become moot,
    and the answer that says so is the second to come after SIGCONT, and a slow one."""
    between = proxies.Proxy(lab.homeserver.url)
    await between.start()
    bot = lab.bot(url=between.url)
    try:
        room = await lab.room("stopped", ["alice", "bob", "carol"], bot)
        reminder = await room.answer(await room.carol.say("!remind me the kettle in 1 minute"), r"RMD-\d+")
        rmd = re.search(r"RMD-\d+", body_of(reminder)).group(0)
        dropped = await room.card(await room.alice.say("!decide Is dropped in 1 minute"))
        agreed = await room.card(await room.alice.say("!decide Is agreed to in 1 minute"))
        objected = await room.card(await room.alice.say("!decide Is objected to by friday 17:00"))
        is_refused = True
        # Not a loss, after which it would listen first in any case.
        refused = between.rule("PUT", "/send/", status=429, until=lambda: is_refused,
                               body={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": limited_ms})
        await room.bob.thread(objected, "objection: for a minute")
        await asyncio.wait_for(refused.hit.wait(), 10)
        await room.stays_quiet()

        bot.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        await room.alice.say("the answer that waits for it ends with this")
        commands = [await room.carol.say(f"!cancel {rmd}"), await room.alice.say(f"!cancel {dropped.item}")]
        await room.bob.react(agreed, "👍")
        last = await room.bob.thread(objected, "withdraw")
        is_refused = False
        slow = between.rule("GET", "/sync", contains=last, delay_s=3)
        await asyncio.sleep(max(0, stopped_s - (time.monotonic() - stopped)))
        n_before = len(room.from_bot())
        bot.process.send_signal(signal.SIGCONT)

        await asyncio.wait_for(slow.hit.wait(), 60)
        await room.answered_once(commands, 60)
        await agreed.shows(r"\badopted\b(.|\n)*Agreed: bob", 90)
        await dropped.shows(r"\bcancelled\b", 30)
        await objected.shows(r"Open until", 30)
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


@mostly_waits
async def stopped_for_a_moment(lab):
    await _stopped(lab, 10, 5000)


@mostly_waits
async def stopped_for_no_longer_than_a_poll_may_hang(lab):
    await _stopped(lab, 70, 30000)


@mostly_waits
async def stopped_for_two_minutes(lab):
    await _stopped(lab, 120, 30000)


TESTS = [stopped_for_a_moment]
LONG_TESTS = [stopped_for_no_longer_than_a_poll_may_hang, stopped_for_two_minutes]
