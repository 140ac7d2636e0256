"""How users name a place, by a connection string: whether it can be used, and what may be shown of it.

Whatever leaves shardgen with a connection string in it goes through here. Each kind of place answers for its own.
"""

from __future__ import annotations


def fault(dsn: str) -> str:
    """What is wrong with a connection string and what to write instead, in a sentence; empty where it can be used."""
    from shardgen.stores.postgres import conninfo  # noqa: PLC0415  # the driver is slow to import

    return conninfo.fault(dsn)


def shown(dsn: str) -> str:
    """The place as it may be shown: ``"host=db user=me dbname=shop password=***"``."""
    from shardgen.stores.postgres import postgres  # noqa: PLC0415

    return postgres.mask(dsn)


def masked(text: str, dsn: str) -> str:
    """The text with every secret of a connection string and of its connections replaced by ``***``."""
    from shardgen.stores.postgres import postgres  # noqa: PLC0415

    return postgres.without_secret(text, dsn)
