"""The way of a session to a review, and how many leave it where."""

from __future__ import annotations

from typing import Final

from shardgen.page._parts import formats
from shardgen.page._parts.section import FULL, Part, Piece, nothing, ranking, table
from shardgen.page.numbers import Numbers, Row


def funnel(numbers: Numbers) -> Piece:
    """Each stage, as a share of the sessions and of the stage before."""
    stages = _stages(numbers)
    counts = numbers.first("funnel")
    without = formats.share(counts["sessions"] - counts["bought"], counts["sessions"])
    left = formats.share(counts["filled"] - counts["bought"], counts["filled"])
    finding = (
        f"{formats.percent(without)} of {formats.plural(counts['sessions'], 'session')} end without a purchase, "
        f"{formats.percent(formats.share(counts['bounced'], counts['sessions']))} after a single event"
        + (f"; {formats.percent(left)} of the carts are left behind." if left is not None else ".")
        + f" A session has {(formats.share(counts['events'], counts['sessions']) or 0):.1f} events on average."
    )
    return Piece(
        finding=finding,
        pictures=(
            ranking(
                "From session to review",
                "Bars: sessions that came as far as each stage; their purchases delivered and reviewed.",
                stages,
                label=lambda row: row["stage"],
                value=lambda row: row["number"],
                text=_text,
                size=FULL,
            ),
        ),
        tables=(
            table(
                "From session to review",
                {
                    "stage": lambda row: row["stage"],
                    "number": lambda row: formats.count(row["number"]),
                    "of all sessions": lambda row: formats.percent(row["of_all"]),
                    "of the stage before": lambda row: formats.percent(row["of_before"]),
                },
                stages,
            ),
        ),
    )


def _stages(numbers: Numbers) -> list[Row]:
    """Those that are known, each with its shares."""
    counts = numbers.first("funnel") | numbers.first("delivered") | numbers.first("reviewed")
    names = {
        "sessions": "session",
        "viewed": "product viewed",
        "filled": "cart filled",
        "checked_out": "checkout begun",
        "bought": "purchase",
        "delivered": "delivered",
        "reviewed": "reviewed",
    }
    known = [(name, stage) for name, stage in names.items() if name in counts]
    before: float | None = None
    stages = []
    for name, stage in known:
        number = counts[name]
        stages.append(
            {
                "stage": stage,
                "number": number,
                "of_all": formats.share(number, counts["sessions"]),
                "of_before": formats.share(number, before),
            }
        )
        before = number
    return stages


def _text(stage: Row) -> str:
    """``"16,425 · 4.5 % · 61 % go on"``."""
    onward = f" · {formats.percent(stage['of_before'])} go on" if stage["of_before"] is not None else ""
    return f"{formats.count(stage['number'])} · {formats.percent(stage['of_all'])}{onward}"


PARTS: Final = (
    Part(title="the funnel of the sessions", needs=("funnel",), make=funnel),
    Part(title="how many purchases are delivered", needs=("delivered",), make=nothing),
    Part(title="how many purchases are reviewed", needs=("reviewed",), make=nothing),
)
