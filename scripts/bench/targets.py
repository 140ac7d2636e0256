"""What was aimed at, and ratios within a round: what drifts in between concerns neither side of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from scripts.bench.bench import Run


def targets_of(runs: Sequence[Run], volumes: Sequence[Run], workers: int, *, helped: float) -> list[dict[str, Any]]:
    """The targets that these runs can tell about, and ``--help`` with its seconds."""
    main = [run for run in runs if run.workers == workers]
    loads, nulls = ([run for run in main if run.yardstick == name] for name in ("load", "null"))
    lakes = [run for run in runs if run.yardstick == "lake"]
    days = [run for run in runs if run.yardstick == "day"]
    streams = [run for run in runs if run.yardstick == "stream"]
    dirts = [run for run in runs if run.yardstick == "dirt"]
    figures = [
        ("load / floor", ratio(main, of("load"), of("floor")), "<=", 1.05),
        ("load / psql", ratio(main, of("load"), of("psql")), "<=", 0.70),
        ("foreign / full: tables of others beside our own", ratio(main, of("foreign"), of("full")), "<=", 1.25),
        ("null, CPU us a row", middle(_cpu(run) / run.total * 1e6 for run in nulls), "<=", 0.6),
        ("null, CPU us a row of clicks", middle(_clicks(run) for run in nulls), "<=", 0.5),
        ("null, 2 workers beside 1", ratio(runs, of("null", 1), of("null", 2)), ">=", 1.8),
        ("MiB of the largest process", max((_peak(run) for run in [*loads, *lakes]), default=None), "<=", 200),
        ("s of --help", helped, "<=", 0.2),
        ("s to the first row", middle(run.figures["first_row"] for run in loads), "<=", 1.0),
        ("load, us a row, largest volume beside least", _growth(volumes, "load", _cost), "<=", 1.05),
        ("load, MiB, largest volume beside least", _growth(volumes, "load", _peak), "<=", 1.05),
        ("null, us a row, largest volume beside least", _growth(volumes, "null", _cost), "<=", 1.05),
        ("null, MiB, largest volume beside least", _growth(volumes, "null", _peak), "<=", 1.05),
        ("s of one day's advance, at its slowest age", middle(max(_of_days(run, "seconds")) for run in days), "<=", 3),
        ("rows read for each changed, day 1,000 / day 30", middle(map(_reading, days)), "<=", 1.2),
        ("changes/s of a stream into the database", middle(run.figures["rate"] for run in streams), ">=", 50_000),
        ("the same, us a change beside us a row of one COPY", middle(map(_beside_copy, streams)), "<=", 2.0),
        ("Parquet rows/s, events / lineitem of tpchgen-cli", _beside(lakes, "clickstream"), ">=", 1.0),
        ("Parquet rows/s, lean events / lineitem", _beside(lakes, "clickstream, lean"), ">=", 1.4),
        ("Parquet rows/s, all tables / all of tpchgen-cli", _beside(lakes, "all seven tables"), ">=", 0.9),
        ("dirty / clean load into PostgreSQL, seconds", dirty(dirts, "PostgreSQL", "seconds"), "<=", 1.1),
        ("dirty / clean load into PostgreSQL, CPU of ours", dirty(dirts, "PostgreSQL", "cpu"), "<=", 1.1),
        ("dirty / clean load into PostgreSQL, CPU of all", dirty(dirts, "PostgreSQL", "all"), "<=", 1.1),
        ("dirty / clean load into Parquet, seconds", dirty(dirts, "Parquet", "seconds"), "<=", 1.1),
        ("dirty / clean load into Parquet, CPU of ours", dirty(dirts, "Parquet", "cpu"), "<=", 1.1),
    ]
    return [
        {
            "name": name,
            "figure": figure,
            "aim": f"{sign} {aim:g}",
            "met": figure <= aim if sign == "<=" else figure >= aim,
        }
        for name, figure, sign, aim in figures
        if figure is not None
    ]


def _cpu(run: Run) -> float:
    return sum(figures["cpu"] for figures in run.figures["tables"].values())


def _of_days(run: Run, what: str) -> list[float]:
    return [float(age[what]) for age in run.figures.values()]


def _reading(run: Run) -> float:
    """Rows that a day reads for each that it changes, at the last age beside the first."""
    each = [
        read / max(1, changes) for read, changes in zip(_of_days(run, "read"), _of_days(run, "changes"), strict=True)
    ]
    return each[-1] / each[0] if each[0] else 1.0


def _beside_copy(run: Run) -> float:
    return float(run.figures["floor"] / run.figures["rate"])


def _clicks(run: Run) -> float | None:
    rows = run.rows.get("clickstream")
    return run.figures["tables"]["clickstream"]["cpu"] / rows * 1e6 if rows else None


def _beside(lakes: Sequence[Run], name: str) -> float | None:
    """Rows for a processor second beside those of tpchgen-cli in the same turns."""
    return middle(run.figures["ratios"][name] for run in lakes)


def dirty(dirts: Sequence[Run], place: str, what: str) -> float | None:
    """What a dirty load takes beside a clean one of the same round."""
    return middle(run.figures[place]["dirty"][what] / run.figures[place]["clean"][what] for run in dirts)


def _cost(run: Run) -> float:
    return run.seconds / max(1, run.total)


def _peak(run: Run) -> float:
    peaks: dict[str, float] = run.figures["peaks"]
    return max((peak for role, peak in peaks.items() if role != "backend"), default=0.0)


def _growth(volumes: Sequence[Run], yardstick: str, figure: Callable[[Run], float]) -> float | None:
    """How a figure changes from the least to the largest volume."""
    runs = [run for run in volumes if run.yardstick == yardstick]
    scales = sorted({run.scale for run in runs})
    if len(scales) < 2:
        return None
    small, large = (median(figure(run) for run in runs if run.scale == scale) for scale in (scales[0], scales[-1]))
    return large / small if small else None


def ratio(runs: Iterable[Run], above: Callable[[Run], bool], below: Callable[[Run], bool]) -> float | None:
    """Median over the rounds of one's seconds by another's; None where a round has not both."""
    runs = list(runs)
    pairs = [
        (
            [run for run in runs if run.round == number and above(run)],
            [run for run in runs if run.round == number and below(run)],
        )
        for number in sorted({run.round for run in runs})
    ]
    found = [one[0].seconds / other[0].seconds for one, other in pairs if one and other]
    return median(found) if found else None


def of(name: str, workers: int | None = None) -> Callable[[Run], bool]:
    """Whether a run is one of a yardstick."""
    return lambda run: run.yardstick == name and workers in (None, run.workers)


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known; None where nothing is."""
    found = [value for value in values if value is not None]
    return median(found) if found else None
