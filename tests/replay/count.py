"""Counts what controls ask for, independently of trailproof: its own reader of records, its own reader of patterns.

    count.py PATTERNS.json ACCOUNT FILE...      prints {"read": n, "distinct": n, "asked": {control: n}}

PATTERNS.json: {control: filter pattern}. Patterns of `{ ... }` with =, !=, NOT EXISTS, && and || alone.
"""

import gzip
import json
import re
import sys

TOKEN = re.compile(r'\s*(&&|\|\||!=|=|\(|\)|\{|\}|NOT EXISTS|\$[.\w]+|"[^"]*"|[^\s(){}&|=!]+)')


def tokens(text):
    at, found = 0, []
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(text[at:])
        found.append(match.group(1))
        at = match.end()
    return found


def value_at(record, selector):
    here = record
    for name in selector.split(".")[1:]:
        if not isinstance(here, dict) or name not in here:
            return False, None
        here = here[name]
    return True, here


def star(value, text):
    """Leftmost: every literal where it occurs first after the one before, the last at the very end."""
    parts = value.split("*")
    if len(parts) == 1:
        return text == value
    if not text.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if parts[-1] == "":
        return True
    at = text.find(parts[-1], at)
    return at >= 0 and at + len(parts[-1]) == len(text)


class Reader:
    def __init__(self, text):
        self.tokens, self.at = tokens(text), 0

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def either(self):
        parts = [self.both()]
        while self.peek() == "||":
            self.next()
            parts.append(self.both())
        return lambda record: any(part(record) for part in parts)

    def both(self):
        parts = [self.one()]
        while self.peek() == "&&":
            self.next()
            parts.append(self.one())
        return lambda record: all(part(record) for part in parts)

    def one(self):
        token = self.next()
        if token == "(":
            inner = self.either()
            assert self.next() == ")"
            return inner
        operator = self.next()
        if operator == "NOT EXISTS":
            return lambda record: not value_at(record, token)[0]
        wanted = self.next().strip('"')

        def test(record):
            there, value = value_at(record, token)
            if not there or not isinstance(value, str):
                return False
            return star(wanted, value) == (operator == "=")

        return test


def pattern(text):
    reader = Reader(text)
    assert reader.next() == "{"
    found = reader.either()
    assert reader.next() == "}" and reader.peek() is None, text
    return found


def main():
    patterns, account, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(patterns) as file:
        asked = {name: pattern(text) for name, text in json.load(file).items()}
    counts, seen, read = dict.fromkeys(asked, 0), set(), 0
    for name in files:
        with gzip.open(name) as file:
            records = json.load(file)["Records"]
        for record in records:
            read += 1
            if record["eventID"] in seen:
                continue
            seen.add(record["eventID"])
            if record["recipientAccountId"] != account:
                continue
            for control, asks in asked.items():
                counts[control] += asks(record)
    json.dump({"read": read, "distinct": len(seen), "asked": counts}, sys.stdout)


main()
