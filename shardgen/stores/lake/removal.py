"""What a reset takes away: the files and the records of runs. Files of others stay, and so do their folders.

The files go first and the word of them last, so that a reset that was cut short is finished by another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shardgen.errors import TargetError, Text, Use
from shardgen.stores.lake import layout, publishing
from shardgen.stores.lake.files import Files
from shardgen.stores.lake.folder import LOCK
from shardgen.stores.lake.layout import Generation
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.records import Current


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeRemoval:
    """See stores.findings.Removal."""

    table: str
    relation: str
    run: int
    rows: int
    files: int
    why: str
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeSurvey:
    """See stores.findings.Survey."""

    runs: tuple[int, ...]
    removals: tuple[LakeRemoval, ...]
    last: bool
    schema: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"runs": list(self.runs), "tables": [asdict(each) for each in self.removals], "ledger": self.last}


def survey(ledger: Ledger, *, run: int | None, every: bool) -> LakeSurvey:
    """What a reset would take away.

    Raises:
        TargetError: it cannot be told which run is meant.
    """
    current = ledger.current()
    chosen = _chosen(ledger.objects.address.url, current, run=run, every=every)
    removals = tuple(each for number in chosen for each in _removals(ledger, current, number))
    return LakeSurvey(runs=chosen, removals=removals, last=len(chosen) == len(current.runs))


def _chosen(place: str, current: Current, *, run: int | None, every: bool) -> tuple[int, ...]:
    there = tuple(sorted(current.runs))
    listed = ", ".join(map(str, there))
    if not there:
        raise TargetError(f"{place} holds no run")
    if run is not None and run not in there:
        raise TargetError(f"run={run} is not in {place}: choose from {listed}")
    if run is None and not every and len(there) > 1:
        remedy = Text("name one by ", Use("run"), ", or take all back by ", Use("all", value=True))
        raise TargetError(f"{place} holds several runs: {listed}", remedy=remedy)
    return there if run is None else (run,)


def _removals(ledger: Ledger, current: Current, run: int) -> Iterable[LakeRemoval]:
    record = ledger.record(run, current)
    there = Files.listed(ledger.objects, record.plan["tables"]).sizes
    for name in record.plan["tables"]:
        files = [each for each in ledger.entries(run) if each.table == name and each.key in there]
        claim = current.claims.get(name)
        if files or (claim is not None and claim.run == run):
            yield LakeRemoval(
                table=name,
                relation=record.relation(name),
                run=run,
                rows=sum(each.rows for each in files),
                files=len(files),
                why=_why(current, name, run, len(files)),
            )


def _why(current: Current, name: str, run: int, files: int) -> str:
    shown = current.shown.get(name)
    stays = shown is not None and shown.run != run
    return f"{files} files are deleted" + (f"; those of run={shown.run} stay" if shown and stays else "")


def reset(ledger: Ledger, found: LakeSurvey, show: Callable[[str], None]) -> None:
    """Take away what was found; the last run takes the ledger with it, and who is at work must not come back to it."""
    for run in found.runs:
        _withdraw(ledger, run)
        _remove_files(ledger, run)
    for each in found.removals:
        show(f"{each.relation}: {each.why}")
    ledger.change(lambda current: without(current, found.runs))
    ledger.objects.delete([Generation(run).record for run in found.runs])
    if found.last:
        left = [each.key for each in ledger.objects.list(layout.PARTS)]
        ledger.objects.delete([layout.SUCCESS, layout.CURRENT, layout.COORDINATOR, *left, LOCK])


def _withdraw(ledger: Ledger, run: int) -> None:
    """Take back what was published of a run: of tables that are its files now."""
    current = ledger.current()
    tables = [name for name, claim in current.shown.items() if claim.run == run]
    publishing.withdraw(ledger.objects, ledger.record(run, current).config, tables)


def _remove_files(ledger: Ledger, run: int) -> None:
    """Remove all objects of a run but its record: also files that no ledger object tells of."""
    names, current = Generation(run), ledger.current()
    tables = ledger.record(run, current).plan["tables"]
    files = [key for key in Files.listed(ledger.objects, tables).sizes if layout.generation(key) == run]
    ledger.objects.delete(files)
    recorded = [each.key for each in ledger.objects.list(names.folder) if each.key != names.record]
    ledger.objects.delete([*recorded, names.manifest])


def without(current: Current, runs: Sequence[int]) -> Current:
    """The same without some runs: a table that one of them was to replace is what it was before."""
    shown = {name: claim for name, claim in current.shown.items() if claim.run not in runs}
    claims = {name: claim for name, claim in current.claims.items() if claim.run not in runs}
    return replace(
        current,
        runs={number: each for number, each in current.runs.items() if number not in runs},
        claims={**shown, **claims},
        shown=shown,
    )
