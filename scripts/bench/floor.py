"""A load of ready-made bytes, as a process of its own: ``python -m scripts.bench.floor SPOOL WORKERS DSN``.

Coordinator, workers, connections, tables, leaves, indexes and ledger are those of every load; only the rows come from
a spool. Prints the report as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from scripts.bench.spool import ReadyEncoder, Spool
from shardgen.loading import session
from shardgen.model.config import LoadConfig
from shardgen.stores.postgres.store import PostgresStore


def main(directory: str, workers: str, dsn: str) -> None:
    """Load the spool."""
    spool = Spool(Path(directory))
    report = session.load(
        spool.known().plan.config,
        LoadConfig(workers=int(workers)),
        PostgresStore(dsn, spool.known().plan.config.schema, encoder=ReadyEncoder),
        options={},
        show=lambda event: None,  # noqa: ARG005
        machinery=spool.machinery(),
    )
    json.dump(report.to_json(), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
