"""The kinds of picture that are grids, as Vega-Lite specifications: what stands across, what stands down.

A mark's ``tip`` becomes what is shown when the pointer rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shardgen.page._parts import grammar
from shardgen.page._parts.grammar import COLORS, INK, Spec, Values

_WRITABLE: Final = 25
"""Pixels that a cell needs for the text in it."""
_FULLEST: Final = {False: 1.0, True: 0.6}
"""Opacity of the fullest cell; where a text is in it, the text must stand out."""


def heat(
    values: Values,
    width: int,
    *,
    across: Sequence[Any],
    down: Sequence[str],
    height: int = 0,
    ticks: Sequence[Any] | None = None,
    title: str = "",
) -> Spec:
    """Cells, the fuller the more; a text in each where there is room.

    Args:
        values: ``across``, ``down``, ``value``, ``tip``, and ``text`` where one is to be written.
        width: of the whole picture, in pixels.
        across: what stands there, from the left.
        down: what stands there, from the top.
        height: of the whole picture, in pixels; 0 for a fixed one of each row.
        ticks: of what stands across, what is written; None for as much as there is room for.
        title: of what stands across.
    """
    room = grammar.label_room([{"label": name} for name in down], width)
    written = "text" in values[0] and (width - room - 12) / len(across) >= _WRITABLE
    low, high = min(each["value"] for each in values), max(each["value"] for each in values)
    cell = {
        "mark": {"type": "rect", "color": COLORS[0], "stroke": "var(--surface)", "strokeWidth": 1.5},
        "encoding": {
            "opacity": {
                "field": "value",
                "type": "quantitative",
                "legend": None,
                "scale": {"domain": [min(low, high - 1), high], "range": [0.06, _FULLEST[written]]},
            },
            "description": grammar.tip(),
        },
    }
    text = {
        "mark": {"type": "text", "fontSize": 11, "aria": False},
        "encoding": {"text": {"field": "text", "type": "nominal"}},
    }
    return grammar.spec(
        values,
        width,
        height or 26 * len(down) + (48 if title else 30),
        layer=[cell, text] if written else [cell],
        encoding={"x": _across(across, ticks, title), "y": _down(down, room)},
    )


def _across(names: Sequence[Any], ticks: Sequence[Any] | None, title: str) -> Spec:
    axis: Spec = {"labelAngle": 0, "labelOverlap": True, "domain": False}
    axis |= {"values": list(ticks)} if ticks else {}
    axis |= {"title": title} if title else {}
    return {"field": "across", "type": "ordinal", "scale": {"domain": list(names)}, "axis": axis}


def _down(names: Sequence[str], room: float) -> Spec:
    axis = {"domain": False, "labelColor": INK, "labelLimit": room + 8}
    return {"field": "down", "type": "ordinal", "scale": {"domain": list(names)}, "axis": axis}


def spans(values: Values, width: int, colors: Mapping[str, str], *, down: Sequence[str], days: float) -> Spec:
    """Bars from one day to another, in lanes.

    Args:
        values: ``label`` (the lane), ``part``, ``at`` and ``end`` (ISO 8601) and ``tip``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        down: the lanes, from the top.
        days: length of the time that is shown.
    """
    bar = {"type": "bar", "cornerRadius": 2, "stroke": "var(--surface)", "strokeWidth": 1}
    legend = round(width - grammar.label_room(values, width) - 12)  # it begins where the lanes do
    return grammar.spec(
        values,
        width,
        24 * len(down) + 36 + grammar.legend_height(colors, legend),
        mark=bar,
        encoding={
            "x": grammar.over_time(days, width),
            "x2": {"field": "end"},
            "y": {**grammar.down(values, width), "sort": list(down)},
            "color": grammar.colored("part", colors, legend),
            "description": grammar.tip(),
        },
    )
