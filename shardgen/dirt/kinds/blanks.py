"""A word with blanks about it."""

from __future__ import annotations

from shardgen.dirt.fields import WORDS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_ABOUT = ("{} ", " {}", "  {}", "{}\u00a0", "{}\t", " {} ")


def _about(clean: str, draw: Draw) -> str:
    """The word with blanks, a tab or a space that does not break."""
    return str(draw.of(_ABOUT)).format(clean)


BLANKS = Edits(
    name="blanks",
    family="values",
    imitates="a field of fixed width, or a value that was pasted with what stood beside it",
    seen="mainframe extracts, forms, spreadsheets",
    sees="two groups of the same word in every GROUP BY; joins on words that find nothing",
    weights=evenly(WORDS, 1.5),
    edit=one_of(WORDS, _about),
)
