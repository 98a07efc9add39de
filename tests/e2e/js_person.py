"""A person whose client is matrix-js-sdk with its Rust crypto (js/person.mjs): as strict as Element may be, and signed by itself.

    async with js_person(own, "dora", "signed") as dora:
        direct = await dora.direct_room(bot, is_encrypted=True)      # what the bot says there, dora has read
        await direct.dora.say("!help")
"""

import asyncio
import contextlib
import itertools
import json

import synapse
from chat import PASSWORD, SOON_S, Failure, Skipped, Speaker


class JsPerson:
    def __init__(self, lab, name, process):
        self.lab = lab
        self.name = name
        self.user_id = f"@{name}:{synapse.SERVER_NAME}"
        self.read = {}    # events as this person reads them, by id
        self.unread = {}  # what cannot be read (yet)
        self.secret_rooms = set()
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting = {0: asyncio.get_running_loop().create_future()}
        self._reader = asyncio.create_task(self._read())

    async def ready(self):
        await asyncio.wait_for(self._waiting[0], SOON_S)

    async def _read(self):
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "heard" in said:
                event = said["heard"]["event"]
                self.read[event["event_id"]] = event
                self.unread.pop(event["event_id"], None)
                self.lab.heard(self, said["heard"]["room"], event)
            elif "unread" in said:
                self.unread[said["unread"]["event_id"]] = said["unread"]
            else:
                self._end(said)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Failure(f"the client of {self.name} ended"))

    def _end(self, said):
        future = self._waiting.get(said.get("n", 0))
        if future is None or future.done():
            return
        if "error" in said:
            future.set_exception(Failure(f"{self.name}: {said['error']}"))
        else:
            future.set_result(said["value"])

    async def do(self, what, **arguments):
        n = next(self._numbers)
        self._waiting[n] = asyncio.get_running_loop().create_future()
        self._process.stdin.write((json.dumps({"n": n, "do": what, **arguments}) + "\n").encode())
        await self._process.stdin.drain()
        return await asyncio.wait_for(self._waiting[n], SOON_S)

    async def send(self, room_id, kind, content):
        return await self.do("send", room=room_id, type=kind, content=content, encrypted=room_id in self.secret_rooms)

    async def redact(self, room_id, event_id):
        return await self.do("redact", room=room_id, id=event_id)

    async def join(self, room_id, is_encrypted):
        if is_encrypted:
            self.secret_rooms.add(room_id)
        await self.do("join", room=room_id)

    async def room(self, bot, is_encrypted=False, is_direct=False, others=()):
        """One that this person made, with the bot in it, as it is to this person; others: user ids that are invited too."""
        room_id = await self.do("create", invite=[bot.user_id, *others], encrypted=is_encrypted, direct=is_direct)
        if is_encrypted:
            self.secret_rooms.add(room_id)
        room = self.lab.watch(room_id, bot, self)
        room.people = {self.name: Speaker(room, self)}
        await room.bot_is("join")
        return room


@contextlib.asynccontextmanager
async def js_person(lab, name, mode, recovery_key=None):
    """mode: "signed" or "all". An account that is there, if recovery_key is given: another device of it."""
    try:
        folder = await asyncio.to_thread(synapse.ensure_js, say=lambda line: print("#", line, flush=True))
    except synapse.LabError as error:
        raise Skipped(str(error).splitlines()[-1]) from error
    if recovery_key is None:
        lab.unlimited(lab.homeserver.register(name, PASSWORD))
    process = await asyncio.create_subprocess_exec(
        "node", "person.mjs", lab.homeserver.url, name, PASSWORD, mode, *([recovery_key] if recovery_key else []), cwd=folder,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=synapse.without_proxies(), limit=2**24, preexec_fn=synapse.die_with_parent)
    person = JsPerson(lab, name, process)
    try:
        await person.ready()
        yield person
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await person._reader
