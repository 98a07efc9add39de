"""The bot is verified by emoji: matrix-js-sdk with its Rust crypto on one side, `greffier verify` on the other."""

import asyncio
import json
import os

import synapse
from chat import PASSWORD, SOON_S, Failure, Skipped, own_lab


class _Client:
    """tests/e2e/js/verify.mjs"""

    async def start(self, lab, user, bot, where):
        try:
            folder = await asyncio.to_thread(synapse.ensure_js, say=lambda line: print("#", line, flush=True))
        except synapse.LabError as error:
            raise Skipped(str(error).splitlines()[-1]) from error
        self.process = await asyncio.create_subprocess_exec(
            "node", "verify.mjs", lab.homeserver.url, user, PASSWORD, bot.user_id, where, cwd=folder,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=synapse.without_proxies())
        return self

    async def hears(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), 3 * SOON_S)
        if not line:
            raise Failure(f"the client ended: {(await self.process.stderr.read()).decode()[-2000:]}")
        found = json.loads(line)
        if "error" in found:
            raise Failure(found["error"])
        return found

    async def told(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def end(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class _Machine:
    """greffier verify, with somebody before it."""

    async def start(self, bot, *arguments):
        self.process = await asyncio.create_subprocess_exec(
            bot.lab.binary, "verify", "--config", str(bot.config), *arguments, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=bot.folder, env=os.environ)
        return self

    async def shows(self):
        """The signs, and the numbers below them."""
        signs = []
        while True:
            line = (await asyncio.wait_for(self.process.stdout.readline(), SOON_S)).decode().rstrip("\n")
            if self.process.stdout.at_eof():
                raise Failure(f"greffier verify ended: {line}")
            if line.startswith("  "):
                signs.append(line.split()[0])
            elif signs:
                return signs, [int(number) for number in line.split()]

    async def end(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def told(self, line):
        """What is said then, and the exit status."""
        said, _ = await asyncio.wait_for(self.process.communicate(line.encode() + b"\n"), SOON_S)
        return said.decode(), self.process.returncode


async def _compare(lab, bot, user, where, answer, *awaited):
    """Both sides to the emoji, which are the same; then the answer of each."""
    for _ in range(10 * SOON_S):
        if "is signed by its owner" in bot.log.read_text():
            break
        await asyncio.sleep(0.1)
    machine = await _Machine().start(bot, *awaited)
    client = await _Client().start(lab, user, bot, where)
    try:
        shown = await client.hears()
        signs, numbers = await machine.shows()
        if [sign for sign, _ in shown["emoji"]] != signs or shown["numbers"] != numbers:
            raise Failure(f"{shown} there, {signs} {numbers} here")
        await client.told("yes")
        said, status = await machine.told(answer)
        return client, await client.hears(), said, status
    except Exception as error:
        await client.end()
        await machine.end()
        raise Failure(f"{where}: {error}\n{bot.log_tail(20)}") from error


async def it_is_verified_by_emoji(lab):
    """In an encrypted room, in a plain one, from device to device: the person's client trusts the bot, after a restart too."""
    for where, answer in (("encrypted", "yes"), ("plain", "oui"), ("device", "y")):
        async with own_lab(lab, "verify") as own:
            bot = own.bot()
            client, ended, said, status = await _compare(own, bot, "alice", where, answer)
            try:
                if ended["ended"] != "done" or status != 0 or not said.rstrip().endswith("verified"):
                    raise Failure(f"{where}: {ended} there, {said!r} ({status}) here\n{bot.log_tail(20)}")
                await bot.stop()
                bot.start()
                await client.told("look")
                found = await client.hears()
                if not found["person"] or not found["device"]:
                    raise Failure(f"{where}: the client does not trust it: {found}")
            finally:
                await client.end()


async def it_is_not_verified_if_the_emoji_differ(lab):
    """Whoever has the machine says no: the person's client hears it, and trusts nothing."""
    async with own_lab(lab, "differ") as own:
        bot = own.bot()
        client, ended, said, status = await _compare(own, bot, "alice", "encrypted", "non")
        try:
            await client.told("look")
            found = await client.hears()
            if ended["cancelled"] != "m.mismatched_sas" or status != 1 or found["person"]:
                raise Failure(f"{ended}, {found} there, {said!r} ({status}) here\n{bot.log_tail(20)}")
        finally:
            await client.end()


async def who_is_no_administrator_is_refused(lab):
    """At once, with a reason; unless `greffier verify` waits for them."""
    async with own_lab(lab, "refused") as own:
        bot = own.bot()
        for user, where in (("dora", "encrypted"), ("dave", "device")):
            own.homeserver.register(user, PASSWORD)
            client = await _Client().start(own, user, bot, where)
            try:
                found = await client.hears()
                if found.get("cancelled") != "m.user" or found.get("by") != bot.user_id:
                    raise Failure(f"{where}: {found}\n{bot.log_tail(20)}")
            finally:
                await client.end()
        dan = own.homeserver.register("dan", PASSWORD)["user_id"]
        client, ended, said, status = await _compare(own, bot, "dan", "device", "yes", dan)
        await client.end()
        if ended["ended"] != "done" or status != 0:
            raise Failure(f"{ended} there, {said!r} ({status}) here\n{bot.log_tail(20)}")


TESTS = [it_is_verified_by_emoji, it_is_not_verified_if_the_emoji_differ, who_is_no_administrator_is_refused]
