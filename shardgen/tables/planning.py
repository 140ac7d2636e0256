"""Pure planning: a config becomes shards, the same for the same config, on any machine."""

from __future__ import annotations

from dataclasses import replace

from shardgen.dirt.spec import growth
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import ANSWERS
from shardgen.tables import answers, dataset, files, in_order, plugins
from shardgen.world.world import World, build_world


def build_plan(config: PlanConfig) -> Plan:
    """The plan of a config.

    Args:
        config: a checked plan config.

    Returns:
        shards table by table, in order of their ids.

    Raises:
        PluginError: what brought a table is not here, or is of another version.
    """
    plugins.check(config)
    world = build_world(config.world, config.end)
    shards = [_spoilt(config, shard) for name in config.tables for shard in _of_place(world, config, name)]
    return Plan(config=config, shards=tuple(shards))


def _of_key(world: World, config: PlanConfig) -> list[Shard]:
    """The shards of the answer key: one for each that is spoilt."""
    dirt = config.dirt
    assert dirt is not None, "clean rows have no key"
    spoilt = [name for name in in_order(dirt.tables, config.dataset) if name != ANSWERS]
    return [
        answers.shard_of(shard, dirt, config.raw_data) for name in spoilt for shard in _of_place(world, config, name)
    ]


def _spoilt(config: PlanConfig, shard: Shard) -> Shard:
    """A shard with about the rows that dirt adds and takes away."""
    if config.dirt is None or shard.table not in config.dirt.tables:
        return shard
    share = 1 + growth(config.dirt, shard.table)
    return replace(shard, rows=round(shard.rows * share), bytes=round(shard.bytes * share), exact=False)


def _of_place(world: World, config: PlanConfig, name: str) -> list[Shard]:
    """A table's shards, as a database has them or a lake."""
    if name == ANSWERS:
        return _of_key(world, config)
    shards = dataset(config.dataset)[name].shards(world, config)
    if not config.format:
        return shards
    apart = config.dirt is not None  # what dirt has held back is in files of its own
    old, new = ([shard for shard in shards if (shard.revised and apart) == which] for which in (True, False))
    return [*files.gathered(old, config.end), *files.gathered(new, config.end)]


def max_id(plan: Plan, table: str) -> int:
    """The greatest value that a key of the table that is a number may take in this world, window or not."""
    greatest = dataset(plan.config.dataset)[table].greatest
    assert greatest is not None, f"keys of {table} are texts"
    return greatest(build_world(plan.config.world, plan.config.end))
