"""Claims in a ledger that came out of a dump, where every relation has another OID than the one that was noted.

A claim holds the OIDs of its table and of the ledger. Where the ledger's is another one, the table's tells nothing: it
is the one that was claimed if it still holds the rows that the ledger says. A table alone that has another OID was
made anew by somebody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shardgen.stores.postgres import catalog, census, ledger
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection

UNKNOWN: Final = 0
"""In place of the OID of a table that does not hold what it should; no relation has it."""


def claims(connection: Connection, schema: str) -> dict[str, Claim]:
    """By table, who fills it; those that were restored with their OIDs of here."""
    found = ledger.claims(connection, schema)
    return {name: _here(connection, schema, each) if each.restored else each for name, each in found.items()}


def bind(connection: Connection, schema: str) -> None:
    """Note the OIDs of here, so that they tell what happens to the tables from now on."""
    if not ledger.present(connection, schema):
        return
    for each in claims(connection, schema).values():
        if each.restored and each.oid != UNKNOWN:
            ledger.rebind(connection, schema, each)


def _here(connection: Connection, schema: str, claim: Claim) -> Claim:
    if catalog.kind(connection, schema, claim.relation) not in ("r", "p"):
        return replace(claim, oid=UNKNOWN)
    oid = catalog.relation_oid(connection, schema, claim.relation)
    due = claim.others + ledger.rows_of(connection, schema, claim)
    return replace(claim, oid=oid if census.count(connection, oid).total >= due else UNKNOWN)
