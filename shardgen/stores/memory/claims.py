"""What a claim meets in a place in memory: what stands in its way, what it takes away, what it does to each table."""

from __future__ import annotations

from collections.abc import Iterator

from shardgen.errors import Problem, Use
from shardgen.model.config import Terms
from shardgen.model.plan import Plan
from shardgen.model.table import relation_of
from shardgen.stores.findings import Loss, unfinished
from shardgen.stores.memory.ledger import MemoryLedger
from shardgen.stores.resuming import OPEN_STATES


def losses(ledger: MemoryLedger, plan: Plan, terms: Terms) -> Iterator[Loss]:
    """What a replace would take away."""
    for name in plan.config.tables:
        if terms.replace and ledger.count(name):
            yield Loss(
                relation=relation_of(name),
                action="emptied",
                rows=ledger.count(name),
                bytes=sum(each.written.bytes for key, each in ledger.shards.items() if key[0] == name),
                filled_by=f"run={ledger.tables[name].run}",
                created=True,
            )


def fate(ledger: MemoryLedger, name: str, terms: Terms) -> str:
    """What a claim does to a table first."""
    if name not in ledger.tables:
        return "create"
    return "empty" if terms.replace else "use as it is"


def problems(ledger: MemoryLedger, plan: Plan, terms: Terms) -> Iterator[Problem]:
    """What stands in the way of a claim."""
    for name in plan.config.tables:
        yield from _problem(ledger, name, terms)


def _problem(ledger: MemoryLedger, name: str, terms: Terms) -> Iterator[Problem]:
    if terms.replace or name not in ledger.tables:
        return
    run, relation = ledger.runs[ledger.tables[name].run], relation_of(name)
    if run.state in OPEN_STATES:
        yield unfinished(relation, run.run)
    elif terms.if_exists == "fail" and ledger.count(name):
        yield Problem(relation=relation, text=f"holds rows of run={run.run}", remedy=Use("if_exists", "replace"))
