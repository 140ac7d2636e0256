"""What a lake's ledger objects say, as plain values and as JSON.

``current`` is the one that changes: all that two coordinators could quarrel over is in it, so that one swap decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from shardgen.model.choices import ON_CONFLICT
from shardgen.model.config import PlanConfig
from shardgen.model.table import relation_of
from shardgen.stores.failures import StoreError
from shardgen.stores.joining import PARTS
from shardgen.stores.told import Written

VERSION: Final = 1
"""Of these objects; raised whenever one that was written before would be misunderstood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands."""

    id: str
    """Unlike that of every other run, also of one that had its number before a reset."""
    state: str
    started: str
    resumed: str | None = None
    finished: str | None = None
    error: str | None = None
    host: str = ""
    pid: int = 0
    parts: int | None = None
    """In how many parts it is loaded; 0 where none has begun, None where it is loaded as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A table of a run."""

    run: int
    generation: int
    """How often the table was claimed, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What holds in the prefix now."""

    runs: Mapping[int, Standing] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """Who may write files of a table."""
    shown: Mapping[str, Claim] = field(default_factory=dict)
    """Whose files are the table: until a run is complete, those of the one before."""

    def to_bytes(self) -> bytes:
        """As the object has it."""
        return encoded({"version": VERSION, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of :meth:`to_bytes`.

        Raises:
            StoreError: another version wrote it, or something else did.
        """
        told = decoded(data, "current")
        return cls(
            runs={int(number): Standing(**each) for number, each in told["runs"].items()},
            claims={name: Claim(**each) for name, each in told["claims"].items()},
            shown={name: Claim(**each) for name, each in told["shown"].items()},
        )

    def standing(self, run: int, **values: Any) -> Current:
        """The same, with something else of a run."""
        return replace(self, runs={**self.runs, run: replace(self.runs[run], **values)})

    def next_run(self) -> int:
        """A number that no run has."""
        return max(self.runs, default=0) + 1

    def owned(self, run: int) -> dict[str, Claim]:
        """The tables that a run may fill."""
        return {name: claim for name, claim in self.claims.items() if claim.run == run}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A run, as it was begun; with how it stands."""

    run: int
    id: str
    fingerprint: str
    plan_fingerprint: str
    started_in: str
    plan: dict[str, Any]
    options: dict[str, Any]
    versions: dict[str, Any]
    planned: dict[str, dict[str, Any]]
    """By table: shards, rows and whether their number is a promise."""
    made_by: dict[str, str]
    """What decides the bytes of files beside their rows: library, codec, rows of a group."""
    window: dict[str, str | None]
    standing: Standing | None = None
    """Not in the object: that of ``current``."""

    @property
    def state(self) -> str:
        """How the run stands."""
        assert self.standing is not None
        return self.standing.state

    @property
    def on_conflict(self) -> str:
        """Files have no keys that could be in conflict."""
        return ON_CONFLICT[0]

    @property
    def config(self) -> PlanConfig:
        """The plan."""
        return PlanConfig.from_json(self.plan)

    def relation(self, table: str) -> str:
        """What a table of it is called."""
        return relation_of(table)

    def to_bytes(self) -> bytes:
        """As the object has it."""
        told = asdict(self)
        told.pop("standing")
        return encoded({"version": VERSION, **told})

    @classmethod
    def from_bytes(cls, data: bytes, standing: Standing) -> Self:
        """The inverse of :meth:`to_bytes`."""
        told = decoded(data, "run.json")
        told.pop("version")
        found = cls(**told, standing=standing)
        return found if standing.parts is None else replace(found, options={**found.options, PARTS: standing.parts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A shard that is done: its ledger object."""

    shard: str
    table: str
    key: str
    """Of its file."""
    rows: int
    size: int
    """Bytes of it."""
    sha256: str
    """Of the whole file."""
    seconds: float
    phases: dict[str, float]

    def to_bytes(self) -> bytes:
        """As the object has it."""
        return encoded({"version": VERSION, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of :meth:`to_bytes`."""
        told = decoded(data, "a shard's ledger object")
        told.pop("version")
        return cls(**told)

    def written(self, *, by_us: bool) -> Written:
        """As every store tells it."""
        return Written(
            shard=self.shard,
            table=self.table,
            rows=self.rows,
            bytes=self.size,
            digest=self.sha256,
            seconds=self.seconds,
            phases=self.phases,
            by_us=by_us,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed attempt at a shard."""

    shard: str
    table: str
    attempt: int
    cause: str
    given_up: bool

    def to_bytes(self) -> bytes:
        """As the object has it."""
        return encoded(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of :meth:`to_bytes`."""
        return cls(**json.loads(data))


def encoded(value: Mapping[str, Any]) -> bytes:
    """JSON that people can read."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def decoded(data: bytes, what: str) -> dict[str, Any]:
    """The inverse of it.

    Raises:
        StoreError: it is none of ours, or of another version.
    """
    try:
        told = json.loads(data)
        version = told["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{what} is damaged: it is not what shardgen wrote") from error
    if version != VERSION:
        raise StoreError(f"{what} was written by another version of shardgen: use that one")
    return dict(told)


def now() -> str:
    """The time, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
