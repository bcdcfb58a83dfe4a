"""What becomes of events at random times while mute rules hold actions back, by the documentation and nothing of trailproof.

An event moves its alarm up to fifteen minutes later (CloudTrail's delivery) and up to a minute more (the evaluation). The alarm stays in
ALARM for 300 seconds at least and 900 at most. In a window its action waits; it is lost where the alarm is back before the window ends.
An event is missed where it is lost however late, heard where it never is, and undecided else.

Reads {"rules": {name: [rule, ...]}, "times": {name: [time, ...]}} and prints {name: {time: answer}}.
"""

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def seconds(duration):
    days, hours, minutes = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", duration).groups()
    return int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60


def values(field, least, most, names=()):
    found = set()
    for item in field.split(","):
        if item == "*":
            found.update(range(least, most + 1))
            continue
        ends = [names.index(end) if end in names else int(end) for end in item.split("-")]
        found.update(range(ends[0], ends[-1] + 1))
    return found


def begins(rule, first, last):
    """Local begins of windows between two days, each with whether it is sure."""
    expression = rule["Expression"]
    if expression.startswith("at("):
        yield datetime.fromisoformat(expression[3:-1]), True
        return
    minute, hour, day, month, weekday = expression[5:-1].split()
    minutes, hours = sorted(values(minute, 0, 59)), sorted(values(hour, 0, 23))
    days, months, weekdays = values(day, 1, 31), values(month, 1, 12, MONTHS), values(weekday, 0, 6, DAYS)
    at = first
    while at <= last:
        of_month, of_week = at.day in days, (at.isoweekday() % 7) in weekdays
        sure = possible = of_month and of_week
        if day != "*" and weekday != "*":
            possible = of_month or of_week
        if possible and at.month in months:
            for hour in hours:
                for minute in minutes:
                    yield datetime(at.year, at.month, at.day, hour, minute), sure
        at += timedelta(days=1)


def windows(rules, first, last):
    """(sure, possible): lists of [begin, end) in seconds since 1970, joined."""
    lists = ([], [])
    for rule in rules:
        zone = ZoneInfo(rule.get("Timezone", "UTC"))
        length = seconds(rule["Duration"])
        start = datetime.fromisoformat(rule["StartDate"]).timestamp() if "StartDate" in rule else float("-inf")
        end = datetime.fromisoformat(rule["ExpireDate"]).timestamp() if "ExpireDate" in rule else float("inf")
        for local, sure in begins(rule, first - timedelta(days=17), last + timedelta(days=2)):
            begin = local.replace(tzinfo=zone).timestamp()
            window = [max(begin, start), min(begin + length, end)]
            if window[0] < window[1]:
                lists[1].append(window)
                if sure:
                    lists[0].append(list(window))
    joined = []
    for found in lists:
        found.sort()
        result = []
        for window in found:
            if result and window[0] <= result[-1][1]:
                result[-1][1] = max(result[-1][1], window[1])
            else:
                result.append(window)
        joined.append(result)
    return joined


def lost(windows, moment, stay):
    return any(begin <= moment and moment + stay < end for begin, end in windows)


def answer(sure, possible, minute):
    always, never = True, True
    for delay in range(16):
        for within in (0, 59, 60, 119):
            for stay in (300, 900):
                moment = minute + delay * 60 + within
                always &= lost(sure, moment, stay)
                never &= not lost(possible, moment, stay)
    return "missed" if always else "heard" if never else "undecided"


def main():
    asked = json.load(sys.stdin)
    answers = {}
    for name, times in asked["times"].items():
        moments = {time: datetime.fromisoformat(time.replace("Z", "+00:00")) for time in times}
        days = [moment.replace(tzinfo=None, hour=0, minute=0, second=0) for moment in moments.values()]
        sure, possible = windows(asked["rules"].get(name, []), min(days), max(days))
        answers[name] = {
            time: answer(sure, possible, int(moment.replace(tzinfo=timezone.utc).timestamp()) // 60 * 60)
            for time, moment in moments.items()
        }
    print(json.dumps(answers))


main()
