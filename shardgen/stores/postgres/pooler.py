"""Poolers between us and the server: how one is noticed that gives sessions to others between transactions.

Behind such a one a lock of the session is lost to us and found by somebody else, so none is taken there. The ledger's
key is kept by the server: nothing doubles.
"""

from __future__ import annotations

import time
from typing import Final

from shardgen.errors import Use
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here, one

_ROUNDS: Final = 3
_PAUSE: Final = 0.02  # seconds: a pooler may take a session back a little after its client has the answer
NOTICE: Final = (
    "a pooler gives the sessions of this target to others between transactions: a second load is not refused, "
    f"{Use('take_over', value=True)} has nobody to end and verify is refused; the ledger's key still keeps every shard "
    "from being done twice; connect directly to have it all"
)


def shares_sessions(connection: Connection, dsn: str) -> bool:
    """Whether other clients are given our session of the server between two of our transactions.

    A pooler tells clients process ids of its own invention. Whether it pools transactions shows where two clients ask,
    by turns, which process serves them: each must have one of its own, and always the same.

    Args:
        connection: to the target, idle.
        dsn: the same target.
    """
    if connection.is_direct():
        return False
    with connect(dsn, application_name=application_name("probe", here())) as other:
        seen = [(_backend(connection), _backend(other)) for _ in range(_ROUNDS)]
    ours, others = ({pair[place] for pair in seen} for place in (0, 1))
    return len(ours) > 1 or len(others) > 1 or bool(ours & others)


def _backend(connection: Connection) -> int:
    time.sleep(_PAUSE)
    return int(one(connection.execute("SELECT pg_backend_pid()"))[0])
