"""An id in another form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from shardgen.dirt.fields import OWN_IDS, REFERENCES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_FORMS: Final[Sequence[Callable[[str, str], str]]] = (
    lambda prefix, digits: f"{prefix}-{digits}",
    lambda prefix, digits: f"{prefix.lower()}{digits}",
    lambda prefix, digits: digits,  # noqa: ARG005
    lambda prefix, digits: f"{prefix} {digits}",
    lambda prefix, digits: f"{prefix}{digits} ",
)
_FIELDS = {table: (*REFERENCES.get(table, ()), *OWN_IDS.get(table, ())) for table in {**REFERENCES, **OWN_IDS}}


def _respelled(clean: str, draw: Draw) -> str:
    """With a hyphen or a blank in it, in small letters, or less its prefix; the digits stay."""
    prefix = clean.rstrip("0123456789")
    return str(draw.of(_FORMS)(prefix, clean[len(prefix) :]))


ID_FORMAT = Edits(
    name="id_format",
    family="keys",
    imitates="a source that writes ids for people, beside one that writes them for machines",
    seen="spreadsheets, call centres, migrations",
    sees="joins that find nothing, though the digits are the same",
    weights=evenly(_FIELDS),
    edit=one_of(_FIELDS, _respelled),
    breaks=frozenset({"key", "reference"}),
)
