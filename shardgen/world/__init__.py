"""What is true in the shop: pure functions of (seed, ids) to numpy arrays; no I/O, no Arrow, no database.

Packages that bring tables build on this room: what has no underscore keeps its meaning (``shardgen help tables``).
"""

from __future__ import annotations

from shardgen.world.world import World, build_world

__all__ = ["World", "build_world", "words_digest"]


def words_digest(seed: int) -> str:
    """See :func:`shardgen.world.digest.words_digest`; Faker is imported only when it is asked for."""
    from shardgen.world import digest  # noqa: PLC0415

    return digest.words_digest(seed)
