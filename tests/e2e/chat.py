"""What the tests speak: people in rooms, driven by matrix-nio, and the bot as a process.

    room = await lab.room("checkout", people=["alice", "bob"], bot=bot)
    opening = await room.alice.say("!decide Two-step review in 20 days")
    card = await room.card(opening)
    await room.bob.react(card, "👍")
    await card.shows(r"Agreed: bob")

An event is the dictionary that the homeserver sent. alice makes every room and is the one through whose sync
a test sees it; the others only act, which keeps the homeserver's work small. Times are seconds.

Dates are in 20 days where they do not matter: that is the same on every day of the week, at every hour. And people work at
every hour: who does not is asked when their day begins.
"""

import asyncio
import collections
import contextlib
import contextvars
import functools
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import nio

import synapse

SOON_S = 180      # what must come has come by then, on any machine: only for a test to end
QUIET_S = 2.0     # so long nothing more may come before a count is final
MINUTES = (1, 3, 9)  # that a decision is open where people have to act in time: more for a slow machine
PASSWORD = "correct horse battery staple"
ALL_OF_IT = {"room": {"timeline": {"limit": 100}}}
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


# A sandbox keeps a bot from writing what coverage counts, and so does SIGKILL.
IS_COUNTED = os.environ.get("SANDBOX") == "off"

# The bots of the test that runs in this task.
_bots = contextvars.ContextVar("bots")


class Failure(AssertionError):
    """What a test expected and did not see."""


class Skipped(Exception):
    """What a test needs is not there."""


class TooSlow(Exception):
    """What people were to do before a deadline was done after it: that says nothing about the bot."""


def mostly_waits(test):
    """Marks a test that waits for a deadline: others may work meanwhile."""
    test.mostly_waits = True
    return test


def in_time(test):
    """For a test of what people do before a deadline: begun anew with a longer one if the machine was too slow."""
    @functools.wraps(test)
    async def tried(lab):
        for minutes in MINUTES:
            try:
                return await test(lab, minutes)
            except TooSlow as slow:
                why = slow
                print(f"# {test.__name__}, {minutes} min: {why}", flush=True)
        raise Failure(f"{why}, even with {minutes} minutes")

    return mostly_waits(tried)


def minutes_of(n):
    """As a person types it, in either language."""
    return "1 minute" if n == 1 else f"{n} minutes"


def just_before(due, what="people were to act before a deadline"):
    """What was done just now, the homeserver has, and had it before that second; or TooSlow. (When an event was made is
    not enough: it may have come into the room, and to the bot, a second later.)"""
    if time.time() >= due:
        raise TooSlow(what)


async def sleep_until(at):
    await asyncio.sleep(max(0, at - time.time()))


def body_of(event):
    """The text of a message; of an edit, the new text."""
    content = event.get("content", {})
    return (content.get("m.new_content") or content).get("body", "")


def words(pattern):
    """A pattern in which a space is any space: French has no-break ones before its signs."""
    return re.compile(pattern.replace(" ", r"\s"), re.I)


def relation(event):
    relates = event.get("content", {}).get("m.relates_to")
    return relates if isinstance(relates, dict) else {}


def replies_to(event):
    return (relation(event).get("m.in_reply_to") or {}).get("event_id")


def is_edit(event):
    return relation(event).get("rel_type") == "m.replace"


def in_thread_of(event, root):
    return relation(event).get("rel_type") == "m.thread" and relation(event).get("event_id") == root


def id_of(target):
    return target if isinstance(target, str) else target.event_id if isinstance(target, Card) else target["event_id"]


class Person:
    def __init__(self, lab, name, account):
        self.lab = lab
        self.name = name
        self.user_id = account["user_id"]
        self.client = nio.AsyncClient(lab.homeserver.url, self.user_id)
        if lab.is_secret:
            keys = lab.folder / f"keys-{name}"
            keys.mkdir(exist_ok=True)  # the same device again
            self.client = nio.AsyncClient(lab.homeserver.url, self.user_id, account["device_id"], str(keys))
        self.client.restore_login(self.user_id, account["device_id"], account["access_token"])

    async def listen(self):
        self.client.add_event_callback(self._heard, nio.Event)
        # All that was said since the last answer, however much: nobody asks for what is left out.
        await self.client.sync_forever(timeout=30000, full_state=False, sync_filter={
            "room": {"timeline": {"limit": 10_000}}})

    async def send(self, room_id, kind, content):
        # nio knows no cross-signing: to it every device is unverified.
        answer = await self.client.room_send(room_id, kind, content, ignore_unverified_devices=True)
        if not isinstance(answer, nio.RoomSendResponse):
            raise Failure(f"{self.name} could not send {content}: {answer}")
        return answer.event_id

    async def redact(self, room_id, event_id):
        answer = await self.client.room_redact(room_id, event_id)
        if not isinstance(answer, nio.RoomRedactResponse):
            raise Failure(f"{self.name} could not redact: {answer}")
        return answer.event_id

    async def room(self, bot, is_encrypted=False, is_direct=False):
        """One that this person made, with the bot in it, as it is through the sync of this person; who must listen."""
        made = await self.client.room_create(is_direct=is_direct, preset=nio.RoomPreset.private_chat, invite=[bot.user_id],
                                             initial_state=[ENCRYPTION] if is_encrypted else [])
        if not isinstance(made, nio.RoomCreateResponse):
            raise Failure(f"no room: {made}")
        room = self.lab.watch(made.room_id, bot, self)
        room.people = {self.name: Speaker(room, self)}
        await room.bot_is("join")
        return room

    async def _heard(self, room, event):
        self.lab.heard(self, room.room_id, event.source)


class Speaker:
    """A person in one room."""

    def __init__(self, room, person):
        self.room = room
        self.person = person
        self.user_id = person.user_id

    async def _send(self, content, kind="m.room.message"):
        return await self.person.send(self.room.room_id, kind, content)

    async def say(self, text, **more):
        return await self._send({"msgtype": "m.text", "body": text, **more})

    async def notice(self, text):
        return await self._send({"msgtype": "m.notice", "body": text})

    async def thread(self, root, text):
        root = id_of(root)
        return await self.say(text, **{"m.relates_to": {
            "rel_type": "m.thread", "event_id": root, "is_falling_back": True,
            "m.in_reply_to": {"event_id": root}}})

    async def reply(self, target, text):
        return await self.say(text, **{"m.relates_to": {"m.in_reply_to": {"event_id": id_of(target)}}})

    async def react(self, target, key):
        return await self._send({"m.relates_to": {"rel_type": "m.annotation", "event_id": id_of(target), "key": key}},
                                "m.reaction")

    async def edit(self, target, text):
        return await self.say("* " + text, **{
            "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": id_of(target)}})

    async def redact(self, target):
        return await self.person.redact(self.room.room_id, id_of(target))

    unreact = redact


class Card:
    """An item's one message, as it stands now. item: what it is called here, where it does not say so itself."""

    def __init__(self, room, event, item=None):
        self.room = room
        self.event = event
        self.event_id = event["event_id"]
        self.item = item or re.search(r"\b[A-Z]{3}-\d+", body_of(event)).group(0)

    @property
    def text(self):
        edits = [e for e in self.room.events if is_edit(e) and relation(e).get("event_id") == self.event_id
                 and e["sender"] == self.event["sender"]]
        return body_of(edits[-1] if edits else self.event)

    @property
    def first_line(self):
        return self.text.split("\n", 1)[0]

    async def shows(self, pattern, within=SOON_S):
        found = words(pattern)
        return await self.room.until(lambda: found.search(self.text), within,
                                     lambda: f"{self.item} to show /{pattern}/; it shows:\n{self.text}\n"
                                     f"the bot's last words there:\n{self.room.last_words()}")

    async def shows_no(self, pattern, within=SOON_S):
        found = words(pattern)
        await self.room.until(lambda: not found.search(self.text), within,
                              lambda: f"{self.item} to show no /{pattern}/; it shows:\n{self.text}")

    async def thread_says(self, pattern, within=SOON_S, after=None):
        return await self.room.bot_says(
            pattern, within, after, where=lambda e: in_thread_of(e, self.event_id), place=f"the thread of {self.item}")


class Room:
    def __init__(self, lab, room_id, bot, hearer):
        self.lab = lab
        self.room_id = room_id
        self.bot = bot
        self.hearer = hearer  # whose sync tells what is said here
        self.events = []
        self.people = {}

    def __getattr__(self, name):
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    async def until(self, condition, within, what):
        """The first true value of condition(), asked at every event of this room."""
        limit = time.monotonic() + within
        while not (value := condition()):
            left = limit - time.monotonic()
            if left <= 0:
                raise Failure(f"waited {within:.0f} s for {what() if callable(what) else what}")
            await self.lab.news(self.room_id, left)
        return value

    def from_bot(self, with_edits=False):
        return [e for e in self.events if e["sender"] == self.bot.user_id and e["type"] == "m.room.message"
                and (with_edits or not is_edit(e))]

    async def bot_says(self, pattern, within=SOON_S, after=None, where=lambda e: True, place="the room"):
        """The bot's first message (no edit) that fits; after: an event id, only what came later counts."""
        found = words(pattern)

        def look():
            ids = [e["event_id"] for e in self.events]
            first = ids.index(after) + 1 if after in ids else 0
            return next((e for e in self.events[first:] if e["sender"] == self.bot.user_id and
                         e["type"] == "m.room.message" and not is_edit(e) and where(e) and
                         found.search(body_of(e))), None)

        return await self.until(look, within, lambda: f"/{pattern}/ in {place}; the bot's last words there:\n" + "\n".join(
            "  | " + body_of(e).replace("\n", "\n  | ") for e in self.from_bot() if where(e)) [-1500:])

    def last_words(self):
        return "\n".join("  | " + body_of(e).replace("\n", "\n  | ") for e in self.from_bot(with_edits=True))[-1500:]

    def answers(self, event_id):
        return [e for e in self.from_bot() if replies_to(e) == event_id]

    async def answer(self, event_id, pattern="", within=SOON_S):
        """The bot's reply to this message, as it stands after its edits."""
        found = words(pattern)
        return await self.until(
            lambda: next((e for e in self.answers(event_id) if found.search(self.now(e))), None), within,
            lambda: f"an answer /{pattern}/; answers: {[self.now(e) for e in self.answers(event_id)]}")

    def now(self, event):
        return Card.text.fget(_Shown(self, event))

    async def answered_once(self, event_ids, within=SOON_S):
        """Each has one answer, and stays with one."""
        await self.until(lambda: all(self.answers(e) for e in event_ids), within, lambda: (
            f"{sum(not self.answers(e) for e in event_ids)} of {len(event_ids)} commands to be answered: "
            f"{[self.said(e) for e in event_ids if not self.answers(e)][:5]}"))
        await self.stays_quiet()
        twice = {self.said(e): len(self.answers(e)) for e in event_ids if len(self.answers(e)) != 1}
        if twice:
            raise Failure(f"answered more than once: {twice}")

    async def stays_quiet(self):
        """Returns when nothing has come for a while: what is counted then is all there is."""
        n_seen = -1
        while n_seen != len(self.events):
            n_seen = len(self.events)
            await asyncio.sleep(QUIET_S)

    def time_of(self, event_id):
        """When the homeserver took it, in whole seconds as dates are."""
        return next(e["origin_server_ts"] for e in self.events if e["event_id"] == event_id) // 1000

    def said(self, event_id):
        return next((body_of(e) for e in self.events if e["event_id"] == event_id), event_id)

    async def card(self, opening, within=SOON_S):
        """The card that a command opened: the bot's reply to it that begins with an id."""
        event = await self.until(
            lambda: next((e for e in self.answers(opening) if re.search(r"\b[A-Z]{3}-\d+ ·", body_of(e))), None),
            within, lambda: f"the card of “{self.said(opening)}”; answers: {[body_of(e) for e in self.answers(opening)]}")
        return Card(self, event)

    async def show(self, item, who="alice"):
        """What !show answers."""
        asked = await self.people[who].say(f"!show {item}")
        return self.now(await self.answer(asked, re.escape(item)))

    async def bot_is(self, membership, within=SOON_S):
        await self.until(lambda: any(
            e["type"] == "m.room.member" and e.get("state_key") == self.bot.user_id
            and e["content"].get("membership") == membership for e in self.events[-200:]), within,
            f"{self.bot.user_id} to be in “{membership}”\n{self.bot.log_tail()}")


_Shown = collections.namedtuple("_Shown", "room event")
_Shown.event_id = property(lambda self: self.event["event_id"])


class Bot:
    """greffier run, with an account, a configuration and a store of its own."""

    def __init__(self, lab, name, url=None, burst=0, config=""):
        self.lab = lab
        self.name = name
        self.user_id = f"@{name}:{synapse.SERVER_NAME}"
        self.folder = pathlib.Path(lab.folder) / name
        self.folder.mkdir(mode=0o700)
        self.config = self.folder / "greffier.toml"
        self.log = self.folder / "greffier.log"
        self.process = None
        self.clock = lab.homeserver.clock  # a turned.Clock, or None for the machine's
        self.write_password(PASSWORD)
        self.config.write_text(f"""[homeserver]
url = "{url or lab.homeserver.url}"
user = "{self.user_id}"
password_file = "{self.folder}/password"
[store]
path = "{self.folder}/greffier.db"
[access]
admins = ["@alice:{synapse.SERVER_NAME}"]
invite_from = ["{synapse.SERVER_NAME}"]
[defaults]
lang = "en"
zone = "Europe/Zurich"
hours = "mon-sun 00:00-24:00"
[limits]
burst = {burst}
refill_per_s = {0.2 if burst else 0.0}
[process]
sandbox = "{"off" if IS_COUNTED else "on"}"
{config}""")

    def write_password(self, password):
        file = self.folder / "password"
        file.write_text(password + "\n")
        file.chmod(0o600)

    def start(self, *arguments):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.lab.binary, *(arguments or ("run",)), "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                preexec_fn=synapse.die_with_parent,
                env={**synapse.without_proxies(), **(self.clock.environment() if self.clock else {})})
        self.lab.processes.append(self.process)

    def login(self, *arguments):
        """greffier login, to its end: the exit code, and what it wrote on standard output and error."""
        done = subprocess.run([self.lab.binary, "login", "--config", str(self.config), *arguments], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, cwd=self.folder, timeout=SOON_S)
        return done.returncode, done.stdout, done.stderr

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def stop(self):
        self.process.terminate()
        code = await self.exit_code()
        if code != 0:
            raise Failure(f"SIGTERM ended the bot with {code}:\n{self.log_tail()}")

    async def exit_code(self, within=SOON_S):
        limit = time.monotonic() + within
        while self.process.poll() is None:
            if time.monotonic() > limit:
                raise Failure(f"the bot still runs after {within} s:\n{self.log_tail()}")
            await asyncio.sleep(0.05)
        return self.process.returncode

    def was_ended_by_itself(self):
        """By a signal that no test sends: a failed assertion, an address that is none."""
        return self.process is not None and (self.process.poll() or 0) < 0 and self.process.returncode not in (
            -signal.SIGKILL, -signal.SIGTERM)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines=12):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join("  bot: " + line for line in text.splitlines()[-lines:])


class Lab:
    """One homeserver with its people; what the tests get."""

    def __init__(self, homeserver, binary, folder, is_secret=False, all_listen=False):
        self.is_secret = is_secret  # its people have keys, and read and write encrypted rooms
        # In an encrypted room one hears nothing without the keys that one's own device is sent.
        self.all_listen = all_listen or is_secret
        self.homeserver = homeserver
        self.binary = binary
        self.folder = folder
        self.people = {}
        self.rooms = {}
        self.processes = []
        self._news = collections.defaultdict(asyncio.Event)
        self._early = collections.defaultdict(list)
        self._known = set()
        self._listeners = []
        self._n_bots = 0

    async def start(self, names):
        for name in names:
            account = self.unlimited(self.homeserver.register(name, PASSWORD))
            self.people[name] = Person(self, name, account)
        listening = names if self.all_listen else names[:1]
        self._listeners = [asyncio.create_task(self.people[name].listen()) for name in listening]

    def unlimited(self, account):
        """People write as they like: who has to keep to limits is the bot."""
        if self.homeserver.limits == "default":
            self.homeserver.unlimit(account["user_id"])
        return account

    async def stop(self):
        for listener in self._listeners:
            listener.cancel()
        await asyncio.gather(*self._listeners, return_exceptions=True)
        for person in self.people.values():
            await person.client.close()
        for process in self.processes:
            synapse.end_process(process, 3)

    @contextlib.asynccontextmanager
    async def bots_of_a_test(self):
        """A list of the bots that are made inside; they are ended behind it. Each test has its own: a bot counts what one
        person asks of it, wherever."""
        bots = []
        _bots.set(bots)
        try:
            yield bots
        finally:
            for bot in bots:
                if bot.is_running() and IS_COUNTED:
                    await asyncio.to_thread(synapse.end_process, bot.process, SOON_S)
                elif bot.is_running():
                    bot.kill()

    def heard(self, person, room_id, event):
        # Once: a test that syncs for alice beside her listening hears the same again, for all the others too.
        if (person, event["event_id"]) in self._known:
            return
        self._known.add((person, event["event_id"]))
        room = self.rooms.get(room_id)
        if room is None:
            self._early[person, room_id].append(event)
        elif room.hearer is person:
            room.events.append(event)
            self._news[room_id].set()

    async def news(self, room_id, within):
        self._news[room_id].clear()
        try:
            # Short, since conditions may look at more than the room: the clock, a process.
            await asyncio.wait_for(self._news[room_id].wait(), min(within, 0.5))
        except asyncio.TimeoutError:
            pass

    def bot(self, url=None, burst=0, config="", start=True):
        """A bot with an account of its own, started."""
        self._n_bots += 1
        name = f"greffier{self._n_bots}"
        self.homeserver.register(name, PASSWORD)
        bot = Bot(self, name, url, burst, config)
        _bots.get().append(bot)
        if start:
            bot.start()
        return bot

    def watch(self, room_id, bot, hearer=None):
        """A room with what has been said there since the hearer is in it: whoever listens first, or this one. The others only
        act."""
        hearer = hearer or next(iter(self.people.values()))
        room = Room(self, room_id, bot, hearer)
        room.events = self._early.pop((hearer, room_id), [])
        self.rooms[room_id] = room
        return room

    async def room(self, name, people, bot, lang="en", version=None, is_encrypted=False):
        """A room that alice made, with these people and the bot in it; version: the homeserver's choice if None."""
        alice = self.people["alice"].client
        others = [self.people[p] for p in people if p != "alice"]
        made = await alice.room_create(name=name, preset=nio.RoomPreset.private_chat, room_version=version,
                                       invite=[p.user_id for p in others],
                                       initial_state=[ENCRYPTION] if is_encrypted else [])
        if not isinstance(made, nio.RoomCreateResponse):
            raise Failure(f"no room: {made}")
        room = self.watch(made.room_id, bot)
        room.people = {p.name: Speaker(room, p) for p in [self.people["alice"], *others]}
        for person in others:
            await person.client.join(room.room_id)
        await alice.room_invite(room.room_id, bot.user_id)
        await room.bot_is("join")
        if lang != "en":
            asked = await room.alice.say(f"!room lang {lang}")
            await room.answer(asked)
        return room


@contextlib.asynccontextmanager
async def own_lab(lab, name, is_secret=False, people=("alice", "bob", "carol"), all_listen=False, **options):
    """A homeserver of its own (synapse.Synapse's limits, options and clock) with these people: what is done to it is nobody
    else's trouble. all_listen: each hears what is said to them alone, too."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=name + "-", dir=lab.folder))
    homeserver = synapse.Synapse(lab.homeserver.venv, folder / "homeserver", **options)
    own = Lab(homeserver, lab.binary, folder, is_secret, all_listen)
    try:
        await asyncio.to_thread(homeserver.start)
        await own.start(people)
        yield own
    finally:
        await own.stop()
        await asyncio.to_thread(homeserver.remove)


async def invited_by(bot, client):
    """alice listens already: a second sync beside it would tell all tests the same again."""
    limit = time.monotonic() + SOON_S
    while time.monotonic() < limit:
        for room_id, invited in client.invited_rooms.items():
            if invited.inviter == bot.user_id:
                return room_id
        if client.user_id.startswith("@alice:"):
            await asyncio.sleep(0.2)
        else:
            await client.sync(timeout=1000, sync_filter=ALL_OF_IT)
    raise Failure(f"no invitation for {client.user_id}")


async def in_room(client, room_id, is_enough):
    """The events of a room in order, from its first, when there are enough."""
    limit = time.monotonic() + SOON_S
    while time.monotonic() < limit:
        answer = await client.room_messages(room_id, start="", direction=nio.MessageDirection.back, limit=100)
        events = [event.source for event in reversed(getattr(answer, "chunk", []))]
        if is_enough(events):
            return events
        await asyncio.sleep(0.2)
    raise Failure(f"{client.user_id} sees only {[body_of(e) for e in events if body_of(e)]} in {room_id}")


async def set_level(client, room, person, level):
    """Until the homeserver says that it is so."""
    limit = time.monotonic() + SOON_S
    put = None
    while time.monotonic() < limit:
        levels = (await client.room_get_state_event(room.room_id, "m.room.power_levels")).content
        if levels.get("users", {}).get(person.user_id, levels.get("users_default", 0)) == level:
            return
        put = await client.room_put_state(room.room_id, "m.room.power_levels", {
            **levels, "users": {**levels.get("users", {}), person.user_id: level}})
    raise Failure(f"the level of {person.user_id} stays as it is: {put}")
