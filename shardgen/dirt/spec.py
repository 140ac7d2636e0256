"""What a user asks for, made into rates: a preset, rates by kind, or both, less what is left out.

``realistic``, ``duplicate=0.01,late.orders=0.05`` or ``light,null=0.02``: what is named replaces what the preset says.
A preset is a share of a table's rows, which shardgen's own kinds divide among themselves by their weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from shardgen.dirt.kind import AnyKind, Delivers, Edits
from shardgen.dirt.kinds import NAMES
from shardgen.dirt.kinds import kinds as own_kinds
from shardgen.dirt.plugins import every, named
from shardgen.errors import ConfigError, Given, Text, Use
from shardgen.model.checks import check_choice
from shardgen.model.dirt import Dirt

PRESETS: Final[Mapping[str, float]] = {"light": 0.005, "realistic": 0.03, "hostile": 0.15}
"""Share of rows that have a defect."""
MOST: Final = 0.5
"""Of a table's rows: with more there is no telling what the clean ones were like."""

_MANY: Final = 64  # tables of the plans that a process works at

Rates = tuple[tuple[str, str, float], ...]


def rates_of(asked: str, skip: Iterable[str], tables: Iterable[str]) -> Rates:
    """Kind, table and share of rows, of all that are asked for.

    Args:
        asked: see above; empty or ``none`` for none.
        skip: names of kinds that are left out.
        tables: that are loaded.

    Raises:
        ConfigError: a kind or preset is unknown, a rate is none, or they are too many together.
    """
    tables = tuple(tables)
    found: dict[tuple[str, str], float] = {}
    for part in (part.strip() for part in asked.split(",")):
        name, mark, rate = (each.strip() for each in part.partition("="))
        if mark:
            found |= _named(name, _rate(name, rate), tables)
        elif part and part != "none":
            found |= _preset(own_kinds(), part, tables)
    left_out = [_known(name, "dirt_skip") for name in skip]
    rates = tuple(sorted((*of, rate) for of, rate in found.items() if rate and of[0] not in left_out))
    _check_sums(rates)
    return rates


@lru_cache(maxsize=_MANY)
def broken(dirt: Dirt, table: str) -> frozenset[str]:
    """What a table must not ask of its rows, see kind.Edits.breaks."""
    return frozenset[str]().union(*(kind.breaks for kind in named(dirt.of(table)).values()))


@lru_cache(maxsize=_MANY)
def growth(dirt: Dirt, table: str) -> float:
    """Share of a table's rows that are added, less that of those that are taken away."""
    does, rates = {"again": 1, "never": -1}, dirt.of(table)
    kinds = named(rates)
    return sum(rate * does.get(getattr(kinds[kind], "does", ""), 0) for kind, rate in rates.items())


_BOTH: Final = 1.5
"""Lines of an edit where raw_data repeats the columns: some places are in one of them alone, as measured."""


def lines(dirt: Dirt, table: str, *, repeated: bool) -> float:
    """About how many lines of the key a row of a table has.

    Args:
        dirt: of the load.
        table: its name.
        repeated: whether raw_data repeats the columns, so that what is spoilt in one is a line of both.
    """
    rates = dirt.of(table)
    kinds = named(rates)
    return sum(rate * (_BOTH if repeated and isinstance(kinds[kind], Edits) else 1) for kind, rate in rates.items())


@lru_cache(maxsize=_MANY)
def latest(dirt: Dirt | None, table: str) -> int:
    """How much later than clean rows those of a table may come, in microseconds."""
    found = named(dirt.of(table)).values() if dirt else ()
    return max((kind.lag[1] for kind in found if isinstance(kind, Delivers)), default=0)


def _preset(kinds: Mapping[str, AnyKind], name: str, tables: Iterable[str]) -> dict[tuple[str, str], float]:
    if name not in PRESETS:
        told = f" is no preset ({', '.join(PRESETS)}) and no rate"
        raise ConfigError(Given("dirt", name), told, remedy=Text("use one, or KIND=RATE: ", Use("dirt", "late=0.01")))
    found: dict[tuple[str, str], float] = {}
    for table in tables:
        weights = {kind.name: kind.weights[table] for kind in kinds.values() if table in kind.weights}
        total = sum(weights.values())
        found |= {(kind, table): PRESETS[name] * weight / total for kind, weight in weights.items()}
    return found


def _named(name: str, rate: float, tables: Iterable[str]) -> dict[tuple[str, str], float]:
    kind, dot, table = name.partition(".")
    strikes = named([_known(kind, "dirt")])[kind].weights
    if dot and table not in strikes:
        raise ConfigError(Given("dirt", name), f" strikes no such table: choose from {', '.join(strikes)}")
    return {(kind, each): rate for each in tables if each in strikes and table in ("", each)}


def _known(name: str, option: str) -> str:
    if name not in NAMES:
        check_choice(option, name, tuple(every()))
    return name


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= MOST:
        raise ConfigError(Given("dirt", f"{name}={text}"), f" is no share of rows: use 0 to {MOST}")
    return rate


def _check_sums(rates: Rates) -> None:
    for table in sorted({table for _, table, _ in rates}):
        total = sum(rate for _, of, rate in rates if of == table)
        if total > MOST:
            told = f"dirt strikes {total:.0%} of the rows of {table}, more than {MOST:.0%}"
            raise ConfigError(told, remedy="lower the rates")
