"""What the generator knows and bronze does not tell, as tables of their own: made anew from the plan, kept nowhere.

Each kind of truth comes a stretch at a time, so that as much room is taken for a day as for ten years.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from shardgen.columns import text
from shardgen.columns.abreast import Texts
from shardgen.columns.batch import ids
from shardgen.columns.text import I64
from shardgen.model import keys
from shardgen.model.config import PlanConfig
from shardgen.tables.sessions import fingerprints
from shardgen.world import World, bots, experiments, lives, orders, personas, products, promotions, rings, sessions
from shardgen.world.demand import DAY, midnight
from shardgen.world.families import WALK_IN
from shardgen.world.payments import card_fingerprints
from shardgen.world.world import build_world

STRETCH: Final = 65_536
"""Rows that are looked at in one go."""

Columns = dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One table of truth."""

    name: str
    about: str
    """What its rows are, in a line."""
    columns: Mapping[str, str]
    """By name, what each of them tells."""
    stretches: Callable[[World, int], Iterable[Columns]]
    """The columns of a world until an instant, a stretch at a time."""

    def rows(self, config: PlanConfig) -> Iterator[dict[str, Any]]:
        """The rows of a plan, made as they are read."""
        for stretch in self.stretches(build_world(config.world, config.end), midnight(config.end)):
            for values in zip(*stretch.values(), strict=True):
                yield dict(zip(stretch, values, strict=True))


def _ranges(total: int) -> Iterator[I64]:
    for low in range(0, total, STRETCH):
        yield np.arange(low, min(low + STRETCH, total), dtype=np.int64)


def _texts(texts: Texts) -> list[Any]:
    found: list[Any] = text.column(texts).to_pylist()
    return found


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _where(there: Iterable[bool], values: list[Any]) -> list[Any]:
    """The values where they are there, else None."""
    return [value if is_there else None for is_there, value in zip(there, values, strict=True)]


def _experiments(world: World, end: int) -> Iterator[Columns]:
    begins = midnight(world.config.epoch)
    first, last = experiments.periods(np.array([begins, end - 1])).tolist()
    every = [each for period in range(first, last + 1) for each in experiments.of_period(world.seed, period)]
    found = [each for each in every if each.ends * DAY > begins and each.begins * DAY < end]
    yield {
        "name": [each.name for each in found],
        "begins": [_day(each.begins) for each in found],
        "ends": [_day(each.ends) for each in found],
        "variant": [experiments.VARIANTS[experiments.TREATMENT] for _ in found],
        "lift": [each.lift / 100 for each in found],
    }


def _rings(world: World, end: int) -> Iterator[Columns]:
    people, known = world.customers, int(world.customers.before(end))
    for stretch in _ranges(world.rings.total):
        of, member = world.rings.members(people.families, stretch)
        number = people.numbers(member)
        order = np.lexsort((number, of))
        order = order[number[order] < known]
        of, number = of[order], number[order]
        bits = world.rings.shared[of].tolist()
        by_machine, by_card = (world.rings.share(of, what).tolist() for what in (rings.MACHINE, rings.CARD))
        yield {
            "ring": (of + 1).tolist(),
            "customer_id": _texts(ids(keys.CUSTOMER, number)),
            "shares": [[name for place, name in enumerate(rings.SHARES) if each >> place & 1] for each in bits],
            "device_fingerprint": _where(
                by_machine, _texts(text.hexadecimal(fingerprints(world.seed, sessions.machine_of_ring(of))))
            ),
            "card": _where(by_card, _texts(text.hexadecimal(card_fingerprints(world.seed, -1 - of, 0 * of)))),
        }


def _bots(world: World, end: int) -> Iterator[Columns]:
    for number in _ranges(int(world.sessions.before(end))):
        _, of_web, own = world.sessions.select(int(number[0]), int(number[-1]) + 1)
        key = own * 2 + of_web
        program = sessions.programs(world.seed, key)
        rows = np.flatnonzero(program != bots.NONE)
        machine = sessions.machine_of_program(world.seed, key[rows], program[rows])
        yield {
            "session_id": _texts(ids(keys.SESSION, number[rows])),
            "program": [bots.PROGRAMS[each].name for each in program[rows].tolist()],
            "declared": bots.DECLARED[program[rows]].tolist(),
            "device_fingerprint": _texts(text.hexadecimal(fingerprints(world.seed, machine))),
        }


def _products(world: World, end: int) -> Iterator[Columns]:
    for number in _ranges(int(world.launches.before(end))):
        step = products.quality(world.seed, number)
        demand = world.catalogue.demand[number] / world.catalogue.demand_total * world.catalogue.size
        yield {
            "product_id": _texts(ids(keys.PRODUCT, number)),
            "quality": np.round((step + 0.5) / products.QUALITY_STEPS, 4).tolist(),
            "demand": np.round(demand, 4).tolist(),
            "returns": (orders.RETURN_FACTOR[step] / 1000).tolist(),
        }


def _customers(world: World, end: int) -> Iterator[Columns]:
    people = world.customers
    for number in _ranges(int(people.before(end))):
        member = people.members(number)
        life = lives.life_of(people.seed, member)
        once = member.family == WALK_IN
        days, persona = lives.DAYS[life], member.persona
        yield {
            "customer_id": _texts(ids(keys.CUSTOMER, number)),
            "persona": (persona + 1).tolist(),
            "orders": (lives.ACTIVITY[life] / 1000).tolist(),
            "visits": (lives.VISITS[life] / 1000).tolist(),
            "lifetime_days": _where((days * 24 < lives.FOR_GOOD).tolist(), days.tolist()),
            "rest_days": lives.REST_DAYS[life].tolist(),
            "registers_to_order": once.tolist(),
            "budget": personas.BUDGET[persona].tolist(),
            "sends_back": personas.RETURNER[persona].tolist(),
        }


def _promotions(world: World, end: int) -> Iterator[Columns]:
    begins = midnight(world.config.epoch)
    every = world.shop.promotions.all
    found = [each for each in every if each.ends * DAY > begins and each.begins * DAY < end]
    channels = [[name for bit, name in enumerate(orders.CHANNELS) if each.channels >> bit & 1] for each in found]
    yield {
        "code": [each.code for each in found],
        "name": [each.name for each in found],
        "begins": [_day(each.begins) for each in found],
        "ends": [_day(each.ends) for each in found],
        "scope": [each.scope for each in found],
        "percent": [each.percent for each in found],
        "channels": channels,
        "lift": [_LIFTS[each.scope] for each in found],
    }


_LIFTS: Final = {
    "everything": 0.0,
    "category": promotions.CATEGORY_LIFT / 100 - 1,
    "brand": products.OFFERED[0] / products.OFFERED[1] - 1,
}

TRUTHS: Final = (
    Truth(
        name="experiments",
        about="A/B tests that touch the window, and what their treatment does",
        columns={
            "name": "As in raw_sessions.raw_data.experiments",
            "begins": "First day",
            "ends": "The day after the last one",
            "variant": "The one that the lift is of, over the other",
            "lift": "Of the buyers among the exposed visitors: 0.22 for 22 percent more; 0 of a test that does nothing",
        },
        stretches=_experiments,
    ),
    Truth(
        name="rings",
        about="customers behind whom are the same people, a row for each",
        columns={
            "ring": "Number of the ring",
            "customer_id": "A member who has registered by the window's end",
            "shares": "What its members have together: device_fingerprint, card, address",
            "device_fingerprint": "The machine that they all use; null where each has its own",
            "card": "Their credit card; null where each has their own",
        },
        stretches=_rings,
    ),
    Truth(
        name="bots",
        about="visits of programs, a row for each",
        columns={
            "session_id": "The visit",
            "program": "What it is: search engine, price comparison, monitoring, or a scraper",
            "declared": "Whether its user agent says so",
            "device_fingerprint": "The machine that it runs on",
        },
        stretches=_bots,
    ),
    Truth(
        name="products",
        about="hidden quality of products, a row for each",
        columns={
            "product_id": "The product",
            "quality": "0 (worst) to 1: it drives sales, ratings and returns",
            "demand": "How often it would be bought over the average product, all else equal",
            "returns": "How often it comes back over what is usual for its kind",
        },
        stretches=_products,
    ),
    Truth(
        name="customers",
        about="propensities and lifetimes of customers, a row for each",
        columns={
            "customer_id": "The customer",
            "persona": "Kind of person: those of one number share country, clock, gender, age band, budget and taste",
            "orders": "Relative rate of orders while the lifetime lasts; 0 of those who never order again",
            "visits": "Relative rate of visits",
            "lifetime_days": "How long from the registration on; null for good",
            "rest_days": "How long they wait after they registered",
            "registers_to_order": "Whether they registered with their first order",
            "budget": "0 (thrifty) to 3 (rich)",
            "sends_back": "Whether they send most things back",
        },
        stretches=_customers,
    ),
    Truth(
        name="promotions",
        about="promotions that touch the window, and how much they lift",
        columns={
            "code": "As in the items of orders",
            "name": "What it is called",
            "begins": "First day",
            "ends": "The day after the last one",
            "scope": "everything, category or brand",
            "percent": "Off each line",
            "channels": "Those that have it",
            "lift": "How much more readily what it reduces is chosen: 0.7 for 70 percent",
        },
        stretches=_promotions,
    ),
)
"""All kinds of truth, by name."""

NAMES: Final = tuple(each.name for each in TRUTHS)


def truth(name: str) -> Truth:
    """The one of this name."""
    return next(each for each in TRUTHS if each.name == name)
