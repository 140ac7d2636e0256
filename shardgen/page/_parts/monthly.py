"""The kinds of picture that go by month or week, beside those of ``charts``: bars in parts, tables of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from shardgen.page._parts import grammar
from shardgen.page._parts.formats import MONTHS
from shardgen.page._parts.grammar import INK, Spec, Values

_CELL: Final = 28
"""Pixels of a cell's height, and the least of its width that has room for a number."""


def month(iso: str) -> str:
    """``"2025-11-01T00:00:00"`` as ``"Nov 2025"``."""
    return f"{MONTHS[int(iso[5:7]) - 1]} {iso[:4]}"


def columns(values: Values, width: int, colors: Mapping[str, str]) -> Spec:
    """Standing bars in parts, one bar a month.

    Args:
        values: ``label``, ``part`` and ``value`` of each part, from the left.
        width: of the whole picture, in pixels.
        colors: by part, the lowest first.
    """
    order = {part: place for place, part in enumerate(colors)}
    return grammar.spec(
        [{**each, "place": order[each["part"]]} for each in values],
        width,
        210 + grammar.legend_height(colors, width),
        mark={"type": "bar"},
        encoding={
            "x": {
                "field": "label",
                "type": "nominal",
                "sort": None,
                "axis": {"labelAngle": 0, "labelOverlap": True},
                "scale": {"paddingInner": 0.2, "paddingOuter": 0.1},
            },
            "y": {**grammar.value("value"), "stack": "zero"},
            "color": grammar.colored("part", colors, width),
            "order": {"field": "place", "type": "quantitative"},
            "description": grammar.tip(),
        },
    )


def cells(values: Values, width: int, *, across: Sequence[str], down: Sequence[str], title: str) -> Spec:
    """A table of coloured cells, their numbers in them where there is room.

    Args:
        values: ``across``, ``down``, ``color``, ``strength`` (0 to 1, how full the colour is) and ``text``.
        width: of the whole picture, in pixels.
        across: names of the columns.
        down: names of the rows.
        title: of the columns.
    """
    names = [{"label": each} for each in down]
    room = grammar.label_room(names, width)
    encoding: Spec = {
        "x": {
            "field": "across",
            "type": "ordinal",
            "scale": {"domain": list(across)},
            "axis": {"labelAngle": 0, "labelOverlap": True, "domain": False, "orient": "top", "title": title or None},
        },
        "y": {
            "field": "down",
            "type": "ordinal",
            "scale": {"domain": list(down)},
            "axis": {"domain": False, "labelColor": INK, "labelLimit": room + 2, "minExtent": room + 6},
        },
    }
    fill = {
        "field": "strength",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, 1], "range": [0.04, 0.5]},
    }
    cell = {
        "mark": {"type": "rect", "stroke": "var(--surface)", "strokeWidth": 1.5},
        "encoding": {
            **encoding,
            "color": {"field": "color", "type": "nominal", "scale": None},
            "opacity": fill,
            "description": grammar.tip(),
        },
    }
    text = {
        "mark": {"type": "text", "aria": False},
        "encoding": {**encoding, "text": {"field": "text", "type": "nominal"}},
    }
    wide = (width - room) / len(across) >= _CELL
    return grammar.spec(
        values, width, _CELL * len(down) + (44 if title else 26), layer=[cell, text] if wide else [cell]
    )
