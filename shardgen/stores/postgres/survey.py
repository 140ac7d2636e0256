"""What a reset would do, looked up before it is asked for: which tables go, how, and what hangs on them."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from shardgen.errors import Problem, TargetError, Text, Use
from shardgen.model.config import PlanConfig
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import latest_of
from shardgen.stores.postgres import (
    belongings,
    catalog,
    census,
    forward,
    keys,
    ledger,
    losses,
    newest,
    objects,
    reach,
    renewal,
    restored,
)
from shardgen.stores.postgres.ledger import Claim, Run
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.postgres.session import WHOLE
from shardgen.stores.resuming import difference
from shardgen.tables import dataset, in_order, names, plugins
from shardgen.tables.planning import build_plan, max_id
from shardgen.tables.recipe import Recipe

Plans = Callable[[Run], Plan]
"""The plan of a run, or a TargetError where today's code would plan it otherwise."""


def plans(recipe: Recipe) -> Callable[[Run], Plan]:
    """What gives the plan that a run was loaded by, if today's code makes the same of its options."""

    def plan_of(run: Run) -> Plan:
        found = recipe.build_plan(PlanConfig.from_json(run.plan))
        if why := difference(run, found, recipe):
            raise TargetError(f"{why}: its rows cannot be told from others: use the versions of that run")
        return found

    return plan_of


class How(enum.Enum):
    """What becomes of a table."""

    DROP = "drop"
    DELETE = "delete its rows"
    FORGET = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a reset does to one table."""

    claim: Claim
    how: How
    why: str
    """In a sentence."""
    shards: int
    """Committed."""
    rows: int = 0
    """That go, by count(*)."""
    carried: tuple[str, ...] = ()
    """What others have put on the table and that goes with it: ``"privileges of bi"``."""

    @property
    def table(self) -> str:
        """``"orders"``."""
        return self.claim.target

    @property
    def relation(self) -> str:
        """Its name in the database."""
        return self.claim.relation

    @property
    def run(self) -> int:
        """Whose table it is."""
        return self.claim.run


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a reset does, looked up before it is asked for."""

    runs: tuple[int, ...]
    removals: tuple[Removal, ...]
    last: bool
    """Whether no other run is left, so that the ledger goes as well."""
    schema: bool
    """Whether the schema goes too if nothing else is in it, because shardgen created it."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "runs": list(self.runs),
            "tables": [
                {
                    "table": each.claim.target,
                    "relation": each.claim.relation,
                    "run": each.claim.run,
                    "shards": each.shards,
                    "rows": each.rows,
                    "how": each.how.value,
                    "carried": list(each.carried),
                }
                for each in self.removals
            ],
            "ledger": self.last,
        }


def survey(connection: Connection, schema: str, run: int | None, *, every: bool, plans: Plans) -> Survey:
    """What a reset would do; nothing is written.

    Args:
        connection: to the target.
        schema: of the target.
        run: the run to take back; None for the only one there is.
        every: take back all of them.
        plans: how a run was planned; asked only where its rows must be told from those of others.

    Raises:
        TargetError: it cannot be told which run is meant, or something stands in the way.
    """
    connection.fix(WHOLE)
    _refuse(ledger.too_new(connection, schema))
    runs = ledger.runs(connection, schema) if ledger.present(connection, schema) else []
    owned = list(restored.claims(connection, schema).values()) if runs else []
    chosen = _chosen(runs, owned, schema, run, every=every)
    claims = [each for each in owned if each.run in chosen]
    _refuse(_unknown(claims, runs))
    planned = _planned(runs, plans)
    wholly = _Wholly(runs=runs if every else [], planned=planned)
    removals = _referring_first(connection, [_removal(connection, schema, each, wholly) for each in claims])
    last = bool(chosen) and len(chosen) == len(runs)
    _refuse(
        [
            *_overlaid(connection, schema, chosen),
            *_mixed(removals, every=every),
            *_dependants(connection, schema, removals, last=last),
        ]
    )
    return Survey(
        runs=tuple(chosen),
        removals=tuple(_counted(connection, schema, each, runs, planned) for each in removals),
        last=last,
        schema=objects.is_ours(connection, schema),
    )


def _chosen(runs: Sequence[Run], owned: Sequence[Claim], schema: str, run: int | None, *, every: bool) -> list[int]:
    """Numbers of the runs that go: a run goes with those that it has brought forward, and with the later ones."""
    numbers = [each.run for each in runs]
    if every or not numbers or (run is None and forward.together(runs, owned, numbers[:1]) == numbers):
        return numbers
    told = f"schema={schema!r} holds {', '.join(f'run={each.run} ({each.state})' for each in runs)}"
    if run is None and len(numbers) > 1:
        raise TargetError(told, remedy=Text("name one by ", Use("run"), ", or use ", Use("all", value=True)))
    if run is not None and run not in numbers:
        raise TargetError(f"run={run} is unknown: {told}")
    return forward.together(runs, owned, [numbers[0] if run is None else run])


def _unknown(claims: Iterable[Claim], runs: Sequence[Run]) -> list[Problem]:
    """The tables that cannot be told from others here, each with what to do about it."""
    configs = {each.run: PlanConfig.from_json(each.plan) for each in runs}
    others = [each for each in claims if each.target not in names() or configs[each.run].plugins]
    found = [(each, plugins.absence(each.target, configs[each.run])) for each in others]
    return [Problem(text=f"table={each.target} of run={each.run} {why}") for each, why in found if why]


def _referring_first(connection: Connection, removals: Iterable[Removal]) -> tuple[Removal, ...]:
    """The tables in their order, but each before those that its foreign keys point at."""
    removals = tuple(removals)
    story = in_order(each.claim.target for each in removals)
    waiting = sorted(removals, key=lambda each: story.index(each.claim.target))
    needed = {each.claim.oid: catalog.references(connection, each.claim.oid) for each in waiting}
    ordered: list[Removal] = []
    while waiting:
        held = {oid for each in waiting for oid in needed[each.claim.oid]}
        ordered.append(next((each for each in waiting if each.claim.oid not in held), waiting[0]))
        waiting.remove(ordered[-1])
    return tuple(ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wholly:
    """Tells whether the rows of a table are all of runs that are taken back."""

    runs: Sequence[Run]
    """All there are, or none where only some are taken back."""
    planned: Callable[[int], Plan]

    def ours(self, connection: Connection, schema: str, claim: Claim) -> bool:
        """Whether every row has a key that one of the runs gives."""
        planned = [self.planned(run.run) for run in self.runs if claim.target in run.plan["tables"]]
        if not planned:
            return False
        ranges = [keys.own_range(plan, claim.target, max_id) for plan in planned]
        own = (min(low for low, _ in ranges), max(high for _, high in ranges))
        strangers = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE NOT {})").format(
            catalog.own_rows(connection, schema, claim.relation),
            keys.within(dataset(claim.dataset)[claim.target].table, own),
        )
        return not one(connection.execute(strangers))[0]


def _planned(runs: Sequence[Run], plans: Plans) -> Callable[[int], Plan]:
    """The plan of a run by its number, made once."""
    by_number = {each.run: each for each in runs}
    return functools.cache(lambda number: plans(by_number[number]))


def _removal(connection: Connection, schema: str, claim: Claim, wholly: _Wholly) -> Removal:
    how, why = _fate(connection, schema, claim, wholly)
    carried = _carried(connection, schema, claim, how)
    shards = len(ledger.committed(connection, schema, claim))
    return Removal(claim=claim, how=how, why=why, shards=shards, carried=carried)


def _counted(
    connection: Connection, schema: str, removal: Removal, runs: Sequence[Run], planned: Callable[[int], Plan]
) -> Removal:
    """The same with its rows, which may take long, or lie in a partition that only a far server could count."""
    claim = removal.claim
    match removal.how:
        case How.DROP:
            return replace(removal, rows=census.count(connection, claim.oid).total)
        case How.DELETE:
            return replace(removal, rows=_rows_of(connection, schema, claim, runs, planned(claim.run)))
        case How.FORGET:
            return removal


def shards_there(
    connection: Connection, schema: str, claim: Claim, runs: Sequence[Run], plan: Plan
) -> tuple[list[Shard], tuple[int, int]]:
    """The shards by which the rows of a claim lie in their table, and the range of all their keys.

    Of a table that was brought forward they are those of one load of the whole: its windows have changed its parts.
    """
    if advanced(runs, claim):
        whole = build_plan(forward.whole(_made_by(runs, claim)))
        return list(whole.of(claim.target)), keys.own_range(whole, claim.target, max_id)
    shards = {shard.id: shard for shard in plan.of(claim.target)}
    there = [shards[row.shard] for row in ledger.committed(connection, schema, claim)]
    return there, keys.own_range(plan, claim.target, max_id)


def advanced(runs: Sequence[Run], claim: Claim) -> bool:
    """Whether windows have brought the table of a claim forward."""
    return len(_made_by(runs, claim)) > 1


def _made_by(runs: Sequence[Run], claim: Claim) -> tuple[Run, ...]:
    return forward.chain({each.run: each for each in runs}, claim.run, claim.target)


def _rows_of(connection: Connection, schema: str, claim: Claim, runs: Sequence[Run], plan: Plan) -> int:
    """Rows of the committed shards that are there."""
    shards, own = shards_there(connection, schema, claim, runs, plan)
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}")
    relation = catalog.own_rows(connection, schema, claim.relation)
    return sum(one(connection.execute(statement.format(relation, keys.of_shard(each, own))))[0] for each in shards)


def foreign_views(connection: Connection, schema: str, claim: Claim) -> dict[str, int]:
    """OIDs by name of the views of ours over a table of somebody else, which go with its rows."""
    return {} if claim.created else newest.found(connection, schema, latest_of(claim.relation))


def _carried(connection: Connection, schema: str, claim: Claim, how: How) -> tuple[str, ...]:
    """What others have put on what goes: the table, its partitions and its views, or one view alone."""
    spec = dataset(claim.dataset)[claim.target]
    if how is not How.DROP:
        views = foreign_views(connection, schema, claim) if how is How.DELETE else {}
        return losses.carried(connection, spec.table, claim.oid, views.values())
    oids = [
        claim.oid,
        *(leaf.oid for leaf in renewal.own_leaves(connection, schema, claim)),
        *belongings.own_views(connection, schema, spec).values(),
    ]
    return losses.carried(connection, spec.table, claim.oid, oids)


def _fate(connection: Connection, schema: str, claim: Claim, wholly: _Wholly) -> tuple[How, str]:
    found = catalog.relation(connection, schema, claim.relation)
    if found is None:
        return How.FORGET, "it was dropped already"
    if claim.oid == restored.UNKNOWN:
        return How.FORGET, "left as it is: it was restored without all of the rows that the ledger has"
    if found.oid != claim.oid:
        return How.FORGET, "left as it is: it was dropped and made anew since"
    gone = "rows deleted" + ", and the view of its newest versions dropped" * bool(
        foreign_views(connection, schema, claim)
    )
    if claim.others and not (claim.created and wholly.ours(connection, schema, claim)):
        return How.DELETE, f"{gone}; it holds rows that were there before, so it stays"
    if claim.created:
        return How.DROP, "dropped"
    return How.DELETE, f"{gone}; shardgen did not create it, so it stays"


def _overlaid(connection: Connection, schema: str, chosen: Sequence[int]) -> list[Problem]:
    """Tables that still hold rows of a run, and belong to a later one that has added to them."""
    if not chosen:
        return []
    return [
        Problem(
            text=f"run={later} has added to the rows of run={run} in {relation}: they cannot be told from each other",
            remedy=Text("use ", Use("all", value=True)),
        )
        for run, relation, later in ledger.overlaid(connection, schema, chosen)
    ]


def _mixed(removals: Sequence[Removal], *, every: bool) -> list[Problem]:
    """Tables in which rows of a run cannot be told from those that were there before."""
    return [
        Problem(
            text=f"{each.claim.relation} held {plural(each.claim.others_within, 'row')} with keys such as "
            f"run={each.claim.run} gives, so its rows cannot be told from those",
            remedy=_remedy(each.claim, every=every),
        )
        for each in removals
        if each.how is How.DELETE and each.claim.others_within
    ]


def _remedy(claim: Claim, *, every: bool) -> Text:
    if claim.created and not every:
        return Text("use ", Use("all", value=True), ", if they are of other runs")
    return Text("delete by hand what should go, and the ledger's tables")


def _dependants(connection: Connection, schema: str, removals: Sequence[Removal], *, last: bool) -> list[Problem]:
    """What depends on a table that is dropped or would change with rows that are deleted, and does not go with them."""
    dropped = [each.claim for each in removals if each.how is How.DROP]
    deleted = [each.claim.oid for each in removals if each.how is How.DELETE]
    roots = [claim.oid for claim in dropped]
    roots += [leaf.oid for claim in dropped for leaf in renewal.own_leaves(connection, schema, claim)]
    specs = [dataset(each.dataset)[each.target] for each in dropped]
    for spec in specs:
        roots += belongings.own_views(connection, schema, spec).values()
    for each in removals:
        roots += foreign_views(connection, schema, each.claim).values() if each.how is How.DELETE else ()
    if last:
        roots += [catalog.relation_oid(connection, schema, name) for name in ledger.RELATIONS]
    found = [*belongings.dependants(connection, roots), *reach.deleting(connection, deleted, going=roots)]
    return list(dict.fromkeys(found))


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise TargetError(Text.joined("\n  - ", ["nothing was removed:", *problems]))
