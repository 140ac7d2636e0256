"""A reference to a record that there is not."""

from __future__ import annotations

from shardgen.dirt.fields import REFERENCES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _nobody(clean: str, draw: Draw) -> str:
    """An id of the same form that no record has: its first digit is one that numbers do not reach."""
    prefix = clean.rstrip("0123456789")
    width = len(clean) - len(prefix)
    return f"{prefix}9{str(draw.below(10**9)).zfill(width - 1)}"[: len(clean)]


ORPHAN = Edits(
    name="orphan",
    family="keys",
    imitates="a record whose parent was deleted, or comes from a system that is not connected",
    seen="sources without foreign keys, and migrations that moved children alone",
    sees="a left join that finds nothing; dbt's relationships test",
    weights=evenly(REFERENCES),
    edit=one_of(REFERENCES, _nobody),
    breaks=frozenset({"reference"}),
)
