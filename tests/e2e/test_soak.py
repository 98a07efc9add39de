"""72 hours of an encrypted room by a turned clock (turned.py), and what they cost. Number 17 of twenty.tsv.

The bot's own clock of hours is turned, and Synapse's; the time that requests take is not. So what a night costs has two figures:
the wake-ups that an hour's turn brings, and those of seconds in which nothing is turned.
"""

import asyncio
import collections
import contextlib
import datetime
import os
import re
import sqlite3
import statistics
import time
import zoneinfo

import nio

import chat
import turned
from chat import ENCRYPTION, SOON_S, Card, Failure, body_of, mostly_waits, own_lab, words
from js_person import js_person
from test_encrypted import is_known, lax_bot

ZONE = zoneinfo.ZoneInfo("Europe/Zurich")
BEGINS = datetime.datetime(2027, 3, 1, 8, tzinfo=ZONE)  # a Monday
HOURS = 72
SECRET = "Zanzibar"
NAMES = ("alice", "bob", "carol", "dora")  # dora's client is the strictest there is
KEY_LASTS_H = 4
DAY = range(9, 19)  # in which people speak
KILLED_AT, RESTARTED_AT = (6, 29, 34), 31  # hours from the beginning
AWAY_AT = range(4, 7)
OTHER_AT = range(25, 28)  # dora's other device is there
WARM_H = 11   # the first day: what memory is then is what it may be
REST_S = 20
# What may come on top of the first day's median; a store may grow by so much more on the third day than on the second.
MORE_KIB, MORE_FILES, MORE_THREADS, MORE_STORE = 4096, 4, 0, 1.5
WAKES_OF_HOUR, WAKES_AT_REST = 20, 1  # for a turn of an hour; for a second without one

Figures = collections.namedtuple("Figures", "hour rss_kib n_files n_threads store")


def _figures(bot, hour):
    status = dict(line.split(":", 1) for line in open(f"/proc/{bot.process.pid}/status", encoding="ascii"))
    store = sum(path.stat().st_size for path in bot.folder.glob("greffier.db"))
    return Figures(hour, int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{bot.process.pid}/fd")),
                   int(status["Threads"]), store)


class Soak:
    def __init__(self, own, clock, bot, room, dora):
        self.own, self.clock, self.bot, self.room, self.dora = own, clock, bot, room, dora
        self.since = 0                             # of room.events: what was said before nobody had to read
        self.gap = [0, 0]                          # and what matrix-js-sdk may not have been given: it fetches no gap of a sync
        self.commands = []
        self.cards = []
        self.hours = []                            # in which people spoke
        self.read = {name: {} for name in NAMES}   # what of the bot's each has read, by id: the key it was sealed with
        self.left_from, self.away = 0, (0, 0)      # of room.events, while carol had left, and the bot knew it
        self.read["dora"] = dora.read
        for name in NAMES[:-1]:
            own.people[name].client.add_event_callback(self._reader(self.read[name]), nio.Event)
        self.figures = []
        self.night_wakes, self.night_hours, self.rest_wakes = 0, 0, 0
        self.keys, self.other_from = set(), 0      # of the bot: those that dora's other device had, and from which event on

    @staticmethod
    def _reader(read):
        def heard(_, event):
            if event.source["type"] == "m.room.message":
                read[event.event_id] = event.source
        return heard

    async def command(self, name, text):
        event = await self.room.people[name].say(f"{text}")
        self.commands.append(event)
        return event

    async def all_answered(self):
        await self.room.until(lambda: all(self.room.answers(e) for e in self.commands), SOON_S, lambda: "answers to {}\n{}".format(
            [self.room.said(e) for e in self.commands if not self.room.answers(e)], self.bot.log_tail(30)))

    # -- what people do

    def present(self, hour):
        return [name for name in NAMES if name != "carol" or hour not in AWAY_AT]

    async def an_hour(self, hour):
        here = self.present(hour)
        one, two, three = (here[(hour + n) % len(here)] for n in range(3))
        people = self.room.people
        await people[two].say(f"{SECRET} is nice at this hour")
        opening = await self.command(one, f"!decide {SECRET} number {hour} in 3 days")
        if hour in KILLED_AT:
            self.bot.kill()
            self.bot.start()
        card = await self.room.card(opening)
        await card.shows(rf"Asked:(.|\n)*{two}")
        self.cards.append(card)
        await asyncio.gather(self.command(two, f"!agree {card.item}"),
                             self.command(three, f"!task {two} Boats of {SECRET} {hour} by friday 17:00"),
                             self.command(one, f"!remind room feed the parrot of {SECRET} {hour} in 1 hour"))
        await self._mind_changed(card, two, three)
        await self.command(three, f"!show {card.item}")
        if hour % 3 == 0:
            await self.command(two, "!mine")
            await people[one].edit(opening, f"!decide {SECRET} number {hour} again in 3 days")
            await card.shows(f"{hour} again")
        if hour % 2:
            await self.command(three, f"!object {card.item} no parrot of {SECRET}")
            await card.shows(rf"Blocked by {three}")
        await self.all_answered()

    async def _mind_changed(self, card, two, three):
        await card.shows(f"Agreed:[^.\n]*{two}")
        tap = await self.room.people[three].react(card, "👍")
        await card.shows(f"Agreed:[^.\n]*{three}")
        await self.room.people[three].redact(tap)
        await card.shows_no(f"Agreed:[^.\n]*{three}")
        said = await self.room.people[three].thread(card, f"objection: {SECRET} is far")
        await card.shows(f"Blocked by {three}")
        await self.room.people[three].edit(said, "agree")
        await card.shows(f"Agreed:[^.\n]*{three}")

    async def daily(self, day):
        card = Card(self.room, await self.room.bot_says(rf"^Daily · \w+ {day} Mar · 0 of {len(NAMES)}"), "the daily")
        for name in NAMES:
            await self.room.until(lambda: any(
                in_card and f"@{name}:localhost" in e["content"].get("m.mentions", {}).get("user_ids", [])
                for e in self.room.from_bot() if (in_card := chat.in_thread_of(e, card.event_id))), SOON_S, f"{name} to be asked")
            await self.room.people[name].thread(card, f"done: {SECRET} {day}. today: a boat. blocked: no")
        await card.thread_says("is closed: everybody has answered")

    # -- what comes between

    async def carol_leaves(self):
        self.left_from = len(self.room.events)
        await self.own.people["carol"].client.room_leave(self.room.room_id)
        await self._membership("carol", "leave")
        # What the bot says before it knows is no fault of its own: its next answer comes after it.
        await self.command("alice", "!help agree")
        await self.all_answered()
        self.away = (len(self.room.events), None)

    async def carol_returns(self):
        await self.room.stays_quiet()
        self.away = (self.away[0], len(self.room.events))
        await self.own.people["alice"].client.room_invite(self.room.room_id, self.own.people["carol"].user_id)
        await self.own.people["carol"].client.join(self.room.room_id)
        await self._membership("carol", "join")

    async def _membership(self, name, membership):
        def is_so():
            of = [e for e in self.room.events if e["type"] == "m.room.member" and e.get("state_key") == f"@{name}:localhost"]
            return of and of[-1]["content"]["membership"] == membership
        await self.room.until(is_so, SOON_S, f"{name} to be in “{membership}”")

    async def other_device(self, stack):
        other = await stack.enter_async_context(js_person(self.own, "dora", "signed", await self.dora.do("recovery")))
        other.secret_rooms.add(self.room.room_id)
        await self.command("alice", "!help agree")
        await self.all_answered()
        first = self.room.answers(self.commands[-1])[0]["event_id"]
        await self.room.until(lambda: first in other.read, SOON_S, lambda: f"the other device to read: {other.unread}")
        self.other_from = len(self.room.events)    # what was said before is no longer its to read
        return other

    async def other_device_goes(self, other):
        await self.room.stays_quiet()
        self.keys = {e["session"] for e in other.read.values() if e["sender"] == self.bot.user_id and e.get("session")}
        since = {e["event_id"] for e in self.room.events[self.other_from:]}
        unread = [e for e in other.unread.values() if e["sender"] == self.bot.user_id and e["event_id"] in since]
        if unread:
            raise Failure(f"dora's other device cannot read {unread[0]}")
        with contextlib.suppress(Failure):  # its client may end before it says so
            await other.do("leave")
        answer = await self.room.answer(await self.command("alice", "!help agree"))
        read = await self.room.until(lambda: self.dora.read.get(answer["event_id"]), SOON_S, "dora to read it")
        if read.get("session") in self.keys:
            raise Failure("a device that was signed out has the key of what is said")

    # -- hours that pass

    async def pass_all(self):
        async with contextlib.AsyncExitStack() as stack:
            other = None
            for hour in range(HOURS):
                at = BEGINS + datetime.timedelta(hours=hour, minutes=1)
                before = self.wakes.n_wakes()
                self.clock.turn_to(at)
                if at.hour not in DAY:
                    await self._night(hour, before)
                    continue
                await self.room.alice.say("good morning")  # brings the homeserver's time
                if at.hour == 9:
                    await self.daily(at.day)
                if hour == RESTARTED_AT:
                    self.gap = [len(self.room.events), None]
                    await asyncio.to_thread(self.own.homeserver.restart)
                if hour == AWAY_AT.start:
                    await self.carol_leaves()
                if hour == AWAY_AT.stop:
                    await self.carol_returns()
                if hour == OTHER_AT.start:
                    other = await self.other_device(stack)
                if hour == OTHER_AT.stop:
                    await self.other_device_goes(other)
                self.hours.append(hour)
                await self.an_hour(hour)
                if hour == RESTARTED_AT:
                    self.gap[1] = len(self.room.events)
                self.figures.append(_figures(self.bot, hour))

    async def _night(self, hour, before):
        await asyncio.sleep(0.7)
        if (BEGINS + datetime.timedelta(hours=hour)).hour in range(21, 24) or (BEGINS + datetime.timedelta(hours=hour)).hour < 7:
            self.night_wakes += self.wakes.n_wakes() - before
            self.night_hours += 1
        if hour == 2 * 24 - 5:
            before = self.wakes.n_wakes()
            await asyncio.sleep(REST_S)
            self.rest_wakes = self.wakes.n_wakes() - before

    # -- what came of it

    def check_said(self):
        for event in self.commands:
            if len(self.room.answers(event)) != 1:
                raise Failure(f"“{self.room.said(event)}” was answered {len(self.room.answers(event))} times")
        parrots = [re.match(r"(?:Reminder|alice|bob|carol|dora)\b.*feed the parrot of \w+ (\d+)\b", body_of(e)) for e in self.room.from_bot()
                   if "replace" not in str(e["content"].get("m.relates_to", {}).get("rel_type"))]
        told = collections.Counter(int(found[1]) for found in parrots if found)
        due = set(self.hours[:-1])  # the last one's comes after the end
        if any(n != 1 for n in told.values()) or set(told) - {self.hours[-1]} != due:
            raise Failure(f"reminders that were not said: {due - set(told)}, said twice: {[h for h in told if told[h] > 1]}\n" +
                          "\n".join(body_of(e) for e in self.room.from_bot() if "parrot" in body_of(e))[-3000:])
        if is_known(self.own.homeserver, SECRET):
            raise Failure("the homeserver knows what was said")
        with contextlib.closing(sqlite3.connect(self.own.homeserver.folder / "homeserver.db")) as db:
            n_clear, = db.execute("select count(*) from events where room_id = ? and sender = ? and type = 'm.room.message'",
                                  (self.room.room_id, self.bot.user_id)).fetchone()
        if n_clear:
            raise Failure(f"{n_clear} messages in clear")

    def check_read(self):
        said = [e for e in self.room.events[self.since:] if e["sender"] == self.bot.user_id and e["type"] in ("m.room.message", "m.room.encrypted")]
        hidden = {e["event_id"] for e in self.room.events[slice(*self.away)]}
        spared = {e["event_id"] for e in self.room.events[self.left_from:self.away[1]]}
        for name in NAMES:
            of = {e["event_id"] for e in said if name != "carol" or e["event_id"] not in spared}
            unread = of - set(self.read[name])
            if name == "dora":
                unread -= {e["event_id"] for e in self.room.events[slice(*self.gap)]} - set(self.dora.unread)
            if unread:
                raise Failure(f"{name} has not read {len(unread)} of {len(of)}: {[body_of(e) for e in said if e['event_id'] in unread][:3]}"
                              f"\n{self.bot.log_tail(30)}")
        if hidden & {e["event_id"] for e in said} & set(self.read["carol"]):
            raise Failure("carol reads what was said while she had left")
        if not hidden & {e["event_id"] for e in said}:
            raise Failure("nothing was said while carol had left: this test is blind")
        warned = [e for e in self.dora.read.values() if e["sender"] == self.bot.user_id and e.get("shield") not in (None, "NONE")]
        if warned:
            raise Failure(f"dora is warned of {warned[0]}")

    def check_keys(self):
        """None lasts longer than its room asks; gives how many there were."""
        spans = collections.defaultdict(list)
        for event in self.dora.read.values():
            if event["sender"] == self.bot.user_id and event.get("session"):
                spans[event["session"]].append(event["origin_server_ts"])
        longest_h = max(max(span) - min(span) for span in spans.values()) / 3_600_000
        if longest_h > KEY_LASTS_H:
            raise Failure(f"a key was used for {longest_h:.1f} h")
        return len(spans)

    def check_cost(self, took_s):
        first = [f for f in self.figures if f.hour <= WARM_H]
        later = [f for f in self.figures if f.hour > WARM_H]
        days = [[f.store for f in self.figures if f.hour // 24 == day] for day in range(3)]
        grown = [(day[-1] - day[0]) / (len(day) - 1) / 1024 for day in days]
        middle = {name: statistics.median(getattr(f, name) for f in first) for name in Figures._fields}
        most = {name: max(getattr(f, name) for f in later) for name in Figures._fields}
        per_hour, per_s = self.night_wakes / self.night_hours, self.rest_wakes / REST_S
        print(f"# {HOURS} hours of an encrypted room in {took_s:.0f} s: {len(self.commands)} commands, {len(self.cards)} decisions, "
              f"{self.check_keys()} keys, {len(KILLED_AT)} kills: 0 lost, 0 doubled, 0 unread; resident {middle['rss_kib'] / 1024:.1f} MiB on the "
              f"first day (median), {most['rss_kib'] / 1024:.1f} at most after it; descriptors {middle['n_files']:.0f}, {most['n_files']}; "
              f"threads {middle['n_threads']:.0f}, {most['n_threads']}; store {', '.join(f'{kib:.0f}' for kib in grown)} KiB an hour of each "
              f"day; wake-ups at night: {per_hour:.1f} for the turn of an hour, {per_s:.2f} a second beside it", flush=True)
        above = [name for name, more in (("rss_kib", MORE_KIB), ("n_files", MORE_FILES), ("n_threads", MORE_THREADS))
                 if most[name] > middle[name] + more]
        if above or grown[2] > MORE_STORE * grown[1]:
            raise Failure(f"too much of {above or 'store'}: {self.figures}")
        if per_hour > WAKES_OF_HOUR or per_s > WAKES_AT_REST:
            raise Failure(f"a night is not idle:\n{self.bot.log_tail(30)}")


@contextlib.asynccontextmanager
async def _soak(lab):
    clock = turned.Clock(lab.folder / "clock-soak", at=BEGINS)
    async with own_lab(lab, "soak", people=NAMES[:-1], is_secret=True, clock=clock) as own:
        bot = lax_bot(own, start=False)
        bot.clock = clock.counting()
        bot.config.write_text(bot.config.read_text().replace("mon-sun 00:00-24:00", "mon-fri 09:00-12:00,13:00-19:00"))
        bot.start()
        async with js_person(own, "dora", "signed") as dora:
            room = await own.room("soak", NAMES[:-1], bot, is_encrypted=True)
            alice = own.people["alice"].client
            await alice.room_put_state(room.room_id, "m.room.encryption",
                                       {**ENCRYPTION["content"], "rotation_period_ms": KEY_LASTS_H * 3_600_000})
            await alice.room_invite(room.room_id, dora.user_id)
            await dora.join(room.room_id, True)
            room.people["dora"] = chat.Speaker(room, dora)
            soak = Soak(own, clock, bot, room, dora)
            soak.wakes = bot.clock
            yield soak


@mostly_waits
async def three_days_of_an_encrypted_room(lab):
    """People talk, decide, change their minds, have tasks, reminders and a daily; one leaves and returns, a device comes and goes, keys
    end by age, the bot is killed, the homeserver restarted: all is answered once and read by who is there, and nothing grows."""
    async with _soak(lab) as soak:
        begun = time.monotonic()
        await soak.command("dora", "!standup")
        await soak.all_answered()
        soak.since = len(soak.room.events)
        await soak.pass_all()
        await soak.room.stays_quiet()
        soak.check_said()
        soak.check_read()
        soak.check_cost(time.monotonic() - begun)


LONG_TESTS = [three_days_of_an_encrypted_room]
