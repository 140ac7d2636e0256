"""The answer key applied to a place: its dirty tables are read, and the clean rows loaded into another one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from shardgen.loading import session
from shardgen.loading.engines import Engine
from shardgen.loading.reconcile import LoadReport
from shardgen.loading.session import Machinery
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.repair.feed import Mended
from shardgen.stores import Show, Store
from shardgen.tables.recipe import Recipe


def restore(source: Mended, into: Store, how: LoadConfig, *, engine: Engine, resume: bool, show: Show) -> LoadReport:
    """Load the clean rows of what is dirty.

    Args:
        source: what is dirty, and where it is.
        into: where the clean rows go.
        how: they go there.
        engine: that does it.
        resume: go on with what an earlier call has begun there.
        show: takes the events.

    Raises:
        as ``loading.session.load``.
    """
    recipe = Recipe(feed=partial(_mended, source))
    machinery = Machinery(engine=lambda: engine, recipe=recipe)
    if resume:
        return session.resume(how, into, given={}, show=show, machinery=machinery)
    clean = replace(source.dirty.clean, schema=into.schema or source.dirty.schema)
    return session.load(clean, how, into, options=_options(clean), show=show, machinery=machinery)


def _mended(source: Mended, _: PlanConfig) -> Mended:
    return source


def _options(clean: PlanConfig) -> dict[str, object]:
    """What a later resume compares with what is given: the tables alone, for all else is the source's."""
    return {"tables": list(clean.tables)}
