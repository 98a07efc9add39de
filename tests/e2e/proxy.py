"""A proxy between the bot and its homeserver that loses, delays or replaces chosen answers.

    proxy = Proxy("http://127.0.0.1:8008")
    await proxy.start()                                  # proxy.url for the bot
    rule = proxy.rule("GET", "/sync", lose=True, contains=event_id, until=lambda: time.time() < t)
    proxy.rule("PUT", "/send/", status=502, times=3)

One connection a request, closed after it: reuse of connections is not what is tried here.
"""

import asyncio
import json
import re
import urllib.parse

HEAD_MAX = 64 << 10
READ_BYTES = 64 << 10


class Rule:
    def __init__(self, method, pattern, **action):
        self.method = method
        self.pattern = re.compile(pattern)
        self.skip = action.pop("skip", 0)        # so many matching requests pass first
        self.left = action.pop("times", 1)
        self.until = action.pop("until", None)   # holds while this is true, however often; `times` is not counted
        self.contains = action.pop("contains", None)  # only answers with this text in them
        self.lose = action.pop("lose", False)    # the homeserver has done it, the bot never hears of it
        self.delay_s = action.pop("delay_s", 0)
        self.status = action.pop("status", None)  # answered here; the homeserver never hears of it
        self.body = action.pop("body", {})
        self.headers = action.pop("headers", {})
        self.hits = 0
        self.hit = asyncio.Event()
        if action:
            raise ValueError(f"unknown: {sorted(action)}")

    def matches(self, method, target):
        if method != self.method or not self.pattern.search(target):
            return False
        return self.until() if self.until else self.left > 0

    def take(self):
        if self.skip > 0:
            self.skip -= 1
            return False
        self.left -= 1
        self.hits += 1
        self.hit.set()
        return True


class Proxy:
    def __init__(self, upstream):
        parts = urllib.parse.urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.rules = []
        self.seen = []  # (method, target)
        self.url = None
        self._server = None
        self._tasks = set()

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_MAX)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def rule(self, method, pattern, **action):
        self.rules.append(Rule(method, pattern, **action))
        return self.rules[-1]

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._one(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # either side went away, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        self.seen.append((method, target))
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        if re.search(rb"\r\nexpect: *100-continue", head, re.I):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(length.group(1))) if length else b""
        rules = [rule for rule in self.rules if rule.matches(method, target)]
        for rule in rules:
            if rule.status is not None and rule.take():
                await asyncio.sleep(rule.delay_s)
                writer.write(_answer(rule))
                await writer.drain()
                return
        answer = await self._forward(reader, head, body)
        if answer is None:
            return
        for rule in rules:
            if rule.status is not None or (rule.contains and rule.contains.encode() not in answer):
                continue
            # Asked again: while the answer was being made the rule may have run out.
            if rule.matches(method, target) and rule.take():
                await asyncio.sleep(rule.delay_s)
                if rule.lose:
                    return
        writer.write(answer)
        await writer.drain()

    async def _forward(self, reader, head, body):
        """The whole answer; None if the client gave up first."""
        up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        try:
            head = re.sub(rb"\r\n(connection|expect):[^\r]*", b"", head, flags=re.I)
            up_writer.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
            answer = asyncio.ensure_future(up_reader.read(-1))
            gone = asyncio.ensure_future(reader.read(READ_BYTES))
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            is_there = answer.done()
            for future in (answer, gone):
                future.cancel()
            return answer.result() if is_there else None
        finally:
            up_writer.close()


def _answer(rule):
    body = rule.body if isinstance(rule.body, bytes) else json.dumps(rule.body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": len(body), "Connection": "close",
               **rule.headers}
    lines = [f"HTTP/1.1 {rule.status} Proxy", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body
