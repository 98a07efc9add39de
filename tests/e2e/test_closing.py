"""What a deadline does, and what edits and redactions of answers do (product.md, method.md 2)."""

import re

from chat import SOON_S, Failure, body_of, in_time, is_edit, just_before, minutes_of, mostly_waits, relation, sleep_until


async def _open(room, title, minutes, verb="!decide", how="in"):
    """A decision with the smallest deadline there is: its card, and when it is due."""
    opening = await room.alice.say(f"{verb} {title} {how} {minutes_of(minutes)}")
    card = await room.card(opening)
    return card, room.time_of(opening) + 60 * minutes


async def _closes(card, word, minutes):
    await card.shows(rf"\b{word}\b", 60 * minutes + SOON_S)


@in_time
async def silence_adopts(lab, minutes):
    bot = lab.bot()
    room = await lab.room("silence", ["alice", "bob", "carol"], bot)
    card, due = await _open(room, "Two-step review", minutes)
    await room.bob.react(card, "👍")
    just_before(due)
    await card.shows(r"Agreed: bob")
    await _closes(card, "adopted", minutes)
    _closed_in_time(room, card, due, "adopted")
    await room.bot_says(f"Adopted: {card.item}")
    record = await room.show(card.item)
    for line in (r"bob: agreed", r"carol: tacit agreement \(asked"):
        if not re.search(line, record):
            raise Failure(f"/{line}/ is not in the record:\n{record}")
    await room.stays_quiet()
    times = sum(f"Adopted: {card.item}" in body_of(e) for e in room.from_bot())
    if times != 1:
        raise Failure(f"adopted {times} times")


@mostly_waits
async def silence_adopts_in_french(lab):
    bot = lab.bot()
    room = await lab.room("silence-fr", ["alice", "bruno"], bot, lang="fr")
    card, due = await _open(room, "Relecture en deux temps", 1, "!décider", "dans")
    await _closes(card, "adoptée", 1)
    _closed_in_time(room, card, due, "adoptée")
    await room.bot_says(f"Adoptée.*{card.item}")


def _closed_in_time(room, card, due, word):
    """Not before it was due, by the homeserver's clock for both; dates have no fractions of a second."""
    closed = next(e["origin_server_ts"] for e in room.events if is_edit(e) and word in body_of(e)
                  and relation(e).get("event_id") == card.event_id)
    if closed < due * 1000:
        raise Failure(f"{card.item} was closed {due * 1000 - closed} ms too early")


@in_time
async def an_objection_blocks(lab, minutes):
    bot = lab.bot()
    room = await lab.room("objection", ["alice", "bob"], bot)
    card, due = await _open(room, "Move the offices", minutes)
    await sleep_until(due - 10 * minutes)
    await room.bob.thread(card, "objection: no parking there")
    just_before(due)
    await card.shows(r"Blocked by bob(.|\n)*no parking there")
    await card.thread_says(f"{card.item} did not close.*bob objected")
    if "adopted" in card.first_line:
        raise Failure("adopted against an objection")
    await room.alice.say(f"!settle {card.item} We stay")
    await card.shows(r"settled(.|\n)*We stay")


@in_time
async def an_objection_taken_back_in_time_adopts(lab, minutes):
    bot = lab.bot()
    room = await lab.room("taken-back", ["alice", "bob"], bot)
    card, due = await _open(room, "Paint the door", minutes)
    tap = await room.bob.react(card, "⛔")
    just_before(due)
    await card.shows(r"Blocked by bob")
    await room.bob.unreact(tap)
    just_before(due)
    await card.shows_no(r"Blocked")
    await _closes(card, "adopted", minutes)
    if "bob: tacit agreement" not in await room.show(card.item):
        raise Failure("an objection that was taken back is in the record as an answer")


@mostly_waits
async def an_objection_after_the_close_contests(lab):
    bot = lab.bot()
    room = await lab.room("contested", ["alice", "bob"], bot)
    card, _ = await _open(room, "Buy chairs", 1)
    await _closes(card, "adopted", 1)
    await room.bob.react(card, "⛔")
    await card.shows(r"contested")
    told = await room.bot_says(f"bob objects to {card.item} after the close")
    if told["content"].get("m.mentions", {}).get("user_ids") != [room.alice.user_id]:
        raise Failure(f"alice is not told: {told['content'].get('m.mentions')}")


async def redacted_answers_do_not_count(lab):
    bot = lab.bot()
    room = await lab.room("redacted", ["alice", "bob", "carol"], bot)
    card = await room.card(await room.alice.say("!decide New logo in 20 days"))
    typed = await room.bob.say(f"!agree {card.item}")
    word = await room.carol.thread(card, "objection: the colour of mud")
    await card.shows(r"Agreed: bob")
    await card.shows(r"Blocked by carol(.|\n)*the colour of mud")
    await room.bob.redact(typed)
    await card.shows_no(r"Agreed: bob")
    await room.carol.redact(word)
    await card.shows_no(r"the colour of mud")
    record = await room.show(card.item)
    if "the colour of mud" in record:
        raise Failure(f"redacted words are still in the record:\n{record}")


async def edited_answers_count_as_edited(lab):
    bot = lab.bot()
    room = await lab.room("edited", ["alice", "bob"], bot)
    card = await room.card(await room.alice.say("!decide New name in 20 days"))
    word = await room.bob.thread(card, "objection: too long")
    await card.shows(r"too long")
    await room.bob.edit(word, "objection: nobody can spell it")
    await card.shows(r"nobody can spell it")
    await card.shows_no(r"too long")
    record = await room.show(card.item)
    if "too long" in record or "nobody can spell it" not in record:
        raise Failure(f"the record has the answer as it was:\n{record}")
    await room.bob.edit(word, "agree")
    await card.shows("Agreed: bob")
    await card.shows_no("Blocked")


async def an_edited_command_that_failed_runs(lab):
    bot = lab.bot()
    room = await lab.room("mended", ["alice", "bob"], bot)
    wrong = await room.alice.say("!show DEC-7777")
    await room.answer(wrong, "DEC-7777")
    card = await room.card(await room.alice.say("!decide Mend in 20 days"))
    await room.alice.edit(wrong, f"!show {card.item}")
    await room.until(lambda: any("Mend" in room.now(e) for e in room.from_bot() if e["event_id"] != card.event_id),
                     SOON_S, "the edited command to run")


async def a_command_that_ran_does_not_run_again_when_edited(lab):
    bot = lab.bot()
    room = await lab.room("ran", ["alice", "bob"], bot)
    opening = await room.alice.say("!decide Colour of the door in 20 days")
    card = await room.card(opening)
    await room.alice.edit(opening, "!decide Colour of the gate in 20 days")
    await card.shows("Colour of the gate")
    await room.answered_once([opening])
    cards = [e for e in room.from_bot() if " · Colour of" in body_of(e)]
    if len(cards) != 1:
        raise Failure(f"{len(cards)} cards")


async def a_redacted_opening_asks_its_owner(lab):
    bot = lab.bot()
    room = await lab.room("opening", ["alice", "bob"], bot)
    opening = await room.alice.say("!decide Regretted in 20 days")
    card = await room.card(opening)
    await room.alice.redact(opening)
    question = await card.thread_says(r"cancel")
    await room.alice.react(question, "1️⃣")
    await card.shows(r"cancelled")


TESTS = [silence_adopts, silence_adopts_in_french, an_objection_blocks, an_objection_taken_back_in_time_adopts,
         an_objection_after_the_close_contests, redacted_answers_do_not_count, edited_answers_count_as_edited,
         an_edited_command_that_failed_runs, a_command_that_ran_does_not_run_again_when_edited,
         a_redacted_opening_asks_its_owner]
