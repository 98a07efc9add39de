"""A real homeserver on this machine: Synapse from PyPI, in a venv that is kept, with data that is not.

    venv = ensure_venv()                      # once about 30 s and 250 MB, then at once
    with Synapse(venv, "/tmp/somewhere") as hs:
        token = hs.register("alice", "secret")["access_token"]

Standard library only: this file runs before the venv exists. It listens on 127.0.0.1 alone, speaks to no other
server, and ends no process but its own, by its id.
"""

import base64
import contextlib
import ctypes
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
SERVER_NAME = "localhost"
START_S = 180
START_TRIES = 3
STOP_S = 60
PR_SET_PDEATHSIG = 1
NODE_LEAST = 20
PIP_TROUBLE = f"""pip could not install Synapse (above). It needs PyPI, once: try again with the network; behind a
proxy set https_proxy, with an index of your own PIP_INDEX_URL. Or name in GREFFIER_VENV a venv that has what is listed in
{REQUIREMENTS}."""


class LabError(Exception):
    """What could not be set up, in words for the person who runs the script."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "greffier"


@contextlib.contextmanager
def scratch_folder(prefix):
    """A folder that is removed at the end; those of runs that were killed before their end are removed first."""
    for old in pathlib.Path(tempfile.gettempdir()).glob(prefix + "*"):
        if _is_abandoned(old):
            shutil.rmtree(old, ignore_errors=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    try:
        with open(folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder):
    """Ours, and whoever held its lock is gone. Without a lock it has just been made, or is being removed."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with open(folder / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False


def without_proxies():
    """The environment for a program that speaks to this machine alone."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


def say_line(line):
    print(line, flush=True)


def ensure_venv(folder=None, say=say_line):
    """The path of a venv with what requirements.txt names, made if it is not there. $GREFFIER_VENV, if set, is
    taken as it is."""
    given = os.environ.get("GREFFIER_VENV")
    if given:
        return pathlib.Path(given)
    folder = pathlib.Path(folder or cache_folder())
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests and the demo may both come first
        # By what it holds: two checkouts that want other packages do not take it from each other.
        name = "venv-" + hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
        return _ensure_venv(folder / name, say)


def _ensure_venv(venv, say):
    # The stamp is written last, so a venv whose making was interrupted is made anew.
    stamp = venv / "greffier.stamp"
    wanted = REQUIREMENTS.read_text() + sys.version
    if stamp.exists() and stamp.read_text() == wanted and _runs(venv):
        return venv
    say(f"Installing Synapse into {venv} (once: about 30 s, 250 MB)")
    shutil.rmtree(venv, ignore_errors=True)
    _step([sys.executable, "-m", "venv", str(venv)], "venv", say,
          "python3 -m venv failed: on Debian the package is python3-venv")
    _step([str(venv / "bin/pip"), "install", "--disable-pip-version-check", "--progress-bar", "off",
           "-r", str(REQUIREMENTS)], "pip", say, PIP_TROUBLE)
    stamp.write_text(wanted)
    return venv


def ensure_js(folder=None, say=say_line):
    """A folder with tests/e2e/js and the package that it names; LabError where there is no Node that can run it."""
    try:
        version = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        subprocess.run(["npm", "--version"], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LabError("Node and npm are not there") from error
    if int(version.lstrip("v").split(".")[0]) < NODE_LEAST:
        raise LabError(f"Node {version.strip()} is older than {NODE_LEAST}")
    source = pathlib.Path(__file__).with_name("js")
    name = "js-" + hashlib.sha256(b"".join(path.read_bytes() for path in sorted(source.iterdir()))).hexdigest()[:8]
    folder = pathlib.Path(folder or cache_folder())
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "js.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / name
        if not (made / "greffier.stamp").exists():
            shutil.rmtree(made, ignore_errors=True)
            shutil.copytree(source, made)
            _step(["npm", "--prefix", str(made), "install", "--no-package-lock", "--no-audit", "--no-fund"], "npm", say,
                  "npm could not install matrix-js-sdk")
            (made / "greffier.stamp").touch()
        return made


def _runs(venv):
    # A new Python of the system leaves a venv behind whose interpreter is gone.
    return subprocess.run([str(venv / "bin/python"), "-c", "import synapse, nio"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def _step(argv, name, say, trouble):
    """Runs a command; every few seconds one line tells how far it is."""
    begun = told = time.monotonic()
    lines = []
    # Undoing PYTHON* keeps a caller's own settings out of the venv.
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env,
                          stdin=subprocess.DEVNULL) as child:
        for line in child.stdout:
            lines.append(line.rstrip())
            now = time.monotonic()
            if now - told >= 3:
                told = now
                say(f"  {name}, {now - begun:.0f} s: {lines[-1].strip()[:70]}")
    if child.returncode != 0:
        told = [line for line in lines if "Retrying" not in line]
        raise LabError("\n".join([*told[-15:], trouble]))
    say(f"  {name}: done in {time.monotonic() - begun:.0f} s")


def free_port():
    """One that no outgoing connection gets while the homeserver is down."""
    with contextlib.suppress(OSError, ValueError), open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as ports:
        lowest = int(ports.read().split()[0])
        for _ in range(100):
            port = 10_000 + secrets.randbelow(max(1, lowest - 10_000))
            with contextlib.suppress(OSError), socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
                return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """For preexec_fn: a child does not outlive a parent that was killed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_process(process, grace_s=STOP_S):
    """SIGTERM, then SIGKILL if that is not heard; the exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def request(method, url, body=None, token=None, timeout=120):
    """(status, parsed answer) of one request; a status of 400 and more is no exception."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    ask = urllib.request.Request(url, data=data, headers=headers, method=method)
    # A proxy of the environment has no business between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(ask, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, {"text": text.decode("utf-8", "replace")}


class Synapse:
    """One homeserver with a folder of its own, which remove() deletes."""

    def __init__(self, venv, folder, limits="raised", options=None, clock=None):
        """limits: "raised" (nobody waits) or "default" (what a fresh Synapse imposes on messages, joins and
        invites; logging in is raised all the same). options: further top-level keys of homeserver.yaml.
        clock: a turned.Clock, or None for the machine's."""
        if limits not in ("raised", "default"):
            raise ValueError(limits)
        self.venv = pathlib.Path(venv)
        self.folder = pathlib.Path(folder)
        self.limits = limits
        self.options = options or {}
        self.clock = clock
        self.secret = secrets.token_hex(16)
        self.has_run = False
        self.process = None
        self.admin_token = None
        self.folder.mkdir(parents=True, mode=0o700)
        self._take_port()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.remove()

    def _take_port(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._configure()

    def _configure(self):
        def path(name):
            return str(self.folder / name)

        free = {"per_second": 10000, "burst_count": 100000}
        config = {
            "server_name": SERVER_NAME,
            "public_baseurl": self.url + "/",
            "pid_file": path("homeserver.pid"),
            "listeners": [{"port": self.port, "type": "http", "tls": False, "x_forwarded": False,
                           "bind_addresses": ["127.0.0.1"],
                           "resources": [{"names": ["client"], "compress": False}]}],
            "database": {"name": "sqlite3", "args": {"database": path("homeserver.db")}},
            "log_config": path("log.json"),
            "media_store_path": path("media"),
            "signing_key_path": path("signing.key"),
            "registration_shared_secret": self.secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "report_stats": False,
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "filter_timeline_limit": -1,
            "rc_login": {"address": free, "account": free, "failed_attempts": free},
            "rc_registration": free, "rc_room_creation": free,
        }
        if self.limits == "raised":
            config.update({
                "rc_message": free, "rc_admin_redaction": free, "rc_joins": {"local": free, "remote": free},
                "rc_joins_per_room": free,
                "rc_invites": {"per_room": free, "per_user": free, "per_issuer": free},
            })
        config.update(self.options)
        log = {
            "version": 1,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"file": {"class": "logging.FileHandler", "formatter": "line",
                                  "filename": path("homeserver.log")}},
            "root": {"level": "WARNING", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        # JSON is YAML too, and cannot lose a setting to an unfinished last line.
        self._write("homeserver.yaml", json.dumps(config, indent=1) + "\n")
        self._write("log.json", json.dumps(log, indent=1) + "\n")
        self._write("signing.key", f"ed25519 a_{secrets.token_hex(2)} {seed}\n")

    def _write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o600)

    def start(self):
        """Returns when it answers. A port that somebody took in between is given up for another the first time; later
        there are clients that know it."""
        for n_left in reversed(range(START_TRIES)):
            try:
                self._start()
                break
            except LabError as error:
                if not n_left or self.has_run or "Failed to listen" not in str(error):
                    raise
                self._take_port()
        self.has_run = True

    def _start(self):
        assert self.process is None or self.process.poll() is not None
        out = open(self.folder / "homeserver.out", "ab")
        with out:
            # A session of its own: Ctrl-C in the terminal reaches the script, which ends it in order.
            self.process = subprocess.Popen(
                [str(self.venv / "bin/python"), "-m", "synapse.app.homeserver", "-c",
                 str(self.folder / "homeserver.yaml")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder, start_new_session=True,
                preexec_fn=die_with_parent, env={**os.environ, **(self.clock.environment() if self.clock else {})})
        limit = time.monotonic() + START_S
        while not (self.answers() and self.process.poll() is None):
            if self.process.poll() is not None:
                raise LabError(f"Synapse ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > limit:
                self.kill()
                raise LabError(f"Synapse did not answer within {START_S} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def answers(self):
        try:
            return request("GET", self.url + "/_matrix/client/versions", timeout=5)[0] == 200
        except OSError:
            return False

    def log_tail(self, lines=15):
        text = ""
        for name in ("homeserver.out", "homeserver.log"):
            file = self.folder / name
            if file.exists():
                text += file.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        if self.process is not None:
            end_process(self.process)

    def restart(self, hard=False):
        if hard:
            self.kill()
        else:
            self.stop()
        self.start()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def register(self, name, password, admin=False, displayname=None):
        """Makes an account; the answer has user_id, access_token and device_id."""
        url = self.url + "/_synapse/admin/v1/register"
        nonce = request("GET", url)[1]["nonce"]
        parts = [nonce, name, password, "admin" if admin else "notadmin"]
        mac = hmac.new(self.secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        status, answer = request("POST", url, {
            "nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac,
            "displayname": displayname or name})
        if status != 200:
            raise LabError(f"registering {name}: {status} {answer}")
        return answer

    def unlimit(self, user_id):
        """Takes every sending limit off one account, where limits are the default ones."""
        if self.admin_token is None:
            self.admin_token = self.register("root", secrets.token_hex(16), admin=True)["access_token"]
        status, answer = request(
            "POST", f"{self.url}/_synapse/admin/v1/users/{user_id}/override_ratelimit",
            {"messages_per_second": 0, "burst_count": 0}, self.admin_token)
        if status != 200:
            raise LabError(f"lifting the limits of {user_id}: {status} {answer}")


def main():
    """Runs one until Ctrl-C; what it writes is removed."""
    with scratch_folder("greffier-synapse-") as folder, Synapse(ensure_venv(), folder / "data") as homeserver:
        print(homeserver.url, flush=True)
        for name in sys.argv[1:]:
            print(json.dumps(homeserver.register(name, name)), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
