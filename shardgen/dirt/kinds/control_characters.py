"""A text with a character that nobody sees."""

from __future__ import annotations

from shardgen.dirt.fields import NAMES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_UNSEEN = ("\u200b", "\u00ad", "\ufeff", "\x07", "\r", "\x1b")


def _with_unseen(clean: str, draw: Draw) -> str:
    """A space of no width, a soft hyphen, a byte order mark, a bell, a return or an escape in it."""
    place = draw.below(len(clean) + 1)
    return f"{clean[:place]}{draw.of(_UNSEEN)}{clean[place:]}"


CONTROL_CHARACTERS = Edits(
    name="control_characters",
    family="values",
    imitates="a text that was copied from a page, a PDF or a terminal",
    seen="fields of forms, scraped pages",
    sees="comparisons that fail though both look the same; lengths that do not fit",
    weights=evenly(NAMES),
    edit=one_of(NAMES, _with_unseen),
)
