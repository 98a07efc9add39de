"""Phrases whose answers are arithmetic, from the rules and Python's calendar; and what no table can hold (R27)."""
import calendar
import datetime
import json
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
    random.seed(28)
    for make in (days_of_the_week, clock_times, lengths, dates, dates_without_year, weeks, month_ends, zones, changes_of_clocks,
                 working_time, sentences):
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
    done = subprocess.run([binary, "when", "--batch"], input=given, stdout=subprocess.PIPE, timeout=120, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(lines):
        return [f"not ok R27: exit status {done.returncode}, {len(lines)} lines and {len(answers)} answers"]
    bad = [f"not ok R27: {name}: got {answer}, expected {sorted(right)}"[:300]
           for (name, _, right), answer in zip(lines, answers) if answer.get("result") not in right]
    return bad + list(check_options(binary))


def check_options(binary):
    """One phrase: the words and the JSON say the same, and misuse is 2."""
    def run(*args):
        done = subprocess.run([binary, "when", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        return done.returncode, done.stdout

    good = ["--now", GOOD["now"], "--zone", GOOD["zone"], "--lang", "en"]
    wanted = [
        ([*good, "--json", "--", "friday 17:00"], 0, '{"result":"at","at":"2026-11-27T17:00:00+01:00"}\n'),
        ([*good, "--json", "--", "friday", "17:00"], 0, '{"result":"at","at":"2026-11-27T17:00:00+01:00"}\n'),
        ([*good, "--", "friday 17:00"], 0, "at 2026-11-27T17:00:00+01:00\n"),
        ([*good, "--", "friday 5:30"], 0, "ask 2026-11-27T05:30:00+01:00\nor  2026-11-27T17:30:00+01:00\n"),
        ([*good, "--", "next week"], 0, "ask\n"),
        ([*good, "--", "friday 25:00"], 0, "error: impossible\n"),
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
