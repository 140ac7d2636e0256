"""When orders arrive, and from which time zone: one stream of all orders, of which every tenth three are of the web.

Each zone numbers its orders by rank; what an order is may depend on zone and rank, never on customers or products.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shardgen.world.demand import BEFORE_MIDNIGHT, DAY, HOUR, Arrivals, Columns, columns_of, hours_of
from shardgen.world.rng import I64

WEB, OF = 31, 103
"""So many in so many orders of a zone are placed in a tracked session: 30 %. A prime, so that nothing else of an order
that follows from its rank goes with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """Orders of some hours in order of time; arrays of shape (n,)."""

    times: I64
    zone: I64
    rank: I64
    """0, 1, ... among all orders of the zone."""
    web: NDArray[np.bool_]

    def take(self, rows: I64 | slice) -> Run:
        """The orders at these rows."""
        return Run(times=self.times[rows], zone=self.zone[rows], rank=self.rank[rows], web=self.web[rows])


class OrderStream:
    """All orders of a world.

    Args:
        arrivals: their arrivals, with a column for each zone.
        hours: those in which orders are placed; more are known, since a walk-in registers an hour before ordering.
    """

    def __init__(self, arrivals: Arrivals, hours: int) -> None:
        self.arrivals, self.hours = arrivals, hours
        self.columns: Columns = columns_of(arrivals)
        self.hourly = arrivals.hourly.copy()
        self.total = int(self.hourly[hours])
        self.before = arrivals.before

    @cached_property
    def web(self) -> WebOrders:
        """Those of the web."""
        return WebOrders(self)

    def run(self, low: int, high: int) -> Run:
        """The orders of hours low to high (exclusive)."""
        return self._run(*self.arrivals.of_hours(low, high))

    def runs(self, hours: I64) -> tuple[Run, I64]:
        """The orders of some hours, which rise, in order of time; and their numbers."""
        own, cells = self.arrivals.of_some(hours)
        return self._run(own, cells), own

    def _run(self, own: I64, cells: I64) -> Run:
        zone = cells % self.arrivals.columns
        rank = self.columns.before.ravel()[cells] + own - self.arrivals.counts[cells]
        web = (rank + 1) * WEB // OF > rank * WEB // OF
        times = self.arrivals.times_in(own, cells)
        late = web & (times % DAY >= DAY - HOUR)  # a visit's start leaves the end of the day free
        times = np.where(late, times - times % HOUR // (HOUR // BEFORE_MIDNIGHT), times)
        order = np.argsort(times, kind="stable")
        return Run(times=times[order], zone=zone[order], rank=rank[order], web=web[order])

    def select(self, start: int, stop: int) -> tuple[Run, int]:
        """Orders number start to stop (exclusive), and the number of web orders before them."""
        low, high = hours_of(self.hourly, start, stop)
        run, first = self.run(low, high), int(self.hourly[low])
        before = int(self.web.hourly[low]) + int(run.web[: start - first].sum())
        return run.take(slice(start - first, stop - first)), before


class WebOrders:
    """Web orders under a dense numbering of their own, in order of time.

    Args:
        orders: all orders.
    """

    def __init__(self, orders: OrderStream) -> None:
        self.orders = orders
        self.hourly: I64 = (orders.columns.before.astype(np.int64) * WEB // OF).sum(axis=1)
        self.total = int(self.hourly[orders.hours])

    def before(self, instants: I64 | int) -> I64:
        """How many arrived before the hour of each instant began."""
        hours = (np.asarray(instants) - self.orders.arrivals.origin) // HOUR
        return self.hourly[np.minimum(np.maximum(hours, 0), len(self.hourly) - 1)]

    def within(self, low: int, high: int) -> tuple[I64, I64]:
        """Instants and numbers of those that arrive in hours low to high (exclusive), in order of time."""
        run = self.orders.run(low, high)
        return run.times[run.web], np.arange(self.hourly[low], self.hourly[high], dtype=np.int64)

    def pick(self, hours: I64, which: I64, place: I64) -> tuple[Run, I64, I64]:
        """Some web orders: which of some hours each lies in, and at which place among the hour's.

        Returns:
            the orders, their numbers among all, and those among the web orders.
        """
        run, number = self.orders.runs(hours)
        web = self.hourly[hours[which]] + place
        before = np.cumsum(self.hourly[hours + 1] - self.hourly[hours]) - (self.hourly[hours + 1] - self.hourly[hours])
        rows = np.flatnonzero(run.web)[before[which] + place]
        return run.take(rows), number[rows], web

    def select(self, web: I64) -> tuple[Run, I64]:
        """The orders of a rising, gapless run of web orders, and their numbers among all."""
        low, high = hours_of(self.hourly, int(web[0]), int(web[-1]) + 1) if len(web) else (0, 0)
        run = self.orders.run(low, high)
        rows = np.flatnonzero(run.web)[web - self.hourly[low]]
        return run.take(rows), self.orders.hourly[low] + rows
