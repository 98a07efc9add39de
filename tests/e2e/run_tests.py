"""Runs the tests against one Synapse: several at a time, each in rooms of its own.

    tests/e2e/run [PART-OF-A-NAME ...]      prints `ok NAME`, `not ok NAME: why`, `skip NAME: why`; 1 if one failed
    tests/e2e/run quick [PART-OF-A-NAME ...] only those that wait for no deadline
    tests/e2e/run long [PART-OF-A-NAME ...] the long ones instead (test_long.py), which tests/run does not call

twenty.tsv says which of these, and of the other tests, stand for the twenty things that a bot in encrypted rooms has to stand.
GREFFIER is the binary (default: build/release/greffier). KEEP=1 leaves the folder with the logs;
SEED=n kills at other moments, KILLS=n so often. SANDBOX=off runs bots without it and ends them in order, so that a
binary that counts coverage can write what it counted.
"""

import asyncio
import logging
import os
import pathlib
import shutil
import sys
import time
import traceback

import chat
import synapse
import test_closing
import test_demo
import test_devices
import test_doors
import test_encrypted
import test_faults
import test_gate
import test_keys
import test_long
import test_rooms
import test_rounds
import test_secret
import test_start
import test_stopped
import test_time
import test_trouble
import test_verify

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEOPLE = ["alice", "bob", "carol", "bruno", "claire", "erin"]
AT_ONCE = 4  # Synapse takes some 30 events a second here; more at once only makes everything wait
WAITING_AT_ONCE = 12  # beside these: those that mostly wait for a deadline
TEST_S = 1200
LONG_TEST_S = 3600

# In the order in which they begin: the rounds take four minutes, most of it waiting for the homeserver's limit.
MODULES = [test_rounds, test_closing, test_trouble, test_demo, test_rooms, test_faults, test_doors, test_start, test_stopped,
           test_encrypted, test_secret, test_keys, test_verify, test_time, test_gate, test_devices]


async def one(lab, test, gate, results, limit_s):
    name = test.__name__
    async with gate, lab.bots_of_a_test() as bots:
        begun = time.monotonic()
        limit = asyncio.timeout(limit_s)
        try:
            async with limit:
                await test(lab)
            trouble = next((f"a signal ended it:\n{bot.log_tail(30)}" for bot in bots if bot.was_ended_by_itself()), None)
        except chat.Failure as failure:
            trouble = str(failure)
        except chat.Skipped as skipped:
            print(f"skip {name}: {skipped}", flush=True)
            return
        except Exception:
            trouble = f"not done after {limit_s} s" if limit.expired() else traceback.format_exc()
    results[name] = trouble
    if trouble is None:
        print(f"ok {name}  # {time.monotonic() - begun:.0f} s", flush=True)
    else:
        # The protocol is one line; the rest is indented under it.
        first, *rest = trouble.splitlines() or [""]
        print("\n".join([f"not ok {name}: {first}", *("    " + line for line in rest)]), flush=True)


def check_twenty():
    """Whether each of the twenty (twenty.tsv) has a test, and each that it names is there."""
    lines = [line.split("\t") for line in (ROOT / "tests/e2e/twenty.tsv").read_text().splitlines() if line[:1] != "#"]
    missing = [f"nothing for number {n}" for n in range(1, 21) if str(n) not in {line[0] for line in lines}]
    for _, _, test in lines:
        file, name = test.split(":", 1)
        if not (ROOT / file).is_file() or name not in (ROOT / file).read_text():
            missing.append(f"no {test}")
    print(f"not ok the_twenty_have_tests: {', '.join(missing)}" if missing else "ok the_twenty_have_tests", flush=True)
    return not missing


async def run_all(homeserver, folder, binary, wanted):
    kind = wanted[0] if wanted[:1] in (["long"], ["quick"]) else None
    modules, limit_s = ([test_long], LONG_TEST_S) if kind == "long" else (MODULES, TEST_S)
    wanted = wanted[kind is not None:]
    lab = chat.Lab(homeserver, binary, folder)
    await lab.start(PEOPLE)
    results = {}
    try:
        gates = {True: asyncio.Semaphore(WAITING_AT_ONCE), False: asyncio.Semaphore(AT_ONCE)}
        tests = [test for module in modules for test in module.TESTS
                 if (not wanted or any(part in test.__name__ for part in wanted))
                 and not (kind == "quick" and hasattr(test, "mostly_waits"))]
        await asyncio.gather(*(
            one(lab, test, gates[hasattr(test, "mostly_waits")], results, limit_s) for test in tests))
    finally:
        await lab.stop()
    return results


def main():
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # what it retries is none of a reader's business
    binary = os.path.abspath(os.environ.get("GREFFIER", ROOT / "build/release/greffier"))
    if not os.access(binary, os.X_OK):
        print(f"not ok the_binary: {binary} is not there; set GREFFIER")
        return 1
    begun = time.monotonic()
    if not check_twenty():
        return 1
    failed = 1
    with synapse.scratch_folder("greffier-e2e-") as folder:
        try:
            with synapse.Synapse(sys.prefix, folder / "homeserver") as homeserver:
                results = asyncio.run(run_all(homeserver, folder, binary, sys.argv[1:]))
                failed = sum(trouble is not None for trouble in results.values())
                print(f"# {len(results) - failed} of {len(results)} passed in {time.monotonic() - begun:.0f} s")
        except synapse.LabError as error:
            print(f"not ok the_homeserver: {error}")
        finally:
            if os.environ.get("KEEP"):
                kept = shutil.move(folder, f"{folder.parent}/kept-{folder.name}")
                print(f"# kept: {kept}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
