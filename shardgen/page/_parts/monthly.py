"""What goes by month: how a month is called, and standing bars in parts."""

from __future__ import annotations

from collections.abc import Mapping

from shardgen.page._parts import grammar
from shardgen.page._parts.formats import MONTHS
from shardgen.page._parts.grammar import Spec, Values


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
