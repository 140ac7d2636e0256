"""Says why the rows of a run and those of a load are of different worlds, in terms of the options."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.config import DATA_VERSION, PlanConfig, WorldConfig
from shardgen.stores.postgres.ledger import Claim, Run

_MEANINGS: Final[Mapping[str, Callable[[WorldConfig], Any]]] = {
    "seed": lambda world: world.seed,
    "epoch": lambda world: world.epoch,
    "horizon": lambda world: world.horizon,
    "customers": lambda world: world.customers,
    "products": lambda world: world.products,
    "orders-per-day": lambda world: _per_day(world.orders, world),
    "sessions-per-day": lambda world: _per_day(world.sessions, world),
    "events-per-session": lambda world: world.events_per_session,
    "review-rate": lambda world: world.review_rate,
    "warehouses": lambda world: world.warehouses,
}
"""What each option decides of a world, after --scale."""


def difference(run: Run, config: PlanConfig) -> Text:
    """Each option that differs, with both values; or else the version that does."""
    before, now = PlanConfig.from_json(run.plan).world, config.world
    found = [
        Text(f"{name}={meaning(before)} there, {meaning(now)} here", _whence(name))
        for name, meaning in _MEANINGS.items()
        if meaning(before) != meaning(now)
    ]
    return Text.joined("; ", found) if found else Text(f"the same options, but another vocabulary: {_versions(run)}")


def _form(run: Run, what: str) -> str:
    """Which history a run's tables hold, or how they are cut."""
    return str(getattr(PlanConfig.from_json(run.plan), what))


def _per_day(total: int, world: WorldConfig) -> float:
    return round(total / world.horizon, 6)


def _whence(name: str) -> Text:
    """How an option came about that nobody may have named."""
    told = (" (it follows from ", Use("end"), " and ", Use("days"), " unless it is named)")
    return Text(*told) if name == "epoch" else Text()


def _versions(run: Run) -> str:
    now = {"data": DATA_VERSION, "faker": importlib.metadata.version("faker")}
    return ", ".join(f"{name} {run.versions.get(name)} there, {here} here" for name, here in now.items())


def others(config: PlanConfig, kept: Sequence[Claim], runs: Mapping[int, Run], fingerprint: str) -> list[Problem]:
    """Tables that stay beside a load and hold another world or history.

    Args:
        config: of the load.
        kept: claims of the tables that stay.
        runs: all that the ledger has, by number.
        fingerprint: of the load's world.
    """
    forms = [each for name in ("history", "cut") for each in _other_forms(config, kept, runs, name)]
    return [*_other_worlds(config, kept, runs, fingerprint), *forms]


def _other_worlds(
    config: PlanConfig, kept: Sequence[Claim], runs: Mapping[int, Run], fingerprint: str
) -> list[Problem]:
    """Tables that stay beside the load and hold another world."""
    others = {each.target: runs[each.run] for each in kept if runs[each.run].fingerprint != fingerprint}
    if not others:
        return []
    return [_otherwise(others, "world", difference(others[min(others)], config))]


def _other_forms(config: PlanConfig, kept: Sequence[Claim], runs: Mapping[int, Run], what: str) -> list[Problem]:
    """Tables that stay beside the load and hold another history, or are cut otherwise: a join of both would mislead."""
    told, here = {each.target: _form(runs[each.run], what) for each in kept}, getattr(config, what)
    others = [name for name, form in told.items() if form != here]
    return [_otherwise(others, what, Text(f"{what}={told[min(others)]} there, {here} here"))] if others else []


def _otherwise(tables: Iterable[str], what: str, differing: Text) -> Problem:
    text = Text(f"tables={', '.join(sorted(tables))} hold another {what} (", differing, f"): a schema holds one {what}")
    remedy = Text(
        "give the same options, use another ", Use("schema"), ", or ", Use("if_exists", "replace"), " for all of them"
    )
    return Problem(text=Text(text, "; ", remedy))
