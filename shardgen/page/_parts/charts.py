"""The kinds of picture that the report has, as Vega-Lite specifications: plain JSON, not drawn yet.

A mark's ``tip`` becomes what is shown when the pointer rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shardgen.page._parts import grammar
from shardgen.page._parts.grammar import AXIS, COLORS, GRID, INK, MUTED, Spec, Values


def bars(values: Values, width: int, *, color: str = COLORS[0]) -> Spec:
    """Lying bars, the values written beside them.

    Args:
        values: ``label``, ``value`` and ``text`` of each, from the top.
        width: of the whole picture, in pixels.
        color: of all of them.
    """
    bar = {
        "mark": {"type": "bar", "color": color, "cornerRadiusEnd": 3},
        "encoding": {"x": grammar.across(values, width, values), "description": grammar.tip()},
    }
    return grammar.spec(
        values,
        width,
        26 * len(values) + 8,
        layer=[bar, grammar.beside(values)],
        encoding={"y": grammar.down(values, width)},
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
            "x": {**grammar.across(list(wholes.values()), width, values), "stack": "zero"},
            "color": grammar.colored("part", colors, width),
            "order": {"field": "place", "type": "quantitative"},
            "description": grammar.tip(),
        },
    }
    rows = list(wholes.values())
    height = 26 * len(rows) + 8 + grammar.legend_height(colors, width)
    return grammar.spec(
        rows, width, height, layer=[bar, grammar.beside(rows)], encoding={"y": grammar.down(rows, width)}
    )


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
                "y": {"field": "value", "type": "quantitative", "axis": grammar.axis()},
                "description": grammar.tip(),
            },
        }
    ]
    if rule is not None:
        layers.append(grammar.rule("y", rule))
    return grammar.spec(values, width, height, layer=layers)


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
            "y": {"field": "value", "type": "quantitative", "axis": grammar.axis()},
            "description": grammar.tip(),
        },
    }
    label = {
        "data": {"values": [{"at": rule, "text": text}]},
        "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 6, "y": 0, "aria": False},
        "encoding": {"x": {"field": "at", "type": "quantitative"}, "text": {"field": "text", "type": "nominal"}},
    }
    return grammar.spec(wide, width, 210, layer=[bar, grammar.rule("x", rule), label])


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
    encoding: Spec = {"x": grammar.over_time(days, width), "y": grammar.value("value")}
    layers: list[Spec] = [
        {"mark": {"type": "area", "color": color, "opacity": 0.08, "aria": False}, "encoding": encoding},
        {"mark": line, "encoding": encoding},
    ]
    if smooth:
        bold = {"type": "line", "color": color, "strokeWidth": 2.5, "strokeJoin": "round", "aria": False}
        layers.append({"mark": bold, "encoding": {**encoding, "y": grammar.value("mean")}})
    return grammar.spec(values, width, 150, layer=layers)


def steps(values: Values, width: int, colors: Mapping[str, str], *, days: float, zero: bool = True) -> Spec:
    """Levels over time, each line a part.

    Args:
        values: ``at`` (ISO 8601), ``part`` and ``value``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        days: length of the time that is shown.
        zero: whether the axis of levels begins there.
    """
    return grammar.spec(
        values,
        width,
        220 + grammar.legend_height(colors, width),
        mark={"type": "line", "interpolate": "step-after", "strokeWidth": 1.6, "aria": False},
        encoding={
            "x": grammar.over_time(days, width),
            "y": grammar.value("value", zero=zero),
            "color": grammar.colored("part", colors, width, symbol="stroke"),
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
    return grammar.spec(
        values,
        width,
        300,
        layer=[
            {"data": {"values": ends}, "mark": equal, "encoding": encoding},
            grammar.rule("x", 20),
            {"mark": line, "encoding": {**encoding, "color": grammar.colored("part", colors, width)}},
        ],
    )


def places(values: Values, width: int) -> Spec:
    """Dots on the globe, flattened; no land, for nobody's outline of it is small.

    Args:
        values: ``latitude``, ``longitude`` and ``value``.
        width: of the whole picture, in pixels.
    """
    dot = {"type": "circle", "color": COLORS[0], "opacity": 0.55, "stroke": "var(--surface)", "strokeWidth": 0.5}
    return grammar.spec(
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
                    "description": grammar.tip(),
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
                "x": grammar.elapsed("start", end),
                "x2": {"field": "end"},
                "y": lane,
                "color": grammar.colored("part", colors, width),
                "description": grammar.tip(),
            },
        }
    ]
    layers += [grammar.rule("x", pause) for pause in pauses]
    height = max(70, 30 * number if number <= 16 else 14 * number) + 40 + grammar.legend_height(colors, width)
    return grammar.spec(values, width, height, layer=layers)


def rates(values: Values, width: int, colors: Mapping[str, str], *, end: float) -> Spec:
    """Speed over the seconds of a run, stacked by part.

    Args:
        values: ``at`` (seconds), ``part`` and ``value``.
        width: of the whole picture, in pixels.
        colors: by part, in their order.
        end: of the axis, in seconds.
    """
    order = {part: place for place, part in enumerate(colors)}
    return grammar.spec(
        [{**each, "place": order[each["part"]]} for each in values],
        width,
        200 + grammar.legend_height(colors, width),
        mark={"type": "area", "interpolate": "step-after", "aria": False},
        encoding={
            "x": grammar.elapsed("at", end),
            "y": {**grammar.value("value"), "axis": {**grammar.axis(), "minExtent": 54}, "stack": "zero"},
            "color": grammar.colored("part", colors, width),
            "order": {"field": "place", "type": "quantitative"},
        },
    )
