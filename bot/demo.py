"""The scene that bot/demo plays, and the prompt that it leaves you at. Standard library only."""

import argparse
import itertools
import os
import pathlib
import re
import readline  # makes input() editable, and tells what is typed so far
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import synapse  # noqa: E402

PEOPLE = ["you", "alice", "bob", "carol", "bruno", "claire"]
ROOMS = {"checkout": ["alice", "bob", "carol", "you"], "facturation": ["alice", "bruno", "claire", "you"]}
LANGS = {"checkout": "en", "facturation": "fr"}
BOT = "greffier"
ANSWER_S = 20
SYNC_MS = 30_000
READ_S = 0.8  # between two lines of the scene: it is to be read

HELP = """What you type is said in the room. Also:
  /room facturation    goes to that room        /react 👍     reacts to the last card
  /thread TEXT         in the last card's thread  /quit         ends, and removes everything
Try: !help, !decide Tea instead of coffee by tomorrow 12:00, !decisions, /react ⛔"""

# The same in the console: one line each, as it is typed there.
CONSOLE_SCENE = """/room checkout lang=en zone=Europe/Zurich people=@alice,@bob,@carol
@alice: !decide Two-step review, no call by tomorrow 12:00
/wait 5m
@bob 👍 DEC-1
@carol in DEC-1: objection: no way back in January
/wait 10m
@alice: !settle DEC-1 In two steps, with a way back until March
@carol: !show DEC-1
/room facturation lang=fr zone=Europe/Paris people=@alice,@bruno,@claire
@alice: !décider Changer de prestataire avant demain 17h
/wait 5m
@claire 👍 DEC-2
@bruno in DEC-2: objection : pas de retour arrière possible en janvier
/wait 10m
@alice: !trancher DEC-2 En deux étapes, retour arrière gardé jusqu'au 31 mars
@bruno: !voir DEC-2
"""


class Missing(Exception):
    """What the scene should have shown."""


class Account:
    """One person's door to the homeserver."""

    def __init__(self, homeserver, name, password):
        self.name = name
        self.url = homeserver.url
        answer = homeserver.register(name, password)
        self.user_id = answer["user_id"]
        self.token = answer["access_token"]
        self.numbers = itertools.count()

    def ask(self, method, path, body=None, timeout=60):
        status, answer = synapse.request(method, f"{self.url}/_matrix/client/v3/{path}", body, self.token, timeout)
        if status != 200:
            raise synapse.LabError(f"{method} {path}: {status} {answer}")
        return answer

    def send(self, room_id, content, kind="m.room.message"):
        path = f"rooms/{_quoted(room_id)}/send/{kind}/{next(self.numbers)}"
        return self.ask("PUT", path, content)["event_id"]

    def say(self, room_id, text, thread=None):
        content = {"msgtype": "m.text", "body": text}
        if thread:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True,
                                       "m.in_reply_to": {"event_id": thread}}
        return self.send(room_id, content)

    def react(self, room_id, event_id, key):
        return self.send(room_id, {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}},
                         "m.reaction")


class Screen:
    """Prints what rooms say, above the line that is being typed."""

    def __init__(self):
        self.prompt = None
        self.lock = threading.Lock()

    def show(self, text):
        with self.lock:
            if self.prompt is None:
                print(text, flush=True)
                return
            typed = readline.get_line_buffer()
            print(f"\r\033[K{text}\n{self.prompt}{typed}", end="", flush=True)


class Talk:
    """What `you` hear, in all rooms, as it comes; a thread listens."""

    def __init__(self, account, screen):
        self.account = account
        self.screen = screen
        self.names = {}   # room id -> name
        self.events = []  # (room id, event)
        self.texts = {}   # event id -> text as it stands
        self.items = {}   # event id of a card -> DEC-1
        self.last_card = {}
        self.news = threading.Condition()
        self.is_over = False

    def start(self):
        since = self.account.ask("GET", "sync?timeout=0")["next_batch"]
        threading.Thread(target=self._listen, args=(since,), daemon=True).start()

    def _listen(self, since):
        while not self.is_over:
            try:
                answer = self.account.ask("GET", f"sync?timeout={SYNC_MS}&since={_quoted(since)}")
            except (OSError, synapse.LabError):
                time.sleep(0.5)
                continue
            since = answer["next_batch"]
            for room_id, room in answer.get("rooms", {}).get("join", {}).items():
                for event in room["timeline"]["events"]:
                    self._hear(room_id, event)

    def _hear(self, room_id, event):
        text = self._describe(room_id, event)
        with self.news:
            self.events.append((room_id, event))
            self.news.notify_all()
        if text and room_id in self.names:
            self.screen.show(text)

    def _describe(self, room_id, event):
        content, kind = event["content"], event["type"]
        relates = content.get("m.relates_to") or {}
        target = relates.get("event_id")
        if kind == "m.reaction" and "key" in relates:
            what = self.items.get(target) or self.texts.get(target, "").split("\n")[0][:40]
            return self._line(room_id, event, f"{relates['key']}  {what}")
        if kind == "m.room.message" and relates.get("rel_type") == "m.replace":
            new = content.get("m.new_content", {}).get("body", "")
            old, self.texts[target] = self.texts.get(target, ""), new
            changed = [line for line in new.split("\n") if line not in old.split("\n")]
            return self._line(room_id, event, f"(edits {self.items.get(target, 'its answer')})\n" + "\n".join(changed))
        if kind != "m.room.message" or "body" not in content:
            return None
        body = self.texts[event["event_id"]] = content["body"]
        card = re.match(r"(?:⛔ |✅ )?([A-Z]{3}-\d+) ·", body)
        if card and event["sender"].startswith(f"@{BOT}:") and not relates.get("rel_type"):
            self.items[event["event_id"]] = card.group(1)
            self.last_card[room_id] = event["event_id"]
        place = f" · {self.items.get(target, '')} thread" if relates.get("rel_type") == "m.thread" else ""
        return self._line(room_id, event, body, place)

    def _line(self, room_id, event, text, place=""):
        clock = time.strftime("%H:%M", time.localtime(event["origin_server_ts"] / 1000))
        who = event["sender"][1:].split(":")[0]
        pinged = [u[1:].split(":")[0] for u in (event["content"].get("m.mentions") or {}).get("user_ids", [])]
        ping = f" -> @{' @'.join(pinged)}" if pinged else ""
        head = f"{clock} {self.names.get(room_id, '')}{place}  {who}{ping}"
        lines = [line for line in text.split("\n") if line.strip()]
        return f"{head}:  {lines[0]}" if len(lines) == 1 else "\n".join([head + ":", *("    " + l for l in lines)])

    def wait(self, what, found, within=ANSWER_S):
        """The first value that found(room id, event) gives; Missing after a while."""
        limit = time.monotonic() + within
        seen = 0
        with self.news:
            while True:
                for room_id, event in self.events[seen:]:
                    if value := found(room_id, event):
                        return value
                seen = len(self.events)
                left = limit - time.monotonic()
                if left <= 0:
                    raise Missing(what)
                self.news.wait(left)


class Demo:
    def __init__(self, binary, folder, screen):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        self.screen = screen
        self.password = secrets.token_hex(4)
        self.homeserver = None
        self.bot = None
        self.accounts = {}
        self.rooms = {}
        self.talk = None

    def start(self):
        venv = synapse.ensure_venv()
        print("Starting a homeserver on this machine")
        self.homeserver = synapse.Synapse(venv, self.folder / "homeserver")
        self.homeserver.start()
        for name in PEOPLE:
            self.accounts[name] = Account(self.homeserver, name, self.password)
        bot_password = secrets.token_urlsafe(16)
        self.homeserver.register(BOT, bot_password)
        self.talk = Talk(self.accounts["you"], self.screen)
        self.talk.start()
        self._start_bot(bot_password)
        for name, people in ROOMS.items():
            self._make_room(name, people)
        print()

    def _start_bot(self, password):
        folder = self.folder / "bot"
        folder.mkdir(mode=0o700)
        (folder / "password").touch(0o600)
        (folder / "password").write_text(password + "\n")
        config = folder / "greffier.toml"
        config.write_text(f"""[homeserver]
url = "{self.homeserver.url}"
user = "@{BOT}:{synapse.SERVER_NAME}"
password_file = "{folder}/password"

[store]
path = "{folder}/greffier.db"

[access]
admins = ["@you:{synapse.SERVER_NAME}"]
invite_from = ["{synapse.SERVER_NAME}"]

[defaults]
zone = "{_zone()}"

[limits]
burst = 0
refill_per_s = 0.0
""")
        with open(folder / "log", "wb") as log:
            self.bot = subprocess.Popen([self.binary, "run", "--config", str(config)], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, cwd=folder, start_new_session=True,
                                        preexec_fn=synapse.die_with_parent)

    def _make_room(self, name, people):
        owner = self.accounts[people[0]]
        ids = [self.accounts[p].user_id for p in people[1:]]
        bot_id = f"@{BOT}:{synapse.SERVER_NAME}"
        room_id = owner.ask("POST", "createRoom", {
            "name": name, "preset": "private_chat", "invite": ids})["room_id"]
        for person in people[1:]:
            self.accounts[person].ask("POST", f"rooms/{_quoted(room_id)}/join", {})
        owner.ask("POST", f"rooms/{_quoted(room_id)}/invite", {"user_id": bot_id})
        self.rooms[name] = room_id
        # You may change the room's settings too; the levels stand already, so they are read and written back.
        path = f"rooms/{_quoted(room_id)}/state/m.room.power_levels/"
        levels = owner.ask("GET", path)
        levels.setdefault("users", {})[self.accounts["you"].user_id] = 50
        owner.ask("PUT", path, levels)
        self._until(f"the bot in {name}", lambda r, e: r == room_id and e["type"] == "m.room.member"
                    and e["state_key"] == bot_id and e["content"]["membership"] == "join")
        self.talk.names[room_id] = name
        if LANGS[name] != "en":
            self._answer(name, self.say(people[0], name, f"!room lang {LANGS[name]}"), f"the language of {name}")

    def _until(self, what, found):
        try:
            return self.talk.wait(what, found)
        except Missing:
            if self.bot.poll() is not None:
                raise Missing(f"{what}: the bot ended with {self.bot.returncode}\n{self.log_tail()}") from None
            raise

    def log_tail(self):
        return "\n".join((self.folder / "bot/log").read_text(errors="replace").splitlines()[-15:])

    # -- the scene

    def say(self, who, room, text, thread=None):
        time.sleep(READ_S)
        return self.accounts[who].say(self.rooms[room], text, thread)

    def react(self, who, room, card, key):
        time.sleep(READ_S)
        return self.accounts[who].react(self.rooms[room], card, key)

    def _from_bot(self, event):
        return event["sender"].startswith(f"@{BOT}:") and event["type"] == "m.room.message"

    def _answer(self, room, asked, what, pattern=""):
        def found(room_id, event):
            relates = event["content"].get("m.relates_to") or {}
            replied = (relates.get("m.in_reply_to") or {}).get("event_id") == asked
            return self._from_bot(event) and replied and re.search(pattern, event["content"]["body"], re.I) and event

        return self._until(what, found)

    def _card(self, room, asked, what):
        card = self._answer(room, asked, f"a card for {what}", r"DEC-\d+ ·")
        return card["event_id"], re.search(r"DEC-\d+", card["content"]["body"]).group(0)

    def _shows(self, card, pattern, what):
        self._until(what, lambda _, event: self._from_bot(event)
                    and (event["content"].get("m.relates_to") or {}).get("event_id") == card
                    and re.search(pattern, event["content"].get("m.new_content", {}).get("body", ""), re.I))

    def play(self):
        asked = self.say("alice", "checkout", "!decide Two-step review, no call by tomorrow 12:00")
        card, item = self._card("checkout", asked, "“Two-step review, no call”")
        self.react("bob", "checkout", card, "👍")
        self._shows(card, "Agreed: bob", f"bob's agreement on {item}")
        self.say("carol", "checkout", "objection: no way back in January", thread=card)
        self._shows(card, r"Blocked by carol(.|\n)*no way back", f"carol's objection on {item}")
        self.say("alice", "checkout", f"!settle {item} In two steps, with a way back until March")
        self._shows(card, r"settled(.|\n)*In two steps", f"{item} settled by alice")
        shown = self.say("carol", "checkout", f"!show {item}")
        self._answer("checkout", shown, f"the record of {item}", rf"{item}(.|\n)*(settled|decided)")

        asked = self.say("alice", "facturation", "!décider Changer de prestataire avant demain 17h")
        card, item = self._card("facturation", asked, "« Changer de prestataire »")
        self.react("claire", "facturation", card, "👍")
        self._shows(card, r"D’accord\s: claire", f"l’accord de claire sur {item}")
        self.say("bruno", "facturation", "objection : pas de retour arrière possible en janvier", thread=card)
        self._shows(card, r"Bloquée\spar\sbruno(.|\n)*retour arrière", f"l’objection de bruno sur {item}")
        self.say("alice", "facturation", f"!trancher {item} En deux étapes, retour arrière gardé jusqu’au 31 mars")
        self._shows(card, r"tranchée(.|\n)*En deux étapes", f"{item} tranchée par alice")
        shown = self.say("bruno", "facturation", f"!voir {item}")
        self._answer("facturation", shown, f"la trace de {item}", rf"{item}(.|\n)*tranchée")

        asked = self.say("bob", "checkout", "!decide Fridays without meetings by tomorrow 17:00")
        self._card("checkout", asked, "“Fridays without meetings”")

    # -- the prompt

    def converse(self):
        print(f"""
Any Matrix client on this machine may join in:
  homeserver  {self.homeserver.url}
  accounts    {', '.join(PEOPLE)}
  password    {self.password}    (the same for all)

You are in checkout, as `you`; one decision waits for your answer.
{HELP}
""")
        room = "checkout"
        while True:
            self.screen.prompt = f"{room}> "
            try:
                line = input(self.screen.prompt).strip()
            except EOFError:
                return
            finally:
                self.screen.prompt = None
            if line == "/quit":
                return
            try:
                room = self._typed(room, line)
            except (OSError, synapse.LabError) as error:
                print(f"That was not said: {error}")

    def _typed(self, room, line):
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        room_id = self.rooms[room]
        card = self.talk.last_card.get(room_id)
        you = self.accounts["you"]
        if verb == "/room" and rest in self.rooms:
            return rest
        if verb == "/room":
            print(f"There are two rooms: {', '.join(self.rooms)}")
        elif verb in ("/react", "/thread") and not card:
            print("There is no card in this room yet: !decide makes one.")
        elif verb == "/react" and rest:
            you.react(room_id, card, rest)
        elif verb == "/thread" and rest:
            you.say(room_id, rest, thread=card)
        elif line.startswith("/"):
            print(HELP)
        elif line:
            # What was typed is shown as it comes back from the room, like everybody's words.
            print("\033[A\033[K", end="", flush=True)
            you.say(room_id, line)
        return room

    def end(self):
        if self.talk:
            self.talk.is_over = True
        if self.bot:
            synapse.end_process(self.bot)
        if self.homeserver:
            # Its data goes at once, so it need not put it in order first.
            self.homeserver.remove()


def _zone():
    """This machine's, so that the hours on the cards are those beside the names."""
    name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    return name if re.fullmatch(r"[A-Z][A-Za-z_+-]*(/[A-Za-z_+-]+)*", name) else "UTC"


def _quoted(text):
    return urllib.parse.quote(text, safe="")


def with_homeserver(binary, folder, is_scene_only):
    demo = Demo(binary, folder, Screen())
    try:
        demo.start()
        demo.play()
        print("\nThe scene is over: opened, objected to, settled and recorded, in both rooms.")
        if not is_scene_only:
            demo.converse()
        return 0
    except Missing as missing:
        print(f"\nMissing: {missing}", file=sys.stderr)
        return 1
    finally:
        demo.end()


def in_console(binary, folder, is_scene_only):
    script = pathlib.Path(folder) / "scene"
    script.write_text(CONSOLE_SCENE)
    argv = [binary, "console", "--lang", "en", "--zone", "Europe/Zurich", "--store", f"{folder}/store.db"]
    played = subprocess.run([*argv, "--script", str(script)], stdout=subprocess.PIPE, text=True)
    print(played.stdout, end="", flush=True)
    wanted = ["DEC-1", "no way back in January", "In two steps", "settled", "DEC-2",
              "pas de retour arrière possible en janvier", "tranchée"]
    missing = [text for text in wanted if text not in played.stdout]
    if played.returncode != 0:
        missing.append(f"the end of the console with 0: it was {played.returncode}")
    if missing:
        print("\nMissing: " + "; ".join(missing), file=sys.stderr)
        return 1
    if is_scene_only:
        return 0
    print("\nNow you: `/room checkout`, then `@bob: !help`; `/wait 2h` turns the clock, `/quit` ends.\n", flush=True)
    return subprocess.run(argv).returncode


def main():
    parser = argparse.ArgumentParser(prog="bot/demo", description=__doc__)
    parser.add_argument("--console", action="store_true", help="in this terminal, without a homeserver")
    parser.add_argument("--scene", action="store_true", help="end after the scene: 0 if all came out as it should")
    options = parser.parse_args()
    # Whoever ends this ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    folder = tempfile.mkdtemp(prefix="greffier-demo-")
    run = in_console if options.console else with_homeserver
    try:
        return run(os.environ["GREFFIER"], folder, options.scene or not sys.stdin.isatty())
    except KeyboardInterrupt:
        print()
        return 130
    except synapse.LabError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        print("Everything is removed.")


if __name__ == "__main__":
    sys.exit(main())
