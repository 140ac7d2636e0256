"""A finished table that a window brings forward: what must be as it was left, and what the next run takes over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.config import PlanConfig
from shardgen.model.table import Table
from shardgen.stores.postgres import catalog, ledger
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.fitting import missing_columns, relation_problems
from shardgen.stores.postgres.ledger import Claim, Run
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.resuming import FOLLOWS

_ANEW: Final = Text("load it anew with ", Use("if_exists", "replace"))


def followed(claim: Claim, run: Run) -> tuple[int, str]:
    """What a run that brings a table forward records of the run before: its number, and the first day of the history.

    That is empty for a whole history.
    """
    known = run.options.get(FOLLOWS, {}).get(claim.target)
    return run.run, known[1] if known else run.plan.get("since", "")


def follows(options: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """What :func:`followed` has told, by table."""
    return {table: (number, began) for table, (number, began) in options.get(FOLLOWS, {}).items()}


def partial(options: Mapping[str, Any]) -> frozenset[str]:
    """Tables that began with a window, so that they lack the records that have not changed since."""
    return frozenset(table for table, (_, began) in follows(options).items() if began)


def chain(runs: Mapping[int, Run], run: int, table: str) -> tuple[Run, ...]:
    """The runs that have made a table what it is, the last one first: each has brought forward the next one's."""
    found = [runs[run]]
    while (before := runs.get(follows(found[-1].options).get(table, (0, ""))[0])) is not None:
        found.append(before)
    return tuple(found)


def whole(made_by: Sequence[Run]) -> PlanConfig:
    """The plan of one load that would have made the same as a chain of runs, the last one first."""
    first, last = PlanConfig.from_json(made_by[-1].plan), PlanConfig.from_json(made_by[0].plan)
    return replace(last, since=first.since, since_at=first.since_at)


def together(runs: Sequence[Run], claims: Iterable[Claim], chosen: Collection[int]) -> list[int]:
    """The runs that go with some: those that they have brought forward, and those that have brought them forward."""
    by_number = {each.run: each for each in runs}
    chains = [{each.run for each in chain(by_number, claim.run, claim.target)} for claim in claims]
    found = set(chosen)
    while more := set().union(*(each for each in chains if each & found)) - found:
        found |= more
    return [each.run for each in runs if each.run in found]


def problems(
    connection: Connection, config: PlanConfig, table: Table, found: Relation | None, claim: Claim, run: Run
) -> list[Problem]:
    """Why a table cannot be brought forward by a window; nothing that grows with the table is looked at.

    Args:
        connection: to the target.
        config: of the window.
        table: which.
        found: as the catalog has it.
        claim: of the run that has filled it.
        run: that one, which is finished.
    """
    return [
        Problem(relation=table.relation, text=text, remedy=remedy)
        for text, remedy in (*_of_plan(config, run), *_of_relation(connection, config, table, found, claim))
    ] + (relation_problems(table, found) if found else [])


def _of_plan(config: PlanConfig, run: Run) -> Iterator[tuple[str, Text]]:
    """What the window has otherwise than the run before."""
    before = PlanConfig.from_json(run.plan)
    if config.opens and before.closes != config.opens:
        what = "leaves a gap" if before.closes < config.opens else "holds days that are loaded"
        told = f"holds the history up to {before.closing}: a window from {config.since} {what}"
        remedy = Text("use ", Use("since", before.closing))
        yield told, Text("use shardgen advance, which goes on from there") if before.until else remedy
    for name in ("raw_data", "dataset", "plugins", "cut"):
        there, here = getattr(before, name), getattr(config, name)
        if there != here:
            yield f"was loaded with {name}={there!r}, and the window has {here!r}", Text("leave it out")


def _of_relation(
    connection: Connection, config: PlanConfig, table: Table, found: Relation | None, claim: Claim
) -> Iterator[tuple[str, Text]]:
    """What others have done to the table since."""
    if found is None or found.oid != claim.oid:
        yield f"was {'dropped' if found is None else 'dropped and made anew'} since run={claim.run} filled it", _ANEW
        return
    if lost := sorted(set(missing_columns(table, found)) ^ claim.left_out):
        yield f"has lost or got columns={','.join(lost)} since run={claim.run} filled it", _ANEW
    schema = config.schema
    if ledger.filled(connection, schema, claim) and not catalog.holds_rows(connection, schema, table.relation):
        yield f"is empty, and run={claim.run} left rows in it: it was truncated", _ANEW


def taken_over(claim: Claim, run: int) -> Claim:
    """The claim of the run that brings a table forward: all of it stays, so that the shards of both count."""
    return replace(claim, run=run)
