"""A clock that a test turns, of a bot or of a whole homeserver with its bots (turned.c).

    clock = turned.Clock(folder, at=datetime(2027, 3, 1, 16, 30, tzinfo=ZURICH))   # or by_s=86400, is_synced=False
    async with own_lab(lab, "name", clock=clock) as own: ...
    clock.turn_to(datetime(...))
"""

import mmap
import os
import pathlib
import struct
import subprocess
import time

import synapse

SOURCE = pathlib.Path(__file__).with_name("turned.c")


class Clock:
    def __init__(self, folder, at=None, by_s=0, is_synced=True):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._library = folder / "turned.so"
        try:
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-o", self._library, SOURCE], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise synapse.LabError(f"{SOURCE.name} was not compiled: {error}") from error
        self._file = folder / "clock"
        self._file.write_bytes(struct.pack("=qq", 0, is_synced))
        with open(self._file, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        self.ahead_s = 0.0
        if at:
            self.turn_to(at)
        else:
            self.turn_by(by_s)

    def environment(self):
        return {"LD_PRELOAD": str(self._library), "TURNED_CLOCK": str(self._file)}

    def counting(self):
        """The same clock for one program alone, whose wake-ups are counted."""
        return Counting(self)

    def now(self):
        return time.time() + self.ahead_s

    def turn_by(self, seconds):
        self.ahead_s += seconds
        self._map[0:8] = struct.pack("=q", round(self.ahead_s * 1000))

    def turn_to(self, at):
        """at: a datetime with its zone."""
        self.turn_by(at.timestamp() - self.now())


class Counting:
    def __init__(self, clock):
        self._clock = clock
        self._file = clock.folder / "wakes"
        self._file.write_bytes(bytes(8))

    def environment(self):
        return {**self._clock.environment(), "TURNED_WAKES": str(self._file)}

    def n_wakes(self):
        return struct.unpack("=q", self._file.read_bytes())[0]
