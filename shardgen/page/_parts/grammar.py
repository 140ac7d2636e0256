"""What the kinds of picture share, in the terms of Vega-Lite: colours, axes, legends, and room for texts.

Colours are CSS variables of the page, so that one picture serves light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

Spec = dict[str, Any]
Values = Sequence[Mapping[str, Any]]

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
COLORS: Final = tuple(f"var(--c{number})" for number in range(1, 9))
QUIET: Final = "var(--quiet)"
INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--grid)"

_LETTER: Final = 6.7
"""Mean width of a letter at _FONT, in pixels."""
_CAPITAL: Final = 9.0
"""Of a capital letter or a sign beyond Latin."""
_FONT: Final = 12
AXIS: Final = 46
"""Room for the labels of a value axis, the same in all pictures, so that those below each other line up."""

_CONFIG: Final[Spec] = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "domainColor": GRID,
        "gridColor": GRID,
        "labelColor": MUTED,
        "labelFontSize": _FONT,
        "labelPadding": 6,
        "ticks": False,
        "title": None,
        "titleColor": MUTED,
        "titleFontSize": _FONT,
        "titleFontWeight": "normal",
    },
    "legend": {
        "aria": False,
        "columnPadding": 26,
        "labelColor": INK,
        "labelFontSize": _FONT,
        "labelLimit": 320,
        "offset": 10,
        "orient": "top",
        "symbolSize": 90,
        "symbolType": "square",
        "title": None,
    },
    "text": {"fill": INK, "fontSize": _FONT},
}


def spec(values: Values, width: int, height: int, **view: Any) -> Spec:
    """A whole picture of so many pixels: what is common to all kinds, and the marks or layers of this one."""
    return {
        "$schema": _SCHEMA,
        "config": _CONFIG,
        "width": width,
        "height": height,
        "padding": 2,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": list(values)},
        **view,
    }


def across(wholes: Values, width: int, labels: Values) -> Spec:
    """The values of lying bars, with room for the texts beside them."""
    room = width - label_room(labels, width) - 12
    texts = min(_longest(wholes, "text") + 14, room * 0.7)
    most = max((each["value"] for each in wholes), default=0) or 1
    domain = [0, most / (1 - texts / room)]
    return {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain, "nice": False}}


def down(values: Values, width: int) -> Spec:
    """The names of lying bars."""
    room = label_room(values, width)
    return {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "axis": {"domain": False, "labelColor": INK, "labelLimit": room + 2, "minExtent": room + 6},
        "scale": {"paddingInner": 0.3, "paddingOuter": 0.1},
    }


def beside(values: Values) -> Spec:
    """The texts beside lying bars."""
    return {
        "data": {"values": list(values)},
        "mark": {"type": "text", "align": "left", "dx": 6, "aria": False},
        "encoding": {
            "x": {"field": "value", "type": "quantitative"},
            "text": {"field": "text", "type": "nominal"},
        },
    }


def tip() -> Spec:
    """What is shown when the pointer rests on a mark."""
    return {"field": "tip", "type": "nominal"}


def axis() -> Spec:
    """An axis of values: few lines, short numbers."""
    expression = "format(datum.value, datum.value >= 1000 ? '~s' : '~r')"
    return {"labelExpr": expression, "tickCount": 4, "minExtent": AXIS, "domain": False}


def value(field: str, *, zero: bool = True) -> Spec:
    """The height of a mark, from zero unless told otherwise."""
    return {"field": field, "type": "quantitative", "axis": axis(), "scale": {"zero": zero}}


def over_time(days: float, width: int) -> Spec:
    """An axis of hours, days or months, as suits so many days."""
    wide = width > 600
    shown = "%H:%M" if days <= 3 else "%-d %b" if days <= 92 else "%b %Y" if wide else "%b %y"
    ticks = {"format": shown, "grid": False, "tickCount": 12 if wide else 4, "labelOverlap": True}
    return {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": ticks}


def elapsed(field: str, end: float) -> Spec:
    """Seconds of a run, from its beginning."""
    ticks = {"title": "seconds since the beginning", "tickCount": 8}
    return {"field": field, "type": "quantitative", "axis": ticks, "scale": {"domain": [0, end], "nice": False}}


def rule(channel: str, at: float) -> Spec:
    """A dashed line through the whole picture, at a place of ``"x"`` or ``"y"``."""
    return {
        "data": {"values": [{"at": at}]},
        "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4], "aria": False},
        "encoding": {channel: {"field": "at", "type": "quantitative"}},
    }


def colored(field: str, colors: Mapping[str, str], width: int, *, symbol: str = "square") -> Spec:
    """A colour for each part, and a legend above in as many columns as there is room for."""
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(colors), "range": list(colors.values())},
        "legend": {"columns": _legend_columns(colors, width), "symbolType": symbol} if len(colors) > 1 else None,
    }


def _legend_columns(colors: Mapping[str, str], width: int) -> int:
    return max(1, int(width / (max(map(_pixels, colors)) + 46)))


def legend_height(colors: Mapping[str, str], width: int) -> int:
    """Pixels that the legend takes."""
    return 18 * math.ceil(len(colors) / _legend_columns(colors, width)) + 12 if len(colors) > 1 else 0


def label_room(values: Values, width: int) -> float:
    """Pixels for the names down the left side."""
    return min(_longest(values, "label"), width * 0.42)


def _longest(values: Values, field: str) -> float:
    return max((_pixels(str(each[field])) for each in values), default=0.0)


def _pixels(text: str) -> float:
    return sum(_CAPITAL if letter.isupper() or letter > "\u017f" else _LETTER for letter in text)
