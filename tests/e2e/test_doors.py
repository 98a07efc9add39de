"""Opening a decision, and every act on it by every door (product.md "How it talks", words.md 2)."""

from chat import SOON_S, Failure, body_of, in_thread_of, replies_to, words


async def opening_gives_one_card(lab):
    bot = lab.bot()
    room = await lab.room("checkout", ["alice", "bob", "carol"], bot)
    opening = await room.alice.say("!decide Two-step review, no call in 20 days")
    card = await room.card(opening)
    content = card.event["content"]
    for text in ("Two-step review, no call", "No answer by then counts as agreement", "alice", "bob", "carol"):
        if text not in card.text:
            raise Failure(f"“{text}” is not on the card:\n{card.text}")
    if content["msgtype"] != "m.text":
        raise Failure("a notice pings nobody (.m.rule.suppress_notices)")
    wanted = {room.bob.user_id, room.carol.user_id}
    if set(content.get("m.mentions", {}).get("user_ids", [])) != wanted:
        raise Failure(f"mentions {content.get('m.mentions')}, not {wanted}")
    if "rel_type" in content["m.relates_to"]:
        raise Failure("a card with a relation cannot be the root of a thread")
    await card.thread_says("context")
    await room.answered_once([opening])


async def opening_in_french(lab):
    bot = lab.bot()
    room = await lab.room("facturation", ["alice", "bruno", "claire"], bot, lang="fr")
    card = await room.card(await room.alice.say("!décider Changer de prestataire dans 20 jours"))
    for text in ("Changer de prestataire", "Ne pas répondre d’ici là vaut accord", "bruno", "claire"):
        if not words(text).search(card.text):
            raise Failure(f"« {text} » n’est pas sur la fiche :\n{card.text}")
    await room.claire.thread(card, "d’accord")
    await card.shows("D’accord : claire")
    await room.bruno.thread(card, "objection : pas de retour arrière")
    await card.shows("bloquée(.|\n)*pas de retour arrière")
    await room.alice.say(f"!trancher {card.item} En deux étapes")
    await card.shows("tranchée(.|\n)*En deux étapes")


async def opening_inside_a_thread_leaves_a_link(lab):
    bot = lab.bot()
    room = await lab.room("threads", ["alice", "bob"], bot)
    root = await room.alice.say("talk about the offices")
    opening = await room.bob.thread(root, "!decide Move the offices in 20 days")
    await room.until(lambda: any(in_thread_of(e, root) and "DEC-" in body_of(e) for e in room.from_bot()), SOON_S,
                     "a link in the thread where the decision was opened")
    cards = [e for e in room.from_bot() if "Move the offices" in body_of(e) and not in_thread_of(e, root)]
    if len(cards) != 1:
        raise Failure(f"{len(cards)} cards in the main timeline; answers: {room.answers(opening)}")


def _command_id(name):
    return lambda who, card, tail: who.say(f"!{name} {card.item}{tail}")


def _command_thread(name):
    return lambda who, card, tail: who.thread(card, f"!{name}{tail}")


def _command_reply(name):
    return lambda who, card, tail: who.reply(card, f"!{name}{tail}")


async def _decision(room, title):
    return await room.card(await room.alice.say(f"!decide {title} in 20 days"))


# The three ways to type a command, then the bare word in the thread.
TYPED = {"id": _command_id, "thread": _command_thread, "reply": _command_reply}


async def agreeing_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("agree", ["alice", "bob", "carol"], bot)
    doors = {name: make("agree") for name, make in TYPED.items()}
    doors["word"] = lambda who, card, _: who.thread(card, "ok")
    doors["word in a reply"] = lambda who, card, _: who.reply(card, "Agreed.")
    doors["reaction"] = lambda who, card, _: who.react(card, "👍")
    doors["reaction with a skin tone"] = lambda who, card, _: who.react(card, "👍🏽")
    for door, act in doors.items():
        card = await _decision(room, f"Agree by {door}")
        await act(room.bob, card, "")
        await card.shows(r"Agreed: bob")


async def objecting_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("object", ["alice", "bob"], bot)
    doors = {name: make("object") for name, make in TYPED.items()}
    doors["word"] = lambda who, card, tail: who.thread(card, f"objection:{tail}")
    for door, act in doors.items():
        card = await _decision(room, f"Object by {door}")
        await act(room.bob, card, " no way back in January")
        await card.shows(r"Blocked by bob(.|\n)*no way back in January")
    card = await _decision(room, "Object by reaction")
    await room.bob.react(card, "⛔")
    await card.shows(r"Blocked by bob")
    await card.thread_says(r"What|why|sentence")
    await room.bob.thread(card, "no parking there")
    await card.shows(r"no parking there")


async def taking_back_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("withdraw", ["alice", "bob"], bot)
    doors = {name: make("withdraw") for name, make in TYPED.items()}
    doors["word"] = lambda who, card, _: who.thread(card, "withdraw")
    for door, act in doors.items():
        card = await _decision(room, f"Withdraw by {door}")
        await room.bob.say(f"!object {card.item} too soon")
        await card.shows(r"Blocked")
        await act(room.bob, card, "")
        await card.shows_no(r"Blocked")
    card = await _decision(room, "Withdraw by reaction")
    tap = await room.bob.react(card, "👍")
    await card.shows(r"Agreed: bob")
    await room.bob.unreact(tap)
    await card.shows_no(r"Agreed: bob")


async def settling_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("settle", ["alice", "bob"], bot)
    doors = {name: make("settle") for name, make in TYPED.items()}
    doors["word"] = lambda who, card, tail: who.thread(card, f"settled:{tail}")
    for door, act in doors.items():
        card = await _decision(room, f"Settle by {door}")
        await act(room.alice, card, " In two steps")
        await card.shows(r"settled(.|\n)*In two steps")
    card = await _decision(room, "Settle by somebody else")
    denied = await room.bob.say(f"!settle {card.item} As I like it")
    await room.answer(denied, "alice")
    if "As I like it" in card.text:
        raise Failure("bob settled a decision of alice")


async def extending_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("extend", ["alice", "bob"], bot)
    doors = {name: make("extend") for name, make in TYPED.items()}
    doors["word"] = lambda who, card, tail: who.thread(card, f"new date:{tail}")
    for door, act in doors.items():
        card = await room.card(await room.alice.say(f"!decide Extend by {door} in 30 hours"))
        await act(room.alice, card, " in 20 days at 10:00")
        await card.shows(r"10:00(.|\n)*in (19|20) days")
    card = await room.card(await room.alice.say("!decide Extend by reaction in 30 hours"))
    tap = await room.alice.react(card, "📅")
    question = await room.bot_says(r"date.*1️⃣", after=tap)
    if not in_thread_of(question, card.event_id) and replies_to(question) != card.event_id:
        raise Failure(f"asked for a date away from the card: {question['content'].get('m.relates_to')}")
    await room.alice.react(question, "2️⃣")
    await card.shows(r"in 4[56] h")
    card = await room.card(await room.alice.say("!decide Extend by somebody else in 30 hours"))
    denied = await room.bob.say(f"!extend {card.item} in 20 days at 10:00")
    await room.answer(denied, "alice")
    if words("in (19|20) days").search(card.text):
        raise Failure("bob moved the date of alice's decision")


async def cancelling_by_each_door(lab):
    bot = lab.bot()
    room = await lab.room("cancel", ["alice", "bob"], bot)
    for door, make in TYPED.items():
        card = await _decision(room, f"Cancel by {door}")
        await make("cancel")(room.alice, card, "")
        await card.shows(r"cancelled")
    card = await _decision(room, "Cancel by somebody else")
    await room.bob.thread(card, "!cancel")
    await room.bot_says("alice", where=lambda e: replies_to(e) and "Cancel by somebody else" not in body_of(e))
    if "cancelled" in card.first_line:
        raise Failure("bob cancelled a decision of alice")


async def talk_is_not_an_answer(lab):
    bot = lab.bot()
    room = await lab.room("talk", ["alice", "bob"], bot)
    card = await _decision(room, "Talk")
    for text in ("ok, I'll look", "I am not agreed", "no", "+1 for lunch"):
        await room.bob.thread(card, text)
    await room.bob.react(card, "🎉")
    await room.bob.say("ok")
    marker = await room.bob.say(f"!show {card.item}")
    await room.answer(marker)
    if "Agreed" in card.text or "Blocked" in card.text:
        raise Failure(f"talk was taken for an answer:\n{card.text}")


async def mistakes_get_one_line(lab):
    bot = lab.bot()
    room = await lab.room("mistakes", ["alice", "bob"], bot)
    unknown = await room.bob.say("!show DEC-7777")
    await room.answer(unknown, "DEC-7777")
    typo = await room.bob.say("!decid move the offices in 20 days")
    suggestion = await room.answer(typo, "!decide")
    await room.bob.react(suggestion, "👍")
    await room.until(lambda: any("Move the offices" in body_of(e) or "move the offices" in body_of(e)
                                 for e in room.from_bot()), SOON_S, "👍 to run the suggested command")
    # Far from every command: it is not meant.
    silent = [await room.bob.say(text) for text in ("!wow", "! what a day", "!!!", "!")]
    help_ = await room.bob.say("!help")
    await room.answer(help_, "!decide")
    for event in silent:
        if room.answers(event):
            raise Failure(f"answered “{room.said(event)}”: {body_of(room.answers(event)[0])}")
    await room.answered_once([unknown, typo, help_])


async def an_item_stays_in_its_room(lab):
    bot = lab.bot()
    here = await lab.room("here", ["alice", "bob"], bot)
    there = await lab.room("there", ["alice", "carol"], bot)
    card = await _decision(here, "Kept in its room")
    unknown = await there.carol.say("!show DEC-7777")
    foreign = await there.carol.say(f"!show {card.item}")
    nowhere = there.now(await there.answer(unknown))
    elsewhere = there.now(await there.answer(foreign))
    if nowhere.replace("DEC-7777", card.item) != elsewhere:
        raise Failure(f"an item of another room shows: “{elsewhere}”, an unknown one “{nowhere}”")
    await there.carol.say(f"!object {card.item} from outside")
    await there.answered_once([unknown, foreign])
    if "Blocked" in card.text:
        raise Failure("somebody outside of the room objected")


TESTS = [opening_gives_one_card, opening_in_french, opening_inside_a_thread_leaves_a_link, agreeing_by_each_door,
         objecting_by_each_door, taking_back_by_each_door, settling_by_each_door, extending_by_each_door,
         cancelling_by_each_door, talk_is_not_an_answer, mistakes_get_one_line, an_item_stays_in_its_room]
