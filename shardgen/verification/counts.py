"""Plan, ledger and count(*), side by side for each table and each shard."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql

from shardgen.loading import reconcile
from shardgen.loading.reconcile import TableReport
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.stores.postgres import catalog, census, keys
from shardgen.stores.postgres.census import Census
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.reading import Question
from shardgen.stores.told import Counted
from shardgen.tables import dataset
from shardgen.tables.planning import max_id
from shardgen.verification.outcome import Check, Status
from shardgen.verification.subject import Loaded, Subject

ELSEWHERE = ""
"""In place of a shard's id, for rows that belong to none."""


def questions(subject: Subject, plans: Mapping[int, Plan], tables: Iterable[str]) -> list[Question[Check]]:
    """One for each of the tables."""
    return [_question(subject.tables[name], plans) for name in tables]


def count(connection: Connection, loaded: Loaded, plan: Plan) -> Check:
    """Compare the counts of one table."""
    start = time.perf_counter()
    name, shards = loaded.claim.target, plan.of(loaded.claim.target)
    own = own_range(loaded, plan)
    counted = census.count(connection, loaded.claim.oid, dataset(loaded.config.dataset)[name].table, own)
    found = census.of_run(counted, loaded.claim, shards, loaded.shards)
    if loaded.advanced:
        return _of_advanced(loaded, shards, found, seconds=time.perf_counter() - start)
    by_shard = _by_shard(connection, loaded, plan, counted, own)
    (table,), differences = reconcile.reconcile(plan, (row.written() for row in loaded.shards), {name: found})
    wrong = [*differences, *_differences(loaded, shards, counted, by_shard)]
    return Check(
        level="counts",
        name=name,
        about="plan, ledger and count(*)",
        status=Status.FAILED if wrong else Status.HELD,
        finding=_finding(table, loaded),
        offenders=len(wrong),
        samples=tuple(wrong),
        seconds=round(time.perf_counter() - start, 3),
        figures=_figures(table, loaded, shards, by_shard),
    )


def _of_advanced(loaded: Loaded, shards: Sequence[Shard], found: Counted, *, seconds: float) -> Check:
    """The counts of a table that later windows have brought forward: of the whole, as they have changed its parts."""
    planned, exact = sum(shard.rows for shard in shards), all(shard.exact for shard in shards)
    agree = loaded.rows == found.rows and (not exact or planned == loaded.rows)
    told = f"planned {planned:,}, ledger {loaded.rows:,}, counted {found.rows:,}"
    runs = plural(len(loaded.shards), "shard")
    return Check(
        level="counts",
        name=loaded.claim.target,
        about="plan, ledger and count(*)",
        status=Status.HELD if agree else Status.FAILED,
        finding=f"{plural(found.rows, 'row')} by {runs}, brought forward" if agree else told,
        offenders=int(not agree),
        samples=() if agree else (f"table={loaded.claim.target}: {told}",),
        seconds=round(seconds, 3),
        figures={
            "planned": planned,
            "exact": exact,
            "ledger": loaded.rows,
            "counted": found.rows,
            "skipped": loaded.skipped,
            "others": found.others,
            "shards": [],
        },
    )


def _question(loaded: Loaded, plans: Mapping[int, Plan]) -> Question[Check]:
    return Question(
        name=f"count {loaded.claim.relation}",
        ask=lambda session: [count(session.connection, loaded, plans[loaded.run.run])],
    )


def own_range(loaded: Loaded, plan: Plan) -> tuple[int, int] | None:
    """The range of the keys that are the run's own, where the table holds other rows too."""
    return keys.own_range(plan, loaded.claim.target, max_id) if loaded.claim.others else None


def _by_shard(
    connection: Connection, loaded: Loaded, plan: Plan, counted: Census, own: tuple[int, int] | None
) -> dict[str, int]:
    """Rows of each shard: of its leaf, or else of its range of time or numbers; where ids are spoilt, no range tells,
    and the ledger is believed.
    """
    shards, schema = plan.of(loaded.claim.target), plan.config.schema
    if loaded.spoilt:
        recorded = {row.shard: row.rows for row in loaded.shards}
        return {
            shard.id: counted.rows.get(leaf.name if (leaf := shard.own_leaf) else "", recorded.get(shard.id, 0))
            for shard in shards
        }
    if not dataset(loaded.config.dataset)[loaded.claim.target].table.partitioned:
        return _by_number(connection, loaded, schema, shards)
    reach = own or keys.own_range(plan, loaded.claim.target, max_id)
    return {
        shard.id: counted.rows[shard.leaf.name]
        if shard.id in loaded.apart
        and shard.leaf
        and shard.own_leaf
        and shard.leaf.name in counted.rows
        and own is None
        else _between(connection, loaded, schema, shard, reach)
        for shard in shards
    }


def _by_number(connection: Connection, loaded: Loaded, schema: str, shards: Sequence[Shard]) -> dict[str, int]:
    """Rows of each shard of a plain table, in one pass over it."""
    starts = [keys.bounds(shard)[0] for shard in shards] + [keys.bounds(shard)[1] for shard in shards[-1:]]
    rows = connection.execute(
        sql.SQL("SELECT width_bucket({}, %s::bigint[]), count(*) FROM {} GROUP BY 1").format(
            keys.number(dataset(loaded.config.dataset)[loaded.claim.target].table),
            catalog.own_rows(connection, schema, loaded.claim.relation),
        ),
        [starts or [1]],
    )
    found = dict.fromkeys((shard.id for shard in shards), 0)
    for bucket, count_ in rows:
        shard = shards[bucket - 1].id if bucket and bucket <= len(shards) else ELSEWHERE
        found[shard] = found.get(shard, 0) + count_
    return found


def _between(connection: Connection, loaded: Loaded, schema: str, shard: Shard, own: tuple[int, int]) -> int:
    """Rows of a shard whose leaf is not a partition of the table, or holds other rows too, or that has none."""
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
        catalog.own_rows(connection, schema, loaded.claim.relation),
        keys.of_shard(shard, own),
    )
    return int(one(connection.execute(statement))[0])


def _differences(loaded: Loaded, shards: Sequence[Shard], counted: Census, by_shard: Mapping[str, int]) -> list[str]:
    """What the reconciliation of leaves does not tell: shards without a leaf, and rows of no shard."""
    recorded = {row.shard: row.rows for row in loaded.shards}
    table, others = f"table={loaded.claim.target}", loaded.claim.others
    found = [
        f"{table}: shard={shard.id} holds {plural(by_shard[shard.id], 'row')}, ledger={recorded[shard.id]}"
        for shard in shards
        if shard.id in recorded
        and not recorded[shard.id] <= by_shard[shard.id] <= recorded[shard.id] + loaded.claim.others_within
        and not (shard.id in loaded.apart and shard.own_leaf and shard.own_leaf.name in counted.rows and not others)
    ]
    if (strays := by_shard.get(ELSEWHERE)) and not others:
        found.append(
            f"{table}: {plural(strays, 'row')} {'has' if strays == 1 else 'have'} keys that belong to no shard"
        )
    return found


def _finding(table: TableReport, loaded: Loaded) -> str:
    shards = plural(len(loaded.shards), "shard")
    if table.ledger == table.counted and (table.planned == table.ledger + table.skipped or not table.exact):
        beside = f", beside {table.others:,} that were there" if table.others else ""
        skipped = f", {table.skipped:,} skipped" if table.skipped else ""
        return f"{plural(table.counted, 'row')} in {shards}{skipped}{beside}"
    about = "" if table.exact else "about "
    return f"planned {about}{table.planned:,}, ledger {table.ledger:,}, counted {table.counted:,}"


def _figures(
    table: TableReport, loaded: Loaded, shards: Sequence[Shard], by_shard: Mapping[str, int]
) -> dict[str, Any]:
    recorded = {row.shard: row.rows for row in loaded.shards}
    return {
        "planned": table.planned,
        "exact": table.exact,
        "ledger": table.ledger,
        "counted": table.counted,
        "skipped": table.skipped,
        "others": table.others,
        "shards": [
            {
                "shard": shard.id,
                "planned": shard.rows,
                "exact": shard.exact,
                "ledger": recorded.get(shard.id),
                "counted": by_shard[shard.id],
            }
            for shard in shards
        ],
    }
