"""What bot/demo hears and shows: a person's account, the rooms as they are listened to, the terminal."""

import http.client
import itertools
import re
import readline  # makes input() editable, and tells what is typed so far
import shutil
import sys
import threading
import time
import unicodedata
import urllib.parse

import synapse

BOT = "greffier"
ANSWER_S = 90  # more than any machine needs that is not stuck
SYNC_MS = 30_000
INDENT = "    "


class Missing(Exception):
    """What the scene should have shown."""


def quoted(text):
    return urllib.parse.quote(text, safe="")


def relation(event):
    return event["content"].get("m.relates_to") or {}


def is_from_bot(event):
    return event["sender"].startswith(f"@{BOT}:")


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
        path = f"rooms/{quoted(room_id)}/send/{kind}/{next(self.numbers)}"
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


def cells(text):
    """How many columns a terminal gives to a text."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(line, columns):
    """A line as lines that fit, broken between words; those after the first stand a little further in."""
    lead = line[:len(line) - len(line.lstrip())]
    first, *words = line.lstrip().split(" ")
    lines = [lead + first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if cells(longer) < columns:
            lines[-1] = longer
        else:
            lines.append(f"{lead}  {word}")
    return lines


class Screen:
    """Prints what rooms say, above the line that is being typed."""

    def __init__(self):
        self.prompt = None
        self.lock = threading.Lock()

    @staticmethod
    def fitted(text):
        if not sys.stdout.isatty():
            return text
        columns = shutil.get_terminal_size().columns
        return "\n".join(part for line in text.split("\n") for part in wrapped(line, columns))

    @staticmethod
    def clear(text, rows_below=0):
        """Takes away a line of input that may fill several rows; the cursor is so many rows below its last."""
        if sys.stdout.isatty():
            up = (cells(text) - (0 if rows_below else 1)) // shutil.get_terminal_size().columns + rows_below
            print((f"\033[{up}A" if up > 0 else "") + "\r\033[J", end="", flush=True)

    def show(self, text):
        with self.lock:
            if self.prompt is None:
                print(self.fitted(text), flush=True)
                return
            line = self.prompt + readline.get_line_buffer()
            self.clear(line)
            print(f"{self.fitted(text)}\n{line}", end="", flush=True)

    def ask(self, prompt):
        """A line that is typed, taken off the screen again: what is said comes back from the room."""
        self.prompt = prompt
        try:
            line = input(prompt)
        finally:
            self.prompt = None
        self.clear(prompt + line, rows_below=1)
        return line.strip()


class Talk:
    """What one person hears, in all rooms, as it comes; a thread listens."""

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
                answer = self.account.ask("GET", f"sync?timeout={SYNC_MS}&since={quoted(since)}")
            except (OSError, ValueError, http.client.HTTPException, synapse.LabError):
                time.sleep(0.5)
                continue
            since = answer["next_batch"]
            for room_id, room in answer.get("rooms", {}).get("join", {}).items():
                for event in room["timeline"]["events"]:
                    self._hear(room_id, event)

    def _hear(self, room_id, event):
        text = self._describe(room_id, event)
        if text and room_id in self.names:
            self.screen.show(text)
        # After it is shown: what waits for it goes on to say something itself.
        with self.news:
            self.events.append((room_id, event))
            self.news.notify_all()

    def _describe(self, room_id, event):
        content, kind = event["content"], event["type"]
        relates = relation(event)
        target = relates.get("event_id")
        if kind == "m.reaction" and "key" in relates and not is_from_bot(event):
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
        if card and is_from_bot(event) and not relates.get("rel_type"):
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
        return f"{head}:  {lines[0]}" if len(lines) == 1 else "\n".join([head + ":", *(INDENT + l for l in lines)])

    def wait(self, what, found, is_lost=lambda: False, within=ANSWER_S):
        """The first value that found(room id, event) gives; Missing after a while, or when is_lost()."""
        limit = time.monotonic() + within
        seen = 0
        with self.news:
            while True:
                for room_id, event in self.events[seen:]:
                    if value := found(room_id, event):
                        return value
                seen = len(self.events)
                left = limit - time.monotonic()
                if left <= 0 or is_lost():
                    raise Missing(what)
                self.news.wait(min(left, 0.5))
