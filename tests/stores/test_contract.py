"""The stores that there are, each held to what every store must hold."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from shardgen.errors import TargetError
from shardgen.stores import Store
from shardgen.stores.memory import MemoryStore
from tests import fakes
from tests.conftest import Database
from tests.stores.contract import StoreContract, begun


class TestMemory(StoreContract):
    @pytest.fixture
    def place(self) -> MemoryStore:
        return MemoryStore(encoder=fakes.Encoder)

    def open(self, place: MemoryStore) -> Store:
        return place


class TestPostgres(StoreContract):
    @pytest.fixture
    def place(self, database: Database) -> str:
        return database.dsn

    def open(self, place: str) -> Store:
        return fakes.store(place)


@pytest.mark.slow
class TestPostgresOfAPlainRole(StoreContract):
    """By a role that owns its database and nothing else."""

    @pytest.fixture
    def place(self, database: Database) -> Iterator[str]:
        role = f"plain_{database.name}"
        database.run(f"CREATE ROLE {role}", f"ALTER DATABASE {database.name} OWNER TO {role}")
        yield make_conninfo(database.dsn, options=f"-c role={role}")
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            connection.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER".encode())
            connection.execute(f"ALTER DATABASE {database.name} OWNER TO CURRENT_USER".encode())
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())

    def open(self, place: str) -> Store:
        return fakes.store(place)

    def test_a_claim_takes_a_place_over_where_that_is_asked_for(self, place: str) -> None:
        """Sessions of the role are those of a superuser here, whom it may not end."""
        refused = pytest.raises(TargetError, match="permission denied to terminate process")
        with begun(self.open(place)), refused:
            fakes.claim(self.open(place), if_exists="replace", yes=True, take_over=True)
