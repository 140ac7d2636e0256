"""SQL for a DuckDB of the user's own: the tables of a lake as views, and what a store asks for before.

A pattern names the files of one run, by the number that their names end with: what a replace leaves for a moment beside
them is none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shardgen.model.config import PlanConfig
from shardgen.model.table import Table
from shardgen.stores.findings import RunStatus
from shardgen.stores.lake.address import Address
from shardgen.stores.lake.duck import views
from shardgen.tables import dataset, table_of

_SECRETS: Final = {
    "s3": "INSTALL httpfs; INSTALL aws; CREATE SECRET (TYPE s3, PROVIDER credential_chain);",
    "gs": "INSTALL httpfs; CREATE SECRET (TYPE gcs, KEY_ID 'of an HMAC key', SECRET 'its secret');",
    "az": "INSTALL azure; CREATE SECRET (TYPE azure, PROVIDER credential_chain, ACCOUNT_NAME 'of the storage');",
}
"""What lets DuckDB read a store, in its own session."""


def script(address: Address, tables: Mapping[str, RunStatus]) -> list[str]:
    """Statements that make views of some tables, each on a line.

    Args:
        address: of the lake.
        tables: with the run whose files each of them is.
    """
    secret = [] if address.local else [_SECRETS[address.scheme]]
    return secret + [line for name, run in tables.items() for line in _of_run(address, run, name)]


def _of_run(address: Address, run: RunStatus, name: str) -> list[str]:
    plan = PlanConfig.from_json(run.plan)
    files = views.literal(f"{_folder(address)}/{name}/**/*.g{run.run}.{plan.format}")
    return shown(plan, name, _read(table_of(plan, name), plan.format, files))


def shown(plan: PlanConfig, name: str, source: str) -> list[str]:
    """A view of all rows of a table, and where that has versions another of the newest.

    Args:
        plan: of the run.
        name: of the table.
        source: what its rows are read from, in SQL.
    """
    spec, table = dataset(plan.dataset)[name], table_of(plan, name)
    every = f"CREATE OR REPLACE VIEW {views.name(table.relation)} AS SELECT * FROM {source};"  # noqa: S608  # quoted
    if not table.versioned:
        return [every]
    newest = f"CREATE OR REPLACE VIEW {views.name(table.latest)} AS FROM {views.name(table.relation)}"
    if spec.history is None:
        return [every, f"{newest};"]
    typed = plan.format == "parquet" and plan.raw_data_as == "struct"
    operation = "raw_data.operation" if typed else "(raw_data ->> 'operation')"
    order = f"PARTITION BY {views.name(table.key[0])} ORDER BY ingestion_timestamp DESC"
    return [every, f"{newest} QUALIFY row_number() OVER ({order}) = 1 AND {operation} <> 'delete';"]


def _folder(address: Address) -> str:
    """With what DuckDB takes for a pattern made plain."""
    return re.sub(r"[*?[]", r"[\g<0>]", address.prefix if address.local else address.url)


def _read(table: Table, format_: str, files: str) -> str:
    if format_ != "ndjson.zst":
        return views.reading(table, format_, files)
    columns = views.columns(table)
    return f"read_ndjson({files}, columns = {columns}, compression = 'zstd', hive_partitioning = false)"
