"""Phrases whose answers are arithmetic, from the rules and Python's calendar; and what no table can hold (R27)."""
import calendar
import datetime
import json
import os
import random
import subprocess
import zoneinfo

from calendars import DAY, Context

HOUR = datetime.timedelta(hours=1)
ZONES = ["Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Pacific/Pago_Pago", "Asia/Kathmandu",
         "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Cairo", "America/Santiago", "UTC"]
EN_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FR_DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
EN_MONTHS = [name.lower() for name in calendar.month_name[1:]]
FR_MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
             "décembre"]
# Nows with something about them: ends of months and years, leap days, week 53, the days of a change of clocks.
NOWS = ["2026-11-25T10:00", "2026-12-31T23:30", "2027-01-01T00:15", "2028-02-28T12:00", "2028-02-29T09:00",
        "2027-02-28T18:00", "2026-12-28T08:00", "2027-03-27T11:00", "2026-10-24T13:00", "2027-10-31T10:00",
        "2026-06-30T16:45", "2027-01-04T07:00"]


def term(civil):
    return f"{civil:%Y-%m-%d %H:%M:%S}"


def contexts():
    for i, now in enumerate(NOWS):
        for k in range(3):
            yield Context(now, ZONES[(i + 5 * k) % len(ZONES)], ["en", "fr"][(i + k) % 2])


def days_of_the_week():
    for context in contexts():
        now = context.local()
        for i in range(7):
            first = now.date() + ((i - now.weekday() - 1) % 7 + 1) * DAY
            for hour in (0, 8, 13, 23):
                at = datetime.datetime.combine(first, datetime.time(hour, 30))
                today = datetime.datetime.combine(now.date(), at.time())
                if i != now.weekday() or today <= now:
                    expected = term(at)
                else:
                    expected = f"ask {term(today)}, {term(at)}"
                name = random.choice([EN_DAYS[i], FR_DAYS[i]])
                yield "R8", context, random.choice([f"{name} {hour:02}:30", f"{hour:02}h30 {name}", f"by {name} at {hour:02}:30"]), expected
                yield "R9", context, random.choice([f"{name} next week {hour:02}:30", f"{FR_DAYS[i]} de la semaine prochaine à {hour:02}h30"]), \
                    term(datetime.datetime.combine(now.date() + (7 + i - now.weekday()) * DAY, at.time()))
                if i != now.weekday():
                    yield "R9", context, f"{FR_DAYS[i]} en huit {hour:02}h30", term(at + 7 * DAY)
                    yield "R9", context, f"next {EN_DAYS[i]} {hour:02}:30", f"ask {term(at)}, {term(at + 7 * DAY)}"


def clock_times():
    context = Context("2026-11-25T10:00", "America/St_Johns", "fr")
    for minute in range(0, 1440, 7):
        hour, rest = divmod(minute, 60)
        at = f"fri {hour:02}:{rest:02}"
        yield "R5", context, f"vendredi {hour:02}:{rest:02}", at
        yield "R5", context, f"{hour:02}h{rest:02} vendredi", at
        half = (hour % 12) or 12
        if (half, rest) != (12, 0):
            yield "R5", context, f"friday {half}:{rest:02}{'ap'[hour >= 12]}m", at
            yield "R5", context, f"{half}.{rest:02} {'ap'[hour >= 12]}.m. friday", at
        if 1 <= hour <= 7:
            at = f"ask fri {hour}:{rest:02}, fri {hour + 12}:{rest:02}"
        yield "R5", context, f"friday {hour}:{rest:02}", at
        yield "R5", context, f"vendredi à {hour} h {rest:02}", at


def lengths():
    for context in contexts():
        now = context.local()
        for _ in range(12):
            n = random.randint(1, 400)
            unit = random.choice(["min", "minutes", "h", "hours", "heures"])
            yield "R13", context, f"{random.choice(['in', 'within', 'dans', 'sous'])} {n} {unit}", f"+{n}{unit[0] if unit[0] == 'm' else 'h'}"
            days = random.choice([i for i in range(1, 400) if i not in (8, 15)])
            yield "R14", context, f"{random.choice(['in', 'within', 'dans', 'sous'])} {days} {random.choice(['days', 'jours'])}", term(now + days * DAY)
            yield "R14", context, f"in {days % 60 + 1} weeks at 09:30", \
                term(datetime.datetime.combine(now.date() + (days % 60 + 1) * 7 * DAY, datetime.time(9, 30)))
            months = random.randint(1, 30)
            year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            expected = term(now.replace(year=year, month=month + 1, day=now.day)) if now.day <= last else "ask"
            yield "R14", context, random.choice([f"in {months} months", f"dans {months} mois"]), expected


def dates():
    for context in contexts():
        now = context.local()
        for _ in range(25):
            day = now.date() + random.randint(1, 1500) * DAY
            weekday, at = day.weekday(), f"{day} 17:30:00"
            en, fr = EN_MONTHS[day.month - 1], FR_MONTHS[day.month - 1]
            yield "R17", context, random.choice([
                f"{day.day} {en} {day.year} 17:30", f"{en} {day.day}, {day.year} at 5:30pm", f"le {day.day} {fr} {day.year} à 17h30",
                f"17:30 on {EN_DAYS[weekday]} {day.day} {en} {day.year}", f"{FR_DAYS[weekday]} {day.day} {fr} {day.year}, 17 h 30"]), at
            yield "R17", context, f"{EN_DAYS[(weekday + random.randint(1, 6)) % 7]} {day.day} {en} {day.year} 17:30", "ask/error"
            yield "R20", context, random.choice([f"{day} 17:30", f"{day}T17:30", f"by {day} at 5.30pm", f"{day:%Y%m%d}T1730"]), at
            offset = random.randint(-28, 28) * 30
            there = datetime.datetime.combine(day, datetime.time(17, 30)) - datetime.timedelta(minutes=offset)
            sign = "-" if offset < 0 else "+"
            if there - now > 2 * DAY:
                yield "R20", context, f"{day}T17:30:00{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}", term(there) + "@UTC"
            if day.day > 12 or context.lang == "fr" or day.day == day.month:
                yield "R17", context, f"{day.day}/{day.month}/{day.year} 17:30", at
                yield "R17", context, f"{day.day:02}.{day.month:02}.{day.year} 17:30", at
            else:
                other = datetime.date(day.year, day.day, day.month)
                both = {f"{d} 17:30:00" for d in (day, other) if datetime.datetime.combine(d, datetime.time(17, 30)) > now}
                yield "R17", context, f"{day.day}/{day.month}/{day.year} 17:30", "ask " + ", ".join(sorted(both))
            week = day.isocalendar()
            yield "R19", context, f"{week[0]}-W{week[1]:02}-{week[2]} 17:30", at


def dates_without_year():
    """R18: the next one, unless the last one was within 90 days; the 90th itself is left to nobody."""
    for context in contexts():
        now = context.local()
        for back in range(-364, 365, 9):
            day = now.date() + back * DAY
            if (day.month, day.day) == (2, 29):
                continue
            candidates = [day.replace(year=y) for y in (now.year - 1, now.year, now.year + 1)]
            coming = [d for d in candidates if datetime.datetime.combine(d, datetime.time(12, 0)) > now]
            gone = [d for d in candidates if d not in coming]
            since = (now.date() - gone[-1]).days
            if since == 90:
                continue
            text = random.choice([f"{day.day} {EN_MONTHS[day.month - 1]} 12:00", f"{day.day} {FR_MONTHS[day.month - 1]} à midi"])
            yield "R18", context, text, ("ask " if since < 90 else "") + f"{coming[0]} 12:00"


def weeks():
    for context in contexts():
        now = context.local()
        year, present, _ = now.isocalendar()
        for week in range(1, 54):
            weekday = random.randrange(7)
            try:
                day = datetime.date.fromisocalendar(year + (week < present), week, weekday + 1)
                at = datetime.datetime.combine(day, datetime.time(10, 45))
                expected = term(at) if at > now else "ask/error"
            except ValueError:
                expected = "ask/error"
            yield "R19", context, random.choice([
                f"{EN_DAYS[weekday]} week {week} 10:45", f"semaine {week} {FR_DAYS[weekday]} 10h45",
                f"10:45 {EN_DAYS[weekday]} W{week}", f"{FR_DAYS[weekday]} de la semaine {week} à 10h45"]), expected


def month_ends():
    for context in contexts():
        now = context.local()
        for month in range(1, 13):
            ends = [datetime.datetime(y, month, calendar.monthrange(y, month)[1], 23, 59) for y in range(now.year - 1, now.year + 3)]
            coming = [end for end in ends if end > now]
            since = (now.date() - [end for end in ends if end <= now][-1].date()).days
            text = random.choice([f"end of {EN_MONTHS[month - 1]}", f"fin {FR_MONTHS[month - 1]}", f"d'ici fin {FR_MONTHS[month - 1]}"])
            if since != 90:
                yield "R16", context, text, ("ask " if since < 90 else "") + term(coming[0])
        last = now.replace(day=calendar.monthrange(now.year, now.month)[1], hour=23, minute=59)
        yield "R16", context, random.choice(["end of month", "fin du mois", "EOM"]), term(last)


def zones():
    context = Context("2026-11-25T10:00", "Europe/Zurich", "en")
    names = sorted(zoneinfo.available_timezones() - {"localtime"})
    cities = {}
    for name in names:
        if len(name) > 3 or "/" in name:
            yield "R21", context, f"friday 17:00 {random.choice([name, f'({name})', ', ' + name, name.lower()])}", f"2026-11-27 17:00@{name}"
        if name.split("/")[0] in ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"):
            cities.setdefault(name.split("/")[-1].replace("_", " "), set()).add(name)
    for city, found in cities.items():
        ats = {context.instant(f"2026-11-27 17:00@{name}") for name in found}
        if len(ats) == 1:
            yield "R21", context, f"friday 17:00 {city} time", f"2026-11-27 17:00@{min(found)}"
            yield "R21", context, f"vendredi 17h (heure de {city})", f"2026-11-27 17:00@{min(found)}"
    for quarters in range(-14 * 4, 14 * 4 + 1):
        sign, (hours, minutes) = "-" if quarters < 0 else "+", divmod(abs(quarters) * 15, 60)
        at = datetime.datetime(2026, 11, 27, 17) - datetime.timedelta(minutes=15 * quarters)
        yield "R21", context, f"friday 17:00 UTC{sign}{hours}{f':{minutes:02}' if minutes else ''}", term(at) + "@UTC"
        yield "R21", context, f"friday 17:00 ({sign}{hours:02}:{minutes:02})", term(at) + "@UTC"
        if sign == "+" or hours < 14:
            yield "R21", context, f"5pm {sign}{hours:02}:{minutes:02} friday", term(at) + "@UTC"


def changes_of_clocks():
    """R22: every clock time around each change of these zones within a year."""
    for name in ZONES + ["Europe/London", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Africa/Casablanca", "Europe/Dublin"]:
        zone = zoneinfo.ZoneInfo(name)
        at = datetime.datetime(2026, 9, 1, tzinfo=datetime.timezone.utc)
        while at.year < 2028:
            if (at + HOUR).astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
                local = at.astimezone(zone).replace(tzinfo=None, minute=0)
                context = Context(f"{local - 3 * DAY:%Y-%m-%d}T10:00", name, "en")
                for minutes in range(-60, 181, 15):
                    civil = local + datetime.timedelta(minutes=minutes)
                    yield "R22", context, f"{civil:%Y-%m-%d %H:%M}", term(civil)
                    yield "R22", context, f"{civil:%H:%M} in {(civil.date() - context.local().date()).days} days", term(civil)
            at += HOUR


def working_time():
    """R15, minute by minute."""
    specs = ["mon-fri 09:00-17:00", "mon-thu 09:00-12:30,13:30-17:30; fri 09:00-12:00", "sun-thu 08:00-16:00", "mon,wed 10:00-15:00",
             "mon-sun 00:00-24:00", "sat,sun 06:00-22:00", "mon-fri 07:30-12:00,13:00-16:30"]
    for i, context in enumerate(contexts()):
        spec = specs[i % len(specs)]
        context = Context(f"{context.local():%Y-%m-%dT%H:%M}", context.zone_name, context.lang, spec)
        for _ in range(5):
            wanted, at = random.randint(1, 30), context.now_s
            left = wanted * 60
            while left:
                minute = datetime.datetime.fromtimestamp(at, context.zone)
                of_day = minute.hour * 60 + minute.minute
                left -= any(a <= of_day < b for a, b in context.hours.days[minute.weekday()])
                at += 60
            if is_plain(context, at):
                yield "R15", context, random.choice([f"{wanted} working hours", f"in {wanted} business hours", f"dans {wanted} heures ouvrées"]), \
                    f"+{int(at - context.now_s)}s"
            n, day, left = random.randint(1, 12), context.local().date(), 0
            left = n
            while left:
                day += DAY
                left -= bool(context.hours.days[day.weekday()])
            clock = context.local().time()
            minute = clock.hour * 60 + clock.minute
            is_in = any(a <= minute <= b for a, b in context.hours.days[day.weekday()])
            yield "R15", context, random.choice([f"in {n} working days", f"{n} jours ouvrés", f"sous {n} jours ouvrés"]), \
                f"{day} now" if is_in else f"{day} end"


def is_plain(context, at_s):
    """No change of clocks on the way: what an interval with a gap or a fold at its end is worth is not a minute's count."""
    return len({datetime.datetime.fromtimestamp(s, context.zone).utcoffset() for s in range(int(context.now_s), int(at_s) + 3600, 3600)}) == 1


COMPOSED_DAYS = [
    ("fri 17", "friday|Friday|fri|fri.|vendredi|ven|ven.|VENDREDI|this friday|ce vendredi|vendredi qui vient|friday this week|vendredi de cette semaine|"
               "27 november|27 nov|27 nov.|27th of november|november 27|november 27th|nov 27|nov. 27th, 2026|27 novembre 2026|le 27 novembre|27/11|27/11/2026|"
               "27-11-2026|27.11.2026|2026/11/27|2026-11-27|friday 27|vendredi 27|friday 27 november|vendredi 27 novembre 2026|friday, november 27|the 27th|le 27|"
               "the day after tomorrow|day after tomorrow|après-demain|apres demain|friday week 48|semaine 48 vendredi|W48 friday|2026-W48-5|friday of week 48|"
               "in 2 days|dans 2 jours|within two days|sous deux jours|d'ici 2 jours"),
    ("mon 17", "monday|lundi|mon.|lun.|monday next week|next week monday|lundi de la semaine prochaine|lundi 30|30 november|le 30|end of november|fin novembre|"
               "end of month|fin du mois|30/11|2026-11-30|monday W49|lundi semaine 49|2026-W49-1|in 5 days|dans cinq jours"),
    ("d+1 17", "tomorrow|demain|thursday|jeudi|thu|jeu.|tomorrow thursday|demain jeudi|26 november|le 26|thursday of this week|in a day|dans un jour"),
    ("mon+7 17", "monday week|a week on monday|a week from monday|lundi en huit|monday week 50|lundi semaine 50|7 december|7 décembre|le 7 décembre|DEC 7|the 7th"),
    ("mon+14 17", "a fortnight on monday|lundi en quinze|14 december|14/12|monday week 51"),
]
COMPOSED_TIMES = {
    "17:00": "17:00|17h|17 h|17h00|17\u00a0h\u202f00|17 heures|17:00h|5pm|5 pm|5 p.m.|5:00pm|5.00 pm|17H|dix-sept heures|17:00 sharp|17h pile|17 heures précises",
    "9:05": "09:05|9:05|9h05|9 h 05|9:05am|9.05 a.m.|09h05|9 heures 05|neuf heures cinq|9:05 in the morning|9h05 du matin",
    "12:00": "noon|12 noon|midday|midi|12:00|12h|12 h 00|12 heures",
    "12:30": "12:30|12h30|midi et demi|12:30pm|12.30 p.m.",
    "20:30": "20:30|20h30|8:30pm|8:30 p.m.|8:30 in the evening|8h30 du soir|huit heures et demie du soir|vingt heures trente|20 h 30",
    "0:30": "00:30|0:30|0h30|12:30am|0 h 30|00h30",
    "15:00": "15:00|15h|3pm|3:00 pm|3h de l'après-midi|3:00 in the afternoon|quinze heures",
}
COMPOSED_ZONES = {
    None: "",
    "UTC": " UTC| GMT| (UTC)|, UTC| UTC+0| Z| +00:00",
    "America/New_York": " ET| EST| (ET)|, ET| America/New_York| New York time| heure de New York| (heure de New York)| UTC-5| -05:00",
    "Asia/Kolkata": " Asia/Kolkata| Kolkata time| heure de Kolkata| UTC+5:30| +05:30| (+05:30)",
    "Europe/Paris": " CET| Paris time| heure de Paris| (Europe/Paris)| UTC+1| +01:00",
}


LENGTH_WORDS = ("in ", "dans ", "within ", "sous ", "d'ici ")
DAY_WORDS = ["", "", "by ", "until ", "no later than ", "due ", "on ", "d'ici ", "pour ", "au plus tard ", "at the latest "]
TIME_WORDS = ["", "", "at ", "by ", "@ ", "à ", "avant ", "before ", "no later than "]
SENTENCE_WORDS = ["by", "until", "no later than", "due", "d'ici", "au plus tard", "deadline:", "échéance :", "before", "avant"]


def compose():
    """(phrase without its first word, is a length, day alone, term of the day, term of both); None where the words may mean more."""
    day, texts = random.choice(COMPOSED_DAYS)
    day, day_text = day.removesuffix(" 17"), random.choice(texts.split("|"))
    clock, texts = random.choice(list(COMPOSED_TIMES.items()))
    clock_text = random.choice(texts.split("|"))
    zone, texts = random.choice(list(COMPOSED_ZONES.items()) + [(None, "")] * 3)
    zone_text = random.choice(texts.split("|"))
    if zone_text == " -05:00" and clock == "0:30":
        return None  # perhaps a span
    return day, day_text, clock, clock_text, zone_text, f"{day} {clock}" + (f"@{zone}" if zone else "")


def is_day_with_number(text):
    return text in ("friday 27", "vendredi 27", "lundi 30", "le 27", "le 30", "le 26", "monday week")


def composed():
    """R4: a day and a time, in either order, with or without their words: one reading, whatever they are made of."""
    context = {lang: Context("2026-11-25T10:00", "Europe/Zurich", lang) for lang in ("en", "fr")}
    for made in filter(None, (compose() for _ in range(9000))):
        _, day_text, _, clock_text, zone_text, both = made
        day_word = "" if day_text.startswith(LENGTH_WORDS) else random.choice(DAY_WORDS + ["before ", "avant "])
        time_word = random.choice(TIME_WORDS)
        if (day_text.startswith("a ") and day_word == "d'ici ") or (time_word == "by " and clock_text.startswith(("neuf", "huit"))):
            continue  # à, not a; a length, in words
        if not time_word and is_day_with_number(day_text) and clock_text[0].isdigit() and ":" not in clock_text:
            time_word = "à "
        pieces = [day_word + day_text, time_word + clock_text + zone_text]
        if random.random() < 0.4 and not zone_text.endswith("ET"):
            pieces.reverse()
        joint = " " if day_text.endswith(".") else random.choice([" ", " ", ", "])
        yield "R4", context[random.choice(["en", "fr"])], joint.join(pieces) + random.choice(["", "", ".", "!", " 🎉"]), both


def composed_days():
    """R11: a day alone, with hours and without."""
    for made in filter(None, (compose() for _ in range(1500))):
        day, day_text = made[:2]
        if not day_text.startswith(LENGTH_WORDS):
            hours = random.choice([None, "mon-thu 09:00-12:30,13:30-17:30; fri 09:00-12:00"])
            context = Context("2026-11-25T10:00", random.choice(ZONES), random.choice(["en", "fr"]), hours)
            word = random.choice(DAY_WORDS)
            if not (day_text.startswith("a ") and word == "d'ici "):
                yield "R11", context, word + day_text + random.choice(["", "", ".", "!"]), f"{day} end"


def composed_sentences():
    """R25: with a subject before, behind, or around it."""
    subjects = [("Swap the router", ""), ("", "swap the router"), ("Swap the router", "in room B"), ("Choisir un logo", "pour la salle"),
                ("Ask Sam", "about v3.2"), ("", "sat and Sun")]
    for made in filter(None, (compose() for _ in range(4000))):
        day, day_text, _, clock_text, zone_text, both = made
        has_clock = random.random() < 0.7
        word = random.choice(SENTENCE_WORDS if has_clock else SENTENCE_WORDS[:8])
        before, behind = random.choice(subjects)
        if day_text.startswith("a ") or (is_day_with_number(day_text) and clock_text[0].isdigit() and ":" not in clock_text):
            continue
        if behind and (zone_text.endswith("ET") or zone_text == " Z") or word in ("before", "avant") and "end of" in day_text:
            continue
        if day_text.startswith(LENGTH_WORDS):
            if not has_clock:
                continue
            word = ""
        phrase = f"{word} {day_text}".strip() + (" " + random.choice(["", "at ", "à "]) + clock_text + zone_text if has_clock else "")
        if behind and not phrase.endswith((".", ")")) and random.random() < 0.3:
            phrase = f"({phrase})"
        subject = f"{before} {behind}".strip()
        context = Context("2026-11-25T10:00", "Europe/Zurich", random.choice(["en", "fr"]), "mon-fri 09:00-17:00", True)
        yield "R25", context, f"{before} {phrase} {behind}".strip() + random.choice(["", "" if behind else "."]), \
            (both if has_clock else f"{day} end") + f" ; {subject}"


def sentences():
    subjects = ["Swap the router", "Ranger la salle 4", "Choose v3.2 or 4:3", "Meet Sam (and May)", "Réponse à TSK-12", "Voir la 3e page",
                "Fix DEC-7's plan"]
    phrases = [("friday 17:00", "fri 17:00"), ("vendredi à 9h", "fri 9:00"), ("28 november at 12:30", "2026-11-28 12:30"),
               ("2026-12-24 08:00", "2026-12-24 8:00"), ("tomorrow 5pm", "d+1 17:00"), ("monday week 50 10:00", "w50-1 10:00"),
               ("le 28/11/2026 à 18h", "2026-11-28 18:00"), ("friday noon", "fri 12:00"), ("friday 17:00 UTC", "fri 17:00@UTC"),
               ("ven. 17h (heure de Paris)", "fri 17:00@Europe/Paris"), ("friday", "fri end")]
    for lang in ("en", "fr"):
        context = Context("2026-11-25T10:00", "America/New_York", lang, "mon-fri 09:00-17:00", True)
        for subject in subjects:
            for phrase, expected in phrases:
                words = ["by", "no later than", "due", "d'ici", "deadline:"] + (["before", "avant"] if phrase != "friday" else [])
                word = random.choice(words)
                yield "R25", context, f"{subject} {word} {phrase}", f"{expected} ; {subject}"
                yield "R25", context, f"{word.capitalize()} {phrase}: {subject}", f"{expected} ; {subject}"
                yield "R25", context, f"{subject} ({word} {phrase}).", f"{expected} ; {subject}"


def cases():
    random.seed(int(os.environ.get("SEED", "28")))
    for make in (days_of_the_week, clock_times, lengths, dates, dates_without_year, weeks, month_ends, zones, changes_of_clocks,
                 working_time, composed, composed_days, composed_sentences, sentences):
        yield from make()


GOOD = {"now": "2026-11-25T10:00:00+01:00", "zone": "Europe/Zurich", "lang": "en", "phrase": "friday 17:00"}


def hostile_lines():
    """(name, line as bytes, results that are right)"""
    def line(**changes):
        return json.dumps({**GOOD, **changes}).encode()

    def without(name):
        return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()

    yield "good", line(), {"at"}
    for name in ("now", "zone", "lang", "phrase"):
        yield f"without {name}", without(name), {"error"}
        for value in (None, 7, [], {}, True, "", "x" * 5000):
            yield f"{name} {str(value)[:9]}", line(**{name: value}), {"error"}
    for zone in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe/Zurich\0", "EUROPE", "posixrules"):
        yield f"zone {zone!r}", line(zone=zone), {"error"}
    for hours in ("mon-fri", "x", "mon 09:00-08:00", "mon 25:00-26:00", ";;;", "mon-fri 9-17", ""):
        yield f"hours {hours!r}", line(hours=hours), {"error"} if hours else {"error", "at"}
    for now in ("yesterday", "2026-11-25", "2026-13-01T00:00:00Z", "10:00", "2026-11-25T10:00:00+99:00", "in 2 hours"):
        yield f"now {now!r}", line(now=now), {"error"}
    yield "now Z", line(now="2026-11-25T09:00:00Z"), {"at"}
    yield "now with a fraction", line(now="2026-11-25t09:00:00.999z"), {"at"}
    yield "now at the end of time", line(now="9999-12-31T23:00:00Z", phrase="29 february"), {"ask", "error"}
    yield "now at its beginning", line(now="0001-02-01T00:00:00Z"), {"at"}
    yield "NUL", line(phrase="friday 17:00\0 or not"), {"error"}
    yield "NUL in a sentence", line(phrase="by friday 17:00\0", sentence=True), {"error"}
    for n in (1001, 65536):
        for piece in ("by ", "9", "é", "(", "\u202f", "friday ", "in ", "💥", "1:", "-", "\ufdfa", "mid ", "un "):
            text = (piece * (n // len(piece.encode()) + 1))[:n]
            yield f"{n} of {piece!r}", line(phrase=text), {"ask", "error"}
            yield f"{n} of {piece!r} in a sentence", line(phrase=text, sentence=True), {"ask", "error", "none"}
    yield "64 KiB escaped", line(phrase="\u0e01" * 21845), {"ask", "error"}
    yield "bad UTF-8", line(phrase="X").replace(b"X", b"friday \xff\xfe 17:00"), {"ask", "error"}
    yield "half a character", line(phrase="X").replace(b"X", b"friday 17:00 \xc3"), {"ask", "error"}
    yield "lone surrogate", line(phrase="X").replace(b"X", b"friday \\ud800 17:00"), {"ask", "error"}
    yield "twice the same key", line()[:-1] + b', "phrase": "monday 17:00"}', {"at"}
    yield "deep", b'{"x":' * 5000 + b"1" + b"}" * 5000, {"error"}
    yield "deep inside", line(x="Y").replace(b'"Y"', b"[" * 500 + b"]" * 500), {"at"}
    yield "deep beyond", line(x="Y").replace(b'"Y"', b"[" * 9000 + b"]" * 9000), {"error"}
    for text in (b"{", b"[]", b"7", b"null", b'"x"', b"friday 17:00", b"{}", b"{]", b'{"id":1}', b"\x00", b"\xff", line() + b" x", line() + line()):
        yield f"line {text[:12]!r}", text, {"error"}


def check_hostile(binary):
    lines = list(hostile_lines())
    given = b"\n".join(line for _, line, _ in lines) + b"\n\n   \n"
    done = subprocess.run([binary, "when", "--batch"], input=given, stdout=subprocess.PIPE, timeout=600, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(lines):
        return [f"not ok R27: exit status {done.returncode}, {len(lines)} lines and {len(answers)} answers"]
    bad = [f"not ok R27: {name}: got {answer}, expected {sorted(right)}"[:300]
           for (name, _, right), answer in zip(lines, answers) if answer.get("result") not in right]
    return bad + list(check_options(binary))


def check_options(binary):
    """One phrase: the words and the JSON say the same, and misuse is 2."""
    def run(*args, given=""):
        done = subprocess.run([binary, "when", *args], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=600, check=False)
        return done.returncode, done.stdout

    good = ["--now", GOOD["now"], "--zone", GOOD["zone"], "--lang", "en"]
    wanted = [
        ([*good, "--json", "--", "friday 17:00"], 0, '{"result":"at","at":"2026-11-27T17:00:00+01:00"}\n'),
        ([*good, "--json", "--", "friday", "17:00"], 0, '{"result":"at","at":"2026-11-27T17:00:00+01:00"}\n'),
        ([*good, "--", "friday 17:00"], 0, "at 2026-11-27T17:00:00+01:00\n"),
        ([*good, "--", "friday 5:30"], 0, "ask 2026-11-27T05:30:00+01:00\nor  2026-11-27T17:30:00+01:00\n"),
        ([*good, "--", "next week"], 0, "ask\n"),
        ([*good, "--", "friday 25:00"], 0,
         "error: impossible: no calendar or clock has it; write it as in \"friday 17:00\"\n"),
        ([*good, "--sentence", "--json", "--", "Hello"], 0, '{"result":"none","subject":"Hello"}\n'),
        ([*good, "--hours", "mon-fri 09:00-17:00", "--json", "--", "friday"], 0, '{"result":"at","at":"2026-11-27T17:00:00+01:00"}\n'),
        ([*good, "--hours", "x", "--", "friday"], 2, ""),
        ([*good], 2, ""),
        ([*good[2:], "--", "friday"], 2, ""),
        ([*good, "--zone", "Mars/Olympus", "--", "friday"], 2, ""),
        ([*good, "--lang", "de", "--", "friday"], 2, ""),
        ([*good, "--now", "soon", "--", "friday"], 2, ""),
        ([*good, "--what", "--", "friday"], 2, ""),
        ([*good, "--now"], 2, ""),
    ]
    for args, status, out in wanted:
        got = run(*args)
        if got != (status, out):
            yield f"not ok R0: {args}: got {got}, expected {(status, out)}"
    # Phrases line by line, and an object that says only what it means otherwise.
    status, out = run(*good, "--batch", given='friday 17:00\n {"phrase": "vendredi 17h", "lang": "fr", "id": 2}\n{"phrase\n')
    results = [json.loads(line) for line in out.splitlines()]
    wanted = [{"result": "at", "at": "2026-11-27T17:00:00+01:00"},
              {"result": "at", "at": "2026-11-27T17:00:00+01:00", "id": 2},
              {"result": "error", "why": "the line is not JSON"}]
    if status or results != wanted:
        yield f"not ok R0: a batch with options: got {results}, expected {wanted}"
