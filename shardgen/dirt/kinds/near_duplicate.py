"""A row that comes again later, and says one word otherwise."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY, WORDS
from shardgen.dirt.kind import HOUR, Delivers, Draw, one_of


def _varied(clean: str, draw: Draw) -> str:
    """The same word in capitals, in small letters, or with a blank about it."""
    return str(draw.of((clean.upper(), clean.lower(), f" {clean}", f"{clean} ")))


NEAR_DUPLICATE = Delivers(
    name="near_duplicate",
    family="delivery",
    imitates="two systems that send the same record, one of which changes case or blanks on the way",
    seen="mergers of CRMs, a web form beside a call centre",
    sees="an exact comparison finds no duplicate; the id, or a comparison without case and blanks, does",
    weights=dict.fromkeys(EVERY, 1.0),
    does="again",
    lag=(HOUR, 30 * HOUR),
    edit=one_of(WORDS, _varied),
)
