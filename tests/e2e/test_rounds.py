"""A daily of eight people on a homeserver with the limits of a fresh one, whose clock the test turns: the days take as long as
what is said in them. See also the transcripts: what exactly is said stands there."""

import asyncio
import contextlib
import datetime
import zoneinfo

import turned
from chat import Card, Failure, body_of, in_thread_of, mostly_waits, own_lab, words
from js_person import js_person
from test_encrypted import lax_bot

ZONE = zoneinfo.ZoneInfo("Europe/Zurich")
BEFORE = datetime.datetime(2027, 3, 1, 16, 30, tzinfo=ZONE)  # a Monday
TUESDAY, WEDNESDAY = 2, 3
LATE_S = 300  # so long after its time a question may come
BURST = 10
NIO = ("alice", "bob", "carol", "dan", "erin", "gina")
IN_JS = ("fred", "hugo")  # in encrypted rooms
MISSING = ("alice", "dan", "gina")  # who have not answered at eleven
IN_THREAD = ("alice", "gina")  # who have no direct room
ALL = ("alice", "bob", "carol", "dan", "erin", "fred", "gina", "hugo")


def _at(day, hour, minute=0, second=0):
    return datetime.datetime(2027, 3, day, hour, minute, second, tzinfo=ZONE)


class Team:
    """Eight people, each with the room in which they are asked."""

    def __init__(self, own, clock, bot, room, direct):
        self.own, self.clock, self.bot, self.room, self.direct = own, clock, bot, room, direct
        self.card = None

    def place(self, name):
        return self.direct.get(name, self.room)

    def speaker(self, name):
        return self.place(name).people[name]

    def mentions(self, name, pattern):
        """What calls this person, in the order in which it was said; of the room only what stands in the thread of the card."""
        user = f"@{name}:localhost"
        return [e for e in self.place(name).from_bot()
                if user in e["content"].get("m.mentions", {}).get("user_ids", []) and words(pattern).search(body_of(e))
                and (name in self.direct or in_thread_of(e, self.card.event_id))]

    async def turn_to(self, at):
        self.clock.turn_to(at)
        # Something said brings an answer, and with it the homeserver's time, which vouches for the clock.
        await self.room.alice.say("good morning")

    async def asked(self, day, pattern):
        """That day's card is there and each was asked once: the seconds from 9:00 to whoever was asked last, with the name."""
        event = await self.room.bot_says(rf"^Daily · \w+ {day} Mar · 0 of 8")
        self.card = Card(self.room, event, "the daily")
        delays = []
        for name in ALL:
            asked = await self.place(name).until(
                lambda: self.mentions(name, pattern), LATE_S,
                lambda: f"{name} to be asked; the bot's last words there:\n{self.place(name).last_words()}\n{self.bot.log_tail(30)}")
            delays.append((asked[0]["origin_server_ts"] / 1000 - _at(day, 9).timestamp(), name))
        slowest, name = max(delays)
        if not 0 <= min(delays)[0] or slowest > LATE_S:
            raise Failure(f"seconds after their time: {delays}")
        return slowest, name

    async def answer(self, answers):
        """All at once, as at nine: {name: (what this person says, what the card then shows)}. Gives {name: event id}."""
        said = await asyncio.gather(*(
            self.speaker(name).say(text) if name in self.direct else self.speaker(name).thread(self.card, text)
            for name, (text, _) in answers.items()))
        for name, (_, shown) in answers.items():
            await self.card.shows(rf"- {name}(, after closing)?: {shown}")
        return dict(zip(answers, said))

    def only_called(self, pattern, expected):
        called = {name: len(self.mentions(name, pattern)) for name in ALL}
        if called != {name: int(name in expected) for name in ALL}:
            raise Failure(f"/{pattern}/ was said to {called}, where it was to be said once to {expected}")


@contextlib.asynccontextmanager
async def _team(lab, is_encrypted):
    clock = turned.Clock(lab.folder / f"clock-{is_encrypted}", at=BEFORE)
    names = NIO if is_encrypted else ALL
    async with contextlib.AsyncExitStack() as stack:
        own = await stack.enter_async_context(own_lab(
            lab, "rounds", people=names, is_secret=is_encrypted, all_listen=True, limits="default", clock=clock))
        bot = own.bot(burst=BURST, start=False)
        bot.config.write_text(bot.config.read_text()
                              .replace("mon-sun 00:00-24:00", "mon-fri 09:00-12:00,13:00-17:00")
                              .replace("[access]\n", '[access]\ntrust = "lax"\n' if is_encrypted else "[access]\n"))
        bot.start()
        people = dict(own.people)
        for name in ALL[len(names):] if not is_encrypted else IN_JS:
            people[name] = await stack.enter_async_context(js_person(own, name, "signed"))
        room = await own.room("platform", list(names), bot, is_encrypted=is_encrypted)
        for name in set(ALL) - set(names):
            await own.people["alice"].client.room_invite(room.room_id, people[name].user_id)
            await people[name].join(room.room_id, is_encrypted)
        direct = {name: await people[name].room(bot, is_encrypted, is_direct=True) for name in ALL if name not in IN_THREAD}
        yield Team(own, clock, bot, room, direct), people


async def _asked(team, day, pattern):
    slowest, name = await team.asked(day, pattern)
    kind = "encrypted" if team.own.is_secret else "plain"
    print(f"# {kind}, {day} March: the slowest of eight, {name}, was asked {slowest:.1f} s after the time", flush=True)


SHAPES = {
    "bob": ("contract read\ntwo-step review\nno", "Done: contract read · Today: two-step review"),
    "carol": ("Fait : la migration\nAujourd’hui : les notes\nBlocage : non", "Done: la migration · Today: les notes"),
    "fred": ("done: rollback script. today: rest", "Done: rollback script · Today: rest"),
    "gina": ("done: mails. today: more mails", "Done: mails · Today: more mails"),
    "hugo": ("done: shop. today: till. blocked: the printer", "Done: shop · Today: till · Blocked: the printer"),
}


async def _answers_of_five(team):
    """In each shape, erin's as a reply; fred edits his, and gina takes back what would be the sixth."""
    question = team.mentions("erin", "Done since")[0]
    await team.speaker("erin").reply(question, "done: login bug. today: its test. blocked: no")
    said = await team.answer(SHAPES)
    await team.card.shows("- erin: Done: login bug · Today: its test")
    await team.speaker("fred").edit(said["fred"], "done: rollback script. today: Zanzibar")
    await team.speaker("gina").redact(said["gina"])
    await team.card.shows("- fred: Done: rollback script · Today: Zanzibar")
    await team.card.shows_no("- gina")
    await team.card.shows(r"5 of 8(.|\n)*Still to come: alice, dan, gina")


async def _nudge_and_close(team):
    await team.turn_to(_at(TUESDAY, 11))
    for missing in MISSING:
        await team.place(missing).until(lambda: team.mentions(missing, "5 of 8 have answered"), LATE_S, f"{missing} to be nudged")
    await team.answer({"dan": ("today: on call", "Today: on call")})
    await team.turn_to(_at(TUESDAY, 14))
    await team.card.thread_says("is closed: 6 of 8 have answered. No answer: alice, gina")
    await team.answer({"alice": ("done: late. today: later", "Done: late · Today: later")})
    team.only_called("Daily of Tuesday 2 March.*have answered", MISSING)
    shown = team.room.now(await team.room.answer(await team.room.alice.say("!show RND-1"), "Daily"))
    for line in ("bob: Done: contract read · Today: two-step review", "carol: Done: la migration", "erin: Done: login bug",
                 "fred: Done: rollback script · Today: Zanzibar", "dan: Today: on call", "alice, after closing: Done: late",
                 "Blocked: the printer", "No answer: gina"):
        if line not in shown:
            raise Failure(f"“{line}” is not in what was said:\n{shown}")


async def _taps(team):
    """What has a choice is answered by a tap on what asks it."""
    room = team.room
    opening = await room.alice.say("!routine Lunch for alice, bob in thread at 15:00; Will you come? (yes/no)")
    await room.answer(opening, "RTN-2 · Lunch")
    await team.turn_to(_at(TUESDAY, 15))
    card = Card(room, await room.bot_says("^Lunch · Tue 2 Mar · 0 of 2"), "lunch")
    question = await card.thread_says("Will you come")
    await room.alice.react(question, "1️⃣")
    await room.bob.react(question, "2️⃣")
    await card.shows("- alice: Will you come: yes(.|\n)*- bob: Will you come: no")
    await card.thread_says("is closed: everybody has answered")


async def _another_day(team):
    await team.turn_to(_at(WEDNESDAY, 8, 59, 55))
    await _asked(team, WEDNESDAY, "Done since Tuesday 2 March")
    await team.speaker("carol").say("skip")
    await team.speaker("gina").thread(team.card, "pass")
    await team.answer({"bob": ("same", "Done: two-step review · Today: two-step review"),
                       **{name: (f"done: {name} one. today: {name} two", f"Done: {name} one · Today: {name} two")
                          for name in ("alice", "dan", "erin", "fred", "hugo")}})
    await team.card.shows("Not today: carol, gina")
    await team.card.thread_says("is closed: everybody has answered")
    team.only_called("Daily of Wednesday 3 March.*have answered", ())


async def _a_daily_of_eight(lab, is_encrypted):
    async with _team(lab, is_encrypted) as (team, people):
        room = team.room
        await room.answer(await room.alice.say("!standup"), r"RTN-1 · Daily(.|\n)*Next: Tuesday 2 March")
        await team.turn_to(_at(TUESDAY, 8, 59, 55))
        await _asked(team, TUESDAY, "Done since Monday 1 March")
        for part in (_answers_of_five, _nudge_and_close, _taps, _another_day):
            await part(team)
        await asyncio.gather(*(place.stays_quiet() for place in (room, *team.direct.values())))
        _nothing_doubled(team)
        _all_was_read(team, people)


def _nothing_doubled(team):
    for name in ALL:
        n_asked = len(team.mentions(name, "Done since Monday 1 March"))
        if name in team.direct and n_asked != 1:
            raise Failure(f"{name} was asked {n_asked} times")
    for pattern in (r"^Daily · Tue 2 Mar", r"^Daily · Wed 3 Mar", r"^Daily of Tuesday 2 March is closed", r"^Daily of Wednesday 3 March is closed"):
        n_said = sum(bool(words(pattern).search(body_of(e))) for e in team.room.from_bot())
        # !show says the card of Tuesday again.
        if n_said != 1 + (pattern == r"^Daily · Tue 2 Mar"):
            raise Failure(f"/{pattern}/ was said {n_said} times")


def _all_was_read(team, people):
    unread = [e for place in {team.room, *team.direct.values()} for e in place.events if e["type"] == "m.room.encrypted"]
    if unread:
        raise Failure(f"{len(unread)} messages cannot be read: {unread[0]}\n{team.bot.log_tail(30)}")
    for name in IN_JS:
        unread = getattr(people[name], "unread", {})
        # What was said before they came is not theirs to read, nor what was sealed while they came: all of it the day before.
        of_bot = [e for e in unread.values()
                  if e["sender"] == team.bot.user_id and e["origin_server_ts"] / 1000 >= _at(TUESDAY, 0).timestamp()]
        if of_bot:
            raise Failure(f"{name} cannot read {of_bot}")
        warned = [e for e in team.direct[name].from_bot(with_edits=True) if e.get("shield") not in (None, "NONE")]
        if warned:
            raise Failure(f"{name} is warned of {warned[0]}")


@mostly_waits
async def a_daily_of_eight(lab):
    """Asked within five minutes of their time with ten messages at once and then one in five seconds; nudged only who is missing;
    closed; what was said is what is shown."""
    await _a_daily_of_eight(lab, False)


@mostly_waits
async def a_daily_of_eight_in_secret(lab):
    """The same where all is encrypted, with fred and hugo the strictest clients."""
    await _a_daily_of_eight(lab, True)


TESTS = [a_daily_of_eight, a_daily_of_eight_in_secret]
