"""Computes every digest of a trailproof snapshot again, from docs/evidence.md alone.

Usage: check.py FILE. Prints the root digest; exits with 1 where a hash does not match.
Python's standard library is all it needs.
"""

import hashlib
import sqlite3
import sys
import zlib

VOLATILE_TABLES = {"alarm_history", "alarm_state", "alarm_state_history", "trail_delivery"}
VOLATILE_COLUMNS = {("account", "caller_arn"), ("gap", "message"), ("mute_rule", "status")}
# Of files that have no column schema_sha256.
FIRST_SCHEMA = b"ff079fab75cd175f47632ff9e837b1894064c3c3c9e880f4fbc206de4e3d2461"


def encode(value, is_blob=False):
    """n, i<decimal>; t<length>:<bytes> or b<length>:<bytes>"""
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i%d;" % value
    return (b"b" if is_blob else b"t") + b"%d:" % len(value) + value


def sha256(data):
    return hashlib.sha256(data).hexdigest().encode()


def main(path):
    wrong = []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = bytes

    columns = (
        "id, account, region, service, operation, request, at, http_status, error_code, error_message, "
        "request_id, media_type, body, body_size, body_sha256, row_sha256"
    )
    evidence = hashlib.sha256()
    for row in db.execute(f"select {columns} from evidence order by id"):
        cells, row_sha256 = row[:-1], row[-1]
        encoded = b"".join(encode(cell, is_blob=index == 12) for index, cell in enumerate(cells))
        if sha256(encoded) != row_sha256:
            wrong.append(f"evidence row {row[0]}: row_sha256")
        body = zlib.decompress(row[12])
        if len(body) != row[13] or sha256(body) != row[14]:
            wrong.append(f"evidence row {row[0]}: body_sha256")
        evidence.update(row_sha256 + b"\n")

    tables = [
        name.decode()
        for (name,) in db.execute("select name from sqlite_schema where type = 'table'")
        if name not in (b"snapshot", b"evidence")
    ]
    facts = hashlib.sha256()
    for table in sorted(set(tables) - VOLATILE_TABLES):
        info = [(name.decode(), pk) for _, name, _, _, _, pk in db.execute(f"pragma table_info({table})")]
        key = [name for pk, name in sorted((pk, name) for name, pk in info if pk)]
        kept = [name for name, _ in info if name != "evidence_id" and (table, name) not in VOLATILE_COLUMNS]
        facts.update(encode(table.encode()))
        for row in db.execute(f"select {', '.join(kept)} from {table} order by {', '.join(key)}"):
            facts.update(b"(" + b"".join(map(encode, row)) + b")")

    columns = [name.decode() for _, name, *_ in db.execute("pragma table_info(snapshot)")]
    (row,) = db.execute("select * from snapshot")
    snapshot = dict(zip(columns, row))
    (version,) = db.execute("pragma user_version").fetchone()
    if evidence.hexdigest().encode() != snapshot["evidence_sha256"]:
        wrong.append("evidence_sha256")
    if facts.hexdigest().encode() != snapshot["facts_sha256"]:
        wrong.append("facts_sha256")
    schema = hashlib.sha256()
    for row in db.execute("select type, name, tbl_name, sql from sqlite_schema order by type, name"):
        schema.update(b"".join(map(encode, row)))
    if schema.hexdigest().encode() != snapshot.get("schema_sha256", FIRST_SCHEMA):
        wrong.append("schema_sha256")
    sealed = [snapshot[name] for name in columns if name not in ("id", "root_sha256")]
    root = sha256(encode(b"trailproof snapshot") + encode(version) + b"".join(map(encode, sealed)))
    if root != snapshot["root_sha256"]:
        wrong.append("root_sha256")
    for fault in wrong:
        print(f"wrong: {fault}")
    print(root.decode())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
