"""What is true in the shop: pure functions of (seed, ids) to numpy arrays; no I/O, no Arrow, no database."""

from __future__ import annotations

from shardgen.world.world import World, build_world

__all__ = ["World", "build_world"]
