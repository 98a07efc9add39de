#!/usr/bin/env python3
"""A scripted homeserver: the part of the client-server API that a bot uses, in one process without a disk, for
faults that a real server cannot be asked for and for measuring (it adds less than a millisecond).

    server = Homeserver(users={"greffier": "secret"})
    await server.start()                                # server.url
    room = server.make_room("ops", ["@greffier:localhost", "@alice:localhost"])
    event_id = server.say(room, "@alice:localhost", "!ping")
    event = await server.next_sent(timeout=5)           # what the bot sent, with "at" (monotonic seconds)
    server.fault("PUT", "/send/", status=502, times=3)

As a script it reads `say ROOM USER TEXT` on stdin and prints what clients send as JSON lines; see --help.

As in Synapse: a repeated /sync gets its old answer for two minutes, a known txn id gets its old event id, a relation to an
unknown event and a second equal reaction are refused, `state_after` is not offered. There is no encryption,
no federation, no access control between people, and nothing is kept. Times are milliseconds where named _ms.
"""

import argparse
import asyncio
import collections
import email.utils
import json
import re
import secrets
import sys
import time
import urllib.parse

SERVER_NAME = "localhost"
API = "/_matrix/client/"
REPEAT_CACHE_S = 120
REQUEST_MAX = 1 << 20
LOG_MAX = 100_000
DEFAULT_TIMELINE_LIMIT = 10


class Refused(Exception):
    """An error answer of the protocol."""

    def __init__(self, status, errcode, error="", **more):
        super().__init__(errcode)
        self.status = status
        self.body = {"errcode": errcode, "error": error or errcode, **more}


class Room:
    def __init__(self, room_id):
        self.room_id = room_id
        self.timeline = []  # events in order, state events too
        self.state = {}     # (type, state_key) -> event
        self.by_id = {}

    def members(self, membership="join"):
        return [key for (kind, key), event in self.state.items()
                if kind == "m.room.member" and event["content"].get("membership") == membership]

    def membership(self, user_id):
        event = self.state.get(("m.room.member", user_id))
        return event["content"].get("membership") if event else None


class Fault:
    """Matches requests by method and a regular expression on the path; acts `times` times, then is spent."""

    def __init__(self, method, pattern, **action):
        self.method = method
        self.pattern = re.compile(pattern)
        self.skip = action.pop("skip", 0)      # so many matching requests pass first
        self.left = action.pop("times", 1)
        self.delay_s = action.pop("delay_s", 0)
        self.status = action.pop("status", None)
        self.body = action.pop("body", None)   # bytes go out as they are, anything else as JSON
        self.headers = action.pop("headers", {})
        self.close = action.pop("close", None)  # "before": not even handled; "after": handled, answer lost
        self.hits = 0
        if action:
            raise ValueError(f"unknown: {sorted(action)}")

    def takes(self, method, path):
        if self.left <= 0 or method != self.method or not self.pattern.search(path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.left -= 1
        self.hits += 1
        return True


class Homeserver:
    def __init__(self, users=None, port=0, burst=0, refill_per_s=0.2, date_offset_s=0):
        """users: localpart -> password, those who may log in. burst: the sending limit of an account; 0 = none."""
        self.users = dict(users or {})
        self.port = port
        self.burst = burst
        self.refill_per_s = refill_per_s
        self.date_offset_s = date_offset_s  # how wrong the clock of this server is
        self.url = None
        self.rooms = {}
        self.log = []        # (room, event): all events of all rooms; position n is log[n - 1]
        self.tokens = {}     # access token -> (user id, device id)
        self.filters = {}
        self.one_time_keys = {}  # user: their names; nobody claims any
        self.account_data = {}
        self.txns = {}       # (token, path) -> event id
        self.txn_of = {}     # event id -> (token, txn id)
        self.sent = asyncio.Queue()
        self.requests = collections.deque(maxlen=LOG_MAX)  # (seconds, method, path with query)
        self.faults = []
        self.on_request = None
        self.busy_s = 0.0    # time spent in answering; what a client waits for beside its own work
        self._waiting = {}   # what answers a pending long poll -> the position it waits from
        self._polled = asyncio.Event()
        self._old_answers = {}
        self._buckets = {}
        self._server = None
        self._connections = set()
        self._n_events = 0

    # -- life

    async def start(self):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self):
        self._server.close()
        for connection in list(self._connections):
            connection.transport.abort()
        await self._server.wait_closed()

    def fault(self, method, pattern, **action):
        """The next matching request fails; see Fault. Returns it: .hits counts."""
        fault = Fault(method, pattern, **action)
        self.faults.append(fault)
        return fault

    # -- what a test does to it

    def make_room(self, name, members, creator=None, invited=()):
        room = Room(f"!{secrets.token_urlsafe(12)}:{SERVER_NAME}")
        self.rooms[room.room_id] = room
        creator = creator or members[-1]

        def state(kind, key, content, sender=creator):
            self._append(room, {"type": kind, "state_key": key, "sender": sender, "content": content})

        state("m.room.create", "", {"room_version": "11"})
        state("m.room.member", creator, {"membership": "join", "displayname": _localpart(creator)})
        state("m.room.power_levels", "", {"users": {creator: 100}, "users_default": 0, "state_default": 50,
                                          "events_default": 0})
        state("m.room.join_rules", "", {"join_rule": "invite"})
        state("m.room.name", "", {"name": name})
        for user in members:
            if user != creator:
                state("m.room.member", user, {"membership": "join", "displayname": _localpart(user)}, user)
        for user in invited:
            state("m.room.member", user, {"membership": "invite", "displayname": _localpart(user)})
        self._wake()
        return room.room_id

    def say(self, room_id, sender, text, **content):
        return self.send(room_id, sender, {"msgtype": "m.text", "body": text, **content})

    def send(self, room_id, sender, content, kind="m.room.message", state_key=None, quiet=False):
        """Any event by anybody. With quiet, syncs wake up only at the next one that is not."""
        event = {"type": kind, "sender": sender, "content": content}
        if state_key is not None:
            event["state_key"] = state_key
        event_id = self._append(self.rooms[room_id], event)
        if not quiet:
            self._wake()
        return event_id

    def redact(self, room_id, sender, event_id):
        return self._redact(self.rooms[room_id], sender, event_id, {})

    async def next_sent(self, timeout=10):
        return await asyncio.wait_for(self.sent.get(), timeout)

    def revoke_tokens(self):
        self.tokens.clear()

    def is_idle(self):
        """Whether a client waits in a long poll: it has dealt with everything it was told."""
        return bool(self._waiting)

    async def settled(self, timeout=10):
        """Returns when a client waits in a long poll for what comes after the last event."""
        async def wait():
            while not any(start == len(self.log) for start in self._waiting.values()):
                self._polled.clear()
                await self._polled.wait()

        await asyncio.wait_for(wait(), timeout)

    # -- events

    def _append(self, room, event):
        self._n_events += 1
        event = {"event_id": f"${self._n_events:06d}{secrets.token_urlsafe(18)}",
                 "origin_server_ts": int((time.time() + self.date_offset_s) * 1000), **event}
        room.timeline.append((len(self.log) + 1, event))
        room.by_id[event["event_id"]] = event
        if "state_key" in event:
            before = room.state.get((event["type"], event["state_key"]))
            if before:
                event["unsigned"] = {"replaces_state": before["event_id"], "prev_content": before["content"]}
            room.state[event["type"], event["state_key"]] = event
        self.log.append((room, event))
        return event["event_id"]

    def _redact(self, room, sender, target_id, content):
        event_id = self._append(room, {"type": "m.room.redaction", "sender": sender, "redacts": target_id,
                                       "content": {**content, "redacts": target_id}})
        target = room.by_id.get(target_id)
        if target:
            target["content"] = {}
            target.setdefault("unsigned", {})["redacted_because"] = dict(room.by_id[event_id])
        self._wake()
        return event_id

    def _shown(self, event, token):
        own = self.txn_of.get(event["event_id"])
        if not own or own[0] != token:
            return event
        return {**event, "unsigned": {**event.get("unsigned", {}), "transaction_id": own[1]}}

    def _wake(self):
        for waiter in list(self._waiting):
            waiter()

    # -- requests; each gets (user id, token, match of the path, query, body) and returns the answer

    def handle(self, connection, method, target, headers, raw):
        path, _, query = target.partition("?")
        self.requests.append((time.monotonic(), method, target))
        if self.on_request:
            self.on_request(method, target)
        fault = next((f for f in self.faults if f.takes(method, target)), None)
        if fault and (fault.close == "before" or (fault.status is not None)):
            connection.later(fault.delay_s, lambda: self._fail(connection, fault))
            return
        delay_s = fault.delay_s if fault else 0
        lose = fault is not None and fault.close == "after"
        connection.later(delay_s, lambda: self._dispatch(connection, method, path, query, headers, raw, lose))

    def _fail(self, connection, fault):
        if fault.close:
            connection.transport.abort()
        else:
            body = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body or {}).encode()
            connection.answer(fault.status, body, fault.headers)

    def _dispatch(self, connection, method, path, query, headers, raw, lose):
        if lose:
            connection.lose_next = True
        try:
            for verb, pattern, function, is_open in ROUTES:
                match = verb == method and pattern.fullmatch(path)
                if match:
                    break
            else:
                raise Refused(404, "M_UNRECOGNIZED")
            token = headers.get("authorization", "").removeprefix("Bearer ")
            user_id = self.tokens.get(token, (None, None))[0]
            if not is_open and user_id is None:
                raise Refused(401, "M_UNKNOWN_TOKEN" if token else "M_MISSING_TOKEN")
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                raise Refused(400, "M_NOT_JSON") from None
            args = [urllib.parse.unquote(group) for group in match.groups()]
            query = dict(urllib.parse.parse_qsl(query))
            answer = function(self, Request(connection, user_id, token, query, body, path), *args)
        except Refused as refused:
            headers = {}
            if "retry_after_ms" in refused.body:
                headers["Retry-After"] = str(-(-refused.body["retry_after_ms"] // 1000))
            connection.answer_json(refused.status, refused.body, headers)
            return
        if answer is not None:
            connection.answer_json(200, answer)

    def _room(self, request, room_id, need_join=True):
        room = self.rooms.get(room_id)
        if room is None or (need_join and room.membership(request.user_id) != "join"):
            raise Refused(403, "M_FORBIDDEN", "not in this room")
        return room

    def _take_token(self, user_id):
        if self.burst <= 0:
            return
        now = time.monotonic()
        level, since = self._buckets.get(user_id, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.refill_per_s)
        if level < 1:
            raise Refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=int((1 - level) / self.refill_per_s * 1000) + 1)
        self._buckets[user_id] = (level - 1, now)

    def versions(self, _):
        return {"versions": [f"v1.{n}" for n in range(1, 16)], "unstable_features": {}}

    def login_flows(self, _):
        return {"flows": [{"type": "m.login.password"}]}

    def login(self, request):
        identifier = request.body.get("identifier") or {}
        name = identifier.get("user") or request.body.get("user") or ""
        name = _localpart(name) if name.startswith("@") else name
        if self.users.get(name) is None or self.users[name] != request.body.get("password"):
            raise Refused(403, "M_FORBIDDEN", "Invalid username or password")
        return self.log_in(name, request.body.get("device_id"))

    def log_in(self, name, device_id=None):
        token = "scripted_" + secrets.token_urlsafe(16)
        device_id = device_id or secrets.token_hex(5).upper()
        self.tokens[token] = (f"@{name}:{SERVER_NAME}", device_id)
        return {"user_id": f"@{name}:{SERVER_NAME}", "access_token": token, "device_id": device_id,
                "home_server": SERVER_NAME}

    def logout(self, request):
        self.tokens.pop(request.token, None)
        return {}

    def whoami(self, request):
        user_id, device_id = self.tokens[request.token]
        return {"user_id": user_id, "device_id": device_id, "is_guest": False}

    def capabilities(self, _):
        return {"capabilities": {"m.room_versions": {"default": "11", "available": {"11": "stable"}},
                                 "m.change_password": {"enabled": False}}}

    def put_filter(self, request, _user):
        filter_id = str(len(self.filters))
        self.filters[filter_id] = request.body
        return {"filter_id": filter_id}

    def get_filter(self, _, _user, filter_id):
        if filter_id not in self.filters:
            raise Refused(404, "M_NOT_FOUND")
        return self.filters[filter_id]

    def get_account_data(self, request, user_id, *key):
        found = self.account_data.get((user_id, *key))
        if found is None or user_id != request.user_id:
            raise Refused(404, "M_NOT_FOUND")
        return found

    def put_account_data(self, request, user_id, *key):
        if user_id != request.user_id:
            raise Refused(403, "M_FORBIDDEN")
        self.account_data[(user_id, *key)] = request.body
        return {}

    def keys_upload(self, request):
        found = self.one_time_keys.setdefault(request.user_id, set())
        found.update(request.body.get("one_time_keys", {}))
        return {"one_time_key_counts": self._key_counts(request.user_id)}

    def _key_counts(self, user_id):
        return {"signed_curve25519": len(self.one_time_keys.get(user_id, ()))}

    def keys_query(self, _):
        return {"device_keys": {}, "failures": {}}

    def joined_rooms(self, request):
        return {"joined_rooms": [r for r, room in self.rooms.items() if room.membership(request.user_id) == "join"]}

    def joined_members(self, request, room_id):
        room = self._room(request, room_id)
        return {"joined": {user: {"display_name": room.state["m.room.member", user]["content"].get("displayname")}
                           for user in room.members()}}

    def members(self, request, room_id):
        room = self._room(request, room_id)
        chosen = request.query.get("membership")
        return {"chunk": [event for (kind, _), event in room.state.items() if kind == "m.room.member"
                          and chosen in (None, event["content"].get("membership"))]}

    def all_state(self, request, room_id):
        return list(self._room(request, room_id).state.values())

    def get_state(self, request, room_id, kind, key=""):
        event = self._room(request, room_id).state.get((kind, key))
        if event is None:
            raise Refused(404, "M_NOT_FOUND")
        return event["content"]

    def put_state(self, request, room_id, kind, key=""):
        room = self._room(request, room_id)
        self._take_token(request.user_id)
        event_id = self._append(room, {"type": kind, "state_key": key, "sender": request.user_id,
                                       "content": request.body})
        self._wake()
        return {"event_id": event_id}

    def get_event(self, request, room_id, event_id):
        event = self._room(request, room_id).by_id.get(event_id)
        if event is None:
            raise Refused(404, "M_NOT_FOUND")
        return {**self._shown(event, request.token), "room_id": room_id}

    def join(self, request, room_id):
        room = self._room(request, room_id, need_join=False)
        if room.membership(request.user_id) != "join":
            if room.membership(request.user_id) != "invite":
                raise Refused(403, "M_FORBIDDEN", "You are not invited to this room.")
            self._take_token(request.user_id)
            self._set_membership(room, request.user_id, request.user_id, "join")
        return {"room_id": room_id}

    def leave(self, request, room_id):
        self._set_membership(self._room(request, room_id, need_join=False), request.user_id, request.user_id, "leave")
        return {}

    def _set_membership(self, room, sender, user_id, membership):
        self._append(room, {"type": "m.room.member", "state_key": user_id, "sender": sender,
                            "content": {"membership": membership, "displayname": _localpart(user_id)}})
        self._wake()

    def create_room(self, request):
        self._take_token(request.user_id)
        return {"room_id": self.make_room(request.body.get("name", ""), [request.user_id],
                                          invited=request.body.get("invite", []))}

    def nothing(self, *_):
        return {}

    def send_event(self, request, room_id, kind, txn_id):
        known = self.txns.get((request.token, request.path))
        if known:
            return {"event_id": known}
        room = self._room(request, room_id)
        self._check_relation(room, request, kind)
        self._take_token(request.user_id)
        return self._accept(request, room, txn_id, {"type": kind, "sender": request.user_id, "content": request.body})

    def _accept(self, request, room, txn_id, event):
        event_id = self._append(room, event)
        self.txns[request.token, request.path] = event_id
        self.txn_of[event_id] = (request.token, txn_id)
        self.sent.put_nowait({**event, "event_id": event_id, "room_id": room.room_id, "at": request.at})
        # The answer to the PUT leaves before the sync that brings the echo, as it mostly does.
        asyncio.get_running_loop().call_soon(self._wake)
        return {"event_id": event_id}

    def _check_relation(self, room, request, kind):
        relates = request.body.get("m.relates_to")
        if not isinstance(relates, dict):
            return
        target_id, rel = relates.get("event_id"), relates.get("rel_type")
        if rel and target_id not in room.by_id:
            raise Refused(400, "M_UNKNOWN", "Can't send relation to unknown event")
        if rel == "m.thread" and "rel_type" in (room.by_id[target_id]["content"].get("m.relates_to") or {}):
            raise Refused(400, "M_UNKNOWN", "Cannot start threads from an event with a relation")
        if rel == "m.annotation" and any(
                event["type"] == kind and event["sender"] == request.user_id
                and event["content"].get("m.relates_to") == relates for _, event in room.timeline):
            raise Refused(400, "M_DUPLICATE_ANNOTATION", "Can't send same reaction twice")

    def redact_event(self, request, room_id, event_id, txn_id):
        known = self.txns.get((request.token, request.path))
        if known:
            return {"event_id": known}
        room = self._room(request, room_id)
        self._take_token(request.user_id)
        redaction = self._redact(room, request.user_id, event_id, request.body)
        self.txns[request.token, request.path] = redaction
        self.txn_of[redaction] = (request.token, txn_id)
        return {"event_id": redaction}

    def messages(self, request, room_id):
        room = self._room(request, room_id)
        limit = min(int(request.query.get("limit", "10")), 100)
        backwards = request.query.get("dir", "b") == "b"
        start = _position(request.query.get("from"), len(self.log) if backwards else 0)
        stop = _position(request.query.get("to"), 0 if backwards else len(self.log))
        if backwards:
            found = [(n, e) for n, e in reversed(room.timeline) if stop < n <= start]
        else:
            found = [(n, e) for n, e in room.timeline if start < n <= stop]
        page = found[:limit]
        answer = {"start": f"s{start}", "chunk": [self._shown(e, request.token) for _, e in page]}
        if len(found) > limit:
            answer["end"] = f"s{page[-1][0] - 1}" if backwards else f"s{page[-1][0]}"
        return answer

    # -- sync

    def sync(self, request):
        query = request.query
        since = query.get("since")
        if since is not None and not re.fullmatch(r"s\d+", since):
            raise Refused(400, "M_UNKNOWN", "Invalid stream token")
        key = (request.token, tuple(sorted(query.items())))
        old = self._old_answers.get(key)
        if old and time.monotonic() - old[0] < REPEAT_CACHE_S:
            return old[1]
        start = None if since is None else int(since[1:])
        timeout_s = min(int(query.get("timeout", "0")), 600_000) / 1000
        if start is None or self._has_news(request.user_id, start) or timeout_s <= 0:
            return self._sync_answer(request, start, key)
        self._wait(request, start, timeout_s, key)
        return None

    def _has_news(self, user_id, start):
        return any(user_id == event.get("state_key") or room.membership(user_id) == "join"
                   for room, event in self.log[start:])

    def _wait(self, request, start, timeout_s, key):
        def finish(is_timeout=False):
            if not is_timeout and not self._has_news(request.user_id, start):
                return
            forget()
            request.connection.answer_json(200, self._sync_answer(request, start, key))

        def forget():
            timer.cancel()
            self._waiting.pop(finish, None)
            request.connection.on_lost = None

        timer = asyncio.get_running_loop().call_later(timeout_s, finish, True)
        self._waiting[finish] = start
        self._polled.set()
        request.connection.on_lost = forget

    def _sync_answer(self, request, start, key):
        chosen = request.query.get("filter", "{}")
        parsed = json.loads(chosen) if chosen.startswith("{") else self.filters.get(chosen, {})
        room_filter = parsed.get("room") or {}
        limit = (room_filter.get("timeline") or {}).get("limit", DEFAULT_TIMELINE_LIMIT)
        lazy = (room_filter.get("state") or {}).get("lazy_load_members", False)
        sections = {"join": {}, "invite": {}, "leave": {}}
        touched = self.rooms.values() if start is None else {id(r): r for r, _ in self.log[start:]}.values()
        for room in touched:
            membership = room.membership(request.user_id)
            if membership == "join":
                sections["join"][room.room_id] = self._joined(room, request, start, limit, lazy)
            elif membership == "invite":
                sections["invite"][room.room_id] = {"invite_state": {"events": [
                    {k: e[k] for k in ("type", "state_key", "sender", "content")} for e in room.state.values()]}}
            elif membership in ("leave", "ban") and start is not None:
                event = room.state["m.room.member", request.user_id]
                sections["leave"][room.room_id] = {"timeline": {"events": [event], "limited": False},
                                                   "state": {"events": []}}
        answer = {"next_batch": f"s{len(self.log)}",
                  "device_one_time_keys_count": self._key_counts(request.user_id),
                  "device_unused_fallback_key_types": ["signed_curve25519"]}
        rooms = {name: found for name, found in sections.items() if found}
        if rooms:
            answer["rooms"] = rooms
        if start is None:
            answer["account_data"] = {"events": [{"type": k[1], "content": content}
                                                 for k, content in self.account_data.items()
                                                 if k[0] == request.user_id and len(k) == 2]}
        if start is not None and start != len(self.log):
            now = time.monotonic()
            self._old_answers = {k: v for k, v in self._old_answers.items() if now - v[0] < REPEAT_CACHE_S
                                 } if len(self._old_answers) > 1000 else self._old_answers
            self._old_answers[key] = (now, answer)
        return answer

    def _joined(self, room, request, start, limit, lazy):
        own_join = next((n for n, e in reversed(room.timeline) if e["type"] == "m.room.member"
                         and e["state_key"] == request.user_id), 0)
        is_new = start is None or own_join > start
        low = 0 if is_new else start
        # From the end: a room with a long past must not slow every answer down.
        events = []
        for n, event in reversed(room.timeline):
            if n <= low:
                break
            events.append((n, event))
        events.reverse()
        shown = events[-limit:] if limit else []
        limited = len(shown) < len(events)
        state = {}
        if is_new or limited:
            first = shown[0][0] if shown else len(self.log) + 1
            for n, event in room.timeline:
                if low < n < first and "state_key" in event:
                    state[event["type"], event["state_key"]] = event
            if lazy:
                seen = {event["sender"] for _, event in shown} | {request.user_id}
                state = {k: e for k, e in state.items() if k[0] != "m.room.member" or k[1] in seen}
        first = shown[0][0] if shown else len(self.log) + 1
        return {"timeline": {"events": [self._shown(e, request.token) for _, e in shown], "limited": limited,
                             "prev_batch": f"s{first - 1}"},
                "state": {"events": list(state.values())}, "ephemeral": {"events": []},
                "account_data": {"events": []},
                "summary": {"m.joined_member_count": len(room.members())},
                "unread_notifications": {}}


class Request:
    def __init__(self, connection, user_id, token, query, body, path):
        self.connection = connection
        self.user_id = user_id
        self.token = token
        self.query = query
        self.body = body
        self.path = path
        self.at = connection.at


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive; one request at a time, as the protocol has it without pipelining."""

    def __init__(self, server):
        self.server = server
        self.buffer = b""
        self.transport = None
        self.on_lost = None
        self.lose_next = False
        self.at = 0.0

    def connection_made(self, transport):
        self.transport = transport
        self.server._connections.add(self)

    def connection_lost(self, _):
        self.server._connections.discard(self)
        if self.on_lost:
            self.on_lost()

    def data_received(self, data):
        self.at = time.monotonic()
        self.buffer += data
        head, mark, rest = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if length > REQUEST_MAX:
            self.transport.abort()
            return
        if len(rest) < length:
            if headers.get("expect", "").lower() == "100-continue" and not rest:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self.buffer = rest[length:]
        method, target, _ = first.split(" ", 2)
        self.server.handle(self, method, target, headers, rest[:length])
        self.server.busy_s += time.monotonic() - self.at

    def later(self, delay_s, function):
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, function)
        else:
            function()

    def answer_json(self, status, body, headers=None):
        self.answer(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), headers)

    def answer(self, status, body, headers=None):
        if self.lose_next or self.transport.is_closing():
            self.transport.abort()
            return
        date = email.utils.formatdate(time.time() + self.server.date_offset_s, usegmt=True)
        lines = [f"HTTP/1.1 {status} Scripted", "Content-Type: application/json", f"Date: {date}",
                 f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in (headers or {}).items()), "", ""]
        self.transport.write("\r\n".join(lines).encode() + body)


def _localpart(user_id):
    return user_id[1:].partition(":")[0]


def _position(token, default):
    match = re.fullmatch(r"s(\d+)", token or "")
    return int(match.group(1)) if match else default


def _routes():
    part = "([^/]+)"
    table = [
        ("GET", "versions", Homeserver.versions, True),
        ("GET", "v3/login", Homeserver.login_flows, True),
        ("POST", "v3/login", Homeserver.login, True),
        ("GET", "v3/sync", Homeserver.sync),
        ("PUT", f"v3/rooms/{part}/send/{part}/{part}", Homeserver.send_event),
        ("PUT", f"v3/rooms/{part}/redact/{part}/{part}", Homeserver.redact_event),
        ("GET", f"v3/rooms/{part}/messages", Homeserver.messages),
        ("GET", f"v3/rooms/{part}/event/{part}", Homeserver.get_event),
        ("GET", f"v3/rooms/{part}/joined_members", Homeserver.joined_members),
        ("GET", f"v3/rooms/{part}/members", Homeserver.members),
        ("GET", f"v3/rooms/{part}/state", Homeserver.all_state),
        ("GET", f"v3/rooms/{part}/state/{part}/?", Homeserver.get_state),
        ("GET", f"v3/rooms/{part}/state/{part}/{part}", Homeserver.get_state),
        ("PUT", f"v3/rooms/{part}/state/{part}/?", Homeserver.put_state),
        ("PUT", f"v3/rooms/{part}/state/{part}/{part}", Homeserver.put_state),
        ("POST", f"v3/rooms/{part}/join", Homeserver.join),
        ("POST", f"v3/join/{part}", Homeserver.join),
        ("POST", f"v3/rooms/{part}/leave", Homeserver.leave),
        ("POST", f"v3/rooms/{part}/forget", Homeserver.nothing),
        ("POST", f"v3/rooms/{part}/receipt/{part}/{part}", Homeserver.nothing),
        ("PUT", f"v3/rooms/{part}/typing/{part}", Homeserver.nothing),
        ("PUT", f"v3/sendToDevice/{part}/{part}", Homeserver.nothing),
        ("POST", "v3/createRoom", Homeserver.create_room),
        ("GET", "v3/joined_rooms", Homeserver.joined_rooms),
        ("GET", "v3/account/whoami", Homeserver.whoami),
        ("GET", "v3/capabilities", Homeserver.capabilities),
        ("POST", f"v3/user/{part}/filter", Homeserver.put_filter),
        ("GET", f"v3/user/{part}/filter/{part}", Homeserver.get_filter),
        ("GET", f"v3/user/{part}/account_data/{part}", Homeserver.get_account_data),
        ("PUT", f"v3/user/{part}/account_data/{part}", Homeserver.put_account_data),
        ("GET", f"v3/user/{part}/rooms/{part}/account_data/{part}", Homeserver.get_account_data),
        ("PUT", f"v3/user/{part}/rooms/{part}/account_data/{part}", Homeserver.put_account_data),
        ("POST", "v3/keys/upload", Homeserver.keys_upload),
        ("POST", "v3/keys/query", Homeserver.keys_query),
        ("PUT", f"v3/presence/{part}/status", Homeserver.nothing),
        ("POST", "v3/logout", Homeserver.logout),
    ]
    return [(verb, re.compile(re.escape(API) + pattern), function, bool(is_open))
            for verb, pattern, function, *is_open in table]


ROUTES = _routes()


async def _script(options):
    server = Homeserver({options.user: options.password}, options.port, options.burst)
    await server.start()
    people = [f"@{name}:{SERVER_NAME}" for name in options.people.split(",")]
    rooms = [server.make_room(f"room {n}", [f"@{options.user}:{SERVER_NAME}", *people]) for n in range(options.rooms)]
    print(json.dumps({"url": server.url, "rooms": rooms}), flush=True)

    async def tell():
        while True:
            event = await server.sent.get()
            print(json.dumps(event, ensure_ascii=False), flush=True)

    teller = asyncio.create_task(tell())
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        verb, _, rest = line.decode().strip().partition(" ")
        room, _, rest = rest.partition(" ")
        user, _, text = rest.partition(" ")
        if verb != "say" or not text:
            print(json.dumps({"error": "say ROOM USER TEXT; ROOM is a number or an id"}), flush=True)
            continue
        server.say(rooms[int(room)] if room.isdigit() else room, f"@{user}:{SERVER_NAME}", text)
    teller.cancel()
    await server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user", default="greffier", help="the bot's account")
    parser.add_argument("--password", default="scripted", help="of that account; there is nothing to protect here")
    parser.add_argument("--people", default="alice,bob")
    parser.add_argument("--rooms", type=int, default=1)
    parser.add_argument("--burst", type=int, default=0, help="sending limit of an account; 0 = none")
    try:
        asyncio.run(_script(parser.parse_args()))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
