"""A place in this process's memory: the reference for what a store promises, and what tests of a load use.

It holds the COPY bytes of shards under the ledger's rules of every store: a shard is recorded with its rows or not at
all, by the run that owns the table in its present generation. Its writers share it, so workers must be threads of this
process. Rows have no keys here: no two of them are in conflict.
"""

from __future__ import annotations

from shardgen.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
