"""A word in another case."""

from __future__ import annotations

from typing import Final

from shardgen.dirt.fields import WORDS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_CASES: Final = (str.upper, str.lower, str.title, str.swapcase)


def _otherwise(clean: str, draw: Draw) -> str:
    """In capitals, in small letters, or with one capital."""
    return str(draw.of(_CASES)(clean))


OTHER_CASE = Edits(
    name="other_case",
    family="values",
    imitates="a source that was rewritten, and whose new version writes its codes in capitals",
    seen="two systems with one list of codes each",
    sees="two groups of the same word; a CASE WHEN that falls through to ELSE",
    weights=evenly(WORDS, 1.5),
    edit=one_of(WORDS, _otherwise),
)
