"""A text whose UTF-8 was read as Windows-1252."""

from __future__ import annotations

from shardgen.dirt.fields import NAMES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _misread(clean: str, draw: Draw) -> str:
    """What UTF-8 looks like as Windows-1252; of plain letters a space is one that does not break."""
    del draw
    given = clean.replace(" ", chr(160), 1) if clean.isascii() else clean
    return given.encode().decode("cp1252", errors="ignore")


MOJIBAKE = Edits(
    name="mojibake",
    family="values",
    imitates="a connection that was opened with the wrong encoding",
    seen="old drivers, CSV opened in a spreadsheet and saved again",
    sees="Ã and Â beside each other; names that are in no list",
    weights=evenly(NAMES),
    edit=one_of(NAMES, _misread),
)
