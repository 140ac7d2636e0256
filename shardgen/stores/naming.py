"""How users name a place, by a connection string or an address: whether it can be used, and what may be shown of it.

An address of a lake holds no secret and may be shown. Whatever leaves shardgen with a connection string in it goes
through here. Each kind of place answers for its own.
"""

from __future__ import annotations

from typing import Final

from shardgen.errors import Part

DATABASES: Final = ("postgresql://", "postgres://")
"""How addresses of databases begin: they are connection strings, too."""


def is_lake(place: str) -> bool:
    """Whether a place is named by the address of a lake, and not by a connection string."""
    return "://" in place and not place.lower().startswith(DATABASES)


def address_fault(address: str) -> Part:
    """What is wrong with the address of a lake, to be put after what holds it; empty where it can be used."""
    from shardgen.stores.lake import address as lakes  # noqa: PLC0415

    return lakes.fault(address)


def fault(dsn: str) -> str:
    """What is wrong with a connection string and what to write instead, in a sentence; empty where it can be used."""
    from shardgen.stores.postgres import conninfo  # noqa: PLC0415  # the driver is slow to import

    return conninfo.fault(dsn)


def shown(dsn: str) -> str:
    """The place as it may be shown: ``"host=db user=me dbname=shop password=***"``."""
    if is_lake(dsn):
        return dsn if not address_fault(dsn) else f"{dsn.partition('://')[0]}://***"
    from shardgen.stores.postgres import postgres  # noqa: PLC0415

    return postgres.mask(dsn)


def masked(text: str, dsn: str) -> str:
    """The text with every secret of a connection string and of its connections replaced by ``***``."""
    if is_lake(dsn):
        return _of_lake(text, dsn)
    from shardgen.stores.postgres import postgres  # noqa: PLC0415

    return postgres.without_secret(text, dsn)


def _of_lake(text: str, address: str) -> str:
    """The text without secrets of the environment, and without an address that holds more than it should."""
    from shardgen.stores.lake.failures import masked as without_secrets  # noqa: PLC0415

    faulty = address if address_fault(address) and address.partition("://")[2] else ""
    return without_secrets(text.replace(faulty, shown(address)) if faulty else text)
