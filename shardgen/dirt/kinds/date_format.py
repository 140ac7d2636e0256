"""A time in the form of a country, in the source's record alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shardgen.dirt.fields import TIMES
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_FORMS = ("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y%m%d%H%M%S")


def _formatted(clean: Any, draw: Draw) -> Any:
    """The same instant as people write it, or as seconds since 1970."""
    instant = datetime.fromisoformat(clean) if isinstance(clean, str) else clean
    if not isinstance(instant, datetime):
        return clean
    form = draw.below(len(_FORMS) + 1)
    if form < len(_FORMS):
        return instant.strftime(_FORMS[form])
    return int(instant.replace(tzinfo=UTC).timestamp())


DATE_FORMAT = Edits(
    name="date_format",
    family="values",
    imitates="a client that formats times for people",
    seen="spreadsheets, browsers with a locale, partners in other countries",
    sees="a cast of raw_data that fails or, worse, takes the day for the month",
    weights=evenly(TIMES),
    edit=one_of(TIMES, _formatted),
)
