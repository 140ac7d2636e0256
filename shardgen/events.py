"""Frozen messages from the coordinator to whoever shows them; nothing but the display depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStarted:
    """The run is claimed, preflight passed, shards are about to be submitted."""

    run: int
    """Number of the run in the target's ledger."""
    resumed: bool
    """Whether an earlier session of this run did part of it."""
    workers: int
    """Processes, or as many as there are shards."""
    rows: dict[str, int]
    """Expected rows by table, all shards."""
    shards: dict[str, int]
    """Shards by table."""
    rows_done: dict[str, int]
    """Rows by table that the ledger had already."""
    shards_done: dict[str, int]
    """Shards by table that the ledger had already."""
    bytes: dict[str, int]
    """Expected COPY bytes by table, all shards."""
    local: bool
    """Whether the server shares this machine's CPUs with the workers, as far as the address tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStarted:
    """A shard was given to the executor."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    attempt: int
    """Counted from 1."""
    rows: int
    """Expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSeen:
    """How far a backend is with a shard, as the server reports it; nothing of it is committed yet."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    rows: int
    """Copied so far; 0 outside COPY."""
    doing: str
    """``"beginning"``, ``"copying"``, ``"indexing"``, ``"attaching"``, ``"committing"`` or ``"waiting for a lock"``."""
    worker: int
    """Process id of the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardDone:
    """A shard is committed."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    rows: int
    """That were committed."""
    bytes: int
    """COPY bytes sent."""
    seconds: float
    """From its transaction's begin to its end."""
    by_us: bool
    """False where the ledger had it already."""
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds by phase, as the writer names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRetried:
    """A shard failed and will be tried again."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    attempt: int
    """Counted from 1."""
    cause: str
    """What failed, in a sentence."""
    delay: float
    """Seconds until the next attempt."""
    trace: str = ""
    """The worker's traceback and what it logged, without secrets; empty where the process was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFailed:
    """A shard was given up."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    attempt: int
    """Counted from 1."""
    cause: str
    """The first one."""
    trace: str = ""
    """The worker's traceback and log of the last attempt, without secrets; empty where the process was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLogged:
    """What libraries logged in a worker while it did a shard; for ``--verbose``."""

    shard: str
    """Id of the shard: ``"orders/2025-03"``."""
    table: str
    lines: tuple[str, ...]
    """Without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step of finalising or reconciling began: ``"index raw_sessions_user_id_idx"``."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step ended."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the user should know, in a sentence."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What a library logged in this process; the workers' is in WorkerLogged."""

    logger: str
    level: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationStarted:
    """What there is to verify, ask or draw is known; a second one begins another list."""

    checks: int
    """How many CheckDone there will be."""
    what: str = "checks"
    """What they are: a report has queries and pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStarted:
    """A part of a verification began: ``"L13"``, ``"count raw_orders"``, ``"orders/2025-03"``."""

    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDone:
    """A part of a verification ended."""

    check: str
    failures: tuple[str, ...]
    """What does not hold, in sentences."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFinished:
    """The load came to its end, or was stopped; the display closes."""

    ok: bool


Event = (
    LoadStarted
    | ShardStarted
    | ShardSeen
    | ShardDone
    | ShardRetried
    | ShardFailed
    | WorkerLogged
    | StepStarted
    | StepDone
    | Notice
    | Logged
    | VerificationStarted
    | CheckStarted
    | CheckDone
    | LoadFinished
)
