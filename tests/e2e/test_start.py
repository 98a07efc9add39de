"""What greffier answers when it cannot start, and how it starts (product.md "The command line is a contract")."""

import asyncio
import os
import stat
import subprocess
import time

import chat
import scripted
import synapse
from chat import Failure

FAILED, MISUSE, BAD_CONFIG = 1, 2, 78


async def _ends_with(bot, wanted, *words):
    code = await bot.exit_code()
    log = bot.log.read_text(errors="replace")
    codes = wanted if isinstance(wanted, tuple) else (wanted,)
    if code not in codes:
        raise Failure(f"exit code {code}, not {wanted}:\n{bot.log_tail()}")
    for word in words:
        if word not in log:
            raise Failure(f"“{word}” is not in what it says:\n{bot.log_tail()}")
    if chat.PASSWORD in log:
        raise Failure("the password is in the log")


async def wrong_password(lab):
    bot = lab.bot(start=False)
    bot.write_password("not the password")
    bot.start()
    await _ends_with(bot, (FAILED, BAD_CONFIG), bot.name)


async def nobody_listens(lab):
    bot = lab.bot(url="http://127.0.0.1:9", start=False)
    bot.start("login")
    await _ends_with(bot, FAILED, "127.0.0.1:9")


async def not_a_homeserver(lab):
    server = await asyncio.start_server(_web_page, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bot = lab.bot(url=f"http://127.0.0.1:{port}", start=False)
    bot.start("login")
    await _ends_with(bot, (FAILED, BAD_CONFIG), str(port))
    server.close()


async def _web_page(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    page = b"<html>It works!</html>"
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                 % (len(page), page))
    await writer.drain()
    writer.close()


async def a_token_of_somebody_else(lab):
    bot = lab.bot(start=False)
    other = lab.homeserver.register("somebody", chat.PASSWORD)
    token = bot.folder / "token"
    token.write_text(other["access_token"] + "\n")
    token.chmod(0o600)
    bot.config.write_text(bot.config.read_text().replace("password_file", "access_token_file").replace(
        "/password", "/token"))
    bot.start()
    await _ends_with(bot, (FAILED, BAD_CONFIG), "somebody")
    if other["access_token"] in bot.log.read_text():
        raise Failure("the token is in the log")


async def an_unknown_key(lab):
    bot = lab.bot(config="[acess]\nadmins = []\n", start=False)
    bot.start()
    await _ends_with(bot, BAD_CONFIG, "acess", "access")


async def a_password_that_all_may_read(lab):
    bot = lab.bot(start=False)
    (bot.folder / "password").chmod(0o644)
    bot.start()
    await _ends_with(bot, (FAILED, BAD_CONFIG), "password")


async def misuse(lab):
    for arguments in (["run", "--no-such-option"], ["no-such-command"]):
        code = subprocess.run([lab.binary, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd=lab.folder, timeout=chat.SOON_S).returncode
        if code != MISUSE:
            raise Failure(f"{arguments}: {code}, not {MISUSE}")


async def logs_in_once(lab):
    """Twice started, one device: logging in is what a homeserver limits most."""
    bot = lab.bot(start=False)
    for n_starts in (1, 2):
        bot.start()
        limit = time.monotonic() + chat.SOON_S
        while bot.log.read_text().count("ready as") < n_starts and time.monotonic() < limit:
            await asyncio.sleep(0.1)
        await bot.stop()
    token = lab.homeserver.register("looker", chat.PASSWORD, admin=True)["access_token"]
    devices = synapse.request("GET", f"{lab.homeserver.url}/_synapse/admin/v2/users/{bot.user_id}/devices",
                              token=token)[1]["devices"]
    # One is of the registration itself.
    if len(devices) != 2:
        raise Failure(f"{len(devices)} devices: {[d.get('display_name') for d in devices]}")
    for file in bot.folder.iterdir():
        if file.suffix in (".db", ".key") and stat.S_IMODE(os.stat(file).st_mode) & 0o077:
            raise Failure(f"{file.name} is open to others")


async def a_login_at_a_server_without_a_network(lab):
    """The same against the scripted homeserver: what is asked before the first sync, and that a token is kept."""
    server = scripted.Homeserver({"clerk": chat.PASSWORD})
    await server.start()
    bot = lab.bot(url=server.url, start=False)
    bot.config.write_text(bot.config.read_text().replace(bot.user_id, "@clerk:localhost"))
    room = server.make_room("ops", ["@clerk:localhost", "@alice:localhost"])
    bot.start()
    await server.settled(chat.SOON_S)
    asked = server.say(room, "@alice:localhost", "!help")
    answer = await server.next_sent(chat.SOON_S)
    if (answer["content"].get("m.relates_to") or {}).get("m.in_reply_to", {}).get("event_id") != asked:
        raise Failure(f"not a reply: {answer}")
    await bot.stop()
    await server.stop()


def _ask(lab, bot, *arguments):
    done = subprocess.run([lab.binary, arguments[0], "--config", str(bot.config), *arguments[1:]], text=True,
                          capture_output=True, cwd=bot.folder, timeout=chat.SOON_S)
    return done.returncode, done.stdout + done.stderr


async def the_running_bot_answers_the_command_line(lab):
    """By its socket while it runs, from the file when it is down, in the same words."""
    bot = lab.bot(start=False)
    bot.login()  # which shows the recovery key: until then that is what `check` finds
    bot.start()
    room = await lab.room("asked", ["alice", "bob"], bot)
    card = await room.card(await room.alice.say("!decide Move the offices in 20 days"))
    await room.bob.react(card, "👍")
    await card.shows("Agreed: bob")
    asked = [("show", card.item), ("search", "offices"), ("show", "DEC-99"), ("check",), ("check", "--online")]
    running = [_ask(lab, bot, *words) for words in asked]
    await bot.stop()
    stopped = [_ask(lab, bot, *words) for words in asked]
    for words, by_socket, by_file in zip(asked, running, stopped):
        if by_socket != by_file:
            raise Failure(f"{words}: {by_socket} of the running bot, {by_file} of the file")
    wanted = [(0, "Move the offices"), (0, card.item), (FAILED, "no such item"), (0, "all is well"), (0, "all is well")]
    for words, (code, text), (wanted_code, wanted_text) in zip(asked, running, wanted):
        if code != wanted_code or wanted_text not in text:
            raise Failure(f"{words}: {code} and “{text}”")
    if (bot.folder / "greffier.db.sock").exists():
        raise Failure("the socket outlives the bot")


TESTS = [wrong_password, nobody_listens, not_a_homeserver, a_token_of_somebody_else, an_unknown_key,
         a_password_that_all_may_read, misuse, logs_in_once, a_login_at_a_server_without_a_network,
         the_running_bot_answers_the_command_line]
