"""The load itself, by its ledger: which worker wrote which shard when, how fast, and how the time split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from shardgen.page._parts import charts, formats
from shardgen.page._parts.grammar import COLORS, QUIET
from shardgen.page._parts.section import Part, Picture, Piece, Table, table, table_colors
from shardgen.page.numbers import MOST_SHARDS, Numbers, Row

FINISHING: Final = "finishing"
LONGEST_PAUSE: Final = 30.0
"""Seconds without any work that are drawn as they were; of longer ones a stump remains."""
STUMP: Final = 2.0
BINS: Final = 120
PHASES: Final = ("generate", "encode", "copy", "index", "commit", "rest")
"""Of a shard, in their order; the rest is ledger, connecting, creating and attaching."""
ABOUT_PHASES: Final = {
    "generate": "building rows",
    "encode": "encoding",
    "copy": "COPY (waiting for the server)",
    "index": "indexes of leaves",
    "commit": "commit",
    "rest": "ledger, create, attach",
}


def timeline(numbers: Numbers) -> Piece:
    """Shards by worker, and the speed that comes of them."""
    shards, steps = _timed(numbers.rows("shards")), _timed(numbers.rows("steps"))
    shown, pauses = without_pauses([*shards, *steps])
    lanes = [*_lanes(shards, _worker(shards)), *_lanes(steps, _abreast(steps))]
    drawn = [{**lane, "start": round(shown(lane["start"]), 4), "end": round(shown(lane["end"]), 4)} for lane in lanes]
    drawn_tables = {row["table"] for row in shards}
    colors = {name: color for name, color in table_colors(numbers).items() if name in drawn_tables}
    end = max(lane["end"] for lane in drawn)
    cuts = [round(shown(pause), 2) for pause in pauses]
    return Piece(
        finding=_finding(numbers, shards),
        pictures=(
            Picture(
                title="Shards by worker",
                about="Lanes: one for each worker; bars from begin to end of each shard, coloured by table.",
                draw=partial(
                    charts.lanes,
                    drawn,
                    colors=colors | ({FINISHING: QUIET} if steps else {}),
                    end=end,
                    pauses=cuts,
                ),
            ),
            Picture(
                title="Rows a second, spread evenly over each shard's time",
                about="Stacked areas: rows a second by table over the run.",
                draw=partial(charts.rates, rates(shards, shown), colors=colors, end=end),
            ),
        ),
        tables=(_shard_table(shards), _step_table(steps)),
    )


def effort(numbers: Numbers) -> Piece:
    """How the workers' time splits."""
    rows = numbers.rows("effort")
    spent: dict[tuple[str, str], float] = {}
    for row in rows:
        key = row["table"], row["phase"] if row["phase"] in PHASES else "rest"
        spent[key] = spent.get(key, 0.0) + row["seconds"]
    total = sum(spent.values())
    by_phase = {phase: sum(seconds for (_, each), seconds in spent.items() if each == phase) for phase in PHASES}
    order = sorted({name for name, _ in spent}, key=lambda name: -sum(spent.get((name, each), 0) for each in PHASES))
    colors = {ABOUT_PHASES[phase]: color for phase, color in zip(PHASES, COLORS, strict=False) if by_phase[phase]}
    values = [
        {
            "label": name,
            "part": ABOUT_PHASES[phase],
            "value": spent[name, phase],
            "text": formats.seconds(sum(spent.get((name, each), 0.0) for each in PHASES)),
            "tip": f"{name}, {ABOUT_PHASES[phase]}: {formats.seconds(spent[name, phase])}",
        }
        for name in order
        for phase in PHASES
        if (name, phase) in spent
    ]
    making, waiting = (
        by_phase["generate"] + by_phase["encode"],
        by_phase["copy"] + by_phase["index"] + by_phase["commit"],
    )
    built, waited = (formats.percent(formats.share(part, total)) for part in (making, waiting))
    return Piece(
        finding=f"Of the workers' {formats.seconds(total)}, {built} went into making the rows and {waited} into "
        "waiting for the database.",
        pictures=(
            Picture(
                title="Seconds of all workers by table and phase",
                about="Stacked bars: how the time of the workers splits, for each table.",
                draw=lambda width: charts.stacks(values, width, colors),
            ),
        ),
        tables=(
            table(
                "Seconds by table and phase",
                {
                    "table": str,
                    **{ABOUT_PHASES[phase]: _cell(spent, phase) for phase in PHASES if by_phase[phase]},
                },
                order,
            ),
        ),
    )


def _cell(spent: dict[tuple[str, str], float], phase: str) -> Callable[[str], str]:
    return lambda name: f"{spent.get((name, phase), 0.0):,.2f}"


def _finding(numbers: Numbers, shards: Sequence[Row]) -> str:
    workers = len({(row["host"], row["pid"]) for row in shards})
    busy = _busy(shards)
    rows, size = (sum(row[name] for row in shards) for name in ("rows", "bytes"))
    failures = numbers.first("retries").get("failures", 0)
    return (
        f"{formats.plural(workers, 'worker')} committed {formats.plural(len(shards), 'shard')} in "
        f"{formats.seconds(busy)}: {formats.short(rows / busy)} rows and {formats.size(size / busy)} of COPY data a "
        "second."
        + (f" {formats.plural(failures, 'attempt')} failed and was made again." if failures else " No attempt failed.")
        + (f" Only the {MOST_SHARDS:,} longest shards are shown." if len(shards) == MOST_SHARDS else "")
    )


def _timed(rows: Iterable[Row]) -> list[Row]:
    """With their begin, in order of it."""
    timed = [{**row, "start": row["ended"] - row["seconds"], "end": row["ended"]} for row in rows]
    return sorted(timed, key=lambda row: row["start"])


def _busy(rows: Sequence[Row]) -> float:
    """Seconds in which any of them was at work."""
    total, upto = 0.0, float("-inf")
    for row in rows:
        total += max(0.0, row["end"] - max(upto, row["start"]))
        upto = max(upto, row["end"])
    return max(total, 0.001)


def without_pauses(rows: Sequence[Row]) -> tuple[Callable[[float], float], list[float]]:
    """A clock that begins with the first of them and stands still in long pauses, and when those began."""
    ordered = sorted(rows, key=lambda row: row["start"])
    first = ordered[0]["start"] if ordered else 0.0
    pauses, upto = [], first
    for row in ordered:
        if row["start"] - upto > LONGEST_PAUSE:
            pauses.append((upto, row["start"] - upto - STUMP))
        upto = max(upto, row["end"])

    def shown(at: float) -> float:
        return at - first - sum(length for since, length in pauses if at > since)

    return shown, [since for since, _ in pauses]


def _worker(shards: Sequence[Row]) -> Callable[[Row], str]:
    """Names for the workers, in the order in which they began."""
    names = {process: f"worker {number}" for number, process in enumerate(_processes(shards), start=1)}
    return lambda row: names[row["host"], row["pid"]]


def _processes(shards: Sequence[Row]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((row["host"], row["pid"]) for row in shards))


def _abreast(steps: Sequence[Row]) -> Callable[[Row], str]:
    """Lanes for the steps that ran at the same time, as few as will do."""
    ends: list[float] = []
    lanes: dict[tuple[int, str], str] = {}
    for step in steps:
        free = next((lane for lane, end in enumerate(ends) if end <= step["start"] + 0.01), len(ends))
        ends[free : free + 1] = [step["end"]]
        lanes[step["run"], step["step"]] = f"finish {free + 1}"
    return lambda step: lanes[step["run"], step["step"]]


def _lanes(rows: Sequence[Row], lane: Callable[[Row], str]) -> list[Row]:
    placed = [
        {
            "lane": lane(row),
            "part": row.get("table", FINISHING),
            "start": row["start"],
            "end": row["end"],
            "tip": f"{row.get('shard') or row['step']}: {formats.seconds(row['seconds'])}"
            + (f", {formats.plural(row['rows'], 'row')}" if "rows" in row else ""),
        }
        for row in rows
    ]
    return sorted(placed, key=lambda each: (len(each["lane"]), each["lane"]))


def rates(shards: Sequence[Row], shown: Callable[[float], float]) -> list[Row]:
    """Rows a second by table in each of BINS equal spans, and zero at the end."""
    spans = [(row["table"], shown(row["start"]), shown(row["end"]), row["rows"]) for row in shards]
    width = max(*(end for _, _, end, _ in spans), 0.001) / BINS
    sums = {table: [0.0] * (BINS + 1) for table in dict.fromkeys(table for table, *_ in spans)}
    for name, start, end, rows in spans:
        for place, part in _spread(start / width, end / width):
            sums[name][place] += rows * part / width
    return [
        {"at": round(place * width, 4), "part": name, "value": round(value)}
        for name, values in sums.items()
        for place, value in enumerate(values)
    ]


def _spread(start: float, end: float) -> Iterator[tuple[int, float]]:
    """The bins that lie between two places, and the part of the whole in each; what took no time fills one bin."""
    length = max(end - start, 1.0)
    first = min(start, BINS - length)
    for place in range(max(0, int(first)), BINS):
        part = (min(first + length, place + 1) - max(first, place)) / length
        if part <= 0:
            return
        yield place, part


def _shard_table(shards: Sequence[Row]) -> Table:
    worker = _worker(shards)
    return table(
        "Shards, in order of their begin",
        {
            "shard": lambda row: row["shard"],
            "worker": worker,
            "rows": lambda row: formats.count(row["rows"]),
            "COPY": lambda row: formats.size(row["bytes"]),
            "seconds": lambda row: f"{row['seconds']:.2f}",
            "rows a second": lambda row: formats.count(formats.share(row["rows"], row["seconds"])),
            "attempts": lambda row: str(row["attempts"]),
        },
        shards,
    )


def _step_table(steps: Sequence[Row]) -> Table:
    return table(
        "Finishing steps",
        {"step": lambda row: row["step"], "seconds": lambda row: f"{row['seconds']:.2f}"},
        steps,
    )


PARTS: Final = (
    Part(title="shards by worker", needs=("shards",), make=timeline),
    Part(title="how the time split", needs=("effort",), make=effort),
)
