"""bot/demo as a newcomer runs it: what it shows, that it misses what is missing, that nothing of it stays."""

import asyncio
import os
import pathlib
import signal
import sys

from chat import Failure, mostly_waits

DEMO = pathlib.Path(__file__).resolve().parents[2] / "bot/demo"
DEMO_S = 500


class _Run:
    """One run of bot/demo, with a folder of its own for what it writes."""

    def __init__(self, lab, name, binary=None):
        self.folder = pathlib.Path(lab.folder) / name
        self.folder.mkdir()
        self.environment = {**os.environ, "GREFFIER": str(binary or lab.binary), "GREFFIER_VENV": sys.prefix,
                            "TMPDIR": str(self.folder)}
        self.process = None

    async def start(self, *arguments):
        self.process = await asyncio.create_subprocess_exec(
            str(DEMO), *arguments, env=self.environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)

    async def ends_with(self, code, *texts):
        told = (await asyncio.wait_for(self.process.communicate(), DEMO_S))[0].decode()
        if self.process.returncode != code:
            raise Failure(f"it ended with {self.process.returncode}, not {code}:\n{told[-1500:]}")
        for text in (*texts, "Everything is removed."):
            if text not in told:
                raise Failure(f"“{text}” is not in what it said:\n{told[-1500:]}")
        self.has_left(0)

    def has_left(self, n):
        left = [file.name for file in self.folder.iterdir() if file.suffix != ".sh"]
        if len(left) != n:
            raise Failure(f"{n} files should be left: {left}")

    def wrapper(self, text):
        """A program in the bot's place."""
        file = self.folder / "wrapper.sh"
        file.write_text(f"#!/bin/bash\n{text}\n")
        file.chmod(0o700)
        self.environment["GREFFIER"] = str(file)


@mostly_waits
async def the_demo_plays_its_scene(lab):
    run = _Run(lab, "demo scene")  # a space in a path is nothing special
    await run.start("--scene")
    await run.ends_with(0, "The scene is over", "Blocked by carol", "Bloquée par bruno", "settled", "tranchée")


async def the_demo_plays_in_a_console(lab):
    run = _Run(lab, "demo-console")
    await run.start("--console")
    await run.ends_with(0, "Decided: DEC-1", "Décidé : DEC-2".replace(" :", "\u00a0:"))


async def the_demo_misses_what_is_missing(lab):
    run = _Run(lab, "demo-missing")
    run.wrapper(f'set -o pipefail; "{lab.binary}" "$@" | grep -v "Settled by alice"')
    await run.start("--console")
    await run.ends_with(1, "Missing: ")


async def the_demo_says_that_the_bot_has_ended(lab):
    bot = lab.bot()
    run = _Run(lab, "demo-ended")
    run.wrapper("echo cannot work today >&2; exit 3")
    await run.start("--scene")
    await run.ends_with(1, "the bot ended with 3", "cannot work today")


async def a_demo_that_was_killed_is_tidied_up_by_the_next(lab):
    run = _Run(lab, "demo-killed")
    await run.start("--scene")
    while not list(run.folder.glob("*/homeserver/homeserver.yaml")):
        await asyncio.sleep(0.05)
    run.process.send_signal(signal.SIGKILL)
    await run.process.wait()
    run.has_left(1)
    await run.start("--console")
    await run.ends_with(0)


TESTS = [the_demo_plays_its_scene, the_demo_plays_in_a_console, the_demo_misses_what_is_missing,
         the_demo_says_that_the_bot_has_ended, a_demo_that_was_killed_is_tidied_up_by_the_next]
