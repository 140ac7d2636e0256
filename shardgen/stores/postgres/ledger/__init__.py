"""The ledger: four tables and a log in the target schema that say what is done; nothing else is believed.

The key (target, generation, shard) of shardgen_shards is what makes a shard happen once: its row is inserted before
the shard's rows and committed with them. Rows of an older generation are superseded, never deleted.
"""

from __future__ import annotations

from shardgen.stores.postgres.ledger.entries import (
    begin_shard,
    begin_step,
    claim,
    claims,
    committed,
    complete_shard,
    complete_step,
    filled,
    find_shard,
    forget,
    forget_leaves,
    forget_runs,
    forget_shard,
    hold,
    insert_run,
    leaves_of,
    overlaid,
    rebind,
    record_failure,
    rows_of,
    runs,
    set_parts,
    set_state,
    shards_of,
    started,
    steps_done,
    take_up,
)
from shardgen.stores.postgres.ledger.queries import RELATIONS, text
from shardgen.stores.postgres.ledger.records import Claim, NewRun, Run, ShardRow, in_leaf
from shardgen.stores.postgres.ledger.versions import create, present, too_new, upgrade

__all__ = [
    "RELATIONS",
    "Claim",
    "NewRun",
    "Run",
    "ShardRow",
    "begin_shard",
    "begin_step",
    "claim",
    "claims",
    "committed",
    "complete_shard",
    "complete_step",
    "create",
    "filled",
    "find_shard",
    "forget",
    "forget_leaves",
    "forget_runs",
    "forget_shard",
    "hold",
    "in_leaf",
    "insert_run",
    "leaves_of",
    "overlaid",
    "present",
    "rebind",
    "record_failure",
    "rows_of",
    "runs",
    "set_parts",
    "set_state",
    "shards_of",
    "started",
    "steps_done",
    "take_up",
    "text",
    "too_new",
    "upgrade",
]
