"""The pages of the manual and their fenced blocks: what a reader would type, put into a file or see.

A comment on the line above a block says what to do with it: ``<!-- not run: why -->``, ``<!-- small: why -->``,
``<!-- exits 2 -->``, ``<!-- file: path -->``. A ``text`` block that follows commands is what they print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
MANUAL: Final = ROOT / "shardgen" / "manual"
README: Final = ROOT / "README.md"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>(?:not run|small|exits|file)\b[^\n]*) -->\n)?"
    r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block."""

    line: int
    """Of the page, where its text begins."""
    language: str
    text: str
    start: int
    """Position of the text in the page."""
    end: int
    not_run: str
    """Why the tests do not run it; empty for a block that they do."""
    small: str
    """Why the tests make the volumes small that it leaves at their defaults; empty where it is small as it stands."""
    exits: int
    """The exit code that its commands end with."""
    file: str
    """Where its text belongs, relative to the repository; empty for what is no file."""


def pages() -> list[Path]:
    """README.md and the pages of the manual."""
    return [README, *sorted(MANUAL.glob("*.md"))]


def blocks(page: str) -> list[Block]:
    """All blocks of a page's text, in order."""
    return list(map(_block, _BLOCK.finditer(page)))


def outputs(page: str) -> dict[int, Block]:
    """What commands print: by the line of a block of commands, the ``text`` block that follows it at once."""
    return {
        before.line: after
        for before, after in pairwise(blocks(page))
        if before.language in {"sh", "sql", "python"}
        and not before.not_run
        and page[before.end : after.start].split() == ["```", "```text"]
    }


def _block(match: re.Match[str]) -> Block:
    kind, _, rest = (match["note"] or "").replace("exits ", "exits: ").partition(": ")
    return Block(
        line=match.string.count("\n", 0, match.start("text")) + 1,
        language=match["language"],
        text=match["text"],
        start=match.start("text"),
        end=match.end("text"),
        not_run=rest if kind == "not run" else "",
        small=rest if kind == "small" else "",
        exits=int(rest) if kind == "exits" else 0,
        file=rest if kind == "file" else "",
    )


def apply(diff: str, root: Path) -> None:
    """Make the changes of a ``diff`` block: files begin with ``+++ path``, hunks with ``@@``.

    Raises:
        ValueError: what a hunk takes away or leaves does not stand exactly once in its file.
    """
    for path, old, new in _hunks(diff):
        file = root / path
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{path} holds {text.count(old)} times, where the page wants it once:\n{old}")
        file.write_text(text.replace(old, new), encoding="utf-8")


def _hunks(diff: str) -> Iterator[tuple[str, str, str]]:
    """File, text before and text after of each hunk."""
    for part in re.split(r"^\+\+\+ ", diff, flags=re.MULTILINE)[1:]:
        path, _, rest = part.partition("\n")
        for hunk in re.split(r"^@@\n", rest, flags=re.MULTILINE)[1:]:
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] != "+")
            yield path, old, "".join(line[1:] for line in lines if line[0] != "-")
