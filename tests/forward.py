"""What tests of targets that are brought forward have in common."""

from __future__ import annotations

from typing import Any

import pytest

import shardgen
from shardgen.errors import LoadError
from shardgen.loading.reconcile import LoadReport
from tests.conftest import Database, copy_of

QUIET: dict[str, Any] = {"progress": "none", "engine": "threads", "workers": 2}


def rows(target: Database, table: str) -> list[Any]:
    return target.rows(f"SELECT md5(t::text) FROM bronze.raw_{table} AS t ORDER BY 1")


def advance(target: Database, **options: Any) -> LoadReport:
    [report] = shardgen.advance(target.dsn, **options, **QUIET)
    assert report.ok
    return report


def overwritten_on_request_alone(target: Database, loaded: Database, server_dsn: str, *, order: str, by: str) -> None:
    """Somebody changes or deletes an order that changes soon: an advance names it, and overwrites it where it may.

    Args:
        target: a copy of ``loaded``.
        order: its id.
        by: a statement that does so to all orders.
    """
    target.run(f"{by} WHERE order_id = '{order}'")
    with pytest.raises(LoadError, match="others have changed or deleted rows that change now") as failure:
        shardgen.advance(target.dsn, days=10, **QUIET)
    assert order in str(failure.value)
    resumed, last = shardgen.advance(target.dsn, days=1, yes=True, **QUIET)
    assert resumed.resumed
    assert last.ok
    with copy_of(loaded, server_dsn) as other:
        advance(other, days=10)
        advance(other, days=1)
        assert rows(target, "orders") == rows(other, "orders")
