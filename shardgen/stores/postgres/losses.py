"""What a replace takes away, and what may not go without somebody's word."""

from __future__ import annotations

from collections.abc import Iterable

from shardgen.errors import Problem, Text, Use
from shardgen.model.table import Table
from shardgen.stores.findings import Loss
from shardgen.stores.postgres import belongings, catalog
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection


def emptied(connection: Connection, table: Table, found: Relation, ours: Claim | None) -> Loss:
    """What goes when a table is emptied."""
    by = "others" if ours is None else f"run={ours.run}{' and others' if ours.others else ''}"
    return Loss(
        relation=table.relation,
        action="emptied",
        rows=catalog.row_estimate(connection, found.oid),
        bytes=catalog.size(connection, found.oid),
        filled_by=by,
        created=ours is not None and ours.created,
    )


def strangers(loss: Loss, ours: Claim | None, *, strange: bool, yes: bool) -> list[Problem]:
    """Rows that only somebody else can bring back are not removed without being told.

    Args:
        loss: of the table.
        ours: its claim, if shardgen filled it.
        strange: whether a partition that others made holds rows that no load of ours gives.
        yes: whether such rows may go.
    """
    if yes or (ours is not None and not ours.others and not strange):
        return []
    remedy = Text("say ", Use("yes", value=True), ", or use another ", Use("schema"))
    whose = f"rows that run={ours.run} found and kept" if ours and ours.others else "rows that shardgen did not load"
    text = f"holds {whose}, and replace would remove them"
    return [Problem(relation=loss.relation, text=text, remedy=remedy)]


def carried(connection: Connection, table: Table, parent: int, oids: Iterable[int]) -> tuple[str, ...]:
    """What others have put on a table of ours, on its partitions and on the views over it, and that goes with them.

    Args:
        connection: to the target.
        table: which of ours it is.
        parent: OID of the table itself.
        oids: of those of them that go.
    """
    found = belongings.carried(connection, table, parent, list(oids))
    return tuple(sorted({part for parts in found.values() for part in parts}))


def unkept(loss: Loss, *, yes: bool) -> list[Problem]:
    """Things of others that go with a table that must be made anew are not removed without being told either."""
    if yes or not loss.carried:
        return []
    remedy = Text("say ", Use("yes", value=True), ", or mend the table")
    return [Problem(relation=loss.relation, text=loss.cost, remedy=remedy)]
