"""How today's code makes a plan and its rows, and how it names both, so that a run is only gone on with where today's
code would give the same bytes that its committed shards hold.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shardgen import __version__
from shardgen.model.config import DATA_VERSION, SHOP, PlanConfig, fingerprint
from shardgen.model.plan import Plan
from shardgen.tables import dataset
from shardgen.tables.feed import Feed, Feeding
from shardgen.tables.planning import build_plan, max_id
from shardgen.world import words_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Plans, rows and their names; tests replace parts of it."""

    build_plan: Callable[[PlanConfig], Plan] = build_plan
    words_digest: Callable[[int], str] = words_digest
    max_id: Callable[[Plan, str], int] = max_id
    feed: Callable[[PlanConfig], Feeding] = Feed

    def world(self, plan: PlanConfig) -> str:
        """Fingerprint of the world: config, data version, vocabulary."""
        others = () if plan.dataset == SHOP else (plan.dataset, dataset(plan.dataset).version)
        return fingerprint(plan.world, self.words_digest(plan.world.seed), *others)

    def plan(self, plan: Plan) -> str:
        """Fingerprint of the plan: the world, what is loaded of it, and the bounds of every shard."""
        bounds = [(shard.id, shard.start, shard.stop) for shard in plan.shards]
        text = json.dumps([self.world(plan.config), plan.config.to_json(), bounds], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def versions() -> dict[str, Any]:
    """What made the data: package, data version, Faker."""
    return {"shardgen": __version__, "data": DATA_VERSION, "faker": importlib.metadata.version("faker")}


def changed(then: Mapping[str, Any]) -> str:
    """Which versions are others now, in brackets behind a space; empty where none is."""
    now = versions()
    found = [f"{name} {then.get(name)} is now {now[name]}" for name in now if then.get(name) != now[name]]
    return f" ({', '.join(found)})" if found else ""
