"""Rows out of pieces, against plain concatenation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.columns import pieces
from shardgen.columns.abreast import Abreast, Pool
from shardgen.columns.pieces import Drawn, Layout, Piece

ROWS = 7
short = st.binary(max_size=5)
SHARED = np.array([2, 0, 1, 1, 0, 2, 2])
"""Positions that several draws have in common, as those of a session's events."""
GAPS = np.array([2, -1, 1, -1, 0, 0, 2])
"""The same where some rows do without."""


@st.composite
def pieces_of_rows(draw: st.DrawFn) -> tuple[Piece, list[bytes]]:
    """A piece of any kind, and what each row has of it."""
    kind = draw(st.sampled_from(["constant", "own", "even", "drawn", "shared", "gaps"]))
    if kind == "constant":
        constant = draw(short)
        return constant, [constant] * ROWS
    if kind == "even":
        width = draw(st.integers(1, 4))
        values = draw(st.lists(st.binary(min_size=width, max_size=width), min_size=ROWS, max_size=ROWS))
        return np.frombuffer(b"".join(values), dtype=f"S{width}"), values
    texts = draw(st.lists(short, min_size=ROWS, max_size=ROWS))
    if kind == "own":
        return pa.array(texts, pa.binary()), texts
    if kind in {"shared", "gaps"}:
        rows, texts = SHARED if kind == "shared" else GAPS, texts[:3]
    else:
        rows = np.array(draw(st.lists(st.integers(-1, 6), min_size=ROWS, max_size=ROWS)))
    return Drawn(pa.array(texts, pa.binary()), rows), [b"" if row < 0 else texts[row] for row in rows]


@given(st.lists(pieces_of_rows(), min_size=1, max_size=9), st.integers(0, ROWS), st.integers(0, ROWS))
def test_a_layout_is_the_concatenation_of_its_pieces_in_any_run_of_rows(
    made: list[tuple[Piece, list[bytes]]], one: int, other: int
) -> None:
    start, stop = sorted((one, other))
    column = (pa.array([b""] * ROWS, pa.binary()), [b""] * ROWS)
    parts = [column, *made]
    expected = [b"".join(row) for row in zip(*(texts for _, texts in parts), strict=True)]
    layout = Layout(piece for piece, _ in parts)
    assert bytes(layout.data(start, stop)) == b"".join(expected[start:stop])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "CHOSEN", 3)  # so that what lies abreast is shown in several turns
        runs, others = layout.buffers(start, stop, 2), layout.buffers(0, ROWS, 2)
        told = [(bytes(run), bytes(next(others))) for run in runs]
    assert b"".join(run for run, _ in told) == b"".join(expected[start:stop])
    assert b"".join(expected).startswith(b"".join(other for _, other in told))
    assert pieces.sizes([piece for piece, _ in parts]).tolist() == [len(row) for row in expected]


@given(
    st.lists(pieces_of_rows(), max_size=5),
    st.lists(pieces_of_rows(), max_size=5),
    st.lists(st.integers(0, 2 * ROWS - 1), min_size=1, max_size=12),
    st.booleans(),
)
def test_rows_of_two_layouts_come_in_any_order(
    one: list[tuple[Piece, list[bytes]]],
    other: list[tuple[Piece, list[bytes]]],
    order: list[int],
    rising: bool,
) -> None:
    column = (pa.array([bytes([65 + row]) for row in range(ROWS)]), [bytes([65 + row]) for row in range(ROWS)])
    lines = [
        b"".join(row) for made in (one, other) for row in zip(*(texts for _, texts in [column, *made]), strict=True)
    ]
    wanted = sorted(order) if rising else order
    expected = [lines[row] for row in wanted]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "CHOSEN", 3)
        patch.setattr(pieces, "MANY", 0)  # so that of each pool only what is taken is laid out
        first, second = (Layout(piece for piece, _ in [column, *made]) for made in (one, other))
        spliced = first.spliced(second, np.array(wanted))
        told = [bytes(run) for run in spliced.buffers(1, len(wanted), 2)]
    assert b"".join(told) == b"".join(expected[1:])
    assert bytes(spliced.data(0, len(wanted))) == b"".join(expected)


def test_pieces_that_go_together_are_one() -> None:
    pool, other = pa.array([b"a", b"b", b"c"], pa.binary()), SHARED.copy()
    [one] = pieces.pooled([b"<", Drawn(pool, SHARED), b"-", Drawn(pool, SHARED), b">"])
    assert isinstance(one, Drawn)
    assert one.pool.to_pylist() == [b"<a-a>", b"<b-b>", b"<c-c>"]
    assert len(pieces.pooled([Drawn(pool, SHARED), Drawn(pool, other)])) == 2
    [even] = pieces.packed([b"<", np.array([1, 2], ">i2"), b"|", np.array([b"xy", b"z"]), b">"])
    assert isinstance(even, Abreast)
    assert Pool([even], 2).show(0, 2).to_pylist() == [b"", b"<\x00\x01|xy>", b"<\x00\x02|z\x00>"]


def test_what_goes_with_a_lasting_pool_is_joined_to_it_once() -> None:
    pool = pieces.lasting(pa.array([b"a", b"b", b"c"], pa.binary()))
    [one], [other], [gaps] = (
        pieces.pooled([b"<", Drawn(pool, rows), b">"]) for rows in (SHARED, SHARED[::-1], np.array([2, -1, 1, 0, 0, 0]))
    )
    assert isinstance(one, Drawn)
    assert isinstance(other, Drawn)
    assert isinstance(gaps, Drawn)
    assert one.pool is other.pool
    assert gaps.pool.to_pylist() == [b"<>", b"<a>", b"<b>", b"<c>"]
    [own] = pieces.pooled([b"<", Drawn(pa.array([b"a", b"b", b"c"], pa.binary()), SHARED), b">"])
    assert isinstance(own, Drawn)
    assert own.pool is not one.pool


def test_a_draw_may_do_without() -> None:
    drawn = Drawn(pa.array([b"a"], pa.binary()), np.array([0, -1]))
    assert not drawn.always
    assert bytes(Layout([b"<", drawn.filled(b"none"), b">"]).data(0, 2)) == b"<a><none>"
