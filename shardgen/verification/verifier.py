"""One verification from connection to report: what there is, then counts, laws and shapes, then content."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shardgen.errors import VerificationError
from shardgen.events import Event, Notice, VerificationStarted
from shardgen.model.checks import check_choice, check_range
from shardgen.model.choices import LEVELS
from shardgen.model.plan import Plan
from shardgen.stores import attention
from shardgen.stores.failures import StoreError
from shardgen.stores.reading import Question, Reader
from shardgen.tables.statements import place
from shardgen.verification import laws, shape, subject
from shardgen.verification.outcome import Check, Status, Verification
from shardgen.verification.proof import Proof, proof_of
from shardgen.verification.subject import Subject

ORDER: Final = {level: place for place, level in enumerate(LEVELS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to verify, and how; checked."""

    level: str = "all"
    """One of LEVELS."""
    tables: tuple[str, ...] = ()
    """Tables to look at, and whose laws and shapes are asked; empty for all."""
    run: int | None = None
    """Whose tables alone are meant."""
    regenerate: bool = False
    """Compare content with what the plan gives, too."""
    workers: int = 2
    """Sessions that ask at the same time, and worker processes that hash."""

    def __post_init__(self) -> None:
        check_choice("level", self.level, LEVELS)
        check_range("workers", self.workers, 1, 512)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that are meant."""
        return LEVELS[:-1] if self.level == "all" else (self.level,)


def verify(request: Request, reader: Reader, show: Callable[[Event], None]) -> Verification:
    """Look at a target without writing to it.

    Args:
        request: what to verify.
        reader: of the target.
        show: takes the events.

    Raises:
        TargetError: the target cannot be reached.
        VerificationError: there is nothing to verify, another version loaded it, or the server failed on the way.
    """
    start = time.perf_counter()
    proof = proof_of(reader)
    try:
        with attention.attending(tell=lambda text: show(Notice(text=text))):
            proof.check_place(request.levels)
            found, checks = _checks(request, reader, proof, show)
    except StoreError as error:
        raise VerificationError(f"{reader.place} cannot be verified: {error}") from error
    return Verification(
        target=reader.place,
        schema=reader.schema,
        runs=found.runs,
        levels=request.levels,
        ok=not any(check.status is Status.FAILED for check in checks),
        regenerated=request.regenerate and "digests" in request.levels,
        checks=tuple(sorted(checks, key=_place)),
        seconds=round(time.perf_counter() - start, 3),
    )


def _checks(
    request: Request, reader: Reader, proof: Proof, show: Callable[[Event], None]
) -> tuple[Subject, list[Check]]:
    levels = request.levels
    found = proof.subject(request.run)
    tables = _tables(found, request.tables)
    if {"laws", "digests"} & set(levels):
        _check_keys(found)
    for text in () if request.tables else found.unknown:
        show(Notice(text=text))
    plans, planned = _plans(request, found, tables, show) if {"counts", "digests"} & set(levels) else ({}, tables)
    asked: list[Question[Check]] = []
    checks: list[Check] = []
    if "counts" in levels:
        asked += proof.counts(found, plans, planned)
    for level, ask in (("laws", laws.questions), ("shape", shape.questions)):
        if level in levels:
            questions, moot = ask(found, request.tables or (*found.tables, *found.absent))
            asked += questions
            checks += moot
    pieces = proof.pieces(found, plans, planned) if "digests" in levels else 0
    show(VerificationStarted(checks=len(asked) + pieces))
    checks += reader.ask(asked, show=show, failures=_failures)
    if pieces:
        checks += proof.contents(
            found, plans, planned, regenerate=request.regenerate, workers=request.workers, show=show
        )
    return found, checks


def _check_keys(found: Subject) -> None:
    """See that the secret of what is spoilt on purpose is there.

    Raises:
        ConfigError: it is not.
    """
    for loaded in found.tables.values():
        if loaded.spoilt and loaded.config.dirt:
            loaded.config.dirt.opened()


def _plans(
    request: Request, found: Subject, tables: Sequence[str], show: Callable[[Event], None]
) -> tuple[Mapping[int, Plan], tuple[str, ...]]:
    """The plans of the runs, and the tables of those that have one; a run without its package is in no other's way.

    Raises:
        PluginError: there is no plan of what was asked for by name, or of none at all.
    """
    plans, broken = subject.plans(found, tables)
    if broken and (request.tables or request.run is not None or not plans):
        raise next(iter(broken.values()))
    for run, error in broken.items():
        show(Notice(text=f"rows and digests of run={run} are not looked at: {error}"))
    return plans, tuple(name for name in tables if found.tables[name].run.run in plans)


def _tables(found: Subject, wanted: Sequence[str]) -> tuple[str, ...]:
    """The tables that are loaded and meant.

    Raises:
        VerificationError: a table that was asked for is not there.
    """
    for name in wanted:
        if name not in found.tables:
            raise VerificationError(
                f"table={name} {found.absent.get(name, 'was not loaded')}: choose from {', '.join(found.tables)}"
            )
    return tuple(name for name in found.tables if not wanted or name in wanted)


def _failures(checks: Sequence[Check]) -> tuple[str, ...]:
    """What the display should say of them."""
    return tuple(f"{check.name}: {check.finding}" for check in checks if check.status is Status.FAILED)


def _place(check: Check) -> tuple[int, str, str, int]:
    """In the report: by level, laws and shapes by number, tables as they are."""
    return ORDER[check.level], *place(check.name)
