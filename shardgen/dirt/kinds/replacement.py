"""A text in which a character has become U+FFFD."""

from __future__ import annotations

from shardgen.dirt.fields import NAMES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _mended(clean: str, draw: Draw) -> str:
    """One letter is lost."""
    place = draw.below(max(1, len(clean)))
    return f"{clean[:place]}\ufffd{clean[place + 1 :]}"


REPLACEMENT = Edits(
    name="replacement",
    family="values",
    imitates="broken UTF-8 that was mended by whoever read it",
    seen="streams that are cut within a character, decoders that replace what they do not know",
    sees="the character U+FFFD; names that are in no list",
    weights=evenly(NAMES),
    edit=one_of(NAMES, _mended),
)
