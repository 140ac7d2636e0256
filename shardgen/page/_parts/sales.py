"""What happens when: orders, revenue and sessions over time, by weekday, month and hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from shardgen.page._parts import charts, formats, grids
from shardgen.page._parts.formats import MONTHS, WEEKDAYS
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.section import HALF, THIRD, Part, Picture, Piece, Table, shares, table
from shardgen.page.numbers import Numbers, Row

ENOUGH_DAYS: Final = 28
"""From which on weekdays can be compared."""
ABBREVIATED: Final = tuple(name[:3] for name in WEEKDAYS)


def currency(numbers: Numbers) -> str:
    """Of all amounts, where products were loaded."""
    return numbers.first("catalogue").get("currency") or ""


def orders(numbers: Numbers) -> Piece:
    """Orders and revenue over time."""
    rows, step = numbers.rows("orders over time"), _step(numbers)
    unit = currency(numbers)
    best = max(rows, key=lambda row: row["orders"])
    number, revenue = (sum(row[name] for row in rows) / len(rows) for name in ("orders", "revenue"))
    finding = (
        f"On average {formats.mean(number)} orders {_each(step)} bring {formats.money(revenue, unit)}; the best "
        f"{step}, {_when(best['start'], step)}, had {formats.count(best['orders'])}.{_trend(rows, numbers.facts.step)}"
    )
    return Piece(
        finding=finding,
        pictures=(
            curve(numbers, rows, "orders", COLORS[0], f"Orders {_each(step)}"),
            curve(numbers, rows, "revenue", COLORS[1], f"Revenue {_each(step)}" + (f", {unit}" if unit else "")),
        ),
        tables=(
            table(
                f"Orders and revenue by {step}",
                {
                    step: lambda row: _when(row["start"], step),
                    "orders": lambda row: formats.count(row["orders"]),
                    "revenue": lambda row: f"{row['revenue']:,.2f}",
                },
                rows,
            ),
        ),
    )


def sessions(numbers: Numbers) -> Piece:
    """Sessions over time."""
    rows, step = numbers.rows("sessions over time"), _step(numbers)
    mean = sum(row["sessions"] for row in rows) / len(rows)
    return Piece(
        finding=f"There are {formats.mean(mean)} sessions {_each(step)}.",
        pictures=(curve(numbers, rows, "sessions", COLORS[2], f"Sessions {_each(step)}"),),
        tables=(
            table(
                f"Sessions by {step}",
                {
                    step: lambda row: _when(row["start"], step),
                    "sessions": lambda row: formats.count(row["sessions"]),
                },
                rows,
            ),
        ),
    )


def seasons(numbers: Numbers) -> Piece:
    """Orders by weekday and month."""
    rows = numbers.rows("seasons")
    weekdays = [row for row in rows if row["weekday"]]
    months = [row for row in rows if row["month"]]
    mean = sum(row["orders"] * row["days"] for row in weekdays) / sum(row["days"] for row in weekdays)
    finding = ""
    if sum(row["days"] for row in weekdays) >= ENOUGH_DAYS and mean:
        best, worst = (pick(weekdays, key=lambda row: row["orders"]) for pick in (max, min))
        finding = (
            f"{WEEKDAYS[best['weekday'] - 1]} is the best weekday ({_against(best, mean)} against the mean), "
            f"{WEEKDAYS[worst['weekday'] - 1]} the weakest ({_against(worst, mean)})."
        )
    return Piece(
        finding=finding,
        pictures=(
            *_season("Orders a day by weekday", weekdays, lambda row: ABBREVIATED[row["weekday"] - 1], mean),
            *_season("Orders a day by month", months, lambda row: MONTHS[row["month"] - 1], mean),
        ),
        tables=(
            table(
                "Orders a day by weekday and month",
                {
                    "season": lambda row: WEEKDAYS[row["weekday"] - 1] if row["weekday"] else MONTHS[row["month"] - 1],
                    "days": lambda row: formats.count(row["days"]),
                    "orders a day": lambda row: f"{row['orders']:,.1f}",
                },
                rows,
            ),
        ),
    )


def channels(numbers: Numbers) -> Piece:
    """Where orders are placed."""
    return shares(
        numbers.rows("channels"),
        "Orders by channel",
        "Bars: share of the orders that each channel has.",
        name="channel",
        value="orders",
        columns={
            "orders": lambda row: formats.count(row["orders"]),
            "revenue": lambda row: f"{row['revenue']:,.2f}",
        },
        size=THIRD,
    )


def hours(numbers: Numbers) -> Piece:
    """Sessions by hour and weekday, UTC."""
    rows = numbers.rows("hours")
    return Piece(
        finding=f"On the server's clock (UTC) most sessions begin {_peak(rows)}.",
        pictures=(_heat("Sessions by weekday and hour, UTC", rows),),
        tables=(_by_hour("Sessions by hour, UTC", rows),),
    )


def local_hours(numbers: Numbers) -> Piece:
    """The same where the customers live."""
    rows = numbers.rows("local hours")
    by_hour = _by(rows, "hour")
    total = sum(by_hour.values())
    evening = sum(by_hour.get(hour, 0) for hour in range(18, 23))
    night = sum(by_hour.get(hour, 0) for hour in range(2, 6))
    return Piece(
        finding=f"On the clocks where the known customers live they begin {_peak(rows)}: "
        f"{formats.percent(formats.share(evening, total))} between 18 and 23 h, "
        f"{formats.percent(formats.share(night, total))} between 2 and 6 h.",
        pictures=(_heat("Sessions of known customers, on their own clocks", rows),),
        tables=(_by_hour("Sessions of known customers by hour of their own clocks", rows),),
    )


def curve(numbers: Numbers, rows: Sequence[Row], name: str, color: str, title: str) -> Picture:
    """A value over time, with its mean over a week where a point is a day."""
    step = numbers.facts.step
    smooth = step == 1 and len(rows) > 14
    values = [{"at": row["start"], "value": row[name], "mean": row[f"{name}_mean"]} for row in rows]
    return Picture(
        title=title + (", and the mean over a week" if smooth else ""),
        about=f"Curve: {title.lower()}, from {formats.day(rows[0]['start'])} to {formats.day(rows[-1]['start'])}.",
        draw=partial(charts.curve, values, color=color, smooth=smooth, days=step * len(rows)),
    )


def _season(title: str, rows: Sequence[Row], label: Callable[[Row], str], mean: float) -> Iterator[Picture]:
    """A picture, where there is something to compare."""
    values = [
        {"label": label(row), "value": row["orders"], "tip": f"{label(row)}: {row['orders']:,.1f} orders a day"}
        for row in rows
    ]
    if len(values) > 1:
        yield Picture(
            title=title,
            about=f"Standing bars: {title.lower()}; a line at the mean of {mean:,.1f}.",
            draw=partial(charts.columns, values, rule=mean),
            size=THIRD,
        )


def _against(row: Row, mean: float) -> str:
    return f"{100 * (row['orders'] / mean - 1):+.0f}{formats.GAP}%"


def _heat(title: str, rows: Sequence[Row]) -> Picture:
    values = [
        {
            "across": row["hour"],
            "down": ABBREVIATED[row["weekday"] - 1],
            "value": row["sessions"],
            "tip": f"{WEEKDAYS[row['weekday'] - 1]} {row['hour']} h: {formats.plural(row['sessions'], 'session')}",
        }
        for row in rows
    ]
    return Picture(
        title=title,
        about="Heat map: weekdays down, hours across; the fuller a cell, the more sessions begin then.",
        draw=partial(grids.heat, values, across=range(24), down=ABBREVIATED, height=230, ticks=range(0, 24, 3)),
        size=HALF,
    )


def _by_hour(title: str, rows: Sequence[Row]) -> Table:
    found = {(row["weekday"], row["hour"]): row["sessions"] for row in rows}

    def cell(weekday: int) -> Callable[[Any], str]:
        return lambda hour: formats.count(found.get((weekday, hour), 0))

    days = {name: cell(place) for place, name in enumerate(ABBREVIATED, start=1)}
    return table(title, {"hour": str, **days}, range(24))


def _peak(rows: Sequence[Row]) -> str:
    by_hour = _by(rows, "hour")
    hour = max(by_hour, key=lambda each: by_hour[each])
    return f"between {hour} and {hour + 1} h"


def _by(rows: Sequence[Row], name: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        found[row[name]] = found.get(row[name], 0) + row["sessions"]
    return found


def _trend(rows: Sequence[Row], step: float) -> str:
    """How the last third compares with the first, where each is a month or more."""
    third = len(rows) // 3
    if third * step < 30:
        return ""
    first, last = (sum(row["orders"] for row in part) for part in (rows[:third], rows[-third:]))
    factor = formats.share(last, first)
    return f" The last third of the window has {formats.times(factor)} the orders of the first." if factor else ""


def _step(numbers: Numbers) -> str:
    """What a point of a curve stands for."""
    step = numbers.facts.step
    return "hour" if step < 1 else "day" if step == 1 else "week" if step == 7 else f"{step:.0f} days"


def _each(step: str) -> str:
    """``"a day"``, ``"an hour"``, ``"in 28 days"``."""
    return f"in {step}" if step[0].isdigit() else f"{'an' if step[0] in 'aeioh' else 'a'} {step}"


def _when(start: str, step: str) -> str:
    return f"{formats.day(start)}, {start[11:16]}" if step == "hour" else formats.day(start)


OVER_TIME: Final = (
    Part(title="orders and revenue over time", needs=("orders over time",), make=orders),
    Part(title="sessions over time", needs=("sessions over time",), make=sessions),
    Part(title="orders by weekday and month", needs=("seasons",), make=seasons),
    Part(title="orders by channel", needs=("channels",), make=channels),
)
BY_HOUR: Final = (
    Part(title="sessions by hour", needs=("hours",), make=hours),
    Part(title="sessions by the customers' own hours", needs=("local hours",), make=local_hours),
)
