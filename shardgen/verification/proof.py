"""What a verification needs of one kind of place beside laws and shapes, which every reader asks in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from shardgen.errors import VerificationError
from shardgen.events import Event
from shardgen.model.plan import Plan
from shardgen.stores.lake.reader import LakeReader
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.reading import Question, Reader
from shardgen.verification.lake import LakeProof
from shardgen.verification.outcome import Check
from shardgen.verification.postgres import PostgresProof
from shardgen.verification.subject import Subject


class Proof(Protocol):
    """Finds what is loaded in one place, counts it and compares its content; whatever fails there is a StoreError."""

    def check_place(self, levels: Sequence[str]) -> None:
        """Refuse a place where a verification would prove nothing.

        Args:
            levels: that are asked for, of choices.LEVELS.

        Raises:
            VerificationError: it is such a place.
            UsageError: what asks it is not installed.
        """
        ...

    def subject(self, run: int | None) -> Subject:
        """What there is to verify.

        Args:
            run: the one run whose tables are meant, or None for all that are finished.

        Raises:
            VerificationError: there is no such run, it is not finished, or a table of it is gone.
        """
        ...

    def counts(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> list[Question[Check]]:
        """Plan, ledger and what is there: a question for each table."""
        ...

    def pieces(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> int:
        """How many times a comparison of content tells that it is a step further."""
        ...

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
        """Compare content, bit for bit: a check for each table."""
        ...


def proof_of(reader: Reader) -> Proof:
    """What proves the place of a reader.

    Raises:
        VerificationError: nothing does.
    """
    if isinstance(reader, PostgresReader):
        return PostgresProof(reader)
    if isinstance(reader, LakeReader):
        return LakeProof(reader)
    raise VerificationError(f"{reader.place} answers no questions that prove anything: it cannot be verified")
