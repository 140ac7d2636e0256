"""One hostile load in a database, which the tests of this folder read and do not change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import shardgen
from tests.conftest import Database, fresh_database
from tests.dirt.worlds import KEY
from tests.worlds import HERE, SMALL

DIRT = "hostile,same_person=0.04"  # of which most come after the end
WORLD: dict[str, Any] = {**SMALL, **HERE, "days": 8, "orders_per_day": 30, "sessions_per_day": 60, "dirt": DIRT}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def dirty(server_dsn: str) -> Iterator[Database]:
    """A hostile load; what tests add has a schema of its own."""
    with fresh_database(server_dsn) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHARDGEN_DIRT_KEY", KEY)
        assert shardgen.load(made.dsn, **WORLD).ok
        yield made


@pytest.fixture(scope="package")
def silver(dirty: Database) -> Database:
    """The same with the example's silver models in schema silver."""
    refined(dirty)
    return dirty


def refined(database: Database) -> None:
    """Run the example's silver models on a database."""
    example = ROOT / "scripts" / "examples" / "medallion" / "run.py"
    subprocess.run([sys.executable, example, "--dsn", database.dsn], check=True, timeout=120)
