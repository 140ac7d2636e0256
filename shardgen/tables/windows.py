"""How a table is cut for a window that begins after the epoch: what came to be in it, and what was there and changes.

Both are pieces of what the whole history is cut into. So a leaf that the window has for itself is still one shard, and
of records that were there a shard has those of one leaf.
"""

from __future__ import annotations

from dataclasses import replace

from shardgen.dirt.spec import latest
from shardgen.model.config import PlanConfig
from shardgen.model.played import micros
from shardgen.tables.cutting import Cutting, Estimate, Piece, Range
from shardgen.world.demand import day_after, midnight
from shardgen.world.world import World


def held_back(config: PlanConfig, table: str, lag: int) -> int:
    """How long before a window a record may have changed of which something comes in it; microseconds.

    Args:
        config: of the window.
        table: its name.
        lag: how long bronze waits for a clean change at most.
    """
    dirt = latest(config.dirt, table)
    return dirt + lag if dirt or config.arrived else 0


def pieces(cut: Cutting, changing: Range, world: World, config: PlanConfig, *, back: int) -> list[Piece]:
    """The pieces of a window, each named after it; what was there comes first.

    Of a window cut by arrival what came to be shortly before it is among what was there, for some of it arrives in it.

    Args:
        cut: how the table is cut where the history is whole.
        changing: where its records may change between two instants.
        world: up to the end of the window.
        config: with a ``since``.
        back: see :func:`held_back`.
    """
    assert config.opens
    opens, end = micros(config.opens), midnight(config.end)
    since = midnight(day_after(opens))
    ids, (start, stop) = cut.ids(world, since), changing(world, opens - back, end)
    first = since if ids is None else ids
    every = cut.pieces(world, config)
    old = [
        replace(piece, label=f"{piece.label}.revised", revised=True, of=max(2, piece.of))
        for piece in _between(every, start, min(first, stop))
    ]
    new = _between(every, first, every[-1].stop if every else first)
    opening = (config.since_at or config.since or config.opens).isoformat()
    return [replace(piece, label=f"{piece.label}.{opening}_{config.closing}") for piece in (*old, *new)]


def _between(every: list[Piece], start: int, stop: int) -> list[Piece]:
    """The parts of some pieces that lie in a range; a leaf of which one has a part is shared with others."""
    found = []
    for piece in every:
        low, high = max(start, piece.start), min(stop, piece.stop)
        whole = (low, high) == (piece.start, piece.stop)
        if low < high:
            found.append(piece if whole else replace(piece, start=low, stop=high, of=max(2, piece.of)))
    return found


def estimated(estimate: Estimate, world: World, piece: Piece, config: PlanConfig, *, cut_in_two: bool) -> float:
    """Rows of a piece of a window.

    Args:
        estimate: of the rows there are at an instant.
        cut_in_two: whether some of them were there when the window began.
    """
    assert config.since
    [rows] = estimate(world, [piece], midnight(config.end))
    before = sum(estimate(world, [piece], midnight(config.since))) if cut_in_two else 0
    return max(0.0, rows - before)
