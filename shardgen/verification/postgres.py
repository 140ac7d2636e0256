"""See proof.Proof: a schema of PostgreSQL, whose ledger and catalog say what is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shardgen.errors import VerificationError
from shardgen.events import Event
from shardgen.model.plan import Plan
from shardgen.stores.postgres import pooler
from shardgen.stores.postgres.postgres import application_name, connect, here
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.postgres.retry import persist
from shardgen.stores.reading import Question
from shardgen.verification import counts, digests, subject
from shardgen.verification.outcome import Check
from shardgen.verification.subject import Subject


class PostgresProof:
    """See proof.Proof.

    Args:
        reader: of the schema.
    """

    def __init__(self, reader: PostgresReader) -> None:
        self._reader = reader

    def check_place(self, levels: Sequence[str]) -> None:
        """See proof.Proof.check_place: whatever proves must know by which server it was answered, from first to last.

        Raises:
            VerificationError: a pooler shares the sessions, and may choose another server for each statement.
        """
        with self._reader.told():
            persist(self._check_session)

    def subject(self, run: int | None) -> Subject:
        """See proof.Proof.subject."""
        return self._reader.once(lambda connection: subject.read(connection, self._reader.schema, run))

    def counts(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> list[Question[Check]]:
        """See proof.Proof.counts."""
        return counts.questions(found, plans, tables)

    def pieces(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> int:
        """See proof.Proof.pieces: the shards."""
        return digests.number_of(found, plans, tables)

    def contents(
        self,
        found: Subject,
        plans: Mapping[int, Plan],
        tables: Sequence[str],
        *,
        regenerate: bool,
        workers: int,
        show: Callable[[Event], None],
    ) -> list[Check]:
        """See proof.Proof.contents: digests of the shards, by the ledger and by what the server sends."""
        return self._reader.once(
            lambda connection: digests.check(
                connection,
                self._reader.dsn,
                found,
                plans,
                tables,
                regenerate=regenerate,
                workers=workers,
                show=show,
            )
        )

    def _check_session(self) -> None:
        dsn = self._reader.dsn
        with connect(dsn, application_name=application_name("probe", here())) as connection:
            if pooler.shares_sessions(connection, dsn):
                raise VerificationError(
                    f"{self._reader.place} is behind a pooler that gives sessions to others between transactions, "
                    "and may have each question answered by another server: a verification would prove nothing: "
                    "connect directly"
                )
