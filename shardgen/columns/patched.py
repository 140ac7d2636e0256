"""JSON objects some of which say something else in places: only the texts about these places are made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shardgen.columns import pieces
from shardgen.columns.abreast import Texts, offsets
from shardgen.columns.arrow import pa
from shardgen.columns.jsonb import Objects
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.text import I64, Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """What is otherwise; arrays of shape (texts,)."""

    rows: I64
    """In which row."""
    columns: I64
    """Instead of which piece, see pieces.Layout.patched."""
    texts: Text

    def within(self, start: int, stop: int) -> Patch:
        """What is otherwise in rows start to stop (exclusive), counted from start."""
        some = np.flatnonzero((self.rows >= start) & (self.rows < stop))
        if len(some) == len(self.rows) and not start:
            return self
        texts = self.texts.take(pa.array(some))
        return Patch(rows=self.rows[some] - start, columns=self.columns[some], texts=texts)

    def moved(self, to: I64) -> Patch:
        """The same in other rows.

        Args:
            to: where each row is then.
        """
        return Patch(rows=to[self.rows], columns=self.columns, texts=self.texts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatchedObjects:
    """Some of the objects of a column, in any order; not made before they are asked for."""

    whole: Objects
    of: I64
    """Which of them."""
    patch: Patch

    def texts(self, start: int = 0, stop: int | None = None) -> Text:
        """See Objects.texts."""
        stop = len(self.of) if stop is None else stop
        of = self.of[start:stop]
        if pieces.MANY * len(of) > pieces.count(self.whole.pieces):
            layout = Layout(self.whole.pieces)
        else:
            layout, of = Layout(pieces.some(each, of) for each in self.whole.pieces), np.arange(len(of))
        patch = self.patch.within(start, stop)
        return layout.patched(of, patch.rows, patch.columns, patch.texts)


def reader(piece: Piece) -> str | Callable[[int], str]:
    """The text of a piece in all rows, or gives it of single ones; few are asked for."""
    if isinstance(piece, bytes):
        return piece.decode()
    if not isinstance(piece, Drawn):
        return single(piece)
    text, row = single(piece.pool), piece.rows.item
    if piece.always:
        return lambda place: text(row(place))
    return lambda place: text(at) if (at := row(place)) >= 0 else ""


def single(texts: Texts) -> Callable[[int], str]:
    """Gives single texts, of which none is null, in a tenth of what Arrow takes."""
    if isinstance(texts, np.ndarray):
        return lambda place: texts[place : place + 1].tobytes().decode()
    end, data = offsets(texts).item, memoryview(texts.buffers()[2] or b"")
    return lambda place: str(data[end(place) : end(place + 1)], "utf-8")
