"""What the comparisons of this folder share: helpers built from the sources as they are, and civil times of zoneinfo."""
import datetime
import os
import subprocess
import sys
import zoneinfo

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DIRECTORY = "/usr/share/zoneinfo"
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
SECOND = datetime.timedelta(seconds=1)

zoneinfo.reset_tzpath([DIRECTORY])


def build(folder, pipe, sources):
    """tests/oracle/PIPE.c with these of bot/, and the zones: no build directory is needed."""
    flags = ["-O1", "-g", "-D_GNU_SOURCE", "-I" + os.path.join(ROOT, "bot"), "-c"]
    c, cpp = ["cc", "-std=c17"], ["c++", "-std=c++17"]
    objects = []
    for source in [f"tests/oracle/{pipe}.c", "bot/base/log.c", "bot/time/zone.cpp", *sources]:
        objects.append(os.path.join(folder, os.path.basename(source) + ".o"))
        compiler = cpp if source.endswith(".cpp") else c
        subprocess.run([*compiler, *flags, os.path.join(ROOT, source), "-o", objects[-1]], check=True)
    program = os.path.join(folder, pipe)
    subprocess.run(["c++", *objects, "-lcctz", "-o", program], check=True)
    return program


def inside_venv(script):
    """The same script with the packages of tests/oracle/requirements.txt at hand, in build/oracle."""
    venv = os.path.join(ROOT, "build", "oracle")
    python = os.path.join(venv, "bin", "python")
    wanted = os.path.join(ROOT, "tests", "oracle", "requirements.txt")
    with open(wanted, encoding="utf-8") as file:
        stamp, text = os.path.join(venv, "installed"), file.read()
    if not os.path.exists(stamp) or open(stamp, encoding="utf-8").read() != text:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted], check=True)
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(text)
    os.execv(python, [python, "-B", os.path.abspath(script), "--here"])


def answers(program, lines):
    """One line back for each."""
    text = "".join(line + "\n" for line in lines)
    done = subprocess.run([program], input=text, stdout=subprocess.PIPE, text=True, check=True)
    found = done.stdout.splitlines()
    if len(found) != len(lines):
        raise SystemExit(f"{len(lines)} lines, {len(found)} answers")
    return found


def local(zone, at_s):
    return (EPOCH + at_s * SECOND).astimezone(zone)


def offset_s(zone, at_s):
    return local(zone, at_s).utcoffset() // SECOND


def change_between(zone, low_s, high_s):
    """The first second with the offset of high_s, given that the offset changes once on the way from low_s."""
    before = offset_s(zone, low_s)
    while high_s - low_s > 1:
        middle_s = (low_s + high_s) // 2
        if offset_s(zone, middle_s) == before:
            low_s = middle_s
        else:
            high_s = middle_s
    return high_s


def instant_s(zone, civil):
    """The first instant when the clock shows it, or the first after the gap that skips it; and "gap", "fold" or ""."""
    first, second = (civil.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    at_s = (first - EPOCH) // SECOND
    if first.astimezone(zone).replace(tzinfo=None) == civil:
        return at_s, "fold" if first < second else ""
    # The offset before the gap leads beyond it, the one after leads before it.
    return change_between(zone, (second - EPOCH) // SECOND, at_s), "gap"
