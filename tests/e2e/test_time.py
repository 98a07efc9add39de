"""Dates, zones and days off where only a real homeserver and a running daemon show them."""

import asyncio
import json
import re
import subprocess
import time
import urllib.parse

from chat import SOON_S, Failure, body_of, in_time, just_before, minutes_of, mostly_waits, sleep_until

CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20240101
RRULE:FREQ=YEARLY
SUMMARY:New Year of the team
END:VEVENT
BEGIN:VEVENT
DTSTART:20240102T090000
DTEND:20240102T120000
SUMMARY:Half a day
END:VEVENT
END:VCALENDAR
"""


@in_time
async def a_reminder_due_while_it_was_down(lab, minutes):
    """Said once, and marked late."""
    bot = lab.bot()
    room = await lab.room("late", ["alice", "bob"], bot)
    asked = await room.bob.say(f"!remind me the kettle in {minutes_of(minutes)}")
    await room.answer(asked, r"RMD-\d+")
    due = room.time_of(asked) + 60 * minutes
    await bot.stop()
    just_before(due, "the bot was to be down before a reminder was due")
    stopped = time.time()
    # Down for more than a minute: of less it says nothing.
    await sleep_until(max(due, stopped + 60) + 5)
    bot.start()
    await room.bot_says(r"the kettle.*I was down then")
    await room.stays_quiet()
    said = [body_of(e) for e in room.from_bot() if re.search(r"bob: the kettle", body_of(e))]
    if len(said) != 1:
        raise Failure(f"the reminder was to come once: {said}")
    await bot.stop()
    bot.start()
    await room.answer(await room.bob.say("!who"), "at work")
    if sum("I was down then" in body_of(e) for e in room.from_bot()) != 1:
        raise Failure("it came again after another start")


async def _set_profile(person, key, value):
    user = urllib.parse.quote(person.user_id, safe="")
    path = f"/_matrix/client/v3/profile/{user}/{key}"
    answer = await person.client.send("PUT", path, json.dumps({key: value}), {
        "Authorization": f"Bearer {person.client.access_token}", "Content-Type": "application/json"})
    return answer.status, await answer.text()


@mostly_waits
async def the_zone_of_a_profile(lab):
    """erin's profile has a zone: it is hers until she says another."""
    status, text = await _set_profile(lab.people["erin"], "m.tz", "Asia/Kolkata")
    if status != 200:
        raise Failure(f"Synapse does not keep m.tz: {status} {text}")
    bot = lab.bot()
    room = await lab.room("zones", ["alice", "erin"], bot)
    limit = time.monotonic() + SOON_S
    answer = ""
    while "Asia/Kolkata (of the Matrix profile)" not in answer:
        if time.monotonic() > limit:
            raise Failure(f"the zone of the profile is not known: {answer}")
        await asyncio.sleep(8)  # who asks more often is asked to wait
        answer = body_of(await room.answer(await room.erin.say("!me"), "direct messages in"))
    await room.answer(await room.erin.say("!me zone Zurich"), r"Europe/Zurich, now")
    await room.answer(await room.alice.say("!me"), r"Europe/Zurich \(not chosen\)")


async def days_off_are_imported_while_it_runs(lab):
    bot = lab.bot()
    room = await lab.room("holidays", ["alice", "bob"], bot)
    calendar = bot.folder / "team.ics"
    calendar.write_text(CALENDAR.replace("\n", "\r\n"))

    async def holidays(*arguments):
        done = await asyncio.to_thread(
            subprocess.run, [lab.binary, "holidays", "--config", str(bot.config), *arguments], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, cwd=bot.folder, timeout=SOON_S)
        return done.returncode, done.stdout + done.stderr

    code, told = await holidays("import", str(calendar), room.room_id)
    if code != 0 or "left out: Half a day: it is no whole day" not in told or "kept, of !" not in told:
        raise Failure(f"the calendar was not taken in: {code} {told}")
    await room.answer(await room.bob.say("!room off"), r"Fri 1 Jan 2027 \(New Year of the team\)|1 Jan.*New Year of the team")
    await room.answer(await room.alice.say("!room history"), "by an admin of the bot")
    code, told = await holidays("clear", room.room_id)
    if code != 0:
        raise Failure(f"clear: {code} {told}")
    await room.answer(await room.bob.say("!room off"), "none ahead")
    code, told = await holidays("list", "!nowhere:localhost")
    if code != 1 or "knows no such room" not in told:
        raise Failure(f"a room that is not there: {code} {told}")


TESTS = [a_reminder_due_while_it_was_down, the_zone_of_a_profile, days_off_are_imported_while_it_runs]
