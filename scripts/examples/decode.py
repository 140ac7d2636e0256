"""Counts what a slot of logical decoding tells: operations by table, as PostgreSQL's own pgoutput writes them.

Usage: decode.py URL SLOT PUBLICATION. What was read is read: the slot goes on from there.
"""

from __future__ import annotations

import struct
import sys
from collections import Counter

import psycopg

QUERY = "SELECT data FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL, 'proto_version', '1', %s, %s)"
OPERATIONS = {b"I": "insert", b"U": "update", b"D": "delete"}


def changes(connection: psycopg.Connection, slot: str, publication: str) -> Counter[tuple[str, str]]:
    """How often each operation was carried out on each table since the last time."""
    relations: dict[int, str] = {}
    found: Counter[tuple[str, str]] = Counter()
    for (message,) in connection.execute(QUERY, [slot, "publication_names", publication]):
        kind, rest = message[:1], message[1:]
        if kind == b"R":  # a relation, told before its first change: number, schema, name, ...
            relations[struct.unpack_from(">I", rest)[0]] = rest[4:].split(b"\0")[1].decode()
        elif kind in OPERATIONS:
            found[relations[struct.unpack_from(">I", rest)[0]], OPERATIONS[kind]] += 1
    return found


if __name__ == "__main__":
    url, *names = sys.argv[1:]
    with psycopg.connect(url, autocommit=True) as server:
        for (table, operation), count in sorted(changes(server, *names).items()):
            print(table, operation, count)
