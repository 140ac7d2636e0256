"""Who the customers are, and where they live: facts of customers by number, as they stand at an instant.

Time zone, gender and age follow from the persona behind the number, everything else is hashed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import geography, personas, records
from shardgen.world.demand import DAY
from shardgen.world.records import NEVER, Mask
from shardgen.world.registrations import Registrations
from shardgen.world.rng import I64, below, choose, uniform

ADULT_DAYS = 18 * 366
AGES = np.array([[0, 13], [11, 29], [27, 54]], dtype=np.int64) * 365
"""Days over 18 at the registration, by personas.AGE: at most 72 years, so that nobody passes 95 within the longest
horizon."""

GENDERS = ("female", "male", "other", "undisclosed")
TOLD = np.cumsum([960, 15, 25])
"""Weights of those who tell their persona's gender, another one, or none."""

DEVICES = np.array([45, 85, 100])
"""Running percentages of customers with one, two and three devices."""
OF_TWO_DEVICES = float((np.diff(DEVICES, prepend=0) * (1 - 1 / np.arange(1, 4))).sum() / 100)
"""How likely two draws among a customer's devices are of different ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customers:
    """Facts of n customers; arrays of shape (n,)."""

    id: I64
    registered: I64
    """Microseconds UTC."""
    birth: I64
    """Days since 1970-01-01."""
    gender: I64
    """Index into GENDERS."""
    female_name: NDArray[np.bool_]
    """Which pool the first name is from."""
    first_name: I64
    """31 random bits."""
    last_name: I64
    """31 random bits."""
    email_name: I64
    """31 random bits of the last name that the e-mail address tells."""
    zone: I64
    """Where they are from."""
    address: geography.Addresses
    record: records.Record
    """How it came to be what it is."""


def people(registrations: Registrations, ids: I64) -> records.People:
    """What never changes of customers of these numbers."""
    seed, registered, persona = registrations.seed, registrations.times(ids), registrations.members(ids).persona
    return records.People(
        ids=ids,
        registered=registered,
        born=registered // DAY - ADULT_DAYS - _age(seed, ids, personas.AGE[persona]),
        female=personas.FEMALE[persona],
        zone=personas.ZONE[persona],
    )


def facts(registrations: Registrations, who: records.People, until: I64 | int) -> Customers:
    """Everything about customers as it stands after all changes before ``until``: one instant, or one for each."""
    seed, ids, female, zone = registrations.seed, who.ids, who.female, who.zone
    told = choose(seed, "customers.gender", ids, TOLD)
    record = records.record(seed, registrations.epoch, who, until)
    return Customers(
        id=ids,
        registered=who.registered,
        birth=who.born,
        gender=np.where(told == 0, np.where(female, 0, 1), told + 1),
        female_name=female,
        first_name=below(seed, "customers.first_name", ids, 1 << 31),
        last_name=_last_name(seed, ids, record.married != NEVER),
        email_name=_last_name(seed, ids, record.married <= record.emails.since),
        zone=zone,
        address=_address(seed, ids, zone, record.moves),
        record=record,
    )


def _last_name(seed: int, ids: I64, married: Mask) -> I64:
    return below(seed, "customers.last_name", ids, 1 << 31, married.astype(np.int64))


def address(seed: int, ids: I64, zone: I64, times: I64) -> geography.Addresses:
    """Where customers of these zones live at an instant each."""
    return _address(seed, ids, zone, records.turns(seed, records.MOVES, ids, times))


def place(seed: int, ids: I64, zone: I64, times: I64) -> I64:
    """Place index of where customers of these zones live at an instant each."""
    return _place(seed, ids, zone, records.turns(seed, records.MOVES, ids, times))


def _address(seed: int, ids: I64, zone: I64, moves: records.Turns) -> geography.Addresses:
    return geography.addresses(seed, "customers.address", ids, _place(seed, ids, zone, moves), moves.number)


def _place(seed: int, ids: I64, zone: I64, moves: records.Turns) -> I64:
    """People move to where others live, within their country and time zone."""
    return geography.draw_near(seed, "customers.place", ids, zone, moves.number)


def devices(seed: int, ids: I64) -> I64:
    """How many devices each customer uses, 1 to 3."""
    return 1 + choose(seed, "customers.devices", ids, DEVICES)


def _age(seed: int, ids: I64, band: I64) -> I64:
    """Days over 18: within the band, pulled towards the younger."""
    one, two = uniform(seed, "customers.age", ids), uniform(seed, "customers.age", ids, 1)
    low, high = AGES[band].T
    return low + ((one + two * two) / 2 * (high - low)).astype(np.int64)
