"""From a connection string to a claimed run: the coordinator's lock, the claim, and what is said where either fails."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from shardgen.errors import Interrupted, LoadError
from shardgen.stores.postgres import ledger, pooler
from shardgen.stores.postgres.access import Access
from shardgen.stores.postgres.claim import Attempt, Claimed
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.postgres import Connection, probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How a coordinator begins."""

    access: Access
    schema: str
    take_over: bool = False
    """Whether the sessions of a load that holds the target are ended."""
    part: str = ""
    """Of a load in parts, whose parts are at work side by side."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @contextlib.contextmanager
    def control(self) -> Iterator[Control]:
        """The coordinator's session, with its lock."""
        probe(self.access.dsn)
        try:
            control = Control(
                self.access.dsn,
                self.schema,
                take_over=self.take_over,
                part=self.part,
                clock=self.clock,
                sleep=self.sleep,
            )
        except DatabaseError as error:
            raise self.access.refused(error) from error
        with control:
            yield control

    def claimed(self, control: Control, ask: Callable[[Connection], Claimed], attempts: Sequence[Attempt]) -> Claimed:
        """A claim, with what is known of it where it failed: one that was made may be there."""
        try:
            claimed = control.call(ask)
        except DatabaseError as error:
            if not attempts:
                raise self.access.refused(error, "the load") from error
            text = self.access.masked(describe(error))
            raise LoadError(
                f"run={attempts[-1].claimed.run} was claimed, but whether the server kept that is not known: {text}"
            ) from error
        except Interrupted as error:
            error.resumable = bool(attempts)
            if attempts:
                self._leave_word(control, attempts[-1].claimed.run, str(error))
            raise
        return replace(claimed, notices=(pooler.NOTICE, *claimed.notices)) if control.pooled else claimed

    def _leave_word(self, control: Control, run: int, text: str) -> None:
        control.attempt(lambda connection: ledger.set_state(connection, self.schema, run, "interrupted", text))
