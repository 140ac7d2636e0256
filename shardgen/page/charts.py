"""The kinds of picture that the report has, as Vega-Lite specifications: plain JSON, no drawing yet.

Colours are CSS variables of the page, so that one picture serves light and dark. A mark's ``tip`` becomes what is shown
when the pointer rests on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

Spec = dict[str, Any]
Values = Sequence[Mapping[str, Any]]

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
COLORS: Final = tuple(f"var(--c{number})" for number in range(1, 9))
QUIET: Final = "var(--quiet)"
INK, MUTED, GRID = "var(--ink)", "var(--muted)", "var(--grid)"

LETTER: Final = 6.7
"""Mean width of a letter at FONT, in pixels."""
CAPITAL: Final = 9.0
"""Of a capital letter or a sign beyond Latin."""
FONT: Final = 12
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
        "labelFontSize": FONT,
        "labelPadding": 6,
        "ticks": False,
        "title": None,
        "titleColor": MUTED,
        "titleFontSize": FONT,
        "titleFontWeight": "normal",
    },
    "legend": {
        "aria": False,
        "columnPadding": 26,
        "labelColor": INK,
        "labelFontSize": FONT,
        "labelLimit": 320,
        "offset": 10,
        "orient": "top",
        "symbolSize": 90,
        "symbolType": "square",
        "title": None,
    },
    "text": {"fill": INK, "fontSize": FONT},
}


def bars(values: Values, width: int, *, color: str = COLORS[0]) -> Spec:
    """Lying bars, the values written beside them.

    Args:
        values: ``label``, ``value`` and ``text`` of each, from the top.
        width: of the whole picture, in pixels.
        color: of all of them.
    """
    bar = {
        "mark": {"type": "bar", "color": color, "cornerRadiusEnd": 3},
        "encoding": {"x": _across(values, width, values), "description": _tip()},
    }
    return _spec(
        values, width, 26 * len(values) + 8, layer=[bar, _beside(values)], encoding={"y": _down(values, width)}
    )


def stacks(values: Values, width: int, colors: Mapping[str, str]) -> Spec:
    """Lying bars in parts, a text beside each whole.

    Args:
        values: ``label``, ``part``, ``value`` of each part, and the ``text`` of the whole.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
    """
    order = {part: place for place, part in enumerate(colors)}
    wholes: dict[str, dict[str, Any]] = {}
    for each in values:
        whole = wholes.setdefault(each["label"], {"label": each["label"], "text": each["text"], "value": 0})
        whole["value"] += each["value"]
    bar = {
        "data": {"values": [{**each, "place": order[each["part"]]} for each in values]},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {**_across(list(wholes.values()), width, values), "stack": "zero"},
            "color": _colored("part", colors, width),
            "order": {"field": "place", "type": "quantitative"},
            "description": _tip(),
        },
    }
    rows = list(wholes.values())
    height = 26 * len(rows) + 8 + _legend(colors, width)
    return _spec(rows, width, height, layer=[bar, _beside(rows)], encoding={"y": _down(rows, width)})


def columns(
    values: Values, width: int, height: int = 170, *, color: str = COLORS[0], rule: float | None = None
) -> Spec:
    """Standing bars over a handful of names.

    Args:
        values: ``label`` and ``value`` of each, from the left.
        width: of the whole picture, in pixels.
        height: of the whole picture, in pixels.
        color: of all of them.
        rule: a value to compare with, drawn across.
    """
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "color": color, "cornerRadiusEnd": 3},
            "encoding": {
                "x": {
                    "field": "label",
                    "type": "nominal",
                    "sort": None,
                    "axis": {"labelAngle": 0, "labelOverlap": True},
                    "scale": {"paddingInner": 0.25, "paddingOuter": 0.1},
                },
                "y": {"field": "value", "type": "quantitative", "axis": _axis()},
                "description": _tip(),
            },
        }
    ]
    if rule is not None:
        layers.append(_rule("y", rule))
    return _spec(values, width, height, layer=layers)


def histogram(values: Values, width: int, *, bin_width: float, rule: float, text: str, title: str) -> Spec:
    """Standing bars over numbers, and a line where the middle lies.

    Args:
        values: ``start`` and ``value`` of each bar.
        width: of the whole picture, in pixels.
        bin_width: of a bar.
        rule: where the middle lies.
        text: what is written there.
        title: of the axis of numbers.
    """
    wide = [{**each, "end": each["start"] + bin_width} for each in values]
    bar = {
        "mark": {"type": "bar", "color": COLORS[0], "binSpacing": 1},
        "encoding": {
            "x": {"field": "start", "type": "quantitative", "bin": "binned", "axis": {"title": title, "grid": False}},
            "x2": {"field": "end"},
            "y": {"field": "value", "type": "quantitative", "axis": _axis()},
            "description": _tip(),
        },
    }
    label = {
        "data": {"values": [{"at": rule, "text": text}]},
        "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 6, "y": 0, "aria": False},
        "encoding": {"x": {"field": "at", "type": "quantitative"}, "text": {"field": "text", "type": "nominal"}},
    }
    return _spec(wide, width, 210, layer=[bar, _rule("x", rule), label])


def curve(values: Values, width: int, *, color: str, smooth: bool, days: float) -> Spec:
    """A value over time: what was, thin, and its mean over seven points, bold.

    Args:
        values: ``at`` (ISO 8601), ``value`` and ``mean``.
        width: of the whole picture, in pixels.
        color: of both.
        smooth: whether the mean is drawn.
        days: length of the time that is shown.
    """
    line = {"type": "line", "color": color, "strokeWidth": 1, "opacity": 0.5 if smooth else 1, "aria": False}
    encoding: Spec = {"x": _time(days, width), "y": _value("value")}
    layers: list[Spec] = [
        {"mark": {"type": "area", "color": color, "opacity": 0.08, "aria": False}, "encoding": encoding},
        {"mark": line, "encoding": encoding},
    ]
    if smooth:
        bold = {"type": "line", "color": color, "strokeWidth": 2.5, "strokeJoin": "round", "aria": False}
        layers.append({"mark": bold, "encoding": {**encoding, "y": _value("mean")}})
    return _spec(values, width, 150, layer=layers)


def steps(values: Values, width: int, colors: Mapping[str, str], *, days: float) -> Spec:
    """Levels over time, each line a part.

    Args:
        values: ``at`` (ISO 8601), ``part`` and ``value``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        days: length of the time that is shown.
    """
    return _spec(
        values,
        width,
        220 + _legend(colors, width),
        mark={"type": "line", "interpolate": "step-after", "strokeWidth": 1.6, "aria": False},
        encoding={
            "x": _time(days, width),
            "y": _value("value"),
            "color": _colored("part", colors, width, symbol="stroke"),
        },
    )


def heat(values: Values, width: int, *, down: Sequence[str]) -> Spec:
    """Hours across, weekdays down; the fuller the more.

    Args:
        values: ``hour``, ``day`` (a name out of ``down``) and ``value``.
        width: of the whole picture, in pixels.
        down: the weekdays.
    """
    cell = {"type": "rect", "color": COLORS[0], "stroke": "var(--surface)", "strokeWidth": 1.5}
    low, high = min(each["value"] for each in values), max(each["value"] for each in values)
    return _spec(
        values,
        width,
        230,
        mark=cell,
        encoding={
            "x": {
                "field": "hour",
                "type": "ordinal",
                "scale": {"domain": list(range(24))},
                "axis": {"labelAngle": 0, "values": [0, 3, 6, 9, 12, 15, 18, 21], "domain": False},
            },
            "y": {
                "field": "day",
                "type": "ordinal",
                "scale": {"domain": list(down)},
                "axis": {"domain": False, "labelColor": INK},
            },
            "opacity": {
                "field": "value",
                "type": "quantitative",
                "legend": None,
                "scale": {"domain": [min(low, high - 1), high], "range": [0.06, 1]},
            },
            "description": _tip(),
        },
    )


def concentration(values: Values, width: int, colors: Mapping[str, str], *, title: str) -> Spec:
    """Share of the whole that the first percents have: the further from the diagonal, the more unequal.

    Args:
        values: ``percent``, ``share`` and ``part``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        title: of the axis across.
    """
    ends = [{"percent": at, "share": at} for at in (0, 100)]
    axis = {"tickCount": 5, "labelExpr": "datum.value + ' %'"}
    encoding = {
        "x": {
            "field": "percent",
            "type": "quantitative",
            "scale": {"domain": [0, 100]},
            "axis": {**axis, "title": title, "grid": False},
        },
        "y": {
            "field": "share",
            "type": "quantitative",
            "scale": {"domain": [0, 100]},
            "axis": {**axis, "minExtent": AXIS, "domain": False},
        },
    }
    line = {"type": "line", "strokeWidth": 2.5, "aria": False}
    equal = {"type": "line", "color": MUTED, "strokeDash": [4, 4], "strokeWidth": 1, "aria": False}
    return _spec(
        values,
        width,
        300,
        layer=[
            {"data": {"values": ends}, "mark": equal, "encoding": encoding},
            _rule("x", 20),
            {"mark": line, "encoding": {**encoding, "color": _colored("part", colors, width)}},
        ],
    )


def places(values: Values, width: int) -> Spec:
    """Dots on the globe, flattened; no land, for nobody's outline of it is small.

    Args:
        values: ``latitude``, ``longitude`` and ``value``.
        width: of the whole picture, in pixels.
    """
    dot = {"type": "circle", "color": COLORS[0], "opacity": 0.55, "stroke": "var(--surface)", "strokeWidth": 0.5}
    return _spec(
        values,
        width,
        round(width * 0.4),
        projection={"type": "naturalEarth1", "scale": width / 5.6, "center": [0, 14]},
        layer=[
            {
                "data": {"graticule": {"step": [30, 30]}},
                "mark": {"type": "geoshape", "filled": False, "stroke": GRID, "strokeWidth": 1, "aria": False},
            },
            {
                "mark": dot,
                "encoding": {
                    "longitude": {"field": "longitude", "type": "quantitative"},
                    "latitude": {"field": "latitude", "type": "quantitative"},
                    "size": {
                        "field": "value",
                        "type": "quantitative",
                        "legend": None,
                        "scale": {"range": [8, width * 0.9]},
                    },
                    "description": _tip(),
                },
            },
        ],
    )


def lanes(values: Values, width: int, colors: Mapping[str, str], *, end: float, pauses: Sequence[float]) -> Spec:
    """Work in lanes, from when to when.

    Args:
        values: ``lane``, ``part``, ``start`` and ``end`` (seconds).
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        end: of the axis, in seconds.
        pauses: where time was cut out, in seconds.
    """
    number = len({each["lane"] for each in values})
    lane = {
        "field": "lane",
        "type": "nominal",
        "sort": None,
        "axis": {"domain": False, "labelColor": INK, "minExtent": 54},
        "scale": {"paddingInner": 0.25, "paddingOuter": 0.1},
    }
    bar = {"type": "bar", "cornerRadius": 2, "stroke": "var(--surface)", "strokeWidth": 1}
    layers: list[Spec] = [
        {
            "mark": bar,
            "encoding": {
                "x": _elapsed("start", end),
                "x2": {"field": "end"},
                "y": lane,
                "color": _colored("part", colors, width),
                "description": _tip(),
            },
        }
    ]
    layers += [_rule("x", pause) for pause in pauses]
    return _spec(
        values, width, max(70, 30 * number if number <= 16 else 14 * number) + 40 + _legend(colors, width), layer=layers
    )


def rates(values: Values, width: int, colors: Mapping[str, str], *, end: float) -> Spec:
    """Speed over the seconds of a run, stacked by part.

    Args:
        values: ``at`` (seconds), ``part`` and ``value``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        end: of the axis, in seconds.
    """
    order = {part: place for place, part in enumerate(colors)}
    return _spec(
        [{**each, "place": order[each["part"]]} for each in values],
        width,
        200 + _legend(colors, width),
        mark={"type": "area", "interpolate": "step-after", "aria": False},
        encoding={
            "x": _elapsed("at", end),
            "y": {**_value("value"), "axis": {**_axis(), "minExtent": 54}, "stack": "zero"},
            "color": _colored("part", colors, width),
            "order": {"field": "place", "type": "quantitative"},
        },
    )


def _spec(values: Values, width: int, height: int, **view: Any) -> Spec:
    return {
        "$schema": SCHEMA,
        "config": _CONFIG,
        "width": width,
        "height": height,
        "padding": 2,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": list(values)},
        **view,
    }


def _across(wholes: Values, width: int, labels: Values) -> Spec:
    """The values of lying bars, with room for the texts beside them."""
    room = width - _label(labels, width) - 12
    beside = min(_longest(wholes, "text") + 14, room * 0.7)
    most = max((each["value"] for each in wholes), default=0) or 1
    domain = [0, most / (1 - beside / room)]
    return {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain, "nice": False}}


def _down(values: Values, width: int) -> Spec:
    """The names of lying bars."""
    room = _label(values, width)
    return {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "axis": {"domain": False, "labelColor": INK, "labelLimit": room + 2, "minExtent": room + 6},
        "scale": {"paddingInner": 0.3, "paddingOuter": 0.1},
    }


def _beside(values: Values) -> Spec:
    """The texts beside lying bars."""
    return {
        "data": {"values": list(values)},
        "mark": {"type": "text", "align": "left", "dx": 6, "aria": False},
        "encoding": {
            "x": {"field": "value", "type": "quantitative"},
            "text": {"field": "text", "type": "nominal"},
        },
    }


def _label(values: Values, width: int) -> float:
    """Pixels for the names of lying bars."""
    return min(_longest(values, "label"), width * 0.42)


def _tip() -> Spec:
    return {"field": "tip", "type": "nominal"}


def _axis() -> Spec:
    """Of values: few lines, short numbers."""
    expression = "format(datum.value, datum.value >= 1000 ? '~s' : '~r')"
    return {"labelExpr": expression, "tickCount": 4, "minExtent": AXIS, "domain": False}


def _value(field: str) -> Spec:
    return {"field": field, "type": "quantitative", "axis": _axis(), "scale": {"zero": True}}


def _time(days: float, width: int) -> Spec:
    """Hours, days or months, whichever so many days are told in."""
    wide = width > 600
    shown = "%H:%M" if days <= 3 else "%-d %b" if days <= 92 else "%b %Y" if wide else "%b %y"
    axis = {"format": shown, "grid": False, "tickCount": 12 if wide else 4, "labelOverlap": True}
    return {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}


def _elapsed(field: str, end: float) -> Spec:
    axis = {"title": "seconds since the beginning", "tickCount": 8}
    return {"field": field, "type": "quantitative", "axis": axis, "scale": {"domain": [0, end], "nice": False}}


def _rule(channel: str, at: float) -> Spec:
    return {
        "data": {"values": [{"at": at}]},
        "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 4], "aria": False},
        "encoding": {channel: {"field": "at", "type": "quantitative"}},
    }


def _colored(field: str, colors: Mapping[str, str], width: int, *, symbol: str = "square") -> Spec:
    """A colour for each part, and a legend above in as many columns as there is room for."""
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(colors), "range": list(colors.values())},
        "legend": {"columns": _legend_columns(colors, width), "symbolType": symbol} if len(colors) > 1 else None,
    }


def _legend_columns(colors: Mapping[str, str], width: int) -> int:
    return max(1, int(width / (max(map(_pixels, colors)) + 46)))


def _legend(colors: Mapping[str, str], width: int) -> int:
    """Pixels that the legend takes in height."""
    return 18 * math.ceil(len(colors) / _legend_columns(colors, width)) + 12 if len(colors) > 1 else 0


def _longest(values: Values, field: str) -> float:
    return max((_pixels(str(each[field])) for each in values), default=0.0)


def _pixels(text: str) -> float:
    return sum(CAPITAL if letter.isupper() or letter > "\u017f" else LETTER for letter in text)
