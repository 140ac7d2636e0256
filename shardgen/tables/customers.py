"""raw_customers: what the CRM knows of each customer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.nested import Picked, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Day, Flag, Instant, Prose, Sometimes, Words, some
from shardgen.model.keys import CUSTOMER, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, DATE, JSON, TEXT, TIMESTAMP, varchar
from shardgen.tables.spec import ByIds, History, Sizes, Slice, TableSpec, arriving, by_lives, ranges
from shardgen.tables.statements import beside
from shardgen.world import World, customers, estimates, geography, phones, records
from shardgen.world.customers import Customers
from shardgen.world.demand import HOUR
from shardgen.world.picking import picked
from shardgen.world.records import NEVER, Mask
from shardgen.world.rng import below
from shardgen.world.versions import BEGINNING, Versions

DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example", "inbox.example")
"""Mail hosts that exist for nobody (RFC 2606)."""

LOCAL_PARTS = ("{first}.{last}", "{first}{last}", "{first}_{last}", "{last}.{first}", "{last}")
SUFFIXES = ("{name}.{number}", "{name}{number}", "{name}_{number}")

LOOKED_AT = 65_536
"""Customers that are looked through at a time for those whose records change."""

NUMBER_CLASSES = ((10**4, 4, 3_457), (10**6, 6, 345_677), (10**9, 9, 345_678_911))
"""Upper bound of the customer numbers of each class, digits of their e-mail number, and a factor prime to 10."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Customers of the slice, all of whom exist by its end, as they stand then; or all versions of their records."""
    people = wanted.world.customers
    for numbers in _numbers(wanted):
        who = customers.people(people, numbers)
        if not wanted.versions:
            yield _batch(wanted, customers.facts(people, who, wanted.end))
            continue
        found = records.versions(people.seed, people.epoch, who, wanted.since, wanted.end)
        if len(found.row):
            yield _batch(wanted, customers.facts(people, picked(who, found.row), found.until), found)


def _numbers(wanted: Slice) -> Iterator[I64]:
    """Numbers of the slice's customers, a batch at a time; but for those whose records do not change in it."""
    people, since = wanted.world.customers, wanted.since
    for low, high in wanted.ranges(wanted.rows if since == BEGINNING else LOOKED_AT):
        numbers = wanted.chosen(low, high)
        if since != BEGINNING:
            new = numbers >= int(people.before(since))
            numbers = numbers[new | records.touched(people.seed, people.epoch, numbers, since, wanted.end)]
        for start, stop in ranges(0, len(numbers), wanted.rows):
            yield numbers[start:stop]


def _batch(wanted: Slice, who: Customers, versions: Versions | None = None) -> Batch:
    seed, record, culture = wanted.world.seed, who.record, geography.CULTURE_OF[who.address.place]
    known = record.erased == NEVER
    lost = (~known).astype(np.int32)
    names = pools.names(seed)
    pool = culture * 2 + ~who.female_name
    first, last = names.first.draw(pool, who.first_name), names.last.draw(culture, who.last_name)
    turn = np.where(record.phones.since > who.registered, record.phones.number + 1, 0)
    number = phones.numbers(wanted.world.customers, who.id, who.address.place, turn)
    full = text.render(pools.NAME_FORMATS, culture, {"first": first, "last": last})
    return batch(
        CUSTOMERS.table,
        wanted.raw_data,
        {
            "customer_id": Words(ids(CUSTOMER, who.id)),
            "email": Words(some(_emails(seed, who), lost)),
            "customer_name": Prose(some(full, lost)),
            "first_name": Prose(some(first, lost)),
            "last_name": Prose(some(last, lost)),
            "phone": Words(some(pools.phones(who.address.place, number), lost)),
            "address": _address(seed, who, known),
            "registration_date": Instant(who.registered),
            "date_of_birth": Day(who.birth, None if known.all() else known),
            "gender": Words(some(Drawn(text.words(customers.GENDERS), who.gender), lost)),
        },
        numbers=who.id,
        ingestion=ingested(seed, "customers", who.id, record.changed, 300, 4 * 3600),
        extra={
            "preferred_language": pools.languages(who.address.place),
            "marketing_opt_in": Flag(record.opted_in & known),
            "address_since": Sometimes(known, Instant(np.maximum(record.moves.since, who.registered)[known])),
            "erased_at": Sometimes(~known, Instant(record.erased[~known])),
        },
        versions=versions,
    )


def _address(seed: int, who: Customers, known: Mask) -> Struct | Picked:
    addresses = pools.addresses(seed, who.address)
    return addresses if known.all() else Picked(addresses, np.where(known, np.arange(len(known)), -1))


def _emails(seed: int, who: Customers) -> Text:
    """Addresses that nobody else has: a name in plain letters, and a number that is the customer's alone.

    The name is the one that they had when they got the address; the next address looks different and is elsewhere.
    """
    names, culture, turn = pools.names(seed), geography.CULTURE_OF[who.address.place], who.record.emails.number
    plain = {
        "first": names.first_plain.draw(culture * 2 + ~who.female_name, who.first_name),
        "last": names.last_plain.draw(culture, who.email_name),
    }
    form, suffix, domain = (
        (below(seed, f"customers.email{part}", who.id, count) + turn) % count
        for part, count in (("", len(LOCAL_PARTS)), ("_suffix", len(SUFFIXES)), ("_domain", len(DOMAINS)))
    )
    number = _own_numbers(seed, who.id)
    local = text.render(SUFFIXES, suffix, {"name": text.render(LOCAL_PARTS, form, plain), "number": number})
    return text.join(local, "@", text.take(text.words(DOMAINS), domain))


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


def _registered(world: World, end: int) -> int:
    return int(world.customers.before(end))


CUSTOMERS = TableSpec(
    table=bronze_table(
        name="customers",
        meaning="A customer as the CRM knows them, after moves, marriages and requests of erasure; "
        "30 % of the customers registered before the epoch.",
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
            "address_since": Key(
                "Since when they live there: the registration or the last move; earlier orders went elsewhere",
                TIMESTAMP,
                missing="absent",
            ),
            "erased_at": Key(
                "When personal fields became null on request; absent of all others. They act no more before it",
                TIMESTAMP,
                missing="absent",
            ),
        },
        indexes=(
            *by_key("registration_date"),
            *by_all("email"),
            Index(column="address", kind="json", full=True),
        ),
    ),
    cut=ByIds(step=100_000, total=_registered),
    rows=rows,
    changed=arriving(_registered, None),
    history=History(estimate=by_lives(estimates.customer_lives)),
    lag=4 * HOUR,
    laws=beside(__package__, "laws/l05.sql", "laws/l15.sql"),
    sizes=Sizes(
        copy={"full": 1005, "lean": 490, "none": 385},
        heap={"full": 1206, "lean": 540, "none": 411},
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
