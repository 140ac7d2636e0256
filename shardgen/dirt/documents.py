"""raw_data of some clean rows, key by key, and with other values: what is written over one key of one row costs neither
its other keys nor the other rows.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Final, TypeAlias

import numpy as np

from shardgen.columns import jsonb, pieces
from shardgen.columns.arrow import pa
from shardgen.columns.jsonb import Objects
from shardgen.columns.nested import Document
from shardgen.columns.patched import Patch, PatchedObjects, reader
from shardgen.columns.text import I64
from shardgen.columns.values import Given, Patched

Told: TypeAlias = Mapping[str, Mapping[int, str | None]]
"""By key and row the JSON of what is otherwise; None where the key is left out."""
Read: TypeAlias = Callable[[int], str]
RowOf: TypeAlias = Callable[[int], int]
_COMMA: Final = ", "


class Documents:
    """JSON objects of rows.

    Args:
        whole: objects of a batch; None for rows that have no object.
        rows: which of the batch, in any order, perhaps several times.
    """

    def __init__(self, whole: Document | None, rows: I64) -> None:
        self._whole, self._rows = _Objects(whole.values) if whole else None, rows

    def values(self, key: str) -> Callable[[int], str | None]:
        """Gives the JSON of a key, by row; None where it is not there."""
        assert self._whole is not None
        value, row = self._whole.value(key), self._rows.item
        return lambda place: value(row(place)) or None

    def written(self, told: Told) -> Given:
        """All objects, some with other values; null where there is none."""
        if self._whole is None:
            texts: list[str | None] = [None] * len(self._rows)
            for row in set(chain.from_iterable(told.values())):
                texts[row] = _object(_of_row(told, row))
            return Given(pa.array(texts, pa.string()))
        return Patched(PatchedObjects(whole=self._whole.objects, of=self._rows, patch=self._patch(self._whole, told)))

    def _patch(self, whole: _Objects, told: Told) -> Patch:
        """What is otherwise: key by key, and once more where two keys of a row lie in one piece."""
        row_of, width, cells, texts = self._rows.item, whole.width, list[int](), list[str]()
        apart = {row for row, dirty in told.get(whole.always, {}).items() if dirty is None}
        every = list[tuple[_Span, Mapping[int, str]]]()
        for key, _ in jsonb.labels(told):
            mine = {row: dirty for row, dirty in told[key].items() if row not in apart} if apart else told[key]
            every += whole.spans(key, mine, row_of)
        for span, some in every:
            for column, made in span.texts(some, row_of):
                cells += [row * width + column for row in some]
                texts += made
        if len(set(cells)) < len(cells):
            twice = {cell for cell, count in Counter(cells).items() if count > 1}
            once = [place for place, cell in enumerate(cells) if cell not in twice]
            cells, texts = [cells[place] for place in once], [texts[place] for place in once]
            for row, column in (divmod(cell, width) for cell in sorted(twice)):
                edits = [(*span.parts, some[row]) for span, some in every if row in some]
                cells.append(row * width + column)
                texts.append("".join(whole.edited(row_of(row), column, edits)))
        for row in apart:  # the commas about other keys count on the one that is gone
            cells += range(row * width, (row + 1) * width)
            texts += [_object(whole.every(row_of(row)) | _of_row(told, row)), *[""] * (width - 1)]
        rows, columns = np.divmod(np.array(cells, dtype=np.int64), width)
        return Patch(rows=rows, columns=columns, texts=pa.array(texts, pa.string()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Span:
    """Parts of objects that have something else in their place."""

    parts: tuple[int, int]
    """The first one, and the first one after them; the same twice where something comes before a part."""
    columns: range
    """The pieces that have some of them, of those that objects are laid out as."""
    before: str | Read
    """What of the first piece lies before them."""
    after: str | Read
    """What of the last one lies after them."""

    def texts(self, told: Mapping[int, str], row_of: RowOf) -> Iterator[tuple[int, list[str]]]:
        """The pieces that some rows have instead, and in which place.

        Args:
            told: by row what is there instead of the parts.
            row_of: which object each row is.
        """
        before, after, first, last = self.before, self.after, self.columns[0], self.columns[-1]
        if isinstance(before, str):
            made = [before + each for each in told.values()]
        else:
            made = [before(row_of(row)) + each for row, each in told.items()]
        for column in self.columns[:-1]:
            yield column, made if column == first else [""] * len(told)
        ends = [after] * len(told) if isinstance(after, str) else [after(row_of(row)) for row in told]
        yield last, [one + other for one, other in zip(made, ends, strict=True)] if first == last else ends


class _Objects:
    """Objects of a batch, each as the pieces that it is laid out as.

    Args:
        objects: all of them.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects, self._keys = objects, objects.keys
        self._known: dict[tuple[int, int], str | Read] = {}

    def value(self, key: str) -> Read:
        """Gives the JSON of a key in each object; nothing where it is not there."""
        place = self._keys[key]
        if place.inner:
            read = _reading(self._read(*place.inner))
            return (lambda row: f'"{read(row)}"') if place.quoted else read
        whole, start, stop = _reading(self._read(place.first, place.last)), len(place.start), -len(place.end) or None
        return lambda row: whole(row)[start:stop]

    def spans(
        self, key: str, told: Mapping[int, str | None], row_of: RowOf
    ) -> Iterator[tuple[_Span, Mapping[int, str]]]:
        """What has something else in its place where objects say something else of a key; and by row, what."""
        if (place := self._keys.get(key)) is None:
            part, before, after = self._added(key)
            yield (
                self._span(part, part),
                {row: before + dirty + after for row, dirty in told.items() if dirty is not None},
            )
            return
        there = told
        if place.optional:
            value = self.value(key)
            there = {row: told[row] for row in told if value(row_of(row))}
        inner = dict[int, str]()
        if place.inner and place.quoted:
            inner = {row: dirty[1:-1] for row, dirty in there.items() if dirty is not None and dirty[0] == '"'}
        elif place.inner:
            inner = {row: dirty for row, dirty in there.items() if dirty is not None}
        if place.inner and inner:
            yield self._span(*place.inner), inner
        if len(inner) < len(told):
            start, end = place.start, place.end
            rest = {
                row: "" if dirty is None else start + dirty + end for row, dirty in told.items() if row not in inner
            }
            yield self._span(place.first, place.last), rest

    def every(self, row: int) -> dict[str, str | None]:
        """All keys of an object, with nothing where it is without."""
        return {key: self.value(key)(row) for key in self._keys}

    def edited(self, row: int, column: int, edits: Sequence[tuple[int, int, str]]) -> Iterator[str]:
        """What a piece of an object becomes.

        Args:
            edits: parts, and what is there instead, in order.
        """
        at, end = self._firsts[column : column + 2]
        for first, last, text in edits:
            if at <= first < end:
                yield _reading(self._read(at, first))(row)
                yield text
                at = first
            if first < end and last > at:
                at = min(last, end)
        yield _reading(self._read(at, end))(row)

    def _added(self, key: str) -> tuple[int, str, str]:
        """Before which part a key goes that objects have not, and what lies about its value then."""
        part, label = self._begins[bisect(self._order, jsonb.order_of(key))], f"{jsonb.string(key)}: "
        leads = part <= self._keys[self.always].first
        return part, label if leads else _COMMA + label, _COMMA if leads else ""

    def _span(self, first: int, last: int) -> _Span:
        """Some parts, last exclusive; none where something comes before a part."""
        columns = range(self._column(first), self._column(max(first, last - 1)) + 1)
        before = self._read(self._firsts[columns[0]], first)
        after = self._read(last, self._firsts[columns[-1] + 1])
        return _Span(parts=(first, last), columns=columns, before=before, after=after)

    def _read(self, first: int, last: int) -> str | Read:
        """What some parts, last exclusive, say in all objects, or gives what they say in each."""
        if (first, last) not in self._known:
            self._known[first, last] = _joined([reader(part) for part in self.objects.parts[first:last]])
        return self._known[first, last]

    def _column(self, part: int) -> int:
        """In which piece a part lies."""
        return bisect(self._firsts, part) - 1

    @property
    def width(self) -> int:
        """How many pieces an object is laid out as."""
        return len(self._firsts) - 1

    @cached_property
    def _firsts(self) -> Sequence[int]:
        """The first part of each piece, and how many parts there are."""
        return list(accumulate(pieces.laid_out(self.objects.parts), initial=0))

    @cached_property
    def _begins(self) -> Sequence[int]:
        """The first part of each key, and the brace after them."""
        return [*(place.first for place in self._keys.values()), self._firsts[-1] - 1]

    @cached_property
    def _order(self) -> Sequence[tuple[int, bytes]]:
        """Of the keys."""
        return [jsonb.order_of(key) for key in self._keys]

    @cached_property
    def always(self) -> str:
        """The key on whose two sides others have their commas."""
        return next(key for key, place in self._keys.items() if not place.optional)


def _joined(told: Sequence[str | Read]) -> str | Read:
    """What several say, end to end."""
    some: list[str | Read] = [each for each in told if each != ""]
    constants = [each for each in some if isinstance(each, str)]
    if len(constants) == len(some):
        return "".join(constants)
    if len(some) == 1:
        return some[0]
    every = [_reading(each) for each in some]
    return lambda row: "".join([read(row) for read in every])


def _reading(told: str | Read) -> Read:
    return (lambda _: told) if isinstance(told, str) else told


def _of_row(told: Told, row: int) -> dict[str, str | None]:
    """What is otherwise in one row."""
    return {key: rows[row] for key, rows in told.items() if row in rows}


def _object(values: Mapping[str, str | None]) -> str:
    """An object of keys, some of which it is without."""
    return "{" + _COMMA.join(label + value for key, label in jsonb.labels(values) if (value := values[key])) + "}"
