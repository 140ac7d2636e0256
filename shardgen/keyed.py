"""What is told, proved and taken back of answer keys together with the tables beside which they were loaded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from shardgen.errors import TargetError, VerificationError
from shardgen.loading.beside import KEY_OF, within
from shardgen.model.table import ANSWERS
from shardgen.stores.findings import RunStatus
from shardgen.stores.resuming import FOLLOWS

if TYPE_CHECKING:
    from shardgen.display import Show
    from shardgen.stores import Store
    from shardgen.stores.findings import Removal, Survey
    from shardgen.tables.recipe import Recipe
    from shardgen.verification.outcome import Check, Verification
    from shardgen.verification.verifier import Request

_LEVELS = ("counts", "digests")
"""At which a key can be verified: no law and no shape is about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that a run has, or should have."""

    of: RunStatus
    """The run."""
    place: Store
    """Where it lies."""
    run: RunStatus | None
    """That loaded it; None where it is not there."""
    unasked: str = ""
    """Why the place could not be asked; empty where it was."""
    alone: bool = False
    """Whether no other run there has anything, so that a reset leaves nothing there."""

    @property
    def reset(self) -> dict[str, Any]:
        """What a reset of its place is asked for."""
        assert self.run
        return {"run": None if self.alone else self.run.run, "every": self.alone}

    @property
    def shown(self) -> str:
        """The place, as it stands before the table's name."""
        return f"{self.place.schema}." if self.place.schema else f"{self.place.place}/"


def keys_of(store: Store, runs: Sequence[RunStatus], *, replaced: bool = False) -> list[Key]:
    """The keys of some runs that were to load one and own tables, or own none any more."""
    found = []
    for run in runs:
        where = run.plan.get("answers")
        if where and _owns(run) is not replaced:
            found.append(_key(run, store.beside(where), _followed(run, store)))
    return found


def _left(store: Store, runs: Sequence[RunStatus]) -> list[Key]:
    """The keys that are there still of some runs whose tables others have replaced, where that can be asked."""
    found = keys_of(store, runs, replaced=True)
    return [key for key in found if key.run and within(key.run, key.of)]


def _followed(run: RunStatus, store: Store) -> set[int]:
    """A run and those that it brings forward: while it is not finished the key is still that of the one before."""
    found = {run.run}
    if FOLLOWS not in run.options:
        return found
    for each in sorted(store.runs(), key=lambda each: -each.run):
        if each.run in found:
            found |= {number for number, _ in each.options.get(FOLLOWS, {}).values()}
    return found


def _key(run: RunStatus, place: Store, followed: set[int]) -> Key:
    try:
        there = [each for each in place.runs() if _owns(each)]
    except TargetError as error:  # of whoever may see the tables alone
        return Key(of=run, place=place, run=None, unasked=" ".join(str(error).split()))
    mine = [each for each in there if each.options.get(KEY_OF) in followed]
    return Key(of=run, place=place, run=mine[-1] if mine else None, alone=len(there) == len(mine) == 1)


def _owns(run: RunStatus) -> bool:
    return any(table.generation is not None for table in run.tables)


def standing(store: Store, runs: Sequence[RunStatus]) -> list[RunStatus]:
    """Runs with the tables of their keys among theirs."""
    keys = {key.of.run: key for key in keys_of(store, runs) if key.run}
    return [_with_key(run, keys[run.run]) if run.run in keys else run for run in runs]


def _with_key(run: RunStatus, key: Key) -> RunStatus:
    assert key.run
    tables = tuple(replace(each, run=run.run, relation=f"{key.shown}{each.relation}") for each in key.run.tables)
    return replace(run, tables=(*run.tables, *tables))


@contextlib.contextmanager
def watched(store: Store) -> Iterator[Callable[[], list[RunStatus]]]:
    """What tells the same as often as it is asked."""
    with store.watched() as look:
        yield lambda: standing(store, look())


# --- reset ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a reset takes away, keys and all; see stores.findings.Survey."""

    tables: Survey
    keys: tuple[tuple[Key, Survey], ...]

    @property
    def runs(self) -> tuple[int, ...]:
        """That are taken back."""
        return self.tables.runs

    @property
    def removals(self) -> Sequence[Removal]:
        """Table by table."""
        return (*self.tables.removals, *(_Shown.of(key, each) for key, found in self.keys for each in found.removals))

    @property
    def last(self) -> bool:
        """Whether no other run is left, so that the ledger goes as well."""
        return self.tables.last

    @property
    def schema(self) -> bool:
        """Whether the schema of the tables goes too if nothing else is in it."""
        return self.tables.schema

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        keys = [{"place": key.place.schema or key.place.place, **found.to_json()} for key, found in self.keys]
        return {**self.tables.to_json(), **({"answers": keys} if keys else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A key that goes; see stores.findings.Removal."""

    table: str
    relation: str
    run: int
    rows: int
    why: str
    carried: tuple[str, ...]

    @classmethod
    def of(cls, key: Key, each: Removal) -> _Shown:
        return cls(
            table=each.table,
            relation=f"{key.shown}{each.relation}",
            run=key.of.run,
            rows=each.rows,
            why=each.why,
            carried=each.carried,
        )


def survey(store: Store, recipe: Recipe, *, run: int | None, every: bool) -> Whole:
    """What a reset would take away; writes nothing.

    Raises:
        TargetError: a place cannot be asked, or it cannot be told which run is meant.
    """
    found = store.survey(recipe, run=run, every=every)
    runs = [each for each in store.runs() if each.run in found.runs] if found.runs else []
    keys = [*keys_of(store, runs), *_left(store, runs)]
    for key in keys:
        if key.unasked:
            told = f"the answer key of run={key.of.run} in {key.place.schema or key.place.place} is not to be had"
            raise TargetError(f"{told}: {key.unasked}")
    return Whole(
        tables=found,
        keys=tuple((key, key.place.survey(recipe, **key.reset)) for key in keys if key.run),
    )


def reset(
    store: Store, recipe: Recipe, expected: Whole, *, run: int | None, every: bool, show: Callable[[str], None]
) -> None:
    """Take away what was found, the keys first: what is left knows of them until they are gone.

    Raises:
        TargetError: the target has changed since.
    """
    for key, found in expected.keys:
        key.place.reset(recipe, found, show=show, **key.reset)
    store.reset(recipe, expected.tables, run=run, every=every, show=show)


# --- verify -----------------------------------------------------------------------------------------------------------


def verified(found: Verification, request: Request, store: Store, show: Show, *, connections: int) -> Verification:
    """A verification with that of the keys of the runs that it looked at.

    Args:
        found: of the tables.
        request: what was asked for; where it names tables, keys are not looked at.
        store: of the tables.
        show: takes the events.
        connections: that ask at the same time.
    """
    if request.tables or not set(request.levels) & set(_LEVELS):
        return found
    runs = [run for run in store.runs() if run.run in found.runs]
    checks = [check for key in keys_of(store, runs) for check in _checks(key, request, show, connections)]
    if not checks:
        return found
    from shardgen.verification.outcome import Status

    ok = found.ok and not any(check.status is Status.FAILED for check in checks)
    levels = {check.level: at for at, check in enumerate(found.checks)}
    ordered = sorted((*found.checks, *checks), key=lambda check: levels.get(check.level, len(found.checks)))
    seconds = round(found.seconds + sum(check.seconds for check in checks), 3)
    return replace(found, checks=tuple(ordered), ok=ok, seconds=seconds)


def _checks(key: Key, request: Request, show: Show, connections: int) -> list[Check]:
    from shardgen.verification import verifier

    if key.run is None:
        return [_unseen(key) if key.unasked else _lacking(key)]
    reader = key.place.reader(workers=connections, purpose="verify")
    asked = [level for level in _LEVELS if level in request.levels]
    try:
        each = [verifier.verify(replace(request, level=one, run=key.run.run), reader, show) for one in asked]
    except (TargetError, VerificationError) as error:
        return [_lacking(key, f": {error}")]
    return [check for one in each for check in one.checks]


def _unseen(key: Key) -> Check:
    from shardgen.verification.outcome import Status

    return replace(_lacking(key), status=Status.NOT_APPLICABLE, finding=f"it cannot be looked at: {key.unasked}")


def _lacking(key: Key, why: str = "") -> Check:
    from shardgen.verification.outcome import Check, Status

    return Check(
        level="counts",
        name=ANSWERS,
        about=f"the answer key of run {key.of.run}",
        status=Status.FAILED,
        finding=f"is not in {key.place.schema or key.place.place}, where that run has loaded it{why}",
    )
