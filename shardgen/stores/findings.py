"""What a place tells of itself and of the runs in it, as plain values; whoever shows them needs to know no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Protocol

from shardgen.errors import Problem, TargetError, Text, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was learnt of the server."""

    server_version: str
    """``"18.4"``."""
    connections_left: int
    """That this role may still open in this database."""
    disk_needed: int
    """Bytes that the load will take up, as far as can be told before."""
    disk_free: int | None
    """Bytes free where the data go, or None where that cannot be known: another host, or a role that may not see it."""
    data_directory: str | None
    """Where that is."""
    today: date
    """By the server's clock, UTC."""
    holder: str
    """The coordinator that is at work in the schema; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A table that a replace takes rows from."""

    relation: str
    action: str
    """``"dropped and created anew"`` or ``"emptied"``."""
    rows: int | None
    """As the server estimates them, or None where it never counted."""
    bytes: int
    """On disk."""
    filled_by: str
    """``"run=3"``, ``"run=3 and others"`` or ``"others"``."""
    created: bool
    """Whether shardgen created the relation."""
    why: str = ""
    """Why it is not enough to empty the table; empty where it is."""
    carried: tuple[str, ...] = ()
    """What others have put on the table and that goes with it: ``"privileges of bi"``, ``"a comment"``."""

    @property
    def notice(self) -> str:
        """What goes beside rows, in a sentence; empty where nothing does."""
        if not self.carried:
            return ""
        return f"relation={self.relation} {self.cost}"

    @property
    def cost(self) -> str:
        """Of a table that is made anew, what that takes away."""
        return f"is dropped and created anew, because {self.why}: it loses {', '.join(self.carried)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a load would meet in its target; made without writing anything."""

    problems: tuple[Problem, ...]
    """What stands in the way; empty where the load may begin."""
    notices: tuple[str, ...]
    """What does not stand in the way, but should be known."""
    facts: Facts
    fates: dict[str, str]
    """By table, what the load would do to it first: ``"create"``, ``"truncate"``."""
    losses: tuple[Loss, ...]
    """What a replace would take away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatus:
    """How far one table of a run is."""

    run: int
    table: str
    relation: str
    generation: int | None
    """None where another run has taken the table over since."""
    replaced_by: int | None
    """The run that has taken the table and let nothing of this one stay; None where there is none."""
    planned_shards: int
    planned_rows: int
    """Expected."""
    exact: bool
    """Whether that is a promise; of some tables it is an estimate."""
    done: int
    """Shards committed."""
    pending: int
    failed: int
    """Shards given up and not done since."""
    rows: int
    """Rows committed."""
    skipped: int
    """Rows left out, because rows with their keys were there."""
    last_error: str | None
    """Of a shard that is not done: its id, the attempt and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """How one run stands."""

    run: int
    state: str
    """One of the ledger's states; of a loading run without a coordinator ``"lost"``, in parts ``"waiting"``."""
    coordinator: str | None
    """Application name and address of the coordinator at work, or of the parts."""
    started: datetime
    resumed: datetime | None
    finished: datetime | None
    host: str
    pid: int
    fingerprint: str
    versions: dict[str, Any]
    plan: dict[str, Any]
    options: dict[str, Any]
    last_error: str | None
    """Why the run stopped, or the newest error of a shard that is not done."""
    replaced_by: tuple[int, ...]
    """The runs that have taken all of its tables; empty where rows of it may be there."""
    tables: tuple[TableStatus, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


class Owner(Protocol):
    """A run that has filled tables, or is to fill them."""

    @property
    def run(self) -> int:
        """Its number."""
        ...

    @property
    def state(self) -> str:
        """As the ledger has it: ``"finished"``."""
        ...

    @property
    def plan(self) -> Mapping[str, Any]:
        """PlanConfig.to_json()."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Effective ones."""
        ...


def owners(runs: Iterable[RunStatus]) -> dict[str, Owner]:
    """By table, the run that owns it, of all runs of a place."""
    return {table.table: run for run in runs for table in run.tables if table.generation is not None}


def replaced_by(tables: tuple[TableStatus, ...]) -> tuple[int, ...]:
    """The runs that have taken all of the tables; empty where some may hold rows of the run."""
    takers = {each.replaced_by for each in tables if each.replaced_by is not None}
    return tuple(sorted(takers)) if all(each.replaced_by for each in tables) else ()


class Removal(Protocol):
    """What a reset does to one table."""

    @property
    def table(self) -> str:
        """``"orders"``."""
        ...

    @property
    def relation(self) -> str:
        """Its name in the place."""
        ...

    @property
    def run(self) -> int:
        """Whose table it is."""
        ...

    @property
    def rows(self) -> int:
        """That go, by counting."""
        ...

    @property
    def why(self) -> str:
        """What happens to the table and why, in a sentence."""
        ...

    @property
    def carried(self) -> tuple[str, ...]:
        """What others have put on the table and that goes with it: ``"privileges of bi"``."""
        ...


class Survey(Protocol):
    """What a reset does, looked up before it is asked for."""

    @property
    def runs(self) -> tuple[int, ...]:
        """That are taken back."""
        ...

    @property
    def removals(self) -> Sequence[Removal]:
        """Table by table."""
        ...

    @property
    def last(self) -> bool:
        """Whether no other run is left, so that the ledger goes as well."""
        ...

    @property
    def schema(self) -> bool:
        """Whether the schema goes too if nothing else is in it, because shardgen created it."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        ...


def refuse(problems: Iterable[Problem]) -> None:
    """Raise TargetError with every problem, if there is one; what several relations have in common is said once."""
    found = grouped(problems)
    if len(found) == 1:
        raise TargetError(found[0])
    if found:
        raise TargetError(Text.joined("\n  - ", [f"{len(found)} things stand in the way:", *found]))


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """Problems that differ in their relation alone made one, in order of the first."""
    relations: dict[tuple[Text, Text], list[str]] = {}
    for each in problems:
        relations.setdefault((Text(each.text), Text(each.remedy)), []).append(each.relation)
    return [_of_all(names, text, remedy) for (text, remedy), names in relations.items()]


def _of_all(names: Sequence[str], text: Text, remedy: Text) -> Problem:
    if len(names) == 1 or not names[0]:
        return Problem(relation=names[0], text=text, remedy=remedy)
    listed = ", ".join(names)  # with room for a line to break
    return Problem(text=Text(f"relations={listed}: each ", text), remedy=remedy)


def unfinished(relation: str, run: int) -> Problem:
    """A table that a run which is not finished has claimed."""
    remedy = Text("use ", Use("resume", value=True), ", or ", Use("if_exists", "replace"))
    return Problem(relation=relation, text=f"belongs to the unfinished run={run}", remedy=remedy)
