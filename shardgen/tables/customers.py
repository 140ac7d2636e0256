"""raw_customers: what the CRM knows of each customer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shardgen import schema
from shardgen.tables import jsonb, records, text, words
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64, Text
from shardgen.world import World, customers, geography
from shardgen.world.rng import below, chance

DOMAINS = text.pool(["example.com", "example.net", "example.org", "mail.example", "post.example", "inbox.example"])
"""Mail hosts that exist for nobody (RFC 2606)."""

LOCAL_PARTS = ("{first}.{last}", "{first}{last}", "{first}_{last}", "{last}.{first}", "{last}")
SUFFIXES = ("{name}.{number}", "{name}{number}", "{name}_{number}")

NUMBER_CLASSES = ((10**4, 4, 3_457), (10**6, 6, 345_677), (10**9, 9, 345_678_911))
"""Upper bound of the customer numbers of each class, digits of their e-mail number, and a factor prime to 10."""


def batches(cut: Cut) -> Iterator[Batch]:
    """Customers of the cut, all of whom exist by its end."""
    for low, high in cut.ranges():
        yield _batch(cut.world, cut.mode, np.arange(low, high, dtype=np.int64))


def _batch(world: World, mode: str, ids: I64) -> Batch:
    who = customers.facts(world.seed, world.customers, ids)
    country = geography.COUNTRY_OF[who.address.place]
    names = words.names(world.seed)
    pool = country * 2 + ~who.female_name
    first, last = names.first.draw(pool, who.first_name), names.last.draw(country, who.last_name)
    full = text.render(words.NAME_FORMATS, country, {"first": first, "last": last})
    plain = names.first_plain.draw(pool, who.first_name), names.last_plain.draw(country, who.last_name)
    email = _emails(world.seed, ids, *plain)
    phone = words.phones(who.address.place, who.phone)
    address = words.addresses(world.seed, who.address)
    gender = Drawn(text.pool(customers.GENDERS), who.gender)
    customer = records.ids("customer", ids)
    born = text.iso_days(who.birth)
    opted_in = chance(world.seed, "customers.opt_in", ids, 0.58)
    return records.batch(
        schema.CUSTOMERS,
        mode,
        {
            "customer_id": customer,
            "email": email,
            "customer_name": full,
            "first_name": first,
            "last_name": last,
            "phone": phone,
            "address": address,
            "registration_date": who.registered,
            "date_of_birth": who.birth,
            "gender": gender,
        },
        source="crm",
        ingestion=records.ingested(world.seed, "customers", ids, who.registered, 300, 4 * 3600),
        record={
            "customer_id": Quoted(customer),
            "email": Quoted(email),
            "customer_name": jsonb.quoted(full),
            "first_name": jsonb.quoted(first),
            "last_name": jsonb.quoted(last),
            "phone": Quoted(phone),
            "address": address,
            "registration_date": Quoted(text.iso(who.registered)),
            "date_of_birth": Quoted(born),
            "gender": Quoted(gender),
        },
        extra={
            "preferred_language": Drawn(words.LANGUAGES, country),
            "marketing_opt_in": Drawn(text.pool(["false", "true"]), opted_in.astype(np.int64)),
        },
    )


def _emails(seed: int, ids: I64, first: Drawn, last: Drawn) -> Text:
    """Addresses that nobody else has: a name in plain letters, and a number that is the customer's alone."""
    name = text.render(
        LOCAL_PARTS, below(seed, "customers.email", ids, len(LOCAL_PARTS)), {"first": first, "last": last}
    )
    suffix = below(seed, "customers.email_suffix", ids, len(SUFFIXES))
    local = text.render(SUFFIXES, suffix, {"name": name, "number": _own_numbers(seed, ids)})
    return text.join(local, "@", text.take(DOMAINS, below(seed, "customers.email_domain", ids, len(DOMAINS))))


def _own_numbers(seed: int, ids: I64) -> Text:
    """Digits that no other customer has: within each class of numbers an affine bijection, keyed by the seed."""
    parts: list[Text] = []
    lower = 0
    for upper, width, factor in NUMBER_CLASSES:
        members = ids[(ids >= lower) & (ids < upper)]
        shift = int(below(seed, "customers.email_shift", np.array([width]), 10**9)[0])
        parts.append(text.digits((members * factor + shift) % 10**width, width))
        lower = upper
    return text.concat(*parts)
