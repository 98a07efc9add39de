"""The scene that bot/demo plays, and the prompt that it leaves you at. Standard library only."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import synapse  # noqa: E402
from demo_talk import BOT, Account, Missing, Screen, Talk, is_from_bot, quoted, relation  # noqa: E402

YOU = "dan"
PEOPLE = [YOU, "alice", "bob", "carol", "bruno", "claire"]
ROOMS = {"checkout": ["alice", "bob", "carol", YOU], "facturation": ["alice", "bruno", "claire", YOU]}
LANGS = {"checkout": "en", "facturation": "fr"}
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READ_S = 0.8  # between two lines of the scene: it is to be read

HELP = """What you type is said in the room. Also:
  /react 👍            on the last card of this room
  /thread TEXT         in the thread of that card
  /room facturation    goes to the other room
  /quit                ends, and removes everything
Try: !help   !decisions   /react ⛔
     !decide Tea instead of coffee by tomorrow 12:00"""

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

# What it has to say to that, in this order or another.
CONSOLE_SHOWS = [
    r"DEC-1 -> @bob @carol\n", "Agreed: bob", "Blocked by carol.*no way back in January",
    r"thread -> @alice\n.*no way back",
    "Settled by alice.*In two steps", "reply to alice -> @bob\n.*DEC-1.*In two steps", "- bob: agreed",
    "- carol: objected.*no way back",
    r"DEC-2 -> @bruno @claire\n", r"D’accord\s: claire", r"Bloquée par bruno.*pas de retour arrière",
    "-> @alice\n.*pas de retour", "Tranchée par alice.*En deux étapes", "-> @claire\n.*DEC-2.*En deux étapes",
    r"- bruno\s: objection.*retour arrière", r"- claire\s: d’accord",
]


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
        print("Starting a homeserver on this machine", flush=True)
        self.homeserver = synapse.Synapse(venv, self.folder / "homeserver")
        self.homeserver.start()
        print(f"Making {len(PEOPLE)} people and {len(ROOMS)} rooms, and starting the bot", flush=True)
        for name in PEOPLE:
            self.accounts[name] = Account(self.homeserver, name, self.password)
        bot_password = secrets.token_urlsafe(16)
        self.homeserver.register(BOT, bot_password)
        self.talk = Talk(self.accounts[YOU], self.screen)
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
password_file = {json.dumps(f"{folder}/password")}

[store]
path = {json.dumps(f"{folder}/greffier.db")}

[access]
admins = ["@{YOU}:{synapse.SERVER_NAME}"]
invite_from = ["{synapse.SERVER_NAME}"]

[defaults]
zone = "{_zone()}"
hours = "mon-sun 00:00-24:00"

[limits]
burst = 0
refill_per_s = 0.0
""")
        with open(folder / "log", "wb") as log:
            self.bot = subprocess.Popen([self.binary, "run", "--config", str(config)], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, cwd=folder, start_new_session=True,
                                        preexec_fn=synapse.die_with_parent, env=synapse.without_proxies())

    def _make_room(self, name, people):
        owner = self.accounts[people[0]]
        ids = [self.accounts[p].user_id for p in people[1:]]
        bot_id = f"@{BOT}:{synapse.SERVER_NAME}"
        room_id = owner.ask("POST", "createRoom", {
            "name": name, "preset": "private_chat", "invite": ids})["room_id"]
        for person in people[1:]:
            self.accounts[person].ask("POST", f"rooms/{quoted(room_id)}/join", {})
        owner.ask("POST", f"rooms/{quoted(room_id)}/invite", {"user_id": bot_id})
        self.rooms[name] = room_id
        # You may change the room's settings too; the levels stand already, so they are read and written back.
        path = f"rooms/{quoted(room_id)}/state/m.room.power_levels/"
        levels = owner.ask("GET", path)
        levels.setdefault("users", {})[self.accounts[YOU].user_id] = 50
        owner.ask("PUT", path, levels)
        self._until(f"the bot in {name}", lambda r, e: r == room_id and e["type"] == "m.room.member"
                    and e["state_key"] == bot_id and e["content"]["membership"] == "join")
        self.talk.names[room_id] = name
        if LANGS[name] != "en":
            self._answer(name, self.say(people[0], name, f"!room lang {LANGS[name]}"), f"the language of {name}")

    def _until(self, what, found):
        try:
            return self.talk.wait(what, found, is_lost=self._bot_has_ended)
        except Missing:
            if self._bot_has_ended():
                raise Missing(f"{what}: the bot ended with {self.bot.returncode}\n{self.log_tail()}") from None
            raise

    def _bot_has_ended(self):
        return self.bot.poll() is not None

    def log_tail(self):
        return "\n".join((self.folder / "bot/log").read_text(errors="replace").splitlines()[-15:])

    # -- the scene

    def say(self, who, room, text, thread=None):
        time.sleep(READ_S)
        return self.accounts[who].say(self.rooms[room], text, thread)

    def react(self, who, room, card, key):
        time.sleep(READ_S)
        return self.accounts[who].react(self.rooms[room], card, key)

    def _said(self, room, what, pattern, where=lambda event: True, pings=()):
        """The bot's message (no edit) in a room that fits and mentions just these people."""
        wanted = {self.accounts[name].user_id for name in pings}

        def found(room_id, event):
            return (room_id == self.rooms[room] and is_from_bot(event) and event["type"] == "m.room.message"
                    and relation(event).get("rel_type") != "m.replace" and where(event)
                    and set((event["content"].get("m.mentions") or {}).get("user_ids", [])) == wanted
                    and re.search(pattern, event["content"]["body"], re.I) and event)

        return self._until(what, found)

    def _answer(self, room, asked, what, pattern="", pings=()):
        return self._said(room, what, pattern, lambda event: (
            (relation(event).get("m.in_reply_to") or {}).get("event_id") == asked), pings)

    def _in_thread(self, room, card, what, pattern, pings=()):
        return self._said(room, what, pattern, lambda event: (
            relation(event).get("rel_type") == "m.thread" and relation(event).get("event_id") == card), pings)

    def _card(self, room, asked, what, pings):
        card = self._answer(room, asked, f"a card for {what} that asks {', '.join(pings)}", r"DEC-\d+ ·", pings)
        return card["event_id"], re.search(r"DEC-\d+", card["content"]["body"]).group(0)

    def _shows(self, card, pattern, what):
        self._until(what, lambda _, event: is_from_bot(event) and event["type"] == "m.room.message"
                    and relation(event).get("event_id") == card
                    and re.search(pattern, event["content"].get("m.new_content", {}).get("body", ""), re.I))

    def play(self):
        asked = self.say("alice", "checkout", "!decide Two-step review, no call by tomorrow 12:00")
        card, item = self._card("checkout", asked, "“Two-step review, no call”", ["bob", "carol", YOU])
        self.react("bob", "checkout", card, "👍")
        self._shows(card, "Agreed: bob", f"bob's agreement on {item}")
        self.say("carol", "checkout", "objection: no way back in January", thread=card)
        self._shows(card, r"Blocked by carol(.|\n)*no way back", f"carol's objection on {item}")
        self._in_thread("checkout", card, f"alice told of the objection to {item}", "no way back", ["alice"])
        settled = self.say("alice", "checkout", f"!settle {item} In two steps, with a way back until March")
        self._shows(card, r"settled(.|\n)*In two steps", f"{item} settled by alice")
        self._answer("checkout", settled, f"bob told that {item} is another than he agreed to",
                     f"{item}(.|\n)*In two steps(.|\n)*bob", ["bob"])
        shown = self.say("carol", "checkout", f"!show {item}")
        self._answer("checkout", shown, f"the record of {item}",
                     rf"{item}.*settled(.|\n)*In two steps(.|\n)*bob: agreed(.|\n)*carol: objected.*no way back")

        asked = self.say("alice", "facturation", "!décider Changer de prestataire avant demain 17h")
        card, item = self._card("facturation", asked, "« Changer de prestataire »", ["bruno", "claire", YOU])
        self.react("claire", "facturation", card, "👍")
        self._shows(card, r"D’accord\s: claire", f"l’accord de claire sur {item}")
        self.say("bruno", "facturation", "objection : pas de retour arrière possible en janvier", thread=card)
        self._shows(card, r"Bloquée\spar\sbruno(.|\n)*retour arrière", f"l’objection de bruno sur {item}")
        self._in_thread("facturation", card, f"alice, à qui l’objection à {item} est dite", "retour arrière",
                        ["alice"])
        settled = self.say("alice", "facturation",
                           f"!trancher {item} En deux étapes, retour arrière gardé jusqu’au 31 mars")
        self._shows(card, r"tranchée(.|\n)*En deux étapes", f"{item} tranchée par alice")
        self._answer("facturation", settled, f"claire, à qui le nouveau texte de {item} est dit",
                     f"{item}(.|\n)*En deux étapes(.|\n)*claire", ["claire"])
        shown = self.say("bruno", "facturation", f"!voir {item}")
        self._answer("facturation", shown, f"la trace de {item}",
                     rf"{item}.*tranchée(.|\n)*En deux étapes(.|\n)*bruno\s: objection.*retour arrière"
                     r"(.|\n)*claire\s: d’accord")

        asked = self.say("bob", "checkout", "!decide Fridays without meetings by tomorrow 17:00")
        card, item = self._card("checkout", asked, "“Fridays without meetings”", ["alice", "carol", YOU])
        self._in_thread("checkout", card, f"what {item} still lacks", "context")

    # -- the prompt

    def converse(self):
        self.screen.show(f"""
Any Matrix client on this machine may join in:
  homeserver  {self.homeserver.url}
  accounts    {', '.join(PEOPLE)}
  password    {self.password}    (the same for all)

You are in checkout, as {YOU}; one decision waits for your answer.
{HELP}
""")
        room = "checkout"
        while True:
            try:
                line = self.screen.ask(f"{room}> ")
            except EOFError:
                return
            if line == "/quit":
                return
            try:
                room = self._typed(room, line)
            except (OSError, synapse.LabError) as error:
                print(f"That was not said: {error}")
            if self._bot_has_ended():
                print(f"The bot has ended with {self.bot.returncode}:\n{self.log_tail()}")

    def _typed(self, room, line):
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        room_id = self.rooms[room]
        card = self.talk.last_card.get(room_id)
        you = self.accounts[YOU]
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


def with_homeserver(binary, folder, is_scene_only):
    demo = Demo(binary, folder, Screen())
    try:
        demo.start()
        demo.play()
        demo.screen.show("\nThe scene is over: opened, objected to, settled and recorded, in both rooms.")
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
    missing = [line for line in CONSOLE_SHOWS if not re.search(line, played.stdout)]
    if played.returncode != 0:
        missing.append(f"the end of the console with 0: it was {played.returncode}")
    if missing:
        print("\nMissing: " + "; ".join(missing), file=sys.stderr)
        return 1
    if is_scene_only:
        return 0
    print("\nNow you: `/room checkout`, then `@bob: !help`; `/wait 2h` turns the clock, `/quit` ends.\n", flush=True)
    return subprocess.run(argv).returncode


def end_once(number, _):
    """Whoever ends this ends what it started; what comes after does not disturb the tidying up."""
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    print()
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(prog="bot/demo", description=__doc__)
    parser.add_argument("--console", action="store_true", help="in this terminal, without a homeserver")
    parser.add_argument("--scene", action="store_true", help="end after the scene: 0 if all came out as it should")
    options = parser.parse_args()
    for number in ENDING:
        signal.signal(number, end_once)
    run = in_console if options.console else with_homeserver
    try:
        with synapse.scratch_folder("greffier-demo-") as folder:
            return run(os.path.abspath(os.environ["GREFFIER"]), folder, options.scene or not sys.stdin.isatty())
    except synapse.LabError as error:
        print(error, file=sys.stderr)
        if not options.console:
            print("bot/demo --console plays the same without a homeserver.", file=sys.stderr)
        return 1
    finally:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("Everything is removed.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
