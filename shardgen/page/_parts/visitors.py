"""Who comes, from where, by what way, with what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from shardgen.page._parts import charts, formats
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.sales import currency
from shardgen.page._parts.section import HALF, Part, Picture, Piece, Table, ranking, shares, table
from shardgen.page.numbers import Numbers, Row

MOST_EARLIER: Final = 8
"""Earlier visits from which on the query counts no further."""


def devices(numbers: Numbers) -> Piece:
    """Sessions by kind of device."""
    rows = numbers.rows("devices")
    total, known = (sum(row[name] for row in rows) for name in ("sessions", "known"))
    return Piece(
        finding=f"{formats.percent(formats.share(rows[0]['sessions'], total))} of the sessions are on a "
        f"{rows[0]['device']}, {formats.percent(formats.share(known, total))} by customers who are logged in.",
        pictures=(_sessions("Sessions by device, and how many of them buy", rows, "device", COLORS[0]),),
        tables=(_buying("Sessions by device", rows, "device"),),
    )


def sources(numbers: Numbers) -> Piece:
    """Sessions by what brought them."""
    rows = [{**row, "source": formats.name(row["source"]).replace("_", " ")} for row in numbers.rows("sources")]
    many = [row for row in rows if row["sessions"] >= 100]
    finding = ""
    if len(many) > 1:
        best, worst = (pick(many, key=_rate) for pick in (max, min))
        finding = (
            f"Visitors by {best['source']} buy most often ({formats.percent(_rate(best))} of the sessions), "
            f"those by {worst['source']} least ({formats.percent(_rate(worst))})."
        )
    return Piece(
        finding=finding,
        pictures=(_sessions("Sessions by source, and how many of them buy", rows, "source", COLORS[2]),),
        tables=(_buying("Sessions by source", rows, "source"),),
    )


def journeys(numbers: Numbers) -> Piece:
    """Whether who buys has been there before."""
    rows = numbers.rows("journeys")
    bought = sum(row["bought"] for row in rows)
    before = sum(row["bought"] for row in rows if row["earlier"])
    values = [
        {
            "label": _times(row["earlier"]),
            "value": row["bought"],
            "tip": f"{_times(row['earlier'])} earlier: {formats.plural(row['bought'], 'purchase')}, "
            f"{formats.percent(_rate(row))} of the sessions buy",
        }
        for row in rows
    ]
    share = formats.percent(formats.share(before, bought))
    return Piece(
        finding=f"{share} of the purchases follow an earlier visit of the same visitor, within 14 days."
        if bought
        else "",
        pictures=(
            Picture(
                title="Purchases by earlier visits of the visitor in the 14 days before",
                about="Standing bars: sessions that buy, by the number of earlier visits; the last bar has all above.",
                draw=partial(charts.columns, values, color=COLORS[4]),
                size=HALF,
            ),
        ),
        tables=(
            table(
                "Sessions by earlier visits in 14 days",
                {
                    "earlier visits": lambda row: _times(row["earlier"]),
                    "sessions": lambda row: formats.count(row["sessions"]),
                    "that buy": lambda row: formats.count(row["bought"]),
                    "share that buys": lambda row: formats.percent(_rate(row)),
                },
                rows,
            ),
        ),
    )


def programs(numbers: Numbers) -> Piece:
    """Visits of programs that say what they are."""
    rows = numbers.rows("programs")
    total = sum(row["sessions"] for row in numbers.rows("devices"))
    share = formats.percent(formats.share(sum(row["sessions"] for row in rows), total))
    return Piece(
        finding=f"{share} of the sessions are of programs that say so in their user agent.",
        tables=(
            table(
                "Sessions of programs that say so",
                {"user agent": lambda row: row["agent"], "sessions": lambda row: formats.count(row["sessions"])},
                rows,
            ),
        ),
    )


def places(numbers: Numbers) -> Piece:
    """Where sessions come from, on the globe."""
    rows = numbers.rows("places")
    values = [
        {
            **row,
            "value": row["sessions"],
            "tip": f"{row['city']}, {row['country']}: {formats.plural(row['sessions'], 'session')}",
        }
        for row in rows
    ]
    return Piece(
        pictures=(
            Picture(
                title="Cities that sessions come from",
                about="Map: a dot for each city, its area the number of sessions.",
                draw=partial(charts.places, values),
            ),
        ),
        tables=(
            table(
                "Cities",
                {
                    "city": lambda row: formats.name(row["city"]),
                    "country": lambda row: formats.name(row["country"]),
                    "sessions": lambda row: formats.count(row["sessions"]),
                },
                rows[:50],
            ),
        ),
    )


def countries(numbers: Numbers) -> Piece:
    """Sessions by country."""
    rows = numbers.rows("countries")
    first = formats.percent(formats.share(rows[0]["sessions"], sum(row["sessions"] for row in rows)))
    return shares(
        rows,
        "Sessions by country",
        "Bars: sessions from each country.",
        name="country",
        value="sessions",
        columns={"sessions": lambda row: formats.count(row["sessions"])},
        finding=f"{first} of the sessions come from {rows[0]['country']}{_others(rows[1:])}.",
    )


def markets(numbers: Numbers) -> Piece:
    """Revenue by country."""
    unit = currency(numbers)
    return shares(
        numbers.rows("markets"),
        "Revenue by country of delivery",
        "Bars: share of the revenue, without cancelled orders.",
        name="country",
        value="revenue",
        columns={
            "orders": lambda row: formats.count(row["orders"]),
            "revenue": lambda row: formats.money(row["revenue"], unit),
        },
        heading="Orders by country of delivery",
        color=COLORS[1],
    )


def _sessions(title: str, rows: Sequence[Row], name: str, color: str) -> Picture:
    total = sum(row["sessions"] for row in rows)

    def text(row: Row) -> str:
        buying = f" · {formats.percent(_rate(row))} buy" if row["bought"] is not None else ""
        return f"{formats.percent(formats.share(row['sessions'], total))}{buying}"

    return ranking(
        title,
        f"Bars: share of the sessions by {name}; beside each, how many of them buy.",
        rows,
        label=lambda row: formats.name(row[name]),
        value=lambda row: row["sessions"],
        text=text,
        color=color,
    )


def _buying(title: str, rows: Sequence[Row], name: str) -> Table:
    return table(
        title,
        {
            name: lambda row: formats.name(row[name]),
            "sessions": lambda row: formats.count(row["sessions"]),
            "that buy": lambda row: formats.count(row["bought"]),
            "share that buys": lambda row: formats.percent(formats.share(row["bought"], row["sessions"])),
        },
        rows,
    )


def _times(earlier: int) -> str:
    """How many visits; of the last row, all that are more."""
    return f"{earlier}+" if earlier == MOST_EARLIER else str(earlier)


def _others(rows: Sequence[Row]) -> str:
    """Three of the other countries by name."""
    names = [formats.name(row["country"]) for row in rows[:3]]
    if len(rows) > 3:
        names.append(formats.plural(len(rows) - 3, "country more", "countries more"))
    return f", the others from {formats.listed(names)}" if names else ""


def _rate(row: Row) -> float:
    return formats.share(row["bought"], row["sessions"]) or 0.0


PARTS: Final = (
    Part(title="devices", needs=("devices",), make=devices),
    Part(title="sources", needs=("sources",), make=sources),
    Part(title="visits before a purchase", needs=("journeys",), make=journeys),
    Part(title="programs that visit", needs=("programs", "devices"), make=programs),
    Part(title="cities", needs=("places",), make=places),
    Part(title="sessions by country", needs=("countries",), make=countries),
    Part(title="revenue by country", needs=("markets",), make=markets),
)
