"""The long tests, by `tests/e2e/run long`: minutes, beside the quick ones, with the figures that the README quotes."""

import asyncio
import collections
import os
import random
import re
import time

import test_encrypted
import test_soak
import test_stopped
from chat import Failure, body_of, mostly_waits, own_lab

N_KILLS = int(os.environ.get("KILLS", "200"))
N_ROOMS = 3
SETTLES_S = 300  # for all that was asked while it was killed, on a slow machine
CLOSES_EVERY = 10  # so many decisions of a room, one ends within the test
AGREED, NO_OPINION, BLOCKED = "Agreed", "No opinion", "Blocked by"


class Crowd:
    """The people of one room, who open decisions and answer them; it remembers what the room must show in the end."""

    def __init__(self, room, chance):
        self.room = room
        self.chance = chance
        self.people = [room.alice, room.bob, room.carol]
        self.commands = []       # each has one answer; that of an opening is its card
        self.openings = {}       # event id: whether it ends by itself
        self.positions = {}      # (card's event id, name): one of the three words above
        self.cancelled = set()   # of cards' event ids
        self.n_acts = 0

    def cards(self):
        cards = [self.room.answers(opening) for opening in self.openings]
        return [answers[0] for answers in cards if answers and re.match(r"DEC-\d+ ·", body_of(answers[0]))]

    def _free(self, person, cards):
        """Cards of which this person has said nothing; who has ended one says nothing of it either."""
        ending = {self.room.answers(opening)[0]["event_id"] for opening, ends in self.openings.items()
                  if ends and self.room.answers(opening)}
        return [card for card in cards if (card["event_id"], person.person.name) not in self.positions
                and card["event_id"] not in self.cancelled | ending]

    async def _open(self, person):
        n = len(self.openings)
        ends = n % CLOSES_EVERY == CLOSES_EVERY // 2
        opening = await person.say(f"!decide Number {n} {'in 1 minute' if ends else 'in 20 days'}")
        self.openings[opening] = ends
        self.commands.append(opening)

    async def _answer(self, person, card):
        name = person.person.name
        item = body_of(card).split(" ", 1)[0]
        what = self.chance.randrange(5)
        self.positions[card["event_id"], name] = (AGREED, AGREED, NO_OPINION, BLOCKED, BLOCKED)[what]
        if what == 0:
            await person.react(card, "👍")
        elif what == 1:
            self.commands.append(await person.say(f"!agree {item}"))
        elif what == 2:
            await person.react(card, "🤷")
        elif what == 3:
            await person.thread(card, f"objection: {name} has a reason")
        else:
            self.commands.append(await person.say(f"!object {item} {name} has a reason"))

    async def act(self):
        """One act of the next person: there are bounds on what one alone may ask in a minute."""
        person = self.people[self.n_acts % len(self.people)]
        self.n_acts += 1
        cards = self.cards()
        free = self._free(person, cards)
        kind = self.chance.random()
        # alice opens, and so owns, all of them: those asked are the others.
        if person is self.room.alice and (kind < 0.7 or not free):
            await self._open(person)
        elif person is self.room.alice and kind < 0.8:
            card = self.chance.choice(free)
            self.cancelled.add(card["event_id"])
            self.commands.append(await person.say(f"!cancel {body_of(card).split(' ', 1)[0]}"))
        elif person is not self.room.alice and free and kind < 0.8:
            await self._answer(person, self.chance.choice(free))
        elif cards:
            self.commands.append(await person.say(f"!show {body_of(self.chance.choice(cards)).split(' ', 1)[0]}"))

    # -- what came of it

    def _said(self, pattern):
        return sum(bool(re.search(pattern, body_of(e))) for e in self.room.from_bot())

    def _expected(self):
        """(what, how often it was said) of all that must be said once; and of what must not be said, as often more."""
        yield from ((f"the answer to “{self.room.said(e)}”", len(self.room.answers(e))) for e in self.commands)
        for opening, ends in self.openings.items():
            for card in self.room.answers(opening)[:1]:
                item = body_of(card).split(" ", 1)[0]
                if ends:
                    yield f"the close of {item}", self._said(rf"^Adopted: {item},")
                for (event_id, name), word in self.positions.items():
                    if event_id != card["event_id"]:
                        continue
                    shown = self._text(card)
                    if event_id not in self.cancelled:
                        yield f"{name} on the card of {item}", len(re.findall(rf"{word}[^.\n]*\b{name}\b", shown))
                    told = self._said(rf"{name} objects to {item}\b")
                    # A cancel may come before the owner was told.
                    if word == BLOCKED and not (event_id in self.cancelled and told == 0):
                        yield f"the objection of {name} to {item}", told
                if card["event_id"] in self.cancelled:
                    yield f"{item} as cancelled", len(re.findall("· cancelled", self._text(card)))

    def _text(self, card):
        return self.room.now(card)

    def faults(self):
        """(lost, doubled), in words."""
        seen = list(self._expected())
        # A number given to two decisions shows here too: an item has one card.
        items = collections.Counter(body_of(card).split(" ", 1)[0] for card in self.cards())
        seen += [(f"the card of {item}", n) for item, n in items.items()]
        return ([what for what, times in seen if times == 0],
                [f"{what} ({times} times)" for what, times in seen if times > 1])


class Gate:
    """Lets people act; closed, it waits for those who are at it."""

    def __init__(self):
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._n_busy = 0

    async def __aenter__(self):
        await self._is_open.wait()
        self._n_busy += 1
        self._is_idle.clear()

    async def __aexit__(self, *_):
        self._n_busy -= 1
        if not self._n_busy:
            self._is_idle.set()

    async def close(self):
        self._is_open.clear()
        await self._is_idle.wait()

    def open(self):
        self._is_open.set()


async def _keep_acting(crowd, gate, done):
    while not done.is_set():
        async with gate:
            await crowd.act()
        await asyncio.sleep(crowd.chance.uniform(0.5, 1.5))


async def _restart_homeserver(own, gate):
    await gate.close()
    await asyncio.to_thread(own.homeserver.kill)
    await asyncio.sleep(2)
    await asyncio.to_thread(own.homeserver.start)
    gate.open()


@mostly_waits
async def killed_two_hundred_times(lab):
    """SIGKILL at random moments while three rooms decide, and the homeserver killed in the middle of it: each command
    is answered once, each position is on its card, each objection told once, each decision closed once."""
    chance = random.Random(int(os.environ.get("SEED", "4")))
    async with own_lab(lab, "killed") as own:
        bot = own.bot()
        crowds = [Crowd(await own.room(f"killed {n}", ["alice", "bob", "carol"], bot), random.Random(chance.random()))
                  for n in range(N_ROOMS)]
        gate, done = Gate(), asyncio.Event()
        begun = time.monotonic()
        acting = [asyncio.create_task(_keep_acting(crowd, gate, done)) for crowd in crowds]
        restart = None
        for n in range(N_KILLS):
            await asyncio.sleep(chance.uniform(0.05, 1.6))
            bot.kill()
            await asyncio.sleep(chance.uniform(0, 0.2))
            bot.start()
            if n == N_KILLS // 2:
                restart = asyncio.create_task(_restart_homeserver(own, gate))
        await restart
        done.set()
        await asyncio.gather(*acting)
        took_s = time.monotonic() - begun

        limit = time.monotonic() + SETTLES_S
        while any(crowd.faults()[0] for crowd in crowds) and time.monotonic() < limit:
            await asyncio.sleep(1)
        for crowd in crowds:
            await crowd.room.stays_quiet()
        lost, doubled = ([what for crowd in crowds for what in crowd.faults()[i]] for i in (0, 1))
        print(f"# {N_KILLS} kills of the bot and one of the homeserver in {took_s:.0f} s, amid "
              f"{sum(crowd.n_acts for crowd in crowds)} acts: {sum(len(c.openings) for c in crowds)} decisions, "
              f"{sum(len(c.positions) for c in crowds)} positions, {sum(len(c.commands) for c in crowds)} commands: "
              f"{len(lost)} lost, {len(doubled)} doubled", flush=True)
        if lost or doubled:
            raise Failure(f"lost: {lost[:10]}; doubled: {doubled[:10]}\n{bot.log_tail()}")


@mostly_waits
async def killed_two_hundred_times_in_secret(lab):
    """In an encrypted room, with a new key of it between any two kills."""
    took_s = await test_encrypted.killed_in_secret(lab, N_KILLS)
    print(f"# {N_KILLS} kills between a command and its answer in an encrypted room in {took_s:.0f} s: 0 lost, 0 doubled, "
          "0 that nobody can read", flush=True)


TESTS = [killed_two_hundred_times, killed_two_hundred_times_in_secret, *test_stopped.LONG_TESTS, *test_soak.LONG_TESTS]
