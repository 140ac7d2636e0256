"""What is verified: the tables that finished runs own, each with the plan and the ledger rows of its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache

from shardgen.errors import PluginError, Text, Use, VerificationError
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan
from shardgen.model.table import ANSWERS
from shardgen.stores.postgres import catalog, forward, ledger
from shardgen.stores.postgres.ledger import Claim, Run, ShardRow, in_leaf
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.resuming import difference
from shardgen.tables import in_order, names, plugins
from shardgen.tables.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One table that a finished run owns."""

    claim: Claim
    """With the OID that the relation has now: a restored dump is as good as what was dumped."""
    run: Run
    config: PlanConfig
    """Of the whole run; of a table that was brought forward that of one load which would make the same."""
    shards: tuple[ShardRow, ...]
    """Committed ones."""
    divided: bool
    """Whether its rows lie in partitions or files; the table itself then holds none."""
    advanced: bool = False
    """Whether later windows have brought it forward: then its rows are those of one load of the whole, and the shards
    of the ledger tell how many there are, but not what is in them.
    """

    @property
    def apart(self) -> frozenset[str]:
        """Ids of shards whose rows are in a leaf of their own, if there is one of its name."""
        return frozenset(row.shard for row in self.shards if in_leaf(self.claim, row))

    @property
    def spoilt(self) -> bool:
        """Whether its rows were spoilt on purpose, or tell of such."""
        dirt = self.config.dirt
        return dirt is not None and (self.claim.target == ANSWERS or self.claim.target in dirt.tables)

    @property
    def excused(self) -> bool:
        """Whether laws have offenders that are as they should be: rows that were spoilt, or that others wait for."""
        return self.spoilt or self.config.arrived

    @property
    def rows(self) -> int:
        """By the ledger."""
        return sum(shard.rows - shard.deleted for shard in self.shards)

    @property
    def records(self) -> int:
        """That the rows are of: by the plan, where a record has a row for each of its versions."""
        return _records(self.config, self.claim.target) if self.config.history == "versions" else self.rows

    @property
    def skipped(self) -> int:
        """Rows that conflicted with others, by the ledger."""
        return sum(shard.skipped for shard in self.shards)

    def parameters(self) -> dict[str, object]:
        """What a law or shape may ask of the plan."""
        return {
            "end": self.config.closes,
            "epoch": datetime.combine(self.config.world.epoch, time()),
            "warehouses": self.config.world.warehouses,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All tables of a schema that can be verified."""

    schema: str
    tables: Mapping[str, Loaded]
    """In the order in which a reader of the story meets them."""
    absent: Mapping[str, str]
    """By table, why it cannot."""
    unknown: tuple[str, ...] = ()
    """What is told of tables that are loaded, but cannot be judged by what is installed here."""

    @property
    def datasets(self) -> dict[str, str]:
        """The dataset of each table."""
        return {name: loaded.config.dataset for name, loaded in self.tables.items()}

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs that own the tables."""
        return tuple(sorted({loaded.run.run for loaded in self.tables.values()}))


def read(connection: Connection, schema: str, run: int | None) -> Subject:
    """Find what there is to verify.

    Args:
        connection: to the target.
        schema: of the ledger and the tables.
        run: the one run whose tables are meant, or None for all that are finished.

    Raises:
        VerificationError: there is no such run, it is not finished, or a table of it is gone.
    """
    if not ledger.present(connection, schema):
        raise VerificationError(
            f"schema={schema!r} holds no ledger: load it with shardgen first, or name another schema"
        )
    runs = {each.run: each for each in ledger.runs(connection, schema)}
    if run is not None and run not in runs:
        raise VerificationError(f"run={run} is not in schema={schema!r}: choose from {', '.join(map(str, runs))}")
    claims = ledger.claims(connection, schema)
    tables, absent, unknown = {}, {}, {}
    for name in in_order({*names(), *claims}):
        claim = claims.get(name)
        if reason := _absence(claim, runs, run):
            absent[name] = reason
        elif claim is not None and (why := unknown_here(name, PlanConfig.from_json(runs[claim.run].plan))):
            absent[name] = unknown[name] = why
        elif claim is not None:
            tables[name] = _loaded(connection, schema, claim, forward.chain(runs, claim.run, name))
    if not tables:
        raise nothing(f"schema={schema!r}", absent, unknown)
    return Subject(schema=schema, tables=tables, absent=absent, unknown=not_looked_at(unknown))


@cache
def _records(config: PlanConfig, table: str) -> int:
    plan = Recipe().build_plan(replace(config, history="latest", tables=(table,)))
    return sum(shard.rows for shard in plan.shards)


def not_looked_at(unknown: Mapping[str, str]) -> tuple[str, ...]:
    """What is told of tables that are loaded, and cannot be judged here, each with the reason."""
    return tuple(f"table={name} is not looked at: it {why}" for name, why in unknown.items())


def nothing(place: str, absent: Mapping[str, str], unknown: Mapping[str, str]) -> VerificationError:
    """That a place holds no table to verify.

    Args:
        place: as it is told.
        absent: by table, why it cannot be verified.
        unknown: those of them that are loaded, and cannot be judged by what is installed here.
    """
    if not unknown:
        reasons = "; ".join(f"{name} {reason}" for name, reason in absent.items())
        return VerificationError(f"{place} holds no table of a finished run: {reasons}: load it first")
    named = {why: ",".join(name for name in unknown if unknown[name] == why) for why in unknown.values()}
    told = "; ".join(f"what is in tables={names} {why}" for why, names in named.items())
    return VerificationError(f"{place} holds nothing that can be verified here: {told}")


def plans(subject: Subject, tables: Iterable[str]) -> tuple[dict[int, Plan], dict[int, PluginError]]:
    """The plan of each run of some tables, as this code makes it, and why it makes none of some runs.

    Raises:
        VerificationError: this code would make another one, so shards and bytes cannot be compared.
    """
    recipe, found, broken = Recipe(), dict[int, Plan](), dict[int, PluginError]()
    for run, loaded in {each.run.run: each for each in map(subject.tables.__getitem__, tables)}.items():
        try:
            found[run] = recipe.build_plan(loaded.config)
            own = recipe.build_plan(PlanConfig.from_json(loaded.run.plan)) if loaded.advanced else found[run]
        except PluginError as error:
            broken[run] = error
            continue
        if why := difference(loaded.run, own, recipe):
            levels = (Use("level", "laws"), " and ", Use("level", "shape"), " only")
            told = "counts and digests cannot be verified; use the versions of that run, or verify "
            raise VerificationError(why, remedy=Text(told, *levels))
    return found, broken


def _absence(claim: Claim | None, runs: Mapping[int, Run], run: int | None) -> str:
    if claim is None:
        return "was not loaded"
    if run is not None and claim.run != run:
        return f"belongs to run={claim.run}"
    state = runs[claim.run].state
    return "" if state == "finished" else f"belongs to run={claim.run}, which is {state}"


def unknown_here(table: str, config: PlanConfig) -> str:
    """Why this installation cannot say what a table of a plan should hold; empty where it can."""
    return plugins.absence(table, config) if config.plugins or table not in names() else ""


def _loaded(connection: Connection, schema: str, claim: Claim, chain: Sequence[Run]) -> Loaded:
    """A table, and what made it, the last run first."""
    run = chain[0]
    found = catalog.relation(connection, schema, claim.relation)
    if found is None:
        raise VerificationError(f"relation={claim.relation} of run={run.run} was dropped: load it again, or restore it")
    rows = ledger.shards_of(connection, schema, run.run, every=True)
    return Loaded(
        claim=replace(claim, oid=found.oid),
        run=run,
        config=forward.whole(chain),
        shards=tuple(row for row in rows if row.target == claim.target),
        divided=found.kind == "p",
        advanced=len(chain) > 1,
    )
