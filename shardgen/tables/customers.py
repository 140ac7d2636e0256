"""raw_customers: what the CRM knows of each customer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Day, Flag, Instant, Prose, Words
from shardgen.model.keys import CUSTOMER, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, DATE, JSON, TEXT, TIMESTAMP, varchar
from shardgen.tables.spec import ByIds, Sizes, Slice, TableSpec
from shardgen.tables.statements import beside
from shardgen.world import World, customers, geography
from shardgen.world.rng import below, chance

DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example", "inbox.example")
"""Mail hosts that exist for nobody (RFC 2606)."""

LOCAL_PARTS = ("{first}.{last}", "{first}{last}", "{first}_{last}", "{last}.{first}", "{last}")
SUFFIXES = ("{name}.{number}", "{name}{number}", "{name}_{number}")

NUMBER_CLASSES = ((10**4, 4, 3_457), (10**6, 6, 345_677), (10**9, 9, 345_678_911))
"""Upper bound of the customer numbers of each class, digits of their e-mail number, and a factor prime to 10."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Customers of the slice, all of whom exist by its end."""
    for low, high in wanted.ranges():
        yield _batch(wanted.world, wanted.raw_data, np.arange(low, high, dtype=np.int64))


def _batch(world: World, mode: str, numbers: I64) -> Batch:
    who = customers.facts(world.seed, world.customers, numbers)
    country = geography.COUNTRY_OF[who.address.place]
    names = pools.names(world.seed)
    pool = country * 2 + ~who.female_name
    first, last = names.first.draw(pool, who.first_name), names.last.draw(country, who.last_name)
    full = text.render(pools.NAME_FORMATS, country, {"first": first, "last": last})
    plain = names.first_plain.draw(pool, who.first_name), names.last_plain.draw(country, who.last_name)
    return batch(
        CUSTOMERS.table,
        mode,
        {
            "customer_id": Words(ids(CUSTOMER, numbers)),
            "email": Words(_emails(world.seed, numbers, *plain)),
            "customer_name": Prose(full),
            "first_name": Prose(first),
            "last_name": Prose(last),
            "phone": Words(pools.phones(who.address.place, who.phone)),
            "address": pools.addresses(world.seed, who.address),
            "registration_date": Instant(who.registered),
            "date_of_birth": Day(who.birth),
            "gender": Words(Drawn(text.pool(customers.GENDERS), who.gender)),
        },
        numbers=numbers,
        ingestion=ingested(world.seed, "customers", numbers, who.registered, 300, 4 * 3600),
        extra={
            "preferred_language": pools.languages(country),
            "marketing_opt_in": Flag(chance(world.seed, "customers.opt_in", numbers, 0.58)),
        },
    )


@cache
def _domains() -> Text:
    return text.pool(DOMAINS)


def _emails(seed: int, numbers: I64, first: Drawn, last: Drawn) -> Text:
    """Addresses that nobody else has: a name in plain letters, and a number that is the customer's alone."""
    name = text.render(
        LOCAL_PARTS, below(seed, "customers.email", numbers, len(LOCAL_PARTS)), {"first": first, "last": last}
    )
    suffix = below(seed, "customers.email_suffix", numbers, len(SUFFIXES))
    local = text.render(SUFFIXES, suffix, {"name": name, "number": _own_numbers(seed, numbers)})
    return text.join(local, "@", text.take(_domains(), below(seed, "customers.email_domain", numbers, len(DOMAINS))))


def _own_numbers(seed: int, numbers: I64) -> Text:
    """Digits that no other customer has: within each class of numbers an affine bijection, keyed by the seed."""
    parts: list[Text] = []
    lower = 0
    for upper, width, factor in NUMBER_CLASSES:
        members = numbers[(numbers >= lower) & (numbers < upper)]
        shift = int(below(seed, "customers.email_shift", np.array([width]), 10**9)[0])
        parts.append(text.digits((members * factor + shift) % 10**width, width))
        lower = upper
    return text.concat(*parts)


CUSTOMERS = TableSpec(
    table=bronze_table(
        name="customers",
        meaning="A customer as the CRM knows them; 30 % of the customers registered before the epoch.",
        source="crm",
        key=("customer_id",),
        space=KeySpace(ids=CUSTOMER, dense=True),
        columns=(
            Column(
                name="customer_id",
                type=varchar(50),
                not_null=True,
                meaning="`CUST` and 8 digits or more, dense in order of registration",
            ),
            Column(
                name="email", type=varchar(255), unique=True, meaning="Unique whatever the case; no such mailbox exists"
            ),
            Column(name="customer_name", type=varchar(255), meaning="Full name, in the country's order"),
            Column(name="first_name", type=varchar(100), meaning="Given name, of the country"),
            Column(name="last_name", type=varchar(100), meaning="Family name, of the country"),
            Column(name="phone", type=varchar(50), meaning="International form, with the prefix of country and place"),
            Column(
                name="address",
                type=JSON,
                meaning="Home; city, postal code, time zone and coordinates go together",
                keys=pools.ADDRESS,
            ),
            Column(
                name="registration_date",
                type=TIMESTAMP,
                meaning="When the account was made, UTC; before any order or logged-in session",
            ),
            Column(name="date_of_birth", type=DATE, meaning="18 to 95 years before the registration"),
            Column(name="gender", type=varchar(20), meaning="`female`, `male`, `other` or `undisclosed`"),
        ),
        extra={
            "preferred_language": Key("Language and country: `it-IT`", TEXT),
            "marketing_opt_in": Key("Whether newsletters are welcome", BOOLEAN),
        },
        indexes=(
            *by_key("registration_date"),
            *by_all("email"),
            Index(column="address", kind="json", full=True),
        ),
    ),
    cut=ByIds(step=100_000, total=lambda world, end: int(world.customers.before(end))),
    rows=rows,
    laws=beside(__package__, "laws/l05.sql", "laws/l15.sql"),
    sizes=Sizes(
        copy={"full": 960, "lean": 440, "none": 390},
        heap={"full": 1026, "lean": 480, "none": 411},
        indexes={
            "pkey": 31.5,
            "registration_date": 22.5,
            "email": 52,
            "source_system": 7,
            "ingestion_timestamp": 22.5,
        },
        inverted={"address": (622, 0.92)},
    ),
)
