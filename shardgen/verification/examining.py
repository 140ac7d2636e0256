"""Pieces of content examined by an engine's workers, as many at a time as there are workers.

What a lost worker had is examined by another one, as a load does it, until so many were lost with one piece that it may
be what they die of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from shardgen.errors import VerificationError
from shardgen.loading.engines import Engine, Setup
from shardgen.stores import attention
from shardgen.stores.failures import StoppedError

I = TypeVar("I")  # noqa: E741  # an item
T = TypeVar("T")

_LOSSES: Final = 3  # workers lost with a piece, until it is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A shard that could not be examined; failures of a driver do not cross between processes well."""

    shard: str
    error: str
    """One line, without secrets."""


Examine = Callable[[I, Callable[[], bool]], T | Trouble]
"""Examines an item; importable by name. It is given what tells whether to give way, and raises StoppedError then."""


def examined(
    items: Sequence[I],
    examine: Examine[I, T],
    engine: Engine,
    workers: int,
    *,
    begun: Callable[[I], None],
    ended: Callable[[T], None],
) -> list[T]:
    """What examining each gives, in the order in which they end.

    Args:
        items: begun in this order.
        examine: see ``Examine``.
        engine: runs it.
        workers: of it.
        begun: hears of each when it is begun.
        ended: hears what came of each.

    Raises:
        VerificationError: one could not be examined, or its workers died of it.
        MachineError: the engine has no workers any more.
    """
    work = _Work(items, examine, engine, workers, begun=begun)
    found: list[T] = []
    try:
        while (outcome := work.next()) is not None:
            if isinstance(outcome, Trouble):
                raise VerificationError(f"shard={outcome.shard!r} could not be read: {outcome.error}")
            found.append(outcome)
            ended(outcome)
    finally:
        engine.close()
    return found


@dataclass(slots=True, kw_only=True, eq=False)
class _Piece(Generic[I]):
    """An item on its way."""

    item: I
    losses: int = 0


class _Work(Generic[I, T]):
    """Some pieces, and the executor that has them examined."""

    def __init__(
        self, items: Sequence[I], examine: Examine[I, T], engine: Engine, workers: int, *, begun: Callable[[I], None]
    ) -> None:
        self._waiting = deque(_Piece(item=item) for item in items)
        self._running: dict[Future[T | Trouble | None], _Piece[I]] = {}
        self._examine = examine
        self._engine = engine
        self._workers = min(workers, max(1, len(items)))
        self._begun = begun
        self._executor = self._start()

    def next(self) -> T | Trouble | None:
        """What came of one more piece; None when all are done."""
        while self._waiting or self._running:
            if not self._submit():
                self._start_anew()
                continue
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            if lost := [future for future in done if _is_lost(future, self._engine.lost)]:
                self._put_back(lost)
            elif (outcome := self._taken(next(iter(done)))) is not None:
                return outcome
        return None

    def _start(self) -> Executor:
        return self._engine.start(self._workers, Setup.here())

    def _submit(self) -> bool:
        """Have pieces begun, as many as there are workers; False where the executor takes none any more."""
        while self._waiting and len(self._running) < self._workers:
            piece = self._waiting[0]
            try:
                future = self._submitted(piece)
            except self._engine.lost:
                return False
            self._running[future] = self._waiting.popleft()
            self._begun(piece.item)
        return True

    def _submitted(self, piece: _Piece[I]) -> Future[T | Trouble | None]:
        attempt: Callable[..., T | Trouble | None] = _attempt
        return self._executor.submit(attempt, self._examine, piece.item, self._engine.stopped)

    def _taken(self, future: Future[T | Trouble | None]) -> T | Trouble | None:
        piece = self._running.pop(future)
        if (outcome := future.result()) is None:  # its worker is being ended
            self._waiting.appendleft(piece)
        return outcome

    def _put_back(self, lost: Collection[Future[T | Trouble | None]]) -> None:
        """Have others examine what was lost with a worker."""
        told = self._engine.describe()
        if not self._engine.kill(lost):
            self._start_anew(told)
            return
        self._blame([self._running.pop(future) for future in lost], told)

    def _start_anew(self, told: str | None = None) -> None:
        """All that was running is lost; where nothing was, the executor broke for the sake of what is next."""
        told = self._engine.describe() if told is None else told
        aboard = list(self._running.values()) or [self._waiting.popleft()]
        self._running.clear()
        self._blame(aboard, told)
        self._executor = self._start()

    def _blame(self, aboard: Collection[_Piece[I]], told: str) -> None:
        cause = f"a worker process died: {told or 'exit code unknown'}"
        for piece in aboard:
            piece.losses += 1
            if piece.losses >= _LOSSES:
                raise VerificationError(cause)
        attention.tell(f"{cause}: what it had is examined again")
        self._waiting.extendleft(aboard)


def _attempt(examine: Examine[I, T], item: I, stopped: Callable[[], bool]) -> T | Trouble | None:
    """On a worker; None where it gave way."""
    try:
        return None if stopped() else examine(item, stopped)
    except StoppedError:
        return None


def _is_lost(future: Future[T], lost: tuple[type[BaseException], ...]) -> bool:
    return future.cancelled() or isinstance(future.exception(), lost)
