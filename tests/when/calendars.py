"""What a day and a time of the tables are, by Python's own calendar."""
import datetime
import re
import zoneinfo

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def to_instant(zone, civil):
    """The first second whose clock shows it; in a gap, the first second behind it."""
    first = civil.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == civil:
        return first.timestamp()
    low, high = int(first.timestamp()) - 90000, int(first.timestamp()) + 90000
    while high - low > 1:
        middle = (low + high) // 2
        shown = datetime.datetime.fromtimestamp(middle, zone).replace(tzinfo=None)
        low, high = (middle, high) if shown < civil else (low, middle)
    return float(high)


def midnight(day):
    return datetime.datetime.combine(day, datetime.time())


class Hours:
    """Working hours as the option has them: minutes of each weekday."""

    def __init__(self, text):
        self.days = {i: [] for i in range(7)}
        for group in text.split(";"):
            days, intervals = group.strip().split(" ", 1)
            for day in self.read_days(days):
                for interval in intervals.split(","):
                    start, end = (int(t[:2]) * 60 + int(t[3:]) for t in interval.strip().split("-"))
                    self.days[day].append((start, end))

    @staticmethod
    def read_days(text):
        for item in text.split(","):
            first, _, last = item.partition("-")
            at, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            yield at
            while at != end:
                at = (at + 1) % 7
                yield at

    def close(self, day):
        return max((end for _, end in self.days[day.weekday()]), default=None)


class Context:
    def __init__(self, now, zone, lang, hours=None, is_sentence=False):
        self.zone_name, self.lang, self.hours_text, self.is_sentence = zone, lang, hours, is_sentence
        self.zone = zoneinfo.ZoneInfo(zone)
        self.now_s = to_instant(self.zone, datetime.datetime.fromisoformat(now)) if isinstance(now, str) else now
        self.hours = Hours(hours) if hours else None

    def __str__(self):
        now = datetime.datetime.fromtimestamp(self.now_s, self.zone)
        return f"{now:%a %Y-%m-%d %H:%M} {self.zone_name} {self.lang}" + (f" [{self.hours_text}]" if self.hours else "")

    def question(self, ident, phrase):
        offset = datetime.timezone(datetime.timedelta(minutes=(ident * 45) % 1440 - 720))
        now = datetime.datetime.fromtimestamp(self.now_s, offset if ident % 3 else UTC)
        line = {"id": ident, "now": now.isoformat(), "zone": self.zone_name, "lang": self.lang, "phrase": phrase}
        if self.hours:
            line["hours"] = self.hours_text
        if self.is_sentence:
            line["sentence"] = True
        return line

    def local(self, zone=None):
        return datetime.datetime.fromtimestamp(self.now_s, zone or self.zone).replace(tzinfo=None)

    def day(self, text, today):
        if text == "today":
            return today
        if text.startswith("d+"):
            return today + int(text[2:]) * DAY
        if match := re.fullmatch(r"(mon|tue|wed|thu|fri|sat|sun)(?:\+(\d+))?", text):
            ahead = (WEEKDAYS.index(match[1]) - today.weekday() - 1) % 7 + 1
            return today + (ahead + int(match[2] or 0)) * DAY
        if match := re.fullmatch(r"w(\d+)-(\d)", text):
            return datetime.date.fromisocalendar(today.isocalendar()[0], int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d\d)-(\d\d)", text):
            day = datetime.date(today.year, int(match[1]), int(match[2]))
            return day if day >= today else day.replace(year=today.year + 1)
        return datetime.date.fromisoformat(text)

    def instant(self, term):
        """Seconds since 1970 of a term of the tables."""
        term, _, zone_name = term.partition("@")
        zone = zoneinfo.ZoneInfo(zone_name) if zone_name else self.zone
        if match := re.fullmatch(r"\+(\d+)([hms])", term.strip()):
            return self.now_s + int(match[1]) * {"h": 3600, "m": 60, "s": 1}[match[2]]
        day_text, time_text = term.split()
        there = self.local(zone)
        civil = midnight(self.day(day_text, there.date()))
        if time_text == "now":
            return to_instant(zone, datetime.datetime.combine(civil.date(), there.time()))
        if time_text == "end":
            close = self.hours.close(civil.date()) if self.hours else None
            return to_instant(zone, civil + datetime.timedelta(minutes=1439 if close is None else close))
        parts = [int(part) for part in time_text.split(":")] + [0]
        return to_instant(zone, civil + datetime.timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2]))
