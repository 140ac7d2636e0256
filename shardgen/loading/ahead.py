"""Workers that get ready while a claim is made: the first row comes 0.3 s sooner, on two cores.

The claim needs the digest of the vocabulary, which a worker has to read anyway: so the coordinator asks one, and does
without Faker. Nothing depends on it: what a worker does not tell is made here, and one that failed is started anew.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import replace
from typing import Any, Final, Self

from shardgen.errors import MachineError
from shardgen.loading.engines import Engine, Setup
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.stores import attention
from shardgen.tables.recipe import Recipe

_PATIENCE: Final = 10.0  # seconds for what takes a worker half a second; then it hangs
_PERIOD: Final = 0.05  # seconds between looks at signals meanwhile


class Ahead:
    """The first workers of a load, from before its claim; a context manager, at whose end no worker is left.

    Args:
        engine: gives them; those of other machines, whose words may be others, are not begun ahead.
        recipe: how rows are made.
        plan: what they are for; None where that is not known before the claim.
        workers: how many shards will be at work at the same time.
    """

    def __init__(self, engine: Engine, recipe: Recipe, plan: Plan | None, *, workers: int) -> None:
        self._engine = engine
        self._recipe = recipe
        self._plan = plan if engine.local else None
        self._workers = workers
        self._executor: Executor | None = None
        self._asked: list[Future[Any]] = []
        """First the digest, then what makes the others ready."""
        self._failed = False
        """Whether the digest could not be made."""

    @property
    def recipe(self) -> Recipe:
        """The recipe that has its digest from a worker."""
        return replace(self._recipe, words_digest=self._words_digest)

    def __enter__(self) -> Self:
        """Start the workers: it waits for the process that they are forked from, and for nothing else."""
        if self._plan is None:
            return self
        first = sorted(self._plan.shards, key=lambda shard: -shard.bytes)[: self._workers]
        if first:
            with contextlib.suppress(MachineError):  # told where there is a run whose state can say so
                self._start(self._plan.config, first)
        return self

    def __exit__(self, *exc: object) -> None:
        self._engine.close()

    def executor(self) -> Executor | None:
        """What was started, once; None where nothing was, or a worker was lost since."""
        started, self._executor = self._executor, None
        return None if any(map(self._is_lost, self._asked)) else started

    def _start(self, config: PlanConfig, first: Sequence[Shard]) -> None:
        feed = self._recipe.feed(config)
        executor = self._engine.start(len(first), Setup.here())
        self._asked.append(executor.submit(self._recipe.words_digest, config.world.seed))
        self._asked += [executor.submit(feed.get_ready, shard) for shard in first]
        self._executor = executor

    def _words_digest(self, seed: int) -> str:
        told = self._told(self._asked[0]) if self._asked else None
        return self._recipe.words_digest(seed) if told is None else told

    def _told(self, digest: Future[Any]) -> str | None:
        """What the worker says; None where it says nothing, or has failed once before."""
        deadline = time.monotonic() + _PATIENCE
        while not digest.done() and time.monotonic() < deadline:
            wait([digest], timeout=_PERIOD)
            attention.check()
        if not digest.done() or self._is_lost(digest) or self._failed:
            return None
        self._failed = digest.exception() is not None
        return str(digest.result())

    def _is_lost(self, future: Future[Any]) -> bool:
        return future.done() and (future.cancelled() or isinstance(future.exception(), self._engine.lost))
