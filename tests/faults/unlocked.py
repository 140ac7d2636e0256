"""``python -m tests.faults.unlocked load ...``: the program where the coordinator's lock means nothing, as behind a
pooler that gives every transaction another session."""

from __future__ import annotations

import sys

from shardgen.cli import main
from shardgen.stores.postgres import locks


def take(connection: object, schema: str, *, shared: bool = False) -> bool:
    return True


if __name__ == "__main__":
    locks.take = take
    sys.exit(main())
