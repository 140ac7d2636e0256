"""A customer's life, from the first visit to the last order: rows of all tables that tell of one, in order of time.

All of it is made anew from the plan; nothing is read from anywhere. Each moment has its row as it stood then. Who a
visit or an order belongs to follows from its number, so all of them are looked through, some ten thousand at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import numpy as np

from shardgen.columns.batch import objects
from shardgen.model.config import PlanConfig
from shardgen.model.keys import CUSTOMER
from shardgen.model.story import Moment, Row, Story
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.world import World, build_world, customers, orders, records, sessions
from shardgen.world.demand import midnight
from shardgen.world.rng import I64
from shardgen.world.versions import BEGINNING

AT_A_TIME = 32_768
"""Orders or visits that are looked at in one go: some 20 MB."""
EPOCH = datetime.fromisoformat("1970-01-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """Makes rows of one plan by their numbers."""

    plan: PlanConfig
    world: World

    @property
    def end(self) -> int:
        """The first instant after the window."""
        return midnight(self.plan.end)

    def rows(self, table: str, numbers: Sequence[int], history: str = "latest", *, end: int | None = None) -> list[Row]:
        """All rows of a table that belong to some numbers, in order, of what its shards are cut by."""
        wanted = np.array(numbers, dtype=np.int64)
        batches = Feed(self.plan).rows_of(table, wanted, end=end or self.end, history=history)
        form = dataset(self.plan.dataset)[table].table
        return [row for batch in batches for row in objects(form, batch.arrow())]


def customers_of(plan: PlanConfig) -> int:
    """How many customers have registered by the end of the window."""
    return int(build_world(plan.world, plan.end).customers.before(midnight(plan.end)))


def stories(plan: PlanConfig, numbers: Sequence[int]) -> list[Story]:
    """The lives of some customers.

    Args:
        numbers: of the customers, from 0.
    """
    making = _Making(plan=plan, world=build_world(plan.world, plan.end))
    wanted = np.unique(np.array(numbers, dtype=np.int64))
    placed, visits = _orders_of(making, wanted), _visits_of(making, wanted)
    return [_story(making, number, placed.get(number, []), visits.get(number, [])) for number in numbers]


def _orders_of(making: _Making, wanted: I64) -> dict[int, list[int]]:
    """Numbers of the orders of some customers."""
    world, found = making.world, dict[int, list[int]]()
    for low, high in _ranges(int(world.orders.before(making.end))):
        placed = orders.select(world, low, high)
        _gather(found, wanted, orders.buyers(world, placed).number, placed.number)
    return found


def _visits_of(making: _Making, wanted: I64) -> dict[int, list[int]]:
    """Numbers of their visits, with those before which nobody logged in."""
    world, found = making.world, dict[int, list[int]]()
    for low, high in _ranges(int(world.sessions.before(making.end))):
        visits = sessions.select(world, low, high)
        _gather(found, wanted, visits.customer, visits.number)
    return found


def _ranges(total: int) -> Iterator[tuple[int, int]]:
    return ((low, min(low + AT_A_TIME, total)) for low in range(0, total, AT_A_TIME))


def _gather(found: dict[int, list[int]], wanted: I64, owner: I64, number: I64) -> None:
    for row in np.flatnonzero(np.isin(owner, wanted)).tolist():
        found.setdefault(int(owner[row]), []).append(int(number[row]))


def _story(making: _Making, number: int, placed: list[int], visits: list[int]) -> Story:
    [customer] = making.rows("customers", [number])
    moments = [*_of_customer(making, number), *_of_visits(making, visits)]
    for versions in _records(making.rows("orders", placed, "versions"), "order_id"):
        moments += _of_order(versions)
    for versions in _records(making.rows("reviews", placed, "versions"), "review_id"):
        moments += _of_review(versions)
    moments.sort(key=lambda moment: moment.at)
    return Story(customer=customer, products=_products(making, moments), moments=tuple(moments))


def _of_customer(making: _Making, number: int) -> Iterator[Moment]:
    """The registration, and each change of the record since."""
    for version in _changes(making, number):
        [row] = making.rows("customers", [number], end=version + 1)
        registered = row["registration_date"]
        at = EPOCH + timedelta(microseconds=version)
        what = "registered" if at == registered else "erased" if row["raw_data"].get("erased_at") else "record changed"
        yield Moment(at=at, table="customers", what=what, row=row)


def _changes(making: _Making, number: int) -> list[int]:
    """When the record changed, the registration first."""
    world = making.world
    who = customers.people(world.customers, np.array([number], dtype=np.int64))
    return records.versions(world.seed, world.customers.epoch, who, BEGINNING, making.end).at.tolist()


def _of_visits(making: _Making, visits: list[int]) -> Iterator[Moment]:
    events = dict[str, list[Row]]()
    for event in making.rows("clickstream", visits):
        events.setdefault(event["session_id"], []).append(event)
    for row in making.rows("sessions", visits):
        row["events"] = events[row["session_id"]]
        yield Moment(at=row["start_time"], table="sessions", what="visit", row=row)


def _records(rows: list[Row], key: str) -> Iterator[list[Row]]:
    """The versions of each record, in order."""
    return (list(versions) for _, versions in groupby(rows, itemgetter(key)))


def _of_order(versions: Sequence[Row]) -> Iterator[Moment]:
    """What happens to an order, each with the first version that tells of it."""
    yield Moment(at=versions[0]["order_date"], table="orders", what="ordered", row=versions[0])
    for tried in versions[-1]["raw_data"]["payments"]:
        if tried["outcome"] == "failed":
            at = datetime.fromisoformat(tried["attempted_at"])
            yield Moment(at=at, table="orders", what="payment failed", row=versions[0])
    known = [({at for at, _ in _fates(row["raw_data"])}, row) for row in versions]
    for at, what in _fates(versions[-1]["raw_data"]):
        yield Moment(at=at, table="orders", what=what, row=next(row for times, row in known if at in times))


def _of_review(versions: Sequence[Row]) -> Iterator[Moment]:
    """When it is written, written anew and taken down; that votes come is not told, but how many came in the end."""
    first, last = versions[0], versions[-1]
    gone = last["raw_data"]["operation"] == "delete"
    yield Moment(at=first["review_date"], table="reviews", what="reviewed", row=first)
    for row in versions:
        if at := row["raw_data"].get("edited_at"):
            yield Moment(at=datetime.fromisoformat(at), table="reviews", what="review edited", row=row)
            break
    if gone:
        yield Moment(at=last["ingestion_timestamp"], table="reviews", what="review taken down", row=last)


def _fates(known: Row) -> Iterator[tuple[datetime, str]]:
    """What is known of an order to have happened."""
    parcels = known.get("shipments") or [known]
    for number, parcel in enumerate(parcels, start=1):
        part = f" (parcel {number} of {len(parcels)})" if len(parcels) > 1 else ""
        for key, what in (("shipped_at", "shipped"), ("delivered_at", "delivered")):
            if parcel.get(key):
                yield datetime.fromisoformat(parcel[key]), what + part
    for key, what in (("cancelled_at", "cancelled"), ("returned_at", "returned"), ("charged_back_at", "charged back")):
        if known.get(key):
            yield datetime.fromisoformat(known[key]), what


def _products(making: _Making, moments: Sequence[Moment]) -> dict[str, Row]:
    """The rows of all products that the moments speak of, by id."""
    named = {int(name.removeprefix("PROD")) - 1 for moment in moments for name in _named(moment.row)}
    return {row["product_id"]: row for row in making.rows("products", sorted(named))}


def _named(row: Row) -> Iterator[str]:
    if row.get("product_id"):
        yield row["product_id"]
    known = row.get("raw_data") or {}
    yield from (each["product_id"] for each in (*known.get("items", ()), known) if each.get("product_id"))
    for event in row.get("events", ()):
        yield from _named(event)


def number_of(text: str) -> int | None:
    """The number, from 0, of a customer's id: ``CUST00000007`` or ``7``; None where it is none."""
    digits = text.strip().upper().removeprefix(CUSTOMER.prefix)
    return int(digits) - 1 if digits.isascii() and digits.isdigit() and len(digits) < 18 else None
