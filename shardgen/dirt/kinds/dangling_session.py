"""An event or an order of a session that never was."""

from __future__ import annotations

from shardgen.dirt.fields import SESSIONS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _never(clean: str, draw: Draw) -> str:
    """A session whose number is far beyond all others."""
    prefix = clean.rstrip("0123456789")
    return f"{prefix}{9 * 10 ** (len(clean) - len(prefix) - 1) + draw.below(10**6)}"


DANGLING_SESSION = Edits(
    name="dangling_session",
    family="keys",
    imitates="a tracker whose cookie was lost between two pages",
    seen="browsers that block cookies, apps that are updated while they run",
    sees="events without a session; orders whose visit cannot be found",
    weights=evenly(SESSIONS),
    edit=one_of(SESSIONS, _never),
    breaks=frozenset({"reference"}),
)
