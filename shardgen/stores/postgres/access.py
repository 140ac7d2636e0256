"""How a database is asked from outside a load: by one short session; it refuses in the server's words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from shardgen.errors import TargetError
from shardgen.stores import attention
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here, mask, probe, without_secret
from shardgen.stores.postgres.retry import persist

T = TypeVar("T")


class Access:
    """The way to a database.

    Args:
        dsn: libpq connection string.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.place = mask(dsn)

    def masked(self, text: str) -> str:
        """The text without the secrets of the connection string."""
        return without_secret(text, self.dsn)

    def session(self, purpose: str) -> Connection:
        """A session, by the name of its purpose."""
        return connect(self.dsn, application_name=application_name(purpose, here()))

    def asked(self, purpose: str, ask: Callable[[Connection], T]) -> T:
        """What one session answers, over another one where the first breaks."""

        def once() -> T:
            with self.session(purpose) as connection:
                return ask(connection)

        with self.refusals():
            return persist(once)

    @contextlib.contextmanager
    def refusals(self, *, check: bool = True) -> Iterator[None]:
        """Turn what the driver raises into a TargetError; ``check``: connect first, for the server's own words."""
        try:
            with attention.attending():
                if check:
                    probe(self.dsn)
                yield
        except DatabaseError as error:
            raise self.refused(error) from error

    def refused(self, error: BaseException, what: str = "") -> TargetError:
        """What the server says, as the refusal of ``what``."""
        refuses = f"{self.place} refuses {what}".rstrip()
        return TargetError(f"{refuses}: {self.masked(describe(error))}")
