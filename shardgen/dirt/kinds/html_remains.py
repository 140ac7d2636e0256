"""A text with remains of a page in it."""

from __future__ import annotations

from shardgen.dirt.fields import LONG
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_AROUND = ("<p>{}</p>", "{}<br />", "<b>{}</b>", "{}&nbsp;", "&quot;{}&quot;")


def _marked_up(clean: str, draw: Draw) -> str:
    """In tags, or with entities in it."""
    told = clean.replace("&", "&amp;").replace("'", "&#39;")
    return str(draw.of(_AROUND)).replace("{}", told)


HTML_REMAINS = Edits(
    name="html_remains",
    family="values",
    imitates="an editor that stores markup, and an export that takes all of it",
    seen="content management, reviews, scraped pages",
    sees="angle brackets and entities in plain text",
    weights=evenly(LONG),
    edit=one_of(LONG, _marked_up),
)
