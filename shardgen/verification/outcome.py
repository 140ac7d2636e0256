"""What a verification found: one Check for each thing looked at, in one Verification."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, field
from typing import Any

from shardgen.model.notebook import html_table


class Status(enum.StrEnum):
    """How a check ended; what could not be checked has not held."""

    HELD = "held"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One table counted, law asked, shape measured or table's content compared."""

    level: str
    """One of choices.LEVELS but ``"all"``."""
    name: str
    """``"orders"``, ``"L4"`` or ``"S2"``; several figures of a shape share its name."""
    about: str
    """What is looked at, in a line."""
    status: Status
    finding: str
    """What was found, or why the check is not applicable."""
    samples: tuple[str, ...] = ()
    """A few of the rows or shards that failed."""
    offenders: int = 0
    """How many there are."""
    seconds: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)
    """The numbers behind the finding, as JSON values; which ones depends on the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found."""

    target: str
    """Connection string, without its password."""
    schema: str
    runs: tuple[int, ...]
    """The runs whose tables were looked at."""
    levels: tuple[str, ...]
    ok: bool
    """Whether nothing failed; what was not applicable did not fail."""
    regenerated: bool
    """Whether content was compared with what the plan gives, not with the ledger alone."""
    checks: tuple[Check, ...]
    seconds: float

    @property
    def where(self) -> str:
        """What was looked at."""
        return f"schema {self.schema} of {self.target}" if self.schema else self.target

    def count(self, status: Status) -> int:
        """How many checks ended so."""
        return sum(check.status is status for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        runs = f"{'run' if len(self.runs) == 1 else 'runs'} {', '.join(map(str, self.runs))}"
        return html_table(
            f"{runs} in {self.where}: {self.seconds:,.1f} s",
            ("check", "", "what is looked at", "what was found"),
            [(each.name, each.status, each.about, "; ".join([each.finding, *each.samples])) for each in self.checks],
            below=", ".join(f"{number} {status}" for status in Status if (number := self.count(status))),
        )
